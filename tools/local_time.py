"""Moments as people read them, always with the time zone."""

import pytz

from odoo.tools import format_date, format_time


def format_moment(env, moment, zone):
    """Return day and time in a time zone, which is named: whoever reads it may be
    in another one.

    :param env: environment, whose language is used
    :param datetime moment: naive UTC
    :param zone: time zone, of ``pytz`` or by name
    :rtype: str
    """
    zone = pytz.timezone(zone) if isinstance(zone, str) else zone
    return f"{format_local(env, moment, zone)} ({zone.zone})"


def format_local(env, moment, zone):
    """Return day and time in a time zone that the reader is told otherwise.

    :param datetime moment: naive UTC
    :param zone: of ``pytz``
    """
    local = pytz.utc.localize(moment).astimezone(zone)
    day = format_date(env, local.date(), date_format="full")
    return f"{day} {format_time(env, local.time(), time_format='short')}"
