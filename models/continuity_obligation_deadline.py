"""How obligations usually end, and by when: the days of the timetable."""

from odoo import models
from odoo.tools import SQL

# How it usually ends, and which event of the timetable is then the last day.
PROPOSALS = {
    "undelivered": ("deliver", "last_service"),
    "prepayment": ("refund", "liquidation_end"),
    "credit": ("refund", "liquidation_end"),
    "uninvoiced": ("pay", "last_invoice"),
    "open_invoice": ("pay", "liquidation_end"),
}


class ContinuityDissolution(models.Model):
    _inherit = "continuity.dissolution"

    def _proposed_values(self, kind):
        """Return what the next refresh will propose for something not in the register
        yet, as its customer is told."""
        resolution, event = PROPOSALS.get(kind, (False, None))
        return {
            "resolution": resolution,
            "deadline": (event and self._date_of(event)) or False,
            "tracking_ref": False,
        }

    def _fill_deadlines(self):
        """Give open rows without one the deadline that the timetable has for them."""
        self.env.cr.execute(
            SQL(
                """UPDATE continuity_obligation o SET deadline = proposal.deadline
                     FROM (VALUES %s) proposal (kind, resolution, deadline)
                    WHERE o.dissolution_id = %s AND o.kind = proposal.kind
                      AND o.state = 'open' AND o.deadline IS NULL
                      AND proposal.deadline IS NOT NULL""",
                self._proposals_sql(),
                self.id,
            )
        )

    def _proposals_sql(self):
        """Return the rows (kind, resolution, deadline) of what is proposed."""
        return SQL(", ").join(
            SQL("(%s, %s, %s::date)", kind, resolution, self._date_of(event) or None)
            for kind, (resolution, event) in PROPOSALS.items()
        )

    def _move_deadlines(self, code, old, new):
        """Let the deadlines that came from a day of the timetable move with it; those
        that people set stay.

        :param str code: of the event
        :param date old: its former day
        :param date new: its day now, or False: the next one given is taken over
        """
        self.ensure_one()
        kinds = [kind for kind, (_end, event) in PROPOSALS.items() if event == code]
        # With the app's rights: who may move the day was checked.
        self.env["continuity.obligation"].sudo().search(
            [
                ("dissolution_id", "=", self.id),
                ("kind", "in", kinds),
                ("state", "=", "open"),
                ("deadline", "=", old),
            ]
        ).write({"deadline": new})


class ContinuityDissolutionMilestone(models.Model):
    _inherit = "continuity.dissolution.milestone"

    def write(self, vals):
        before = {}
        if "date_planned" in vals:
            before = {milestone: milestone.date_planned for milestone in self}
        result = super().write(vals)
        for milestone, day in before.items():
            if day and day != milestone.date_planned:
                milestone.dissolution_id._move_deadlines(
                    milestone.code, day, milestone.date_planned
                )
        return result
