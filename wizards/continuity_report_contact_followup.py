from odoo import api, fields, models


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
    problem = fields.Text(
        string="Problem in Use",
        help="What does not work, in the customer's words. It becomes a concern with "
        "an owner and a deadline.",
    )

    @api.depends("touchpoint_id")
    def _compute_is_followup(self):
        for wizard in self:
            wizard.is_followup = wizard.touchpoint_id.purpose == "followup"

    def action_apply(self):
        """Also keep what came of a follow-up, and open a concern for a problem.

        See ``continuity.report.contact``.
        """
        # The touchpoint's own check of who may report comes first.
        result = super().action_apply()
        if self.is_followup and self.outcome == "held":
            self.touchpoint_id.sudo().write(
                {
                    name: self[name]
                    for name in (
                        "proposal_made",
                        "referral_asked",
                        "referral_received",
                        "lost_reason",
                        "lost_note",
                    )
                }
            )
            if problem := (self.problem or "").strip():
                self.env["continuity.concern"]._raise_concern(
                    touchpoint=self.touchpoint_id,
                    kind="worry",
                    question=problem,
                    source="contact",
                    contact=self.touchpoint_id.contact_ids[:1],
                )
        return result
