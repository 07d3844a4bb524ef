"""Accounts customers were told of: they stay what was told."""

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.base.models.res_bank import sanitize_account_number

# What a customer was told, and what a second person has looked at.
ACCOUNT_FIELDS = frozenset(
    {"acc_number", "acc_holder_name", "partner_id", "bank_id", "active"}
)
# The same number by another name.
WRITTEN_AS = frozenset({"sanitized_acc_number"})
BANK_FIELDS = frozenset({"name", "bic"})
# Agreements whose customers pay by what they were told.
IN_FORCE = ("running", "reported")


class ResPartnerBank(models.Model):
    """Accounts of payment directions.

    =============================  ===============================================
    the account is of a direction  and somebody changes number, holder or bank
    =============================  ===============================================
    of a running agreement, told   refused: invoices, QR codes, letters and the
                                   portal read this record
    any other                      it is proposed anew, a second person looks again
    =============================  ===============================================

    Archiving, and so deleting, asks for a second look in either case.
    """

    _inherit = "res.partner.bank"

    def write(self, vals):
        if not (ACCOUNT_FIELDS | WRITTEN_AS).intersection(vals):
            return super().write(vals)
        for account in self._continuity_told():
            account._continuity_check_told(vals)
        before = {account: account._continuity_identity() for account in self}
        result = super().write(vals)
        changed = self.browse(
            account.id
            for account, identity in before.items()
            if account._continuity_identity() != identity
        )
        if changed:
            # Whoever may edit accounts need not see the agreements that use them.
            self.env["continuity.payment.direction"].sudo().search(
                [("bank_account_id", "in", changed.ids)]
            ).with_env(self.env)._account_changed()
        return result

    def _continuity_identity(self):
        """Return what makes this the account somebody has checked.

        :rtype: tuple
        """
        self.ensure_one()
        return tuple(
            self[name].id if self._fields[name].relational else self[name]
            for name in sorted(ACCOUNT_FIELDS)
        )

    def _continuity_check_told(self, vals):
        """Refuse to make another account of one that customers were told of. Archived
        it is still that one.

        :param dict vals: what somebody wants to write
        :raise UserError: for another number, holder or bank
        """
        for name in ("acc_holder_name", "partner_id", "bank_id"):
            field = self._fields[name]
            value = field.convert_to_write(self[name], self)
            if name in vals and (vals[name] or False) != (value or False):
                self._continuity_refuse_change()
        for name in ("acc_number", "sanitized_acc_number"):
            number = sanitize_account_number(vals.get(name, self.acc_number))
            if number != self.sanitized_acc_number:
                self._continuity_refuse_change()

    def _continuity_told(self):
        """Return those of these accounts that customers were told to pay to.

        :rtype: res.partner.bank
        """
        # Whoever may edit accounts need not see the agreements that use them.
        directions = (
            self.env["continuity.payment.direction"]
            .sudo()
            .search(
                [
                    ("bank_account_id", "in", self.ids),
                    ("was_confirmed", "=", True),
                    ("factoring_id.state", "in", IN_FORCE),
                ]
            )
        )
        return self.browse(directions.bank_account_id.ids)

    def _continuity_refuse_change(self):
        """Say that customers were told of this account, and what to do instead.

        :raise UserError: always
        """
        raise UserError(
            self.env._(
                "Customers were told to pay to %s: its number, holder and bank stay. "
                "Create the other account beside it, and ask whoever keeps the payment "
                "directions to propose it with its own day.",
                self.acc_number,
            )
        )


class ResBank(models.Model):
    _inherit = "res.bank"

    def write(self, vals):
        changed = self.browse()
        for name in BANK_FIELDS.intersection(vals):
            changed |= self.filtered(
                lambda bank, name=name: (bank[name] or "") != (vals[name] or "")
            )
        if changed:
            accounts = self.env["res.partner.bank"].sudo()
            accounts = accounts.with_context(active_test=False).search(
                [("bank_id", "in", changed.ids)]
            )
            for account in accounts._continuity_told().with_env(self.env):
                account._continuity_refuse_change()
        return super().write(vals)


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        told = self.env["res.partner.bank"]
        if "name" in vals:
            told = self.sudo().bank_ids._continuity_told()
        told.flush_recordset(["acc_holder_name"])
        for account in told:
            # Odoo renames the holder of accounts that bear the contact's old name:
            # a contact may be renamed, the account stays as customers were told.
            account._update_cache({"acc_holder_name": False}, validate=False)
        result = super().write(vals)
        told.invalidate_recordset(["acc_holder_name"], flush=False)
        return result
