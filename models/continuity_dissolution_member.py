from odoo import fields, models


class ContinuityDissolutionMember(models.Model):
    """One person of the task force of a dissolution (D1): who looks after what."""

    _name = "continuity.dissolution.member"
    _description = "Task Force Member"
    _order = "sequence, id"
    _rec_name = "user_id"

    dissolution_id = fields.Many2one(
        "continuity.dissolution", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    user_id = fields.Many2one("res.users", string="Person", required=True, index=True)
    role = fields.Selection(
        [
            ("lead", "Lead"),
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
