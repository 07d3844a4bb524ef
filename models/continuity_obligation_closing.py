"""What obligations hold back: closing a campaign, and refunds while claims may still
be filed (D4)."""

from odoo import api, models
from odoo.exceptions import ValidationError

from .continuity_dissolution_timetable import DECIDED_STATES


class ContinuityDissolution(models.Model):
    _inherit = "continuity.dissolution"

    def _closing_errors(self):
        errors = super()._closing_errors()
        # What was paid or delivered since last night has ended.
        self._refresh_obligations()
        rows = self.env["continuity.obligation"].search(
            [("dissolution_id", "=", self.id), ("state", "=", "open")], limit=11
        )
        if rows:
            count = self.open_obligation_count
            errors.append(
                self.env._(
                    "%(count)s obligations are open: %(items)s. Settle them, or decide "
                    "each by name with the reason.",
                    count=count,
                    items="; ".join(
                        f"{row.partner_id.name}: {row.origin_name or row.description}"
                        for row in rows[:10]
                    )
                    + (" …" if count > 10 else ""),
                )
            )
        if self.not_listed_note:
            errors.append(self.not_listed_note)
        return errors


class AccountPayment(models.Model):
    _inherit = "account.payment"

    # Whichever way a payment leaves draft: the button, the register, a batch or RPC.
    @api.constrains(
        "state", "payment_type", "partner_type", "partner_id", "company_id", "move_id"
    )
    def _check_refund_bar(self):
        """Refuse to pay customers while the claim period of a dissolution bars it.

        :raise ValidationError: naming the article and the day
        """
        leaving = self.filtered(
            lambda payment: (
                payment.state in ("in_process", "paid")
                and payment.payment_type == "outbound"
                and payment.partner_type == "customer"
                and payment.partner_id
            )
        )
        if not leaving:
            return
        # The bar binds whoever pays, also who may not read a confidential campaign;
        # it starts with the approval, when the campaign is confidential no more.
        lines = (
            self.env["continuity.dissolution.customer"]
            .sudo()
            .search(
                [
                    ("company_id", "in", leaving.company_id.ids),
                    ("partner_id", "in", leaving.partner_id.commercial_partner_id.ids),
                    ("dissolution_id.state", "in", DECIDED_STATES),
                ]
            )
        )
        for payment in leaving:
            customer = payment.partner_id.commercial_partner_id
            for line in lines:
                if line.partner_id == customer and (
                    line.company_id == payment.company_id
                ):
                    if bar := line.dissolution_id._payment_bar_message():
                        raise ValidationError(bar)
