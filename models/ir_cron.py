import logging

from odoo import api, models

_logger = logging.getLogger(__name__)


class IrCron(models.Model):
    _inherit = "ir.cron"

    @api.model
    def _continuity_each(self, records, work, error_field):
        """Let a scheduled action do work that commits as it goes on, for one record
        after the other.

        One that fails is rolled back to its last commit, keeps the reason and holds up
        no other (I11). The run does not fail for it: Odoo would switch the scheduled
        action off for all of them after some days.

        :param records: in their order; each has the field for the reason
        :param work: function of one of them
        :param str error_field: where the reason is kept; the work empties it
        """
        self._commit_progress(remaining=len(records))
        for record in records:
            try:
                work(record)
            except Exception as error:
                self.env.cr.rollback()
                record[error_field] = str(error) or repr(error)
                _logger.warning(
                    "%s (id %s) cannot go on, see %s",
                    record.display_name,
                    record.id,
                    error_field,
                    exc_info=True,
                )
            if not self._commit_progress(1):
                break
