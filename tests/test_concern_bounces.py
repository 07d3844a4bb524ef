"""Answers to concerns that did not arrive, or never left."""

from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.models.ir_mail_server import IrMail_Server

from .common_concern import ConcernCommon
from .common_replies import BOUNCE, GATEWAY_LOG, PLAIN_BOUNCE

MAIL_LOG = "odoo.addons.mail.models.mail_mail"


@tagged("post_install", "-at_install")
class TestConcernAnswerFails(ConcernCommon):
    def _mailed(self, **values):
        concern = self._raise()
        concern.answer = "<p>Yes.</p>"
        self._mail_answer(concern, **values)
        self.assertEqual(concern.state, "answered")
        self.assertFalse(self._todos(concern, self.owner))
        return concern

    def _bounce(self, concern, template=BOUNCE, **values):
        type(self)._number = getattr(self, "_number", 0) + 1
        values = {
            "number": self._number,
            "answered": concern.answer_message_id.message_id,
            "email": "ann@customer.example.com",
            "to": "bounce@continuity.example.com",
            "action": "failed",
            "status": "5.1.1",
            "text": "550 no user",
            **values,
        }
        with mute_logger(GATEWAY_LOG):
            self.env["mail.thread"].message_process(None, template.format(**values))

    def _assert_taken_back(self, concern, outcome, reason):
        self.assertEqual(concern.state, "in_progress")
        self.assertFalse(concern.answered_on)
        self.assertIn(reason, concern.answer_error)
        self.assertIn(reason, concern.message_ids[0].body)
        self.assertIn(reason, self._todos(concern, self.owner).note)
        outcomes = concern.touchpoint_ids.attempt_ids.mapped("outcome")
        self.assertEqual(set(outcomes), {"sent", outcome})

    def test_answer_that_bounces_is_none(self):
        for template in (BOUNCE, PLAIN_BOUNCE):
            with self.subTest(template=template):
                concern = self._mailed()
                self._bounce(concern, template)
                self._assert_taken_back(concern, "bounced", "no")
                self.assertFalse(self.relationship.last_contact_date)
        self._mail_answer(concern)
        self.assertFalse(concern.answer_error)

    def test_only_the_answer(self):
        """Not what else was mailed about the concern, nor what is still tried."""
        concern = self._mailed()
        note = concern.message_post(body="FYI", partner_ids=self.manager.partner_id.ids)
        self._bounce(concern, answered=note.message_id)
        self._bounce(concern, action="delayed", status="4.4.1")
        self._bounce(concern, action="delivered", status="2.0.0")
        self._bounce(
            concern,
            "From: jane@example.com\nTo: {to}\nMessage-Id: <{number}@x.example.com>\n"
            "In-Reply-To: {answered}\nSubject: Away\nAuto-Submitted: auto-replied\n"
            "Content-Type: text/plain\n\nI am away. 5.1.1\n",
        )
        self.assertEqual(concern.state, "answered")
        self.assertEqual(concern.touchpoint_ids.attempt_ids.outcome, "sent")

    def test_doubtful(self):
        concern = self._mailed()
        self._bounce(concern, email="somebody@else.example.com")
        with freeze_time(fields.Datetime.now() + timedelta(days=15)):
            self._bounce(concern)
        self.assertEqual(concern.state, "answered")
        notes = concern.message_ids[:2]
        self.assertIn("another address", notes[0].body)
        self.assertEqual(notes.notified_partner_ids, self.owner.partner_id)

    def _send_in_vain(self, concern):
        mails = self.env["mail.mail"].search(
            [("mail_message_id", "=", concern.answer_message_id.id)]
        )
        self.assertTrue(mails)
        with (
            patch.object(IrMail_Server, "_disable_send", lambda self: False),
            patch.object(IrMail_Server, "_connect__", lambda self, **kw: None),
            patch.object(
                IrMail_Server, "send_email", side_effect=ValueError("relay denied")
            ),
            mute_logger(MAIL_LOG),
        ):
            mails.send()

    def test_mail_that_never_leaves_is_no_answer(self):
        for close in (False, True):
            with self.subTest(close=close):
                concern = self._mailed()
                if close:
                    concern.with_user(self.owner).action_close()
                self._send_in_vain(concern)
                self._assert_taken_back(concern, "rejected", "relay denied")

    def test_somebody_of_the_customer_got_it(self):
        concern = self._mailed()
        concern.answer_message_id.notification_ids.create(
            {
                "mail_message_id": concern.answer_message_id.id,
                "res_partner_id": self.customer_1.id,
                "notification_type": "email",
                "notification_status": "sent",
            }
        )
        self._send_in_vain(concern)
        self.assertEqual(concern.state, "answered")

    def test_colleagues_copy_that_fails(self):
        """The customer's own mail is still to be sent."""
        self.user_manager.notification_type = "email"
        concern = self._mailed(
            partner_ids=(self.contact_1 | self.user_manager.partner_id).ids
        )
        mails = self.env["mail.mail"].search(
            [("mail_message_id", "=", concern.answer_message_id.id)]
        )
        copy = mails.filtered(lambda m: m.recipient_ids == self.user_manager.partner_id)
        self.assertTrue(copy and mails - copy)
        copy._postprocess_sent_message([], [], "no", "mail_smtp")
        self.assertEqual(concern.state, "answered")
        (mails - copy)._postprocess_sent_message([], [], "no", "mail_smtp")
        self.assertEqual(concern.state, "in_progress")

    def test_closed_meanwhile(self):
        """A report may take hours; the customer has heard nothing all the same."""
        concern = self._mailed()
        concern.with_user(self.owner).action_close()
        self._bounce(concern)
        self._assert_taken_back(concern, "bounced", "no user")

    def test_told_by_telephone_since(self):
        concern = self._mailed()
        message = concern.answer_message_id.message_id
        concern._resume()
        self._tell(concern)
        self._bounce(concern, answered=message)
        self.assertEqual(concern.state, "answered")
        self.assertEqual(
            concern.touchpoint_ids.attempt_ids.mapped("outcome").count("bounced"), 0
        )

    def test_other_mails_that_fail(self):
        """What is told colleagues may fail; the customer has the answer."""
        concern = self._mailed()
        note = concern.message_post(
            body="FYI", partner_ids=self.contact_1.ids, subtype_xmlid="mail.mt_comment"
        )
        mail = self.env["mail.mail"].create({"mail_message_id": note.id})
        mail._postprocess_sent_message([], [], "no", "mail_smtp")
        self.assertEqual(concern.state, "answered")


