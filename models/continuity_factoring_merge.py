"""Customers merged while an agreement covers both of them."""

from odoo import api, models

# Covered less far to covered further.
PROGRESS = ("planned", "told", "noticed", "acknowledged", "released", "out")


class ContinuityFactoringDebtor(models.Model):
    _inherit = "continuity.factoring.debtor"

    def _combine_into(self, target):
        """Fold these lines into another one of the same agreement, and delete them;
        what is assigned becomes that line's.

        Nobody counts as noticed by half: the notice counts from the day both had it. A
        payment before is still turned over, but nobody reproaches the customer.

        :param target: the ``continuity.factoring.debtor`` that stays
        """
        merge = self.env["base.partner.merge.automatic.wizard"].sudo()
        for line in self.sudo():
            line._repoint_contacts(target)
            self.env["continuity.factoring.assignment"].sudo().search(
                [("debtor_id", "=", line.id)]
            ).write({"debtor_id": target.id})
            days = [line.noticed_on, target.noticed_on]
            target.write(
                {
                    "state": min(line.state, target.state, key=PROGRESS.index),
                    "noticed_on": all(days) and max(days),
                }
            )
            self.env.flush_all()
            merge._update_foreign_keys_generic(self._name, line, target)
            self.env.invalidate_all()
            line.unlink()


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Combine lines of the same agreement first: Odoo would delete the one that
        stands in the way of its unique constraint."""
        lines = self.env["continuity.factoring.debtor"].sudo()
        customer = dst_partner.commercial_partner_id
        for source in lines.search([("partner_id", "in", src_partners.ids)]):
            target = lines.search(
                [
                    ("factoring_id", "=", source.factoring_id.id),
                    ("partner_id", "=", customer.id),
                ]
            )
            if target and target != source:
                source._combine_into(target)
            elif not target:
                # The stored customer of what is assigned follows.
                source.partner_id = customer
        return super()._update_foreign_keys(src_partners, dst_partner)
