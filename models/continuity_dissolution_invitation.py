from odoo import api, fields, models

from .continuity_dissolution_guest import REPLIES
from .continuity_touchpoint_facts import fact
from .continuity_touchpoint_portal_actions import AnswerError

EVENT_FACTS = (
    "fact_event_name",
    "fact_event_when",
    "fact_event_place",
    "fact_event_about",
    "fact_event_host",
    "fact_event_providers",
)


class ContinuityTouchpoint(models.Model):
    _inherit = "continuity.touchpoint"

    fact_event_name = fact("Name of the event")
    fact_event_when = fact("Day and time of the event")
    fact_event_place = fact("Link or address of the event")
    fact_event_about = fact("What the event is about")
    fact_event_host = fact("Who speaks at the event")
    fact_event_providers = fact("Who is presented at the event")

    @api.model
    def _letter_facts(self):
        return super()._letter_facts() + EVENT_FACTS


class ContinuityDissolutionGuest(models.Model):
    """Whether and how a guest still answers the invitation."""

    _inherit = "continuity.dissolution.guest"

    def _may_still_reply(self):
        """Tell whether the answer of a guest still changes anything.

        :rtype: bool
        """
        self.ensure_one()
        event = self.event_id
        return (
            event.state == "invited"
            and event.date > fields.Datetime.now()
            and self.attendance in ("invited", *REPLIES)
        )

    def _say_reply(self):
        """Return, in the language of the context, what the guest has answered."""
        self.ensure_one()
        if self.attendance == "coming":
            return self.env._("You have said that you will come. Thank you.")
        if self.attendance == "declined":
            return self.env._("You have said that you cannot come.")
        return ""

    def _obstacles_to_invitation(self, lang):
        """Say what stands in the way of inviting one guest.

        :param str lang: code of the language of the invitation
        :rtype: list[str]
        """
        self.ensure_one()
        event = self.event_id
        languages = dict(self.env["res.lang"].get_installed())
        obstacles = []
        if self.line_id.state not in ("told", "closed"):
            obstacles.append(
                self.env._(
                    "%s has not been told of the dissolution yet: an invitation must "
                    "not be how they learn of it.",
                    self.line_id.display_name,
                )
            )
        if event.state != "invited" or event.date <= fields.Datetime.now():
            obstacles.append(self.env._("The event is over or called off."))
        for name in ("name", "about"):
            if event._is_text_untranslated(name, lang):
                obstacles.append(
                    self.env._(
                        "“%(field)s” of the event is not translated into %(language)s.",
                        field=event._fields[name]._description_string(self.env),
                        language=languages.get(lang, lang),
                    )
                )
        for provider in event.provider_ids:
            for label in event._untranslated_provider_fields(provider, lang):
                obstacles.append(
                    self.env._(
                        "“%(field)s” of %(provider)s is not translated into "
                        "%(language)s.",
                        field=label,
                        provider=provider.display_name,
                        language=languages.get(lang, lang),
                    )
                )
        return obstacles


class ContinuityDissolutionCustomer(models.Model):
    """The invitation of a customer: its letter, and the page on which they answer."""

    _inherit = "continuity.dissolution.customer"

    def _guest_invited_by(self, touchpoint):
        """Return the guest an invitation is for, if it is one."""
        return self.sudo().guest_ids.filtered(
            lambda g: touchpoint._origin and g.invitation_id == touchpoint._origin
        )

    def _prepare_facts(self, touchpoint):
        facts = super()._prepare_facts(touchpoint)
        if guest := self._guest_invited_by(touchpoint):
            event = guest.event_id.with_context(lang=self.env.lang)
            facts |= {
                "fact_event_name": event.name,
                "fact_event_when": touchpoint._fact_moment(event.date),
                "fact_event_place": event.place,
                "fact_event_about": event.about,
                "fact_event_host": event.host_id.name,
                "fact_event_providers": event._providers_text(),
            }
        return facts

    def _obstacles_to_letter(self, touchpoint):
        """No invitation once the event is over or called off, and none to guests who
        have not been told."""
        obstacles = super()._obstacles_to_letter(touchpoint)
        if guest := self._guest_invited_by(touchpoint):
            obstacles += guest._obstacles_to_invitation(touchpoint._letter_language())
        return obstacles

    def _portal_sections(self, touchpoint, contact):
        sections = super()._portal_sections(touchpoint, contact)
        guest = self._guest_invited_by(touchpoint)
        if guest:
            event = guest.event_id.with_context(lang=self.env.lang)
            lines = (
                touchpoint._portal_moment(event.date, contact),
                event.place,
                event.about,
                event._providers_text(),
            )
            sections.append(
                {"title": event.name, "text": "\n".join(filter(None, lines))}
            )
        return sections

    def _portal_forms(self, touchpoint, contact):
        forms = super()._portal_forms(touchpoint, contact)
        guest = self._guest_invited_by(touchpoint)
        if guest and guest._may_still_reply():
            forms.append(
                {
                    "action": "dissolution_event",
                    "title": self.env._("Will you come?"),
                    "label": self.env._("Your answer"),
                    "options": [
                        {"value": "coming", "label": self.env._("Yes, I will come")},
                        {
                            "value": "declined",
                            "label": self.env._("No, I cannot come"),
                        },
                    ],
                    "words": self.env._("What should we speak about? (if you like)"),
                    "button": self.env._("Send my answer"),
                    "state": guest._say_reply(),
                    "open": True,
                }
            )
        return forms

    def _portal_line_actions(self, touchpoint):
        actions = super()._portal_line_actions(touchpoint)
        if self._guest_invited_by(touchpoint):
            actions["dissolution_event"] = self._portal_reply_to_event
        return actions

    def _portal_reply_to_event(self, touchpoint, contact, form):
        """Keep whether the guest comes, as they say on their page."""
        guest = self._guest_invited_by(touchpoint)
        if not guest._may_still_reply():
            raise AnswerError(self.env._("The event is over, or was called off."))
        guest._reply(touchpoint._portal_check_choice(form, REPLIES))
        return {"detail": guest._say_reply()}

    def _portal_confirmation(self, touchpoint, answer):
        said = super()._portal_confirmation(touchpoint, answer)
        if answer.kind == "dissolution_event":
            said.append(self._guest_invited_by(touchpoint)._say_reply())
        return said


class ContinuityPortalAnswer(models.Model):
    _inherit = "continuity.portal.answer"

    kind = fields.Selection(
        selection_add=[("dissolution_event", "Answered an invitation")],
        ondelete={"dissolution_event": "cascade"},
    )
