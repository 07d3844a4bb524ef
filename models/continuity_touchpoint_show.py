"""When a contact is to be seen: its activity, and the meeting of a dated one."""

from datetime import timedelta

import pytz
from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import split_every

from .continuity_touchpoint import OPEN_STATES

# Activities the scheduler creates in one transaction.
SHOW_BATCH_SIZE = 500


class ContinuityTouchpoint(models.Model):
    _inherit = "continuity.touchpoint"

    def _show(self):
        """Put touchpoints into the lists and calendars of those who perform them.

        Creates the activity on the customer, assigned to the responsible person,
        and for a dated meeting the calendar event for all colleagues who take
        part. Quiet: nobody gets a mail for it, the customer is invited only when
        asked for.
        """
        to_show = self.filtered(
            lambda t: t.state in OPEN_STATES and not t.sudo().activity_id.active
        )
        if not to_show:
            return
        model_id = self.env["ir.model"]._get_id("res.partner")
        activities = (
            self.env["mail.activity"]
            .sudo()
            .with_context(mail_activity_quick_update=True)
            .create([t._prepare_activity_values(model_id) for t in to_show])
        )
        for touchpoint, activity in zip(to_show, activities, strict=True):
            touchpoint.sudo().activity_id = activity
        to_show._sync_event()

    def _prepare_activity_values(self, model_id):
        """Return the values of the activity of one touchpoint."""
        self.ensure_one()
        activity_type = self.channel_id.activity_type_id or self.env.ref(
            "mail.mail_activity_data_todo"
        )
        return {
            "res_model_id": model_id,
            "res_id": self.partner_id.id,
            "activity_type_id": activity_type.id,
            "summary": self.name,
            "user_id": self.user_id.id,
            "date_deadline": self.date_due,
            "note": self._prepare_activity_note(),
            "automated": True,
        }

    def _prepare_activity_note(self):
        """Return what stands below the subject: why, and how to go on."""
        self.ensure_one()
        lines = filter(None, [self.why, self.next_try])
        return Markup("<br>").join(lines) or False

    def _sync_event(self):
        """Create or move the calendar events of dated meetings."""
        # Before it is shown nobody is to know of it, least of all the customer.
        dated = self.sudo().filtered(
            lambda t: t.date_planned and t.channel_id.is_meeting and t.activity_id
        )
        for invite, touchpoints in dated.grouped("invite_customer").items():
            event_model = self._get_event_model(invite)
            new = touchpoints.filtered(lambda t: not t.event_id)
            for touchpoint in touchpoints - new:
                event = event_model.browse(touchpoint.event_id.id)
                values = touchpoint._prepare_event_values()
                names = ("start", "stop", "duration", "activity_ids")
                event.write({name: values[name] for name in names})
                # Odoo counts the day in the time zone of whoever is logged in.
                touchpoint._move_activity(touchpoint.date_due)
            events = event_model.create([t._prepare_event_values() for t in new])
            for touchpoint, event in zip(new, events, strict=True):
                touchpoint.event_id = event.id

    @api.model
    def _get_event_model(self, invite=False):
        """Return the calendar, as superuser, such that a change in it mails nobody.

        :param bool invite: whether those who take part get Odoo's invitation
        """
        return (
            self.env["calendar.event"]
            .sudo()
            .with_context(
                dont_notify=True,
                mail_activity_quick_update=True,
                mail_auto_subscribe_no_notify=True,
                no_mail_to_attendees=not invite,
                skip_attendee_notification=not invite,
            )
        )

    def _prepare_event_values(self):
        """Return the values of the meeting of one touchpoint."""
        self.ensure_one()
        model_id = self.env["ir.model"]._get_id("res.partner")
        return {
            "name": self.name,
            "user_id": self.user_id.id,
            "partner_ids": [Command.set(self._event_partners().ids)],
            "start": self.date_planned,
            "stop": self.date_planned + timedelta(hours=self.duration),
            # Else the calendar's own default length wins over the stop.
            "duration": self.duration,
            "res_model_id": model_id,
            "res_id": self.partner_id.id,
            "location": self.partner_id.contact_address_inline or False,
            # No description: everybody reads calendars, and the customer invitations.
            # Otherwise the calendar plans a second activity for the meeting.
            "activity_ids": [Command.link(a) for a in self.activity_id.ids],
        }

    def _event_partners(self):
        """Return who stands in the meeting; the customer only when invited."""
        self.ensure_one()
        partners = (self.user_id | self.attendee_ids).partner_id
        if self.invite_customer:
            partners |= self.contact_ids or self.partner_id
        return partners

    def _reschedule(self, date_planned):
        """Move the appointment, with its meeting and its activity's deadline.

        :param datetime date_planned: the new appointment, UTC, or False
        """
        date_planned = fields.Datetime.to_datetime(date_planned)
        for touchpoint in self.sudo():
            touchpoint.date_planned = date_planned
            if date_planned:
                touchpoint.date_due = fields.Datetime.context_timestamp(
                    touchpoint.with_context(tz=touchpoint.user_id.tz), date_planned
                ).date()
                touchpoint._move_activity(touchpoint.date_due)
            else:
                touchpoint._drop_event()
        self._sync_event()

    def _move_activity(self, day):
        """Give the activity another day; its meeting is moved apart from it, to the
        minute, where Odoo would shift it by whole days."""
        self.activity_id.filtered(
            lambda activity: activity.date_deadline != day
        ).with_context(calendar_event_meeting_update=True).date_deadline = day

    def _set_people(self, attendees, contacts, invite_customer=False):
        """Change who takes part, also in the meeting.

        :param attendees: ``res.users`` besides the responsible person
        :param contacts: ``res.partner``, the customer's people
        :param bool invite_customer: whether these get an invitation by mail
        """
        for touchpoint in self.sudo():
            before = touchpoint._event_partners()
            touchpoint.write(
                {
                    "attendee_ids": [Command.set(attendees.ids)],
                    "contact_ids": [Command.set(contacts.ids)],
                    "invite_customer": invite_customer,
                }
            )
            after = touchpoint._event_partners()
            event = self._get_event_model(touchpoint.invite_customer).browse(
                touchpoint.event_id.id
            )
            # Whom colleagues have added to the meeting themselves stays in it.
            event.write(
                {
                    "partner_ids": [Command.unlink(p.id) for p in before - after]
                    + [Command.link(p.id) for p in after - before]
                }
            )

    @api.model
    def _domain_to_show(self):
        """Return what belongs into people's lists by now, each by the day of the
        responsible person; extensions narrow it."""
        today = fields.Date.today()
        now = pytz.utc.localize(fields.Datetime.now())
        ahead, behind = [], []
        for zone in pytz.all_timezones:
            day = now.astimezone(pytz.timezone(zone)).date()
            if day > today:
                ahead.append(zone)
            elif day < today:
                behind.append(zone)
        day = timedelta(days=1)
        return [
            ("state", "in", OPEN_STATES),
            "|",
            "|",
            ("date_show", "<=", today - day),
            "&",
            ("date_show", "=", today),
            "!",
            ("user_id.tz", "in", behind),
            "&",
            ("date_show", "=", today + day),
            ("user_id.tz", "in", ahead),
        ]

    @api.model
    def _cron_show(self):
        """Create the activities of touchpoints whose day has come, in batches.

        One that fails keeps its reason in ``show_error``, is tried again at the next
        run and holds up no other (I11).
        """
        cron = self.env["ir.cron"]
        ids = self.search(
            # One that somebody archived, without doing it, is in no list either.
            self._domain_to_show()
            + ["|", ("activity_id", "=", False), ("activity_id.active", "=", False)],
            order="id",
        ).ids
        cron._commit_progress(remaining=len(ids))
        for batch_ids in split_every(SHOW_BATCH_SIZE, ids):
            # Several hosts may run at once: take what nobody else has taken.
            batch = self.browse(batch_ids).try_lock_for_update(allow_referencing=True)
            batch._show_or_keep_error()
            if not cron._commit_progress(len(batch_ids)):
                return

    def _show_or_keep_error(self):
        """Show touchpoints together; if that fails one by one, and note on those
        that cannot be shown why not."""

        def show(touchpoints):
            touchpoints._show()
            touchpoints.sudo().filtered("show_error").show_error = False

        def keep(touchpoint, error):
            touchpoint.sudo().show_error = str(error)

        self._together_or_one_by_one(show, keep)
