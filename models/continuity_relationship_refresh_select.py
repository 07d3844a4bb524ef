"""The one SELECT of the refresh: every figure of every customer, and their tiers."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import models
from odoo.tools import SQL

from .continuity_relationship_refresh import REFRESHED_FIELDS


class ContinuityRelationship(models.Model):
    _inherit = "continuity.relationship"

    def _refresh_collect(self, company, today, partners, create_missing=False):
        """Put the rows that differ into a temporary table.

        :return: how many rows differ
        :rtype: int
        """
        values = SQL(
            "(%s)", SQL(", ").join(SQL.identifier("r", f) for f in REFRESHED_FIELDS)
        )
        new_values = SQL(
            "(%s)", SQL(", ").join(SQL.identifier("f", f) for f in REFRESHED_FIELDS)
        )
        self._refresh_set_planner(everybody=partners is None)
        self.env.cr.execute("DROP TABLE IF EXISTS pg_temp.continuity_refresh")
        self.env.cr.execute(
            SQL(
                """CREATE TEMPORARY TABLE continuity_refresh AS
                   SELECT row_number() OVER (ORDER BY r.id, f.partner_id) AS n,
                          r.id, r.write_date AS seen, f.*
                     FROM (%s) f
                LEFT JOIN continuity_relationship r
                       ON r.partner_id = f.partner_id AND r.company_id = %s
                    WHERE r.id IS NULL OR %s IS DISTINCT FROM %s""",
                self._refresh_sql(company, today, partners, create_missing),
                company.id,
                values,
                new_values,
            )
        )
        changes = self.env.cr.rowcount
        self._refresh_set_planner(everybody=False)
        if changes:
            self.env.cr.execute("ANALYZE continuity_refresh")
        return changes

    def _refresh_set_planner(self, everybody):
        """Tell the database how to run the SELECT, until the end of the transaction.

        :param bool everybody: all customers of a company are read, not a few
        """
        # Compiling the statement takes longer than running it saves.
        self.env.cr.execute("SET LOCAL jit = off")
        # From the statistics the planner expects a dozen customers where a hundred
        # thousand come: looping over them took minutes instead of seconds.
        loops = "off" if everybody else "on"
        self.env.cr.execute(SQL("SET LOCAL enable_nestloop = %s", loops))

    def _refresh_sql(self, company, today, partners=None, create_missing=False):
        """Return the SELECT of every figure of every customer of a company.

        Columns: partner_id, then :data:`REFRESHED_FIELDS`.

        :param company: ``res.company``
        :param date today: the day the figures are for
        :param partners: commercial partners to limit it to, or None
        :param bool create_missing: all of ``partners``, whatever connects them
        :rtype: SQL
        """
        scope = self._refresh_sql_scope(partners)
        owned_scope = SQL()
        if partners is not None:
            owned_scope = SQL("AND m.res_id IN %s", tuple(partners.ids) or (0,))
        pairs = self._refresh_sql_pairs(company, scope)
        if create_missing:
            pairs = SQL("%s UNION SELECT unnest(%s)", pairs, partners.ids)
        tier_model = self.env["continuity.tier"]
        start = today - relativedelta(months=company.continuity_tier_months)
        rounding = SQL("%s::numeric", company.currency_id.rounding)
        tiers = tier_model._prepare_refresh_rows(company)
        cadences = [
            (row["id"], max(row["cadence_days"], 1))
            for row in tier_model._prepare_refresh_rows(company, archived=True)
        ]
        return SQL(
            """
