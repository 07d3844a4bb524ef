from odoo import fields, models
from odoo.exceptions import UserError


class ContinuityReassignment(models.Model):
    """What was given from one person to another outside of a handover plan, record by
    record: written by ``continuity.user.reassign`` alone, never changed."""

    _name = "continuity.reassignment"
    _description = "Reassignment"
    _order = "id desc"
    _rec_name = "user_id"

    user_id = fields.Many2one(
        "res.users", string="Taken From", readonly=True, index=True, ondelete="set null"
    )
    successor_id = fields.Many2one(
        "res.users", string="Given To", readonly=True, ondelete="set null"
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company,
    )
    model = fields.Char(readonly=True, required=True)
    field = fields.Char(readonly=True)
    res_ids = fields.Json(string="Records", readonly=True)
    count = fields.Integer(string="Number of Records", readonly=True)
    what = fields.Char(readonly=True, help="In the words of who did it.")
    reason = fields.Text(readonly=True)
    create_uid = fields.Many2one("res.users", string="Done By")
    create_date = fields.Datetime(string="Done On")

    def action_open(self):
        """Open the records that were given away, with the user's own rights.

        :raise UserError: when their model is no longer installed
        """
        self.ensure_one()
        if self.model not in self.env:
            raise UserError(self.env._("These records no longer exist."))
        return {
            "type": "ir.actions.act_window",
            "name": self.what,
            "res_model": self.model,
            "view_mode": "list,form",
            "domain": [("id", "in", self.res_ids)],
            "context": {"active_test": False},
        }
