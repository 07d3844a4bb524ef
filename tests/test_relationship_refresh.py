"""The refresh against an independent recomputation in plain Python."""

from datetime import date, timedelta
from unittest.mock import patch

import psycopg2
from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ContinuityCommon
from .common_oracle import ContinuityOracle

# The day after which twelve months back meets a shorter February.
TODAY = date(2024, 2, 29)
REFRESH = "odoo.addons.customer_continuity.models.continuity_relationship_refresh"


@tagged("post_install", "-at_install")
class TestRelationshipRefresh(ContinuityOracle, ContinuityCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tiers = cls.env["continuity.tier"].search([])
        cls.archived = cls._create_customer("Archived", cls.user_sales_b)
        cls.small = cls._create_customer("Small", cls.user_sales_b)
        cls.refunded = cls._create_customer("Refunded")

    # === Scenario ===

    @classmethod
    def _create_documents(cls, create):
        """Make documents of both companies with ``create(partner, amount, day, …)``.

        Edges of the window, a child contact, an archived customer, three currencies.
        """
        a, b = cls.company_a, cls.company_b
        yield create(cls.customer_1, 900_000, "2023-03-01", a)  # first day inside
        yield create(cls.contact_1, 100_000, "2024-02-29", a)  # last day inside
        yield create(cls.customer_1, 77_777, "2023-02-28", a)  # last day outside
        yield create(cls.customer_1, 55_555, "2024-03-01", a)  # in the future
        yield create(cls.customer_1, 2_000_000, "2019-06-15", a)  # best year
        yield create(cls.customer_2, 200_000.49, "2023-08-01", a, cls.dollar)
        yield create(cls.customer_2, 100.33, "2023-08-11", a, cls.dollar)
        yield create(cls.customer_2, 100.33, "2023-08-11", a, cls.dollar)
        yield create(cls.customer_2, 3_333_333, "2023-09-01", a, cls.yen)
        yield create(cls.customer_3, 99_999.99, "2023-12-24", a)
        yield create(cls.small, 12.5, "2023-05-05", a)
        yield create(cls.small, 12.5, "2023-05-08", a)
        yield create(cls.small, 12.5, "2023-05-20", a)
        yield create(cls.archived, 500_000, "2023-11-11", a)
        yield create(cls.customer_1, 150_000, "2023-07-07", b)
        yield create(cls.customer_2, 9_000, "2023-07-07", b, cls.euro)
        yield create(cls.customer_3, 400, "2022-07-07", b, cls.dollar)

    def _create_all_invoices(self):
        def create(partner, amount, day, company, currency=None):
            return self._create_invoice(partner, amount, day, company, currency)

        list(self._create_documents(create))
        self._create_invoice(self.customer_3, 500, "2024-01-05", refund=True)
        self._create_invoice(self.refunded, 800, "2023-06-01")
        self._create_invoice(self.refunded, 900, "2024-01-01", refund=True)
        self._create_invoice(self.small, 5_000_000, "2024-01-01", post=False)
        self.archived.active = False

    def _create_all_orders(self):
        def create(partner, amount, day, company, currency=None):
            return self._create_order(partner, amount, day, company, currency)

        list(self._create_documents(create))
        self._create_order(self.small, 5_000_000, "2024-01-01", confirm=False)
        cancelled = self._create_order(self.small, 5_000_000, "2024-01-01")
        cancelled._action_cancel()
        self.archived.active = False

    def test_invoices_by_amount(self):
        self._create_all_invoices()
        for company in (self.company_a, self.company_b):
            self._assert_agrees(company, TODAY)
        # A few known by heart, in case both computations err alike.
        first = self._relationship(self.customer_1)
        self.assertEqual(first.revenue, 1_000_000)
        self.assertEqual(first.tier_id, self.tiers[0])
        self.assertEqual(first.peak_revenue, 2_000_000)
        self.assertEqual(first.purchase_count, 4)
        dollar_customer = self._relationship(self.customer_2)
        self.assertAlmostEqual(dollar_customer.revenue, 181_000.39 - 6.66, delta=10)
        self.assertEqual(self._relationship(self.customer_3).tier_id, self.tiers[2])
        self.assertEqual(self._relationship(self.refunded).revenue, -100)
        self.assertEqual(self._relationship(self.small).reorder_interval, 7.5)
        self.assertEqual(
            self._relationship(self.customer_1, self.company_b).currency_id, self.yen
        )

    def test_invoices_by_share(self):
        (self.company_a | self.company_b).continuity_tier_method = "pareto"
        self._create_all_invoices()
        for company in (self.company_a, self.company_b):
            self._assert_agrees(company, TODAY)

    def test_orders_by_amount(self):
        (self.company_a | self.company_b).continuity_tier_source = "order"
        self._create_all_orders()
        for company in (self.company_a, self.company_b):
            self._assert_agrees(company, TODAY)
        self.assertEqual(self._relationship(self.customer_1).revenue, 1_000_000)

    def test_orders_by_share(self):
        companies = self.company_a | self.company_b
        companies.continuity_tier_source = "order"
        companies.continuity_tier_method = "pareto"
        self._create_all_orders()
        for company in companies:
            self._assert_agrees(company, TODAY)

    def test_years_as_customer(self):
        """Tier A asks for five years: day by day around the anniversary."""
        self.tiers[0].with_company(self.company_a).min_years = 5
        self._create_invoice(self.customer_1, 5_000_000, "2020-02-29")
        for today, tier in (
            (date(2024, 2, 29), self.tiers[1]),
            (date(2025, 2, 27), self.tiers[1]),
        ):
            self._create_invoice(self.customer_1, 2_000_000, today)
            self._refresh(today=today)
            self.assertEqual(self._relationship(self.customer_1).tier_id, tier)
        # 1 March: in 2025 there is no 29 February to wait for.
        self._refresh(today=date(2025, 3, 1))
        self.assertEqual(self._relationship(self.customer_1).tier_id, self.tiers[0])

    def test_partial_refresh_agrees_with_full(self):
        """Refreshing one customer gives what refreshing all gives, Pareto included."""
        self.company_a.continuity_tier_method = "pareto"
        self._create_all_invoices()
        self._refresh(today=TODAY)
        self._create_invoice(self.small, 3_000_000, "2024-02-01")
        result = self._refresh(today=TODAY, partners=self.small)
        self.assertEqual((result["read"], result["updated"]), (1, 1))
        small = self._relationship(self.small)
        expected = small.read(["revenue", "tier_id"])
        self.assertEqual(small.tier_id, self.tiers[0])
        self._refresh(today=TODAY)
        self.assertEqual(small.read(["revenue", "tier_id"]), expected)

    # === What is written ===

    def _row_versions(self):
        self.env.cr.execute("SELECT id, ctid::text FROM continuity_relationship")
        return dict(self.env.cr.fetchall())

    def test_nothing_changed_writes_nothing(self):
        self._create_all_invoices()
        first = self._refresh(today=TODAY)
        self.assertGreaterEqual(first["created"], 6)
        before = self._row_versions()
        second = self._refresh(today=TODAY)
        self.assertEqual((second["created"], second["updated"]), (0, 0))
        self.assertEqual(second["read"], first["read"])
        self.assertEqual(self._row_versions(), before)

    def test_only_rows_that_differ_are_written(self):
        self._create_all_invoices()
        self._refresh(today=TODAY)
        before = self._row_versions()
        self._create_invoice(self.small, 1, "2024-02-02")
        result = self._refresh(today=TODAY)
        self.assertEqual((result["created"], result["updated"]), (0, 1))
        after = self._row_versions()
        changed = [key for key in after if after[key] != before[key]]
        self.assertEqual(changed, self._relationship(self.small).ids)

    def test_queries_do_not_grow_with_customers(self):
        self._refresh(today=TODAY)

        def count_queries():
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self._refresh(today=TODAY)
            return self.env.cr.sql_log_count - before

        self._create_customer("One", self.user_sales_a)
        one = count_queries()
        for number in range(40):
            self._create_customer(f"Many {number}", self.user_sales_a)
        many = count_queries()
        self.assertEqual(
            self._relationship(self.customer_1).owner_id, self.user_sales_a
        )
        self.assertLessEqual(many, one)
        self.assertLess(many, 40)

    def test_cache_is_not_stale(self):
        self._refresh(today=TODAY)
        relationship = self._relationship(self.customer_1)
        customer = self.customer_1.with_company(self.company_a)
        self.assertEqual(relationship.revenue, 0)
        self.assertEqual(customer.continuity_tier_id, self.tiers[2])
        self._create_invoice(self.customer_1, 2_000_000, TODAY)
        self._refresh(today=TODAY)
        self.assertEqual(relationship.revenue, 2_000_000)
        self.assertEqual(customer.continuity_tier_id, self.tiers[0])

    # === Which pairs exist ===

    def test_pairs(self):
        shared = self.customer_1  # owned, no dealings: the owner's default company
        own_company = self._create_customer(
            "Belongs to B", self.user_manager, company_id=self.company_b.id
        )
        unowned = self._create_customer("Nobody's")
        with_lead = self._create_customer("Lead", self.user_sales_a)
        self.env["crm.lead"].create(
            {
                "name": "Deal",
                "partner_id": with_lead.id,
                "company_id": self.company_b.id,
                "user_id": False,
            }
        )
        with_draft = self._create_customer("Draft")
        self._create_invoice(with_draft, 1, TODAY, self.company_b, post=False)
        for company in (self.company_a, self.company_b):
            self._refresh(company, today=TODAY)
        a, b = self.company_a, self.company_b
        for partner, company, exists in (
            (shared, a, True),
            (shared, b, False),
            (own_company, a, False),
            (own_company, b, True),
            (unowned, a, False),
            (unowned, b, False),
            # Owned in A, but it is B that deals with them.
            (with_lead, a, False),
            (with_lead, b, True),
            (with_draft, a, False),
            (with_draft, b, True),
            (self.contact_1, a, False),
            (self.user_sales_a.partner_id, a, False),
        ):
            with self.subTest(partner=partner.name, company=company.name):
                found = self._relationship(partner, company)
                self.assertEqual(bool(found), exists)

    def test_lead_without_company(self):
        """Such a lead belongs to the company of whoever works on it."""
        customer = self._create_customer("Lead")
        lead = self.env["crm.lead"].create(
            {"name": "Deal", "partner_id": customer.id, "user_id": self.user_sales_a.id}
        )
        lead.company_id = False
        for company in (self.company_a, self.company_b):
            self._refresh(company, today=TODAY)
        self.assertTrue(self._relationship(customer))
        self.assertFalse(self._relationship(customer, self.company_b))

    def test_ensure_creates_what_nothing_connects(self):
        customer = self._create_customer("Nobody's")
        model = self.env["continuity.relationship"]
        relationship = model._ensure(self.company_b, customer)
        self.assertEqual(relationship.partner_id, customer)
        self.assertEqual(relationship.tier_id, self.tiers[2])
        self.assertEqual(model._ensure(self.company_b, customer), relationship)

    def test_archived_customer(self):
        self._create_invoice(self.archived, 10, TODAY)
        self._refresh(today=TODAY)
        relationship = self._relationship(self.archived)
        self.assertTrue(relationship.active)
        self.archived.active = False
        self.assertFalse(relationship.active)
        result = self._refresh(today=TODAY)
        self.assertEqual(result["updated"], 0)
        self.archived.action_unarchive()
        self.assertTrue(relationship.active)

    # === Owner ===

    def test_owner_since(self):
        created = self.customer_1.create_date.date()
        self._refresh(today=created + timedelta(days=10))
        relationship = self._relationship(self.customer_1)
        self.assertEqual(relationship.owner_id, self.user_sales_a)
        self.assertEqual(relationship.owner_since, created)
        self.customer_1.user_id = self.user_sales_b
        self._refresh(today=created + timedelta(days=20))
        self.assertEqual(relationship.owner_id, self.user_sales_b)
        self.assertEqual(relationship.owner_since, created + timedelta(days=20))
        self._refresh(today=created + timedelta(days=30))
        self.assertEqual(relationship.owner_since, created + timedelta(days=20))
        self.customer_1.user_id = False
        self._refresh(today=created + timedelta(days=40))
        self.assertFalse(relationship.owner_id)
        self.assertFalse(relationship.owner_since)

    def test_owner_since_from_chatter(self):
        """A new row takes the day the present owner was entered."""
        customer = self._create_customer("Tracked", self.user_sales_b)
        field = self.env["ir.model.fields"]._get("res.partner", "user_id")
        for day, user in (
            ("2021-04-01 10:00:00", self.user_sales_a),
            ("2022-05-02 10:00:00", self.user_sales_b),
        ):
            message = self.env["mail.message"].create(
                {"model": "res.partner", "res_id": customer.id, "date": day}
            )
            self.env["mail.tracking.value"].create(
                {
                    "mail_message_id": message.id,
                    "field_id": field.id,
                    "new_value_integer": user.id,
                }
            )
        self._refresh(today=TODAY)
        self.assertEqual(self._relationship(customer).owner_since, date(2022, 5, 2))

    # === Completeness ===

    def test_completeness(self):
        item = self.env["continuity.profile.item"]
        wanted = ["continuity_business", "continuity_channel_id", "comment"]
        items = item.search([("field_id.name", "in", wanted)]) | item.create(
            {
                "name": "Notes",
                "field_id": self.env["ir.model.fields"]
                ._get("res.partner", "comment")
                .id,
            }
        )
        self.company_a.continuity_profile_item_ids = items
        customer = self.customer_1.with_company(self.company_a)
        channel = self.env["continuity.channel"].create({"name": "Call"})
        for values, share in (
            ({"comment": "<p><br></p>", "continuity_business": "  "}, 0),
            ({"comment": "<p>Yes</p>", "continuity_business": ""}, 33),
            ({"continuity_business": "Pumps"}, 67),
            ({"continuity_channel_id": channel.id}, 100),
        ):
            customer.write(values)
            self._refresh(today=TODAY)
            self.assertEqual(customer.continuity_completeness, share)
            missing = customer.continuity_missing_items
            names = missing.split(", ") if missing else []
            self.assertEqual(len(names), round((100 - share) * 3 / 100))
        self.company_a.continuity_profile_item_ids = False
        self._refresh(today=TODAY)
        self.assertEqual(customer.continuity_completeness, 100)

    # === Trouble ===

    def test_currency_without_rate(self):
        """A foreign amount is never counted one to one: it is listed."""
        self.company_a.continuity_tier_source = "order"
        won = self.env["res.currency"].with_context(active_test=False)
        won = won.search([("name", "=", "KRW")])
        won.active = True
        won.rate_ids.unlink()
        order = self._create_order(self.customer_1, 5_000_000, TODAY, currency=won)
        self._create_order(self.customer_1, 100, TODAY)
        result = self._refresh(today=TODAY)
        relationship = self._relationship(self.customer_1)
        self.assertEqual(relationship.revenue, 100)
        self.assertEqual(len(result["skipped"]), 1)
        self.assertIn("KRW", result["skipped"][0])
        self.assertIn(order.name, result["skipped"][0])
        # Of one customer: only what concerns them.
        result = self._refresh(today=TODAY, partners=self.customer_2)
        self.assertFalse(result["skipped"])
        result = self._refresh(today=TODAY, partners=self.customer_1)
        self.assertEqual(len(result["skipped"]), 1)
        self._create_rate(self.company_a, won, 1000)
        order._compute_currency_rate()
        result = self._refresh(today=TODAY)
        self.assertEqual(relationship.revenue, 5_100)
        self.assertFalse(result["skipped"])

    def test_rows_changed_meanwhile_are_left_alone(self):
        """A cut-over between reading and writing is not undone."""
        self._refresh(today=TODAY)
        relationship = self._relationship(self.customer_1)
        self._create_invoice(self.customer_1, 100, TODAY)
        self.env.flush_all()
        model = self.env["continuity.relationship"].sudo()
        model._refresh_collect(self.company_a, TODAY, None)
        self.env.cr.execute(
            """UPDATE continuity_relationship
                  SET owner_id = %s, write_date = write_date + interval '1 second'
                WHERE id = %s""",
            [self.user_sales_b.id, relationship.id],
        )
        counts = model._refresh_write_chunk(self.company_a, 1, commit=False)
        relationship.invalidate_recordset()
        self.assertEqual(counts, {"created": 0, "updated": 0})
        self.assertEqual(relationship.owner_id, self.user_sales_b)

    def _run_cron(self):
        cron = self.env.ref("customer_continuity.cron_relationship_refresh")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()

    def _run_failing_cron(self):
        """Run the method with a cursor of its own, as the scheduler would: running
        the action itself hides the error."""
        self.env.flush_all()
        with (
            mute_logger("odoo.addons.customer_continuity.models.ir_cron"),
            self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
        ):
            self.env(cr=cr)["continuity.relationship"]._cron_refresh()
        self.env.invalidate_all()

    def test_cron_by_the_night_of_each_company(self):
        """At 17:30 UTC it is night in Tokyo and not in Berlin; once a night."""
        self.company_a.resource_calendar_id.tz = "Europe/Berlin"
        self.company_b.resource_calendar_id.tz = "Asia/Tokyo"
        companies = self.company_a | self.company_b
        before = fields.Datetime.to_datetime("2024-02-28 12:00:00")
        companies.continuity_refreshed_on = before
        with freeze_time("2024-02-28 16:30:00"):
            self._run_cron()
        self.assertEqual(self.company_b.continuity_refreshed_on, before)
        with freeze_time("2024-02-28 17:30:00"):
            self._run_cron()
        night = fields.Datetime.to_datetime("2024-02-28 17:30:00")
        self.assertEqual(self.company_b.continuity_refreshed_on, night)
        self.assertEqual(self.company_a.continuity_refreshed_on, before)
        with freeze_time("2024-02-29 01:30:00"):
            self._run_cron()
        self.assertEqual(self.company_b.continuity_refreshed_on, night, "once")
        self.assertNotEqual(self.company_a.continuity_refreshed_on, before)

    def test_cron(self):
        with freeze_time(TODAY):
            self._create_invoice(self.customer_1, 100, TODAY)
            self._create_invoice(self.customer_1, 100, TODAY, self.company_b)
            self._run_cron()
        for company in (self.company_a, self.company_b):
            self.assertEqual(self._relationship(self.customer_1, company).revenue, 100)
            self.assertEqual(
                fields.Date.to_date(company.continuity_refreshed_on), TODAY
            )

    def test_cron_chunks(self):
        """More rows than fit into one chunk are all written."""
        customers = self.customer_1 | self.customer_2 | self.customer_3
        with patch(f"{REFRESH}.CHUNK_SIZE", 2):
            self._run_cron()
        for customer in customers:
            self.assertTrue(self._relationship(customer))

    def test_cron_retries_once(self):
        """A chunk that met somebody else's change is tried again, once."""
        model = self.env.registry["continuity.relationship"]
        original = model._refresh_insert
        failures = [psycopg2.errors.SerializationFailure()]

        def insert(self, company, first):
            if failures:
                raise failures.pop()
            return original(self, company, first)

        with patch.object(model, "_refresh_insert", insert):
            self._run_cron()
        self.assertTrue(self._relationship(self.customer_1))

        self.customer_1.name = "Once more"
        self.company_a.continuity_refreshed_on = False
        failures += [psycopg2.errors.SerializationFailure()] * 2
        self._create_customer("New", self.user_sales_a)
        with patch.object(model, "_refresh_insert", insert):
            self._run_failing_cron()
        self.assertTrue(self.company_a.continuity_refresh_error)

    def test_one_company_does_not_hold_up_the_others(self):
        self.company_b.continuity_refreshed_on = False
        self.company_a.continuity_refreshed_on = "2020-01-01"
        self.tiers[0].with_company(self.company_b)._write_thresholds(
            {"min_revenue": -1.0}
        )
        self._run_failing_cron()
        self.assertTrue(self._relationship(self.customer_1))
        self.assertIn("tiers", self.company_b.continuity_refresh_error)
        self.assertFalse(self.company_a.continuity_refresh_error)

    def test_error_goes_away_with_its_cause(self):
        self.company_a.continuity_refresh_error = "Something was wrong."
        self._run_cron()
        self.assertFalse(self.company_a.continuity_refresh_error)
