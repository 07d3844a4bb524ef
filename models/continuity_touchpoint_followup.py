from odoo import api, fields, models

# What the report of a follow-up says.
OUTCOME_FIELDS = (
    "proposal_made",
    "referral_asked",
    "referral_received",
    "lost_reason",
    "lost_note",
)


class ContinuityTouchpoint(models.Model):
    """What came of a follow-up besides having reached the customer (F3)."""

    _inherit = "continuity.touchpoint"

    _guarded_fields = frozenset(OUTCOME_FIELDS)

    proposal_made = fields.Boolean(
        readonly=True, help="Something was proposed to the customer in this contact."
    )
    referral_asked = fields.Boolean(
        readonly=True, help="The customer was asked to recommend us."
    )
    referral_received = fields.Boolean(
        readonly=True, help="The customer named somebody to talk to."
    )
    lost_reason = fields.Selection(
        [
            ("price", "Price"),
            ("delivery", "Delivery time"),
            ("quality", "Quality"),
            ("contact", "Nobody was in touch"),
            ("range", "We do not offer it"),
            ("need", "No longer needed"),
            ("other", "Other reason"),
        ],
        string="Bought Elsewhere",
        readonly=True,
        help="Why the customer bought from somebody else.",
    )
    lost_note = fields.Char(
        string="Bought From", readonly=True, help="From whom, and what."
    )

    @api.model
    def _remembered_fields(self):
        return (*super()._remembered_fields(), *OUTCOME_FIELDS)
