from odoo import api, models

from odoo.addons.base.models.ir_actions_report import _wkhtml

from ..tools.label_sheet import place_labels
from .continuity_card_batch import LABEL_COLUMNS, LABEL_ROWS

# Measured with wkhtmltopdf 0.12.6 as Debian ships it.
UNPATCHED_ZOOM = 1.3


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    @api.model
    def _continuity_zoom(self):
        """Return by how much a report has to be enlarged to come out in its size.

        A wkhtmltopdf without its patched Qt prints everything smaller, whatever the
        paper format says; only percentages of the page stay what they are.

        :rtype: float
        """
        return 1 if _wkhtml().is_patched_qt else UNPATCHED_ZOOM

    def _render_qweb_pdf(self, report_ref, res_ids=None, data=None):
        """Place address labels on sheets; see ``tools/label_sheet.py``."""
        content, kind = super()._render_qweb_pdf(report_ref, res_ids, data)
        name = self._get_report(report_ref).report_name
        if kind == "pdf" and name == "customer_continuity.report_labels":
            content = place_labels(content, LABEL_COLUMNS, LABEL_ROWS)
        return content, kind
