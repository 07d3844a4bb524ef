"""Posting, printing and paying customer invoices with a running factoring agreement,
against the same without the addon (X6)."""

import os
import statistics

from common import median_ratio, seconds, settle

from odoo import Command, fields

# In all; measured in rounds, in turn with the database without the addon.
INVOICES = int(os.environ.get("BENCH_INVOICES", 1_000))
ROUNDS = 4
# Of those, in each round: a second of wkhtmltopdf goes into each.
PRINTED = 12
CUSTOMERS = 100
TARGET = 1.10
REPORT = "account.report_invoice_with_payments"
LABELS = {
    "post": "posting invoices",
    "print": "printing invoices (PDF)",
    "pay": "paying invoices",
    "collect": "paying invoices to turn over, in confidence",
}
SIZES = {"print": f"{ROUNDS * PRINTED} invoices, three quarters assigned"}


def run(bench):
    """Measure posting, printing and paying; half of the customers are covered and told,
    a quarter in confidence."""
    databases = (bench.plain_database, bench.database)
    size = INVOICES // ROUNDS
    pairs = {name: [] for name in LABELS}
    for round_ in range(ROUNDS + 1):
        # Piece by piece in turn, so that whatever else the machine does hits both.
        order = databases if round_ % 2 else databases[::-1]
        # The first round fills caches.
        count = size if round_ else min(size, 20)
        with (
            bench.environment(order[0]) as first,
            bench.environment(order[1]) as second,
        ):
            works = (Billing(first, count).work(), Billing(second, count).work())
            for one, other in zip(*works, strict=True):
                name, spent = one[0], {order[0]: one[1], order[1]: other[1]}
                if round_:
                    pairs[name].append((spent[databases[1]], spent[databases[0]]))
    for name, label in LABELS.items():
        addon, plain = (
            statistics.median(column) for column in zip(*pairs[name], strict=True)
        )
        bench.report(
            f"factoring: {label}",
            SIZES.get(name, f"{INVOICES:,} invoices, three quarters assigned"),
            median_ratio(pairs[name]),
            TARGET,
            seconds=addon,
            yardstick_seconds=plain,
        )


class Billing:
    """One month of invoices of a company; nothing is kept."""

    def __init__(self, env, count):
        """Create customers, draft invoices and, with the addon, an agreement that
        covers every second customer, who was told to pay the factor, and one in
        confidence on every fourth.

        :param env: environment of the superuser
        :param int count: how many invoices
        """
        self.env = env
        self.company = env.company
        partners = env["res.partner"]
        self.factor = partners.create({"name": "Bench factor", "is_company": True})
        self.customers = partners.create(
            [{"name": f"Payer {i}", "is_company": True} for i in range(CUSTOMERS)]
        )
        for owner, number in (
            (self.company.partner_id, "GB33BUKB20201555555555"),
            (self.factor, "DE02120300000000202051"),
        ):
            self.account = env["res.partner.bank"].create(
                {"partner_id": owner.id, "acc_number": number}
            )
        self.bank, self.clearing = self._journal("BNB"), self._journal("BNF")
        self.told, self.untold = self.customers[::2], self.customers[1::4]
        if "continuity.factoring" in env:
            self._agree()
        self.moves = self._draft(count)
        settle(env)

    def _journal(self, code):
        return self.env["account.journal"].create(
            {"name": code, "code": code, "type": "bank"}
        )

    def _agree(self):
        env, today = self.env, fields.Date.today()
        reviews = env["continuity.contract.review"].create(
            [
                {
                    "partner_id": customer.id,
                    "assignment_clause": "Claims may be assigned.",
                    "result": "free",
                }
                for customer in self.told | self.untold
            ]
        )
        reviews.action_confirm()
        self.clearing.continuity_factor_id = self.factor
        agreement = self._draw_up(
            self.told,
            direction_ids=[
                Command.create(
                    {
                        "effective_from": today,
                        "kind": "factor",
                        "bank_account_id": self.account.id,
                        "state": "confirmed",
                        "was_confirmed": True,
                    }
                )
            ],
        )
        agreement.debtor_ids.write(
            {"state": "noticed", "noticed_on": fields.Datetime.now()}
        )
        self._draw_up(self.untold, kind="confidential")

    def _draw_up(self, customers, **values):
        """Create a running agreement on customers."""
        agreement = self.env["continuity.factoring"].create(
            {
                "factor_id": self.factor.id,
                "date_start": fields.Date.today(),
                "contact_id": self.env.ref("base.user_admin").id,
                "currency_ids": [Command.set(self.company.currency_id.ids)],
                "debtor_ids": [
                    Command.create({"partner_id": customer.id})
                    for customer in customers
                ],
                **values,
            }
        )
        agreement.state = "running"
        return agreement

    def _draft(self, count):
        return self.env["account.move"].create(
            [
                {
                    "move_type": "out_invoice",
                    "partner_id": self.customers[i % CUSTOMERS].id,
                    "invoice_date": fields.Date.today(),
                    "invoice_line_ids": [
                        Command.create(
                            {"name": "Goods", "price_unit": 100 + i, "tax_ids": False}
                        )
                    ],
                }
                for i in range(count)
            ]
        )

    def work(self):
        """Yield the name and the seconds of each piece of work."""
        yield "post", seconds(self._post)[0]
        yield "print", seconds(self._print)[0]
        yield "pay", seconds(self._pay)[0]
        yield "collect", seconds(self._collect)[0]

    def _post(self):
        self.moves.action_post()
        settle(self.env)

    def _print(self):
        """Print invoices one by one, as they are when each is sent."""
        reports = self.env["ir.actions.report"].with_context(
            force_report_rendering=True
        )
        for move in self.moves[:PRINTED]:
            reports._render_qweb_pdf(REPORT, move.ids)
        settle(self.env)

    def _pay(self):
        """Every second customer pays the factor, every fourth us."""
        rest = self.customers - self.told - self.untold
        self._register(self.told, self.clearing)
        self._register(rest, self.bank)
        settle(self.env)

    def _collect(self):
        """Customers of the confidential agreement pay us."""
        self._register(self.untold, self.bank)
        settle(self.env)

    def _register(self, customers, journal):
        """Register a payment for each invoice of customers."""
        moves = self.moves.filtered(lambda move: move.partner_id in customers)
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=moves.ids
        ).create({"journal_id": journal.id, "group_payment": False})._create_payments()
