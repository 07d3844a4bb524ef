from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools.local_time import format_moment
from ..tools.visit_planner import Visit

# So many things that are wrong are read; more are counted.
MAX_PROBLEMS = 10


class ContinuityHandover(models.Model):
    """The feasible calendar (H5): visits and travel, over all plans a person is in."""

    _inherit = "continuity.handover"

    def _capacity_errors(self, lines):
        """Return why the visits of this plan cannot be kept, with what would help.

        :param lines: the lines that are handed over
        :rtype: list[str]
        """
        self.ensure_one()
        visits = lines.filtered(lambda line: line.mode == "visit")
        undated = visits.filtered(lambda line: not line.date_visit)
        company = self.company_id
        visitors = visits._visitors()
        if not all(self._get_working_hours(company, user)[1] for user in visitors):
            return [
                self.env._(
                    "%s has no working hours, so visits cannot be planned: set them "
                    "under Settings › Companies.",
                    company.sudo().name,
                )
            ]
        errors = []
        if undated:
            errors.append(self._undated_error(visits, undated))
        first_day = max(self.date_start, self.announce_date)
        planner = self._get_visit_planner(
            company,
            visitors,
            first_day,
            max(self.date_end, first_day),
            self.visits_per_day,
            self,
        )
        now = fields.Datetime.now()
        problems = [
            line._visit_problem(planner, first_day, now)
            for line in (visits - undated).sorted(lambda x: (x.date_visit, x.id))
        ]
        return errors + self._sum_up_problems(problems)

    @api.model
    def _sum_up_problems(self, problems):
        """Return a few sentences on many visits: one for each person and day.

        :param list problems: see ``_visit_problem``; None is no problem
        :rtype: list[str]
        """
        sentences = defaultdict(list)
        for key, sentence in filter(None, problems):
            sentences[key].append(sentence)
        result = []
        for first, *others in list(sentences.values())[:MAX_PROBLEMS]:
            if others:
                first = self.env._(
                    "%(problem)s (And %(count)s more like it on that day.)",
                    problem=first,
                    count=len(others),
                )
            result.append(first)
        if len(sentences) > MAX_PROBLEMS:
            result.append(
                self.env._(
                    "… and %s more days with visits that cannot be kept.",
                    len(sentences) - MAX_PROBLEMS,
                )
            )
        return result

    def _undated_error(self, visits, undated):
        """Say how many visits fit and the three ways to make all of them fit."""
        return self.env._(
            "%(fit)s of %(all)s visits fit between %(start)s and %(end)s with "
            "%(per_day)s visits a day; %(left)s have no date, first of all %(name)s. "
            "To make them fit: more days, fewer visits (information only), or another "
            "visitor.",
            fit=len(visits) - len(undated),
            all=len(visits),
            start=format_date(self.env, self.date_start),
            end=format_date(self.env, self.date_end),
            per_day=self.visits_per_day,
            left=len(undated),
            name=undated[0].display_name,
        )

    def action_suggest_dates(self):
        """Propose a time for every visit of a draft that has none."""
        self.check_access("write")
        self._check_author()
        self._check_state("draft")
        for plan in self:
            plan._suggest_dates()

    def _suggest_dates(self):
        """Place the undated visits around the dated ones, the most important
        customers first."""
        self.ensure_one()
        visits = self.line_ids.filtered(
            lambda x: x.mode == "visit" and not x.excluded and x.successor_id
        )
        # Today has begun, and the visit is still to be arranged with the customer.
        tomorrow = self._local_date(fields.Datetime.now()) + timedelta(days=1)
        first_day = max(self.date_start, self.announce_date, tomorrow)
        planner = self._get_visit_planner(
            self.company_id,
            visits._visitors(),
            first_day,
            max(self.date_end, first_day),
            self.visits_per_day,
            self,
        )
        dated = visits.filtered("date_visit")
        for line in dated:
            day = self._local_date(line.date_visit)
            planner.book(line._visitors().ids, day, line.date_visit)
        undated = visits - dated
        # Whose rank the user may not know comes last.
        unseen = self._find_unseen(undated.partner_id, self.leaver_ids, self.company_id)
        undated = undated.sorted(
            lambda x: (
                (1, 0, 0, x.partner_id.id)
                if x.partner_id._origin in unseen
                else (
                    0,
                    x.sudo().tier_id.sequence,
                    -x.sudo().relationship_id.revenue,
                    x.partner_id.id,
                )
            )
        )
        placed, _unplaced = planner.place(
            [
                Visit(
                    key=line.id,
                    people=frozenset(line._visitors().ids),
                    first_day=line._first_visit_day(first_day),
                    last_day=self.date_end,
                )
                for line in undated
            ]
        )
        for line in undated:
            line.date_visit = placed.get(line.id, False)

    def _place_again(self, lines):
        """Give visits of a plan under way another day, because their customers are
        told later than they were to be visited; ask for one where none is left.

        :param lines: lines of this plan with a visit
        """
        self.ensure_one()
        lines = lines.sudo()
        if not lines:
            return
        first_day = min(line._first_day_to_tell() for line in lines)
        planner = self._get_visit_planner(
            self.company_id,
            lines._visitors(),
            first_day,
            max(self.date_end, first_day),
            self.visits_per_day,
            self,
        )
        for other in self.line_ids - lines:
            if other.mode == "visit" and other.date_visit and not other.excluded:
                day = self._local_date(other.date_visit)
                planner.book(other._visitors().ids, day, other.date_visit)
        placed, unplaced = planner.place(
            [
                Visit(
                    key=line.id,
                    people=frozenset(line._visitors().ids),
                    first_day=line._first_day_to_tell(),
                    last_day=self.date_end,
                )
                for line in lines
            ]
        )
        for line in lines:
            line.date_visit = placed.get(line.id, False)
        for line in lines.browse(unplaced):
            self._remind(
                line._teller(),
                lambda env, line=line: env._(
                    "Arrange another day for the visit to %s", line.display_name
                ),
            )


