import logging

import pytz

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import split_every

_logger = logging.getLogger(__name__)

BATCH_SIZE = 20
# A list nobody reads to its end is no list.
MAX_ROWS = 40


class ResUsers(models.Model):
    """The morning list (F1): one mail a day with what a salesperson has to do."""

    _inherit = "res.users"

    continuity_morning_mail = fields.Boolean(
        string="Contacts by E-Mail in the Morning",
        default=True,
        help="One e-mail on working days on which there is something to do.",
    )
    continuity_morning_on = fields.Date(
        string="Morning List Of",
        readonly=True,
        copy=False,
        help="The last day whose list was made, so that none is sent twice.",
        groups="base.group_system",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return super().SELF_READABLE_FIELDS + ["continuity_morning_mail"]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return super().SELF_WRITEABLE_FIELDS + ["continuity_morning_mail"]

    @api.model
    def _cron_morning_mail(self):
        """Mail everybody their list when their morning has come, in batches.

        Who was mailed and that they were is one transaction: after a crash, or when
        two servers run at once, nobody gets it twice. A mail that cannot be made
        holds up no other; the run counts as failed (I11).
        """
        cron = self.env["ir.cron"]
        group = self.env.ref("customer_continuity.group_user")
        users = self.search(
            [
                ("share", "=", False),
                ("continuity_morning_mail", "=", True),
                ("all_group_ids", "in", group.ids),
                ("email", "!=", False),
            ],
            order="id",
        )
        users = users.filtered(lambda user: user._continuity_is_morning())
        cron._commit_progress(remaining=len(users))
        failure = None
        for batch_ids in split_every(BATCH_SIZE, users.ids):
            batch = self.browse(batch_ids).try_lock_for_update(allow_referencing=True)
            for user in batch.filtered(lambda u: u._continuity_is_morning()):
                try:
                    with self.env.cr.savepoint():
                        user._continuity_send_morning_mail()
                except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                    raise
                except Exception as error:
                    _logger.exception("No morning list for user %s", user.id)
                    failure = error
            if not cron._commit_progress(len(batch_ids)):
                break
        if failure:
            raise failure

    def _continuity_local_day(self):
        """Return the day and the hour it is where this user works."""
        self.ensure_one()
        tz = self.tz or self.company_id.resource_calendar_id.tz or "UTC"
        local = pytz.utc.localize(fields.Datetime.now()).astimezone(pytz.timezone(tz))
        return local.date(), local.hour + local.minute / 60

    def _continuity_is_morning(self):
        """Tell whether this user's list is to be made now: a working day of theirs,
        late enough, and not made yet."""
        self.ensure_one()
        user = self.sudo()
        day, hour = user._continuity_local_day()
        made = user.continuity_morning_on
        return (
            (not made or made < day)
            and hour >= user.company_id.continuity_morning_hour
            and user.company_id._continuity_working_day(user, day) == day
        )

    def _continuity_send_morning_mail(self):
        """Queue the list of one user for today; nothing when nothing is due."""
        self.ensure_one()
        user = self.sudo()
        day, _hour = user._continuity_local_day()
        user.continuity_morning_on = day
        # What they may see in all their companies, in their language and time.
        touchpoints = (
            self.env["continuity.touchpoint"]
            .with_user(self)
            .with_context(
                lang=user.lang,
                tz=user.tz or user.company_id.resource_calendar_id.tz,
                allowed_company_ids=user.company_ids.ids,
            )
        )
        docs = touchpoints._find_today(day)
        if not docs:
            return
        env = docs.env
        body = env["ir.qweb"]._render(
            "customer_continuity.morning_mail",
            {
                "docs": docs[:MAX_ROWS],
                "more": max(len(docs) - MAX_ROWS, 0),
                "user": env.user,
                "url": f"{user.get_base_url()}/odoo/action-customer_continuity."
                "action_today",
            },
            minimal_qcontext=True,
        )
        company = user.company_id
        self.env["mail.mail"].sudo().create(
            {
                "subject": env._("To contact today: %s", len(docs)),
                "body_html": body,
                "email_from": company.email_formatted or user.email_formatted,
                "email_to": user.email_formatted,
                "author_id": company.partner_id.id,
                "auto_delete": True,
                "state": "outgoing",
                "headers": repr({"X-Auto-Response-Suppress": "OOF"}),
            }
        )
