from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain


class ContinuityRelationship(models.Model):
    """One customer as one company knows it: how much they matter, how long ago
    anybody spoke to them, and when they are due again.

    One row per commercial partner and company. The figures are written by the
    refresh (``continuity_relationship_refresh.py``), which is the only place that
    knows how they come about; a person only locks a tier.

    ==========  ================================================================
    state       means
    ==========  ================================================================
    never       no true contact on record
    on_track    the next contact is due later than the settings' days of notice
    due         the next contact is due within the days of notice, or today
    overdue     the next contact should have taken place by now
    silent      no true contact for twice the cadence of the tier
    ==========  ================================================================

    The next contact is due one cadence of the tier after the last true contact.
    """

    _name = "continuity.relationship"
    _description = "Customer Relationship"
    _inherit = ["continuity.guarded.mixin", "mail.thread"]
    _order = "next_due_date, id"
    _rec_name = "partner_id"

    _guarded_fields = frozenset(
        {
            "partner_id",
            "company_id",
            "active",
            "tier_id",
            "tier_locked",
            "tier_lock_reason",
            "tier_lock_user_id",
            "tier_lock_date",
            "revenue",
            "peak_revenue",
            "purchase_count",
            "first_purchase_date",
            "last_purchase_date",
            "reorder_interval",
            "last_contact_date",
            "next_due_date",
            "state",
            "owner_id",
            "owner_since",
            "completeness",
            "handed_over_to_id",
        }
    )

    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    active = fields.Boolean(default=True, readonly=True)
    tier_id = fields.Many2one(
        "continuity.tier",
        readonly=True,
        index=True,
        ondelete="restrict",
        group_expand="_read_group_tier_ids",
    )
    tier_locked = fields.Boolean(
        readonly=True, help="The daily refresh leaves the tier alone."
    )
    tier_lock_reason = fields.Char(string="Reason for the Lock", readonly=True)
    tier_lock_user_id = fields.Many2one(
        "res.users", string="Locked By", readonly=True, ondelete="set null"
    )
    tier_lock_date = fields.Date(string="Locked On", readonly=True)
    revenue = fields.Monetary(
        readonly=True,
        help="Without taxes, less credit notes, in the period of the settings.",
    )
    peak_revenue = fields.Monetary(
        string="Best Year",
        readonly=True,
        aggregator=None,
        help="Revenue of the best calendar year: shows who once was a large customer.",
    )
    purchase_count = fields.Integer(
        string="Purchases",
        readonly=True,
        help="Invoices, or orders, on record; credit notes are none.",
    )
    first_purchase_date = fields.Date(string="First Purchase", readonly=True)
    last_purchase_date = fields.Date(string="Last Purchase", readonly=True)
    reorder_interval = fields.Float(
        string="Reorder Interval (days)",
        readonly=True,
        aggregator="avg",
        digits=(16, 1),
        help="Median number of days from one day with a purchase to the next.",
    )
    last_contact_date = fields.Date(
        string="Last True Contact",
        readonly=True,
        help="A person reached a person: a visit, a call somebody answered, a mail "
        "from the customer. Mass mails and voicemails are none.",
    )
    next_due_date = fields.Date(string="Next Contact Due", readonly=True)
    state = fields.Selection(
        [
            ("never", "Never Contacted"),
            ("on_track", "On Track"),
            ("due", "Due"),
            ("overdue", "Overdue"),
            ("silent", "Silent"),
        ],
        string="Status",
        readonly=True,
        default="never",
        required=True,
        group_expand=True,
    )
    owner_id = fields.Many2one(
        "res.users",
        string="Salesperson",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    owner_since = fields.Date(
        string="Salesperson Since",
        readonly=True,
        help="Since when the salesperson looks after it.",
    )
    handed_over_to_id = fields.Many2one(
        "res.users",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="Who took the customer over last, with an approval: they may read its "
        "history, which nobody gets by naming themself salesperson.",
    )
    completeness = fields.Integer(
        string="Profile Complete (%)",
        readonly=True,
        aggregator="avg",
        help="Share of the required profile items that are filled in.",
    )
    # For grouping and filtering only: no columns, so no daily writes for them.
    country_id = fields.Many2one(related="partner_id.country_id")
    industry_id = fields.Many2one(related="partner_id.industry_id")
    focus_account = fields.Boolean(related="partner_id.continuity_focus_account")
    team_id = fields.Many2one(related="owner_id.sale_team_id", string="Sales Team")
    rotation_due = fields.Boolean(
        compute="_compute_rotation_due",
        search="_search_rotation_due",
        help="The same person has looked after the customer for longer than the years "
        "in the settings: time to think of a second pair of eyes.",
    )
    can_lock_tier = fields.Boolean(compute="_compute_can_lock_tier")
    touchpoint_count = fields.Integer(
        string="Touchpoints", compute="_compute_touchpoint_count"
    )

    _partner_company_uniq = models.Constraint(
        "UNIQUE(partner_id, company_id)",
        "A company has one relationship with a customer.",
    )
    _next_due_idx = models.Index("(company_id, next_due_date)")

    @api.depends("partner_id.display_name")
    def _compute_display_name(self):
        for relationship in self:
            relationship.display_name = relationship.partner_id.display_name

    @api.depends("owner_since", "company_id.continuity_tenure_years")
    def _compute_rotation_due(self):
        for relationship in self:
            limit = self._rotation_limit(relationship.company_id)
            since = relationship.owner_since
            relationship.rotation_due = bool(since and since < limit)

    @api.model
    def _search_rotation_due(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("owner_since", "<", self._rotation_limit(company))
            for company in self.env.companies
        )

    @api.model
    def _rotation_limit(self, company):
        """Return the day before which a tenure has become long (T8)."""
        return fields.Date.subtract(
            fields.Date.context_today(self), years=company.continuity_tenure_years
        )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_touchpoint_count(self):
        counts = dict(
            self.env["continuity.touchpoint"]._read_group(
                [("relationship_id", "in", self.ids)],
                ["relationship_id"],
                ["__count"],
            )
        )
        for relationship in self:
            relationship.touchpoint_count = counts.get(relationship, 0)

    @api.model
    def _read_group_tier_ids(self, tiers, domain):
        return tiers | tiers.search([])

    # === MAY THEY BE CONTACTED? === #

    def _contact_refusals(self, purpose, courtesy=True):
        """Say which customers may not be contacted for a purpose now, and why.

        Asks every process by its lines (``continuity.subject.mixin``), because a
        running notice of one forbids the small talk of another.

        :param str purpose: technical value of the policy step's purpose
        :param bool courtesy: it is not a legal or contractual notice; only these
            reach customers who want no courtesy contacts (I10)
        :return: reasons for people, by id; those not in it may be contacted
        :rtype: dict[int, str]
        """
        refusals = {}
        if courtesy:
            # Asked of the database: of thousands of customers few are read.
            # Whoever asks, what the customer wants counts.
            unwilling = (
                self.sudo()
                .with_context(active_test=False)
                .search(
                    [
                        ("id", "in", self.ids),
                        ("partner_id.continuity_no_courtesy", "=", True),
                    ]
                )
            )
            if unwilling:
                reason = self.env._("Wants no courtesy contacts")
                refusals = dict.fromkeys(unwilling.ids, reason)
        for name in self.env.registry.descendants(
            ["continuity.subject.mixin"], "_inherit"
        ):
            model = self.env[name]
            if not model._abstract:
                for key, reason in model._contact_refusals(self, purpose).items():
                    refusals.setdefault(key, reason)
        return refusals

    # === ACTIONS === #

    @api.model
    def action_refresh(self):
        """Refresh the relationships of the current company now.

        :return: a notification: how many customers were read, added and changed,
            and what was not counted and why
        :raise AccessError: unless the user is a manager
        :raise UserError: when the tiers make no sense
        """
        if not self.env.user.has_group("customer_continuity.group_manager"):
            raise AccessError(
                self.env._("Only a manager of Customer Continuity can refresh.")
            )
        company = self.env.company
        result = self._refresh(company)
        message = self.env._(
            "%(company)s: %(read)s customers read, %(created)s added, %(updated)s "
            "changed.",
            company=company.name,
            read=result["read"],
            created=result["created"],
            updated=result["updated"],
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if result["skipped"] else "success",
                "title": self.env._("Relationships Refreshed"),
                "message": "\n".join([message, *result["skipped"]]),
                "sticky": bool(result["skipped"]),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_open_partner(self):
        """Open the customer's form."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.partner_id.id,
            "view_mode": "form",
        }

    def action_open_touchpoints(self):
        """Open what was planned and done to keep in touch with this customer."""
        self.ensure_one()
        return self.partner_id._action_continuity_touchpoints(
            [("relationship_id", "=", self.id)]
        )

    def _last_channel(self):
        """Return the channel over which people tried to reach this customer last."""
        attempt = (
            self.env["continuity.touchpoint.attempt"]
            .sudo()
            .search(
                [
                    ("touchpoint_id.relationship_id", "in", self.ids),
                    ("channel_id.automatic", "=", False),
                    ("withdrawn", "=", False),
                ],
                order="id desc",
                limit=1,
            )
        )
        return attempt.channel_id.sudo(False)

    def action_log_contact(self):
        """Open the dialog that logs a contact nobody had planned.

        :raise AccessError: unless the user may read the relationship
        """
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "continuity.report.contact",
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Log a Contact"),
            "context": {"default_relationship_id": self.id},
        }
