from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import is_html_empty

# Kinds of fields that are visibly empty or not, and stand in a column of their own.
ITEM_TYPES = ("char", "text", "html", "many2one", "selection", "date", "integer")


class ContinuityProfileItem(models.Model):
    """A field of the customer that a good profile has filled in.

    Which items a company requires is a setting of the company; completeness is
    the share of them that is filled.
    """

    _name = "continuity.profile.item"
    _description = "Customer Profile Item"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    field_id = fields.Many2one(
        "ir.model.fields",
        required=True,
        ondelete="cascade",
        domain=[
            ("model", "=", "res.partner"),
            ("store", "=", True),
            ("company_dependent", "=", False),
            ("ttype", "in", ITEM_TYPES),
        ],
        help="The field of the customer that this item asks for.",
    )

    _field_uniq = models.Constraint(
        "UNIQUE(field_id)", "There is an item for this field already."
    )

    @api.constrains("field_id")
    def _check_field(self):
        for item in self:
            field = item.field_id
            if (
                field.model != "res.partner"
                or not field.store
                or field.company_dependent
                or field.ttype not in ITEM_TYPES
            ):
                raise ValidationError(
                    self.env._(
                        "%s cannot be checked for being filled. Choose a text, date, "
                        "number, selection or link that is stored on the customer.",
                        field.field_description or field.name,
                    )
                )

    def _partner_field_names(self):
        """Return the names of the fields that still exist, in order of the items."""
        fields_of_partner = self.env["res.partner"]._fields
        return [
            name
            for name in self.sudo().mapped("field_id.name")
            if name in fields_of_partner
        ]

    def _is_filled(self, partner):
        """Tell whether the customer's profile has this item, as the refresh does."""
        self.ensure_one()
        names = self._partner_field_names()
        if not names:
            return True
        value = partner[names[0]]
        if self.field_id.ttype == "html":
            return not is_html_empty(value)
        if isinstance(value, str):
            return bool(value.strip())
        return bool(value)
