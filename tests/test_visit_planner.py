from datetime import date, datetime, timedelta

from odoo.tests import BaseCase

from ..tools.visit_planner import Visit, VisitPlanner, subtract

MONDAY = date(2027, 3, 1)
TUESDAY = date(2027, 3, 2)


def at(hour, minute=0, day=MONDAY):
    return datetime(day.year, day.month, day.day, hour, minute)


class TestVisitPlanner(BaseCase):
    """Plain arithmetic of visits: no database needed."""

    def _planner(self, free, per_day=5, minutes=60, travel=30):
        return VisitPlanner(free, per_day, minutes, travel)

    def _office_hours(self, *people, days=(MONDAY,)):
        return {
            person: {day: [(at(8, day=day), at(12, day=day))] for day in days}
            for person in people
        }

    def _visit(self, key, *people, first=MONDAY, last=MONDAY):
        return Visit(key, frozenset(people), first, last)

    # === subtract === #

    def test_subtract_cuts_out_the_middle(self):
        self.assertEqual(
            subtract([(at(8), at(12))], at(9), at(10)),
            [(at(8), at(9)), (at(10), at(12))],
        )

    def test_subtract_clips_both_ends(self):
        self.assertEqual(
            subtract([(at(8), at(10)), (at(11), at(12))], at(9), at(11, 30)),
            [(at(8), at(9)), (at(11, 30), at(12))],
        )

    def test_subtract_takes_a_whole_stretch(self):
        self.assertEqual(subtract([(at(9), at(10))], at(8), at(12)), [])

    def test_subtract_leaves_what_only_touches(self):
        stretches = [(at(8), at(9)), (at(10), at(12))]
        self.assertEqual(subtract(stretches, at(9), at(10)), stretches)

    # === place === #

    def test_places_at_the_earliest_time(self):
        planner = self._planner(self._office_hours(1))
        placed, unplaced = planner.place([self._visit("a", 1)])
        self.assertEqual(placed, {"a": at(8)})
        self.assertEqual(unplaced, [])

    def test_travel_counts_between_visits(self):
        planner = self._planner(self._office_hours(1))
        placed, _unplaced = planner.place([self._visit("a", 1), self._visit("b", 1)])
        self.assertEqual(placed["b"], at(9, 30))

    def test_no_visit_without_room_for_its_travel(self):
        planner = self._planner({1: {MONDAY: [(at(8), at(9, 29))]}})
        self.assertEqual(planner.place([self._visit("a", 1)]), ({}, ["a"]))
        planner = self._planner({1: {MONDAY: [(at(8), at(9, 30))]}})
        self.assertEqual(planner.place([self._visit("a", 1)]), ({"a": at(8)}, []))

    def test_visits_per_day_are_the_limit_even_with_time_left(self):
        planner = self._planner(self._office_hours(1), per_day=2, minutes=30, travel=0)
        placed, unplaced = planner.place([self._visit(key, 1) for key in "abc"])
        self.assertEqual(placed, {"a": at(8), "b": at(8, 30)})
        self.assertEqual(unplaced, ["c"])

    def test_time_is_the_limit_even_with_visits_left(self):
        planner = self._planner(self._office_hours(1), per_day=80)
        placed, unplaced = planner.place([self._visit(key, 1) for key in range(80)])
        self.assertEqual(list(placed), [0, 1])
        self.assertEqual(len(unplaced), 78)

    def test_goes_on_to_the_next_day_but_not_beyond_the_last(self):
        planner = self._planner(self._office_hours(1, days=(MONDAY, TUESDAY)), 1)
        placed, unplaced = planner.place(
            [self._visit(key, 1, last=TUESDAY) for key in "abc"]
        )
        self.assertEqual(placed, {"a": at(8), "b": at(8, day=TUESDAY)})
        self.assertEqual(unplaced, ["c"])

    def test_not_before_the_first_day(self):
        planner = self._planner(self._office_hours(1, days=(MONDAY, TUESDAY)))
        placed, _unplaced = planner.place(
            [self._visit("a", 1, first=TUESDAY, last=TUESDAY)]
        )
        self.assertEqual(placed, {"a": at(8, day=TUESDAY)})

    def test_a_day_nobody_works_is_skipped(self):
        planner = self._planner(self._office_hours(1, days=(TUESDAY,)))
        placed, _unplaced = planner.place([self._visit("a", 1, last=TUESDAY)])
        self.assertEqual(placed, {"a": at(8, day=TUESDAY)})

    def test_only_time_all_people_share(self):
        planner = self._planner(
            {
                1: {MONDAY: [(at(8), at(10)), (at(13), at(17))]},
                2: {MONDAY: [(at(9), at(15))]},
                3: {MONDAY: [(at(14), at(18))]},
            },
            minutes=60,
            travel=0,
        )
        placed, _unplaced = planner.place(
            [self._visit("two", 1, 2), self._visit("three", 1, 2, 3)]
        )
        self.assertEqual(placed, {"two": at(9), "three": at(14)})

    def test_no_time_in_common(self):
        planner = self._planner(
            {1: {MONDAY: [(at(8), at(12))]}, 2: {MONDAY: [(at(12), at(18))]}}
        )
        self.assertEqual(planner.place([self._visit("a", 1, 2)]), ({}, ["a"]))

    def test_unknown_person_is_never_free(self):
        planner = self._planner(self._office_hours(1))
        self.assertEqual(planner.place([self._visit("a", 1, 9)]), ({}, ["a"]))

    def test_a_visit_takes_the_time_of_everybody_who_goes(self):
        planner = self._planner(self._office_hours(1, 2), travel=0)
        placed, _unplaced = planner.place(
            [self._visit("both", 1, 2), self._visit("one", 1), self._visit("two", 2)]
        )
        self.assertEqual(placed, {"both": at(8), "one": at(9), "two": at(9)})

    def test_a_visit_that_does_not_fit_takes_nobody_elses_time(self):
        planner = self._planner(self._office_hours(1), per_day=1)
        placed, unplaced = planner.place([self._visit("x", 1, 2), self._visit("y", 1)])
        self.assertEqual((placed, unplaced), ({"y": at(8)}, ["x"]))

    def test_most_important_first(self):
        """Who comes first in the list gets the place, whatever the key."""
        planner = self._planner(self._office_hours(1), per_day=1)
        placed, unplaced = planner.place([self._visit(9, 1), self._visit(1, 1)])
        self.assertEqual((list(placed), unplaced), ([9], [1]))

    # === what is booked already === #

    def test_visits_of_other_plans_count_against_the_day(self):
        planner = self._planner(self._office_hours(1, 2), per_day=2)
        planner.count(1, MONDAY, visits=2)
        self.assertFalse(planner.is_day_open({1, 2}, MONDAY))
        self.assertTrue(planner.is_day_open({2}, MONDAY))
        self.assertEqual(
            planner.place([self._visit("a", 1, 2), self._visit("b", 2)]),
            ({"b": at(8)}, ["a"]),
        )

    def test_fits_asks_for_the_whole_visit(self):
        planner = self._planner(self._office_hours(1), minutes=60, travel=30)
        self.assertTrue(planner.fits({1}, MONDAY, at(8)))
        # Travel after the last visit need not lie in working time.
        self.assertTrue(planner.fits({1}, MONDAY, at(11)))
        self.assertFalse(planner.fits({1}, MONDAY, at(11, 1)))
        self.assertFalse(planner.fits({1}, MONDAY, at(7, 59)))
        self.assertFalse(planner.fits({1, 2}, MONDAY, at(8)))

    def test_booking_blocks_the_visit_and_its_travel(self):
        planner = self._planner(self._office_hours(1), minutes=60, travel=30)
        planner.book({1}, MONDAY, at(9))
        self.assertFalse(planner.fits({1}, MONDAY, at(8, 30)))
        self.assertFalse(planner.fits({1}, MONDAY, at(10)))
        self.assertTrue(planner.fits({1}, MONDAY, at(10, 30)))
        self.assertTrue(planner.fits({1}, MONDAY, at(8)))

    def test_booking_outside_the_free_time_still_counts(self):
        planner = self._planner(self._office_hours(1), per_day=1)
        planner.book({1}, TUESDAY, at(9, day=TUESDAY))
        self.assertFalse(planner.is_day_open({1}, TUESDAY))

    def test_eighty_people_in_a_day_do_not_fit(self):
        """The failure the software must refuse to call a plan (H5)."""
        free = {1: {MONDAY: [(at(0), at(0) + timedelta(days=1))]}}
        placed, unplaced = self._planner(free, per_day=80).place(
            [self._visit(key, 1) for key in range(80)]
        )
        self.assertEqual((len(placed), len(unplaced)), (16, 64))
