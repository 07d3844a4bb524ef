"""When customers paid receivables that were sold: their own payments, not the sale."""

from odoo import api, fields, models
from odoo.tools import SQL


class ContinuityCreditStanding(models.Model):
    _inherit = "continuity.credit.standing"

    @api.model
    def _payment_date_sql(self, company):
        """A receivable that is, or was, the factor's: money that came in to us on its
        day; what the clearing journal of the factor closes on its day, or on the one
        the factor reported; any other entry is ours, such as the sale, and counts only
        once the factor reported the customer's payment."""
        for model in (
            "continuity.factoring.assignment",
            "account.partial.reconcile",
            "account.journal",
        ):
            self.env[model].flush_model()
        return SQL(
            """
            WITH sold_line AS (
                SELECT DISTINCT ON (a.move_line_id)
                       a.move_line_id AS line_id, a.customer_paid_on
                  FROM continuity_factoring_assignment a
                 WHERE a.company_id = %(company)s AND a.move_line_id IS NOT NULL
                   AND a.state IN ('active', 'settled')
              ORDER BY a.move_line_id, a.id DESC
            )
            SELECT s.line_id,
                   CASE WHEN j.continuity_factor_id IS NULL AND paid.is_money
                        THEN c.date
                        WHEN j.continuity_factor_id IS NULL THEN s.customer_paid_on
                        ELSE COALESCE(s.customer_paid_on, c.date)
                    END AS day,
                   r.debit_amount_currency * l.balance
                       / NULLIF(l.amount_currency, 0) AS amount
              FROM sold_line s
              JOIN account_move_line l ON l.id = s.line_id
              JOIN account_partial_reconcile r ON r.debit_move_id = l.id
              JOIN account_move_line c ON c.id = r.credit_move_id
              JOIN account_move m ON m.id = c.move_id
              JOIN account_journal j ON j.id = m.journal_id
        CROSS JOIN LATERAL (SELECT m.origin_payment_id IS NOT NULL
                                   OR m.statement_line_id IS NOT NULL
                                   OR j.type IN ('bank', 'cash', 'credit')
                                   AS is_money) paid
             WHERE m.move_type <> 'out_refund' AND m.state = 'posted'
               AND (j.continuity_factor_id IS NOT NULL OR paid.is_money
                    OR s.customer_paid_on IS NOT NULL)
         UNION ALL
            SELECT s.line_id, NULL::date, 0::numeric FROM sold_line s
            """,
            company=company.id,
        )


class ContinuityFactorChoice(models.Model):
    _inherit = "continuity.factor.choice"

    @api.model
    def _own_dso_moved_sql(self, company):
        """A receivable that was sold is outstanding until its customer pays."""
        payments = self.env["continuity.credit.standing"]._payment_date_sql(company)
        return SQL(
            """
            SELECT c.date, r.amount AS balance
              FROM account_partial_reconcile r
              JOIN account_move_line c ON c.id = r.credit_move_id
              JOIN account_move m ON m.id = c.move_id
             WHERE m.move_type <> 'out_refund'
               AND r.debit_move_id IN (
                   SELECT a.move_line_id
                     FROM continuity_factoring_assignment a
                    WHERE a.company_id = %(company)s
                      AND a.state IN ('active', 'settled'))
         UNION ALL
            SELECT e.day, -e.amount FROM (%(payments)s) e WHERE e.day IS NOT NULL
            """,
            company=company.id,
            payments=payments,
        )


class ContinuityFactoring(models.Model):
    _inherit = "continuity.factoring"

    continuity_dso = fields.Float(
        string="Days Sales Outstanding",
        compute="_compute_continuity_dso",
        digits=(8, 1),
        help="Until customers pay, whoever they pay: selling receivables does not make "
        "customers faster.",
    )

    @api.depends("company_id")
    @api.depends_context("uid")
    def _compute_continuity_dso(self):
        choices = self.env["continuity.factor.choice"]
        today = fields.Date.context_today(self)
        for company, agreements in self.grouped("company_id").items():
            days = 0
            if company in self.env.user.company_ids and choices.has_access("read"):
                # The books behind the figure; who may read it was checked here.
                found = choices.sudo()._own_dso(company, today)
                days = found["days_outstanding"]
            agreements.continuity_dso = days
