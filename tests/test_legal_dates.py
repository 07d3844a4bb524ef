from datetime import date

from odoo.tests import BaseCase, tagged

from ..tools.legal_dates import Bound, limits, propose, roll_forward, shift

NEW_YEAR = {date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 4)}


def open_but_new_year(day):
    return day not in NEW_YEAR


@tagged("post_install", "-at_install")
class TestLegalDates(BaseCase):
    def test_the_first_day_is_not_counted(self):
        self.assertEqual(shift(date(2027, 3, 1), 15, "days"), date(2027, 3, 16))

    def test_days_over_the_end_of_a_year(self):
        self.assertEqual(shift(date(2026, 12, 20), 30, "days"), date(2027, 1, 19))

    def test_days_through_february(self):
        self.assertEqual(shift(date(2027, 2, 20), 10, "days"), date(2027, 3, 2))
        self.assertEqual(shift(date(2028, 2, 20), 10, "days"), date(2028, 3, 1))

    def test_weeks_back(self):
        self.assertEqual(shift(date(2027, 1, 20), -5, "weeks"), date(2026, 12, 16))

    def test_a_month_without_such_a_day_ends_on_its_last(self):
        self.assertEqual(shift(date(2027, 1, 31), 1, "months"), date(2027, 2, 28))
        self.assertEqual(shift(date(2028, 1, 31), 1, "months"), date(2028, 2, 29))
        self.assertEqual(shift(date(2027, 8, 31), -2, "months"), date(2027, 6, 30))

    def test_corresponding_day(self):
        self.assertEqual(shift(date(2027, 2, 28), 2, "months"), date(2027, 4, 28))
        self.assertEqual(shift(date(2026, 11, 15), 2, "months"), date(2027, 1, 15))

    def test_months_that_begin_the_next_day(self):
        """Japan: Civil Code 140 and 143."""
        for day, end in (
            (date(2027, 2, 28), date(2027, 4, 30)),
            (date(2027, 3, 10), date(2027, 5, 10)),
            (date(2026, 12, 31), date(2027, 2, 28)),
            (date(2026, 12, 30), date(2027, 2, 28)),
            (date(2027, 12, 30), date(2028, 2, 29)),
            (date(2027, 6, 30), date(2027, 8, 31)),
        ):
            with self.subTest(day=day):
                self.assertEqual(shift(day, 2, "months", next_day=True), end)

    def test_leap_years(self):
        self.assertEqual(shift(date(2028, 2, 29), 1, "years"), date(2029, 2, 28))
        self.assertEqual(shift(date(2028, 2, 29), 4, "years"), date(2032, 2, 29))

    def test_business_days_skip_weekends_and_holidays(self):
        # A Tuesday; Thursday, Friday and Monday are days off.
        self.assertEqual(
            shift(date(2026, 12, 29), 3, "business_days", open_but_new_year),
            date(2027, 1, 6),
        )
        self.assertEqual(
            shift(date(2027, 1, 6), -2, "business_days", open_but_new_year),
            date(2026, 12, 30),
        )

    def test_no_shop_makes_saturday_a_business_day(self):
        always_open = bool
        self.assertEqual(
            shift(date(2027, 3, 4), 2, "business_days", always_open), date(2027, 3, 8)
        )

    def test_last_day_moved_behind_a_weekend(self):
        self.assertEqual(roll_forward(date(2027, 3, 6)), date(2027, 3, 8))
        self.assertEqual(roll_forward(date(2027, 3, 8)), date(2027, 3, 8))

    def test_unknown_unit(self):
        with self.assertRaises(ValueError):
            shift(date(2027, 3, 1), 1, "moons")

    def test_the_narrowest_bounds_count(self):
        bounds = [
            Bound("a", "end", "notice", 30, "days", "bar"),
            Bound("b", "end", "gazette", 45, "days", "bar"),
            Bound("c", "end", "gazette", 90, "days", "max"),
            Bound("d", "end", "unknown", 1, "days", "max"),
            Bound("e", "end", "gazette", 0, "prompt", "max"),
        ]
        dates = {"notice": date(2027, 3, 20), "gazette": date(2027, 3, 1)}
        self.assertEqual(
            limits("end", bounds, dates), (date(2027, 4, 19), date(2027, 5, 30))
        )

    def test_proposal_keeps_to_bounds_both_ways(self):
        bounds = [
            Bound("a", "stopped", "application", -3, "months", "max"),
            Bound("b", "copies", "application", 7, "days", "max"),
        ]
        events = [("stopped", 60), ("application", 61), ("copies", 200)]
        dates = propose(events, bounds, {}, date(2026, 9, 30))
        # 30 November is within the three months before 28 February.
        self.assertEqual(dates["stopped"], date(2026, 11, 30))
        self.assertEqual(dates["application"], date(2027, 3, 1))
        self.assertLessEqual(dates["copies"], date(2027, 3, 8))
        for bound in bounds:
            self.assertTrue(bound.is_kept(dates[bound.event], dates[bound.anchor]))

    def test_proposal_takes_business_days(self):
        dates = propose([("told", 5)], [], {"x": date(2027, 1, 1)}, date(2027, 3, 1))
        self.assertEqual(dates["told"], date(2027, 3, 8))
        self.assertEqual(dates["x"], date(2027, 1, 1))

    def test_what_a_period_is_counted_from_gives_way(self):
        bounds = [
            Bound("a", "decision", "notice", 3, "business_days", "min"),
            Bound("b", "decision", "resolution", 14, "days", "max"),
        ]
        events = [("resolution", 0), ("notice", 13), ("decision", 12)]
        dates = propose(events, bounds, {}, date(2027, 3, 1))
        self.assertEqual(dates["decision"], date(2027, 3, 15))
        self.assertEqual(dates["notice"], date(2027, 3, 10))

    def test_proposal_when_nothing_fits(self):
        bounds = [
            Bound("a", "told", "x", 10, "days", "min"),
            Bound("b", "told", "x", 5, "days", "max"),
        ]
        dates = propose(
            [("told", 0)], bounds, {"x": date(2027, 3, 1)}, date(2027, 3, 1)
        )
        self.assertEqual(dates["told"], date(2027, 3, 6))
