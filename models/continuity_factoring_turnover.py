from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

# Collections nobody foresaw.
MISHAPS = ("wrong_account", "before_assignment", "wrong_factor", "double", "bill")
# Payments that close nothing, and are the customer's or pay in advance.
LOOSE = ("double", "unclear")
# What customers paid us for receivables our entry of the sale had closed: no match
# says so.
AFTER_SALE_SQL = SQL(
    "(t.state <> 'void' AND t.credit_line_id IS NOT NULL AND t.reason NOT IN %s)", LOOSE
)


class ContinuityFactoringTurnover(models.Model):
    """Money that reached us and is not ours: of an assigned receivable, or paid twice.

    ============  =============================================================
    state         means
    ============  =============================================================
    due           to be turned over to the factor, or given back, by a day
    turned_over   the factor has it
    returned      the customer has it back
    ours          somebody has looked: it pays in advance for what comes
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
            ("bill", "Settled by a bill or recorded claim"),
            ("double", "Paid twice or too much"),
            ("unclear", "Paid again or in advance: look at it"),
        ],
        string="Why",
        required=True,
        readonly=True,
        index=True,
    )
    due_on = fields.Date(string="Due By", required=True, readonly=True, index=True)
    state = fields.Selection(
        [
            ("due", "To Be Passed On"),
            ("turned_over", "Turned Over"),
            ("returned", "Given Back"),
            ("ours", "Paid in Advance"),
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

    @api.model_create_multi
    def create(self, vals_list):
        turnovers = super().create(vals_list)
        turnovers._follow_sales()
        return turnovers

    def write(self, vals):
        if not self.env.su:
            self.factoring_id._check_may_account()
        result = super().write(vals)
        if "state" in vals:
            self._follow_sales()
        return result

    def _follow_sales(self):
        """Let the receivables these pay for be settled, or open again: no match does,
        for the invoice is closed."""
        self.filtered("credit_line_id").assignment_id._follow_books()

    # === WHAT BECOMES OF IT === #

    def action_turned_over(self):
        """Record that the factor has the money.

        :raise AccessError: unless manager, approver, contact or accountant
        :raise UserError: for money that goes back to the customer
        """
        if any(turnover.reason in LOOSE for turnover in self):
            raise UserError(
                self.env._("What was paid too much goes back to the customer.")
            )
        self._finish("turned_over")

    def action_returned(self):
        """Record that the customer has the money back.

        :raise AccessError: unless manager, approver, contact or accountant
        :raise UserError: for money that is the factor's
        """
        self._check_loose()
        self._finish("returned")

    def action_in_advance(self):
        """Record that the customer paid in advance: nothing is to be given back.

        :raise AccessError: unless manager, approver, contact or accountant
        :raise UserError: for money that is the factor's
        """
        self._check_loose()
        self._finish("ours")

    def _check_loose(self):
        if any(turnover.reason not in LOOSE for turnover in self):
            raise UserError(
                self.env._("This money is the factor's: turn it over instead.")
            )

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
            done = "returned" if turnover.reason in LOOSE else "turned_over"
            turnover.write(
                {
                    "state": done if is_money else "void",
                    "done_on": fields.Date.context_today(self),
                }
            )
            turnover._close_reminders()


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

    def _turnover_due(self, day):
        """Return by when money that came in on a day goes on to the factor."""
        self.ensure_one()
        return self.company_id._continuity_working_day(
            self.env["res.users"], day, self.turnover_days
        )
