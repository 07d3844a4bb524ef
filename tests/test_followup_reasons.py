"""The reasons of follow-up, each in the language of whoever reads them."""

from odoo import Command
from odoo.tests import tagged

from .common_followup import TODAY, FollowupCommon


@tagged("post_install", "-at_install")
class TestFollowupReasons(FollowupCommon):
    """Sales A reads English, the manager Japanese."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("ja_JP")
        cls.user_manager.lang = "ja_JP"
        cls.rule = cls._create_rule("silence")
        cls._spoken_to(cls.relationship_1, "2026-09-02")

    def _contact(self):
        return self._found(self.rule).touchpoint_id

    def _as_read_by(self, user, touchpoint):
        return touchpoint.with_user(user).with_context(lang=user.lang)

    def _assert_each_their_own(self, touchpoint, reasons):
        for user, lang in ((self.user_sales_a, "en_US"), (self.user_manager, "ja_JP")):
            texts = [row.with_context(lang=lang).why for row in reasons]
            read = self._as_read_by(user, touchpoint)
            self.assertEqual(read.why_shown, "; ".join(texts), lang)

    def test_each_reader_in_their_language(self):
        self._plan()
        touchpoint = self._contact()
        self.assertIn("No contact since 09/02/2026", touchpoint.why)
        self._assert_each_their_own(touchpoint, self._found())
        manager = self._as_read_by(self.user_manager, touchpoint)
        self.assertNotIn("No contact", manager.why_shown)
        self.assertEqual(manager.why, touchpoint.why, "stored as it was planned")
        self.assertIn(manager.why_shown, manager.matter)
        page, _type = manager.env["ir.actions.report"]._render_qweb_html(
            "customer_continuity.report_today", manager.ids
        )
        self.assertIn(manager.why_shown, page.decode())

    def test_several_reasons(self):
        self._create_rule("anniversary")
        self._set(self.relationship_1, first_purchase_date="2020-03-07")
        self._plan()
        rows = self._found()
        self.assertEqual(set(rows.mapped("state")), {"planned", "merged"})
        self._assert_each_their_own(self._contact(), rows)

    def test_reasons_added_and_dropped(self):
        self._plan()
        touchpoint = self._contact()
        delivery = self._create_rule("delivery", days=7)
        order = self._create_order(self.customer_1, 100, "2027-02-22")
        self._plan()
        self._assert_each_their_own(touchpoint, self._found())
        order._action_cancel()
        self._plan()
        self.assertEqual(self._found(delivery).state, "skipped")
        self._assert_each_their_own(touchpoint, self._found(self.rule))

    def test_contacts_that_were_made(self):
        self._plan()
        touchpoint = self._contact()
        self._hold(touchpoint)
        self.assertEqual(touchpoint.state, "done")
        self._assert_each_their_own(touchpoint, self._found())

    def test_contacts_called_off_keep_their_words(self):
        self._plan()
        touchpoint = self._contact()
        touchpoint.with_user(self.user_sales_a)._not_useful("Closed down")
        manager = self._as_read_by(self.user_manager, touchpoint)
        self.assertEqual(manager.why_shown, touchpoint.why)

    def test_further_steps_of_a_policy(self):
        steps = self.env["continuity.policy.step"]
        steps.search([("purpose", "=", "followup")]).unlink()
        email = self.env.ref("customer_continuity.channel_email")
        steps.create(
            [
                {
                    "purpose": "followup",
                    "tier_id": self.tier_c.id,
                    "sequence": offset,
                    "channel_ids": [Command.set(channel.ids)],
                    "offset_days": offset,
                }
                for offset, channel in ((0, self.channel_call), (3, email))
            ]
        )
        self._create_rule("anniversary")
        self._set(self.relationship_1, first_purchase_date="2020-03-07")
        self._plan()
        rows = self._found()
        call = self._contact()
        mail = call.search([("origin_id", "=", call.origin_id)]) - call
        mail = mail.filtered(lambda t: t.origin_model == call.origin_model)
        self._assert_each_their_own(call, rows)
        self._assert_each_their_own(mail, rows)
        self._hold(call, TODAY)
        self._assert_each_their_own(mail, rows)

    def test_what_others_planned_stays(self):
        touchpoint = self.env["continuity.touchpoint"]._plan(
            [
                {
                    "name": "Call",
                    "why": "They asked for it.",
                    "origin_model": "continuity.relationship",
                    "origin_id": self.relationship_1.id,
                    "occurrence": "test",
                    "relationship_id": self.relationship_1.id,
                    "partner_id": self.customer_1.id,
                    "company_id": self.company_a.id,
                    "channel_ids": self.channel_call.ids,
                    "user_id": self.user_sales_a.id,
                    "date_due": TODAY,
                }
            ]
        )
        manager = self._as_read_by(self.user_manager, touchpoint)
        self.assertEqual(manager.why_shown, "They asked for it.")

    def test_reads_few(self):
        """A list is read with the same queries, however long."""
        self._spoken_to(self.relationship_2, "2026-09-02")
        self._plan()
        counts = []
        for number in (1, 2):
            touchpoints = self._found().touchpoint_id[:number]
            self.assertEqual(len(touchpoints), number)
            touchpoints.mapped("name")
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            touchpoints.with_user(self.user_manager).mapped("why_shown")
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(*counts)
