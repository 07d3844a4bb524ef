from odoo import models
from odoo.tools import plaintext2html


class ContinuityReminderMixin(models.AbstractModel):
    """Records about which people get to-dos, each in their own language."""

    _name = "continuity.reminder.mixin"
    _description = "Reminds People"
    _inherit = ["mail.thread", "mail.activity.mixin"]

    def _remind(self, users, text, note=False, deadline=None):
        """Give people a to-do on the record, each in their own language.

        Without a mail: every employee may read to whom one was sent and with which
        subject, and the record may be confidential.

        :param users: ``res.users``
        :param text: function from an environment to the summary in its language
        :param str note: plain text
        :param date deadline: by when; today without
        """
        for user in users.sudo():
            record = self.sudo().with_context(
                lang=user.lang, mail_activity_quick_update=True
            )
            record.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=deadline,
                summary=text(record.env),
                note=plaintext2html(note) if note else False,
                user_id=user.id,
            )
