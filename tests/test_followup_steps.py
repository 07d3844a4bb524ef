"""Further required steps of a tier's contact policy: each a contact of its own."""

from odoo import Command
from odoo.tests import tagged

from .common_followup import FollowupCommon


@tagged("post_install", "-at_install")
class TestFollowupSteps(FollowupCommon):
    """Tier C is owed a call and, three days later, an e-mail."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        steps = cls.env["continuity.policy.step"]
        cls.channel_email = cls.env.ref("customer_continuity.channel_email")
        steps.search([("purpose", "=", "followup")]).unlink()
        cls.step_call, cls.step_mail = steps.create(
            [
                {
                    "purpose": "followup",
                    "tier_id": cls.tier_c.id,
                    "sequence": sequence,
                    "channel_ids": [Command.set(channel.ids)],
                    "offset_days": offset,
                }
                for sequence, channel, offset in (
                    (10, cls.channel_call, 0),
                    (20, cls.channel_email, 3),
                )
            ]
        )
        cls.rule = cls._create_rule("silence")
        cls._spoken_to(cls.relationship_1, "2026-09-02")

    def _contacts(self, relationship=None):
        return self.env["continuity.touchpoint"].search(
            [("relationship_id", "=", (relationship or self.relationship_1).id)],
            order="date_due, id",
        )

    def test_each_required_step_is_a_contact(self):
        self._plan()
        call, mail = self._contacts()
        self.assertEqual(call.channel_ids, self.channel_call)
        self.assertEqual(mail.channel_ids, self.channel_email)
        self.assertEqual(str(call.date_due), "2027-03-01")
        self.assertEqual(str(mail.date_due), "2027-03-04")
        self.assertEqual(mail.user_id, self.user_sales_a)
        self.assertEqual(mail.why, call.why)
        self.assertEqual(self._found().touchpoint_id, call)

    def test_once(self):
        self._plan()
        contacts = self._contacts()
        self._plan_on("2027-03-02")
        self.assertEqual(self._contacts(), contacts)

    def test_not_what_is_not_required(self):
        self.step_mail.required = False
        self._plan()
        self.assertEqual(self._contacts().channel_ids, self.channel_call)

    def test_not_for_rules_with_channels_of_their_own(self):
        self.rule.channel_ids = self.channel_card
        self._plan()
        self.assertEqual(self._contacts().channel_ids, self.channel_card)

    def test_fulfilled_by_the_last_step(self):
        self._plan()
        row = self._found()
        call, mail = self._contacts()
        self._hold(call, "2027-03-01")
        self.assertEqual((row.state, row.touchpoint_id), ("planned", mail))
        # In touch again, which is no reason to leave the other step out.
        self._plan_on("2027-03-02")
        self.assertEqual(mail.state, "owed")
        self._hold(mail, "2027-03-04")
        self.assertEqual(row.state, "done")

    def test_failed_step_fails_it_in_the_end(self):
        self._plan()
        row = self._found()
        call, mail = self._contacts()
        call._fail("Nobody there.")
        self.assertEqual((row.state, row.touchpoint_id), ("planned", mail))
        self._hold(mail, "2027-03-04")
        self.assertEqual((row.state, row.reason), ("failed", "Nobody there."))

    def test_other_step_first(self):
        self._plan()
        row = self._found()
        call, mail = self._contacts()
        self._hold(mail, "2027-03-01")
        self.assertEqual((row.state, row.touchpoint_id), ("planned", call))
        self._hold(call, "2027-03-02")
        self.assertEqual(row.state, "done")

    def test_called_off_step_leaves_the_other(self):
        self._plan()
        row = self._found()
        call, mail = self._contacts()
        call.with_user(call.user_id)._not_useful("They asked for a mail.")
        self._plan_on("2027-03-02")
        self.assertEqual((row.state, row.touchpoint_id), ("planned", mail))
        self.assertEqual(mail.state, "owed")
        self.assertEqual(row.planned_for, mail.date_due, "escalated by its own day")

    def test_no_longer_due_takes_all_steps_along(self):
        self._plan()
        self._spoken_to(self.relationship_1, "2027-03-01")
        self._plan_on("2027-03-02")
        self.assertEqual(set(self._contacts().mapped("state")), {"cancelled"})
        self.assertEqual(self._found().state, "skipped")

    def test_refused_takes_all_steps_along(self):
        self._plan()
        self.customer_1.continuity_no_courtesy = True
        self._plan_on("2027-03-02")
        self.assertEqual(set(self._contacts().mapped("state")), {"cancelled"})
        self.assertEqual(self._found().state, "held")

    def test_day_of_the_person_is_kept(self):
        self.company_a.continuity_followup_per_day = 1
        self.step_mail.offset_days = 0
        self._spoken_to(self.relationship_2, "2026-09-02")
        self._plan()
        contacts = self._contacts() | self._contacts(self.relationship_2)
        self.assertEqual(len(contacts), 4)
        self.assertEqual(len(set(contacts.mapped("date_due"))), 4)
