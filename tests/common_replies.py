from odoo import fields
from odoo.tools import mute_logger

from .common_sending import SendingCommon

GATEWAY_LOG = "odoo.addons.mail.models.mail_thread"

REPLY = """\
From: {sender}
To: {to}
Message-Id: <{number}@customer.example.com>
In-Reply-To: {answered}
References: {answered}
Subject: {subject}
{headers}Content-Type: text/html; charset=utf-8

<p>{text}</p><blockquote>> Dear customer,</blockquote>
"""

BOUNCE = """\
From: Mail Delivery System <MAILER-DAEMON@mx.example.com>
To: {to}
Message-Id: <{number}@mx.example.com>
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I could not deliver your mail.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; {email}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {text}

--b
Content-Type: message/rfc822

From: sales_a@continuity.example.com
To: {email}
Message-Id: {answered}
Subject: A word to you

Dear customer
--b--
"""

PLAIN_BOUNCE = """\
From: MAILER-DAEMON@qmail.example.com
To: {to}
Message-Id: <{number}@qmail.example.com>
Subject: failure notice
Content-Type: text/plain

Hi. This is the qmail-send program. I wasn't able to deliver your message.
<{email}>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.
Message-Id: {answered}
Subject: A word to you
"""


class RepliesCommon(SendingCommon):
    """Letters that have gone out, and what comes back through the mail gateway."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._number = 0

    def _sent(self, customer=None, **values):
        """A letter that has gone out."""
        letter = self._letter(customer, **values)
        self._run()
        self.assertEqual(letter.state, "done")
        return letter

    def _send_anew(self, letter):
        """The letter as it goes out after it was released once more."""
        letter.write(
            {
                "state": "released",
                "channel_id": self.email_channel.id,
                "letter_message_id": False,
                "letter_email": "customer@example.com",
                "letter_subject": "Another word to you",
                "letter_body": "<p>Dear customer,</p>",
                "letter_left": False,
                "frozen_on": fields.Datetime.now(),
            }
        )
        self._run()
        self.assertEqual(letter.state, "done")

    def _receive(self, template, letter, **values):
        type(self)._number += 1
        values = {
            "number": self._number,
            "answered": letter.letter_message_id,
            "email": letter.letter_email,
            "to": "bounce@continuity.example.com",
            "headers": "",
            **values,
        }
        with mute_logger(GATEWAY_LOG):
            self.env["mail.thread"].message_process(None, template.format(**values))
        self.env.invalidate_all()

    def _reply(self, letter, sender="customer@example.com", text="Thank you", **values):
        values = {
            "to": "catchall@continuity.example.com",
            "subject": "Re: A word to you",
            **values,
        }
        self._receive(REPLY, letter, sender=sender, text=text, **values)

    def _bounce(self, letter, action="failed", status="5.1.1", text="550 no user", **v):
        self._receive(BOUNCE, letter, action=action, status=status, text=text, **v)
