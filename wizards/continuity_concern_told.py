from odoo import fields, models
from odoo.tools import is_html_empty, plaintext2html


class ContinuityConcernTold(models.TransientModel):
    """Record that a customer was answered by telephone or face to face."""

    _name = "continuity.concern.told"
    _description = "Answer by Word of Mouth"
    _inherit = ["continuity.readable.links.mixin"]

    concern_id = fields.Many2one("continuity.concern", required=True, readonly=True)
    channel_id = fields.Many2one(
        "continuity.channel",
        string="How",
        required=True,
        domain=[("written", "=", False), ("true_contact", "=", True)],
        default=lambda self: self.env.ref("customer_continuity.channel_call"),
    )
    date = fields.Datetime(string="When", required=True, default=fields.Datetime.now)
    minutes = fields.Integer(help="Time spent, in minutes.")
    note = fields.Text(
        string="What You Told Them", required=True, help="In a sentence or two."
    )

    def action_apply(self):
        """Settle the concern with what the customer was told.

        :raise AccessError: unless the user handles the concern
        :raise UserError: when the contact cannot have taken place as reported
        """
        self.ensure_one()
        concern = self.concern_id
        if is_html_empty(concern.answer):
            concern.answer = plaintext2html(self.note)
        concern._answered_in_person(
            self.channel_id,
            {"date": self.date, "minutes": self.minutes, "note": self.note},
        )
        return {"type": "ir.actions.act_window_close"}
