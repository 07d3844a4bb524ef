from odoo import api, models

from ..tools.incoming_mail import (
    DELAYED,
    find_own_message_ids,
    is_automatic,
    own_message_ids,
    read_bounce,
)


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def message_route(
        self, message, message_dict, model=None, thread_id=None, custom_values=None
    ):
        """Mark absence notes that answer our letters and concerns: nobody wrote
        them."""
        routes = self._route_by_attempt(message, message_dict, custom_values)
        routes = routes or super().message_route(
            message, message_dict, model, thread_id, custom_values
        )
        ours = any(route[0].startswith("continuity.") for route in routes or ())
        if ours and is_automatic(message):
            message_dict["message_type"] = "auto_comment"
        return routes

    def _route_by_attempt(self, message, message_dict, custom_values):
        """Return the route of a reply to a letter that is known from its attempt only:
        its message is gone from the chatter."""
        references = f"{message_dict['references']} {message_dict['in_reply_to']}"
        ids = not message_dict.get("is_bounce") and own_message_ids(references)
        messages = self.env["mail.message"].sudo()
        if not ids or messages.search_count([("message_id", "in", ids)], limit=1):
            return []
        touchpoint = self._find_letter(ids)[0]
        if not touchpoint:
            return []
        user = self._mail_find_user_for_gateway(message_dict["email_from"])
        route = self._routing_check_route(
            message,
            message_dict,
            (
                touchpoint._name,
                touchpoint.id,
                custom_values,
                user.id or self.env.uid,
                self.env["mail.alias"],
            ),
            raise_exception=False,
        )
        return [route] if route else []

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        """Tell the touchpoint or concern whose mail came back.

        By the id of the mail, never by the address, which two customers may share.
        What came to the address for bounces and is none says nothing about the mail,
        and what somebody may have made up changes nothing.
        """
        record, message_id = self._find_bounced(email_message, message_dict)
        if not record:
            return super()._routing_handle_bounce(email_message, message_dict)
        bounce = read_bounce(email_message)
        if not bounce:
            return None
        if doubt := record._bounce_doubt(bounce, message_id):
            if bounce.kind != DELAYED:
                record._note_doubtful_bounce(bounce, doubt)
            return None
        res = None
        if bounce.kind != DELAYED:
            res = super()._routing_handle_bounce(email_message, message_dict)
        record._receive_bounce(bounce, message_id)
        return res

    def _find_bounced(self, email_message, message_dict):
        """Return the touchpoint or concern a report is about, as superuser, and the id
        of the mail that came back: a letter or an answer. What colleagues got from
        the chatter is Odoo's business."""
        message = message_dict.get("bounced_message")
        # Some servers send the mail back as plain text, without a report.
        ids = message and [message.message_id] or find_own_message_ids(email_message)
        touchpoint, message_id = self._find_letter(ids)
        if touchpoint:
            return touchpoint, message_id
        concern = self.env["continuity.concern"].sudo()
        concern = concern.search([("answer_message_id.message_id", "in", ids)], limit=1)
        return concern, concern.answer_message_id.message_id

    def _find_letter(self, message_ids):
        """Return the touchpoint that sent one of these mails, now or before, as
        superuser, and the id of the mail."""
        touchpoint = self.env["continuity.touchpoint"].sudo()
        if not message_ids:
            return touchpoint, False
        found = touchpoint.search([("letter_message_id", "in", message_ids)], limit=1)
        if found:
            return found, found.letter_message_id
        attempts = self.env["continuity.touchpoint.attempt"].sudo()
        found = attempts.search([("message_id", "in", message_ids)], limit=1)
        return found.touchpoint_id, found.message_id
