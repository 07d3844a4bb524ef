from odoo import api, fields, models


class ContinuityReasonWizard(models.TransientModel):
    """What is decided about a dissolution campaign and its customers."""

    _inherit = "continuity.reason.wizard"

    decision = fields.Selection(
        selection_add=[
            ("refuse_dissolution", "Refuse the campaign"),
            ("cancel_dissolution", "Give the campaign up"),
            ("leave_out_customer", "Leave out of the campaign"),
            ("decide_obligation", "How it ends, and why"),
            ("cancel_event", "Call the event off"),
        ],
        ondelete={
            "refuse_dissolution": "cascade",
            "cancel_dissolution": "cascade",
            "leave_out_customer": "cascade",
            "decide_obligation": "cascade",
            "cancel_event": "cascade",
        },
    )

    @api.model
    def _decisions(self):
        return {
            **super()._decisions(),
            "refuse_dissolution": ("continuity.dissolution", "_refuse"),
            "cancel_dissolution": ("continuity.dissolution", "_cancel"),
            "leave_out_customer": ("continuity.dissolution.customer", "_leave_out"),
            "decide_obligation": ("continuity.obligation", "_decide"),
            "cancel_event": ("continuity.dissolution.event", "_cancel"),
        }
