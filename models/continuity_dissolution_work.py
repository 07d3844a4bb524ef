from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

# In these a campaign takes no more hours.
CLOSED_STATES = ("done", "refused", "cancelled")
WORK_KINDS = [
    ("customers", "Customers"),
    ("legal", "Legal and authorities"),
    ("finance", "Finance and taxes"),
    ("staff", "Staff"),
    ("other", "Other"),
]


class ContinuityDissolutionWork(models.Model):
    """Time somebody spent on a dissolution besides the contacts with its customers,
    whose minutes the touchpoints know (D1).

    All of it is recorded, or the share spent on customers has no denominator; see
    ``continuity.dissolution.hours`` for both together.
    """

    _name = "continuity.dissolution.work"
    _description = "Work on a Dissolution"
    _inherit = ["continuity.readable.links.mixin"]
    _order = "date desc, id desc"
    _rec_name = "note"

    dissolution_id = fields.Many2one(
        "continuity.dissolution",
        string="Campaign",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="dissolution_id.company_id", store=True, index=True, precompute=True
    )
    date = fields.Date(required=True, default=fields.Date.context_today, index=True)
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        required=True,
        index=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    kind = fields.Selection(
        WORK_KINDS,
        string="Spent On",
        required=True,
        default="customers",
        index=True,
        help="What is spent on customers is compared with the whole.",
    )
    line_id = fields.Many2one(
        "continuity.dissolution.customer",
        string="Customer",
        index="btree_not_null",
        ondelete="set null",
        domain="[('dissolution_id', '=', dissolution_id)]",
        help="Only where the work was for one customer; it then counts for the tier "
        "of that customer.",
    )
    minutes = fields.Integer(required=True, help="Time spent, in minutes.")
    hours = fields.Float(
        compute="_compute_hours", inverse="_inverse_hours", store=True, readonly=False
    )
    note = fields.Char(string="What Was Done")

    _minutes_sensible = models.Constraint(
        "CHECK(minutes > 0 AND minutes <= 1440)",
        "Enter the time spent: more than nothing and at most a day.",
    )

    @api.depends("minutes")
    def _compute_hours(self):
        for work in self:
            work.hours = work.minutes / 60

    @api.onchange("hours")
    def _inverse_hours(self):
        for work in self:
            work.minutes = round(work.hours * 60)

    @api.constrains("line_id", "dissolution_id", "kind")
    def _check_customer(self):
        for work in self:
            line = work.line_id.sudo()
            if not line:
                continue
            if line.dissolution_id != work.dissolution_id:
                raise ValidationError(
                    self.env._(
                        "“%s” is a customer of another campaign.", line.display_name
                    )
                )
            if work.kind != "customers":
                raise ValidationError(
                    self.env._(
                        "Work for one customer is spent on customers: choose that, or "
                        "leave the customer empty."
                    )
                )

    @api.constrains("date")
    def _check_date(self):
        for work in self:
            if work.date > work.dissolution_id.sudo()._local_today():
                raise ValidationError(
                    self.env._("Record work once it is done: the day is in the future.")
                )

    # === ACCESS === #

    @api.model_create_multi
    def create(self, vals_list):
        works = super().create([self._with_minutes(vals) for vals in vals_list])
        works._check_may_record()
        return works

    def write(self, vals):
        self._check_may_record()
        result = super().write(self._with_minutes(vals))
        self._check_may_record()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_own(self):
        self._check_may_record()

    @api.model
    def _with_minutes(self, vals):
        """Return values with the minutes that go with hours somebody typed."""
        if "hours" in vals and "minutes" not in vals:
            vals = {**vals, "minutes": round((vals["hours"] or 0) * 60)}
        return vals

    def _check_may_record(self):
        """Refuse hours in somebody else's name, and on what is closed.

        :raise AccessError: unless one's own, or the user decides on the campaign
        :raise UserError: when the campaign takes no more hours
        """
        if self.env.su:
            return
        for work in self:
            campaign = work.dissolution_id
            campaign.check_access("read")
            if work.user_id != self.env.user and not campaign._may_manage():
                raise AccessError(
                    self.env._(
                        "Everybody records their own hours. Those of others are "
                        "recorded by an approver of %s or a manager.",
                        campaign.name,
                    )
                )
            if campaign.state in CLOSED_STATES:
                raise UserError(
                    self.env._("%s is closed and takes no more hours.", campaign.name)
                )
