from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

# What the books can tell.
BOOKS = ("volume", "days_outstanding", "invoice_count", "debtor_count")


class ContinuityFactorChoice(models.Model):
    """The choice of a factor (X4): offers side by side, their all-in cost at the
    company's own figures, weighted criteria, a decision with its reason.

    ========= ==================================================================
    state     means
    ========= ==================================================================
    draft     managers collect offers and set weights; accountants read
    decided   one offer is chosen; nothing of it, its offers and its weights can
              be changed or deleted any more. Who thinks again duplicates it.
    ========= ==================================================================

    It agrees nothing with the factor and tells nobody outside: that is what the
    agreement is for.
    """

    _name = "continuity.factor.choice"
    _description = "Choice of Factor"
    _inherit = ["continuity.guarded.mixin", "continuity.document.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _mail_post_access = "read"

    _guarded_fields = frozenset(
        {
            "state",
            "chosen_offer_id",
            "decision_reason",
            "decided_by_id",
            "decided_on",
            "books_date",
            "books_days",
            *(f"books_{name}" for name in BOOKS),
        }
    )

    name = fields.Char(
        required=True, tracking=True, help="What it is for, for example the year."
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
        ondelete="restrict",
        help="All offers are compared in this currency.",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("decided", "Decided")],
        string="Status",
        required=True,
        readonly=True,
        default="draft",
        tracking=True,
        copy=False,
    )

    # === What the company would use a factor for === #
    share = fields.Float(
        string="Share to Assign (%)",
        default=100.0,
        digits=(5, 1),
        help="How much of the receivables of a year would be assigned.",
    )
    volume = fields.Monetary(
        string="Receivables per Year",
        compute="_compute_own_figures",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        help="With taxes, as they are invoiced. Proposed from your books.",
    )
    days_outstanding = fields.Float(
        string="Days Sales Outstanding",
        compute="_compute_own_figures",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        digits=(8, 1),
        help="How long customers take to pay on average: what they owed at twelve "
        "month ends, divided by the sales of a day. Proposed from your books.",
    )
    invoice_count = fields.Integer(
        string="Invoices per Year",
        compute="_compute_own_figures",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        help="Of all customers; the share to assign is applied to it.",
    )
    debtor_count = fields.Integer(
        string="Customers to Be Assigned",
        compute="_compute_own_figures",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        help="For how many the factor would set a limit. Proposed: all who were "
        "invoiced within a year.",
    )
    assigned_volume = fields.Monetary(
        string="Assigned per Year", compute="_compute_assigned_volume"
    )

    # === The offers === #
    offer_ids = fields.One2many(
        "continuity.factor.offer", "choice_id", string="Offers", copy=True
    )
    offer_count = fields.Integer(
        string="Number of Offers", compute="_compute_offer_count"
    )
    criterion_ids = fields.One2many(
        "continuity.factor.criterion",
        "choice_id",
        string="Criteria",
        copy=True,
        default=lambda self: self._default_criterion_ids(),
    )

    # === The decision === #
    chosen_offer_id = fields.Many2one(
        "continuity.factor.offer",
        readonly=True,
        copy=False,
        tracking=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    decision_reason = fields.Text(readonly=True, copy=False, tracking=True)
    decided_by_id = fields.Many2one(
        "res.users", string="Decided by", readonly=True, copy=False, ondelete="restrict"
    )
    decided_on = fields.Date(readonly=True, copy=False)
    may_decide = fields.Boolean(compute="_compute_may_decide")

    _share_range = models.Constraint(
        "CHECK (share > 0 AND share <= 100)",
        "The share to assign is more than 0 and at most 100 per cent.",
    )
    _figures_positive = models.Constraint(
        "CHECK (volume >= 0 AND days_outstanding >= 0 AND invoice_count >= 0"
        " AND debtor_count >= 0)",
        "Receivables, days, invoices and customers cannot be negative.",
    )

    @api.model
    def _default_criterion_ids(self):
        """Return the criteria a new choice starts with; an extension adds its own."""
        return [
            Command.create({"kind": kind, "weight": weight})
            for kind, weight in (
                ("cost", 40),
                ("customers", 20),
                ("recourse", 15),
                ("notice", 10),
                ("holdback", 10),
                ("minimum", 5),
            )
        ]

    # === COMPUTE METHODS === #

    @api.depends(*(f"books_{name}" for name in BOOKS))
    def _compute_own_figures(self):
        for choice in self:
            for name in BOOKS:
                choice[name] = choice[f"books_{name}"]

    @api.depends("volume", "share")
    def _compute_assigned_volume(self):
        for choice in self:
            choice.assigned_volume = choice.volume * choice.share / 100

    @api.depends("offer_ids")
    def _compute_offer_count(self):
        for choice in self:
            choice.offer_count = len(choice.offer_ids)

    @api.depends_context("uid")
    @api.depends("state")
    def _compute_may_decide(self):
        manager = self._is_manager()
        for choice in self:
            choice.may_decide = manager and choice.state == "draft"

    # === CRUD METHODS === #

    def write(self, vals):
        # Messages and activities on a decided choice remain possible.
        if set(vals) - self._thread_fields():
            self._check_open()
        if "company_id" in vals and any(
            choice.company_id.id != vals["company_id"] for choice in self
        ):
            raise UserError(
                self.env._(
                    "A choice of factor stays with its company: its figures come from "
                    "that company's books. Create another one there."
                )
            )
        return super().write(vals)

    def unlink(self):
        # The database would delete them, but not their documents.
        self.offer_ids.unlink()
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        self._check_open()

    def copy_data(self, default=None):
        return [
            {**vals, "name": self.env._("%s (copy)", choice.name)}
            if "name" not in (default or {})
            else vals
            for choice, vals in zip(self, super().copy_data(default), strict=True)
        ]

    # === ACTIONS === #

    def action_take_books(self):
        """Replace the figures by those of the books today.

        :raise UserError: once it is decided
        :raise AccessError: for who may not write it
        """
        self.check_access("write")
        self._check_open()
        # As if the currency had changed: everything is read and converted anew.
        self.modified(["currency_id"])
        self.flush_recordset()

    # === BUSINESS METHODS === #

    def _check_open(self):
        """Refuse changes of what has been decided on.

        :raise UserError: when one of them is decided
        """
        for choice in self.sudo():
            if choice.state != "draft":
                raise UserError(
                    self.env._(
                        "%(name)s has been decided and stays as it is. Duplicate it to "
                        "choose again.",
                        name=choice.name,
                    )
                )

    def _check_choosable(self, offer):
        """Refuse a decision that the user may not make or that nobody could make.

        :param offer: ``continuity.factor.offer``
        :raise AccessError: for anybody but a manager
        :raise UserError: with all reasons, one a line
        """
        self.ensure_one()
        if not self._is_manager():
            raise AccessError(self.env._("Only managers decide on a factor."))
        self._check_open()
        problems = self._decision_problems() + offer._problems()
        if offer.choice_id != self:
            problems.append(self.env._("This offer belongs to another choice."))
        if problems:
            raise UserError(
                self.env._(
                    "%(offer)s cannot be chosen:\n%(problems)s",
                    offer=offer.display_name,
                    problems="\n".join(f"– {problem}" for problem in problems),
                )
            )

    def _decision_problems(self):
        """Return why nothing can be decided yet, whatever the offer.

        :rtype: list[str]
        """
        self.ensure_one()
        problems = []
        if self.volume <= 0 or self.days_outstanding <= 0:
            problems.append(
                self.env._(
                    "Enter the receivables per year and the days sales outstanding."
                )
            )
        if not sum(self.criterion_ids.mapped("weight")):
            problems.append(self.env._("Give at least one criterion a weight."))
        return problems

    def _decide(self, offer, reason):
        """Choose an offer for good.

        :param offer: ``continuity.factor.offer`` of this choice
        :param str reason: in the words of who decides
        :raise AccessError: for anybody but a manager with access to the choice
        :raise UserError: once it is decided, when the offer cannot be chosen, or
            without a reason
        """
        self.ensure_one()
        self.check_access("read")
        # Two managers may decide at the same moment.
        self.sudo().lock_for_update(allow_referencing=True)
        self.invalidate_recordset(["state"])
        self._check_choosable(offer)
        if not (reason or "").strip():
            raise UserError(self.env._("Say why this offer is chosen."))
        # The fields are guarded; rights were checked above.
        self.sudo().write(
            {
                "state": "decided",
                "chosen_offer_id": offer.id,
                "decision_reason": reason.strip(),
                "decided_by_id": self.env.uid,
                "decided_on": fields.Date.context_today(self),
            }
        )

    # === TOOLING === #

    @api.model
    def _is_manager(self):
        """Return whether the user may decide.

        :rtype: bool
        """
        return self.env.is_superuser() or self.env.user.has_group(
            "customer_continuity.group_manager"
        )

    def _reference_day(self):
        """Return the day as of which offers are valid: that of the decision, else
        today.

        :rtype: date
        """
        self.ensure_one()
        return self.decided_on or fields.Date.context_today(self)

    @api.model
    def _thread_fields(self):
        """Return what messages and activities write on the record itself.

        :rtype: set[str]
        """
        names = set()
        for mixin in ("mail.thread", "mail.activity.mixin"):
            names.update(self.env[mixin]._fields)
        return names - {"display_name", "id"}
