import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

# How a text would reach what only colleagues may know of a customer.
INTERNAL = re.compile(
    r"continuity_(?:tier|relationship|state|completeness|focus)|continuity\.relationship"
    r"|continuity\.tier"
)


class MailTemplate(models.Model):
    """No template tells a customer how they are ranked (I4), whoever wrote it."""

    _inherit = "mail.template"

    continuity_notice = fields.Selection(
        [("courtesy", "Courtesy letter"), ("notice", "Legal or contractual notice")],
        string="Kind of Letter",
        default="courtesy",
        required=True,
        help="A courtesy letter does not reach customers who want none or have opted "
        "out of mails. A notice the law or a contract asks for does.",
    )

    @api.constrains("subject", "body_html", "email_from", "email_to", "reply_to")
    def _check_tells_no_tier(self):
        """Refuse internal fields in any language of a template.

        :raise ValidationError: naming the template and what to take out
        """
        names = ("subject", "body_html", "email_from", "email_to", "reply_to")
        for template in self.sudo():
            for name in names:
                field = template._fields[name]
                texts = [template[name]]
                if field.translate:
                    texts = (field._get_stored_translations(template) or {}).values()
                found = INTERNAL.search(" ".join(text or "" for text in texts))
                if found:
                    raise ValidationError(
                        self.env._(
                            "“%(template)s” would tell customers how they are ranked: "
                            "take “%(name)s” out.",
                            template=template.name,
                            name=found[0],
                        )
                    )
