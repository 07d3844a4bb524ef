import math
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

# Minutes over which the rate is measured.
RATE_MINUTES = 5


class ContinuitySending(models.Model):
    """The letters of one company going out: how many are left, how fast, and what
    stands in the way. One row per company.

    A manager pauses and resumes. After so many errors in a row as the settings say
    (each letter a mail server refused, or of which nobody knows whether it took it)
    the company's letters stop by themselves. A mail server that cannot be reached is
    waited for instead: nothing is lost meanwhile, and no person is needed.

    *Lanes* are the scheduled actions that send (``_lanes``); they and the number of
    letters per minute are shared by all companies of the database.
    """

    _name = "continuity.sending"
    _description = "Letters Going Out"
    _inherit = ["continuity.guarded.mixin", "mail.thread", "mail.activity.mixin"]
    _rec_name = "company_id"
    _order = "company_id"

    _guarded_fields = frozenset(
        {
            "company_id",
            "paused",
            "paused_by_id",
            "paused_on",
            "stop_reason",
            "resumed_by_id",
            "resumed_on",
            "error_count",
            "last_error",
            "last_error_on",
            "waiting_since",
        }
    )

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    paused = fields.Boolean(readonly=True)
    paused_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    paused_on = fields.Datetime(readonly=True)
    stop_reason = fields.Char(
        string="Stopped Because",
        readonly=True,
        help="Set when the letters stopped by themselves.",
    )
    resumed_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    resumed_on = fields.Datetime(readonly=True)
    error_count = fields.Integer(string="Errors in a Row", readonly=True)
    last_error = fields.Char(readonly=True)
    last_error_on = fields.Datetime(readonly=True)
    waiting_since = fields.Datetime(
        string="Mail Server Away Since",
        readonly=True,
        help="It is asked again by itself, at growing intervals.",
    )

    remaining_count = fields.Integer(string="Remaining", compute="_compute_figures")
    waiting_count = fields.Integer(
        string="Of These Waiting",
        compute="_compute_figures",
        help="For their day, or for the next try after an error.",
    )
    sent_count = fields.Integer(string="Sent in 24 Hours", compute="_compute_figures")
    uncertain_count = fields.Integer(string="Uncertain", compute="_compute_figures")
    per_minute = fields.Float(
        compute="_compute_figures",
        digits=(16, 1),
        help="Letters sent per minute during the last five minutes.",
    )
    time_left = fields.Char(compute="_compute_figures")
    progress = fields.Float(compute="_compute_figures", help="Sent, in %.")
    status = fields.Selection(
        [
            ("idle", "Nothing to send"),
            ("running", "Going out"),
            ("waiting", "Waiting"),
            ("paused", "Paused"),
            ("stopped", "Stopped"),
        ],
        compute="_compute_figures",
    )
    replies_captured = fields.Boolean(compute="_compute_replies_captured")

    _company_uniq = models.Constraint(
        "UNIQUE(company_id)", "The letters of this company have their row already."
    )

    # === FIGURES === #

    @api.depends("paused", "stop_reason", "waiting_since")
    def _compute_figures(self):
        now = fields.Datetime.now()
        rows = self.env.execute_query(
            SQL(
                """SELECT company_id,
                          COUNT(*) FILTER (WHERE state IN ('released', 'sending')),
                          COUNT(*) FILTER (
                              WHERE state = 'released'
                                AND (send_after > %(now)s OR date_show > %(today)s)),
                          COUNT(*) FILTER (WHERE state = 'uncertain')
                     FROM continuity_touchpoint
                    WHERE state IN ('released', 'sending', 'uncertain')
                      AND company_id = ANY(%(companies)s)
                 GROUP BY company_id""",
                now=now,
                today=now.date(),
                companies=self.company_id.ids,
            )
        )
        letters = {row[0]: row[1:] for row in rows}
        rows = self.env.execute_query(
            SQL(
                """SELECT t.company_id, COUNT(*), COUNT(*) FILTER (WHERE a.date > %s)
                     FROM continuity_touchpoint_attempt a
                     JOIN continuity_touchpoint t ON t.id = a.touchpoint_id
                    WHERE a.outcome = 'sent' AND a.date > %s
                      AND t.company_id = ANY(%s)
                 GROUP BY t.company_id""",
                now - timedelta(minutes=RATE_MINUTES),
                now - timedelta(days=1),
                self.company_id.ids,
            )
        )
        attempts = {row[0]: row[1:] for row in rows}
        for sending in self:
            company_id = sending.company_id.id
            remaining, waiting, uncertain = letters.get(company_id, (0, 0, 0))
            sent, lately = attempts.get(company_id, (0, 0))
            sending.remaining_count = remaining
            sending.waiting_count = waiting
            sending.uncertain_count = uncertain
            sending.sent_count = sent
            sending.per_minute = lately / RATE_MINUTES
            sending.progress = 100.0 * sent / (sent + remaining) if sent else 0.0
            sending.status = sending._get_status(remaining, waiting)
            sending.time_left = sending._describe_time_left(remaining - waiting)

    def _get_status(self, remaining, waiting):
        """Return the value of ``status``."""
        if self.paused:
            return "stopped" if self.stop_reason else "paused"
        if not remaining:
            return "idle"
        return "waiting" if remaining == waiting else "running"

    def _describe_time_left(self, remaining):
        """Say how long the letters that may leave now will take at this rate."""
        if self.paused or not remaining or not self.per_minute:
            return False
        minutes = math.ceil(remaining / self.per_minute)
        if minutes < 60:
            return self.env._("%s min", minutes)
        return self.env._(
            "%(hours)s h %(minutes)s min", hours=minutes // 60, minutes=minutes % 60
        )

    @api.depends("company_id.alias_domain_id")
    def _compute_replies_captured(self):
        for sending in self.sudo():
            sending.replies_captured = bool(sending.company_id.catchall_email)

    # === THE ROW OF A COMPANY === #

    @api.model
    def _for_company(self, company):
        """Return the row of a company, made where it is missing.

        :param company: ``res.company``
        """
        domain = [("company_id", "=", company.id)]
        names = ["error_count", "waiting_since"]
        sending = self.sudo().search_fetch(domain, names, order="id")
        if not sending:
            self.env.execute_query(
                SQL(
                    """INSERT INTO continuity_sending (
                           company_id, create_uid, create_date, write_uid, write_date)
                       VALUES (%(company)s, %(uid)s, %(now)s, %(uid)s, %(now)s)
                  ON CONFLICT (company_id) DO NOTHING
                    RETURNING id""",
                    company=company.id,
                    uid=self.env.uid,
                    now=self.env.cr.now(),
                )
            )
            sending = self.sudo().search(domain)
        return sending

    @api.model
    def action_open(self):
        """Open the letters going out of the companies the user works in.

        :rtype: dict
        """
        for company in self.env.companies:
            self._for_company(company)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "customer_continuity.action_sending"
        )
        if len(self.env.companies) == 1:
            action.update(
                view_mode="form",
                views=[(False, "form")],
                res_id=self._for_company(self.env.company).id,
            )
        return action

    def action_uncertain(self):
        """Open the letters that wait for a person's decision."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "customer_continuity.action_uncertain_letters"
        )
        action["domain"] = [
            ("state", "=", "uncertain"),
            ("company_id", "=", self.company_id.id),
        ]
        return action

    # === PAUSE AND RESUME === #

    def _check_may_pause(self):
        """:raise AccessError: unless the user is a manager"""
        self.check_access("read")
        if not self.env.user.has_group("customer_continuity.group_manager"):
            raise AccessError(
                self.env._("Only a manager may pause letters or let them go on.")
            )

    def action_pause(self):
        """Keep letters from leaving until somebody resumes; the one being handed over
        at this moment still goes out.

        :raise AccessError: unless the user is a manager
        """
        self._check_may_pause()
        for sending in self.sudo().filtered(lambda s: not s.paused):
            sending._pause({"paused_by_id": self.env.uid})
            sending._log_by_user(self.env._("Letters paused."))

    def action_resume(self):
        """Let letters go on, also those that wait for their next try.

        :raise AccessError: unless the user is a manager
        """
        self._check_may_pause()
        for sending in self.sudo():
            sending.write(
                {
                    "paused": False,
                    "stop_reason": False,
                    "error_count": 0,
                    "waiting_since": False,
                    "resumed_by_id": self.env.uid,
                    "resumed_on": fields.Datetime.now(),
                }
            )
            sending._log_by_user(self.env._("Letters resumed."))
            sending.activity_ids.unlink()
        waiting = (
            self.env["continuity.touchpoint"]
            .sudo()
            .search(
                [
                    ("company_id", "in", self.company_id.ids),
                    ("state", "=", "released"),
                    ("send_after", "!=", False),
                ]
            )
        )
        waiting.write({"send_after": False, "send_tries": 0})
        self._wake_lanes()

    def _pause(self, vals):
        self.write(
            {
                "paused": True,
                "paused_on": fields.Datetime.now(),
                "paused_by_id": False,
                "stop_reason": False,
                **vals,
            }
        )

    def _log_by_user(self, text):
        self._message_log(body=text, author_id=self.env.user.partner_id.id)

    # === WHAT LANES REPORT === #

    def _take_turns(self):
        """Wait for other lanes that write this row; the database then refuses, and
        the lane begins anew, without an error in Odoo's log."""
        self.env.cr.execute(
            SQL(
                "SELECT id FROM continuity_sending WHERE id = %s FOR NO KEY UPDATE",
                self.id,
            ),
            log_exceptions=False,
        )

    def _note_success(self):
        """A letter went out: what went wrong before is over."""
        if self.error_count or self.waiting_since:
            self._take_turns()
            self.write({"error_count": 0, "waiting_since": False})

    def _note_waiting(self, reason):
        """The mail server cannot be reached."""
        self._take_turns()
        now = fields.Datetime.now()
        self.write(
            {
                "waiting_since": self.waiting_since or now,
                "last_error": reason,
                "last_error_on": now,
            }
        )

    def _note_error(self, reason):
        """Count an error; stop when there were too many in a row."""
        self._take_turns()
        self.write(
            {
                "error_count": self.error_count + 1,
                "last_error": reason,
                "last_error_on": fields.Datetime.now(),
            }
        )
        limit = self.company_id.continuity_max_errors
        if limit and self.error_count >= limit and not self.paused:
            self._pause(
                {
                    "stop_reason": self.env._(
                        "%(count)s letters in a row went wrong, the last one with: "
                        "%(reason)s",
                        count=self.error_count,
                        reason=reason,
                    )
                }
            )
            self._tell_managers()

    def _tell_managers(self):
        """Put a task into the lists of the managers of this company, without a mail:
        mails are what does not work."""
        managers = self.env.ref("customer_continuity.group_manager").all_user_ids
        todo = self.env.ref("mail.mail_activity_data_todo")
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(
            [
                {
                    "res_model_id": self.env["ir.model"]._get_id(self._name),
                    "res_id": self.id,
                    "activity_type_id": todo.id,
                    "user_id": manager.id,
                    "summary": self.with_context(lang=manager.lang).env._(
                        "Letters have stopped: find the reason, then resume"
                    ),
                    "note": self.stop_reason,
                    "automated": True,
                }
                for manager in managers
                if self.company_id in manager.company_ids
            ]
        )
