from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import SQL

# What a person still has to do. A letter that is released, being sent or uncertain is
# moved by `continuity_touchpoint_sending.py` alone.
OPEN_STATES = ("owed", "tried")
# What can still be called back.
REVOCABLE_STATES = (*OPEN_STATES, "released")
# A text left.
WRITTEN_OUTCOMES = ("sent", "posted")
# What only the sending engine finds out.
MACHINE_OUTCOMES = ("sent", "rejected", "bounced")
# What reaches the customer: a talk, or a text that went out to them.
REACHING_OUTCOMES = ("held", *WRITTEN_OUTCOMES)


class ContinuityTouchpoint(models.Model):
    """One contact owed to, or made with, one customer: a row of the ledger.

    Every list, clock, proof and figure reads from here. A process plans
    touchpoints; only this model contacts a customer or creates an activity or a
    meeting for one.

    ==========  ===============================================================
    state       means
    ==========  ===============================================================
    owed        planned; nobody has tried yet
    tried       at least one attempt, none reached the customer
    done        an attempt reached the customer; its activity is closed
    failed      given up, with the reason; the process decides what follows
    cancelled   no longer owed, with the reason
    released    a letter to mail, approved by a person, waiting for a lane
    sending     a lane has taken it; nobody else may
    uncertain   the connection broke while it was sent: a person decides whether
                it went out or is sent again
    ==========  ===============================================================

    Retries and changes of channel are attempts on one touchpoint
    (``continuity.touchpoint.attempt``), so nothing is counted twice.
    """

    _name = "continuity.touchpoint"
    _description = "Touchpoint"
    _inherit = ["continuity.guarded.mixin", "continuity.batch.mixin"]
    _order = "date_due, id"

    # What one owes to whom is settled by the process that plans it, and what
    # came of it by an attempt: neither is typed in (see `_log_attempt`).
    _guarded_fields = frozenset(
        {
            "state",
            "origin_model",
            "origin_id",
            "occurrence",
            "relationship_id",
            "partner_id",
            "company_id",
            "purpose",
            "attempt_ids",
            "date_done",
            "done_by_id",
            "outcome",
            "reason",
            "activity_id",
            "event_id",
            "show_error",
            "why",
            "next_try",
            "user_id",
            "attendee_ids",
            "invite_customer",
            "channel_ids",
        }
    )

    name = fields.Char(string="Subject", required=True)
    relationship_id = fields.Many2one(
        "continuity.relationship", required=True, index=True, ondelete="restrict"
    )
    why = fields.Char(
        readonly=True,
        help="The reasons for this contact, in the responsible person's language.",
    )
    next_try = fields.Char(
        readonly=True,
        help="How to go on after attempts that reached nobody, and why.",
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, index=True, ondelete="restrict"
    )
    contact_ids = fields.Many2many(
        "res.partner",
        "continuity_touchpoint_contact_rel",
        string="People",
        help="The people of the customer who are to be reached.",
    )
    company_id = fields.Many2one("res.company", required=True, index=True)
    purpose = fields.Selection(selection="_selection_purpose", index=True)
    origin_model = fields.Char(required=True, readonly=True)
    origin_id = fields.Many2oneReference(
        model_field="origin_model", required=True, readonly=True, index=True
    )
    occurrence = fields.Char(
        required=True,
        readonly=True,
        help="Which one of its origin: planning the same again creates no second.",
    )
    channel_ids = fields.Many2many(
        "continuity.channel", string="Accepted Channels", required=True
    )
    channel_id = fields.Many2one("continuity.channel", required=True)
    user_id = fields.Many2one(
        "res.users", string="Responsible", required=True, index=True
    )
    attendee_ids = fields.Many2many(
        "res.users",
        "continuity_touchpoint_attendee_rel",
        string="Also Present",
        help="Colleagues who take part besides the responsible person.",
    )
    date_due = fields.Date(string="Due Date", required=True, index=True)
    date_show = fields.Date(
        string="Shown From",
        required=True,
        help="The day its activity enters the responsible person's list. A visit "
        "that still has to be arranged is shown before it is due.",
    )
    date_planned = fields.Datetime(string="Appointment")
    duration = fields.Float(string="Duration (hours)", default=1.0)
    invite_customer = fields.Boolean(
        help="Also invite the customer's people to the meeting, by mail."
    )
    state = fields.Selection(
        [
            ("owed", "Owed"),
            ("tried", "Tried"),
            ("done", "Done"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
            ("released", "Released"),
            ("sending", "Sending"),
            ("uncertain", "Uncertain"),
        ],
        string="Status",
        default="owed",
        required=True,
        readonly=True,
        index=True,
    )
    attempt_ids = fields.One2many(
        "continuity.touchpoint.attempt",
        "touchpoint_id",
        domain=[("withdrawn", "=", False)],
    )
    outcome = fields.Selection(
        selection="_selection_outcome", readonly=True, string="Last Outcome"
    )
    date_done = fields.Datetime(string="Done On", readonly=True)
    done_by_id = fields.Many2one("res.users", readonly=True)
    reason = fields.Char(readonly=True, help="Why it failed or was cancelled.")
    activity_id = fields.Many2one(
        "mail.activity", readonly=True, ondelete="set null", index="btree_not_null"
    )
    event_id = fields.Many2one(
        "calendar.event",
        string="Meeting",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    show_error = fields.Char(
        string="Why Not Shown",
        readonly=True,
        help="Why the scheduler could not put it into the responsible person's list.",
    )

    # I1: an index, not a search, so that two crons cannot both find nothing.
    _origin_uniq = models.UniqueIndex(
        "(origin_model, origin_id, occurrence)",
        "This contact is planned already.",
    )
    _to_show_idx = models.Index("(date_show) WHERE state IN ('owed', 'tried')")

    @api.model
    def _selection_purpose(self):
        step = self.env["continuity.policy.step"]
        return step._fields["purpose"]._description_selection(self.env)

    @api.model
    def _selection_outcome(self):
        attempt = self.env["continuity.touchpoint.attempt"]
        return attempt._fields["outcome"]._description_selection(self.env)

    # === PLANNING === #

    @api.model
    def _plan(self, vals_list):
        """Create the touchpoints a process owes; those that exist stay as they are.

        Activities and meetings are not made here but by :meth:`_show`.

        :param list vals_list: values with origin_model, origin_id, occurrence,
            relationship_id, partner_id, company_id, name, channel_ids (ids),
            user_id, date_due and, where they differ from the defaults, the rest
        :return: the touchpoints of these origins and occurrences, in order
        :rtype: continuity.touchpoint
        """
        return self._plan_by(vals_list, self.sudo().create)

    @api.model
    def _plan_by(self, vals_list, create):
        """Plan with a given way of creating rows, see :meth:`_plan`."""
        if not vals_list:
            return self
        keys = [(v["origin_model"], v["origin_id"], v["occurrence"]) for v in vals_list]
        existing = self._find_by_origin(keys)
        new_vals = []
        for key, vals in zip(keys, vals_list, strict=True):
            if key in existing:
                continue
            new_vals.append(self._prepare_planned_values(vals))
            existing[key] = None  # the same key twice in one call is one contact
        created = create(new_vals)
        for touchpoint, vals in zip(created, new_vals, strict=True):
            key = vals["origin_model"], vals["origin_id"], vals["occurrence"]
            existing[key] = touchpoint.id
        return self.browse(existing[key] for key in keys)

    @api.model
    def _find_by_origin(self, keys):
        """Map the (model, id, occurrence) keys that exist to touchpoint ids."""
        self.flush_model(["origin_model", "origin_id", "occurrence"])
        models, ids, occurrences = map(list, zip(*keys, strict=True))
        rows = self.env.execute_query(
            SQL(
                """SELECT t.origin_model, t.origin_id, t.occurrence, t.id
                     FROM continuity_touchpoint t
                     JOIN unnest(%s::varchar[], %s::int[], %s::varchar[])
                          AS key (origin_model, origin_id, occurrence)
                    USING (origin_model, origin_id, occurrence)""",
                models,
                ids,
                occurrences,
            )
        )
        return {tuple(row[:3]): row[3] for row in rows}

    @api.model
    def _prepare_planned_values(self, vals):
        """Complete the values of a touchpoint to plan; extensions add theirs."""
        channel_ids = vals["channel_ids"]
        return {
            "date_show": vals["date_due"],
            "channel_id": channel_ids[0],
            **vals,
            "channel_ids": [Command.set(channel_ids)],
        }

    def _origins(self, model):
        """Return the lines these touchpoints came from, each once.

        :param str model: name of their model
        """
        return self.env[model].browse(dict.fromkeys(self.mapped("origin_id")))
