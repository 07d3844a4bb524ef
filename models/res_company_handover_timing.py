from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    continuity_hold_before = fields.Integer(
        string="Hold Before an Expected Closing (days)",
        default=14,
        required=True,
        groups="base.group_user",
        help="A deal expected to close within so many days is in its last steps: its "
        "customer hears of a handover only afterwards.",
    )
    continuity_hold_after = fields.Integer(
        string="Told After the Closing (days)",
        default=2,
        required=True,
        groups="base.group_user",
    )

    @api.model
    def _continuity_limits(self):
        days = self.env._("days")
        return super()._continuity_limits() | {
            "continuity_hold_before": (0, days),
            "continuity_hold_after": (0, days),
        }

    @api.constrains("continuity_hold_before", "continuity_hold_after")
    def _check_continuity_hold(self):
        self._check_continuity_limits()


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    continuity_hold_before = fields.Integer(
        related="company_id.continuity_hold_before", readonly=False
    )
    continuity_hold_after = fields.Integer(
        related="company_id.continuity_hold_after", readonly=False
    )
