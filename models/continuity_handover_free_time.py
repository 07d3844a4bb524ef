"""When the people of a plan have time to visit (H5)."""

from collections import defaultdict
from datetime import datetime, time, timedelta

import pytz

from odoo import api, models

from ..tools.visit_planner import VisitPlanner, subtract

# Plans whose visits already take somebody's time.
BINDING_STATES = ("submitted", "approved", "running")


class ContinuityHandover(models.Model):
    _inherit = "continuity.handover"

    @api.model
    def _get_visit_planner(self, company, users, first_day, last_day, per_day, plan):
        """Return a planner that knows when people are free.

        Free is: working time, less meetings in their calendars (private ones too,
        of which only the times are read), less visits of other plans.

        :param company: the ``res.company`` whose working hours and lengths count
        :param users: the ``res.users`` who may visit
        :param first_day: first day to plan
        :param last_day: last day to plan
        :param int per_day: visits per person and day
        :param plan: the ``continuity.handover`` being planned, whose own visits do
            not count; may be empty
        :rtype: VisitPlanner
        """
        company = company.sudo()
        tz = pytz.timezone(company.resource_calendar_id.tz or "UTC")
        start = tz.localize(datetime.combine(first_day, time.min))
        stop = tz.localize(datetime.combine(last_day + timedelta(days=1), time.min))
        free = self._working_stretches(company, users.sudo(), start, stop, tz)
        planner = VisitPlanner(
            free,
            per_day,
            company.continuity_visit_minutes,
            company.continuity_travel_minutes,
        )
        own_events = plan.sudo().line_ids.visit_touchpoint_id.event_id
        self._subtract_meetings(planner, users.sudo(), start, stop, tz, own_events)
        self._subtract_other_plans(planner, users, start, stop, tz, plan)
        return planner

    @api.model
    def _working_stretches(self, company, users, start, stop, tz):
        """Return the working time per user and day, naive UTC."""
        free = defaultdict(lambda: defaultdict(list))
        for user in users:
            resource, calendar = self._get_working_hours(company, user)
            if not calendar:
                continue
            intervals = company._continuity_work_intervals(
                calendar, resource, start, stop, tz
            )[resource.id]
            for begin, end, _meta in intervals:
                free[user.id][begin.astimezone(tz).date()].append(
                    (_naive(begin), _naive(end))
                )
        return free

    @api.model
    def _get_working_hours(self, company, user):
        """Return when somebody works in a company.

        :param company: the ``res.company``
        :param user: one ``res.users``
        :return: the ``resource.resource`` of the user, which may be empty, and the
            ``resource.calendar``, which is empty where neither has working hours
        :rtype: tuple
        """
        return company._continuity_working_hours(user)

    @api.model
    def _add_working_days(self, company, moment, days):
        """Return the time so many working days later, by the company's hours.

        Where a company has none, every day is a working day.

        :param company: the ``res.company``
        :param datetime moment: UTC
        :param int days: how many
        :return: UTC, or False when the calendar has no such time
        """
        return company._continuity_add_working_days(moment, days)

    @api.model
    def _subtract_meetings(self, planner, users, start, stop, tz, own_events):
        """Take the meetings of the users out of their free time.

        :param own_events: the meetings of the visits that are being planned
        """
        user_by_partner = {user.partner_id.id: user.id for user in users}
        attendees = (
            self.env["calendar.attendee"]
            .sudo()
            .search_fetch(
                [
                    ("partner_id", "in", list(user_by_partner)),
                    ("state", "!=", "declined"),
                    ("event_id", "not in", own_events.ids),
                    ("event_id.active", "=", True),
                    ("event_id.show_as", "=", "busy"),
                    # A day's margin: whole days are stored as if they were UTC.
                    ("event_id.start", "<", _naive(stop) + timedelta(days=1)),
                    ("event_id.stop", ">", _naive(start) - timedelta(days=1)),
                ],
                ["partner_id", "event_id"],
            )
        )
        # The times are public even for private meetings.
        attendees.event_id.fetch(["start", "stop", "allday", "start_date", "stop_date"])
        for attendee in attendees:
            days = planner.free[user_by_partner[attendee.partner_id.id]]
            _subtract(days, *_event_times(attendee.event_id, tz), tz)

    @api.model
    def _subtract_other_plans(self, planner, users, start, stop, tz, plan):
        """Count the visits of other plans against the day, and take those without a
        meeting yet out of the free time.

        Not those of a confidential plan the user is no part of: what no longer fits
        then is found when that plan is approved.
        """
        lines = (
            self.env["continuity.handover.line"]
            .sudo()
            .search(
                [
                    ("handover_id", "not in", plan._origin.ids),
                    ("plan_state", "in", BINDING_STATES),
                    ("state", "=", "open"),
                    ("excluded", "=", False),
                    ("mode", "=", "visit"),
                    ("date_visit", ">=", _naive(start)),
                    ("date_visit", "<", _naive(stop)),
                    "|",
                    "|",
                    ("leaver_id", "in", users.ids),
                    ("successor_id", "in", users.ids),
                    "&",
                    ("manager_attends", "=", True),
                    ("handover_id.approval_ids.user_id", "in", users.ids),
                ]
            )
        )
        lines = lines.filtered(
            lambda x: (
                not x.handover_id.confidential
                or self.env.user in x.handover_id.reader_ids
            )
        )
        length = timedelta(minutes=planner.minutes + planner.travel)
        for line in lines:
            day = pytz.utc.localize(line.date_visit).astimezone(tz).date()
            for user in line._visitors() & users.sudo():
                planner.count(user.id, day)
                _subtract(
                    planner.free[user.id], line.date_visit, line.date_visit + length, tz
                )


def _naive(moment):
    """Return an aware datetime as naive UTC, as Odoo stores it."""
    return moment.astimezone(pytz.utc).replace(tzinfo=None)


def _event_times(event, tz):
    """Return start and stop of a meeting, naive UTC; of whole days where they are."""
    if not event.allday:
        return event.start, event.stop
    first, last = event.start_date, event.stop_date or event.start_date
    start = tz.localize(datetime.combine(first, time.min))
    stop = tz.localize(datetime.combine(last + timedelta(days=1), time.min))
    return _naive(start), _naive(stop)


def _subtract(days, start, stop, tz):
    """Take start–stop, naive UTC, out of one person's days."""
    day = pytz.utc.localize(start).astimezone(tz).date()
    last = pytz.utc.localize(stop).astimezone(tz).date()
    while day <= last:
        if day in days:
            days[day] = subtract(days[day], start, stop)
        day += timedelta(days=1)
