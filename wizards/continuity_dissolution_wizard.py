from odoo import Command, api, fields, models


class ContinuityDissolutionWizard(models.TransientModel):
    """Prepare a dissolution campaign in four steps: what and why, by when, who, and a
    preview of whom it concerns.

    Nobody is told and nothing is planned: the result is a draft.
    """

    _name = "continuity.dissolution.wizard"
    _description = "Wind Down"
    _inherit = ["continuity.process.wizard.mixin"]

    _document_model = "continuity.dissolution"
    _preview_template = "customer_continuity.dissolution_preview"

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
        selection=lambda self: self._document_selection("kind"),
        string="What Is Wound Down",
        required=True,
        default="company",
    )
    internal_reason = fields.Text(
        help="For the approvers and those who may see the campaign. Customers never "
        "see it."
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

    def web_read(self, specification):
        """Read the form; the preview counts in a temporary table."""
        return super().web_read(specification)

    # Hence not on a cursor that only reads.
    web_read._readonly = False

    # === COMPUTES === #

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

    @api.depends("step", "date_ids.date_planned", "timetable_id", "min_notice_days")
    def _compute_dates_warning(self):
        for wizard in self:
            wizard.dates_warning = False
            if wizard.step == "dates":
                campaign = wizard._draft()
                warnings = campaign._order_errors() + campaign._milestone_warnings()
                wizard.dates_warning = "\n".join(warnings) or False

    def _prepare_preview(self, draft):
        """Show customers by tier and segment."""
        segments = self.env["continuity.dissolution.customer"]._fields["segment"]
        labels = segments._description_selection(self.env)
        counts = {}
        for tier, segment, count in draft._audience_preview():
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
        """Refuse campaigns by anybody but managers."""
        self.env["continuity.dissolution"]._check_drafter()
        return super()._check_may_draft()

    def _title(self):
        return self.env._("Wind Down")

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
        self._next(self._what_errors() if self.step == "what" else [])
        if self.step == "dates":
            self._complete_dates()
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
        days = self._draft()._propose_days()
        for line in self.date_ids.filtered(lambda d: not d.date_planned):
            line.date_planned = days.get(line.event_id.code)

    # === THE CAMPAIGN === #

    def _prepare_draft_values(self):
        members = [
            (self.lead_id, "lead"),
            (self.unfulfilled_user_id, "unfulfilled"),
            (self.paying_user_id, "paying"),
            (self.settled_user_id, "settled"),
        ]
        return {
            **super()._prepare_draft_values(),
            "kind": self.kind,
            "internal_reason": self.internal_reason,
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
            "milestone_ids": [
                Command.create(
                    {"event_id": line.event_id.id, "date_planned": line.date_planned}
                )
                for line in self.date_ids
            ],
        }

    def _errors(self, draft):
        return self._what_errors() + super()._errors(draft)

    def _warnings(self, draft):
        return super()._warnings(draft) + draft._milestone_warnings()

    def _create_document(self):
        campaign = super()._create_document()
        campaign.action_build_audience()
        return campaign
