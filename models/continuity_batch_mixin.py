import logging

from odoo import models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)


class ContinuityBatchMixin(models.AbstractModel):
    """Records that scheduled actions work on in batches."""

    _name = "continuity.batch.mixin"
    _description = "Worked On in Batches"

    def _together_or_one_by_one(self, work, keep_error):
        """Do some work on these records together; if that fails on one after the
        other, so that the one that cannot be done holds up no other (I11).

        :param work: function of these records, or of one of them
        :param keep_error: function of a record and the exception, which leaves the
            reason where people look for it
        :raise Exception: what only a new transaction can resolve, because only that
            sees what another one changed
        """
        try:
            with self.env.cr.savepoint():
                work(self)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            if len(self) > 1:
                for record in self:
                    record._together_or_one_by_one(work, keep_error)
                return
            _logger.warning("%s cannot go on", self, exc_info=error)
            keep_error(self, error)
