from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools.smtp_delivery import ACCEPTED, Delivery


class ContinuityTouchpoint(models.Model):
    """Letters of which nobody knows whether they went out: how they are found, and
    how a person decides."""

    _inherit = "continuity.touchpoint"

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
