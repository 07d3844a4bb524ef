from odoo import models


class ContinuityHandoverLine(models.Model):
    """What a letter about a handover may say."""

    _inherit = "continuity.handover.line"

    def _letter_fact_values(self, touchpoints):
        lines = self.sudo().grouped("id")
        values = super()._letter_fact_values(touchpoints)
        for touchpoint in touchpoints:
            line = lines.get(touchpoint.origin_id)
            if line:
                values[touchpoint.id] = {
                    "fact_reason": line.handover_id.customer_reason,
                    "fact_former_contact": line.leaver_id.name,
                }
        return values
