"""Customers merged while a campaign concerns both of them."""

from odoo import models


class ContinuityDissolutionCustomer(models.Model):
    _inherit = "continuity.dissolution.customer"

    def _fold_into(self, target):
        """What is owed becomes that line's; nobody counts as told by half."""
        result = super()._fold_into(target)
        self.obligation_ids.write({"customer_id": target.id})
        if self.state == "planned" and target.state != "planned":
            target.write({"state": "planned", "told_on": False})
        if self.segment == "unfulfilled":
            target.segment = self.segment
        return result
