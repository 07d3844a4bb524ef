from odoo import api, fields, models


class ContinuityHandoverUndoWizard(models.TransientModel):
    """Show what bringing customers back would do, ask why, and do it."""

    _name = "continuity.handover.undo.wizard"
    _description = "Bring Customers Back"
    _inherit = ["continuity.readable.links.mixin"]

    handover_id = fields.Many2one(
        "continuity.handover",
        string="Handover Plan",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    line_ids = fields.Many2many(
        "continuity.handover.line",
        "continuity_handover_undo_wizard_line_rel",
        string="Customers",
        domain="[('handover_id', '=', handover_id), ('state', '=', 'moved')]",
    )
    line_count = fields.Integer(
        compute="_compute_line_count", string="Customers Chosen"
    )
    with_arrivals = fields.Boolean(
        string="With What Arrived Since",
        help="Deals, quotations, activities and meetings that came in for the "
        "successors since, with these customers, go to the predecessors too.",
    )
    reason = fields.Text(required=True)
    preview_html = fields.Html(compute="_compute_preview_html", sanitize=False)

    @api.depends("line_ids")
    def _compute_line_count(self):
        for wizard in self:
            wizard.line_count = len(wizard.line_ids)

    @api.depends("handover_id", "line_ids")
    def _compute_preview_html(self):
        for wizard in self:
            plan, lines = wizard.handover_id._origin, wizard.line_ids._origin
            lines = lines.filtered(lambda x, p=plan: x.handover_id == p)
            if not lines:
                wizard.preview_html = False
                continue
            # The preview names records: for those who may bring them back.
            plan._check_may_manage()
            wizard.preview_html = self.env["ir.qweb"]._render(
                "customer_continuity.handover_undo_preview",
                {"plan": plan, **plan._preview_undo(lines)},
                minimal_qcontext=True,
            )

    def action_apply(self):
        """Bring the customers back.

        :raise AccessError: unless an approver of the plan or a manager
        :raise UserError: when they cannot be brought back
        """
        self.ensure_one()
        self.handover_id._undo(self.line_ids, self.reason, self.with_arrivals)
        return {"type": "ir.actions.act_window_close"}
