from odoo import api, fields, models


class ContinuityFollowupOccurrence(models.Model):
    """One reason to follow up with one customer: what a rule found, once for ever.

    ==========  ================================================================
    state       means
    ==========  ================================================================
    waiting     found; nobody has had a free day for it yet
    held        found, but the customer may not be contacted now or nobody is there
                to do it: with the reason, tried again every day
    planned     a touchpoint was planned for it
    merged      told to the customer in a contact planned for another reason
    done        the contact took place
    failed      the contact was given up
    skipped     no longer due, or found too late, with the reason
    ==========  ================================================================

    Rows are written by the planning alone (``continuity_followup_planning.py``). Each
    is the origin of its own touchpoint; ``touchpoint_id`` is that one or the one it
    was merged into.
    """

    _name = "continuity.followup.occurrence"
    _description = "Follow-up"
    _inherit = ["continuity.subject.mixin", "continuity.guarded.mixin"]
    _order = "date_due, id"
    _rec_name = "partner_id"

    # What is still to be done.
    _open_states = ("waiting", "held", "planned", "merged")

    _guarded_fields = frozenset(
        {
            "rule_id",
            "relationship_id",
            "partner_id",
            "company_id",
            "tier_id",
            "key",
            "since",
            "date_due",
            "document",
            "product_id",
            "state",
            "reason",
            "held_by",
            "touchpoint_id",
            "planned_for",
            "times_planned",
            "postponed_days",
            "date_closed",
            "escalated_on",
            "escalated_to_id",
            "escalation_error",
        }
    )

    rule_id = fields.Many2one(
        "continuity.followup.rule",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    # Thousands of rows a night: its index is the unique one below, and the customer
    # is that of the relationship, also when that changes.
    relationship_id = fields.Many2one(required=True, index=False, ondelete="cascade")
    partner_id = fields.Many2one(related="relationship_id.partner_id", index=False)
    company_id = fields.Many2one(readonly=True, index=False)
    key = fields.Char(
        required=True,
        readonly=True,
        help="Which event it is, such as one order: the same one is never found again.",
    )
    since = fields.Date(readonly=True, help="The day the reason counts from.")
    date_due = fields.Date(string="Due Date", required=True, readonly=True)
    document = fields.Char(readonly=True)
    product_id = fields.Many2one(
        "product.template", readonly=True, ondelete="set null", index="btree_not_null"
    )
    why = fields.Char(compute="_compute_why", compute_sudo=True)
    state = fields.Selection(
        [
            ("waiting", "Waiting for a Free Day"),
            ("held", "Held Back"),
            ("planned", "Planned"),
            ("merged", "Merged"),
            ("done", "Done"),
            ("failed", "Failed"),
            ("skipped", "Skipped"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="waiting",
    )
    reason = fields.Char(
        readonly=True, help="Why it is held back, was skipped or has failed."
    )
    held_by = fields.Selection(
        [
            ("owner", "Nobody to do it"),
            ("refusal", "May not be contacted"),
            ("error", "Could not be planned"),
        ],
        readonly=True,
    )
    touchpoint_id = fields.Many2one(
        "continuity.touchpoint",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    # When it was to be done before anybody postponed it.
    planned_for = fields.Date(string="First Planned For", readonly=True)
    times_planned = fields.Integer(
        readonly=True,
        default=0,
        help="How often a contact was planned for it: again after it was held back.",
    )
    postponed_days = fields.Integer(
        string="Postponed (days)",
        readonly=True,
        help="So many days after it fell due there was room for it.",
    )
    date_closed = fields.Date(readonly=True)
    escalated_on = fields.Date(readonly=True)
    escalated_to_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    escalation_error = fields.Char(
        string="Why Not Escalated",
        readonly=True,
        help="Why the manager could not be told.",
    )
    # For grouping and filtering: no columns.
    trigger = fields.Selection(related="rule_id.trigger")
    owner_id = fields.Many2one(related="relationship_id.owner_id")
    user_id = fields.Many2one(related="touchpoint_id.user_id", string="Responsible")
    date_planned = fields.Date(related="touchpoint_id.date_due", string="Contact On")
    channel_id = fields.Many2one(related="touchpoint_id.channel_id")
    lost_reason = fields.Selection(related="touchpoint_id.lost_reason")

    # I1: one occurrence of a rule per customer and event, for ever.
    _occurrence_uniq = models.UniqueIndex(
        "(relationship_id, rule_id, key)",
        "This rule has found this customer for this reason already.",
    )
    _to_plan_idx = models.Index(
        "(company_id) WHERE state IN ('waiting', 'held', 'planned', 'merged')"
    )

    @api.depends_context("lang")
    @api.depends("rule_id", "since", "date_due", "document", "product_id")
    def _compute_why(self):
        for occurrence in self:
            occurrence.why = occurrence.rule_id._describe(
                occurrence.since,
                occurrence.date_due,
                occurrence.document,
                occurrence.product_id,
            )

    @api.depends("partner_id.display_name", "rule_id.name")
    def _compute_display_name(self):
        for occurrence in self:
            occurrence.display_name = self.env._(
                "%(customer)s: %(rule)s",
                customer=occurrence.partner_id.display_name,
                rule=occurrence.rule_id.name,
            )

    # === HOOKS OF THE KERNEL === #

    def _touchpoint_done(self, touchpoints):
        """Every reason that was part of the contact is done with it."""
        self._close(touchpoints, "done")

    def _touchpoint_failed(self, touchpoints):
        """Every reason that was part of the contact has failed with it."""
        self._close(touchpoints, "failed")

    def _touchpoint_reopened(self, touchpoints):
        """The customer heard nothing of it: the reasons are to be done again, or have
        failed where the contact was given up."""
        occurrences = self.sudo().search(
            [("touchpoint_id", "in", touchpoints.ids), ("state", "=", "done")]
        )
        for touchpoint, rows in occurrences.grouped("touchpoint_id").items():
            own = rows.filtered(lambda row, t=touchpoint: row.id == t.origin_id)
            values = {"date_closed": False, "reason": False}
            own.write({**values, "state": "planned"})
            (rows - own).write({**values, "state": "merged"})
            if touchpoint.state == "failed":
                self._close(touchpoint, "failed")

    def _close(self, touchpoints, state):
        """Close the reasons of touchpoints.

        :param touchpoints: ``continuity.touchpoint`` that ended
        :param str state: done or failed
        """
        # Rights were checked where the attempt was logged.
        occurrences = self.sudo().search(
            [
                ("touchpoint_id", "in", touchpoints.ids),
                ("state", "in", ("planned", "merged")),
            ]
        )
        occurrences._go_on_or_close(state)

    def _end(self, state, reason):
        self.write(
            {"state": state, "date_closed": fields.Date.today(), "reason": reason}
        )

    # === ACTIONS === #

    def action_open_touchpoint(self):
        """Open the contact that was planned."""
        self.ensure_one()
        return self.touchpoint_id._get_records_action()


class ContinuityRelationship(models.Model):
    _inherit = "continuity.relationship"

    def _combine_with(self, target):
        """Keep the follow-up of a customer that becomes one with another: what both
        have is kept apart by the id of the old row, for Odoo would delete it."""
        model = self.env["continuity.followup.occurrence"].sudo()
        taken = {
            (row.rule_id, row.key)
            for row in model.search([("relationship_id", "=", target.id)])
        }
        for row in model.search([("relationship_id", "=", self.id)]):
            if (row.rule_id, row.key) in taken:
                row.key = f"{row.key}/{self.id}"
            row.relationship_id = target
        return super()._combine_with(target)
