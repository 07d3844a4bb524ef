from odoo import models


class ContinuityFactoringWizard(models.TransientModel):
    """What is missing on each step."""

    _inherit = "continuity.factoring.wizard"

    def _customers_errors(self):
        """Return what is missing on the second step.

        :rtype: list[str]
        """
        self.ensure_one()
        if not self.line_ids.filtered("included"):
            return [self.env._("Include at least one customer.")]
        dropped = self._dropped().filtered(lambda line: not line._why_dropped())
        if dropped:
            return [
                self.env._(
                    "Say why you leave out who was proposed: %s.",
                    self._name_some(dropped.partner_id),
                )
            ]
        return []

    def _dropped(self):
        """Return the lines of those who were proposed and are left out."""
        return self.line_ids.filtered(
            lambda line: line.was_proposed and not line.included
        )

    def _name_some(self, partners):
        names = partners[:5].mapped("display_name")
        return ", ".join(names) + (" …" if len(partners) > 5 else "")

    def _payment_errors(self, draft):
        """Return what is missing on the third step.

        :param draft: see :meth:`_draft`
        :rtype: list[str]
        """
        self.ensure_one()
        if self.kind == "confidential":
            return []
        if not self.direction_kind:
            return [self.env._("Say where customers are to pay.")]
        errors = []
        if not self.effective_from:
            errors.append(self.env._("Say from which day customers pay there."))
        number = self.direction_kind != "unchanged" and self._new_number()
        if not number:
            errors.append(draft.direction_ids._account_error())
        elif not self._known_account(number) and not self._may_enter_accounts():
            errors.append(
                self.env._(
                    "You may not enter bank accounts: let somebody who maintains "
                    "contacts add it to %s, then choose it here.",
                    self.account_owner_id.name,
                )
            )
        return [error for error in errors if error]

    def _may_enter_accounts(self):
        return self.env["res.partner.bank"].has_access("create")
