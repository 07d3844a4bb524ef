from odoo import api, models

from ..tools.incoming_mail import find_own_message_ids, is_automatic, read_bounce


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def message_route(
        self, message, message_dict, model=None, thread_id=None, custom_values=None
    ):
        """Mark absence notes that answer our letters and concerns: nobody wrote
        them."""
        routes = super().message_route(
            message, message_dict, model, thread_id, custom_values
        )
        ours = any(route[0].startswith("continuity.") for route in routes or ())
        if ours and is_automatic(message):
            message_dict["message_type"] = "auto_comment"
        return routes

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        """Tell the touchpoint whose letter came back.

        By the id of the letter, never by the address, which two customers may share.
        What came to the address for bounces and is none says nothing about the letter.
        """
        touchpoint = self._find_bounced_touchpoint(email_message, message_dict)
        bounce = touchpoint and read_bounce(email_message)
        if touchpoint and not bounce:
            return None
        res = super()._routing_handle_bounce(email_message, message_dict)
        if bounce:
            touchpoint._receive_bounce(bounce)
        return res

    def _find_bounced_touchpoint(self, email_message, message_dict):
        """Return the touchpoint of the letter a mail reports on, as superuser."""
        touchpoint = self.env["continuity.touchpoint"].sudo()
        message = message_dict.get("bounced_message")
        if message and message.model == touchpoint._name:
            return touchpoint.browse(message.res_id).exists()
        if message:
            return touchpoint
        # Some servers send the letter back as plain text, without a report.
        ids = find_own_message_ids(email_message)
        return touchpoint.search([("letter_message_id", "in", ids)], limit=1)
