import pytz

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from .continuity_touchpoint import OPEN_STATES


class ContinuityTouchpoint(models.Model):
    """Done there is done here: activities and meetings that people tick off, move or
    delete in Odoo's own lists and calendars.

    ====================  =========================================================
    in Odoo               here
    ====================  =========================================================
    activity done         held, with the feedback as gist, where done activities of
                          the channel count as contact; otherwise, and for every
                          meeting and letter, the touchpoint stays owed and says so
    activity moved        due that day
    activity reassigned   the colleague is responsible; only a manager of who was may
                          do that, as for the touchpoint itself
    activity deleted      comes back the next working day: nothing is lost
    meeting moved         the appointment moves
    meeting deleted       an appointment has to be made again
    ====================  =========================================================

    Nothing here changes what agrees already, so none of it runs in circles.
    """

    _inherit = "continuity.touchpoint"

    @api.model
    def _domain_open(self):
        """Return what a person still has to do."""
        return [("state", "in", OPEN_STATES)]

    # === ACTIVITIES === #

    def _activity_done(self, feedback=False):
        """Take activities that were marked done for what they are worth.

        :param str feedback: what the user wrote
        """
        counted = self.filtered(lambda t: t._done_activity_settles())
        for touchpoint in self - counted:
            touchpoint._stay_owed(touchpoint._why_done_activity_does_not_settle())
        try:
            with self.env.cr.savepoint():
                counted._settle_by_activity(feedback)
        except UserError as error:
            if len(counted) == 1:
                counted._stay_owed(str(error))
            else:
                for touchpoint in counted:
                    touchpoint._activity_done(feedback)

    def _done_activity_settles(self):
        """Tell whether a tick is enough: not for a meeting, which is reported with
        its time, nor for a text that has to leave first."""
        self.ensure_one()
        channel = self.channel_id
        return (
            channel.true_contact
            and channel.done_activity_counts
            and not channel.is_meeting
            and not (self.template_id and channel.written)
        )

    def _why_done_activity_does_not_settle(self):
        env = self._env_of_responsible()
        if self.channel_id.is_meeting:
            return env._("Was the meeting held? Report what came of it.")
        return env._(
            "%s: an activity marked done is no contact. Report what came of it.",
            self._localized(self.channel_id).name,
        )

    def _settle_by_activity(self, feedback):
        """Report, in the name of the user, the contacts whose activity they ticked.

        :raise UserError: when they may not, or the contact cannot have taken place
        """
        if self:
            touchpoints = self.sudo(False)
            touchpoints.log_attempt("held", note=feedback or False)
            touchpoints._refresh_relationships()

    def _stay_owed(self, text):
        """Put a touchpoint whose activity was ticked back into the list, and tell the
        user so at once.

        :param str text: why it is still owed
        """
        self.ensure_one()
        today = fields.Date.context_today(self)
        self.write({"next_try": text, "activity_id": False, "date_show": today})
        self._show()
        self.env.user._bus_send(
            "simple_notification",
            {
                "type": "warning",
                "title": self.env._("Still owed: %s", self.name),
                "message": text,
                "sticky": True,
            },
        )

    def _activity_rescheduled(self):
        """Let due dates follow activities that were given another day.

        Where there is a meeting, Odoo moves it along, and it decides. Somebody who
        may not report the contact moves nothing: the activity goes back to its day.
        """
        for touchpoint in self.filtered(lambda t: not t.date_planned):
            day = touchpoint.activity_id.date_deadline
            if self.env.uid != SUPERUSER_ID and not touchpoint._may_perform():
                touchpoint._move_activity(touchpoint.date_due)
            elif day and touchpoint.date_due != day:
                touchpoint.write(
                    # What has to be arranged first stays in sight until then.
                    {"date_due": day}
                    if touchpoint.channel_id.is_meeting
                    else {"date_due": day, "date_show": day}
                )

    def _check_activity_reassigned(self, user_id):
        """Refuse to give the activities of these contacts to somebody whom the user
        could not give the contacts to.

        :param int user_id: ``res.users`` who is to do the activities
        :raise AccessError: unless manager of who is responsible
        :raise UserError: when that person cannot be given work in the company
        """
        colleague = self.env["res.users"].browse(user_id)
        for touchpoint in self.filtered(lambda t: t.user_id != colleague):
            if not self.env.user._is_continuity_manager_of(touchpoint.user_id):
                raise AccessError(
                    self.env._(
                        "“%(contact)s” is the task of %(person)s: ask a manager of "
                        "theirs to give it to somebody else.",
                        contact=touchpoint.name,
                        person=touchpoint.user_id.name,
                    )
                )
            if not colleague._is_continuity_colleague(touchpoint.company_id):
                raise UserError(
                    self.env._(
                        "“%(contact)s” needs somebody who works in %(company)s: choose "
                        "another colleague.",
                        contact=touchpoint.name,
                        company=touchpoint.company_id.name,
                    )
                )

    def _activity_reassigned(self):
        """Let whoever was given the activity be responsible for the contact; rights
        were checked before, see :meth:`_check_activity_reassigned`."""
        for touchpoint in self:
            user = touchpoint.activity_id.user_id
            if user and user != touchpoint.user_id:
                before = touchpoint.user_id
                touchpoint.user_id = user
                touchpoint._responsible_changed(before)

    def _responsible_changed(self, before):
        """Bring activities and meetings of open touchpoints in line with who is
        responsible now.

        :param before: ``res.users`` who was
        """
        for touchpoint in self.sudo():
            user = touchpoint.user_id
            activity = touchpoint.activity_id.filtered("active")
            if activity.user_id != user:
                activity.with_context(mail_activity_quick_update=True).user_id = user
            event = self._get_event_model().browse(touchpoint.event_id.id)
            leaving = before.partner_id - touchpoint._event_partners()
            if event and event.user_id == before:
                event.write(
                    {
                        "user_id": user.id,
                        "partner_ids": [
                            *(Command.unlink(partner.id) for partner in leaving),
                            Command.link(user.partner_id.id),
                        ],
                    }
                )

    def _activity_deleted(self):
        """Bring touchpoints back whose activity somebody deleted."""
        for touchpoint in self.exists():
            env = touchpoint._env_of_responsible()
            touchpoint.write(
                {
                    "activity_id": False,
                    "date_show": touchpoint._day_after(1),
                    "next_try": env._(
                        "Its activity was deleted, but the contact is still owed. If "
                        "it is not needed, say so under Not Useful."
                    ),
                }
            )

    # === MEETINGS === #

    def _event_moved(self):
        """Let appointments follow their meetings."""
        moved = self.filtered(
            lambda t: (
                t.event_id.active
                and t.date_planned
                and (t.date_planned, t.duration) != t._event_times()
            )
        )
        for touchpoint in moved:
            start, duration = touchpoint._event_times()
            tz = pytz.timezone(touchpoint.user_id.tz or "UTC")
            day = pytz.utc.localize(start).astimezone(tz).date()
            touchpoint.write(
                {"date_planned": start, "duration": duration, "date_due": day}
            )
            touchpoint._move_activity(day)
        moved._notify_origin("_touchpoint_rescheduled")

    def _event_times(self):
        """Return when the meeting begins (UTC) and how many hours it takes."""
        event = self.event_id
        return event.start, (event.stop - event.start).total_seconds() / 3600

    def _let_go_of_events(self):
        """Forget meetings that are about to be deleted, and the activities that
        PostgreSQL deletes along with them."""
        for touchpoint in self:
            vals = {"event_id": False}
            if touchpoint.activity_id.calendar_event_id == touchpoint.event_id:
                vals["activity_id"] = False
            touchpoint.write(vals)

    def _event_deleted(self):
        """Have appointments made again whose meeting somebody deleted."""
        touchpoints = self.exists().filtered(lambda t: t.state in OPEN_STATES)
        for touchpoint in touchpoints:
            env = touchpoint._env_of_responsible()
            touchpoint.write(
                {
                    "event_id": False,
                    "date_planned": False,
                    "next_try": env._(
                        "The meeting was deleted: make another appointment."
                    ),
                }
            )
            touchpoint._put_back(fields.Date.context_today(touchpoint), keep_due=True)
        touchpoints._notify_origin("_touchpoint_rescheduled")
