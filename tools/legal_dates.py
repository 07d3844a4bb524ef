"""Legal periods as dates, in plain Python.

The day a period is counted from is never counted itself. Latest days are not moved
behind a weekend, even where the law allows it: whoever keeps them is on the safe side.
"""

from dataclasses import dataclass
from datetime import timedelta

from dateutil.relativedelta import relativedelta

UNITS = ("days", "business_days", "weeks", "months", "years", "prompt")
# How far a day is looked for that fits all bounds.
SEARCH_DAYS = 800


@dataclass(frozen=True, slots=True)
class Bound:
    """One bound of the day of an event.

    :ivar key: whatever the caller knows it by
    :ivar event: what is bound
    :ivar anchor: the event the period is counted from
    :ivar int offset: how many units; negative before the anchor
    :ivar str unit: one of :data:`UNITS`; ``prompt`` is *without delay*, no number
    :ivar str kind: ``max`` (not later than), ``min`` (not earlier than) or ``bar``
        (not earlier than, and nothing is paid until then)
    :ivar bool next_day: months and years begin on the day after the anchor
    """

    key: object
    event: object
    anchor: object
    offset: int
    unit: str
    kind: str
    next_day: bool = False

    def limit(self, anchor_day, is_workday=None):
        """Return the day this bound means.

        :param date anchor_day: day of the anchor
        :param is_workday: function from a date to whether the company works then
        :return: the last (``max``) or first possible day; None where it has no number
        :rtype: date | None
        """
        if self.unit == "prompt":
            return None if self.kind == "max" else anchor_day
        return shift(anchor_day, self.offset, self.unit, is_workday, self.next_day)

    def is_kept(self, day, anchor_day, is_workday=None):
        """Tell whether an event on a day keeps to this bound.

        :rtype: bool
        """
        limit = self.limit(anchor_day, is_workday)
        if limit is None:
            return True
        return day <= limit if self.kind == "max" else day >= limit


def shift(day, offset, unit, is_workday=None, next_day=False):
    """Return the last day of a period.

    :param date day: day it is counted from
    :param int offset: how many units; negative counts back
    :param str unit: days, business_days, weeks, months or years
    :param is_workday: function from a date to whether the company works then; a
        business day is one from Monday to Friday that it does not deny
    :param bool next_day: months and years begin on the day after, and end the day
        before the corresponding one: from the end of a month to the end of a month
    :rtype: date
    :raise ValueError: for another unit
    """
    match unit:
        case "days":
            return day + timedelta(days=offset)
        case "weeks":
            return day + timedelta(weeks=offset)
        case "business_days":
            return _shift_business_days(day, offset, is_workday)
        case "months" | "years":
            # A month without such a day ends the period on its last day.
            span = relativedelta(**{unit: offset})
            if not next_day:
                return day + span
            first = day + timedelta(days=1)
            end = first + span
            return end - timedelta(days=1) if end.day == first.day else end
    raise ValueError(unit)


def _shift_business_days(day, offset, is_workday):
    step = timedelta(days=1 if offset > 0 else -1)
    for _count in range(abs(offset)):
        day += step
        while not is_business_day(day, is_workday):
            day += step
    return day


def is_business_day(day, is_workday=None):
    """Tell whether a day lies from Monday to Friday and is no day off.

    :rtype: bool
    """
    return day.weekday() < 5 and (is_workday is None or is_workday(day))


def roll_forward(day, is_workday=None):
    """Return the day itself, or the next business day.

    :rtype: date
    """
    while not is_business_day(day, is_workday):
        day += timedelta(days=1)
    return day


def limits(event, bounds, dates, is_workday=None):
    """Return the first and the last day on which an event keeps to all bounds.

    :param bounds: iterable of :class:`Bound`
    :param dict dates: day by event, of those that have one
    :return: two days, each None where nothing says so
    :rtype: tuple
    """
    earliest, latest = None, None
    for bound in bounds:
        anchor_day = dates.get(bound.anchor)
        if bound.event != event or not anchor_day:
            continue
        limit = bound.limit(anchor_day, is_workday)
        if limit is None:
            continue
        if bound.kind == "max":
            latest = min(latest or limit, limit)
        else:
            earliest = max(earliest or limit, limit)
    return earliest, latest


def propose(events, bounds, given, start, is_workday=None):
    """Return a day for every event that keeps to all bounds, where there is one.

    :param list events: pairs of event and usual days after the start, in order
    :param bounds: list of :class:`Bound`
    :param dict given: days that are fixed, by event
    :param date start: the day the usual days are counted from
    :param is_workday: see :func:`shift`
    :return: day by event, the given ones included
    :rtype: dict
    """
    usual = {event: start + timedelta(days=days) for event, days in events}
    dates = dict(given)

    def place(event):
        dates.pop(event, None)
        dates[event] = _first_fitting(event, usual[event], bounds, dates, is_workday)

    for event in usual:
        if event not in given:
            place(event)
    # What an event is counted from gives way to it, if it came too late.
    for bound in bounds:
        ends = [dates.get(bound.event), dates.get(bound.anchor)]
        if all(ends) and not bound.is_kept(*ends, is_workday):
            for event in (bound.anchor, bound.event):
                if event in usual and event not in given:
                    place(event)
    return dates


def _first_fitting(event, usual, bounds, dates, is_workday):
    """Return the business day next to the usual one that keeps to every bound with
    an event that has its day already."""
    own = [b for b in bounds if event in (b.event, b.anchor)]
    earliest, latest = limits(event, own, dates, is_workday)

    def fits(day):
        known = {**dates, event: day}
        return all(
            b.is_kept(known[b.event], known[b.anchor], is_workday)
            for b in own
            if b.event in known and b.anchor in known
        )

    begin = max(usual, earliest or usual)
    if latest:
        begin = min(begin, latest)
    days = [begin + timedelta(days=n) for n in range(SEARCH_DAYS)]
    days += [begin - timedelta(days=n) for n in range(1, SEARCH_DAYS)]
    fitting = None
    for day in days:
        if fits(day):
            if is_business_day(day, is_workday):
                return day
            fitting = fitting or day
    return fitting or begin
