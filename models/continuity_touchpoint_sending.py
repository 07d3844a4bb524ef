import contextlib
import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from ..tools.smtp_delivery import (
    LOST,
    REFUSED,
    Connections,
    Delivery,
    NoConnection,
)

_logger = logging.getLogger(__name__)

# How often lanes that met at one row look again.
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

    What follows from what the mail server did: ``continuity_touchpoint_delivery.py``.
    """

    _inherit = "continuity.touchpoint"

    _guarded_fields = frozenset({"lane", "sending_on"})

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

    _released_idx = models.Index("(date_due, id) WHERE state = 'released'")
    _sending_idx = models.Index("(lane) WHERE state = 'sending'")
    _uncertain_idx = models.Index("(company_id) WHERE state = 'uncertain'")

    # === A LANE === #

    @api.model
    def _run_lane(self):
        """Send released letters until none is left or the scheduler wants its turn.

        Then it asks for another turn instead of reporting what remains: the scheduler
        would begin again at once, many times over, and be killed for taking too long
        while a letter is on its way.

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
            while seconds:
                processed = touchpoints._send_next(lane, connections)
                if processed is None:
                    break
                seconds = cron._commit_progress(processed)
            else:
                lane._trigger()
        cron._commit_progress(remaining=0)

    @api.model
    def _send_next(self, lane, connections):
        """Send the next letter.

        :return: how many letters have been dealt with, None if there was nothing to
            do
        :rtype: int or None
        """
        with self._throttled(lane) as allowed:
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
                self.env.cr.commit()  # pylint: disable=unknown-option-value,invalid-commit
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

        It waits for its day where the responsible person is, for the end of a pause
        of its company, and after an error for its next try.
        """
        return SQL(
            """t.state = 'released'
               AND (t.send_after IS NULL OR t.send_after <= %(now)s)
               AND t.date_show <= (
                       %(now)s::timestamp AT TIME ZONE 'UTC' AT TIME ZONE COALESCE((
                           SELECT NULLIF(p.tz, '')
                             FROM res_users u
                             JOIN res_partner p ON p.id = u.partner_id
                            WHERE u.id = t.user_id), 'UTC'))::date
               AND NOT EXISTS (
                       SELECT FROM continuity_sending s
                        WHERE s.company_id = t.company_id AND s.paused)""",
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
    def _throttled(self, lane):
        """Tell whether one more letter may leave in this minute, all lanes together.

        Counting and claiming must not overlap between lanes. A transaction sees only
        what was committed before its first statement, so the lock is the session's
        and the transaction begins after it is held. Where no letter may leave, the
        lane is called again as soon as one may.
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
            taken = self.search(
                [("sending_on", ">", minute_ago)],
                order="sending_on DESC, id",
                limit=limit,
            )
            if len(taken) == limit:
                lane._trigger(at=taken[-1].sending_on + timedelta(minutes=1))
            yield len(taken) < limit
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
                refusal = self._refusal_since_release()
                refusal = refusal or self._bring_letter_up_to_date()
                if refusal:
                    self._take_back_refused(refusal)
                    return None
                mail = self._prepare_letter_mail(connections)
                self._ensure_letter_message(self._get_sender(connections))
                return mail
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except NoConnection as error:
            self._apply_delivery(Delivery(LOST, str(error)))
        except Exception as error:
            _logger.warning("Letter %s cannot be built", self.id, exc_info=error)
            self._apply_delivery(Delivery(REFUSED, str(error)))
        return None
