"""A customer handed on by a second plan before the first one's contacts were made."""

from odoo import Command
from odoo.tests import tagged

from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestHandoverHandedOn(HandoverCommon):
    def setUp(self):
        super().setUp()
        self.plan = self._running_plan()
        self.line = self._line_of(self.plan, self.customer_2)
        self._carry_out(self.line)
        self.line.with_user(self.leaver).action_cut_over()
        self.tell = self.line.touchpoint_ids.filtered(
            lambda t: t.occurrence.startswith("tell:")
        )
        self.other = self._line_of(self.plan, self.customer_1).visit_touchpoint_id

    def _hand_on(self, leaver=None):
        leaver = leaver or self.successor
        plan = self._create_plan(
            self.user_manager,
            leaver_ids=[Command.set(leaver.ids)],
            approval_ids=[Command.create({"user_id": self.user_manager.id})],
            line_ids=[
                Command.create(
                    self._line_values(
                        self.customer_2,
                        leaver_id=leaver.id,
                        successor_id=self.colleague.id,
                    )
                )
            ],
        )
        self._approve(self._submit(plan, leaver), self.user_manager)
        line = plan.line_ids
        self._prepare(line.check_ids, leaver)
        self._accept(line.check_ids, self.colleague)
        self.assertEqual(self.tell.state, "owed", "the successor's until then")
        line.with_user(leaver).action_cut_over()
        self.assertEqual(line.state, "moved")
        return plan

    def test_nobody_tells_of_who_handed_them_on(self):
        self.assertIn(self.successor.name, self.tell.name)
        self.assertTrue(self.tell.activity_id)
        plan = self._hand_on()
        self.assertEqual(self.tell.state, "cancelled")
        self.assertIn("handed on", self.tell.reason)
        self.assertFalse(self.tell.activity_id)
        self.assertEqual(self.other.state, "owed", "of another customer")
        own = plan.line_ids.touchpoint_ids.filtered(
            lambda t: t.occurrence.startswith("tell:")
        )
        self.assertEqual(own.state, "owed")
        self.assertIn(self.colleague.name, own.name)

    def test_owed_again_when_they_come_back(self):
        plan = self._hand_on()
        plan.with_user(self.user_manager)._undo(plan.line_ids, "A mistake")
        self.assertEqual(self.tell.state, "owed")
        self.assertFalse(self.tell.reason)
        self.assertTrue(self.tell.activity_id)
        own = plan.line_ids.touchpoint_ids
        self.assertEqual(set(own.mapped("state")), {"cancelled"})

    def test_what_was_made_stays(self):
        self.tell.sudo().write({"state": "done", "date_done": "2027-03-01 06:00:00"})
        tell, self.tell = self.tell, self.other
        plan = self._hand_on()
        self.assertEqual(tell.state, "done")
        plan.with_user(self.user_manager)._undo(plan.line_ids, "A mistake")
        self.assertEqual(tell.state, "done")

    def test_business_of_somebody_else(self):
        """What another colleague hands over of the customer's says nothing of this."""
        self._create_lead_of(self.user_all)
        self._hand_on(self.user_all)
        self.assertEqual(self.tell.state, "owed")

    def _create_lead_of(self, user):
        self.env["crm.lead"].create(
            {
                "name": "Theirs",
                "type": "opportunity",
                "partner_id": self.customer_2.id,
                "user_id": user.id,
                "company_id": self.company_a.id,
            }
        )
