from odoo import api, fields, models
from odoo.exceptions import UserError


class ContinuityPaymentDirectionConfirm(models.TransientModel):
    """The second person looks at an account and says whom they called about it."""

    _name = "continuity.payment.direction.confirm"
    _description = "Confirm Where Customers Pay"
    _inherit = ["continuity.readable.links.mixin"]

    direction_id = fields.Many2one(
        "continuity.payment.direction", required=True, ondelete="cascade"
    )
    acc_number = fields.Char(related="direction_id.bank_account_id.acc_number")
    holder = fields.Char(related="direction_id.holder")
    bank_id = fields.Many2one(related="direction_id.bank_account_id.bank_id")
    effective_from = fields.Date(related="direction_id.effective_from")
    known_numbers = fields.Text(
        string="Numbers on Record", compute="_compute_known_numbers"
    )
    shown = fields.Char(compute="_compute_shown", store=True)
    call_back = fields.Char(
        string="Called Back",
        required=True,
        help="Whom you called, and on which number known before.",
    )

    @api.depends("direction_id")
    def _compute_known_numbers(self):
        for wizard in self:
            direction = wizard.direction_id
            direction.check_access("read")
            owner = direction.sudo().bank_account_id.partner_id.commercial_partner_id
            people = (owner | owner.child_ids).filtered("phone")
            wizard.known_numbers = "\n".join(
                wizard._number_text(person) for person in people
            ) or self.env._(
                "No number is on record: take it from the contract, never from the "
                "message that named the account."
            )

    def _number_text(self, person):
        """Return where a number stands, and since when nobody changed it."""
        return self.env._(
            "%(number)s (contact %(name)s, last changed on %(day)s by %(user)s)",
            number=person.phone,
            name=person.display_name,
            day=fields.Date.to_string(person.write_date),
            user=person.write_uid.name,
        )

    # Only when it is opened: what somebody changes meanwhile was not looked at.
    @api.depends("direction_id")
    def _compute_shown(self):
        for wizard in self:
            wizard.shown = wizard._looked_at()

    def _looked_at(self):
        """Return what the second person sees of the account, as one text."""
        self.ensure_one()
        self.direction_id.check_access("read")
        direction = self.direction_id.sudo()
        account = direction.bank_account_id
        return "|".join(
            str(value or "")
            for value in (
                account.id,
                account.sanitized_acc_number,
                account.acc_holder_name,
                account.bank_id.id,
                account.bank_id.bic,
                direction.kind,
                direction.effective_from,
            )
        )

    def action_apply(self):
        """Confirm it; see ``continuity.payment.direction._confirm``.

        :raise UserError: when the account was changed since the dialog was opened
        """
        self.ensure_one()
        if self.shown != self._looked_at():
            raise UserError(
                self.env._(
                    "The account was changed while you looked at it. Close, confirm "
                    "again and call about what it is now."
                )
            )
        self.direction_id._confirm(self.call_back)
        return {"type": "ir.actions.act_window_close"}
