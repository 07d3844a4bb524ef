from odoo import api, fields, models
from odoo.fields import Command

from .continuity_touchpoint import OPEN_STATES


class ContinuityGathering(models.Model):
    """A meeting of several customers at once, such as a reception or a webinar.

    Each customer has a touchpoint of their own, with attempts, letter and page; what
    these share is the appointment. In the calendar it is one meeting, of colleagues
    only: customers on it would read of each other. They are invited by letter.

    Made and changed by the processes, which check who may.
    """

    _name = "continuity.gathering"
    _description = "Meeting of Several Customers"
    _order = "date desc, id desc"

    name = fields.Char(required=True)
    company_id = fields.Many2one("res.company", required=True, index=True)
    date = fields.Datetime(string="When", required=True)
    duration = fields.Float(string="Duration (hours)", default=1.5, required=True)
    place = fields.Char(help="The address, or the link of the video meeting.")
    touchpoint_ids = fields.One2many("continuity.touchpoint", "gathering_id")
    event_id = fields.Many2one(
        "calendar.event", string="Meeting", ondelete="set null", index="btree_not_null"
    )

    _duration_positive = models.Constraint(
        "CHECK(duration > 0)", "A meeting takes some time: enter how long."
    )

    def _open_touchpoints(self):
        """Return the contacts of the gathering that are still owed.

        :rtype: continuity.touchpoint
        """
        return self.touchpoint_ids.filtered(lambda t: t.state in OPEN_STATES)

    def _colleagues(self):
        """Return who takes part for us.

        :rtype: res.users
        """
        touchpoints = self._open_touchpoints()
        return touchpoints.user_id | touchpoints.attendee_ids

    def _sync_event(self):
        """Bring the one meeting of each gathering in line with it, quietly."""
        calendar = self.env["continuity.touchpoint"]._get_event_model()
        for gathering in self.sudo():
            shown = gathering._open_touchpoints().filtered("activity_id")
            event = calendar.browse(gathering.event_id.exists().id)
            if not shown:
                gathering.event_id = False
                gathering._open_touchpoints().event_id = False
                now = fields.Datetime.now()
                event.filtered(lambda e, now=now: e.start > now).action_archive()
                continue
            values = gathering._prepare_event_values()
            if event:
                event.write(values)
            else:
                event = calendar.create(values)
                gathering.event_id = event
            shown.filtered(lambda t, e=event: t.event_id != e).event_id = event

    def _move(self, date, duration):
        """Give the gathering another time; all its contacts and its meeting follow.

        :param datetime date: UTC
        :param float duration: hours
        """
        self.ensure_one()
        gathering = self.sudo()
        gathering.write({"date": date, "duration": duration})
        still_open = gathering._open_touchpoints()
        still_open.duration = duration
        still_open._reschedule(date)

    def _prepare_event_values(self):
        """Return the values of the meeting of one gathering; no customer is named in
        it, because everybody reads calendars.

        :rtype: dict
        """
        self.ensure_one()
        colleagues = self._colleagues()
        return {
            "name": self.name,
            "user_id": colleagues[:1].id,
            "partner_ids": [Command.set(colleagues.partner_id.ids)],
            "start": self.date,
            "stop": fields.Datetime.add(self.date, hours=self.duration),
            "duration": self.duration,
            "location": self.place,
        }


class ContinuityTouchpoint(models.Model):
    """Contacts that take place together, in a ``continuity.gathering``."""

    _inherit = "continuity.touchpoint"

    _guarded_fields = frozenset({"gathering_id"})

    gathering_id = fields.Many2one(
        "continuity.gathering",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The meeting of several customers this one takes part in.",
    )

    @api.model
    def _prepare_planned_values(self, vals):
        values = super()._prepare_planned_values(vals)
        # Who plans may not read gatherings; it is a process that names one here.
        gatherings = self.env["continuity.gathering"].sudo()
        gathering = gatherings.browse(vals.get("gathering_id") or ())
        if gathering:
            values |= {"date_planned": gathering.date, "duration": gathering.duration}
        return values

    def _sync_event(self):
        together = self.sudo().filtered("gathering_id")
        together.gathering_id._sync_event()
        return super(ContinuityTouchpoint, self - together)._sync_event()

    def _drop_event(self):
        """Leave a shared meeting to those who still take part in it."""
        now = fields.Datetime.now()
        together = self.filtered("gathering_id")
        future = together.filtered(lambda t: t.gathering_id.date > now)
        future.event_id = False
        future.gathering_id._sync_event()
        return super(ContinuityTouchpoint, self - together)._drop_event()

    def _event_moved(self):
        for gathering in self.gathering_id:
            event = gathering.event_id
            hours = (event.stop - event.start).total_seconds() / 3600
            gathering.write({"date": event.start, "duration": hours})
        return super()._event_moved()

    def _event_deleted(self):
        """One person's calendar does not cancel a meeting of many: it comes back."""
        together = self.exists().filtered("gathering_id")
        together.event_id = False
        together.gathering_id.event_id = False
        together._show()
        together.gathering_id._sync_event()
        return super(ContinuityTouchpoint, self - together)._event_deleted()

    def _set_people(self, attendees, contacts, invite_customer=False):
        res = super()._set_people(attendees, contacts, invite_customer)
        self.sudo().gathering_id._sync_event()
        return res

    def _event_partners(self):
        if self.gathering_id:
            return self.gathering_id._colleagues().partner_id
        return super()._event_partners()

    def _may_meet_with(self, other):
        return (
            super()._may_meet_with(other)
            or bool(self.gathering_id)
            and self.gathering_id == other.gathering_id
        )
