from odoo import api, fields, models


class ContinuityHandoverProposed(models.AbstractModel):
    """A line that was proposed, with the reasons in the language of who reads it.

    What is stored is what was found, not a sentence: a plan drafted in Japanese is
    approved in Chinese.
    """

    _name = "continuity.handover.proposed"
    _description = "Proposed Line"

    proposal = fields.Json(
        readonly=True,
        help="Technical: how the customer was found and why the mode was proposed.",
    )
    found_via = fields.Char(
        compute="_compute_proposal_texts",
        string="Found Through",
        help="Why this customer is in the plan.",
    )
    mode_reason = fields.Char(
        compute="_compute_proposal_texts",
        string="Why",
        help="Why this was proposed.",
    )

    @api.depends("proposal")
    @api.depends_context("lang")
    def _compute_proposal_texts(self):
        plans = self.env["continuity.handover"]
        for line in self:
            proposal = line.proposal or {}
            line.found_via = plans._describe_found(proposal)
            line.mode_reason = plans._describe_mode(proposal)
