from odoo import models


class ContinuityHandoverWizard(models.TransientModel):
    """When each customer is told: proposed."""

    _inherit = "continuity.handover.wizard"

    def _get_proposals(self):
        proposals = super()._get_proposals()
        plan = self.env["continuity.handover"].new(self._prepare_draft_values())
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
