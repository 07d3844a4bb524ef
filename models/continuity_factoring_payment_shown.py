"""What an invoice says of where to pay: on paper, on the portal, and instead of paying
online, which would bring the money to us (X6)."""

from odoo import api, fields, models
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

    continuity_payment_note = fields.Json(
        string="Where to Pay",
        compute="_compute_continuity_payment_note",
        compute_sudo=True,
        help="What the invoice says of where to pay, in the language of the reader.",
    )

    # === TEXT === #

    # Not on reconciliation: it would cost each payment something. A page is made from
    # what is true when it is made.
    @api.depends(
        "continuity_direction_id", "partner_bank_id", "payment_reference", "state"
    )
    @api.depends_context("lang")
    def _compute_continuity_payment_note(self):
        """Say who is the creditor, where to pay and what stays valid: made from what is
        stored on the invoice, so that it agrees with account, QR code and portal.

        For all invoices of a batch together: a thousand may be printed at once.
        """
        self.continuity_payment_note = False
        moves = self.filtered(
            lambda m: (
                m.move_type == "out_invoice"
                and m.state != "cancel"
                and (m.continuity_direction_id or m._continuity_is_open())
            )
        )
        debtors = moves._continuity_noticed_debtors()
        moves = moves.filtered(lambda m: m.continuity_direction_id or m in debtors)
        if not moves:
            return
        assigned = moves._continuity_live_assignments()
        parts = moves._continuity_parts(assigned)
        lines = self.env["continuity.factoring.debtor"].union(*debtors.values())
        by_customer = lines._invoice_facts()
        facts = {move: by_customer[debtor] for move, debtor in debtors.items()}
        own = moves.filtered(
            lambda m: m in parts or (m in facts and facts[m].names_ours)
        )._continuity_default_accounts()
        for move in moves:
            known = facts.get(move)
            sentences = []
            if move.continuity_direction_id:
                sentences += move._continuity_assigned_note(assigned, parts)
                sentences += move._continuity_account_note(parts, own)
                if known:
                    sentences.append(known.valid)
                    if known.may_pay_us:
                        sentences += move._continuity_may_pay_us_note(own)
            if known and move._continuity_is_open():
                sentences += move._continuity_coming_note(known, assigned, own)
            move.continuity_payment_note = sentences

    def _continuity_is_open(self):
        return self.state == "posted" and self.payment_state in OPEN_PAYMENT

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

    def _continuity_noticed_debtors(self):
        """Return the customer's line in the agreement each invoice follows, or is about
        to follow.

        :return: ``continuity.factoring.debtor`` by invoice; the others are missing
        :rtype: dict
        """
        if not self:
            return {}
        debtors = self.env["continuity.factoring.debtor"].search(
            [
                ("partner_id", "in", self.commercial_partner_id.ids),
                ("company_id", "in", self.company_id.ids),
                ("noticed_on", "!=", False),
                ("state", "!=", "out"),
                ("factoring_id.kind", "=", "notified"),
            ]
        )
        followed, running = {}, {}
        for debtor in debtors:
            key = debtor.company_id.id, debtor.partner_id.id
            followed.setdefault((*key, debtor.factoring_id.id), debtor)
            if debtor.plan_state == "running":
                running.setdefault(key, debtor)
        found = {}
        for move in self if debtors else ():
            key = move.company_id.id, move.commercial_partner_id.id
            agreement = move.continuity_direction_id.factoring_id
            debtor = (
                followed.get((*key, agreement.id)) if agreement else running.get(key)
            )
            if debtor:
                found[move] = debtor
        return found

    def _continuity_live_assignments(self):
        """Return what the factor has or had of each invoice, by invoice."""
        return (
            self.env["continuity.factoring.assignment"]
            .search(
                [("move_id", "in", self.ids), ("state", "in", ("active", "settled"))]
            )
            .grouped("move_id")
        )

    def _continuity_parts(self, assigned):
        """Return how much of invoices is to be paid by their direction, where that is
        not all of it.

        :param dict assigned: ``continuity.factoring.assignment`` by invoice
        :return: amount in the invoice's currency, by invoice
        :rtype: dict
        """
        parts = {}
        for move in self.filtered("continuity_direction_id"):
            active = [a for a in assigned.get(move, ()) if a.state == "active"]
            amount = sum(assignment.open_amount for assignment in active)
            if active and (
                move.currency_id.compare_amounts(amount, move.amount_residual) < 0
            ):
                parts[move] = amount
        return parts

    def _continuity_assigned_note(self, assigned, parts):
        factor = self.continuity_direction_id.factoring_id.factor_id.name
        if self in parts:
            return [
                self.env._(
                    "%(amount)s of the claim from this invoice are assigned to "
                    "%(factor)s.",
                    amount=self.currency_id.format(parts[self]),
                    factor=factor,
                )
            ]
        if self.state == "draft" or self._origin in assigned:
            return [
                self.env._("The claim from this invoice is assigned to %s.", factor)
            ]
        return []

    def _continuity_account_note(self, parts, own):
        told = {
            "account": self.partner_bank_id._continuity_payee_text(),
            "reference": self.payment_reference or self.name or "/",
        }
        if self not in parts:
            return [
                self.env._(
                    "Please pay to: %(account)s; reference: %(reference)s.", **told
                )
            ]
        sentences = [
            self.env._(
                "Please pay that amount to: %(account)s; reference: %(reference)s.",
                **told,
            )
        ]
        if ours := own[self]:
            sentences.append(
                self.env._(
                    "Please pay the rest to us as before: %s.",
                    ours._continuity_payee_text(),
                )
            )
        return sentences

    def _continuity_may_pay_us_note(self, own):
        """Return that the law lets this customer pay us all the same."""
        if not own[self]:
            return []
        return [
            self.env._(
                "You may also keep paying us as before, to %s: that discharges you as "
                "well.",
                own[self]._continuity_payee_text(),
            )
        ]

    def _continuity_coming_note(self, known, assigned, own):
        """Return from when an open invoice is to be paid elsewhere than it says."""
        if not known.next_day:
            return []
        when = format_date(self.env, known.next_day, date_format="long")
        if known.ours_again:
            if not self.continuity_direction_id:
                return []
            return [
                self.env._(
                    "From %(day)s on, please pay us again: %(account)s.",
                    day=when,
                    account=own[self]._continuity_payee_text(),
                )
            ]
        if self.continuity_direction_id or self not in assigned:
            return []
        # A period closed before the direction begins is paid as before.
        debtor = known.debtor
        counted = self._continuity_pay_day(debtor, known.next_day)
        direction = debtor.factoring_id._direction_valid(debtor, counted)
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

    # Two accounts: a code for the whole amount would mislead.
    def _compute_display_qr_code(self):
        result = super()._compute_display_qr_code()
        # Customers and whoever prints need not see what is assigned.
        directed = self.filtered("display_qr_code").sudo()
        directed = directed.filtered("continuity_direction_id")
        if directed:
            parts = directed._continuity_parts(directed._continuity_live_assignments())
            self.browse().concat(*parts).display_qr_code = False
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
