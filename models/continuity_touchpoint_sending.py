import contextlib
import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from ..tools.smtp_delivery import (
    ACCEPTED,
    LATER,
    LOST,
    REFUSED,
    UNCERTAIN,
    Connections,
    Delivery,
    NoConnection,
)

_logger = logging.getLogger(__name__)

# Letters one run sends at least, so that a slow hour does not cost a connection each.
LETTERS_PER_RUN = 50
# After so many refusals "for now" the mail server means it.
MAX_TRIES = 6
# Minutes until the next try, doubled with each, up to the second number.
WAIT_MINUTES = (1, 60)
CONFLICT_RETRIES = 10
# Any number: lanes that count letters per minute take turns by it.
THROTTLE_LOCK = 7319056120


class ContinuityTouchpoint(models.Model):
    """Sending released letters, one by one, such that none is lost and none leaves
    twice without a person's decision.

    A *lane* is one scheduled action (``continuity.sending._lanes``). Several work
    side by side, also on several hosts. Each letter takes two transactions: the first
    claims it (state ``sending``, the lane, its fixed message id) and is committed
    before the text is handed to the mail server; the second records the result. A
    lane that died in between leaves the letter ``sending``; the next run of any lane
    finds it and leaves the decision to a person (``uncertain``). Whether a lane is
    alive is told by its row: Odoo's scheduler keeps it locked while it runs.

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

    _guarded_fields = frozenset(
        {"lane", "sending_on", "send_after", "send_tries", "send_error"}
    )

    lane = fields.Integer(
        readonly=True, copy=False, help="The scheduled action that has taken it."
    )
    sending_on = fields.Datetime(
        string="Taken On",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="When a lane took it last.",
    )
    send_after = fields.Datetime(string="Not Before", readonly=True, copy=False)
    send_tries = fields.Integer(string="Tries", readonly=True, copy=False)
    send_error = fields.Char(
        string="What Went Wrong",
        readonly=True,
        copy=False,
        help="Why the letter has not gone out yet, or what happened to it.",
    )

    _released_idx = models.Index("(date_due, id) WHERE state = 'released'")
    _sending_idx = models.Index("(lane) WHERE state = 'sending'")
    _uncertain_idx = models.Index("(company_id) WHERE state = 'uncertain'")

    # === A LANE === #

    @api.model
    def _run_lane(self):
        """Send released letters until none is left or the scheduler wants its turn.

        :raise UserError: unless run by the scheduler, as one of the lanes
        """
        lane = self.env["continuity.sending"]._get_running_lane()
        # No follower, mail or log entry comes from moving a letter along.
        touchpoints = self.with_context(tracking_disable=True)
        touchpoints._retry_on_conflict(touchpoints._settle_lanes, lane)
        cron = self.env["ir.cron"]
        seconds = cron._commit_progress(remaining=touchpoints._count_sendable())
        limit = int(
            self.env["ir.config_parameter"].get_param("mail.session.batch.size", 1000)
        )
        with Connections(self._connect_mail_server, limit or 1000) as connections:
            sent = 0
            while sent < LETTERS_PER_RUN or seconds:
                processed = touchpoints._send_next(lane, connections)
                if processed is None:
                    cron._commit_progress(remaining=0)
                    return
                seconds = cron._commit_progress(processed)
                sent += 1

    @api.model
    def _send_next(self, lane, connections):
        """Send the next letter.

        :return: how many letters have been dealt with, None if there was nothing to
            do
        :rtype: int or None
        """
        with self._throttled() as allowed:
            letter = allowed and self._retry_on_conflict(self._claim, lane)
            if not letter:
                return None
            try:
                mail = letter._prepare_claimed(connections)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self.env.cr.rollback()
                return 0
            if mail:
                # From here on the letter counts as perhaps gone. Progress is noted
                # with the result, in the second transaction.
                self.env.cr.commit()  # pylint: disable=invalid-commit
        if mail:
            delivery = connections.send(
                mail.server, mail.sender, mail.recipient, mail.data
            )
            letter._retry_on_conflict(letter._record_delivery, lane, delivery)
        return 1

    @api.model
    def _claim(self, lane):
        """Take the next letter, in an open transaction.

        :return: the letter, its state ``sending``; empty if there is none
        :rtype: continuity.touchpoint
        """
        self.env.cr.execute(
            SQL(
                """SELECT t.id
                     FROM continuity_touchpoint t
                    WHERE %s
                 ORDER BY t.date_due, t.id
                    LIMIT 1
               FOR NO KEY UPDATE OF t SKIP LOCKED""",
                self._sql_sendable(),
            ),
            log_exceptions=False,
        )
        row = self.env.cr.fetchone()
        if not row:
            return self.browse()
        letter = self.browse(row)
        letter.write(
            {
                "state": "sending",
                "lane": lane.id,
                "sending_on": fields.Datetime.now(),
                "letter_message_id": letter.letter_message_id
                or letter._new_message_id(),
            }
        )
        letter.flush_recordset()
        return letter

    @api.model
    def _sql_sendable(self):
        """Return the condition that a letter ``t`` may leave now.

        It waits for its day, for the end of a pause of its company, and after an
        error for its next try.
        """
        return SQL(
            """t.state = 'released'
               AND t.date_show <= %(today)s
               AND (t.send_after IS NULL OR t.send_after <= %(now)s)
               AND NOT EXISTS (
                       SELECT FROM continuity_sending s
                        WHERE s.company_id = t.company_id AND s.paused)""",
            today=fields.Date.today(),
            now=fields.Datetime.now(),
        )

    @api.model
    def _count_sendable(self):
        """Return how many letters may leave now."""
        return self.env.execute_query(
            SQL(
                "SELECT COUNT(*) FROM continuity_touchpoint t WHERE %s",
                self._sql_sendable(),
            )
        )[0][0]

    @contextlib.contextmanager
    def _throttled(self):
        """Tell whether one more letter may leave in this minute, all lanes together.

        Counting and claiming must not overlap between lanes. A transaction sees only
        what was committed before its first statement, so the lock is the session's
        and the transaction begins after it is held.
        """
        limit = self.env["continuity.sending"]._get_letters_per_minute()
        if not limit:
            yield True
            return
        cr = self.env.cr
        cr.execute(SQL("SELECT pg_advisory_lock(%s)", THROTTLE_LOCK))
        try:
            self.env["ir.cron"]._commit_progress()
            minute_ago = fields.Datetime.now() - timedelta(minutes=1)
            yield self.search_count([("sending_on", ">", minute_ago)]) < limit
        except BaseException:
            cr.rollback()
            raise
        finally:
            cr.execute(SQL("SELECT pg_advisory_unlock(%s)", THROTTLE_LOCK))

    def _retry_on_conflict(self, method, *args):
        """Call a method again on a fresh snapshot when somebody else was faster."""
        for _attempt in range(CONFLICT_RETRIES):
            try:
                return method(*args)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self.env.cr.rollback()
        return method(*args)

    # === BEFORE THE TEXT IS HANDED OVER === #

    def _prepare_claimed(self, connections):
        """Build the mail of a claimed letter; where that fails, say why on it.

        :rtype: continuity_touchpoint_mail.Mail or None
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                mail = self._prepare_letter_mail(connections)
                self._ensure_letter_message()
                return mail
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except NoConnection as error:
            self._apply_delivery(Delivery(LOST, str(error)))
        except Exception as error:
            _logger.warning("Letter %s cannot be built", self.id, exc_info=error)
            self._apply_delivery(Delivery(REFUSED, str(error)))
        return None

    # === AFTERWARDS === #

    def _record_delivery(self, lane, delivery):
        """Write down what became of the letter this lane had claimed.

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
            self._wait_for_server(answer)
            sending._note_waiting(answer)
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
        least, most = WAIT_MINUTES
        minutes = min(least * 2**self.send_tries, most)
        self.write(
            {
                "state": "released",
                "lane": 0,
                "send_tries": self.send_tries + 1,
                "send_after": fields.Datetime.now() + timedelta(minutes=minutes),
                "send_error": reason,
            }
        )

    def _wait_for_server(self, reason):
        """Put this letter and all others of its signer back: they go over the same
        server, and asking for each of them would take hours."""
        tries = self.send_tries
        self._try_later(reason)
        # The server's silence says nothing about the recipient.
        self.send_tries = min(tries + 1, MAX_TRIES - 2)
        self.flush_recordset()
        self.env.execute_query(
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
                 FOR NO KEY UPDATE SKIP LOCKED)
                RETURNING t.id""",
                until=self.send_after,
                reason=reason,
                company=self.company_id.id,
                signer=self.signer_id.id or None,
                template=self.template_id.id or None,
            )
        )
        self.invalidate_model(["send_after", "send_error"])

    def _go_on_after(self, outcome, reason):
        """Go on over the next channel, today, because a letter did not arrive.

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
        if self._switch_channel(reason):
            self._end_ladder(reason)
        self._show_or_keep_error()

    # === LEFTOVERS === #

    @api.model
    def _settle_lanes(self, lane):
        """Leave to a person what lanes had in hand when they died.

        These are the letters this lane has left from its last run, and those of lanes
        that are gone or not running: their rows can be locked.
        """
        cr = self.env.cr
        cr.execute(
            "SELECT DISTINCT lane FROM continuity_touchpoint WHERE state = 'sending'"
        )
        others = [row[0] for row in cr.fetchall() if row[0] != lane.id]
        running = self.env["continuity.sending"]._find_running(others)
        leftovers = self.search(
            [("state", "=", "sending"), ("lane", "not in", list(running))]
        )
        for letter in leftovers:
            letter._leave_uncertain(
                letter._env_of_responsible()._(
                    "The server stopped while it was being sent."
                )
            )
        self.env["ir.cron"]._commit_progress()

    def _leave_uncertain(self, reason):
        """Let a person decide whether a letter went out."""
        self.write({"state": "uncertain", "send_error": reason})
        self._note_letter_status("exception", "unknown", reason)

    # === A PERSON DECIDES === #

    def action_went_out(self):
        """Record that letters nobody was sure of did go out.

        :raise AccessError: unless responsible, signer or manager of the responsible
        :raise UserError: when one of them is not uncertain
        """
        letters = self._check_may_decide()
        for letter in letters:
            letter._create_delivery_attempt(
                "sent", Delivery(ACCEPTED, self.env._("Decided: it went out."))
            ).user_id = self.env.user
            letter._log_decision(self.env._("It went out."))
            letter.write({"lane": 0, "send_error": False})
            letter._note_letter_status("sent")
            letter.with_user(self.env.user).sudo()._apply_attempts(
                "sent", letter.sending_on or fields.Datetime.now()
            )

    def action_send_again(self):
        """Send letters again of which nobody was sure.

        :raise AccessError: unless responsible, signer or manager of the responsible
        :raise UserError: when one of them is not uncertain
        """
        for letter in self._check_may_decide():
            letter._log_decision(self.env._("It is sent again."))
            letter.write(
                {
                    "state": "released",
                    "lane": 0,
                    "send_tries": 0,
                    "send_after": False,
                    "send_error": False,
                }
            )
        self.env["continuity.sending"]._wake_lanes()

    def _log_decision(self, text):
        """Write under the letter who decided what."""
        self._message_log(body=text, author_id=self.env.user.partner_id.id)

    def _check_may_decide(self):
        """Return uncertain letters as superuser, if the user may decide on them."""
        self.check_access("read")
        user = self.env.user
        letters = self.sudo()
        letters.lock_for_update(allow_referencing=True)
        for letter in letters:
            own = user in letter.user_id | letter.signer_id
            if not own and not user._is_continuity_manager_of(letter.user_id):
                raise AccessError(
                    self.env._(
                        "What became of “%s” is decided by the responsible person, by "
                        "who signed it, or by their manager.",
                        letter.name,
                    )
                )
            if letter.state != "uncertain":
                raise UserError(
                    self.env._(
                        "“%s” is not uncertain any more: reload the page.", letter.name
                    )
                )
        return letters.with_context(tracking_disable=True)
