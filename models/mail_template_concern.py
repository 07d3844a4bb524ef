import re

from odoo import api, models
from odoo.exceptions import ValidationError

# What colleagues know of a concern and the customer is not told.
INTERNAL = re.compile(r"\b(?:tier_id|relationship_id|touchpoint_ids?|escalat\w*)\b")
FIELDS = ("subject", "body_html", "email_from", "email_to", "reply_to")


class MailTemplate(models.Model):
    _inherit = "mail.template"

    @api.constrains("model_id", *FIELDS)
    def _check_concern_tells_nothing_internal(self):
        """Refuse what is internal in any language of a mail about a concern (I4).

        :raise ValidationError: naming the template and what to take out
        """
        for template in self.sudo().filtered(lambda t: t.model == "continuity.concern"):
            for name in FIELDS:
                if found := INTERNAL.search(" ".join(template._continuity_texts(name))):
                    raise ValidationError(
                        self.env._(
                            "“%(template)s” would tell customers what is internal: "
                            "take “%(name)s” out.",
                            template=template.name,
                            name=found[0],
                        )
                    )
