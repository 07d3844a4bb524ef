import email.generator
import io
import re
from typing import NamedTuple

import psycopg2

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, email_normalize, formataddr
from odoo.tools.mail import generate_tracking_message_id

from odoo.addons.base.models.ir_mail_server import extract_rfc2822_addresses

from ..tools.smtp_delivery import NoConnection, describe

PORTAL_LINK = re.compile(r"/continuity/[\w-]{20,}")


class Mail(NamedTuple):
    """A letter ready to be handed to a mail server.

    ``server`` is the key of its connection: id of the ``ir.mail_server`` or False,
    and the sender it was chosen for.
    """

    server: tuple
    sender: str
    recipient: str
    data: bytes


class ContinuityTouchpoint(models.Model):
    """The letter as a mail: by Odoo's rules, to one recipient, under a fixed id."""

    _inherit = "continuity.touchpoint"

    _guarded_fields = frozenset({"letter_message_id"})

    letter_message_id = fields.Char(
        string="Message-Id",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The same for every attempt to send this letter: by it replies and "
        "bounces are recognised.",
    )

    def _connect_mail_server(self, server):
        """Open a connection.

        :param tuple server: see :class:`Mail`
        :rtype: smtplib.SMTP or None where Odoo sends nothing
        :raise NoConnection: with the reason
        """
        server_id, smtp_from = server
        try:
            return self.env["ir.mail_server"]._connect__(
                mail_server_id=server_id, smtp_from=smtp_from
            )
        except psycopg2.Error:
            raise
        except UserError as error:
            raise NoConnection(str(error)) from error
        except Exception as error:
            # Whatever TLS, log-in and name look-up raise: nothing was sent.
            raise NoConnection(describe(error)) from error

    def _mail_server_env(self):
        """Return the mail servers as the company of this letter uses them."""
        company = self.company_id
        return (
            self.env["ir.mail_server"]
            .with_company(company)
            .with_context(
                domain_notifications_email=company.default_from_email or None,
                domain_bounce_address=company.bounce_email or None,
            )
        )

    def _find_letter_server(self):
        """Return the connection this letter goes over, by Odoo's rules: the server
        of the template, else the one whose filter fits the sender.

        :return: see :class:`Mail`
        :rtype: tuple
        """
        self.ensure_one()
        email_from = self.signer_id.email_formatted
        if self.template_id.mail_server_id:
            return self.template_id.mail_server_id.id, email_from
        server, smtp_from = self._mail_server_env()._find_mail_server(email_from)
        return server.id if server else False, smtp_from

    def _prepare_letter_mail(self, connections):
        """Build the mail of one letter.

        :param Connections connections: opens the one it goes over
        :rtype: Mail
        :raise NoConnection: when the mail server cannot be reached
        :raise UserError: when there is no address to send it to or from
        """
        self.ensure_one()
        recipient = email_normalize(self.letter_email, strict=False)
        if not recipient:
            raise UserError(
                self.env._("“%s” is no e-mail address.", self.letter_email or "")
            )
        # Odoo writes the domain in ASCII.
        addresses = extract_rfc2822_addresses(recipient)
        # The lane asks once: which server fits is looked up from all of them.
        key = (self.company_id.id, self.signer_id.id, self.template_id.id)
        server = connections.servers.get(key) or self._find_letter_server()
        connections.servers[key] = server
        smtp = connections.open(server)
        mail_server = self._mail_server_env().with_context(send_validated_to=addresses)
        message = mail_server._build_email__(**self._prepare_letter_values(recipient))
        try:
            sender, recipients, message = mail_server._prepare_email_message__(
                message, smtp
            )
        except AssertionError as error:
            raise UserError(str(error.args[-1])) from error
        if recipients != addresses:
            raise UserError(
                self.env._("“%s” is not exactly one address.", self.letter_email)
            )
        buffer = io.BytesIO()
        email.generator.BytesGenerator(buffer).flatten(message, linesep="\r\n")
        return Mail(server, sender, recipients[0], buffer.getvalue())

    def _prepare_letter_values(self, recipient):
        """Return the arguments of ``ir.mail_server._build_email__``."""
        self.ensure_one()
        return {
            "email_from": self.signer_id.email_formatted,
            "email_to": [formataddr((self._letter_recipient().name, recipient))],
            "subject": self.letter_subject,
            "body": self.letter_body,
            "reply_to": self._letter_reply_to(),
            "attachments": [
                (attachment.name, attachment.raw, attachment.mimetype)
                for attachment in self.letter_attachment_ids.sorted("id")
            ],
            "message_id": self.letter_message_id,
            "object_id": f"{self.id}-{self._name}",
            "subtype": "html",
            "headers": self._notify_by_email_get_headers(),
        }

    def _letter_reply_to(self):
        """Return where answers go: to the company's catch-all, by which they come
        back to this touchpoint, else to the person who signed."""
        self.ensure_one()
        catchall = self.company_id.catchall_email
        if not catchall:
            return self.signer_id.email_formatted
        return formataddr((self.signer_id.name, catchall))

    def _ensure_letter_message(self):
        """Keep the letter in the chatter under its fixed id, before it is sent, so
        that replies and bounces find their way whatever happens.

        Nobody is notified by it: the one notification is the record of the letter.
        """
        self.ensure_one()
        if self._note_letter_status("process"):
            return
        author = self.signer_id.partner_id
        message = self.env["mail.message"].create(
            {
                "model": self._name,
                "res_id": self.id,
                "record_name": self.name,
                "record_company_id": self.company_id.id,
                "record_alias_domain_id": self.company_id.alias_domain_id.id,
                "message_type": "email_outgoing",
                "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id(
                    "mail.mt_comment"
                ),
                "author_id": author.id,
                "email_from": self.signer_id.email_formatted,
                "reply_to": self._letter_reply_to(),
                "message_id": self.letter_message_id,
                "subject": self.letter_subject,
                # Colleagues read it here; whoever has the link can act as the customer.
                "body": PORTAL_LINK.sub("/continuity/preview", self.letter_body),
                "attachment_ids": self.letter_attachment_ids.ids,
            }
        )
        self.env["mail.notification"].create(
            {
                "author_id": author.id,
                "mail_message_id": message.id,
                "res_partner_id": self._letter_recipient().id,
                "mail_email_address": email_normalize(self.letter_email, strict=False),
                "notification_type": "email",
                "notification_status": "process",
                "is_read": True,
            }
        )

    def _note_letter_status(self, status, failure_type=None, reason=None):
        """Let the notification of the letter say what became of it.

        One statement: the ORM would look for the message, then for its notification.

        :return: whether there is one
        :rtype: bool
        """
        self.ensure_one()
        if not self.letter_message_id:
            return False
        notifications = self.env["mail.notification"]
        notifications.flush_model()
        rows = self.env.execute_query(
            SQL(
                """UPDATE mail_notification n
                      SET notification_status = %s, failure_type = %s,
                          failure_reason = %s
                     FROM mail_message m
                    WHERE m.id = n.mail_message_id
                      AND m.message_id = %s AND m.model = %s AND m.res_id = %s
                RETURNING n.id""",
                status,
                failure_type,
                reason,
                self.letter_message_id,
                self._name,
                self.id,
            )
        )
        notifications.browse(row[0] for row in rows).invalidate_recordset()
        return bool(rows)

    def _new_message_id(self):
        """Return an id that nobody can guess and that names this touchpoint."""
        self.ensure_one()
        return generate_tracking_message_id(f"{self.id}-{self._name}")
