"""Refresh of relationships and tiers against the bare SELECT with the same result."""

from datetime import date

from common import Population, analyze, median_ratio, seconds

CUSTOMERS = 100_000
INVOICES = 1_000_000
MESSAGES = 300_000
MEETINGS = 100_000
TODAY = date(2026, 6, 30)
ROUNDS = 3
SIZE = f"{CUSTOMERS:,} customers, {INVOICES:,} invoices"


def run(bench):
    """Measure first fill, steady state and one percent changed."""
    with bench.environment() as env:
        population = Population(env, CUSTOMERS)
        population.add_invoices(INVOICES, TODAY)
        activity_type = population.add_messages(MESSAGES, TODAY)
        population.add_meetings(MEETINGS, TODAY)
        env["continuity.channel"].create(
            {
                "name": "Bench",
                "true_contact": True,
                "activity_type_id": activity_type.id,
                "done_activity_counts": True,
            }
        )
        population.finish()
    with bench.environment() as env:
        row = Refresh(env, population)
        with bench.memory("refresh"):
            for name, target, prepare, expected in (
                ("refresh, first fill", 3.0, row.empty, CUSTOMERS),
                ("refresh, steady state", 1.5, row.leave, 0),
                ("refresh, 1 % changed", 1.5, row.change, CUSTOMERS // 100),
            ):
                pairs = row.measure(prepare, expected)
                work, yardstick = (
                    sorted(column)[len(pairs) // 2]
                    for column in zip(*pairs, strict=True)
                )
                bench.report(
                    name,
                    SIZE,
                    median_ratio(pairs),
                    target,
                    seconds=work,
                    yardstick_seconds=yardstick,
                )


class Refresh:
    """One company that is refreshed again and again."""

    def __init__(self, env, population):
        """Remember where and what."""
        self.env = env
        self.population = population
        self.model = env["continuity.relationship"].sudo()
        self.round = 0

    def measure(self, prepare, expected):
        """Return (seconds, yardstick seconds) of several rounds.

        :param prepare: brings the database into the state to start from
        :param int expected: how many rows must then be written, at least; 0 is exact
        """
        pairs = []
        for _round in range(ROUNDS):
            prepare()
            yardstick = self.select()
            spent, result = seconds(
                self.model._refresh, self.env.company, today=TODAY, commit=True
            )
            written = result["created"] + result["updated"]
            if written < expected or (written and not expected):
                raise AssertionError(f"{written} rows written, expected {expected}")
            pairs.append((spent, yardstick))
        return pairs

    def select(self):
        """Return the seconds of the bare SELECT."""
        query = self.model.with_context(active_test=False)._refresh_sql(
            self.env.company, TODAY
        )
        self.model._refresh_set_planner(everybody=True)
        spent, _result = seconds(self.env.cr.execute, query)
        self.env.cr.rollback()
        return spent

    def empty(self):
        """Forget all relationships of the company."""
        self.env.cr.execute("TRUNCATE continuity_relationship CASCADE")
        self.env.invalidate_all()
        analyze(self.env.cr)

    def leave(self):
        """Change nothing."""
        analyze(self.env.cr)

    def change(self):
        """Give one percent of the customers another invoice of today."""
        self.round += 1
        step = 100
        self.env.cr.execute(
            """UPDATE account_move SET amount_untaxed_signed = amount_untaxed_signed + 1
                WHERE id IN (SELECT DISTINCT ON (partner_id) id FROM account_move
                              WHERE partner_id BETWEEN %s AND %s
                                AND partner_id %% %s = %s
                                AND invoice_date > %s
                           ORDER BY partner_id, id)""",
            [
                self.population.first_partner,
                self.population.first_partner + CUSTOMERS,
                step // 2,
                self.round,
                date(TODAY.year - 1, TODAY.month, TODAY.day),
            ],
        )
        analyze(self.env.cr)
