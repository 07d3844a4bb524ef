"""Customers of colleagues in a draft: whoever has a deal or an activity of their own
with somebody's customer may hand that over, and learns no more about the customer.
"""

from odoo import api, models


class ContinuityHandover(models.Model):
    _inherit = "continuity.handover"

    @api.model
    def _find_unseen(self, partners, leavers, company):
        """Return the customers of which the user is told nothing: they belong to
        somebody who hands nothing over here, and the user may not see what the
        company knows of them.

        Anybody may make a deal of their own with any customer. What a plan proposes
        would tell them its tier and rank, and the deals and complaints of others.

        :param partners: ``res.partner``, commercial ones
        :param leavers: ``res.users`` who hand over
        :param company: ``res.company``
        :rtype: res.partner
        """
        others = partners._origin.sudo().filtered(
            lambda p: p.user_id and p.user_id not in leavers._origin.sudo()
        )
        if not others:
            return others
        # With the user's own rights, whatever the caller runs with.
        seen = (
            self.env["continuity.relationship"]
            .sudo(False)
            .with_context(active_test=False)
            .search([("partner_id", "in", others.ids), ("company_id", "=", company.id)])
        )
        return others - seen.partner_id.sudo()

    def _on_approved(self):
        """Complete what who drafted it was not told: from now on it is carried out."""
        for line in self.sudo().line_ids:
            if not line.tier_id:
                line.tier_id = line.relationship_id.tier_id
        return super()._on_approved()


class ContinuityHandoverLine(models.Model):
    _inherit = "continuity.handover.line"

    def _unseen_customers(self):
        """Return the customers of these lines of which the user is told nothing as
        long as their plan is not approved.

        :rtype: res.partner
        """
        unseen = self.env["res.partner"].sudo()
        for plan, lines in self.sudo().grouped("handover_id").items():
            if not plan._was_approved():
                unseen |= plan._find_unseen(
                    lines.partner_id, plan.leaver_ids, plan.company_id
                )
        return unseen
