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
        reasons = " ".join(draft.line_ids.mapped("mode_reason"))
        for reason in ("key account", "focus account", "formerly large", "dislikes"):
            self.assertIn(reason, reasons)

    def test_log_ins(self):
        """Those that ``make run`` prints are there."""
        for login in ("takahashi", "sato", "tanaka", "limin"):
            user = self.env.ref(f"customer_continuity.demo_user_{login}")
            self.assertEqual(user.login, login)
            self.assertEqual(user.company_ids, self.company)

    def test_odoos_own_demo_stays(self):
        self.assertNotIn(self.company, self.env.ref("base.user_demo").company_ids)
        self.assertNotEqual(self.env.ref("base.main_company"), self.company)
