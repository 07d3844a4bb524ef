from odoo import fields, models


class ContinuityTouchpointAttempt(models.Model):
    """One try at one touchpoint: when, over which channel, by whom, with what result.

    Attempts are evidence: they are written once and neither edited nor deleted by
    users.
    """

    _name = "continuity.touchpoint.attempt"
    _description = "Contact Attempt"
    _order = "date desc, id desc"

    touchpoint_id = fields.Many2one(
        "continuity.touchpoint", required=True, index=True, ondelete="cascade"
    )
    date = fields.Datetime(required=True, default=fields.Datetime.now, index=True)
    channel_id = fields.Many2one("continuity.channel", required=True)
    user_id = fields.Many2one("res.users", required=True, string="By")
    outcome = fields.Selection(
        [
            ("held", "Held"),
            ("no_answer", "No answer"),
            ("message_left", "Message left"),
            ("wrong_number", "Wrong number"),
            ("refused", "Declined"),
            ("sent", "Sent"),
            ("rejected", "Rejected by the mail server"),
            ("bounced", "Bounced"),
            ("posted", "Posted"),
        ],
        required=True,
    )
    minutes = fields.Integer(help="Time spent, in minutes.")
    note = fields.Text(help="The gist of what was said.")
