from odoo import api, fields, models

from .continuity_lane import LETTERS_PER_MINUTE


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    continuity_tier_method = fields.Selection(
        related="company_id.continuity_tier_method", readonly=False
    )
    continuity_tier_source = fields.Selection(
        related="company_id.continuity_tier_source", readonly=False
    )
    continuity_tier_months = fields.Integer(
        related="company_id.continuity_tier_months", readonly=False
    )
    continuity_due_days = fields.Integer(
        related="company_id.continuity_due_days", readonly=False
    )
    continuity_visit_minutes = fields.Integer(
        related="company_id.continuity_visit_minutes", readonly=False
    )
    continuity_travel_minutes = fields.Integer(
        related="company_id.continuity_travel_minutes", readonly=False
    )
    continuity_visits_per_day = fields.Integer(
        related="company_id.continuity_visits_per_day", readonly=False
    )
    continuity_paying_months = fields.Integer(
        related="company_id.continuity_paying_months", readonly=False
    )
    continuity_delivered_months = fields.Integer(
        related="company_id.continuity_delivered_months", readonly=False
    )
    continuity_allow_self_approval = fields.Boolean(
        related="company_id.continuity_allow_self_approval", readonly=False
    )
    continuity_signatory_ids = fields.Many2many(
        related="company_id.continuity_signatory_ids", readonly=False
    )
    continuity_stragglers = fields.Selection(
        related="company_id.continuity_stragglers", readonly=False, required=True
    )
    continuity_owner_reads_history = fields.Boolean(
        related="company_id.continuity_owner_reads_history", readonly=False
    )
    continuity_tenure_years = fields.Integer(
        related="company_id.continuity_tenure_years", readonly=False
    )
    continuity_retry_days = fields.Integer(
        related="company_id.continuity_retry_days", readonly=False
    )
    continuity_morning_hour = fields.Float(
        related="company_id.continuity_morning_hour", readonly=False
    )
    continuity_portal_days = fields.Integer(
        related="company_id.continuity_portal_days", readonly=False
    )
    continuity_window_top = fields.Integer(
        related="company_id.continuity_window_top", readonly=False
    )
    continuity_window_left = fields.Integer(
        related="company_id.continuity_window_left", readonly=False
    )
    continuity_profile_item_ids = fields.Many2many(
        related="company_id.continuity_profile_item_ids", readonly=False
    )
    continuity_refreshed_on = fields.Datetime(
        related="company_id.continuity_refreshed_on"
    )
    continuity_refresh_error = fields.Text(
        related="company_id.continuity_refresh_error"
    )

    continuity_max_errors = fields.Integer(
        related="company_id.continuity_max_errors", readonly=False
    )
    continuity_letters_per_minute = fields.Integer(
        string="Letters per Minute",
        config_parameter=LETTERS_PER_MINUTE,
    )
    continuity_lanes = fields.Integer(string="Lanes")
    continuity_replies_captured = fields.Boolean(
        compute="_compute_continuity_replies_captured"
    )

    @api.depends("company_id")
    def _compute_continuity_replies_captured(self):
        for settings in self:
            settings.continuity_replies_captured = settings.company_id.catchall_email

    @api.model
    def get_values(self):
        values = super().get_values()
        values["continuity_lanes"] = len(self.env["continuity.sending"]._lanes())
        return values

    def set_values(self):
        res = super().set_values()
        sending = self.env["continuity.sending"]
        if self.continuity_lanes != len(sending._lanes()):
            sending._set_lanes(self.continuity_lanes)
        return res

    def action_continuity_refresh(self):
        """Refresh the relationships of the current company now.

        See :meth:`continuity.relationship.action_refresh`.
        """
        return self.env["continuity.relationship"].action_refresh()
