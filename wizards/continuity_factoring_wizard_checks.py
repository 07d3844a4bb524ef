from odoo import models


class ContinuityFactoringWizard(models.TransientModel):
    """What is missing on each step."""

    _inherit = "continuity.factoring.wizard"

    def _terms_errors(self):
        """Return what is missing on the first step.

        :rtype: list[str]
        """
        self.ensure_one()
        errors = []
        if not self.factor_id:
            errors.append(self.env._("Say who buys the receivables."))
        elif self.factor_id == self.company_id.sudo().partner_id:
            errors.append(
                self.env._("A company cannot be its own factor: choose another.")
            )
        if not self.currency_ids:
            errors.append(self.env._("Choose at least one currency."))
        if self.date_end and self.date_end < self.date_start:
            errors.append(
                self.env._(
                    "The agreement ends before it begins: correct one of the dates."
                )
            )
        if self.update_months < 0 or self.turnover_days < 0:
            errors.append(self.env._("Days and months are counted from zero."))
        if self.factoring_id or self.kind == "confidential":
            return errors
        if not (self.customer_reason or "").strip():
            errors.append(
                self.env._("Say what customers are told: purpose and background.")
            )
        if not self.contact_id:
            errors.append(self.env._("Name who answers customers' questions."))
        return errors

    def _customers_errors(self):
        """Return what is missing on the second step.

        :rtype: list[str]
        """
        self.ensure_one()
        if not self.line_ids.filtered("included"):
            return [self.env._("Include at least one customer.")]
        dropped = self.line_ids.filtered(
            lambda line: line.was_proposed and not line._why_dropped()
        ).filtered(lambda line: not line.included)
        if dropped:
            return [
                self.env._(
                    "Say why you leave out who was proposed: %s.",
                    self._name_some(dropped.partner_id),
                )
            ]
        return []

    def _name_some(self, partners):
        names = partners[:5].mapped("display_name")
        return ", ".join(names) + (" …" if len(partners) > 5 else "")

    def _payment_errors(self):
        """Return what is missing on the third step.

        :rtype: list[str]
        """
        self.ensure_one()
        if self.kind == "confidential" or self.factoring_id:
            return []
        if not self.direction_kind:
            return [self.env._("Say where customers are to pay.")]
        errors = []
        if not self.effective_from:
            errors.append(self.env._("Say from which day customers pay there."))
        if self.direction_kind == "unchanged":
            return errors
        number = (self.new_account or "").strip()
        if not self.bank_account_id and not number:
            errors.append(self.env._("Choose or enter the account customers pay to."))
        owner = self.account_owner_id
        account = self.bank_account_id
        if account and not number:
            if account.partner_id.commercial_partner_id != owner:
                errors.append(
                    self.env._(
                        "The account %(number)s does not belong to %(owner)s.",
                        number=account.acc_number,
                        owner=owner.name,
                    )
                )
        if number and not self._known_account(number):
            if not self.env["res.partner.bank"].has_access("create"):
                errors.append(
                    self.env._(
                        "You may not enter bank accounts: let somebody who maintains "
                        "contacts add it to %s, then choose it here.",
                        owner.name,
                    )
                )
        return errors
