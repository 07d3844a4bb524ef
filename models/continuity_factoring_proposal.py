"""Why a customer was proposed for factoring, in the language of who reads it."""

from odoo import api, fields, models
from odoo.tools.misc import format_date

from .continuity_credit_partner import FIELD_GROUPS
from .continuity_credit_standing import STANDING_GROUPS


class ContinuityFactoringProposed(models.AbstractModel):
    """A customer proposed for an agreement, with what the proposal rested on.

    What is stored is what was found, not a sentence: the snapshot of how the customer
    pays, which is never changed, the contract review, which is never edited, and what
    spoke for a talk. A proposal drafted in Japanese is approved in Chinese.
    """

    _name = "continuity.factoring.proposed"
    _description = "Customer Proposed for Factoring"

    standing_id = fields.Many2one(
        "continuity.credit.standing",
        string="Credit Standing",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups=FIELD_GROUPS,
    )
    review_id = fields.Many2one(
        "continuity.contract.review",
        string="Contract Review",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups=FIELD_GROUPS,
    )
    was_proposed = fields.Boolean(readonly=True, copy=False, groups=FIELD_GROUPS)
    in_person_found = fields.Json(
        readonly=True,
        copy=False,
        help="Technical: what spoke for talking to the customer first.",
    )
    proposal_reason = fields.Text(
        string="Why Proposed",
        compute="_compute_proposal_reason",
        help="How they pay and what their contract allows, as it was when this was "
        "decided. For managers, accountants and those the agreement names.",
    )
    in_person_reason = fields.Char(
        string="Why in Person", compute="_compute_in_person_reason"
    )

    @api.depends("standing_id", "review_id", "was_proposed")
    @api.depends_context("lang", "uid")
    def _compute_proposal_reason(self):
        for line in self:
            line.proposal_reason = False
            if line._may_read_proposal():
                # Who may know how customers pay was checked in the line before.
                sentences = line.sudo()._proposal_sentences()
                line.proposal_reason = " ".join(sentences) or False

    def _may_read_proposal(self):
        """Tell whether the user may know how this customer pays.

        :rtype: bool
        """
        user = self.env.user
        return self.env.su or any(user.has_group(group) for group in STANDING_GROUPS)

    def _proposal_sentences(self):
        """Say what the proposal rested on, for who may know it.

        :rtype: list[str]
        """
        self.ensure_one()
        if not self.standing_id and not self.review_id:
            return []
        sentences = [self._verdict()]
        if self.review_id:
            sentences.append(
                self.env._(
                    "Contract reviewed, valid until %s.",
                    format_date(self.env, self.review_id.expires_on),
                )
            )
            sentences.append(self.review_id._allows(self.review_id.expires_on)[1])
        sentences.append(self.standing_id._figures_text())
        return [sentence for sentence in sentences if sentence]

    def _verdict(self):
        if self.was_proposed:
            return self.env._("Include:")
        if self.standing_id.proposal == "out":
            return self.env._("Proposed to be left out:")
        return self.env._("To be decided:")

    @api.depends("in_person_found")
    @api.depends_context("lang")
    def _compute_in_person_reason(self):
        debtors = self.env["continuity.factoring.debtor"]
        for line in self:
            found = line.in_person_found or []
            line.in_person_reason = " ".join(debtors._describe_in_person(found))


class ContinuityFactoringDebtor(models.Model):
    _name = "continuity.factoring.debtor"
    _inherit = ["continuity.factoring.debtor", "continuity.factoring.proposed"]

    _guarded_fields = frozenset(
        {"standing_id", "review_id", "was_proposed", "in_person_found"}
    )

    standing_id = fields.Many2one(ondelete="restrict")
    review_id = fields.Many2one(ondelete="restrict")

    def _may_read_proposal(self):
        readers = self.sudo().factoring_id.reader_ids
        return super()._may_read_proposal() or self.env.user in readers

    def action_view_standing(self):
        """Open the figures the decision on this customer rests on."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Credit Standing"),
            "res_model": "continuity.credit.standing",
            "res_id": self.standing_id.id,
            "view_mode": "form",
        }
