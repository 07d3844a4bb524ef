from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ContinuityChannel(models.Model):
    """A way of reaching a customer: visit, call, e-mail, card …

    A *true contact* is one in which a person reached a person. A mass mail, a
    voicemail or any mail nobody looked at is none and never silences the
    silence alarm. Channels map to Odoo's own activity types, because own types
    would survive an uninstall badly.
    """

    _name = "continuity.channel"
    _description = "Contact Channel"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    true_contact = fields.Boolean(
        help="A person reached a person. Contacts over this channel restart the "
        "clock of silence; others do not.",
    )
    is_meeting = fields.Boolean(
        string="Meeting",
        help="Takes place at an agreed time: a dated contact also stands in the "
        "calendars of those who take part.",
    )
    written = fields.Boolean(help="The customer gets a text: mail, letter or card.")
    letter_medium = fields.Selection(
        [("mail", "By e-mail"), ("paper", "On paper")],
        string="Letters Go",
        help="How a letter of this channel is sent. Empty where it is no letter "
        "written from a template: a card is written by hand.",
    )
    automatic = fields.Boolean(
        help="Goes out without a person looking at each one, such as a mass mail.",
    )
    by_post = fields.Boolean(
        help="Written by hand or printed: it is done once it is posted.",
    )
    activity_type_id = fields.Many2one(
        "mail.activity.type",
        ondelete="set null",
        help="Type of the activity that reminds the salesperson of this contact.",
    )
    done_activity_counts = fields.Boolean(
        string="Done Activities Count",
        help="Any activity of this type marked done on the customer, its deals or "
        "its orders is a true contact, also when it was planned outside this app.",
    )
    next_channel_id = fields.Many2one(
        "continuity.channel",
        string="If It Fails",
        ondelete="set null",
        help="The channel to go on with when this one does not reach the customer: "
        "after a bounced mail a call, after calls nobody answers a letter.",
    )

    @api.constrains("next_channel_id")
    def _check_no_cycle(self):
        """Refuse a chain of channels that leads back to its beginning.

        :raise ValidationError: naming the channel
        """
        for channel in self:
            if channel in channel._following_channels():
                raise ValidationError(
                    self.env._(
                        "“%s” would follow itself: choose another channel or none.",
                        channel.name,
                    )
                )

    def _following_channels(self):
        """Return the channels to go on with, one after the other, in order."""
        self.ensure_one()
        channels = self.browse()
        following = self.next_channel_id
        while following and following not in channels:
            if following.active:
                channels += following
            following = following.next_channel_id
        return channels
