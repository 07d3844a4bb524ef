from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

# By the clock of the company: from when on its follow-up is planned and escalated, and
# from when on it no longer waits for relationships refreshed within so many hours.
NIGHT_HOUR = 3
LAST_NIGHT_HOUR = 6
FRESH_HOURS = 12


class ResCompany(models.Model):
    """Settings of follow-up."""

    _inherit = "res.company"

    continuity_followup_per_day = fields.Integer(
        string="Contacts per Day",
        default=8,
        required=True,
        groups="base.group_user",
    )
    continuity_followup_late_days = fields.Integer(
        string="Days to Catch Up",
        default=14,
        required=True,
        groups="base.group_user",
    )
    continuity_followup_escalate_days = fields.Integer(
        string="Days until Escalation",
        default=14,
        required=True,
        groups="base.group_user",
    )
    continuity_followup_planned_on = fields.Date(
        string="Follow-up Planned On", readonly=True, groups="base.group_user"
    )
    continuity_followup_escalated_on = fields.Date(
        string="Follow-up Escalated On", readonly=True, groups="base.group_user"
    )
    continuity_followup_error = fields.Text(
        string="Why Follow-up Was Not Planned",
        readonly=True,
        groups="base.group_user",
    )

    def _is_followup_due(self):
        """Tell whether the follow-up of the company's present day is to be planned:
        in its own night, after the refresh of relationships if there is one in that
        night, and before anybody's day begins.

        :rtype: bool
        """
        self.ensure_one()
        company = self.sudo()
        now = company._continuity_now()
        planned_on = company.continuity_followup_planned_on
        if now.hour < NIGHT_HOUR or (planned_on and planned_on >= now.date()):
            return False
        refreshed_on = company.continuity_refreshed_on
        fresh = fields.Datetime.now() - timedelta(hours=FRESH_HOURS)
        return not refreshed_on or refreshed_on >= fresh or now.hour >= LAST_NIGHT_HOUR

    def _is_escalation_due(self):
        """Tell whether managers of the company are to hear, on its present day, of
        customers nobody contacted: once, before anybody's day begins.

        :rtype: bool
        """
        self.ensure_one()
        company = self.sudo()
        now = company._continuity_now()
        last = company.continuity_followup_escalated_on
        return now.hour >= NIGHT_HOUR and (not last or last < now.date())

    @api.constrains(
        "continuity_followup_per_day",
        "continuity_followup_late_days",
        "continuity_followup_escalate_days",
    )
    def _check_continuity_followup(self):
        for company in self:
            if company.continuity_followup_per_day < 1:
                raise ValidationError(
                    self.env._(
                        "Follow-up needs room for at least one contact per person and "
                        "day. Enter 1 or more."
                    )
                )
            if (
                min(
                    company.continuity_followup_late_days,
                    company.continuity_followup_escalate_days,
                )
                < 0
            ):
                raise ValidationError(
                    self.env._("A number of days cannot be negative. Enter 0 or more.")
                )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    continuity_followup_per_day = fields.Integer(
        related="company_id.continuity_followup_per_day", readonly=False
    )
    continuity_followup_late_days = fields.Integer(
        related="company_id.continuity_followup_late_days", readonly=False
    )
    continuity_followup_escalate_days = fields.Integer(
        related="company_id.continuity_followup_escalate_days", readonly=False
    )
    continuity_followup_error = fields.Text(
        related="company_id.continuity_followup_error"
    )
