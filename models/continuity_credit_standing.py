from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL
from odoo.tools.constants import GC_UNLINK_LIMIT

# Snapshots nothing was decided by are deleted after so many months, except the latest.
KEEP_MONTHS = 6
STANDING_GROUPS = (
    "customer_continuity.group_manager",
    "account.group_account_manager",
    "account.group_account_user",
)


class ContinuityCreditStanding(models.Model):
    """How one customer pays one company, as of a day.

    A row is written once, by the one statement of :meth:`_take`, and never changed: a
    decision keeps the figures it was taken by. Nobody has the right to write or delete
    one; those a decision rests on are pinned, others are cleared away in time.

    What is not known is NULL, not 0: below the number of paid invoices a company asks
    for there is no average, and a list or pivot table leaves such customers out.
    Amounts are in the currency of the company at the day. Days count from the due
    date; days before it are negative.
    """

    _name = "continuity.credit.standing"
    _description = "Credit Standing"
    _order = "as_of desc, rank, id"
    _rec_name = "partner_id"

    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, readonly=True, ondelete="restrict"
    )
    as_of = fields.Date(required=True, readonly=True, index=True)
    window_start = fields.Date(
        string="Payments Since", readonly=True, help="Payments after this day count."
    )
    latest = fields.Boolean(readonly=True, help="Of this customer, the last one taken.")
    # Nobody reads it: it would tell of agreements that are confidential.
    pinned = fields.Boolean(
        string="Kept for Good",
        readonly=True,
        groups=fields.NO_ACCESS,
        help="A decision rests on these figures.",
    )
    paid_count = fields.Integer(
        string="Paid Invoices", readonly=True, help="Wholly paid since the first day."
    )
    required_count = fields.Integer(
        string="Needed",
        readonly=True,
        aggregator=None,
        help="Below it nothing is said.",
    )
    insufficient = fields.Boolean(string="Insufficient Data", readonly=True)
    average_days = fields.Float(
        string="Days Late",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="On average, of instalments that are wholly paid: from the due date to "
        "the last payment.",
    )
    weighted_days = fields.Float(
        string="Days Late by Amount",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="On average over what was paid, each payment weighted with its amount.",
    )
    worst_days = fields.Integer(
        string="Worst Days Late", readonly=True, aggregator="max"
    )
    trend_days = fields.Float(
        string="Change (days)",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="Average days late in the last half of the period less those of the first "
        "half. Positive: they pay later than they did.",
    )
    trend = fields.Selection(
        [("better", "Faster"), ("same", "As Before"), ("worse", "Slower")],
        readonly=True,
    )
    open_amount = fields.Monetary(
        string="Open Invoices", readonly=True, help="What is open of posted invoices."
    )
    overdue_amount = fields.Monetary(string="Overdue", readonly=True)
    overdue_share = fields.Float(
        string="Overdue (%)",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="Of what is open.",
    )
    overdue_days = fields.Integer(
        string="Longest Overdue (days)", readonly=True, aggregator="max"
    )
    exposure = fields.Monetary(
        readonly=True,
        help="Everything the books say they owe: open invoices less credit notes and "
        "payments that are matched with nothing yet.",
    )
    credit_limit = fields.Monetary(readonly=True, help="0: there is none.")
    over_limit = fields.Boolean(string="Over the Limit", readonly=True)
    paid_amount = fields.Monetary(string="Paid", readonly=True)
    bill_amount = fields.Monetary(
        string="By Bills",
        readonly=True,
        help="Settled by bills of exchange or electronically recorded claims.",
    )
    other_amount = fields.Monetary(
        string="Otherwise Settled",
        readonly=True,
        help="Neither paid nor credited: written off, deducted, set off against what "
        "we owe them.",
    )
    by_bill = fields.Boolean(
        string="Bills Only",
        readonly=True,
        help="Pays by bills or electronically recorded claims alone.",
    )
    max_days = fields.Integer(string="Days Allowed", readonly=True, aggregator=None)
    proposal = fields.Selection(
        [("include", "Include"), ("decide", "To Decide"), ("out", "Do Not Include")],
        readonly=True,
        index=True,
    )
    rank = fields.Integer(
        readonly=True,
        aggregator=None,
        help="Those to include first, the largest open amount first.",
    )
    reason = fields.Text(string="Why", compute="_compute_reason")
    contract = fields.Char(
        compute="_compute_contract",
        help="What the contract review lets us do with this customer.",
    )

    _customer_idx = models.Index("(company_id, partner_id, as_of)")
    # Lists show the latest, of months of daily snapshots.
    _latest_idx = models.Index("(company_id, partner_id) WHERE latest")

    # === TAKING === #

    @api.model
    def _take(self, company, partners=None, as_of=None):
        """Write down how customers of a company pay, in one statement.

        What was taken the same day and no decision rests on is replaced.

        :param company: ``res.company``
        :param partners: ``res.partner``; contacts stand for their customer; None for
            everybody with an open balance or a payment in the period
        :param date as_of: the day the figures are for; today without
        :return: the new snapshots
        :rtype: continuity.credit.standing
        """
        company.ensure_one()
        as_of = as_of or fields.Date.context_today(self)
        if partners is not None:
            partners = partners._continuity_customers()
        self.env.flush_all()
        self._make_room(company, partners, as_of)
        cr = self.env.cr
        # Compiling the statement takes longer than running it saves.
        cr.execute("SET LOCAL jit = off")
        columns = self._figure_columns()
        cr.execute(
            SQL(
                """INSERT INTO continuity_credit_standing
                   (%s, latest, create_uid, create_date, write_uid, write_date)
                   SELECT %s, TRUE, %s, now() AT TIME ZONE 'UTC',
                          %s, now() AT TIME ZONE 'UTC'
                     FROM (%s) figure
                RETURNING id""",
                SQL(", ").join(map(SQL.identifier, columns)),
                SQL(", ").join(SQL.identifier("figure", name) for name in columns),
                self.env.uid,
                self.env.uid,
                self._figures_sql(company, as_of, partners),
            )
        )
        ids = [row[0] for row in cr.fetchall()]
        self.invalidate_model()
        self.env["res.partner"].invalidate_model(
            ["continuity_standing_id", "continuity_standing_text"], flush=False
        )
        return self.browse(ids)

    @api.model
    def _make_room(self, company, partners, as_of):
        """Let the snapshots of customers be earlier ones, and delete those of the day
        that no decision rests on.

        :param company: ``res.company``
        :param partners: commercial partners, or None for all
        :param date as_of: the day of the new ones
        """
        cr = self.env.cr
        # One at a time per company: two would both be the latest.
        cr.execute(
            SQL(
                "SELECT pg_advisory_xact_lock(hashtext(%s), %s)",
                self._table,
                company.id,
            )
        )
        scope = SQL()
        if partners is not None:
            scope = SQL("AND partner_id IN %s", tuple(partners.ids) or (0,))
        cr.execute(
            SQL(
                """DELETE FROM continuity_credit_standing
                    WHERE company_id = %s AND as_of = %s AND pinned IS NOT TRUE %s""",
                company.id,
                as_of,
                scope,
            )
        )
        cr.execute(
            SQL(
                """UPDATE continuity_credit_standing SET latest = FALSE
                    WHERE company_id = %s AND latest %s""",
                company.id,
                scope,
            )
        )

    def action_take(self):
        """Take a snapshot of all customers of the current company, or of those of the
        chosen rows, each in the company of its row.

        :return: a notification: how many, and what is proposed
        :raise AccessError: unless a manager or an accountant
        """
        self._check_may_take()
        wanted = {self.env.company: None}
        if self:
            wanted = {
                company: rows.partner_id
                for company, rows in self.grouped("company_id").items()
            }
        empty = self.browse()
        # Who may was checked above; only the app itself writes snapshots.
        taken = empty.sudo().concat(
            *(self.sudo()._take(company, of) for company, of in wanted.items())
        )
        by_proposal = taken.grouped("proposal")
        message = self.env._(
            "%(company)s: %(count)s customers. To include: %(include)s; to decide: "
            "%(decide)s; to leave out: %(out)s.",
            company=", ".join(company.name for company in wanted),
            count=len(taken),
            include=len(by_proposal.get("include", empty)),
            decide=len(by_proposal.get("decide", empty)),
            out=len(by_proposal.get("out", empty)),
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _check_may_take(self):
        """Refuse snapshots to others than managers and accountants.

        :raise AccessError: for anybody else
        """
        if not any(self.env.user.has_group(group) for group in STANDING_GROUPS):
            raise AccessError(
                self.env._("Only managers and accountants see how customers pay.")
            )

    # === KEEPING === #

    def _pin(self):
        """Keep snapshots a decision rests on; the caller has checked who decides."""
        # Nobody writes snapshots: only that they are kept is added here.
        self.sudo().write({"pinned": True})

    @api.autovacuum
    def _gc_snapshots(self):
        """Delete old snapshots that nothing rests on, some at a time."""
        self.env.cr.execute(
            SQL(
                """DELETE FROM continuity_credit_standing
                    WHERE id IN (SELECT id FROM continuity_credit_standing
                                  WHERE NOT COALESCE(latest, FALSE)
                                    AND NOT COALESCE(pinned, FALSE)
                                    AND as_of < now() - make_interval(months => %s)
                                  LIMIT %s)""",
                KEEP_MONTHS,
                GC_UNLINK_LIMIT,
            )
        )
        done = self.env.cr.rowcount
        return done, done == GC_UNLINK_LIMIT
