"""On the customer's page: which provider takes over, and each consent for itself."""

from functools import partial

from odoo import fields, models
from odoo.exceptions import UserError

from .continuity_consent import KINDS as CONSENT_KINDS
from .continuity_dissolution_notice import MOST_PROVIDERS
from .continuity_touchpoint_portal_actions import AnswerError

CONSENT = "dissolution_consent_"
# What can be said to a question for consent, before and after a yes.
FIRST_ANSWERS = ("given", "refused")
LATER_ANSWERS = ("given", "withdrawn")


class ContinuityDissolutionCustomer(models.Model):
    """A customer who chose to be transferred chooses the provider and answers each
    question for consent. Saying nothing is refusing."""

    _inherit = "continuity.dissolution.customer"

    def _offered_providers(self):
        """Return the providers the page offers: the one chosen first.

        :return: dicts of :meth:`_match_providers`
        :rtype: list[dict]
        """
        self.ensure_one()
        return self._match_providers()[:MOST_PROVIDERS]

    def _on_choice(self):
        """Who chose something else is transferred to nobody; data that has left is for
        people to call back: they get a to-do."""
        result = super()._on_choice()
        transfer = self.sudo().transfer_id
        if self.choice != "transfer" and transfer.state in ("proposed", "agreed"):
            transfer.write(
                {
                    "state": "cancelled",
                    "cancel_reason": self.env._("The customer chose something else."),
                }
            )
        elif self.choice != "transfer" and transfer:
            transfer._remind(
                transfer._who_calls() | self.sudo().dissolution_id._lead(),
                lambda env: env._(
                    "%(customer)s chose something else: call the data back from "
                    "%(provider)s",
                    customer=self.sudo().partner_id.name,
                    provider=transfer.provider_id.display_name,
                ),
                self.choice_note or "",
            )
        return result

    # === THE PLAN === #

    def _portal_sections(self, touchpoint, contact):
        sections = super()._portal_sections(touchpoint, contact)
        line = self.sudo()
        if line.choice == "transfer" and line.transfer_id:
            # What they are asked to approve; open items stand on the page already.
            sections += [
                {
                    "title": self.env._("Transition plan: %s", section["title"]),
                    "text": section.get("text", ""),
                    "columns": section.get("columns", []),
                    "rows": [*map(list, section["pairs"]), *section.get("rows", [])],
                }
                for section in line._plan_sections(items=False)
            ]
        return sections

    # === FORMS === #

    def _portal_forms(self, touchpoint, contact):
        forms = super()._portal_forms(touchpoint, contact)
        line = self.sudo()
        if line.choice != "transfer" or not forms:
            return forms
        transfer = line.transfer_id
        if not transfer or transfer.state in ("proposed", "agreed"):
            forms += line._portal_provider_form(transfer)
        if transfer:
            forms += [
                line._portal_consent_form(transfer, kind)
                for kind in transfer._asked_kinds()
                if not transfer._question_problems(kind)
            ]
        return forms

    def _portal_provider_form(self, transfer):
        """Return the form that chooses the provider, where any fits."""
        matches = self._offered_providers()
        if not matches:
            return []
        chosen = transfer.provider_id
        return [
            {
                "action": "dissolution_provider",
                "title": self.env._("Who shall take over?"),
                "text": self.env._(
                    "Nothing passes over by this choice: you are asked for your "
                    "consent to the contract and to your data, each for itself."
                ),
                "state": self.env._("You chose: %s", chosen.display_name)
                if chosen
                else "",
                "label": self.env._("Providers that fit you"),
                "options": [
                    {
                        "value": str(match["provider"].id),
                        "label": match["provider"].display_name,
                        "help": "\n".join(self._provider_lines(match)),
                        "checked": match["provider"] == chosen,
                    }
                    for match in matches
                ],
                "button": self.env._("This one"),
                "open": not chosen,
            }
        ]

    def _portal_consent_form(self, transfer, kind):
        """Return the form that asks one question for consent; its text names
        recipient, contact, purpose, method and categories."""
        transfer = transfer.sudo()
        answer = transfer._answer(kind)
        given = answer == "given"
        names = self._consent_names()
        said = {
            "given": self.env._("You agreed. You can withdraw it at any time."),
            "refused": self.env._("You did not agree."),
            "withdrawn": self.env._("You withdrew your consent."),
        }
        titles = {
            "contract": self.env._("Consent: your contracts"),
            "data": self.env._("Consent: your data"),
            "abroad": self.env._("Consent: data in another country"),
            "sensitive": self.env._("Consent: sensitive data"),
            "bank": self.env._("Consent: bank details"),
            "plan": self.env._("Your approval of the transition plan"),
        }
        return {
            "action": CONSENT + kind,
            "title": titles[kind],
            "text": transfer._consent_question(kind),
            "state": said.get(answer, ""),
            "label": self.env._("Your answer"),
            "options": [
                {"value": value, "label": names[value], "checked": value == answer}
                for value in (LATER_ANSWERS if given else FIRST_ANSWERS)
            ],
            "button": self.env._("Send this answer"),
            "open": not answer or answer == "none",
        }

    # === ACTIONS === #

    def _portal_line_actions(self, touchpoint):
        return {
            **super()._portal_line_actions(touchpoint),
            "dissolution_provider": self._portal_choose_provider,
            **{
                CONSENT + kind: partial(self._portal_consent, kind)
                for kind, _label in CONSENT_KINDS
            },
        }

    def _portal_holds(self, kind, form):
        """Whoever chose another provider is asked again, and answers again."""
        transfer = self.sudo().transfer_id
        if kind == "dissolution_provider":
            holds = str(transfer.provider_id.id) == form["choice"]
        elif kind.startswith(CONSENT):
            kind_asked = kind.removeprefix(CONSENT)
            holds = transfer and transfer._answer(kind_asked) == form["choice"]
        else:
            holds = True
        return bool(holds) and super()._portal_holds(kind, form)

    def _portal_choose_provider(self, touchpoint, contact, form):
        """Begin the transfer to the provider the customer chose."""
        line = self.sudo()
        line._portal_check_transfer()
        by_id = {
            str(m["provider"].id): m["provider"] for m in line._offered_providers()
        }
        provider = by_id[touchpoint._portal_check_choice(form, by_id)]
        try:
            line._propose_transfer(provider)
        except UserError as error:
            # Taken meanwhile, or data has left: words meant for colleagues.
            raise AnswerError(
                self.env._("This provider can no longer be chosen. Please call us.")
            ) from error
        return {"detail": provider.display_name}

    def _portal_consent(self, kind, touchpoint, contact, form):
        """Keep the answer to one question for consent, by the person the link was made
        for; silence stays a refusal."""
        line = self.sudo()
        line._portal_check_transfer()
        transfer = line.transfer_id
        asked = transfer._asked_kinds() if transfer else ()
        if kind not in asked or transfer._question_problems(kind):
            raise AnswerError(self.env._("This is not asked of you now."))
        given = transfer._answer(kind) == "given"
        answer = touchpoint._portal_check_choice(
            form, LATER_ANSWERS if given else FIRST_ANSWERS
        )
        transfer._record_consent(
            kind,
            answer,
            contact.name,
            "portal",
            self.env._(
                "Page of “%(letter)s”, fingerprint %(hash)s, %(moment)s UTC",
                letter=touchpoint.letter_subject or touchpoint.name,
                hash=touchpoint.letter_hash or "-",
                moment=fields.Datetime.to_string(fields.Datetime.now()),
            ),
        )
        return {"detail": line._consent_names()[answer]}

    def _consent_names(self):
        """Return the words of each answer to a question for consent."""
        return {
            "given": self.env._("Yes, we agree"),
            "refused": self.env._("No, we do not agree"),
            "withdrawn": self.env._("We withdraw our consent"),
        }

    def _portal_check_transfer(self):
        """Refuse what belongs to a transfer from customers who chose something else.

        :raise AnswerError: in words for the customer
        """
        self.ensure_one()
        if self.plan_state not in ("running", "reported") or self.choice != "transfer":
            raise AnswerError(
                self.env._("Please choose first that you want to be transferred.")
            )

    def _portal_confirmation(self, touchpoint, answer):
        sentences = super()._portal_confirmation(touchpoint, answer)
        if answer.kind == "dissolution_provider":
            sentences += [
                self.env._("We have noted your choice: %s.", answer.detail),
                self.env._(
                    "Go back to the letter to answer the questions for consent. "
                    "Without your answer nothing passes over."
                ),
            ]
        elif (answer.kind or "").startswith(CONSENT):
            sentences += [
                self.env._("We have noted your answer: %s.", answer.detail),
                self.env._("You can change it on this page at any time."),
            ]
        return sentences
