"""What people and their machines write back: replies and absence notes."""

from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_replies import RepliesCommon


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
