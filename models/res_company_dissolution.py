from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    continuity_milestone_days = fields.Integer(
        string="Warning before the Last Day (days)",
        default=7,
        required=True,
        groups="base.group_user",
        help="A milestone of a dissolution without a day is in danger so many days "
        "before its last possible one.",
    )
    continuity_stop_quotations = fields.Boolean(
        string="No New Quotations in Liquidation",
        default=True,
        groups="base.group_user",
        help="From the day the liquidation begins, new quotations of the company are "
        "refused.",
    )

    @api.model
    def _continuity_limits(self):
        limits = super()._continuity_limits()
        return limits | {"continuity_milestone_days": (0, self.env._("days"))}

    @api.constrains("continuity_milestone_days")
    def _check_continuity_milestone_days(self):
        self._check_continuity_limits()


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    continuity_min_notice_days = fields.Integer(
        related="company_id.continuity_min_notice_days", readonly=False
    )
    continuity_milestone_days = fields.Integer(
        related="company_id.continuity_milestone_days", readonly=False
    )
    continuity_stop_quotations = fields.Boolean(
        related="company_id.continuity_stop_quotations", readonly=False
    )
