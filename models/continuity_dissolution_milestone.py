from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

# Only then may dates be changed, and what happened be recorded.
DATING_STATES = ("draft", "approved", "running")
RECORDING_STATES = (*DATING_STATES, "reported")
# Customers named in a message; the dialog lists all of them.
MOST_NAMES = 20


class ContinuityDissolutionMilestone(models.Model):
    """One event in the timetable of a campaign: planned for a day, then recorded as
    done (D2).

    ==========  ================================================================
    status      means
    ==========  ================================================================
    on_track    not yet, and nothing is in the way; nothing known binds it
    endangered  not yet: its planned day is missing, over, or outside its bounds,
                while the last possible day draws near or still lies ahead
    missed      the last possible day is over, or it happened outside its bounds
    done        recorded, within all bounds
    ==========  ================================================================

    Bounds come from the periods of the route (``continuity.timetable.rule``) and from
    the campaign's own rules: nobody hears of it before the decision, everybody hears
    of it before it is public, and so many days remain before the last service.
    """

    _name = "continuity.dissolution.milestone"
    _description = "Dissolution Milestone"
    _inherit = ["continuity.guarded.mixin"]
    _order = "dissolution_id, sequence, id"
    _rec_name = "event_id"

    _guarded_fields = frozenset(
        {"done_on", "done_by_id", "note", "unreached_reason", "warned_status"}
    )

    dissolution_id = fields.Many2one(
        "continuity.dissolution", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="dissolution_id.company_id", store=True, index=True, precompute=True
    )
    plan_state = fields.Selection(
        related="dissolution_id.state", string="Campaign Status"
    )
    event_id = fields.Many2one(
        "continuity.timetable.event", required=True, ondelete="restrict"
    )
    code = fields.Char(related="event_id.code")
    sequence = fields.Integer(related="event_id.sequence", store=True, precompute=True)
    date_planned = fields.Date(string="Planned For", copy=True)
    done_on = fields.Date(readonly=True, copy=False)
    done_by_id = fields.Many2one(
        "res.users", string="Recorded By", readonly=True, copy=False
    )
    note = fields.Text(string="Remark", readonly=True, copy=False)
    unreached_reason = fields.Text(
        string="Why before All Were Reached",
        readonly=True,
        copy=False,
        groups="customer_continuity.group_user",
    )
    warned_status = fields.Char(readonly=True, copy=False)
    earliest = fields.Date(string="Not Earlier Than", compute="_compute_bounds")
    latest = fields.Date(string="Not Later Than", compute="_compute_bounds")
    status = fields.Selection(
        [
            ("on_track", "On track"),
            ("endangered", "Endangered"),
            ("missed", "Missed"),
            ("done", "Done"),
        ],
        compute="_compute_bounds",
    )
    explanation = fields.Text(string="Why", compute="_compute_bounds")

    _unique_event = models.Constraint(
        "UNIQUE(dissolution_id, event_id)", "This event is in the timetable already."
    )

    # === COMPUTES === #

    @api.depends(
        "event_id",
        "date_planned",
        "done_on",
        "dissolution_id.timetable_id",
        "dissolution_id.min_notice_days",
        "dissolution_id.milestone_ids.date_planned",
        "dissolution_id.milestone_ids.done_on",
    )
    def _compute_bounds(self):
        # Dates of one campaign are read together: each may be counted from another.
        for campaign, milestones in self.grouped("dissolution_id").items():
            results = campaign._judge_milestones(milestones)
            for milestone in milestones:
                result = results[milestone]
                milestone.earliest = result.earliest
                milestone.latest = result.latest
                milestone.status = result.status
                milestone.explanation = result.explanation

    # === ACCESS === #

    @api.model_create_multi
    def create(self, vals_list):
        milestones = super().create(vals_list)
        if not self.env.su:
            milestones.dissolution_id._check_may_date()
        return milestones

    def write(self, vals):
        if self.env.su:
            return super().write(vals)
        if {"dissolution_id", "event_id"}.intersection(vals):
            raise AccessError(
                self.env._("Add another milestone instead of changing what this is.")
            )
        self.dissolution_id._check_may_date()
        if "date_planned" in vals:
            self._note_new_day(fields.Date.to_date(vals["date_planned"]))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_in_drafts(self):
        if self.env.su:
            return
        self.dissolution_id._check_state("draft")
        self.dissolution_id._check_may_date()
        for milestone in self:
            # Gates ask for it: without the event nothing would be barred or red.
            route = milestone.dissolution_id.timetable_id
            if milestone.event_id in route._events():
                raise UserError(
                    self.env._(
                        "“%s” belongs to the route: leave its day empty instead.",
                        milestone.event_id.name,
                    )
                )

    def _note_new_day(self, day):
        """Keep in the chatter that approved days are moved; a day that is over stays.

        :param date day: the new one, or False
        :raise UserError: for what has happened already
        """
        for milestone in self:
            if milestone.done_on:
                raise UserError(
                    self.env._(
                        "“%s” has happened: its planned day stays as it was.",
                        milestone.event_id.name,
                    )
                )
            campaign = milestone.dissolution_id
            if campaign.state == "draft" or milestone.date_planned == day:
                continue
            nothing = self.env._("no day")
            # Who may change the day was checked; posting needs no more than reading.
            campaign.sudo().message_post(
                body=self.env._(
                    "“%(event)s” moved from %(old)s to %(new)s.",
                    event=milestone.event_id.name,
                    old=format_date(self.env, milestone.date_planned) or nothing,
                    new=format_date(self.env, day) or nothing,
                ),
                author_id=self.env.user.partner_id.id,
            )

    # === RECORDING === #

    def action_record_done(self):
        """Ask when it happened."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "continuity.dissolution.milestone.done",
            "view_mode": "form",
            "target": "new",
            "name": self.event_id.name,
            "context": {"default_milestone_id": self.id},
        }

    def _record_done(self, day, note=None, reason=None):
        """Record that it happened.

        :param date day: when
        :param str note: a remark, such as the number of the gazette
        :param str reason: why it became public although key customers had not been
            told; only approvers and managers may go on with one
        :raise AccessError: unless an author, the lead of the task force, an approver
            or a manager
        :raise UserError: listing what stands in the way
        """
        self.ensure_one()
        campaign = self.dissolution_id
        campaign._check_may_date(RECORDING_STATES)
        if errors := self._recording_errors(day):
            raise UserError("\n".join(errors))
        unreached = self._unreached()
        if unreached:
            self._check_going_on(unreached, reason)
        # What was checked above is now written into guarded fields.
        self.sudo().write(
            {
                "done_on": day,
                "done_by_id": self.env.uid,
                "note": note,
                "unreached_reason": reason if unreached else False,
            }
        )
        campaign.sudo().message_post(
            body=self.env._(
                "“%(event)s” happened on %(day)s.",
                event=self.event_id.name,
                day=format_date(self.env, day),
            ),
            author_id=self.env.user.partner_id.id,
        )
        campaign._on_milestone_done(self)

    def _recording_errors(self, day):
        """Return what keeps this milestone from being recorded; extensions add theirs.

        :param date day: when it is said to have happened
        :rtype: list[str]
        """
        self.ensure_one()
        campaign = self.dissolution_id
        errors = []
        if self.done_on:
            errors.append(
                self.env._(
                    "“%(event)s” is recorded already, for %(day)s.",
                    event=self.event_id.name,
                    day=format_date(self.env, self.done_on),
                )
            )
        if day > campaign._local_today():
            errors.append(
                self.env._(
                    "%s has not come yet: plan it, and record it afterwards.",
                    format_date(self.env, day),
                )
            )
        if self.event_id.is_public or self.code == "customers_told":
            decided = campaign._date_of("decision", done=True)
            if not decided or decided > day:
                errors.append(
                    self.env._(
                        "Record the decision first: nobody hears of it before it."
                    )
                )
        if self.code == "customers_told":
            # Counted with the app's rights: who records it may see only some of them.
            waiting = campaign.customer_ids.sudo().search_count(
                [("dissolution_id", "=", campaign.id), ("state", "=", "planned")]
            )
            if waiting:
                errors.append(
                    self.env._(
                        "%s customers have not been told yet. Tell them, or leave "
                        "them out with a reason.",
                        waiting,
                    )
                )
        if self.code in ("notice_published", "simplified_filing"):
            errors += campaign._simplified_errors()
        return errors

    def _unreached(self):
        """Return the customers of the first two tiers who have not been told while
        this makes it public.

        :rtype: continuity.dissolution.customer
        """
        self.ensure_one()
        # With the app's rights: they are counted whoever may see them.
        customers = self.env["continuity.dissolution.customer"].sudo()
        if not self.event_id.is_public:
            return customers
        first_two = self.env["continuity.tier"].sudo().search([], limit=2)
        return customers.search(
            [
                ("dissolution_id", "=", self.dissolution_id.id),
                ("state", "=", "planned"),
                ("tier_id", "in", first_two.ids),
            ]
        )

    def _check_going_on(self, unreached, reason):
        """Refuse to make it public while key customers have not heard of it.

        :param unreached: ``continuity.dissolution.customer``
        :param str reason: why to go on all the same
        :raise UserError: without a reason
        :raise AccessError: for anybody but approvers and managers
        """
        if not (reason or "").strip():
            raise UserError(
                self.env._(
                    "%(count)s customers of the first two tiers have not been told: "
                    "%(names)s. Tell them first, or say why it cannot wait.",
                    count=len(unreached),
                    names=", ".join(unreached[:MOST_NAMES].mapped("display_name"))
                    + (" …" if len(unreached) > MOST_NAMES else ""),
                )
            )
        self.dissolution_id._check_may_manage()

    def action_take_back(self):
        """Ask why what was recorded did not happen."""
        return self.env["continuity.reason.wizard"]._open(self, "take_back_milestone")

    def _take_back(self, reason):
        """Take back what was recorded by mistake; the decision only as long as nobody
        was told.

        :param str reason: kept in the chatter
        :raise AccessError: unless an approver or a manager
        :raise UserError: without a reason, or when customers may have heard of it
        """
        if not (reason or "").strip():
            raise UserError(self.env._("Say what was wrong."))
        for milestone in self:
            campaign = milestone.dissolution_id
            campaign._check_may_manage()
            campaign._check_state(*RECORDING_STATES)
            if milestone.code == "decision" and campaign.state not in (
                "draft",
                "approved",
            ):
                raise UserError(
                    self.env._(
                        "The campaign has begun with this decision: give the campaign "
                        "up instead, with the reason."
                    )
                )
            # Who decides on the campaign was checked above.
            milestone.sudo().write(
                {
                    "done_on": False,
                    "done_by_id": False,
                    "note": False,
                    "unreached_reason": False,
                }
            )
            campaign.sudo().message_post(
                body=self.env._(
                    "“%(event)s” did not happen after all: %(reason)s",
                    event=milestone.event_id.name,
                    reason=reason,
                ),
                author_id=self.env.user.partner_id.id,
            )
