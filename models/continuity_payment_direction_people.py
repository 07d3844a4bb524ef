"""Who had a hand in an account, and so cannot be the second person of it (X6)."""

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError

# What somebody who enters an account decides about where the money goes.
NUMBER_FIELDS = frozenset(
    {"acc_number", "sanitized_acc_number", "clearing_number", "partner_id", "bank_id"}
)


class ResPartnerBank(models.Model):
    _inherit = "res.partner.bank"

    continuity_entered_by_id = fields.Many2one(
        "res.users",
        string="Number Entered By",
        readonly=True,
        copy=False,
        groups="base.group_system",
        index="btree_not_null",
        ondelete="set null",
        help="Who entered the account, or changed its number, last: never the second "
        "person who confirms that customers pay there.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        accounts = super().create(vals_list)
        # Nobody writes this of themselves; they have just created the accounts.
        accounts.sudo().continuity_entered_by_id = self.env.uid
        return accounts

    def write(self, vals):
        before = {}
        if NUMBER_FIELDS.intersection(vals):
            before = {account: account._continuity_number() for account in self}
        result = super().write(vals)
        changed = self.browse(
            account.id
            for account, number in before.items()
            if account._continuity_number() != number
        )
        if changed:
            # The same: they have just changed the number.
            changed.sudo().continuity_entered_by_id = self.env.uid
        return result

    def _continuity_number(self):
        """Return what says where money goes.

        :rtype: tuple
        """
        self.ensure_one()
        return (
            self.sanitized_acc_number,
            self.clearing_number,
            self.partner_id.id,
            self.bank_id.id,
        )


class ContinuityPaymentDirection(models.Model):
    """Two people look at an account: whoever chose it, entered its number, or changed
    anything of either since, is not the second one, also when somebody else touched it
    after them."""

    _inherit = "continuity.payment.direction"

    chooser_ids = fields.Many2many(
        "res.users",
        "continuity_payment_direction_chooser_rel",
        string="Had a Hand in It",
        readonly=True,
        copy=False,
    )

    _guarded_fields = frozenset({"chooser_ids"})

    @api.model_create_multi
    def create(self, vals_list):
        directions = super().create(vals_list)
        # Only the addon writes who chose.
        directions.sudo().chooser_ids = [Command.set(self.env.user.ids)]
        return directions

    def write(self, vals):
        exchanged = self.browse()
        if not self.env.su and "bank_account_id" in vals:
            exchanged = self.filtered(
                lambda d: d.bank_account_id.id != vals["bank_account_id"]
            )
        result = super().write(vals)
        # Who chose the account before chose another one.
        exchanged.sudo().chooser_ids = [Command.set(self.env.user.ids)]
        return result

    def _propose_anew(self):
        result = super()._propose_anew()
        self.write({"chooser_ids": [Command.link(self.env.uid)]})
        return result

    def _check_may_confirm(self):
        result = super()._check_may_confirm()
        for direction in self:
            if direction.state != "proposed" or direction.kind == "unchanged":
                continue
            # Who entered an account need not be told to whom may look at directions.
            known = direction.sudo()
            account = known.bank_account_id
            entered = account.continuity_entered_by_id or account.create_uid
            if self.env.user in known.chooser_ids | entered:
                raise AccessError(
                    self.env._(
                        "You entered or changed this account, or proposed it: somebody "
                        "else must confirm it."
                    )
                )
        return result

    def _confirm(self, call_back):
        result = super()._confirm(call_back)
        # A second person has looked at it: what counts is who changes it from now on.
        self.sudo().chooser_ids = [Command.clear()]
        return result
