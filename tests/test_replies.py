"""What comes back after a letter: replies, absence notes, bounces."""

from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.continuity_touchpoint_reply import MAX_SOFT_BOUNCES
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

    def _reply(self, letter, sender="customer@example.com", text="Thank you", **values):
        values = {
            "to": "catchall@continuity.example.com",
            "subject": "Re: A word to you",
            **values,
        }
        self._receive(REPLY, letter, sender=sender, text=text, **values)

    def _bounce(self, letter, action="failed", status="5.1.1", text="550 no user", **v):
        self._receive(BOUNCE, letter, action=action, status=status, text=text, **v)


@tagged("post_install", "-at_install")
class TestReplies(RepliesCommon):
    def _concerns(self, letter):
        return self.env["continuity.concern"].search(
            [("touchpoint_id", "=", letter.id)]
        )

    def test_reply_finds_its_letter(self):
        self.customer_1.email = "customer@example.com"
        letter = self._sent()
        self._reply(letter, text="When do you come?")
        reply = letter.message_ids[0]
        self.assertEqual(reply.message_type, "email")
        self.assertEqual(reply.author_id, self.customer_1)
        self.assertIn(self.user_sales_a.partner_id, reply.notified_partner_ids)
        concern = self._concerns(letter)
        self.assertEqual(concern.source, "mail")
        self.assertEqual(concern.partner_id, self.customer_1)
        self.assertEqual(concern.contact_id, self.customer_1)
        self.assertIn("When do you come?", concern.question)
        self.assertNotIn("Dear customer", concern.question, "not what they quote")

    def test_reply_belongs_to_the_letter_not_to_the_address(self):
        """Two customers with one address: each answer counts for the right one."""
        self.customer_1.email = self.customer_2.email = "shared@example.com"
        first = self._sent(email="shared@example.com")
        second = self._sent(self.customer_2, email="shared@example.com")
        self._reply(second, sender="shared@example.com")
        self.assertFalse(self._concerns(first))
        self.assertEqual(self._concerns(second).partner_id, self.customer_2)
        self.assertEqual(second.message_ids[0].author_id, self.customer_2)
        self.assertFalse(first.replied_on)

    def test_reply_is_a_true_contact(self):
        """Also of somebody nobody knows, and of nobody else."""
        self.customer_2.email = "elsewhere@example.com"
        then = fields.Datetime.now() - timedelta(days=3)
        with freeze_time(then):
            letter = self._sent(channel=self.mass_channel)
        today = fields.Date.today()
        self._refresh(today=today)
        self.assertFalse(letter.relationship_id.last_contact_date)
        self._reply(letter, sender="Somebody <elsewhere@example.com>")
        self._refresh(today=today)
        self.assertEqual(letter.relationship_id.last_contact_date, today)
        self.assertFalse(letter.message_ids[0].author_id)
        other = self._relationship(self.customer_2)
        self.assertFalse(other.last_contact_date, "it was not their letter")

    def test_automatic_replies_are_no_contact(self):
        self.customer_1.email = "customer@example.com"
        letter = self._sent(channel=self.mass_channel)
        for headers, subject in (
            ("Auto-Submitted: auto-replied\n", "Re: A word to you"),
            ("X-Auto-Response-Suppress: All\n", "Re: A word to you"),
            ("Precedence: auto_reply\n", "Re: A word to you"),
            ("", "Automatic reply: A word to you"),
            ("", "自动回复: A word to you"),
        ):
            with self.subTest(headers=headers, subject=subject):
                self._reply(letter, headers=headers, subject=subject)
                note = letter.message_ids[0]
                self.assertEqual(note.message_type, "auto_comment")
                self.assertFalse(note.notified_partner_ids)
        self.assertFalse(letter.replied_on)
        self.assertFalse(self._concerns(letter))
        self._refresh(today=fields.Date.today())
        self.assertFalse(letter.relationship_id.last_contact_date)

    def test_a_person_may_say_no_to_automation(self):
        """Auto-Submitted: no, says the standard, is a person."""
        letter = self._sent()
        self._reply(letter, headers="Auto-Submitted: no\n")
        self.assertTrue(letter.replied_on)

    def test_colleague_who_answers(self):
        letter = self._sent()
        self._reply(letter, sender=self.user_sales_b.email)
        self.assertFalse(letter.replied_on)
        self.assertFalse(self._concerns(letter))
        author = letter.message_ids[0].author_id
        self.assertEqual(author, self.user_sales_b.partner_id)

    def test_reply_is_kept_when_no_concern_can_be_made(self):
        letter = self._sent()
        concern = type(self.env["continuity.concern"])
        log = "odoo.addons.customer_continuity.models.continuity_touchpoint_reply"
        with (
            patch.object(concern, "_raise_concern", side_effect=ValueError("broken")),
            mute_logger(log),
        ):
            self._reply(letter, text="Please call")
        self.assertIn("Please call", letter.message_ids[0].body)
        self.assertTrue(letter.replied_on)

    def test_reply_to_an_uncertain_letter(self):
        """It stands in the chatter before it is sent, so the answer finds it."""
        self.sink.drop = "."
        letter = self._letter()
        self._run()
        self.assertEqual(letter.state, "uncertain")
        self._reply(letter)
        self.assertTrue(self._concerns(letter))
        self.assertEqual(letter.state, "uncertain", "a person decides")


