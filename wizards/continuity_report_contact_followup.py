from odoo import api, fields, models

from ..models.continuity_touchpoint_followup import OUTCOME_FIELDS


class ContinuityReportContact(models.TransientModel):
    """What came of a follow-up besides having reached the customer (F2, F3)."""

    _inherit = "continuity.report.contact"

    is_followup = fields.Boolean(compute="_compute_is_followup")
    proposal_made = fields.Boolean()
    referral_asked = fields.Boolean()
    referral_received = fields.Boolean()
    lost_reason = fields.Selection(
        selection=lambda self: (
            self.env["continuity.touchpoint"]
            ._fields["lost_reason"]
            ._description_selection(self.env)
        ),
        string="Bought Elsewhere",
    )
    lost_note = fields.Char(string="Bought From", help="From whom, and what.")

    @api.depends("touchpoint_id", "settles_id")
    def _compute_is_followup(self):
        for wizard in self:
            touchpoint = wizard.touchpoint_id or wizard.settles_id
            wizard.is_followup = touchpoint.purpose == "followup"

    def action_apply(self):
        """Also keep what came of a follow-up.

        See ``continuity.report.contact``.
        """
        touchpoint = self._touchpoint_to_report()
        # The touchpoint's own check of who may report comes first.
        result = super().action_apply()
        if self.is_followup and self.outcome == "held":
            touchpoint.sudo().write({name: self[name] for name in OUTCOME_FIELDS})
        return result
