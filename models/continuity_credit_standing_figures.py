"""Where the figures of a credit standing come from: one SELECT per company.

What counts as a payment is what the customer did: money that came in, on the day it
came in. A credit note, a write-off, an exchange difference or a set-off closes an
invoice but pays nothing. A payment dated after the day has not happened yet.
"""

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.tools import SQL

# A change of fewer days is none.
TREND_DAYS = 3
# More than this share overdue, and nobody buys the rest.
MAX_OVERDUE_SHARE = 50


class ContinuityCreditStanding(models.Model):
    _inherit = "continuity.credit.standing"

    @api.model
    def _figure_columns(self):
        """Return the columns of :meth:`_figures_sql`.

        :rtype: list[str]
        """
        return [
            "company_id",
            "partner_id",
            "currency_id",
            "as_of",
            "window_start",
            "paid_count",
            "required_count",
            "insufficient",
            "average_days",
            "weighted_days",
            "worst_days",
            "trend_days",
            "trend",
            "open_amount",
            "overdue_amount",
            "overdue_share",
            "overdue_days",
            "exposure",
            "credit_limit",
            "over_limit",
            "paid_amount",
            "bill_amount",
            "other_amount",
            "by_bill",
            "max_days",
            "proposal",
            "rank",
        ]

    @api.model
    def _payment_date_sql(self, company):
        """Return a SELECT of matches whose customer paid on another day than the books
        show.

        Where a receivable was sold, its customer pays the buyer, and the entry that
        closes it in our books is ours, not the customer's.

        An extension returns the columns ``partial_id`` (the match) and ``day``: NULL
        where the customer has not paid yet. What no payment closed is taken for the
        customer's then, all of it.

        :param company: ``res.company``
        :rtype: SQL
        """
        return SQL("SELECT NULL::int AS partial_id, NULL::date AS day WHERE FALSE")

    @api.model
    def _figures_sql(self, company, as_of, partners=None):
        """Return the SELECT of the figures of all customers of a company.

        :param company: ``res.company``
        :param date as_of: the day the figures are for
        :param partners: commercial partners to limit it to, or None
        :rtype: SQL
        """
        start = as_of - relativedelta(months=company.continuity_standing_months)
        scope = SQL()
        if partners is not None:
            scope = SQL(
                "AND p.commercial_partner_id IN %s", tuple(partners.ids) or (0,)
            )
        return SQL(
            """
WITH %(receivables)s, %(settlements)s, %(habits)s, %(figures)s, %(places)s
SELECT %(company)s AS company_id, partner_id, %(currency)s AS currency_id,
       %(as_of)s::date AS as_of, %(start)s::date AS window_start,
       paid_count, %(required)s AS required_count, insufficient,
       CASE WHEN NOT insufficient THEN ROUND(average, 1) END AS average_days,
       CASE WHEN NOT insufficient THEN ROUND(weighted, 1) END AS weighted_days,
       CASE WHEN NOT insufficient THEN worst END AS worst_days,
       CASE WHEN NOT insufficient THEN ROUND(change, 1) END AS trend_days,
       CASE WHEN insufficient OR change IS NULL THEN NULL
            WHEN change <= -%(trend)s THEN 'better'
            WHEN change >= %(trend)s THEN 'worse'
            ELSE 'same'
        END AS trend,
       open_amount, overdue_amount, ROUND(overdue_share, 1) AS overdue_share,
       overdue_days, exposure, credit_limit, over_limit,
       ROUND(paid_amount, %(decimals)s) AS paid_amount,
       bill_amount, ROUND(other_amount, %(decimals)s) AS other_amount, by_bill,
       %(max_days)s AS max_days, proposal, rank
  FROM judged
  JOIN place USING (partner_id)
            """,
            receivables=self._receivables_sql(company, as_of, start, scope),
            settlements=self._settlements_sql(as_of),
            habits=self._habits_sql(as_of, start),
            figures=self._judged_sql(company, as_of, scope),
            places=self._places_sql(company),
            company=company.id,
            currency=company.currency_id.id,
            decimals=company.currency_id.decimal_places,
            as_of=as_of,
            start=start,
            required=company.continuity_standing_min_paid,
            max_days=company.continuity_standing_max_days,
            trend=TREND_DAYS,
        )

    @api.model
    def _receivables_sql(self, company, as_of, start, scope):
        """Return the parts of the statement that say what customers owed.

        ``line`` has one row per instalment of an invoice that was open at some time
        since the first day; ``elsewhere`` is :meth:`_payment_date_sql`.

        :param company: ``res.company``
        :param date as_of: the day the figures are for
        :param date start: the day after which payments count
        :param SQL scope: a condition on the partner ``p``
        :rtype: SQL
        """
        return SQL(
            """
elsewhere AS MATERIALIZED (
    %(elsewhere)s
), sold AS MATERIALIZED (
    SELECT DISTINCT r.debit_move_id AS line_id
      FROM elsewhere e
      JOIN account_partial_reconcile r ON r.id = e.partial_id
     WHERE e.day IS NULL OR e.day > %(start)s
), line AS MATERIALIZED (
    SELECT l.id, l.move_id, l.company_id, l.balance, l.amount_currency,
           p.commercial_partner_id AS partner_id, m.invoice_date,
           COALESCE(l.date_maturity, m.invoice_date_due, m.invoice_date) AS due,
           cur.rounding
      FROM account_move_line l
      JOIN account_move m ON m.id = l.move_id
      JOIN account_account a
        ON a.id = l.account_id AND a.account_type = 'asset_receivable'
      JOIN res_partner p ON p.id = l.partner_id
      JOIN res_currency cur ON cur.id = l.currency_id
 LEFT JOIN sold ON sold.line_id = l.id
     WHERE l.company_id = %(company)s AND m.state = 'posted'
       AND m.move_type = 'out_invoice' AND m.invoice_date <= %(as_of)s
       AND l.balance > 0 %(scope)s
       AND (l.reconciled IS NOT TRUE OR sold.line_id IS NOT NULL
            OR EXISTS (SELECT FROM account_partial_reconcile r
                        WHERE r.debit_move_id = l.id AND r.max_date > %(start)s))
)""",
            elsewhere=self._payment_date_sql(company),
            company=company.id,
            as_of=as_of,
            start=start,
            scope=scope,
        )

    @api.model
    def _settlements_sql(self, as_of):
        """Return the parts of the statement that say what closed the receivables.

        ``settlement`` has one row per match: ``kind`` (payment, bill, credit, exchange,
        elsewhere: see :meth:`_payment_date_sql`, other), ``day``, ``amount`` in company
        currency and in the receivable's own, ``paid``, the money in it, and ``other``,
        what it closed for nothing. A payment that closes more than it brought in (a
        discount, a charge, the rest written off) counts with what it brought, at the
        rate of its day: what the books match is the lower of both rates.

        :param date as_of: what is dated later has not happened
        :rtype: SQL
        """
        return SQL(
            """
matched AS MATERIALIZED (
    SELECT line.id AS line_id, c.move_id, r.amount,
           r.debit_amount_currency AS amount_currency,
           COALESCE(c.balance * r.credit_amount_currency
                    / NULLIF(c.amount_currency, 0), r.amount) AS brought,
           -- No invoice is paid before there is one.
           GREATEST(shown.day, line.invoice_date) AS day,
           CASE WHEN j.continuity_is_bill THEN 'bill'
                WHEN m.move_type = 'out_refund' THEN 'credit'
                WHEN m.origin_payment_id IS NOT NULL
                     OR m.statement_line_id IS NOT NULL
                     OR j.type IN ('bank', 'cash', 'credit') THEN 'payment'
                WHEN EXISTS (SELECT FROM account_partial_reconcile x
                              WHERE x.exchange_move_id = m.id) THEN 'exchange'
                WHEN e.partial_id IS NOT NULL THEN 'elsewhere'
                ELSE 'other'
            END AS kind
      FROM line
      JOIN account_partial_reconcile r ON r.debit_move_id = line.id
      JOIN account_move_line c ON c.id = r.credit_move_id
      JOIN account_move m ON m.id = c.move_id AND m.state = 'posted'
      JOIN account_journal j ON j.id = m.journal_id
 LEFT JOIN elsewhere e ON e.partial_id = r.id
CROSS JOIN LATERAL (SELECT CASE WHEN e.partial_id IS NULL THEN c.date ELSE e.day END
                               AS day) shown
     WHERE shown.day <= %(as_of)s
), cash AS MATERIALIZED (
    -- The share of what a payment closes that it brought in. With no account of money
    -- in it, other assets stand for it: cheques to be cashed, money on its way.
    SELECT l.move_id,
           LEAST(1, GREATEST(0, COALESCE(
               SUM(l.balance) FILTER (
                   WHERE a.account_type IN ('asset_cash', 'liability_credit_card')
                      OR l.account_id IN (j.default_account_id,
                                          pay.outstanding_account_id)),
               SUM(l.balance) FILTER (WHERE a.account_type = 'asset_current')
           ) / NULLIF(-SUM(l.balance)
                   FILTER (WHERE a.account_type = 'asset_receivable'), 0)
           )) AS share
      FROM account_move_line l
      JOIN account_account a ON a.id = l.account_id
      JOIN account_journal j ON j.id = l.journal_id
      JOIN account_move m ON m.id = l.move_id
 LEFT JOIN account_payment pay ON pay.id = m.origin_payment_id
     WHERE l.move_id IN (SELECT move_id FROM matched WHERE kind = 'payment')
  GROUP BY l.move_id
), settlement AS (
    SELECT matched.line_id, matched.kind, matched.day, matched.amount,
           matched.amount_currency,
           CASE kind WHEN 'payment' THEN matched.brought * cash.share
                     WHEN 'elsewhere' THEN matched.amount
                     ELSE 0
            END AS paid,
           CASE kind WHEN 'payment' THEN matched.amount * (1 - cash.share)
                     WHEN 'other' THEN matched.amount
                     ELSE 0
            END AS other
      FROM matched
 LEFT JOIN cash ON cash.move_id = matched.move_id
)""",
            as_of=as_of,
        )

    @api.model
    def _habits_sql(self, as_of, start):
        """Return the parts of the statement that say how customers pay.

        ``counted`` has the paid invoices of each customer, ``habit`` the averages and
        what is open.

        :param date as_of: the day the figures are for
        :param date start: the day after which payments count
        :rtype: SQL
        """
        return SQL(
            """
paid AS MATERIALIZED (
    SELECT line.partner_id, line.move_id, line.due,
           line.balance - COALESCE(SUM(s.amount), 0) AS residual,
           ABS(line.amount_currency - COALESCE(SUM(s.amount_currency), 0))
               >= line.rounding / 2 AS is_open,
           MAX(s.day) FILTER (WHERE s.paid > 0) AS day,
           SUM(s.paid) FILTER (WHERE s.day > %(start)s) AS amount,
           SUM(s.paid * (s.day - line.due)) FILTER (WHERE s.day > %(start)s)
               AS amount_days,
           SUM(s.amount) FILTER (WHERE s.kind = 'bill' AND s.day > %(start)s) AS bill,
           SUM(s.other) FILTER (WHERE s.day > %(start)s) AS other
      FROM line
 LEFT JOIN settlement s ON s.line_id = line.id
  GROUP BY line.id, line.partner_id, line.move_id, line.due, line.balance,
           line.amount_currency, line.rounding
), counted AS (
    SELECT partner_id, COUNT(*) AS invoices
      FROM (SELECT partner_id, move_id
              FROM paid
          GROUP BY partner_id, move_id
            HAVING NOT bool_or(is_open) AND MAX(day) > %(start)s) invoice
  GROUP BY partner_id
), habit AS (
    SELECT partner_id,
           AVG(day - due) FILTER (WHERE settled) AS average,
           MAX(day - due) FILTER (WHERE settled) AS worst,
           SUM(amount_days) / NULLIF(SUM(amount), 0) AS weighted,
           AVG(day - due) FILTER (WHERE settled AND day > %(middle)s)
               - AVG(day - due) FILTER (WHERE settled AND day <= %(middle)s) AS change,
           SUM(residual) FILTER (WHERE is_open) AS open,
           SUM(residual) FILTER (WHERE is_open AND due < %(as_of)s) AS overdue,
           MAX(%(as_of)s::date - due) FILTER (WHERE is_open AND due < %(as_of)s)
               AS longest,
           SUM(amount) AS paid, SUM(bill) AS bill, SUM(other) AS other
      FROM (SELECT *, NOT is_open AND day > %(start)s AS settled FROM paid) line
  GROUP BY partner_id
)""",
            as_of=as_of,
            start=start,
            middle=start + (as_of - start) / 2,
        )

    @api.model
    def _judged_sql(self, company, as_of, scope):
        """Return the parts of the statement that put a customer's figures together, and
        say what they propose: ``judged``.

        :param company: ``res.company``
        :param date as_of: the day the figures are for
        :param SQL scope: a condition on the partner ``p``
        :rtype: SQL
        """
        # Limits and ways of paying are read for the figures, whoever takes them.
        partner_model = self.env["res.partner"].sudo().with_company(company)
        return SQL(
            """
balance AS (
    SELECT p.commercial_partner_id AS partner_id, SUM(l.balance) AS exposure
      FROM account_move_line l
      JOIN account_account a
        ON a.id = l.account_id AND a.account_type = 'asset_receivable'
      JOIN res_partner p ON p.id = l.partner_id
     WHERE l.company_id = %(company)s AND l.parent_state = 'posted'
       AND l.date <= %(as_of)s %(scope)s
  GROUP BY p.commercial_partner_id
    HAVING SUM(l.balance) <> 0
), figure AS (
    SELECT p.id AS partner_id,
           COALESCE(counted.invoices, 0) AS paid_count,
           COALESCE(counted.invoices, 0) < %(required)s AS insufficient,
           habit.average, habit.worst, habit.weighted, habit.change,
           COALESCE(habit.open, 0) AS open_amount,
           COALESCE(habit.overdue, 0) AS overdue_amount,
           COALESCE(habit.longest, 0) AS overdue_days,
           COALESCE(100 * habit.overdue / NULLIF(habit.open, 0), 0) AS overdue_share,
           COALESCE(balance.exposure, 0) AS exposure,
           COALESCE(%(limit)s, 0)::numeric AS credit_limit,
           COALESCE(habit.paid, 0) AS paid_amount,
           COALESCE(habit.bill, 0) AS bill_amount,
           COALESCE(habit.other, 0) AS other_amount,
           COALESCE(%(by_bill)s, FALSE)
               OR (habit.bill > 0 AND COALESCE(habit.paid, 0) = 0) AS by_bill
      FROM res_partner p
 LEFT JOIN habit ON habit.partner_id = p.id
 LEFT JOIN counted ON counted.partner_id = p.id
 LEFT JOIN balance ON balance.partner_id = p.id
     WHERE (habit.partner_id IS NOT NULL OR balance.partner_id IS NOT NULL) %(scope)s
), judged AS (
    SELECT figure.*,
           credit_limit > 0 AND exposure > credit_limit AS over_limit,
           CASE WHEN by_bill THEN 'out'
                -- As it is shown: the reason must say so, too.
                WHEN NOT insufficient AND ROUND(weighted, 1) > %(max_days)s THEN 'out'
                WHEN overdue_share > %(max_share)s THEN 'out'
                WHEN insufficient THEN 'decide'
                WHEN credit_limit > 0 AND exposure > credit_limit THEN 'decide'
                ELSE 'include'
            END AS proposal
      FROM figure
)""",
            company=company.id,
            as_of=as_of,
            scope=scope,
            limit=partner_model._field_to_sql("p", "credit_limit"),
            by_bill=partner_model._field_to_sql("p", "continuity_pays_by_bill"),
            required=company.continuity_standing_min_paid,
            max_days=company.continuity_standing_max_days,
            max_share=MAX_OVERDUE_SHARE,
        )
