from odoo import api, fields, models


class ContinuityHandoverWizard(models.TransientModel):
    """When each customer is told, and in which words: proposed, and flagged."""

    _inherit = "continuity.handover.wizard"

    wording_warning = fields.Text(
        compute="_compute_wording_warning", string="Please Read Again"
    )

    @api.depends("customer_reason")
    @api.depends_context("lang")
    def _compute_wording_warning(self):
        wording = self.env["continuity.wording"]
        for wizard in self:
            text = wizard.customer_reason or ""
            found = wording._find(text, self.env.lang or "en_US")
            wizard.wording_warning = "\n".join(found)

    def _get_proposals(self):
        proposals = super()._get_proposals()
        plan = self.env["continuity.handover"].new(self._prepare_plan_values())
        partner_ids = {p["partner_id"] for p in proposals if p.get("partner_id")}
        timing = plan._propose_timing(partner_ids)
        return [{**p, **timing.get(p.get("partner_id"), {})} for p in proposals]


class ContinuityHandoverWizardLine(models.TransientModel):
    _inherit = "continuity.handover.wizard.line"

    def _prepare_line_values(self):
        return {
            **super()._prepare_line_values(),
            "tell_when": self.tell_when,
            "hold_until": self.tell_when == "hold" and self.hold_until,
            "timing": self.timing,
        }
