from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_letter import LetterCommon


@tagged("post_install", "-at_install")
class TestLetterPreview(LetterCommon):
    """Letters are looked at one by one before they are released."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._plan_letter(cls.customer_2, date_due="2027-03-02")
        cls.letters = cls.mail | cls.other

    def _open(self, letters=None, user=None):
        letters = letters or self.letters
        action = letters.with_user(user or self.leaver).action_preview_letters()
        return (
            self.env[action["res_model"]]
            .with_user(user or self.leaver)
            .browse(action["res_id"])
        )

    def test_one_by_one(self):
        preview = self._open()
        self.assertEqual(preview.progress, "1 of 2")
        self.assertEqual(preview.ready_count, 2)
        self.assertEqual(preview.subject, "How is Customer 1?")
        self.assertIn("Dear Jane Buyer,", preview.body)
        self.assertEqual(preview.recipient, "jane@buyer.example.com")
        self.assertEqual(preview.signer_id, self.leaver)
        preview.action_next()
        self.assertEqual(preview.progress, "2 of 2")
        self.assertEqual(preview.subject, "How is Customer 2?")
        preview.action_next()
        self.assertEqual(preview.progress, "2 of 2")
        preview.action_previous()
        self.assertEqual(preview.touchpoint_id, self.mail)

    def test_form(self):
        with Form(self._open()) as form:
            self.assertEqual(form.progress, "1 of 2")

    def test_problems_and_warnings(self):
        self.customer_2.email = False
        self.template.body_html = "<p>We will answer in due course: 〇〇</p>"
        preview = self._open()
        self.assertTrue(preview.can_release)
        self.assertIn("in due course", preview.warnings)
        self.assertIn("Fill in what is missing", preview.warnings)
        preview.action_next()
        self.assertFalse(preview.can_release)
        self.assertIn("no valid e-mail address", preview.problems)
        self.assertEqual(preview.ready_count, 1)

    def test_warnings_in_the_language_of_the_letter(self):
        self.env["continuity.wording"].create(
            {"name": "wonder", "lang": "ja", "advice": "No."}
        )
        self.assertFalse(self._open().warnings)

    def test_release_one_and_go_on(self):
        preview = self._open()
        preview.action_release_one()
        self.assertEqual(self.mail.state, "released")
        self.assertEqual(self.other.state, "owed")
        self.assertEqual(preview.touchpoint_id, self.other)
        preview.action_previous()
        self.assertTrue(preview.frozen)
        self.assertEqual(preview.body, self.mail.letter_text)

    def test_release_all(self):
        self.customer_2.email = False
        preview = self._open()
        action = preview.action_release_all()
        self.assertEqual(self.mail.state, "released")
        self.assertEqual(self.other.state, "owed")
        self.assertIn("Customer 2", action["params"]["message"])

    def test_sample_goes_to_the_user_only(self):
        preview = self._open()
        with patch.object(type(self.env["mail.mail"]), "send", lambda *a, **k: None):
            preview.action_sample()
        mail = self.env["mail.mail"].search([], order="id desc", limit=1)
        self.assertEqual(mail.email_to, "sales_a@continuity.example.com")
        self.assertFalse(mail.recipient_ids)
        self.assertIn("[Sample]", mail.subject)
        self.assertIn("How is it going, we wonder?", mail.body_html)
        self.assertIn("/continuity/preview", mail.body_html)
        self.assertEqual(self.mail.state, "owed")

    def test_sample_of_what_is_released(self):
        """As it is shown and will be sent, whatever became of the template since."""
        preview = self._open()
        touchpoint = preview.touchpoint_id
        preview.action_release_one()
        touchpoint.sudo().template_id.write(
            {"subject": "Another", "body_html": "<p>Something else</p>"}
        )
        preview = self._open(touchpoint)
        self.assertTrue(preview.frozen)
        with patch.object(type(self.env["mail.mail"]), "send", lambda *a, **k: None):
            preview.action_sample()
        mail = self.env["mail.mail"].search([], order="id desc", limit=1)
        self.assertIn(touchpoint.letter_subject, mail.subject)
        self.assertIn("How is it going, we wonder?", mail.body_html)
        self.assertIn("/continuity/preview", mail.body_html)

    def test_no_sample_without_an_address(self):
        self.leaver.email = False
        with self.assertRaises(UserError):
            self._open().action_sample()

    def test_own_text_keeps_the_link(self):
        preview = self._open()
        preview.action_edit()
        self.assertIn("How is it going, we wonder?", preview.edit_body)
        self.assertNotIn("o_continuity_signature", preview.edit_body)
        preview.edit_body = preview.edit_body.replace("we wonder", "dear Jane")
        preview.edit_subject = "A word to you"
        preview.action_save_edit()
        self.assertIn("dear Jane", preview.body)
        self.assertIn("fact_portal_link", self.mail.own_body)
        preview.action_release_one()
        self.assertNotIn("/continuity/preview", self.mail.letter_body)
        self.assertIn("/continuity/", self.mail.letter_body)
        self.assertIn("dear Jane", self.mail.letter_body)
        self.assertEqual(self.mail.letter_subject, "A word to you")
        self.assertEqual(self.mail.letter_body.count("+49 30 1234"), 1)

    def test_own_text_taken_back(self):
        preview = self._open()
        preview.action_edit()
        preview.edit_subject = "A word to you"
        preview.action_save_edit()
        preview.action_discard_edit()
        self.assertEqual(preview.subject, "How is Customer 1?")

    def test_only_those_who_may(self):
        with self.assertRaises(AccessError):
            self._open(user=self.colleague)
        preview = self._open(user=self.user_all)
        with self.assertRaises(AccessError):
            preview.action_release_one()
        with self.assertRaises(AccessError):
            preview.action_edit()

    def test_nobody_elses_dialog(self):
        preview = self._open()
        with self.assertRaises(AccessError):
            preview.with_user(self.user_manager).read(["subject"])

    def test_crafted_dialog_shows_nothing(self):
        foreign = self._plan_letter(self.customer_3, user_id=self.successor.id)
        preview = self.env["continuity.letter.preview"].with_user(self.colleague)
        with self.assertRaises(AccessError):
            preview.create({"touchpoint_ids": foreign.ids}).action_sample()

    def test_write_letters(self):
        template = self._create_template(name="Another", subject="Another subject")
        call = self._plan_touchpoint(self.customer_2)
        action = (self.letters | call).with_user(self.leaver).action_write_letters()
        wizard = self.env[action["res_model"]].with_user(self.leaver)
        wizard = wizard.browse(action["res_id"])
        self.assertEqual(wizard.touchpoint_ids, self.letters)
        self.assertIn("Call Customer 2", wizard.skipped)
        with Form(wizard) as form:
            form.template_id = template
            form.letter_medium = "both"
            form.signer_id = self.user_leader
        action = wizard.action_apply()
        self.assertEqual(action["res_model"], "continuity.letter.preview")
        self.assertEqual(self.letters.template_id, template)
        self.assertEqual(set(self.letters.mapped("letter_medium")), {"both"})
        self.assertEqual(self.letters.signer_id, self.user_leader)

    def test_released_letters_are_not_written_again(self):
        self.mail.with_user(self.leaver).action_release()
        with self.assertRaises(UserError):
            self.mail.with_user(self.leaver)._set_letter(letter_medium="mail")
        with self.assertRaises(UserError):
            self.mail.with_user(self.leaver).action_write_letters()

    def test_strangers_letters_cannot_be_linked(self):
        previews = self.env["continuity.letter.preview"]
        values = {"touchpoint_ids": [Command.set(self.mail.ids)]}
        with self.assertRaises(AccessError):
            self._rpc(self.colleague, previews, "create", [values])
        own = previews.with_user(self.colleague).create({})
        with self.assertRaises(AccessError):
            self._rpc(self.colleague, own, "write", values)
        own.sudo().touchpoint_ids = self.mail
        self.env.invalidate_all()
        self.assertFalse(
            self._rpc(self.colleague, own, "read", ["partner_id"])[0]["partner_id"]
        )
