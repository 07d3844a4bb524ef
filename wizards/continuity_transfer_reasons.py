from odoo import api, fields, models


class ContinuityReasonWizard(models.TransientModel):
    """What is decided about a customer's transfer to a provider."""

    _inherit = "continuity.reason.wizard"

    decision = fields.Selection(
        selection_add=[
            ("return_customer", "The customer came back"),
            ("cancel_transfer", "Give the transfer up"),
        ],
        ondelete={"return_customer": "cascade", "cancel_transfer": "cascade"},
    )

    @api.model
    def _decisions(self):
        return {
            **super()._decisions(),
            "return_customer": ("continuity.transfer", "_return"),
            "cancel_transfer": ("continuity.transfer", "_cancel"),
        }
