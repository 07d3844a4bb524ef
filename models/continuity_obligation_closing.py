"""What obligations hold back: closing a campaign, and refunds while claims may still
be filed (D4)."""

from odoo import api, models
from odoo.exceptions import ValidationError

from .continuity_dissolution_payment_bar import DECIDED_STATES


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

    def _bars_refunds_to(self, partners):
        """Tell whether the law that binds this campaign protects any of these
        customers: of a company all of them, listed or not; else those listed.

        :param partners: commercial partners
        :rtype: bool
        """
        self.ensure_one()
        if not partners or (self.kind == "company" and not self._is_filtered()):
            return bool(partners)
        return bool(
            self.customer_ids.search_count(
                [("dissolution_id", "=", self.id), ("partner_id", "in", partners.ids)],
                limit=1,
            )
        )


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
        campaigns = (
            self.env["continuity.dissolution"]
            .sudo()
            .search(
                [
                    ("company_id", "in", leaving.company_id.ids),
                    ("state", "in", DECIDED_STATES),
                ]
            )
        )
        for campaign in campaigns:
            payments = leaving.filtered(
                lambda payment, campaign=campaign: (
                    payment.company_id == campaign.company_id
                )
            )
            if campaign._bars_refunds_to(payments.partner_id.commercial_partner_id):
                if bar := campaign._payment_bar_message():
                    raise ValidationError(bar)
