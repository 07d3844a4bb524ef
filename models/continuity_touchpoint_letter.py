from odoo import fields, models


class ContinuityTouchpoint(models.Model):
    """The letter of a written contact: its template, signer and medium, and the text
    as it was released."""

    _inherit = "continuity.touchpoint"

    # What a released letter says, and who released it, is evidence.
    _guarded_fields = frozenset(
        {
            "template_id",
            "letter_medium",
            "letter_lang",
            "signer_id",
            "letter_subject",
            "letter_body",
            "letter_email",
            "letter_address",
            "letter_attachment_ids",
            "letter_hash",
            "letter_pdf_id",
            "frozen_on",
            "released_by_id",
            "released_on",
        }
    )

    template_id = fields.Many2one(
        "mail.template",
        string="Letter",
        index="btree_not_null",
        ondelete="restrict",
        domain=[("model", "=", "continuity.touchpoint")],
    )
    letter_medium = fields.Selection(
        [("mail", "By e-mail"), ("paper", "On paper"), ("both", "Both")],
        string="Sent",
    )
    signer_id = fields.Many2one("res.users", string="Signed By", ondelete="restrict")
    letter_lang = fields.Char(
        string="Language of the Letter",
        readonly=True,
        help="Code of the language the letter was written in.",
    )
    letter_subject = fields.Char(string="Subject of the Letter", readonly=True)
    letter_body = fields.Html(
        string="Text of the Letter", readonly=True, sanitize="email_outgoing"
    )
    letter_email = fields.Char(string="Sent To", readonly=True)
    letter_address = fields.Text(string="Postal Address", readonly=True)
    letter_attachment_ids = fields.Many2many(
        "ir.attachment",
        "continuity_touchpoint_attachment_rel",
        string="Enclosures",
        readonly=True,
    )
    letter_hash = fields.Char(
        string="Fingerprint",
        readonly=True,
        help="SHA-256 over exactly what is sent: language, addresses, subject, text "
        "and enclosures.",
    )
    letter_pdf_id = fields.Many2one(
        "ir.attachment",
        string="PDF",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    frozen_on = fields.Datetime(
        readonly=True, help="Since when the text of the letter can no longer change."
    )
    released_by_id = fields.Many2one(
        "res.users", string="Released By", readonly=True, ondelete="restrict"
    )
    released_on = fields.Datetime(string="Released On", readonly=True)
