from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

STATES_KEPT = ("planned", "sent")


class ContinuityInsightSuggestion(models.Model):
    """A piece of information and a customer it fits, or does not suit now.

    ==========  ===============================================================
    state       means
    ==========  ===============================================================
    proposed    found by its topics; nobody has decided
    planned     somebody wrote why, and a contact is planned
    sent        the customer has it
    failed      it could not be sent
    ==========  ===============================================================
    """

    _name = "continuity.insight.suggestion"
    _description = "Information for a Customer"
    _inherit = ["continuity.subject.mixin", "continuity.guarded.mixin"]
    _order = "state, rank, id"
    _guarded_fields = frozenset(
        {
            "insight_id",
            "partner_id",
            "relationship_id",
            "company_id",
            "tier_id",
            "touchpoint_ids",
            "state",
            "suited",
            "rank",
            "found",
            "obstacle",
            "received_count",
            "planned_on",
        }
    )

    insight_id = fields.Many2one(
        "continuity.insight", required=True, index=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(required=True, readonly=True)
    state = fields.Selection(
        [
            ("proposed", "Proposed"),
            ("planned", "Planned"),
            ("sent", "Sent"),
            ("failed", "Failed"),
        ],
        string="Status",
        default="proposed",
        required=True,
        readonly=True,
    )
    suited = fields.Boolean(readonly=True)
    rank = fields.Integer(readonly=True, help="The most fitting customer is 1.")
    # Kept as codes, so that everybody reads them in their own language.
    found = fields.Json(readonly=True)
    obstacle = fields.Json(readonly=True)
    fits_because = fields.Char(compute="_compute_reasons")
    not_now_because = fields.Char(string="Why Not Now", compute="_compute_reasons")
    received_count = fields.Integer(
        string="Had This Year",
        readonly=True,
        help="Pieces of information the customer had, or will have, within a year. "
        "About two a year are enough.",
    )
    why = fields.Text(
        string="Why It Is Worth Their Time",
        help="What is in it for this customer. Written for each of them: nobody "
        "reads what was sent to everybody.",
    )
    date_due = fields.Date(
        string="Send By",
        default=lambda self: fields.Date.add(fields.Date.context_today(self), days=7),
    )
    planned_on = fields.Date(readonly=True, index=True)

    _customer_uniq = models.Constraint(
        "UNIQUE(insight_id, partner_id, company_id)",
        "This customer has been suggested already.",
    )

    @api.depends("found", "obstacle")
    @api.depends_context("lang")
    def _compute_reasons(self):
        for line in self:
            line.fits_because = "; ".join(
                self._describe_place(place, words) for place, words in line.found or []
            )
            line.not_now_because = line._describe_obstacle()

    @api.model
    def _describe_place(self, place, words):
        """Say where the customer's record names which topics."""
        labels = {
            "equipment": self.env._("Equipment: %s"),
            "problems": self.env._("Problems: %s"),
            "business": self.env._("Business: %s"),
            "tags": self.env._("Tags: %s"),
        }
        return labels[place] % ", ".join(words)

    def _describe_obstacle(self):
        """Say why the customer does not get it now; False without an obstacle."""
        self.ensure_one()
        obstacle = self.obstacle or {}
        day = format_date(self.env, obstacle.get("date"))
        match obstacle.get("code"):
            case "recent":
                return self.env._("Had another one on %s", day)
            case "language":
                return self.env._("Speaks another language")
            case "refusal":
                return obstacle["text"]
        return False

    # === PLANNING === #

    def write(self, vals):
        if not self.env.su and {"why", "date_due"}.intersection(vals):
            self._check_proposed()
        return super().write(vals)

    def _check_proposed(self):
        """Refuse to change or plan what is planned already.

        :raise UserError: naming the customer
        """
        for line in self:
            if line.state != "proposed":
                raise UserError(
                    self.env._(
                        "It is planned for %s already: change the contact instead.",
                        line.partner_id.display_name,
                    )
                )

    def action_plan(self):
        """Plan one contact per customer, each with its own reason.

        :raise AccessError: unless the user works with these customers
        :raise UserError: where the reason is missing, or something speaks against it
        """
        self.check_access("write")
        self._check_proposed()
        self._check_own()
        problems = self._planning_problems()
        if problems:
            raise UserError("\n".join(problems))
        self.env["continuity.touchpoint"]._plan(
            [line._prepare_insight_contact() for line in self.sudo()]
        )
        self.sudo().write(
            {"state": "planned", "planned_on": fields.Date.context_today(self)}
        )

    def _check_own(self):
        """Let salesperson and managers decide what a customer gets.

        :raise AccessError: for a colleague's customer
        """
        for line in self:
            owner = line.sudo().partner_id.user_id
            user = self.env.user
            if owner not in (user, owner.browse()) and not (
                user._is_continuity_manager_of(owner)
            ):
                raise AccessError(
                    self.env._(
                        "%(customer)s is looked after by %(person)s, who decides.",
                        customer=line.partner_id.display_name,
                        person=owner.name,
                    )
                )

    def _planning_problems(self):
        """Return every reason why these cannot be planned, one per customer.

        Asked anew: since they were found, somebody may have complained.
        """
        self.insight_id._refresh_obstacles(self)
        problems = []
        for line in self:
            customer = line.partner_id.display_name
            if line.not_now_because:
                problems.append(f"{customer}: {line.not_now_because}")
            elif not (line.why or "").strip():
                problems.append(
                    self.env._("%s: write why it is worth their time.", customer)
                )
        return problems

    def _prepare_insight_contact(self):
        """Return the values of the contact with which one customer gets it."""
        self.ensure_one()
        channels = self.env["continuity.channel"]
        for name in ("email", "letter", "chat"):
            channels |= self.env.ref(f"customer_continuity.channel_{name}")
        owner = self.partner_id.user_id
        colleague = owner._is_continuity_colleague(self.company_id)
        user = owner if colleague else self.env.user
        preferred = self.partner_id.continuity_channel_id
        channels = (preferred & channels) | channels
        today = fields.Date.context_today(self)
        return self._prepare_touchpoint_values(
            f"insight:{len(self.touchpoint_ids) + 1}",
            channels,
            name=self.env._("Send “%s”", self.insight_id.name),
            why=self.why,
            purpose="followup",
            user_id=user.id,
            date_due=max(self.date_due or today, today),
            date_show=today,
        )

    def _touchpoint_done(self, touchpoints):
        self.sudo().state = "sent"

    def _touchpoint_failed(self, touchpoints):
        self.sudo().state = "failed"

    def _touchpoint_reopened(self, touchpoints):
        """The customer does not have it after all, or is to get it after all."""
        today = fields.Date.context_today(self)
        for line in self.sudo():
            line.write({"state": "planned", "planned_on": line.planned_on or today})

    def _touchpoint_taken_back(self, touchpoints):
        """Two contacts with the same information are one too many.

        :raise UserError: when another one was planned since it was called off
        """
        for line in self.sudo():
            called_off = touchpoints.filtered(
                lambda t, line=line: t.origin_id == line.id and t.state == "cancelled"
            )
            if called_off and line.state != "proposed":
                raise UserError(
                    self.env._("%s: it was planned anew since.", line.display_name)
                )
        return super()._touchpoint_taken_back(touchpoints)

    def _touchpoint_called_off(self, touchpoints):
        """Whoever was to send it did not: it may be planned again."""
        self.sudo().write({"state": "proposed", "planned_on": False})
