"""Which customers know too little of: the items that are missing, and the form that
asks for exactly the items a company requires (T6)."""

from lxml import etree

from odoo import api, fields, models
from odoo.exceptions import ValidationError

PROFILE_FORM = "customer_continuity.view_res_partner_profile_form"


class ResCompany(models.Model):
    _inherit = "res.company"

    continuity_completeness_required = fields.Integer(
        string="Complete From (%)",
        default=100,
        required=True,
        groups="base.group_user",
        help="A customer's profile counts as complete from this share of the required "
        "items on.",
    )

    @api.constrains("continuity_completeness_required")
    def _check_continuity_completeness_required(self):
        for company in self:
            if not 0 <= company.continuity_completeness_required <= 100:
                raise ValidationError(
                    self.env._(
                        "A profile is complete from 0 to 100 %% of its items on, not "
                        "from %s.",
                        company.continuity_completeness_required,
                    )
                )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    continuity_completeness_required = fields.Integer(
        related="company_id.continuity_completeness_required", readonly=False
    )


class ContinuityProfileItem(models.Model):
    _inherit = "continuity.profile.item"

    def _missing_of(self, partner):
        """Return which of these items a customer's profile lacks.

        :param partner: one ``res.partner``, the customer
        :rtype: continuity.profile.item
        """
        return self.filtered(lambda item: not item._is_filled(partner))

    @api.model
    def _is_too_little(self, company, missing):
        """Tell whether a profile is below what a company requires.

        :param company: ``res.company``
        :param missing: the items it lacks
        :rtype: bool
        """
        company = company.sudo()
        required = len(company.continuity_profile_item_ids)
        if not required:
            return False
        share = 100 * (required - len(missing)) / required
        # Rounded as the refresh rounds it.
        return int(share + 0.5) < company.continuity_completeness_required


class ResPartner(models.Model):
    _inherit = "res.partner"

    def action_open_continuity_profile(self):
        """Open the form that asks for the required items, and nothing else."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Profile of %s", self.display_name),
            "res_model": self._name,
            "res_id": self.commercial_partner_id.id,
            "views": [(self.env.ref(PROFILE_FORM).id, "form")],
            "target": "new",
        }

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        # Every other view of a customer costs nothing.
        if (
            view_type == "form"
            and view_id
            and view == self.env.ref(PROFILE_FORM, raise_if_not_found=False)
        ):
            group = arch.find(".//group[@name='items']")
            items = self.env.company.sudo().continuity_profile_item_ids
            for name in items._partner_field_names():
                etree.SubElement(group, "field", name=name)
        return arch, view

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        key = super()._get_view_cache_key(view_id, view_type, **options)
        if view_type != "form" or not view_id:
            return key
        items = self.env.company.sudo().continuity_profile_item_ids
        return (*key, tuple(items.ids))
