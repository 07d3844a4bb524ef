"""What keeps a plan from being submitted."""

from contextlib import contextmanager

from psycopg2.errors import CheckViolation

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_handover import HandoverCommon


class SubmissionCommon(HandoverCommon):
    def _assert_refused(self, plan, *messages):
        with self.assertRaises(UserError) as caught:
            self._submit(plan, plan.create_uid)
        for message in messages:
            self.assertRegex(str(caught.exception), message)
        self.assertEqual(plan.state, "draft")
        self.assertFalse(plan.activity_ids)

    @contextmanager
    def _refused_by_the_database(self, message):
        """A constraint refuses it, with a message clients get to read."""
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation) as caught:
            yield
        model = self.env["continuity.handover"]
        for name in (model._name, "continuity.handover.line"):
            if self.env[name]._table == caught.exception.diag.table_name:
                model = self.env[name]
        self.assertIn(message, model._sql_error_to_message(caught.exception))


@tagged("post_install", "-at_install")
class TestHandoverErrors(SubmissionCommon):
    """Everything that is wrong is said before submission, all at once."""

    def test_all_at_once_in_a_stable_order(self):
        plan = self._create_plan(
            reason="resignation",
            last_day="2027-02-28",
            line_ids=[
                Command.create(self._line_values(self.customer_1, successor_id=False))
            ],
            approval_ids=[],
        )
        texts = []
        for _time in range(2):
            with self.assertRaises(UserError) as caught:
                self._submit(plan)
            texts.append(str(caught.exception))
        self.assertEqual(texts[0], texts[1])
        self.assertEqual(len(texts[0].split("\n")), 4, texts[0])
        self._assert_refused(
            plan,
            "at least one approver",
            "1 customers have no successor, first of all Customer 1",
            "last working day lies before",
            "goes on after the last working day",
        )

    def test_nobody_to_hand_over(self):
        self._assert_refused(self._create_plan(line_ids=[]), "add a customer")
        plan = self._create_plan()
        plan.line_ids.write({"excluded": True, "exclude_reason": "Stays with me."})
        self._assert_refused(plan, "add a customer")

    def test_left_out_needs_a_reason(self):
        plan = self._create_plan()
        self._line_of(plan, self.customer_2).excluded = True
        self._assert_refused(plan, "Customer 2 is left out: say why")
        self._line_of(plan, self.customer_2).exclude_reason = "Closed down."
        self._submit(plan)

    def test_successor_who_cannot(self):
        plan = self._create_plan()
        self._archive_user(self.successor)
        self._assert_refused(plan, "Sales B can no longer log in")
        self.successor.active = True
        self.successor.write(
            {
                "company_id": self.company_b.id,
                "company_ids": [Command.set(self.company_b.ids)],
            }
        )
        self._assert_refused(plan, "Sales B cannot work in Continuity A")
        plan.line_ids.successor_id = self._create_user("clerk", "base.group_user")
        self._assert_refused(plan, "Clerk has no access to Sales")
        plan.line_ids.successor_id = self.user_portal
        self._assert_refused(plan, "has no access to Sales")

    def test_successor_is_the_leaver(self):
        with self._refused_by_the_database("the same person"):
            self._create_plan(
                line_ids=[
                    Command.create(
                        self._line_values(self.customer_1, successor_id=self.leaver.id)
                    )
                ]
            )

    def test_customer_twice(self):
        plan = self._create_plan(
            line_ids=[
                Command.create(self._line_values(self.customer_1)),
                Command.create(
                    self._line_values(self.customer_1, successor_id=self.colleague.id)
                ),
            ]
        )
        self._assert_refused(plan, "Customer 1 .*twice")

    def test_customer_or_deal(self):
        lead = self.env["crm.lead"].create({"name": "New business"})
        with self._refused_by_the_database("not both"):
            self._create_plan(
                line_ids=[
                    Command.create(self._line_values(self.customer_1, lead_id=lead.id))
                ]
            )

    # === dates === #

    def test_period(self):
        with self._refused_by_the_database("ends before it begins"):
            self._create_plan(date_start="2027-03-20")

    def test_resignation(self):
        plan = self._create_plan(reason="resignation")
        self._assert_refused(plan, "Give the last working day")
        plan.last_day = "2027-03-18"
        self._assert_refused(plan, "goes on after the last working day")
        plan.last_day = "2027-03-19"
        self.assertEqual(str(plan.support_end), "2027-03-19")
        plan.support_end = "2027-03-20"
        self._assert_refused(plan, "Support cannot go on")
        plan.support_end = "2027-03-19"
        self._submit(plan)

    def test_last_day_before_the_period(self):
        for reason in ("transfer", "promotion", "reorganisation", "resignation"):
            plan = self._create_plan(reason=reason, last_day="2027-02-28")
            self._assert_refused(plan, "last working day lies before the period begins")

    def test_leave(self):
        plan = self._create_plan(reason="leave")
        self._assert_refused(plan, "Give the date of return")
        plan.return_date = "2027-03-01"
        self._assert_refused(plan, "return lies before the period begins")
        plan.return_date = "2027-09-01"
        self._submit(plan)

    def test_support_of_a_transfer(self):
        self.assertEqual(str(self._create_plan().support_end), "2027-04-18")

    def test_announced_after_the_period(self):
        plan = self._create_plan(announce_date="2027-03-20")
        self._assert_refused(plan, "announced inside only after the period")

    def test_no_visit_before_the_announcement(self):
        plan = self._create_plan(announce_date="2027-03-03")
        self._assert_refused(
            plan, "Customer 1: the visit on 03/02/2027 lies outside 03/03/2027"
        )
        line = self._line_of(plan, self.customer_1)
        line.date_visit = "2027-03-03 09:00:00"
        self._submit(plan)

    # === customers of other plans === #

    def test_customer_in_a_running_plan(self):
        first = self._running_plan()
        second = self._create_plan(
            line_ids=[Command.create(self._line_values(self.customer_2))]
        )
        self._assert_refused(
            second, f"Customer 2 is being handed over in {first.name} already"
        )
        line = self._line_of(first, self.customer_2)
        line.with_user(self.approver)._leave("Stays after all.")
        self._submit(second)

    def test_left_out_there_is_free_here(self):
        first = self._create_plan()
        self._line_of(first, self.customer_2).write(
            {"excluded": True, "exclude_reason": "In the next plan."}
        )
        self._approve(self._submit(first))
        self._submit(
            self._create_plan(
                line_ids=[Command.create(self._line_values(self.customer_2))]
            )
        )

    def test_the_later_of_two_is_stopped_at_approval(self):
        """Plans in confidence are not mentioned, so both could be submitted."""
        line_values = [Command.create(self._line_values(self.customer_2))]
        first, second = (
            self._submit(
                self._create_plan(
                    reason="resignation", last_day="2027-03-31", line_ids=line_values
                )
            )
            for _number in range(2)
        )
        self._approve(first)
        with self.assertRaisesRegex(UserError, f"in {first.name} already"):
            self._approve(second)
        self.assertEqual(second.state, "submitted")

    def test_warnings_do_not_stop(self):
        plan = self._create_plan(customer_reason=" ")
        self._line_of(plan, self.customer_1).contact_ids = False
        self.env["continuity.relationship"]._ensure(self.company_b, self.customer_2)
        warnings = "\n".join(plan._submission_warnings())
        self.assertIn("What customers are told is empty", warnings)
        self.assertIn("Customer 1: nobody is named to meet", warnings)
        self.assertIn("Customer 2 also works with Continuity B", warnings)
        self._submit(plan)
