from datetime import datetime, time, timedelta

import pytz

from odoo import fields, models

# How far ahead a working day is looked for; longer closures do not exist.
HORIZON_DAYS = 60
# By the clock of the company: from when on its relationships are refreshed.
REFRESH_HOUR = 2


class ResCompany(models.Model):
    """When people of a company work: the one place every deadline is counted by."""

    _inherit = "res.company"

    def _continuity_now(self):
        """Return the time by the clock of the company: of its working hours or, where
        there are none, of its address.

        :rtype: datetime with time zone
        """
        self.ensure_one()
        company = self.sudo()
        zone = company.resource_calendar_id.tz or company.partner_id.tz or "UTC"
        now = pytz.utc.localize(fields.Datetime.now())
        return now.astimezone(pytz.timezone(zone))

    def _is_refresh_due(self):
        """Tell whether the relationships of the company are to be refreshed: once in
        its own night, before anything is planned by them.

        :rtype: bool
        """
        self.ensure_one()
        refreshed_on = self.sudo().continuity_refreshed_on
        if not refreshed_on:
            return True
        now = self._continuity_now()
        begin = now.replace(hour=REFRESH_HOUR, minute=0, second=0, microsecond=0)
        return pytz.utc.localize(refreshed_on) < begin <= now

    def _continuity_working_hours(self, user):
        """Return when somebody works in this company.

        :param user: one ``res.users``, or none for the company itself
        :return: the ``resource.resource`` of the user, which may be empty, and the
            ``resource.calendar``, which is empty where neither has working hours
        :rtype: tuple
        """
        company = self.sudo()
        resource = user.sudo().resource_ids.filtered(
            lambda r: r.company_id in (company, company.browse())
        )[:1]
        return resource, resource.calendar_id or company.resource_calendar_id

    def _continuity_work_intervals(self, calendar, resources, start, stop, tz=None):
        """Return when people work in this company: their hours, less their days off
        and the public holidays of the company.

        The holidays of the company's calendar hold for who has hours of their own;
        those of another company hold for nobody here. Nothing is taken out where no
        holidays are recorded.

        :param calendar: the ``resource.calendar`` these people share
        :param resources: ``resource.resource``, possibly empty
        :param datetime start: with time zone
        :param datetime stop: with time zone
        :param tz: time zone of the result; that of the calendar without
        :return: ``Intervals`` by id of the resource, and by False for who has none
        :rtype: dict
        """
        self.ensure_one()
        company = self.sudo()
        domain = self._continuity_leave_domain()
        intervals = calendar.sudo()._work_intervals_batch(
            start, stop, resources=resources, domain=domain, tz=tz
        )
        # Also where the company itself has no calendar: then those of all calendars.
        own = [("calendar_id", "in", [False, company.resource_calendar_id.id])]
        holidays = company.resource_calendar_id._leave_intervals_batch(
            start,
            stop,
            domain=domain + own,
            tz=tz or pytz.timezone(calendar.tz or "UTC"),
        )[False]
        return {
            resource_id: worked - holidays for resource_id, worked in intervals.items()
        }

    def _continuity_leave_domain(self):
        """Return which days off hold in this company: its own, and nobody else's,
        also where they stand in no calendar."""
        self.ensure_one()
        return [("time_type", "=", "leave"), ("company_id", "in", [False, self.id])]

    def _continuity_add_working_days(self, moment, days):
        """Return the time so many working days later, by the company's hours.

        Where a company has none, every day is a working day.

        :param datetime moment: UTC
        :param int days: how many
        :return: UTC, or False when the calendar has no such time
        """
        calendar = self.sudo().resource_calendar_id
        if not calendar:
            return moment + timedelta(days=days)
        # In hours: plan_days counts the day it begins on as a whole one.
        return calendar.plan_hours(
            days * calendar.hours_per_day,
            moment,
            compute_leaves=True,
            domain=self._continuity_leave_domain(),
        )

    def _continuity_working_day(self, user, day, offset=0):
        """Return the date so many working days after a day, by somebody's hours and
        days off.

        :param user: one ``res.users``, or none for the company itself
        :param date day: from when on; with offset 0 it is taken itself if worked on
        :param int offset: how many working days later
        :return: the date; where nobody has working hours every day counts
        :rtype: date
        """
        self.ensure_one()
        resource, calendar = self._continuity_working_hours(user)
        if not calendar:
            return day + timedelta(days=offset)
        first = day + timedelta(days=1) if offset else day
        tz = pytz.timezone(calendar.tz or "UTC")
        start = tz.localize(datetime.combine(first, time.min))
        stop = start + timedelta(days=HORIZON_DAYS + 2 * offset)
        intervals = self._continuity_work_intervals(
            calendar, resource, start, stop, tz
        )[resource.id]
        days = list(
            dict.fromkeys(begin.astimezone(tz).date() for begin, *_ in intervals)
        )
        position = max(offset - 1, 0)
        if len(days) <= position:
            return day + timedelta(days=offset)
        return days[position]

    def _continuity_count_working_days(self, day, last):
        """Return how many working days of the company lie after a day, up to another.

        :param date day: not counted itself
        :param date last: counted, if worked on
        :return: where the company has no working hours every day counts
        :rtype: int
        """
        self.ensure_one()
        calendar = self.sudo().resource_calendar_id
        if not calendar or last <= day:
            return max((last - day).days, 0)
        tz = pytz.timezone(calendar.tz or "UTC")
        start = tz.localize(datetime.combine(day + timedelta(days=1), time.min))
        stop = tz.localize(datetime.combine(last, time.max))
        intervals = self._continuity_work_intervals(
            calendar, self.env["resource.resource"], start, stop, tz
        )[False]
        return len({begin.astimezone(tz).date() for begin, *_ in intervals})
