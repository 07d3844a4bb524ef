from datetime import date, datetime, time

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import TransactionCase, new_test_user, tagged

from ..tools.legal_dates import is_business_day

# (timetable, period, event, anchor, bound, article, certainty), then days of the anchor
# with the last or first day of the event: one row per row of the facts.
ROWS = [
    (
        ("cn_ordinary", "group_formed_15", "group_formed", "cause", "max"),
        ("232", "verified"),
        [("2027-03-01", "2027-03-16"), ("2026-12-25", "2027-01-09")],
    ),
    (
        ("cn_ordinary", "group_published_10", "group_published", "group_formed", "max"),
        ("32", "verified"),
        [("2027-02-20", "2027-03-02"), ("2028-02-20", "2028-03-01")],
    ),
    (
        ("cn_ordinary", "creditors_10", "creditors_notified", "group_formed", "max"),
        ("235", "verified"),
        [("2026-12-24", "2027-01-03")],
    ),
    (
        ("cn_ordinary", "announcement_60", "announcement", "group_formed", "max"),
        ("235", "verified"),
        [("2027-01-01", "2027-03-02"), ("2028-01-01", "2028-03-01")],
    ),
    (
        (
            "cn_ordinary",
            "claims_notified_30",
            "claims_end",
            "creditors_notified",
            "bar",
        ),
        ("235", "verified"),
        [("2027-01-31", "2027-03-02")],
    ),
    (
        ("cn_ordinary", "claims_announced_45", "claims_end", "announcement", "bar"),
        ("235", "verified"),
        [("2026-12-01", "2027-01-15")],
    ),
    (
        ("cn_ordinary", "new_sales_stop", "new_sales_stop", "group_formed", "max"),
        ("236", "verified"),
        [("2027-03-15", "2027-03-15")],
    ),
    (
        (
            "cn_ordinary",
            "deregistration_30",
            "deregistration",
            "liquidation_end",
            "max",
        ),
        ("32", "verified"),
        [("2026-12-15", "2027-01-14")],
    ),
    (
        ("cn_simplified", "notice_20", "notice_end", "notice_published", "min"),
        ("240; 33", "verified"),
        [("2026-12-20", "2027-01-09")],
    ),
    (
        ("cn_simplified", "filing_after_notice", "simplified_filing", "notice_end")
        + ("min",),
        ("240; 33", "verified"),
        [("2027-01-09", "2027-01-09")],
    ),
    (
        ("cn_simplified", "filing_20", "simplified_filing", "notice_end", "max"),
        ("240; 33", "verified"),
        [("2027-02-10", "2027-03-02")],
    ),
    (
        ("jp", "announcement_prompt", "announcement", "cause", "max"),
        ("499", "secondary"),
        [("2027-03-01", None)],
    ),
    (
        ("jp", "creditors_prompt", "creditors_notified", "cause", "max"),
        ("499", "secondary"),
        [("2027-03-01", None)],
    ),
    (
        ("jp", "claims_gazette_2m", "claims_end", "announcement", "bar"),
        ("499-500", "secondary"),
        [
            ("2027-03-10", "2027-05-10"),
            ("2027-02-28", "2027-04-30"),
            ("2026-12-31", "2027-02-28"),
        ],
    ),
    (
        ("jp", "claims_notice_2m", "claims_end", "creditors_notified", "bar"),
        ("499-500", "secondary"),
        [("2027-12-30", "2028-02-29"), ("2027-06-30", "2027-08-31")],
    ),
    (
        ("jp", "registration_2w", "registration", "cause", "max"),
        ("926", "unverified"),
        [("2026-12-25", "2027-01-08")],
    ),
    (
        ("jp", "liquidator_2w", "registration", "group_formed", "max"),
        ("928", "unverified"),
        [("2027-02-20", "2027-03-06")],
    ),
    (
        ("gb_strike_off", "trading_3m", "trading_stopped", "application", "max"),
        ("s1004", "secondary"),
        [("2027-02-28", "2026-11-28"), ("2027-05-31", "2027-02-28")],
    ),
    (
        ("gb_strike_off", "copies_7", "copies_sent", "application", "max"),
        ("s1006", "secondary"),
        [("2026-12-28", "2027-01-04")],
    ),
    (
        ("gb_strike_off", "strike_off_2m", "strike_off", "announcement", "min"),
        ("s1003", "verified"),
        [("2026-12-31", "2027-02-28"), ("2027-02-28", "2027-04-28")],
    ),
    (
        ("gb_members", "declaration_5w", "declaration", "resolution", "min"),
        ("s89", "secondary"),
        [("2027-01-20", "2026-12-16")],
    ),
    (
        ("gb_members", "declaration_before", "declaration", "resolution", "max"),
        ("s89", "secondary"),
        [("2027-01-20", "2027-01-20")],
    ),
    (
        ("gb_members", "gazette_14", "announcement", "resolution", "max"),
        ("s85", "unverified"),
        [("2026-12-20", "2027-01-03")],
    ),
    (
        ("gb_creditors", "decision_3bd", "creditors_decision", "creditors_notified")
        + ("min",),
        (False, "verified"),
        # Good Friday and Easter Monday are days off in this test.
        [("2027-03-24", "2027-03-31"), ("2027-06-04", "2027-06-09")],
    ),
    (
        ("gb_creditors", "decision_14", "creditors_decision", "resolution", "max"),
        (False, "verified"),
        [("2027-02-20", "2027-03-06")],
    ),
    (
        ("de", "distribution_1y", "distribution", "announcement", "min"),
        ("65, 73", "verified"),
        [("2027-03-15", "2028-03-15"), ("2028-02-29", "2029-02-28")],
    ),
    (
        ("de", "books_10y", "books_until", "liquidation_end", "min"),
        ("74", "verified"),
        [("2028-02-29", "2038-02-28"), ("2027-12-31", "2037-12-31")],
    ),
    (
        ("fr", "liquidator_1m", "liquidator_published", "group_formed", "max"),
        ("R237-2", "secondary"),
        [("2027-01-31", "2027-02-28"), ("2028-01-31", "2028-02-29")],
    ),
    (
        ("fr_transfer", "opposition_30", "opposition_end", "announcement", "min"),
        ("1844-5 (text of 2015)", "verified"),
        [("2026-12-15", "2027-01-14")],
    ),
    (
        ("us_de", "claims_60", "claims_end", "creditors_notified", "min"),
        ("280", "unverified"),
        [("2026-12-15", "2027-02-13"), ("2027-12-31", "2028-02-29")],
    ),
    (
        ("us_de", "body_3y", "body_ends", "cause", "min"),
        ("278", "verified"),
        [("2028-02-29", "2031-02-28")],
    ),
    (
        ("eu", "switch_2m", "switch_begins", "customers_told", "max"),
        ("25", "secondary"),
        [("2026-12-31", "2027-02-28")],
    ),
    (
        ("eu", "switch_30", "switch_ends", "switch_begins", "max"),
        ("25", "secondary"),
        [("2027-02-01", "2027-03-03")],
    ),
    (
        ("eu", "retrieval_30", "export_until", "switch_ends", "min"),
        ("25", "secondary"),
        [("2026-12-10", "2027-01-09")],
    ),
    (
        ("generic_consumer", "told_60", "last_service", "customers_told", "min"),
        (False, "secondary"),
        [("2027-01-01", "2027-03-02")],
    ),
    (
        ("generic_small", "told_60", "last_service", "customers_told", "min"),
        (False, "secondary"),
        [("2028-01-01", "2028-03-01")],
    ),
    (
        ("generic_enterprise", "told_90", "last_service", "customers_told", "min"),
        (False, "secondary"),
        [("2026-11-15", "2027-02-13")],
    ),
    (
        ("generic_enterprise_long", "told_180", "last_service", "customers_told")
        + ("min",),
        (False, "secondary"),
        [("2026-11-15", "2027-05-14")],
    ),
]


