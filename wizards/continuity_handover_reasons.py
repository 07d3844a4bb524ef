from odoo import api, fields, models

from ..models.continuity_handover_correction import WAITING_STATES


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

    contacts_html = fields.Html(
        string="Who Has Heard of It",
        compute="_compute_contacts_html",
        sanitize=False,
    )

    @api.depends("decision", "res_ids")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_contacts_html(self):
        for wizard in self:
            lines = wizard._lines_to_leave().sudo()
            preview = lines._preview_leaving()
            wizard.contacts_html = any(preview.values()) and self.env[
                "ir.qweb"
            ]._render(
                "customer_continuity.handover_leaving_preview",
                preview,
                minimal_qcontext=True,
            )

    def _lines_to_leave(self):
        """Return the customers who are not handed over by this decision, as far as
        the user decides on their plans.

        :rtype: continuity.handover.line
        """
        self.ensure_one()
        line_model = self.env["continuity.handover.line"]
        if self.decision == "leave_line":
            lines = line_model.browse(self.res_ids or [])
        elif self.decision == "cancel_plan":
            plans = self.env["continuity.handover"].browse(self.res_ids or [])
            lines = plans.exists()._filtered_access("read").line_ids
        else:
            return line_model
        lines = lines.exists()._filtered_access("read")
        return lines.filtered(
            lambda x: x.state in WAITING_STATES and x.handover_id._may_manage()
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
