"""What a match of a payment means for an assigned receivable."""

from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .continuity_bill import BOOK_GROUPS

# Where matches wait that are followed together.
MATCHES = "continuity_matches"
# Paid in advance, and matched on the day posting assigned the invoice.
PREPAID = "prepaid"


class AccountJournal(models.Model):
    _inherit = "account.journal"

    continuity_factor_id = fields.Many2one(
        "res.partner",
        string="Clears With the Factor",
        ondelete="restrict",
        check_company=True,
        index="btree_not_null",
        groups=BOOK_GROUPS,
        help="What a bank or cash journal closes on invoices was paid to the factor. A "
        "general journal holds your entries of the sale: what they close stays open "
        "for the factor until the customer has paid.",
    )

    def _continuity_is_sale(self):
        """Tell whether this journal holds our entries of sales to a factor.

        :rtype: bool
        """
        self.ensure_one()
        return self.type == "general" and bool(self.continuity_factor_id)


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        waiting = self.env.cr.cache.get(MATCHES)
        if waiting is None:
            partials._continuity_follow_matches()
        else:
            waiting.extend(partials.ids)
        return partials

    def _continuity_follow_matches(self):
        """Follow what these matches mean for assigned receivables."""
        assignments = self.debit_move_id._continuity_active_assignments()
        if assignments:
            assignments._on_matched(self.sudo())

    @contextmanager
    def _continuity_together(self):
        """Follow the matches made in this block together, when it ends: a thousand
        payments registered at once cost one look."""
        cache = self.env.cr.cache
        if MATCHES in cache:
            yield
            return
        waiting = cache[MATCHES] = []
        try:
            yield
        finally:
            cache.pop(MATCHES, None)
        self.browse(waiting).exists()._continuity_follow_matches()

    def unlink(self):
        # Whoever undoes a match need not see what is assigned, or was.
        assignments = (
            self.env["continuity.factoring.assignment"]
            .sudo()
            .search(
                [
                    ("move_line_id", "in", self.debit_move_id.ids),
                    ("state", "!=", "cancelled"),
                ]
            )
        )
        turnovers = self.env["continuity.factoring.turnover"].sudo()
        if assignments:
            turnovers = turnovers.search([("partial_id", "in", self.ids)])
            assignments._on_unmatched(self.sudo())
        result = super().unlink()
        if assignments:
            turnovers._void()
            assignments._follow_books()
        return result


class AccountPaymentRegister(models.TransientModel):
    _inherit = "account.payment.register"

    def _reconcile_payments(self, to_process, edit_mode=False):
        with self.env["account.partial.reconcile"]._continuity_together():
            return super()._reconcile_payments(to_process, edit_mode=edit_mode)


