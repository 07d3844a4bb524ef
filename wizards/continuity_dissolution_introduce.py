from odoo import api, fields, models


class ContinuityDissolutionIntroduce(models.TransientModel):
    """Record that a customer and a provider were introduced to each other."""

    _name = "continuity.dissolution.introduce"
    _description = "Introduce to a Provider"
    _inherit = ["continuity.readable.links.mixin"]

    line_id = fields.Many2one(
        "continuity.dissolution.customer",
        string="Customer",
        required=True,
        readonly=True,
    )
    event_id = fields.Many2one(
        "continuity.dissolution.event", string="Appreciation Event", readonly=True
    )
    provider_id = fields.Many2one(
        "continuity.provider", required=True, domain="[('id', 'in', offered_ids)]"
    )
    offered_ids = fields.Many2many(
        "continuity.provider", compute="_compute_offered_ids"
    )
    channel_id = fields.Many2one(
        "continuity.channel",
        string="How",
        required=True,
        default=lambda self: self.env.ref(
            "customer_continuity.channel_video", raise_if_not_found=False
        ),
        domain=[("automatic", "=", False)],
    )
    date = fields.Datetime(string="When")
    minutes = fields.Integer(help="Time spent besides that of the event, in minutes.")
    note = fields.Text(string="What Was Said", required=True)

    @api.model
    def _open(self, line, event=None):
        """Return the action that asks about one introduction.

        :param line: ``continuity.dissolution.customer``
        :param event: ``continuity.dissolution.event``, if they met at one
        """
        best = line._match_providers()[:1]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Introduce to a Provider"),
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_line_id": line.id,
                "default_event_id": event and event.id,
                "default_provider_id": best and best[0]["provider"].id,
                "default_date": event and event.date,
            },
        }

    @api.depends("line_id")
    def _compute_offered_ids(self):
        for wizard in self:
            offered = self.env["continuity.provider"]
            if wizard.line_id:
                ids = [m["provider"].id for m in wizard.line_id._match_providers()]
                offered = offered.browse(ids)
            wizard.offered_ids = offered

    def action_apply(self):
        """Record it; see ``continuity.dissolution.customer._introduce``."""
        self.ensure_one()
        self.line_id._introduce(
            self.provider_id,
            self.channel_id,
            self.note,
            event=self.event_id or None,
            date=self.date,
            minutes=self.minutes,
        )
        return {"type": "ir.actions.act_window_close"}
