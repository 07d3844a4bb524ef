"""A person's word on the tier of a customer, which the refresh leaves alone."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class ContinuityRelationship(models.Model):
    _inherit = "continuity.relationship"

    @api.depends_context("uid")
    def _compute_can_lock_tier(self):
        self.can_lock_tier = self._may_lock_tier()

    def _may_lock_tier(self):
        """Tell whether the user may lock and unlock tiers; extensions may widen it."""
        return self.env.user.has_group("customer_continuity.group_manager")

    def _check_may_lock_tier(self):
        if not self._may_lock_tier():
            raise AccessError(
                self.env._(
                    "Only a manager of Customer Continuity can lock or unlock a tier. "
                    "Ask your manager."
                )
            )
        self.check_access("read")

    def lock_tier(self, tier_id, reason):
        """Put customers into a tier and keep them there.

        Person, date and reason are kept on the relationship and in its chatter.

        :param int tier_id: id of the ``continuity.tier``
        :param str reason: why this tier, for whoever asks later
        :raise AccessError: unless the user is a manager who can see the customers
        :raise UserError: without a reason, or when the tier does not exist
        """
        self._check_may_lock_tier()
        tier = self.env["continuity.tier"].browse(tier_id).exists()
        if not tier:
            raise UserError(self.env._("Choose the tier to lock the customer in."))
        reason = (reason or "").strip()
        if not reason:
            raise UserError(
                self.env._("Say why the tier is locked, for whoever asks later.")
            )
        self.sudo().write(
            {
                "tier_id": tier.id,
                "tier_locked": True,
                "tier_lock_reason": reason,
                "tier_lock_user_id": self.env.uid,
                "tier_lock_date": fields.Date.context_today(self),
            }
        )
        self._post_note(
            self.env._(
                "Locked in tier %(tier)s: %(reason)s", tier=tier.name, reason=reason
            )
        )
        self._refresh_self()

    def unlock_tier(self, reason):
        """Let the refresh choose the tier again.

        :param str reason: why the lock ends
        :raise AccessError: unless the user is a manager who can see the customers
        :raise UserError: without a reason
        """
        self._check_may_lock_tier()
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why the tier is unlocked."))
        locked = self.filtered("tier_locked")
        locked.sudo().write(
            {
                "tier_locked": False,
                "tier_lock_reason": False,
                "tier_lock_user_id": False,
                "tier_lock_date": False,
            }
        )
        locked._post_note(self.env._("Tier unlocked: %s", reason))
        locked._refresh_self()

    def _post_note(self, body):
        """Leave the same note, from the user, in the chatter of each record."""
        for relationship in self:
            relationship.sudo().message_post(
                body=body,
                author_id=self.env.user.partner_id.id,
                subtype_xmlid="mail.mt_note",
            )

    def _refresh_self(self):
        """Bring the figures of these customers up to date at once."""
        for company, relationships in self.sudo().grouped("company_id").items():
            self.sudo()._refresh(company, partners=relationships.partner_id)

    def action_lock_tier(self):
        """Ask for tier and reason."""
        self._check_may_lock_tier()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Lock Tier"),
            "res_model": "continuity.tier.lock",
            "view_mode": "form",
            "target": "new",
            "context": {"default_relationship_ids": self.ids},
        }

    def action_unlock_tier(self):
        """Ask for the reason to unlock."""
        action = self.action_lock_tier()
        action["name"] = self.env._("Unlock Tier")
        action["context"]["default_unlock"] = True
        return action
