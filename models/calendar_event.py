from odoo import models

# Only code that imports this object can pass it: not a switch for callers over RPC.
ACTIVITIES_MOVE_THEMSELVES = object()


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    def _sync_activities(self, fields):
        """Leave the people of activities alone while a handover moves a meeting:
        it moves the predecessor's own activities itself, colleagues keep theirs."""
        if self.env.context.get("continuity_cutover") is ACTIVITIES_MOVE_THEMSELVES:
            fields = set(fields) - {"user_id"}
        return super()._sync_activities(fields)
