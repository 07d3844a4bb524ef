from odoo import Command, api, fields, models
from odoo.exceptions import UserError

STEPS = ("terms", "customers", "payment", "who", "preview")


class ContinuityFactoringWizard(models.TransientModel):
    """Prepare a factoring agreement in five steps: with whom and how, which customers,
    where they pay, who decides, and a preview; or add customers to one that exists.

    Nobody is told and nothing is assigned: the result is a draft. Drafted by managers
    and accountants.
    """

    _name = "continuity.factoring.wizard"
    _description = "New Factoring Agreement"
    _inherit = ["continuity.readable.links.mixin", "continuity.guarded.mixin"]

    _guarded_fields = frozenset({"factoring_id", "proposed_for"})

    step = fields.Selection(
        [
            ("terms", "With Whom and How"),
            ("customers", "Customers"),
            ("payment", "Where They Pay"),
            ("who", "Who Decides"),
            ("preview", "Preview"),
        ],
        default="terms",
        required=True,
        readonly=True,
    )
    factoring_id = fields.Many2one(
        "continuity.factoring",
        string="Agreement",
        readonly=True,
        ondelete="cascade",
        help="The agreement customers are added to.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    # === With whom and how === #
    choice_id = fields.Many2one(
        "continuity.factor.choice",
        string="Chosen In",
        domain="[('state', '=', 'decided'), ('company_id', '=', company_id)]",
        ondelete="cascade",
        help="The choice of factor this follows from. Empty: none was made here.",
    )
    factor_id = fields.Many2one(
        "res.partner",
        string="Factoring Company",
        compute="_compute_from_choice",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('is_company', '=', True)]",
        help="Who buys the receivables.",
    )
    recourse = fields.Selection(
        selection="_selection_recourse",
        compute="_compute_from_choice",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    kind = fields.Selection(
        selection="_selection_kind", required=True, default="notified"
    )
    kind_text = fields.Text(compute="_compute_kind_text", string="What It Means")
    covers = fields.Selection(
        selection="_selection_covers", required=True, default="customers"
    )
    currency_ids = fields.Many2many(
        "res.currency",
        "continuity_factoring_wizard_currency_rel",
        string="Currencies",
        default=lambda self: [Command.set(self.env.company.currency_id.ids)],
        help="Invoices in other currencies stay ours.",
    )
    date_start = fields.Date(
        string="Starts On", required=True, default=fields.Date.context_today
    )
    date_end = fields.Date(string="Until", help="Empty: until it is terminated.")
    jurisdiction_id = fields.Many2one(
        "continuity.jurisdiction",
        string="Governing Law",
        compute="_compute_jurisdiction_id",
        store=True,
        readonly=False,
        help="Whose law holds for customers whose contract names none.",
    )
    customer_reason = fields.Text(
        string="What Customers Are Told",
        help="Purpose and background in the words customers hear: positive and true.",
    )
    reason_advice = fields.Text(
        compute="_compute_reason_advice", string="Worth Another Word"
    )
    customer_may_choose = fields.Boolean(
        string="Customers Choose Where to Pay",
        help="The agreement lets a customer pay as before. They choose once, on "
        "record, and their invoices follow.",
    )
    update_months = fields.Integer(string="Update Customers Every (months)", default=6)
    turnover_days = fields.Integer(string="Turned Over Within (days)", default=5)
    contact_id = fields.Many2one(
        "res.users",
        string="Answers Questions",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        help="Whom customers ask about payments; named in every letter.",
    )
    # === Where they pay === #
    direction_kind = fields.Selection(
        selection="_selection_direction_kind", string="Customers Pay", default="factor"
    )
    account_owner_id = fields.Many2one(
        "res.partner", string="Belongs To", compute="_compute_account_owner_id"
    )
    bank_account_id = fields.Many2one(
        "res.partner.bank",
        string="Account",
        domain="[('partner_id', '=', account_owner_id)]",
        ondelete="cascade",
    )
    new_account = fields.Char(
        string="Or a New Account",
        help="The number as it stands in the agreement, if it is not on record yet.",
    )
    new_bank_id = fields.Many2one("res.bank", string="Bank", ondelete="cascade")
    effective_from = fields.Date(
        string="From Which Day",
        compute="_compute_effective_from",
        store=True,
        readonly=False,
    )
    # === Who === #
    approver_id = fields.Many2one("res.users", domain="[('share', '=', False)]")
    deputy_id = fields.Many2one(
        "res.users",
        domain="[('share', '=', False)]",
        help="May approve in the approver's stead.",
    )
    named_user_ids = fields.Many2many(
        "res.users",
        "continuity_factoring_wizard_named_rel",
        string="May Also See",
        domain="[('share', '=', False)]",
        help="Colleagues who may see the agreement while it is confidential.",
    )
    internal_reason = fields.Text(
        help="For the approvers and those who may see the agreement. Customers never "
        "see it."
    )

    def _agreement_selection(self, name, model="continuity.factoring"):
        return self.env[model]._fields[name]._description_selection(self.env)

    @api.model
    def _selection_recourse(self):
        return self._agreement_selection("recourse")

    @api.model
    def _selection_kind(self):
        return self._agreement_selection("kind")

    @api.model
    def _selection_covers(self):
        return self._agreement_selection("covers")

    @api.model
    def _selection_direction_kind(self):
        return self._agreement_selection("kind", "continuity.payment.direction")

    # === COMPUTES === #

    @api.depends("choice_id")
    def _compute_from_choice(self):
        for wizard in self:
            offer = wizard.choice_id.chosen_offer_id
            wizard.factor_id = offer.factor_id or wizard.factor_id
            wizard.recourse = offer.recourse or wizard.recourse or "none"

    @api.depends("kind")
    def _compute_kind_text(self):
        texts = {
            "notified": self.env._(
                "Each customer hears of it, gets a notice, and pays where the "
                "agreement says."
            ),
            "confidential": self.env._(
                "No customer hears of it: they pay us as before, and we turn the money "
                "over. Nothing a customer can see changes."
            ),
        }
        for wizard in self:
            wizard.kind_text = texts.get(wizard.kind)

    @api.depends("company_id")
    def _compute_jurisdiction_id(self):
        jurisdictions = self.env["continuity.jurisdiction"]
        for wizard in self:
            country = wizard.company_id.sudo().country_id
            wizard.jurisdiction_id = jurisdictions._for_country(country)

    @api.depends("customer_reason")
    def _compute_reason_advice(self):
        wording = self.env["continuity.wording"]
        for wizard in self:
            found = wording._find(wizard.customer_reason)
            wizard.reason_advice = "\n".join(found) or False

    @api.depends("direction_kind", "factor_id", "company_id")
    def _compute_account_owner_id(self):
        for wizard in self:
            owner = {
                "factor": wizard.factor_id,
                "collection": wizard.company_id.sudo().partner_id,
            }.get(wizard.direction_kind, self.env["res.partner"])
            wizard.account_owner_id = owner.commercial_partner_id.id

    @api.depends("date_start")
    def _compute_effective_from(self):
        for wizard in self:
            wizard.effective_from = wizard.date_start

    # === STEPS === #

    def _check_may_draft(self):
        """Refuse agreements by anybody but managers and accountants of the company, and
        customers added by who may not write the agreement.

        :raise AccessError: for anybody else
        """
        for wizard in self:
            wizard.env["continuity.factoring"]._check_may_draft(wizard.company_id)
            if agreement := wizard.factoring_id:
                agreement.check_access("read")
                agreement._check_author()

    @api.model
    def _open_for(self, agreement):
        """Return the action that adds customers to an agreement.

        :param agreement: ``continuity.factoring``
        :rtype: dict
        :raise AccessError: for who may not write it, or once it runs does not decide
        :raise UserError: unless it is a draft or running
        """
        agreement.check_access("read")
        agreement._check_author()
        agreement._check_state("draft", "running")
        if agreement.state == "running":
            # What was approved is extended by who approves.
            agreement._check_may_manage()
        self.env["continuity.factoring"]._check_may_draft(agreement.company_id)
        # For whom and by whom was checked above; no client names the agreement.
        wizard = self.sudo().create(
            {
                "factoring_id": agreement.id,
                "company_id": agreement.company_id.id,
                "factor_id": agreement.factor_id.id,
                "kind": agreement.kind,
                "recourse": agreement.recourse,
                "covers": agreement.covers,
                "currency_ids": [Command.set(agreement.currency_ids.ids)],
                "date_start": agreement.date_start,
                "date_end": agreement.date_end,
                "contact_id": agreement.contact_id.id,
                "step": "customers",
            }
        )
        wizard = wizard.with_env(self.env)
        wizard._propose()
        return wizard._reopen()

    def action_next(self):
        """Go to the next step.

        :raise AccessError: for who may not draft an agreement
        :raise UserError: listing what is missing on this step
        """
        self.ensure_one()
        self._check_may_draft()
        check = {
            "terms": self._terms_errors,
            "customers": self._customers_errors,
            "payment": self._payment_errors,
        }.get(self.step, list)
        if errors := check():
            raise UserError("\n".join(errors))
        steps = self._steps()
        self.step = steps[steps.index(self.step) + 1]
        if self.step == "customers" and self.proposed_for != self._scope():
            self._propose()
        return self._reopen()

    def action_back(self):
        """Go back one step; what was edited is kept."""
        self.ensure_one()
        steps = self._steps()
        self.step = steps[max(steps.index(self.step) - 1, 0)]
        return self._reopen()

    def _steps(self):
        return ("customers", "preview") if self.factoring_id else STEPS

    def _reopen(self):
        """Return the action that shows the wizard at its current step."""
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Add Customers")
            if self.factoring_id
            else self.env._("New Agreement"),
            "context": {"dialog_size": "extra-large"},
        }
