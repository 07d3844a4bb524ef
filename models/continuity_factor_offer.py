from odoo import api, fields, models

from ..tools.factor_cost import (
    Terms,
    Use,
    advanced,
    annual_costs,
    held_back,
    weighted,
)

COSTS = ("fee", "top_up", "interest", "setup", "invoices", "limits")


class ContinuityFactorOffer(models.Model):
    """What a factor offers, what it would cost the company in a year, and how it
    scores. The arithmetic is in ``tools/factor_cost.py``."""

    _name = "continuity.factor.offer"
    _description = "Factor's Offer"
    _inherit = ["continuity.factor.choice.part", "continuity.owned.files.mixin"]
    _order = "choice_id, sequence, id"
    _check_company_auto = True

    _file_fields = ("document_ids",)

    sequence = fields.Integer(default=10)
    factor_id = fields.Many2one(
        "res.partner",
        string="Factoring Company",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
    )
    variant = fields.Char(help="To tell two offers of the same factor apart.")
    valid_until = fields.Date()
    document_ids = fields.Many2many(
        "ir.attachment",
        "continuity_factor_offer_attachment_rel",
        "offer_id",
        "attachment_id",
        string="Documents",
        help="The written offer, and what else the factor has sent.",
    )
    document_count = fields.Integer(
        string="Number of Documents", compute="_compute_document_count"
    )

    # === What it costs === #
    fee_rate = fields.Float(
        string="Service Fee (%)",
        digits=(7, 3),
        help="Of the receivables assigned, without tax on the fee.",
    )
    minimum_fee = fields.Monetary(
        string="Minimum Fee per Year", help="Service fee due in a year in any case."
    )
    minimum_volume = fields.Monetary(
        string="Minimum Volume per Year",
        help="Receivables of a year on which the service fee is due in any case.",
    )
    interest_rate = fields.Float(
        string="Interest (% per Year)",
        digits=(7, 3),
        help="On the money advanced, until the customer pays. Counted on a year of 365 "
        "days: an offer on 360 days has to be multiplied by 365/360.",
    )
    setup_fee = fields.Monetary(
        string="Set-up Fee", help="Once; spread over the contract term, at least a year"
    )
    invoice_fee = fields.Monetary(string="Fee per Invoice")
    limit_fee = fields.Monetary(string="Limit Fee per Customer and Year")

    # === What it is like === #
    advance_rate = fields.Float(
        string="Advance (%)",
        digits=(5, 1),
        help="Of an invoice, paid at once.",
    )
    holdback_rate = fields.Float(
        string="Holdback (%)",
        digits=(5, 1),
        help="Of an invoice, held back until the customer has paid.",
    )
    recourse = fields.Selection(
        [("full", "Full"), ("limited", "Limited"), ("none", "None")],
        help="Full: you give the money back when a customer cannot pay. None: the "
        "factor bears that loss.",
    )
    notice_months = fields.Integer(
        string="Notice Period (Months)", help="0: at any time"
    )
    term = fields.Integer(string="Contract Term (Months)")
    treatment = fields.Selection(
        [
            ("1", "1 – Poor"),
            ("2", "2 – Weak"),
            ("3", "3 – Fair"),
            ("4", "4 – Good"),
            ("5", "5 – Excellent"),
        ],
        string="Treatment of Our Customers",
        help="How the factor speaks to customers, reminds them and handles disputes.",
    )
    treatment_note = fields.Text(
        string="Known From", help="References you have asked, letters you have seen."
    )

    # === What follows from it === #
    cost_fee = fields.Monetary(string="Service Fee", compute="_compute_costs")
    cost_top_up = fields.Monetary(
        string="Top-up to the Minimum", compute="_compute_costs"
    )
    cost_interest = fields.Monetary(string="Interest", compute="_compute_costs")
    cost_setup = fields.Monetary(
        string="Set-up, the Year's Share", compute="_compute_costs"
    )
    cost_invoices = fields.Monetary(string="Invoice Fees", compute="_compute_costs")
    cost_limits = fields.Monetary(string="Limit Fees", compute="_compute_costs")
    total_cost = fields.Monetary(
        string="All-in Cost per Year", compute="_compute_costs"
    )
    cost_percent = fields.Float(
        string="In % of What Is Assigned", compute="_compute_costs", digits=(7, 2)
    )
    advanced = fields.Monetary(string="Advanced on Average", compute="_compute_costs")
    held_back = fields.Monetary(string="Held Back on Average", compute="_compute_costs")
    problem = fields.Text(string="Why It Cannot Be Chosen", compute="_compute_problem")
    score = fields.Float(compute="_compute_score", digits=(5, 1))
    # Of the user who looks, not of the superuser.
    may_decide = fields.Boolean(
        related="choice_id.may_decide",
        string="May Be Decided by You",
        related_sudo=False,
    )

    _rates_range = models.Constraint(
        "CHECK (fee_rate >= 0 AND fee_rate <= 100 AND interest_rate >= 0"
        " AND interest_rate <= 100)",
        "Service fee and interest are between 0 and 100 per cent.",
    )
    _advance_range = models.Constraint(
        "CHECK (advance_rate >= 0 AND holdback_rate >= 0"
        " AND advance_rate + holdback_rate <= 100)",
        "Advance and holdback together are at most 100 per cent of an invoice.",
    )
    _amounts_positive = models.Constraint(
        "CHECK (minimum_fee >= 0 AND minimum_volume >= 0 AND setup_fee >= 0"
        " AND invoice_fee >= 0 AND limit_fee >= 0 AND notice_months >= 0"
        " AND term >= 0)",
        "Fees, minimum volume and periods cannot be negative.",
    )

    # === COMPUTE METHODS === #

    @api.depends("factor_id", "variant")
    def _compute_display_name(self):
        for offer in self:
            names = [offer.factor_id.display_name, offer.variant]
            offer.display_name = " – ".join(name for name in names if name)

    @api.depends("document_ids")
    def _compute_document_count(self):
        for offer in self:
            offer.document_count = len(offer.document_ids)

    @api.depends(
        *Terms.__dataclass_fields__,
        "choice_id.volume",
        "choice_id.share",
        "choice_id.days_outstanding",
        "choice_id.invoice_count",
        "choice_id.debtor_count",
        "choice_id.currency_id",
    )
    def _compute_costs(self):
        for offer in self:
            choice = offer.choice_id
            share = choice.share / 100
            use = Use(
                volume=choice.volume * share,
                days=choice.days_outstanding,
                invoices=choice.invoice_count * share,
                debtors=choice.debtor_count,
            )
            terms = Terms(**{name: offer[name] for name in Terms.__dataclass_fields__})
            rounding = choice.currency_id.round if choice.currency_id else float
            costs = annual_costs(terms, use, rounding)
            for name in COSTS:
                offer[f"cost_{name}"] = costs[name]
            offer.total_cost = sum(costs.values())
            offer.cost_percent = use.volume and offer.total_cost / use.volume * 100
            offer.advanced = advanced(terms, use)
            offer.held_back = held_back(terms, use)

    @api.depends(
        "factor_id.active",
        "recourse",
        "treatment",
        "advance_rate",
        "fee_rate",
        "interest_rate",
        "minimum_fee",
        "term",
        "valid_until",
        "document_ids",
        "choice_id.decided_on",
    )
    @api.depends_context("lang", "tz")
    def _compute_problem(self):
        for offer in self:
            offer.problem = "\n".join(offer._problems())

    @api.depends(
        "total_cost",
        "recourse",
        "notice_months",
        "holdback_rate",
        "treatment",
        "minimum_volume",
        "choice_id.offer_ids.total_cost",
        "choice_id.offer_ids.problem",
        "choice_id.criterion_ids.weight",
        "choice_id.criterion_ids.kind",
        "choice_id.criterion_ids.zero_at",
        "choice_id.criterion_ids.full_at",
    )
    def _compute_score(self):
        for offer in self:
            criteria = offer.choice_id.criterion_ids
            cheapest = offer.choice_id._cheapest()
            points = [criterion._points(offer, cheapest) for criterion in criteria]
            offer.score = weighted(points, criteria.mapped("weight"))

    # === CRUD METHODS === #

    def unlink(self):
        self._pass_on_documents()
        return super().unlink()

    # === ACTIONS === #

    def action_choose(self):
        """Ask for the reason and decide for this offer.

        :return: the action that asks
        :raise UserError: when it cannot be chosen
        """
        self.ensure_one()
        self.choice_id._check_choosable(self)
        return self.env["continuity.reason.wizard"]._open(self, "choose_factor")

    # === BUSINESS METHODS === #

    def _problems(self):
        """Return why this offer cannot be chosen; an extension adds its own reasons.

        :return: full sentences, none when it can
        :rtype: list[str]
        """
        self.ensure_one()
        problems = []
        missing = self._missing()
        if missing:
            problems.append(
                self.env._("It is incomplete; enter: %s.", ", ".join(missing))
            )
        day = self.choice_id._reference_day()
        if self.valid_until and self.valid_until < day:
            problems.append(
                self.env._(
                    "It expired on %s. Ask the factor to renew it.",
                    self.env["continuity.factor.choice"]._show_date(self.valid_until),
                )
            )
        if self.factor_id and not self.factor_id.active:
            problems.append(self.env._("The factor has been archived."))
        return problems

    def _missing(self):
        """Return the labels of what an offer has to say and does not.

        Amounts and rates of zero are answers, except where no factor works for
        nothing: of fee, minimum fee and interest one has to be there.

        :rtype: list[str]
        """
        self.ensure_one()
        names = [
            name
            for name in (
                "factor_id",
                "advance_rate",
                "recourse",
                "term",
                "treatment",
                "valid_until",
                "document_ids",
            )
            if not self[name]
        ]
        if not (self.fee_rate or self.minimum_fee or self.interest_rate):
            names.insert(0, "fee_rate")
        return [self._fields[name]._description_string(self.env) for name in names]

    def _choose(self, reason):
        """Decide for this offer; see ``continuity.factor.choice._decide``."""
        self.ensure_one()
        self.choice_id._decide(self, reason)

    def _pass_on_documents(self):
        """Save files that a duplicate of the choice uses, too: Odoo deletes those of
        the record it deletes."""
        # Only whose they are changes: who deletes need not read the duplicate.
        documents = (
            self.env["ir.attachment"]
            .sudo()
            .search([("res_model", "=", self._name), ("res_id", "in", self.ids)])
        )
        heirs = self.sudo().search(
            [("document_ids", "in", documents.ids), ("id", "not in", self.ids)]
        )
        for document in documents:
            heir = heirs.filtered(lambda o, doc=document: doc in o.document_ids)[:1]
            if heir:
                document.res_id = heir.id
