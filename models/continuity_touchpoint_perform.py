"""Who reports what came of a contact, and what they may report."""

from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_datetime

from .continuity_touchpoint import MACHINE_OUTCOMES, OPEN_STATES


class ContinuityTouchpoint(models.Model):
    _inherit = "continuity.touchpoint"

    def _may_perform(self):
        """Tell whether the contact is the user's business: responsible, present or
        manager of responsible.

        :rtype: bool
        """
        self.ensure_one()
        touchpoint = self.sudo()
        user = self.env.user
        return (
            user in touchpoint.user_id | touchpoint.attendee_ids
            or user._is_continuity_manager_of(touchpoint.user_id)
        )

    def _check_may_perform(self):
        """Refuse attempts by people the contact is none of the business of.

        :raise AccessError: unless responsible, present or manager of responsible
        :raise UserError: when the touchpoint is closed already
        """
        for touchpoint in self.sudo():
            if not touchpoint._may_perform():
                raise AccessError(
                    self.env._(
                        "“%s” can be reported by those who take part and by their "
                        "manager.",
                        touchpoint.name,
                    )
                )
            if touchpoint.state not in OPEN_STATES:
                raise UserError(self.env._("“%s” is closed already.", touchpoint.name))

    def log_attempt(self, outcome, **values):
        """Record that somebody tried to reach the customer, and what came of it.

        :param str outcome: held, no_answer, message_left, wrong_number, refused or
            posted; what a mail server does is no person's to report
        :param values: of the attempt: channel_id (id; default the touchpoint's),
            date (UTC datetime; default now), minutes, note
        :return: the attempts
        :rtype: continuity.touchpoint.attempt
        :raise AccessError: unless the user takes part or is their manager
        :raise UserError: when the touchpoint is closed, the date is in the future, or
            somebody who takes part was in another meeting then
        """
        self.check_access("read")
        self._check_may_perform()
        allowed = {"channel_id", "date", "minutes", "note"}
        if unknown := set(values) - allowed:
            raise UserError(
                self.env._("Unknown values: %s", ", ".join(sorted(unknown)))
            )
        now = fields.Datetime.now()
        self._check_reportable(outcome, values.get("channel_id"))
        self._check_channel(values.get("channel_id"))
        date = fields.Datetime.to_datetime(values.get("date")) or now
        if date > now:
            raise UserError(
                self.env._(
                    "A contact can be reported once it has taken place; %s is in the "
                    "future.",
                    format_datetime(self.env, date, dt_format="short"),
                )
            )
        if outcome == "held":
            self._take_turns()
            self._check_not_elsewhere(values.get("channel_id"), date)
        attempts = (
            self.env["continuity.touchpoint.attempt"]
            .sudo()
            .create(
                [
                    {
                        "channel_id": touchpoint.channel_id.id,
                        **values,
                        "touchpoint_id": touchpoint.id,
                        "user_id": self.env.uid,
                        "outcome": outcome,
                        "date": date,
                    }
                    for touchpoint in self
                ]
            )
        )
        self._apply_attempts(outcome, date)
        return attempts.sudo(False)

    def _check_reportable(self, outcome, channel_id):
        """Refuse what a person cannot have found out: what a mail server did, or that
        a visit or an e-mail was posted.

        :raise UserError: naming the outcome
        """
        chosen = self.env["continuity.channel"].browse(channel_id)
        if outcome in MACHINE_OUTCOMES or (
            outcome == "posted"
            and not all(t._goes_by_post(chosen or t.channel_id) for t in self.sudo())
        ):
            raise UserError(
                self.env._(
                    "“%s” cannot be reported over this channel.",
                    dict(self._selection_outcome())[outcome],
                )
            )

    def _goes_by_post(self, channel):
        """Tell whether what is sent over a channel is posted.

        :param channel: ``continuity.channel``
        :rtype: bool
        """
        return channel.by_post

    def _check_channel(self, channel_id):
        """Refuse a channel that does not satisfy the contact: a phone call is no
        visit.

        :raise UserError: naming the channels that do
        """
        for touchpoint in self.sudo():
            if channel_id and channel_id not in touchpoint.channel_ids.ids:
                raise UserError(
                    self.env._(
                        "“%(name)s” is owed by: %(channels)s.",
                        name=touchpoint.name,
                        channels=", ".join(touchpoint.channel_ids.mapped("name")),
                    )
                )

    def _take_turns(self):
        """Let reports of the same people's contacts come one after the other.

        Two at the same moment would each not see the other's. A lock is not enough,
        because the second one's snapshot is older than the first one's commit; this
        write makes the database refuse the second, which Odoo then tries again.
        """
        people = (self.sudo().user_id | self.sudo().attendee_ids).ids
        self.env.execute_query(
            SQL(
                """UPDATE res_users SET write_date = write_date
                    WHERE id IN (SELECT id FROM res_users WHERE id = ANY(%s)
                              ORDER BY id FOR NO KEY UPDATE)
                RETURNING id""",
                people,
            )
        )

    def _check_not_elsewhere(self, channel_id, date):
        """Refuse a meeting in which somebody cannot have taken part, because they
        held one with another customer at that time: 80 visits in an hour are none.

        A meeting takes as long as was planned, whatever minutes are reported.

        :param int channel_id: the channel used; the touchpoint's own without
        :param datetime date: when the meeting began
        :raise UserError: naming person, customer and time
        """
        channel = self.env["continuity.channel"].browse(channel_id)
        reported = self.browse().sudo()
        for meeting in self.sudo():
            if not (channel or meeting.channel_id).is_meeting:
                continue
            others = [(t, date) for t in reported]
            others += meeting._find_meetings_around(date)
            reported |= meeting
            people = meeting.user_id | meeting.attendee_ids
            for other, start in others:
                both = people & (other.user_id | other.attendee_ids)
                apart = date >= start + timedelta(
                    hours=other.duration
                ) or start >= date + timedelta(hours=meeting.duration)
                if both and not apart and not meeting._may_meet_with(other):
                    customer = self.env._("another customer")
                    if self.browse(other.id).has_access("read"):
                        customer = other.partner_id.display_name
                    raise UserError(
                        self.env._(
                            "%(person)s met %(other)s at %(time)s and cannot have met "
                            "%(customer)s then: correct the time.",
                            person=both[0].name,
                            other=customer,
                            time=format_datetime(self.env, start, dt_format="short"),
                            customer=meeting.partner_id.display_name,
                        )
                    )

    def _may_meet_with(self, other):
        """Tell whether the people of this meeting may have held another one at the
        same time: two duties to one customer may be met in one meeting.

        :param other: ``continuity.touchpoint`` of the other meeting
        :rtype: bool
        """
        self.ensure_one()
        return other.partner_id == self.partner_id

    def _find_meetings_around(self, date):
        """Return the meetings the people of this one held within a day of a time.

        :return: tuples (touchpoint, start)
        :rtype: list[tuple]
        """
        self.ensure_one()
        people = self.user_id | self.attendee_ids
        attempts = (
            self.env["continuity.touchpoint.attempt"]
            .sudo()
            .search(
                [
                    ("outcome", "=", "held"),
                    ("withdrawn", "=", False),
                    ("channel_id.is_meeting", "=", True),
                    ("date", ">", date - timedelta(days=1)),
                    ("date", "<", date + timedelta(days=1)),
                    "|",
                    ("touchpoint_id.user_id", "in", people.ids),
                    ("touchpoint_id.attendee_ids", "in", people.ids),
                ]
            )
        )
        return [(attempt.touchpoint_id, attempt.date) for attempt in attempts]

    def action_report(self):
        """Open the dialog that reports what came of this contact."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "continuity.report.contact",
            "view_mode": "form",
            "target": "new",
            "name": self.name,
            "context": {"default_touchpoint_id": self.id},
        }
