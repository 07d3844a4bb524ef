"""What a choice of factor reads from the company's own books."""

from datetime import date, timedelta
from unittest.mock import patch

from dateutil.relativedelta import relativedelta

from odoo import Command
from odoo.tests import Form, tagged

from .common_factor_choice import TODAY, FactorChoiceCommon


@tagged("post_install", "-at_install")
class TestFactorBooks(FactorChoiceCommon):
    """Days sales outstanding, against an independent calculation."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        env = cls.env(context={"allowed_company_ids": cls.company_a.ids})
        cls.receivable = env["account.account"].search(
            [("code", "=", "CC1000"), ("company_ids", "in", cls.company_a.ids)]
        )
        cls.bank, cls.other = env["account.account"].create(
            [
                {"name": "Bank", "code": "CC1100", "account_type": "asset_cash"},
                {
                    "name": "Loans to staff",
                    "code": "CC1200",
                    "account_type": "asset_receivable",
                    "reconcile": True,
                    "non_trade": True,
                },
            ]
        )
        cls.journal = env["account.journal"].create(
            {"name": "Entries", "code": "CCGEN", "type": "general"}
        )

    @classmethod
    def _entry(cls, amount, day, partner, account=None, post=True):
        """A payment of ``amount`` by a customer."""
        move = (
            cls.env["account.move"]
            .with_context(allowed_company_ids=cls.company_a.ids)
            .create(
                {
                    "journal_id": cls.journal.id,
                    "date": day,
                    "line_ids": [
                        Command.create(
                            {
                                "account_id": (account or cls.receivable).id,
                                "partner_id": partner.id,
                                "credit": amount,
                            }
                        ),
                        Command.create({"account_id": cls.bank.id, "debit": amount}),
                    ],
                }
            )
        )
        if post:
            move.action_post()
        return move

    def found(self, day=TODAY):
        return self.choice._own_dso(self.company_a, day)

    def by_hand(self, today):
        """The same from records: no SQL, no sharing with what is tested."""
        start = today - timedelta(days=365)
        lines = (
            self.env["account.move.line"]
            .search([("company_id", "=", self.company_a.id)])
            .filtered(
                lambda line: (
                    line.parent_state == "posted"
                    and line.account_id == self.receivable
                    and line.date <= today
                )
            )
        )
        sales = lines.filtered(lambda line: line.move_id.move_type != "entry")
        first = min(sales.mapped("date"))
        sales = sales.filtered(lambda line: line.date > start)
        days = min((today - first).days + 1, 365)
        # The last day of a month is the one before the first of the next.
        year = [today - timedelta(days=n) for n in range(365)]
        ends = [day for day in year if (day + timedelta(days=1)).day == 1]
        self.assertEqual(len(ends), 12)
        owed = [
            sum(
                lines.filtered(lambda line, end=end: line.date <= end).mapped("balance")
            )
            for end in ends
            if end >= first
        ]
        total = sum(sales.mapped("balance"))
        return {
            "days": days,
            "volume": total * 365 / days,
            "days_outstanding": round(sum(owed) / len(owed) / total * days, 1),
        }

    def compare(self, day=TODAY):
        found, expected = self.found(day), self.by_hand(day)
        for name, value in expected.items():
            self.assertAlmostEqual(found[name], value, 4, name)

    def test_one_invoice_a_month_paid_after_a_month(self):
        # 1,000 each month, always one of them open: about a month of sales.
        for n in range(1, 15):
            day = TODAY - relativedelta(months=n) + timedelta(days=5)
            self._create_invoice(self.customer_1, 1_000, day)
            if n > 1:
                self._entry(1_000, day + timedelta(days=31), self.customer_1)
        found = self.found()
        self.assertEqual(found["days"], 365)
        self.assertEqual(found["volume"], 12_000)
        self.assertAlmostEqual(found["days_outstanding"], 31, delta=3)
        self.assertEqual((found["invoice_count"], found["debtor_count"]), (12, 1))
        self.compare()

    def test_everything_that_happens(self):
        self._create_invoice(self.customer_1, 500, "2025-01-15")
        self._create_invoice(self.customer_1, 1_200, "2025-09-10")
        self._create_invoice(self.customer_2, 800, "2026-02-20", currency=self.dollar)
        self._create_invoice(self.customer_1, 200, "2026-03-01", refund=True)
        self._entry(500, "2025-08-01", self.customer_1)
        self._entry(700.5, "2026-01-31", self.customer_1)
        before = self.found()
        self.assertEqual(before["volume"], 1_200 + 640 - 200)
        self.assertEqual((before["invoice_count"], before["debtor_count"]), (2, 2))
        self.compare()
        # None of this counts.
        self._create_invoice(self.customer_1, 9_000, "2026-05-01", post=False)
        self._create_invoice(self.customer_1, 9_000, "2026-07-01")
        self._entry(100, "2026-07-15", self.customer_1)
        self._entry(100, "2026-05-15", self.customer_1, account=self.other)
        self._entry(100, "2026-05-15", self.customer_1, post=False)
        self._create_invoice(
            self.customer_1, 9_000, "2026-05-01", company=self.company_b
        )
        self.assertEqual(self.found(), before)

    def test_in_the_middle_of_a_month(self):
        """What is owed is looked at when months end, not on the day's number."""
        for month in range(1, 7):
            self._create_invoice(self.customer_1, 1_000, date(2026, month, 10))
            paid = date(2026, month, 28) if month == 3 else date(2026, month, 25)
            self._entry(900, paid, self.customer_1)
        day = date(2026, 6, 18)
        # Owed at the ends of January to May: 100 more each month.
        self.assertEqual(
            self.found(day)["days_outstanding"], round(300 / 6_000 * 160, 1)
        )
        self.compare(day)

    def test_young_company_is_projected(self):
        self._create_invoice(self.customer_1, 1_000, TODAY - timedelta(days=99))
        found = self.found()
        self.assertEqual(found["days"], 100)
        self.assertEqual(found["volume"], 3_650)
        # Nothing paid so far: everything sold in 100 days is open.
        self.assertEqual(found["days_outstanding"], 100)
        self.compare()

    def test_too_little_to_say(self):
        self.assertEqual(self.found()["days_outstanding"], 0)
        self._create_invoice(self.customer_1, 1_000, TODAY - timedelta(days=88))
        self.assertEqual(self.found()["volume"], 0)
        choice = self._create_choice()
        self.assertFalse(choice.volume or choice.days_outstanding)
        self.assertIn("Enter the figures you expect", choice.books_note)

    def test_more_credited_than_sold(self):
        self._create_invoice(self.customer_1, 100, "2025-12-01")
        self._create_invoice(self.customer_1, 300, "2026-01-01", refund=True)
        self.assertEqual(self.found()["volume"], 0)
        self.assertIn("as much was credited", self._create_choice().books_note)

    def test_prepaid_sales_are_not_outstanding_less_than_nothing(self):
        self._create_invoice(self.customer_1, 100, "2025-12-01")
        self._entry(5_000, "2025-11-01", self.customer_1)
        self.assertEqual(self.found()["days_outstanding"], 0)

    def test_proposed_and_what_was_replaced_stays_visible(self):
        self._create_invoice(self.customer_1, 1_000, TODAY - timedelta(days=99))
        choice = self._create_choice()
        self.assertEqual((choice.volume, choice.days_outstanding), (3_650, 100))
        self.assertIn("From the books on 06/30/2026", choice.books_note)
        self.assertNotIn("by hand", choice.books_note)
        choice.days_outstanding = 60
        self.assertIn(
            "Days Sales Outstanding: entered by hand; the books say 100.",
            choice.books_note,
        )
        choice.action_take_books()
        self.assertEqual(choice.days_outstanding, 100)
        self.assertNotIn("by hand", choice.books_note)

    def test_figures_in_the_currency_of_the_offers(self):
        self._create_invoice(self.customer_1, 1_000, TODAY - timedelta(days=99))
        choice = self._create_choice(currency_id=self.dollar.id)
        self.assertEqual(choice.volume, 4_562.5)
        self.assertEqual(choice.days_outstanding, 100)

    def test_a_new_choice_reads_the_books_once(self):
        choices = self.env["continuity.factor.choice"].with_user(self.user_manager)
        form = Form(choices.with_company(self.company_a))
        with patch.object(type(choices), "_own_dso", side_effect=AssertionError):
            form.name = "Next year"
            form.volume = 1_000
            form.share = 50
        self.assertEqual(form.assigned_volume, 500)

    def test_reading_the_books_is_one_query(self):
        self._create_invoice(self.customer_1, 1_000, TODAY - timedelta(days=99))
        self.found()
        choice = self.choice.sudo()
        with self.assertQueryCount(1):
            choice._own_dso(self.company_a, TODAY)
