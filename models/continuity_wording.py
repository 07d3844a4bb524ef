from odoo import api, fields, models


class ContinuityWording(models.Model):
    """A word to avoid in letters, with what to write instead.

    Customers resent vague reasons and borrowed feelings; a placeholder nobody filled
    in is worse. The preview of a letter points at such words; it does not forbid
    them.
    """

    _name = "continuity.wording"
    _description = "Wording to Avoid"
    _order = "lang, name"

    name = fields.Char(string="Word", required=True)
    lang = fields.Selection(
        [("en", "English"), ("ja", "Japanese"), ("zh", "Chinese"), ("all", "Any")],
        string="Language",
        default="all",
        required=True,
    )
    advice = fields.Char(
        required=True, translate=True, help="What to write instead, in a sentence."
    )
    active = fields.Boolean(default=True)

    @api.model
    def _find(self, text, lang):
        """Return a sentence for each listed word that stands in a text.

        :param str text: plain text
        :param str lang: code of its language, e.g. ja_JP
        :rtype: list[str]
        """
        text = text.casefold()
        words = self.sudo().search([("lang", "in", [lang.split("_")[0], "all"])])
        return [
            self.env._("“%(word)s”: %(advice)s", word=word.name, advice=word.advice)
            for word in words
            if word.name.casefold() in text
        ]
