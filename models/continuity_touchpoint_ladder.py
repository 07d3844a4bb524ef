from datetime import timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import plaintext2html

from .continuity_touchpoint import OPEN_STATES, WRITTEN_OUTCOMES

# Attempts after which the customer does not know yet what they are owed.
UNREACHED = ("no_answer", "message_left")


class ContinuityChannel(models.Model):
    """How stubbornly a channel is tried."""

    _inherit = "continuity.channel"

    max_attempts = fields.Integer(
        string="Attempts",
        help="How many attempts that reach nobody there are before the next channel "
        "is taken. 0: no attempt is followed by another of its own accord.",
    )
    spacing_days = fields.Integer(
        string="Then Wait (working days)",
        default=1,
        help="Working days of the responsible person until the next attempt.",
    )
    time_ids = fields.One2many(
        "continuity.channel.time", "channel_id", string="Times of Day"
    )

    _ladder_positive = models.Constraint(
        "CHECK(max_attempts >= 0 AND spacing_days >= 0)",
        "Attempts and waiting time cannot be negative.",
    )


class ContinuityTouchpoint(models.Model):
    """The ladder of attempts (F5): what follows an attempt that reached nobody.

    =============  ============================================================
    outcome        what follows
    =============  ============================================================
    no answer,     the same touchpoint comes back after the channel's spacing, at
    message left   the time of day tried least; after the channel's number of
                   attempts over the next channel
    wrong number   noted on the customer; the next channel at once
    declined       held back with the reason; the manager hears of it; nobody is
                   reminded any more until somebody takes it up again
    sent, posted   in place of a talk that was owed: a rung of the ladder like a
                   call nobody answered; otherwise it settles the touchpoint
    =============  ============================================================

    The ladder ends where no channel follows: the manager hears of it, and after the
    company's time the touchpoint comes back over the channel it began with. So it
    never ends in silence.
    """

    _inherit = "continuity.touchpoint"

    _guarded_fields = frozenset(
        {
            "ladder_channel_id",
            "ladder_attempt_id",
            "ladder_round",
            "stopgap_channel_ids",
            "held_back",
            "escalated_on",
        }
    )

    ladder_channel_id = fields.Many2one(
        "continuity.channel",
        string="Began With",
        readonly=True,
        ondelete="set null",
        help="The channel that was tried first.",
    )
    ladder_attempt_id = fields.Integer(
        readonly=True, help="The last attempt of the rounds before this one."
    )
    ladder_round = fields.Integer(
        string="Round",
        readonly=True,
        help="How often all channels have been tried in vain.",
    )
    stopgap_channel_ids = fields.Many2many(
        "continuity.channel",
        "continuity_touchpoint_stopgap_rel",
        string="In Its Place",
        readonly=True,
        help="Written channels taken because nobody could be talked to: what is sent "
        "over them does not settle the contact.",
    )
    held_back = fields.Char(
        readonly=True, help="Why nobody is reminded of this contact for the time being."
    )
    escalated_on = fields.Date(
        string="Manager Told On",
        readonly=True,
        help="When the manager of the responsible person heard of it.",
    )

    @api.model
    def _domain_to_show(self):
        return super()._domain_to_show() + [("held_back", "=", False)]

    def _reached_by(self, outcome):
        """A card in place of a talk is a greeting, not the talk."""
        reached = super()._reached_by(outcome)
        if outcome in WRITTEN_OUTCOMES:
            reached -= reached.sudo().filtered(
                lambda t: t.channel_id in t.stopgap_channel_ids
            )
        return reached

    def _apply_attempts(self, outcome, date):
        result = super()._apply_attempts(outcome, date)
        waiting = self.sudo().filtered(
            lambda t: t.state in OPEN_STATES and not t.held_back
        )
        if outcome == "refused":
            waiting._decline()
        elif outcome == "wrong_number":
            waiting._note_wrong_number()
            for touchpoint in waiting:
                env = touchpoint._env_of_responsible()
                touchpoint._next_rung(env._("The number was wrong."))
        elif outcome in UNREACHED:
            waiting._climb()
        elif outcome in WRITTEN_OUTCOMES:
            waiting.filtered(lambda t: t.channel_id in t.stopgap_channel_ids)._climb()
        return result

    # === THE NEXT ATTEMPT === #

    def _climb(self):
        """Decide what follows an attempt that reached nobody."""
        for touchpoint in self:
            attempt = touchpoint._last_attempt()
            # Where several channels are accepted, people choose: that one is tried.
            touchpoint.channel_id = attempt.channel_id
            tries = touchpoint._tries()
            limit = attempt.channel_id.max_attempts
            if not limit:
                continue
            if len(tries) < limit:
                touchpoint._come_back(tries)
            else:
                touchpoint._next_rung(
                    touchpoint._env_of_responsible()._(
                        "%(count)s × %(channel)s reached nobody.",
                        count=len(tries),
                        channel=touchpoint._localized(attempt.channel_id).name,
                    ),
                    wait=attempt.outcome in WRITTEN_OUTCOMES,
                )

    def _tries(self):
        """Return the attempts of this round over the present channel that reached
        nobody, the oldest first."""
        return self.attempt_ids.filtered(
            lambda a: (
                a.id > self.ladder_attempt_id
                and a.channel_id == self.channel_id
                and a.outcome in UNREACHED + WRITTEN_OUTCOMES
            )
        ).sorted("id")

    def _come_back(self, tries):
        """Show the touchpoint again after the spacing, at another time of day."""
        self._drop_appointment()
        channel = self.channel_id
        if channel.is_meeting:
            # A new appointment has to be made, the sooner the better.
            self.next_try = self._env_of_responsible()._(
                "It did not take place: make another appointment."
            )
            self._put_back(fields.Date.context_today(self), keep_due=True)
            return
        self.next_try = self._describe_next_try(tries)
        self._put_back(self._day_after(channel.spacing_days, tries[-1].date))

    def _drop_appointment(self):
        """Let go of an appointment that came to nothing; its meeting is history."""
        if self.date_planned:
            self._drop_event()
            self.write({"event_id": False, "date_planned": False})

    def _put_back(self, day, keep_due=False):
        """Take the activity out of the list until the day it is due again."""
        self._withdraw()
        vals = {"date_show": day}
        if not keep_due:
            vals["date_due"] = day
        self.write(vals)
        if day <= fields.Date.context_today(self):
            self._show()

    def _day_after(self, working_days, moment=None):
        """Return the working day of the responsible person so many days after a
        moment, not before today."""
        tz = pytz.timezone(self.user_id.tz or "UTC")
        now = fields.Datetime.now()
        moment = min(moment or now, now)
        local = pytz.utc.localize(moment).astimezone(tz).date()
        day = self.company_id._continuity_working_day(self.user_id, local, working_days)
        return max(day, fields.Date.context_today(self))

    def _describe_next_try(self, tries):
        """Say at what time of day to try next, and why.

        :param tries: attempts that reached nobody, over the present channel
        :rtype: str
        """
        env = self._env_of_responsible()
        times = self._localized(self.channel_id.time_ids)
        tz = pytz.timezone(self.user_id.tz or "UTC")
        counts = dict.fromkeys(times, 0)
        for attempt in tries:
            local = pytz.utc.localize(attempt.date).astimezone(tz)
            hour = local.hour + local.minute / 60
            for slot in times:
                if slot.hour_from <= hour < slot.hour_to:
                    counts[slot] += 1
                    break
        if not times:
            return env._("Not reached so far: %s ×.", len(tries))
        tried = [f"{counts[slot]} × {slot.name}" for slot in times if counts[slot]]
        if others := len(tries) - sum(counts.values()):
            tried.append(env._("%s × at other times", others))
        return env._(
            "Try %(time)s: not reached %(tried)s.",
            time=min(times, key=lambda slot: counts[slot]).name,
            tried=", ".join(tried),
        )

    def _env_of_responsible(self):
        """Return the environment in the language of who reads it."""
        return self.with_context(lang=self.user_id.lang).env

    def _localized(self, records):
        return records.with_env(self._env_of_responsible())

    # === THE NEXT CHANNEL === #

    def _switch_channel(self, reason):
        """Remember where the ladder began and what only stands in for a talk."""
        before = {t: t.channel_id for t in self.sudo()}
        stopgaps = {t: t._stopgap_to_come() for t in self.sudo()}
        stuck = super()._switch_channel(reason)
        for touchpoint in self.sudo() - stuck.sudo():
            vals = {
                "stopgap_channel_ids": [
                    Command.link(c.id) for c in stopgaps[touchpoint]
                ]
            }
            if not touchpoint.ladder_channel_id:
                vals["ladder_channel_id"] = before[touchpoint].id
            touchpoint.write(vals)
        return stuck

    def _stopgap_to_come(self):
        """Return the next channel if it would only stand in for a talk."""
        following = self._following_channel()
        asked_for = self.channel_ids - self.stopgap_channel_ids
        if following in asked_for or any(asked_for.mapped("written")):
            return following.browse()
        return following.filtered("written")

    def _next_rung(self, reason, wait=False):
        """Go on over the next channel, or end the ladder.

        :param str reason: what the responsible person reads
        :param bool wait: first let the spacing of the present channel pass
        """
        self.ensure_one()
        env = self._env_of_responsible()
        spacing = self.channel_id.spacing_days
        following = self._following_channel()
        if not following:
            self._end_ladder(reason)
            return
        self._drop_appointment()
        self._switch_channel(
            env._(
                "%(reason)s Go on by: %(channel)s.",
                reason=reason,
                channel=self._localized(following).name,
            )
        )
        if wait:
            day = self._day_after(spacing)
            self.write({"date_show": day, "date_due": day})
        self.filtered(lambda t: t.date_show <= fields.Date.context_today(t))._show()

    def _end_ladder(self, reason):
        """All channels were tried: tell the manager, and come back later.

        A meeting somebody is owed stays in the list as it is: whoever owes it says
        what becomes of it.
        """
        env = self._env_of_responsible()
        self._tell_manager(
            lambda env: env._("All attempts to reach them were in vain"), reason
        )
        if self.channel_id.is_meeting:
            self._drop_appointment()
            self.write(
                {
                    "ladder_attempt_id": self._last_attempt().id,
                    "next_try": env._(
                        "%s Agree with your manager how to go on.", reason
                    ),
                }
            )
            self._put_back(fields.Date.context_today(self), keep_due=True)
            return
        stopgaps = self.stopgap_channel_ids
        channels = self.channel_ids - stopgaps or self.channel_ids
        first = self.ladder_channel_id & channels or channels[:1]
        self.write(
            {
                "channel_id": first.id,
                "channel_ids": [Command.set(channels.ids)],
                "stopgap_channel_ids": [Command.clear()],
                "ladder_attempt_id": self._last_attempt().id,
                "ladder_round": self.ladder_round + 1,
                "next_try": env._(
                    "Everything was tried, last on %(date)s: try once more. %(reason)s",
                    date=fields.Date.context_today(self),
                    reason=reason,
                ),
            }
        )
        later = fields.Date.context_today(self) + timedelta(
            days=self.company_id.continuity_retry_days
        )
        self._put_back(self.company_id._continuity_working_day(self.user_id, later))

    # === DECLINED === #

    def _decline(self):
        """The customer does not want it: no nagging, but the manager hears of it."""
        for touchpoint in self:
            note = touchpoint._last_attempt().note
            reason = touchpoint._env_of_responsible()._("The customer declined.")
            touchpoint._hold_back(f"{reason} {note}" if note else reason)
            touchpoint._tell_manager(
                lambda env: env._("The customer declined to be contacted"), note
            )

    def _hold_back(self, reason):
        """Remind nobody of these touchpoints for the time being.

        :param str reason: shown in the list of what is held back
        """
        self._withdraw()
        self.write({"held_back": reason})

    def action_resume(self):
        """Take up touchpoints again that were held back.

        :raise AccessError: unless responsible, present or manager of responsible
        :raise UserError: when one is closed or not held back
        """
        self.check_access("read")
        self._check_may_perform()
        if any(not t.held_back for t in self.sudo()):
            raise UserError(self.env._("This contact is not held back."))
        today = fields.Date.context_today(self)
        self.sudo().write({"held_back": False, "date_show": today})
        self._show()

    # === WRONG NUMBER === #

    def _note_wrong_number(self):
        """Leave on the customer that the telephone number is wrong."""
        for touchpoint in self:
            partner = touchpoint._wrong_number_partner()
            partner.continuity_phone_problem = self.env._(
                "%(phone)s is wrong, said %(user)s on %(date)s.",
                phone=partner.phone or "–",
                user=self.env.user.name,
                date=fields.Date.context_today(self),
            )

    def _wrong_number_partner(self):
        """Return whose number was called."""
        self.ensure_one()
        return self.contact_ids.filtered("phone")[:1] or self.partner_id

    # === THE MANAGER === #

    def _tell_manager(self, text, detail=""):
        """Put a task into the list of the responsible person's manager, without a
        mail; where there is no manager the date alone is noted.

        :param text: function from an environment to what it is about, one sentence
            without a full stop in its language
        :param str detail: what is known besides
        :return: the to-dos
        :rtype: mail.activity
        """
        model_id = self.env["ir.model"]._get_id("res.partner")
        todo = self.env.ref("mail.mail_activity_data_todo")
        values = []
        for touchpoint in self:
            manager = touchpoint.user_id._continuity_manager(touchpoint.company_id)
            if manager:
                env = touchpoint.with_context(lang=manager.sudo().lang).env
                values.append(
                    {
                        "res_model_id": model_id,
                        "res_id": touchpoint.partner_id.id,
                        "activity_type_id": todo.id,
                        "summary": f"{touchpoint.name}: {text(env)}",
                        "note": plaintext2html(detail) if detail else False,
                        "user_id": manager.id,
                        "date_deadline": fields.Date.context_today(self),
                        "automated": True,
                    }
                )
        todos = (
            self.env["mail.activity"]
            .sudo()
            .with_context(mail_activity_quick_update=True)
            .create(values)
        )
        self.sudo().write({"escalated_on": fields.Date.context_today(self)})
        return todos

    def _prepare_activity_values(self, model_id):
        values = super()._prepare_activity_values(model_id)
        if self.ladder_channel_id and self.channel_id != self.ladder_channel_id:
            # "Call them" is not what is to be done any more.
            channel = self._localized(self.channel_id)
            values["summary"] = f"{channel.name}: {self.name}"
        return values
