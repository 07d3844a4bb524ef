from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

STEPS = ("what", "dates", "who", "preview")


class ContinuityDissolutionWizard(models.TransientModel):
    """Prepare a dissolution campaign in four steps: what and why, by when, who, and a
    preview of whom it concerns.

    Nobody is told and nothing is planned: the result is a draft.
    """

    _name = "continuity.dissolution.wizard"
    _description = "Wind Down"
    _inherit = ["continuity.readable.onchange.mixin"]

    step = fields.Selection(
        [
            ("what", "What and Why"),
            ("dates", "By When"),
            ("who", "Who"),
            ("preview", "Preview"),
        ],
        default="what",
        required=True,
        readonly=True,
    )
    kind = fields.Selection(
        selection="_selection_kind",
        string="What Is Wound Down",
        required=True,
        default="company",
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    internal_reason = fields.Text(
        help="For the approvers and those who may see the campaign. Customers never "
        "see it."
    )
    customer_reason = fields.Text(
        string="What Customers Are Told",
        help="The reason in the words customers hear: honest and specific.",
    )
    reason_advice = fields.Text(
        compute="_compute_reason_advice", string="Worth Another Word"
    )
    jurisdiction_id = fields.Many2one(
        "continuity.jurisdiction",
        compute="_compute_jurisdiction_id",
        store=True,
        readonly=False,
        help="Whose law says what is due by when, and what a notice must contain.",
    )
    timetable_id = fields.Many2one(
        "continuity.timetable",
        string="Route",
        compute="_compute_timetable_id",
        store=True,
        readonly=False,
        domain="[('jurisdiction_id', '=', jurisdiction_id)]",
    )
    route_description = fields.Text(related="timetable_id.description")
    decision_date = fields.Date(
        string="Day of the Decision",
        required=True,
        default=fields.Date.context_today,
        help="The day it is, or was, decided. Nobody hears of it before.",
    )
    min_notice_days = fields.Integer(
        string="Notice before the Last Service (days)",
        compute="_compute_min_notice_days",
        store=True,
        readonly=False,
    )
    date_ids = fields.One2many(
        "continuity.dissolution.wizard.date", "wizard_id", string="Timetable"
    )
    dates_warning = fields.Text(compute="_compute_dates_warning")
    owner_id = fields.Many2one(
        "res.users",
        string="Owner or Legal Representative",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
    )
    lead_id = fields.Many2one(
        "res.users",
        string="Leads the Task Force",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        help="Hears of dates in danger.",
    )
    unfulfilled_user_id = fields.Many2one(
        "res.users",
        string="Unfulfilled Customers",
        domain="[('share', '=', False)]",
        help="Speaks to customers we owe something and who have no salesperson.",
    )
    paying_user_id = fields.Many2one(
        "res.users", string="Paying Customers", domain="[('share', '=', False)]"
    )
    settled_user_id = fields.Many2one(
        "res.users", string="Settled Customers", domain="[('share', '=', False)]"
    )
    approver_id = fields.Many2one("res.users", domain="[('share', '=', False)]")
    deputy_id = fields.Many2one(
        "res.users",
        domain="[('share', '=', False)]",
        help="May approve in the approver's stead.",
    )
    team_ids = fields.Many2many(
        "crm.team",
        "continuity_dissolution_wizard_team_rel",
        string="Only Sales Teams",
        help="Empty: the customers of all teams.",
    )
    categ_ids = fields.Many2many(
        "product.category",
        "continuity_dissolution_wizard_categ_rel",
        string="Only Buyers of",
        help="Empty: whatever they buy.",
    )
    country_ids = fields.Many2many(
        "res.country",
        "continuity_dissolution_wizard_country_rel",
        string="Only Countries",
        help="Empty: customers of all countries.",
    )
    error_text = fields.Text(compute="_compute_preview")
    warning_text = fields.Text(compute="_compute_preview")
    summary_html = fields.Html(compute="_compute_preview", sanitize=False)

    @api.model
    def _selection_kind(self):
        field = self.env["continuity.dissolution"]._fields["kind"]
        return field._description_selection(self.env)

    def web_read(self, specification):
        """Read the form; the preview counts in a temporary table."""
        return super().web_read(specification)

    # Hence not on a cursor that only reads.
    web_read._readonly = False

    # === COMPUTES === #

    @api.depends("company_id")
    def _compute_jurisdiction_id(self):
        jurisdictions = self.env["continuity.jurisdiction"]
        for wizard in self:
            country = wizard.company_id.sudo().country_id
            wizard.jurisdiction_id = jurisdictions._for_country(country)

    @api.depends("jurisdiction_id")
    def _compute_timetable_id(self):
        for wizard in self:
            wizard.timetable_id = self.env["continuity.timetable"].search(
                [("jurisdiction_id", "=", wizard.jurisdiction_id.id)], limit=1
            )

    @api.depends("company_id")
    def _compute_min_notice_days(self):
        for wizard in self:
            wizard.min_notice_days = wizard.company_id.continuity_min_notice_days

    @api.depends("customer_reason")
    def _compute_reason_advice(self):
        wording = self.env["continuity.wording"]
        for wizard in self:
            found = wording._find(wizard.customer_reason)
            wizard.reason_advice = "\n".join(found) or False

    @api.depends("step", "date_ids.date_planned", "timetable_id", "min_notice_days")
    def _compute_dates_warning(self):
        for wizard in self:
            wizard.dates_warning = False
            if wizard.step == "dates":
                campaign = wizard._draft_campaign()
                warnings = campaign._order_errors() + campaign._milestone_warnings()
                wizard.dates_warning = "\n".join(warnings) or False

    @api.depends("step")
    def _compute_preview(self):
        for wizard in self:
            wizard.error_text = wizard.warning_text = wizard.summary_html = False
            if wizard.step != "preview":
                continue
            # Also when a client writes the step itself: it tells of the books.
            wizard._check_may_draft()
            campaign = wizard._draft_campaign()
            wizard.error_text = "\n".join(wizard._errors(campaign)) or False
            wizard.warning_text = "\n".join(wizard._warnings(campaign)) or False
            wizard.summary_html = self.env["ir.qweb"]._render(
                "customer_continuity.dissolution_preview",
                wizard._prepare_preview(campaign),
                minimal_qcontext=True,
            )

    def _prepare_preview(self, campaign):
        """Return what the preview shows: customers by tier and segment.

        :param campaign: see :meth:`_draft_campaign`
        :rtype: dict
        """
        segments = self.env["continuity.dissolution.customer"]._fields["segment"]
        labels = segments._description_selection(self.env)
        counts = {}
        for tier, segment, count in campaign._audience_preview():
            counts.setdefault(tier, {})[segment] = count
        rows = [
            {
                "tier": tier.name or self.env._("No tier yet"),
                "cells": [cells.get(segment, 0) for segment, _label in labels],
                "total": sum(cells.values()),
            }
            for tier, cells in counts.items()
        ]
        return {
            "labels": [label for _segment, label in labels],
            "rows": rows,
            "totals": [
                sum(row["cells"][i] for row in rows) for i in range(len(labels))
            ],
            "total": sum(row["total"] for row in rows),
        }

    # === STEPS === #

    def _check_may_draft(self):
        """Refuse campaigns by anybody but managers, and of companies one is not in.

        :raise AccessError: for anybody else
        """
        if not self.env.user.has_group("customer_continuity.group_manager"):
            raise AccessError(
                self.env._("A campaign is drafted by a manager of the app.")
            )
        for wizard in self:
            if wizard.company_id not in self.env.companies:
                raise AccessError(
                    self.env._("Switch to %s first.", wizard.sudo().company_id.name)
                )

    def _what_errors(self):
        """Return what is missing on the first step.

        :rtype: list[str]
        """
        self.ensure_one()
        errors = []
        if not (self.customer_reason or "").strip():
            errors.append(
                self.env._("Say what customers are told: the reason, in a sentence.")
            )
        if self.kind == "company" and not self.timetable_id:
            errors.append(
                self.env._("Choose the route: it says which periods the law sets.")
            )
        if self.kind == "branch" and not (self.team_ids or self.country_ids):
            errors.append(
                self.env._("Say which branch: its sales teams, or its countries.")
            )
        if self.kind == "product" and not self.categ_ids:
            errors.append(self.env._("Say which products are no longer offered."))
        return errors

    def action_next(self):
        """Go to the next step.

        :raise AccessError: for who may not draft a campaign
        :raise UserError: listing what is missing on this step
        """
        self.ensure_one()
        self._check_may_draft()
        if self.step == "what" and (errors := self._what_errors()):
            raise UserError("\n".join(errors))
        self.step = STEPS[STEPS.index(self.step) + 1]
        if self.step == "dates":
            self._complete_dates()
        return self._reopen()

    def action_back(self):
        """Go back one step; what was edited is kept."""
        self.ensure_one()
        self.step = STEPS[max(STEPS.index(self.step) - 1, 0)]
        return self._reopen()

    def action_propose_dates(self):
        """Propose all days again, from the decision on."""
        self.ensure_one()
        self._check_may_draft()
        self.date_ids.unlink()
        self._complete_dates()
        return self._reopen()

    def _complete_dates(self):
        """Propose a day for every event of the route; days that are there stay."""
        events = self.timetable_id._events()
        self.date_ids.filtered(lambda d: d.event_id not in events).unlink()
        missing = events - self.date_ids.event_id
        self.date_ids = [Command.create({"event_id": event.id}) for event in missing]
        decision = self.date_ids.filtered(lambda d: d.event_id.code == "decision")
        decision.date_planned = self.decision_date
        days = self._draft_campaign()._propose_days()
        for line in self.date_ids.filtered(lambda d: not d.date_planned):
            line.date_planned = days.get(line.event_id.code)

    # === THE CAMPAIGN === #

    def _prepare_campaign_values(self):
        """Return the values of the draft."""
        self.ensure_one()
        members = [
            (self.lead_id, "lead"),
            (self.unfulfilled_user_id, "unfulfilled"),
            (self.paying_user_id, "paying"),
            (self.settled_user_id, "settled"),
        ]
        approval = {"user_id": self.approver_id.id, "deputy_id": self.deputy_id.id}
        return {
            "kind": self.kind,
            "company_id": self.company_id.id,
            "internal_reason": self.internal_reason,
            "customer_reason": self.customer_reason,
            "jurisdiction_id": self.jurisdiction_id.id,
            "timetable_id": self.timetable_id.id,
            "min_notice_days": self.min_notice_days,
            "owner_id": self.owner_id.id,
            "team_ids": [Command.set(self.team_ids.ids)],
            "categ_ids": [Command.set(self.categ_ids.ids)],
            "country_ids": [Command.set(self.country_ids.ids)],
            "member_ids": [
                Command.create({"user_id": user.id, "role": role})
                for user, role in members
                if user
            ],
            "approval_ids": [Command.create(approval)] if self.approver_id else [],
            "milestone_ids": [
                Command.create(
                    {"event_id": line.event_id.id, "date_planned": line.date_planned}
                )
                for line in self.date_ids
            ],
        }

    def _draft_campaign(self):
        """Return the campaign as it would be, in memory only, so that its own checks
        serve the wizard too."""
        return self.env["continuity.dissolution"].new(self._prepare_campaign_values())

    def _errors(self, campaign):
        """Return what would keep the campaign from being submitted.

        :rtype: list[str]
        """
        return list(dict.fromkeys(self._what_errors() + campaign._submission_errors()))

    def _warnings(self, campaign):
        """Return what deserves a second look.

        :rtype: list[str]
        """
        warnings = self.reason_advice.split("\n") if self.reason_advice else []
        return warnings + campaign._milestone_warnings()

    def action_create_campaign(self):
        """Create the draft, let its customers be found, and open it.

        :raise UserError: listing all errors of the preview
        :raise AccessError: for who may not draft a campaign
        """
        self.ensure_one()
        self._check_may_draft()
        if errors := self._errors(self._draft_campaign()):
            raise UserError("\n".join(errors))
        campaign = self.env["continuity.dissolution"].create(
            self._prepare_campaign_values()
        )
        campaign.action_build_audience()
        return {
            "type": "ir.actions.act_window",
            "res_model": campaign._name,
            "res_id": campaign.id,
            "view_mode": "form",
            "name": campaign.name,
        }

    def _reopen(self):
        """Return the action that shows the wizard at its current step."""
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Wind Down"),
            "context": {"dialog_size": "extra-large"},
        }
