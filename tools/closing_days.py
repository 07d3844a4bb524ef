"""Closing days and payment days of customers (締日・支払日), in plain Python.

What is invoiced until the closing day is paid together on a payment day. A closing day
of 31 is the last day of each month, one of 30 the last day of February. 0 means that
the customer closes no periods: each day stands for itself.
"""

import calendar
from datetime import timedelta

from dateutil.relativedelta import relativedelta

MONTH_END = 31


def day_of_month(year, month, day):
    """Return a day of a month, its last one where it is shorter.

    :param int day: 1 to 31
    :return: day of that month
    :rtype: int
    """
    return min(day, calendar.monthrange(year, month)[1])


def closing_of(day, closing_day):
    """Return the closing date of the period a day belongs to.

    :param date day: such as that of an invoice
    :param int closing_day: 1 to 31; 0 for none
    :return: the first closing date on or after the day
    :rtype: date
    """
    if not closing_day:
        return day
    closing = day.replace(day=day_of_month(day.year, day.month, closing_day))
    if closing < day:
        following = day.replace(day=1) + relativedelta(months=1)
        closing = following.replace(
            day=day_of_month(following.year, following.month, closing_day)
        )
    return closing


def period_from(day, closing_day):
    """Return the first day of the first closing period that begins on or after a day.

    :param date day: from which something is to hold
    :param int closing_day: 1 to 31; 0 for none
    :rtype: date
    """
    if not closing_day:
        return day
    return closing_of(day - timedelta(days=1), closing_day) + timedelta(days=1)


def payment_of(day, closing_day, months, payment_day):
    """Return when a customer pays what is invoiced on a day.

    :param date day: of the invoice
    :param int closing_day: 1 to 31; 0 for none
    :param int months: full months from the month of the closing day
    :param int payment_day: 1 to 31; 0 for none
    :return: the payment day, never before the closing day; None without one
    :rtype: date
    """
    if not payment_day:
        return None
    closing = closing_of(day, closing_day)
    month = closing.replace(day=1) + relativedelta(months=months)
    payment = month.replace(day=day_of_month(month.year, month.month, payment_day))
    if payment < closing:
        month += relativedelta(months=1)
        payment = month.replace(day=day_of_month(month.year, month.month, payment_day))
    return payment
