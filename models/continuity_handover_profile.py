"""A plan asks the predecessor for what is missing in its customers' profiles (T6)."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class ContinuityHandoverLine(models.Model):
    _inherit = "continuity.handover.line"

    missing_items = fields.Char(
        string="Missing in the Profile",
        compute="_compute_missing_items",
        compute_sudo=True,
    )
    profile_incomplete = fields.Boolean(
        compute="_compute_missing_items",
        compute_sudo=True,
        search="_search_profile_incomplete",
        help="Fewer of the required items are filled in than the settings ask for.",
    )

    @api.depends("partner_id", "company_id")
    @api.depends_context("lang")
    def _compute_missing_items(self):
        item_model = self.env["continuity.profile.item"]
        for line in self:
            items = line.company_id.continuity_profile_item_ids
            missing = items._missing_of(line.partner_id) if line.partner_id else None
            line.missing_items = missing and ", ".join(missing.mapped("name")) or False
            line.profile_incomplete = bool(
                missing and item_model._is_too_little(line.company_id, missing)
            )

    @api.model
    def _search_profile_incomplete(self, operator, value):
        if operator != "in":
            return NotImplemented
        relationships = self.env["continuity.relationship"].sudo()
        incomplete = Domain.FALSE
        for company in self.env.companies.sudo():
            condition = SQL(
                "%s < %s",
                relationships._refresh_sql_completeness(company),
                company.continuity_completeness_required,
            )
            incomplete |= Domain("company_id", "=", company.id) & Domain.custom(
                to_sql=lambda model, alias, query, condition=condition: SQL(
                    "EXISTS (SELECT FROM res_partner p WHERE p.id = %s AND %s)",
                    SQL.identifier(alias, "partner_id"),
                    condition,
                )
            )
        # What somebody has just filled in is filled in.
        self.env["res.partner"].flush_model()
        return incomplete if True in value else ~incomplete

    def action_complete_profile(self):
        """Ask for what is missing in the customer's profile."""
        self.ensure_one()
        self.check_access("read")
        return self.partner_id.action_open_continuity_profile()


class ContinuityHandover(models.Model):
    _inherit = "continuity.handover"

    incomplete_line_ids = fields.Many2many(
        "continuity.handover.line",
        compute="_compute_incomplete_line_ids",
        string="Profiles to Complete",
    )
    incomplete_count = fields.Integer(
        compute="_compute_incomplete_line_ids", string="Profiles Incomplete"
    )

    @api.depends("line_ids.partner_id", "line_ids.excluded", "line_ids.state")
    def _compute_incomplete_line_ids(self):
        for plan in self:
            lines = plan.line_ids.filtered(
                lambda x: (
                    not x.excluded
                    and x.state in ("open", "queued")
                    and x.profile_incomplete
                )
            )
            plan.incomplete_line_ids = lines
            plan.incomplete_count = len(lines)
