from odoo import fields, models


class ContinuityPolicyStep(models.Model):
    """The contact policy of follow-up: over which channel a customer of a tier hears
    from us when a rule says it is time."""

    _inherit = "continuity.policy.step"

    purpose = fields.Selection(
        selection_add=[("followup", "Follow-up")], ondelete={"followup": "cascade"}
    )
