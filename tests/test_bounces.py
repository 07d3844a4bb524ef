"""Reports that letters and answers did not arrive."""

from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, fields
from odoo.tests import tagged

from ..models.continuity_touchpoint_bounce import MAX_SOFT_BOUNCES
from .common_replies import PLAIN_BOUNCE, RepliesCommon


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


@tagged("post_install", "-at_install")
class TestDoubtfulBounces(RepliesCommon):
    """Whoever has seen a letter can write a report about it: that changes nothing the
    customer themself has shown to be otherwise."""

    def _assert_only_noted(self, letter, words):
        self.assertEqual(letter.state, "done")
        self.assertNotIn("bounced", letter.attempt_ids.mapped("outcome"))
        self.assertNotIn(
            "bounce", letter.message_ids.notification_ids.mapped("notification_status")
        )
        note = letter.message_ids[0]
        self.assertTrue(note.subtype_id.internal)
        self.assertIn(words, note.body)
        self.assertIn(letter.user_id.partner_id, note.notified_partner_ids)

    def test_customer_acknowledged(self):
        letter = self._sent()
        letter.ack_date = fields.Datetime.now()
        self._bounce(letter)
        self._assert_only_noted(letter, "has answered")

    def test_customer_replied(self):
        letter = self._sent()
        self._reply(letter)
        self._bounce(letter, status="4.2.2")
        self._assert_only_noted(letter, "has answered")

    def test_customer_used_the_page(self):
        letter = self._sent()
        self.env["continuity.portal.answer"].create(
            {
                "touchpoint_id": letter.id,
                "partner_id": self.customer_1.id,
                "kind": "rate",
            }
        )
        self._bounce(letter)
        self._assert_only_noted(letter, "has answered")

    def test_what_an_earlier_letter_was_answered_does_not_count(self):
        letter = self._sent()
        letter.ack_date = letter.frozen_on - timedelta(days=1)
        self._bounce(letter)
        self.assertEqual(letter.state, "tried")

    def test_weeks_later(self):
        letter = self._sent()
        with freeze_time(fields.Datetime.now() + timedelta(days=13)):
            self._bounce(letter, action="delayed", status="4.4.1", text="patience")
        self.assertIn("patience", letter.send_error)
        with freeze_time(fields.Datetime.now() + timedelta(days=15)):
            self._bounce(letter)
        self._assert_only_noted(letter, "came late")

    def test_another_address(self):
        letter = self._sent()
        self._bounce(letter, email="somebody@else.example.com")
        self._assert_only_noted(letter, "another address")

    def test_the_same_address(self):
        """However it is written, and also where it was forwarded on the way."""
        for email in (
            "<Customer@Example.com>",
            "new@elsewhere.example.com\nOriginal-Recipient: rfc822;"
            "customer@example.com",
        ):
            with self.subTest(email=email):
                letter = self._sent()
                self._bounce(letter, email=email)
                self.assertEqual(letter.state, "tried")

    def test_earlier_letter(self):
        """Released anew after a bounce, it is another mail."""
        letter = self._sent()
        first = letter.letter_message_id
        self._bounce(letter)
        self._send_anew(letter)
        self.assertNotEqual(letter.letter_message_id, first)
        self._bounce(letter, answered=first)
        self._receive(PLAIN_BOUNCE, letter, answered=first)
        self.assertEqual(letter.state, "done", "that one is known")
        self.env["continuity.touchpoint.attempt"].search(
            [("touchpoint_id", "=", letter.id), ("outcome", "=", "bounced")]
        ).outcome = "rejected"
        self._bounce(letter, answered=first)
        self.assertEqual(letter.state, "done")

    def test_reports_of_notes_are_no_business_of_the_letter(self):
        """Or the note about a report would lead to the next."""
        letter = self._sent()
        note = letter.message_post(body="For you", partner_ids=self.contact_1.ids)
        count = len(letter.message_ids)
        self._bounce(letter, answered=note.message_id)
        self.assertEqual(letter.state, "done")
        self.assertEqual(len(letter.message_ids), count)


@tagged("post_install", "-at_install")
class TestEarlierLetters(RepliesCommon):
    """What was sent before the letter of today has its own message id."""

    def _sent_twice(self):
        letter = self._sent()
        first = letter.letter_message_id
        self._bounce(letter)
        self._send_anew(letter)
        return letter, first

    def test_reply_to_the_first_mail(self):
        letter, first = self._sent_twice()
        for kept in (True, False):
            with self.subTest(kept=kept):
                if not kept:
                    letter.message_ids.filtered(
                        lambda m: m.message_id == first
                    ).unlink()
                letter.replied_on = False
                self._reply(letter, answered=first)
                self.assertTrue(letter.replied_on)
                self.assertIn("Thank you", letter.message_ids[0].body)

    def test_forged_id(self):
        letter = self._sent()
        forged = letter.letter_message_id.replace("<", "<1")
        self._reply(letter, answered=forged)
        self.assertFalse(letter.replied_on)


@tagged("post_install", "-at_install")
class TestStopgapBounces(RepliesCommon):
    """A mail in place of a talk comes back."""

    def _stopgap(self, **values):
        letter = self._letter(
            channel_ids=[Command.set((self.call_channel | self.email_channel).ids)],
            stopgap_channel_ids=[Command.set(self.email_channel.ids)],
            **values,
        )
        self._run()
        self.assertEqual(letter.attempt_ids.outcome, "sent")
        self.assertTrue(letter.attempt_ids.stopgap)
        self.assertEqual(letter.state, "tried")
        return letter

    def test_next_channel_at_once(self):
        self.email_channel.next_channel_id = self.env.ref(
            "customer_continuity.channel_letter"
        )
        for limit in (1, 2):
            with self.subTest(limit=limit):
                self.email_channel.max_attempts = limit
                letter = self._stopgap()
                today = fields.Date.context_today(letter)
                self.assertGreater(letter.date_show, today, "it waits for an answer")
                self._bounce(letter)
                self.assertEqual(
                    letter.attempt_ids.mapped("outcome"), ["bounced", "sent"]
                )
                bounced = letter.attempt_ids[0]
                self.assertEqual(bounced.channel_id, self.email_channel)
                self.assertEqual(bounced.recipient, "customer@example.com")
                self.assertEqual(letter.channel_id.letter_medium, "paper")
                self.assertEqual(letter.date_show, today)
                self.assertIn("550 no user", letter.next_try)
                self._bounce(letter)
                self.assertEqual(len(letter.attempt_ids), 2, "reported twice")

    def test_full_mailbox(self):
        """The talk is owed anyhow: nothing is sent again."""
        letter = self._stopgap()
        self._bounce(letter, status="4.2.2", text="452 mailbox full")
        self.assertEqual(letter.attempt_ids[0].outcome, "bounced")
        self.assertEqual(letter.channel_id, self.call_channel)
        self.assertEqual(letter.state, "tried")

    def test_somebody_went_on_meanwhile(self):
        letter = self._stopgap()
        letter.log_attempt("no_answer", channel_id=self.call_channel.id)
        day, channel = letter.date_show, letter.channel_id
        self._bounce(letter)
        self.assertIn("bounced", letter.attempt_ids.mapped("outcome"))
        self.assertEqual((letter.date_show, letter.channel_id), (day, channel))

    def test_doubtful(self):
        letter = self._stopgap()
        self._bounce(letter, email="somebody@else.example.com")
        self._reply(letter)
        self._bounce(letter)
        self.assertEqual(letter.attempt_ids.mapped("outcome"), ["sent"])
