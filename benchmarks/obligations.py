"""Audience and obligations of a dissolution against the bare SELECTs that find them."""

from datetime import date, timedelta

from common import Population, analyze, median_ratio, seconds

from odoo import Command
from odoo.tools import SQL

CUSTOMERS = 20_000
# Five orders of two lines each: a fifth of the customers have something open.
ORDERS = 100_000
INVOICES = ORDERS
PAYMENTS = 1_000
TODAY = date(2026, 6, 30)
ROUNDS = 3
SIZE = f"{CUSTOMERS:,} customers, {2 * ORDERS:,} order lines"
# Opening the form reads the campaign, its counts and its people, never its customers.
FORM_QUERIES = 60


def run(bench):
    """Measure the first list, a night in which nothing changed, and one percent."""
    with bench.environment() as env:
        books = Books(env, CUSTOMERS)
        books.add_orders(ORDERS)
        books.add_invoices_of_orders(INVOICES)
        books.add_payments(PAYMENTS)
        books.finish()
        env["continuity.relationship"]._refresh(env.company, today=TODAY, commit=True)
        analyze(env.cr)
    with bench.environment() as env:
        row = Obligations(env)
        with bench.memory("obligations"):
            for name, prepare, work in (
                ("audience and obligations, first list", row.empty, row.build),
                ("obligations, nothing changed", row.leave, row.refresh),
                ("obligations, 1 % changed", row.change, row.refresh),
            ):
                pairs = [row.measure(prepare, work) for _round in range(ROUNDS)]
                spent, yardstick = (
                    sorted(column)[ROUNDS // 2] for column in zip(*pairs, strict=True)
                )
                bench.report(
                    name,
                    SIZE,
                    median_ratio(pairs),
                    3.0,
                    seconds=spent,
                    yardstick_seconds=yardstick,
                )
        queries, spent = row.open_form()
        bench.report(
            "opening the campaign's form",
            f"{CUSTOMERS:,} customers, queries",
            queries,
            FORM_QUERIES,
            seconds=spent,
        )


class Books(Population):
    """Customers with orders, invoices and payments, most of them long settled."""

    def add_orders(self, number):
        """Add confirmed orders of two lines.

        Of ten customers one has a last order that is not delivered to the end. Every
        twentieth has one that is not invoiced. For the first orders of one in fifty
        nobody entered what was delivered.
        """
        product = self.env["product.product"].create(
            {"name": "Bench", "type": "service"}
        )
        self.orders = self._next_id("sale_order", number)
        self.order_lines = self._next_id("sale_order_line", 2 * number)
        params = {
            "company": self.company.id,
            "currency": self.company.currency_id.id,
            "user": self.user_ids[0],
            "partner": self.first_partner,
            "customers": self.customers,
            "first": self.orders,
            "final": self.orders + number - 1,
            "line": self.order_lines,
            "product": product.id,
            "uom": product.uom_id.id,
            "today": TODAY,
        }
        self.cr.execute(
            SQL(
                """INSERT INTO sale_order (
                       id, name, company_id, partner_id, partner_invoice_id,
                       partner_shipping_id, currency_id, currency_rate, state,
                       date_order, user_id, amount_untaxed, amount_total, create_uid,
                       create_date, write_uid, write_date)
                   SELECT i, 'BENCH' || i, %(company)s, partner, partner, partner,
                          %(currency)s, 1, 'sale',
                          %(today)s::date - ((i %% 1800)::int), %(user)s, 300, 300,
                          1, now(), 1, now()
                     FROM (SELECT i, %(partner)s + (i %% %(customers)s) AS partner
                             FROM generate_series(%(first)s, %(final)s) i) o""",
                **params,
            )
        )
        self.cr.execute(
            SQL(
                """INSERT INTO sale_order_line (
                       id, order_id, company_id, currency_id, order_partner_id, name,
                       product_id, product_uom_id, product_uom_qty,
                       qty_delivered_method, qty_delivered, qty_invoiced, price_unit,
                       price_subtotal, price_total, state, customer_lead, create_uid,
                       create_date, write_uid, write_date)
                   SELECT %(line)s + 2 * (i - %(first)s) + n, i, %(company)s,
                          %(currency)s, %(partner)s + c, 'Goods',
                          %(product)s, %(uom)s, 3, 'manual',
                          CASE WHEN n = 0 AND c %% 10 = 0 AND nth = 4 THEN 1
                               WHEN c %% 50 = 7 AND nth = 0 THEN 0 ELSE 3 END,
                          CASE WHEN c %% 20 = 10 AND nth = 3 THEN 0 ELSE 3 END,
                          50, 150, 150, 'sale', 0, 1, now(), 1, now()
                     FROM (SELECT i, i %% %(customers)s AS c,
                                  (i - %(first)s) / %(customers)s AS nth
                             FROM generate_series(%(first)s, %(final)s) i) o,
                          generate_series(0, 1) n""",
                **params,
            )
        )

    def add_invoices_of_orders(self, number):
        """Add an invoice for each order; one customer in ten has not paid the last
        two."""
        journal = self.env["account.journal"].search(
            [("type", "=", "sale"), ("company_id", "=", self.company.id)], limit=1
        )
        first = self._next_id("account_move", number)
        lines = self._next_id("account_move_line", 3 * number)
        self._params = {
            "company": self.company.id,
            "currency": self.company.currency_id.id,
            "journal": journal.id,
            "income": self._account("income"),
            "receivable": self._account("asset_receivable"),
            "partner": self.first_partner,
            "customers": self.customers,
            "first": first,
            "final": first + number - 1,
            "line": lines,
            "order": self.orders,
            "order_line": self.order_lines,
            "today": TODAY,
        }
        self.cr.execute(
            SQL(
                """INSERT INTO account_move (
                       id, name, journal_id, company_id, currency_id,
                       invoice_currency_rate, state, move_type, auto_post, date,
                       invoice_date, partner_id, commercial_partner_id, amount_untaxed,
                       amount_untaxed_signed, amount_total, amount_total_signed,
                       amount_residual, payment_state, create_uid, create_date,
                       write_uid, write_date)
                   SELECT i, 'BENCH/' || i, %(journal)s, %(company)s, %(currency)s, 1,
                          'posted', 'out_invoice', 'no', day, day, partner, partner,
                          300, 300, 300, 300,
                          CASE WHEN unpaid THEN 300 ELSE 0 END,
                          CASE WHEN unpaid THEN 'not_paid' ELSE 'paid' END,
                          1, now(), 1, now()
                     FROM (SELECT i, %(partner)s + c AS partner,
                                  %(today)s::date - ((i %% 1800)::int) AS day,
                                  c %% 10 = 5 AND nth > 2 AS unpaid
                             FROM (SELECT i, (%(order)s + i - %(first)s)
                                             %% %(customers)s AS c,
                                          (i - %(first)s) / %(customers)s AS nth
                                     FROM generate_series(%(first)s, %(final)s) i
                                  ) n) m""",
                **self._params,
            )
        )
        # Two lines of goods, linked with those of the order, and the receivable.
        self.cr.execute(
            SQL(
                """INSERT INTO account_move_line (
                       id, move_id, company_id, currency_id, journal_id, partner_id,
                       account_id, parent_state, display_type, date, date_maturity,
                       price_total, quantity, debit, credit, balance, amount_currency,
                       amount_residual, amount_residual_currency, reconciled,
                       create_uid, create_date, write_uid, write_date)
                   SELECT %(line)s + 3 * o + n, m.id, %(company)s, %(currency)s,
                          %(journal)s, m.partner_id,
                          CASE n WHEN 2 THEN %(receivable)s ELSE %(income)s END,
                          'posted',
                          CASE n WHEN 2 THEN 'payment_term' ELSE 'product' END,
                          m.date, m.date, CASE n WHEN 2 THEN 0 ELSE 150 END, 3,
                          CASE n WHEN 2 THEN 300 ELSE 0 END,
                          CASE n WHEN 2 THEN 0 ELSE 150 END,
                          CASE n WHEN 2 THEN 300 ELSE -150 END,
                          CASE n WHEN 2 THEN 300 ELSE -150 END,
                          CASE n WHEN 2 THEN m.amount_residual ELSE 0 END,
                          CASE n WHEN 2 THEN m.amount_residual ELSE 0 END,
                          n = 2 AND m.amount_residual = 0,
                          1, now(), 1, now()
                     FROM (SELECT id, partner_id, date, amount_residual,
                                  id - %(first)s AS o
                             FROM account_move
                            WHERE id BETWEEN %(first)s AND %(final)s) m,
                          generate_series(0, 2) n""",
                **self._params,
            )
        )
        self.cr.execute(
            SQL(
                """INSERT INTO sale_order_line_invoice_rel (
                       order_line_id, invoice_line_id)
                   SELECT %(order_line)s + 2 * o + n, %(line)s + 3 * o + n
                     FROM generate_series(0, %(final)s - %(first)s) o,
                          generate_series(0, 1) n""",
                **self._params,
            )
        )

    def add_payments(self, number):
        """Add money of one customer in twenty that belongs to no invoice yet."""
        first = self._next_id("account_move", number)
        line = self._next_id("account_move_line", number)
        params = {
            **self._params,
            "first": first,
            "final": first + number - 1,
            "line": line,
        }
        self.cr.execute(
            SQL(
                """INSERT INTO account_move (
                       id, name, journal_id, company_id, currency_id, state, move_type,
                       auto_post, date, partner_id, commercial_partner_id, create_uid,
                       create_date, write_uid, write_date)
                   SELECT i, 'BENCHPAY/' || i, %(journal)s, %(company)s, %(currency)s,
                          'posted', 'entry', 'no', %(today)s, partner, partner,
                          1, now(), 1, now()
                     FROM (SELECT i, %(partner)s + (i * 20 %% %(customers)s) AS partner
                             FROM generate_series(%(first)s, %(final)s) i) m""",
                **params,
            )
        )
        self.cr.execute(
            SQL(
                """INSERT INTO account_move_line (
                       id, move_id, company_id, currency_id, journal_id, partner_id,
                       account_id, parent_state, display_type, date, debit, credit,
                       balance, amount_currency, amount_residual,
                       amount_residual_currency, reconciled, create_uid, create_date,
                       write_uid, write_date)
                   SELECT %(line)s + i - %(first)s, i, %(company)s, %(currency)s,
                          %(journal)s, %(partner)s + (i * 20 %% %(customers)s),
                          %(receivable)s, 'posted', 'payment_term', %(today)s, 0, 80,
                          -80, -80, -80, -80, FALSE, 1, now(), 1, now()
                     FROM generate_series(%(first)s, %(final)s) i""",
                **params,
            )
        )

    def _account(self, kind):
        """Return the id of an account of the company, made if there is none."""
        accounts = self.env["account.account"]
        found = accounts.search(
            [("account_type", "=", kind), ("company_ids", "in", self.company.ids)],
            limit=1,
        )
        values = {
            "name": kind,
            "code": f"BENCH{len(kind)}",
            "account_type": kind,
            "reconcile": kind == "asset_receivable",
        }
        return (found or accounts.create(values)).id


class Obligations:
    """One campaign whose customers are found again and again."""

    def __init__(self, env):
        """Draft the campaign."""
        self.env = env
        self.cr = env.cr
        self.campaign = env["continuity.dissolution"].create(
            {
                "company_id": env.company.id,
                "milestone_ids": [
                    Command.create(
                        {
                            "event_id": env.ref(f"customer_continuity.event_{code}").id,
                            "date_planned": TODAY + timedelta(days=90),
                        }
                    )
                    for code in ("last_service", "last_invoice", "liquidation_end")
                ],
            }
        )
        self.round = 0
        # Each round reads and writes it in transactions of its own.
        env.cr.commit()

    def measure(self, prepare, work):
        """Return (seconds of the work, seconds of the bare SELECTs)."""
        prepare()
        analyze(self.cr)
        yardstick = self.select()
        spent, _result = seconds(work)
        return spent, yardstick

    def select(self):
        """Return the seconds of the bare SELECTs: what is open, and who is concerned,
        which reads what is open."""
        model = self.env["continuity.obligation"]
        found = model._found_sql(self.env.company, self.campaign)
        self.env["continuity.relationship"]._refresh_set_planner(everybody=True)
        spent, _result = seconds(self._fetch, found)
        self.campaign._collect_found()
        more, _result = seconds(self._fetch, self.campaign._audience_sql())
        self.cr.rollback()
        return spent + more

    def _fetch(self, query):
        self.cr.execute(query)
        return len(self.cr.fetchall())

    def build(self):
        """Find the customers and what is open with them."""
        self.campaign._build_audience(commit=True)
        customers = self.campaign.customer_count
        if customers < CUSTOMERS:
            raise AssertionError(f"{customers} customers found, not {CUSTOMERS}")

    def refresh(self):
        """Read the books as every night."""
        result = self.campaign._refresh_obligations(commit=True)
        # The nightly run commits its chunks; this ends the last of them.
        self.cr.commit()
        written = sum(result.values())
        if bool(written) != bool(self.round) or result["created"]:
            raise AssertionError(f"not what was expected: {result}")

    def empty(self):
        """Forget the customers of the campaign."""
        self.cr.execute("TRUNCATE continuity_dissolution_customer CASCADE")
        self.env.invalidate_all()

    def leave(self):
        """Change nothing."""

    def change(self):
        """Deliver one percent of what is not delivered, and a little of another."""
        self.round += 1
        for delivered, rest in ((3, self.round), (2, self.round + 50)):
            self.cr.execute(
                """UPDATE sale_order_line SET qty_delivered = %s
                    WHERE qty_delivered BETWEEN 1 AND product_uom_qty - 1
                      AND order_id / 10 %% 100 = %s""",
                [delivered, rest],
            )
        # Other people's deliveries are in the books before the night begins.
        self.cr.commit()

    def open_form(self):
        """Return with how many queries, and in how many seconds, the form opens."""
        model = self.env["continuity.dissolution"]
        specification = {
            name: {}
            for name in model.get_views([(False, "form")])["models"][model._name][
                "fields"
            ]
            if name in model._fields and not name.startswith("message")
        }
        for name in ("customer_ids", "obligation_ids"):
            # No view shows them on the form of the campaign.
            specification.pop(name, None)
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        spent, _result = seconds(self.campaign.web_read, specification)
        return self.cr.sql_log_count - before, spent
