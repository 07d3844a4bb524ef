"""Which customers each trigger of a follow-up rule finds, and on which day."""

from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from ..models.continuity_followup_rule import ContinuityFollowupRule
from .common_followup import TODAY, FollowupCommon


@tagged("post_install", "-at_install")
class TestFollowupTrigger(FollowupCommon):
    def _due(self, rule):
        """Plan, and return {relationship: (key, due date)} of what a rule found."""
        self._plan()
        return {
            row.relationship_id: (row.key, row.date_due) for row in self._found(rule)
        }

    # === silence === #

    def test_silence(self):
        """Tier C: every 180 days. Found a week ahead, not earlier."""
        rule = self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")  # due today
        self._spoken_to(self.relationship_2, "2026-09-08")  # due on the 7th
        self._spoken_to(self.relationship_3, "2026-09-09")  # due on the 8th
        self.assertEqual(
            self._due(rule),
            {
                self.relationship_1: ("since:2026-09-02", TODAY),
                self.relationship_2: ("since:2026-09-08", date(2027, 3, 7)),
            },
        )

    def test_silence_goes_by_the_cadence_of_the_tier(self):
        rule = self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2027-01-30", self.tier_a)
        self._spoken_to(self.relationship_2, "2027-01-30", self.tier_b)
        self.assertEqual(list(self._due(rule)), [self.relationship_1])

    def test_silence_with_days(self):
        rule = self._create_rule("silence", days=3)
        self._spoken_to(self.relationship_1, "2026-09-02")
        self.assertEqual(self._due(rule)[self.relationship_1][1], date(2027, 3, 4))

    def test_never(self):
        rule = self._create_rule("never")
        self._spoken_to(self.relationship_1, "2027-02-20")
        found = self._due(rule)
        self.assertNotIn(self.relationship_1, found)
        self.assertEqual(found[self.relationship_2][0], "never")

    def test_quiet(self):
        """Three purchases or more, and neither bought nor in touch for 1.5 × 40."""
        rule = self._create_rule("quiet", factor=1.5)
        rhythm = {"purchase_count": 3, "reorder_interval": 40.0}
        self._set(self.relationship_1, last_purchase_date="2026-12-31", **rhythm)
        self._set(self.relationship_2, last_purchase_date="2026-12-31", **rhythm)
        self._spoken_to(self.relationship_2, "2027-02-01")
        rhythm["purchase_count"] = 2
        self._set(self.relationship_3, last_purchase_date="2026-12-31", **rhythm)
        self.assertEqual(
            self._due(rule), {self.relationship_1: ("quiet:2026-12-31", TODAY)}
        )

    # === purchases === #

    def test_reorder(self):
        rule = self._create_rule("reorder", days_before=14)
        self._set(
            self.relationship_1,
            purchase_count=4,
            reorder_interval=30.5,
            last_purchase_date="2027-02-12",
        )
        # 31 days later, two weeks before that.
        self.assertEqual(
            self._due(rule), {self.relationship_1: ("after:2027-02-12", TODAY)}
        )

    def test_first_purchase(self):
        rule = self._create_rule("first_purchase", days=14)
        self._set(self.relationship_1, first_purchase_date="2027-02-15")
        self.assertEqual(self._due(rule), {self.relationship_1: ("first", TODAY)})

    def test_completion(self):
        """An order is complete when nothing of it is left to invoice; once for ever,
        and not where stock would say otherwise."""
        rule = self._create_rule("completion", days=7)
        order = self._create_order(self.customer_1, 100, "2026-08-03")
        invoice = order._create_invoices()
        invoice.invoice_date = "2027-02-22"
        self.assertFalse(self._due(rule), "invoiced by a draft only")
        invoice.action_post()
        self._create_order(self.customer_2, 100, "2027-02-22")
        self.assertEqual(
            self._due(rule), {self.relationship_1: (f"order:{order.id}", TODAY)}
        )
        self._plan()
        row = self._found(rule)
        self.assertIn(order.name, row.touchpoint_id.why)
        self._hold(row.touchpoint_id)
        self._plan_on("2028-02-21")
        self.assertEqual(self._found(rule), row, "not again a year later")

    def test_completion_waits_for_drafts(self):
        """For Odoo a draft invoice has been invoiced."""
        rule = self._create_rule("completion", days=7)
        order = self._create_order(self.customer_1, 100, "2027-02-22")
        invoice = order._create_invoices()
        self.assertEqual(order.invoice_status, "invoiced")
        self.env.flush_all()
        self.assertFalse(self._due(rule))
        invoice.invoice_date = "2027-02-22"
        invoice.action_post()
        self.assertTrue(self._due(rule))

    def test_completion_is_not_before_the_promised_day(self):
        rule = self._create_rule("completion", days=7)
        order = self._create_order(self.customer_1, 100, "2027-02-01")
        order.commitment_date = "2027-02-25 09:00:00"
        invoice = order._create_invoices()
        invoice.invoice_date = "2027-02-10"
        invoice.action_post()
        self.assertEqual(self._due(rule)[self.relationship_1][1], date(2027, 3, 4))

    def test_completion_of_certain_products(self):
        rule = self._create_rule(
            "completion",
            days=7,
            product_ids=self.env["product.template"].create({"name": "Project"}).ids,
        )
        order = self._create_order(self.customer_1, 100, "2027-02-01")
        invoice = order._create_invoices()
        invoice.invoice_date = "2027-02-22"
        invoice.action_post()
        self.assertFalse(self._due(rule))
        rule.product_ids = self.product.product_tmpl_id
        self.assertTrue(self._due(rule))

    def test_completion_rule_is_shipped_switched_off(self):
        rule = self.env.ref("customer_continuity.followup_rule_completion")
        self.assertFalse(rule.active)
        self.assertEqual(rule.trigger, "completion")

    def test_rising(self):
        rule = self._create_rule("rising", factor=1.5)
        for customer, amount in ((self.customer_1, 150), (self.customer_2, 149)):
            self._create_invoice(customer, 100, "2026-11-01")
            self._create_invoice(customer, amount, "2027-02-01")
        self._create_invoice(self.customer_3, 500, "2027-02-01")
        self.assertEqual(
            self._due(rule), {self.relationship_1: ("rising:2027Q1", TODAY)}
        )

    # === the calendar === #

    def test_anniversary(self):
        rule = self._create_rule("anniversary")
        self._set(self.relationship_1, first_purchase_date="2020-03-03")
        self._set(self.relationship_2, first_purchase_date="2027-03-03")  # begins
        self._set(self.relationship_3, first_purchase_date="2020-03-08")  # too early
        self.assertEqual(
            self._due(rule), {self.relationship_1: ("year:2027", date(2027, 3, 3))}
        )

    def test_anniversary_of_29_february(self):
        """On the 28th where there is no 29th, on the 29th where there is."""
        rule = self._create_rule("anniversary")
        self._set(self.relationship_1, first_purchase_date="2024-02-29")
        self.assertEqual(
            self._due(rule), {self.relationship_1: ("year:2027", date(2027, 2, 28))}
        )
        self._plan_on("2028-02-25")
        self.assertEqual(self._found(rule)[1].date_due, date(2028, 2, 29))

    def test_anniversary_of_the_new_year_is_prepared_in_the_old(self):
        rule = self._create_rule("anniversary", days_before=7)
        self._set(self.relationship_1, first_purchase_date="2020-01-04")
        self._plan_on("2027-12-27")
        self.assertEqual(
            self._found(rule).mapped(lambda row: (row.key, str(row.date_due))),
            [("year:2028", "2027-12-28")],
        )

    def test_yearly(self):
        rule = self._create_rule(
            "yearly", yearly_month="2", yearly_day=29, tier_ids=self.tier_a.ids
        )
        self._set(self.relationship_1, tier_id=self.tier_a.id)
        self.assertEqual(
            self._due(rule), {self.relationship_1: ("year:2027", date(2027, 2, 28))}
        )

    # === deliveries === #

    def test_after_an_order(self):
        rule = self._create_rule("delivery", days=7)
        order = self._create_order(self.customer_1, 100, "2027-02-22")
        self._create_order(self.customer_2, 100, "2027-02-22", confirm=False)
        self.assertEqual(
            self._due(rule), {self.relationship_1: (f"order:{order.id}", TODAY)}
        )
        self.assertIn(order.name, self._found(rule).why)

    def test_promised_day_counts(self):
        rule = self._create_rule("delivery", days=7)
        order = self._create_order(self.customer_1, 100, "2027-01-05")
        order.commitment_date = "2027-02-23"
        self.assertEqual(self._due(rule)[self.relationship_1][1], date(2027, 3, 2))

    def test_lead_time_counts(self):
        rule = self._create_rule("delivery", days=7)
        order = self._create_order(self.customer_1, 100, "2027-02-12")
        order.order_line.customer_lead = 10
        self.assertEqual(self._due(rule)[self.relationship_1][1], TODAY)

    def test_invoice_without_an_order(self):
        rule = self._create_rule("delivery", days=30)
        move = self._create_invoice(self.customer_1, 100, "2027-01-30")
        self._create_invoice(self.customer_2, 100, "2027-01-30", refund=True)
        self._create_invoice(self.customer_2, 100, "2027-01-30", post=False)
        self.assertEqual(
            self._due(rule), {self.relationship_1: (f"invoice:{move.id}", TODAY)}
        )

    def test_order_and_its_invoice_are_one_delivery(self):
        rule = self._create_rule("delivery", days=7)
        order = self._create_order(self.customer_1, 100, "2027-02-22")
        invoice = order.with_context(
            allowed_company_ids=self.company_a.ids
        )._create_invoices()
        invoice.invoice_date = "2027-02-23"
        invoice.action_post()
        self._plan()
        self.assertEqual(self._found(rule).mapped("key"), [f"order:{order.id}"])

    def test_delivery_to_a_contact_is_one_to_the_customer(self):
        rule = self._create_rule("delivery", days=7)
        self._create_order(self.contact_1, 100, "2027-02-22")
        self.assertEqual(list(self._due(rule)), [self.relationship_1])

    def _create_product(self, name):
        return self.env["product.product"].create({"name": name, "type": "service"})

    def test_delivery_of_some_products_only(self):
        other = self._create_product("Other").product_tmpl_id
        rule = self._create_rule("delivery", days=7, product_ids=other.ids)
        self._create_order(self.customer_1, 100, "2027-02-22")
        self.assertFalse(self._due(rule))
        rule.product_ids = self.product.product_tmpl_id
        self.assertTrue(self._due(rule))

    def test_product_cycle(self):
        """From the last time it was bought; buying it again moves the day."""
        self.product.product_tmpl_id.continuity_cycle_months = 24
        rule = self._create_rule("cycle", days_before=30)
        self._create_order(self.customer_1, 100, "2025-03-31")
        self._create_order(self.customer_2, 100, "2025-03-31")
        self._create_order(self.customer_2, 100, "2026-03-31")
        template = self.product.product_tmpl_id
        self.assertEqual(
            self._due(rule),
            {self.relationship_1: (f"product:{template.id}:2025-03-31", TODAY)},
        )
        self.assertIn(template.name, self._found(rule).why)

    def test_term_ends(self):
        self.product.product_tmpl_id.continuity_term_months = 12
        rule = self._create_rule("term", days_before=60)
        self._create_order(self.customer_1, 100, "2026-04-30")
        self.assertEqual(self._due(rule)[self.relationship_1][1], TODAY)

    def test_companion(self):
        companion = self._create_product("Goes with it")
        self.product.product_tmpl_id.optional_product_ids = companion.product_tmpl_id
        rule = self._create_rule("companion", days=30)
        for customer in (self.customer_1, self.customer_2):
            self._create_order(customer, 100, "2027-01-30")
        has_it = self._create_order(self.customer_2, 100, "2026-01-30", confirm=False)
        has_it.order_line.product_id = companion
        has_it.action_confirm()
        found = self._due(rule)
        self.assertEqual(list(found), [self.relationship_1])
        self.assertIn("Goes with it", self._found(rule).why)

    # === filters === #

    def test_filters(self):
        tag = self.env["res.partner.category"].create({"name": "Fairs"})
        self.customer_1.category_id = tag
        self._set(self.relationship_2, tier_id=self.tier_a.id)
        for values, customers in (
            ({"category_ids": tag.ids}, self.customer_1),
            ({"tier_ids": self.tier_a.ids}, self.customer_2),
            ({"team_ids": self.other_team.ids}, self.customer_3),
            ({"company_id": self.company_b.id}, self.env["res.partner"]),
        ):
            with self.subTest(values):
                rule = self._create_rule("never", **values)
                self._plan()
                self.assertEqual(self._found(rule).partner_id, customers)

    def test_new_rule_does_not_dig_up_the_past(self):
        rule = self._create_rule("delivery", days=7, date_from=TODAY)
        self._create_order(self.customer_1, 100, "2027-02-21")  # due yesterday
        self._create_order(self.customer_2, 100, "2027-02-22")
        self.assertEqual(list(self._due(rule)), [self.relationship_2])

    def test_every_trigger_is_shipped_and_explained(self):
        triggers = dict(self.rules._fields["trigger"].selection)
        shipped = self.rules.with_context(active_test=False).search([])
        self.assertEqual(set(shipped.mapped("trigger")), set(triggers))
        for trigger in triggers:
            rule = self._create_rule(trigger)
            self.assertTrue(rule._describe(TODAY, TODAY, "S1", self.product))
            self.assertRegex(ContinuityFollowupRule.__doc__, rf"\n\s+{trigger}\s")


