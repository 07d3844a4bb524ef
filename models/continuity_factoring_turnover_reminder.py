"""Who is reminded of money that is not ours, and until when."""

from odoo import fields, models

from .continuity_factoring_turnover import MISHAPS

# Each has its own to-do; what is collected as agreed has one per day.
OWN_REMINDER = (*MISHAPS, "unclear")


class ContinuityFactoringTurnover(models.Model):
    _inherit = "continuity.factoring.turnover"

    _guarded_fields = frozenset({"activity_id"})

    activity_id = fields.Many2one(
        "mail.activity",
        string="To-Do",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="It stands for all collections that are to be turned over by that day.",
    )

    def _reminder(self, env):
        """Return the summary of the to-do for these, in an environment's language."""
        turnover = self[:1]
        if turnover.reason in OWN_REMINDER:
            labels = dict(self._fields["reason"]._description_selection(env))
            return f"{turnover.move_id.name}: {labels[turnover.reason]}"
        return env._(
            "Turn collections over to %s", turnover.factoring_id.factor_id.name
        )

    def _remind_contact(self):
        """Give whom the agreement names a to-do: one per mishap, and one per day for
        what is collected as agreed."""
        due = self.sudo().filtered(lambda t: t.state == "due" and not t.activity_id)
        for agreement, turnovers in due.grouped("factoring_id").items():
            known = turnovers._daily_reminders()
            for turnover in turnovers:
                by_day = turnover.reason not in OWN_REMINDER
                activity = by_day and known.get(turnover.due_on)
                if not activity:
                    activity = agreement._remind(
                        agreement.contact_id,
                        lambda env, t=turnover: t._reminder(env),
                        deadline=turnover.due_on,
                    )[:1]
                if by_day:
                    known[turnover.due_on] = activity
                turnover.activity_id = activity

    def _daily_reminders(self):
        """Return the open to-dos for what is collected as agreed, by day.

        :rtype: dict
        """
        others = self.search(
            [
                ("factoring_id", "in", self.factoring_id.ids),
                ("due_on", "in", self.mapped("due_on")),
                ("state", "=", "due"),
                ("reason", "not in", OWN_REMINDER),
                ("activity_id.active", "=", True),
            ]
        )
        return {turnover.due_on: turnover.activity_id for turnover in others}

    def _close_reminders(self):
        """Mark the to-dos as done that are done with: one that stands for several
        collections when the last of them is."""
        # Who turns over need not be whose to-do it is.
        turnovers = self.sudo()
        waiting = turnovers.search(
            [("activity_id", "in", turnovers.activity_id.ids), ("state", "=", "due")]
        ).activity_id
        labels = dict(self._fields["state"]._description_selection(self.env))
        for activity, done in turnovers.grouped("activity_id").items():
            if activity.active and activity not in waiting:
                activity.action_feedback(feedback=labels[done[:1].state])
