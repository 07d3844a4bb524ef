from datetime import timedelta

from odoo import fields, models
from odoo.tools import email_normalize

from odoo.addons.base.models.ir_mail_server import extract_rfc2822_addresses

from ..tools.incoming_mail import DELAYED, SOFT
from ..tools.smtp_delivery import Delivery
from .continuity_touchpoint import OPEN_STATES

# What a lane has handed over, or a person may have.
HANDED_OVER = ("sending", "uncertain", "done")
# After so many reports that a mailbox is full or a server away, it is given up.
MAX_SOFT_BOUNCES = 3
# Hours until a letter that came back for such a reason is sent again.
SOFT_WAIT_HOURS = 4
# What an attempt keeps of its letter, and the one that says it came back repeats.
EVIDENCE = ("letter_subject", "letter_hash", "recipient", "message_id")


class ContinuityTouchpoint(models.Model):
    """Bounces: reports that a letter did not arrive.

    ======================  ======================================================
    what came back          what follows
    ======================  ======================================================
    the letter, for good    attempt *bounced*; the next channel
    the letter, for now     attempt *bounced*; the same letter again after hours, the
                            third time as for good
    it is delayed           noted: it is still on its way; the third time as for good
    a letter in place of    attempt *bounced*; what was to follow later follows now
    a talk
    a mail the customer     nothing; the responsible person reads a note
    has answered, an
    earlier one, or a
    report that is late or
    names another address
    ======================  ======================================================
    """

    _name = "continuity.touchpoint"
    _inherit = ["continuity.touchpoint", "continuity.bounce.mixin"]

    _guarded_fields = frozenset({"soft_bounces"})

    soft_bounces = fields.Integer(readonly=True, copy=False)

    def _bounce_reader(self):
        return self.user_id

    def _attempt_of_mail(self, message_id):
        """Return the last attempt that has to do with a mail."""
        attempts = self.env["continuity.touchpoint.attempt"]
        if not message_id:
            return attempts
        return attempts.search(
            [("touchpoint_id", "=", self.id), ("message_id", "=", message_id)],
            order="id desc",
            limit=1,
        )

    def _bounce_doubt(self, bounce, message_id):
        self.ensure_one()
        env = self._env_of_responsible()
        attempt = self._attempt_of_mail(message_id)
        current = message_id == self.letter_message_id
        if attempt.outcome == "bounced" and not current:
            return False  # reported before
        if attempt.stopgap:
            since = sent_on = attempt.date
            email = attempt.recipient
        elif current:
            since, sent_on, email = self.frozen_on, self.sending_on, self.letter_email
        else:
            return env._("It is about an earlier letter.")
        if self._answered_since(since):
            return env._("The customer has answered the letter.")
        addresses = {email_normalize(email or "", strict=False)}
        # Odoo writes the domain in ASCII.
        addresses.update(extract_rfc2822_addresses(email or ""))
        return self._doubt_of_report(env, bounce, addresses, sent_on)

    def _answered_since(self, moment):
        """Tell whether the customer showed since a moment that they have the letter:
        by a reply, or on its page."""
        shown = (self.replied_on, self.ack_date, *self.portal_answer_ids.mapped("date"))
        return any(date and (not moment or date >= moment) for date in shown)

    def _receive_bounce(self, bounce, message_id):
        self.ensure_one()
        attempt = self._attempt_of_mail(message_id)
        if attempt.stopgap:
            self._stopgap_bounced(bounce, attempt)
            return
        if self.state not in HANDED_OVER or message_id != self.letter_message_id:
            return  # reported before, or withdrawn since
        if bounce.kind == DELAYED:
            self._note_delayed(bounce)
        else:
            self._create_delivery_attempt("bounced", Delivery("bounced", bounce.text))
            self._note_letter_status("bounce", "mail_bounce", bounce.text)
        if bounce.kind in (DELAYED, SOFT):
            self.soft_bounces += 1
            if self.soft_bounces < MAX_SOFT_BOUNCES:
                if bounce.kind == SOFT:
                    self._send_after_bounce(bounce)
                return
        if self._reached_otherwise():
            return
        reopened = self.state == "done"
        self._go_on_after("bounced", self._describe_bounce(self.letter_email, bounce))
        if reopened:
            self._notify_origin("_touchpoint_reopened")

    def _note_delayed(self, bounce):
        """Say that a letter is still on its way."""
        self.send_error = self._env_of_responsible()._(
            "Still on its way: %s", bounce.text or "-"
        )

    def _describe_bounce(self, email, bounce):
        """Return what the responsible person reads of a letter that came back."""
        return self._env_of_responsible()._(
            "The e-mail to %(email)s came back: %(reason)s",
            email=email,
            reason=bounce.text or "-",
        )

    def _send_after_bounce(self, bounce):
        """The mail servers gave up, but not for good: send the same letter again."""
        reopened = self.state == "done"
        self.write(
            {
                "state": "released",
                "lane": 0,
                "outcome": "bounced",
                "date_done": False,
                "done_by_id": False,
                "send_after": fields.Datetime.now()
                + timedelta(hours=SOFT_WAIT_HOURS * self.soft_bounces),
                "send_error": bounce.text,
            }
        )
        if reopened:
            self._notify_origin("_touchpoint_reopened")

    def _reached_otherwise(self):
        """Tell whether the customer was reached by something that did not bounce, such
        as the same letter on paper."""
        return any(
            a.outcome in ("held", "posted")
            and (not self.frozen_on or a.date >= self.frozen_on)
            for a in self.attempt_ids
        )

    def _stopgap_bounced(self, bounce, attempt):
        """A letter in place of a talk came back: what was to follow it after a while
        follows now. It is not sent again, for the talk is owed anyhow.

        :param attempt: ``continuity.touchpoint.attempt`` that sent it
        """
        if bounce.kind == DELAYED:
            self._note_delayed(bounce)
            return
        last = self._last_attempt() == attempt
        self.env["continuity.touchpoint.attempt"].create(
            {
                "touchpoint_id": self.id,
                "channel_id": attempt.channel_id.id,
                "user_id": attempt.user_id.id,
                "outcome": "bounced",
                "note": bounce.text,
                **{name: attempt[name] for name in EVIDENCE},
            }
        )
        if self.letter_message_id == attempt.message_id:
            self._note_letter_status("bounce", "mail_bounce", bounce.text)
        if not last or self.state not in OPEN_STATES or self.held_back:
            return  # somebody has gone on meanwhile
        reason = self._describe_bounce(attempt.recipient, bounce)
        if self.channel_id == attempt.channel_id:
            self._next_rung(reason)
            return
        self.next_try = reason
        if not self.date_planned and not self._has_frozen_letter():
            self._put_back(fields.Date.context_today(self))
