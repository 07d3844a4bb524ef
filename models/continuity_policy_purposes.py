from odoo import fields, models


class ContinuityPolicyStep(models.Model):
    """The purposes and segments a contact policy can be kept for.

    They are set by policy, not by code: each process that comes to use one moves
    its entry to its own file, as the handover has done.
    """

    _inherit = "continuity.policy.step"

    purpose = fields.Selection(
        selection_add=[
            ("followup", "Follow-up"),
            ("dissolution", "Dissolution"),
            ("factoring", "Factoring"),
        ],
        ondelete={
            "followup": "cascade",
            "dissolution": "cascade",
            "factoring": "cascade",
        },
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
