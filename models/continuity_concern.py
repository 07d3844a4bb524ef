from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .continuity_concern_deadline import KINDS

OPEN_STATES = ("new", "in_progress")
# Go to the manager at once, and are not closed without an answer and a file.
FORMAL_KINDS = ("legal", "claim")


class ContinuityConcern(models.Model):
    """Something a customer raised: it has an owner, a deadline and an answer.

    ============  =============================================================
    state         means
    ============  =============================================================
    new           raised; nobody has taken it up yet
    in_progress   somebody works on the answer
    answered      the customer has the answer, by mail or by word of mouth
    closed        nothing is left to do; may be reopened with a reason
    ============  =============================================================

    It comes from a touchpoint (the customer's page, a reply, a contact) or is typed
    in, by :meth:`_raise_concern` or the form. Whoever may see the customer sees it;
    its owner, their managers and the salesperson of the relationship handle it.
    """

    _name = "continuity.concern"
    _description = "Concern"
    _inherit = [
        "continuity.document.mixin",
        "continuity.guarded.mixin",
        "continuity.subject.mixin",
    ]
    _order = "deadline, id"

    _guarded_fields = frozenset(
        {
            "name",
            "state",
            "relationship_id",
            "tier_id",
            "touchpoint_id",
            "touchpoint_ids",
            "source",
            "raised_on",
            "escalate_on",
            "escalated_on",
            "escalated_to_id",
            "escalation_error",
            "answered_on",
            "answered_by_id",
            "answer_message_id",
            "common_answer_id",
            "closed_on",
        }
    )

    name = fields.Char(
        string="Reference", default="/", readonly=True, copy=False, index="trigram"
    )
    partner_id = fields.Many2one(required=True)
    company_id = fields.Many2one(default=lambda self: self.env.company)
    contact_id = fields.Many2one(
        "res.partner",
        string="Raised By",
        index="btree_not_null",
        ondelete="restrict",
        domain="[('id', 'child_of', partner_id)]",
        help="The person of the customer who raised it and gets the answer.",
    )
    kind = fields.Selection(
        KINDS, required=True, default="question", index=True, tracking=True
    )
    source = fields.Selection(
        [
            ("portal", "Customer's page"),
            ("mail", "E-mail"),
            ("typed", "Typed in"),
            ("contact", "During a contact"),
        ],
        default="typed",
        required=True,
        readonly=True,
    )
    touchpoint_id = fields.Many2one(
        "continuity.touchpoint",
        string="Came From",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The contact or letter the customer reacted to.",
    )
    raised_on = fields.Datetime(
        readonly=True, required=True, default=fields.Datetime.now, copy=False
    )
    question = fields.Text(
        string="In Their Words", required=True, help="What the customer said or wrote."
    )
    lang = fields.Selection(
        selection=lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        compute="_compute_lang",
        store=True,
        readonly=False,
        help="In which the customer is answered.",
    )
    owner_id = fields.Many2one(
        "res.users",
        index=True,
        ondelete="restrict",
        tracking=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Who sees to it that the customer is answered in time.",
    )
    deadline = fields.Datetime(
        index=True, tracking=True, copy=False, help="By when the customer is answered."
    )
    overdue = fields.Boolean(compute="_compute_overdue")
    state = fields.Selection(
        [
            ("new", "New"),
            ("in_progress", "In Progress"),
            ("answered", "Answered"),
            ("closed", "Closed"),
        ],
        string="Status",
        default="new",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    escalate_on = fields.Datetime(
        readonly=True,
        copy=False,
        help="When it goes to the manager unless it is answered.",
    )
    escalated_on = fields.Datetime(readonly=True, copy=False)
    escalated_to_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    escalation_error = fields.Char(
        string="Why Not Escalated", readonly=True, copy=False
    )
    closed_on = fields.Datetime(readonly=True, copy=False)

    _to_escalate_idx = models.Index(
        "(escalate_on) WHERE state IN ('new', 'in_progress')"
    )
    _unsettled_idx = models.Index("(relationship_id) WHERE state <> 'closed'")

    @api.depends("contact_id", "partner_id")
    def _compute_lang(self):
        for concern in self:
            concern.lang = concern.contact_id.lang or concern.partner_id.lang

    @api.depends("deadline", "state")
    def _compute_overdue(self):
        now = fields.Datetime.now()
        for concern in self:
            concern.overdue = bool(
                concern.state in OPEN_STATES
                and concern.deadline
                and concern.deadline < now
            )

    @api.depends("name", "partner_id.display_name")
    def _compute_display_name(self):
        for concern in self:
            names = (concern.name, concern.partner_id.display_name)
            concern.display_name = " ".join(name for name in names if name)

    # === RAISING === #

    @api.model
    def _raise_concern(
        self,
        touchpoint=None,
        relationship=None,
        kind="question",
        question="",
        source="typed",
        contact=None,
    ):
        """Record what a customer raised, give it an owner and a deadline.

        For code that has checked who speaks: the customer's page its token, the
        mail gateway the sender, a dialog its user.

        :param touchpoint: ``continuity.touchpoint`` the customer reacted to
        :param relationship: ``continuity.relationship``; the touchpoint's without
        :param str kind: question, worry, complaint, legal or claim
        :param str question: plain text, the customer's own words
        :param str source: portal, mail, typed or contact
        :param contact: ``res.partner``, the person who raised it, if known; left out
            if it is nobody of this customer
        :return: the concern
        :rtype: continuity.concern
        :raise UserError: without a customer or without words
        """
        touchpoint = touchpoint or self.env["continuity.touchpoint"]
        relationship = (relationship or touchpoint.relationship_id).sudo()
        question = (question or "").strip()
        if not relationship or not question:
            raise UserError(
                self.env._("Say which customer raised what, in their own words.")
            )
        customer = relationship.partner_id
        if contact and contact.sudo().commercial_partner_id != customer:
            contact = None  # moved to another customer meanwhile
        concern = self.sudo().create(
            {
                "relationship_id": relationship.id,
                "partner_id": customer.id,
                "company_id": relationship.company_id.id,
                "contact_id": contact.id if contact else False,
                "touchpoint_id": touchpoint.id,
                "kind": kind,
                "question": question,
                "source": source,
            }
        )
        return concern.with_env(self.env)

    @api.model_create_multi
    def create(self, vals_list):
        quiet = self.with_context(mail_create_nosubscribe=True)
        concerns = super(ContinuityConcern, quiet).create(vals_list)
        concerns = concerns.with_env(self.env)
        for concern in concerns:
            concern._complete()
        return concerns

    def _complete(self):
        """Give a new concern what it needs: number, customer, owner, deadline."""
        self.ensure_one()
        concern = self.sudo()
        partner = concern.partner_id.commercial_partner_id
        relationship = concern.relationship_id or self.env[
            "continuity.relationship"
        ]._ensure(concern.company_id, partner)
        if not self.env.su:
            relationship.with_env(self.env).check_access("read")
        number = (
            self.env["ir.sequence"]
            .sudo()
            .with_company(concern.company_id)
            .next_by_code(self._name)
        )
        values = {
            "name": number,
            "relationship_id": relationship.id,
            "tier_id": relationship.sudo().tier_id.id,
            "partner_id": partner.id,
        }
        if concern.partner_id != partner and not concern.contact_id:
            values["contact_id"] = concern.partner_id.id
        concern.write(values)
        if not concern.owner_id:
            concern.owner_id = concern._propose_owner()
        if not concern.deadline:
            concern._set_deadline(concern.raised_on)
        concern.escalate_on = concern.deadline
        concern._check_customer()
        concern._remind_owner()
        concern.filtered(lambda c: c.kind in FORMAL_KINDS)._escalate()

    def _propose_owner(self):
        """Return who is to see to a concern: the customer's salesperson, else who
        was responsible for the contact it came from, else a manager.

        :rtype: res.users
        """
        self.ensure_one()
        candidates = (self.partner_id.user_id, self.touchpoint_id.user_id)
        for user in candidates:
            if user._is_continuity_colleague(self.company_id):
                return user
        return self.partner_id.user_id._continuity_manager(self.company_id)

    def _set_deadline(self, start):
        """Compute the deadline anew.

        :param datetime start: from when the working time counts, UTC
        """
        for concern in self:
            concern.deadline = self.env[
                "continuity.concern.deadline"
            ]._compute_deadline(
                concern.company_id, concern.kind, concern.tier_id, start
            )

    # Not the customer, who changes only when customers are merged or moved: their
    # people follow a moment later.
    @api.constrains("contact_id", "owner_id", "company_id")
    def _check_customer(self):
        """Refuse people of other customers and owners of other companies.

        :raise ValidationError: saying whom to choose instead
        """
        for concern in self.sudo():
            contact = concern.contact_id
            customer = concern.partner_id.commercial_partner_id
            if contact and contact.commercial_partner_id != customer:
                raise ValidationError(
                    self.env._(
                        "%(person)s is not one of the people of %(customer)s: choose "
                        "one who is.",
                        person=contact.display_name,
                        customer=customer.display_name,
                    )
                )
            owner = concern.owner_id
            if owner and not owner._is_continuity_colleague(concern.company_id):
                raise ValidationError(
                    self.env._(
                        "%(person)s cannot work in %(company)s: choose an owner who "
                        "can.",
                        person=owner.name,
                        company=concern.company_id.name,
                    )
                )

    # === ACTIONS === #

    @api.model
    def _action_open(self, domain, partner):
        """Return the action that lists concerns of a customer and can log another.

        :param list domain: which ones
        :param partner: ``res.partner`` who would raise the next one
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Concerns"),
            "res_model": self._name,
            "view_mode": "list,kanban,form",
            "domain": domain,
            "context": self._log_context(partner),
        }

    @api.model
    def _action_log(self, partner, company):
        """Return the action that writes down what a customer raised.

        :param partner: ``res.partner``; a contact is the person who raised it
        :param company: ``res.company`` that was spoken to
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Log a Concern"),
            "res_model": self._name,
            "view_mode": "form",
            "views": [
                (self.env.ref("customer_continuity.view_concern_log_form").id, "form")
            ],
            "target": "new",
            "context": self._log_context(partner) | {"default_company_id": company.id},
        }

    @api.model
    def _log_context(self, partner):
        """Return the defaults with which somebody logs a concern of a partner."""
        customer = partner.commercial_partner_id
        return {
            "default_partner_id": customer.id,
            "default_contact_id": partner.id if partner != customer else False,
        }
