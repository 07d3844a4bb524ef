"""Planning of follow-up against the bulk INSERT of the same touchpoints."""

from datetime import date, timedelta

from common import Population, analyze, median_ratio, seconds

CUSTOMERS = 100_000
DUE = 10_000
SALESPEOPLE = 50
TODAY = date(2026, 6, 29)  # a Monday
ROUNDS = 3
SIZE = f"{CUSTOMERS:,} customers, {DUE:,} due"

# What a touchpoint is made of, copied as it is: columns, then channels.
COPY = """INSERT INTO continuity_touchpoint (%s) SELECT %s FROM bench_touchpoint"""
COPY_CHANNELS = """INSERT INTO %s SELECT * FROM bench_touchpoint_channel"""


def run(bench):
    """Measure one night's planning with shipped and plain rules."""
    with bench.environment() as env:
        population = Population(env, CUSTOMERS, SALESPEOPLE)
        population.finish()
        env["continuity.relationship"]._refresh(env.company, today=TODAY, commit=True)
        analyze(env.cr)
    with bench.environment() as env:
        row = Planning(env, population)
        with bench.memory("planning"):
            pairs = [row.measure() for _round in range(ROUNDS)]
        work, yardstick = (
            sorted(column)[ROUNDS // 2] for column in zip(*pairs, strict=True)
        )
        bench.report(
            "silence and follow-up planning",
            SIZE,
            median_ratio(pairs),
            3.0,
            seconds=work,
            yardstick_seconds=yardstick,
        )
        row.clean()


class Planning:
    """One company whose follow-up is planned again and again."""

    def __init__(self, env, population):
        """Let ten percent of the customers be due within the week, and give their
        salespeople room for them."""
        self.env = env
        self.cr = env.cr
        self.model = env["continuity.followup.occurrence"]
        self.touchpoints = env["continuity.touchpoint"]
        self.company = env.company
        # Five working days of fifty people: 10,000 just fit.
        self.limit = self.company.continuity_followup_per_day
        self.company.continuity_followup_per_day = DUE // SALESPEOPLE // 5
        rules = env["continuity.followup.rule"]
        # Nobody was ever contacted: that rule would find all of them.
        self.archived = rules.search([("trigger", "=", "never")])
        self.archived.active = False
        env.flush_all()
        self.cr.execute(
            """UPDATE continuity_relationship
                  SET state = 'on_track',
                      last_contact_date = %(today)s::date - 100 - partner_id %% 50,
                      next_due_date = %(today)s::date
                          + CASE WHEN (partner_id / %(people)s) %% 10 = 0 THEN 0
                                 ELSE 30 + partner_id %% 50 END
                WHERE partner_id BETWEEN %(first)s AND %(last)s""",
            {
                "today": TODAY,
                "people": SALESPEOPLE,
                "first": population.first_partner,
                "last": population.first_partner + CUSTOMERS - 1,
            },
        )
        env.invalidate_all()
        analyze(self.cr)

    def measure(self):
        """Return (seconds of planning, seconds of inserting the same rows)."""
        self.forget()
        work, planned = seconds(
            self.model._plan_company, self.company, today=TODAY, commit=True
        )
        if planned != DUE:
            raise AssertionError(f"{planned} contacts planned, expected {DUE}")
        return work, self.insert()

    def insert(self):
        """Take the touchpoints away, insert them again and return the seconds."""
        field = self.touchpoints._fields["channel_ids"]
        self.cr.execute(
            """CREATE TEMPORARY TABLE bench_touchpoint AS
               SELECT * FROM continuity_touchpoint"""
        )
        self.cr.execute(
            f"CREATE TEMPORARY TABLE bench_touchpoint_channel AS "
            f"SELECT * FROM {field.relation}"  # pylint: disable=sql-injection
        )
        self.cr.execute(
            """SELECT string_agg(quote_ident(column_name), ', ')
                 FROM information_schema.columns
                WHERE table_name = 'continuity_touchpoint'"""
        )
        columns = self.cr.fetchone()[0]
        self.cr.execute(
            "UPDATE continuity_followup_occurrence SET touchpoint_id = NULL"
        )
        self.cr.execute("DELETE FROM continuity_touchpoint")
        analyze(self.cr)

        def copy():
            # pylint: disable=sql-injection
            self.cr.execute(COPY % (columns, columns))
            self.cr.execute(COPY_CHANNELS % field.relation)
            self.cr.commit()

        spent, _result = seconds(copy)
        self.cr.execute("DROP TABLE bench_touchpoint, bench_touchpoint_channel")
        return spent

    def forget(self):
        """Forget what was planned before."""
        self.env.flush_all()
        self.cr.execute("DELETE FROM continuity_followup_occurrence")
        self.cr.execute("DELETE FROM continuity_touchpoint")
        self.cr.execute(
            "UPDATE res_company SET continuity_followup_planned_on = %s",
            [TODAY - timedelta(days=1)],
        )
        self.env.invalidate_all()
        analyze(self.cr)

    def clean(self):
        """Leave the database to the next row as it was."""
        self.forget()
        self.company.continuity_followup_per_day = self.limit
        self.archived.active = True
        self.env.flush_all()
        self.cr.commit()
