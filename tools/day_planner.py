"""Who is contacted on which day, in plain Python."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact to be placed.

    :ivar key: whatever the caller knows it by
    :ivar int person: id of who makes it
    :ivar date day: not before this day
    :ivar tuple rank: contacts with a smaller rank come first when a day is short
    """

    key: object
    person: int
    day: date
    rank: tuple


def place(contacts, free):
    """Give contacts days, so that nobody has more of them than there is room for.

    Day by day each person takes what has fallen due, the most important first; what
    does not fit moves on to their next day.

    :param contacts: iterable of :class:`Contact`
    :param dict free: person to a dict of date to the number of contacts that day
        still has room for; days that are not in it are no working days
    :return: date by the contacts' keys; without those that did not fit at all
    :rtype: dict
    """
    waiting = {}
    for contact in contacts:
        waiting.setdefault(contact.person, []).append(contact)
    placed = {}
    for person, own in waiting.items():
        pool = sorted(own, key=lambda contact: contact.rank)
        for day, room in sorted(free.get(person, {}).items()):
            later = []
            for contact in pool:
                if room > 0 and contact.day <= day:
                    placed[contact.key] = day
                    room -= 1
                else:
                    later.append(contact)
            pool = later
    return placed
