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
    example = fields.Char(
        string="Better Example",
        help="How somebody said it well, in the language of the word.",
    )
    active = fields.Boolean(default=True)

    @api.model
    def _find(self, text, lang=None):
        """Return a sentence for each listed word that stands in a text.

        :param str text: plain text
        :param str lang: code of its language, e.g. ja_JP; words of all languages
            without
        :rtype: list[str]
        """
        text = (text or "").casefold()
        domain = [("lang", "in", [lang.split("_")[0], "all"])] if lang else []
        words = self.sudo().search(domain)
        return [word._describe() for word in words if word.name.casefold() in text]

    def _describe(self):
        """Say what to write instead of one word, with the example if there is one.

        :rtype: str
        """
        self.ensure_one()
        advice = self.env._(
            "“%(word)s”: %(advice)s", word=self.name, advice=self.advice
        )
        if not self.example:
            return advice
        return self.env._(
            "%(advice)s For example: “%(example)s”",
            advice=advice,
            example=self.example,
        )
