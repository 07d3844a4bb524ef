from odoo import api, fields, models


class ContinuityReasonWizard(models.TransientModel):
    """What is decided about a factoring agreement and its customers."""

    _inherit = "continuity.reason.wizard"

    decision = fields.Selection(
        selection_add=[
            ("refuse_factoring", "Refuse the agreement"),
            ("cancel_factoring", "Give the agreement up"),
            ("leave_out_debtor", "Do not cover"),
            ("excuse_internal", "Nobody needs to be told inside"),
            ("buy_back_assignment", "Buy back from the factor"),
            ("cancel_assignment", "Assigned by mistake"),
            ("dispute_assignment", "Disputed by the customer"),
        ],
        ondelete={
            "refuse_factoring": "cascade",
            "cancel_factoring": "cascade",
            "leave_out_debtor": "cascade",
            "excuse_internal": "cascade",
            "buy_back_assignment": "cascade",
            "cancel_assignment": "cascade",
            "dispute_assignment": "cascade",
        },
    )

    @api.model
    def _decisions(self):
        return {
            **super()._decisions(),
            "refuse_factoring": ("continuity.factoring", "_refuse"),
            "cancel_factoring": ("continuity.factoring", "_cancel"),
            "leave_out_debtor": ("continuity.factoring.debtor", "_leave_out"),
            "excuse_internal": ("continuity.factoring.internal", "_excuse"),
            "buy_back_assignment": ("continuity.factoring.assignment", "_buy_back"),
            "cancel_assignment": ("continuity.factoring.assignment", "_cancel"),
            "dispute_assignment": ("continuity.factoring.assignment", "_dispute"),
        }
