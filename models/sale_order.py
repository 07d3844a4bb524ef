from odoo import api, fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    continuity_purchase_reason = fields.Char(
        string="Reason for Purchase",
        copy=False,
        help="Why the customer buys this, in their words: what it replaces, what it "
        "solves. Whoever looks after them next will need it.",
        groups="customer_continuity.group_user",
    )
    continuity_ask_reason = fields.Boolean(
        compute="_compute_continuity_ask_reason",
        groups="customer_continuity.group_user",
    )

    def action_log_continuity_contact(self):
        """Open the dialog that logs a contact with the customer of this order.

        :raise AccessError: unless the user may read the customer's relationship
        """
        self.ensure_one()
        return self.partner_id.with_company(
            self.company_id
        ).action_log_continuity_contact()

    @api.depends("state", "continuity_purchase_reason")
    def _compute_continuity_ask_reason(self):
        for order in self:
            order.continuity_ask_reason = (
                order.state == "sale" and not order.continuity_purchase_reason
            )
