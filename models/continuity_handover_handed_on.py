"""A customer handed on by another plan, before everybody was told of the first one:
nobody tells them of somebody who does not look after them any more.
"""

from odoo import fields, models

from .continuity_touchpoint import REVOCABLE_STATES

# Contacts by which customers hear of a handover, or of the one they heard of.
TELLING = ("visit", "introduce", "tell:", "after:")


class ContinuityHandoverLine(models.Model):
    _inherit = "continuity.handover.line"

    def _close(self, gone, held_back):
        result = super()._close(gone, held_back)
        (self - gone)._supersede_telling()
        return result

    def _supersede_telling(self):
        """Withdraw what customers were still to hear of those who hand them on here;
        these plans tell of their own successors."""
        before = self._lines_before()
        before._telling_touchpoints(REVOCABLE_STATES)._cancel(
            self.env._("The customer was handed on.")
        )

    def _bring_back(self):
        result = super()._bring_back()
        self._resume_telling()
        return result

    def _resume_telling(self):
        """Owe customers who have come back to a successor what they had still to hear
        of them."""
        latest = {}
        for line in self._lines_before().sorted(lambda x: (x.moved_on, x.id)):
            latest[line.relationship_id, line.successor_id] = line.id
        lines = self.browse(latest.values())
        touchpoints = lines._telling_touchpoints(("cancelled",)).filtered(
            lambda t: (
                t.occurrence != "introduce"
                or lines.browse(t.origin_id).introduce_in_writing
            )
        )
        if not touchpoints:
            return
        touchpoints.filtered("frozen_on")._thaw()
        for is_tried, same in touchpoints.grouped(
            lambda t: bool(t.attempt_ids)
        ).items():
            same.write({"state": "tried" if is_tried else "owed", "reason": False})
        today = fields.Date.context_today(self)
        touchpoints.filtered(lambda t: t.date_show <= today)._show()

    def _lines_before(self):
        """Return the lines by which these customers had come to those who hand them on
        here.

        :rtype: continuity.handover.line
        """
        people = {(line.relationship_id, line.leaver_id) for line in self}
        return self.search(
            [
                ("id", "not in", self.ids),
                ("relationship_id", "in", self.relationship_id.ids),
                ("successor_id", "in", self.leaver_id.ids),
                ("state", "=", "moved"),
            ]
        ).filtered(lambda x: (x.relationship_id, x.successor_id) in people)

    def _telling_touchpoints(self, states):
        """Return the contacts in some states by which these customers hear of it."""
        return self.touchpoint_ids.filtered(
            lambda t: t.state in states and t.occurrence.startswith(TELLING)
        )
