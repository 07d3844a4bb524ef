from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_date

from .continuity_transfer import CURRENT_STATES

# Days before the end of the free period at which somebody calls the customer.
REMINDER_DAYS = (30, 7)
# Papers that expire while customers rely on them are named this long before.
EXPIRY_DAYS = 30


class ContinuityTransfer(models.Model):
    """Free periods end with a word to the customer, and papers before they expire."""

    _inherit = "continuity.transfer"

    expiry_reminded_on = fields.Date(readonly=True, copy=False)

    _guarded_fields = frozenset({"expiry_reminded_on"})

    @api.model
    def _cron_follow(self):
        """Follow the transfers that are under way: remind before the free period ends,
        end those that are over, name papers that expire."""
        self.search([("state", "in", CURRENT_STATES)])._run_each(
            lambda transfer: transfer._follow()
        )

    def _follow(self):
        """Take the daily look at one transfer."""
        self.ensure_one()
        today = self.dissolution_id._local_today()
        if self.state == "running":
            if self.free_until < today:
                self.state = "done"
                return
            self._remind_of_end(today)
        self._remind_of_papers(today)

    def _remind_of_end(self, today):
        """Plan the call before the free period ends: once per reminder, the latest one
        that is due when the scheduler was down."""
        due = [
            days
            for days in REMINDER_DAYS
            if self.free_until - timedelta(days=days) <= today
        ]
        if due:
            self._plan_reminder(min(due), today)

    def _plan_reminder(self, days, today):
        """Plan the call to one customer before the free period ends.

        :param int days: which of the reminders
        :param date today: in the company
        """
        line = self.customer_id
        user = self._who_calls()
        env = self.with_context(lang=user.lang).env
        channel = self.env.ref("customer_continuity.channel_call")
        self.env["continuity.touchpoint"]._plan(
            [
                line._prepare_touchpoint_values(
                    f"free_period:{self.id}:{days}",
                    channel,
                    name=env._(
                        "Free period at %(provider)s ends on %(day)s",
                        provider=self.provider_id.display_name,
                        day=format_date(env, self.free_until),
                    ),
                    why=env._(
                        "Ask whether the customer stays, and say what it costs then: "
                        "%s",
                        self.provider_id.with_env(env).price_after
                        or env._("the price is not known yet"),
                    ),
                    user_id=user.id,
                    date_due=today,
                    purpose="dissolution",
                )
            ]
        )

    def _who_calls(self):
        """Return who speaks to the customer now: colleagues leave while a company
        winds down.

        :rtype: res.users
        """
        campaign = self.dissolution_id
        people = self.customer_id.user_id | campaign.aftercare_user_id
        people |= campaign._lead() | campaign.owner_id
        return people.filtered("active")[:1] or self.env.user

    def _remind_of_papers(self, today):
        """Tell the lead once of papers that expire soon or no longer count."""
        if self.expiry_reminded_on or self.state == "proposed":
            return
        problems = self._document_problems(today + timedelta(days=EXPIRY_DAYS))
        if not problems:
            return
        self.expiry_reminded_on = today
        self._remind(
            self.dissolution_id._lead(),
            lambda env: env._(
                "Papers of %(provider)s for %(customer)s",
                provider=self.provider_id.display_name,
                customer=self.partner_id.name,
            ),
            "\n".join(problems),
        )
