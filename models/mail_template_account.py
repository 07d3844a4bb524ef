"""No account number is typed into a letter: it comes from what two people confirmed."""

import re

from odoo import api, models

# ISO 13616: how many characters an IBAN has, by country.
IBAN_LENGTHS = {
    country: length
    for length, countries in (
        (15, "NO"),
        (16, "BE"),
        (18, "DK FI FO GL NL"),
        (19, "MK SI"),
        (20, "AT BA EE KZ LT LU XK"),
        (21, "CH HR LI LV"),
        (22, "BG BH CR DE GB GE IE ME RS VA"),
        (23, "AE GI IL IQ"),
        (24, "AD CZ ES MD PK RO SA SE SK TN VG"),
        (25, "PT"),
        (26, "IS TR"),
        (27, "FR GR IT MC MR SM"),
        (28, "AL AZ BY CY DO GT HU LB PL"),
        (29, "BR EG PS QA UA"),
        (30, "JO KW MU"),
        (31, "MT SC"),
        (32, "LC"),
    )
    for country in countries.split()
}
IBAN_BEGINS = re.compile(r"(?<![^\W_])[A-Za-z]{2}\d{2}")
# Countries without IBAN: a number right behind one of the words that announce it.
ACCOUNT_WORDS = (
    "account|acct|a/c|konto|compte|routing|sort code|口座|普通|当座|账号|账户|帐号|帐户"
)
NUMBER_WORDS = (
    "number|nummer|numéro|no|nr|n°|is|ist|est|预金|預金|番号|号码|号|は|为|是"
)
ACCOUNT_NAMED = re.compile(
    rf"(?:{ACCOUNT_WORDS})(?:{NUMBER_WORDS}|[^\w<>+])*"
    r"(?<!\d)(\d(?:[\s\-–.]{0,2}\d){4,})(?!\d)",
    re.IGNORECASE,
)
DATE = re.compile(r"(?:\d{4}\D\d{1,2}\D\d{1,2}|\d{1,2}\D\d{1,2}\D\d{4})$")
LETTER_VALUE = {chr(code): str(code - 55) for code in range(65, 91)}


class MailTemplate(models.Model):
    _inherit = "mail.template"

    @api.model
    def _continuity_unallowed(self, part, text):
        found = super()._continuity_unallowed(part, text)
        return found + self._continuity_account_numbers(text)

    @api.model
    def _continuity_account_numbers(self, text):
        """Return the account numbers typed into a text, also where formatting stands
        between the digits: each IBAN, and what a word such as *account* announces.

        :param str text: plain or HTML
        :rtype: list[str]
        """
        plain = re.sub(r"<[^>]*>|&#?\w+;", "", str(text))
        found = []
        for match in IBAN_BEGINS.finditer(plain):
            length = IBAN_LENGTHS.get(match[0][:2].upper(), 0)
            rest = plain[match.start() : match.start() + 3 * length]
            number = re.sub(r"[\W_]", "", rest)[:length].upper()
            if length and len(number) == length and self._continuity_is_iban(number):
                found.append(number)
        for match in ACCOUNT_NAMED.finditer(plain):
            number = re.sub(r"\D", "", match[1])
            if not DATE.match(match[1]) and not any(number in iban for iban in found):
                found.append(number)
        return found

    @api.model
    def _continuity_is_iban(self, number):
        """Tell whether the check digits of an IBAN are right (ISO 7064, MOD 97-10)."""
        digits = "".join(LETTER_VALUE.get(c, c) for c in number[4:] + number[:4])
        return digits.isascii() and digits.isdigit() and int(digits) % 97 == 1
