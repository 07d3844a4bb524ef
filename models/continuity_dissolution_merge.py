"""Customers merged while a campaign concerns both of them."""

from odoo import api, models


class ContinuityDissolutionCustomer(models.Model):
    _inherit = "continuity.dissolution.customer"

    def _combine_into(self, target):
        """Fold these lines into another one of the same campaign, and delete them:
        what is owed, planned and agreed becomes that line's.

        :param target: the ``continuity.dissolution.customer`` that stays
        """
        merge = self.env["base.partner.merge.automatic.wizard"].sudo()
        for line in self.sudo():
            line._repoint_contacts(target)
            line.obligation_ids.write({"customer_id": target.id})
            if line.state == "planned" and target.state != "planned":
                # Half of it has not heard: nobody counts as told by half.
                target.write({"state": "planned", "told_on": False})
            if line.segment == "unfulfilled":
                target.segment = line.segment
            self.env.flush_all()
            merge._update_foreign_keys_generic(self._name, line, target)
            self.env.invalidate_all()
            line.unlink()


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Combine lines of the same campaign first: Odoo would delete the one that
        stands in the way of its unique constraint, with all that is owed."""
        lines = self.env["continuity.dissolution.customer"].sudo()
        customer = dst_partner.commercial_partner_id
        sources = lines.search([("partner_id", "in", src_partners.ids)])
        for source in sources:
            target = lines.search(
                [
                    ("dissolution_id", "=", source.dissolution_id.id),
                    ("partner_id", "=", customer.id),
                ]
            )
            if target and target != source:
                source._combine_into(target)
            elif not target:
                # The stored customer of what is owed follows.
                source.partner_id = customer
        return super()._update_foreign_keys(src_partners, dst_partner)
