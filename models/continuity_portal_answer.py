from odoo import fields, models

KINDS = [
    ("acknowledge", "Received"),
    ("ask", "Asked a question"),
    ("choose_time", "Chose a time"),
    ("call_me", "Wants to be called"),
    ("wrong_person", "Is the wrong person"),
    ("rate", "Gave a rating"),
]


class ContinuityPortalAnswer(models.Model):
    """What somebody did on the customer's page, in their own words.

    Evidence: written once by ``continuity.touchpoint._portal_act`` and neither
    edited nor deleted by users. The person is the one the link was made for; who
    pressed the button nobody can know.
    """

    _name = "continuity.portal.answer"
    _description = "Answer on the Customer's Page"
    _order = "date desc, id desc"

    touchpoint_id = fields.Many2one(
        "continuity.touchpoint", required=True, index=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner", string="Person", required=True, index=True, ondelete="restrict"
    )
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    kind = fields.Selection(KINDS, string="What", required=True)
    text = fields.Text(string="Their Words")
    detail = fields.Char(
        help="Name, telephone number, time or rating, as it was entered."
    )
    fingerprint = fields.Char(
        help="The same answer pressed twice within a day is one answer."
    )
    follow_up_id = fields.Many2one(
        "continuity.touchpoint",
        string="Led To",
        index="btree_not_null",
        ondelete="set null",
        help="The contact that was planned because of it.",
    )
    deadline = fields.Date(help="By when the customer was told to hear from somebody.")
