"""When customers paid receivables that were sold: their own payments, not the sale."""

from odoo import api, fields, models
from odoo.tools import SQL

from .continuity_factoring_assignment import SALE_SQL
from .continuity_factoring_turnover import AFTER_SALE_SQL


class ContinuityCreditStanding(models.Model):
    _inherit = "continuity.credit.standing"

    @api.model
    def _payment_date_sql(self, company):
        """Of receivables that are, or were, the factor's: what its journal closes on
        the day the factor reported, if it did; our own entry of the sale only then, or
        on the day the customer's money came in to us. Write-offs, bills and money that
        came in to us are what they are for others."""
        for model in (
            "account.journal",
            "account.partial.reconcile",
            "continuity.factoring.assignment",
            "continuity.factoring.turnover",
        ):
            self.env[model].flush_model()
        return SQL(
            """
            SELECT r.id AS partial_id,
                   CASE WHEN %(sale)s
                        THEN COALESCE(s.customer_paid_on, s.received_on)
                        ELSE s.customer_paid_on
                    END AS day
              FROM (SELECT DISTINCT ON (a.move_line_id)
                           a.move_line_id AS line_id, a.customer_paid_on,
                           (SELECT MAX(t.day)
                              FROM continuity_factoring_turnover t
                             WHERE t.assignment_id = a.id AND %(after_sale)s)
                               AS received_on
                      FROM continuity_factoring_assignment a
                     WHERE a.company_id = %(company)s AND a.move_line_id IS NOT NULL
                       AND a.state IN ('active', 'settled')
                  ORDER BY a.move_line_id, a.id DESC) s
              JOIN account_partial_reconcile r ON r.debit_move_id = s.line_id
              JOIN account_move_line c ON c.id = r.credit_move_id
              JOIN account_move m ON m.id = c.move_id
              JOIN account_journal j ON j.id = m.journal_id
             WHERE m.move_type <> 'out_refund' AND m.state = 'posted'
               AND j.continuity_factor_id IS NOT NULL
               AND (%(sale)s OR s.customer_paid_on IS NOT NULL)
            """,
            company=company.id,
            sale=SALE_SQL,
            after_sale=AFTER_SALE_SQL,
        )


class ContinuityFactorChoice(models.Model):
    _inherit = "continuity.factor.choice"

    @api.model
    def _own_dso_moved_sql(self, company):
        """A receivable that was sold is outstanding until its customer pays. What the
        customer paid to us since is no credit of theirs: it is the factor's, until a
        payment of ours closes it."""
        payments = self.env["continuity.credit.standing"]._payment_date_sql(company)
        return SQL(
            """
            SELECT moved.date, moved.balance
              FROM (%(payments)s) e
              JOIN account_partial_reconcile r ON r.id = e.partial_id
              JOIN account_move_line c ON c.id = r.credit_move_id
        CROSS JOIN LATERAL (VALUES (c.date, r.amount), (e.day, -r.amount))
                AS moved (date, balance)
             WHERE moved.date IS NOT NULL
         UNION ALL
            SELECT moved.date, moved.balance
              FROM account_move_line c
        CROSS JOIN LATERAL (
                   SELECT c.date, -c.balance
                UNION ALL
                   SELECT r.max_date, -r.amount
                     FROM account_partial_reconcile r
                    WHERE r.credit_move_id = c.id) AS moved (date, balance)
             WHERE c.parent_state = 'posted'
               AND c.id IN (SELECT t.credit_line_id
                              FROM continuity_factoring_turnover t
                             WHERE t.company_id = %(company)s AND %(after_sale)s)
            """,
            payments=payments,
            company=company.id,
            after_sale=AFTER_SALE_SQL,
        )


# Whoever may not read the books reads no 0 either.
DSO_GROUPS = (
    "customer_continuity.group_manager,"
    "account.group_account_user,account.group_account_manager"
)


class ContinuityFactoring(models.Model):
    _inherit = "continuity.factoring"

    continuity_dso = fields.Float(
        string="Days Sales Outstanding",
        compute="_compute_continuity_dso",
        digits=(8, 1),
        groups=DSO_GROUPS,
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
