from odoo import Command, api, fields, models
from odoo.exceptions import UserError


class ContinuityHandoverWizard(models.TransientModel):
    """Prepare a handover plan in three steps: who, what, preview.

    Nothing moves and nobody is told: the result is a draft plan. Drafted by the
    leaver, or by a manager for them.
    """

    _name = "continuity.handover.wizard"
    _description = "Hand Over Customers"
    _inherit = ["continuity.process.wizard.mixin"]

    _document_model = "continuity.handover"
    _preview_template = "customer_continuity.handover_preview"

    step = fields.Selection(
        [("who", "Who"), ("what", "What"), ("preview", "Preview")],
        default="who",
        required=True,
        readonly=True,
    )
    leaver_ids = fields.Many2many(
        "res.users",
        "continuity_handover_wizard_leaver_rel",
        string="Predecessors",
        required=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        context={"active_test": False},
    )
    reason = fields.Selection(
        selection=lambda self: self._document_selection("reason"),
        required=True,
        default="transfer",
    )
    internal_reason = fields.Text(
        help="For the approvers and those who may see the plan. Customers never see it."
    )
    announce_date = fields.Date(
        string="Announced Inside On",
        required=True,
        default=fields.Date.context_today,
        help="The day the change is announced inside the company. No customer is "
        "told before.",
    )
    date_start = fields.Date(
        string="Period From", required=True, default=fields.Date.context_today
    )
    date_end = fields.Date(
        string="Period To",
        required=True,
        default=lambda self: fields.Date.add(fields.Date.context_today(self), days=30),
    )
    last_day = fields.Date(string="Last Working Day")
    return_date = fields.Date()
    visits_per_day = fields.Integer(
        compute="_compute_visits_per_day", store=True, readonly=False
    )
    successor_mode = fields.Selection(
        [("one", "One successor for all"), ("each", "A successor for each customer")],
        required=True,
        default="one",
        string="Who Takes Over",
    )
    successor_id = fields.Many2one("res.users", domain="[('share', '=', False)]")
    approver_id = fields.Many2one(
        compute="_compute_approver_id",
        store=True,
        readonly=False,
        help="Usually the predecessor's manager. Further approvers and deputies can "
        "be named on the plan.",
    )
    line_ids = fields.One2many("continuity.handover.wizard.line", "wizard_id")

    @api.depends("company_id")
    def _compute_visits_per_day(self):
        for wizard in self:
            wizard.visits_per_day = wizard.company_id.continuity_visits_per_day

    @api.depends("leaver_ids")
    def _compute_approver_id(self):
        for wizard in self:
            leavers = wizard.leaver_ids._origin
            managers = leavers.sudo().crm_team_ids.user_id
            if all(self.env.user._is_continuity_manager_of(x) for x in leavers):
                managers |= self.env.user
            wizard.approver_id = (managers - leavers)[:1]

    # === STEP 1: WHO === #

    def _who_errors(self, plan):
        """Return every reason why the plan cannot be drafted for these people.

        :param plan: see :meth:`_draft`
        :rtype: list[str]
        """
        self.ensure_one()
        errors = plan._date_errors() + plan._approver_errors()
        if not self.approver_id:
            errors.append(
                self.env._("Name an approver: usually the predecessor's manager.")
            )
        if self.visits_per_day < 1:
            errors.append(self.env._("Allow at least one visit a day."))
        if self.successor_mode == "one":
            errors += self._successor_errors()
        return errors

    def _successor_errors(self):
        """Return what is wrong with the one successor for all."""
        if not self.successor_id:
            return [self.env._("Name the successor.")]
        if self.successor_id in self.leaver_ids:
            return [
                self.env._(
                    "%s cannot take over from themself: choose another successor.",
                    self.successor_id.name,
                )
            ]
        problem = self.env["continuity.handover"]._successor_problem(
            self.successor_id, self.company_id
        )
        return [problem] if problem else []

    def _check_may_draft(self):
        """Refuse plans for people one neither is nor manages."""
        people = self.leaver_ids | self.line_ids.leaver_id
        self.env["continuity.handover"]._check_may_draft_for(people)
        return super()._check_may_draft()

    def _title(self):
        return self.env._("Hand Over Customers")

    def action_what(self):
        """Go to step two: propose one line per customer, with reasons. Coming back
        from a later step, what was edited there is kept.

        :raise UserError: listing all that is wrong with step one, or when the
            leavers have no customers
        :raise AccessError: for people one neither is nor manages
        """
        self.ensure_one()
        self._check_may_draft()
        if errors := self._who_errors(self._draft()):
            raise UserError("\n".join(errors))
        proposals = self._get_proposals()
        if not proposals:
            raise UserError(
                self.env._(
                    "%(people)s have no customers and no open business in "
                    "%(company)s: there is nothing to hand over.",
                    people=", ".join(self.leaver_ids.mapped("name")),
                    company=self.company_id.name,
                )
            )
        self.line_ids = self._prepare_line_commands(proposals)
        self.step = "what"
        self._suggest_dates()
        return self._reopen()

    def _get_proposals(self):
        """Return the values of the lines that are proposed; extensions choose among
        them. Callers have checked who drafts.

        :rtype: list[dict]
        """
        return self.env["continuity.handover"]._propose_lines(
            self.leaver_ids, self.company_id
        )

    def _prepare_line_commands(self, proposals):
        """Return what makes the lines those proposed: new ones, those known already
        with what people changed on them, and no others.

        :param list proposals: values of lines, see ``_propose_lines``
        :rtype: list[Command]
        """
        known = {}
        for line in self.line_ids:
            # Another company's relationship and tier do not fit any more.
            company = line.sudo().relationship_id.company_id
            if not company or company == self.company_id:
                key = (line.leaver_id.id, line.partner_id.id, line.lead_id.id)
                known[key] = line
        commands = []
        for values in proposals:
            key = (
                values["leaver_id"],
                values.get("partner_id", False),
                values.get("lead_id", False),
            )
            successor = self._propose_successor(values)
            proposed = {"proposed_successor_id": successor.id}
            if line := known.pop(key, None):
                if line.successor_id == line.proposed_successor_id:
                    proposed["successor_id"] = successor.id
                if line.date_visit == line.proposed_date:
                    proposed["date_visit"] = False
                commands.append(Command.update(line.id, proposed))
            else:
                commands.append(
                    Command.create({**values, **proposed, "successor_id": successor.id})
                )
        kept = {command[1] for command in commands if command[0] == Command.UPDATE}
        gone = self.line_ids.filtered(lambda line: line.id not in kept)
        return [Command.delete(line.id) for line in gone] + commands

    def _propose_successor(self, values):
        """Return who is proposed to take a line over; extensions add ways.

        :param dict values: of the line, see ``_propose_lines``
        :rtype: res.users
        """
        return self.successor_id if self.successor_mode == "one" else self.env.user[:0]

    def _suggest_dates(self):
        """Propose a time for each visit that all who take part can keep."""
        plan = self._draft()
        plan._suggest_dates()
        for wizard_line, line in zip(self.line_ids, plan.line_ids, strict=True):
            if wizard_line.date_visit != line.date_visit:
                wizard_line.date_visit = wizard_line.proposed_date = line.date_visit

    def action_suggest_dates(self):
        """Propose dates again, after lines were changed.

        :raise AccessError: for people one neither is nor manages
        """
        self._check_may_draft()
        self.line_ids.date_visit = False
        self._suggest_dates()
        return self._reopen()

    # === STEP 3: PREVIEW === #

    def action_preview(self):
        """Go to step three: everything that would happen, and what is wrong."""
        self.ensure_one()
        self._check_may_draft()
        self.step = "preview"
        return self._reopen()

    # === THE PLAN === #

    def _prepare_draft_values(self):
        """Return the values of the draft plan, without its lines."""
        return {
            **super()._prepare_draft_values(),
            "leaver_ids": [Command.set(self.leaver_ids.ids)],
            "reason": self.reason,
            "internal_reason": self.internal_reason,
            "announce_date": self.announce_date,
            "date_start": self.date_start,
            "date_end": self.date_end,
            "last_day": self.last_day,
            "return_date": self.return_date,
            "visits_per_day": self.visits_per_day,
        }

    def _draft(self):
        """Return the plan with its lines in the order of the wizard's."""
        lines = [
            Command.create({**line._prepare_line_values(), **line._prepare_snapshot()})
            for line in self.line_ids
        ]
        return super()._draft(line_ids=lines)

    def _errors(self, draft):
        return self._who_errors(draft) + super()._errors(draft)

    def _warnings(self, draft):
        return draft._submission_warnings()

    def _prepare_preview(self, draft):
        return {"plan": draft, "counts": draft._count_records()}

    def _create_document(self):
        lines = [Command.create(x._prepare_line_values()) for x in self.line_ids]
        return super()._create_document(line_ids=lines)