class ContinuityHandoverLine(models.Model):
    _inherit = "continuity.handover.line"

    def _check_visit_times(self):
        """Refuse times of visits that the people of plans under way cannot keep,
        given the other visits of the same plans.

        :raise UserError: naming each of these visits
        """
        dated = self.filtered(lambda x: x.mode == "visit" and x.date_visit)
        problems = []
        for plan, lines in dated.grouped("handover_id").items():
            first_day = max(plan.date_start, plan.announce_date)
            planner = plan._get_visit_planner(
                plan.company_id,
                lines._visitors(),
                first_day,
                max(plan.date_end, first_day),
                plan.visits_per_day,
                plan,
            )
            for other in plan.line_ids - lines:
                if other.mode == "visit" and other.date_visit and not other.excluded:
                    planner.book(
                        other._visitors().ids,
                        plan._local_date(other.date_visit),
                        other.date_visit,
                    )
            for line in lines.sorted(lambda x: (x.date_visit, x.id)):
                problems.append(line._visit_problem(planner, first_day))
        if errors := self.env["continuity.handover"]._sum_up_problems(problems):
            raise UserError("\n".join(errors))

    def _visitors(self):
        """Return who makes the visits of these lines."""
        users = self.leaver_id | self.successor_id
        return users | self.filtered("manager_attends").handover_id.manager_id

    def _visit_problem(self, planner, first_day, now=None):
        """Say why one dated visit cannot be kept, else book it and return None.

        :param VisitPlanner planner: knows when people are free
        :param date first_day: the first day a customer may be visited
        :param datetime now: also refuse what lies before this time, UTC
        :return: what is wrong, as a key that is the same for the same thing, and as
            a sentence
        :rtype: tuple[tuple, str] | None
        """
        self.ensure_one()
        plan = self.handover_id
        day = plan._local_date(self.date_visit)
        people = frozenset(self._visitors().ids)
        first_told = self._first_visit_day(first_day)
        if first_day <= day < first_told:
            return ("held", self.id), self.env._(
                "%(name)s: the visit on %(day)s comes before %(hold)s, until when the "
                "customer is on hold.",
                name=self.display_name,
                day=format_date(self.env, day),
                hold=format_date(self.env, first_told),
            )
        if not first_day <= day <= plan.date_end:
            return ("outside", day), self.env._(
                "%(name)s: the visit on %(day)s lies outside %(start)s – %(end)s.",
                name=self.display_name,
                day=format_date(self.env, day),
                start=format_date(self.env, first_day),
                end=format_date(self.env, plan.date_end),
            )
        if now and self.date_visit < now:
            return ("past", day), self.env._(
                "%(name)s: the time of the visit, %(time)s, has passed. Choose a later "
                "one, or empty it and let dates be suggested.",
                name=self.display_name,
                time=self._visit_time(),
            )
        for user in self._visitors():
            if not planner.is_day_open({user.id}, day):
                return ("full", user.id, day), self.env._(
                    "%(name)s: %(person)s already makes %(count)s visits on %(day)s. "
                    "Take another day, fewer visits, or another visitor.",
                    name=self.display_name,
                    person=user.name,
                    count=planner.per_day,
                    day=format_date(self.env, day),
                )
            if not planner.fits({user.id}, day, self.date_visit):
                return ("busy", user.id, day), self.env._(
                    "%(name)s: %(person)s is not free at %(time)s.",
                    name=self.display_name,
                    person=user.name,
                    time=self._visit_time(),
                )
        planner.book(people, day, self.date_visit)
        return None

    def _first_visit_day(self, first_day):
        """Return the first day this customer may be visited.

        :param date first_day: the first one of the plan
        """
        self.ensure_one()
        held = self.tell_when == "hold" and self.hold_until
        return max(first_day, held) if held else first_day

    def _visit_time(self):
        """Return the time of the visit in the company's time zone, to be read."""
        self.ensure_one()
        tz = self.handover_id.company_id.resource_calendar_id.tz or "UTC"
        return format_moment(self.env, self.date_visit, tz)
