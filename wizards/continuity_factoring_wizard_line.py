from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ContinuityFactoringWizardLine(models.TransientModel):
    """One customer who comes into question; see ``continuity.factoring.debtor``."""

    _name = "continuity.factoring.wizard.line"
    _inherit = ["continuity.factoring.proposed", "continuity.guarded.mixin"]
    _description = "Customer to Cover"
    _order = "sequence, id"
    _rec_name = "partner_id"

    # What was found in the books is no client's to name: it would be answered with
    # the figures of whomever they name.
    _guarded_fields = frozenset(
        {
            "wizard_id",
            "partner_id",
            "tier_id",
            "user_id",
            "open_amount",
            "refusal",
            "was_proposed",
            "proposed_in_person",
            "in_person_found",
            "standing_id",
            "review_id",
        }
    )

    wizard_id = fields.Many2one(
        "continuity.factoring.wizard", required=True, index=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="wizard_id.currency_id")
    sequence = fields.Integer(string="Rank")
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, readonly=True
    )
    tier_id = fields.Many2one("continuity.tier", readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Speaks to Them", readonly=True, ondelete="set null"
    )
    open_amount = fields.Monetary(
        readonly=True,
        help="Invoices in the agreement's currencies.",
    )
    refusal = fields.Text(string="Cannot Be Covered", readonly=True)
    included = fields.Boolean()
    in_person = fields.Boolean(
        string="In Person First",
        help="Nothing is written to them before somebody has spoken to them.",
    )
    proposed_in_person = fields.Boolean(readonly=True)
    drop_reason = fields.Char(
        string="Why Not Included", help="Why somebody who was proposed is not included."
    )
    review_result = fields.Selection(related="review_id.result", string="Contract")
    standing_proposal = fields.Selection(
        related="standing_id.proposal", string="By Credit Standing"
    )
    # A snapshot or a review may go while the wizard is open.
    standing_id = fields.Many2one(ondelete="set null")
    review_id = fields.Many2one(ondelete="set null")
    reason = fields.Text(string="Why", compute="_compute_reason")

    @api.depends("refusal", "proposal_reason", "in_person_reason")
    def _compute_reason(self):
        for line in self:
            if line.refusal:
                line.reason = self.env._("Not covered: %s", line.refusal)
                continue
            sentences = [line.proposal_reason]
            if line.in_person_reason:
                sentences.append(self.env._("In person: %s", line.in_person_reason))
            line.reason = "\n".join(filter(None, sentences))

    @api.constrains("included", "refusal")
    def _check_included(self):
        for line in self:
            if line.included and line.refusal:
                raise ValidationError(
                    self.env._(
                        "%(customer)s cannot be covered: %(reason)s",
                        customer=line.partner_id.display_name,
                        reason=line.refusal,
                    )
                )

    def _why_dropped(self):
        """Return why somebody left this customer out, of its own or for all.

        :rtype: str
        """
        self.ensure_one()
        own = (self.drop_reason or "").strip()
        return own or (self.wizard_id.drop_reason or "").strip()

    def _edited_values(self):
        """Return what somebody decided otherwise than it was proposed.

        :rtype: dict
        """
        self.ensure_one()
        values = {}
        if self.included != self.was_proposed:
            values["included"] = self.included
        if self.in_person != self.proposed_in_person:
            values["in_person"] = self.in_person
        if self.drop_reason:
            values["drop_reason"] = self.drop_reason
        return values

    def _choice(self):
        """Return what was decided on this customer, see
        ``continuity.factoring._cover``.

        :rtype: dict
        """
        return {
            "included": self.included,
            "in_person": self.in_person,
            "reason": False if self.included else self._why_dropped(),
        }
