from datetime import date

from odoo.tests import BaseCase, tagged

from ..tools.closing_days import closing_of, payment_of, period_from


@tagged("post_install", "-at_install")
class TestClosingDays(BaseCase):
    """Looked up in a calendar."""

    def test_closing_date_of_a_day(self):
        for day, closing_day, expected in (
            (date(2026, 6, 19), 20, date(2026, 6, 20)),
            (date(2026, 6, 20), 20, date(2026, 6, 20)),
            (date(2026, 6, 21), 20, date(2026, 7, 20)),
            (date(2026, 6, 1), 31, date(2026, 6, 30)),
            (date(2026, 6, 30), 31, date(2026, 6, 30)),
            (date(2026, 12, 21), 20, date(2027, 1, 20)),
            (date(2026, 12, 31), 31, date(2026, 12, 31)),
            (date(2026, 2, 10), 31, date(2026, 2, 28)),
            (date(2028, 2, 10), 31, date(2028, 2, 29)),
            (date(2028, 2, 29), 30, date(2028, 2, 29)),
            (date(2026, 1, 31), 30, date(2026, 2, 28)),
            (date(2026, 6, 19), 0, date(2026, 6, 19)),
        ):
            with self.subTest(day=day, closing_day=closing_day):
                self.assertEqual(closing_of(day, closing_day), expected)

    def test_first_period_from_a_day(self):
        for day, closing_day, expected in (
            # In the middle of a period: the next one.
            (date(2026, 6, 15), 31, date(2026, 7, 1)),
            # A period begins on the day itself.
            (date(2026, 7, 1), 31, date(2026, 7, 1)),
            (date(2026, 6, 21), 20, date(2026, 6, 21)),
            # The closing day itself belongs to the period that ends.
            (date(2026, 6, 30), 31, date(2026, 7, 1)),
            (date(2026, 6, 20), 20, date(2026, 6, 21)),
            (date(2026, 12, 2), 31, date(2027, 1, 1)),
            (date(2026, 12, 25), 20, date(2027, 1, 21)),
            (date(2026, 2, 15), 31, date(2026, 3, 1)),
            (date(2028, 2, 15), 31, date(2028, 3, 1)),
            (date(2028, 2, 29), 28, date(2028, 2, 29)),
            (date(2026, 3, 1), 30, date(2026, 3, 1)),
            (date(2026, 3, 1), 28, date(2026, 3, 1)),
            (date(2026, 6, 15), 0, date(2026, 6, 15)),
        ):
            with self.subTest(day=day, closing_day=closing_day):
                self.assertEqual(period_from(day, closing_day), expected)

    def test_payment_day(self):
        for day, closing_day, months, payment_day, expected in (
            # 月末締め翌月末払い
            (date(2026, 6, 10), 31, 1, 31, date(2026, 7, 31)),
            (date(2027, 1, 10), 31, 1, 31, date(2027, 2, 28)),
            (date(2028, 1, 31), 31, 1, 31, date(2028, 2, 29)),
            # 20日締め翌々月10日払い
            (date(2026, 6, 21), 20, 2, 10, date(2026, 9, 10)),
            (date(2026, 11, 21), 20, 2, 10, date(2027, 2, 10)),
            # The same month, but never before the closing day.
            (date(2026, 6, 10), 20, 0, 25, date(2026, 6, 25)),
            (date(2026, 6, 10), 20, 0, 5, date(2026, 7, 5)),
            (date(2026, 12, 10), 20, 0, 5, date(2027, 1, 5)),
            (date(2026, 6, 10), 0, 1, 15, date(2026, 7, 15)),
            (date(2026, 6, 10), 31, 1, 0, None),
        ):
            with self.subTest(day=day, closing_day=closing_day):
                self.assertEqual(
                    payment_of(day, closing_day, months, payment_day), expected
                )
