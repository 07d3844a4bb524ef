import hashlib
import json

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import is_html_empty

# Of a letter that is on its way, what stays when it is written again.
KEPT = ("state", "lane", "sending_on", "letter_message_id")


class ContinuitySubjectMixin(models.AbstractModel):
    _inherit = "continuity.subject.mixin"

    def _letter_marks(self, touchpoints):
        """Hook: return a fingerprint of what letters say that may change any day.

        Kept at the release and compared before a letter leaves: one that would say
        something else by now does not leave as it was (see
        ``continuity.touchpoint._bring_letter_up_to_date``). Without a mark nothing is
        compared.

        :param touchpoints: ``continuity.touchpoint`` of these lines
        :return: fingerprints by touchpoint id
        :rtype: dict[int, str]
        """
        return {}

    def _letter_waits(self, touchpoint):
        """Hook: tell whether a released letter whose mark has changed waits for a
        person, instead of being written again with what holds now.

        :param touchpoint: the ``continuity.touchpoint`` of a letter of this line
        :rtype: bool
        """
        return False


class ContinuityTouchpoint(models.Model):
    """A letter whose facts change between its release and its leaving: an order was
    delivered, an invoice paid.

    Written from the template, it is rendered and released again in the name of whoever
    released it, after the same checks. With words of somebody's own it is held, because
    only they know whether these are still right.
    """

    _inherit = "continuity.touchpoint"

    _guarded_fields = frozenset({"letter_mark", "letter_updated_on"})

    letter_mark = fields.Char(
        readonly=True,
        copy=False,
        help="Fingerprint of the facts that may change, as they were at the release.",
    )
    letter_updated_on = fields.Datetime(
        string="Brought Up to Date On",
        readonly=True,
        copy=False,
        help="After its release facts had changed: it was written again with the new "
        "ones before it left.",
    )

    def _marks_of_origins(self):
        """Ask the lines these contacts came from for the fingerprint of what may
        change (hook ``_letter_marks``).

        :rtype: dict[int, str]
        """
        marks = {}
        for model, touchpoints in self.grouped("origin_model").items():
            lines = touchpoints._origins(model)
            if hasattr(lines, "_letter_marks"):
                marks.update(lines.exists()._letter_marks(touchpoints))
        return marks

    def _freeze(self):
        result = super()._freeze()
        marks = self.sudo()._marks_of_origins()
        for touchpoint in self.sudo():
            touchpoint.write(
                {
                    "letter_mark": marks.get(touchpoint.id, False),
                    "letter_updated_on": False,
                }
            )
        return result

    def _letters_changed(self):
        """Return those of these released letters whose facts are others by now."""
        marked = self.sudo().filtered(
            lambda t: t.letter_mark and t._has_frozen_letter()
        )
        marks = marked._marks_of_origins()
        return self.browse(t.id for t in marked if marks.get(t.id) != t.letter_mark)

    def _changed_reason(self):
        """Return what the responsible person reads about a letter that is held."""
        return self.env._(
            "What it says about this customer has changed since its release, such as "
            "an open item: read it again and release it."
        )

    def _bring_letter_up_to_date(self):
        """Write a letter again whose facts have changed since its release, or say why
        it has to wait for a person.

        :return: the reason why it does not leave; empty when it may
        :rtype: str
        """
        self.ensure_one()
        if not self._letters_changed():
            return ""
        letter = self.with_env(self._env_of_responsible())
        if letter._has_own_words() or self.posted_on or not self.released_by_id.active:
            return letter._changed_reason()
        line = self.env[self.origin_model].browse(self.origin_id).exists()
        if hasattr(line, "_letter_waits") and line._letter_waits(self):
            return letter._changed_reason()
        before = {name: self[name] for name in KEPT}
        self.invalidate_recordset(list(self._letter_facts()))
        releaser, medium = self.released_by_id, self.letter_medium
        self._thaw()
        self.write({"state": "owed", "letter_medium": medium})
        problems = letter._letter_problems()[self.id]
        if problems:
            self.write(before)
            return " ".join([letter._changed_reason(), *problems])
        # Its evidence names who released it: they asked for this letter, not for
        # these figures.
        self.with_user(releaser)._freeze()
        self.write({**before, "letter_updated_on": fields.Datetime.now()})
        return ""

    def _facts_mark(self, lang, facts, **more):
        """Return the fingerprint of those facts that stand in this letter.

        :param str lang: code of the language of the letter
        :param dict facts: texts by name of the fact, as they are now
        :param more: what counts besides, by name
        :rtype: str
        """
        self.ensure_one()
        used = self._facts_used(*self._letter_source(lang))
        said = {name: str(value or "") for name, value in facts.items() if name in used}
        text = json.dumps({**said, **more}, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def _has_own_words(self):
        """Tell whether somebody wrote this letter instead of the template."""
        self.ensure_one()
        letter = self.sudo()
        return bool(letter.own_subject or not is_html_empty(letter.own_body))

    def action_mark_posted(self):
        """Record that these paper letters were posted.

        :raise UserError: when the facts of one have changed since it was printed
        """
        changed = self._letters_changed()
        if changed:
            raise UserError(
                self.env._(
                    "“%s” says something that has changed since it was released: take "
                    "it back, release it again and print the new one.",
                    changed[0].name,
                )
            )
        return super().action_mark_posted()

    def _print_letters(self):
        """Return the file for the post; letters whose facts have changed are written
        again before, or held."""
        self.check_access("read")
        self._check_may_release()
        for letter in self._letters_changed().sudo():
            if letter.posted_on or not letter._is_still_here():
                continue
            if reason := letter._bring_letter_up_to_date():
                letter._take_back_refused(reason)
        return super()._print_letters()
