from odoo import fields, models

from ..models.continuity_factoring_choice import CHOICES


class ContinuityFactoringPaymentChoice(models.TransientModel):
    """Where a customer chose to pay, told to a colleague who writes it down."""

    _name = "continuity.factoring.payment.choice"
    _description = "Where a Customer Chose to Pay"

    debtor_id = fields.Many2one(
        "continuity.factoring.debtor",
        string="Customer",
        required=True,
        ondelete="cascade",
    )
    choice = fields.Selection(CHOICES, string="Wants to Pay", required=True)
    how = fields.Text(
        string="How You Know",
        required=True,
        help="The letter it is written in, or whom you spoke to and when.",
    )

    def action_apply(self):
        """Keep the choice; see ``continuity.factoring.debtor._choose_payment``."""
        self.ensure_one()
        self.debtor_id._choose_payment(self.choice, self.how)
        return {"type": "ir.actions.act_window_close"}
