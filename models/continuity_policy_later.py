from odoo import fields, models


class ContinuityPolicyStep(models.Model):
    """Purposes and segments of the processes still to come.

    Their policies are shipped and can be edited already; each process that comes to
    use one moves its entry to its own file, as handover and follow-up have done.
    """

    _inherit = "continuity.policy.step"

    purpose = fields.Selection(
        selection_add=[
            ("dissolution", "Dissolution"),
            ("factoring", "Factoring"),
        ],
        ondelete={
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
