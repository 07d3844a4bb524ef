"""Today: what one click does with a contact, and the list on paper."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from .continuity_touchpoint_today import AHEAD_DAYS


class ContinuityTouchpoint(models.Model):
    _inherit = "continuity.touchpoint"

    # === ONE CLICK === #

    def action_today_done(self):
        """Report contacts as held, or cards and letters as posted. A meeting, of which
        the time matters, and a letter with a template ask first.

        :return: the dialog, when one has to be asked for
        :raise AccessError: see ``log_attempt``
        :raise UserError: see ``log_attempt``, or when several of them have to ask
        """
        asking = self.filtered(
            lambda t: t.channel_id.is_meeting or t.sudo().template_id
        )
        if asking and len(self) > 1:
            raise UserError(
                self.env._(
                    "Report them one by one, with time and result: %s",
                    ", ".join(asking.mapped("name")),
                )
            )
        if asking.sudo().template_id:
            return self.action_preview_letters()
        if asking:
            return self.action_report()
        for by_post, touchpoints in self.grouped(
            lambda t: t.channel_id.by_post
        ).items():
            touchpoints.log_attempt("posted" if by_post else "held")
        self._refresh_relationships()
        return False

    def action_today_no_answer(self):
        """Report that nobody answered; the ladder decides what follows."""
        self.log_attempt("no_answer")

    def action_postpone_tomorrow(self):
        """Do it on the next working day."""
        self._postpone(fields.Date.context_today(self) + timedelta(days=1))

    def action_postpone_week(self):
        """Do it on Monday of next week, or the first working day after it."""
        today = fields.Date.context_today(self)
        self._postpone(today + timedelta(days=7 - today.weekday()))

    def action_postpone_date(self):
        """Ask for the day to do it on."""
        return {
            "type": "ir.actions.act_window",
            "res_model": "continuity.postpone",
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Postpone"),
            "context": {"default_touchpoint_ids": self.ids},
        }

    def _postpone(self, day):
        """Do contacts on a later day; on a working day of the responsible person.

        :param date day: when, later than today
        :raise AccessError: unless responsible, present or manager of responsible
        :raise UserError: for today or the past, a closed contact, or an appointment
        """
        self.check_access("read")
        self._check_may_perform()
        if day <= fields.Date.context_today(self):
            raise UserError(self.env._("Choose a day after today."))
        for touchpoint in self.sudo():
            if touchpoint.date_planned:
                raise UserError(
                    self.env._(
                        "“%s” has an appointment: move the meeting in the calendar, or "
                        "report what came of it.",
                        touchpoint.name,
                    )
                )
            working_day = touchpoint.company_id._continuity_working_day(
                touchpoint.user_id, day
            )
            due = max(touchpoint.date_due, working_day)
            if not touchpoint.channel_id.is_meeting:
                due = working_day
            # First: the due date follows an activity that is moved, but a visit that
            # is arranged later is not due earlier.
            touchpoint._move_activity(working_day)
            touchpoint.write(
                {
                    "date_show": working_day,
                    "date_due": due,
                    "postponed_count": touchpoint.postponed_count + 1,
                }
            )

    def action_not_useful(self):
        """Ask why the contact is of no use."""
        return self.env["continuity.reason.wizard"]._open(self, "not_useful")

    def _not_useful(self, reason):
        """Call contacts off that help nobody.

        :param str reason: kept on the touchpoint
        :raise AccessError: unless responsible, present or manager of responsible
        :raise UserError: without a reason, or where a process has to decide
        """
        self._check_may_perform()
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the contact is not useful."))
        self._notify_origin("_touchpoint_called_off")
        self._cancel(reason)

    # === ON PAPER === #

    @api.model
    def action_print_today(self):
        """Print what the user has to do today."""
        return self._print(fields.Date.context_today(self))

    @api.model
    def action_print_week(self):
        """Print what the user has to do within a week."""
        return self._print(fields.Date.context_today(self) + timedelta(days=AHEAD_DAYS))

    @api.model
    def _print(self, until):
        """Return the PDF of the user's list.

        :param date until: the last day it shows
        :raise UserError: when nothing is in it
        """
        touchpoints = self._find_today(until)
        if not touchpoints:
            raise UserError(self.env._("There is nothing to print: nothing is due."))
        return self.env.ref("customer_continuity.action_report_today").report_action(
            touchpoints
        )
