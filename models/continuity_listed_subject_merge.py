"""Customers merged while a document concerns both of them."""

from odoo import api, models


class ContinuityListedSubjectMixin(models.AbstractModel):
    _inherit = "continuity.listed.subject.mixin"

    def _combine_into(self, target):
        """Fold these lines into another one of the same document, and delete them.

        :param target: the line that stays
        """
        merge = self.env["base.partner.merge.automatic.wizard"].sudo()
        for line in self.sudo():
            line._repoint_contacts(target)
            line._fold_into(target)
            self.env.flush_all()
            merge._update_foreign_keys_generic(self._name, line, target)
            self.env.invalidate_all()
            line.unlink()

    def _fold_into(self, target):
        """Hook: let what hangs on this line, and how far it came, be that of the line
        that stays; whatever else names the line follows by itself.

        :param target: the line that stays
        """

    def _repoint_contacts(self, target):
        """Let the contacts of this line be those of another one.

        :param target: the line that stays
        """
        self.ensure_one()
        taken = set(target.touchpoint_ids.mapped("occurrence"))
        contacts = (
            self.env["continuity.touchpoint"]
            .sudo()
            .search([("origin_model", "=", self._name), ("origin_id", "=", self.id)])
        )
        for contact in contacts:
            occurrence = contact.occurrence
            if occurrence in taken:
                # Kept apart by the id of the old one: no contact is lost.
                occurrence = f"{occurrence}/{self.id}"
            contact.write({"origin_id": target.id, "occurrence": occurrence})


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Combine lines of the same document first: Odoo would delete the one that
        stands in the way of its unique constraint, with all that hangs on it."""
        customer = dst_partner.commercial_partner_id
        for name in self.env.registry.descendants(
            ["continuity.listed.subject.mixin"], "_inherit"
        ):
            model = self.env[name].sudo()
            if model._abstract:
                continue
            document = model._document_field
            for source in model.search([("partner_id", "in", src_partners.ids)]):
                target = model.search(
                    [
                        (document, "=", source[document].id),
                        ("partner_id", "=", customer.id),
                    ]
                )
                if target and target != source:
                    source._combine_into(target)
                elif not target:
                    # What stores the customer of the line follows.
                    source.partner_id = customer
        return super()._update_foreign_keys(src_partners, dst_partner)
