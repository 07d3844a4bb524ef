from odoo import api, fields, models


class ContinuityHandoverLine(models.Model):
    """One customer, or one deal without a customer, in a handover plan.

    =======  ==================================================================
    state    means
    =======  ==================================================================
    open     still the predecessor's; see ``gate_message`` for what is missing
    queued   the gate is open and the scheduler moves it next
    moved    cut over: ownership and open records are the successor's
    left     not moved, with the reason; stays with the predecessor
    undoing  undone, or the predecessor is back; the scheduler brings it back next
    undone   brought back: what nobody changed since is the predecessor's again, the
             rest is listed (``continuity.handover.leftover``)
    =======  ==================================================================

    The gate (:meth:`_gate_problems`) opens when, for a visit, the visit was held
    and every required item was prepared, confirmed with the customer and accepted;
    for information only, when every required item was prepared and accepted. A
    manager may overrule it with a reason, which is stored.
    """

    _name = "continuity.handover.line"
    _description = "Customer in a Handover Plan"
    _inherit = [
        "continuity.subject.mixin",
        "continuity.guarded.mixin",
        "continuity.handover.proposed",
    ]
    _order = "handover_id, excluded, mode desc, date_visit, id"
    _rec_names_search = ["partner_id", "deal_name"]

    _guarded_fields = frozenset(
        {
            "state",
            "moved_on",
            "left_reason",
            "cutover_error",
            "touchpoint_ids",
            "visit_touchpoint_id",
            "visit_failed_reason",
            "override_reason",
            "override_by_id",
            "override_on",
            "successor_signed_on",
            "predecessor_signed_on",
            "tier_id",
            "relationship_id",
            # Stored, computed: what a user wrote here would be believed.
            "company_id",
            "visit_state",
        }
    )

    handover_id = fields.Many2one(
        "continuity.handover", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="handover_id.company_id", store=True, index=True, precompute=True
    )
    plan_state = fields.Selection(related="handover_id.state", string="Plan Status")
    leaver_id = fields.Many2one(
        "res.users", string="Predecessor", required=True, index=True
    )
    successor_id = fields.Many2one("res.users", index=True)
    lead_id = fields.Many2one(
        "crm.lead",
        string="Deal",
        ondelete="set null",
        index="btree_not_null",
        help="For an open deal that has no customer yet.",
    )
    deal_name = fields.Char(
        readonly=True, help="As it was when the plan was made, for who cannot see it."
    )
    mode = fields.Selection(
        [("info", "Information only"), ("visit", "Joint visit")],
        required=True,
        default="info",
        help="Joint visit: predecessor and successor meet the customer together.\n"
        "Information only: the successor takes over from what is written down.",
    )
    manager_attends = fields.Boolean(string="Manager Comes Along")
    contact_ids = fields.Many2many(
        "res.partner",
        "continuity_handover_line_contact_rel",
        string="People to Meet",
        domain="['|', ('id', '=', partner_id), ('id', 'child_of', partner_id)]",
    )
    date_visit = fields.Datetime(string="Visit")
    invite_customer = fields.Boolean(
        string="Invite the Customer",
        help="Mails the people to meet an invitation to the visit, once the change is "
        "announced inside. Otherwise it is arranged by telephone.",
    )
    advice = fields.Text(
        string="Manager's Advice",
        help="What the successor should know or take care of.",
    )
    excluded = fields.Boolean(
        string="Left Out", help="The customer stays with the predecessor."
    )
    exclude_reason = fields.Char(string="Why Left Out")
    state = fields.Selection(
        [
            ("open", "Open"),
            ("queued", "Being moved"),
            ("moved", "Handed over"),
            ("left", "Not moved"),
            ("undoing", "Being brought back"),
            ("undone", "Brought back"),
        ],
        string="Status",
        default="open",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    moved_on = fields.Datetime(readonly=True, copy=False)
    left_reason = fields.Char(string="Why Not Moved", readonly=True, copy=False)
    cutover_error = fields.Text(string="Last Error", readonly=True, copy=False)

    visit_touchpoint_id = fields.Many2one(
        "continuity.touchpoint",
        string="Visit Contact",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )
    visit_state = fields.Selection(
        [
            ("none", "No visit"),
            ("planned", "Planned"),
            ("held", "Held"),
            ("failed", "Did not take place"),
        ],
        string="Visit Status",
        compute="_compute_visit_state",
        compute_sudo=True,
        store=True,
    )
    visit_failed_reason = fields.Char(readonly=True, copy=False)
    check_ids = fields.One2many(
        "continuity.handover.check", "line_id", string="Items", copy=False
    )
    gate_open = fields.Boolean(
        compute="_compute_gate", compute_sudo=True, string="Ready"
    )
    gate_message = fields.Text(
        compute="_compute_gate", compute_sudo=True, string="What Is Missing"
    )
    override_reason = fields.Text(readonly=True, copy=False)
    override_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    override_on = fields.Datetime(readonly=True, copy=False)
    successor_signed_on = fields.Datetime(
        string="Signed by Successor", readonly=True, copy=False
    )
    predecessor_signed_on = fields.Datetime(
        string="Signed by Predecessor", readonly=True, copy=False
    )
    is_successor = fields.Boolean(compute="_compute_roles", compute_sudo=True)
    is_leaver = fields.Boolean(compute="_compute_roles", compute_sudo=True)
    may_manage = fields.Boolean(compute="_compute_roles", compute_sudo=True)

    _subject = models.Constraint(
        "CHECK(partner_id IS NULL OR lead_id IS NULL)",
        "A line is about a customer or about a deal without one, not both.",
    )
    _successor = models.Constraint(
        "CHECK(successor_id IS DISTINCT FROM leaver_id)",
        "Predecessor and successor are the same person: choose another successor.",
    )

    # === COMPUTES === #

    @api.depends("partner_id", "deal_name")
    def _compute_display_name(self):
        # Not through the lead: the successor cannot read it before the cut-over.
        for line in self:
            line.display_name = line.partner_id.display_name or line.deal_name

    @api.depends("visit_touchpoint_id.state")
    def _compute_visit_state(self):
        states = {"owed": "planned", "tried": "planned", "done": "held"}
        for line in self:
            touchpoint = line.visit_touchpoint_id
            line.visit_state = (
                states.get(touchpoint.state, "failed") if touchpoint else "none"
            )

    @api.depends(
        "leaver_id",
        "successor_id",
        "handover_id.approval_ids.user_id",
        "handover_id.approval_ids.deputy_id",
    )
    @api.depends_context("uid")
    def _compute_roles(self):
        user = self.env.user
        for line in self:
            line.is_successor = line.successor_id == user
            line.is_leaver = line.leaver_id == user
            line.may_manage = line.handover_id._may_manage()

    @api.depends(
        "mode",
        "state",
        "plan_state",
        "successor_id",
        "visit_state",
        "excluded",
        "check_ids.state",
        "check_ids.topic_id.required",
        "override_reason",
    )
    def _compute_gate(self):
        for line in self:
            problems = line._gate_problems()
            line.gate_open = not problems
            line.gate_message = "\n".join(problems)