WITH purchase AS NOT MATERIALIZED (
    %(purchases)s
), yearly AS (
    SELECT partner_id,
           SUM(amount) AS amount,
           SUM(amount) FILTER (WHERE day > %(start)s) AS revenue,
           SUM(purchases) AS purchases,
           MIN(day) FILTER (WHERE purchases > 0) AS first_day,
           MAX(day) FILTER (WHERE purchases > 0) AS last_day
      FROM purchase
  GROUP BY partner_id, date_part('year', day)
), total AS (
    SELECT partner_id,
           SUM(revenue) AS revenue,
           MAX(amount) AS peak_revenue,
           SUM(purchases) AS purchases,
           MIN(first_day) AS first_day,
           MAX(last_day) AS last_day
      FROM yearly
  GROUP BY partner_id
), gap AS (
    SELECT partner_id, day - LAG(day) OVER customer AS days
      FROM (SELECT DISTINCT partner_id, day FROM purchase WHERE purchases > 0) daily
    WINDOW customer AS (PARTITION BY partner_id ORDER BY day)
), rhythm AS (
    SELECT partner_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY days) AS days
      FROM gap
     WHERE days IS NOT NULL
  GROUP BY partner_id
), contact AS (
    SELECT partner_id, MAX(day) AS day
      FROM (%(contacts)s) evidence
  GROUP BY partner_id
), pair AS (
    %(pairs)s
), owned AS (
    -- When the present owner was entered, as far as the chatter knows.
    SELECT m.res_id AS partner_id, t.new_value_integer AS user_id,
           MAX(m.date)::date AS day
      FROM mail_tracking_value t
      JOIN mail_message m ON m.id = t.mail_message_id AND m.model = 'res.partner'
     WHERE t.field_id = %(owner_field)s %(owned_scope)s
  GROUP BY m.res_id, t.new_value_integer
), figure AS (
    SELECT p.id AS partner_id,
           p.active,
           p.user_id AS owner_id,
           CASE WHEN p.user_id IS NULL THEN NULL
                WHEN r.id IS NULL
                    THEN COALESCE(owned.day, p.create_date::date, %(today)s)
                WHEN r.owner_id IS DISTINCT FROM p.user_id THEN %(today)s
                ELSE r.owner_since
            END AS owner_since,
           CASE WHEN r.tier_locked THEN r.tier_id END AS locked_tier_id,
           ROUND(COALESCE(total.revenue, 0) / %(rounding)s) * %(rounding)s AS revenue,
           ROUND(COALESCE(total.peak_revenue, 0) / %(rounding)s) * %(rounding)s
               AS peak_revenue,
           COALESCE(total.purchases, 0)::int AS purchase_count,
           total.first_day AS first_purchase_date,
           total.last_day AS last_purchase_date,
           COALESCE(rhythm.days, 0)::numeric(16, 1) AS reorder_interval,
           contact.day AS last_contact_date,
           %(completeness)s AS completeness
      FROM pair
      JOIN res_partner p ON p.id = pair.partner_id
 LEFT JOIN continuity_relationship r
        ON r.partner_id = p.id AND r.company_id = %(company)s
 LEFT JOIN total ON total.partner_id = p.id
 LEFT JOIN rhythm ON rhythm.partner_id = p.id
 LEFT JOIN contact ON contact.partner_id = p.id
 LEFT JOIN owned ON owned.partner_id = p.id AND owned.user_id = p.user_id
     WHERE p.commercial_partner_id = p.id %(scope)s
), tiered AS (
    SELECT f.*, COALESCE(f.locked_tier_id, %(tier)s) AS tier_id
      FROM %(figures)s f
), dated AS (
    SELECT t.*, t.last_contact_date + c.days AS next_due_date, c.days AS cadence
      FROM tiered t
      JOIN (VALUES %(cadences)s) AS c (tier_id, days) ON c.tier_id = t.tier_id
), stated AS (
    SELECT d.*,
           CASE WHEN last_contact_date IS NULL THEN 'never'
                WHEN last_contact_date + 2 * cadence <= %(today)s THEN 'silent'
                WHEN next_due_date < %(today)s THEN 'overdue'
                WHEN next_due_date <= %(due)s THEN 'due'
                ELSE 'on_track'
            END AS state
      FROM dated d
)
SELECT partner_id, %(columns)s FROM stated""",
            purchases=self._refresh_sql_purchases(company, today, scope),
            contacts=SQL("\nUNION ALL\n").join(
                self._refresh_sql_contacts(company, today, scope)
            ),
            pairs=pairs,
            start=start,
            today=SQL("%s::date", today),
            due=today + timedelta(days=company.continuity_due_days),
            company=company.id,
            scope=scope,
            owned_scope=owned_scope,
            rounding=rounding,
            owner_field=self.env["ir.model.fields"]._get("res.partner", "user_id").id,
            completeness=self._refresh_sql_completeness(company),
            figures=self._refresh_sql_ranked(company, partners),
            tier=self._refresh_sql_tier(company, today, tiers),
            cadences=SQL(", ").join(SQL("%s", row) for row in cadences),
            columns=SQL(", ").join(SQL.identifier(f) for f in REFRESHED_FIELDS),
        )

    # === TIERS === #

    def _refresh_sql_ranked(self, company, partners):
        """Return what the tier is chosen from, an alias or a subquery.

        For Pareto each customer gets the revenue of those before them, largest
        first, and the total. When only some customers are refreshed, the others
        count with the revenue on their relationship.
        """
        if company.continuity_tier_method != "pareto":
            return SQL("figure")
        ranking = SQL("SELECT partner_id, revenue FROM figure WHERE revenue > 0")
        if partners is not None:
            ranking = SQL(
                """%s UNION ALL
                   SELECT partner_id, revenue FROM continuity_relationship
                    WHERE company_id = %s AND revenue > 0
                      AND partner_id NOT IN %s""",
                ranking,
                company.id,
                tuple(partners.ids) or (0,),
            )
        return SQL(
            """(SELECT figure.*, ranking.before, ranking.total
                  FROM figure
             LEFT JOIN (
                    SELECT partner_id,
                           SUM(revenue) OVER () AS total,
                           SUM(revenue) OVER largest - revenue AS before
                      FROM (%s) buyer
                    WINDOW largest AS (ORDER BY revenue DESC, partner_id
                                       ROWS UNBOUNDED PRECEDING)
                       ) ranking ON ranking.partner_id = figure.partner_id)""",
            ranking,
        )

    def _refresh_sql_tier(self, company, today, tiers):
        """Return the tier of the row ``f``: the first whose conditions are met.

        :param list tiers: dicts of :meth:`continuity.tier._prepare_refresh_rows`
        """
        *upper, last = tiers
        condition = (
            self._refresh_sql_share_condition
            if company.continuity_tier_method == "pareto"
            else self._refresh_sql_revenue_condition
        )
        cases = [SQL("WHEN %s THEN %s", condition(t, today), t["id"]) for t in upper]
        if not cases:
            return SQL("%s", last["id"])
        return SQL("CASE %s ELSE %s END", SQL(" ").join(cases), last["id"])

    def _refresh_sql_revenue_condition(self, tier, today):
        condition = SQL("f.revenue >= %s::numeric", tier["min_revenue"])
        if tier["min_years"]:
            condition = SQL(
                "%s AND f.first_purchase_date <= %s",
                condition,
                today - relativedelta(years=tier["min_years"]),
            )
        return condition

    def _refresh_sql_share_condition(self, tier, today):
        # Without a division: 80 % is met or not, never met up to rounding.
        return SQL("f.before * 100 < f.total * %s::numeric", tier["max_share"])
