"""What a handover led to, against an independent calculation."""

from datetime import date, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common_handover import HandoverCommon

MOVED = date(2027, 3, 3)
AFTER_90 = "2027-06-10 05:00:00"
AFTER_180 = "2027-09-10 05:00:00"


class HandoverOutcomeCommon(HandoverCommon):
    """Customers 1 and 2 are handed over on 3 March; six others of their tier and
    industry keep their salesperson."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_a.continuity_outcome_peers = 5
        cls.industry, cls.other_industry = cls.env["res.partner.industry"].create(
            [{"name": "Pumps"}, {"name": "Valves"}]
        )
        cls.moved = cls.customer_1 | cls.customer_2
        cls.peers = cls.env["res.partner"]
        for number in range(6):
            cls.peers += cls._create_customer(f"Peer {number}", cls.colleague)
        everybody = cls.moved + cls.peers
        everybody.industry_id = cls.industry
        for partner in everybody:
            cls._set_tier(partner, cls.tier_b)
        rows = cls.env["continuity.relationship"].search(
            [("partner_id", "in", everybody.ids)]
        )
        rows.sudo().owner_since = "2020-01-01"

    @classmethod
    def _bought(cls, partners, before, after, **values):
        """Invoice some customers before and after the cut-over."""
        days = ((before, "2027-02-01"), (after, "2027-04-01"))
        cls._create_invoices(
            [(p, amount, day) for p in partners for amount, day in days if amount],
            **values,
        )

    def _handed_over(self, *customers, **values):
        lines = [Command.create(self._line_values(c)) for c in customers]
        if lines:
            values["line_ids"] = lines
        plan = self._running_plan(**values)
        self._move(plan.line_ids)
        return plan

    def _move(self, lines, moment="2027-03-03 09:00:00"):
        lines.sudo().write({"state": "moved", "moved_on": moment})
        rows = self.env["continuity.relationship"].search(
            [("partner_id", "in", lines.partner_id.ids)]
        )
        lines.partner_id.user_id = self.successor
        rows.sudo().write({"owner_id": self.successor.id, "owner_since": MOVED})

    def _measure(self, moment=AFTER_90):
        with freeze_time(moment):
            self._run_cron("measure_outcomes")

    def _row(self, plan, partner, days=90):
        return plan.outcome_ids.filtered(
            lambda row: row.partner_id == partner and row.days == days
        )

    def _revenue(self, plan, days=90):
        [row] = [row for row in plan._outcome_revenue() if row["days"] == days]
        return row


@tagged("post_install", "-at_install")
class TestHandoverOutcome(HandoverOutcomeCommon):
    # === Against an independent calculation === #

    def test_moved_fall_comparable_rise(self):
        """Moved customers fall 30 %, comparable ones rise 10 %: −40 points."""
        self._bought(self.moved, 1000, 700)
        self._bought(self.peers, 500, 550)
        plan = self._handed_over()
        self._measure()
        for partner in self.moved:
            row = self._row(plan, partner)
            self.assertEqual(row.state, "done")
            self.assertAlmostEqual(row.change, -30)
            self.assertAlmostEqual(row.peer_change, 10)
            self.assertAlmostEqual(row.difference, -40)
            self.assertAlmostEqual(row.revenue_gain, -400)
            self.assertEqual((row.peer_count, row.peer_scope), (6, "industry"))
            self.assertEqual(self._row(plan, partner, 180).state, "waiting")
        total = self._revenue(plan)
        self.assertAlmostEqual(total["difference"], -40)
        self.assertAlmostEqual(total["change"], -30)
        self.assertAlmostEqual(total["expected"], 10)
        self.assertIn(
            "-40.0 percentage points", plan.with_user(self.approver).outcome_html
        )

    def test_brought_back_is_no_outcome(self):
        """Of a plan that was undone as a whole nothing is measured any more."""
        self._bought(self.moved, 1000, 700)
        plan = self._handed_over()
        self._measure()
        self.assertTrue(plan.outcome_ids)
        plan.with_user(self.approver)._undo(plan.line_ids, "They come back")
        self.assertEqual(set(plan.line_ids.mapped("state")), {"undone"})
        self.assertFalse(plan.outcome_ids.exists())
        self._measure(AFTER_180)
        self.assertFalse(plan.outcome_ids)

    def test_backdated_credit_note(self):
        """A credit note of within the days moves the figures within a week, and later
        ones when somebody asks."""
        self._bought(self.moved, 1000, 700)
        self._bought(self.peers, 500, 550)
        plan = self._handed_over()
        self._measure()
        self._create_invoice(self.customer_1, 200, "2027-05-20", refund=True)
        self._measure("2027-06-16 05:00:00")
        self.assertAlmostEqual(self._row(plan, self.customer_1).change, -30)
        self._measure("2027-06-17 05:00:00")
        self.assertAlmostEqual(self._row(plan, self.customer_1).change, -50)
        self._create_invoice(self.customer_1, 100, "2027-05-21", refund=True)
        self._measure("2027-08-01 05:00:00")
        row = self._row(plan, self.customer_1)
        self.assertAlmostEqual(row.change, -50, msg="final after a month")
        with freeze_time("2027-08-02 05:00:00"):
            plan.with_user(self.approver).action_measure_outcomes()
        self.assertAlmostEqual(row.change, -60)

    def test_days_at_the_edges(self):
        """The day of the cut-over is the last before, 90 days later the last after."""
        for day, amount in (
            (MOVED - timedelta(days=90), 1),
            (MOVED - timedelta(days=89), 10),
            (MOVED, 100),
            (MOVED + timedelta(days=1), 1000),
            (MOVED + timedelta(days=90), 10_000),
            (MOVED + timedelta(days=91), 100_000),
        ):
            self._create_invoice(self.customer_1, amount, day)
        plan = self._handed_over()
        self._measure("2027-06-01 05:00:00")
        row = self._row(plan, self.customer_1)
        self.assertEqual(row.state, "waiting", "the 90th day is still running")
        self._measure("2027-06-02 05:00:00")
        self.assertEqual((row.revenue_before, row.revenue_after), (110, 11_000))
        self.assertEqual((row.purchases_before, row.purchases_after), (2, 2))

    def test_two_comparable_are_too_few(self):
        self._bought(self.moved, 1000, 700)
        self._bought(self.peers[:2], 500, 550)
        plan = self._handed_over()
        self._measure()
        row = self._row(plan, self.customer_1)
        self.assertEqual((row.state, row.peer_count), ("too_few", 2))
        self.assertEqual((row.difference, row.revenue_gain), (0, 0))
        self.assertAlmostEqual(row.change, -30)
        total = self._revenue(plan)
        self.assertIsNone(total["difference"])
        self.assertEqual(total["without"], [("Not enough comparable customers", 2)])

    def test_same_tier_where_too_few_share_the_industry(self):
        self._bought(self.moved, 1000, 700)
        self._bought(self.peers, 500, 550)
        self.peers[2:].industry_id = self.other_industry
        plan = self._handed_over()
        self._measure()
        row = self._row(plan, self.customer_1)
        self.assertEqual((row.state, row.peer_scope), ("done", "tier"))
        self.assertEqual(row.peer_count, 6)

    def test_who_is_comparable(self):
        """Not: another tier, another salesperson since, nothing bought before,
        another company's, nobody's."""
        self._bought(self.moved, 1000, 700)
        self._bought(self.peers, 500, 550)
        self._set_tier(self.peers[0], self.tier_c)
        self._relationship(self.peers[1]).sudo().owner_since = "2027-01-15"
        nobody = self._create_customer("Nobody's", industry_id=self.industry.id)
        self._set_tier(nobody, self.tier_b)
        new = self._create_customer("New", self.colleague, industry_id=self.industry.id)
        self._set_tier(new, self.tier_b)
        self._bought(nobody, 500, 5000)
        self._bought(new, 0, 5000)
        theirs = self._create_customer(
            "Theirs", self.user_company_b, industry_id=self.industry.id
        )
        self._set_tier(theirs, self.tier_b, self.company_b)
        self._bought(theirs, 500, 5000, company=self.company_b)
        self.company_a.continuity_outcome_peers = 4
        plan = self._handed_over()
        self._measure()
        row = self._row(plan, self.customer_1)
        self.assertEqual((row.state, row.peer_count), ("done", 4))
        self.assertAlmostEqual(row.peer_change, 10)

    def test_tier_as_of_the_cut_over(self):
        """Who bought so much afterwards that they are in a higher tier today is still
        compared with those who were like them then."""
        tiers = self.env["continuity.tier"].with_company(self.company_a)
        self.company_a.continuity_tier_method = "threshold"
        tiers.browse(self.tier_b.id).min_revenue = 100
        rows = self.env["continuity.relationship"].search(
            [("partner_id", "in", (self.moved + self.peers).ids)]
        )
        rows.sudo().tier_locked = False
        self._bought(self.moved, 1000, 1000)
        self._bought(self.peers, 500, 5_000_000)
        plan = self._handed_over()
        with freeze_time(AFTER_90):
            self._refresh()
        self.assertEqual(self._relationship(self.peers[0]).tier_id, self.tier_a)
        self._measure()
        row = self._row(plan, self.customer_1)
        self.assertEqual((row.state, row.tier_id), ("done", self.tier_b))
        self.assertEqual(row.peer_count, 6)

    def test_nothing_bought_before(self):
        self._bought(self.customer_1, 0, 700)
        self._bought(self.customer_2, 1000, 700)
        self._bought(self.peers, 500, 550)
        plan = self._handed_over()
        self._measure()
        row = self._row(plan, self.customer_1)
        self.assertEqual((row.state, row.revenue_after), ("no_history", 700))
        total = self._revenue(plan)
        self.assertEqual((total["compared"], total["lines"]), (1, 2))
        self.assertAlmostEqual(total["difference"], -40)

    def test_merged_customers_count_once(self):
        self._bought(self.moved, 1000, 700)
        self._bought(self.peers, 500, 550)
        plan = self._handed_over()
        self.env["base.partner.merge.automatic.wizard"]._merge(
            self.moved.ids, self.customer_1
        )
        self._measure()
        rows = plan.outcome_ids.filtered(lambda row: row.days == 90)
        self.assertEqual(sorted(rows.mapped("state")), ["done", "merged"])
        total = self._revenue(plan)
        self.assertAlmostEqual(total["before"], 2000)
        self.assertAlmostEqual(total["difference"], -40)

    def test_confirmed_orders_where_the_company_counts_them(self):
        self.company_a.continuity_tier_source = "order"
        for partner, after in [
            (self.customer_1, 700),
            *((peer, 1100) for peer in self.peers),
        ]:
            self._create_order(partner, 1000, "2027-02-01")
            self._create_order(partner, after, "2027-04-01")
        plan = self._handed_over()
        self._measure()
        row = self._row(plan, self.customer_1)
        self.assertAlmostEqual(row.difference, -40)

    def test_180_days(self):
        self._bought(self.moved, 1000, 700)
        self._bought(self.peers, 500, 550)
        self._create_invoice(self.customer_1, 900, "2027-08-01")
        plan = self._handed_over()
        self._measure(AFTER_180)
        row = self._row(plan, self.customer_1, 180)
        self.assertAlmostEqual(row.change, 60)
        self.assertAlmostEqual(row.difference, 50)
        self.assertEqual(
            self._row(plan, self.customer_1).state,
            "done",
            "what was missed while the scheduler stood still is measured",
        )

    # === What changes afterwards === #

    def test_handed_over_again(self):
        self._bought(self.moved, 1000, 700)
        self._bought(self.peers, 500, 550)
        plan = self._handed_over(self.customer_1)
        again = self._create_plan(
            user=self.successor,
            leaver_ids=[Command.set(self.successor.ids)],
            line_ids=[
                Command.create(
                    self._line_values(
                        self.customer_1,
                        leaver_id=self.successor.id,
                        successor_id=self.colleague.id,
                    )
                )
            ],
        )
        self._move(again.line_ids, "2027-05-01 09:00:00")
        self._measure()
        row = self._row(plan, self.customer_1)
        self.assertEqual((row.state, row.revenue_before), ("moved_again", 0))

    def test_undone_has_no_outcome(self):
        plan = self._handed_over()
        self._measure("2027-03-05 05:00:00")
        self.assertEqual(len(plan.outcome_ids), 4)
        plan.line_ids[0].sudo().state = "undone"
        self._measure("2027-03-06 05:00:00")
        self.assertEqual(plan.outcome_ids.line_id, plan.line_ids[1])

    # === How the customers were looked after === #

    def test_visits_and_ratings(self):
        plan = self._running_plan()
        visited = self._line_of(plan, self.customer_1)
        with self._after_visit(visited):
            self._hold_visit(visited)
        self._move(plan.line_ids)
        visited.touchpoint_ids.sudo().filtered(
            lambda t: t == visited.visit_touchpoint_id
        ).rating = 4
        care = plan._outcome_care()
        self.assertEqual((care["held"], care["planned"]), (1, 1))
        self.assertEqual(care["rating"], (4, 1))

    def test_days_until_the_first_contact(self):
        """Working days of the company: from Wednesday to Monday it is three."""
        plan = self._handed_over()
        self._line_of(plan, self.customer_1).sudo().first_contact_on = "2027-03-08"
        self._line_of(plan, self.customer_2).sudo().first_contact_on = "2027-03-03"
        self.assertEqual(plan._outcome_care()["first_contact"], (1.5, 2))

    def test_days_until_the_profile_is_complete(self):
        plan = self._handed_over()
        row = self._relationship(self.customer_1)
        row.sudo().completeness = 60
        self._measure("2027-03-10 05:00:00")
        self.assertEqual(plan._outcome_care()["profile"], (None, 0))
        row.sudo().completeness = 100
        self._measure("2027-03-13 05:00:00")
        self._measure("2027-03-20 05:00:00")
        self.assertEqual(plan._outcome_care()["profile"], (10, 1))

    def test_profile_is_complete_from_the_required_share_on(self):
        self.company_a.continuity_completeness_required = 60
        plan = self._handed_over()
        row = self._relationship(self.customer_1)
        row.sudo().completeness = 60
        self._measure("2027-03-13 05:00:00")
        self.assertEqual(plan._outcome_care()["profile"], (10, 1))

    # === Access === #

    def test_who_sees_what(self):
        self._bought(self.moved, 1000, 700)
        plan = self._handed_over()
        self._measure()
        outcomes = self.env["continuity.handover.outcome"]
        domain = [("handover_id", "=", plan.id)]
        for user in (self.successor, self.approver, self.user_manager):
            self.assertEqual(
                outcomes.with_user(user).search_count(domain), 4, user.login
            )
        for user in (self.leaver, self.colleague, self.user_all, self.user_company_b):
            self.assertFalse(outcomes.with_user(user).search(domain), user.login)
        with self.assertRaises(AccessError):
            outcomes.with_user(self.user_portal).search(domain)
        with self.assertRaises(AccessError):
            plan.outcome_ids[0].with_user(self.user_manager).revenue_after = 1
        self.assertTrue(plan.with_user(self.approver).outcome_html)
        for user in (self.leaver, self.successor):
            self.assertFalse(plan.with_user(user).outcome_html)
            with self.assertRaisesRegex(AccessError, "manager"):
                plan.with_user(user).action_measure_outcomes()

    def test_company_wall(self):
        plan = self._handed_over()
        self._measure()
        manager = self.user_manager
        rows = plan.outcome_ids.with_user(manager)
        other = rows.with_context(allowed_company_ids=self.company_b.ids)
        self.assertFalse(other.search([("id", "in", rows.ids)]))

    # === The page === #

    def test_page_for_the_manager(self):
        self._bought(self.moved, 1000, 700)
        self._bought(self.peers, 500, 550)
        plan = self._handed_over()
        self._measure()
        report = self.env["ir.actions.report"].with_user(self.approver)
        html, _kind = report._render_qweb_html(
            "customer_continuity.report_handover_outcome", plan.ids
        )
        self.assertIn("-40.0 percentage points", html.decode())
        html, _kind = report.with_user(self.successor)._render_qweb_html(
            "customer_continuity.report_handover_outcome", plan.ids
        )
        self.assertNotIn("percentage points", html.decode())

    def test_statements_do_not_grow_with_customers(self):
        more = self.env["res.partner"]
        for number in range(20):
            more += self._create_customer(f"Moved {number}", self.leaver)
        plan = self._handed_over(*more)
        self._measure("2027-03-05 05:00:00")
        rows = plan.outcome_ids.filtered(lambda row: row.days == 90)
        self._count_statements(rows[0])
        one = self._count_statements(rows[1])
        self.assertLessEqual(self._count_statements(rows[2:]), one)

    def _count_statements(self, rows):
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        rows._measure(self.company_a, MOVED, 90, date(2027, 6, 10))
        self.env.flush_all()
        return self.env.cr.sql_log_count - before
