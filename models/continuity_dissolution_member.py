from odoo import api, fields, models


class ContinuityDissolutionMember(models.Model):
    """One person of the task force of a dissolution (D1): who looks after what.

    A member sees the whole campaign: members are named by who may write it.
    """

    _name = "continuity.dissolution.member"
    _description = "Task Force Member"
    _inherit = ["continuity.readable.onchange.mixin"]
    _order = "sequence, id"
    _rec_name = "user_id"

    dissolution_id = fields.Many2one(
        "continuity.dissolution", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    user_id = fields.Many2one("res.users", string="Person", required=True, index=True)
    role = fields.Selection(
        [
            ("lead", "Leads the task force"),
            ("unfulfilled", "Unfulfilled customers"),
            ("paying", "Paying customers"),
            ("settled", "Settled customers"),
            ("finance", "Finance"),
            ("legal", "Legal"),
            ("data", "Customer data"),
        ],
        required=True,
        default="lead",
        help="The lead hears of dates in danger. Whoever has a segment speaks to those "
        "of its customers who have no salesperson.",
    )

    _unique_role = models.Constraint(
        "UNIQUE(dissolution_id, user_id, role)",
        "This person has that role in the task force already.",
    )

    # === ACCESS === #

    @api.model_create_multi
    def create(self, vals_list):
        members = super().create(vals_list)
        members._check_may_name()
        return members

    def write(self, vals):
        self._check_may_name()
        result = super().write(vals)
        # Also not from a campaign of one's own into another one.
        self._check_may_name()
        return result

    @api.ondelete(at_uninstall=False)
    def _check_may_name(self):
        """Refuse that people make themselves, or others, members of a campaign they
        may only read.

        :raise AccessError: unless an author, an approver or a manager
        :raise UserError: once the campaign is closed or given up
        """
        if not self.env.su:
            campaigns = self.dissolution_id
            campaigns.check_access("write")
            campaigns._check_state(*campaigns._naming_states())
            campaigns._check_author()
