from odoo import api, fields, models
from odoo.tools import SQL

from .continuity_factoring_turnover import AFTER_SALE_SQL

LIVE_STATES = ("active", "settled")
# Our entry of the sale closes the receivable in the books; its customer has not paid.
SALE_SQL = SQL("(j.type = 'general' AND j.continuity_factor_id IS NOT NULL)")


class ContinuityFactoringAssignment(models.Model):
    """One receivable, whole or in part, that is assigned to a factor (債権譲渡).

    ===========  ===============================================================
    state        means
    ===========  ===============================================================
    active       the factor's; something of it is open
    settled      nothing of it is open any more: paid, credited, or closed else
    bought_back  ours again, for a reason the factor knows
    released     ours again, with the release of its customer
    cancelled    assigned by mistake; the receivable may be assigned again
    ===========  ===============================================================

    A receivable has one active assignment at most: the database sees to it. What
    happens to it afterwards is not forbidden but followed:

    ===============================  ============================================
    mishap                           outcome
    ===============================  ============================================
    paid to the factor               settled with the match; nothing to turn over
    sale booked: our entry in a      stays open for the factor, its list and the
    general journal of the factor    release, until the customer's money or the day
    closes the invoice               they paid the factor
    the same, of a confidential one  refused: its customer would see it as paid
    paid to us before the notice     the customer is free; to be turned over
    paid to our old account after    flagged, to be turned over, with a to-do
    the notice
    paid before it was assigned      flagged: what was sold did not exist
    the same, matched on the day it  taken out of the assignment again, no flag
    was assigned by posting
    settled by a bill                flagged, the bill is to be turned over
    paid twice, or too much          flagged: goes back to the customer
    credit note before               the rest is assigned
    credit note after                open amount falls, the factor is to hear of it
    credit note above the rest       settled; the rest of the note stays the
                                     customer's claim on us, no money is the factor's
    dispute                          stays assigned; the factor hears of its
                                     beginning and its end
    instalments                      one assignment per instalment
    part payment                     open amount falls; of a part that is assigned,
                                     money counts for the factor first, a credit note
                                     for our own part first
    payment in another currency      counts with what it closes in the invoice's
    discount taken with the payment  the money is turned over, the factor hears of
                                     the rest
    match undone                     active again; money not yet turned over is void,
                                     of what the factor has it hears
    reset to draft, cancelled        refused until it is bought back or cancelled
    reversal                         settled by the credit note, the factor hears
    same receivable to two factors   refused
    merge of customers               one line of the agreement, all assignments stay
    release with open items          refused, unless they are bought back
    ===============================  ============================================
    """

    _name = "continuity.factoring.assignment"
    _description = "Assigned Receivable"
    _inherit = ["continuity.guarded.mixin"]
    _order = "assigned_on desc, id desc"
    _rec_name = "move_id"

    _guarded_fields = frozenset(
        {
            "factoring_id",
            "debtor_id",
            "move_line_id",
            "move_id",
            "amount",
            "company_id",
            "partner_id",
            "currency_id",
            "matched_before",
            "assigned_on",
            "ended_on",
            "state",
            "end_reason",
            "disputed",
            "dispute_reason",
            "disputed_on",
            "dispute_ended_on",
            "news",
            "told_on",
        }
    )

    factoring_id = fields.Many2one(
        "continuity.factoring",
        string="Agreement",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    debtor_id = fields.Many2one(
        "continuity.factoring.debtor",
        string="Customer in the Agreement",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        related="factoring_id.company_id", store=True, index=True, precompute=True
    )
    partner_id = fields.Many2one(
        related="debtor_id.partner_id",
        string="Customer",
        store=True,
        index=True,
        precompute=True,
    )
    # Once it is ours again the invoice may be changed: its instalments come and go.
    move_line_id = fields.Many2one(
        "account.move.line",
        string="Receivable",
        readonly=True,
        index=True,
        ondelete="set null",
    )
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, readonly=True, ondelete="restrict"
    )
    invoice_date = fields.Date(related="move_id.invoice_date")
    date_maturity = fields.Date(related="move_line_id.date_maturity")
    amount = fields.Monetary(
        string="Amount Assigned", required=True, readonly=True, help="What was sold."
    )
    # By number, not by amount: what was paid before may still be taken back.
    matched_before = fields.Integer(
        readonly=True, help="Matches up to this one were made before it was assigned."
    )
    open_amount = fields.Monetary(compute="_compute_open_amount")
    assigned_on = fields.Date(required=True, readonly=True, index=True)
    ended_on = fields.Date(readonly=True)
    end_reason = fields.Char(string="Why It Ended", readonly=True)
    state = fields.Selection(
        [
            ("active", "Assigned"),
            ("settled", "Settled"),
            ("bought_back", "Bought Back"),
            ("released", "Ours Again"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="active",
        index=True,
    )
    disputed = fields.Boolean(readonly=True)
    dispute_reason = fields.Char(readonly=True)
    disputed_on = fields.Date(readonly=True)
    dispute_ended_on = fields.Date(readonly=True)
    news = fields.Text(
        string="The Factor Must Hear",
        readonly=True,
        help="What happened since the factor last heard of this receivable.",
    )
    told_on = fields.Date(string="Factor Told On", readonly=True)
    customer_paid_on = fields.Date(
        string="Customer Paid the Factor On",
        help="As the factor reports it, where our entry has another day, or is the one "
        "of the sale.",
    )
    note = fields.Text()
    turnover_ids = fields.One2many(
        "continuity.factoring.turnover", "assignment_id", string="Collections"
    )

    _one_active = models.UniqueIndex(
        "(move_line_id) WHERE state = 'active'",
        "This receivable is assigned already: nobody can sell it twice.",
    )
    _positive = models.Constraint(
        "CHECK(amount > 0)", "Only what is open can be assigned."
    )

    def write(self, vals):
        if not self.env.su:
            self.factoring_id._check_may_account()
        result = super().write(vals)
        if "customer_paid_on" in vals:
            self._follow_books()
        return result

    # === WHAT IS OPEN === #

    # Read from the matches: the invoice's own residual says nothing of a day.
    @api.depends(
        "state", "amount", "customer_paid_on", "move_line_id.amount_residual_currency"
    )
    def _compute_open_amount(self):
        open_amounts = self._open_amounts()
        for assignment in self:
            is_live = assignment.state in LIVE_STATES
            assignment.open_amount = (
                open_amounts.get(assignment._origin.id, 0) if is_live else 0
            )

    def _open_amounts(self, day=None):
        """Return what is open of assigned receivables by the books, whatever the
        state of the assignment.

        Of an assigned part, what the customer pays counts for the factor first, and
        what is credited for the part that is still ours. What our entry of the sale
        closes is open until the customer pays: the factor, as reported, or us.

        :param date day: as of when; now without
        :return: amount in the receivable's currency, by id
        :rtype: dict[int, float]
        """
        if not self.ids:
            return {}
        for name in (
            "account.journal",
            "account.move.line",
            "account.partial.reconcile",
            "continuity.factoring.turnover",
            self._name,
        ):
            self.env[name].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT a.id,
                       GREATEST(0, LEAST(
                           a.amount - COALESCE(SUM(r.debit_amount_currency)
                               FILTER (WHERE m.move_type <> 'out_refund'
                                         AND r.id > COALESCE(a.matched_before, 0)
                                         AND NOT %(waits)s), 0),
                           l.amount_currency
                               - COALESCE(SUM(r.debit_amount_currency)
                                              FILTER (WHERE NOT %(waits)s), 0)
                       ) - LEAST(
                           COALESCE(SUM(r.debit_amount_currency)
                               FILTER (WHERE %(waits)s), 0),
                           (SELECT COALESCE(SUM(t.amount), 0)
                              FROM continuity_factoring_turnover t
                             WHERE t.assignment_id = a.id AND %(after_sale)s
                               AND %(received)s)
                       ))
                  FROM continuity_factoring_assignment a
                  JOIN account_move_line l ON l.id = a.move_line_id
             LEFT JOIN (account_partial_reconcile r
                        JOIN account_move_line c ON c.id = r.credit_move_id
                        JOIN account_move m ON m.id = c.move_id
                        JOIN account_journal j ON j.id = m.journal_id)
                    ON r.debit_move_id = l.id AND %(matched)s
                 WHERE a.id IN %(ids)s
              GROUP BY a.id, l.id
                """,
                waits=self._sale_waits_sql(day),
                after_sale=AFTER_SALE_SQL,
                received=SQL("t.day <= %s", day) if day else SQL("TRUE"),
                matched=SQL("r.max_date <= %s", day) if day else SQL("TRUE"),
                ids=tuple(self.ids),
            )
        )
        currencies = {a.id: a.currency_id for a in self}
        return {id_: currencies[id_].round(float(amount)) for id_, amount in rows}

    @api.model
    def _sale_waits_sql(self, day=None):
        """Return the condition of matches by our entry of the sale whose customer has
        not paid the factor, as far as it reported.

        :param date day: as of when; now without
        :rtype: SQL
        """
        by_then = SQL(" OR a.customer_paid_on > %s", day) if day else SQL()
        return SQL("(%s AND (a.customer_paid_on IS NULL%s))", SALE_SQL, by_then)

    def _paid_amounts(self):
        """Return what has closed these receivables since they were assigned, other than
        credit notes and the sale.

        :return: amount in the receivable's currency, by id of the assignment
        :rtype: dict[int, float]
        """
        for name in ("account.partial.reconcile", self._name):
            self.env[name].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT a.id, SUM(r.debit_amount_currency)
                  FROM continuity_factoring_assignment a
                  JOIN account_partial_reconcile r
                    ON r.debit_move_id = a.move_line_id
                   AND r.id > COALESCE(a.matched_before, 0)
                  JOIN account_move_line c ON c.id = r.credit_move_id
                  JOIN account_move m ON m.id = c.move_id
                  JOIN account_journal j ON j.id = m.journal_id
                 WHERE a.id IN %s AND m.move_type <> 'out_refund' AND NOT %s
              GROUP BY a.id
                """,
                tuple(self.ids) or (0,),
                SALE_SQL,
            )
        )
        return {id_: float(amount) for id_, amount in rows}

    @api.model
    def _as_of(self, agreement, day):
        """Return what was assigned and open under an agreement at the end of a day.

        :param agreement: ``continuity.factoring``
        :param date day: as of when
        :return: assignment to its open amount, by customer and invoice
        :rtype: dict
        """
        found = self.search(
            [
                ("factoring_id", "=", agreement.id),
                ("assigned_on", "<=", day),
                "|",
                ("state", "in", LIVE_STATES),
                # Also what turned out to be a mistake afterwards.
                ("ended_on", ">", day),
            ]
        )
        open_amounts = found._open_amounts(day)
        found = found.filtered(lambda a: open_amounts.get(a.id))
        found = found.sorted(lambda a: (a.partner_id.name or "", a.move_id.name, a.id))
        return {assignment: open_amounts[assignment.id] for assignment in found}

    def _disputed_on(self, day):
        """Tell whether the customer disputed a receivable at the end of a day.

        :param date day: as of when
        :rtype: bool
        """
        self.ensure_one()
        ended = self.dispute_ended_on or (not self.disputed and self.ended_on)
        return bool(
            self.disputed_on and self.disputed_on <= day and (not ended or ended > day)
        )

    def _follow_books(self):
        """Let the state follow the matches of the receivables. Of customers who were
        released and of agreements that ended nothing is the factor's again."""
        live = self.sudo().filtered(lambda a: a.state in LIVE_STATES)
        open_amounts = live._open_amounts()
        today = fields.Date.context_today(self)
        reopened = live.filtered(
            lambda a: a.state == "settled" and open_amounts.get(a.id)
        )
        # The rest of a receivable may have been assigned since a part was settled.
        taken = set(reopened.move_line_id._continuity_active_assignments().move_line_id)
        for assignment in reopened:
            if (
                assignment.debtor_id.state in ("out", "released")
                or assignment.factoring_id.state != "running"
            ):
                assignment._add_news(
                    self.env._(
                        "A payment was taken off after the release, or the end of the "
                        "agreement: this one stays settled. Agree whose it is now."
                    )
                )
                continue
            if assignment.move_line_id in taken:
                assignment._add_news(
                    self.env._(
                        "A payment was taken off. Another part of it is assigned: this "
                        "one stays settled."
                    )
                )
                continue
            taken.add(assignment.move_line_id)
            assignment.write({"state": "active", "ended_on": False})
        for assignment in live - reopened:
            if assignment.state == "active" and not open_amounts.get(assignment.id):
                assignment.write({"state": "settled", "ended_on": today})
        live.invalidate_recordset(["open_amount"])