class ContinuityHandoverWizardLine(models.TransientModel):
    """One proposed line; see ``continuity.handover.line`` for the fields."""

    _name = "continuity.handover.wizard.line"
    _inherit = ["continuity.handover.proposed", "continuity.readable.onchange.mixin"]
    _description = "Customer to Hand Over"
    _order = "excluded, mode desc, date_visit, id"

    wizard_id = fields.Many2one(
        "continuity.handover.wizard", required=True, ondelete="cascade"
    )
    leaver_id = fields.Many2one("res.users", string="Predecessor", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    lead_id = fields.Many2one("crm.lead", string="Deal", readonly=True)
    deal_name = fields.Char(readonly=True)
    relationship_id = fields.Many2one("continuity.relationship", readonly=True)
    tier_id = fields.Many2one("continuity.tier", readonly=True)
    mode = fields.Selection(selection="_selection_mode", required=True)
    manager_attends = fields.Boolean(string="Manager Comes Along")
    successor_id = fields.Many2one("res.users", domain="[('share', '=', False)]")
    # What was proposed last, to tell it from what somebody chose.
    proposed_successor_id = fields.Many2one("res.users", readonly=True)
    proposed_date = fields.Datetime(readonly=True)
    contact_ids = fields.Many2many(
        "res.partner",
        "continuity_handover_wizard_line_contact_rel",
        string="People to Meet",
        domain="['|', ('id', '=', partner_id), ('id', 'child_of', partner_id)]",
    )
    date_visit = fields.Datetime(string="Visit")
    excluded = fields.Boolean(string="Leave Out")
    exclude_reason = fields.Char(string="Why Left Out")

    @api.model
    def _selection_mode(self):
        field = self.env["continuity.handover.line"]._fields["mode"]
        return field._description_selection(self.env)

    @api.depends("partner_id", "lead_id", "deal_name")
    def _compute_display_name(self):
        for line in self:
            line.display_name = line.partner_id.display_name or line.deal_name

    def _prepare_line_values(self):
        """Return the values of the plan's line."""
        self.ensure_one()
        return {
            "leaver_id": self.leaver_id.id,
            "partner_id": self.partner_id.id,
            "lead_id": self.lead_id.id,
            "deal_name": self.deal_name,
            "proposal": self.proposal,
            "mode": self.mode,
            "manager_attends": self.manager_attends,
            "successor_id": self.successor_id.id,
            "contact_ids": [Command.set(self.contact_ids.ids)],
            "date_visit": self.mode == "visit" and self.date_visit,
            "excluded": self.excluded,
            "exclude_reason": self.exclude_reason,
        }

    def _prepare_snapshot(self):
        """Return what the plan's line will look up itself when it is created."""
        return {"relationship_id": self.relationship_id.id, "tier_id": self.tier_id.id}
