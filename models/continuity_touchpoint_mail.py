import email.generator
import io
from typing import NamedTuple

import psycopg2

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, email_normalize, formataddr
from odoo.tools.mail import generate_tracking_message_id

from odoo.addons.base.models.ir_mail_server import extract_rfc2822_addresses

from ..tools.smtp_delivery import NoConnection, describe


class Mail(NamedTuple):
    """A letter ready to be handed to a mail server.

    ``server`` is the key of its connection: id of the ``ir.mail_server`` or False,
    and the sender it was chosen for.
    """

    server: tuple
    sender: str
    recipient: str
    data: bytes


class Sender(NamedTuple):
    """For whom a letter is sent: what all letters of a signer share."""

    server: tuple
    email_from: str
    reply_to: str
    notifications_email: str
    bounce_email: str
    author_id: int
    alias_domain_id: int


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

    def _get_sender(self, connections):
        """Return for whom this letter is sent; looked up once in a run of a lane, for
        what a signer's letters share takes longer to read than to send.

        :rtype: Sender
        """
        self.ensure_one()
        key = (self.company_id.id, self.signer_id.id, self.template_id.id)
        if key not in connections.senders:
            connections.senders[key] = self._prepare_sender()
        return connections.senders[key]

    def _prepare_sender(self):
        """Return for whom this letter is sent.

        The server is the template's, else chosen by Odoo's rules from the sender. The
        company's catch-all takes the answers, by which they come back to this
        touchpoint; without one they go to the person who signed.

        :rtype: Sender
        """
        self.ensure_one()
        company, signer = self.company_id, self.signer_id
        sender = Sender(
            server=None,
            email_from=signer.email_formatted,
            reply_to=company.catchall_email
            and formataddr((signer.name, company.catchall_email))
            or signer.email_formatted,
            notifications_email=company.default_from_email or None,
            bounce_email=company.bounce_email or None,
            author_id=signer.partner_id.id,
            alias_domain_id=company.alias_domain_id.id,
        )
        if self.template_id.mail_server_id:
            server = (self.template_id.mail_server_id.id, sender.email_from)
        else:
            found, smtp_from = self._mail_server_env(sender)._find_mail_server(
                sender.email_from
            )
            server = (found.id if found else False, smtp_from)
        return sender._replace(server=server)

    def _mail_server_env(self, sender):
        """Return the mail servers as the company of this letter uses them."""
        return (
            self.env["ir.mail_server"]
            .with_company(self.company_id)
            .with_context(
                domain_notifications_email=sender.notifications_email,
                domain_bounce_address=sender.bounce_email,
            )
        )

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
        for_whom = self._get_sender(connections)
        smtp = connections.open(for_whom.server)
        mail_server = self._mail_server_env(for_whom).with_context(
            send_validated_to=addresses
        )
        values = self._prepare_letter_values(for_whom, recipient)
        message = mail_server._build_email__(**values)
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
        return Mail(for_whom.server, sender, recipients[0], buffer.getvalue())

    def _prepare_letter_values(self, sender, recipient):
        """Return the arguments of ``ir.mail_server._build_email__``."""
        self.ensure_one()
        # Given, or Odoo would read the company for each letter.
        headers = {"Return-Path": sender.bounce_email} if sender.bounce_email else {}
        return {
            "email_from": sender.email_from,
            "email_to": [formataddr((self._letter_recipient().name, recipient))],
            "subject": self.letter_subject,
            "body": self.letter_body,
            "reply_to": sender.reply_to,
            "attachments": [
                (attachment.name, attachment.raw, attachment.mimetype)
                for attachment in self.letter_attachment_ids.sorted("id")
            ],
            "message_id": self.letter_message_id,
            "object_id": f"{self.id}-{self._name}",
            "subtype": "html",
            "headers": self._notify_by_email_get_headers(headers),
        }

    def _ensure_letter_message(self, sender):
        """Keep the letter in the chatter under its fixed id, before it is sent, so
        that replies and bounces find their way whatever happens.

        :param Sender sender: for whom it is sent

        Nobody is notified by it: the one notification is the record of the letter.
        """
        self.ensure_one()
        if self._note_letter_status("process"):
            return
        message = self.env["mail.message"].create(
            {
                "model": self._name,
                "res_id": self.id,
                "record_name": self.name,
                "record_company_id": self.company_id.id,
                "record_alias_domain_id": sender.alias_domain_id,
                "message_type": "email_outgoing",
                "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id(
                    "mail.mt_comment"
                ),
                "author_id": sender.author_id,
                "email_from": sender.email_from,
                "reply_to": sender.reply_to,
                "message_id": self.letter_message_id,
                "subject": self.letter_subject,
                # Colleagues read it here.
                "body": self._masked_letter_body(),
                "attachment_ids": self.letter_attachment_ids.ids,
            }
        )
        self.env["mail.notification"].create(
            {
                "author_id": sender.author_id,
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
