from odoo import fields, models


class ContinuityPolicyStep(models.Model):
    """Who of a tier and segment hears of a dissolution, and how."""

    _inherit = "continuity.policy.step"

    purpose = fields.Selection(
        selection_add=[("dissolution", "Dissolution")],
        ondelete={"dissolution": "cascade"},
    )
    segment = fields.Selection(
        selection_add=[
            ("unfulfilled", "Unfulfilled"),
            ("paying", "Paying"),
            ("settled", "Settled"),
        ],
        ondelete={
            "unfulfilled": "cascade",
            "paying": "cascade",
            "settled": "cascade",
        },
    )
