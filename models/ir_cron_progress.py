from odoo import fields, models


class IrCronProgress(models.Model):
    _inherit = "ir.cron.progress"

    # The document a run that could not finish came to; 0 when it did.
    continuity_last_id = fields.Integer(string="Last Document")

    def _continuity_reached(self):
        """Return up to which id of its documents the run before this one came.

        :return: 0 where that run came to the end, and outside of scheduled actions
        :rtype: int
        """
        if not self:
            return 0
        before = self.search(
            [("cron_id", "=", self.cron_id.id), ("id", "<", self.id)],
            order="id DESC",
            limit=1,
        )
        return before.continuity_last_id
