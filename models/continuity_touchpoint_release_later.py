import logging

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)

# So many letters are released while the user waits; more go to the scheduler.
AT_ONCE = 200
BATCH_SIZE = 50


class ContinuityTouchpoint(models.Model):
    """Releasing more letters than anybody should wait for.

    The person says so once; the scheduler freezes them in their name, batch by
    batch, checking each as if they had released it themselves. What stands in the
    way of one is left on it, where "Letters Going Out" shows it.
    """

    _inherit = "continuity.touchpoint"
    _guarded_fields = frozenset({"release_for_id"})

    release_for_id = fields.Many2one(
        "res.users",
        string="Being Released For",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="Who has released it together with many others; the scheduler is at it.",
    )

    def action_release(self):
        """Release at once, or leave many letters to the scheduler.

        :return: a notification
        """
        if len(self) <= AT_ONCE:
            return super().action_release()
        self.check_access("read")
        self._check_may_release()
        self.sudo().write({"release_for_id": self.env.uid, "send_error": False})
        self.env.ref("customer_continuity.cron_letter_release")._trigger()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "title": self.env._("%s letters are being released", len(self)),
                "message": self.env._(
                    "This goes on by itself. What cannot be released is listed with "
                    "its reason."
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    @api.model
    def _cron_release(self):
        """Release letters for those who said so, in batches that are each kept."""
        cron = self.env["ir.cron"]
        domain = [("release_for_id", "!=", False)]
        cron._commit_progress(remaining=self.search_count(domain))
        while True:
            # Several hosts may run at once: take what nobody else has taken.
            letters = self.search(domain, order="id").try_lock_for_update(
                allow_referencing=True, limit=BATCH_SIZE
            )
            if not letters:
                return
            for user, batch in letters.grouped("release_for_id").items():
                batch._release_for(user)
            if not cron._commit_progress(len(letters)):
                return

    def _release_for(self, user):
        """Release a batch in the name of a user, leaving the reasons on what cannot
        be released; if the batch fails, one by one.

        :param user: ``res.users`` who released them
        """
        try:
            with self.env.cr.savepoint():
                self.write({"release_for_id": False})
                # Sent mail and evidence say who it was; their rights are checked again.
                _released, problems = self.with_user(user)._release()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise  # only a new transaction can see what the other one changed
        except Exception as error:
            if len(self) > 1:
                for letter in self:
                    letter._release_for(user)
                return
            _logger.warning("Letter %s cannot be released", self.id, exc_info=error)
            problems = {self.id: [str(error)]}
            self.write({"release_for_id": False})
        for letter in self:
            if found := problems.get(letter.id):
                letter.send_error = " ".join(found)
