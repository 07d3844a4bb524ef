from odoo import api, fields, models


class ContinuityReasonWizard(models.TransientModel):
    """What is decided about offers of factors."""

    _inherit = "continuity.reason.wizard"

    decision = fields.Selection(
        selection_add=[("choose_factor", "Choose this offer")],
        ondelete={"choose_factor": "cascade"},
    )

    @api.model
    def _decisions(self):
        return {
            **super()._decisions(),
            "choose_factor": ("continuity.factor.offer", "_choose"),
        }
