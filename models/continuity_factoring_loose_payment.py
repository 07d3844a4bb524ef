"""Payments that close nothing: too much, a second time, or in advance."""

from odoo import fields, models
from odoo.tools import SQL

from .continuity_factoring_turnover import AFTER_SALE_SQL


class ContinuityFactoring(models.Model):
    _inherit = "continuity.factoring"

    def _find_double_payments(self):
        """Find payments of the customers that close nothing although what they paid
        for is settled: too much for one invoice, or an invoice paid a second time.
        Where our own entry closed the invoice, such as the sale, it is the customer's
        first payment, and the factor's money. Of the same amount alone nobody can tell
        whether it was paid twice or in advance: somebody has to look.

        :return: what was found
        :rtype: continuity.factoring.turnover
        """
        found = turnovers = self.env["continuity.factoring.turnover"].sudo()
        today = fields.Date.context_today(self)
        for agreement in self.sudo():
            turnovers.search(
                [
                    ("factoring_id", "=", agreement.id),
                    ("credit_line_id", "!=", False),
                    ("state", "=", "due"),
                ]
            )._follow_credits()
            for model in (
                "account.partial.reconcile",
                "account.move.line",
                "continuity.factoring.assignment",
                turnovers._name,
            ):
                self.env[model].flush_model()
            rows = self.env.execute_query(agreement._double_payments_sql())
            created = turnovers.create(
                agreement._prepare_loose_payments(rows, agreement._turnover_due(today))
            )
            created._remind_contact()
            found |= created
        return found

    def _prepare_loose_payments(self, rows, due_on):
        """Return what is to be kept of payments that close nothing. Of several that
        could be the first one for a receivable, only one is.

        :param list rows: of :meth:`_double_payments_sql`
        :param date due_on: by when somebody deals with them
        :return: values of ``continuity.factoring.turnover``
        :rtype: list[dict]
        """
        vals_list, paid = [], set()
        for (
            line_id,
            move_id,
            currency_id,
            amount,
            day,
            settled_id,
            is_certain,
            waiting_ids,
        ) in rows:
            waiting_id = next((i for i in waiting_ids or () if i not in paid), None)
            if waiting_id:
                paid.add(waiting_id)
                reason = self._loose_reason(waiting_id, move_id, day)
            else:
                reason = "double" if is_certain else "unclear"
            vals_list.append(
                {
                    "credit_line_id": line_id,
                    "assignment_id": waiting_id or settled_id,
                    "payment_move_id": move_id,
                    "currency_id": currency_id,
                    "amount": float(amount),
                    "day": day,
                    "reason": reason,
                    "due_on": due_on,
                }
            )
        return vals_list

    def _loose_reason(self, assignment_id, move_id, day):
        """Tell why the first payment of a receivable our own entry had closed is not
        ours."""
        assignment = self.env["continuity.factoring.assignment"].browse(assignment_id)
        journal = self.env["account.move"].browse(move_id).journal_id
        return assignment._collection_reason(journal, day)

    def _double_payments_sql(self):
        """Return the SELECT of :meth:`_find_double_payments`: one row per payment,
        those first that are certain to be for an invoice.

        A payment for nothing counts when it is part of one that closed an assigned
        receivable of the agreement, or when its amount is exactly that of one that is
        settled and no open receivable of the customer waits for it. It is certain to
        be for that receivable in the first case, and where it names the invoice.

        A receivable waits for its first payment while our own entries have closed more
        of it than its customer has paid us since. Of receivables a payment is certain
        to be for, only these come into question.
        """
        self.ensure_one()
        return SQL(
            """
            SELECT f.line_id, f.move_id, f.currency_id, f.amount, f.date,
                   (ARRAY_AGG(f.id ORDER BY f.certain DESC, f.state DESC, f.id DESC)
                   )[1],
                   f.any_certain,
                   ARRAY_AGG(f.id ORDER BY f.id)
                       FILTER (WHERE f.waits AND f.certain = f.any_certain)
              FROM (
            SELECT c.id AS line_id, c.move_id, c.currency_id, c.date, a.id, a.state,
                   -c.amount_residual_currency AS amount, own.waits,
                   part.matched OR part.named AS certain,
                   BOOL_OR(part.matched OR part.named) OVER (PARTITION BY c.id)
                       AS any_certain
              FROM continuity_factoring_assignment a
              JOIN account_move_line l ON l.id = a.move_line_id
              JOIN account_move i ON i.id = l.move_id
              JOIN res_partner owed ON owed.id = l.partner_id
              JOIN res_partner payer
                ON payer.commercial_partner_id = owed.commercial_partner_id
              JOIN account_move_line c
                ON c.partner_id = payer.id AND c.company_id = l.company_id
               AND c.parent_state = 'posted'
               AND c.reconciled IS NOT TRUE AND c.amount_residual_currency < 0
               AND c.currency_id = a.currency_id AND c.date >= a.assigned_on
              JOIN account_account ca
                ON ca.id = c.account_id AND ca.account_type = 'asset_receivable'
              JOIN account_move m ON m.id = c.move_id
              JOIN account_journal j ON j.id = m.journal_id
        CROSS JOIN LATERAL (
                   SELECT a.customer_paid_on IS NULL
                      AND COALESCE(SUM(r.debit_amount_currency), 0)
                          > (SELECT COALESCE(SUM(t.amount), 0)
                               FROM continuity_factoring_turnover t
                              WHERE t.assignment_id = a.id AND %(after_sale)s)
                          AS waits
                     FROM account_partial_reconcile r
                     JOIN account_move_line k ON k.id = r.credit_move_id
                     JOIN account_move e ON e.id = k.move_id
                     JOIN account_journal ej ON ej.id = e.journal_id
                    WHERE r.debit_move_id = l.id
                      AND e.move_type = 'entry' AND e.origin_payment_id IS NULL
                      AND e.statement_line_id IS NULL
                      AND ej.type NOT IN ('bank', 'cash', 'credit')) own
        CROSS JOIN LATERAL (
                   SELECT EXISTS (SELECT FROM account_partial_reconcile r
                                   WHERE r.credit_move_id = c.id
                                     AND r.debit_move_id = l.id) AS matched,
                          EXISTS (SELECT FROM (VALUES (i.name), (i.payment_reference))
                                           AS known (said)
                                   WHERE known.said <> ''
                                     AND STRPOS(
                                         LOWER(CONCAT_WS(' ', c.name, m.ref)),
                                         LOWER(known.said)) > 0) AS named) part
             WHERE a.factoring_id = %(agreement)s
               AND a.state IN ('active', 'settled')
               AND m.move_type = 'entry'
               AND (m.origin_payment_id IS NOT NULL OR m.statement_line_id IS NOT NULL
                    OR j.type IN ('bank', 'cash', 'credit')
                    OR j.continuity_factor_id IS NOT NULL)
               AND (part.matched
                    OR ((a.state = 'settled' OR l.reconciled)
                        AND a.amount = -c.amount_residual_currency
                        AND NOT EXISTS (
                            SELECT FROM account_move_line o
                              JOIN account_account oa ON oa.id = o.account_id
                              JOIN res_partner p ON p.id = o.partner_id
                             WHERE p.commercial_partner_id = owed.commercial_partner_id
                               AND o.company_id = l.company_id
                               AND oa.account_type = 'asset_receivable'
                               AND o.parent_state = 'posted'
                               AND o.reconciled IS NOT TRUE
                               AND o.amount_residual_currency
                                   = -c.amount_residual_currency)))
               AND NOT (own.waits AND j.continuity_factor_id IS NOT NULL)
               AND NOT EXISTS (SELECT FROM continuity_factoring_turnover t
                                WHERE t.credit_line_id = c.id AND t.state <> 'void')
                   ) f
          GROUP BY f.line_id, f.move_id, f.currency_id, f.amount, f.date, f.any_certain
          ORDER BY f.any_certain DESC, f.date, f.line_id
            """,
            agreement=self.id,
            after_sale=AFTER_SALE_SQL,
        )
