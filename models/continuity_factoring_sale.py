"""Collections that are no plain payment: what came in where our entry of the sale had
closed the invoice already, and bills."""

from odoo import api, fields, models


class ContinuityFactoringTurnover(models.Model):
    _inherit = "continuity.factoring.turnover"

    reason = fields.Selection(
        selection_add=[("bill", "Settled by a bill or recorded claim")],
        ondelete={"bill": "cascade"},
    )

    @api.model_create_multi
    def create(self, vals_list):
        turnovers = super().create(vals_list)
        turnovers._follow_sales()
        return turnovers

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals:
            self._follow_sales()
        return result

    def _follow_sales(self):
        """Let the receivables these pay for be settled, or open again: no match does,
        for the invoice is closed."""
        loose = self.filtered("credit_line_id")
        loose.assignment_id._follow_books()
