"""Where a customer in a running handover says so."""

from odoo import api, fields, models


class ContinuityHandoverLine(models.Model):
    _inherit = "continuity.handover.line"

    @api.model
    def _find_running(self, partners, companies):
        """Return the running handovers of customers, as far as the user may see them.

        :param partners: ``res.partner``, commercial ones
        :param companies: ``res.company``
        :return: tuples (partner, company) to ``continuity.handover``
        :rtype: dict
        """
        if not self.has_access("read"):
            return {}
        lines = self.search(
            [
                ("partner_id", "in", partners.ids),
                ("company_id", "in", companies.ids),
                ("handover_id.state", "=", "running"),
                ("excluded", "=", False),
                ("state", "not in", ("left", "undone")),
            ],
            # The last one wins: the latest plan.
            order="id",
        )
        return {(x.partner_id, x.company_id): x.handover_id for x in lines}


class ContinuityRelationship(models.Model):
    _inherit = "continuity.relationship"

    handover_line_ids = fields.One2many(
        "continuity.handover.line",
        "relationship_id",
        help="Record rules go through it: predecessors read on while they support.",
    )
    handover_id = fields.Many2one(
        "continuity.handover",
        string="Running Handover",
        compute="_compute_handover_id",
    )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_handover_id(self):
        running = self.env["continuity.handover.line"]._find_running(
            self.partner_id, self.company_id
        )
        for relationship in self:
            key = relationship.partner_id, relationship.company_id
            relationship.handover_id = running.get(key)

    def action_open_handover(self):
        """Open the running handover of this customer."""
        self.ensure_one()
        return self.handover_id._get_records_action()


class ResPartner(models.Model):
    _inherit = "res.partner"

    continuity_handover_id = fields.Many2one(
        "continuity.handover",
        string="Running Handover",
        compute="_compute_continuity_handover_id",
        groups="customer_continuity.group_user",
    )

    @api.depends("commercial_partner_id")
    @api.depends_context("uid", "company", "allowed_company_ids")
    def _compute_continuity_handover_id(self):
        company = self.env.company
        running = self.env["continuity.handover.line"]._find_running(
            self.commercial_partner_id, company
        )
        for partner in self:
            key = partner.commercial_partner_id, company
            partner.continuity_handover_id = running.get(key)

    def action_open_continuity_handover(self):
        """Open the running handover of this customer."""
        self.ensure_one()
        return self.continuity_handover_id._get_records_action()
