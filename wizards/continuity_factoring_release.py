from odoo import fields, models
from odoo.exceptions import UserError


class ContinuityFactoringRelease(models.TransientModel):
    """The release the factor signed, and from when it holds. Where customers were told
    to pay the factor, a second person confirms it."""

    _name = "continuity.factoring.release"
    _description = "Release From Factoring"
    _inherit = ["continuity.readable.links.mixin"]

    debtor_ids = fields.Many2many(
        "continuity.factoring.debtor",
        string="Customers",
        required=True,
        relation="continuity_factoring_release_debtor_rel",
    )
    effective_from = fields.Date(required=True, default=fields.Date.context_today)
    signed_on = fields.Date(string="Signed by the Factor On")
    attachment_ids = fields.Many2many(
        "ir.attachment",
        "continuity_factoring_release_attachment_rel",
        string="Signed Release",
    )
    buy_back_reason = fields.Text(
        string="Buy the Rest Back Because",
        help="Empty: nothing may be open any more.",
    )

    def action_apply(self):
        """Keep it for a second person, or release the customers at once; see
        ``continuity.factoring.debtor._enter_release``."""
        self.ensure_one()
        if not self.debtor_ids:
            raise UserError(self.env._("Choose the customers to release."))
        self.debtor_ids.check_access("read")
        self.debtor_ids._enter_release(
            self.effective_from,
            self.signed_on,
            self.attachment_ids,
            self.buy_back_reason,
        )
        return {"type": "ir.actions.act_window_close"}
