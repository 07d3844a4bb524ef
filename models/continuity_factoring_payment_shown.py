"""What an invoice says of where to pay: on paper, on the portal, and instead of paying
online, which would bring the money to us (X6)."""

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

from .continuity_factoring_payment import OPEN_PAYMENT


class ResPartnerBank(models.Model):
    _inherit = "res.partner.bank"

    def _continuity_payee_text(self):
        """Return holder, number, bank and BIC, as customers read them.

        :rtype: str
        """
        self.ensure_one()
        parts = [
            self.acc_holder_name or self.partner_id.name,
            self.acc_number,
            self.bank_id.name,
            self.bank_bic and f"BIC {self.bank_bic}",
        ]
        return ", ".join(part for part in parts if part)


class AccountMove(models.Model):
    _inherit = "account.move"

    # === TEXT === #

    def _continuity_payment_note(self):
        """Return what an invoice says of where to pay, in the language of the context.

        Made from what is stored on the invoice, so that it agrees with the account, the
        QR code and the portal.

        :return: sentences; nothing where the customer simply pays as always
        :rtype: list[str]
        """
        self.ensure_one()
        if self.move_type != "out_invoice" or self.state == "cancel":
            return []
        # Customers and whoever prints need not see the agreement.
        move = self.sudo()
        if not move.continuity_direction_id:
            return move._continuity_coming_note()
        return [
            *move._continuity_assigned_note(),
            *move._continuity_account_note(),
            *move._continuity_coming_note(),
        ]

    def _continuity_pay_to(self):
        """Return the number of the account an open invoice is paid to by a direction.

        :return: empty where the customer pays as always, or nothing is open
        :rtype: str
        """
        self.ensure_one()
        if not self.continuity_direction_id or self.payment_state not in OPEN_PAYMENT:
            return ""
        # Customers may not read accounts; this one they were told.
        return self.sudo().partner_bank_id.acc_number or ""

    def _continuity_debtor(self):
        """Return the customer's line in the agreement this invoice follows, or is
        about to follow."""
        domain = [
            ("partner_id", "=", self.commercial_partner_id.id),
            ("company_id", "=", self.company_id.id),
            ("noticed_on", "!=", False),
            ("state", "!=", "out"),
        ]
        if self.continuity_direction_id:
            agreement = self.continuity_direction_id.factoring_id
            domain.append(("factoring_id", "=", agreement.id))
        else:
            domain += [
                ("factoring_id.state", "=", "running"),
                ("factoring_id.kind", "=", "notified"),
            ]
        return self.env["continuity.factoring.debtor"].sudo().search(domain, limit=1)

    def _continuity_live_assignments(self):
        return (
            self.env["continuity.factoring.assignment"]
            .sudo()
            .search([("move_id", "=", self.id), ("state", "in", ("active", "settled"))])
        )

    def _continuity_part_assigned(self):
        """Return how much of the invoice is to be paid by its direction, where that is
        not all of it.

        :return: amount in the invoice's currency; 0 where it is all or nothing
        :rtype: float
        """
        self.ensure_one()
        active = self._continuity_live_assignments().filtered(
            lambda a: a.state == "active"
        )
        amount = sum(active.mapped("open_amount"))
        if self.currency_id.compare_amounts(amount, self.amount_residual) < 0:
            return amount
        return 0

    def _continuity_assigned_note(self):
        factor = self.continuity_direction_id.factoring_id.factor_id.name
        if self.state == "draft":
            return [
                self.env._("The claim from this invoice is assigned to %s.", factor)
            ]
        if not self._continuity_live_assignments():
            return []
        if part := self._continuity_part_assigned():
            return [
                self.env._(
                    "%(amount)s of the claim from this invoice are assigned to "
                    "%(factor)s.",
                    amount=self.currency_id.format(part),
                    factor=factor,
                )
            ]
        return [self.env._("The claim from this invoice is assigned to %s.", factor)]

    def _continuity_account_note(self):
        account = self.partner_bank_id._continuity_payee_text()
        reference = self.payment_reference or self.name or "/"
        own = self._continuity_default_account()
        sentences = []
        if self.state == "posted" and self._continuity_part_assigned():
            sentences.append(
                self.env._(
                    "Please pay that amount to: %(account)s; reference: %(reference)s.",
                    account=account,
                    reference=reference,
                )
            )
            if own:
                sentences.append(
                    self.env._(
                        "Please pay the rest to us as before: %s.",
                        own._continuity_payee_text(),
                    )
                )
        else:
            sentences.append(
                self.env._(
                    "Please pay to: %(account)s; reference: %(reference)s.",
                    account=account,
                    reference=reference,
                )
            )
        debtor = self._continuity_debtor()
        if debtor:
            sentences.append(self._continuity_valid_note(debtor))
            today = debtor.factoring_id._local_today()
            if own and debtor._may_keep_paying_us(today):
                sentences.append(
                    self.env._(
                        "You may also keep paying us as before, to %s: that "
                        "discharges you as well.",
                        own._continuity_payee_text(),
                    )
                )
        return sentences

    def _continuity_valid_note(self, debtor):
        """Return which payments to us stay valid; never fewer than the notice says."""
        first = min(
            (
                debtor._effective_from(direction)
                for direction in debtor.factoring_id.direction_ids
                if direction.was_confirmed and direction.kind != "unchanged"
            ),
            default=None,
        )
        noticed = debtor._noticed_day()
        if first and first > noticed:
            return self.env._(
                "What you paid us before %s remains valid.",
                format_date(self.env, first, date_format="long"),
            )
        return self.env._(
            "What you paid us before you received our notice of %s remains valid.",
            format_date(self.env, noticed, date_format="long"),
        )

    def _continuity_coming_note(self):
        """Return from when an open invoice is to be paid elsewhere than it says."""
        if self.state != "posted" or self.payment_state not in OPEN_PAYMENT:
            return []
        debtor = self._continuity_debtor()
        day = debtor and debtor._next_direction_day()
        if not day:
            return []
        when = format_date(self.env, day, date_format="long")
        if debtor._pays_as_before(day):
            if not self.continuity_direction_id:
                return []
            return [
                self.env._(
                    "From %(day)s on, please pay us again: %(account)s.",
                    day=when,
                    account=self._continuity_default_account()._continuity_payee_text(),
                )
            ]
        if self.continuity_direction_id or not self._continuity_live_assignments():
            return []
        direction = debtor.factoring_id._direction_valid(debtor, day)
        if not direction:
            return []
        return [
            self.env._(
                "From %(day)s on, please pay to: %(account)s. Until then, pay as "
                "before.",
                day=when,
                account=direction.bank_account_id._continuity_payee_text(),
            )
        ]

    # === QR CODES === #

    # Two accounts, or one that is not ours: a code for the whole amount would mislead.
    def _compute_display_qr_code(self):
        result = super()._compute_display_qr_code()
        for move in self.filtered("continuity_direction_id"):
            if move.state == "posted" and move.sudo()._continuity_part_assigned():
                move.display_qr_code = False
        return result

    def _compute_display_link_qr_code(self):
        result = super()._compute_display_link_qr_code()
        self.filtered("continuity_direction_id").display_link_qr_code = False
        return result

    # === PAYING ONLINE === #

    def _has_to_be_paid(self):
        return super()._has_to_be_paid() and not self.continuity_direction_id

    def _get_online_payment_error(self):
        if self.continuity_direction_id:
            return self._continuity_no_online_payment()
        return super()._get_online_payment_error()

    def _continuity_no_online_payment(self):
        """Return why an invoice cannot be paid online, and how it is paid."""
        self.ensure_one()
        return self.env._(
            "%(invoice)s is paid by bank transfer to %(account)s.",
            invoice=self.name,
            account=self.sudo().partner_bank_id._continuity_payee_text(),
        )

    def _get_invoice_proforma_pdf_report_filename(self):
        if self.continuity_pdf_renewed:
            return self._get_invoice_report_filename()
        return super()._get_invoice_proforma_pdf_report_filename()


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    @api.model_create_multi
    def create(self, vals_list):
        transactions = super().create(vals_list)
        for move in transactions.invoice_ids.filtered("continuity_direction_id"):
            raise ValidationError(move._continuity_no_online_payment())
        return transactions


class PaymentLinkWizard(models.TransientModel):
    _inherit = "payment.link.wizard"

    def _compute_warning_message(self):
        result = super()._compute_warning_message()
        for wizard in self.filtered(lambda w: w.res_model == "account.move"):
            move = self.env["account.move"].browse(wizard.res_id)
            if move.continuity_direction_id:
                wizard.warning_message = move._continuity_no_online_payment()
        return result
