from odoo import Command, api, fields, models
from odoo.exceptions import UserError

# So many customers are named in the preview; the others are counted.
NAMED_CUSTOMERS = 100


class ContinuityFactoringWizard(models.TransientModel):
    """The preview, and the draft it becomes."""

    _inherit = "continuity.factoring.wizard"

    # === Preview === #
    error_text = fields.Text(compute="_compute_preview")
    warning_text = fields.Text(compute="_compute_preview")
    summary_html = fields.Html(compute="_compute_preview", sanitize=False)

    @api.depends("step")
    def _compute_preview(self):
        for wizard in self:
            wizard.error_text = wizard.warning_text = wizard.summary_html = False
            if wizard.step != "preview":
                continue
            # Also when a client writes the step itself: it tells of the books.
            wizard._check_may_draft()
            draft = wizard._draft_agreement()
            wizard.error_text = "\n".join(wizard._errors(draft)) or False
            wizard.warning_text = "\n".join(wizard._warnings(draft)) or False
            wizard.summary_html = self.env["ir.qweb"]._render(
                "customer_continuity.factoring_preview",
                wizard._prepare_preview(draft),
                minimal_qcontext=True,
            )

    # === THE AGREEMENT === #

    def _prepare_agreement_values(self):
        """Return the values of the draft, without customers and direction."""
        self.ensure_one()
        is_notified = self.kind == "notified"
        approval = {"user_id": self.approver_id.id, "deputy_id": self.deputy_id.id}
        return {
            "company_id": self.company_id.id,
            "factor_id": self.factor_id.id,
            "kind": self.kind,
            "recourse": self.recourse,
            "covers": self.covers,
            "currency_ids": [Command.set(self.currency_ids.ids)],
            "date_start": self.date_start,
            "date_end": self.date_end,
            "jurisdiction_id": self.jurisdiction_id.id,
            "customer_reason": self.customer_reason if is_notified else False,
            "internal_reason": self.internal_reason,
            "customer_may_choose": is_notified and self.customer_may_choose,
            "turnover_days": self.turnover_days,
            "update_months": self.update_months if is_notified else 0,
            "contact_id": self.contact_id.id,
            "named_user_ids": [Command.set(self.named_user_ids.ids)],
            "approval_ids": [Command.create(approval)] if self.approver_id else [],
        }

    def _draft_agreement(self):
        """Return the agreement as it would be, in memory only, so that its own checks
        serve the wizard too."""
        values = self._prepare_agreement_values()
        values["debtor_ids"] = [
            Command.create({"partner_id": line.partner_id.id, "state": "planned"})
            for line in self.line_ids
            if line.included
        ]
        if self.kind == "notified" and self.direction_kind:
            values["direction_ids"] = [
                Command.create(
                    {
                        "kind": self.direction_kind,
                        "effective_from": self.effective_from,
                        "bank_account_id": self.bank_account_id.id,
                    }
                )
            ]
        return self.env["continuity.factoring"].new(values)

    def _errors(self, draft):
        """Return what would keep the agreement from being drafted and submitted.

        :param draft: see :meth:`_draft_agreement`
        :rtype: list[str]
        """
        errors = self._terms_errors() + self._customers_errors()
        if not self.factoring_id:
            errors += self._payment_errors() + draft._submission_errors()
        return list(dict.fromkeys(errors))

    def _warnings(self, draft):
        """Return what would still keep it from being activated, and what deserves a
        second look.

        :param draft: see :meth:`_draft_agreement`
        :rtype: list[str]
        """
        if self.factoring_id:
            return []
        warnings = self.reason_advice.split("\n") if self.reason_advice else []
        # Whether it could be activated, whatever the user may read of it.
        return warnings + draft.sudo()._activation_errors()

    def _prepare_preview(self, draft):
        """Return what the preview shows.

        :param draft: see :meth:`_draft_agreement`
        :rtype: dict
        """
        included = self.line_ids.filtered("included").sorted("sequence")
        dropped = self.line_ids.filtered(
            lambda line: line.was_proposed and not line.included
        )
        refused = self.line_ids.filtered("refusal")
        jurisdictions = draft._registration_jurisdictions()
        return {
            "wizard": self,
            "included": included[:NAMED_CUSTOMERS],
            "included_count": len(included),
            "more_count": max(0, len(included) - NAMED_CUSTOMERS),
            "open_amount": sum(included.mapped("open_amount")),
            "in_person_count": len(included.filtered("in_person")),
            "dropped": dropped[:NAMED_CUSTOMERS],
            "dropped_count": len(dropped),
            "refused_count": len(refused),
            "people": self._people(included),
            "registration": draft._registration_text(jurisdictions),
        }

    def _people(self, lines):
        """Return who must know inside before any customer hears of it.

        :param lines: those included
        :return: (user, customers, of which in person), who has most first
        :rtype: list[tuple]
        """
        people = [
            (user, len(own), len(own.filtered("in_person")))
            for user, own in lines.grouped("user_id").items()
        ]
        return sorted(people, key=lambda row: (-row[1], row[0].name or ""))

    def _known_account(self, number):
        """Return the account of its owner with a number, also when it is archived.

        :param str number: as somebody typed it
        :rtype: res.partner.bank
        """
        accounts = self.env["res.partner.bank"].with_context(active_test=False)
        return accounts.search(
            [
                ("acc_number", "=", number),
                ("partner_id", "=", self.account_owner_id.id),
            ],
            limit=1,
        )

    def _account(self):
        """Return the account customers are to pay to, creating the one typed in with
        the rights of the user."""
        self.ensure_one()
        number = (self.new_account or "").strip()
        if not number:
            return self.bank_account_id
        return self._known_account(number) or self.env["res.partner.bank"].create(
            {
                "acc_number": number,
                "partner_id": self.account_owner_id.id,
                "bank_id": self.new_bank_id.id,
            }
        )

    def action_create_agreement(self):
        """Create the draft with its customers and direction, and open it; nobody is
        told and nothing is assigned.

        :raise UserError: listing all errors of the preview, or naming each customer
            that cannot be covered any more
        :raise AccessError: for who may not draft an agreement
        """
        self.ensure_one()
        self._check_may_draft()
        if errors := self._errors(self._draft_agreement()):
            raise UserError("\n".join(errors))
        agreement = self.factoring_id
        if not agreement:
            agreement = self.env["continuity.factoring"].create(
                self._prepare_agreement_values()
            )
            if self.choice_id:
                self.choice_id.check_access("read")
                # The user may read it; the link is no client's to set.
                agreement.sudo().choice_id = self.choice_id
            if self.kind == "notified":
                self._create_direction(agreement)
        lines = self.line_ids.filtered(
            lambda line: line.included or (line.was_proposed and not line.refusal)
        )
        agreement._cover({line.partner_id: line._choice() for line in lines})
        return {
            "type": "ir.actions.act_window",
            "res_model": agreement._name,
            "res_id": agreement.id,
            "view_mode": "form",
            "name": agreement.name,
        }

    def _create_direction(self, agreement):
        """Propose where customers pay; a second person confirms it.

        :param agreement: ``continuity.factoring``
        """
        account = self.env["res.partner.bank"]
        if self.direction_kind != "unchanged":
            account = self._account()
        self.env["continuity.payment.direction"].create(
            {
                "factoring_id": agreement.id,
                "kind": self.direction_kind,
                "effective_from": self.effective_from,
                "bank_account_id": account.id,
            }
        )
