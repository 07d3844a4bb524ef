from odoo import api, fields, models


class ContinuityHandoverTopic(models.Model):
    """An item that is handed over for each customer.

    Five are shipped as required (contacts; organisation and business; past
    purchases; deals in progress; recent interactions), further ones are optional.
    A company adds its own.
    """

    _name = "continuity.handover.topic"
    _description = "Handover Item"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    description = fields.Text(
        translate=True, help="What has to be written down and confirmed."
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    required = fields.Boolean(
        default=True, help="The customer cannot change hands before it is accepted."
    )
    for_deals = fields.Boolean(
        string="Also for Deals without Customer",
        help="The item also applies to a lead that has no customer yet.",
    )
    source = fields.Selection(
        "_selection_source",
        help="What Odoo already knows and offers as a first draft.",
    )
    profile_field_id = fields.Many2one(
        "ir.model.fields",
        domain="[('model', '=', 'res.partner'), ('name', '=like', 'continuity_%'),"
        " ('store', '=', True), ('ttype', 'in', ('char', 'text'))]",
        ondelete="set null",
        help="A correction by the customer is written into this field of their "
        "profile.",
    )

    @api.model
    def _selection_source(self):
        """Return the sources a draft can be made from; extensions add theirs and
        an entry in ``_draft_sections`` of the handover line."""
        return [
            ("contacts", self.env._("Contacts")),
            ("profile", self.env._("Customer profile")),
            ("purchases", self.env._("Purchases")),
            ("deals", self.env._("Open deals")),
            ("interactions", self.env._("Recent interactions")),
        ]
