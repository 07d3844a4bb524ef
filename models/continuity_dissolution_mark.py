"""Whether a notice of dissolution still says what it said when it was released (D5)."""

from odoo import models


class ContinuityDissolutionCustomer(models.Model):
    _inherit = "continuity.dissolution.customer"

    def _letter_marks(self, touchpoints):
        lines = self.sudo().grouped("id")
        marks = super()._letter_marks(touchpoints)
        # Of all letters at once: each look into the books costs several SELECTs.
        fingerprints = self.sudo()._items_fingerprints()
        by_lang = touchpoints.grouped(lambda t: t.letter_lang or t._letter_language())
        for lang, letters in by_lang.items():
            translated = self.with_context(lang=lang)
            facts = translated._letter_fact_values(letters.with_context(lang=lang))
            for letter in letters:
                if line := lines.get(letter.origin_id):
                    marks[letter.id] = line._letter_mark(
                        letter, lang, facts[letter.id], fingerprints[line.id]
                    )
        return marks

    def _letter_mark(self, touchpoint, lang, facts, items):
        """Return the fingerprint of what this letter says that may change: its facts
        that come from the campaign and the books.

        :param str lang: code of the language of the letter
        :param dict facts: its facts, as they are now
        :param str items: fingerprint of what is open with the customer
        :rtype: str
        """
        self.ensure_one()
        used = touchpoint._facts_used(*touchpoint._letter_source(lang))
        more = (
            {"items": items} if {"fact_open_items", "fact_prepaid"} & set(used) else {}
        )
        return touchpoint._facts_mark(lang, facts, **more)

    def _letter_jurisdictions(self, touchpoints):
        lines = self.sudo().grouped("id")
        jurisdictions = super()._letter_jurisdictions(touchpoints)
        for touchpoint in touchpoints:
            if line := lines.get(touchpoint.origin_id):
                jurisdictions[touchpoint.id] = line.dissolution_id.jurisdiction_id
        return jurisdictions
