from odoo import api, fields, models
from odoo.exceptions import UserError


class ContinuityReportContact(models.TransientModel):
    """Report what came of a planned contact, or log one nobody had planned, in one
    small dialog.

    Opened with ``default_touchpoint_id`` it reports; with
    ``default_relationship_id`` it logs (see ``continuity.touchpoint._log_contact``).
    """

    _name = "continuity.report.contact"
    _description = "Report a Contact"

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
    )
    name = fields.Char(
        string="Subject",
        compute="_compute_name",
        store=True,
        readonly=False,
        precompute=True,
    )
    outcome = fields.Selection(selection="_selection_outcome", required=True)
    date = fields.Datetime(
        string="When",
        required=True,
        compute="_compute_date",
        store=True,
        readonly=False,
        precompute=True,
    )
    minutes = fields.Integer(help="Time spent, in minutes.")
    note = fields.Text(string="Gist", help="What was said, in a sentence or two.")

    @api.model
    def _selection_outcome(self):
        return self.env["continuity.touchpoint"]._selection_outcome()

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
            # Nearly every contact nobody planned is a call.
            wizard.channel_id = (
                wizard.touchpoint_id.channel_id
                or (call and call.active and call)
                or wizard.accepted_channel_ids[:1]
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
        values = {"date": self.date, "minutes": self.minutes, "note": self.note}
        if self.touchpoint_id:
            self.touchpoint_id.log_attempt(
                self.outcome, channel_id=self.channel_id.id, **values
            )
            self.touchpoint_id._refresh_relationships()
        elif self.relationship_id:
            self.env["continuity.touchpoint"]._log_contact(
                self.relationship_id,
                self.channel_id,
                self.outcome,
                self.name or self.channel_id.name,
                **values,
            )
        else:
            raise UserError(self.env._("Say which customer was contacted."))
        return {"type": "ir.actions.act_window_close"}
