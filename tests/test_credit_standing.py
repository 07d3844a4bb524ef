"""Credit figures against an independent calculation, and who may see them."""

import random
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import SQL

from .common_credit import CreditCommon

AS_OF = "2026-06-30"
START = "2025-06-30"


@tagged("post_install", "-at_install")
class TestCreditStanding(CreditCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_a.continuity_standing_min_paid = 1
        cls.customer = cls.customer_1

    def _standing(self, as_of=AS_OF, customer=None):
        return self._take(as_of)[customer or self.customer]

    def _check(self, as_of=AS_OF, start=START):
        standing = self._standing(as_of)
        self._assert_figures(standing, self._expected(self.customer, as_of, start))
        return standing

    # === Payments === #

    def test_paid_late(self):
        self._pay(
            self._bill(self.customer, 100, "2026-01-10", "2026-02-10"),
            100,
            "2026-02-20",
        )
        standing = self._check()
        self.assertEqual(standing.average_days, 10)
        self.assertEqual(standing.worst_days, 10)
        self.assertEqual(standing.proposal, "include")

    def test_paid_early(self):
        self._pay(
            self._bill(self.customer, 100, "2026-01-10", "2026-02-10"),
            100,
            "2026-01-31",
        )
        self.assertEqual(self._check().weighted_days, -10)

    def test_paid_in_parts_counts_with_the_last_and_each_by_its_amount(self):
        move = self._bill(self.customer, 100, "2026-01-10", "2026-02-10")
        self._pay(move, 75, "2026-02-10")
        self._pay(move, 25, "2026-03-22")
        standing = self._check()
        self.assertEqual(standing.paid_count, 1)
        self.assertEqual(standing.average_days, 40)
        self.assertEqual(standing.weighted_days, 10)

    def test_part_of_an_open_invoice(self):
        move = self._bill(self.customer, 100, "2026-01-10", "2026-02-10")
        self._pay(move, 40, "2026-02-20")
        standing = self._check()
        self.assertTrue(standing.insufficient)
        self.assertEqual(standing.open_amount, 60)
        self.assertEqual(standing.overdue_days, 140)

    def test_paid_before_it_was_invoiced(self):
        """A prepayment: no invoice is paid before there is one."""
        move = self._bill(self.customer, 100, "2026-03-10", "2026-03-31")
        self._pay(move, 100, "2026-02-01")
        self.assertEqual(self._standing().average_days, -21)

    def test_bank_statement_without_payment(self):
        move = self._bill(self.customer, 100, "2026-01-10", "2026-02-10")
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.bank.id,
                "date": "2026-02-15",
                "payment_ref": "Transfer",
                "amount": 100,
                "partner_id": self.customer.id,
            }
        )
        _liquidity, suspense, _other = line._seek_for_lines()
        suspense.account_id = self._receivable(move).account_id
        self._receivable(move, line.move_id).reconcile()
        self._note(move, "2026-02-15", "payment", 100)
        self.assertEqual(self._check().average_days, 5)

    def test_instalments_each_have_their_day(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two instalments",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 50, "nb_days": days}
                    )
                    for days in (30, 60)
                ],
            }
        )
        move = self._create_invoice(self.customer, 100, "2026-01-01", post=False)
        move.invoice_payment_term_id = term
        move.action_post()
        self.diary[move] = {"events": [], "customer": None}
        self._pay(move, 50, "2026-02-05")
        standing = self._standing()
        self.assertEqual(standing.paid_count, 0)
        self.assertEqual(standing.open_amount, 50)
        self._pay(move, 50, "2026-03-12")
        standing = self._standing()
        self.assertEqual(standing.paid_count, 1)
        self.assertEqual(standing.average_days, 7.5)  # 5 and 10
        self.assertEqual(standing.worst_days, 10)

    # === What is no payment === #

    def test_credit_note(self):
        move = self._bill(self.customer, 100, "2026-01-10", "2026-02-10")
        self._credit(move, 100, "2026-06-10")
        standings = self._take(AS_OF)
        self.assertTrue(standings[self.customer].insufficient)
        self.assertEqual(standings[self.customer].paid_count, 0)
        self.assertFalse(standings[self.customer].paid_amount)

    def test_credit_note_for_the_rest(self):
        """Paid is when the money came, not when the rest was credited."""
        move = self._bill(self.customer, 100, "2026-01-10", "2026-02-10")
        self._pay(move, 60, "2026-02-15")
        self._credit(move, 40, "2026-06-10")
        standing = self._check()
        self.assertEqual(standing.average_days, 5)
        self.assertEqual(standing.paid_count, 1)

    def test_write_off(self):
        move = self._bill(self.customer, 100, "2026-01-10", "2026-02-10")
        self._write_off(move, 100, "2026-06-10")
        standing = self._check()
        self.assertEqual(standing.paid_count, 0)
        self.assertEqual(standing.other_amount, 100)
        self.assertIn("without a payment", standing.reason)

    def test_payment_that_lets_the_rest_go(self):
        """10 came in, 90 were let go in the same entry: the weight is 10."""
        move = self._bill(self.customer, 100, "2026-01-10", "2026-02-10")
        self._pay(move, 10, "2026-06-10", write_off=90)
        other = self._bill(self.customer, 90, "2026-01-10", "2026-02-10")
        self._pay(other, 90, "2026-02-10")
        self.assertFalse(move.amount_residual)
        standing = self._check()
        self.assertEqual(standing.paid_amount, 100)
        self.assertEqual(standing.other_amount, 90)
        self.assertEqual(standing.weighted_days, 12)

    def test_exchange_difference(self):
        """The difference is booked with the day of the rate; it pays nothing."""
        self._create_rate(self.company_a, self.dollar, 1.0, "2026-02-01")
        self._create_rate(self.company_a, self.dollar, 2.0, "2026-03-01")
        move = self._bill(
            self.customer, 100, "2026-02-01", "2026-02-28", currency=self.dollar
        )
        self._pay(move, 100, "2026-03-10")
        partials = self._receivable(move).matched_credit_ids
        self.assertEqual(len(partials), 2, "payment and exchange difference")
        standing = self._standing()
        self.assertEqual(standing.paid_count, 1)
        self.assertEqual(standing.average_days, 10)
        self.assertEqual(standing.weighted_days, 10)
        self.assertEqual(standing.paid_amount, 50)
        self.assertEqual(standing.other_amount, 0)
        self.assertEqual(standing.open_amount, 0)

    def test_payment_to_come(self):
        move = self._bill(self.customer, 100, "2026-01-10", "2026-02-10")
        self._pay(move, 100, "2026-07-15")
        standing = self._check()
        self.assertTrue(standing.insufficient)
        self.assertEqual(standing.open_amount, 100)
        self.assertEqual(standing.exposure, 100)
        self.assertEqual(self._standing("2026-07-15").average_days, 155)

    def test_drafts_and_what_is_too_old(self):
        self._create_invoice(self.customer, 100, "2026-01-10", post=False)
        move = self._bill(self.customer, 100, "2025-01-10", "2025-02-10")
        self._pay(move, 100, "2025-06-30")
        self.assertNotIn(self.customer, self._take(AS_OF))

    # === Exposure, limit, trend === #

    def test_exposure_and_limit(self):
        customer = self.customer.with_company(self.company_a)
        move = self._bill(customer, 100, "2026-06-10", "2026-07-10")
        self._create_invoice(customer, 30, "2026-06-15", refund=True)
        customer.credit_limit = 50
        with freeze_time("2026-06-30 12:00:00"):
            self.assertEqual(self._standing().exposure, customer.credit)
        standing = self._standing()
        self.assertEqual(standing.exposure, 70)
        self.assertEqual(standing.open_amount, 100)
        self.assertTrue(standing.over_limit)
        self.assertEqual(standing.proposal, "decide")
        self.assertIn("more than the limit", standing.reason)
        self._pay(move, 100, "2026-06-20")
        self.assertFalse(self._standing().over_limit)

    def test_trend(self):
        for month, late in ((8, 0), (9, 2), (2, 10), (3, 12)):
            year = 2025 if month > 6 else 2026
            due = fields.Date.to_date(f"{year}-{month:02}-10")
            move = self._bill(self.customer, 100, due, due)
            self._pay(move, 100, due + timedelta(days=late))
        standing = self._check()
        self.assertEqual(standing.trend_days, 10)
        self.assertEqual(standing.trend, "worse")
        self.assertIn("10 days slower", standing.reason)

    def test_insufficient_says_nothing(self):
        self.company_a.continuity_standing_min_paid = 2
        move = self._bill(self.customer, 100, "2026-01-10", "2026-02-10")
        self._pay(move, 100, "2026-02-20")
        standing = self._check()
        self.assertEqual(standing.proposal, "decide")
        self.assertIn("Insufficient data: 1 of the 2 paid", standing.reason)
        self.env.cr.execute(
            SQL(
                """SELECT average_days, weighted_days, worst_days, trend
                     FROM continuity_credit_standing WHERE id = %s""",
                standing.id,
            )
        )
        self.assertEqual(self.env.cr.fetchone(), (None, None, None, None))

    def test_settings(self):
        with self.assertRaisesRegex(ValidationError, "too little"):
            self.company_a.continuity_standing_min_paid = 0

    # === All together === #

    def test_agrees_with_the_diary(self):
        """Twenty-odd invoices with whatever happens to invoices, drawn at random."""
        dice = random.Random(20260630)
        day_of = fields.Date.to_date
        customers = self.customer_1 | self.customer_2 | self.customer_3
        for customer in customers:
            for _number in range(8):
                day = day_of("2025-08-01") + timedelta(days=dice.randrange(300))
                due = day + timedelta(days=dice.choice((10, 30, 60)))
                move = self._bill(customer, dice.randrange(100, 1000), day, due)
                rest = move.amount_total
                for _step in range(dice.choice((0, 1, 1, 2, 3))):
                    amount = rest if dice.random() < 0.6 else dice.randrange(1, 50)
                    when = due + timedelta(days=dice.randrange(-10, 80))
                    what = dice.choice(
                        (self._pay, self._pay, self._pay, self._credit, self._write_off)
                    )
                    what(move, amount, max(when, day))
                    rest -= amount
                    if not rest:
                        break
        self.company_a.continuity_standing_min_paid = 2
        standings = self._take(AS_OF)
        enough = 0
        for customer in customers:
            expected = self._expected(customer, AS_OF, START)
            self._assert_figures(standings[customer], expected)
            enough += not expected["insufficient"]
        self.assertTrue(enough, "the dice left nothing to compare")

    # === Factored receivables === #

    def test_true_payment_dates_of_what_was_sold(self):
        """Sold on the day of the invoice; the customer pays the factor later."""
        paid = self._bill(self.customer, 100, "2026-01-10", "2026-02-10")
        owed = self._bill(self.customer, 100, "2026-03-10", "2026-04-10")
        for move in (paid, owed):
            self._write_off(move, 100, move.invoice_date)
        model = type(self.env["continuity.credit.standing"])
        sold = SQL(
            "VALUES (%s, %s::date), (%s, NULL::date)",
            self._receivable(paid).matched_credit_ids.id,
            "2026-02-22",
            self._receivable(owed).matched_credit_ids.id,
        )
        sold = SQL("SELECT * FROM (%s) t (partial_id, day)", sold)
        with patch.object(model, "_payment_date_sql", lambda self, company: sold):
            standing = self._standing()
        self.assertEqual(standing.paid_count, 1)
        self.assertEqual(standing.average_days, 12)
        self.assertEqual(standing.weighted_days, 12)
        self.assertEqual(standing.open_amount, 100)
        self.assertEqual(standing.overdue_days, 81)
        self.assertEqual(standing.other_amount, 0)

    # === Bills === #

    def test_bills_are_no_payments_and_stay_out(self):
        move = self._bill(self.customer, 100, "2026-01-10", "2026-02-10")
        self._pay(move, 100, "2026-02-10", journal=self.bills, kind="bill")
        standing = self._check()
        self.assertTrue(standing.by_bill)
        self.assertEqual(standing.bill_amount, 100)
        self.assertEqual(standing.proposal, "out")
        self.assertIn("electronically recorded", standing.reason)

    def test_customer_who_pays_by_bills(self):
        move = self._bill(self.customer, 100, "2026-01-10", "2026-02-10")
        self._pay(move, 100, "2026-02-10")
        customer = self.customer.with_company(self.company_a)
        customer.continuity_pays_by_bill = True
        self.assertEqual(self._standing().proposal, "out")
        customer.continuity_pays_by_bill = False
        self.customer.with_company(self.company_b).continuity_pays_by_bill = True
        self.assertEqual(self._standing().proposal, "include")

    def test_invoices_by_bill(self):
        term = self.env["account.payment.term"].create(
            {"name": "Recorded claim", "continuity_is_bill": True}
        )
        plain, settled, later = (
            self._bill(self.customer, 100, "2026-01-10", "2026-02-10")
            for _number in range(3)
        )
        by_term = self._create_invoice(self.customer, 100, "2026-01-10", post=False)
        by_term.invoice_payment_term_id = term
        by_term.action_post()
        self._pay(settled, 100, "2026-02-10", journal=self.bills, kind="bill")
        later.preferred_payment_method_line_id = (
            self.bills.inbound_payment_method_line_ids[:1]
        )
        moves = plain | by_term | settled | later
        moves.invalidate_recordset(["continuity_by_bill"])
        by_bill = by_term | settled | later
        self.assertEqual(moves.filtered("continuity_by_bill"), by_bill)
        reasons = moves._continuity_bill_reasons()
        self.assertEqual(set(reasons), set(by_bill.ids))
        self.assertIn("Recorded claim", reasons[by_term.id])
        found = self.env["account.move"].search(
            [("continuity_by_bill", "=", True), ("id", "in", moves.ids)]
        )
        self.assertEqual(found, by_bill)
        found = self.env["account.move"].search(
            [("continuity_by_bill", "=", False), ("id", "in", moves.ids)]
        )
        self.assertEqual(found, plain)
        self.customer.with_company(self.company_a).continuity_pays_by_bill = True
        self.assertEqual(set(moves._continuity_bill_reasons()), set(moves.ids))
        self.assertEqual(
            self.env["account.move"].search_count(
                [("continuity_by_bill", "=", True), ("id", "in", moves.ids)]
            ),
            4,
        )

    # === Snapshots === #

    def test_snapshot_stays_as_it_was(self):
        move = self._bill(self.customer, 100, "2026-01-10", "2026-02-10")
        first = self._standing("2026-06-01")
        first._pin()
        self._pay(move, 100, "2026-06-20")
        second = self._standing()
        self.assertEqual(first.open_amount, 100)
        self.assertFalse(first.latest)
        self.assertTrue(second.latest)
        again = self._standing()
        self.assertFalse(second.exists(), "of the same day, nothing rests on it")
        again._pin()
        third = self._standing()
        self.assertTrue(again.exists())
        latest = third.search(
            [("latest", "=", True), ("partner_id", "=", self.customer.id)]
        )
        self.assertEqual(latest, third)

    def test_some_customers_only(self):
        for customer in (self.customer_1, self.customer_2):
            self._bill(customer, 100, "2026-01-10", "2026-02-10")
        both = self._take(AS_OF)
        one = self._take(AS_OF, self.contact_1)
        self.assertEqual(list(one), [self.customer_1])
        self.assertTrue(both[self.customer_2].exists())
        self.assertTrue(both[self.customer_2].latest)

    def test_old_ones_are_cleared_away(self):
        self._bill(self.customer, 100, "2025-01-10", "2025-02-10")
        old, kept, latest = (
            self._standing(day) for day in ("2025-03-01", "2025-04-01", "2025-05-01")
        )
        kept._pin()
        self.env.flush_all()
        with patch.object(self.env.cr, "commit", lambda: None):
            self.env["continuity.credit.standing"]._gc_snapshots()
        (old | kept | latest).invalidate_recordset()
        self.assertFalse(old.exists())
        self.assertTrue(kept.exists())
        self.assertTrue(latest.exists())

    def test_order(self):
        for customer, amount in (
            (self.customer_1, 100),
            (self.customer_2, 300),
            (self.customer_3, 900),
        ):
            late = 50 if customer == self.customer_3 else 0
            due = fields.Date.to_date("2026-02-10")
            paid = self._bill(customer, 10, due, due)
            self._pay(paid, 10, due + timedelta(days=late))
            self._bill(customer, amount, "2026-06-20", "2026-07-20")
        standings = self._take(AS_OF)
        ranked = sorted(standings.values(), key=lambda standing: standing.rank)
        self.assertEqual(
            [standing.partner_id for standing in ranked],
            [self.customer_2, self.customer_1, self.customer_3],
        )
        self.assertEqual(ranked[-1].proposal, "out")
        self.assertIn("50 days late", ranked[-1].reason)

    # === Who sees it === #

    def test_roles(self):
        self._bill(self.customer, 100, "2026-01-10", "2026-02-10")
        standing = self._standing()
        for user in (self.user_manager, self.accountant):
            mine = standing.with_user(user)
            self.assertEqual(mine.open_amount, 100)
            self.assertTrue(mine.reason)
            self.assertIn("not been reviewed", mine.contract)
            with self.assertRaises(AccessError):
                mine.write({"open_amount": 1})
            with self.assertRaises(AccessError):
                mine.unlink()
            with self.assertRaises(AccessError):
                mine.create({"partner_id": self.customer.id})
            partner = self.customer.with_user(user).with_company(self.company_a)
            self.assertEqual(partner.continuity_standing_id, mine)
            action = partner.action_continuity_standing()
            self.assertIn(mine, mine.search(action["domain"]))
            # As the button of the list asks, with no row chosen.
            notice = call_kw(mine.browse(), "action_take", [[]], {})
            self.assertIn("1 customers", notice["params"]["message"])
            standing = self.env["continuity.credit.standing"].search(
                [("partner_id", "=", self.customer.id), ("latest", "=", True)]
            )
        for user in (
            self.user_sales_a,
            self.user_all,
            self.billing,
            self.user_portal,
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                standing.with_user(user).read(["open_amount"])
            with self.assertRaises(AccessError):
                standing.with_user(user).action_take()
            with self.assertRaises(AccessError):
                self.customer.with_user(user).read(["continuity_standing_id"])

    def test_other_company(self):
        self._bill(self.customer, 100, "2026-01-10", "2026-02-10")
        standing = self._standing()
        stranger = self._create_user(
            "accountant_b", "account.group_account_user", companies=self.company_b
        )
        theirs = self.env["continuity.credit.standing"].with_user(stranger)
        theirs = theirs.with_context(allowed_company_ids=self.company_b.ids)
        self.assertFalse(theirs.search([("partner_id", "=", self.customer.id)]))
        with self.assertRaises(AccessError):
            theirs.browse(standing.id).read(["open_amount"])
        theirs.action_take()
        self.assertFalse(theirs.search([("partner_id", "=", self.customer.id)]))
        partner = self.customer.with_user(stranger).with_company(self.company_b)
        self.assertFalse(partner.continuity_standing_id)
