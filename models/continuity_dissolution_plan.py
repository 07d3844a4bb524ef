"""The customer service transition plan (客户服务过渡方案, サービス移行計画書): who
serves one customer from when on, what goes along, who does what, how to come back."""

from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.exceptions import UserError

REPORT = "customer_continuity.action_report_dissolution_plan"
# After so many months provider, customer and we look at it together.
REVIEW_MONTHS = (1, 3)


class ContinuityDissolutionCustomer(models.Model):
    _inherit = "continuity.dissolution.customer"

    def action_print_plan(self):
        """Print the transition plans of these customers, each in their language.

        :raise UserError: when none of them has a transfer under way
        """
        self.check_access("read")
        ready = self.filtered(lambda line: line._plan_transfer())
        if not ready:
            raise UserError(
                self.env._(
                    "There is no transfer to plan: choose a provider with the customer "
                    "first."
                )
            )
        return self.env.ref(REPORT).report_action(ready.ids)

    def _plan_transfer(self):
        """Return the transfer the plan is about, empty without one.

        :rtype: continuity.transfer
        """
        self.ensure_one()
        transfers = self.sudo().transfer_ids
        return transfers.filtered(lambda t: t.state not in ("cancelled", "returned"))[
            :1
        ]

    def _plan_language(self):
        """Return the code of the language the customer reads.

        :rtype: str
        """
        self.ensure_one()
        installed = dict(self.env["res.lang"].get_installed())
        wanted = self.partner_id.lang or self.company_id.partner_id.lang
        return wanted if wanted in installed else self.env.lang or "en_US"

    # === WHAT IT CONTAINS === #

    def _plan_sections(self, items=True):
        """Return the plan in the language of the context: plain texts for the customer,
        nothing of what we noted about them (I4).

        :param bool items: with what is open between us
        :return: dicts with ``title`` and any of ``pairs`` (label and text), ``columns``
            and ``rows``, ``text``
        :rtype: list[dict]
        """
        self.ensure_one()
        # Read by whom the line is; what it says is meant for the customer.
        self.check_access("read")
        line = self.sudo()
        transfer = line._plan_transfer().with_context(lang=self.env.lang)
        sections = [
            line._plan_parties(transfer),
            line._plan_services(transfer),
            line._plan_papers(transfer),
            line._plan_data(transfer),
            line._plan_steps(transfer),
            *([line._plan_items()] if items else []),
            line._plan_escalation(transfer),
            line._plan_reviews(transfer),
        ]
        for section in sections:
            pairs = section.get("pairs", ())
            section["pairs"] = [pair for pair in pairs if pair[1]]
        return sections

    def _plan_person(self, *parts):
        return " · ".join(part for part in parts if part)

    def _plan_parties(self, transfer):
        provider = transfer.provider_id
        campaign = self.dissolution_id
        speaker, owner = self._speaker(), campaign.owner_id
        company = self.company_id
        return {
            "title": self.env._("Parties"),
            "pairs": [
                (self.env._("Customer"), self.partner_id.name),
                (
                    self.env._("Served until now by"),
                    self._plan_person(
                        company.name,
                        speaker.name,
                        speaker.partner_id.phone or company.phone,
                        speaker.email,
                    ),
                ),
                (
                    self.env._("Served from then on by"),
                    self._plan_person(
                        provider.partner_id.name,
                        provider.contact_id.name,
                        provider.contact_id.phone or provider.partner_id.phone,
                        provider.contact_id.email or provider.partner_id.email,
                    ),
                ),
                (
                    self.env._("Answers for the transfer"),
                    self._plan_person(owner.name, owner.partner_id.phone, owner.email),
                ),
                (
                    self.env._("Interest of ours in the provider"),
                    provider.interest or self.env._("None"),
                ),
            ],
        }

    def _plan_services(self, transfer):
        provider = transfer.provider_id
        last = self.dissolution_id._date_of("last_service")
        free = self.env._(
            "%(months)s months from the start of service", months=transfer.free_months
        )
        if transfer.free_from and transfer.free_until:
            free = self.env._(
                "from %(start)s to %(end)s",
                start=self.dissolution_id._long_date(transfer.free_from),
                end=self.dissolution_id._long_date(transfer.free_until),
            )
        unknown = self.env._("To be agreed before the transfer")
        return {
            "title": self.env._("Services"),
            "pairs": [
                (self.env._("What the provider takes over"), provider.offer),
                (
                    self.env._("Our last day of service"),
                    self.dissolution_id._long_date(last) or unknown,
                ),
                (
                    self.env._("Service level before and after; continuation clause"),
                    provider.service_level or unknown,
                ),
                (self.env._("Free period"), free),
                (self.env._("Price after it"), provider.price_after or unknown),
            ],
        }

    def _plan_papers(self, transfer):
        """Return which papers the provider has signed for this customer: what is not
        valid counts as missing."""
        documents = transfer.provider_id.document_ids.filtered(
            lambda d: d.company_id == self.company_id
        )
        labels = dict(documents._fields["kind"]._description_selection(self.env))
        today = self.dissolution_id._local_today()
        pairs = []
        for kind in ("continuation", "commitment", "confidentiality"):
            valid = documents.filtered(
                lambda d, k=kind: (
                    d.kind == k
                    and (k != "commitment" or d.partner_id == self.partner_id)
                    and not d._problems(today, self.partner_id)
                )
            )[:1]
            text = self.env._("Not signed yet: nothing is handed over before.")
            if valid:
                text = self.env._(
                    "Signed on %s", self.dissolution_id._long_date(valid.signed_on)
                )
            pairs.append((labels[kind], text))
        return {"title": self.env._("What the provider has signed"), "pairs": pairs}

    def _plan_data(self, transfer):
        facts = transfer._consent_facts()
        names = dict(transfer._fields["data_consent"]._description_selection(self.env))
        return {
            "title": self.env._("Data"),
            "pairs": [
                (self.env._("Data that goes along"), facts["categories"]),
                (self.env._("What for"), facts["purpose"]),
                (self.env._("How it is handed over and kept"), facts["method"]),
                (self.env._("On what grounds"), transfer.rule_id.name or ""),
                (
                    self.env._("Security"),
                    self.env._(
                        "Handed over once, to the named contact alone, with a "
                        "fingerprint (SHA-256) of the file; nothing else leaves."
                    ),
                ),
                (
                    self.env._("Your consent to the contract"),
                    names[transfer.contract_consent or "none"],
                ),
                (
                    self.env._("Your consent to the data"),
                    names[transfer.data_consent or "none"],
                ),
            ],
        }

    def _plan_steps(self, transfer):
        """Return who does what, until when, and how to come back."""
        campaign = self.dissolution_id
        speaker = self._speaker().name
        provider = transfer.provider_id.contact_id.name or (
            transfer.provider_id.display_name
        )
        export = campaign._long_date(campaign._date_of("export_until")) or ""
        last = campaign._long_date(campaign._date_of("last_service")) or ""
        free = campaign._long_date(transfer.free_until) or self.env._(
            "the end of the free period"
        )
        rows = [
            [
                self.env._("Answer both questions for consent"),
                self.partner_id.name,
                self.env._("before any data leaves"),
            ],
            [
                self.env._("Hand over the data, with its fingerprint"),
                ", ".join(campaign.export_user_ids.mapped("name")) or speaker,
                export,
            ],
            [self.env._("Take the data in and show it to you"), provider, last],
            [
                self.env._("Check it and accept it in writing"),
                self.partner_id.name,
                last,
            ],
            [
                self.env._(
                    "Way back: say so, and the next provider is offered to you; the "
                    "data handed over is deleted"
                ),
                speaker,
                free,
            ],
        ]
        helping = self.obligation_ids.filtered(
            lambda o: o.kind in ("data", "export_help") and o.state == "open"
        )
        rows += [
            [
                row.description or "",
                row.user_id.name or speaker,
                campaign._long_date(row.deadline) or "",
            ]
            for row in helping
        ]
        return {
            "title": self.env._("Steps"),
            "columns": [
                self.env._("Step"),
                self.env._("Done by"),
                self.env._("By when"),
            ],
            "rows": rows,
        }

    def _plan_items(self):
        items = self._open_items(self.env.lang)
        return {
            "title": self.env._("Prepaid balances, shipments and projects under way"),
            "columns": self._item_columns(),
            "rows": [self._item_cells(item) for item in items],
            "text": "" if items else self.env._("Nothing is open between us."),
        }

    def _plan_escalation(self, transfer):
        owner = self.dissolution_id.owner_id or self.dissolution_id._lead()
        after = self.dissolution_id.aftercare_user_id
        return {
            "title": self.env._("If something goes wrong"),
            "pairs": [
                (
                    self.env._("First"),
                    self._plan_person(
                        transfer.provider_id.contact_id.name
                        or transfer.provider_id.display_name,
                        transfer.provider_id.contact_id.phone,
                    ),
                ),
                (
                    self.env._("Then"),
                    self._plan_person(
                        owner.name, owner.partner_id.phone or self.company_id.phone
                    ),
                ),
                (
                    self.env._("After the end"),
                    self._plan_person(after.name, after.partner_id.phone, after.email)
                    or self.dissolution_id.data_keeper_id.name
                    or "",
                ),
            ],
        }

    def _plan_reviews(self, transfer):
        """Return the reviews after one and three months, with their day once the
        service has begun."""
        rows = []
        for months in REVIEW_MONTHS:
            day = transfer.free_from and transfer.free_from + relativedelta(
                months=months
            )
            rows.append(
                [
                    self.env._("After %s months", months)
                    if months > 1
                    else self.env._("After one month"),
                    self.dissolution_id._long_date(day)
                    or self.env._("counted from the start of service"),
                ]
            )
        return {
            "title": self.env._("Reviews by customer, provider and us"),
            "rows": rows,
        }

    def _plan_approval_text(self):
        """Return who approved the plan as it is now, when and how; empty before.

        :rtype: str
        """
        self.ensure_one()
        line = self.sudo()
        answer = line._plan_transfer()._plan_approval()
        if not answer:
            return ""
        how = dict(answer._fields["how"]._description_selection(self.env))
        return self.env._(
            "Approved by %(person)s on %(day)s (%(how)s).",
            person=answer.answered_by,
            day=line.dissolution_id._long_date(
                line.dissolution_id._local_date(answer.date)
            ),
            how=how[answer.how],
        )

    def _plan_people(self):
        """Return the personal lines printed with a QR code.

        :return: dicts with ``name`` and ``qr`` (base64)
        :rtype: list[dict]
        """
        self.ensure_one()
        line = self.sudo()
        people = line._speaker() | line.dissolution_id.owner_id
        return [
            {
                "name": user.name,
                "wechat": user.partner_id.continuity_wechat or "",
                "qr": user.partner_id.continuity_wechat_qr.decode(),
            }
            for user in people
            if user.partner_id.continuity_wechat_qr
        ]

    def _plan_printed_on(self):
        return self.dissolution_id._long_date(fields.Date.context_today(self))
