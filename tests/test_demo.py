from odoo import fields
from odoo.tests import TransactionCase, tagged


@tagged("-at_install", "post_install")
class TestDemo(TransactionCase):
    """The demo story tells what the readme says; Odoo only warns when it fails."""

    def setUp(self):
        super().setUp()
        if not self.env.ref("base.module_sale_crm").demo:
            self.skipTest("a database without demo data")
        self.company = self.env.ref("customer_continuity.demo_company")

    def test_every_tier_and_state(self):
        relationships = self.env["continuity.relationship"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(set(relationships.mapped("tier_id.name")), {"A", "B", "C"})
        self.assertEqual(
            set(relationships.mapped("state")),
            {"never", "on_track", "due", "overdue", "silent"},
        )
        self.assertEqual(len(relationships.filtered("tier_locked")), 1)
        self.assertIn(100, relationships.mapped("completeness"))
        self.assertIn(0, relationships.mapped("completeness"))

    def test_plans(self):
        plans = self.env["continuity.handover"].search(
            [("company_id", "=", self.company.id)], order="id"
        )
        running, draft = plans
        self.assertEqual(running.state, "running")
        lines = running.line_ids.grouped("partner_id")
        state = {
            key: lines[self.env.ref(f"customer_continuity.demo_{key}")].state
            for key in ("yunhe", "qingyou", "shiguang")
        }
        self.assertEqual(
            state, {"yunhe": "moved", "qingyou": "open", "shiguang": "open"}
        )
        self.assertIn("returned", running.line_ids.check_ids.mapped("state"))
        self.assertEqual(draft.state, "draft")
        self.assertFalse(draft._submission_errors())
        for plan, lang in ((running, "zh_CN"), (draft, "ja_JP")):
            self.assertFalse(plan._is_reason_untranslated(lang))
        reasons = " ".join(draft.line_ids.mapped("mode_reason"))
        for reason in ("key account", "focus account", "formerly large", "dislikes"):
            self.assertIn(reason, reasons)

    def test_log_ins(self):
        """Those that ``make run`` prints are there."""
        for login in ("takahashi", "sato", "tanaka", "limin"):
            user = self.env.ref(f"customer_continuity.demo_user_{login}")
            self.assertEqual(user.login, login)
            self.assertEqual(user.company_ids, self.company)
            menu = self.env.ref("customer_continuity.menu_root")
            below = self.env["ir.ui.menu"].search([("id", "child_of", menu.id)])
            # Odoo takes over the time zone of the first browser.
            self.assertTrue(user.login_date)
            # Where they are after the log-in.
            self.assertIn(user.action_id.id, [m.action.id for m in below if m.action])

    def test_winding_down(self):
        """The forwarder in Shanghai: decided, one key account told in person."""
        campaign = self.env.ref("customer_continuity.demo_dissolution")
        self.assertEqual(campaign.state, "running")
        self.assertEqual(campaign.customer_count, 20)
        self.assertEqual(
            set(campaign.customer_ids.mapped("segment")),
            {"unfulfilled", "paying", "settled"},
        )
        self.assertEqual(
            set(campaign.customer_ids.tier_id.mapped("name")), {"A", "B", "C"}
        )
        told = campaign.customer_ids.filtered("spoken_on")
        key = self.env.ref("customer_continuity.demo_shanghai_huarui")
        self.assertEqual(told.partner_id, key)
        owed = self.env["continuity.obligation"].search(
            [("dissolution_id", "=", campaign.id), ("state", "=", "open")]
        )
        self.assertLessEqual(
            {"undelivered", "prepayment", "open_invoice"}, set(owed.mapped("kind"))
        )
        self.assertTrue(campaign.event_ids.guest_ids)
        self.assertFalse(campaign._is_text_untranslated("customer_reason", "zh_CN"))
        for login in ("chen", "xulan", "zhangwei"):
            user = self.env.ref(f"customer_continuity.demo_user_{login}")
            self.assertEqual(user.company_ids, campaign.company_id)
            self.assertTrue(user.login_date)

    def test_factoring(self):
        """The maker of instruments: contracts, standing, offers, two agreements."""
        company = self.env.ref("customer_continuity.demo_kagari")
        here = [("company_id", "=", company.id)]
        reviews = self.env["continuity.contract.review"].search(here)
        self.assertEqual(
            set(reviews.mapped("result")), {"free", "consent", "debtor_may_pay"}
        )
        self.assertEqual(set(reviews.mapped("state")), {"reviewed", "expired"})
        standings = self.env["continuity.credit.standing"].search(here)
        self.assertEqual(
            set(standings.mapped("proposal")), {"include", "decide", "out"}
        )
        self.assertEqual(set(standings.mapped("insufficient")), {True, False})
        self.assertEqual(set(standings.mapped("trend")), {"better", "same", "worse", 0})
        choice = self.env.ref("customer_continuity.demo_choice")
        self.assertFalse(choice._decision_problems())
        problems = [bool(offer.problem) for offer in choice.offer_ids]
        self.assertEqual(problems, [False, False, True])
        running = self.env.ref("customer_continuity.demo_factoring_running")
        self.assertEqual(running.state, "running")
        self.assertEqual(
            set(running.debtor_ids.partner_id.mapped("lang")),
            {"ja_JP", "zh_CN", "en_US"},
        )
        self.assertEqual(running.direction_ids.state, "confirmed")
        self.assertNotEqual(
            running.direction_ids.proposed_by_id, running.direction_ids.confirmed_by_id
        )
        for lang in ("ja_JP", "zh_CN"):
            text = running.with_context(lang=lang).customer_reason
            self.assertNotEqual(text, running.customer_reason)
        self.assertFalse(running._internal_open())
        self.assertTrue(
            running.debtor_ids.filtered(lambda d: d.state == "out" and d.out_reason)
        )
        draft = self.env.ref("customer_continuity.demo_factoring_draft")
        self.assertEqual(draft.state, "draft")
        self.assertFalse(draft._submission_errors())
        # All that is missing is the second person.
        self.assertEqual(len(draft._activation_errors()), 1)
        for login in ("mori", "ogawa", "wangjing"):
            user = self.env.ref(f"customer_continuity.demo_user_{login}")
            self.assertEqual(user.company_ids, company)
            self.assertTrue(user.login_date)

    def test_factoring_told(self):
        """Each state of a customer, letters in three languages, a wrong payment."""
        running = self.env.ref("customer_continuity.demo_factoring_running")
        covered = running.debtor_ids.filtered(lambda d: d.state != "out")
        self.assertEqual(
            set(covered.mapped("state")), {"planned", "told", "noticed", "acknowledged"}
        )
        sent = covered.touchpoint_ids.filtered("frozen_on")
        self.assertEqual(set(sent.mapped("letter_lang")), {"en_US", "ja_JP", "zh_CN"})
        # One waits to be looked at and released, by whoever tries it out.
        ready = covered.touchpoint_ids.filtered(
            lambda t: t.occurrence == "notice" and t.partner_id.country_code == "US"
        )
        self.assertFalse(ready._letter_problems()[ready.id])
        self.assertEqual(len(covered.filtered("certified_on")), 1)
        self.assertEqual(running.turnover_ids.reason, "wrong_account")
        concern = self.env["continuity.concern"].search(
            [("company_id", "=", running.company_id.id)]
        )
        self.assertEqual(concern.state, "answered")
        self.assertTrue(concern.common_answer_id)
        holt = self.env.ref("customer_continuity.demo_portal_holt")
        touchpoints = self.env["continuity.touchpoint"]
        letters = touchpoints.search(touchpoints._portal_domain(holt))
        self.assertEqual(set(letters.mapped("occurrence")), {"courtesy", "notice"})

    def test_odoos_own_demo_stays(self):
        self.assertNotIn(self.company, self.env.ref("base.user_demo").company_ids)
        self.assertNotEqual(self.env.ref("base.main_company"), self.company)

    def test_no_visit_on_a_public_holiday(self):
        holidays = self.env["resource.calendar.leaves"].search(
            [
                ("calendar_id", "=", self.company.resource_calendar_id.id),
                ("resource_id", "=", False),
            ]
        )
        self.assertGreater(len(holidays), 60)
        lines = self.env["continuity.handover.line"].search(
            [
                ("company_id", "=", self.company.id),
                ("date_visit", ">", fields.Datetime.now()),
            ]
        )
        self.assertTrue(lines)
        for line in lines:
            holiday = holidays.filtered(
                lambda h, at=line.date_visit: h.date_from <= at < h.date_to
            )
            self.assertFalse(holiday, line.display_name)

    def test_letters(self):
        """Some have left and came back with answers, others wait to be released."""
        letters = self.env["continuity.touchpoint"].search(
            [
                ("company_id", "=", self.company.id),
                ("origin_model", "=", "continuity.relationship"),
                ("template_id", "!=", False),
            ]
        )
        sent = letters.filtered("frozen_on")
        self.assertEqual(set(sent.mapped("state")), {"done"})
        self.assertEqual(set(sent.mapped("letter_lang")), {"en_US", "ja_JP", "zh_CN"})
        self.assertEqual(len(sent.filtered("ack_date")), 2)
        ready = letters - sent
        self.assertEqual(
            {letter._letter_language() for letter in ready},
            {"en_US", "ja_JP", "zh_CN"},
        )
        self.assertFalse([key for key in ready._letter_problems().values() if key])

    def test_customers_find_their_letters(self):
        touchpoints = self.env["continuity.touchpoint"]
        for login, lang in (("vogel", "en"), ("yamaguchi", "ja"), ("zhou", "zh")):
            user = self.env.ref(f"customer_continuity.demo_portal_{login}")
            self.assertTrue(user.share)
            letter = touchpoints.search(touchpoints._portal_domain(user))
            self.assertEqual(len(letter), 1, login)
            self.assertTrue(letter.letter_lang.startswith(lang))

    def test_concerns(self):
        concerns = self.env["continuity.concern"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(set(concerns.mapped("state")), {"new", "answered"})
        answered = concerns.filtered(lambda c: c.state == "answered")
        self.assertTrue(answered.common_answer_id)
        self.assertIn("張力", answered.answer)
        asked = concerns.filtered(lambda c: c.source == "portal")
        self.assertEqual(set(asked.owner_id.mapped("login")), {"sato", "limin"})
        film = asked.filtered(lambda c: c.owner_id.login == "sato")
        self.assertTrue(self.env["continuity.common.answer"]._offers(film))
