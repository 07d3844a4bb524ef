from odoo import api, fields, models
from odoo.fields import Command


class ContinuityProviderChoice(models.TransientModel):
    """The providers that fit one customer, ranked, with the reasons: one is chosen
    with the customer."""

    _name = "continuity.provider.choice"
    _description = "Choice of a Provider"
    _inherit = ["continuity.readable.links.mixin"]

    customer_id = fields.Many2one(
        "continuity.dissolution.customer",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    line_ids = fields.One2many(
        "continuity.provider.choice.line",
        "choice_id",
        readonly=True,
        string="Providers",
    )

    @api.model
    def _open(self, line):
        """Return the dialog with the providers that fit one customer.

        :param line: ``continuity.dissolution.customer``
        """
        choice = self.create(
            {
                "customer_id": line.id,
                "line_ids": [
                    Command.create(
                        {
                            "provider_id": match["provider"].id,
                            "rank": rank,
                            "reasons": " · ".join(match["reasons"]),
                        }
                    )
                    for rank, match in enumerate(line._match_providers(), 1)
                ],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Providers That Fit %s", line.display_name),
            "res_model": self._name,
            "res_id": choice.id,
            "view_mode": "form",
            "target": "new",
        }


class ContinuityProviderChoiceLine(models.TransientModel):
    """One provider somebody may choose for a customer."""

    _name = "continuity.provider.choice.line"
    _description = "Provider to Choose"
    _inherit = ["continuity.readable.links.mixin"]
    _order = "rank, id"

    choice_id = fields.Many2one(
        "continuity.provider.choice", required=True, ondelete="cascade", index=True
    )
    provider_id = fields.Many2one(
        "continuity.provider", required=True, readonly=True, ondelete="cascade"
    )
    rank = fields.Integer(readonly=True)
    reasons = fields.Text(readonly=True)
    interest = fields.Text(related="provider_id.interest")

    def action_choose(self):
        """Begin the transfer to this provider.

        :raise AccessError: unless the user speaks to this customer, is of the task
            force, or decides on the campaign
        """
        self.ensure_one()
        line = self.choice_id.customer_id
        line._check_may_report()
        transfer = line._propose_transfer(self.provider_id)
        return {
            "type": "ir.actions.act_window",
            "res_model": "continuity.transfer",
            "res_id": transfer.id,
            "view_mode": "form",
        }
