from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from .continuity_touchpoint import OPEN_STATES

# What a guest may answer, on their page or by word of mouth.
REPLIES = ("coming", "declined")
# So many days before the event an invitation should be with the guest.
INVITE_DAYS_AHEAD = 10


class ContinuityDissolutionGuest(models.Model):
    """One customer at an appreciation event.

    ==========  ===============================================================
    attendance  means
    ==========  ===============================================================
    chosen      is to be invited
    invited     invitation and meeting are planned
    coming      has said yes
    declined    has said no
    attended    was there: their meeting is done
    absent      did not come
    ==========  ===============================================================
    """

    _name = "continuity.dissolution.guest"
    _description = "Guest of an Event"
    _inherit = ["continuity.guarded.mixin"]
    _order = "event_id desc, id"
    _rec_name = "line_id"

    _guarded_fields = frozenset(
        {"attendance", "invitation_id", "meeting_id", "replied_on"}
    )

    event_id = fields.Many2one(
        "continuity.dissolution.event",
        string="Appreciation Event",
        required=True,
        index=True,
        ondelete="cascade",
    )
    dissolution_id = fields.Many2one(
        related="event_id.dissolution_id", store=True, index=True, precompute=True
    )
    company_id = fields.Many2one(
        related="event_id.company_id", store=True, index=True, precompute=True
    )
    line_id = fields.Many2one(
        "continuity.dissolution.customer",
        string="Guest",
        required=True,
        index=True,
        ondelete="cascade",
        domain="[('dissolution_id', '=', dissolution_id), ('state', '!=', 'out')]",
    )
    tier_id = fields.Many2one(
        related="line_id.tier_id", groups="customer_continuity.group_user"
    )
    user_id = fields.Many2one(related="line_id.user_id", string="Speaks to Them")
    line_state = fields.Selection(
        related="line_id.state", string="Told of the Dissolution"
    )
    event_state = fields.Selection(related="event_id.state", string="Event Status")
    attendance = fields.Selection(
        [
            ("chosen", "Chosen"),
            ("invited", "Invited"),
            ("coming", "Coming"),
            ("declined", "Declined"),
            ("attended", "Came"),
            ("absent", "Did Not Come"),
        ],
        required=True,
        readonly=True,
        default="chosen",
        index=True,
    )
    replied_on = fields.Datetime(readonly=True)
    invitation_id = fields.Many2one(
        "continuity.touchpoint",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    meeting_id = fields.Many2one(
        "continuity.touchpoint",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    _unique_guest = models.Constraint(
        "UNIQUE(event_id, line_id)", "This customer is a guest of the event already."
    )

    @api.constrains("line_id", "event_id")
    def _check_campaign(self):
        for guest in self.sudo():
            if guest.line_id.dissolution_id != guest.event_id.dissolution_id:
                raise ValidationError(
                    self.env._(
                        "“%s” is a customer of another campaign.",
                        guest.line_id.display_name,
                    )
                )

    # === ACCESS === #

    @api.model_create_multi
    def create(self, vals_list):
        guests = super().create(vals_list)
        if not self.env.su:
            guests.event_id._check_may_prepare()
            guests.event_id._check_state("draft", "invited")
            guests.line_id.check_access("read")
        return guests

    def write(self, vals):
        if not self.env.su and {"event_id", "line_id"} & set(vals):
            raise UserError(
                self.env._("Take the guest out and choose another one instead.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_chosen(self):
        if not self.env.su:
            self.event_id._check_may_prepare()
        if any(guest.attendance != "chosen" for guest in self):
            raise UserError(
                self.env._(
                    "A guest who was invited stays in the list: mark them as declined."
                )
            )

    # === INVITING === #

    def _invite(self):
        """Plan invitation and meeting of guests who have been told."""
        touchpoints = self.env["continuity.touchpoint"]
        for guest in self.sudo():
            guest.write(
                {
                    "invitation_id": touchpoints._plan(
                        [guest._prepare_invitation_values()]
                    ).id,
                    "meeting_id": touchpoints._plan(
                        [guest._prepare_meeting_values()]
                    ).id,
                    "attendance": "invited",
                }
            )
        today = fields.Date.context_today(self)
        planned = self.sudo().invitation_id | self.sudo().meeting_id
        planned.filtered(lambda t: t.date_show <= today)._show()

    def _inviter(self):
        """Return who invites the guest: who speaks to them, else the host.

        :rtype: res.users
        """
        self.ensure_one()
        return self.line_id.user_id or self.event_id.host_id

    def _prepare_invitation_values(self):
        """Return the letter that invites one guest, signed by the host.

        :rtype: dict
        """
        self.ensure_one()
        user, event = self._inviter(), self.event_id
        self = self.with_context(lang=user.lang)
        channels = self.env.ref("customer_continuity.channel_email")
        channels |= self.env.ref("customer_continuity.channel_letter")
        letter = self.env.ref(
            "customer_continuity.letter_dissolution_event", raise_if_not_found=False
        )
        today = fields.Date.context_today(self)
        ahead = event.date.date() - timedelta(days=INVITE_DAYS_AHEAD)
        return self.line_id._prepare_touchpoint_values(
            f"invite:{event.id}",
            channels if self.line_id.partner_id.email else channels[::-1],
            name=self.env._(
                "Invite %(customer)s: %(event)s",
                customer=self.line_id.display_name,
                event=event.with_context(lang=user.lang).name,
            ),
            purpose="dissolution",
            user_id=user.id,
            signer_id=event.host_id.id,
            template_id=letter.id if letter else False,
            date_due=max(ahead, today),
            date_show=today,
        )

    def _prepare_meeting_values(self):
        """Return the meeting of one guest, which is one with that of the others.

        :rtype: dict
        """
        self.ensure_one()
        user, event = self._inviter(), self.event_id
        lang = user.lang
        video = self.env.ref("customer_continuity.channel_video")
        visit = self.env.ref("customer_continuity.channel_visit")
        return self.line_id._prepare_touchpoint_values(
            f"event:{event.id}",
            video | visit if event.online else visit | video,
            name=self.with_context(lang=lang).env._(
                "%(event)s: %(customer)s",
                event=event.with_context(lang=lang).name,
                customer=self.line_id.display_name,
            ),
            purpose="dissolution",
            user_id=user.id,
            attendee_ids=[Command.set((event.host_id - user).ids)],
            gathering_id=event.gathering_id.id,
            date_due=event.dissolution_id._local_date(event.date),
            date_show=fields.Date.context_today(self),
        )

    # === WHO COMES === #

    def _check_may_reply(self):
        """Refuse answers of guests recorded by people who speak to none of them.

        :raise AccessError: unless who prepares the event, or who speaks to the guest
        """
        for guest in self:
            if self.env.user != guest.sudo().line_id.user_id:
                guest.event_id._check_may_prepare()

    def action_coming(self):
        """Record that guests said yes."""
        self._check_may_reply()
        self.sudo()._reply("coming")

    def action_declined(self):
        """Record that guests said no."""
        self._check_may_reply()
        self.sudo()._reply("declined")

    def _reply(self, reply):
        """Keep what guests answered; their meeting follows. They may change their mind
        until the event.

        :param str reply: one of :data:`REPLIES`
        :raise UserError: when the event is over, or they are not invited
        """
        for guest in self:
            if guest.attendance not in ("invited", *REPLIES) or (
                guest.event_id.state != "invited"
            ):
                raise UserError(
                    self.env._("“%s” cannot answer any more.", guest.display_name)
                )
            guest.write({"attendance": reply, "replied_on": fields.Datetime.now()})
            meeting = guest.meeting_id
            if reply == "declined":
                meeting._cancel(self.env._("The guest has declined."))
            elif meeting.state == "cancelled":
                meeting.write({"state": "owed", "reason": False})
                meeting._reschedule(guest.event_id.date)
                meeting._show()

    def action_attended(self):
        """Record that guests came: their meetings are held. The time of the event is
        shared among them.

        :raise AccessError: unless who prepares the event
        :raise UserError: before the event has begun, or for guests not invited
        """
        for event, guests in self.grouped("event_id").items():
            event._check_may_prepare()
            event._check_state("invited", "held")
            if not event.date or event.date > fields.Datetime.now():
                raise UserError(self.env._("The event has not begun yet."))
            for guest in guests:
                if guest.attendance in ("chosen", "attended"):
                    raise UserError(
                        self.env._(
                            "“%s” was not invited, or has been marked already.",
                            guest.display_name,
                        )
                    )
            meetings = guests.sudo().meeting_id
            # Who was called off, and came all the same.
            meetings.filtered(lambda t: t.state not in OPEN_STATES).write(
                {"state": "owed", "reason": False}
            )
            minutes = round(event.duration * 60 / len(event.guest_ids)) or 1
            # In the name of who was there, whoever keeps the list.
            for meeting in meetings:
                people = meeting.user_id | meeting.attendee_ids
                person = (self.env.user & people) or event.host_id
                meeting.attendee_ids |= person - people
                meeting.with_user(person).sudo().log_attempt(
                    "held", date=event.date, minutes=minutes
                )
            meetings._refresh_relationships()

    def action_absent(self):
        """Record that guests did not come."""
        self.event_id._check_may_prepare()
        self.event_id._check_state("invited", "held")
        for guest in self:
            if guest.attendance == "attended":
                raise UserError(
                    self.env._(
                        "“%s” came: take the report of that meeting back first.",
                        guest.display_name,
                    )
                )
        for event in self.event_id:
            if not event.date or event.date > fields.Datetime.now():
                raise UserError(self.env._("The event has not begun yet."))
        self.sudo()._absent()

    def _absent(self):
        self.attendance = "absent"
        self.meeting_id._cancel(self.env._("The guest did not come."))


class ContinuityDissolutionCustomer(models.Model):
    """What follows on the guest list from what came of invitations and meetings."""

    _inherit = "continuity.dissolution.customer"

    guest_ids = fields.One2many(
        "continuity.dissolution.guest", "line_id", string="Events"
    )

    def _guests_of(self, touchpoints):
        """Return the guests whose meeting or invitation these are."""
        return self.sudo().guest_ids.filtered(
            lambda g: g.meeting_id in touchpoints or g.invitation_id in touchpoints
        )

    def _touchpoint_done(self, touchpoints):
        res = super()._touchpoint_done(touchpoints)
        for guest in self._guests_of(touchpoints):
            if guest.meeting_id in touchpoints:
                guest.attendance = "attended"
        return res

    def _touchpoint_reopened(self, touchpoints):
        res = super()._touchpoint_reopened(touchpoints)
        for guest in self._guests_of(touchpoints):
            if guest.meeting_id in touchpoints and guest.attendance == "attended":
                guest.attendance = "coming" if guest.replied_on else "invited"
        return res

    def _touchpoint_rescheduled(self, touchpoints):
        """The calendar moves the event for all its guests."""
        res = super()._touchpoint_rescheduled(touchpoints)
        for event in self._guests_of(touchpoints).event_id:
            gathering = event.gathering_id
            event.write({"date": gathering.date, "duration": gathering.duration})
        return res
