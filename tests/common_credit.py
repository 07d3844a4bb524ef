from odoo import Command, fields

from .common import ContinuityCommon

AS_OF = "2026-06-30"
START = "2025-06-30"
ACCOUNTS = {
    "bank": ("CC1010", "asset_cash"),
    "suspense": ("CC1020", "asset_current"),
    "outstanding": ("CC1030", "asset_current"),
    "bill": ("CC1040", "asset_current"),
    "loss": ("CC6000", "expense"),
    "gain": ("CC7000", "income_other"),
}


class CreditCommon(ContinuityCommon):
    """Company A with a bank, bills, a journal for the rest, and an accountant.

    What customers do is done through Odoo and noted in ``diary``: an independent
    calculation needs no journal entry.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        env = cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company_a.ids}
        )
        cls.accounts = {
            key: env["account.account"].create(
                {
                    "name": key.title(),
                    "code": code,
                    "account_type": account_type,
                    "reconcile": key in ("outstanding", "suspense"),
                    "company_ids": [Command.set(cls.company_a.ids)],
                }
            )
            for key, (code, account_type) in ACCOUNTS.items()
        }
        cls.bank = cls._create_journal("Bank", "bank", "bank")
        cls.bills = cls._create_journal("Recorded claims", "bank", "bill")
        cls.bills.continuity_is_bill = True
        cls.general = cls._create_journal("Other", "general", False)
        cls.company_a.write(
            {
                "currency_exchange_journal_id": cls.general.id,
                "income_currency_exchange_account_id": cls.accounts["gain"].id,
                "expense_currency_exchange_account_id": cls.accounts["loss"].id,
            }
        )
        cls.accountant = cls._create_user(
            "accountant", "account.group_account_user", "account.group_account_manager"
        )
        cls.billing = cls._create_user("billing", "account.group_account_invoice")
        cls.diary = {}

    def setUp(self):
        super().setUp()
        self.diary.clear()

    @classmethod
    def _create_journal(cls, name, journal_type, account):
        journal = cls.env["account.journal"].create(
            {
                "name": name,
                "code": f"CC{name[:3].upper()}",
                "type": journal_type,
                "company_id": cls.company_a.id,
                "default_account_id": account and cls.accounts[account].id,
                "suspense_account_id": cls.accounts["suspense"].id,
            }
        )
        lines = journal.inbound_payment_method_line_ids
        lines.payment_account_id = cls.accounts["outstanding"]
        return journal

    # === What customers do === #

    @classmethod
    def _bill(cls, partner, amount, day, due, **kwargs):
        """An invoice that is due on a day."""
        move = cls._create_invoice(partner, amount, day, post=False, **kwargs)
        move.invoice_date_due = due
        move.action_post()
        cls.diary[move] = {
            "customer": partner,
            "due": fields.Date.to_date(due),
            "total": amount,
            "events": [],
        }
        return move

    @classmethod
    def _in_two_instalments(cls):
        """Payment terms: one half after 30 days, the other after 60."""
        return cls.env["account.payment.term"].create(
            {
                "name": "Two instalments",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 50, "nb_days": days}
                    )
                    for days in (30, 60)
                ],
            }
        )

    @classmethod
    def _note(cls, move, day, kind, amount):
        cls.diary[move]["events"].append((fields.Date.to_date(day), kind, amount))

    @classmethod
    def _receivable(cls, *moves):
        lines = cls.env["account.move.line"]
        for move in moves:
            lines += move.line_ids.filtered(
                lambda line: line.account_id.account_type == "asset_receivable"
            )
        return lines

    @classmethod
    def _pay(cls, move, amount, day, write_off=0, journal=None, kind="payment"):
        """Money comes in; ``write_off`` is let go at the same time."""
        wizard = (
            cls.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=move.ids)
            .create(
                {
                    "amount": amount,
                    "payment_date": day,
                    "journal_id": (journal or cls.bank).id,
                    "currency_id": move.currency_id.id,
                }
            )
        )
        if write_off:
            wizard.payment_difference_handling = "reconcile"
            wizard.writeoff_account_id = cls.accounts["loss"]
        payment = wizard._create_payments()
        cls._note(move, day, kind, amount)
        if write_off:
            cls._note(move, day, "other", write_off)
        return payment

    @classmethod
    def _credit(cls, move, amount, day):
        """A credit note, matched with the invoice."""
        refund = cls._create_invoice(move.partner_id, amount, day, refund=True)
        cls._receivable(move, refund).reconcile()
        cls._note(move, day, "credit", amount)
        return refund

    @classmethod
    def _write_off(cls, move, amount, day, note="other", journal=None, account="loss"):
        """An entry without money closes a part of the invoice."""
        line = cls._receivable(move)[:1]
        entry = cls.env["account.move"].create(
            {
                "journal_id": (journal or cls.general).id,
                "date": day,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": line.account_id.id,
                            "partner_id": line.partner_id.id,
                            "credit": amount,
                        }
                    ),
                    Command.create(
                        {"account_id": cls.accounts[account].id, "debit": amount}
                    ),
                ],
            }
        )
        entry.action_post()
        cls._receivable(move, entry).reconcile()
        cls._note(move, day, note, amount)
        return entry

    # === What it amounts to === #

    def _take(self, as_of, partners=None):
        standings = self.env["continuity.credit.standing"]._take(
            self.company_a, partners, fields.Date.to_date(as_of)
        )
        return {standing.partner_id: standing for standing in standings}

    def _expected(self, customer, as_of, start):
        """Recompute the figures of a customer from the diary, without the books."""
        as_of, start = fields.Date.to_date(as_of), fields.Date.to_date(start)
        middle = start + (as_of - start) / 2
        late, halves, worth, weight = [], ([], []), 0, 0
        count = open_amount = overdue = longest = bills = other = 0
        for entry in self.diary.values():
            if entry["customer"] != customer:
                continue
            due = entry["due"]
            events = [event for event in entry["events"] if event[0] <= as_of]
            rest = entry["total"] - sum(amount for _day, _kind, amount in events)
            paid = [(day, x) for day, kind, x in events if kind == "payment"]
            last = max((day for day, _amount in paid), default=None)
            if rest > 0:
                open_amount += rest
                if due < as_of:
                    overdue += rest
                    longest = max(longest, (as_of - due).days)
            elif last and last > start:
                count += 1
                late.append((last - due).days)
                halves[last > middle].append((last - due).days)
            for day, kind, amount in events:
                if day <= start:
                    continue
                if kind == "payment":
                    worth += amount
                    weight += amount * (day - due).days
                bills += amount if kind == "bill" else 0
                other += amount if kind == "other" else 0
        enough = count >= self.company_a.continuity_standing_min_paid

        def mean(values):
            return sum(values) / len(values)

        return {
            "paid_count": count,
            "insufficient": not enough,
            "average_days": mean(late) if enough and late else 0,
            "worst_days": max(late) if enough and late else 0,
            "weighted_days": weight / worth if enough and worth else 0,
            "trend_days": (
                mean(halves[1]) - mean(halves[0]) if enough and all(halves) else 0
            ),
            "open_amount": open_amount,
            "overdue_amount": overdue,
            "overdue_share": 100 * overdue / open_amount if open_amount else 0,
            "overdue_days": longest,
            "paid_amount": worth,
            "bill_amount": bills,
            "other_amount": other,
        }

    def _assert_figures(self, standing, expected):
        for name, value in expected.items():
            with self.subTest(customer=standing.partner_id.name, field=name):
                if isinstance(value, float):
                    self.assertAlmostEqual(standing[name], value, delta=0.051)
                else:
                    self.assertEqual(standing[name], value)


class StandingCommon(CreditCommon):
    """The credit standing of customer 1, for which one paid invoice is enough."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_a.continuity_standing_min_paid = 1
        cls.customer = cls.customer_1

    def _standing(self, as_of=AS_OF, customer=None):
        return self._take(as_of)[customer or self.customer]

    def _check(self, as_of=AS_OF, start=START):
        standing = self._standing(as_of)
        self._assert_figures(standing, self._expected(self.customer, as_of, start))
        return standing