class ContinuityFactoringAssignment(models.Model):
    _inherit = "continuity.factoring.assignment"

    def _on_matched(self, partials):
        """Follow matches of assigned receivables: what the customer paid to us is to be
        turned over, what was closed without money the factor must hear of.

        :param partials: ``account.partial.reconcile`` that have just been made
        """
        turnovers = self.env["continuity.factoring.turnover"].sudo()
        vals_list = []
        paid_amounts, due_days = self._paid_amounts(), {}
        by_line = partials.grouped("debit_move_id")
        for assignment in self:
            line = assignment.move_line_id
            own = by_line.get(line, partials.browse())
            paid = paid_amounts.get(assignment.id, 0)
            money = own.filtered(
                lambda p: (
                    p.credit_move_id.move_type != "out_refund"
                    and not p.credit_move_id.journal_id._continuity_is_sale()
                )
            )
            # What was the factor's before these matches.
            left = assignment.amount - (
                paid - sum(money.mapped("debit_amount_currency"))
            )
            for partial in own:
                reason = assignment._match_reason(partial)
                if not reason:
                    continue
                closed, left = left, left - partial.debit_amount_currency
                if reason == PREPAID:
                    assignment._take_out(partial, max(closed, 0))
                    continue
                amount = min(assignment._money_in(partial), max(closed, 0))
                if assignment.currency_id.is_zero(amount):
                    continue
                key = (assignment.factoring_id, partial.credit_move_id.date)
                if key not in due_days:
                    due_days[key] = assignment._collection_due(key[1])
                vals_list.append(
                    {
                        **assignment._prepare_turnover(partial, reason, amount),
                        "due_on": due_days[key],
                    }
                )
        if vals_list:
            turnovers.create(vals_list)._remind_contact()
        self._follow_books()

    def _on_unmatched(self, partials):
        """Tell the factor of money it has that no longer closes a receivable, such as
        when a part-paid invoice is reversed.

        :param partials: ``account.partial.reconcile`` that are about to go
        """
        by_line = self.sorted("id").grouped("move_line_id")
        for partial in partials:
            journal = partial.credit_move_id.journal_id
            factor = journal.continuity_factor_id.commercial_partner_id
            if not factor or journal._continuity_is_sale():
                continue
            known = by_line.get(partial.debit_move_id, self.browse()).filtered(
                lambda a, match=partial, factor=factor: (
                    a.matched_before < match.id
                    and a.factoring_id.factor_id.commercial_partner_id == factor
                )
            )
            known = known.filtered(lambda a: a.state == "active") or known
            known[-1:]._add_news(
                self.env._(
                    "A payment of %(amount)s that the factor has was taken off the "
                    "invoice: %(entry)s.",
                    amount=partial.debit_currency_id.format(
                        partial.debit_amount_currency
                    ),
                    entry=partial.credit_move_id.move_id.name,
                )
            )

    def _take_out(self, partial, left):
        """What had been paid when posting assigned it, was never the factor's: no list
        of that day has left yet.

        :param partial: the match, made on the day of the assignment
        :param float left: what was the factor's before this match
        """
        self.ensure_one()
        amount = self.amount - min(left, partial.debit_amount_currency)
        if self.currency_id.is_zero(amount):
            self._end("cancelled", self.env._("Paid before it was assigned."))
        else:
            self.write({"amount": amount, "matched_before": partial.id})

    def _money_in(self, partial):
        """Return how much money a payment brought of what it closes: the rest is a
        discount, a charge or written off, and the factor must hear of it.

        :param partial: one ``account.partial.reconcile`` of this receivable
        :return: amount in the receivable's currency
        :rtype: float
        """
        self.ensure_one()
        entry = partial.credit_move_id.move_id
        money_accounts = (
            entry.journal_id.default_account_id
            | entry.origin_payment_id.outstanding_account_id
        )
        money = sum(
            entry.line_ids.filtered(
                lambda line: (
                    line.account_id in money_accounts
                    or line.account_id.account_type
                    in ("asset_cash", "liability_credit_card")
                )
            ).mapped("balance")
        )
        closing = -sum(
            entry.line_ids.filtered(
                lambda line: line.account_id.account_type == "asset_receivable"
            ).mapped("balance")
        )
        closed = partial.debit_amount_currency
        # No account of money in it: all of it, for want of knowing better.
        share = min(1, max(0, money / closing)) if money and closing else 1
        amount = self.currency_id.round(closed * share)
        if self.currency_id.compare_amounts(amount, closed) < 0:
            self._add_news(
                self.env._(
                    "%(entry)s closed %(closed)s with a payment of %(amount)s.",
                    entry=entry.name,
                    closed=self.currency_id.format(closed),
                    amount=self.currency_id.format(amount),
                )
            )
        return amount

    def _prepare_turnover(self, partial, reason, amount):
        """Return the values of one collection."""
        self.ensure_one()
        payment = partial.credit_move_id
        return {
            "assignment_id": self.id,
            "partial_id": partial.id,
            "payment_move_id": payment.move_id.id,
            "currency_id": self.currency_id.id,
            "amount": amount,
            "day": payment.date,
            "reason": reason,
        }

    def _collection_due(self, day):
        """Return by when money that came in on a day is turned over: counted from that
        day, but nothing is due before it was known."""
        self.ensure_one()
        today = fields.Date.context_today(self)
        return max(self.factoring_id._turnover_due(day), today)

    def _match_reason(self, partial):
        """Tell why what a match closes is to be turned over.

        :param partial: one ``account.partial.reconcile`` of this receivable
        :return: value of ``continuity.factoring.turnover.reason``; empty when nothing
            came in, or when the factor has it; ``PREPAID`` for what nobody sold
        :rtype: str
        :raise UserError: for what would show a customer of a confidential agreement
            that there is one
        """
        self.ensure_one()
        entry = partial.credit_move_id.move_id
        journal = entry.journal_id
        agreement, day = self.factoring_id, partial.credit_move_id.date
        money = self.currency_id.format(partial.debit_amount_currency)
        if entry.move_type == "out_refund":
            self._add_news(
                self.env._(
                    "Credited with %(note)s: %(amount)s.",
                    note=entry.name,
                    amount=money,
                )
            )
            return ""
        if journal._continuity_is_sale() and agreement.kind == "confidential":
            self._refuse_shown_sale()
        if journal.continuity_factor_id:
            factor = agreement.factor_id.commercial_partner_id
            if journal.continuity_factor_id.commercial_partner_id == factor:
                return ""
            if not journal._continuity_is_sale():
                return "wrong_factor"
        if not (
            entry.origin_payment_id
            or entry.statement_line_id
            or journal.type in ("bank", "cash", "credit")
            or journal.continuity_is_bill
        ):
            # An exchange difference closes nothing in the receivable's own currency.
            if not self.currency_id.is_zero(partial.debit_amount_currency):
                self._add_news(
                    self.env._(
                        "Closed without a payment by %(entry)s: %(amount)s.",
                        entry=entry.name,
                        amount=money,
                    )
                )
            return ""
        if day < self.assigned_on:
            today = fields.Date.context_today(self)
            if self.assigned_on == today and agreement.covers == "customers":
                return PREPAID
            self._add_news(
                self.env._(
                    "%(amount)s had been paid on %(day)s, before it was assigned.",
                    amount=money,
                    day=format_date(self.env, day),
                )
            )
            return "before_assignment"
        return self._collection_reason(journal, day)

    def _refuse_shown_sale(self):
        """Refuse to close an invoice by our entry of a confidential sale: its customer
        would see that it is paid, and has paid nobody (X8).

        :raise UserError: always, in words for who may know of the agreement, or not
        """
        self.ensure_one()
        if self.sudo(False).has_access("read"):
            raise UserError(
                self.env._(
                    "%s would show as paid, to its customer too, who is to notice "
                    "nothing: leave it open, and book the sale on an account of its "
                    "own.",
                    self.move_id.display_name,
                )
            )
        raise UserError(
            self.env._(
                "%(invoice)s stays open until its customer pays: leave it unmatched, "
                "or ask %(contact)s.",
                invoice=self.move_id.display_name,
                contact=self.factoring_id.contact_id.name,
            )
        )

    def _collection_reason(self, journal, day):
        """Tell what it means that a customer paid into one of our journals on a day."""
        self.ensure_one()
        agreement, debtor = self.factoring_id, self.debtor_id
        if journal.continuity_is_bill:
            return "bill"
        if agreement.kind == "confidential":
            return "confidential"
        noticed = debtor._noticed_day()
        if not noticed or day < noticed:
            return "before_notice"
        days = [day]
        if debtor._closing_terms()[0]:
            # They were told from which period on: what was closed before is paid as
            # before, whenever that is.
            days.append(self.move_id.invoice_date)
        ways = [agreement._direction_on(debtor, on) for on in days]
        if any(kind == "unchanged" for kind, _account in ways):
            return "unchanged"
        # An invoice printed with an earlier account keeps it.
        kept = self.move_id.continuity_direction_id
        ways.append((kept.kind, kept.bank_account_id))
        if ("collection", journal.bank_account_id) in ways:
            return "collection"
        if debtor._may_keep_paying_us(day):
            return "permitted"
        return "wrong_account"
