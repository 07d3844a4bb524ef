"""How the figures of a relationship come about.

One SELECT per company computes every figure of every customer; only the rows that
differ are written, in chunks, by SQL. The parts of the SELECT are methods that
return an ``SQL`` each, so that another addon can add a source of purchases or of
true contacts by extending one of them.

Days are days in UTC: neither a company nor a customer has a time zone.
"""

import logging
from datetime import timedelta

import psycopg2
from dateutil.relativedelta import relativedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from .continuity_touchpoint import REACHING_OUTCOMES

_logger = logging.getLogger(__name__)

CHUNK_SIZE = 10_000

# A chunk that met one of these is tried once more, on a fresh snapshot: somebody
# else changed, created or deleted one of its rows meanwhile.
RETRY_ERRORS = (
    *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY,
    psycopg2.errors.UniqueViolation,
    psycopg2.errors.ForeignKeyViolation,
)

# The columns the refresh writes, in the order of its SELECT.
REFRESHED_FIELDS = (
    "active",
    "owner_id",
    "owner_since",
    "tier_id",
    "revenue",
    "peak_revenue",
    "purchase_count",
    "first_purchase_date",
    "last_purchase_date",
    "reorder_interval",
    "last_contact_date",
    "next_due_date",
    "state",
    "completeness",
)


