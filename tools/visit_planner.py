"""Find times for visits that all who take part can really keep.

Plain Python, free of models: people are ids, times are naive UTC datetimes. The
ORM side (`continuity.handover._get_visit_planner`) says when people are free.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True)
class Visit:
    """One visit to place: who goes, and between which days."""

    key: int
    people: frozenset
    first_day: date
    last_day: date


class VisitPlanner:
    """Book visits into the free time of several people.

    :param dict free: per person and day, the free stretches as sorted lists of
        (start, stop)
    :param int per_day: visits one person can make properly in a day
    :param int minutes: length of a visit
    :param int travel: minutes on the road for each visit
    """

    def __init__(self, free, per_day, minutes, travel):
        self.free = free
        self.per_day = per_day
        self.minutes = minutes
        self.travel = travel
        self.booked = defaultdict(int)

    def count(self, person, day, visits=1):
        """Count visits a person already makes on a day, in whatever plan."""
        self.booked[person, day] += visits

    def place(self, visits):
        """Book each visit at the earliest time its people can keep.

        :param list visits: :class:`Visit` objects, the most important first
        :return: start per key, and the keys that do not fit
        :rtype: tuple[dict[int, datetime], list[int]]
        """
        placed, unplaced = {}, []
        for visit in visits:
            start = self._first_start(visit)
            if start is None:
                unplaced.append(visit.key)
            else:
                placed[visit.key] = start
        return placed, unplaced

    def _first_start(self, visit):
        day = visit.first_day
        while day <= visit.last_day:
            if self.is_day_open(visit.people, day):
                start = self._start_on(visit.people, day)
                if start is not None:
                    self.book(visit.people, day, start)
                    return start
            day += timedelta(days=1)
        return None

    def is_day_open(self, people, day):
        """Tell whether nobody has reached their visits of the day."""
        return all(self.booked[person, day] < self.per_day for person in people)

    def _start_on(self, people, day):
        """Return the earliest start on the day that everybody is free at."""
        needed = timedelta(minutes=self.minutes + self.travel)
        common = None
        for person in people:
            stretches = self.free.get(person, {}).get(day, [])
            common = stretches if common is None else _intersect(common, stretches)
            if not common:
                return None
        return next((a for a, b in common if b - a >= needed), None)

    def fits(self, people, day, start):
        """Tell whether everybody is free for a visit at a given start."""
        stop = start + timedelta(minutes=self.minutes)
        return all(
            any(a <= start and stop <= b for a, b in self.free.get(p, {}).get(day, []))
            for p in people
        )

    def book(self, people, day, start):
        """Take a visit, with its travel, out of everybody's free time."""
        stop = start + timedelta(minutes=self.minutes + self.travel)
        for person in people:
            self.booked[person, day] += 1
            days = self.free.get(person, {})
            days[day] = subtract(days.get(day, []), start, stop)


def _intersect(first, second):
    """Return the stretches that lie in both lists."""
    result = []
    for a, b in first:
        for c, d in second:
            start, stop = max(a, c), min(b, d)
            if start < stop:
                result.append((start, stop))
    return result


def subtract(stretches, start: datetime, stop: datetime):
    """Return the stretches without what lies between two times."""
    result = []
    for a, b in stretches:
        if stop <= a or b <= start:
            result.append((a, b))
            continue
        if a < start:
            result.append((a, start))
        if stop < b:
            result.append((stop, b))
    return result
