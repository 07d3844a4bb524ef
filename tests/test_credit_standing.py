"""Credit figures against an independent calculation."""

import random
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import SQL

from .common_credit import AS_OF, START, StandingCommon


@tagged("post_install", "-at_install")
class TestCreditStanding(StandingCommon):
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
        move = self._create_invoice(self.customer, 100, "2026-01-01", post=False)
        move.invoice_payment_term_id = self._in_two_instalments()
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

    def test_only_what_came_in_since_the_first_day_weighs(self):
        move = self._bill(self.customer, 100, "2025-05-01", "2025-06-10")
        self._pay(move, 75, "2025-06-30")
        self._pay(move, 25, "2025-07-10")
        standing = self._check()
        self.assertEqual(standing.paid_amount, 25)
        self.assertEqual(standing.weighted_days, 30)

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

    def test_what_a_currency_gained_was_paid(self):
        """50 of dollars are invoiced, 100 come in: that is what the payment weighs."""
        self._create_rate(self.company_a, self.dollar, 2.0, "2026-02-01")
        self._create_rate(self.company_a, self.dollar, 1.0, "2026-03-01")
        move = self._bill(
            self.customer, 100, "2026-02-01", "2026-02-28", currency=self.dollar
        )
        self._pay(move, 100, "2026-03-10")
        on_time = self._bill(self.customer, 300, "2026-02-01", "2026-02-28")
        self._pay(on_time, 300, "2026-02-28")
        standing = self._standing()
        self.assertEqual(standing.paid_amount, 400)
        self.assertEqual(standing.other_amount, 0)
        self.assertEqual(standing.weighted_days, 2.5)

    def test_cheque_is_money_and_an_expense_is_none(self):
        """Entries of the bank's journal that hold no account of money."""
        cheque, damaged = (
            self._bill(self.customer, 100, "2026-01-10", "2026-02-10")
            for _number in range(2)
        )
        self._write_off(
            cheque,
            100,
            "2026-02-20",
            note="payment",
            journal=self.bank,
            account="suspense",
        )
        self._write_off(damaged, 100, "2026-06-10", journal=self.bank)
        standing = self._check()
        self.assertEqual(standing.paid_count, 1)
        self.assertEqual(standing.other_amount, 100)

    def test_invoice_to_come(self):
        self._bill(self.customer, 100, "2026-06-10", "2026-07-10")
        self._bill(self.customer, 70, "2026-07-01", "2026-07-31")
        standing = self._standing()
        self.assertEqual(standing.open_amount, 100)
        self.assertEqual(standing.exposure, 100)
        self.assertEqual(self._standing("2026-07-01").open_amount, 170)

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

    def test_overdue_from_the_day_after_it_is_due(self):
        paid = self._bill(self.customer, 10, "2026-01-10", "2026-02-10")
        self._pay(paid, 10, "2026-02-10")
        self._bill(self.customer, 50, "2026-05-30", AS_OF)
        self._bill(self.customer, 50, "2026-05-30", "2026-06-29")
        standing = self._check()
        self.assertEqual(standing.overdue_share, 50)
        self.assertEqual(standing.overdue_days, 1)
        self.assertEqual(standing.proposal, "include", "half of it is allowed")
        standing = self._standing("2026-07-01")
        self.assertEqual(standing.overdue_share, 100)
        self.assertEqual(standing.proposal, "out")

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

    def test_as_many_days_as_are_allowed(self):
        """30.04 days are shown as 30, and 30 are allowed."""
        for amount, late in ((96, 30), (4, 31)):
            due = fields.Date.to_date("2026-02-10")
            move = self._bill(self.customer, amount, "2026-01-10", due)
            self._pay(move, amount, due + timedelta(days=late))
        standing = self._check()
        self.assertEqual(standing.proposal, "include")
        self.assertNotIn("allowed", standing.reason)

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

    def _pay_less(self, move, amount, day):
        """Of what is open something is let go with the payment."""
        self._pay(move, amount, day, write_off=move.amount_residual - amount)

    def _pay_by_bill(self, move, amount, day):
        self._pay(move, amount, day, journal=self.bills, kind="bill")

    def test_agrees_with_the_diary(self):
        """Twenty-odd invoices with whatever happens to invoices, drawn at random."""
        dice = random.Random(20260630)
        day_of = fields.Date.to_date
        customers = self.customer_1 | self.customer_2 | self.customer_3
        for customer in customers:
            for _number in range(8):
                day = day_of("2025-04-01") + timedelta(days=dice.randrange(420))
                due = day + timedelta(days=dice.choice((10, 30, 60)))
                move = self._bill(customer, dice.randrange(100, 1000), day, due)
                rest = move.amount_total
                for _step in range(dice.choice((0, 1, 1, 2, 3))):
                    amount = rest if dice.random() < 0.6 else dice.randrange(1, 50)
                    when = due + timedelta(days=dice.randrange(-10, 80))
                    what = dice.choice(
                        (
                            self._pay,
                            self._pay,
                            self._pay,
                            self._credit,
                            self._write_off,
                            self._pay_less,
                            self._pay_by_bill,
                        )
                    )
                    what(move, amount, max(when, day))
                    rest = move.amount_residual
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
        standing = self._standing_of_sold({paid: "2026-02-22", owed: None})
        self.assertEqual(standing.paid_count, 1)
        self.assertEqual(standing.average_days, 12)
        self.assertEqual(standing.weighted_days, 12)
        self.assertEqual(standing.open_amount, 100)
        self.assertEqual(standing.overdue_days, 81)
        self.assertEqual(standing.other_amount, 0)

    def test_sold_before_the_period_and_paid_in_it_or_not_yet(self):
        """In the books nothing of them happened since the first day."""
        paid = self._bill(self.customer, 100, "2025-03-10", "2025-08-10")
        owed = self._bill(self.customer, 40, "2025-03-10", "2025-08-10")
        before = self._bill(self.customer, 70, "2025-03-10", "2025-04-10")
        for move in (paid, owed, before):
            self._write_off(move, move.amount_total, move.invoice_date)
        standing = self._standing_of_sold(
            {paid: "2025-08-20", owed: None, before: "2025-04-10"}
        )
        self.assertEqual(standing.paid_count, 1)
        self.assertEqual(standing.paid_amount, 100)
        self.assertEqual(standing.average_days, 10)
        self.assertEqual(standing.open_amount, 40)

    def _standing_of_sold(self, days):
        """Return the figures when the factor reports when customers paid it.

        :param dict days: by invoice the day, or None
        """
        rows = [
            SQL("(%s, %s::date)", self._receivable(move).matched_credit_ids.id, day)
            for move, day in days.items()
        ]
        sold = SQL(
            "SELECT * FROM (VALUES %s) t (partial_id, day)", SQL(", ").join(rows)
        )
        model = type(self.env["continuity.credit.standing"])
        with patch.object(model, "_payment_date_sql", lambda self, company: sold):
            return self._standing()
