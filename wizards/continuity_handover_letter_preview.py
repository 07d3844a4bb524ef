from odoo import api, fields, models
from odoo.exceptions import UserError


class ContinuityLetterPreview(models.TransientModel):
    """The letters of a handover plan before it is approved, as they would be.

    They are touchpoints in memory, made anew at each step: nothing is planned, so
    nothing can be released or sent, and nobody finds them who cannot read the plan.
    """

    _inherit = "continuity.letter.preview"

    handover_line_ids = fields.Many2many("continuity.handover.line", readonly=True)

    @api.model
    def _open_ahead(self, lines):
        """Return the action that shows the letters of lines as they would be.

        :param lines: ``continuity.handover.line``
        :raise AccessError: unless the user may read them
        :raise UserError: when nobody is written to
        """
        lines.check_access("read")
        written = lines._letters_to_come().mapped("origin_id")
        if not written:
            raise UserError(
                self.env._(
                    "Nobody would get a letter: these customers are told at the visit "
                    "or by telephone. Tick “Introduce in Writing as Well” for a letter "
                    "before the visit."
                )
            )
        preview = self.create({"handover_line_ids": list(dict.fromkeys(written))})
        return preview._show()

    @api.depends("handover_line_ids")
    def _compute_touchpoint_id(self):
        return super()._compute_touchpoint_id()

    def _touchpoints(self):
        if self.handover_line_ids:
            return self.handover_line_ids._letters_to_come().sudo(False)
        return super()._touchpoints()
