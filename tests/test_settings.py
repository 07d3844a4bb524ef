from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common import ContinuityCommon


@tagged("post_install", "-at_install")
class TestSettings(ContinuityCommon):
    def test_defaults(self):
        company = self.company_a
        self.assertEqual(company.continuity_tier_method, "threshold")
        self.assertEqual(company.continuity_tier_source, "invoice")
        self.assertEqual(company.continuity_tier_months, 12)
        self.assertEqual(company.continuity_visits_per_day, 5)
        self.assertFalse(company.continuity_allow_self_approval)
        self.assertEqual(len(company.continuity_profile_item_ids), 7)

    def test_too_little(self):
        for name, value, hint in (
            ("continuity_tier_months", 0, "1 months or more"),
            ("continuity_tier_months", -12, "1 months or more"),
            ("continuity_due_days", -1, "0 days or more"),
            ("continuity_visit_minutes", 0, "1 minutes or more"),
            ("continuity_travel_minutes", -5, "0 minutes or more"),
            ("continuity_visits_per_day", 0, "1 visits or more"),
            ("continuity_tenure_years", 0, "1 years or more"),
        ):
            with (
                self.subTest(setting=name, value=value),
                self.assertRaises(ValidationError) as refused,
                self.env.cr.savepoint(),
            ):
                self.company_a[name] = value
            self.assertIn(hint, str(refused.exception))

    def test_more_visits_than_hours(self):
        with self.assertRaises(ValidationError) as refused, self.env.cr.savepoint():
            self.company_a.continuity_visits_per_day = 80
        self.assertIn("do not fit into a day", str(refused.exception))

    def test_page_writes_the_company(self):
        settings = (
            self.env["res.config.settings"]
            .with_company(self.company_b)
            .create({"continuity_tier_months": 24, "continuity_tier_source": "order"})
        )
        settings.execute()
        self.assertEqual(self.company_b.continuity_tier_months, 24)
        self.assertEqual(self.company_a.continuity_tier_months, 12)

    def _press_refresh(self, user):
        return (
            self.env["continuity.relationship"]
            .with_user(user)
            .with_company(self.company_a)
            .action_refresh()["params"]
        )

    def test_refresh_now(self):
        params = self._press_refresh(self.user_manager)
        self.assertEqual(params["type"], "success")
        self.assertIn("3 customers read, 3 added, 0 changed", params["message"])
        self._create_invoice(self.customer_1, 10, "2024-01-10")
        params = self._press_refresh(self.user_manager)
        self.assertIn("3 customers read, 0 added, 1 changed", params["message"])
        self.assertTrue(self.company_a.continuity_refreshed_on)

    def test_refresh_now_says_what_was_skipped(self):
        self.company_a.continuity_tier_source = "order"
        won = self.env["res.currency"].with_context(active_test=False)
        won = won.search([("name", "=", "KRW")])
        won.active = True
        won.rate_ids.unlink()
        order = self._create_order(self.customer_1, 5, "2024-01-10", currency=won)
        params = self._press_refresh(self.user_manager)
        self.assertEqual(params["type"], "warning")
        self.assertIn("no exchange rate for KRW", params["message"])
        self.assertIn(order.name, params["message"])

    def test_refresh_now_is_for_managers(self):
        for user in (self.user_sales_a, self.user_leader, self.user_all):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._press_refresh(user)

    def test_profile_item_needs_a_field_that_can_be_empty(self):
        field = self.env["ir.model.fields"]._get
        for name in ("active", "child_ids", "credit", "property_payment_term_id"):
            with (
                self.subTest(field=name),
                self.assertRaises(ValidationError),
                self.env.cr.savepoint(),
            ):
                self.env["continuity.profile.item"].create(
                    {"name": name, "field_id": field("res.partner", name).id}
                )

    # === Reason for purchase ===

    def test_reason_for_purchase_never_blocks(self):
        order = self._create_order(
            self.customer_1, 5, "2024-01-10", confirm=False
        ).with_user(self.user_sales_a)
        order.user_id = self.user_sales_a
        self.assertFalse(order.continuity_ask_reason)
        order.action_confirm()
        self.assertEqual(order.state, "sale")
        self.assertTrue(order.continuity_ask_reason)
        order.continuity_purchase_reason = "Replaces the machine of 2015"
        self.assertFalse(order.continuity_ask_reason)

    def test_reason_for_purchase_does_not_block_the_portal(self):
        order = self._create_order(self.customer_1, 5, "2024-01-10", confirm=False)
        order.with_user(self.user_portal).sudo().action_confirm()
        self.assertEqual(order.state, "sale")
