import re

from odoo import fields, models

USER_GROUP = "customer_continuity.group_user"


class ResPartner(models.Model):
    """What has to be known before something is put into an envelope."""

    _inherit = "res.partner"

    continuity_no_gifts = fields.Boolean(
        string="Declines Gifts",
        groups=USER_GROUP,
        help="Their rules forbid gifts, or they do not want any: left out of seasonal "
        "gifts, not of cards.",
    )
    continuity_mourning_until = fields.Date(
        string="In Mourning Until",
        groups=USER_GROUP,
        help="No New Year's cards until this day; usually a year after a death.",
    )

    def _continuity_postal_address(self, person, lang):
        """Return the lines for an envelope, in the order of the reader's language.

        The country is left out where the letter does not leave it: that of the
        company of the environment.

        :param person: the ``res.partner`` it is addressed to by name, may be empty
        :param str lang: code of the language of what is in the envelope
        :rtype: str
        """
        self.ensure_one()
        recipient = self.with_context(lang=lang)
        customer = self.commercial_partner_id
        person = person.with_context(lang=lang)
        names = [customer.name] if customer != recipient else []
        if lang.startswith("ja"):
            names = names or [recipient.name]
            if person:
                title = " ".join(filter(None, (person.function, f"{person.name} 様")))
                names = [*(names if customer != person else []), title]
            else:
                names = [f"{names[0]} 御中"]
        else:
            names.append(recipient.name)
        address = recipient._display_address(without_company=True)
        lines = [re.sub(" +", " ", line).strip() for line in address.splitlines()]
        country = recipient.country_id
        if country and country == self.env.company.country_id:
            # In China it stands before the postcode.
            name = re.escape(country.name)
            lines = [re.sub(rf"^{name}(, |$)", "", line) for line in lines]
        if recipient.country_id.code == "JP" and recipient.zip:
            lines = [
                f"〒{line}" if line == recipient.zip.strip() else line for line in lines
            ]
        if lang.startswith(("ja", "zh")):
            # From the large to the small, and the name at the end.
            return "\n".join(filter(None, [*lines, *names]))
        return "\n".join(filter(None, [*names, *lines]))
