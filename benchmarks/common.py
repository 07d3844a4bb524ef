"""What the benchmarks share: databases, generated data, stop-watch, results."""

import gc
import json
import os
import statistics
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import odoo  # noqa: F401 (must come first: it patches modules used below)
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import SQL, config

LAST = Path(__file__).with_name("last.json")
DOCS = Path(__file__).parent.parent / "docs" / "benchmarks.md"
MARKS = ("<!-- results -->", "<!-- end of results -->")
MEMORY_LIMIT = 300  # MiB a piece of work may grow by at its peak


class Bench:
    """The databases to measure in, and the results so far.

    :ivar database: name of a scratch database with the addon
    :ivar plain_database: name of a scratch database without it, otherwise alike
    """

    def __init__(self):
        """Take the names of the databases from the environment (see dev/)."""
        try:
            self.database = os.environ["BENCH_DB"]
            self.plain_database = os.environ["BENCH_PLAIN_DB"]
        except KeyError as missing:
            raise SystemExit(
                f"{missing} is not set: run the benchmarks with `make bench`."
            ) from None
        self.results = []
        self.growth = {}
        config.parse_config(
            [
                "--log-handler",
                ":CRITICAL",
                "--log-handler",
                "py.warnings:CRITICAL",
                "--no-http",
            ],
            setup_logging=True,
        )

    @contextmanager
    def environment(self, database=None):
        """Open an environment of the superuser; what it does not commit is undone.

        :param str database: default the one with the addon
        """
        with Registry(database or self.database).cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})
            cr.rollback()

    def report(self, name, size, ratio, target, at_least=False, **details):
        """Print and keep one row.

        :param str name: what was measured
        :param str size: with how much
        :param float ratio: seconds of the work divided by those of the yardstick
        :param float target: the ratio to reach
        :param bool at_least: the ratio should not be smaller, instead of not larger
        :param details: further numbers for ``last.json``
        """
        met = ratio >= target if at_least else ratio <= target
        sign = "≥" if at_least else "≤"
        row = {
            "name": name,
            "size": size,
            "ratio": round(ratio, 2),
            "target": f"{sign} {target}",
            "met": met,
            **{key: _rounded(value) for key, value in details.items()},
        }
        self.results.append(row)
        print(
            f"{name:<42}  {size:<40}  {ratio:8.2f}  {sign} {target:<6}  "
            f"{'met' if met else 'missed'}",
            flush=True,
        )

    @contextmanager
    def memory(self, name):
        """Note by how many MiB the process grows at its peak in this block."""
        gc.collect()
        before = _resident()
        with PeakMemory() as peak:
            yield
        self.growth[name] = max(self.growth.get(name, 0), peak.value - before)

    def report_memory(self):
        """Report the largest growth of all that was measured."""
        for name, growth in self.growth.items():
            self.report(f"memory: {name}", "peak growth in MiB", growth, MEMORY_LIMIT)

    def save(self, complete):
        """Write the results to ``last.json`` and into ``docs/benchmarks.md``.

        :param bool complete: all rows were measured; otherwise those that were not
            keep their last results
        """
        rows = self.results
        if not complete and LAST.exists():
            measured = {row["name"]: row for row in rows}
            old = json.loads(LAST.read_text())
            rows = [measured.pop(row["name"], row) for row in old]
            rows += measured.values()
        LAST.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
        if DOCS.exists():
            head, _mark, rest = DOCS.read_text().partition(MARKS[0])
            tail = rest.partition(MARKS[1])[2]
            table = [
                "| work | size | ratio | target | |",
                "|---|---|---|---|---|",
                *(
                    f"| {r['name']} | {r['size']} | {r['ratio']} | {r['target']} "
                    f"| {'met' if r['met'] else '**missed**'} |"
                    for r in rows
                ),
            ]
            body = "\n".join(table)
            DOCS.write_text(f"{head}{MARKS[0]}\n\n{body}\n\n{MARKS[1]}{tail}")


def _rounded(value):
    return round(value, 3) if isinstance(value, float) else value


# === Measuring === #


def seconds(work, *args, **kwargs):
    """Return how long a call takes, and its result."""
    gc.collect()
    # Two registries live here: walking through them would hit one side or the other.
    gc.freeze()
    begin = time.perf_counter()
    result = work(*args, **kwargs)
    spent = time.perf_counter() - begin
    gc.unfreeze()
    return spent, result


