from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

# Collections nobody foresaw: each has its own to-do.
MISHAPS = ("wrong_account", "before_assignment", "wrong_factor", "double", "bill")


class ContinuityFactoringTurnover(models.Model):
    """Money that reached us and is not ours: of an assigned receivable, or paid twice.

    ============  =============================================================
    state         means
    ============  =============================================================
    due           to be turned over to the factor, or given back, by a day
    turned_over   the factor has it
    returned      the customer has it back
    void          the payment was taken off the invoice again
    ============  =============================================================
    """

    _name = "continuity.factoring.turnover"
    _description = "Collection to Turn Over"
    _inherit = ["continuity.guarded.mixin"]
    _order = "due_on, id"
    _rec_name = "move_id"

    _guarded_fields = frozenset(
        {
            "assignment_id",
            "partial_id",
            "credit_line_id",
            "payment_move_id",
            "amount",
            "currency_id",
            "day",
            "reason",
            "due_on",
            "state",
            "done_on",
            "done_by_id",
            "factoring_id",
            "company_id",
            "partner_id",
            "move_id",
        }
    )

    assignment_id = fields.Many2one(
        "continuity.factoring.assignment",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    factoring_id = fields.Many2one(
        related="assignment_id.factoring_id",
        string="Agreement",
        store=True,
        index=True,
        precompute=True,
    )
    company_id = fields.Many2one(
        related="assignment_id.company_id", store=True, index=True, precompute=True
    )
    partner_id = fields.Many2one(
        related="assignment_id.partner_id", string="Customer", store=True, index=True
    )
    move_id = fields.Many2one(
        related="assignment_id.move_id", string="Invoice", store=True, index=True
    )
    partial_id = fields.Many2one(
        "account.partial.reconcile",
        string="Match",
        readonly=True,
        index=True,
        ondelete="set null",
    )
    credit_line_id = fields.Many2one(
        "account.move.line",
        string="Paid Too Much",
        readonly=True,
        index=True,
        ondelete="set null",
    )
    payment_move_id = fields.Many2one(
        "account.move",
        string="Payment",
        readonly=True,
        index=True,
        ondelete="set null",
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, readonly=True, ondelete="restrict"
    )
    amount = fields.Monetary(required=True, readonly=True)
    day = fields.Date(string="Received On", required=True, readonly=True)
    reason = fields.Selection(
        [
            ("confidential", "Collected for the factor, as agreed"),
            ("collection", "Came in on the collection account"),
            ("unchanged", "Customers pay us, as agreed"),
            ("permitted", "The law lets the customer pay us"),
            ("before_notice", "Paid to us before the notice"),
            ("wrong_account", "Paid to our old account after the notice"),
            ("before_assignment", "Paid before it was assigned"),
            ("wrong_factor", "Paid to another factor"),
            ("double", "Paid twice or too much"),
        ],
        string="Why",
        required=True,
        readonly=True,
        index=True,
    )
    due_on = fields.Date(string="By", required=True, readonly=True, index=True)
    state = fields.Selection(
        [
            ("due", "Due"),
            ("turned_over", "Turned Over"),
            ("returned", "Given Back"),
            ("void", "Void"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="due",
        index=True,
    )
    reference = fields.Char(help="Of the transfer to the factor or the customer.")
    done_on = fields.Date(readonly=True)
    done_by_id = fields.Many2one("res.users", readonly=True)

    _once = models.UniqueIndex(
        "(credit_line_id) WHERE credit_line_id IS NOT NULL AND state <> 'void'",
        "This payment is on the list already.",
    )

    def write(self, vals):
        if not self.env.su:
            self.factoring_id._check_may_account()
        return super().write(vals)

    # === WHAT BECOMES OF IT === #

    def action_turned_over(self):
        """Record that the factor has the money.

        :raise AccessError: unless manager, approver, contact or accountant
        :raise UserError: for money that goes back to the customer
        """
        if any(turnover.reason == "double" for turnover in self):
            raise UserError(
                self.env._("What was paid too much goes back to the customer.")
            )
        self._finish("turned_over")

    def action_returned(self):
        """Record that the customer has the money back.

        :raise AccessError: unless manager, approver, contact or accountant
        :raise UserError: for money that is the factor's
        """
        if any(turnover.reason != "double" for turnover in self):
            raise UserError(
                self.env._("This money is the factor's: turn it over instead.")
            )
        self._finish("returned")

    def _finish(self, state):
        self.factoring_id._check_may_account()
        done = self.filtered(lambda turnover: turnover.state == "due")
        # Who decides was checked above; the guard keeps others out.
        done.sudo().write(
            {
                "state": state,
                "done_on": fields.Date.context_today(self),
                "done_by_id": self.env.uid,
            }
        )
        done._close_reminders()

    def _void(self):
        """The payments were taken off the invoices: what is not turned over yet is no
        longer due; what is, the factor must hear of."""
        due = self.filtered(lambda turnover: turnover.state == "due")
        due.write({"state": "void"})
        due._close_reminders()
        for turnover in self.filtered(lambda t: t.state == "turned_over"):
            turnover.assignment_id._add_news(
                self.env._(
                    "A payment of %s that was turned over was taken off the invoice.",
                    turnover.currency_id.format(turnover.amount),
                )
            )

    def _follow_credits(self):
        """What closes nothing is done with once a payment of ours closes it, and of no
        interest once it closes another invoice."""
        for turnover in self.filtered("credit_line_id"):
            line = turnover.credit_line_id
            if turnover.state != "due" or (
                line.parent_state == "posted" and not line.reconciled
            ):
                continue
            closed_by = line.matched_debit_ids.debit_move_id.move_id
            is_money = closed_by.filtered(
                lambda move: move.origin_payment_id or move.statement_line_id
            )
            done = "returned" if turnover.reason == "double" else "turned_over"
            turnover.write(
                {
                    "state": done if is_money else "void",
                    "done_on": fields.Date.context_today(self),
                }
            )
            turnover._close_reminders()

    # === REMINDING === #

    def _reminder(self, env):
        """Return the summary of the to-do for these, in an environment's language."""
        turnover = self[:1]
        if turnover.reason in MISHAPS:
            labels = dict(self._fields["reason"]._description_selection(env))
            return f"{turnover.move_id.name}: {labels[turnover.reason]}"
        return env._(
            "Turn collections over to %s", turnover.factoring_id.factor_id.name
        )

    def _remind_contact(self):
        """Give whom the agreement names a to-do: one per mishap, and one per day for
        what is collected as agreed."""
        for agreement, turnovers in self.sudo().grouped("factoring_id").items():
            user = agreement.contact_id
            env = turnovers.with_context(lang=user.lang).env
            wanted = {(t.due_on, t._reminder(env)): t for t in turnovers}
            known = {
                (activity.date_deadline, activity.summary)
                for activity in turnovers._reminders(wanted)
            }
            for key, turnover in wanted.items():
                if key not in known:
                    agreement._remind(
                        user,
                        lambda env, t=turnover: t._reminder(env),
                        deadline=turnover.due_on,
                    )

    def _reminders(self, keys):
        """Return the to-dos of the agreement of these with a deadline and a summary.

        :param keys: pairs of both
        :rtype: mail.activity
        """
        wanted = set(keys)
        activities = self.env["mail.activity"].search(
            [
                ("res_model", "=", "continuity.factoring"),
                ("res_id", "in", self.factoring_id.ids),
                ("date_deadline", "in", [deadline for deadline, _summary in wanted]),
                ("summary", "in", [summary for _deadline, summary in wanted]),
            ]
        )
        return activities.filtered(lambda a: (a.date_deadline, a.summary) in wanted)

    def _close_reminders(self):
        """Take the to-dos away that are done with."""
        for agreement, turnovers in self.sudo().grouped("factoring_id").items():
            env = turnovers.with_context(lang=agreement.contact_id.lang).env
            waiting = self.sudo()._read_group(
                [
                    ("factoring_id", "=", agreement.id),
                    ("due_on", "in", turnovers.mapped("due_on")),
                    ("state", "=", "due"),
                    ("reason", "not in", MISHAPS),
                ],
                ["due_on:day"],
            )
            waiting = {day for (day,) in waiting}
            done = {
                (turnover.due_on, turnover._reminder(env))
                for turnover in turnovers
                if turnover.reason in MISHAPS or turnover.due_on not in waiting
            }
            if done:
                turnovers._reminders(done).unlink()


class ContinuityFactoring(models.Model):
    _inherit = "continuity.factoring"

    turnover_ids = fields.One2many(
        "continuity.factoring.turnover", "factoring_id", string="Collections"
    )
    turnover_count = fields.Integer(
        compute="_compute_turnover_count", string="Collections Due"
    )

    @api.depends("turnover_ids.state")
    def _compute_turnover_count(self):
        counts = dict(
            self.env["continuity.factoring.turnover"]._read_group(
                [("factoring_id", "in", self.ids), ("state", "=", "due")],
                ["factoring_id"],
                ["__count"],
            )
        )
        for agreement in self:
            agreement.turnover_count = counts.get(agreement._origin, 0)

    def _find_double_payments(self):
        """Find payments of the customers that close nothing although what they paid
        for is settled: too much for one invoice, or an invoice paid a second time.
        Where our own entry closed the invoice, such as the sale, it is the customer's
        first payment, and the factor's money.

        :return: what was found
        :rtype: continuity.factoring.turnover
        """
        found = self.env["continuity.factoring.turnover"].sudo()
        for agreement in self.sudo():
            agreement.turnover_ids._follow_credits()
            for model in ("account.partial.reconcile", "account.move.line"):
                self.env[model].flush_model()
            found.flush_model()
            self.env["continuity.factoring.assignment"].flush_model()
            today = fields.Date.context_today(self)
            due_on = agreement._turnover_due(today)
            rows = self.env.execute_query(agreement._double_payments_sql())
            turnovers = found.create(
                [
                    {
                        "credit_line_id": line_id,
                        "assignment_id": assignment_id,
                        "payment_move_id": move_id,
                        "currency_id": currency_id,
                        "amount": float(amount),
                        "day": day,
                        "reason": agreement._loose_reason(
                            assignment_id, move_id, day, by_entry
                        ),
                        "due_on": due_on,
                    }
                    for (
                        line_id,
                        assignment_id,
                        move_id,
                        currency_id,
                        amount,
                        day,
                        by_entry,
                    ) in rows
                ]
            )
            turnovers._remind_contact()
            found |= turnovers
        return found

    def _loose_reason(self, assignment_id, move_id, day, by_entry):
        """Tell why a payment that closes nothing is not ours."""
        if not by_entry:
            return "double"
        assignment = self.env["continuity.factoring.assignment"].browse(assignment_id)
        journal = self.env["account.move"].browse(move_id).journal_id
        return assignment._collection_reason(journal, day)

    def _turnover_due(self, day):
        """Return by when money that came in on a day goes on to the factor."""
        self.ensure_one()
        return self.company_id._continuity_working_day(
            self.env["res.users"], day, self.turnover_days
        )

    def _double_payments_sql(self):
        """Return the SELECT of :meth:`_find_double_payments`.

        A payment for nothing counts when it is part of one that closed an assigned
        receivable of the agreement, or when its amount is exactly that of one that is
        settled and no open receivable of the customer waits for it.
        """
        self.ensure_one()
        return SQL(
            """
            SELECT DISTINCT ON (c.id) c.id, a.id, c.move_id, c.currency_id,
                   -c.amount_residual_currency, c.date, own.closed
              FROM continuity_factoring_assignment a
              JOIN account_move_line l ON l.id = a.move_line_id
              JOIN res_partner owed ON owed.id = l.partner_id
              JOIN res_partner payer
                ON payer.commercial_partner_id = owed.commercial_partner_id
              JOIN account_move_line c
                ON c.partner_id = payer.id AND c.company_id = l.company_id
               AND c.account_id = l.account_id AND c.parent_state = 'posted'
               AND c.reconciled IS NOT TRUE AND c.amount_residual_currency < 0
               AND c.currency_id = a.currency_id AND c.date >= a.assigned_on
              JOIN account_move m ON m.id = c.move_id
              JOIN account_journal j ON j.id = m.journal_id
        CROSS JOIN LATERAL (
                   SELECT a.customer_paid_on IS NULL AND EXISTS (
                       SELECT FROM account_partial_reconcile r
                         JOIN account_move_line k ON k.id = r.credit_move_id
                         JOIN account_move e ON e.id = k.move_id
                         JOIN account_journal ej ON ej.id = e.journal_id
                        WHERE r.debit_move_id = l.id AND r.debit_amount_currency <> 0
                          AND e.move_type = 'entry' AND e.origin_payment_id IS NULL
                          AND e.statement_line_id IS NULL
                          AND ej.type NOT IN ('bank', 'cash', 'credit')) AS closed) own
             WHERE a.factoring_id = %(agreement)s
               AND a.state IN ('active', 'settled')
               AND m.move_type = 'entry'
               AND (m.origin_payment_id IS NOT NULL OR m.statement_line_id IS NOT NULL
                    OR j.type IN ('bank', 'cash', 'credit')
                    OR j.continuity_factor_id IS NOT NULL)
               AND (EXISTS (SELECT FROM account_partial_reconcile r
                             WHERE r.credit_move_id = c.id
                               AND r.debit_move_id = l.id)
                    OR ((a.state = 'settled' OR l.reconciled)
                        AND a.amount = -c.amount_residual_currency
                        AND NOT EXISTS (
                            SELECT FROM account_move_line o
                              JOIN res_partner p ON p.id = o.partner_id
                             WHERE p.commercial_partner_id = owed.commercial_partner_id
                               AND o.company_id = l.company_id
                               AND o.account_id = l.account_id
                               AND o.parent_state = 'posted'
                               AND o.reconciled IS NOT TRUE
                               AND o.amount_residual_currency
                                   = -c.amount_residual_currency)))
               AND NOT (own.closed AND j.continuity_factor_id IS NOT NULL)
               AND NOT EXISTS (SELECT FROM continuity_factoring_turnover t
                                WHERE t.credit_line_id = c.id AND t.state <> 'void')
          ORDER BY c.id, a.state DESC, a.id DESC
            """,
            agreement=self.id,
        )
