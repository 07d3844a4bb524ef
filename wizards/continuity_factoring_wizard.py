from odoo import api, fields, models


class ContinuityFactoringWizard(models.TransientModel):
    """Prepare a factoring agreement in five steps: with whom and how, which customers,
    where they pay, who decides, and a preview; or add customers to one that exists.

    Nobody is told and nothing is assigned: the result is a draft. Drafted by managers
    and accountants.
    """

    _name = "continuity.factoring.wizard"
    _description = "New Factoring Agreement"
    _inherit = [
        "continuity.factoring.terms",
        "continuity.process.wizard.mixin",
        "continuity.readable.links.mixin",
        "continuity.guarded.mixin",
    ]

    _document_model = "continuity.factoring"
    _preview_template = "customer_continuity.factoring_preview"

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
        default=None,
        compute="_compute_from_choice",
        store=True,
        readonly=False,
        precompute=True,
    )
    kind_text = fields.Text(compute="_compute_kind_text", string="What It Means")
    jurisdiction_id = fields.Many2one(
        string="Governing Law",
        compute="_compute_jurisdiction_id",
        store=True,
        readonly=False,
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

    @api.model
    def _selection_direction_kind(self):
        kind = self.env["continuity.payment.direction"]._fields["kind"]
        return kind._description_selection(self.env)

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

    @api.depends("direction_kind", "factor_id", "company_id")
    def _compute_account_owner_id(self):
        directions = self.env["continuity.payment.direction"]
        for wizard in self:
            wizard.account_owner_id = directions._account_owner(
                wizard.direction_kind, wizard.factor_id, wizard.company_id
            )

    @api.depends("date_start")
    def _compute_effective_from(self):
        for wizard in self:
            wizard.effective_from = wizard.date_start

    # === STEPS === #

    def _check_may_draft(self):
        """Refuse agreements by anybody but managers and accountants of the company, and
        customers added by who may not add them."""
        self.env["continuity.factoring"]._check_drafter()
        for wizard in self.filtered("factoring_id"):
            wizard.factoring_id._check_may_cover()
        return super()._check_may_draft()

    @api.model
    def _open_for(self, agreement):
        """Return the action that adds customers to an agreement.

        :param agreement: ``continuity.factoring``
        :rtype: dict
        :raise AccessError: for who may not write it, or once it runs does not decide
        :raise UserError: unless it is a draft or running
        """
        agreement._check_may_cover()
        # For whom and by whom was checked above; no client names the agreement.
        wizard = self.sudo().create(
            {
                **agreement._prepare_terms(),
                # Kept where it is: nobody needs it to add customers.
                "internal_reason": False,
                "factoring_id": agreement.id,
                "company_id": agreement.company_id.id,
                "factor_id": agreement.factor_id.id,
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
            "payment": lambda: self._payment_errors(self._draft()),
        }.get(self.step, list)
        self._next(check())
        if self.step == "customers" and self.proposed_for != self._scope():
            self._propose()
        return self._reopen()

    def _steps(self):
        return ["customers", "preview"] if self.factoring_id else super()._steps()

    def _title(self):
        if self.factoring_id:
            return self.env._("Add Customers")
        return self.env._("New Agreement")
