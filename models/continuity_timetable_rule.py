from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.legal_dates import Bound


class ContinuityTimetableRule(models.Model):
    """One period of a timetable: an event is bound by the day of another one.

    ======  ====================================================================
    bound   means
    ======  ====================================================================
    max     not later than so long after the other event (or before it)
    min     not earlier than that
    bar     not earlier than that, and creditors are not paid until the event
    ======  ====================================================================

    The day the period is counted from is not counted itself. ``prompt`` stands for
    *without delay*, where the law gives no number.
    """

    _name = "continuity.timetable.rule"
    _description = "Timetable Period"
    _inherit = ["continuity.legal.mixin"]
    _order = "timetable_id, sequence, id"

    timetable_id = fields.Many2one(
        "continuity.timetable", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    code = fields.Char(required=True)
    name = fields.Char(compute="_compute_name")
    event_id = fields.Many2one(
        "continuity.timetable.event", required=True, index=True, ondelete="restrict"
    )
    anchor_id = fields.Many2one(
        "continuity.timetable.event",
        string="Counted From",
        required=True,
        index=True,
        ondelete="restrict",
    )
    bound = fields.Selection(
        [
            ("max", "Not later than"),
            ("min", "Not earlier than"),
            ("bar", "Not earlier than, payments barred until then"),
        ],
        required=True,
        default="max",
    )
    offset = fields.Integer(
        string="Period", help="Negative: so long before the other event."
    )
    unit = fields.Selection(
        [
            ("days", "Days"),
            ("business_days", "Business days"),
            ("weeks", "Weeks"),
            ("months", "Months"),
            ("years", "Years"),
            ("prompt", "Without delay"),
        ],
        required=True,
        default="days",
        help="Business days are Monday to Friday, less the days off in the company's "
        "working hours. A month without such a day ends the period on its last day.",
    )
    from_next_day = fields.Boolean(
        string="Months Begin the Next Day",
        help="From the last day of a month a period ends on the last day of a month, "
        "as in Japan (Civil Code 140, 143).",
    )
    source = fields.Char(required=True, help="Statute or publication.")
    consequence = fields.Text(
        string="If Missed", translate=True, help="What follows when it is not kept."
    )

    _code_uniq = models.Constraint(
        "UNIQUE(timetable_id, code)", "There is a period of this code in the timetable."
    )

    @api.constrains("event_id", "anchor_id")
    def _check_two_events(self):
        for rule in self:
            if rule.event_id == rule.anchor_id:
                raise ValidationError(
                    self.env._("“%s” cannot be bound by itself.", rule.event_id.name)
                )

    @api.constrains("certainty", "verified_on")
    def _check_verified(self):
        for rule in self:
            if rule.certainty == "verified" and not rule.verified_on:
                raise ValidationError(
                    self.env._(
                        "“%s”: give the day on which the statute was read.", rule.name
                    )
                )

    @api.depends("event_id", "anchor_id", "bound", "offset", "unit")
    def _compute_name(self):
        for rule in self:
            rule.name = self.env._(
                "%(event)s: %(period)s",
                event=rule.event_id.name or "",
                period=rule._describe_period(),
            )

    def _describe_period(self):
        """Say what one period is, without its event: *at most 15 days after …*.

        :rtype: str
        """
        self.ensure_one()
        anchor = self.anchor_id.name or ""
        if self.unit == "prompt":
            return self.env._("without delay after “%s”", anchor)
        if not self.offset:
            if self.bound == "max":
                return self.env._("not after “%s”", anchor)
            return self.env._("not before “%s”", anchor)
        length = self._describe_length()
        # "At least 3 months before" binds like "at most": not later than a day.
        if self.offset < 0:
            if self.bound == "max":
                return self.env._(
                    "at least %(length)s before “%(anchor)s”",
                    length=length,
                    anchor=anchor,
                )
            return self.env._(
                "at most %(length)s before “%(anchor)s”", length=length, anchor=anchor
            )
        if self.bound == "max":
            return self.env._(
                "at most %(length)s after “%(anchor)s”", length=length, anchor=anchor
            )
        return self.env._(
            "at least %(length)s after “%(anchor)s”", length=length, anchor=anchor
        )

    def _describe_length(self):
        """Return the length of one period in words.

        :rtype: str
        """
        self.ensure_one()
        count = abs(self.offset)
        match self.unit:
            case "business_days":
                return self.env._("%s business days", count)
            case "weeks":
                return self.env._("%s weeks", count)
            case "months":
                return self.env._("%s months", count)
            case "years":
                return self.env._("%s years", count)
        return self.env._("%s days", count)

    def _source_place(self):
        # The article alone does not say of which statute.
        return " ".join(filter(None, [self.source, super()._source_place()]))

    def _bounds(self):
        """Return these periods for the arithmetic, keyed by the rules.

        :rtype: list[odoo.addons.customer_continuity.tools.legal_dates.Bound]
        """
        return [
            Bound(
                key=rule,
                event=rule.event_id.code,
                anchor=rule.anchor_id.code,
                offset=rule.offset,
                unit=rule.unit,
                kind=rule.bound,
                next_day=rule.from_next_day,
            )
            for rule in self
        ]
