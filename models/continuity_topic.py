import re

from odoo import fields, models


class ContinuityTopic(models.Model):
    """What a common answer, or a piece of information, is about."""

    _name = "continuity.topic"
    _description = "Topic"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    keywords = fields.Char(
        string="Other Words",
        help="What profiles call it besides, separated by commas, in any language: "
        "laser cutter, laser cutting, レーザー加工機.",
    )
    color = fields.Integer()
    active = fields.Boolean(default=True)

    _name_uniq = models.UniqueIndex(
        "((name ->> 'en_US'))", "There is a topic of this name."
    )

    def _all_words(self):
        """Return names in all languages and other words, the longest first.

        :rtype: list[str]
        """
        words = set()
        for topic in self:
            names = self._fields["name"]._get_stored_translations(topic) or {}
            words.update(names.values())
            words.update(re.split("[,，、]", topic.keywords or ""))
        words = {word.strip() for word in words if word and word.strip()}
        return sorted(words, key=lambda word: (-len(word), word))
