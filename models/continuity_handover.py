from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError


class ContinuityPolicyStep(models.Model):
    _inherit = "continuity.policy.step"

    purpose = fields.Selection(
        selection_add=[("handover", "Handover")], ondelete={"handover": "cascade"}
    )


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
    _refuse_decision = "refuse_plan"
    _cancel_decision = "cancel_plan"
    _editable_fields = frozenset({"report_note", "line_ids"})

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
            "stragglers_listed_on",
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
        help="For the approvers and those who may see the plan. Customers never see it."
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
    report_note = fields.Text(
        string="Remarks on the Result", help="Goes into the result report."
    )
    stragglers_listed_on = fields.Date(readonly=True, copy=False)

    line_count = fields.Integer(compute="_compute_progress", string="Customers in Plan")
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

    @api.depends("reason", "state", "approval_ids.state")
    def _compute_confidential(self):
        for plan in self:
            # What was approved has been heard of, also when it is cancelled then.
            plan.confidential = (
                plan.reason == "resignation" and not plan._was_approved()
            )

    @api.depends(
        "leaver_ids",
        "named_user_ids",
        "approval_ids.user_id",
        "approval_ids.deputy_id",
        "line_ids.successor_id",
        "line_ids.state",
        "confidential",
        "support_ended",
        "state",
    )
    def _compute_reader_ids(self):
        for plan in self:
            readers = plan.leaver_ids | plan.named_user_ids | plan.create_uid
            readers |= plan.approval_ids.user_id | plan.approval_ids.deputy_id
            if not plan.confidential:
                readers |= plan.line_ids.successor_id
            if plan._predecessor_is_out():
                readers -= plan.leaver_ids
            plan.reader_ids = readers

    def _predecessor_is_out(self):
        """Tell whether the predecessors read the plan no more: their support is over,
        nothing came back to them, and they have nothing left to sign (H9).

        :rtype: bool
        """
        self.ensure_one()
        if not self.support_ended or self.reason == "leave":
            return False
        if {"undoing", "undone"} & set(self.line_ids.mapped("state")):
            return False
        return self.reason == "resignation" or self.state in ("done", "cancelled")

    @api.depends(
        "line_ids.state", "line_ids.excluded", "line_ids.mode", "line_ids.visit_state"
    )
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

    # === ACCESS === #

    @api.model_create_multi
    def create(self, vals_list):
        plans = super().create(vals_list)
        plans._check_may_draft_for(plans.leaver_ids)
        return plans

    @api.constrains("leaver_ids")
    def _check_leavers(self):
        if any(not plan.leaver_ids for plan in self):
            raise ValidationError(self.env._("Name at least one predecessor."))

    def write(self, vals):
        if "report_note" in vals and not self.env.su:
            self._check_state("draft", "submitted", "approved", "running", "reported")
            self._check_participant()
        result = super().write(vals)
        if "company_id" in vals:
            self.line_ids.sudo()._take_snapshot()
        if "leaver_ids" in vals:
            self._check_may_draft_for(self.leaver_ids)
        return result

    @api.model
    def _check_may_draft_for(self, leavers):
        """Refuse plans for people one neither is nor manages.

        :param leavers: ``res.users``
        :raise AccessError: for a colleague's customers
        """
        if self.env.su:
            return
        for leaver in leavers._origin - self.env.user:
            if not self.env.user._is_continuity_manager_of(leaver):
                raise AccessError(
                    self.env._(
                        "A plan for %s is drafted by themself or by their manager.",
                        leaver.name,
                    )
                )

    def _check_participant(self):
        """Refuse what only the people of a plan do.

        :raise AccessError: unless predecessor, successor, approver or manager
        """
        for plan in self:
            plan.check_access("read")
            if self.env.user not in plan.leaver_ids | plan.line_ids.successor_id:
                plan._check_may_manage()

    def _may_manage(self):
        # A manager who leaves decides nothing about their own plan (I7).
        own = self.env.user in self.sudo().leaver_ids
        if own and not self.sudo().company_id.continuity_allow_self_approval:
            return False
        return super()._may_manage()

    @api.ondelete(at_uninstall=False)
    def _unlink_only_before_it_runs(self):
        if self.sudo().line_ids.check_ids or self.sudo().move_ids:
            raise UserError(
                self.env._("A plan that was carried out, even in part, is evidence.")
            )

    # === APPROVAL === #

    def _authors(self):
        # The plan is the leaver's own, also when their manager drafts it for them
        # and then approves it (H1).
        return self.leaver_ids._origin

    def action_approve(self):
        # Between drafting and approving another plan may have been approved, or
        # the approver may have overruled lines.
        for plan in self.filtered(lambda p: p.state == "submitted"):
            if errors := plan._line_errors():
                raise UserError("\n".join(errors))
        return super().action_approve()

    def action_draft(self):
        for plan in self:
            plan._check_state("refused", "cancelled", "submitted")
            if plan.sudo().line_ids.check_ids:
                raise UserError(
                    self.env._(
                        "%s was carried out in part: duplicate it to go on with the "
                        "rest.",
                        plan.name,
                    )
                )
        return super().action_draft()

    def _on_approved(self):
        result = super()._on_approved()
        today = fields.Date.context_today(self)
        for plan in self.sudo():
            people = plan.leaver_ids | plan.line_ids.successor_id | plan.create_uid
            people |= plan.approval_ids.user_id
            plan.message_subscribe(partner_ids=people.partner_id.ids)
            if plan.date_start <= today:
                plan._start()
        return result

    @api.depends("leaver_ids")
    def _compute_may_manage(self):
        return super()._compute_may_manage()
