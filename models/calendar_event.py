from odoo import models

# Only code that imports this object can pass it: not a switch for callers over RPC.
ACTIVITIES_MOVE_THEMSELVES = object()
# What says when a meeting takes place, and whether at all.
TIME_FIELDS = frozenset({"start", "stop", "start_date", "stop_date", "duration"})


class CalendarEvent(models.Model):
    """What people do with the meeting of a touchpoint holds for its appointment."""

    _inherit = "calendar.event"

    def _sync_activities(self, fields):
        """Leave the people of activities alone while a handover moves a meeting:
        it moves the predecessor's own activities itself, colleagues keep theirs."""
        if self.env.context.get("continuity_cutover") is ACTIVITIES_MOVE_THEMSELVES:
            fields = set(fields) - {"user_id"}
        return super()._sync_activities(fields)

    def write(self, vals):
        # Odoo takes values out of the dictionary while it writes.
        names = set(vals)
        result = super().write(vals)
        if "active" in names:
            archived = self.filtered(lambda event: not event.active)
            archived._continuity_touchpoints()._event_deleted()
        if TIME_FIELDS & names:
            self._continuity_touchpoints()._event_moved()
        return result

    def unlink(self):
        touchpoints = self._continuity_touchpoints()
        touchpoints._let_go_of_events()
        result = super().unlink()
        touchpoints._event_deleted()
        return result

    def _continuity_touchpoints(self):
        """Return the open touchpoints these are the meetings of; see the method of
        the same name on activities."""
        touchpoints = self.env["continuity.touchpoint"]
        if not self.ids:
            return touchpoints
        return touchpoints.sudo().search(
            touchpoints._domain_open() + [("event_id", "in", self.ids)]
        )
