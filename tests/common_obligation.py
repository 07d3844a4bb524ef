from collections import defaultdict
from contextlib import nullcontext
from unittest.mock import patch

from odoo import Command

from .common_dissolution import DissolutionCommon


class ObligationCommon(DissolutionCommon):
    """Orders, invoices and payments as a company in dissolution has them.

    ``cash`` is a journal whose payments make entries, ``promised`` one whose payments
    make none until the bank confirms them.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.journals = {}
        for company in cls.company_a | cls.company_b:
            cls.journals[company] = cls._create_bank(company)

    @classmethod
    def _create_bank(cls, company):
        env = cls._env_of(company)
        bank, waiting = env["account.account"].create(
            [
                {
                    "name": name,
                    "code": code,
                    "account_type": kind,
                    "reconcile": kind == "asset_current",
                    "company_ids": [Command.set(company.ids)],
                }
                for name, code, kind in (
                    ("Bank", "CC1100", "asset_cash"),
                    ("Waiting", "CC1200", "asset_current"),
                )
            ]
        )
        journals = env["account.journal"].create(
            [
                {
                    "name": name,
                    "code": code,
                    "type": "bank",
                    "company_id": company.id,
                    "default_account_id": bank.id,
                }
                for name, code in (("Cash", "CCBNK"), ("Promised", "CCPRM"))
            ]
        )
        for direction in ("inbound", "outbound"):
            lines = journals[0][f"{direction}_payment_method_line_ids"]
            lines.payment_account_id = waiting
            journals[1][
                f"{direction}_payment_method_line_ids"
            ].payment_account_id = False
        return {"cash": journals[0], "promised": journals[1]}

    @classmethod
    def _env_of(cls, company):
        return cls.env(
            context={**cls.env.context, "allowed_company_ids": company.ids},
        )

    # === Documents === #

    @classmethod
    def _order(cls, partner, *lines, company=None, currency=None, confirm=True):
        """An order; each line is (ordered, delivered, price)."""
        company = company or cls.company_a
        env = cls._env_of(company)
        pricelist = env["product.pricelist"].create(
            {
                "name": "Obligations",
                "currency_id": (currency or company.currency_id).id,
                "company_id": company.id,
            }
        )
        order = env["sale.order"].create(
            {
                "partner_id": partner.id,
                "company_id": company.id,
                "pricelist_id": pricelist.id,
                "date_order": "2027-02-10",
                "order_line": [
                    Command.create(
                        {
                            "product_id": cls.product.id,
                            "name": f"Goods for {price}",
                            "product_uom_qty": ordered,
                            "price_unit": price,
                            "tax_ids": [Command.clear()],
                        }
                    )
                    for ordered, _delivered, price in lines
                ],
            }
        )
        if confirm:
            order.action_confirm()
            order.date_order = "2027-02-10"
            for line, values in zip(order.order_line, lines, strict=True):
                line.qty_delivered = values[1]
        return order

    @classmethod
    def _invoice_order(cls, order, down_payment=None):
        """Invoice an order: everything left, or a down payment of so many per cent."""
        order = order.with_env(cls._env_of(order.company_id))
        values = {"advance_payment_method": "delivered"}
        if down_payment:
            values = {
                "advance_payment_method": "percentage",
                "amount": down_payment,
            }
        before = order.invoice_ids
        wizard = (
            order.env["sale.advance.payment.inv"]
            .with_context(active_ids=order.ids, active_model="sale.order")
            .create({"sale_order_ids": [Command.set(order.ids)], **values})
        )
        wizard.create_invoices()
        invoice = order.invoice_ids - before
        invoice.invoice_date = "2027-02-12"
        invoice.action_post()
        return invoice

    @classmethod
    def _pay(cls, invoice, amount=None, journal="cash"):
        """Pay an invoice, or a part of it, through the register of payments."""
        company = invoice.company_id
        env = cls._env_of(company)
        values = {
            "journal_id": cls.journals[company][journal].id,
            "payment_date": "2027-02-15",
        }
        if amount:
            values["amount"] = amount
        wizard = (
            env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create(values)
        )
        with cls._as_kept_by(journal):
            return wizard._create_payments()

    @classmethod
    def _as_kept_by(cls, journal):
        """Let payments make no entry where Odoo's full accounting would not."""
        if journal == "cash":
            return nullcontext()
        return patch.object(
            type(cls.env["account.move"]),
            "_get_invoice_in_payment_state",
            lambda move: "in_payment",
        )

    @classmethod
    def _receive(cls, partner, amount, company=None, currency=None, journal="cash"):
        """Money that belongs to no invoice yet."""
        company = company or cls.company_a
        values = {
            "payment_type": "inbound",
            "partner_type": "customer",
            "partner_id": partner.id,
            "amount": amount,
            "currency_id": (currency or company.currency_id).id,
            "date": "2027-02-16",
            "journal_id": cls.journals[company][journal].id,
        }
        with cls._as_kept_by(journal):
            payment = cls._env_of(company)["account.payment"].create(values)
            payment.action_post()
        return payment

    @classmethod
    def _refund(cls, invoice, post=True):
        """A credit note for a whole invoice, not paid out."""
        env = cls._env_of(invoice.company_id)
        wizard = (
            env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create(
                {
                    "journal_id": invoice.journal_id.id,
                    "date": "2027-02-20",
                    "reason": "Withdrawn",
                }
            )
        )
        wizard.refund_moves()
        refund = wizard.new_move_ids
        if post and refund.state == "draft":
            refund.action_post()
        return refund

    # === An independent calculation === #

    def _owed_by_hand(self, company):
        """Add up what is open, record by record, sharing no code with the finders.

        :return: {(customer, kind, currency): amount}
        """
        sums = defaultdict(float)
        env = self._env_of(company)
        for order in env["sale.order"].search([("company_id", "=", company.id)]):
            customer = order.partner_id.commercial_partner_id
            for kind, amount in self._order_by_hand(order):
                sums[customer, kind, order.currency_id] += amount
        moves = env["account.move"].search(
            [
                ("company_id", "=", company.id),
                ("move_type", "in", ("out_invoice", "out_refund")),
                ("state", "in", ("draft", "posted")),
            ]
        )
        for move in moves:
            customer = move.partner_id.commercial_partner_id
            refund = move.move_type == "out_refund"
            if move.state == "draft":
                kind = "credit" if refund else "uninvoiced"
                sums[customer, kind, move.currency_id] += move.amount_total
            else:
                kind = "credit" if refund else "open_invoice"
                left = self._unpaid_by_hand(move)
                sums[customer, kind, move.currency_id] += left
        payments = env["account.payment"].search(
            [("company_id", "=", company.id), ("payment_type", "=", "inbound")]
        )
        for payment in payments:
            customer = payment.partner_id.commercial_partner_id
            if payment.state not in ("in_process", "paid"):
                continue
            used = sum(payment.invoice_ids.mapped("amount_total"))
            if payment.move_id:
                lines = payment.move_id.line_ids.filtered(
                    lambda x: x.account_id.account_type == "asset_receivable"
                )
                used = payment.amount + sum(lines.mapped("amount_residual_currency"))
            left = max(payment.amount - used, 0)
            sums[customer, "prepayment", payment.currency_id] += left
        return {key: round(value, 2) for key, value in sums.items() if value > 0.001}

    def _order_by_hand(self, order):
        """Yield (kind, amount) of one order."""
        received, value = 0.0, 0.0
        for line in order.order_line:
            for invoice_line in line.invoice_lines:
                move = invoice_line.move_id
                if move.state != "posted":
                    continue
                if move.move_type == "out_refund":
                    received -= invoice_line.price_total
                else:
                    paid = 1 - self._unpaid_by_hand(move) / (move.amount_total or 1)
                    received += invoice_line.price_total * paid
            if line.display_type or line.is_downpayment:
                continue
            price = line.price_total / line.product_uom_qty
            value += price * line.qty_delivered
            if order.state != "sale":
                continue
            missing = line.product_uom_qty - line.qty_delivered
            if missing > 0:
                yield "undelivered", price * missing
            if line.qty_delivered > line.qty_invoiced:
                yield "uninvoiced", price * (line.qty_delivered - line.qty_invoiced)
        if received > value + 0.001:
            yield "prepayment", received - value

    def _unpaid_by_hand(self, move):
        """Return what is still open of an invoice or credit note."""
        promised = sum(
            payment.amount
            for payment in move.matched_payment_ids
            if not payment.move_id and payment.state in ("in_process", "paid")
        )
        return min(abs(move.amount_residual), max(move.amount_total - promised, 0))
