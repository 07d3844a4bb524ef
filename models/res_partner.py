from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

# Views on the relationship with the current company: name here → name there.
RELATIONSHIP_FIELDS = {
    "continuity_tier_id": "tier_id",
    "continuity_state": "state",
    "continuity_owner_since": "owner_since",
    "continuity_last_contact_date": "last_contact_date",
    "continuity_next_due_date": "next_due_date",
    "continuity_completeness": "completeness",
}
GROUPABLE_FIELDS = frozenset({"continuity_tier_id", "continuity_state"})
PROFILE_FIELDS = (
    "continuity_business",
    "continuity_equipment",
    "continuity_problems",
    "continuity_decision_makers",
    "continuity_buying_reason",
    "continuity_preferences",
    "continuity_channel_id",
)
USER_GROUP = "customer_continuity.group_user"
# Read together and only when asked for: partners are read everywhere, all day.
PREFETCH = "continuity_profile"


class ResPartner(models.Model):
    """What a person writes about a customer, and views of its relationship.

    Everything here is internal (T5): no field is readable without the group of the
    addon's users, so no portal page, mail template or export of a customer's can
    show it.
    """

    _inherit = "res.partner"

    # Profile: few fields, kept up to date by daily work.
    continuity_business = fields.Text(
        string="Organisation and Business",
        groups=USER_GROUP,
        prefetch=PREFETCH,
        help="What they do, how they are organised, whom they sell to.",
    )
    continuity_equipment = fields.Text(
        string="Equipment They Own",
        groups=USER_GROUP,
        prefetch=PREFETCH,
        help="What stands there, since when, in which state.",
    )
    continuity_problems = fields.Text(
        string="Current Problems", groups=USER_GROUP, prefetch=PREFETCH
    )
    continuity_decision_makers = fields.Text(
        string="Decision-Makers",
        groups=USER_GROUP,
        prefetch=PREFETCH,
        help="Who decides, who advises, who signs.",
    )
    continuity_buying_reason = fields.Text(
        string="Why They Buy",
        groups=USER_GROUP,
        prefetch=PREFETCH,
        help="Why they chose us and not somebody else.",
    )
    continuity_preferences = fields.Text(
        string="Preferences",
        groups=USER_GROUP,
        prefetch=PREFETCH,
        help="How they like things done, such as which customs broker they use.",
    )
    continuity_channel_id = fields.Many2one(
        "continuity.channel",
        string="Preferred Channel",
        groups=USER_GROUP,
        prefetch=PREFETCH,
        ondelete="set null",
    )
    continuity_dislikes_change = fields.Boolean(
        string="Dislikes a Change of Contact",
        groups=USER_GROUP,
        prefetch=PREFETCH,
        help="A handover is announced in person and with the successor present.",
    )
    continuity_no_courtesy = fields.Boolean(
        string="No Courtesy Contacts",
        groups=USER_GROUP,
        prefetch=PREFETCH,
        help="Wants no courtesy calls, cards or letters. Legal and contractual "
        "notices still reach them.",
    )
    continuity_focus_account = fields.Boolean(
        string="Focus Account",
        groups=USER_GROUP,
        prefetch=PREFETCH,
        help="Strategic, though not yet large: treated like a key account.",
    )

    continuity_phone_problem = fields.Char(
        string="Problem with the Number",
        groups=USER_GROUP,
        readonly=True,
        copy=False,
        help="Somebody dialled it and it was wrong. A new number clears this.",
    )

    continuity_wechat = fields.Char(
        string="WeChat ID",
        groups=USER_GROUP,
        prefetch=PREFETCH,
        help="Of a colleague: letters they sign or that introduce them name it.",
    )

    continuity_wechat_qr = fields.Image(
        string="WeChat QR Code",
        max_width=430,
        max_height=430,
        groups=USER_GROUP,
        help="Of a colleague: customers can scan it on their page and in plans.",
    )

    # The relationship with the current company.
    continuity_relationship_ids = fields.One2many(
        "continuity.relationship",
        "partner_id",
        string="Relationships",
        groups=USER_GROUP,
    )
    continuity_relationship_id = fields.Many2one(
        "continuity.relationship",
        string="Relationship",
        compute="_compute_continuity_relationship",
        groups=USER_GROUP,
    )
    continuity_tier_id = fields.Many2one(
        "continuity.tier",
        string="Customer Tier",
        compute="_compute_continuity_relationship",
        search="_search_continuity_tier_id",
        groups=USER_GROUP,
    )
    continuity_tier_locked = fields.Boolean(
        string="Tier Locked",
        compute="_compute_continuity_relationship",
        groups=USER_GROUP,
    )
    continuity_state = fields.Selection(
        selection=lambda self: (
            self.env["continuity.relationship"]
            ._fields["state"]
            ._description_selection(self.env)
        ),
        # "Status" alone would be a second one on users, who inherit this.
        string="Contact Status",
        compute="_compute_continuity_relationship",
        search="_search_continuity_state",
        groups=USER_GROUP,
    )
    continuity_owner_since = fields.Date(
        string="Salesperson Since",
        compute="_compute_continuity_owner_since",
        search="_search_continuity_owner_since",
        groups=USER_GROUP,
    )
    continuity_last_contact_date = fields.Date(
        string="Last True Contact",
        compute="_compute_continuity_relationship",
        search="_search_continuity_last_contact_date",
        groups=USER_GROUP,
    )
    continuity_next_due_date = fields.Date(
        string="Next Contact Due",
        compute="_compute_continuity_relationship",
        search="_search_continuity_next_due_date",
        groups=USER_GROUP,
    )
    continuity_completeness = fields.Integer(
        string="Profile Complete (%)",
        compute="_compute_continuity_relationship",
        search="_search_continuity_completeness",
        aggregator=None,
        groups=USER_GROUP,
    )
    continuity_missing_items = fields.Char(
        string="Missing in the Profile",
        compute="_compute_continuity_missing_items",
        groups=USER_GROUP,
    )

    continuity_touchpoint_count = fields.Integer(
        string="Touchpoints",
        compute="_compute_continuity_touchpoint_count",
        groups=USER_GROUP,
    )

    _continuity_user_idx = models.Index("(user_id) WHERE user_id IS NOT NULL")

    # === COMPUTE === #

    @api.model
    def _continuity_relationship_fields(self):
        """Return the names of the fields that show the relationship."""
        return [
            "continuity_relationship_id",
            "continuity_tier_locked",
            *RELATIONSHIP_FIELDS,
        ]

    @api.depends("commercial_partner_id")
    @api.depends_context("company", "uid")
    def _compute_continuity_relationship(self):
        relationships = (
            self.env["continuity.relationship"]
            .with_context(active_test=False)
            .search_fetch(
                [
                    ("partner_id", "in", self.commercial_partner_id.ids),
                    ("company_id", "=", self.env.company.id),
                ],
                [
                    "partner_id",
                    "owner_id",
                    "tier_locked",
                    *RELATIONSHIP_FIELDS.values(),
                ],
            )
            .grouped("partner_id")
        )
        empty = self.env["continuity.relationship"]
        for partner in self:
            relationship = relationships.get(partner.commercial_partner_id, empty)
            partner.continuity_relationship_id = relationship
            partner.continuity_tier_locked = relationship.tier_locked
            for name, source in RELATIONSHIP_FIELDS.items():
                if name != "continuity_owner_since":
                    partner[name] = relationship[source]

    # Apart from the others: these need not be thought of at every reassignment.
    @api.depends("continuity_relationship_id", "user_id")
    @api.depends_context("company", "uid")
    def _compute_continuity_owner_since(self):
        for partner in self:
            relationship = partner.continuity_relationship_id
            # Reassigned since the last refresh, the date is the predecessor's.
            same = relationship.owner_id == partner.user_id
            partner.continuity_owner_since = same and relationship.owner_since

    @api.depends("commercial_partner_id", *PROFILE_FIELDS)
    @api.depends_context("company", "lang")
    def _compute_continuity_missing_items(self):
        items = self.env.company.sudo().continuity_profile_item_ids
        for partner in self:
            customer = partner.commercial_partner_id
            partner.continuity_missing_items = ", ".join(
                item.name for item in items if not item._is_filled(customer)
            )

    @api.depends("commercial_partner_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_continuity_touchpoint_count(self):
        counts = dict(
            self.env["continuity.touchpoint"]._read_group(
                [("partner_id", "in", self.commercial_partner_id.ids)],
                ["partner_id"],
                ["__count"],
            )
        )
        for partner in self:
            partner.continuity_touchpoint_count = counts.get(
                partner.commercial_partner_id, 0
            )

    # === SEARCH AND GROUP === #

    def _search_continuity(self, field_name, operator, value):
        """Search customers, and their contacts, by their relationship.

        Looking for an empty value also finds those without a relationship.
        """
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        company = Domain("company_id", "=", self.env.company.id)
        condition = Domain(RELATIONSHIP_FIELDS[field_name], operator, value)
        model = self.env["continuity.relationship"].with_context(active_test=False)
        domain = Domain(
            "commercial_partner_id",
            "in",
            model._search(company & condition).subselect("partner_id"),
        )
        if operator == "in" and False in value:
            known = model._search(company).subselect("partner_id")
            domain |= Domain("commercial_partner_id", "not in", known)
        return domain

    @api.model
    def _search_continuity_tier_id(self, operator, value):
        return self._search_continuity("continuity_tier_id", operator, value)

    @api.model
    def _search_continuity_state(self, operator, value):
        return self._search_continuity("continuity_state", operator, value)

    @api.model
    def _search_continuity_owner_since(self, operator, value):
        return self._search_continuity("continuity_owner_since", operator, value)

    @api.model
    def _search_continuity_last_contact_date(self, operator, value):
        return self._search_continuity("continuity_last_contact_date", operator, value)

    @api.model
    def _search_continuity_next_due_date(self, operator, value):
        return self._search_continuity("continuity_next_due_date", operator, value)

    @api.model
    def _search_continuity_completeness(self, operator, value):
        return self._search_continuity("continuity_completeness", operator, value)

    def _field_to_sql(self, alias, field_expr, query=None) -> SQL:
        """Let lists be grouped and sorted by tier and state, of which users see no
        more than the record rules of the relationship allow.

        The others stay out: Odoo tries each such field twice whenever it describes
        the partner to the web client, which costs more than showing the list.
        """
        if field_expr not in GROUPABLE_FIELDS or query is None:
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields[field_expr], "read")
        if query.is_empty():
            return SQL("NULL")  # Odoo only tries whether it can be done
        model = self.env["continuity.relationship"].with_context(active_test=False)
        visible = model._search([("company_id", "=", self.env.company.id)])
        columns = SQL(", ").join(
            SQL.identifier(visible.table, name)
            for name in ("partner_id", "tier_id", "state")
        )
        relationship = query.make_alias(alias, "continuity_relationship")
        query.add_join(
            "LEFT JOIN",
            relationship,
            SQL("(%s)", visible.select(columns)),
            SQL(
                "%s = %s",
                SQL.identifier(relationship, "partner_id"),
                SQL.identifier(alias, "commercial_partner_id"),
            ),
        )
        return SQL.identifier(relationship, RELATIONSHIP_FIELDS[field_expr])

    # === CRUD === #

    def write(self, vals):
        if "phone" in vals:
            # Anybody who may write the number may, unlike the note on it.
            noted = self.sudo().with_context(active_test=False)
            noted.search(
                [("id", "in", self.ids), ("continuity_phone_problem", "!=", False)]
            ).continuity_phone_problem = False
        if not {"parent_id", "is_company", "active"}.intersection(vals):
            return super().write(vals)
        customers = self.filtered(lambda p: p.commercial_partner_id == p)
        result = super().write(vals)
        customers._continuity_follow(vals)
        return result

    def _continuity_customers(self):
        """Return the customers that these contacts stand for.

        :rtype: res.partner
        """
        # Whose contact somebody is decides what may be done, whoever may read the
        # customer; nothing else of it is read here.
        return self.sudo().commercial_partner_id.with_env(self.env)

    def _continuity_follow(self, vals):
        """Let relationships follow customers that were moved or archived.

        A customer that became a contact of another one takes its relationships
        along; archiving a customer archives them.

        :param dict vals: what was written on these former customers
        """
        if not self:
            return
        relationship_model = self.env["continuity.relationship"].sudo()
        relationships = relationship_model.with_context(active_test=False).search(
            [("partner_id", "in", self.ids)]
        )
        if "active" in vals:
            relationships.filtered(
                lambda r: r.active != r.partner_id.active
            ).active = vals["active"]
        moved = relationships.filtered(
            lambda r: r.partner_id.commercial_partner_id != r.partner_id
        )
        if moved:
            targets = moved.partner_id.commercial_partner_id
            for partner, rows in moved.grouped("partner_id").items():
                rows._combine_into(partner.commercial_partner_id)
            relationship_model._refresh_everywhere(targets)

    # === ACTIONS === #

    def action_open_continuity_relationship(self):
        """Open what the current company knows of this customer."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Relationship"),
            "res_model": "continuity.relationship",
            "res_id": self.continuity_relationship_id.id,
            "view_mode": "form",
        }

    def action_open_continuity_touchpoints(self):
        """Open what was planned and done to keep in touch with the customer."""
        self.ensure_one()
        return self._action_continuity_touchpoints(
            [("partner_id", "=", self.commercial_partner_id.id)]
        )

    def _action_continuity_touchpoints(self, domain):
        """Return the action that lists touchpoints, the latest first.

        :param list domain: which ones
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Touchpoints"),
            "res_model": "continuity.touchpoint",
            "view_mode": "list,form",
            "domain": domain,
        }

    def action_log_continuity_contact(self):
        """Open the dialog that logs a contact with this customer, or with one of its
        people, for the current company; the relationship is created when missing.

        :raise AccessError: unless the user may read the relationship
        :raise UserError: when the partner is no customer, such as a colleague
        """
        self.ensure_one()
        self.check_access("read")
        relationship = self.env["continuity.relationship"]._ensure(
            self.env.company, self
        )
        if not relationship:
            raise UserError(
                self.env._(
                    "%(partner)s is no customer of %(company)s.",
                    partner=self.display_name,
                    company=self.env.company.name,
                )
            )
        return relationship.action_log_contact()
