import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_date

from ..models.continuity_touchpoint import MACHINE_OUTCOMES


class ContinuityReportContact(models.TransientModel):
    """Report what came of a planned contact, or log one nobody had planned, in one
    small dialog.

    Opened with ``default_touchpoint_id`` it reports; with
    ``default_relationship_id`` it logs (see ``continuity.touchpoint._log_contact``).
    """

    _name = "continuity.report.contact"
    _description = "Report a Contact"
    _inherit = ["continuity.readable.links.mixin"]

    touchpoint_id = fields.Many2one("continuity.touchpoint", readonly=True)
    relationship_id = fields.Many2one("continuity.relationship", readonly=True)
    accepted_channel_ids = fields.Many2many(
        "continuity.channel", compute="_compute_accepted_channel_ids"
    )
    channel_id = fields.Many2one(
        "continuity.channel",
        string="How",
        required=True,
        compute="_compute_channel_id",
        store=True,
        readonly=False,
        precompute=True,
        compute_sudo=False,
    )
    name = fields.Char(
        string="Subject",
        compute="_compute_name",
        store=True,
        readonly=False,
        precompute=True,
        compute_sudo=False,
    )
    outcome = fields.Selection(
        selection="_selection_outcome",
        required=True,
        compute="_compute_outcome",
        store=True,
        readonly=False,
        precompute=True,
        compute_sudo=False,
    )
    offered_outcomes = fields.Json(compute="_compute_offered_outcomes")
    date = fields.Datetime(
        string="When",
        required=True,
        compute="_compute_date",
        store=True,
        readonly=False,
        precompute=True,
        compute_sudo=False,
    )
    minutes = fields.Integer(help="Time spent, in minutes.")
    note = fields.Text(string="Gist", help="What was said, in a sentence or two.")

    next_step = fields.Char(help="What was agreed. It becomes a contact of its own.")
    next_date = fields.Date(string="By", help="When the next step is due.")
    problem = fields.Text(
        string="Problem or Question",
        help="What troubles the customer, in their words. It becomes a concern with an "
        "owner and a deadline.",
    )
    problem_kind = fields.Selection(
        selection=lambda self: (
            self.env["continuity.concern"]
            ._fields["kind"]
            ._description_selection(self.env)
        ),
        string="Kind",
        default="worry",
    )

    @api.model
    def _selection_outcome(self):
        outcomes = self.env["continuity.touchpoint"]._selection_outcome()
        return [(key, label) for key, label in outcomes if key not in MACHINE_OUTCOMES]

    @api.depends("touchpoint_id", "channel_id")
    def _compute_outcome(self):
        """Most contacts people log were held; of a visit they have to say so."""
        for wizard in self:
            if wizard.outcome == "posted" and not wizard._may_be_posted():
                wizard.outcome = False
            if wizard.outcome or wizard.channel_id.is_meeting:
                continue
            wizard.outcome = "posted" if wizard.channel_id.by_post else "held"

    def _may_be_posted(self):
        """Tell whether what goes over the chosen channel is posted."""
        self.ensure_one()
        # Read as the user: of what they may not see nothing is reported anyhow.
        return self.touchpoint_id._goes_by_post(self.channel_id)

    @api.depends("touchpoint_id", "channel_id")
    def _compute_offered_outcomes(self):
        for wizard in self:
            offered = [key for key, _label in self._selection_outcome()]
            if not wizard._may_be_posted():
                offered.remove("posted")
            wizard.offered_outcomes = offered

    @api.depends("touchpoint_id")
    def _compute_accepted_channel_ids(self):
        for wizard in self:
            wizard.accepted_channel_ids = (
                wizard.touchpoint_id.channel_ids
                if wizard.touchpoint_id
                else self.env["continuity.channel"].search([])
            )

    @api.depends("touchpoint_id", "relationship_id")
    def _compute_channel_id(self):
        call = self.env.ref(
            "customer_continuity.channel_call", raise_if_not_found=False
        )
        for wizard in self:
            relationship = wizard.relationship_id
            # What the customer prefers, else what was used last; for nearly every
            # contact nobody planned that is a call.
            proposed = (
                wizard.touchpoint_id.channel_id,
                relationship.partner_id.continuity_channel_id,
                relationship._last_channel(),
                call or self.env["continuity.channel"],
            )
            wizard.channel_id = next(
                (c for c in proposed if c and c.active and not c.automatic),
                wizard.accepted_channel_ids[:1],
            )

    @api.depends("touchpoint_id")
    def _compute_date(self):
        now = fields.Datetime.now()
        for wizard in self:
            # An appointment that has passed is when it most likely took place.
            planned = wizard.touchpoint_id.date_planned
            wizard.date = planned if planned and planned < now else now

    @api.depends("touchpoint_id", "relationship_id", "channel_id")
    def _compute_name(self):
        for wizard in self:
            wizard.name = wizard.touchpoint_id.name or self.env._(
                "%(channel)s %(customer)s",
                channel=wizard.channel_id.name or "",
                customer=wizard.relationship_id.display_name or "",
            )

    def action_apply(self):
        """Record the attempt and bring the customer's next due date up to date.

        :raise AccessError: see ``log_attempt`` for a planned contact; otherwise
            unless the user may read the relationship
        :raise UserError: when the contact cannot have taken place as reported
        """
        self.ensure_one()
        if not self.outcome:
            raise UserError(self.env._("Say what came of it."))
        if self.next_step and not self.next_date:
            raise UserError(self.env._("Say by when the next step is due."))
        touchpoint = self._record()
        if self.next_step:
            self._plan_next_step(touchpoint)
        if (self.problem or "").strip():
            self.env["continuity.concern"]._raise_concern(
                touchpoint=touchpoint,
                kind=self.problem_kind or "worry",
                question=self.problem,
                source="contact",
                contact=touchpoint.contact_ids[:1],
            )
        if self.next_step or (self.problem or "").strip():
            # What follows from the report would stay without it.
            touchpoint.sudo().before = False
            return {"type": "ir.actions.act_window_close"}
        return touchpoint._offer_undo()

    def action_no_answer(self):
        """Report in one click that nobody answered."""
        self.outcome = "no_answer"
        return self.action_apply()

    def action_message_left(self):
        """Report in one click that a message was left."""
        self.outcome = "message_left"
        return self.action_apply()

    def _touchpoint_to_report(self):
        """Return the touchpoint the report is about; none for one nobody planned."""
        return self.touchpoint_id

    def _record(self):
        """Record the attempt.

        :return: the touchpoint it was made on
        """
        values = {"date": self.date, "minutes": self.minutes, "note": self.note}
        touchpoint = self._touchpoint_to_report()
        if touchpoint:
            touchpoint.log_attempt(
                self.outcome, channel_id=self.channel_id.id, **values
            )
            touchpoint._refresh_relationships()
            return touchpoint
        if not self.relationship_id:
            raise UserError(self.env._("Say which customer was contacted."))
        return touchpoint._log_contact(
            self.relationship_id,
            self.channel_id,
            self.outcome,
            self.name or self.channel_id.name,
            **values,
        )

    def _plan_next_step(self, touchpoint):
        """Plan what was agreed, for whoever agreed it.

        The report itself has shown that this user may deal with the customer.
        """
        relationship = touchpoint.relationship_id
        step = touchpoint._plan(
            [
                {
                    "name": self.next_step,
                    "why": self.env._(
                        "Agreed on %s",
                        format_date(
                            self.env,
                            fields.Datetime.context_timestamp(self, self.date).date(),
                        ),
                    ),
                    "origin_model": relationship._name,
                    "origin_id": relationship.id,
                    "occurrence": f"agreed:{uuid.uuid4()}",
                    "relationship_id": relationship.id,
                    "partner_id": touchpoint.partner_id.id,
                    "company_id": touchpoint.company_id.id,
                    "contact_ids": [Command.set(touchpoint.contact_ids.ids)],
                    "channel_ids": self.channel_id.ids,
                    "user_id": self.env.uid,
                    "date_due": self.next_date,
                }
            ]
        )
        step.filtered(lambda t: t.date_show <= fields.Date.context_today(t))._show()
