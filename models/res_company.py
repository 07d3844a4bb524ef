from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError


class ResCompany(models.Model):
    _inherit = "res.company"

    continuity_tier_method = fields.Selection(
        [("threshold", "By amount"), ("pareto", "By share of revenue (Pareto)")],
        string="Tier Method",
        default="threshold",
        required=True,
        groups="base.group_user",
    )
    continuity_tier_source = fields.Selection(
        [("invoice", "Invoices less credit notes"), ("order", "Confirmed orders")],
        string="Revenue From",
        default="invoice",
        required=True,
        groups="base.group_user",
    )
    continuity_tier_months = fields.Integer(
        string="Period of Revenue (months)",
        default=12,
        required=True,
        groups="base.group_user",
    )
    continuity_due_days = fields.Integer(
        string="Days of Notice",
        default=7,
        required=True,
        groups="base.group_user",
    )
    continuity_visit_minutes = fields.Integer(
        string="Length of a Visit (minutes)",
        default=60,
        required=True,
        groups="base.group_user",
    )
    continuity_travel_minutes = fields.Integer(
        string="Travel per Visit (minutes)",
        default=30,
        required=True,
        groups="base.group_user",
    )
    continuity_visits_per_day = fields.Integer(
        string="Visits per Day",
        default=5,
        required=True,
        groups="base.group_user",
    )
    continuity_min_notice_days = fields.Integer(
        string="Notice before the Last Service",
        default=60,
        required=True,
        groups="base.group_user",
    )
    continuity_paying_months = fields.Integer(
        string="Customers Count as Paying for",
        default=12,
        required=True,
        groups="base.group_user",
    )
    continuity_delivered_months = fields.Integer(
        string="Paid Orders Count as Delivered after",
        default=12,
        required=True,
        groups="base.group_user",
    )
    continuity_allow_self_approval = fields.Boolean(
        string="Own Plans May Be Approved", groups="base.group_user"
    )
    continuity_owner_reads_history = fields.Boolean(
        string="Salespeople Read the Whole History",
        default=True,
        groups="base.group_user",
    )
    continuity_stragglers = fields.Selection(
        [("move", "Hand over at once"), ("list", "List for the successor")],
        string="What Still Lands on the Predecessor",
        default="move",
        required=True,
        groups="base.group_user",
    )
    continuity_tenure_years = fields.Integer(
        string="Rotation After (years)",
        default=5,
        required=True,
        groups="base.group_user",
    )
    continuity_retry_days = fields.Integer(
        string="Try Again After (days)",
        default=30,
        required=True,
        groups="base.group_user",
    )
    continuity_morning_hour = fields.Float(
        string="Morning List At",
        default=7.0,
        required=True,
        groups="base.group_user",
    )
    continuity_portal_days = fields.Integer(
        string="Customer's Page Valid For (days)",
        default=90,
        required=True,
        groups="base.group_user",
    )
    continuity_profile_item_ids = fields.Many2many(
        "continuity.profile.item",
        "continuity_profile_item_company_rel",
        string="Required Profile Items",
        default=lambda self: self.env["continuity.profile.item"].search([]),
        groups="base.group_user",
    )
    continuity_max_errors = fields.Integer(
        string="Letters Stop After (errors)",
        default=20,
        required=True,
        groups="base.group_user",
    )
    continuity_refreshed_on = fields.Datetime(
        string="Relationships Refreshed On",
        readonly=True,
        groups="base.group_user",
    )
    continuity_refresh_error = fields.Text(
        string="Why Relationships Were Not Refreshed",
        readonly=True,
        groups="base.group_user",
    )

    continuity_window_top = fields.Integer(
        string="Address Window: From the Top (mm)",
        default=45,
        required=True,
        groups="base.group_user",
        help="Of the sheet to the address field of the letter. 45 mm is DIN 5008, "
        "form B.",
    )
    continuity_window_left = fields.Integer(
        string="Address Window: From the Left (mm)",
        default=20,
        required=True,
        groups="base.group_user",
        help="Of the sheet to the address field of the letter. 20 mm is DIN 5008.",
    )

    def _continuity_check_own(self):
        """Refuse companies that are not the user's, without naming them.

        :raise AccessError: for any other one
        """
        if self - self.env.user.company_ids:
            raise AccessError(self.env._("You cannot work in that company."))

    def _continuity_check_chosen(self):
        """Refuse work for companies the user has not switched to.

        :raise AccessError: naming the first one, if it is one of the user's
        """
        waiting = self - self.env.companies
        waiting._continuity_check_own()
        for company in waiting:
            # One of the user's own, only not switched to.
            raise AccessError(self.env._("Switch to %s first.", company.sudo().name))

    def _continuity_report_font(self, lang):
        """Return the fonts of a printed page, for CSS.

        Chinese and Japanese write many characters differently; without a font of its
        own, Chinese would be printed in Japanese shapes.

        :param str lang: language of the page
        :rtype: str
        """
        self.ensure_one()
        east_asian = {
            "ja_JP": ["'Noto Sans CJK JP'", "'Yu Gothic'", "'Hiragino Sans'"],
            "zh_CN": ["'Noto Sans CJK SC'", "'Microsoft YaHei'", "'PingFang SC'"],
        }.get(lang, [])
        return ", ".join([self.font or "Lato", *east_asian, "sans-serif"])

    @api.model
    def _continuity_limits(self):
        """Return the least value of each number in the settings, and what it counts.

        :return: dict of field name to (least value, unit)
        """
        return {
            "continuity_tier_months": (1, self.env._("months")),
            "continuity_due_days": (0, self.env._("days")),
            "continuity_visit_minutes": (1, self.env._("minutes")),
            "continuity_travel_minutes": (0, self.env._("minutes")),
            "continuity_visits_per_day": (1, self.env._("visits")),
            "continuity_min_notice_days": (1, self.env._("days")),
            "continuity_paying_months": (1, self.env._("months")),
            "continuity_delivered_months": (1, self.env._("months")),
            "continuity_tenure_years": (1, self.env._("years")),
            "continuity_window_top": (10, self.env._("mm")),
            "continuity_window_left": (0, self.env._("mm")),
            "continuity_retry_days": (1, self.env._("days")),
            "continuity_morning_hour": (0, self.env._("hours")),
            "continuity_max_errors": (0, self.env._("errors")),
            "continuity_portal_days": (1, self.env._("days")),
        }

    @api.constrains(
        "continuity_tier_months",
        "continuity_due_days",
        "continuity_visit_minutes",
        "continuity_travel_minutes",
        "continuity_visits_per_day",
        "continuity_min_notice_days",
        "continuity_paying_months",
        "continuity_delivered_months",
        "continuity_tenure_years",
        "continuity_window_top",
        "continuity_window_left",
        "continuity_retry_days",
        "continuity_morning_hour",
        "continuity_max_errors",
        "continuity_portal_days",
    )
    def _check_continuity_limits(self):
        for company in self:
            errors = [
                self.env._(
                    "%(setting)s: %(value)s is too little. Enter %(least)s %(unit)s or "
                    "more.",
                    setting=self._fields[name]._description_string(self.env),
                    value=company[name],
                    least=least,
                    unit=unit,
                )
                for name, (least, unit) in self._continuity_limits().items()
                if company[name] < least
            ]
            if errors:
                raise ValidationError("\n".join(errors))

    @api.constrains("continuity_visits_per_day", "continuity_visit_minutes")
    def _check_continuity_day(self):
        """A day has 24 hours: more visits than fit in are no plan."""
        for company in self:
            minutes = company.continuity_visits_per_day * (
                company.continuity_visit_minutes + company.continuity_travel_minutes
            )
            if minutes > 24 * 60:
                raise ValidationError(
                    self.env._(
                        "%(visits)s visits of %(minutes)s minutes with travel do not "
                        "fit into a day. Lower the visits per day or their length.",
                        visits=company.continuity_visits_per_day,
                        minutes=company.continuity_visit_minutes
                        + company.continuity_travel_minutes,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        tiers = self.env["continuity.tier"]
        for company in companies:
            tiers._copy_thresholds(company.parent_id or self.env.company, company)
        return companies

    def write(self, vals):
        result = super().write(vals)
        if "continuity_tier_method" in vals:
            self._check_continuity_tiers()
        return result

    def _check_continuity_tiers(self):
        """Check that the tiers make sense for the method that is to be used.

        Not a constraint: a company has no thresholds yet while it is created.

        :raise ValidationError: saying what to change
        """
        tiers = self.env["continuity.tier"]
        for company in self:
            if errors := tiers._threshold_errors(company):
                raise ValidationError("\n".join(errors))
