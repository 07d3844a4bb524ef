import re

from odoo import models

KANA = re.compile("[ぁ-んァ-ヶ]")
HAN = re.compile("[ぁ-んァ-ヶ一-龯々〆]")
LATIN = re.compile("[A-Za-zÀ-ÿ]")


def is_other_script(text, lang):
    """Tell whether a text is written in another script than a language is.

    Which language somebody typed is known nowhere; the script says most of it.

    :param str text: plain text
    :param str lang: code of the language, e.g. ja_JP
    :rtype: bool
    """
    language, han = lang.split("_")[0], len(HAN.findall(text))
    is_east_asian = 3 * han >= len(LATIN.findall(text))
    if is_east_asian != (language in ("ja", "zh")):
        return True
    return language == "zh" and bool(KANA.search(text))


class ContinuityDocumentMixin(models.AbstractModel):
    """Texts that people write for customers, once per language."""

    _inherit = "continuity.document.mixin"

    def _is_text_untranslated(self, name, lang):
        """Tell whether customers who get letters in a language would read a text of
        this document in another one.

        :param str name: a translated field with plain text
        :param str lang: code of the language of the letter
        :rtype: bool
        """
        self.ensure_one()
        text = self.with_context(lang=lang)[name]
        if not self._origin or not text:
            return False
        if is_other_script(text, lang):
            return True
        language = lang.split("_")[0]
        if language in ("ja", "zh"):
            return False
        source = (self.create_uid.lang or "en_US").split("_")[0]
        if language == source or source in ("ja", "zh"):
            return False
        stored = self._fields[name]._get_stored_translations(self._origin) or {}
        return stored.get(lang, text) == stored.get("en_US")
