import re

from markupsafe import Markup

from odoo import api, fields, models

# Whoever has the customer's link can act as the customer.
PORTAL_LINK = re.compile(r"/continuity/[\w-]{20,}")


class ContinuityTouchpoint(models.Model):
    """What people see of a released letter: its text without the customer's link, and
    whether it is still what was released."""

    _inherit = "continuity.touchpoint"

    letter_text = fields.Html(
        string="Text of the Letter", compute="_compute_letter_text", compute_sudo=True
    )
    letter_intact = fields.Boolean(
        string="As Released",
        compute="_compute_letter_intact",
        compute_sudo=True,
        help="Text, addresses, enclosures and PDF still have the fingerprints of the "
        "release.",
    )

    @api.depends("letter_body")
    def _compute_letter_text(self):
        for touchpoint in self:
            touchpoint.letter_text = touchpoint._masked_letter_body()

    def _masked_letter_body(self, page="/continuity/preview"):
        """Return the text of a released letter without the customer's link: what
        colleagues may read, and whoever else at the customer.

        :param str page: path to which the link leads instead; by default nowhere
        :rtype: Markup
        """
        self.ensure_one()
        body = self.letter_body
        return body and Markup(PORTAL_LINK.sub(lambda _link: page, body))

    @api.depends("letter_hash", "letter_pdf_hash")
    def _compute_letter_intact(self):
        for touchpoint in self:
            touchpoint.letter_intact = (
                not touchpoint.letter_hash
                or touchpoint.letter_hash == touchpoint._letter_fingerprint()
            ) and (
                not touchpoint.letter_pdf_id
                or touchpoint.letter_pdf_hash == touchpoint._pdf_fingerprint()
            )
