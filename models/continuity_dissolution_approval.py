from odoo import fields, models


class ContinuityDissolutionApproval(models.Model):
    """One approver of a dissolution campaign; see the mixin for the table of states."""

    _name = "continuity.dissolution.approval"
    _description = "Dissolution Approval"
    _inherit = ["continuity.approval.mixin"]
    _document_field = "dissolution_id"

    dissolution_id = fields.Many2one(
        "continuity.dissolution", required=True, index=True, ondelete="cascade"
    )
