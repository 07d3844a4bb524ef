"""What binds the days of a campaign: the periods of its route, and its own promises."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from odoo import fields, models
from odoo.tools import format_date

from ..tools import legal_dates
from ..tools.legal_dates import Bound

# What customers need until they are no longer served.
AFTER_SERVICE = ("last_invoice", "last_billing", "last_support", "export_until")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the bounds say of one milestone; see its table of states."""

    earliest: date | None = None
    latest: date | None = None
    status: str = "on_track"
    explanation: str = ""


class ContinuityDissolution(models.Model):
    _inherit = "continuity.dissolution"

    def _workday_test(self):
        """Return a function that tells whether the company works on a day."""
        self.ensure_one()
        company = self.company_id
        nobody = self.env["res.users"]

        @cache
        def works(day):
            return company._continuity_working_day(nobody, day) == day

        return works

    def _bounds(self):
        """Return the bounds of every event: the periods of the route, then our own.

        :rtype: list[odoo.addons.customer_continuity.tools.legal_dates.Bound]
        """
        self.ensure_one()
        told, last = "customers_told", "last_service"
        own = [
            Bound("decided", told, "decision", 0, "days", "min"),
            Bound("notice", last, told, self.min_notice_days, "days", "min"),
            *(Bound("served", code, last, 0, "days", "min") for code in AFTER_SERVICE),
            Bound("exported", "data_deletion", "export_until", 0, "days", "min"),
        ]
        own += [
            Bound("public", told, event.code, 0, "days", "max")
            for event in self.sudo().milestone_ids.event_id
            if event.is_public
        ]
        return self.timetable_id._all_rules()._bounds() + own

    def _judge_milestones(self, milestones):
        """Return bounds, status and explanation of milestones of one campaign.

        :param milestones: those to judge; the others count as anchors
        :rtype: dict[continuity.dissolution.milestone, Judgement]
        """
        everything = self.milestone_ids | milestones
        dates = {m.code: m.done_on or m.date_planned for m in everything if m.code}
        dates = {code: day for code, day in dates.items() if day}
        names = {m.code: m.event_id.name for m in everything}
        bounds = self._bounds() if self else []
        works = self._workday_test() if self else None
        today = self._local_today() if self else fields.Date.context_today(self)
        soon = today + timedelta(days=self.company_id.continuity_milestone_days)
        result = {}
        for milestone in milestones:
            own = [b for b in bounds if b.event == milestone.code]
            earliest, latest = legal_dates.limits(milestone.code, own, dates, works)
            result[milestone] = Judgement(
                earliest,
                latest,
                milestone._judge(earliest, latest, own, dates, today, soon),
                "\n".join(
                    self._explain_bound(b, dates.get(b.anchor), names, works)
                    for b in own
                ),
            )
        return result

    def _explain_bound(self, bound, anchor_day, names, works):
        """Say what one bound means here, where it comes from and what follows.

        :param bound: of :meth:`_bounds`
        :param date anchor_day: or None while it has none
        :param dict names: of the events, by code
        :param works: see :meth:`_workday_test`
        :rtype: str
        """
        limit = bound.limit(anchor_day, works) if anchor_day else None
        if limit and bound.kind == "max":
            day = self.env._("Not later than %s: ", format_date(self.env, limit))
        elif limit:
            day = self.env._("Not earlier than %s: ", format_date(self.env, limit))
        else:
            day = ""
        if isinstance(bound.key, str):
            text = self._explain_own_bound(bound, names)
        else:
            rule = bound.key
            text = self.env._(
                "%(period)s, %(where)s.",
                period=rule._describe_period(),
                where=rule._source_note(),
            )
            if rule.consequence:
                text = f"{text} {rule.consequence}"
        return day + text

    def _explain_own_bound(self, bound, names):
        """Say what one of the campaign's own rules means."""
        match bound.key:
            case "decided":
                return self.env._("nobody hears of it before the decision.")
            case "notice":
                return self.env._(
                    "%s days for customers to find another supplier, as this campaign "
                    "promises.",
                    self.min_notice_days,
                )
            case "served":
                return self.env._("it is needed as long as customers are served.")
            case "exported":
                return self.env._("customers export their data before it is deleted.")
        return self.env._(
            "customers hear of it from us before “%s” makes it public.",
            names.get(bound.anchor, ""),
        )


class ContinuityDissolutionMilestone(models.Model):
    _inherit = "continuity.dissolution.milestone"

    def _judge(self, earliest, latest, bounds, dates, today, soon):
        """Return the status of one milestone; see the table of states.

        :param date earliest: first possible day, or None
        :param date latest: last possible day, or None
        :param bounds: those that bind it
        :param dict dates: day by code of the event
        :param date today: of the company
        :param date soon: until when a last day without a plan is a danger
        :rtype: str
        """
        self.ensure_one()
        day = self.done_on or self.date_planned
        outside = day and ((latest and day > latest) or (earliest and day < earliest))
        if self.done_on:
            return "missed" if outside else "done"
        if latest and latest < today:
            return "missed"
        prompt = any(
            b.unit == "prompt" and (dates.get(b.anchor) or date.max) <= today
            for b in bounds
        )
        undated = not day and (prompt or (latest and latest <= soon))
        over = day and day < today
        return "endangered" if outside or undated or over else "on_track"
