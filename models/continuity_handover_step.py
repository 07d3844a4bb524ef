from odoo import fields, models

ACTORS = [
    ("leaver", "Predecessor"),
    ("successor", "Successor"),
    ("manager", "Manager"),
]


class ContinuityHandoverStep(models.Model):
    """Something to be done outside Odoo when a customer changes hands: the successor
    in the customer's chat group, access to a supplier portal, an exchange of cards.

    A company defines its own; those without a company are for all. Odoo only reminds
    and keeps who did it and when: nothing here reaches the customer.
    """

    _name = "continuity.handover.step"
    _description = "Outside Step of a Handover"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    description = fields.Text(
        string="How to Do It",
        translate=True,
        help="What has to be done where, for whoever does it for the first time.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
        help="Empty for all companies.",
    )
    actor = fields.Selection(
        ACTORS, string="Who Does It", required=True, default="leaver"
    )
    mode = fields.Selection(
        [("info", "Information only"), ("visit", "Joint visit")],
        string="Only With",
        help="Empty for customers handed over either way.",
    )
    required = fields.Boolean(
        help="Shown at sign-off and when the plan is closed, as long as it is open."
    )
    blocks_cutover = fields.Boolean(
        string="Before the Cut-Over",
        help="The customer cannot change hands before it is done. Leave it off unless "
        "the customer would be cut off without it.",
    )
    country_ids = fields.Many2many(
        "res.country",
        "continuity_handover_step_country_rel",
        string="Countries",
        help="Only for customers in these countries; empty for all.",
    )
    channel_ids = fields.Many2many(
        "continuity.channel",
        "continuity_handover_step_channel_rel",
        string="Preferred Channels",
        help="Only for customers who prefer one of these channels; empty for all.",
    )

    def _fits(self, line):
        """Tell whether a line needs this step; extensions add conditions.

        :param line: one ``continuity.handover.line``
        :rtype: bool
        """
        self.ensure_one()
        partner = line.partner_id
        return bool(
            partner
            and self.company_id in (line.company_id, self.company_id.browse())
            and self.mode in (line.mode, False)
            and (not self.country_ids or partner.country_id in self.country_ids)
            and (
                not self.channel_ids
                or partner.continuity_channel_id in self.channel_ids
            )
        )
