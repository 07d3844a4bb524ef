from odoo import fields, models
from odoo.exceptions import UserError


class ContinuityLetterChat(models.TransientModel):
    """The PDF of a released letter, to hand over in a chat, and the word that this was
    done."""

    _name = "continuity.letter.chat"
    _description = "Hand Over a Letter by Chat"

    touchpoint_id = fields.Many2one(
        "continuity.touchpoint", required=True, readonly=True, ondelete="cascade"
    )
    file = fields.Binary(string="PDF", readonly=True)
    file_name = fields.Char(readonly=True)
    file_hash = fields.Char(
        string="Fingerprint of the PDF", readonly=True, help="SHA-256 of the file."
    )
    recipient = fields.Char(
        string="Handed Over To",
        help="Who got it in which chat, such as “Ms Chen, WeChat chen_88”.",
    )
    note = fields.Text(help="What they said.")

    def _open(self, touchpoint):
        """Return the dialog with the PDF of one released letter.

        :param touchpoint: ``continuity.touchpoint``
        :raise AccessError: unless responsible or their manager
        :raise UserError: when it is not released
        """
        file = touchpoint._pdf_for_chat()
        person = touchpoint.sudo()._letter_recipient()
        wizard = self.create(
            {
                "touchpoint_id": touchpoint.id,
                "file": file.datas,
                "file_name": file.name,
                "file_hash": touchpoint.letter_pdf_hash,
                "recipient": person.name,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Hand Over by Chat"),
            "res_model": self._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_confirm(self):
        """Record that the PDF was handed over, with its fingerprint.

        :raise AccessError: unless responsible or their manager
        :raise UserError: without saying to whom, or when it is another letter by now
        """
        self.ensure_one()
        if not (self.recipient or "").strip():
            raise UserError(self.env._("Say who got it, in which chat."))
        self.touchpoint_id._log_chat(self.file_hash, self.recipient, self.note)
        return {"type": "ir.actions.act_window_close"}
