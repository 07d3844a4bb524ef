from odoo import api, fields, models
from odoo.exceptions import ValidationError

GROUP = "customer_continuity.group_user"


class ProductTemplate(models.Model):
    _inherit = "product.template"

    continuity_cycle_months = fields.Integer(
        string="Replaced After (months)",
        groups=GROUP,
        help="How long it lasts: so many months after delivery the customer needs a "
        "new one. 0: it has no cycle.",
    )
    continuity_term_months = fields.Integer(
        string="Contract or Warranty (months)",
        groups=GROUP,
        help="So many months after delivery the contract or the warranty ends. 0: "
        "there is none.",
    )

    @api.constrains("continuity_cycle_months", "continuity_term_months")
    def _check_continuity_months(self):
        for product in self.sudo():
            if min(product.continuity_cycle_months, product.continuity_term_months) < 0:
                raise ValidationError(
                    self.env._(
                        "%s: a number of months cannot be negative. Enter 0 if there "
                        "is no cycle and no term.",
                        product.display_name,
                    )
                )
