from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .continuity_touchpoint import OPEN_STATES

# What a report, a postponement or calling off may change.
REMEMBERED = (
    "state",
    "outcome",
    "date_done",
    "done_by_id",
    "reason",
    "channel_id",
    "channel_ids",
    "date_due",
    "date_show",
    "date_planned",
    "event_id",
    "next_try",
    "postponed_count",
    "ladder_channel_id",
    "ladder_attempt_id",
    "ladder_round",
    "stopgap_channel_ids",
    "held_back",
    "escalated_on",
)
# Contacts that were made by reporting them: nobody had planned them.
UNPLANNED = ("logged:", "answer:")


class ContinuityTouchpointAttempt(models.Model):
    _inherit = "continuity.touchpoint.attempt"

    withdrawn = fields.Boolean(
        readonly=True,
        help="Reported by mistake and taken back the same day: it counts for nothing.",
    )


class ContinuityTouchpoint(models.Model):
    """A mis-click is no fact: who reported, postponed or called off a contact can take
    it back the same day, as long as nothing else has happened to it since.

    How the contact stood before is kept in ``before``. Attempts are evidence and stay,
    marked as withdrawn: no clock, figure or list counts them.
    """

    _inherit = "continuity.touchpoint"

    _guarded_fields = frozenset({"before", "withdrawn_attempt_ids"})

    before = fields.Json(
        readonly=True,
        copy=False,
        help="How it stood before the last click of a person: by whom and when, the "
        "last attempt, and the values.",
    )
    withdrawn_attempt_ids = fields.One2many(
        "continuity.touchpoint.attempt",
        "touchpoint_id",
        string="Taken Back",
        domain=[("withdrawn", "=", True)],
    )
    may_undo = fields.Boolean(compute="_compute_may_undo")

    @api.depends("before", "state")
    @api.depends_context("uid", "tz")
    def _compute_may_undo(self):
        for touchpoint in self:
            touchpoint.may_undo = not touchpoint._undo_problem()

    # === WHAT CAN BE TAKEN BACK === #

    def log_attempt(self, outcome, **values):
        """Report, such that it can be taken back.

        See ``continuity.touchpoint``.
        """
        self._remember()
        return super().log_attempt(outcome, **values)

    def _postpone(self, day):
        self._remember()
        return super()._postpone(day)

    def _not_useful(self, reason):
        self._remember()
        super()._not_useful(reason)
        return self._offer_undo(self.env._("Called off."))

    def action_today_done(self):
        """Report contacts as held and offer to take it back.

        See :meth:`action_today_done` of the list.
        """
        return super().action_today_done() or self._offer_undo()

    def action_today_no_answer(self):
        """Report that nobody answered and offer to take it back."""
        super().action_today_no_answer()
        return self._offer_undo()

    def action_postpone_tomorrow(self):
        """Do it on the next working day and offer to take it back."""
        super().action_postpone_tomorrow()
        return self._offer_undo(self._say_postponed())

    def action_postpone_week(self):
        """Do it next week and offer to take it back."""
        super().action_postpone_week()
        return self._offer_undo(self._say_postponed())

    def _say_postponed(self):
        days = sorted(set(self.sudo().mapped("date_show")))
        return self.env._(
            "Postponed to %s.",
            ", ".join(format_date(self.env, day) for day in days),
        )

    def _offer_undo(self, message=None):
        """Return the action that says what was done, with a button to take it back.

        :param str message: one sentence; by default that it was reported
        """
        return {
            "type": "ir.actions.client",
            "tag": "continuity_undo",
            "params": {
                "message": message or self.env._("Reported."),
                "touchpoint_ids": self.ids,
            },
        }

    def _remember(self):
        """Keep how open touchpoints stand, for whoever changes them now."""
        now = fields.Datetime.to_string(self.env.cr.now())
        today = fields.Date.to_string(fields.Date.context_today(self))
        attempts = self._all_attempts()
        for touchpoint in self.sudo().filtered(lambda t: t.state in OPEN_STATES):
            # The text of a letter is taken back where letters are.
            if touchpoint.frozen_on:
                touchpoint.before = False
                continue
            partner = touchpoint._wrong_number_partner()
            touchpoint.before = {
                "user": self.env.uid,
                "day": today,
                "written": now,
                "attempt": max(attempts.ids, default=0),
                "shown": bool(touchpoint.activity_id.active),
                "phone_problem": [partner.id, partner.continuity_phone_problem],
                "values": {
                    name: self._remembered_value(touchpoint, name)
                    for name in self._remembered_fields()
                },
            }

    @api.model
    def _remembered_fields(self):
        """Return what a report, a postponement or calling off may change. Extensions
        add theirs.

        :rtype: tuple[str]
        """
        return REMEMBERED

    @api.model
    def _remembered_value(self, touchpoint, name):
        value = touchpoint._fields[name].convert_to_write(touchpoint[name], touchpoint)
        if value and touchpoint._fields[name].type in ("date", "datetime"):
            return fields.Datetime.to_string(value)
        return value

    def _all_attempts(self):
        return (
            self.env["continuity.touchpoint.attempt"]
            .sudo()
            .search([("touchpoint_id", "in", self.ids)])
        )

    def _tell_manager(self, text, detail=""):
        """Let go of the manager's to-do as well when the click is taken back."""
        todos = super()._tell_manager(text, detail)
        for touchpoint in self.sudo().filtered("before"):
            told = todos.filtered(
                lambda a, t=touchpoint: (
                    a.res_id == t.partner_id.id and (a.summary or "").startswith(t.name)
                )
            )
            touchpoint.before = {**touchpoint.before, "told": told.ids}
        return todos

    # === TAKING BACK === #

    def _undo_problem(self):
        """Return why the user cannot take back what was done last, or False.

        :rtype: str | bool
        """
        self.ensure_one()
        touchpoint = self.sudo()
        before = touchpoint.before
        if not before or before["user"] != self.env.uid:
            return self.env._(
                "“%s”: there is nothing of yours to take back.", touchpoint.name
            )
        if before["day"] != fields.Date.to_string(fields.Date.context_today(self)):
            return self.env._(
                "“%s”: what was reported can be taken back the same day only.",
                touchpoint.name,
            )
        if fields.Datetime.to_string(touchpoint.write_date) != before["written"]:
            return self.env._(
                "“%s” has changed since and cannot be put back as it was.",
                touchpoint.name,
            )
        return False

    def action_undo(self):
        """Take back what the user has just done to these touchpoints.

        State, dates, channel, activity and meeting are as before; attempts made are
        withdrawn, and the customer's last contact follows at once.

        :raise AccessError: unless the user may read them
        :raise UserError: when it was somebody else, or not today, when something else
            has happened since, or when a process has gone on by it
        """
        self.check_access("read")
        self.flush_recordset()
        for touchpoint in self:
            if problem := touchpoint._undo_problem():
                raise UserError(problem)
        self._notify_origin("_touchpoint_taken_back")
        for touchpoint in self.sudo():
            touchpoint._put_back_as_it_was()
        self._refresh_customers()

    def _put_back_as_it_was(self):
        """Put one touchpoint back; rights were checked in :meth:`action_undo`."""
        self.ensure_one()
        before = self.before
        made = self._all_attempts().filtered(lambda a: a.id > before["attempt"])
        made.withdrawn = True
        activities = self.activity_id
        self._disown_messages()
        # First let go of it: one that others delete comes back.
        self.activity_id = False
        todos = self.env["mail.activity"].browse(before.get("told", ())).exists()
        (activities | todos).unlink()
        partner_id, problem = before["phone_problem"]
        partner = self.env["res.partner"].browse(partner_id).exists()
        if partner.continuity_phone_problem != problem:
            partner.continuity_phone_problem = problem
        values = dict(before["values"])
        event = self._get_event_model().with_context(active_test=False)
        event = event.browse(values["event_id"] or ()).exists()
        values["event_id"] = event.id
        event.filtered(lambda e: not e.active).action_unarchive()
        self.write({**values, "before": False})
        self.invalidate_recordset(["attempt_ids", "withdrawn_attempt_ids"])
        if self.occurrence.startswith(UNPLANNED):
            self._cancel(self.env._("Reported by mistake."))
        elif before["shown"]:
            self._show()

    def _disown_messages(self):
        """Let what Odoo noted when the activity was done stand as a note that it was
        taken back; as it is it would count as a contact. What was done later the same
        day stays."""
        reported = fields.Datetime.to_datetime(self.before["written"])
        messages = self.env["mail.message"].search(
            [
                ("model", "=", "res.partner"),
                ("res_id", "=", self.partner_id.id),
                ("subtype_id", "=", self.env.ref("mail.mt_activities").id),
                ("mail_activity_type_id", "!=", False),
                ("create_uid", "=", self.before["user"]),
                ("create_date", ">=", reported),
                ("create_date", "<", reported + timedelta(seconds=1)),
            ]
        )
        for message in messages:
            message.write(
                {
                    "subtype_id": self.env.ref("mail.mt_note").id,
                    "mail_activity_type_id": False,
                    "body": Markup("<p>%s</p>%s")
                    % (
                        self.env._("Reported by mistake and taken back:"),
                        message.body or "",
                    ),
                }
            )
