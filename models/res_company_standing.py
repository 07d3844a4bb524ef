from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    continuity_standing_months = fields.Integer(
        string="Payments Looked At (months)",
        default=12,
        required=True,
        groups="base.group_user",
    )
    continuity_standing_min_paid = fields.Integer(
        string="Paid Invoices Needed",
        default=5,
        required=True,
        groups="base.group_user",
    )
    continuity_standing_max_days = fields.Integer(
        string="Days Late at Most",
        default=30,
        required=True,
        groups="base.group_user",
    )

    @api.model
    def _continuity_limits(self):
        return super()._continuity_limits() | {
            "continuity_standing_months": (1, self.env._("months")),
            "continuity_standing_min_paid": (1, self.env._("invoices")),
            "continuity_standing_max_days": (0, self.env._("days")),
        }

    @api.constrains(
        "continuity_standing_months",
        "continuity_standing_min_paid",
        "continuity_standing_max_days",
    )
    def _check_continuity_standing(self):
        self._check_continuity_limits()


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    continuity_standing_months = fields.Integer(
        related="company_id.continuity_standing_months", readonly=False
    )
    continuity_standing_min_paid = fields.Integer(
        related="company_id.continuity_standing_min_paid", readonly=False
    )
    continuity_standing_max_days = fields.Integer(
        related="company_id.continuity_standing_max_days", readonly=False
    )
