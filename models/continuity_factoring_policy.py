from odoo import fields, models


class ContinuityPolicyStep(models.Model):
    """The contact policy of factoring; shipped, and can be edited, before the process
    itself is there."""

    _inherit = "continuity.policy.step"

    purpose = fields.Selection(
        selection_add=[("factoring", "Factoring")], ondelete={"factoring": "cascade"}
    )