@tagged("post_install", "-at_install")
class TestConcernHandlers(ConcernCommon):
    def test_who_is_named_may_handle_it(self):
        """Text and check agree: a salesperson typed into the contact alone is neither
        named nor allowed."""
        concern = self._raise()
        self.customer_1.user_id = self.user_all
        for owner, named in (
            (self.user_all, self.owner | self.user_all),
            (self.owner, self.owner),
        ):
            with self.subTest(owner=owner.name):
                self.relationship.owner_id = owner
                may = concern.with_user(self.user_all)._may_handle()
                self.assertEqual(may, self.user_all in named)
                if not may:
                    with self.assertRaisesRegex(AccessError, self.owner.name) as caught:
                        concern.with_user(self.user_all).action_start()
                    self.assertNotIn(self.user_all.name, str(caught.exception))
                self.assertEqual(concern._handlers(), named)


@tagged("post_install", "-at_install")
class TestConcernAnswerTakenBack(ConcernCommon):
    """Told by mistake: who reported it takes it back the same day."""

    def _told(self):
        concern = self._raise()
        concern.answer = "<p>Yes.</p>"
        self._tell(concern)
        self.assertEqual(concern.state, "answered")
        return concern, concern.touchpoint_ids.with_user(self.owner)

    def test_concern_is_open_again(self):
        concern, touchpoint = self._told()
        touchpoint.action_undo()
        self.assertEqual(concern.state, "in_progress")
        self.assertFalse(concern.answered_on)
        self.assertTrue(self._todos(concern, self.owner))
        self.assertEqual(touchpoint.state, "cancelled", "the concern is the task")
        self.assertFalse(self.relationship.last_contact_date)
        self._tell(concern)
        self.assertEqual(concern.state, "answered")

    def test_not_once_it_is_closed(self):
        concern, touchpoint = self._told()
        concern.with_user(self.owner).action_close()
        with self.assertRaisesRegex(UserError, concern.name):
            touchpoint.action_undo()

    def test_only_the_last_answer(self):
        concern, first = self._told()
        concern._resume()
        self._tell(concern)
        first.action_undo()
        self.assertEqual(concern.state, "answered")
