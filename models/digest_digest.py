from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from .continuity_concern import OPEN_STATES as OPEN_CONCERNS
from .continuity_touchpoint import OPEN_STATES


class DigestDigest(models.Model):
    """Figures for managers in Odoo's digest, of what its reader may see.

    Contacts made are those of the period; the others are as they stand at its end,
    as far as the ledger knows: who is silent is known for today only.
    """

    _inherit = "digest.digest"

    kpi_continuity_contacts = fields.Boolean("True Contacts")
    kpi_continuity_contacts_value = fields.Integer(
        compute="_compute_kpi_continuity_contacts_value"
    )
    kpi_continuity_overdue = fields.Boolean("Overdue Contacts")
    kpi_continuity_overdue_value = fields.Integer(
        compute="_compute_kpi_continuity_overdue_value"
    )
    kpi_continuity_silent = fields.Boolean("Silent Customers")
    kpi_continuity_silent_value = fields.Integer(
        compute="_compute_kpi_continuity_silent_value"
    )
    kpi_continuity_concerns = fields.Boolean("Open Concerns")
    kpi_continuity_concerns_value = fields.Integer(
        compute="_compute_kpi_continuity_concerns_value"
    )

    def _compute_kpi_continuity_contacts_value(self):
        start, end, _companies = self._get_kpi_compute_parameters()
        self._count_continuity(
            "kpi_continuity_contacts_value",
            "continuity.touchpoint.attempt",
            Domain("outcome", "=", "held")
            & Domain("withdrawn", "=", False)
            & Domain("channel_id.true_contact", "=", True)
            & Domain("date", ">=", start)
            & Domain("date", "<", end),
            company_field="touchpoint_id.company_id",
        )

    def _compute_kpi_continuity_overdue_value(self):
        _start, end, _companies = self._get_kpi_compute_parameters()
        day = fields.Datetime.to_datetime(end).date()
        self._count_continuity(
            "kpi_continuity_overdue_value",
            "continuity.touchpoint",
            Domain("date_due", "<", day)
            & Domain("held_back", "=", False)
            & (
                Domain("state", "in", OPEN_STATES)
                | (Domain("state", "=", "done") & Domain("date_done", ">=", end))
            ),
        )

    def _compute_kpi_continuity_silent_value(self):
        self._count_continuity(
            "kpi_continuity_silent_value",
            "continuity.relationship",
            Domain("state", "=", "silent"),
        )

    def _compute_kpi_continuity_concerns_value(self):
        _start, end, _companies = self._get_kpi_compute_parameters()
        self._count_continuity(
            "kpi_continuity_concerns_value",
            "continuity.concern",
            Domain("raised_on", "<", end)
            & (Domain("state", "in", OPEN_CONCERNS) | Domain("answered_on", ">=", end)),
        )

    def _count_continuity(self, name, model, domain, company_field="company_id"):
        """Write on each digest how many records its reader sees in its company.

        :param str name: the field to write
        :param str model: of the records
        :param Domain domain: which ones
        :param str company_field: path to their company
        :raise AccessError: for readers the app is none of the business of, whose
            digest leaves the figure out
        """
        if not self.env.user.has_group("customer_continuity.group_user"):
            raise AccessError(
                self.env._("Do not have access, skip this data for user's digest email")
            )
        for digest in self:
            company = digest.company_id or self.env.company
            digest[name] = (
                self.env[model]
                .with_context(allowed_company_ids=company.ids)
                .search_count(domain & Domain(company_field, "=", company.id))
            )

    def _compute_kpis_actions(self, company, user):
        result = super()._compute_kpis_actions(company, user)
        menu = self.env.ref("customer_continuity.menu_root").id
        for name, action in (
            ("contacts", "action_touchpoint"),
            ("overdue", "action_overdue"),
            ("silent", "action_continuity_relationship"),
            ("concerns", "action_concern"),
        ):
            result[f"kpi_continuity_{name}"] = (
                f"customer_continuity.{action}?menu_id={menu}"
            )
        return result
