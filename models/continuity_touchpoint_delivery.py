import logging
from datetime import timedelta

from odoo import fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from ..tools.smtp_delivery import ACCEPTED, LATER, LOST, REFUSED, UNCERTAIN

_logger = logging.getLogger(__name__)

# After so many refusals "for now" the mail server means it.
MAX_TRIES = 6
# Minutes until the next try, at least and at most; it doubles in between.
WAIT_MINUTES = (1, 60)


class ContinuityTouchpoint(models.Model):
    """What follows from what the mail server did with a letter.

    ==================================  ==========  ==============================
    what the mail server did            becomes     and
    ==================================  ==========  ==============================
    accepted it                         done        attempt *sent*
    refused it for good                 tried       attempt *rejected*, next channel
    refused it for now                  released    again later; after six times as
                                                    refused for good
    could not be reached                released    again later, as often as needed
    did not answer after the text       uncertain   a person decides
    ==================================  ==========  ==============================
    """

    _inherit = "continuity.touchpoint"

    _guarded_fields = frozenset({"send_after", "send_tries", "send_error"})

    send_after = fields.Datetime(string="Not Before", readonly=True, copy=False)
    send_tries = fields.Integer(string="Tries", readonly=True, copy=False)
    send_error = fields.Char(
        string="What Went Wrong",
        readonly=True,
        copy=False,
        help="Why the letter has not gone out yet, or what happened to it.",
    )

    def _record_delivery(self, lane, delivery):
        """Write down what became of the letter this lane had claimed.

        :param lane: the ``ir.cron`` that claimed it
        :param Delivery delivery: see ``tools/smtp_delivery.py``

        What follows from it, in the process it belongs to, must not undo that.
        """
        self.ensure_one()
        if self.state != "sending" or self.lane != lane.id:
            if delivery.verdict == ACCEPTED:
                # It came back before we could write down that it had gone out.
                self._create_delivery_attempt("sent", delivery)
            return
        try:
            self._apply_delivery(delivery)
            self.env.flush_all()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            _logger.warning("What follows letter %s failed", self.id, exc_info=error)
            self.env.cr.rollback()
            self._record_only(delivery, error)

    def _record_only(self, delivery, error):
        """Write down what became of a letter and nothing else, with the error."""
        reached = delivery.verdict == ACCEPTED
        if reached:
            self._create_delivery_attempt("sent", delivery)
        self.write(
            {
                "state": "done" if reached else "uncertain",
                "lane": 0,
                "outcome": "sent" if reached else self.outcome,
                "date_done": reached and fields.Datetime.now(),
                "done_by_id": reached and self._letter_releaser().id,
                "send_error": self._env_of_responsible()._(
                    "%(answer)s Then: %(error)s", answer=delivery.answer, error=error
                ),
            }
        )

    def _letter_releaser(self):
        """Return the person on whose behalf the lane sends."""
        return self.released_by_id or self.signer_id or self.env.user

    def _apply_delivery(self, delivery):
        """Move a letter on, by what the mail server said.

        :param Delivery delivery: see ``tools/smtp_delivery.py``
        """
        self.ensure_one()
        sending = self.env["continuity.sending"]._for_company(self.company_id)
        verdict = delivery.verdict
        if verdict == LATER and self.send_tries + 1 >= MAX_TRIES:
            verdict = REFUSED
        if verdict == ACCEPTED:
            self._letter_accepted(delivery)
            sending._note_success()
            return
        answer = delivery.answer
        if verdict == LOST:
            sending._note_waiting(answer)
            self._wait_for_server(answer, sending.waiting_since)
        elif verdict == LATER:
            self._try_later(answer)
            self._note_letter_status("exception", "unknown", answer)
            sending._note_error(answer)
        elif verdict == UNCERTAIN:
            self._leave_uncertain(
                self._env_of_responsible()._(
                    "The mail server did not say whether it took it: %s", answer
                )
            )
            sending._note_error(answer)
        else:
            self._create_delivery_attempt("rejected", delivery)
            self._note_letter_status("exception", "mail_email_invalid", answer)
            self._go_on_after(
                "rejected",
                self._env_of_responsible()._(
                    "The e-mail to %(email)s was refused: %(answer)s",
                    email=self.letter_email,
                    answer=answer,
                ),
            )
            sending._note_error(answer)

    def _letter_accepted(self, delivery):
        """The mail server took the letter: it counts as sent until it comes back."""
        self._create_delivery_attempt("sent", delivery)
        self._note_letter_status("sent")
        self._apply_attempts("sent", fields.Datetime.now())
        vals = {"lane": 0, "send_after": False, "send_error": False}
        if self.state == "done":
            vals["done_by_id"] = self._letter_releaser().id
        self.write(vals)

    def _create_delivery_attempt(self, outcome, delivery):
        """Record evidence of what a mail server did."""
        return self.env["continuity.touchpoint.attempt"].create(
            {
                "touchpoint_id": self.id,
                "channel_id": self.channel_id.id,
                "user_id": (self.signer_id or self.user_id).id,
                "outcome": outcome,
                "note": delivery.answer,
            }
        )

    def _try_later(self, reason):
        """Put the letter back, to be tried again after a while."""
        self._release_again(reason, WAIT_MINUTES[0] * 2**self.send_tries)
        self.send_tries += 1

    def _release_again(self, reason, minutes):
        """Put the letter back for some minutes, within :data:`WAIT_MINUTES`."""
        least, most = WAIT_MINUTES
        minutes = min(max(minutes, least), most)
        self.write(
            {
                "state": "released",
                "lane": 0,
                "send_after": fields.Datetime.now() + timedelta(minutes=minutes),
                "send_error": reason,
            }
        )

    def _wait_for_server(self, reason, since):
        """Put this letter and all others of its signer back: they go over the same
        server, and asking for each of them would take hours.

        The server's silence says nothing about the recipient, so it is no try.

        :param datetime since: when the server was found to be away
        """
        away = fields.Datetime.now() - since
        self._release_again(reason, away.total_seconds() // 60)
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """UPDATE continuity_touchpoint t
                      SET send_after = %(until)s, send_error = %(reason)s
                    WHERE t.id IN (
                              SELECT id FROM continuity_touchpoint
                               WHERE state = 'released'
                                 AND company_id = %(company)s
                                 AND signer_id IS NOT DISTINCT FROM %(signer)s
                                 AND template_id IS NOT DISTINCT FROM %(template)s
                                 AND (send_after IS NULL OR send_after < %(until)s)
                 FOR NO KEY UPDATE SKIP LOCKED)""",
                until=self.send_after,
                reason=reason,
                company=self.company_id.id,
                signer=self.signer_id.id or None,
                template=self.template_id.id or None,
            ),
            log_exceptions=False,
        )
        self.invalidate_model(["send_after", "send_error"])

    def _go_on_after(self, outcome, reason):
        """Go on over the next channel, today, because a letter did not arrive; one that
        goes on paper too goes on there.

        :param str outcome: rejected or bounced
        :param str reason: what the responsible person reads
        """
        self.ensure_one()
        self.write(
            {
                "state": "tried",
                "lane": 0,
                "outcome": outcome,
                "date_done": False,
                "done_by_id": False,
                "send_after": False,
                "send_error": reason,
            }
        )
        if self.letter_medium == "both":
            self._go_on_paper(reason)
        elif self._switch_channel(reason):
            self._end_ladder(reason)
        self._show_or_keep_error()

    def _go_on_paper(self, reason):
        """Of a letter by mail and on paper, only the paper is left."""
        if self.posted_on:
            self._settle_by_post()
            return
        self.letter_medium = "paper"
        self._withdraw()
        today = fields.Date.context_today(self)
        self.write(
            {
                "next_try": reason,
                "date_show": today,
                "date_due": max(self.date_due, today),
            }
        )

    def _settle_by_post(self):
        """The mail did not go out, but the same letter was posted: that counts."""
        self.letter_medium = "paper"
        self._apply_attempts("posted", self.posted_on)
        if self.state == "done":
            self.done_by_id = self._letter_releaser()