@tagged("post_install", "-at_install")
class TestBounces(RepliesCommon):
    def _last_contact(self, letter):
        self._refresh(today=fields.Date.today())
        return letter.relationship_id.last_contact_date

    def test_hard_bounce_opens_the_next_channel(self):
        letter = self._sent()
        self.assertTrue(self._last_contact(letter))
        touchpoint = type(self.env["continuity.touchpoint"])
        with patch.object(touchpoint, "_notify_origin", autospec=True) as notified:
            self._bounce(letter)
        self.assertEqual(letter.state, "tried")
        self.assertEqual(letter.channel_id, self.call_channel)
        self.assertEqual(letter.attempt_ids.mapped("outcome"), ["bounced", "sent"])
        bounced = letter.attempt_ids[0]
        self.assertEqual(bounced.note, "smtp; 550 no user")
        self.assertEqual(bounced.channel_id, self.email_channel)
        self.assertIn("550 no user", letter.next_try)
        self.assertIn("customer@example.com", letter.next_try)
        self.assertEqual(letter.activity_id.user_id, self.user_sales_a)
        self.assertFalse(letter.date_done or letter.done_by_id)
        self.assertEqual(notified.call_args.args[1], "_touchpoint_reopened")
        status = letter.message_ids.notification_ids.notification_status
        self.assertEqual(status, "bounce")
        self.assertFalse(self._last_contact(letter), "it reached nobody")

    def test_bounce_touches_no_other_customer_with_the_address(self):
        self.customer_1.email = self.customer_2.email = "shared@example.com"
        first = self._sent(email="shared@example.com")
        second = self._sent(self.customer_2, email="shared@example.com")
        self._bounce(first)
        self.assertEqual(first.state, "tried")
        self.assertEqual(second.state, "done")

    def test_bounce_without_a_report(self):
        letter = self._sent()
        self._receive(PLAIN_BOUNCE, letter)
        self.assertEqual(letter.state, "tried")
        self.assertIn("no mailbox here", letter.attempt_ids[0].note)

    def test_automatic_replies_to_the_bounce_address(self):
        """Absence notes and receipts answer to the envelope's sender, as RFC 3834
        says: they are no bounces."""
        receipt = (
            "Content-Type: multipart/report; report-type=disposition-notification;"
            ' boundary="b"\n\n--b\nContent-Type: text/plain\n\nRead.\n\n--b\n'
            "Content-Type: message/disposition-notification\n\n"
            "Original-Message-ID: {answered}\n"
            "Disposition: manual-action; displayed\n\n--b--\n"
        )
        note = "Content-Type: text/plain\n\nI am away. 5.1.1 {answered}\n"
        for who, headers, body in (
            ("jane@example.com", "Auto-Submitted: auto-replied\n", note),
            ("jane@example.com", "Return-Path: <jane@example.com>\n", note),
            (
                "jane@example.com",
                "Return-Path: <>\nAuto-Submitted: auto-replied\n",
                note,
            ),
            ("jane@example.com", "Return-Path: <>\nMIME-Version: 1.0\n", receipt),
        ):
            with self.subTest(headers=headers):
                letter = self._sent()
                self._receive(
                    "From: {who}\nTo: {to}\nMessage-Id: <{number}@x.example.com>\n"
                    "In-Reply-To: {answered}\nSubject: Re: A word\n{headers}" + body,
                    letter,
                    who=who,
                    headers=headers,
                )
                self.assertEqual(letter.state, "done")
                self.assertEqual(letter.attempt_ids.mapped("outcome"), ["sent"])
                notice = letter.message_ids.notification_ids
                self.assertEqual(notice.notification_status, "sent")

    def test_bounce_of_nobody(self):
        """Not every mail system calls itself so; its mails come from nobody."""
        letter = self._sent()
        nobody = PLAIN_BOUNCE.replace("MAILER-DAEMON", "Return-Path: <>\nFrom: mx", 1)
        self._receive(nobody.replace("From: Return", "Return", 1), letter)
        self.assertEqual(letter.state, "tried")

    def test_warning_in_prose_is_still_on_its_way(self):
        """Sent again while the other server still tries, it would arrive twice."""
        for words in (
            "421 4.4.1 no answer from the host, retrying",
            "It has not yet been delivered. Delivery attempts will continue.",
        ):
            with self.subTest(words=words):
                letter = self._sent()
                self._receive(
                    PLAIN_BOUNCE.replace(
                        "Sorry, no mailbox here by that name. (#5.1.1)", words
                    ),
                    letter,
                )
                self.assertEqual(letter.state, "done")
                self.assertEqual(letter.attempt_ids.mapped("outcome"), ["sent"])

    def test_an_ip_address_is_no_status(self):
        """It was refused for good, whatever the number of the host."""
        letter = self._sent()
        self._receive(
            PLAIN_BOUNCE.replace(
                "Sorry, no mailbox here by that name. (#5.1.1)",
                "Host 4.2.2.1 (10.4.2.2) said: no such user.",
            ),
            letter,
        )
        self.assertEqual(letter.state, "tried")

    def test_paper_half_goes_on(self):
        """A letter by mail and on paper whose mail came back is still to be posted."""
        letter = self._sent(letter_medium="both", letter_hash="fingerprint")
        self._bounce(letter)
        self.assertEqual(letter.state, "tried")
        self.assertEqual(letter.letter_medium, "paper")
        self.assertEqual(letter.channel_id, self.email_channel)
        self.assertTrue(letter.frozen_on)
        self.assertEqual(letter.letter_hash, "fingerprint")
        self.assertIn("550 no user", letter.activity_id.note)
        letter.with_user(self.user_sales_a).action_mark_posted()
        self.assertEqual(letter.state, "done")

    def test_last_channel_leaves_room_for_a_letter(self):
        """Where nothing follows the mail, the contact comes back with none."""
        self.email_channel.next_channel_id = False
        letter = self._sent()
        self._bounce(letter)
        self.assertEqual(letter.ladder_round, 1)
        self.assertFalse(letter.frozen_on)
        self.assertTrue(letter.is_open_letter)

    def test_bounce_is_reported_twice(self):
        letter = self._sent()
        self._bounce(letter)
        self._bounce(letter)
        self.assertEqual(letter.attempt_ids.mapped("outcome"), ["bounced", "sent"])
        self.assertEqual(letter.channel_id, self.call_channel)

    def test_soft_bounce_is_tried_again(self):
        letter = self._sent()
        for number in range(1, MAX_SOFT_BOUNCES):
            self._bounce(letter, status="4.2.2", text="452 mailbox full")
            self.assertEqual(letter.state, "released")
            self._run()
            self.assertEqual(letter.state, "released", "not at once")
            with freeze_time(fields.Datetime.now() + timedelta(days=1)):
                self._run()
            self.assertEqual(letter.state, "done")
            self.assertEqual(len(self.sink.messages), number + 1)
        self.assertEqual(len({m["Message-Id"] for m in self.sink.parsed()}), 1)
        self._bounce(letter, status="4.2.2", text="452 mailbox full")
        self.assertEqual(letter.state, "tried")
        self.assertEqual(letter.channel_id, self.call_channel)

    def test_delayed_is_still_on_its_way(self):
        letter = self._sent()
        self._bounce(letter, action="delayed", status="4.4.1", text="no answer")
        self.assertEqual(letter.state, "done")
        self.assertEqual(letter.attempt_ids.mapped("outcome"), ["sent"])
        self.assertIn("no answer", letter.send_error)

    def test_success_report_is_no_bounce(self):
        letter = self._sent()
        self._bounce(letter, action="delivered", status="2.0.0", text="250 ok")
        self.assertEqual(letter.state, "done")

    def test_uncertain_letter_that_bounces(self):
        self.sink.drop = "."
        letter = self._letter()
        self._run()
        self._bounce(letter)
        self.assertEqual(letter.state, "tried")

    def test_bounce_while_the_lane_still_writes(self):
        """The report may be there before the lane has written that it was sent."""
        letter = self._letter()
        letter.write({"state": "sending", "lane": self.lane.id})
        letter.letter_message_id = letter._new_message_id()
        letter._ensure_letter_message(letter._prepare_sender())
        self._bounce(letter)
        self.assertEqual(letter.state, "tried")

    def test_letter_on_paper_too(self):
        """What the customer got on paper reached them, whatever the mail did."""
        letter = self._sent()
        self.env["continuity.touchpoint.attempt"].create(
            {
                "touchpoint_id": letter.id,
                "channel_id": letter.channel_id.id,
                "user_id": self.user_sales_a.id,
                "outcome": "posted",
            }
        )
        self._bounce(letter)
        self.assertEqual(letter.state, "done")
        self.assertTrue(self._last_contact(letter))

    def test_responsible_sees_it_in_their_list(self):
        letter = self._sent()
        self._bounce(letter)
        mine = self.env["continuity.touchpoint"].with_user(self.user_sales_a)
        found = mine.search(
            [
                ("state", "=", "tried"),
                ("date_show", "<=", fields.Date.context_today(letter)),
            ]
        )
        self.assertIn(letter, found)
