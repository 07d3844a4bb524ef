"""What keeps a letter about a dissolution from leaving (D5)."""

from odoo import models
from odoo.exceptions import UserError

from .continuity_dissolution_notice import MOST_PROVIDERS, TRANSLATED_FACTS
from .continuity_dissolution_telling import is_talk
from .continuity_process_language import is_other_script
from .continuity_touchpoint import OPEN_STATES

# Which contents the letter of an occurrence is checked for.
CONTENTS = {"tell:": "dissolution", "creditor": "creditor"}


class ContinuityDissolutionCustomer(models.Model):
    """Nobody is written to before they were spoken to, where they have to be; and only
    by a notice whose contents are checked, in a language they read."""

    _inherit = "continuity.dissolution.customer"

    def _letter_obstacles(self, touchpoints):
        obstacles = super()._letter_obstacles(touchpoints)
        lines = self.sudo().grouped("id")
        for touchpoint in touchpoints:
            if line := lines.get(touchpoint.origin_id):
                obstacles[touchpoint.id] = [
                    *obstacles.get(touchpoint.id, []),
                    *line._obstacles_to_letter(touchpoint),
                ]
        return obstacles

    def _obstacles_to_letter(self, touchpoint):
        """Say what stands in the way of one letter; extensions add theirs.

        :param touchpoint: the ``continuity.touchpoint`` of the letter
        :rtype: list[str]
        """
        self.ensure_one()
        return [
            *self._talk_obstacles(touchpoint),
            *self._contents_obstacles(touchpoint),
            *self._language_obstacles(touchpoint),
        ]

    def _talk_obstacles(self, touchpoint):
        """Say that somebody has to speak to this customer first. Not where the law
        sets the creditor notice a day and it has come."""
        if touchpoint.occurrence == "creditor" and (
            touchpoint.date_due <= self.dissolution_id._local_today()
        ):
            return []
        if self._needs_meeting() and not self.told_on:
            return [
                self.env._(
                    "%s hears it in a visit or a video meeting first: report that "
                    "meeting, then release this letter.",
                    self.display_name,
                )
            ]
        if self.segment == "unfulfilled" and not self.spoken_on:
            return [
                self.env._(
                    "We still owe something to %s: somebody speaks to them before they "
                    "are written to. Report that talk, then release this letter.",
                    self.display_name,
                )
            ]
        return []

    def _needs_meeting(self):
        """Tell whether the policy asks for a meeting with this customer.

        :rtype: bool
        """
        self.ensure_one()
        telling = self.touchpoint_ids.filtered(
            lambda t: t.occurrence.startswith("tell:") and t.state != "cancelled"
        )
        return any(is_talk(step) for step in self._steps_of(telling))

    def _contents_obstacles(self, touchpoint):
        """Say that another letter than a checked notice was chosen."""
        for prefix, contents in CONTENTS.items():
            template = touchpoint.sudo().template_id
            if (
                touchpoint.occurrence.startswith(prefix)
                and template
                and template.continuity_contents != contents
            ):
                return [
                    self.env._(
                        "“%(letter)s” is not checked for what such a notice has to "
                        "say: choose one that is.",
                        letter=template.name,
                    )
                ]
        return []

    def _language_obstacles(self, touchpoint):
        """Say which words of the campaign the customer could not read."""
        lang = touchpoint._letter_language()
        used = touchpoint._facts_used(*touchpoint._letter_source(lang))
        campaign = self.dissolution_id
        language = dict(self.env["res.lang"].get_installed()).get(lang, lang)
        problems = [
            self.env._(
                "“%(field)s” is not translated into %(language)s: do so on %(plan)s.",
                field=campaign._fields[name]._description_string(self.env),
                language=language,
                plan=campaign.name,
            )
            for fact, name in TRANSLATED_FACTS.items()
            if fact in used and campaign._is_text_untranslated(name, lang)
        ]
        if "fact_providers" not in used:
            return problems
        return problems + [
            self.env._(
                "What %(provider)s offers is not translated into %(language)s: do so "
                "on its form.",
                provider=provider.display_name,
                language=language,
            )
            for provider in self._untranslated_providers(lang)
        ]

    def _untranslated_providers(self, lang):
        """Return the recommended providers whose texts the customer could not read.

        :param str lang: code of the language of the letter
        :rtype: continuity.provider
        """
        matches = self.with_context(lang=lang)._match_providers()[:MOST_PROVIDERS]
        providers = self.env["continuity.provider"].union(
            *(match["provider"].sudo() for match in matches)
        )
        return providers.with_context(lang=lang).filtered(
            lambda provider: any(
                text and is_other_script(text, lang)
                for text in (provider.offer, provider.interest)
            )
        )

    def action_preview_notices(self):
        """Show the letters of these customers that are not released yet."""
        letters = self.touchpoint_ids.filtered(
            lambda t: t.state in OPEN_STATES and t.template_id
        )
        if not letters:
            raise UserError(self.env._("There is no letter to look at."))
        return letters.action_preview_letters()
