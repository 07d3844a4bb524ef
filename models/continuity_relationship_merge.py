import logging

from odoo import api, models

_logger = logging.getLogger(__name__)


class ContinuityRelationship(models.Model):
    _inherit = "continuity.relationship"

    def _combine_into(self, target_partner):
        """Make these relationships those of another customer.

        In a company where the other customer has none, the row moves. Where it has
        one, the two become one: a lock wins over none, and of two locks the one in
        the higher tier; touchpoints, process lines, chatter and activities move to
        the row that stays. The figures are computed anew by the caller's refresh.

        :param target_partner: ``res.partner``; a contact stands for its customer
        :return: the relationships of the target in the companies concerned
        :rtype: continuity.relationship
        """
        target_partner = target_partner.sudo().commercial_partner_id
        sources = self.sudo().with_context(active_test=False)
        sources = sources.filtered(lambda r: r.partner_id != target_partner)
        result = sources.browse()
        for source in sources:
            target = sources.search(
                [
                    ("partner_id", "=", target_partner.id),
                    ("company_id", "=", source.company_id.id),
                ]
            )
            if target:
                source._combine_with(target)
            else:
                source.partner_id = target_partner
                target = source
            target._repoint_touchpoints()
            result |= target
        return result

    def _combine_with(self, target):
        """Fold this relationship into another of the same company and delete it."""
        self.ensure_one()
        if self._lock_wins_over(target):
            target.write(
                {
                    name: self[name]
                    for name in ("tier_locked", "tier_lock_reason", "tier_lock_date")
                }
                | {
                    "tier_id": self.tier_id.id,
                    "tier_lock_user_id": self.tier_lock_user_id.id,
                }
            )
        target.message_post(
            body=self.env._("Combined with the relationship of %s.", self.display_name),
            subtype_xmlid="mail.mt_note",
        )
        self.env.flush_all()
        self._repoint_origins(target)
        merge = self.env["base.partner.merge.automatic.wizard"].sudo()
        merge._update_foreign_keys_generic(self._name, self, target)
        merge._update_reference_fields_generic(self._name, self, target)
        self.env.invalidate_all()
        self.unlink()

    def _lock_wins_over(self, target):
        """Tell whether the lock of this row is the one to keep."""
        if not self.tier_locked or not target.tier_locked:
            return self.tier_locked
        tiers = (self.tier_id | target.tier_id).sorted()
        return self.tier_id == tiers[:1]

    def _repoint_touchpoints(self):
        """Let the touchpoints of this relationship be those of its customer."""
        for relationship in self:
            touchpoints = self.env["continuity.touchpoint"].sudo()
            touchpoints = touchpoints.search(
                [
                    ("relationship_id", "=", relationship.id),
                    ("partner_id", "!=", relationship.partner_id.id),
                ]
            )
            touchpoints.write({"partner_id": relationship.partner_id.id})

    def _repoint_origins(self, target):
        """Let touchpoints that the row itself gave rise to come from the other row.

        An occurrence both rows have is kept apart by the id of the old one: the
        ledger loses no contact.
        """
        self.ensure_one()
        touchpoint_model = self.env["continuity.touchpoint"].sudo()
        origin = [("origin_model", "=", self._name)]
        taken = set(
            touchpoint_model.search([*origin, ("origin_id", "=", target.id)]).mapped(
                "occurrence"
            )
        )
        for touchpoint in touchpoint_model.search(
            [*origin, ("origin_id", "=", self.id)]
        ):
            occurrence = touchpoint.occurrence
            if occurrence in taken:
                occurrence = f"{occurrence}/{self.id}"
            touchpoint.write({"origin_id": target.id, "occurrence": occurrence})

    @api.model
    def _refresh_everywhere(self, partners):
        """Refresh some customers in every company that knows them.

        A company whose tiers make no sense is left to its nightly run, which says
        so: whoever edits or merges customers cannot put it right.

        :param partners: ``res.partner``
        """
        partners = partners.sudo().commercial_partner_id
        model = self.sudo().with_context(active_test=False)
        companies = model.search([("partner_id", "in", partners.ids)]).company_id
        for company in companies:
            if errors := self.env["continuity.tier"]._threshold_errors(company):
                _logger.warning(
                    "Customers not refreshed in %s (id %s), its tiers are wrong: %s",
                    company.name,
                    company.id,
                    " ".join(errors),
                )
                continue
            model._refresh(company, partners=partners)


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Combine relationships first: Odoo would delete the row that stands in the
        way of its unique constraint, with its lock and its chatter."""
        relationship_model = self.env["continuity.relationship"].sudo()
        relationships = relationship_model.with_context(active_test=False).search(
            [("partner_id", "in", src_partners.ids)]
        )
        combined = relationships._combine_into(dst_partner)
        self.env.flush_all()
        result = super()._update_foreign_keys(src_partners, dst_partner)
        self.env.invalidate_all()
        if combined:
            relationship_model._refresh_everywhere(combined.partner_id)
        return result