@tagged("post_install", "-at_install")
class TestFollowupRule(FollowupCommon):
    """Who keeps rules, and what makes sense."""

    def test_limits(self):
        for values in (
            {"trigger": "quiet", "factor": 1.0},
            {"trigger": "rising", "factor": 0.5},
            {"trigger": "yearly", "yearly_month": "2", "yearly_day": 30},
            {"trigger": "yearly", "yearly_month": "4", "yearly_day": 31},
            {"trigger": "silence", "owner": "person"},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self._create_rule(**values)

    def test_form(self):
        form = Form(self.rules.with_user(self.user_manager))
        form.name = "By a named person"
        form.trigger = "silence"
        form.owner = "person"
        form.user_id = self.user_sales_b
        rule = form.save()
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        self.assertEqual(self._found(rule).touchpoint_id.user_id, self.user_sales_b)

    def test_used_rule_stays(self):
        rule = self._create_rule("never")
        self._plan()
        with self.assertRaises(UserError):
            rule.unlink()
        self._create_rule("never").unlink()

    def test_access(self):
        rule = self._create_rule("never")
        self.assertTrue(rule.with_user(self.user_sales_a).name)
        for user in (self.user_sales_a, self.user_leader, self.user_all):
            with self.assertRaises(AccessError):
                rule.with_user(user).name = "Mine"
            with self.assertRaises(AccessError):
                rule.with_user(user).action_preview()
        rule.with_user(self.user_manager).name = "Ours"
        with self.assertRaises(AccessError):
            rule.with_user(self.user_company_b).read(["name"])
        with self.assertRaises(AccessError):
            rule.with_user(self.user_portal).read(["name"])

    def test_rows_are_not_written_by_hand(self):
        self._create_rule("never")
        self._plan()
        row = self._found()[0]
        with self.assertRaises(AccessError):
            row.with_user(self.user_manager).write({"state": "done"})
        own = self._found().with_user(self.user_sales_a).search([])
        self.assertEqual(own.partner_id, self.customer_1 | self.customer_2)
        self.assertFalse(self.occurrences.with_user(self.user_company_b).search([]))
        with self.assertRaises(AccessError):
            self.occurrences.with_user(self.user_portal).search([])

    def test_negative_months_of_a_product(self):
        with self.assertRaises(ValidationError):
            self.product.product_tmpl_id.continuity_cycle_months = -1

    # === preview === #

    def _preview(self, rule, user=None):
        action = (
            rule.with_user(user or self.user_manager)
            .with_context(allowed_company_ids=self.company_a.ids)
            .action_preview()
        )
        return self.env[action["res_model"]].search(action["domain"])

    def test_preview(self):
        rule = self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._spoken_to(self.relationship_2, "2026-10-01")  # due on the 30th
        self._spoken_to(self.relationship_3, "2026-10-03")  # due on 1 April
        self.customer_2.continuity_no_courtesy = True
        touchpoints = self.env["continuity.touchpoint"].search_count([])
        rows = self._preview(rule)
        self.assertEqual(rows.partner_id, self.customer_1 | self.customer_2)
        first = rows.filtered(lambda row: row.partner_id == self.customer_1)
        self.assertEqual(first.user_id, self.user_sales_a)
        self.assertEqual(first.date_planned, TODAY)
        self.assertEqual(first.channel_id, self.channel_call)
        self.assertIn("No contact since", first.why)
        self.assertFalse(first.refusal)
        second = rows - first
        self.assertEqual(second.refusal, "Wants no courtesy contacts")
        self.assertFalse(second.date_planned)
        self.assertFalse(self._found(), "nothing is written")
        self.assertEqual(
            self.env["continuity.touchpoint"].search_count([]), touchpoints
        )

    def test_preview_says_who_is_missing(self):
        rule = self._create_rule("never")
        self.customer_1.user_id = False
        row = self._preview(rule).filtered(lambda x: x.partner_id == self.customer_1)
        self.assertIn("Nobody looks after", row.refusal)

    def test_preview_keeps_to_the_daily_limit(self):
        rule = self._create_rule("never")
        self.company_a.continuity_followup_per_day = 1
        rows = self._preview(rule).filtered(lambda x: x.user_id == self.user_sales_a)
        self.assertEqual(rows.mapped("date_planned"), [TODAY, date(2027, 3, 2)])
