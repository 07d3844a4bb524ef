from datetime import timedelta

import pytz
from markupsafe import Markup

from odoo import fields, models
from odoo.tools import SQL, format_date, html_sanitize

from ..tools.local_time import format_local, format_moment
from .continuity_touchpoint import OPEN_STATES

# Times offered to a customer: how far ahead, and how many.
FIRST_DAY, LAST_DAY = 1, 14
SLOTS_PER_DAY = 2
SLOT_DISTANCE = timedelta(hours=4)
MAX_SLOTS = 8


class ContinuityTouchpoint(models.Model):
    """What the customer's page shows: the one list of what leaves the house (I4)."""

    _inherit = "continuity.touchpoint"

    def _portal_values(self, contact, page="/continuity/preview"):
        """Return all the page knows: plain texts, no record, so that no template
        can reach what is internal.

        In the language of the context.

        :param contact: ``res.partner``, the person whose page it is
        :param str page: path of that page; links in the letter lead there, because
            the one in the text is somebody's own key
        :rtype: dict
        """
        self.ensure_one()
        touchpoint = self.sudo()
        writer = touchpoint.signer_id or touchpoint.user_id
        writer_partner = writer.partner_id
        appointment = touchpoint._portal_appointment()
        return {
            "subject": touchpoint.letter_subject or "",
            "body": Markup(
                html_sanitize(
                    touchpoint._masked_letter_body(page) or "",
                    sanitize_attributes=True,
                    sanitize_style=True,
                    strip_classes=True,
                )
            ),
            "letter_lang": (touchpoint.letter_lang or "").replace("_", "-"),
            "date": self._portal_date(touchpoint.released_on or touchpoint.frozen_on),
            "company": touchpoint.company_id.name,
            "company_id": touchpoint.company_id.id,
            "customer": touchpoint.partner_id.name,
            "contact": contact.name or "",
            "phone": contact.phone or touchpoint.partner_id.phone or "",
            "responsible": touchpoint._portal_responsible().name,
            "writer": {
                "name": writer.name,
                "function": writer_partner.function or "",
                "phone": writer_partner.phone or touchpoint.company_id.phone or "",
                "email": writer.email or touchpoint.company_id.email or "",
            },
            "tz": self._portal_tz(contact).zone,
            "appointment": self._portal_moment(appointment.date_planned, contact),
            "acknowledged": self._portal_date(touchpoint.ack_date),
            "acknowledged_by": touchpoint.ack_name or "",
            "rating": touchpoint.rating,
        }

    def _portal_list_values(self):
        """Return what the list under "My Account" shows of this letter.

        :rtype: dict
        """
        self.ensure_one()
        writer = self.signer_id or self.user_id
        return {
            "url": f"/my/continuity/{self.id}",
            "subject": self.letter_subject or "",
            "date": self._portal_date(self.released_on or self.frozen_on),
            "writer": writer.name,
            "company": self.company_id.name,
            "acknowledged": self._portal_date(self.ack_date),
        }

    def _portal_responsible(self):
        """Return who hears of what the customer does: the responsible person, or the
        signer where that one has left."""
        self.ensure_one()
        touchpoint = self.sudo()
        people = (
            touchpoint.user_id | touchpoint.signer_id | touchpoint.partner_id.user_id
        )
        return people.filtered("active")[:1] or touchpoint.user_id

    # === DATES AND TIMES === #

    def _portal_tz(self, contact):
        """Return the time zone in which the customer reads times."""
        self.ensure_one()
        return pytz.timezone(
            contact.tz
            or self.partner_id.tz
            or self.user_id.tz
            or self.company_id.sudo().resource_calendar_id.tz
            or "UTC"
        )

    def _portal_date(self, moment):
        """Return a day to be read, or an empty text."""
        return format_date(self.env, moment, date_format="long") if moment else ""

    def _portal_moment(self, moment, contact):
        """Return day and time to be read, with the time zone, or an empty text.

        :param datetime moment: UTC, or False
        :param contact: ``res.partner`` who reads it
        """
        if not moment:
            return ""
        return format_moment(self.env, moment, self._portal_tz(contact))

    def _portal_deadline(self):
        """Return the day by which the customer hears from somebody who was asked to
        call or to confirm: the responsible person's next working day."""
        self.ensure_one()
        user = self._portal_responsible()
        today = self._portal_local_day(fields.Datetime.now())
        return self.company_id._continuity_working_day(user, today, 1)

    def _portal_local_day(self, moment):
        """Return the day of a time for the responsible person.

        :param datetime moment: naive UTC
        """
        tz = pytz.timezone(
            self._portal_responsible().tz
            or self.company_id.sudo().resource_calendar_id.tz
            or "UTC"
        )
        return pytz.utc.localize(moment).astimezone(tz).date()

    # === APPOINTMENT === #

    def _portal_appointment(self):
        """Return the meeting this letter is about: the contact itself, or an open one
        of the same origin that its people have in their lists already.

        Before that nobody is to know of it, least of all the customer.
        """
        self.ensure_one()
        touchpoint = self.sudo()
        if touchpoint.channel_id.is_meeting and touchpoint.state in OPEN_STATES:
            return touchpoint
        return touchpoint.search(
            [
                ("origin_model", "=", touchpoint.origin_model),
                ("origin_id", "=", touchpoint.origin_id),
                ("partner_id", "=", touchpoint.partner_id.id),
                ("company_id", "=", touchpoint.company_id.id),
                ("channel_id.is_meeting", "=", True),
                ("state", "in", OPEN_STATES),
                ("activity_id", "!=", False),
            ],
            order="date_due, id",
            limit=1,
        )

    def _portal_slots(self, contact):
        """Return times the customer can choose: full hours in the working time of
        all of us who take part, in which none of them has a meeting.

        :param contact: ``res.partner`` who chooses
        :return: naive UTC datetime to text, in order
        :rtype: dict
        """
        self.ensure_one()
        meeting = self._portal_appointment() or self.sudo()
        people = meeting.user_id | meeting.attendee_ids
        length = timedelta(hours=meeting.duration or 1.0)
        start = fields.Datetime.now() + timedelta(days=FIRST_DAY)
        stop = start + timedelta(days=LAST_DAY)
        busy = self._portal_busy_times(people, start, stop, meeting)
        tz = self._portal_tz(contact)
        slots, per_day = {}, {}
        for begin in self._portal_hours(people, start, stop, length):
            day = pytz.utc.localize(begin).astimezone(tz).date()
            # A morning and an afternoon say more than two hours in a row.
            last = per_day.get(day, [])
            if len(last) >= SLOTS_PER_DAY or any(
                begin - other < SLOT_DISTANCE for other in last
            ):
                continue
            if any(begin < until and since < begin + length for since, until in busy):
                continue
            per_day.setdefault(day, []).append(begin)
            slots[begin] = format_local(self.env, begin, tz)
            if len(slots) >= MAX_SLOTS:
                break
        return slots

    def _portal_hours(self, people, start, stop, length):
        """Yield the full hours from which on all these people work for a while.

        :param people: ``res.users``
        :param datetime start: naive UTC
        :param datetime stop: naive UTC
        :param timedelta length: how long they are needed
        :return: naive UTC, in order
        """
        aware = [pytz.utc.localize(moment) for moment in (start, stop)]
        working = None
        for user in people.sudo():
            resource, calendar = self.company_id._continuity_working_hours(user)
            if not calendar:
                continue
            intervals = self.company_id._continuity_work_intervals(
                calendar, resource, *aware
            )[resource.id]
            working = intervals if working is None else working & intervals
        for begin, end, _meta in working or ():
            hour = begin.replace(minute=0, second=0, microsecond=0)
            if hour < begin:
                hour += timedelta(hours=1)
            while hour + length <= end:
                yield hour.astimezone(pytz.utc).replace(tzinfo=None)
                hour += timedelta(hours=1)

    def _portal_busy_times(self, people, start, stop, meeting):
        """Return when people have meetings or appointments: only times, also of private
        ones.

        :param people: ``res.users``
        :param datetime start: naive UTC
        :param datetime stop: naive UTC
        :param meeting: the touchpoint whose own meeting does not count
        :return: tuples (start, stop), naive UTC
        :rtype: list[tuple]
        """
        self.flush_model(["date_planned", "duration", "event_id", "state", "user_id"])
        self.env["calendar.event"].flush_model()
        self.env["calendar.attendee"].flush_model()
        return self.env.execute_query(
            SQL(
                """SELECT CASE WHEN e.allday
                          THEN e.start_date::timestamp AT TIME ZONE %(tz)s
                                                       AT TIME ZONE 'UTC'
                          ELSE e.start END,
                          CASE WHEN e.allday
                          THEN (e.stop_date + 1)::timestamp AT TIME ZONE %(tz)s
                                                            AT TIME ZONE 'UTC'
                          ELSE e.stop END
                     FROM calendar_event e
                     JOIN calendar_attendee a ON a.event_id = e.id
                    WHERE a.partner_id = ANY(%(partners)s)
                      AND a.state IS DISTINCT FROM 'declined'
                      AND e.active AND e.show_as = 'busy'
                      -- Whole days are stored as if they were UTC.
                      AND e.start < %(stop)s AND e.stop > %(start)s
                      AND e.id IS DISTINCT FROM %(own_event)s
                   UNION ALL
                   -- Calls at a time agreed stand in no calendar.
                   SELECT t.date_planned,
                          t.date_planned + t.duration * interval '1 hour'
                     FROM continuity_touchpoint t
                    WHERE t.user_id = ANY(%(users)s) AND t.event_id IS NULL
                      AND t.state = ANY(%(open)s)
                      AND t.date_planned BETWEEN %(start)s AND %(stop)s
                      AND t.id <> %(own)s""",
                tz=self.company_id.sudo().resource_calendar_id.tz or "UTC",
                partners=people.partner_id.ids,
                start=start - timedelta(days=1),
                stop=stop + timedelta(days=1),
                own_event=meeting.event_id.id or None,
                own=meeting.id,
                users=people.ids,
                open=list(OPEN_STATES),
            )
        )
