import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..tools.smtp_delivery import ACCEPTED, Delivery

_logger = logging.getLogger(__name__)


class ContinuityTouchpoint(models.Model):
    """Letters of which nobody knows whether they went out: how they are found, who is
    asked, and how a person decides.

    Each responsible person has one to-do in a company, however many letters it is
    about; it goes once the last of them is decided, whoever decided it.
    """

    _inherit = "continuity.touchpoint"

    _guarded_fields = frozenset({"uncertain_activity_id"})

    uncertain_activity_id = fields.Many2one(
        "mail.activity",
        string="To-do",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="Asks the responsible person what became of it.",
    )

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
        self._ask_what_became()

    # === WHO IS ASKED === #

    def write(self, vals):
        asked = self.browse()
        if "state" in vals or "user_id" in vals:
            asked = self.sudo().filtered("uncertain_activity_id")
        result = super().write(vals)
        if asked:
            activities = asked.uncertain_activity_id
            asked.uncertain_activity_id = False
            asked.filtered(lambda t: t.state == "uncertain")._ask_what_became()
            self._bring_up_to_date(activities)
        return result

    def _ask_what_became(self):
        """Give the responsible people a to-do. Where that fails, sending goes on: the
        letters stand in the list all the same."""
        try:
            with self.env.cr.savepoint():
                for letters in self.grouped(
                    lambda t: (t.company_id, t._who_is_asked())
                ).values():
                    letters._join_todo()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            _logger.exception("Nobody was asked what became of %s", self)

    def _who_is_asked(self):
        """Return the responsible person, or the signer where that one has left."""
        self.ensure_one()
        return (self.user_id | self.signer_id).filtered("active")[:1] or self.user_id

    def _join_todo(self):
        """Add letters of one person in one company to that person's to-do."""
        company, person = self.company_id, self[0]._who_is_asked()
        activity = self.search(
            [
                ("uncertain_activity_id.user_id", "=", person.id),
                ("uncertain_activity_id.active", "=", True),
                ("company_id", "=", company.id),
            ],
            limit=1,
        ).uncertain_activity_id
        if not activity:
            sending = self.env["continuity.sending"].sudo()._for_company(company)
            # Quiet: it stands in their list, nobody gets a mail.
            activity = sending.with_context(
                lang=person.lang, mail_activity_quick_update=True
            ).activity_schedule("mail.mail_activity_data_todo", user_id=person.id)
        self.uncertain_activity_id = activity
        self._bring_up_to_date(activity)

    @api.model
    def _bring_up_to_date(self, activities):
        """Say in to-dos how many letters they are about; delete those about none.

        It names no customer: whoever sees the company's letters going out reads it.

        :param activities: ``mail.activity``
        """
        counts = dict(
            self.sudo()._read_group(
                [("uncertain_activity_id", "in", activities.ids)],
                ["uncertain_activity_id"],
                ["__count"],
            )
        )
        for activity in activities.sudo().exists():
            env = self.with_context(lang=activity.user_id.lang).env
            if count := counts.get(activity):
                activity.write(
                    {
                        "summary": env._("Did they go out? Letters: %s", count),
                        "note": env._(
                            "Nobody knows whether these letters went out. Ask the "
                            "customer or whoever reads the mail server's log, then "
                            "decide under Customers, Uncertain Letters."
                        ),
                    }
                )
            elif activity.active:
                activity.unlink()

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
