from datetime import timedelta

from odoo import fields, models


class ContinuityPostpone(models.TransientModel):
    """Asks for the day; the touchpoints check and write."""

    _name = "continuity.postpone"
    _description = "Postpone Contacts"

    touchpoint_ids = fields.Many2many(
        "continuity.touchpoint",
        "continuity_postpone_touchpoint_rel",
        string="Touchpoints",
        required=True,
        readonly=True,
    )
    day = fields.Date(
        string="Postpone To",
        required=True,
        default=lambda self: fields.Date.context_today(self) + timedelta(days=14),
    )

    def action_apply(self):
        """Do the contacts on the chosen day."""
        self.ensure_one()
        self.touchpoint_ids._postpone(self.day)
        return self.touchpoint_ids._offer_undo(self.touchpoint_ids._say_postponed())
