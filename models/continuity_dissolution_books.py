"""Who becomes a creditor while a campaign runs gets the notice, too (D4)."""

from odoo import fields, models

from .continuity_obligation_items import MONEY_OWED


class ContinuityDissolution(models.Model):
    _inherit = "continuity.dissolution"

    def _refresh_obligations(self, commit=False):
        result = super()._refresh_obligations(commit)
        if self.state == "running":
            self.sudo()._notify_new_creditors()
        return result

    def _notify_new_creditors(self):
        """Plan the creditor notice for customers who have come to be owed money."""
        self.ensure_one()
        customers = self.env["continuity.dissolution.customer"]
        groups = self.env["continuity.obligation"]._read_group(
            [
                ("dissolution_id", "=", self.id),
                ("kind", "in", MONEY_OWED),
                ("state", "=", "open"),
                ("customer_id.state", "!=", "out"),
            ],
            ["customer_id"],
        )
        creditors = customers.union(*(customer for (customer,) in groups))
        planned = self.env["continuity.touchpoint"].search(
            [
                ("origin_model", "=", customers._name),
                ("origin_id", "in", creditors.ids),
                ("occurrence", "=", "creditor"),
                ("state", "!=", "cancelled"),
            ]
        )
        new = creditors - customers.browse(planned.mapped("origin_id"))
        notices = new._plan_creditor_notices()
        today = fields.Date.today()
        notices.filtered(lambda t: t.date_show <= today)._show()
