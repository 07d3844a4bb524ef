from odoo import Command
from odoo.tests import tagged

from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestHandoverInvitation(HandoverCommon):
    """A customer gets an invitation to the visit when somebody asks for it, and
    never before the change is announced inside."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact_1.email = "contact@continuity.example.com"

    def _plan_with_invitation(self, **values):
        line = self._line_values(
            self.customer_1,
            mode="visit",
            date_visit="2027-03-10 09:00:00",
            contact_ids=[Command.set(self.contact_1.ids)],
            invite_customer=True,
        )
        return self._running_plan(line_ids=[Command.create(line)], **values)

    def _mails(self):
        return (
            self.env["mail.mail"]
            .sudo()
            .search([("recipient_ids", "in", self.contact_1.ids)])
        )

    def test_invited_when_asked(self):
        plan = self._plan_with_invitation()
        event = plan.line_ids.visit_touchpoint_id.event_id
        self.assertIn(self.contact_1, event.partner_ids)
        self.assertTrue(self._mails())

    def test_not_before_the_announcement(self):
        plan = self._plan_with_invitation(announce_date="2027-03-08")
        self.assertEqual(plan.state, "running")
        line = plan.line_ids
        line.with_user(self.leaver).date_visit = "2027-03-11 09:00:00"
        self.assertFalse(line.visit_touchpoint_id.event_id)
        self.assertFalse(self._mails())
        with self._at("2027-03-08 06:00:00"):
            with self.enter_registry_test_mode():
                self.env.ref(
                    "customer_continuity.cron_show_touchpoints"
                ).method_direct_trigger()
        event = line.visit_touchpoint_id.event_id
        self.assertEqual(str(event.start), "2027-03-11 09:00:00")
        self.assertIn(self.contact_1, event.partner_ids)
        self.assertTrue(self._mails())

    def test_invited_later(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        event = line.visit_touchpoint_id.event_id
        self.assertNotIn(self.contact_1, event.partner_ids)
        line.with_user(self.successor).invite_customer = True
        self.assertIn(self.contact_1, event.partner_ids)
        line.with_user(self.successor).invite_customer = False
        self.assertNotIn(self.contact_1, event.partner_ids)
