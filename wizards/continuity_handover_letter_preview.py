from odoo import api, fields, models
from odoo.exceptions import UserError


class ContinuityLetterPreview(models.TransientModel):
    """The letters of a handover plan before it is approved, as they would be.

    They are touchpoints in memory, the one that is shown made anew at each step:
    nothing is planned, so nothing can be released or sent, and nobody finds them who
    cannot read the plan.
    """

    _inherit = "continuity.letter.preview"

    handover_line_ids = fields.Many2many("continuity.handover.line", readonly=True)
    # Ids of the lines, one for each letter: a line may have several.
    letter_line_ids = fields.Json(readonly=True)

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
        preview = self.create(
            {
                "handover_line_ids": list(dict.fromkeys(written)),
                "letter_line_ids": written,
            }
        )
        return preview._show()

    @api.depends("handover_line_ids", "letter_line_ids")
    def _compute_touchpoint_id(self):
        return super()._compute_touchpoint_id()

    def _count_letters(self):
        if self.handover_line_ids:
            return len(self.letter_line_ids or ())
        return super()._count_letters()

    def _letter_at(self, position):
        """Build the one letter: of a long plan all of them would take seconds at each
        step.

        :raise UserError: when the plan was changed meanwhile and there is none
        """
        if not self.handover_line_ids:
            return super()._letter_at(position)
        line_ids = self.letter_line_ids or []
        # Of the lines that were checked, whatever stands in the list.
        line = self.handover_line_ids.filtered(
            lambda x: x.id in line_ids[position : position + 1]
        )
        letters = line._letters_to_come().sudo(False)
        if not letters:
            raise UserError(
                self.env._("The plan was changed meanwhile: open the letters again.")
            )
        number = min(line_ids[:position].count(line.id), len(letters) - 1)
        return letters[number]
