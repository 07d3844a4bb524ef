from odoo import Command, models

# So many customers are named in the preview; the others are counted.
NAMED_CUSTOMERS = 100


class ContinuityFactoringWizard(models.TransientModel):
    """The preview, and the draft it becomes."""

    _inherit = "continuity.factoring.wizard"

    # === THE AGREEMENT === #

    def _prepare_draft_values(self):
        """Return the values of the draft, without customers and direction."""
        values = {
            **super()._prepare_draft_values(),
            **self._prepare_terms(),
            "factor_id": self.factor_id.id,
        }
        if self.kind == "confidential":
            # Nobody hears of it: there is nothing to say, choose or tell later.
            values.update(
                customer_reason=False, customer_may_choose=False, update_months=0
            )
        return values

    def _draft(self, **lines):
        """Return the agreement with its customers and direction."""
        lines["debtor_ids"] = [
            Command.create({"partner_id": line.partner_id.id, "state": "planned"})
            for line in self.line_ids
            if line.included
        ]
        if self.kind == "notified" and self.direction_kind:
            direction = self._prepare_direction(self.bank_account_id)
            lines["direction_ids"] = [Command.create(direction)]
        return super()._draft(**lines)

    def _prepare_direction(self, account):
        """Return the values of where customers pay.

        :param account: ``res.partner.bank``, possibly empty
        :rtype: dict
        """
        is_unchanged = self.direction_kind == "unchanged"
        return {
            "kind": self.direction_kind,
            "effective_from": self.effective_from,
            "bank_account_id": not is_unchanged and account.id,
        }

    def _errors(self, draft):
        if self.factoring_id:
            return self._customers_errors()
        return (
            super()._errors(draft)
            + self._customers_errors()
            + self._payment_errors(draft)
        )

    def _warnings(self, draft):
        if self.factoring_id:
            return []
        # Whether it could be activated, whatever the user may read of it.
        return super()._warnings(draft) + draft.sudo()._activation_errors()

    def _prepare_preview(self, draft):
        included = self.line_ids.filtered("included").sorted("sequence")
        dropped = self._dropped()
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

    def _new_number(self):
        return (self.new_account or "").strip()

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
        number = self._new_number()
        if not number:
            return self.bank_account_id
        return self._known_account(number) or self.env["res.partner.bank"].create(
            {
                "acc_number": number,
                "partner_id": self.account_owner_id.id,
                "bank_id": self.new_bank_id.id,
            }
        )

    def _create_document(self, **lines):
        """Create the draft with its customers and direction, or add the customers;
        nobody is told and nothing is assigned.

        :raise UserError: naming each customer that cannot be covered any more
        """
        agreement = self.factoring_id
        if not agreement:
            agreement = super()._create_document(**lines)
            self._complete_agreement(agreement)
        chosen = self.line_ids.filtered(
            lambda line: line.included or (line.was_proposed and not line.refusal)
        )
        agreement._cover({line.partner_id: line._choice() for line in chosen})
        return agreement

    def _complete_agreement(self, agreement):
        """Link the choice of the factor, and propose where customers pay.

        :param agreement: ``continuity.factoring``, just created
        """
        if self.choice_id:
            self.choice_id.check_access("read")
            # The user may read it; the link is no client's to set.
            agreement.sudo().choice_id = self.choice_id
        if self.kind == "notified":
            account = self.env["res.partner.bank"]
            if self.direction_kind != "unchanged":
                account = self._account()
            # A second person confirms it.
            self.env["continuity.payment.direction"].create(
                {"factoring_id": agreement.id, **self._prepare_direction(account)}
            )
