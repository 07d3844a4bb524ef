from odoo import Command, api, fields, models

from ..tools import legal_dates
from .continuity_dissolution_milestone import DATING_STATES
from .continuity_obligation import OWING_KINDS

# Without them nobody can approve a campaign, or write a letter.
NEEDED_EVENTS = ("decision", "customers_told", "last_service")


class ContinuityDissolution(models.Model):
    """The timetable of a campaign: what is due by when, and what may not happen yet."""

    _inherit = "continuity.dissolution"

    # Milestones check for themselves who may move them, and when.
    _editable_fields = frozenset({"milestone_ids"})

    timetable_id = fields.Many2one(
        "continuity.timetable",
        string="Route",
        ondelete="restrict",
        domain="[('jurisdiction_id', 'in', (jurisdiction_id, False))]",
        help="Whose periods bind the campaign.",
    )
    route_description = fields.Text(
        related="timetable_id.description", string="About the Route"
    )
    milestone_ids = fields.One2many(
        "continuity.dissolution.milestone", "dissolution_id", string="Timetable"
    )
    timetable_warning = fields.Text(compute="_compute_timetable_warning")

    # === MILESTONES === #

    @api.model_create_multi
    def create(self, vals_list):
        campaigns = super().create(vals_list)
        campaigns._complete_milestones()
        return campaigns

    def write(self, vals):
        result = super().write(vals)
        if "timetable_id" in vals:
            self._complete_milestones()
        return result

    def _complete_milestones(self):
        """Add what happens on the route of these campaigns, and take out what does
        not and has no day yet."""
        # With the app's rights: who may choose the route was checked.
        for campaign in self.sudo():
            events = campaign.timetable_id._events()
            campaign.milestone_ids.filtered(
                lambda m, events=events: (
                    m.event_id not in events and not m.date_planned and not m.done_on
                )
            ).unlink()
            missing = events - campaign.milestone_ids.event_id
            campaign.milestone_ids = [
                Command.create({"event_id": event.id}) for event in missing
            ]

    def _milestone(self, code):
        """Return the milestone of an event, empty when the campaign has none."""
        self.ensure_one()
        return self.milestone_ids.filtered(lambda m: m.code == code)[:1]

    def _date_of(self, code, done=False):
        day = super()._date_of(code, done)
        # Dates of the campaign are for everybody who works on one of its customers.
        milestone = self.sudo()._milestone(code)
        return day or milestone.done_on or (not done and milestone.date_planned)

    def _dates(self):
        """Return the day of every event that has one, by code.

        :rtype: dict[str, datetime.date]
        """
        self.ensure_one()
        return {
            m.code: m.done_on or m.date_planned
            for m in self.sudo().milestone_ids
            if m.done_on or m.date_planned
        }

    def _set_milestones(self, days):
        """Plan events for days.

        :param dict days: date, or its text, by code of the event
        """
        for code, day in days.items():
            milestone = self._milestone(code)
            if milestone:
                milestone.date_planned = day
                continue
            event = self.env["continuity.timetable.event"].search([("code", "=", code)])
            self.milestone_ids = [
                Command.create({"event_id": event.id, "date_planned": day})
            ]

    def _check_may_date(self, states=DATING_STATES):
        """Refuse to touch the timetable: authors, approvers, managers and the lead of
        the task force do, while the campaign is not frozen.

        :param states: technical values in which it is possible
        :raise AccessError: for anybody else
        :raise UserError: in another state
        """
        for campaign in self:
            campaign.check_access("read")
            if not campaign._is_lead():
                campaign._check_author()
            campaign._check_state(*states)

    def _is_lead(self):
        return self.env.user == self.sudo()._lead()

    def _on_milestone_done(self, milestone):
        """Do what follows from an event; an approved campaign begins with its
        decision.

        :param milestone: ``continuity.dissolution.milestone``
        """
        for campaign in self.sudo():
            if campaign.state == "approved" and not campaign._start_errors():
                campaign._start()

    def action_propose_dates(self):
        """Propose a day for every milestone without one, from the decision on."""
        self._check_may_date()
        for campaign in self:
            days = campaign._propose_days()
            for milestone in campaign.milestone_ids.filtered(
                lambda m: not m.date_planned and not m.done_on
            ):
                milestone.date_planned = days.get(milestone.code)

    def _propose_days(self):
        """Return a day for every milestone that keeps to all bounds, where there is
        one.

        :rtype: dict[str, datetime.date]
        """
        self.ensure_one()
        dates = self._dates()
        events = self.milestone_ids.event_id.sorted()
        start = dates.get("decision") or self._local_today()
        return legal_dates.propose(
            [(event.code, event.usual_days) for event in events],
            self._bounds(),
            dates,
            start,
            self._workday_test(),
        )

    # === SUBMISSION, WARNINGS === #

    def _submission_errors(self):
        errors = super()._submission_errors()
        if self.kind == "company" and not self.timetable_id:
            errors.append(
                self.env._("Choose the route: it says which periods the law sets.")
            )
        for code in NEEDED_EVENTS:
            if not self._date_of(code):
                event = self.env["continuity.timetable.event"].search(
                    [("code", "=", code)]
                )
                errors.append(
                    self.env._("Timetable: give a day for “%s”.", event.name or code)
                )
        return errors + self._order_errors() + self._simplified_errors()

    def _order_errors(self):
        """Return where the planned days break the campaign's own rules.

        :rtype: list[str]
        """
        self.ensure_one()
        told, last = self._date_of("customers_told"), self._date_of("last_service")
        decision = self._date_of("decision")
        errors = []
        if told and decision and told < decision:
            errors.append(
                self.env._("Customers would be told before the decision: change a day.")
            )
        if told and last and (last - told).days < self.min_notice_days:
            errors.append(
                self.env._(
                    "Only %(days)s days remain between the last of the customers told "
                    "and the last service; this campaign promises %(promised)s. Tell "
                    "them earlier, or serve them longer.",
                    days=max((last - told).days, 0),
                    promised=self.min_notice_days,
                )
            )
        for event in self.milestone_ids.event_id.filtered("is_public"):
            public = self._date_of(event.code)
            if told and public and public < told:
                errors.append(
                    self.env._(
                        "“%s” would come before all customers are told: change a day.",
                        event.name,
                    )
                )
        return errors

    def _simplified_errors(self):
        """Return why a route for who owes nobody anything is closed to the campaign.

        :rtype: list[str]
        """
        self.ensure_one()
        if not self.timetable_id.needs_no_obligations:
            return []
        count = self._open_obligation_count()
        if not count:
            return []
        return [
            self.env._(
                "“%(route)s” is open only to who owes nothing, and %(count)s "
                "obligations to customers are open. Settle them, or choose another "
                "route.",
                route=self.timetable_id.name,
                count=count,
            )
        ]

    def _open_obligation_count(self):
        """Return how many things are still owed to customers, those included whose end
        was decided but has not come.

        :rtype: int
        """
        self.ensure_one()
        # Whoever submits the campaign need not be allowed to read all of its books.
        campaign = self.sudo()
        if not campaign._origin:
            # A preview has no register yet: each of these is owed something.
            return sum(
                count
                for _tier, segment, count in campaign._audience_preview()
                if segment == "unfulfilled"
            )
        campaign._refresh_obligations()
        return (
            self.env["continuity.obligation"]
            .sudo()
            .search_count(
                [
                    ("dissolution_id", "=", campaign.id),
                    ("state", "!=", "settled"),
                    ("kind", "not in", OWING_KINDS),
                ]
            )
        )

    @api.depends(
        "state",
        "min_notice_days",
        "milestone_ids.date_planned",
        "milestone_ids.done_on",
        "customer_ids.state",
    )
    def _compute_timetable_warning(self):
        for campaign in self:
            warnings = campaign._timetable_warnings()
            campaign.timetable_warning = "\n".join(warnings) or False

    def _milestone_warnings(self):
        """Return which milestones are in danger or missed.

        :rtype: list[str]
        """
        self.ensure_one()
        return [
            milestone._danger()
            for milestone in self.milestone_ids
            if milestone.status in ("missed", "endangered")
        ]

    def _timetable_warnings(self):
        """Return what is wrong with the timetable today, for everybody to see.

        :rtype: list[str]
        """
        self.ensure_one()
        warnings = self._milestone_warnings()
        if self.state == "draft":
            return self._order_errors() + warnings
        last = self._date_of("last_service")
        if self.state == "running" and last:
            waiting = self.customer_count - self.told_count
            days = (last - self._local_today()).days
            if waiting and days < self.min_notice_days:
                warnings.insert(
                    0,
                    self.env._(
                        "%(count)s customers have not been told, and %(days)s days "
                        "remain before the last service; %(promised)s were promised. "
                        "Tell them today, or serve them longer.",
                        count=waiting,
                        days=max(days, 0),
                        promised=self.min_notice_days,
                    ),
                )
        return warnings


class ContinuityDissolutionCustomer(models.Model):
    _inherit = "continuity.dissolution.customer"

    def _letter_obstacles(self, touchpoints):
        obstacles = super()._letter_obstacles(touchpoints)
        lines = self.sudo().grouped("id")
        for touchpoint in touchpoints:
            line = lines.get(touchpoint.origin_id)
            # What is only shown ahead is read before that day.
            shown_ahead = not touchpoint._origin
            if line and not shown_ahead and not line.dissolution_id._is_decided():
                obstacles.setdefault(touchpoint.id, []).append(
                    self.env._(
                        "The decision is not recorded as taken: nothing leaves before "
                        "it."
                    )
                )
        return obstacles
