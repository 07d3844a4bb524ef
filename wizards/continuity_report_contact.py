from odoo import api, fields, models


class ContinuityReportContact(models.TransientModel):
    """Report what came of a planned contact, in one small dialog."""

    _name = "continuity.report.contact"
    _description = "Report a Contact"

    touchpoint_id = fields.Many2one(
        "continuity.touchpoint", required=True, readonly=True
    )
    accepted_channel_ids = fields.Many2many(related="touchpoint_id.channel_ids")
    channel_id = fields.Many2one(
        "continuity.channel",
        string="How",
        required=True,
        compute="_compute_channel_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    outcome = fields.Selection(selection="_selection_outcome", required=True)
    date = fields.Datetime(string="When", required=True, default=fields.Datetime.now)
    minutes = fields.Integer(help="Time spent, in minutes.")
    note = fields.Text(string="Gist", help="What was said, in a sentence or two.")

    @api.model
    def _selection_outcome(self):
        return self.env["continuity.touchpoint"]._selection_outcome()

    @api.depends("touchpoint_id")
    def _compute_channel_id(self):
        for wizard in self:
            wizard.channel_id = wizard.touchpoint_id.channel_id

    def action_apply(self):
        """Record the attempt; see ``continuity.touchpoint.log_attempt``."""
        self.ensure_one()
        self.touchpoint_id.log_attempt(
            self.outcome,
            channel_id=self.channel_id.id,
            date=self.date,
            minutes=self.minutes,
            note=self.note,
        )
        return {"type": "ir.actions.act_window_close"}
