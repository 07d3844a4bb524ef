from odoo import fields, models


class ContinuityPolicyStep(models.Model):
    """Who of a tier hears of factoring, and how."""

    _inherit = "continuity.policy.step"

    purpose = fields.Selection(
        selection_add=[("factoring", "Factoring")], ondelete={"factoring": "cascade"}
    )
