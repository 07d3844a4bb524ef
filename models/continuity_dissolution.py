from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class ContinuityDissolution(models.Model):
    """A dissolution campaign (注销 / 清算 / 廃業): how the customers of a company, a
    branch or a product line that is wound down are told, served to the end and
    referred (D1–D10).

    The states are those of ``continuity.process.mixin``. It starts (*running*) when
    the decision is recorded, not before: until then nothing is planned and nothing
    leaves (:meth:`_start_errors`). It is reported when nobody is left to be told and
    every obligation has ended or is decided by name (:meth:`_closing_errors`), and
    closed by its manager.

    A campaign is confidential until it is approved: only the author, the approvers,
    the task force and those they name see it.
    """

    _name = "continuity.dissolution"
    _description = "Dissolution Campaign"
    _inherit = ["continuity.process.mixin"]
    _order = "id desc"
    _sequence_code = "continuity.dissolution"
    _refuse_decision = "refuse_dissolution"
    _cancel_decision = "cancel_dissolution"
    _editable_fields = frozenset(
        {
            "report_note",
            "data_keeper_id",
            "data_keeper_note",
            "aftercare_user_id",
            "export_user_ids",
            "member_ids",
            # What notices say, to be completed and translated to the last.
            "claim_how",
            "export_guide",
            "data_handling",
            "data_deletion_date",
        }
    )

    _guarded_fields = frozenset({"reader_ids", "confidential"})

    kind = fields.Selection(
        [
            ("company", "The company"),
            ("branch", "A branch"),
            ("product", "A product line"),
        ],
        string="What Is Wound Down",
        required=True,
        default="company",
        tracking=True,
    )
    internal_reason = fields.Text(
        help="For the approvers and those who may see the campaign. Customers never "
        "see it."
    )
    jurisdiction_id = fields.Many2one(
        "continuity.jurisdiction",
        ondelete="restrict",
        help="Whose law says what is due by when, and what a notice must contain.",
    )
    owner_id = fields.Many2one(
        "res.users",
        string="Owner or Legal Representative",
        default=lambda self: self.env.user,
        help="Signs the notices beside the customer's contact person, with a personal "
        "line.",
    )
    min_notice_days = fields.Integer(
        string="Notice before the Last Service (days)",
        compute="_compute_min_notice_days",
        store=True,
        readonly=False,
        help="So many days at least remain to customers, between the day they are told "
        "and the last service, to find another supplier.",
    )
    team_ids = fields.Many2many(
        "crm.team",
        "continuity_dissolution_team_rel",
        string="Only Sales Teams",
        help="Empty: the customers of all teams.",
    )
    categ_ids = fields.Many2many(
        "product.category",
        "continuity_dissolution_categ_rel",
        string="Only Buyers of",
        help="Empty: whatever they buy.",
    )
    country_ids = fields.Many2many(
        "res.country",
        "continuity_dissolution_country_rel",
        string="Only Countries",
        help="Empty: customers of all countries.",
    )
    named_user_ids = fields.Many2many(
        "res.users",
        "continuity_dissolution_named_rel",
        string="May Also See",
        help="Colleagues who may see the campaign before it is approved.",
    )
    export_user_ids = fields.Many2many(
        "res.users",
        "continuity_dissolution_exporter_rel",
        string="May Export Customer Data",
        help="From the decision on nobody else exports customers. Every export is "
        "logged, and the task force hears of it.",
    )
    data_keeper_id = fields.Many2one(
        "res.partner",
        string="Keeps the Data",
        help="Who holds customers' data after the deregistration.",
    )
    data_keeper_note = fields.Text(
        string="With Whose Consent",
        help="On what grounds they hold it, for how long, and when it is deleted.",
    )
    aftercare_user_id = fields.Many2one(
        "res.users",
        string="Runs the Aftercare",
        help="Who calls customers after the end, and answers them.",
    )
    member_ids = fields.One2many(
        "continuity.dissolution.member",
        "dissolution_id",
        string="Task Force",
        copy=True,
    )
    approval_ids = fields.One2many(
        "continuity.dissolution.approval",
        "dissolution_id",
        string="Approvers",
        copy=True,
    )
    customer_ids = fields.One2many(
        "continuity.dissolution.customer", "dissolution_id", string="Customers"
    )
    confidential = fields.Boolean(
        compute="_compute_confidential", store=True, readonly=True
    )
    reader_ids = fields.Many2many(
        "res.users",
        "continuity_dissolution_reader_rel",
        compute="_compute_reader_ids",
        store=True,
        compute_sudo=True,
        string="Seen By",
    )
    report_note = fields.Text(
        string="Remarks on the Result", help="Goes into the closing report."
    )
    customer_count = fields.Integer(
        compute="_compute_progress", string="Customers Concerned"
    )
    told_count = fields.Integer(compute="_compute_progress", string="Customers Told")
    progress = fields.Integer(compute="_compute_progress", string="Progress (%)")

    _min_notice_days = models.Constraint(
        "CHECK(min_notice_days > 0)",
        "Customers need at least a day between the news and the last service.",
    )

    # === COMPUTES === #

    @api.depends("company_id")
    def _compute_min_notice_days(self):
        for campaign in self:
            campaign.min_notice_days = campaign.company_id.continuity_min_notice_days

    @api.depends("state", "approval_ids.state")
    def _compute_confidential(self):
        for campaign in self:
            campaign.confidential = not campaign._was_approved()

    @api.depends(
        "named_user_ids",
        "member_ids.user_id",
        "owner_id",
        "aftercare_user_id",
        "approval_ids.user_id",
        "approval_ids.deputy_id",
    )
    def _compute_reader_ids(self):
        for campaign in self:
            readers = campaign.named_user_ids | campaign.member_ids.user_id
            readers |= campaign.owner_id | campaign.aftercare_user_id
            readers |= campaign.approval_ids.user_id | campaign.approval_ids.deputy_id
            campaign.reader_ids = readers | campaign.create_uid

    @api.depends("customer_ids.state")
    def _compute_progress(self):
        groups = self.env["continuity.dissolution.customer"]._read_group(
            [("dissolution_id", "in", self.ids), ("state", "!=", "out")],
            ["dissolution_id", "state"],
            ["__count"],
        )
        for campaign in self:
            counts = {state: n for c, state, n in groups if c == campaign}
            total = sum(counts.values())
            campaign.customer_count = total
            campaign.told_count = total - counts.get("planned", 0)
            campaign.progress = 100 * campaign.told_count // (total or 1)

    # === ACCESS === #

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            self._check_drafter()
        return super().create(vals_list)

    @api.model
    def _check_drafter(self):
        """Refuse campaigns by anybody but managers.

        :raise AccessError: for anybody else
        """
        if not self.env.user.has_group("customer_continuity.group_manager"):
            raise AccessError(
                self.env._("A campaign is drafted by a manager of the app.")
            )

    def write(self, vals):
        if not self.env.su and self._all_editable_fields().issuperset(vals):
            self._check_state(*self._naming_states())
            self._check_author()
        return super().write(vals)

    @api.model
    def _naming_states(self):
        """Return the states in which it may still be said who does what.

        :rtype: tuple[str]
        """
        return ("draft", "submitted", "approved", "running", "reported")

    def _lead(self):
        """Return who leads the task force, else who drafted the campaign.

        :rtype: res.users
        """
        self.ensure_one()
        leads = self.member_ids.filtered(lambda m: m.role == "lead").user_id
        return leads[:1] or self.create_uid

    @api.ondelete(at_uninstall=False)
    def _unlink_only_untold(self):
        """Refuse to delete a campaign that was given up after it had begun: who was
        told what is evidence.

        :raise UserError: naming the campaign
        """
        # Whether anybody was told does not depend on whose contacts one may read.
        told = self.env["continuity.touchpoint"].sudo()
        for campaign in self.sudo():
            if told.search_count(
                [
                    ("origin_model", "=", campaign.customer_ids._name),
                    ("origin_id", "in", campaign.customer_ids.ids),
                ],
                limit=1,
            ):
                raise UserError(
                    self.env._(
                        "%s had begun: who was to be told, and was, is evidence. Leave "
                        "it cancelled.",
                        campaign.name,
                    )
                )

    # === DATES === #

    def _date_of(self, code, done=False):
        """Return the day of an event of the timetable; the milestones know it.

        :param str code: of ``continuity.timetable.event``
        :param bool done: only if it has happened; else the planned day as well
        :rtype: datetime.date | False
        """
        self.ensure_one()
        return False

    # === CARRYING OUT === #

    def _start_errors(self):
        """Return what keeps an approved campaign from starting; extensions add theirs.

        :rtype: list[str]
        """
        self.ensure_one()
        decided = self._date_of("decision", done=True)
        if not decided or decided > self._local_today():
            return [
                self.env._(
                    "The decision is not recorded as taken: customers hear nothing "
                    "before it."
                )
            ]
        return []

    def _closing_errors(self):
        errors = super()._closing_errors()
        domain = [("dissolution_id", "=", self.id), ("state", "=", "planned")]
        waiting = self.customer_ids.search(domain, limit=11)
        if waiting:
            errors.append(
                self.env._(
                    "%(count)s customers have not been told: %(names)s.",
                    count=waiting.search_count(domain),
                    names=", ".join(waiting[:10].mapped("display_name"))
                    + (" …" if len(waiting) > 10 else ""),
                )
            )
        if not self.data_keeper_id or not (self.data_keeper_note or "").strip():
            errors.append(
                self.env._(
                    "Say who keeps customers' data after the end, and with whose "
                    "consent."
                )
            )
        if not self.aftercare_user_id:
            errors.append(self.env._("Say who runs the aftercare."))
        return errors

    def action_start(self):
        """Start an approved campaign: plan who hears of it from whom.

        :raise AccessError: unless an approver or a manager
        :raise UserError: before the decision, listing everything in the way
        """
        self._check_may_manage()
        self._check_state("approved")
        for campaign in self:
            # What stands in the way is looked for at all customers; who may start was
            # checked above.
            if errors := campaign.sudo()._start_errors():
                raise UserError("\n".join(errors))
            campaign._start()

    def _start(self):
        """Plan the contacts of approved campaigns."""
        # The caller has checked who starts it; the state is guarded against others.
        for campaign in self.sudo():
            campaign.state = "running"
            campaign.customer_ids.filtered(
                lambda c: c.state == "planned"
            )._plan_contacts()

    def _on_approved(self):
        result = super()._on_approved()
        # An approver need not be who may write the campaign, its state least of all.
        for campaign in self.sudo():
            campaign.message_subscribe(partner_ids=campaign.reader_ids.partner_id.ids)
            if not campaign._start_errors():
                campaign._start()
        return result

    def _withdraw(self, reason):
        result = super()._withdraw(reason)
        self.customer_ids._withdraw_contacts(reason)
        return result

    def action_view_customers(self):
        """Open the customers of the campaign."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "customer_continuity.action_dissolution_customer"
        )
        action["domain"] = [("dissolution_id", "=", self.id)]
        return action
