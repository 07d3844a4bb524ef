from odoo import api, models

from .continuity_export_guard import ExportRestriction


class ContinuityHandover(models.Model):
    """Whoever has handed in their notice exports no customers any more (D7)."""

    _inherit = "continuity.handover"

    @api.model
    def _export_restrictions(self, user, companies):
        restrictions = super()._export_restrictions(user, companies)
        plans = self.search(
            [
                ("reason", "=", "resignation"),
                ("leaver_ids", "in", user.ids),
                ("company_id", "in", companies.ids),
                ("state", "not in", ("draft", "refused", "cancelled")),
            ]
        )
        return restrictions + [
            ExportRestriction(plan, plan.company_id, False) for plan in plans
        ]
