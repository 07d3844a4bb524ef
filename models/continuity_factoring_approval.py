from odoo import fields, models


class ContinuityFactoringApproval(models.Model):
    """One approver of a factoring agreement; see the mixin for the table of states."""

    _name = "continuity.factoring.approval"
    _description = "Factoring Approval"
    _inherit = ["continuity.approval.mixin"]
    _document_field = "factoring_id"

    factoring_id = fields.Many2one(
        "continuity.factoring", required=True, index=True, ondelete="cascade"
    )
