from odoo import fields, models


class ContinuityTimetableEvent(models.Model):
    """Something that happens on a day while a company is wound down.

    Code asks for an event by its code, so codes stay as they are; names may change.
    """

    _name = "continuity.timetable.event"
    _description = "Timetable Event"
    _order = "sequence, id"

    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10, help="In the order they usually happen.")
    usual_days = fields.Integer(
        string="Usually after the Decision (days)",
        help="Where it is proposed unless a period says otherwise. Our suggestion.",
    )
    in_every_plan = fields.Boolean(
        help="Belongs to every campaign, whatever the route.",
    )
    is_public = fields.Boolean(
        string="Makes It Public",
        help="From this day on anybody can read of it: whoever is to hear it from a "
        "person has to have heard it before.",
    )

    _code_uniq = models.Constraint("UNIQUE(code)", "There is an event of this code.")
