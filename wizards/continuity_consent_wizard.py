from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.continuity_consent import ANSWERS, KINDS


class ContinuityConsentWizard(models.TransientModel):
    """Record what a customer answered to one question for consent, in a talk or in
    writing. Each question is answered for itself."""

    _name = "continuity.consent.wizard"
    _description = "Record an Answer"
    _inherit = ["continuity.readable.links.mixin"]

    transfer_id = fields.Many2one(
        "continuity.transfer",
        string="Transfer to a Successor",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    kind = fields.Selection(KINDS, string="About", required=True, default="contract")
    question = fields.Text(compute="_compute_question", string="What Is Asked")
    answer = fields.Selection(ANSWERS, required=True)
    answered_by = fields.Char(
        string="Who Answered", required=True, help="The person at the customer."
    )
    how = fields.Selection(
        [("written", "In writing"), ("spoken", "In a talk")],
        required=True,
        default="written",
    )
    evidence = fields.Text(
        help="Where it can be seen: the letter, the mail, the talk and who was present."
    )

    @api.depends("transfer_id", "kind")
    def _compute_question(self):
        for wizard in self:
            transfer = wizard.transfer_id
            lang = transfer.sudo().partner_id.lang
            wizard.question = (
                transfer
                and wizard.kind
                and transfer.with_context(lang=lang)._consent_question(wizard.kind)
            )

    def action_confirm(self):
        """Keep the answer.

        :raise AccessError: unless the user speaks to this customer, is of the task
            force, or decides on the campaign
        :raise UserError: without evidence
        """
        self.ensure_one()
        self.transfer_id.customer_id._check_may_report()
        if not (self.evidence or "").strip():
            raise UserError(
                self.env._("Say where the answer can be seen, or who was present.")
            )
        self.transfer_id._record_consent(
            self.kind, self.answer, self.answered_by, self.how, self.evidence
        )
        return {"type": "ir.actions.act_window_close"}
