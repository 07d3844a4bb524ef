from odoo import fields, models


class ContinuityHandoverApproval(models.Model):
    """One approver of a handover plan; see the mixin for the table of states."""

    _name = "continuity.handover.approval"
    _description = "Handover Approval"
    _inherit = ["continuity.approval.mixin"]
    _document_field = "handover_id"

    handover_id = fields.Many2one(
        "continuity.handover", required=True, index=True, ondelete="cascade"
    )
