"""The questions a customer is asked before contract and data pass to a successor, and
the answers (D7)."""

import re

from odoo import fields, models
from odoo.exceptions import UserError

from .continuity_consent import KINDS as CONSENT_KINDS
from .continuity_transfer import CURRENT_STATES


class ContinuityTransfer(models.Model):
    _inherit = "continuity.transfer"

    def _consent_kinds(self):
        """Return the questions this transfer needs an answer to, in their order.

        :return: technical values of ``continuity.consent``
        :rtype: list[str]
        """
        self.ensure_one()
        kinds = []
        if any(rule.needs_contract_consent for rule in self._rules("contract")):
            kinds.append("contract")
        # Asked for where nobody has said on what grounds, too.
        if not self.rule_id or self.rule_id.needs_data_consent:
            kinds.append("data")
        needs = set(self.category_ids.filtered("needs").mapped("needs"))
        if self.goes_abroad:
            needs.add("abroad")
        for kind, _label in CONSENT_KINDS[2:]:
            if kind in needs and any(
                rule.needs_data_consent for rule in self._rules(kind)
            ):
                kinds.append(kind)
        return kinds

    def _asked_kinds(self):
        """Return all questions this customer is asked: those that have to be answered,
        and whether they approve the transition plan.

        :rtype: list[str]
        """
        return [*self._consent_kinds(), "plan"]

    def _question_problems(self, kind):
        """Say what a question has to name and does not: a yes to it would be none.

        :param str kind: technical value of ``continuity.consent``
        :rtype: list[str]
        """
        self.ensure_one()
        if kind in ("contract", "plan"):
            return []
        facts = self._consent_facts()
        provider = self.sudo().provider_id.display_name
        missing = {
            "contact": self.env._(
                "whom to ask at %s, with telephone or mail", provider
            ),
            "purpose": self.env._("what %s uses the data for", provider),
            "method": self.env._("how %s handles the data", provider),
            "categories": self.env._("which data goes along"),
        }
        return [text for name, text in missing.items() if not facts[name].strip()]

    def _consent_facts(self):
        """Return what a question for consent has to name, in the language of the
        context.

        :return: ``recipient``, ``contact``, ``purpose``, ``method``, ``categories``,
            ``interest``, ``information`` and ``law``: texts, possibly empty
        :rtype: dict[str, str]
        """
        self.ensure_one()
        provider = self.sudo().provider_id
        partner, contact = provider.partner_id, provider.contact_id
        # Whatever a country's format leaves between commas where a part is missing.
        address = re.split(r"[,，\n]", partner._display_address(without_company=True))
        ways = [
            contact.name,
            contact.phone or partner.phone,
            contact.email or partner.email,
        ]
        return {
            "recipient": ", ".join(
                filter(None, [partner.name, *(part.strip() for part in address)])
            ),
            "contact": ", ".join(filter(None, ways)),
            "purpose": provider.data_purpose or "",
            "method": provider.data_method or "",
            "categories": ", ".join(self.sudo().category_ids.mapped("name")),
            "interest": provider.interest or "",
            "information": self.sudo().rule_id.information or "",
            "law": self.sudo().rule_id.article or "",
        }

    def _consent_question(self, kind):
        """Return the question a customer answers, in the language of the context:
        what is kept with the answer is this text.

        :param str kind: technical value of ``continuity.consent``
        :rtype: str
        """
        self.ensure_one()
        facts = self._consent_facts()
        company = self.company_id.sudo().name
        if kind == "contract":
            return self.env._(
                "Do you agree that %(recipient)s takes the place of %(company)s in our "
                "contracts with you? Without your answer nothing passes over.",
                recipient=facts["recipient"],
                company=company,
            )
        if kind == "plan":
            return "\n".join(self._plan_question(facts))
        lead = {
            "data": self.env._(
                "Do you agree that %(company)s passes your data on to %(recipient)s?",
                company=company,
                recipient=facts["recipient"],
            ),
            "abroad": self.env._(
                "Do you agree that your data goes to %s, in another country?",
                facts["recipient"],
            ),
            "sensitive": self.env._(
                "Do you agree that sensitive data goes along to %s?",
                facts["recipient"],
            ),
            "bank": self.env._(
                "Do you agree that your bank details go along to %s?",
                facts["recipient"],
            ),
        }[kind]
        return "\n".join(
            [
                lead,
                self.env._("Contact: %s", facts["contact"]),
                self.env._("Purpose: %s", facts["purpose"]),
                self.env._("How: %s", facts["method"]),
                self.env._("Data: %s", facts["categories"]),
                self.env._("Without your answer no data leaves."),
            ]
        )

    def _data_refused(self):
        """Tell whether the customer has refused, or withdrawn, that data passes over.

        :rtype: bool
        """
        self.ensure_one()
        return any(
            self._answer(kind) in ("refused", "withdrawn")
            for kind in ("data", "abroad", "sensitive", "bank")
        )

    def _plan_question(self, facts):
        """Return the question whether the customer approves the transition plan, with
        the terms it is about: what they approved can be told from later terms.

        :param dict facts: of :meth:`_consent_facts`
        :return: its lines
        :rtype: list[str]
        """
        provider = self.sudo().provider_id
        campaign = self.sudo().dissolution_id
        last = campaign._long_date(campaign._date_of("last_service"))
        open_text = self.env._("to be agreed before the transfer")
        return [
            self.env._(
                "Do you approve the plan by which %s serves you from now on?",
                provider.partner_id.name,
            ),
            self.env._("Our last day of service: %s", last or open_text),
            self.env._("Service level: %s", provider.service_level or open_text),
            self.env._("Free period: %s months", self.free_months),
            self.env._("Price after it: %s", provider.price_after or open_text),
            self.env._("Data that goes along: %s", facts["categories"]),
            self.env._(
                "The contract and your data pass over only by your separate consents."
            ),
        ]

    def _plan_approval(self):
        """Return the customer's approval of the plan as it is now; empty when there is
        none, or terms have changed since.

        :rtype: continuity.consent
        """
        self.ensure_one()
        answer = self._last_answer("plan")
        asked = {
            self.with_context(lang=lang)._consent_question("plan")
            for lang, _name in self.env["res.lang"].get_installed()
        }
        given = answer.answer == "given" and answer.question in asked
        return answer if given else answer.browse()

    def _record_consent(self, kind, answer, by, how, evidence=None):
        """Keep a customer's answer to a question for consent.

        Whoever calls it has checked who may: the customer's page knows its link, people
        go through :meth:`action_record_consent`.

        :param str kind: ``contract``, ``data``, ``abroad``, ``sensitive``, ``bank`` or
            ``plan``
        :param str answer: ``given``, ``refused`` or ``withdrawn``
        :param str by: who answered, at the customer
        :param str how: ``portal``, ``written`` or ``spoken``
        :param str evidence: where it can be seen
        :return: the row of the log
        :rtype: continuity.consent
        :raise UserError: for a transfer that has ended, without who answered, or for a
            yes to a question that does not name what it has to
        """
        self.ensure_one()
        if not (by or "").strip():
            raise UserError(self.env._("Say who at the customer answered."))
        transfer = self.sudo()
        if answer == "given" and (missing := transfer._question_problems(kind)):
            raise UserError(
                self.env._(
                    "This cannot be asked yet. The question has to name: %s.",
                    ", ".join(missing),
                )
            )
        # Locked, so that an answer does not overtake an export under way.
        transfer.lock_for_update(allow_referencing=True)
        states = CURRENT_STATES + (("done",) if answer == "withdrawn" else ())
        transfer._check_state(*states)
        lang = self.env.context.get("lang") or transfer.partner_id.lang
        consent = (
            self.env["continuity.consent"]
            .sudo()
            .create(
                {
                    "transfer_id": transfer.id,
                    "provider_id": transfer.provider_id.id,
                    "kind": kind,
                    "answer": answer,
                    "answered_by": by.strip(),
                    "how": how,
                    "evidence": evidence,
                    "user_id": self.env.uid,
                    "question": transfer.with_context(lang=lang)._consent_question(
                        kind
                    ),
                    "category_ids": [fields.Command.set(transfer.category_ids.ids)],
                }
            )
        )
        transfer.invalidate_recordset(["consent_ids"])
        transfer._follow_consent(kind, answer)
        return consent

    def _follow_consent(self, kind, answer):
        """Take the step that follows from an answer."""
        self.ensure_one()
        if kind == "plan":
            if answer != "given":
                self._remind(
                    self.customer_id.user_id | self.dissolution_id._lead(),
                    lambda env: env._(
                        "%s does not approve the transition plan: change it with them",
                        self.partner_id.name,
                    ),
                    self.name,
                )
            return
        if self.state in ("proposed", "agreed"):
            needed = "contract" in self._consent_kinds()
            agreed = self._answer("contract") == "given" or not needed
            self.state = "agreed" if agreed else "proposed"
        elif answer != "given":
            kinds = dict(CONSENT_KINDS)
            self._remind(
                self.customer_id.user_id | self.dissolution_id._lead(),
                lambda env: env._(
                    "%(customer)s withdrew: tell %(provider)s to delete the data",
                    customer=self.partner_id.name,
                    provider=self.provider_id.display_name,
                ),
                kinds[kind],
            )

    def action_record_consent(self):
        """Ask what the customer answered."""
        self.ensure_one()
        self.customer_id._check_may_report()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Record an Answer"),
            "res_model": "continuity.consent.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_transfer_id": self.id,
                "default_kind": next(
                    (k for k in self._asked_kinds() if self._answer(k) == "none"),
                    "data",
                ),
            },
        }
