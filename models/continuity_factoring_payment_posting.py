"""What is posted names the account its customer pays to, or is refused (X6)."""

from odoo import models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        self._continuity_check_directions()
        return super()._post(soft)

    def _continuity_check_directions(self):
        """Let invoices name the right account before they are posted.

        :raise UserError: for an account chosen by hand that contradicts what the
            customer was told, or one that must be looked at again
        """
        drafts = self.filtered(
            lambda m: m.move_type == "out_invoice" and m.state == "draft"
        )
        for move in drafts._continuity_follow():
            direction = move._continuity_pay_directions()[move]
            raise UserError(move._continuity_account_text(direction.bank_account_id))
        for move in drafts.filtered("continuity_direction_id"):
            direction = move.continuity_direction_id.sudo()
            account = direction.with_context(active_test=False).bank_account_id
            if direction.state != "proposed" and account.active:
                continue
            agreement = direction.factoring_id
            if agreement.with_env(self.env).sudo(False).has_access("read"):
                raise UserError(
                    self.env._(
                        "%(invoice)s: the account %(account)s was changed or archived. "
                        "A second person must confirm it again on %(agreement)s, or "
                        "another account be proposed there.",
                        invoice=move.display_name,
                        account=account.acc_number,
                        agreement=agreement.name,
                    )
                )
            raise UserError(
                self.env._(
                    "%(invoice)s cannot be posted yet: the account it names is being "
                    "checked. Ask %(contact)s.",
                    invoice=move.display_name,
                    contact=agreement.contact_id.name,
                )
            )
