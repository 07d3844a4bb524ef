from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

# Who may change what on a line of a plan that is no longer a draft. The manager
# overrules line by line until the plan is approved (H3).
MANAGER_FIELDS = {
    "submitted": {
        "mode",
        "manager_attends",
        "successor_id",
        "advice",
        "contact_ids",
        "date_visit",
        "invite_customer",
        "letter_template_id",
        "tell_when",
        "hold_until",
        "introduce_in_writing",
        "excluded",
        "exclude_reason",
    },
    "approved": {
        "manager_attends",
        "advice",
        "contact_ids",
        "date_visit",
        "invite_customer",
        "letter_template_id",
        "tell_when",
        "hold_until",
        "introduce_in_writing",
    },
    "running": {
        "manager_attends",
        "advice",
        "contact_ids",
        "date_visit",
        "invite_customer",
        "letter_template_id",
        "tell_when",
        "hold_until",
        "introduce_in_writing",
    },
}
PARTICIPANT_FIELDS = {
    "approved": {"contact_ids", "date_visit", "invite_customer"},
    "running": {"contact_ids", "date_visit", "invite_customer"},
}
# What the touchpoint of the visit has to hear of.
VISIT_FIELDS = {"date_visit", "manager_attends", "contact_ids", "invite_customer"}


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

    # === ACCESS === #

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(self._with_customers(vals_list))
        lines._check_draft_author()
        lines._check_subjects()
        lines.sudo()._take_snapshot()
        return lines

    @api.model
    def _with_customers(self, vals_list):
        """Return values in which contacts are replaced by their customers."""
        ids = {vals["partner_id"] for vals in vals_list if vals.get("partner_id")}
        partners = self.env["res.partner"].sudo().browse(ids)
        customers = {p.id: p.commercial_partner_id.id for p in partners}
        return [
            {**vals, "partner_id": customers[vals["partner_id"]]}
            if vals.get("partner_id")
            else vals
            for vals in vals_list
        ]

    def _take_snapshot(self):
        """Keep names, relationship and tier as they are now. With the rights of the
        app: whoever drafts for a colleague may not see the relationship itself."""
        for line in self.filtered("lead_id"):
            line.deal_name = line.lead_id.name
        relationship_model = self.env["continuity.relationship"]
        for company, lines in self.filtered("partner_id").grouped("company_id").items():
            relationships = relationship_model._ensure(company, lines.partner_id)
            by_partner = relationships.grouped("partner_id")
            unseen = self.env["continuity.handover"]._find_unseen(
                lines.partner_id, lines.leaver_id, company
            )
            for line in lines:
                relationship = by_partner[line.partner_id.commercial_partner_id]
                line.relationship_id = relationship
                line.tier_id = line.partner_id not in unseen and relationship.tier_id

    def write(self, vals):
        if not self.env.su:
            self.check_access("write")
            self._check_editable(vals)
        [vals] = self._with_customers([vals])
        if "partner_id" in vals:
            # The people of another customer are nobody to meet here.
            vals = {"contact_ids": [Command.clear()], **vals}
        result = super().write(vals)
        if {"partner_id", "lead_id", "leaver_id"}.intersection(vals):
            self._check_subjects()
            self.sudo()._take_snapshot()
        if VISIT_FIELDS.intersection(vals):
            self._update_visits(vals)
        return result

    def _check_subjects(self):
        """Refuse customers and deals that are none of the predecessor's and that the
        user cannot see either: a line tells the name of a deal and the tier.

        :raise AccessError: naming the first one
        """
        if self.env.su:
            return
        for plan, lines in self.grouped("handover_id").items():
            company = plan.company_id
            customers, deals = plan.sudo()._find_customers(lines.leaver_id, company)
            visible = self.env["continuity.relationship"].search(
                [
                    ("partner_id", "in", lines.partner_id.ids),
                    ("company_id", "=", company.id),
                ]
            )
            readable_leads = lines.lead_id._filtered_access("read")
            for line in lines:
                partner, lead = line.partner_id, line.lead_id
                known = partner.id in customers[line.leaver_id.id]
                deal = lead.id in deals[line.leaver_id.id]
                if partner and not (known or partner in visible.partner_id):
                    self._refuse_subject(line, partner.display_name)
                elif lead and not (deal or lead in readable_leads):
                    self._refuse_subject(line, self.env._("This deal"))

    def _refuse_subject(self, line, name):
        raise AccessError(
            self.env._(
                "%(name)s is nothing %(leaver)s works on in %(company)s.",
                name=name,
                leaver=line.leaver_id.name,
                company=line.handover_id.company_id.name,
            )
        )

    @api.constrains("contact_ids", "partner_id")
    def _check_contacts(self):
        for line in self.sudo():
            strangers = line.contact_ids.filtered(
                lambda p, x=line: p.commercial_partner_id != x.partner_id
            )
            if strangers:
                raise ValidationError(
                    self.env._(
                        "%(person)s does not belong to %(customer)s: name somebody of "
                        "the customer.",
                        person=strangers[0].display_name,
                        customer=line.display_name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _check_draft_author(self):
        """Lines come and go with the draft, by the hand of its authors."""
        if not self.env.su:
            self.handover_id._check_state("draft")
            self.handover_id._check_author()

    def _check_editable(self, vals):
        """Refuse changes that do not fit the state of the plan and the user's role.

        :raise UserError: when the plan is past the state this can be changed in
        :raise AccessError: when only a manager may change it
        """
        # Items have checks of their own, see continuity.handover.check.
        names = set(vals) - {"check_ids"}
        for line in self.sudo():
            state = line.plan_state
            if not names:
                continue
            if vals.get("handover_id", line.handover_id.id) != line.handover_id.id:
                raise UserError(
                    self.env._("A line stays in its plan: add the customer there.")
                )
            if state == "draft":
                line.handover_id.with_env(self.env)._check_author()
                continue
            if line.state != "open" or not names <= MANAGER_FIELDS.get(state, set()):
                raise UserError(
                    self.env._(
                        "%(plan)s is past that point: take it back to draft to "
                        "change “%(line)s”.",
                        plan=line.handover_id.name,
                        line=line.display_name,
                    )
                )
            if line.handover_id._may_manage():
                continue
            is_participant = self.env.user in line.leaver_id | line.successor_id
            if not is_participant or not names <= PARTICIPANT_FIELDS.get(state, set()):
                raise AccessError(
                    self.env._(
                        "Only an approver of %s or a manager can change this now.",
                        line.handover_id.name,
                    )
                )

    # === GATE === #

    def _gate_problems(self):
        """Return what keeps this line from being cut over, in words; empty when
        nothing does. Extensions add their conditions.

        :rtype: list[str]
        """
        self.ensure_one()
        problems = []
        if self.plan_state != "running":
            problems.append(self.env._("The plan is not running."))
        if self.excluded or self.state not in ("open", "queued"):
            problems.append(self.env._("This line is closed."))
        if not self.successor_id:
            problems.append(self.env._("Nobody is named as successor."))
        if problems or self.override_reason:
            return problems
        if self.mode == "visit" and self.visit_state != "held":
            problems.append(self.env._("The joint visit has not been held."))
        missing = self.check_ids.filtered(
            lambda c: c.topic_id.required and c.state != "accepted"
        )
        for step, checks in missing.grouped(lambda c: c._missing_step()).items():
            problems.append(f"{step}: {', '.join(checks.topic_id.mapped('name'))}")
        if not self.check_ids:
            problems.append(self.env._("There are no items: start the plan first."))
        return problems

    def _override_gate(self, reason):
        """Open the gate by a manager's decision, which is stored.

        :param str reason: why the customer may change hands all the same
        :raise AccessError: unless an approver of the plan or a manager
        :raise UserError: without a reason, or when the plan is not running
        """
        if not (reason or "").strip():
            raise UserError(self.env._("Say why it may go ahead all the same."))
        for line in self:
            line.handover_id._check_may_manage()
            line.handover_id._check_state("running")
            line._check_open()
            line.sudo().write(
                {
                    "override_reason": reason,
                    "override_by_id": self.env.uid,
                    "override_on": fields.Datetime.now(),
                }
            )
            line.handover_id.sudo().message_post(
                body=self.env._(
                    "%(customer)s may be cut over although something is missing: "
                    "%(reason)s",
                    customer=line.display_name,
                    reason=reason,
                )
            )

    def _check_open(self):
        """Refuse decisions on lines that are decided already.

        :raise UserError: naming the first one
        """
        for line in self:
            if line.state != "open" or line.excluded:
                raise UserError(
                    self.env._("“%s” is closed already.", line.display_name)
                )

    def _leave(self, reason):
        """Close open lines without moving them; they stay with the predecessor.

        :param str reason: shown in the result report
        :raise AccessError: unless an approver of the plan or a manager
        :raise UserError: without a reason, or when the plan is not running
        """
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the customer is not handed over."))
        for line in self:
            line.handover_id._check_may_manage()
            line.handover_id._check_state("running")
            line._check_open()
            line.sudo().write({"state": "left", "left_reason": reason})
            line.sudo()._withdraw_contacts(reason)

    # === ITEMS === #

    def _create_checks(self):
        """Create the items of these lines: for customers all, for deals without a
        customer those that apply to deals."""
        topics = self.env["continuity.handover.topic"].search([])
        self.env["continuity.handover.check"].create(
            [
                {"line_id": line.id, "topic_id": topic.id}
                for line in self
                for topic in topics
                if line.partner_id or topic.for_deals
            ]
        )

    def action_prepare_items(self):
        """Declare every item that has a text prepared, as the predecessor.

        :return: a notification of what was passed over and why, if anything was
        """
        self.check_ids.filtered(
            lambda c: c.state == "to_prepare" and (c.prepared_text or "").strip()
        ).action_prepare()
        skipped = [text for line in self for text in line._describe_skipped_items()]
        if not skipped:
            return False
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "title": self.env._("Not everything is prepared yet"),
                "message": "\n".join(skipped),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _describe_skipped_items(self):
        """Say which items of this customer the predecessor still has to see to.

        :rtype: list[str]
        """
        self.ensure_one()
        empty = self.check_ids.filtered(lambda c: c.state == "to_prepare")
        returned = self.check_ids.filtered(lambda c: c.state == "returned")
        texts = []
        if empty:
            texts.append(
                self.env._(
                    "%(customer)s – empty: %(items)s. Write down what the successor "
                    "must know, or that there is nothing at the moment.",
                    customer=self.display_name,
                    items=", ".join(empty.topic_id.mapped("name")),
                )
            )
        if returned:
            texts.append(
                self.env._(
                    "%(customer)s – handed back with a question: %(items)s. Answer it, "
                    "and prepare the item again.",
                    customer=self.display_name,
                    items=", ".join(returned.topic_id.mapped("name")),
                )
            )
        return texts

    def action_override_gate(self):
        """Ask the manager why it may go ahead although something is missing."""
        return self.env["continuity.reason.wizard"]._open(self, "override_gate")

    def action_leave(self):
        """Ask the manager why a customer is not handed over."""
        return self.env["continuity.reason.wizard"]._open(self, "leave_line")

    def action_sign_off(self):
        """Sign a moved line off, as its successor or as its predecessor (H10).

        :raise AccessError: for anybody else
        :raise UserError: before the line has moved
        """
        user = self.env.user
        now = fields.Datetime.now()
        for line in self:
            line.check_access("read")
            if line.state != "moved":
                raise UserError(
                    self.env._(
                        "“%s” is not handed over yet: there is nothing to sign off.",
                        line.display_name,
                    )
                )
            if user == line.successor_id:
                line.sudo().successor_signed_on = now
            elif user == line.leaver_id:
                line.sudo().predecessor_signed_on = now
            else:
                raise AccessError(
                    self.env._("Predecessor and successor sign off, each for themself.")
                )

    def action_cut_over(self):
        """Hand the ready lines over; long lists are left to the scheduler.

        :raise UserError: naming the first line whose gate is shut, and why
        """
        for line in self:
            line.check_access("read")
            if not (line.is_successor or line.is_leaver or line.may_manage):
                raise AccessError(
                    self.env._("Only those who take part can hand a customer over.")
                )
            if problems := line.sudo()._gate_problems():
                raise UserError(
                    self.env._(
                        "“%(customer)s” is not ready:\n%(problems)s",
                        customer=line.display_name,
                        problems="\n".join(problems),
                    )
                )
        self.handover_id._queue_cut_over(self)
