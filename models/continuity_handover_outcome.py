from odoo import api, fields, models
from odoo.tools import format_date

# Days after a cut-over at which its outcome is measured, and how long invoices that
# come late still count.
PERIODS = (90, 180)
LATE_DAYS = 30


class ContinuityHandoverOutcome(models.Model):
    """What a customer bought after it was handed over, against the same number of
    days before, and against comparable customers who kept their salesperson (H12).

    ============  =============================================================
    state         means
    ============  =============================================================
    waiting       the days after the cut-over are not over
    done          measured, and compared with comparable customers
    too_few       measured; not enough comparable customers
    no_history    nothing bought in the days before: nothing to compare with
    moved_again   handed over once more meanwhile: nobody's outcome
    merged        the customer was merged with another one of the plan, which
                  stands for both
    ============  =============================================================

    *Comparable* are customers of the same tier and industry, as of the day of the
    cut-over, who have had the same salesperson since the first of the days compared
    and bought in the days before; where too few share the industry, those of the same
    tier. Amounts add up: ``revenue_gain`` is what a customer bought more, or less, than
    had it gone on like the comparable ones, so that the difference of any group is its
    gain ÷ its ``revenue_compared``.

    Written by :meth:`_measure` alone.
    """

    _name = "continuity.handover.outcome"
    _description = "Outcome of a Handover"
    _order = "handover_id desc, days, line_id"
    _rec_name = "line_id"

    line_id = fields.Many2one(
        "continuity.handover.line",
        string="Customer in Plan",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    days = fields.Integer(
        string="Days After", required=True, readonly=True, aggregator=None
    )
    handover_id = fields.Many2one(related="line_id.handover_id", store=True, index=True)
    partner_id = fields.Many2one(
        related="line_id.partner_id", string="Customer", store=True, index=True
    )
    company_id = fields.Many2one(related="line_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    leaver_id = fields.Many2one(related="line_id.leaver_id", store=True)
    successor_id = fields.Many2one(related="line_id.successor_id", store=True)
    mode = fields.Selection(related="line_id.mode", store=True)
    moved_day = fields.Date(string="Handed Over On", required=True, readonly=True)
    tier_id = fields.Many2one(
        "continuity.tier", readonly=True, help="As of the day of the cut-over."
    )
    industry_id = fields.Many2one("res.partner.industry", readonly=True)
    state = fields.Selection(
        [
            ("waiting", "Not over yet"),
            ("done", "Compared"),
            ("too_few", "Not enough comparable customers"),
            ("no_history", "Bought nothing before"),
            ("moved_again", "Handed over again"),
            ("merged", "Merged"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="waiting",
    )
    measured_on = fields.Date(readonly=True)
    revenue_before = fields.Monetary(
        readonly=True, help="Bought in as many days before the cut-over."
    )
    revenue_after = fields.Monetary(readonly=True)
    revenue_gain = fields.Monetary(
        string="Gain or Loss",
        readonly=True,
        help="What it bought more, or less, than had it gone on like the comparable "
        "customers.",
    )
    revenue_compared = fields.Monetary(
        string="Revenue Before, Compared",
        readonly=True,
        help="Revenue before of the customers that could be compared.",
    )
    purchases_before = fields.Integer(readonly=True)
    purchases_after = fields.Integer(readonly=True)
    bought_again = fields.Integer(
        readonly=True, help="1 if it bought at least once in the days after."
    )
    peer_count = fields.Integer(
        string="Comparable Customers", readonly=True, aggregator=None
    )
    peer_scope = fields.Selection(
        [("industry", "Same tier and industry"), ("tier", "Same tier")],
        string="Compared With",
        readonly=True,
    )
    change = fields.Float(
        string="Change (%)",
        compute="_compute_change",
        digits=(16, 1),
        store=True,
        aggregator=None,
    )
    peer_change = fields.Float(
        string="Comparable Customers (%)",
        readonly=True,
        digits=(16, 1),
        aggregator=None,
    )
    difference = fields.Float(
        string="Difference (Points)",
        compute="_compute_change",
        digits=(16, 1),
        store=True,
        aggregator=None,
        help="Change of this customer less the change of comparable customers, in "
        "percentage points.",
    )

    _one_each = models.Constraint(
        "UNIQUE(line_id, days)",
        "The outcome of this customer is measured already.",
    )

    @api.depends("revenue_before", "revenue_after", "peer_change", "state")
    def _compute_change(self):
        for outcome in self:
            before = outcome.revenue_before
            measured = outcome.state in ("done", "too_few") and before > 0
            change = (outcome.revenue_after / before - 1) * 100 if measured else 0
            outcome.change = change
            outcome.difference = (
                change - outcome.peer_change if outcome.state == "done" else 0
            )

    @api.depends("line_id", "days")
    def _compute_display_name(self):
        for outcome in self:
            outcome.display_name = self.env._(
                "%(customer)s, %(days)s days after %(day)s",
                customer=outcome.sudo().line_id.display_name,
                days=outcome.days,
                day=format_date(self.env, outcome.moved_day),
            )
