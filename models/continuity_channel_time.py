from odoo import fields, models


class ContinuityChannelTime(models.Model):
    """A time of day at which to try a channel, such as "in the morning".

    After an attempt that reached nobody the time that was tried least is proposed.
    """

    _name = "continuity.channel.time"
    _description = "Time of Day to Try"
    _order = "sequence, hour_from, id"

    name = fields.Char(
        required=True,
        translate=True,
        help="As it reads in “Try … again”: in the morning, around noon.",
    )
    channel_id = fields.Many2one(
        "continuity.channel", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    hour_from = fields.Float(string="From (hour)", required=True)
    hour_to = fields.Float(string="To (hour)", required=True)

    _hours_make_sense = models.Constraint(
        "CHECK(hour_from >= 0 AND hour_from < hour_to AND hour_to <= 24)",
        "A time of day begins before it ends and lies within 0 and 24 hours.",
    )
