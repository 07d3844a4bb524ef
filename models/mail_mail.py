from odoo import models

from .continuity_concern_answer import ANSWERED_STATES


class MailMail(models.Model):
    """A mail that never left takes the answer to a concern back."""

    _inherit = "mail.mail"

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        failed = self.filtered("mail_message_id") if failure_type else self.browse()
        messages = failed.mail_message_id
        concerns = messages and self.env["continuity.concern"].sudo().search(
            [
                ("answer_message_id", "in", messages.ids),
                ("state", "in", ANSWERED_STATES),
            ]
        )
        result = super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason, failure_type
        )
        for concern in concerns or ():
            concern._answer_could_not_leave(failure_reason or failure_type)
        return result
