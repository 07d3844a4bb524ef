from odoo import api, fields, models

from .continuity_touchpoint import WRITTEN_OUTCOMES


class ContinuityTouchpointAttempt(models.Model):
    """Whether an attempt only stood in for a talk: kept with the attempt, because the
    touchpoint forgets it when its ladder begins again."""

    _inherit = "continuity.touchpoint.attempt"

    stopgap = fields.Boolean(string="In Its Place", readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        touchpoints = self.env["continuity.touchpoint"].sudo()
        for vals in vals_list:
            touchpoint = touchpoints.browse(vals.get("touchpoint_id"))
            vals["stopgap"] = (
                vals.get("outcome") in WRITTEN_OUTCOMES
                and vals.get("channel_id") in touchpoint.stopgap_channel_ids.ids
            )
        return super().create(vals_list)