# In a file of its own: it is the longest part and nothing of it is business logic.
class ContinuityRelationship(models.Model):
    _inherit = "continuity.relationship"

    # === ENTRY POINTS === #

    @api.model
    def _cron_refresh(self):
        """Refresh every company whose night has come, the one that waited longest
        first.

        A company that cannot be refreshed does not hold up the others. Its settings
        show the reason; the run does not fail for it, because Odoo would switch the
        scheduled action off for all companies after some days.
        """
        companies = self.env["res.company"].search(
            [], order="continuity_refreshed_on NULLS FIRST, id"
        )
        companies = companies.filtered(lambda company: company._is_refresh_due())
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(companies))
        for company in companies:
            try:
                today = company._continuity_now().date()
                self._refresh(company, today=today, commit=True)
            except Exception as error:
                self.env.cr.rollback()
                company.continuity_refresh_error = str(error) or repr(error)
                _logger.warning(
                    "Customer relationships of %s (id %s) could not be refreshed",
                    company.name,
                    company.id,
                    exc_info=True,
                )
            if not cron._commit_progress(1):
                break

    @api.model
    def _refresh(
        self, company, today=None, partners=None, create_missing=False, commit=False
    ):
        """Bring the relationships of one company up to date.

        Creates the rows that should exist, see :meth:`_refresh_sql_pairs`, and
        writes the figures that differ. Locked tiers stay as they are, and so do
        rows that somebody changes while this runs; the next run sees to them.

        :param company: ``res.company`` to refresh
        :param date today: the day the figures are for (default: today, UTC)
        :param partners: ``res.partner``, contacts included, to limit the work to
            their customers; None for everybody
        :param bool create_missing: also create rows for those of ``partners`` that
            nothing connects with the company yet
        :param bool commit: commit after each chunk of 10,000 rows and retry it once
            when somebody else was faster; only for scheduled actions
        :return: dict with the numbers ``read`` (customers looked at), ``created``
            and ``updated``, and ``skipped``, a list of sentences on what was not
            counted and why
        :raise UserError: when the tiers of the company make no sense
        """
        today = today or fields.Date.today()
        self = self.sudo().with_context(active_test=False)
        if errors := self.env["continuity.tier"]._threshold_errors(company):
            raise UserError(
                self.env._(
                    "The tiers of %(company)s need to be put right first:\n%(errors)s",
                    company=company.name,
                    errors="\n".join(errors),
                )
            )
        self.env.flush_all()
        if partners is not None:
            partners = partners.sudo().commercial_partner_id
        self._refresh_move_strays(company, partners)
        changes = self._refresh_collect(company, today, partners, create_missing)
        result = {"created": 0, "updated": 0}
        if changes and commit:
            # Each chunk is its own transaction; what was collected must survive it.
            self.env["ir.cron"]._commit_progress(0)
        for first in range(1, changes + 1, CHUNK_SIZE):
            counts = self._refresh_write_chunk(company, first, commit)
            for key, count in counts.items():
                result[key] += count
        if partners is None:
            company.sudo().write(
                {
                    "continuity_refreshed_on": fields.Datetime.now(),
                    "continuity_refresh_error": False,
                }
            )
        self._refresh_invalidate()
        domain = [("company_id", "=", company.id)]
        if partners is not None:
            domain.append(("partner_id", "in", partners.ids))
        result["read"] = self.search_count(domain)
        result["skipped"] = self._refresh_skipped(company, today, partners)
        return result

    @api.model
    def _ensure(self, company, partners):
        """Return the relationships of customers with a company, creating those that
        are missing because nothing else connects the two yet.

        :param company: ``res.company``
        :param partners: ``res.partner``; contacts stand for their customer
        :return: one row per commercial partner, with figures up to date
        :rtype: continuity.relationship
        """
        partners = partners.sudo().commercial_partner_id
        domain = [("company_id", "=", company.id), ("partner_id", "in", partners.ids)]
        # Not in the user's name: a new row must not tell who plans something.
        model = self.with_user(SUPERUSER_ID).with_context(active_test=False)
        missing = partners - model.search(domain).partner_id
        if missing:
            model._refresh(company, partners=missing, create_missing=True)
        return model.search(domain).with_env(self.env)

    def _refresh_sql_scope(self, partners):
        """Return the condition that the partner ``p`` belongs to some customers.

        :param partners: commercial partners, or None for everybody
        :rtype: SQL
        """
        if partners is None:
            return SQL()
        return SQL("AND p.commercial_partner_id IN %s", tuple(partners.ids) or (0,))

    def _refresh_move_strays(self, company, partners=None):
        """Move rows whose partner is no customer of its own any more, where it was
        made the contact of another one without the ORM noticing.

        :param partners: the customers they became contacts of, or None for all
        """
        rows = self.env.execute_query(
            SQL(
                """SELECT r.partner_id, p.commercial_partner_id
                     FROM continuity_relationship r
                     JOIN res_partner p ON p.id = r.partner_id
                    WHERE r.company_id = %s AND p.commercial_partner_id <> p.id
                          %s""",
                company.id,
                self._refresh_sql_scope(partners),
            )
        )
        for partner_id, commercial_partner_id in rows:
            self.search([("partner_id", "=", partner_id)])._combine_into(
                self.env["res.partner"].browse(commercial_partner_id)
            )
        if rows:
            self.env.flush_all()

    def _refresh_invalidate(self):
        """Forget what the ORM remembers of rows written behind its back."""
        self.invalidate_model()
        partner = self.env["res.partner"]
        partner.invalidate_model(partner._continuity_relationship_fields())

    # === READING: ONE SELECT === #

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

    def _refresh_sql_purchases(self, company, today, scope):
        """Return what customers bought, as the company's settings say.

        Columns: partner_id (the commercial partner), day, amount (company currency,
        without taxes, negative for credit notes), purchases (1, or 0 for a credit
        note).

        :param SQL scope: a further condition on the partner ``p``
        """
        if company.continuity_tier_source == "order":
            return SQL(
                """
    SELECT p.commercial_partner_id AS partner_id,
           o.date_order::date AS day,
           CASE WHEN o.currency_id = %(currency)s THEN o.amount_untaxed
                ELSE o.amount_untaxed / o.currency_rate::numeric
            END AS amount,
           1 AS purchases
      FROM sale_order o
      JOIN res_partner p ON p.id = o.partner_id
     WHERE o.company_id = %(company)s
       AND o.state = 'sale'
       AND o.date_order < %(tomorrow)s
       AND %(usable)s %(scope)s""",
                currency=company.currency_id.id,
                company=company.id,
                tomorrow=today + timedelta(days=1),
                usable=self._refresh_sql_usable_rate(company),
                scope=scope,
            )
        return SQL(
            """
    SELECT p.commercial_partner_id AS partner_id,
           m.invoice_date AS day,
           m.amount_untaxed_signed AS amount,
           (m.move_type = 'out_invoice')::int AS purchases
      FROM account_move m
      JOIN res_partner p ON p.id = m.partner_id
     WHERE m.company_id = %(company)s
       AND m.state = 'posted'
       AND m.move_type IN ('out_invoice', 'out_refund')
       AND m.invoice_date <= %(today)s %(scope)s""",
            company=company.id,
            today=today,
            scope=scope,
        )

    def _refresh_sql_usable_rate(self, company):
        """Return the condition that the order ``o`` can be converted.

        Odoo takes 1 where a currency has no rate at all; counting a foreign amount
        one to one would be silently wrong.
        """
        return SQL(
            """(o.currency_id = %(currency)s
                OR (COALESCE(o.currency_rate, 0) > 0 AND o.currency_id IN (
                        SELECT currency_id FROM res_currency_rate
                         WHERE company_id IS NULL OR company_id = %(root)s)))""",
            currency=company.currency_id.id,
            root=company.root_id.id,
        )

    def _refresh_skipped(self, company, today, partners=None):
        """Return sentences on what was not counted, empty when all was.

        :param partners: commercial partners to limit it to, or None
        """
        if company.continuity_tier_source != "order":
            return []
        rows = self.env.execute_query(
            SQL(
                """SELECT c.name, COUNT(*),
                          (ARRAY_AGG(o.name ORDER BY o.date_order DESC))[1:5]
                     FROM sale_order o
                     JOIN res_partner p ON p.id = o.partner_id
                LEFT JOIN res_currency c ON c.id = o.currency_id
                    WHERE o.company_id = %s AND o.state = 'sale'
                      AND o.date_order < %s AND NOT %s %s
                 GROUP BY c.name ORDER BY c.name""",
                company.id,
                today + timedelta(days=1),
                self._refresh_sql_usable_rate(company),
                self._refresh_sql_scope(partners),
            )
        )
        return [
            self.env._(
                "%(count)s confirmed orders in %(currency)s were not counted because "
                "there is no exchange rate for %(currency)s: %(orders)s. Enter a rate "
                "and set it on the orders.",
                count=count,
                currency=currency,
                orders=", ".join(names) + (" …" if count > len(names) else ""),
            )
            for currency, count, names in rows
        ]

    def _refresh_sql_pairs(self, company, scope):
        """Return the customers the company has a relationship with.

        These are the customers with an invoice, an order, a lead or a touchpoint of
        the company. A customer somebody owns but no company has dealt with belongs
        to its own company, or, when shared, to the owner's default company. A row
        that exists stays, with its lock and its chatter.

        Column: partner_id (a commercial partner).

        :param SQL scope: a further condition on the partner ``p``
        """
        own = SQL("= %s", company.id)
        other = SQL("<> %s", company.id)
        elsewhere = SQL()
        if self.env["res.company"].search_count([], limit=2) > 1:
            elsewhere = SQL(
                "AND NOT EXISTS (SELECT FROM (%s) x WHERE x.partner_id = p.id)",
                self._refresh_sql_dealings(other, scope),
            )
        return SQL(
            """
    SELECT partner_id FROM (%(dealings)s) dealing WHERE partner_id <> %(self)s
     UNION
    SELECT r.partner_id
      FROM continuity_relationship r JOIN res_partner p ON p.id = r.partner_id
     WHERE r.company_id = %(company)s %(scope)s
     UNION
    SELECT p.id
      FROM res_partner p JOIN res_users u ON u.id = p.user_id
     WHERE p.commercial_partner_id = p.id AND p.active AND p.id <> %(self)s
       AND COALESCE(p.company_id, u.company_id) = %(company)s
       AND %(external)s %(scope)s %(elsewhere)s""",
            dealings=self._refresh_sql_dealings(own, scope),
            company=company.id,
            self=company.partner_id.id,
            elsewhere=elsewhere,
            external=self._refresh_sql_external(),
            scope=scope,
        )

    def _refresh_sql_external(self, partner=None):
        """Return the condition that a partner is no colleague.

        What colleagues write is no word of a customer, also when their address
        stands among the customer's contacts.

        :param SQL partner: column with its id; that of ``p`` without
        """
        return SQL(
            "NOT EXISTS (SELECT FROM res_users c"
            " WHERE c.partner_id = %s AND NOT c.share)",
            partner or SQL("p.id"),
        )

    def _refresh_sql_dealings(self, company_condition, scope):
        """Return the customers a company has dealt with, possibly several times.

        :param SQL company_condition: what follows the column with the company
        :param SQL scope: a further condition on the partner ``p``
        """
        # Inside the DISTINCT, which the planner does not look into: for one customer
        # nobody reads all documents.
        few = SQL()
        if scope:
            few = SQL(
                "AND partner_id IN (SELECT p.id FROM res_partner p WHERE TRUE %s)",
                scope,
            )
        return SQL(
            """
    SELECT p.commercial_partner_id AS partner_id
      FROM (SELECT DISTINCT partner_id FROM account_move
             WHERE company_id %(company)s AND state <> 'cancel'
               AND move_type IN ('out_invoice', 'out_refund') %(few)s) d
      JOIN res_partner p ON p.id = d.partner_id WHERE TRUE %(scope)s
     UNION ALL
    SELECT p.commercial_partner_id
      FROM (SELECT DISTINCT partner_id FROM sale_order
             WHERE company_id %(company)s AND state <> 'cancel' %(few)s) d
      JOIN res_partner p ON p.id = d.partner_id WHERE TRUE %(scope)s
     UNION ALL
    SELECT p.commercial_partner_id
      FROM crm_lead l
      JOIN res_partner p ON p.id = l.partner_id
 LEFT JOIN res_users u ON u.id = l.user_id
     WHERE COALESCE(l.company_id, u.company_id) %(company)s %(scope)s
     UNION ALL
    SELECT p.commercial_partner_id
      FROM continuity_touchpoint t JOIN res_partner p ON p.id = t.partner_id
     WHERE t.company_id %(company)s %(scope)s""",
            company=company_condition,
            few=few,
            scope=scope,
        )

    def _refresh_sql_contacts(self, company, today, scope):
        """Return the evidence of true contacts, one SELECT for each kind.

        Columns: partner_id (the commercial partner), day. Extensions add theirs.

        What belongs to no company, such as a meeting or a chat, counts for every
        company its organiser works in, or, without one, for all.

        :param SQL scope: a further condition on the partner ``p``
        :rtype: list[SQL]
        """
        tomorrow = today + timedelta(days=1)
        params = {
            "company": company.id,
            "tomorrow": tomorrow,
            "now": min(fields.Datetime.now(), fields.Datetime.to_datetime(tomorrow)),
            "scope": scope,
            "external": self._refresh_sql_external(),
            "true_attempt": self._refresh_sql_true_attempt(),
        }
        written = SQL(
            """
    SELECT p.commercial_partner_id AS partner_id, MAX(m.date)::date AS day
      FROM mail_message m
      JOIN res_partner p ON p.id = m.author_id
     WHERE m.message_type IN ('email', 'comment')
       AND m.date < %(tomorrow)s
       AND (m.record_company_id = %(company)s OR m.record_company_id IS NULL)
       AND %(external)s %(scope)s
  GROUP BY p.commercial_partner_id""",
            **params,
        )
        met = SQL(
            """
    SELECT p.commercial_partner_id, MAX(e.stop)::date
      FROM calendar_event e
      JOIN calendar_attendee a ON a.event_id = e.id
      JOIN res_partner p ON p.id = a.partner_id
 LEFT JOIN res_users_settings s ON s.user_id = e.user_id
 LEFT JOIN crm_lead l ON l.id = e.opportunity_id
     WHERE e.active AND e.stop < %(now)s
       AND a.state IS DISTINCT FROM 'declined'
       AND COALESCE(e.privacy, s.calendar_default_privacy) IS DISTINCT FROM 'private'
       AND (l.company_id IS NULL OR l.company_id = %(company)s)
       AND (e.user_id IS NULL OR EXISTS (
               SELECT FROM res_company_users_rel cu
                WHERE cu.user_id = e.user_id AND cu.cid = %(company)s))
       AND %(external)s %(scope)s
  GROUP BY p.commercial_partner_id""",
            **params,
        )
        attempted = SQL(
            """
    SELECT p.commercial_partner_id, MAX(a.date)::date
      FROM continuity_touchpoint_attempt a
      JOIN continuity_channel c ON c.id = a.channel_id
      JOIN continuity_touchpoint t ON t.id = a.touchpoint_id
      JOIN res_partner p ON p.id = t.partner_id
     WHERE a.date < %(tomorrow)s
       AND t.company_id = %(company)s %(scope)s
       AND %(true_attempt)s
  GROUP BY p.commercial_partner_id""",
            **params,
        )
        return [written, met, attempted, *self._refresh_sql_activities(params)]

    @api.model
    def _refresh_sql_true_attempt(self):
        """Return the condition that an attempt ``a`` over a channel ``c`` was a true
        contact with the customer."""
        return SQL(
            """c.true_contact AND a.outcome IN %s
       AND a.withdrawn IS NOT TRUE
       AND (a.outcome = 'held' OR c.written)
       -- A letter in place of a talk is no talk.
       AND a.stopgap IS NOT TRUE
       -- What came back was no contact.
       AND (a.outcome <> 'sent' OR NOT EXISTS (
               SELECT FROM continuity_touchpoint_attempt b
                WHERE b.touchpoint_id = a.touchpoint_id
                  AND b.channel_id = a.channel_id
                  AND b.outcome = 'bounced' AND b.id > a.id))""",
            REACHING_OUTCOMES,
        )

    def _refresh_sql_activities(self, params):
        """Return the done activities of contact types, one SELECT for each model.

        An activity counts by the message that doing it leaves: the activity itself
        is archived in the same way when somebody merely archives it, and its date
        is set then too.
        """
        channels = self.env["continuity.channel"].search(
            [("done_activity_counts", "=", True), ("true_contact", "=", True)]
        )
        activity_types = channels.activity_type_id
        if not activity_types:
            return []
        return [
            SQL(
                """
    SELECT p.commercial_partner_id, MAX(m.date)::date
      FROM mail_message m
      JOIN %(table)s d ON d.id = m.res_id
      JOIN res_partner p ON p.id = %(column)s
     WHERE m.model = %(model)s
       AND m.mail_activity_type_id IN %(types)s
       AND m.subtype_id = %(subtype)s
       AND m.date < %(tomorrow)s
       AND (m.record_company_id = %(company)s OR m.record_company_id IS NULL) %(scope)s
  GROUP BY p.commercial_partner_id""",
                model=model,
                table=SQL.identifier(self.env[model]._table),
                column=SQL.identifier("d", column),
                types=tuple(activity_types.ids),
                subtype=self.env["ir.model.data"]._xmlid_to_res_id(
                    "mail.mt_activities", raise_if_not_found=True
                ),
                **params,
            )
            for model, column in self._refresh_activity_models().items()
        ]

    @api.model
    def _refresh_activity_models(self):
        """Return the models on which a done activity is a contact with a customer.

        :return: dict of model name to the column with the partner
        """
        return {
            "res.partner": "id",
            "crm.lead": "partner_id",
            "sale.order": "partner_id",
            "account.move": "partner_id",
            "continuity.relationship": "partner_id",
        }

    def _refresh_sql_completeness(self, company):
        """Return the share of the required profile items that ``p`` fills, in %."""
        names = company.continuity_profile_item_ids._partner_field_names()
        if not names:
            return SQL("100")
        filled = [
            SQL(
                "(%s)::int",
                self._refresh_sql_filled(self.env["res.partner"]._fields[n]),
            )
            for n in names
        ]
        return SQL(
            "ROUND(100.0 * (%s) / %s)::int", SQL(" + ").join(filled), len(filled)
        )

    def _refresh_sql_filled(self, field):
        """Return the condition that a field of the partner ``p`` is filled in."""
        column = SQL.identifier("p", field.name)
        if field.type == "html":
            # An editor leaves empty paragraphs behind.
            column = SQL("regexp_replace(%s, '<[^>]*>|&nbsp;', '', 'g')", column)
        if field.type in ("html", "text", "char") and not field.translate:
            return SQL(r"COALESCE(%s, '') ~ '\S'", column)
        if field.type == "integer":
            return SQL("COALESCE(%s, 0) <> 0", column)
        return SQL("%s IS NOT NULL", column)

    # === READING: TIERS === #

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

    # === WRITING === #

    def _refresh_write_chunk(self, company, first, commit):
        """Write one chunk of the collected rows.

        :param int first: number of its first row, counted from 1
        :param bool commit: commit it, and try it again once when somebody else
            changed one of its rows at the same time
        :return: dict with the numbers ``created`` and ``updated``
        """
        for last_try in (not commit, True):
            try:
                counts = {
                    "updated": self._refresh_update(first),
                    "created": self._refresh_insert(company, first),
                }
                if commit:
                    self.env["ir.cron"]._commit_progress(0)
                return counts
            except RETRY_ERRORS:
                if last_try:
                    raise
                self.env.cr.rollback()

    def _refresh_update(self, first):
        """Update the existing rows of a chunk and return their number.

        A row that was written since it was read is left to the next run: its new
        owner or lock must not be undone.
        """
        assignments = SQL(", ").join(
            SQL("%s = t.%s", SQL.identifier(f), SQL.identifier(f))
            for f in REFRESHED_FIELDS
        )
        self.env.cr.execute(
            SQL(
                """UPDATE continuity_relationship r
                      SET %s, write_uid = %s, write_date = %s
                     FROM continuity_refresh t
                    WHERE t.n BETWEEN %s AND %s
                      AND r.id = t.id
                      AND r.write_date IS NOT DISTINCT FROM t.seen""",
                assignments,
                self.env.uid,
                self.env.cr.now(),
                first,
                first + CHUNK_SIZE - 1,
            )
        )
        return self.env.cr.rowcount

    def _refresh_insert(self, company, first):
        """Insert the missing rows of a chunk and return their number."""
        columns = SQL(", ").join(SQL.identifier(f) for f in REFRESHED_FIELDS)
        values = SQL(", ").join(SQL.identifier("t", f) for f in REFRESHED_FIELDS)
        self.env.cr.execute(
            SQL(
                """INSERT INTO continuity_relationship (
                          partner_id, company_id, create_uid, create_date, write_uid,
                          write_date, tier_locked, %(columns)s)
                   SELECT t.partner_id, %(company)s, %(uid)s, %(now)s, %(uid)s,
                          %(now)s, FALSE, %(values)s
                     FROM continuity_refresh t
                     JOIN res_partner p ON p.id = t.partner_id
                    WHERE t.n BETWEEN %(first)s AND %(last)s
                      AND t.id IS NULL
                      AND NOT EXISTS (
                              SELECT FROM continuity_relationship r
                               WHERE r.partner_id = t.partner_id
                                 AND r.company_id = %(company)s)
                 ORDER BY t.n""",
                columns=columns,
                values=values,
                company=company.id,
                uid=self.env.uid,
                now=self.env.cr.now(),
                first=first,
                last=first + CHUNK_SIZE - 1,
            )
        )
        return self.env.cr.rowcount
