from odoo import fields, models
from odoo.tools import format_date

# How sure we are of a datum of law.
CERTAINTIES = [
    ("verified", "Statute read"),
    ("secondary", "Secondary source"),
    ("unverified", "General knowledge, unverified"),
]


class ContinuityLegalMixin(models.AbstractModel):
    """A datum of law: where it stands, and how sure we are of it.

    All of it is a starting point that counsel must check, never advice.
    """

    _name = "continuity.legal.mixin"
    _description = "Legal Datum"

    article = fields.Char(
        string="Legal Basis", help="Article of the law, or who else asks for it."
    )
    source = fields.Char(help="Where it was read.")
    certainty = fields.Selection(CERTAINTIES, required=True, default="unverified")
    verified_on = fields.Date(help="When somebody last compared it with the source.")

    def _source_note(self):
        """Return article, certainty and day of verification in one line.

        :rtype: str
        """
        self.ensure_one()
        certainty = dict(self._fields["certainty"]._description_selection(self.env))
        day = self.verified_on and format_date(self.env, self.verified_on)
        parts = [self._source_place(), certainty[self.certainty], day]
        return " · ".join(part for part in parts if part)

    def _source_place(self):
        """Return where the datum stands, for :meth:`_source_note`.

        :rtype: str
        """
        self.ensure_one()
        return self.article or ""
