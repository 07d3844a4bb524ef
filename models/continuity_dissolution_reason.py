from odoo import api, fields, models


class ContinuityDissolution(models.Model):
    """The reason customers hear: honest and specific (D1)."""

    _inherit = "continuity.dissolution"

    reason_advice = fields.Text(
        compute="_compute_reason_advice", string="Worth Another Word"
    )

    @api.depends("customer_reason")
    @api.depends_context("lang")
    def _compute_reason_advice(self):
        wording = self.env["continuity.wording"]
        for campaign in self:
            found = wording._find(campaign.customer_reason)
            campaign.reason_advice = "\n".join(found) or False
