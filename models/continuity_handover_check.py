from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

# The texts each role writes, and while the item is in which states.
EDITABLE = {
    "prepared_text": ("leaver", ("to_prepare", "prepared", "returned")),
    "answer": ("leaver", ("returned",)),
    "contact_id": ("visitor", ("prepared",)),
    "customer_words": ("visitor", ("prepared",)),
    "correction": ("visitor", ("prepared",)),
    "question": ("successor", ("prepared", "confirmed")),
}


class ContinuityHandoverCheck(models.Model):
    """One item of one customer: prepared, confirmed, accepted.

    ==========  ==============================================================
    state       means
    ==========  ==============================================================
    to_prepare  the predecessor has to write it down
    prepared    written down; at a visit it waits to be confirmed by the customer
    confirmed   the customer confirmed it at a held visit, in their own words
    returned    the successor handed it back with a question
    accepted    the successor knows what they need to know
    ==========  ==============================================================

    A confirmation belongs to a held visit: :meth:`action_confirm` refuses without
    one, and the state can be set in no other way.
    """

    _name = "continuity.handover.check"
    _description = "Handover Item of a Customer"
    _inherit = ["continuity.guarded.mixin"]
    _order = "line_id, sequence, id"
    _rec_name = "topic_id"
    _rec_names_search = ["topic_id"]

    _guarded_fields = frozenset(
        {
            "line_id",
            "topic_id",
            "state",
            "prepared_by_id",
            "prepared_on",
            "confirmed_by_id",
            "confirmed_on",
            "touchpoint_id",
            "returned_on",
            "escalated_on",
            "accepted_by_id",
            "accepted_on",
        }
    )

    line_id = fields.Many2one(
        "continuity.handover.line", required=True, index=True, ondelete="cascade"
    )
    handover_id = fields.Many2one(related="line_id.handover_id", store=True, index=True)
    topic_id = fields.Many2one(
        "continuity.handover.topic", string="Item", required=True, ondelete="restrict"
    )
    sequence = fields.Integer(related="topic_id.sequence", store=True)
    required = fields.Boolean(related="topic_id.required")
    description = fields.Text(related="topic_id.description")
    mode = fields.Selection(related="line_id.mode")
    visit_state = fields.Selection(related="line_id.visit_state")
    partner_id = fields.Many2one(related="line_id.partner_id")
    state = fields.Selection(
        [
            ("to_prepare", "To prepare"),
            ("prepared", "Prepared"),
            ("confirmed", "Confirmed"),
            ("returned", "Handed back"),
            ("accepted", "Accepted"),
        ],
        string="Status",
        default="to_prepare",
        required=True,
        readonly=True,
        index=True,
    )
    prepared_text = fields.Text(string="What the Successor Must Know")
    prepared_by_id = fields.Many2one("res.users", readonly=True)
    prepared_on = fields.Datetime(readonly=True)
    touchpoint_id = fields.Many2one(
        "continuity.touchpoint", string="At the Visit", readonly=True
    )
    contact_id = fields.Many2one(
        "res.partner",
        string="Confirmed By",
        domain="['|', ('id', '=', partner_id), ('id', 'child_of', partner_id)]",
        help="The person of the customer who confirmed it.",
    )
    customer_words = fields.Text(
        string="The Customer's Words",
        help="What the customer said to this item. “No problems” is no confirmation.",
    )
    correction = fields.Text(
        help="What the customer put right. It is added to what the successor must "
        "know and, where the item has a field for it, to the customer's profile."
    )
    confirmed_by_id = fields.Many2one("res.users", readonly=True, string="Noted By")
    confirmed_on = fields.Datetime(readonly=True)
    question = fields.Text(string="Successor's Question")
    returned_on = fields.Datetime(readonly=True)
    answer = fields.Text(string="Predecessor's Answer")
    escalated_on = fields.Date(readonly=True, string="Brought to the Manager On")
    accepted_by_id = fields.Many2one("res.users", readonly=True)
    accepted_on = fields.Datetime(readonly=True)
    is_leaver = fields.Boolean(related="line_id.is_leaver")
    is_successor = fields.Boolean(related="line_id.is_successor")
    may_manage = fields.Boolean(related="line_id.may_manage")

    _line_topic_uniq = models.UniqueIndex(
        "(line_id, topic_id)", "This item is on the line already."
    )

    @api.depends("topic_id")
    def _compute_display_name(self):
        for check in self:
            check.display_name = check.topic_id.name

    def write(self, vals):
        if not self.env.su:
            for name in vals:
                self._check_editable(name)
        rewritten = self.browse()
        if "prepared_text" in vals:
            rewritten = self.filtered(
                lambda x: x.confirmed_on and x.prepared_text != vals["prepared_text"]
            )
        result = super().write(vals)
        if rewritten:
            # The customer confirmed another text: it has to be confirmed again.
            rewritten.sudo().write(
                {
                    "confirmed_on": False,
                    "confirmed_by_id": False,
                    "touchpoint_id": False,
                    # It stands in the profile and the chatter already.
                    "correction": False,
                }
            )
        return result

    def _check_editable(self, name):
        """Refuse a text of another role, or at another time.

        :raise AccessError: when this user does not write that text
        :raise UserError: when the item is past the point
        """
        role, states = EDITABLE.get(name, (None, ()))
        for check in self:
            check._check_running()
            if role is None or check.state not in states:
                raise UserError(
                    self.env._(
                        "“%(item)s” of %(customer)s: this can no longer be changed.",
                        item=check.topic_id.name,
                        customer=check.line_id.display_name,
                    )
                )
            check._check_role(role)

    def _check_running(self):
        """Items live while the plan runs and the line is open.

        :raise UserError: otherwise
        """
        for check in self:
            line = check.line_id
            if line.plan_state != "running" or line.state != "open" or line.excluded:
                raise UserError(
                    self.env._(
                        "“%s” is not being handed over at the moment, so its items "
                        "cannot be changed.",
                        line.display_name,
                    )
                )

    def _check_role(self, role):
        """Refuse what another role does; managers stand in for the leaver.

        :raise AccessError: unless the user has the role
        """
        user = self.env.user
        for check in self:
            line = check.line_id.sudo()
            allowed = {
                "leaver": line.leaver_id,
                "successor": line.successor_id,
                "visitor": line.leaver_id | line.successor_id,
            }[role]
            if role == "visitor":
                allowed |= line.visit_touchpoint_id.attendee_ids
            stands_in = role == "leaver" and line.handover_id._may_manage()
            if user not in allowed and not stands_in:
                raise AccessError(
                    self.env._(
                        "“%(item)s” of %(customer)s: this is for %(people)s.",
                        item=check.topic_id.name,
                        customer=line.display_name,
                        people=", ".join(allowed.mapped("name")) or "–",
                    )
                )

    def _check_step(self, role, *states):
        """Check running, role and state before a step is taken."""
        self.check_access("read")
        self._check_running()
        self._check_role(role)
        labels = dict(self._fields["state"]._description_selection(self.env))
        for check in self:
            if check.state not in states:
                raise UserError(
                    self.env._(
                        "“%(item)s” is “%(state)s”; this step comes at another time.",
                        item=check.topic_id.name,
                        state=labels[check.state],
                    )
                )

    def _missing_step(self):
        """Say in words what this item still needs."""
        self.ensure_one()
        if self.state == "to_prepare":
            return self.env._("To be prepared by the predecessor")
        if self.state == "returned":
            return self.env._("Handed back with a question")
        if self.state == "prepared" and self.line_id.mode == "visit":
            return self.env._("To be confirmed with the customer")
        return self.env._("To be accepted by the successor")

    # === STEPS === #

    def action_prepare(self):
        """Declare items prepared, as the predecessor.

        :raise UserError: when nothing is written down
        """
        self._check_step("leaver", "to_prepare", "returned")
        for check in self:
            if not (check.prepared_text or "").strip():
                raise UserError(
                    self.env._(
                        "“%s” is empty: write down what the successor must know.",
                        check.topic_id.name,
                    )
                )
            if check.state == "returned" and not (check.answer or "").strip():
                raise UserError(
                    self.env._("Answer the question: %s", check.question or "")
                )
        self.sudo().write(
            {
                "state": "prepared",
                "prepared_by_id": self.env.uid,
                "prepared_on": fields.Datetime.now(),
            }
        )
        # What the customer confirmed stays confirmed when only a question of the
        # successor was answered.
        confirmed = self.filtered("confirmed_on")
        confirmed.sudo().write({"state": "confirmed"})

    def action_confirm(self):
        """Note that the customer confirmed these items at the held visit.

        :raise UserError: without a held visit, person or words of the customer
        :raise AccessError: unless the user took part in the visit
        """
        self._check_step("visitor", "prepared")
        for check in self:
            line = check.line_id.sudo()
            visit = line.visit_touchpoint_id
            if line.mode != "visit" or visit.state != "done":
                raise UserError(
                    self.env._(
                        "The visit to %s has not been held: report it first, then "
                        "confirm item by item.",
                        line.display_name,
                    )
                )
            if not check.contact_id:
                raise UserError(
                    self.env._(
                        "“%s”: name the person who confirmed it.", check.topic_id.name
                    )
                )
            customer = check.contact_id.sudo().commercial_partner_id
            if customer != line.partner_id.commercial_partner_id:
                raise UserError(
                    self.env._(
                        "“%(item)s”: %(person)s does not belong to %(customer)s.",
                        item=check.topic_id.name,
                        person=check.contact_id.name,
                        customer=line.display_name,
                    )
                )
            if not (check.customer_words or "").strip():
                raise UserError(
                    self.env._(
                        "“%s”: write down what the customer said.", check.topic_id.name
                    )
                )
            # First: what is confirmed is the text with the correction.
            if (check.correction or "").strip():
                check._apply_correction()
            check.sudo().write(
                {
                    "state": "confirmed",
                    "touchpoint_id": visit.id,
                    "confirmed_by_id": self.env.uid,
                    "confirmed_on": fields.Datetime.now(),
                }
            )

    def _apply_correction(self):
        """Add what the customer put right to the text the successor reads and to
        their profile, the newest first there; what was known before stays."""
        self.ensure_one()
        check = self.sudo()
        partner = check.partner_id
        field = check.topic_id.profile_field_id.name
        by = self.env._(
            "Put right by %(person)s on %(day)s:",
            person=self.contact_id.name,
            day=self.handover_id._local_date(fields.Datetime.now()),
        )
        correction = f"{by}\n{self.correction.strip()}"
        check.prepared_text = f"{(self.prepared_text or '').rstrip()}\n\n{correction}"
        previous = ""
        if field:
            previous = (partner[field] or "").strip()
            # Salespeople may only read customers; this one text was put right by
            # the customer at a visit the user took part in.
            partner[field] = f"{correction}\n\n{previous}".strip()
        partner.message_post(
            body=self.env._(
                "%(item)s, put right by %(person)s: %(correction)s (before: "
                "%(previous)s)",
                item=self.topic_id.name,
                person=self.contact_id.name,
                correction=self.correction,
                previous=previous or "–",
            ),
            subtype_xmlid="mail.mt_note",
        )

    def action_accept(self):
        """Accept items as the successor: nothing is left to ask.

        :raise UserError: at a visit, before the customer confirmed them
        """
        self._check_step("successor", "prepared", "confirmed")
        for check in self:
            if check.mode == "visit" and check.state != "confirmed":
                raise UserError(
                    self.env._(
                        "“%s” has to be confirmed with the customer at the visit "
                        "first.",
                        check.topic_id.name,
                    )
                )
        self.sudo().write(
            {
                "state": "accepted",
                "accepted_by_id": self.env.uid,
                "accepted_on": fields.Datetime.now(),
            }
        )

    def action_return(self):
        """Hand items back to the predecessor with the question written on them.

        :raise UserError: without a question
        """
        self._check_step("successor", "prepared", "confirmed")
        for check in self:
            if not (check.question or "").strip():
                raise UserError(
                    self.env._("“%s”: write your question first.", check.topic_id.name)
                )
        self.sudo().write(
            {
                "state": "returned",
                "returned_on": fields.Datetime.now(),
                "escalated_on": False,
                "answer": False,
            }
        )
        for check in self.sudo():
            check.handover_id._remind(
                check.line_id.leaver_id,
                lambda env, check=check: env._(
                    "Question on %(customer)s: %(item)s",
                    customer=check.line_id.display_name,
                    item=check.with_env(env).topic_id.name,
                ),
                check.question,
            )
