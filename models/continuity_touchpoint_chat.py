from odoo import models
from odoo.exceptions import UserError


class ContinuityTouchpoint(models.Model):
    """A released letter may also be handed over in a chat: as its frozen PDF, and
    logged with the fingerprint of that file.

    It goes besides the mail or the post, never in place of them: how the contact
    stands does not change.
    """

    _inherit = "continuity.touchpoint"

    def action_hand_over_by_chat(self):
        """Show the PDF to send in a chat, and ask who got it."""
        self.ensure_one()
        return self.env["continuity.letter.chat"]._open(self)

    def _pdf_for_chat(self):
        """Return the PDF of this released letter, made once and kept.

        :rtype: ir.attachment
        :raise AccessError: unless responsible or their manager
        :raise UserError: when it is not released, or facts have changed since
        """
        self.ensure_one()
        self.check_access("read")
        self._check_may_release()
        if not self._has_frozen_letter():
            raise UserError(
                self.env._("“%s” is not released: release it first.", self.name)
            )
        letter = self.sudo()
        if letter._is_still_here() and letter._letters_changed():
            raise UserError(letter._changed_reason())
        if not letter.letter_pdf_id:
            letter._make_pdf()
        return letter.letter_pdf_id

    def _log_chat(self, fingerprint, recipient, note):
        """Record that the PDF was handed over in a chat.

        :param str fingerprint: SHA-256 of the file that was shown
        :param str recipient: who got it, in which chat
        :param str note: what they said, or nothing
        :return: the attempt
        :rtype: continuity.touchpoint.attempt
        :raise AccessError: unless responsible or their manager
        :raise UserError: when the letter is another one by now
        """
        self.ensure_one()
        self._pdf_for_chat()
        letter = self.sudo()
        if not fingerprint or letter.letter_pdf_hash != fingerprint:
            raise UserError(
                self.env._(
                    "This is not the PDF of the letter as it was released: open the "
                    "dialog again and hand over the file it shows."
                )
            )
        return (
            self.env["continuity.touchpoint.attempt"]
            .sudo()
            .create(
                {
                    "touchpoint_id": self.id,
                    "channel_id": self.env.ref("customer_continuity.channel_chat").id,
                    "user_id": self.env.uid,
                    "outcome": "sent",
                    "note": note,
                    "letter_subject": letter.letter_subject,
                    "letter_hash": fingerprint,
                    "recipient": recipient,
                    "message_id": False,
                }
            )
        )
