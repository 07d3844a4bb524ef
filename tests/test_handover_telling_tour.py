from odoo import fields
from odoo.tests import HttpCase, tagged

from .common_cutover import CutOverCase


@tagged("post_install", "-at_install")
class TestHandoverTellingTour(CutOverCase, HttpCase):
    """Letters in three languages before approval, and a hold and its release, in the
    browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        today = fields.Date.today()
        cls.dates = {
            "state": "draft",
            "date_start": today,
            "date_end": fields.Date.add(today, days=20),
            "announce_date": today,
        }
        cls.user_manager.password = cls.user_manager.login

    def _tour(self, name, action="action_handover"):
        self.env.flush_all()
        self.start_tour(
            f"/odoo/action-customer_continuity.{action}",
            name,
            login=self.user_manager.login,
        )
        self.env.invalidate_all()

    def test_letters_in_three_languages(self):
        self.successor.partner_id.phone = "+81 52 1"
        for customer, lang in (
            (self.customer_1, "en_US"),
            (self.customer_2, "ja_JP"),
            (self.customer_3, "zh_CN"),
        ):
            self.env["res.lang"]._activate_lang(lang)
            customer.write({"lang": lang, "email": f"{lang}@example.com"})
            relationship = self.env["continuity.relationship"]._ensure(
                self.company_a, customer
            )
            tier = self.env.ref("customer_continuity.tier_c")
            relationship.sudo().write({"tier_id": tier.id, "tier_locked": True})
        plan = self._create_plan(
            self.customer_1, self.customer_2, self.customer_3, **self.dates
        )
        for lang, text in (
            ("en_US", "Our colleague moves to Nagoya."),
            ("ja_JP", "名古屋支店へ異動いたします。"),
            ("zh_CN", "该同事调往名古屋分公司。"),
        ):
            plan.with_context(lang=lang).customer_reason = text
        before = self.env["continuity.touchpoint"].search_count([])
        self._tour("continuity_handover_letters")
        self.assertEqual(plan.state, "draft")
        self.assertEqual(self.env["continuity.touchpoint"].search_count([]), before)

    def test_hold_and_its_release(self):
        self.company_a.continuity_hold_after = 0
        deal = self._create_lead(
            "Closing soon",
            self.customer_1,
            date_deadline=fields.Date.add(fields.Date.today(), days=5),
        )
        plan = self._create_plan(
            self.customer_1,
            customer_reason="Our colleague moves.",
            approver=self.user_leader,
            **self.dates,
        )
        self._tour("continuity_handover_hold")
        line = plan.line_ids
        self.assertEqual(line.tell_when, "hold")
        self.assertEqual(line.hold_until, deal.date_deadline)
        plan.approval_ids.write({"state": "waiting"})
        plan.with_user(self.leaver).action_submit()
        plan.with_user(self.user_leader).action_approve()
        self.assertEqual(plan.state, "running")
        self.assertFalse(line.touchpoint_ids.activity_id)
        self._tour("continuity_handover_on_hold", "action_handover_line")
        deal.action_set_won()
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(
                "customer_continuity.cron_handover_daily"
            ).method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(line.hold_ended_on, fields.Date.today())
        self.assertTrue(line.touchpoint_ids.activity_id)
        self._tour("continuity_handover_released", "action_handover_line")
        self.assertEqual(line.reaction, "uneasy")
