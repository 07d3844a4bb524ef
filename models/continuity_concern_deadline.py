from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models

# What a customer can raise; listed once, for concerns and for their deadlines.
KINDS = [
    ("question", "Question"),
    ("worry", "Worry"),
    ("complaint", "Complaint"),
    ("legal", "Lawyer's Letter"),
    ("claim", "Claim"),
]


class ContinuityConcernDeadline(models.Model):
    """Within which working time a concern of a kind is answered, per tier.

    A row without a tier holds for all tiers that have none of their own.
    """

    _name = "continuity.concern.deadline"
    _description = "Deadline for Answers"
    _order = "kind, tier_sequence, id"

    kind = fields.Selection(KINDS, required=True)
    tier_id = fields.Many2one(
        "continuity.tier",
        ondelete="cascade",
        index=True,
        help="Leave empty for all tiers without a deadline of their own.",
    )
    tier_sequence = fields.Integer(
        related="tier_id.sequence", store=True, string="Tier Sequence"
    )
    duration = fields.Integer(string="Within", required=True, default=1)
    unit = fields.Selection(
        [("hours", "working hours"), ("days", "working days")],
        required=True,
        default="days",
    )

    _kind_tier_uniq = models.UniqueIndex(
        "(kind, COALESCE(tier_id, 0))",
        "This kind has a deadline for this tier already.",
    )
    _duration_positive = models.Constraint(
        "CHECK(duration > 0)", "An answer needs at least one working hour or day."
    )

    @api.depends("kind", "tier_id", "duration", "unit")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for deadline in self:
            names = (kinds.get(deadline.kind), deadline.tier_id.name)
            deadline.display_name = " / ".join(name for name in names if name)

    @api.model
    def _compute_deadline(self, company, kind, tier, start):
        """Return by when a concern has to be answered.

        Hours run in the company's working time from ``start`` on. Days count from
        the working day after ``start`` and end with work on the last of them, in the
        time zone of the company's working calendar; holidays are left out.

        :param company: ``res.company``
        :param str kind: technical value of :attr:`kind`
        :param tier: ``continuity.tier``, may be empty
        :param datetime start: when it was raised, UTC
        :return: UTC
        :rtype: datetime
        """
        rule = self._find(kind, tier)
        # Nobody has written down a deadline: still one that cannot be forgotten.
        duration, unit = (rule.duration, rule.unit) if rule else (3, "days")
        calendar = company.sudo().resource_calendar_id
        start = pytz.utc.localize(start)
        if unit == "hours":
            end = calendar and calendar.plan_hours(
                duration,
                start,
                compute_leaves=True,
                domain=company._continuity_leave_domain(),
            )
            end = end or start + timedelta(hours=duration)
        else:
            end = self._end_of_day(company, start, duration)
        return end.astimezone(pytz.utc).replace(tzinfo=None)

    @api.model
    def _find(self, kind, tier):
        """Return the deadline for a kind and tier, empty when there is none."""
        deadlines = self.sudo().search(
            [("kind", "=", kind), ("tier_id", "in", [tier.id, False])]
        )
        return deadlines.filtered("tier_id")[:1] or deadlines[:1]

    @api.model
    def _end_of_day(self, company, start, days):
        """Return when work ends on the so-manieth working day after a moment."""
        calendar = company.sudo().resource_calendar_id
        domain = company._continuity_leave_domain()
        zone = pytz.timezone(calendar.tz or "UTC")
        tomorrow = start.astimezone(zone).date() + timedelta(days=1)
        tomorrow = zone.localize(datetime.combine(tomorrow, time.min))
        last = calendar and calendar.plan_days(
            days, tomorrow, compute_leaves=True, domain=domain
        )
        if not last:
            return start + timedelta(days=days)
        morning = zone.localize(datetime.combine(last.astimezone(zone).date(), time()))
        night = morning + timedelta(days=1)
        intervals = calendar._work_intervals_batch(morning, night, domain=domain)[False]
        return max(stop for _start, stop, _meta in intervals)
