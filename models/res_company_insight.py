from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    continuity_insight_days = fields.Integer(
        string="Days Between Pieces of Information",
        default=180,
        required=True,
        groups="base.group_user",
    )

    @api.model
    def _continuity_limits(self):
        limits = super()._continuity_limits()
        return limits | {"continuity_insight_days": (1, self.env._("days"))}

    @api.constrains("continuity_insight_days")
    def _check_continuity_insight_days(self):
        self._check_continuity_limits()


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    continuity_insight_days = fields.Integer(
        related="company_id.continuity_insight_days", readonly=False
    )
