from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestHandoverOverrule(HandoverCommon):
    """The manager overrules line by line (H3), and it must still be feasible."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls._create_plan(date_start="2027-03-02")
        cls.plan.with_user(cls.leaver).action_submit()
        cls.visit = cls.plan.line_ids.filtered(lambda x: x.mode == "visit")
        cls.info = cls.plan.line_ids - cls.visit

    def test_while_submitted(self):
        self.info.with_user(self.approver).write(
            {
                "mode": "visit",
                "manager_attends": True,
                "date_visit": "2027-03-03 09:00:00",
                "advice": "Ask about the warehouse.",
                "successor_id": self.colleague.id,
                "contact_ids": [Command.set(self.customer_2.ids)],
            }
        )
        self.visit.with_user(self.approver).write(
            {"excluded": True, "exclude_reason": "I take it over myself."}
        )
        self._approve(self.plan)
        self.assertEqual(self.info.successor_id, self.colleague)
        self.assertEqual(self.info.advice, "Ask about the warehouse.")

    def test_over_the_form_of_the_plan(self):
        self.plan.with_user(self.approver).write(
            {"line_ids": [Command.update(self.info.id, {"advice": "Go and see them."})]}
        )
        self.assertEqual(self.info.advice, "Go and see them.")

    def test_not_by_others(self):
        for user in (self.leaver, self.successor, self.colleague):
            for values in (
                {"mode": "info"},
                {"advice": "x"},
                {"date_visit": "2027-03-04 09:00:00"},
                {"excluded": True},
            ):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    self.visit.with_user(user).write(values)

    def test_not_everything(self):
        for values in (
            {"partner_id": self.customer_3.id},
            {"leaver_id": self.colleague.id},
            {"handover_id": self._create_plan(line_ids=[]).id},
            {"proposal": {"reasons": [["focus", None]]}},
        ):
            with self.assertRaises(UserError):
                self.visit.with_user(self.approver).write(values)

    def test_not_any_more_once_approved(self):
        self._approve(self.plan)
        for values in (
            {"mode": "info"},
            {"successor_id": self.colleague.id},
            {"excluded": True},
        ):
            with self.assertRaisesRegex(UserError, "past that point"):
                self.visit.with_user(self.approver).write(values)
        self.visit.with_user(self.approver).advice = "Still to be said."
        with self.assertRaises(AccessError):
            self.visit.with_user(self.leaver).advice = "Not mine to say."
        self.visit.with_user(self.leaver).date_visit = "2027-03-05 09:00:00"

    def test_checked_again_at_approval(self):
        """What the manager changed, and what happened to calendars meanwhile."""
        self.info.with_user(self.approver).mode = "visit"
        with self.assertRaisesRegex(UserError, "1 of 2 visits fit"):
            self._approve(self.plan)
        self.info.with_user(self.approver).date_visit = "2027-03-02 09:30:00"
        with self.assertRaisesRegex(
            UserError, "is not free at Tuesday, March 2, 2027 9:30.AM"
        ):
            self._approve(self.plan)
        self.info.with_user(self.approver).date_visit = "2027-03-03 09:30:00"
        event = self.env["calendar.event"].create(
            {
                "name": "Fair",
                "start": "2027-03-03 08:00:00",
                "stop": "2027-03-03 18:00:00",
                "user_id": self.successor.id,
                "partner_ids": [Command.set(self.successor.partner_id.ids)],
            }
        )
        with self.assertRaisesRegex(UserError, "Customer 2: Sales B is not free"):
            self._approve(self.plan)
        self.assertEqual(self.plan.state, "submitted")
        event.unlink()
        self._approve(self.plan)

    def test_successor_gone_by_the_approval(self):
        self._archive_user(self.successor)
        with self.assertRaisesRegex(UserError, "Sales B can no longer log in"):
            self._approve(self.plan)

    def test_left_out_without_a_reason_stops_the_approval(self):
        self.info.with_user(self.approver).excluded = True
        with self.assertRaisesRegex(UserError, "say why"):
            self._approve(self.plan)
