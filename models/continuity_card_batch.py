from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

# Gifts, which some customers decline; the others are cards.
GIFTS = ("midsummer", "yearend")
LABEL_COLUMNS = 3
LABEL_ROWS = 8
# So far ahead owed cards are written along.
COLLECT_DAYS = 31


class ContinuityCardBatch(models.Model):
    """Cards, or seasonal gifts, written and posted together (F6).

    =========  ==================================================================
    state      means
    =========  ==================================================================
    draft      customers are being chosen
    ready      every customer without a problem is owed a card: labels are printed
    posted     written and posted: each customer's touchpoint says so
    cancelled  given up; the touchpoints made for it are cancelled
    =========  ==================================================================

    Customers with a problem (no address, in mourning …) stay in the batch with the
    reason and get nothing.
    """

    _name = "continuity.card.batch"
    _description = "Card Batch"
    _inherit = ["continuity.guarded.mixin"]
    _order = "date_post desc, id desc"
    _check_company_auto = True

    _guarded_fields = frozenset({"state", "posted_on"})

    name = fields.Char(
        string="Occasion", required=True, help="It stands on the list of each customer."
    )
    kind = fields.Selection(
        [
            ("thanks", "Thank-you card"),
            ("newyear", "New Year's card"),
            ("midsummer", "Midsummer gift"),
            ("yearend", "Year-end gift"),
            ("other", "Other card"),
        ],
        required=True,
        default="thanks",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        "res.users",
        string="Written By",
        required=True,
        index=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    date_post = fields.Date(
        string="To Be Posted On", required=True, default=fields.Date.context_today
    )
    budget = fields.Monetary(help="For all of them, postage included. 0: no limit.")
    unit_cost = fields.Monetary(string="Cost of Each")
    cost = fields.Monetary(compute="_compute_cost", string="Cost of All")
    over_budget = fields.Boolean(compute="_compute_cost")
    line_ids = fields.One2many("continuity.card.batch.line", "batch_id", copy=False)
    line_count = fields.Integer(compute="_compute_cost", string="Cards")
    problem_count = fields.Integer(compute="_compute_cost", string="Problems")
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("ready", "Ready"),
            ("posted", "Posted"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        default="draft",
        required=True,
        readonly=True,
        copy=False,
    )
    posted_on = fields.Datetime(readonly=True, copy=False)

    _money_positive = models.Constraint(
        "CHECK(budget >= 0 AND unit_cost >= 0)", "Costs cannot be negative."
    )

    @api.depends("line_ids.problem", "line_ids.left_out", "unit_cost", "budget")
    def _compute_cost(self):
        for batch in self:
            cards = batch._cards()
            batch.line_count = len(cards)
            batch.problem_count = len(batch.line_ids.filtered("problem"))
            batch.cost = len(cards) * batch.unit_cost
            batch.over_budget = bool(batch.budget) and (
                batch.currency_id.compare_amounts(batch.cost, batch.budget) > 0
            )

    def _cards(self):
        """Return the lines that get something: neither left out nor with a problem."""
        return self.line_ids.filtered(lambda x: not x.left_out and not x.problem)

    def write(self, vals):
        if not self.env.su and any(b.state in ("posted", "cancelled") for b in self):
            raise UserError(self.env._("What was posted or cancelled stays as it is."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_posted(self):
        if any(batch.state in ("ready", "posted") for batch in self):
            raise UserError(
                self.env._("Cancel the batch instead: customers are owed its cards.")
            )

    # === CUSTOMERS === #

    def _check_state(self, *states):
        """Refuse what a batch is past.

        :raise AccessError: unless the user may write it
        :raise UserError: naming the batch
        """
        self.check_access("write")
        for batch in self:
            if batch.state not in states:
                raise UserError(
                    self.env._("“%s” is past that step.", batch.display_name)
                )

    def action_collect_owed(self):
        """Add the customers who are owed a card soon: those of the user, and of people
        the user is a manager of.

        :raise UserError: when nobody is
        """
        self.ensure_one()
        self._check_state("draft")
        lines = self.env["continuity.card.batch.line"]
        touchpoints = self.env["continuity.touchpoint"]
        owed = touchpoints.search(
            touchpoints._domain_open()
            + [
                ("company_id", "=", self.company_id.id),
                ("channel_id", "=", self._channel().id),
                ("held_back", "=", False),
                ("date_due", "<=", self.date_post + timedelta(days=COLLECT_DAYS)),
            ]
        )
        # Also in batches of colleagues, which this user may not see: nobody gets two.
        taken = lines.sudo().search(
            [
                ("touchpoint_id", "in", owed.ids),
                ("batch_id.state", "in", ("draft", "ready")),
            ]
        )
        user = self.env.user
        owed = (owed - taken.touchpoint_id).filtered(
            lambda t: (
                user in t.user_id | t.attendee_ids
                or user._is_continuity_manager_of(t.user_id)
            )
        )
        if not owed:
            raise UserError(self.env._("No customer of yours is owed a card soon."))
        # One card for each customer: a second one stays owed for another batch.
        first_owed = {}
        for touchpoint in owed:
            first_owed.setdefault(touchpoint.partner_id, touchpoint)
        # Lines of customers this user no longer sees stand there too.
        present = {line.partner_id: line for line in self.sudo().line_ids}
        missing = [t for partner, t in first_owed.items() if partner not in present]
        new = lines.create(
            [
                {
                    "batch_id": self.id,
                    "partner_id": touchpoint.partner_id.id,
                    "contact_id": touchpoint.contact_ids[:1].id,
                }
                for touchpoint in missing
            ]
        )
        # Just made here, with the rights of the user; only read back.
        present.update((line.partner_id, line) for line in new.sudo())
        for partner, touchpoint in first_owed.items():
            if not present[partner].touchpoint_id:
                present[partner].touchpoint_id = touchpoint

    @api.model
    def _channel(self):
        return self.env.ref("customer_continuity.channel_card")

    # === STEPS === #

    def action_ready(self):
        """Owe every customer without a problem their card, and print the labels.

        :raise UserError: when nobody is left
        """
        for batch in self:
            batch._check_state("draft")
            cards = batch._cards()
            if not cards:
                raise UserError(
                    self.env._("“%s” has nobody to write to.", batch.display_name)
                )
            cards._plan_touchpoints()
        self.sudo().write({"state": "ready"})

    def action_draft(self):
        """Go back to choosing customers; what is owed by now stays owed."""
        self._check_state("ready")
        self.sudo().write({"state": "draft"})

    def action_print_labels(self):
        """Print the address labels of those who get something."""
        if not self._cards():
            raise UserError(self.env._("There are no addresses to print."))
        return self.env.ref("customer_continuity.action_report_labels").report_action(
            self
        )

    def action_posted(self):
        """Record that all cards were written and posted.

        :raise AccessError: for cards of people one is no manager of
        """
        for batch in self:
            batch._check_state("ready")
            batch._cards()._post()
        self.sudo().write({"state": "posted", "posted_on": fields.Datetime.now()})

    def action_cancel(self):
        """Give the batch up; cards that were owed without it stay owed."""
        self._check_state("draft", "ready")
        self.line_ids.sudo().touchpoint_ids._cancel(
            self.env._("The batch of cards was given up.")
        )
        self.sudo().write({"state": "cancelled"})

    def _labels(self):
        """Return the address and the language of each label of these batches.

        :rtype: list[dict]
        """
        return [
            {
                "address": card.address,
                "lang": (card.contact_id or card.partner_id).lang or self.env.lang,
            }
            for card in self._cards()
        ]

    @api.model
    def make_from_relationships(self, relationship_ids):
        """Make a batch for some customers of one company.

        :param list relationship_ids: ids of ``continuity.relationship``
        :return: the action that opens it
        :raise AccessError: unless the user may read them
        :raise UserError: when they belong to several companies
        """
        relationships = self.env["continuity.relationship"].browse(relationship_ids)
        relationships.check_access("read")
        if len(relationships.company_id) != 1:
            raise UserError(
                self.env._("Choose customers of one company for a batch of cards.")
            )
        batch = self.create(
            {
                "name": self.env._("Thank-you cards"),
                "company_id": relationships.company_id.id,
                "line_ids": [
                    Command.create({"partner_id": r.partner_id.id})
                    for r in relationships
                ],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": batch.id,
            "view_mode": "form",
        }
