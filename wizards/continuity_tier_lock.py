from odoo import api, fields, models


class ContinuityTierLock(models.TransientModel):
    """Asks for the tier and the reason; the relationship checks and writes."""

    _name = "continuity.tier.lock"
    _description = "Lock or Unlock a Tier"
    _inherit = ["continuity.readable.links.mixin"]

    relationship_ids = fields.Many2many(
        "continuity.relationship",
        "continuity_tier_lock_relationship_rel",
        string="Customers",
        required=True,
    )
    unlock = fields.Boolean()
    tier_id = fields.Many2one(
        "continuity.tier", compute="_compute_tier_id", store=True, readonly=False
    )
    reason = fields.Char(required=True)

    @api.depends("relationship_ids")
    def _compute_tier_id(self):
        for wizard in self:
            tiers = wizard.relationship_ids.tier_id
            wizard.tier_id = tiers if len(tiers) == 1 else False

    def action_apply(self):
        """Lock, or unlock, the tier of the chosen customers."""
        self.ensure_one()
        if self.unlock:
            self.relationship_ids.unlock_tier(self.reason)
        else:
            self.relationship_ids.lock_tier(self.tier_id.id, self.reason)
        return {"type": "ir.actions.act_window_close"}
