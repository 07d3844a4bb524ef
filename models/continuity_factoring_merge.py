"""Customers merged while an agreement covers both of them."""

from odoo import models

# Covered less far to covered further.
PROGRESS = ("planned", "told", "noticed", "acknowledged", "released", "out")


class ContinuityFactoringDebtor(models.Model):
    _inherit = "continuity.factoring.debtor"

    def _fold_into(self, target):
        """Nobody counts as noticed by half: the notice counts from the day both had it.
        A payment before is still turned over, but nobody reproaches the customer. What
        is assigned follows by itself."""
        result = super()._fold_into(target)
        if self.state == "out":
            return
        values = {"state": self.state}
        if target.state != "out":
            values["state"] = min(self.state, target.state, key=PROGRESS.index)
        for name in ("told_on", "noticed_on", "acknowledged_on"):
            days = [self[name]]
            if target.state != "out":
                days.append(target[name])
            values[name] = all(days) and max(days)
        target.write(values)
        target._update_state()
        if values["state"] in ("planned", "told"):
            target._plan_contacts()
        return result
