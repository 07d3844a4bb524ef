from odoo import fields, models
from odoo.fields import Domain


class ContinuityDissolution(models.Model):
    """Questions, complaints and lawyers' letters of a dissolution (D9), in one place
    and as a register."""

    _inherit = "continuity.dissolution"

    concern_count = fields.Integer(compute="_compute_concern_count", string="Concerns")

    def _compute_concern_count(self):
        self.concern_count = 0
        for campaign in self._origin:
            lines = self.env["continuity.dissolution.customer"].sudo()
            query = lines._search([("dissolution_id", "=", campaign.id)])
            # Counted on each form: without reading the customers.
            campaign.concern_count = self.env["continuity.concern"].search_count(
                campaign._concern_domain(query, query.subselect("partner_id"))
            )

    def _concern_domain(self, line_ids=None, partner_ids=None):
        """Return which concerns belong to one campaign: what its letters and contacts
        led to, and whatever else its customers have raised since the decision.

        :param line_ids: of its customers, possibly as a query; ids without
        :param partner_ids: of their partners, likewise
        :rtype: Domain
        """
        self.ensure_one()
        lines = self.env["continuity.dissolution.customer"].sudo()
        if line_ids is None:
            lines = self.sudo().customer_ids
            line_ids, partner_ids = lines.ids, lines.partner_id.ids
        touchpoints = Domain("touchpoint_id.origin_model", "=", lines._name) & Domain(
            "touchpoint_id.origin_id", "in", line_ids
        )
        domain = touchpoints
        if decided := self._date_of("decision", done=True):
            # A day of grace on each side of the date line harms nobody.
            domain |= (
                Domain("partner_id", "in", partner_ids)
                & Domain("company_id", "=", self.company_id.id)
                & Domain("raised_on", ">=", fields.Date.to_string(decided))
            )
        return domain

    def _concerns(self):
        """Return the concerns of one campaign that the user may see.

        :rtype: continuity.concern
        """
        return self.env["continuity.concern"].search(self._concern_domain())

    def action_view_concerns(self):
        """Open what customers of the campaign have raised."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "customer_continuity.action_concern"
        )
        action["domain"] = list(self._concern_domain())
        action["context"] = {}
        return action

    def _action_concern_register(self, kind):
        self.ensure_one()
        self.check_access("read")
        concerns = self._concerns()
        hidden = len(self.sudo()._concerns()) - len(concerns)
        return self.env["continuity.concern.register"]._open(
            concerns, self.name, kind, hidden
        )

    def action_concern_register_pdf(self):
        """Print what customers raised, and when it was answered."""
        return self._action_concern_register("pdf")

    def action_concern_register_csv(self):
        """Download what customers raised, and when it was answered."""
        return self._action_concern_register("csv")
