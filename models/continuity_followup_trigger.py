"""Whom each trigger of a follow-up rule finds: one SELECT for each.

Days are days in UTC, as in the refresh of relationships.
"""

from collections import namedtuple
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.tools import SQL

# Periods that are compared to see purchases rise.
RISING_DAYS = 90

# Occurrences due from ``start`` to ``end`` (None: without limit). A ``recheck`` asks
# instead which of those found before still stand.
Window = namedtuple("Window", "start end today recheck", defaults=[False])


class ContinuityFollowupRule(models.Model):
    _inherit = "continuity.followup.rule"

    # === FINDING === #

    def _due_sql(self, company, window):
        """Return the customers whose day has come under this rule.

        Columns: relationship_id; key, which event it is, for ever; since, the day it
        counts from or NULL; date_due; document, a name, or NULL; product_id (of
        ``product.template``), or NULL.

        :param company: ``res.company``
        :param Window window: which days, see there
        :rtype: SQL
        """
        self.ensure_one()
        method = getattr(self.sudo(), f"_due_sql_{self.trigger}")
        return method(company, window)

    def _customer_sql(self, company):
        """Return the FROM clause and the condition of the customers of this rule.

        :return: SQL with the relationship ``r`` and the partner ``p``, and SQL
        :rtype: tuple[SQL, SQL]
        """
        conditions = [SQL("r.company_id = %s AND r.active", company.id)]
        if self.tier_ids:
            conditions.append(SQL("r.tier_id = ANY(%s)", self.tier_ids.ids))
        if self.team_ids:
            conditions.append(
                SQL(
                    """EXISTS (SELECT FROM res_users u WHERE u.id = p.user_id
                                  AND u.sale_team_id = ANY(%s))""",
                    self.team_ids.ids,
                )
            )
        if self.category_ids:
            conditions.append(
                SQL(
                    """EXISTS (SELECT FROM res_partner_res_partner_category_rel c
                                WHERE c.partner_id = p.id
                                  AND c.category_id = ANY(%s))""",
                    self.category_ids.ids,
                )
            )
        source = SQL(
            "continuity_relationship r JOIN res_partner p ON p.id = r.partner_id"
        )
        return source, SQL(" AND ").join(conditions)

    @api.model
    def _within_sql(self, day, window):
        """Return the condition that a day lies in a window."""
        conditions = [SQL("%s IS NOT NULL", day)]
        if window.start and not window.recheck:
            conditions.append(SQL("%s >= %s", day, window.start))
        if window.end:
            conditions.append(SQL("%s <= %s", day, window.end))
        return SQL(" AND ").join(conditions)

    def _select_sql(self, company, window, due, key, since=None, extra=None):
        """Return the SELECT over relationships that most triggers are.

        :param SQL due: expression of the day it is due
        :param SQL key: expression of the key
        :param SQL since: expression of the day it counts from
        :param SQL extra: a further condition
        """
        source, condition = self._customer_sql(company)
        return SQL(
            """SELECT r.id AS relationship_id, %(key)s AS key, %(since)s AS since,
                      %(due)s AS date_due, NULL::varchar AS document,
                      NULL::int AS product_id
                 FROM %(source)s
                WHERE %(condition)s AND %(within)s AND %(extra)s""",
            key=key,
            since=since or SQL("NULL::date"),
            due=due,
            source=source,
            condition=condition,
            within=self._within_sql(due, window),
            extra=extra or SQL("TRUE"),
        )

    # --- silence --- #

    def _due_sql_silence(self, company, window):
        return self._repeated_sql(
            company,
            window,
            key=SQL("'since:' || r.last_contact_date"),
            since=SQL("r.last_contact_date"),
            due=SQL("r.next_due_date + %s", self.days),
            extra=SQL("r.last_contact_date IS NOT NULL"),
        )

    def _due_sql_never(self, company, window):
        return self._repeated_sql(
            company,
            window,
            key=SQL("'never'"),
            since=SQL("NULL::date"),
            due=SQL(
                "GREATEST(r.create_date::date, %s::date) + %s",
                self.date_from,
                self.days,
            ),
            extra=SQL("r.last_contact_date IS NULL"),
        )

    def _repeated_sql(self, company, window, key, since, due, extra):
        """Return the SELECT of what comes again one cadence after it was tried in
        vain: as long as nobody is reached, the duty stands."""
        if window.recheck:
            return self._select_sql(company, window, due, key, since, extra)
        cadences = [
            (row["id"], max(row["cadence_days"], 1))
            for row in self.env["continuity.tier"]._prepare_refresh_rows(
                company, archived=True
            )
        ]
        source, condition = self._customer_sql(company)
        due = SQL("GREATEST(%s, before.closed + c.days)", due)
        return SQL(
            """WITH before AS MATERIALIZED (
                    SELECT relationship_id, since, COUNT(*) AS number,
                           MAX(date_closed) AS closed,
                           BOOL_OR(state IN %(open)s) AS open
                      FROM continuity_followup_occurrence
                     WHERE rule_id = %(rule)s AND company_id = %(company)s
                  GROUP BY relationship_id, since)
               SELECT r.id AS relationship_id,
                      %(key)s || COALESCE('#' || before.number, '') AS key,
                      %(since)s AS since, %(due)s AS date_due,
                      NULL::varchar AS document, NULL::int AS product_id
                 FROM %(source)s
                 JOIN (VALUES %(cadences)s) AS c (tier_id, days)
                   ON c.tier_id = r.tier_id
            LEFT JOIN before
                   ON before.relationship_id = r.id
                  AND before.since IS NOT DISTINCT FROM %(since)s
                WHERE %(condition)s AND %(extra)s AND %(within)s
                  AND before.open IS NOT TRUE""",
            key=key,
            since=since,
            due=due,
            source=source,
            cadences=SQL(", ").join(SQL("%s", row) for row in cadences),
            open=tuple(self.env["continuity.followup.occurrence"]._open_states),
            rule=self.id,
            company=company.id,
            condition=condition,
            extra=extra,
            within=self._within_sql(due, window),
        )

    def _due_sql_quiet(self, company, window):
        relationships = self.env["continuity.relationship"]
        return self._select_sql(
            company,
            window,
            key=SQL("'quiet:' || r.last_purchase_date"),
            since=relationships._last_sign_sql("r"),
            due=relationships._quiet_day_sql("r", self.factor),
            extra=relationships._rhythm_sql("r"),
        )

    # --- purchases --- #

    def _due_sql_reorder(self, company, window):
        return self._select_sql(
            company,
            window,
            key=SQL("'after:' || r.last_purchase_date"),
            since=SQL("r.last_purchase_date"),
            due=SQL(
                "r.last_purchase_date + CEIL(r.reorder_interval)::int - %s",
                self.days_before,
            ),
            extra=self.env["continuity.relationship"]._rhythm_sql("r"),
        )

    def _due_sql_first_purchase(self, company, window):
        return self._select_sql(
            company,
            window,
            key=SQL("'first'"),
            since=SQL("r.first_purchase_date"),
            due=SQL("r.first_purchase_date + %s", self.days),
        )

    def _due_sql_rising(self, company, window):
        source, condition = self._customer_sql(company)
        middle = window.today - timedelta(days=RISING_DAYS)
        return SQL(
            """SELECT r.id AS relationship_id,
                      to_char(%(today)s::date, '"rising:"YYYY"Q"Q') AS key,
                      %(middle)s::date AS since, %(today)s::date AS date_due,
                      NULL::varchar AS document, NULL::int AS product_id
                 FROM %(source)s
                 JOIN (SELECT partner_id,
                              SUM(amount) FILTER (WHERE day > %(middle)s) AS recent,
                              SUM(amount) FILTER (WHERE day <= %(middle)s) AS before
                         FROM (%(purchases)s) purchase
                        WHERE day > %(start)s
                     GROUP BY partner_id) total
                   ON total.partner_id = p.id
                WHERE %(condition)s AND total.before > 0
                  AND total.recent >= total.before * %(factor)s::numeric""",
            today=window.today,
            middle=middle,
            start=middle - timedelta(days=RISING_DAYS),
            source=source,
            condition=condition,
            factor=self.factor,
            purchases=self.env["continuity.relationship"]._refresh_sql_purchases(
                company, window.today, SQL()
            ),
        )

    # --- the calendar --- #

    def _due_sql_anniversary(self, company, window):
        # PostgreSQL puts 29 February on the 28th where there is none.
        return self._each_year_sql(
            company,
            window,
            day=SQL(
                """(r.first_purchase_date + make_interval(years =>
                    y.year - date_part('year', r.first_purchase_date)::int))::date""",
            ),
            extra=SQL("y.year > date_part('year', r.first_purchase_date)"),
            since=SQL("r.first_purchase_date"),
        )

    def _due_sql_yearly(self, company, window):
        return self._each_year_sql(
            company,
            window,
            # From 29 February of a leap year, for the same reason.
            day=SQL(
                """(make_date(2024, %s, %s)
                    + make_interval(years => y.year - 2024))::date""",
                int(self.yearly_month),
                self.yearly_day,
            ),
        )

    def _each_year_sql(self, company, window, day, extra=None, since=None):
        """Return the SELECT of a day that comes every year."""
        source, condition = self._customer_sql(company)
        due = SQL("%s - %s", day, self.days_before)
        last = (window.end or window.today) + timedelta(days=self.days_before)
        return SQL(
            """SELECT r.id AS relationship_id, 'year:' || y.year AS key,
                      %(since)s AS since, %(due)s AS date_due,
                      NULL::varchar AS document, NULL::int AS product_id
                 FROM %(source)s
           CROSS JOIN generate_series(%(first)s, %(last)s) AS y (year)
                WHERE %(condition)s AND %(extra)s AND %(within)s""",
            since=since or SQL("NULL::date"),
            due=due,
            source=source,
            first=(window.start or window.today - relativedelta(years=1)).year,
            last=last.year,
            condition=condition,
            extra=extra or SQL("TRUE"),
            within=self._within_sql(due, window),
        )
