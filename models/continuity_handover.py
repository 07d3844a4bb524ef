from odoo import api, fields, models
from odoo.exceptions import UserError

READER_STATES_FOR_SUCCESSORS = ("approved", "running", "reported", "done")


class ContinuityHandover(models.Model):
    """A handover plan (引継計画書): who passes which customers to whom, and how.

    The states are those of ``continuity.process.mixin``. While *running*, each
    line is prepared, visited, confirmed, accepted and cut over on its own (see
    ``continuity.handover.line``); once no line is open the leaver, the successor
    or the manager reports the result and the manager closes the plan.

    A resignation is confidential until it is approved: until then only the
    leaver, the author, the approvers and those they name can see the plan.
    """

    _name = "continuity.handover"
    _description = "Handover Plan"
    _inherit = ["continuity.process.mixin"]
    _order = "date_start desc, id desc"
    _sequence_code = "continuity.handover"

    _guarded_fields = frozenset(
        {
            "name",
            "state",
            "submitted_by_id",
            "submitted_on",
            "refusal_reason",
            "reader_ids",
            "confidential",
            "move_ids",
            "closed_by_id",
            "closed_on",
        }
    )

    leaver_ids = fields.Many2many(
        "res.users",
        "continuity_handover_leaver_rel",
        string="Predecessors",
        required=True,
        context={"active_test": False},
    )
    reason = fields.Selection(
        [
            ("transfer", "Transfer"),
            ("resignation", "Resignation"),
            ("promotion", "Promotion"),
            ("reorganisation", "Reorganisation"),
            ("leave", "Temporary leave"),
        ],
        required=True,
        default="transfer",
        tracking=True,
    )
    internal_reason = fields.Text(
        help="For the approvers and those who may see the plan. Customers never "
        "see it."
    )
    customer_reason = fields.Text(
        string="What Customers Are Told",
        translate=True,
        help="The reason in the words customers hear: honest and specific.",
    )
    announce_date = fields.Date(
        string="Announced Inside On",
        required=True,
        default=fields.Date.context_today,
        help="The day the change is announced inside the company (発令日). No "
        "customer is told before.",
    )
    date_start = fields.Date(
        string="Period From", required=True, default=fields.Date.context_today
    )
    date_end = fields.Date(string="Period To", required=True)
    last_day = fields.Date(
        string="Last Working Day",
        help="The predecessor's last day in the old position.",
    )
    return_date = fields.Date(help="For a temporary leave: the first day back.")
    support_end = fields.Date(
        string="Support Until",
        compute="_compute_support_end",
        store=True,
        readonly=False,
        help="Until then the predecessor keeps following the customers. On a "
        "resignation this is the last working day at the latest.",
    )
    visits_per_day = fields.Integer(
        compute="_compute_visits_per_day",
        store=True,
        readonly=False,
        help="How many customers one person can visit properly in a day.",
    )
    named_user_ids = fields.Many2many(
        "res.users",
        "continuity_handover_named_rel",
        string="May Also See",
        help="Colleagues who may see the plan before it is approved.",
    )
    approval_ids = fields.One2many(
        "continuity.handover.approval", "handover_id", copy=True, string="Approvers"
    )
    manager_id = fields.Many2one(
        "res.users",
        compute="_compute_manager_id",
        compute_sudo=True,
        string="Manager",
        help="The first approver: accompanies visits to key accounts.",
    )
    line_ids = fields.One2many(
        "continuity.handover.line", "handover_id", string="Customers", copy=True
    )
    move_ids = fields.One2many(
        "continuity.handover.move", "handover_id", string="What Moved", readonly=True
    )
    confidential = fields.Boolean(
        compute="_compute_confidential", store=True, readonly=True
    )
    reader_ids = fields.Many2many(
        "res.users",
        "continuity_handover_reader_rel",
        compute="_compute_reader_ids",
        store=True,
        compute_sudo=True,
        string="Seen By",
    )
    may_manage = fields.Boolean(compute="_compute_may_manage", compute_sudo=True)
    report_note = fields.Text(
        string="Remarks on the Result", help="Goes into the result report."
    )
    closed_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    closed_on = fields.Datetime(readonly=True, copy=False)

    line_count = fields.Integer(compute="_compute_progress", string="Customers")
    visit_count = fields.Integer(compute="_compute_progress", string="Visits Planned")
    held_count = fields.Integer(compute="_compute_progress", string="Visits Held")
    moved_count = fields.Integer(compute="_compute_progress", string="Handed Over")
    open_count = fields.Integer(compute="_compute_progress", string="Still Open")
    progress = fields.Integer(compute="_compute_progress", string="Progress (%)")

    _period = models.Constraint(
        "CHECK(date_end >= date_start)",
        "The period ends before it begins: correct one of the dates.",
    )

    # === COMPUTES === #

    @api.depends("date_end", "last_day", "reason")
    def _compute_support_end(self):
        for plan in self:
            if plan.reason == "resignation":
                plan.support_end = plan.last_day
            elif plan.date_end:
                plan.support_end = fields.Date.add(plan.date_end, days=30)

    @api.depends("company_id")
    def _compute_visits_per_day(self):
        for plan in self:
            plan.visits_per_day = plan.company_id.continuity_visits_per_day

    @api.depends("approval_ids.user_id", "approval_ids.sequence")
    def _compute_manager_id(self):
        for plan in self:
            plan.manager_id = plan.approval_ids[:1].user_id

    @api.depends("reason", "state")
    def _compute_confidential(self):
        for plan in self:
            plan.confidential = (
                plan.reason == "resignation"
                and plan.state not in READER_STATES_FOR_SUCCESSORS
            )

    @api.depends(
        "leaver_ids",
        "named_user_ids",
        "approval_ids.user_id",
        "approval_ids.deputy_id",
        "line_ids.successor_id",
        "confidential",
    )
    def _compute_reader_ids(self):
        for plan in self:
            readers = plan.leaver_ids | plan.named_user_ids | plan.create_uid
            readers |= plan.approval_ids.user_id | plan.approval_ids.deputy_id
            if not plan.confidential:
                readers |= plan.line_ids.successor_id
            plan.reader_ids = readers

    @api.depends_context("uid")
    def _compute_may_manage(self):
        for plan in self:
            plan.may_manage = plan._may_manage()

    @api.depends("line_ids.state", "line_ids.excluded", "line_ids.visit_state")
    def _compute_progress(self):
        for plan in self:
            lines = plan.line_ids.filtered(lambda line: not line.excluded)
            visits = lines.filtered(lambda line: line.mode == "visit")
            plan.line_count = len(lines)
            plan.visit_count = len(visits)
            plan.held_count = len(lines.filtered(lambda x: x.visit_state == "held"))
            plan.moved_count = len(lines.filtered(lambda x: x.state == "moved"))
            plan.open_count = len(lines.filtered(lambda x: x.state == "open"))
            plan.progress = 100 * plan.moved_count // (len(lines) or 1)
