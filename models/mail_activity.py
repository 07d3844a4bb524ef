from odoo import models


class MailActivity(models.Model):
    """What people do with the activity of a touchpoint holds for the touchpoint."""

    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        touchpoints = self._continuity_touchpoints()
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        touchpoints._activity_done(feedback)
        return result

    def write(self, vals):
        if "user_id" in vals and not self.env.su:
            # Before anybody is told that the activity is theirs.
            self._continuity_touchpoints()._check_activity_reassigned(vals["user_id"])
        result = super().write(vals)
        if "user_id" in vals and not self.env.su:
            self._continuity_touchpoints()._activity_reassigned()
        if "date_deadline" in vals:
            self._continuity_touchpoints()._activity_rescheduled()
        return result

    def unlink(self):
        touchpoints = self._continuity_touchpoints()
        result = super().unlink()
        touchpoints._activity_deleted()
        return result

    def _continuity_touchpoints(self):
        """Return the open touchpoints these are the activities of.

        Read as superuser: who may deal with an activity decides what becomes of it,
        also where they may not see the touchpoint.
        """
        touchpoints = self.env["continuity.touchpoint"]
        if not self.ids:
            return touchpoints
        return touchpoints.sudo().search(
            touchpoints._domain_open() + [("activity_id", "in", self.ids)]
        )
