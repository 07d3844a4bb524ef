import logging

from odoo import models

_logger = logging.getLogger(__name__)


class IrRule(models.Model):
    _inherit = "ir.rule"

    def _make_access_error(self, operation, records):
        """Name no record its reader may not see: in debug mode Odoo tells every
        employee how what they may not read is called, and whose customer it is.

        Who may read it in another of their companies is still helped to get there.
        """
        if not records._name.startswith("continuity."):
            return super()._make_access_error(operation, records)
        companies = self.env.user.company_ids.ids
        everywhere = records.with_context(allowed_company_ids=companies)
        readable = everywhere._filtered_access("read")
        if hidden := everywhere - readable:
            # Odoo's own line in the log names the others.
            _logger.info("Kept from the message: %s", hidden)
        error = super()._make_access_error(operation, readable.with_env(records.env))
        # The rules have read what must not be read: from the cache anybody gets it.
        records.invalidate_recordset()
        return error
