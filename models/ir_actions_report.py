from odoo import models

from ..tools.label_sheet import place_labels
from .continuity_card_batch import LABEL_COLUMNS, LABEL_ROWS


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _render_qweb_pdf(self, report_ref, res_ids=None, data=None):
        """Place address labels on sheets; see ``tools/label_sheet.py``."""
        content, kind = super()._render_qweb_pdf(report_ref, res_ids, data)
        name = self._get_report(report_ref).report_name
        if kind == "pdf" and name == "customer_continuity.report_labels":
            content = place_labels(content, LABEL_COLUMNS, LABEL_ROWS)
        return content, kind
