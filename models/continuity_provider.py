from odoo import api, fields, models
from odoo.fields import Domain

# Months a customer is served free of charge or at the old terms (D6).
FREE_MONTHS = 3


class ContinuityProvider(models.Model):
    """A business that can serve customers who have to be let go: a successor provider
    (引継先事業者, 承接方).

    What it offers and what interest of ours is in it are written for customers, in
    their languages, and shown to them. To whom it is proposed, and why, is found by
    ``continuity.dissolution.customer._match_providers``; what it has signed hangs on it
    as documents.
    """

    _name = "continuity.provider"
    _description = "Successor Provider"
    _inherit = ["mail.thread", "continuity.readable.onchange.mixin"]
    _rec_name = "partner_id"
    _rec_names_search = ["partner_id"]
    _order = "sequence, id"

    partner_id = fields.Many2one(
        "res.partner",
        string="Business",
        required=True,
        index=True,
        ondelete="restrict",
        domain=[("is_company", "=", True)],
        tracking=True,
    )
    contact_id = fields.Many2one(
        "res.partner",
        string="Contact for Customers",
        ondelete="restrict",
        domain="[('parent_id', '=', partner_id)]",
        help="Whom customers may ask; named in their notices, with telephone and mail.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_ids = fields.Many2many(
        "res.company",
        "continuity_provider_company_rel",
        "provider_id",
        "company_id",
        string="Companies",
        help="Whose customers it takes on; none: those of all companies.",
        default=lambda self: self.env.company,
    )
    offer = fields.Text(
        translate=True,
        required=True,
        help="What it offers, to whom, at what price: customers read this.",
    )
    service_level = fields.Text(
        translate=True,
        help="The service before and after, and the continuation clause in its own "
        "words: goes into the transition plan.",
    )
    price_after = fields.Text(
        string="Price After the Free Period",
        translate=True,
    )
    interest = fields.Text(
        string="Interest of Ours",
        translate=True,
        tracking=True,
        help="What we, an owner or a relative of an owner have in this provider: a "
        "share, a commission, a new job. Customers read it beside the offer; leave it "
        "empty only when there is none.",
    )
    industry_ids = fields.Many2many(
        "res.partner.industry",
        "continuity_provider_industry_rel",
        "provider_id",
        "industry_id",
        string="Industries",
        help="Which customers it knows how to serve; none: any.",
    )
    country_ids = fields.Many2many(
        "res.country",
        "continuity_provider_country_rel",
        "provider_id",
        "country_id",
        string="Countries",
        help="Where it can serve customers; none: anywhere.",
    )
    categ_ids = fields.Many2many(
        "product.category",
        "continuity_provider_categ_rel",
        "provider_id",
        "categ_id",
        string="Product Categories",
        help="What it offers of what these customers bought; none: all of it.",
    )
    partner_words = fields.Text(
        string="Works With",
        help="Customs brokers, banks, systems and places it works with, in the words "
        "customers' preferences are written in: shared words count when providers are "
        "matched.",
    )
    capacity = fields.Integer(
        string="Customers It Can Take",
        help="0: as many as want to come.",
    )
    taken_count = fields.Integer(compute="_compute_taken", string="Customers Taken")
    free_places = fields.Integer(
        compute="_compute_taken", help="Empty when there is no limit."
    )
    free_months = fields.Integer(
        string="Free Period (months)",
        default=FREE_MONTHS,
        required=True,
        help="How long customers are served at no charge before the new price holds.",
    )
    data_purpose = fields.Text(
        string="Purpose of the Data",
        translate=True,
        default=lambda self: self._default_data_text("data_purpose"),
        help="What it may use customers' data for: named in the question for consent.",
    )
    data_method = fields.Text(
        string="How It Handles the Data",
        translate=True,
        default=lambda self: self._default_data_text("data_method"),
        help="Named in the question for consent.",
    )
    document_ids = fields.One2many("continuity.provider.document", "provider_id")
    document_warning = fields.Text(
        compute="_compute_document_warning", string="What Is Missing"
    )

    is_shown = fields.Boolean(
        compute="_compute_is_shown",
        search="_search_is_shown",
        string="In a Campaign One Sees",
    )

    _capacity = models.Constraint(
        "CHECK(capacity >= 0 AND free_months >= 0)",
        "Capacity and months are counted from zero up.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        providers = super().create(vals_list)
        for name in ("data_purpose", "data_method"):
            providers._translate_default(name)
        return providers

    @api.model
    def _default_data_text(self, name):
        """Return what a text that customers read says unless changed, in the language
        of the context.

        :param str name: of the field
        :rtype: str
        """
        if name == "data_purpose":
            return self.env._(
                "To go on with the services and deliveries agreed with the customer."
            )
        return self.env._(
            "Handed over once as a file and kept in its own customer system."
        )

    def _translate_default(self, name):
        """Give a text that was not changed in every language customers may read.

        :param str name: of the field
        """
        default = self._default_data_text(name)
        texts = {
            code: self.with_context(lang=code)._default_data_text(name)
            for code, _label in self.env["res.lang"].get_installed()
        }
        for provider in self.filtered(lambda p: p[name] == default):
            provider.update_field_translations(name, texts)

    @api.depends("capacity")
    def _compute_taken(self):
        taken = dict(
            self.env["continuity.transfer"]
            .sudo()
            ._read_group(
                [
                    ("provider_id", "in", self.ids),
                    ("state", "in", self.env["continuity.transfer"]._taken_states()),
                ],
                ["provider_id"],
                ["__count"],
            )
        )
        taken = {provider.id: count for provider, count in taken.items()}
        for provider in self:
            provider.taken_count = taken.get(provider.id, 0)
            provider.free_places = provider.capacity and max(
                provider.capacity - provider.taken_count, 0
            )

    @api.depends("document_ids", "document_ids.signed_on", "document_ids.expires_on")
    @api.depends_context("company")
    def _compute_document_warning(self):
        today = fields.Date.context_today(self)
        for provider in self:
            provider.document_warning = "\n".join(
                provider._agreement_problems(self.env.company, today)
            )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_is_shown(self):
        self.is_shown = self._sees_a_campaign()

    @api.model
    def _search_is_shown(self, operator, value):
        if operator != "in" or set(value) != {True}:
            return NotImplemented
        return Domain.TRUE if self._sees_a_campaign() else Domain.FALSE

    @api.model
    def _sees_a_campaign(self):
        """Tell whether the user, whoever asks with which rights, may read a campaign
        or a transfer: successors are looked for before a campaign may be known of.

        :rtype: bool
        """
        return any(
            self.env[name].with_user(self.env.uid).search_count([], limit=1)
            for name in ("continuity.dissolution", "continuity.transfer")
        )

    def _is_full(self):
        """Tell whether it takes on nobody any more."""
        self.ensure_one()
        return bool(self.capacity) and not self.free_places

    @api.model
    def _domain_offered(self, company):
        """Return the domain of the providers customers of a company may be offered."""
        return Domain("company_ids", "in", [False, *company.ids])

    def _agreement_problems(self, company, day):
        """Say what, of the agreements that hold for all customers, stands in the way
        of giving this provider data.

        :param company: ``res.company`` whose customers they are
        :param date day: on which
        :rtype: list[str]
        """
        self.ensure_one()
        documents = self.document_ids._of_company(company)
        return [
            problem
            for kind in ("confidentiality", "continuation")
            for problem in documents._best_problems(kind, day, self)
        ]

    def action_documents(self):
        """Open what this provider has signed."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Documents"),
            "res_model": "continuity.provider.document",
            "view_mode": "list,form",
            "domain": [("provider_id", "=", self.id)],
            "context": {"default_provider_id": self.id},
        }
