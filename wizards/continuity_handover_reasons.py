from odoo import api, fields, models


class ContinuityReasonWizard(models.TransientModel):
    """What is decided about a handover plan and its lines."""

    _inherit = "continuity.reason.wizard"

    decision = fields.Selection(
        selection_add=[
            ("refuse_plan", "Refuse the plan"),
            ("cancel_plan", "Cancel the plan"),
            ("override_gate", "Go ahead although something is missing"),
            ("leave_line", "Do not hand over"),
            ("visit_failed", "The visit did not take place"),
        ],
        ondelete={
            "refuse_plan": "cascade",
            "cancel_plan": "cascade",
            "override_gate": "cascade",
            "leave_line": "cascade",
            "visit_failed": "cascade",
        },
    )

    @api.model
    def _decisions(self):
        return {
            **super()._decisions(),
            "refuse_plan": ("continuity.handover", "_refuse"),
            "cancel_plan": ("continuity.handover", "_cancel"),
            "override_gate": ("continuity.handover.line", "_override_gate"),
            "leave_line": ("continuity.handover.line", "_leave"),
            "visit_failed": ("continuity.handover.line", "_visit_failed"),
        }