@tagged("post_install", "-at_install")
class TestTimetable(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Limited Ltd"})
        calendar = cls.company.resource_calendar_id
        calendar.tz = "UTC"
        for day in ("2027-03-26", "2027-03-29"):
            cls.env["resource.calendar.leaves"].create(
                {
                    "name": "Easter",
                    "calendar_id": calendar.id,
                    "company_id": cls.company.id,
                    "date_from": datetime.combine(date.fromisoformat(day), time.min),
                    "date_to": datetime.combine(date.fromisoformat(day), time.max),
                }
            )

    def timetable(self, code):
        return self.env.ref(f"customer_continuity.timetable_{code}")

    def rule(self, timetable, code):
        return self.env.ref(f"customer_continuity.rule_{timetable}_{code}")

    def works(self, day):
        nobody = self.env["res.users"]
        return self.company._continuity_working_day(nobody, day) == day

    def test_every_period(self):
        for (timetable, code, event, anchor, bound), (article, sure), days in ROWS:
            rule = self.rule(timetable, code)
            with self.subTest(timetable=timetable, code=code):
                self.assertEqual(rule.timetable_id, self.timetable(timetable))
                self.assertEqual(rule.event_id.code, event)
                self.assertEqual(rule.anchor_id.code, anchor)
                self.assertEqual(rule.bound, bound)
                self.assertEqual(rule.article, article)
                self.assertEqual(rule.certainty, sure)
                self.assertEqual(bool(rule.verified_on), sure != "unverified")
                self.assertTrue(rule.source)
                self.assertTrue(rule.consequence)
            for day, limit in days:
                with self.subTest(timetable=timetable, code=code, day=day):
                    bound_of_rule = rule._bounds()[0]
                    self.assertEqual(
                        bound_of_rule.limit(date.fromisoformat(day), self.works),
                        date.fromisoformat(limit) if limit else None,
                    )

    def test_no_period_without_a_test(self):
        shipped = self.env["continuity.timetable.rule"].search([]).filtered("code")
        known = {self.rule(*row[0][:2]) for row in ROWS}
        data = self.env["ir.model.data"].search(
            [
                ("model", "=", "continuity.timetable.rule"),
                ("module", "=", "customer_continuity"),
            ]
        )
        self.assertEqual({r.id for r in known}, set(data.mapped("res_id")))
        self.assertLessEqual(known, set(shipped))

    def test_every_jurisdiction_has_a_route(self):
        codes = self.env["continuity.timetable"].search([]).jurisdiction_id
        self.assertEqual(
            set(codes.mapped("code")),
            {"CN", "JP", "GB", "DE", "FR", "US-DE", "EU", "XX"},
        )

    def test_only_the_simplified_chinese_route_needs_no_obligations(self):
        free = self.env["continuity.timetable"].search(
            [("needs_no_obligations", "=", True)]
        )
        self.assertEqual(free, self.timetable("cn_simplified"))

    def test_export_periods_hold_in_germany(self):
        rules = self.timetable("de")._all_rules()
        self.assertIn(self.rule("eu", "retrieval_30"), rules)
        self.assertIn("export_until", self.timetable("de")._events().mapped("code"))

    def test_archived_periods_do_not_bind(self):
        rule = self.rule("de", "books_10y")
        rule.active = False
        self.assertNotIn(rule, self.timetable("de")._all_rules())

    def test_every_campaign_has_these_events(self):
        codes = self.env["continuity.timetable"]._events().mapped("code")
        for code in ("decision", "customers_told", "last_service", "last_invoice"):
            self.assertIn(code, codes)

    def test_words(self):
        self.assertEqual(
            self.rule("cn_ordinary", "group_published_10")._describe_period(),
            "at most 10 days after “Liquidation group formed, or liquidator appointed”",
        )
        self.assertEqual(
            self.rule("gb_strike_off", "trading_3m")._describe_period(),
            "at least 3 months before “Application to be struck off”",
        )
        self.assertEqual(
            self.rule("gb_members", "declaration_5w")._describe_period(),
            "at most 5 weeks before “Resolution of the members”",
        )
        self.assertIn(
            "at least 3 business days after",
            self.rule("gb_creditors", "decision_3bd").name,
        )
        self.assertIn("without delay", self.rule("jp", "announcement_prompt").name)
        self.assertIn("Statute read", self.rule("de", "books_10y")._source_note())

    def test_a_period_is_not_bound_by_itself(self):
        rule = self.rule("de", "books_10y")
        with self.assertRaises(ValidationError):
            rule.anchor_id = rule.event_id

    def test_a_statute_was_read_on_a_day(self):
        with self.assertRaises(ValidationError):
            self.rule("de", "books_10y").verified_on = False

    def test_no_chain_of_timetables(self):
        with self.assertRaises(ValidationError):
            self.timetable("jp").include_ids = self.timetable("de")
        with self.assertRaises(ValidationError):
            self.timetable("jp").include_ids = self.timetable("jp")

    def test_salespeople_read_and_managers_edit(self):
        user = new_test_user(
            self.env, "timetable_user", "sales_team.group_sale_salesman"
        )
        manager = new_test_user(
            self.env, "timetable_manager", "customer_continuity.group_manager"
        )
        rule = self.rule("jp", "registration_2w")
        self.assertTrue(rule.with_user(user).name)
        with self.assertRaises(AccessError):
            rule.with_user(user).offset = 3
        rule.with_user(manager).offset = 3

    def test_own_days_off_are_no_business_days(self):
        self.assertFalse(is_business_day(date(2027, 3, 26), self.works))
        self.assertTrue(is_business_day(date(2027, 3, 30), self.works))
