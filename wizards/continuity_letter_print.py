import base64

from odoo import fields, models


class ContinuityLetterPrint(models.TransientModel):
    """Released paper letters as one file to print, and the word that they were
    posted."""

    _name = "continuity.letter.print"
    _description = "Print Letters"

    touchpoint_ids = fields.Many2many("continuity.touchpoint", readonly=True)
    file = fields.Binary(readonly=True)
    file_name = fields.Char(readonly=True)
    note = fields.Text(readonly=True)

    def _open(self, touchpoints):
        """Return the dialog with the merged PDF of released paper letters.

        :param touchpoints: ``continuity.touchpoint``
        :raise AccessError: unless responsible or their manager
        :raise UserError: when none of them is a released paper letter
        """
        content, skipped = touchpoints._print_letters()
        printed = touchpoints - skipped
        note = [
            self.env._(
                "%(customer)s: %(reason)s",
                customer=t.partner_id.display_name,
                reason=t._why_not_printed(),
            )
            for t in skipped
        ]
        wizard = self.create(
            {
                "touchpoint_ids": printed.ids,
                "file": base64.b64encode(content),
                "file_name": self.env._(
                    "Letters %s.pdf", fields.Date.context_today(self)
                ),
                "note": "\n".join(note),
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("%s letters to print", len(printed)),
            "res_model": self._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_mark_posted(self):
        """Record that all of them were posted that are not yet.

        :raise AccessError: unless responsible or their manager
        """
        self.ensure_one()
        self.touchpoint_ids.filtered(lambda t: not t.posted_on).action_mark_posted()
        return {"type": "ir.actions.act_window_close"}