def median_ratio(pairs):
    """Return the median of the ratios of (seconds, yardstick seconds) pairs."""
    return statistics.median(work / yardstick for work, yardstick in pairs)


def settle(env):
    """Do what a commit would do first: flush, and the work registered for it.

    Tracking messages are written there; a measurement without it misses them.
    """
    env.flush_all()
    env.cr.precommit.run()


def _resident(field="VmRSS:"):
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith(field))
    return int(line.split()[1]) / 1024


class PeakMemory:
    """Watches the resident memory of this process in a block; MiB in ``value``."""

    def __enter__(self):
        """Start watching."""
        self.value = _resident()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc):
        """Stop watching."""
        self._stop.set()
        self._thread.join()
        self.value = max(self.value, _resident())

    def _watch(self):
        while not self._stop.wait(0.02):
            self.value = max(self.value, _resident())


# === Generated data === #


class Population:
    """Customers and their history, generated by SQL, the same in every run.

    Names of rows made here start with ``bench``.

    :ivar list[int] user_ids: salespeople
    :ivar int first_partner: id of the first customer; the others follow
    """

    def __init__(self, env, customers, salespeople=50):
        """Create salespeople and customers in the company of ``env``.

        :param env: environment of the superuser
        :param int customers: how many commercial partners
        :param int salespeople: how many users who own them, in turn
        """
        self.env = env
        self.cr = env.cr
        self.customers = customers
        self.company = env.company
        self.user_ids = self._create_users(salespeople)
        # Foreign keys hold by construction; checking each of a million costs minutes.
        self.cr.execute("SET session_replication_role = replica")
        self.first_partner = self._create_customers()

    def _create_users(self, number):
        group = self.env.ref("sales_team.group_sale_salesman")
        users = self.env["res.users"].with_context(
            no_reset_password=True, tracking_disable=True
        )
        existing = users.search([("login", "=like", "bench_%")], order="id")
        if len(existing) >= number:
            return existing.ids[:number]
        created = users.create(
            [
                {
                    "name": f"Bench {i}",
                    "login": f"bench_{i}",
                    "group_ids": [(6, 0, group.ids)],
                    "company_id": self.company.id,
                    "company_ids": [(6, 0, self.company.ids)],
                }
                for i in range(len(existing), number)
            ]
        )
        self.env.flush_all()
        return existing.ids + created.ids

    def _create_customers(self):
        first = self._next_id("res_partner", self.customers)
        self.cr.execute(
            SQL(
                """INSERT INTO res_partner (
                       id, name, complete_name, is_company, active, type, lang,
                       commercial_partner_id, user_id, autopost_bills, email,
                       create_uid, create_date, write_uid, write_date)
                   SELECT i, 'Bench customer ' || i, 'Bench customer ' || i, TRUE, TRUE,
                          'contact', 'en_US', i, (%s)[1 + i %% %s], 'ask',
                          'c' || i || '@bench.example.com', 1, now(), 1, now()
                     FROM generate_series(%s, %s) i""",
                self.user_ids,
                len(self.user_ids),
                first,
                first + self.customers - 1,
            )
        )
        return first

    def _next_id(self, table, number):
        """Reserve ``number`` ids of a table and return the first."""
        self.cr.execute(
            SQL(
                "SELECT setval(%s, nextval(%s) + %s)",
                f"{table}_id_seq",
                f"{table}_id_seq",
                number,
            )
        )
        return self.cr.fetchone()[0] - number

    def add_invoices(self, number, today, years=5):
        """Add posted invoices, one in twenty a credit note, on random days.

        Amounts are spread so that all tiers have customers.
        """
        journal = self.env["account.journal"].search(
            [("type", "=", "sale"), ("company_id", "=", self.company.id)], limit=1
        )
        first = self._next_id("account_move", number)
        self.cr.execute("SELECT setseed(0.5)")
        self.cr.execute(
            SQL(
                """INSERT INTO account_move (
                       id, name, journal_id, company_id, currency_id, state, move_type,
                       auto_post, date, invoice_date, partner_id, commercial_partner_id,
                       amount_untaxed, amount_untaxed_signed, amount_total,
                       amount_total_signed, payment_state, invoice_user_id,
                       create_uid, create_date, write_uid, write_date)
                   SELECT id, 'BENCH/' || id, %(journal)s, %(company)s, %(currency)s,
                          'posted', CASE WHEN refund THEN 'out_refund'
                                         ELSE 'out_invoice' END,
                          'no', day, day, partner, partner,
                          amount, CASE WHEN refund THEN -amount ELSE amount END,
                          amount, CASE WHEN refund THEN -amount ELSE amount END,
                          'paid', NULL, 1, now(), 1, now()
                     FROM (SELECT id, id %% 20 = 0 AS refund,
                                  %(today)s::date - (random() * %(days)s)::int AS day,
                                  %(partner)s + (random() * %(last)s)::int AS partner,
                                  ROUND((10 ^ (1 + 5 * random()))::numeric, 2) AS amount
                             FROM generate_series(%(first)s, %(final)s) id) i""",
                journal=journal.id,
                company=self.company.id,
                currency=self.company.currency_id.id,
                today=today,
                days=365 * years,
                partner=self.first_partner,
                last=self.customers - 1,
                first=first,
                final=first + number - 1,
            )
        )

    def add_messages(self, number, today):
        """Add messages of the last three years: a third written by customers, a
        third activities done, the rest our own."""
        activity_type = self.env["mail.activity.type"].search([], limit=1)
        done = self.env.ref("mail.mt_activities")
        author = self.env.user.partner_id
        first = self._next_id("mail_message", number)
        self.cr.execute(
            SQL(
                """INSERT INTO mail_message (
                       id, model, res_id, message_type, subtype_id, author_id,
                       mail_activity_type_id, record_company_id, date,
                       create_uid, create_date, write_uid, write_date)
                   SELECT id, 'res.partner', partner,
                          CASE id %% 3 WHEN 0 THEN 'email' ELSE 'comment' END,
                          CASE id %% 3 WHEN 1 THEN %(done)s END,
                          CASE id %% 3 WHEN 0 THEN partner ELSE %(author)s END,
                          CASE id %% 3 WHEN 1 THEN %(type)s END,
                          %(company)s, day, 1, day, 1, day
                     FROM (SELECT id,
                                  %(today)s::date
                                      - random() * %(span)s::interval AS day,
                                  %(partner)s + (random() * %(last)s)::int AS partner
                             FROM generate_series(%(first)s, %(final)s) id) i""",
                done=done.id,
                author=author.id,
                type=activity_type.id,
                company=self.company.id,
                today=today,
                span="3 years",
                partner=self.first_partner,
                last=self.customers - 1,
                first=first,
                final=first + number - 1,
            )
        )
        return activity_type

    def add_meetings(self, number, today):
        """Add past meetings, each with its customer and its salesperson."""
        first = self._next_id("calendar_event", number)
        params = {
            "users": self.user_ids,
            "user_count": len(self.user_ids),
            "today": today,
            "span": "3 years",
            "partner": self.first_partner,
            "last": self.customers - 1,
            "first": first,
            "final": first + number - 1,
        }
        self.cr.execute(
            SQL(
                """INSERT INTO calendar_event (
                       id, name, show_as, active, start, stop, user_id,
                       create_uid, create_date, write_uid, write_date)
                   SELECT id, 'Bench', 'busy', TRUE, day, day + interval '1 hour',
                          (%(users)s)[1 + id %% %(user_count)s], 1, day, 1, day
                     FROM (SELECT id,
                                  %(today)s::date - random() * %(span)s::interval AS day
                             FROM generate_series(%(first)s, %(final)s) id) i""",
                **params,
            )
        )
        self.cr.execute(
            SQL(
                """INSERT INTO calendar_attendee (event_id, partner_id, state)
                   SELECT id, %(partner)s + (random() * %(last)s)::int, 'accepted'
                     FROM generate_series(%(first)s, %(final)s) id""",
                **params,
            )
        )

    def finish(self):
        """Commit, and let the planner know what is there."""
        self.cr.execute("SET session_replication_role = DEFAULT")
        # What is measured reads it in transactions of its own.
        self.cr.commit()
        self.env.invalidate_all()
        analyze(self.cr)


def analyze(cr):
    """Vacuum and analyze the database, as autovacuum would have by then."""
    # VACUUM runs outside of any transaction.
    cr.commit()
    cr._cnx.autocommit = True
    try:
        cr.execute("VACUUM ANALYZE")
    finally:
        cr._cnx.autocommit = False
