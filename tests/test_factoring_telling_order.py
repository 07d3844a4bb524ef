"""What has to happen first, and what becomes of a customer who is told."""

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common_factoring_telling import TellingCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringTellingOrder(TellingCommon):
    # === Order === #

    def test_letters_wait_for_the_talk(self):
        self._activate(self.agreement)
        for occurrence in ("courtesy", "notice"):
            self.assertIn("in person first", self._obstacles(self.key, occurrence))
            self.assertNotIn("in person", self._obstacles(self.small, occurrence))
        self._deliver(self._contact(self.key, "talk"))
        self.assertNotIn("in person", self._obstacles(self.key, "courtesy"))

    def test_talk_that_reached_nobody_needs_a_decision(self):
        self._activate(self.agreement)
        self._contact(self.key, "talk")._fail("They do not answer")
        self.assertIn("They do not answer", self._obstacles(self.key, "courtesy"))
        self.assertIn("They do not answer", self.key.waits_for)
        self.assertIn(
            "It reached nobody",
            "".join(self._reminders(self.agreement).mapped("summary")),
        )
        self.key.with_user(self.user_manager).in_person = False
        self.assertNotIn("in person", self._obstacles(self.key, "courtesy"))

    def test_notice_waits_for_the_courtesy_letter(self):
        self._activate(self.agreement)
        self.assertIn("goes first", self._obstacles(self.small, "notice"))
        self._deliver(self._contact(self.small, "courtesy"))
        self.assertNotIn("goes first", self._obstacles(self.small, "notice"))

    def test_notice_does_not_wait_for_a_letter_that_may_not_leave(self):
        """Who opts out later still gets the notice (I10)."""
        self._activate(self.agreement)
        self.customer_2.continuity_no_courtesy = True
        self.assertNotIn("goes first", self._obstacles(self.small, "notice"))

    def test_inside_opened_again_holds_letters(self):
        self._activate(self.agreement)
        step = self.agreement.internal_ids[:1].with_user(self.user_manager)
        step.action_reopen()
        self.assertIn(step.name, self._obstacles(self.small, "courtesy"))
        step.action_done()
        self.assertNotIn(step.name, self._obstacles(self.small, "courtesy"))

    def test_agreement_that_does_not_run_tells_nothing(self):
        self._activate(self.agreement)
        self.agreement.sudo().state = "reported"
        self.assertIn("not running", self._obstacles(self.small, "courtesy"))

    # === States === #

    def test_told_noticed_acknowledged(self):
        self._activate(self.agreement)
        key = self.key
        self._deliver(self._contact(key, "talk"))
        self.assertEqual(key.state, "told")
        self.assertEqual(str(key.told_on), "2026-06-30 08:00:00")
        with freeze_time("2026-07-09 08:00:00"):
            self._deliver(self._contact(key, "courtesy"))
            self.assertEqual(str(key.told_on), "2026-06-30 08:00:00")
        with freeze_time("2026-07-16 08:00:00"):
            notice = self._contact(key, "notice")
            self._deliver(notice)
            self.assertEqual(key.state, "noticed")
            self.assertEqual(str(key.noticed_on), "2026-07-16 08:00:00")
            self.assertEqual(str(key.next_update_on), "2027-01-16")
            notice.ack_date = "2026-07-17 08:00:00"
            notice._notify_origin("_touchpoint_acknowledged")
        self.assertEqual(key.state, "acknowledged")
        self.assertEqual(str(key.acknowledged_on), "2026-07-17 08:00:00")
        self.assertFalse(key.waits_for)

    def test_acknowledged_courtesy_letter_is_no_notice(self):
        self._activate(self.agreement)
        courtesy = self._contact(self.small, "courtesy")
        self._deliver(courtesy)
        courtesy.ack_date = fields.Datetime.now()
        courtesy._notify_origin("_touchpoint_acknowledged")
        self.assertEqual(self.small.state, "told")
        self.assertFalse(self.small.acknowledged_on)

    def test_notice_that_came_back_counts_no_longer(self):
        self._activate(self.agreement)
        self._tell_all(self.small)
        self.assertEqual(self.small.state, "noticed")
        notice = self._contact(self.small, "notice")
        notice._notify_origin("_touchpoint_reopened")
        notice.sudo().write({"state": "tried", "next_try": "Moved away"})
        self.assertEqual(self.small.state, "told")
        self.assertFalse(self.small.noticed_on or self.small.next_update_on)
        self.assertIn("Moved away", self.small.waits_for)

    def test_talk_is_not_taken_back_once_a_letter_left(self):
        self._activate(self.agreement)
        talk = self._contact(self.key, "talk")
        self._deliver(talk)
        talk._notify_origin("_touchpoint_taken_back")
        self.assertEqual(self.key.state, "planned")
        self._deliver(talk)
        self._deliver(self._contact(self.key, "courtesy"))
        with self.assertRaisesRegex(UserError, "Courtesy letter"):
            talk._notify_origin("_touchpoint_taken_back")

    def test_speaker_does_not_call_it_off(self):
        self._activate(self.agreement)
        talk = self._contact(self.key, "talk").with_user(self.user_sales_a)
        with self.assertRaisesRegex(UserError, "whoever decides"):
            talk._not_useful("They know")

    # === Changes === #

    def test_in_person_after_all(self):
        self._activate(self.agreement)
        manager = self.user_manager
        self.small.with_user(manager).in_person = True
        talk = self._contact(self.small, "talk")
        self.assertEqual(talk.state, "owed")
        self.small.with_user(manager).in_person = False
        self.assertEqual(talk.state, "cancelled")
        self.small.with_user(manager).in_person = True
        self.assertEqual(talk.state, "owed")

    def test_left_out_and_taken_back_in(self):
        self._activate(self.agreement)
        self._contact(self.small, "courtesy").sudo().state = "released"
        self.small.with_user(self.user_manager)._leave_out("They object")
        self.assertEqual(set(self.small.touchpoint_ids.mapped("state")), {"cancelled"})
        self.assertEqual(self.small.waits_for, "They object")
        self.small.with_user(self.user_manager).action_take_back_in()
        self.assertEqual(set(self.small.touchpoint_ids.mapped("state")), {"owed"})

    def test_taken_in_while_it_runs(self):
        self._activate(self.agreement)
        self._review(self.customer_3)
        line = self.agreement.debtor_ids.create(
            {"factoring_id": self.agreement.id, "partner_id": self.customer_3.id}
        )
        self.assertEqual(
            sorted(line.touchpoint_ids.mapped("occurrence")), ["courtesy", "notice"]
        )

    def test_given_up_withdraws_letters_that_wait(self):
        self._activate(self.agreement)
        self._contact(self.small, "courtesy").sudo().state = "released"
        self.agreement.with_user(self.user_manager)._cancel("The factor withdrew")
        states = self.agreement.debtor_ids.touchpoint_ids.mapped("state")
        self.assertEqual(set(states), {"cancelled"})

    def test_merged_customers_are_noticed_when_both_were(self):
        self._activate(self.agreement)
        self._tell_all(self.key)
        self._merge(self.customer_2, self.customer_1)
        line = self.agreement.debtor_ids
        self.assertEqual(line.partner_id, self.customer_1)
        self.assertEqual(line.state, "planned")
        self.assertFalse(line.noticed_on)
        waiting = line.touchpoint_ids.filtered(lambda t: t.state == "owed")
        for contact in waiting.sorted("date_due"):
            self._deliver(contact)
        self.assertEqual(line.state, "noticed")

    def test_merged_before_the_other_was_planned(self):
        """Who was never told gets a notice of its own."""
        self._activate(self.agreement)
        self.small.touchpoint_ids.sudo().unlink()
        self._tell_all(self.key)
        self._merge(self.customer_2, self.customer_1)
        again = self._contact(self.agreement.debtor_ids, "notice:again")
        self._deliver(again)
        self.assertEqual(self.agreement.debtor_ids.state, "noticed")

    def test_merged_with_who_was_left_out(self):
        self._activate(self.agreement)
        self._tell_all(self.key)
        self.small.with_user(self.user_manager)._leave_out("They object")
        self._merge(self.customer_2, self.customer_1)
        self.assertEqual(self.agreement.debtor_ids.state, "noticed")
        self.assertTrue(self.agreement.debtor_ids.noticed_on)

    def _merge(self, source, target):
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (source | target).ids, target
        )
        self.env.invalidate_all()

    # === Release === #

    def test_release_is_told_with_the_signed_paper(self):
        self._activate(self.agreement)
        self._tell_all(self.small)
        paper = self.env["ir.attachment"].create(
            {"name": "release.pdf", "raw": b"signed"}
        )
        self.agreement.debtor_ids.with_user(self.accountant)._release(
            self._date("2026-07-01"), self._date("2026-06-30"), paper
        )
        release = self._contact(self.small, "release")
        self.assertEqual(release.state, "owed")
        self.assertEqual(
            release.template_id,
            self.env.ref("customer_continuity.letter_factoring_release"),
        )
        self.assertEqual(release.sudo()._freeze_enclosures().mapped("raw"), [b"signed"])
        self.assertNotIn("not been released", self._obstacles(self.small, "release"))
        self.assertFalse(self.small.next_update_on)
        # Who had not heard of it hears nothing now.
        self.assertEqual(set(self.key.touchpoint_ids.mapped("state")), {"cancelled"})
        with self.assertRaisesRegex(UserError, "have not heard yet"):
            self.agreement.with_user(self.user_manager).action_report_result()
        self._deliver(release)
        self.assertEqual(self.small.state, "released")
        self.agreement.with_user(self.user_manager).action_report_result()

    def test_who_had_no_notice_hears_of_the_end_on_the_telephone(self):
        self._activate(self.agreement)
        self._deliver(self._contact(self.small, "courtesy"))
        self.small.with_user(self.accountant)._release(
            self._date("2026-07-01"), False, self.env["ir.attachment"]
        )
        call = self._contact(self.small, "release")
        self.assertEqual(
            call.channel_id, self.env.ref("customer_continuity.channel_call")
        )
        self.assertFalse(call.template_id)

    def test_not_reported_before_they_are_released(self):
        self._activate(self.agreement)
        self._tell_all(self.small)
        with self.assertRaisesRegex(UserError, "have not been released"):
            self.agreement.with_user(self.user_manager).action_report_result()
