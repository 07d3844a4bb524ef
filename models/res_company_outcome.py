from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    continuity_outcome_peers = fields.Integer(
        string="Comparable Customers Needed",
        default=5,
        required=True,
        groups="base.group_user",
    )

    @api.model
    def _continuity_limits(self):
        limits = super()._continuity_limits()
        return limits | {"continuity_outcome_peers": (1, self.env._("customers"))}

    @api.constrains("continuity_outcome_peers")
    def _check_continuity_outcome_peers(self):
        self._check_continuity_limits()


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    continuity_outcome_peers = fields.Integer(
        related="company_id.continuity_outcome_peers", readonly=False
    )
