from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError


class ContinuityFactoring(models.Model):
    """A factoring agreement (保理合同): which customers' receivables
    are sold to which factor, and how those customers hear of it and pay (X1–X9).

    The states are those of ``continuity.process.mixin``; a *running* agreement is an
    active one. It is activated when it is approved and nothing stands in the way
    (:meth:`_activation_errors`): every customer it covers has a valid contract review
    and the account customers are to pay to was confirmed by two people. It is reported
    when nothing assigned is open (:meth:`_closing_errors`).

    An agreement is confidential until it is approved, and for good where the factor is
    not to be named to customers (2社間 / 暗保理): then only those it names read it.
    """

    _name = "continuity.factoring"
    _description = "Factoring Agreement"
    _inherit = ["continuity.factoring.terms", "continuity.process.mixin"]
    _order = "date_start desc, id desc"
    _check_company_auto = True
    _sequence_code = "continuity.factoring"
    _refuse_decision = "refuse_factoring"
    _cancel_decision = "cancel_factoring"
    _editable_fields = frozenset({"report_note"})

    _guarded_fields = frozenset({"reader_ids", "confidential"})
    # Who speaks to one customer reads the agreement; what is said, planned and kept on
    # it names all of them (ir.attachment).
    _mail_post_access = "write"

    factor_id = fields.Many2one(
        "res.partner",
        string="Factoring Company",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain="[('is_company', '=', True)]",
        help="Who buys the receivables.",
    )
    kind = fields.Selection(tracking=True)
    currency_ids = fields.Many2many(relation="continuity_factoring_currency_rel")
    jurisdiction_id = fields.Many2one(ondelete="restrict")
    named_user_ids = fields.Many2many(relation="continuity_factoring_named_rel")
    internal_reason = fields.Text(
        compute="_compute_internal_reason", inverse="_inverse_internal_reason"
    )
    internal_reason_kept = fields.Text(groups="base.group_system")
    approval_ids = fields.One2many(
        "continuity.factoring.approval", "factoring_id", string="Approvers", copy=True
    )
    debtor_ids = fields.One2many(
        "continuity.factoring.debtor", "factoring_id", string="Customers"
    )
    confidential = fields.Boolean(
        compute="_compute_confidential", store=True, readonly=True
    )
    reader_ids = fields.Many2many(
        "res.users",
        "continuity_factoring_reader_rel",
        compute="_compute_reader_ids",
        store=True,
        compute_sudo=True,
        string="Seen By",
    )
    report_note = fields.Text(string="Remarks on the Result")
    debtor_count = fields.Integer(
        compute="_compute_progress", string="Customers Covered"
    )
    acknowledged_count = fields.Integer(
        compute="_compute_progress", string="Notices Acknowledged"
    )
    progress = fields.Integer(compute="_compute_progress", string="Progress (%)")

    _period = models.Constraint(
        "CHECK(date_end IS NULL OR date_end >= date_start)",
        "The agreement ends before it begins: correct one of the dates.",
    )
    _rhythm = models.Constraint(
        "CHECK(update_months >= 0 AND turnover_days >= 0)",
        "Days and months are counted from zero.",
    )

    # === COMPUTES === #

    @api.depends("kind", "state", "approval_ids.state")
    def _compute_confidential(self):
        for agreement in self:
            agreement.confidential = (
                agreement.kind == "confidential" or not agreement._was_approved()
            )

    @api.depends(
        "named_user_ids",
        "contact_id",
        "approval_ids.user_id",
        "approval_ids.deputy_id",
    )
    def _compute_reader_ids(self):
        for agreement in self:
            approvals = agreement.approval_ids
            readers = agreement.named_user_ids | agreement.contact_id
            readers |= approvals.user_id | approvals.deputy_id
            agreement.reader_ids = readers | agreement.create_uid

    @api.depends("internal_reason_kept")
    @api.depends_context("uid")
    def _compute_internal_reason(self):
        # Who only speaks to one of its customers need not know the reason.
        knowing = self._filtered_access("write")
        for agreement in self:
            agreement.internal_reason = (
                agreement in knowing and agreement.sudo().internal_reason_kept
            )

    def _inverse_internal_reason(self):
        for agreement in self:
            # Who writes it has passed the checks of every other field.
            agreement.sudo().internal_reason_kept = agreement.internal_reason

    @api.depends("debtor_ids.state")
    def _compute_progress(self):
        groups = self.env["continuity.factoring.debtor"]._read_group(
            [("factoring_id", "in", self.ids), ("state", "!=", "out")],
            ["factoring_id", "state"],
            ["__count"],
        )
        for agreement in self:
            counts = {state: n for a, state, n in groups if a == agreement}
            total = sum(counts.values())
            agreement.debtor_count = total
            agreement.acknowledged_count = counts.get("acknowledged", 0)
            agreement.progress = 100 * agreement.acknowledged_count // (total or 1)

    @api.constrains("factor_id", "company_id")
    def _check_factor(self):
        for agreement in self:
            if errors := agreement._factor_errors():
                raise ValidationError("\n".join(errors))

    # === ACCESS === #

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            self._check_drafter()
        return super().create(vals_list)

    @api.model
    def _check_drafter(self):
        """Refuse agreements by anybody but managers and accountants.

        :raise AccessError: for anybody else
        """
        if not self.env.user.has_groups(
            "customer_continuity.group_manager,account.group_account_manager"
        ):
            raise AccessError(
                self.env._("An agreement is drafted by a manager or an accountant.")
            )

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        operations = super()._mail_get_operation_for_mail_message_operation(
            message_operation
        )
        if message_operation == "read":
            return dict.fromkeys(operations, "write")
        return operations

    def _may_be_followed(self):
        # Who follows a confidential agreement would tell everybody that there is one.
        return super()._may_be_followed() and not self.confidential

    # === CARRYING OUT === #

    def _submission_errors(self):
        return self._terms_errors() + super()._submission_errors()

    def _activation_errors(self):
        """Return what keeps an approved agreement from being activated; extensions add
        theirs.

        :rtype: list[str]
        """
        self.ensure_one()
        if not self.debtor_ids.filtered(lambda d: d.state != "out"):
            return [self.env._("Nobody is covered: add a customer.")]
        return []

    def action_activate(self):
        """Activate an approved agreement: plan who hears of it from whom.

        :raise AccessError: unless an approver or a manager
        :raise UserError: listing everything that stands in the way
        """
        self._check_may_manage()
        self._check_state("approved")
        for agreement in self:
            if errors := agreement.sudo()._activation_errors():
                raise UserError("\n".join(errors))
            agreement._start()

    def _start(self):
        """Plan the contacts of agreements that are activated."""
        for agreement in self.sudo():
            agreement.state = "running"
            agreement.debtor_ids.filtered(
                lambda d: d.state == "planned"
            )._plan_contacts()

    def _withdraw(self, reason):
        result = super()._withdraw(reason)
        self.debtor_ids._withdraw_contacts(reason)
        return result

    def action_view_debtors(self):
        """Open the customers of the agreement."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "customer_continuity.action_factoring_debtor"
        )
        action["domain"] = [("factoring_id", "=", self.id)]
        return action
