from calendar import monthrange

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .continuity_relationship_quiet import QUIET_FACTOR

# Triggers whose occurrences come so many days after something …
AFTER = (
    "delivery",
    "completion",
    "first_purchase",
    "silence",
    "never",
    "companion",
)
# … and so many days before.
BEFORE = ("reorder", "cycle", "term", "anniversary", "yearly")
# Triggers that look at documents with products.
BY_PRODUCT = ("delivery", "completion", "cycle", "term", "companion")
# Triggers that measure a customer against their own past.
BY_FACTOR = ("quiet", "rising")
# What is still to be done when its day was missed: nothing has happened since. Of
# the others, what is older than the settings' days is too late to be of use.
STANDING = ("silence", "never", "quiet")


class ContinuityFollowupRule(models.Model):
    """When a customer is due to hear from us, why, and from whom.

    A rule contacts nobody. Every day the planning
    (``continuity_followup_planning.py``) asks each rule which customers it finds,
    keeps one ``continuity.followup.occurrence`` per rule, customer and event for
    ever, and plans a touchpoint for those it has room for.

    ==============  ============================================================
    trigger         finds a customer
    ==============  ============================================================
    delivery        ``days`` after an order was delivered, or after an invoice
                    that came from no order
    completion      ``days`` after the last delivery, or the last invoice, of an order
                    of which nothing is left to deliver or to invoice
    first_purchase  ``days`` after the first purchase ever
    silence         ``days`` after the cadence of the tier has run out
    never           nobody has ever had a true contact with, ``days`` after we
                    came to know them
    quiet           who has neither bought nor been in touch for ``factor`` times
                    their own reorder interval
    reorder         ``days_before`` their own reorder interval brings the next
                    order
    cycle           ``days_before`` a product they bought needs replacing
    term            ``days_before`` a contract or warranty ends
    companion       ``days`` after they bought a product without the one that
                    goes with it
    rising          who bought ``factor`` times as much in the last 90 days as in
                    the 90 days before
    anniversary     ``days_before`` the day of their first purchase, each year
    yearly          ``days_before`` a day of the year
    ==============  ============================================================

    An extension adds a trigger with ``selection_add`` and the methods
    ``_due_sql_<trigger>`` and ``_describe_<trigger>``.
    """

    _name = "continuity.followup.rule"
    _description = "Follow-up Rule"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(
        default=10,
        help="Of several reasons that fall on the same day the first gives the "
        "contact its subject and channel.",
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index=True, help="Leave empty for a rule of all companies."
    )
    trigger = fields.Selection(
        [
            ("delivery", "After a delivery"),
            ("completion", "After an order is completed"),
            ("first_purchase", "After the first purchase"),
            ("silence", "Silence: no contact within the cadence of the tier"),
            ("never", "Never contacted"),
            ("quiet", "Gone quiet against their own rhythm"),
            ("reorder", "Before their next order is due"),
            ("cycle", "Before a product needs replacing"),
            ("term", "Before a contract or warranty ends"),
            ("companion", "Companion product not bought yet"),
            ("rising", "Rising purchases"),
            ("anniversary", "Trading anniversary"),
            ("yearly", "Once a year"),
        ],
        required=True,
        default="delivery",
    )
    days = fields.Integer(
        string="Days After", help="Calendar days after what triggers the rule."
    )
    days_before = fields.Integer(
        help="Calendar days before it, so that there is time to act.",
    )
    factor = fields.Float(
        default=QUIET_FACTOR,
        help="1.5 is one and a half times as long, or as much, as usual for this "
        "customer.",
    )
    yearly_month = fields.Selection(
        [(str(month), str(month)) for month in range(1, 13)],
        string="Month",
        default="12",
    )
    yearly_day = fields.Integer(string="Day of the Month", default=1)
    date_from = fields.Date(
        string="Counts From",
        required=True,
        default=fields.Date.context_today,
        help="What fell due before this day is left alone: a new rule does not dig up "
        "the past.",
    )
    tier_ids = fields.Many2many(
        "continuity.tier",
        "continuity_followup_rule_tier_rel",
        string="Tiers",
        help="Leave empty for customers of all tiers.",
    )
    team_ids = fields.Many2many(
        "crm.team",
        "continuity_followup_rule_team_rel",
        string="Sales Teams",
        help="Leave empty for customers of all teams.",
    )
    category_ids = fields.Many2many(
        "res.partner.category",
        "continuity_followup_rule_category_rel",
        string="Tags",
        help="Leave empty for customers with any tags or none.",
    )
    product_ids = fields.Many2many(
        "product.template",
        "continuity_followup_rule_product_rel",
        string="Products",
        help="Only what contains one of these products. Leave empty for all.",
    )
    owner = fields.Selection(
        [("salesperson", "The customer's salesperson"), ("person", "A named person")],
        string="Contact Made By",
        required=True,
        default="salesperson",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        ondelete="restrict",
        domain=[("share", "=", False)],
    )
    channel_ids = fields.Many2many(
        "continuity.channel",
        "continuity_followup_rule_channel_rel",
        string="Channels",
        help="Any one of these; the first is proposed. Leave empty to follow the "
        "contact policy of the customer's tier.",
    )
    subject = fields.Char(
        translate=True,
        help="What the contact is called in people's lists. The name of the rule if "
        "empty.",
    )
    opening = fields.Text(
        string="Suggested Opening",
        translate=True,
        help="A sentence to begin with, for whoever makes the contact.",
    )
    template_id = fields.Many2one(
        "mail.template",
        string="Letter",
        ondelete="set null",
        domain=[("model", "=", "continuity.touchpoint")],
        help="The letter proposed when the contact is made in writing.",
    )
    open_count = fields.Integer(string="To Do", compute="_compute_open_count")

    _days_positive = models.Constraint(
        "CHECK(days >= 0 AND days_before >= 0)",
        "Days cannot be negative: use the other field for days on the other side.",
    )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_open_count(self):
        occurrences = self.env["continuity.followup.occurrence"]
        counts = dict(
            occurrences._read_group(
                [
                    ("rule_id", "in", self.ids),
                    ("state", "in", occurrences._open_states),
                ],
                ["rule_id"],
                ["__count"],
            )
        )
        for rule in self:
            rule.open_count = counts.get(rule, 0)

    # === CONSTRAINTS === #

    @api.constrains("owner", "user_id")
    def _check_person(self):
        for rule in self:
            if rule.owner == "person" and not rule.user_id:
                raise ValidationError(
                    self.env._(
                        "%s: choose the person who makes the contact, or leave it to "
                        "the customer's salesperson.",
                        rule.name,
                    )
                )

    @api.constrains("trigger", "factor")
    def _check_factor(self):
        for rule in self:
            if rule.trigger in BY_FACTOR and rule.factor <= 1:
                raise ValidationError(
                    self.env._(
                        "%s: the factor must be more than 1, for example 1.5 for one "
                        "and a half times as much as usual.",
                        rule.name,
                    )
                )

    @api.constrains("trigger", "yearly_month", "yearly_day")
    def _check_day_of_year(self):
        for rule in self.filtered(lambda r: r.trigger == "yearly"):
            # A leap year: 29 February is a day of the year.
            last = monthrange(2024, int(rule.yearly_month or 1))[1]
            if not rule.yearly_month or not 1 <= rule.yearly_day <= last:
                raise ValidationError(
                    self.env._(
                        "%(rule)s: enter a month, and a day from 1 to %(last)s.",
                        rule=rule.name,
                        last=last,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_only_unused(self):
        used = (
            self.env["continuity.followup.occurrence"]
            .sudo()
            .search([("rule_id", "in", self.ids)], limit=1)
            .rule_id
        )
        if used:
            raise UserError(
                self.env._(
                    "%s has found customers already. Archive it instead, so that what "
                    "was done keeps its reason.",
                    used[0].name,
                )
            )

    # === PLANNING === #

    def _channels_for(self, tier):
        """Return the channels accepted for a customer, the proposed one first.

        :param tier: the customer's ``continuity.tier``
        :rtype: continuity.channel
        """
        self.ensure_one()
        if self.channel_ids:
            return self.channel_ids
        step = self.env["continuity.policy.step"]._steps_for("followup", tier)[:1]
        if step:
            return step._ordered_channels()
        # A tier without a policy: a person calls.
        call = self.env.ref("customer_continuity.channel_call", False)
        return call or self.env["continuity.channel"].search([], limit=1)

    # === ACTIONS === #

    def action_preview(self):
        """Show whom this rule would contact in the next 30 days, and whom not.

        :raise AccessError: unless the user may read the rule and is a manager
        """
        self.ensure_one()
        return self.env["continuity.followup.preview"]._open(self)

    def action_open_occurrences(self):
        """Open the customers this rule has found."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "customer_continuity.action_followup_occurrence"
        )
        action["domain"] = [("rule_id", "=", self.id)]
        action["context"] = {"search_default_open": 1}
        return action
