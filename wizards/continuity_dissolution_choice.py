from odoo import fields, models


class ContinuityDissolutionChoiceWizard(models.TransientModel):
    """What a customer of a dissolution decided, written down by a colleague."""

    _name = "continuity.dissolution.choice"
    _description = "Customer's Choice in a Dissolution"
    _inherit = ["continuity.readable.links.mixin"]

    customer_id = fields.Many2one(
        "continuity.dissolution.customer", required=True, ondelete="cascade"
    )
    choice = fields.Selection(
        selection=lambda self: (
            self.env["continuity.dissolution.customer"]
            ._fields["choice"]
            ._description_selection(self.env)
        ),
        string="They Want To",
        required=True,
    )
    choice_by = fields.Char(
        string="Who Decided", required=True, help="The person of the customer."
    )
    note = fields.Text(string="In Their Own Words")

    def action_confirm(self):
        """Record the choice.

        :raise AccessError: unless who speaks to the customer, the task force or an
            approver
        """
        self.ensure_one()
        self.customer_id._check_may_report()
        self.customer_id._record_choice(self.choice, self.choice_by, self.note)
        return {"type": "ir.actions.act_window_close"}
