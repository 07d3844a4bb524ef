from odoo import api, fields, models


class ContinuityHandoverApproval(models.Model):
    """One approver of a handover plan; see the mixin for the table of states."""

    _name = "continuity.handover.approval"
    _description = "Handover Approval"
    _inherit = ["continuity.approval.mixin"]
    _rec_name = "user_id"

    handover_id = fields.Many2one(
        "continuity.handover", required=True, index=True, ondelete="cascade"
    )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            default = self.default_get(["handover_id"])
            vals_list = [{**default, **vals} for vals in vals_list]
            # Before: an approver may do much, so nobody can make themself one.
            plans = self.env["continuity.handover"].browse(
                {vals["handover_id"] for vals in vals_list if vals.get("handover_id")}
            )
            plans.check_access("write")
            plans._check_state("draft")
            plans._check_author()
        return super().create(vals_list)

    def write(self, vals):
        self._check_draft()
        result = super().write(vals)
        # Also not from a draft of one's own into a plan that was submitted.
        self._check_draft()
        return result

    @api.ondelete(at_uninstall=False)
    def _check_draft(self):
        """Approvers are frozen at submission (I7).

        :raise UserError: when a person changes them on a plan past its draft
        """
        if not self.env.su:
            self.handover_id._check_state("draft")
            self.handover_id._check_author()
