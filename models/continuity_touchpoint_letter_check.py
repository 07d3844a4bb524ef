import re

from lxml import html

from odoo import api, models
from odoo.tools import email_normalize, is_html_empty
from odoo.tools.rendering_tools import parse_inline_template

from .continuity_touchpoint import OPEN_STATES


class ContinuityTouchpoint(models.Model):
    """What stands in the way of a letter's release: all of it, each time."""

    _inherit = "continuity.touchpoint"

    def _letter_problems(self):
        """Return every reason why these letters cannot be released, for people, in a
        stable order; extensions add theirs.

        :return: reasons by touchpoint id; an empty list where nothing is in the way
        :rtype: dict[int, list[str]]
        """
        letters = self._render_letters()
        refusals = self._letter_refusals()
        blacklist = self._blacklisted_emails()
        untranslated = self._untranslated_letters()
        obstacles = self._obstacles_of_origins()
        problems = {}
        for touchpoint in self:
            problems[touchpoint.id] = [
                *touchpoint._letter_state_problems(),
                *touchpoint._letter_text_problems(
                    letters.get(touchpoint.id), untranslated
                ),
                *touchpoint._letter_signer_problems(),
                *touchpoint._letter_recipient_problems(blacklist),
                *refusals.get(touchpoint.id, []),
                *obstacles.get(touchpoint.id, []),
            ]
        return problems

    def _obstacles_of_origins(self):
        """Ask the lines these contacts came from what stands in the way (hook
        ``_letter_obstacles``)."""
        obstacles = {}
        for model, touchpoints in self.grouped("origin_model").items():
            lines = touchpoints._origins(model)
            if hasattr(lines, "_letter_obstacles"):
                obstacles.update(lines.exists()._letter_obstacles(touchpoints))
        return obstacles

    def _letter_state_problems(self):
        """Say whether it is too late, or whether this contact is no letter."""
        self.ensure_one()
        if self._has_frozen_letter():
            return [self.env._("It was released already.")]
        if self.state not in OPEN_STATES:
            return [self.env._("It is closed, released or being sent.")]
        if not self._letter_medium():
            return [
                self.env._(
                    "Say whether it goes by e-mail or on paper: “%s” is no letter.",
                    self.channel_id.name,
                )
            ]
        return []

    def _letter_text_problems(self, letter, untranslated):
        """Say what is missing in template, translation and facts."""
        self.ensure_one()
        template = self.sudo().template_id
        lang = self._letter_language()
        if not template and not (self.own_subject and self.own_body):
            return [self.env._("Choose a letter.")]
        own = self.own_subject and not is_html_empty(self.own_body)
        problems = []
        if (template, lang) in untranslated and not (letter and own):
            problems.append(
                self.env._(
                    "“%(template)s” is not translated into %(language)s, the language "
                    "of this customer.",
                    template=template.name,
                    language=untranslated[template, lang],
                )
            )
        elif not letter:
            problems.append(
                self.env._(
                    "“%s” contains more than text and facts: correct the template.",
                    template.name,
                )
            )
        if not letter:
            return problems
        if not letter.subject.strip():
            problems.append(self.env._("The subject is empty."))
        if is_html_empty(letter.body):
            problems.append(self.env._("The text is empty."))
        for name in self._missing_facts(letter):
            problems.append(
                self.env._(
                    "“%s” is not known and the letter has no text instead of it.",
                    self._fields[name]._description_string(self.env),
                )
            )
        return problems

    def _missing_facts(self, letter):
        """Return the facts a letter needs that are empty for this contact.

        :rtype: list[str]
        """
        facts = self.sudo().with_context(lang=letter.lang)
        return [
            name
            for name in dict.fromkeys(self._needed_facts(letter))
            if not facts[name]
        ]

    @api.model
    def _needed_facts(self, letter):
        """Yield the facts a text contains without a default for when they are
        empty."""
        for _literal, expression, default in parse_inline_template(
            letter.source_subject
        ):
            if expression and not default.strip():
                yield expression.removeprefix("object.")
        body = html.fragment_fromstring(letter.source_body, create_parent="div")
        for element in body.iter():
            expression = element.attrib.get("t-out")
            if expression and not (element.text or "").strip():
                yield expression.removeprefix("object.")

    def _untranslated_letters(self):
        """Return the (template, language) pairs of these contacts for which there is
        no complete translation.

        :return: names of languages by (template, code)
        :rtype: dict[tuple, str]
        """
        languages = dict(self.env["res.lang"].get_installed())
        untranslated = {}
        pairs = {(t.sudo().template_id, t._letter_language()) for t in self}
        for template, lang in pairs:
            if template and (
                lang not in languages or template._continuity_untranslated(lang)
            ):
                untranslated[template, lang] = languages.get(lang, lang)
        return untranslated

    def _letter_signer_problems(self):
        self.ensure_one()
        signer = self.sudo()._letter_signer()
        problems = []
        if not signer.active:
            problems.append(
                self.env._("%s can no longer log in and cannot sign.", signer.name)
            )
        if self.company_id not in signer.company_ids:
            problems.append(
                self.env._(
                    "%(signer)s does not work for %(company)s and cannot sign.",
                    signer=signer.name,
                    company=self.company_id.name,
                )
            )
        if not email_normalize(signer.email):
            problems.append(
                self.env._(
                    "%s signs and has no valid e-mail address: replies would be lost.",
                    signer.name,
                )
            )
        return problems

    def _letter_email(self):
        """Return the address the letter is mailed to: the person's, else the
        customer's; False without exactly one valid address.

        :rtype: str
        """
        self.ensure_one()
        email = self._letter_recipient().email or self.partner_id.email
        return email_normalize(email or "") or False

    def _letter_recipient_problems(self, blacklist):
        """Say whether there is an address for the medium."""
        self.ensure_one()
        medium = self._letter_medium()
        recipient = self._letter_recipient()
        problems = []
        if medium in ("mail", "both"):
            email = self._letter_email()
            if not email:
                problems.append(
                    self.env._(
                        "%s has no valid e-mail address.", recipient.display_name
                    )
                )
            elif email in blacklist and self._is_courtesy():
                problems.append(self._blacklist_problem(email))
        if medium in ("paper", "both") and not self._has_postal_address(recipient):
            problems.append(
                self.env._(
                    "%s has no complete postal address: street and city are needed.",
                    recipient.display_name,
                )
            )
        return problems

    @api.model
    def _has_postal_address(self, partner):
        return bool(partner.street and (partner.city or partner.zip))

    def _is_courtesy(self):
        """Tell whether the letter is one that customers may decline (I10).

        With words of one's own a notice is none any more.
        """
        self.ensure_one()
        letter = self.sudo()
        own_words = letter.own_subject or not is_html_empty(letter.own_body)
        return own_words or letter.template_id.continuity_notice != "notice"

    def _letter_refusals(self):
        """Ask the kernel whom of these customers not to contact now.

        :return: reasons by touchpoint id
        :rtype: dict[int, list[str]]
        """
        reasons = {}
        groups = self.grouped(lambda t: (t.purpose, t._is_courtesy()))
        for (purpose, courtesy), touchpoints in groups.items():
            refusals = touchpoints.sudo().relationship_id._contact_refusals(
                purpose, courtesy=courtesy
            )
            for touchpoint in touchpoints:
                if reason := refusals.get(touchpoint.relationship_id.id):
                    reasons[touchpoint.id] = [reason]
        return reasons

    def _refusal_since_release(self):
        """Return why this customer may not be written to any more, if so (I10): since
        the release they may have opted out, or complained.

        :rtype: str
        """
        self.ensure_one()
        reasons = []
        # Asked again in the reader's language only where there is something to read.
        if self._letter_refusals():
            letter = self.with_env(self._env_of_responsible())
            reasons = letter._letter_refusals().get(self.id, [])
        email = email_normalize(self.letter_email or "")
        if email and self._is_courtesy():
            blacklist = self.env["mail.blacklist"].sudo()
            if blacklist.search_count([("email", "=", email)], limit=1):
                letter = self.with_env(self._env_of_responsible())
                reasons = [*reasons, letter._blacklist_problem(email)]
        return " ".join(reasons)

    def _blacklist_problem(self, email):
        return self.env._("%s has opted out of mails (blacklist).", email)

    def _blacklisted_emails(self):
        """Return those of the addresses that have opted out of mails."""
        emails = {touchpoint._letter_email() for touchpoint in self} - {False}
        if not emails:
            return set()
        entries = (
            self.env["mail.blacklist"].sudo().search([("email", "in", list(emails))])
        )
        return set(entries.mapped("email"))

    # === WORDING === #

    def _letter_warnings(self, letter):
        """Return what a careful reader would change: vague or emotional words and
        placeholders somebody forgot to fill in. They do not block the release.

        :param Letter letter: see :meth:`_render_letters`
        :rtype: list[str]
        """
        self.ensure_one()
        text = f"{letter.subject} {re.sub('<[^>]+>', ' ', letter.body)}"
        return self.env["continuity.wording"]._find(text, letter.lang)
