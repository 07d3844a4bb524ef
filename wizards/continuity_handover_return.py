from odoo import fields, models


class ContinuityHandoverReturn(models.TransientModel):
    """Bring the return from a leave forward, put it off, or cancel it."""

    _name = "continuity.handover.return"
    _description = "Return From Leave"
    _inherit = ["continuity.readable.links.mixin"]

    handover_id = fields.Many2one(
        "continuity.handover",
        string="Handover Plan",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    current_date = fields.Date(related="handover_id.return_date", string="Planned")
    decision = fields.Selection(
        [
            ("now", "Returns now"),
            ("date", "Returns on another day"),
            ("lasting", "Does not return: the handover becomes lasting"),
        ],
        required=True,
        default="date",
    )
    return_date = fields.Date(string="First Day Back")
    reason = fields.Text(required=True)

    def action_apply(self):
        """Carry the decision out.

        :raise AccessError: unless an approver of the plan or a manager
        :raise UserError: when it does not fit the plan
        """
        self.ensure_one()
        plan = self.handover_id
        if self.decision == "lasting":
            plan._make_lasting(self.reason)
        else:
            today = fields.Date.context_today(self)
            day = today if self.decision == "now" else self.return_date
            plan._change_return(day, self.reason)
        return {"type": "ir.actions.act_window_close"}
