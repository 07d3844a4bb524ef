"""Whoever has the customer's link can act as the customer: colleagues have it not."""

import re
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common_letter import LetterCommon

SECRET = re.compile(r"/continuity/[\w-]{20,}")
REPORT = "customer_continuity.action_report_letter"
PDF = b"%PDF-1.4 one"


@tagged("post_install", "-at_install")
class TestLetterLink(LetterCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        touchpoint = type(cls.env["continuity.touchpoint"])
        cls.startClassPatcher(patch.object(touchpoint, "_render_pdf", lambda self: PDF))
        cls.letters = cls.mail | cls.paper
        # May read every customer's contacts, and release none of them.
        cls.reader = cls.user_all

    def setUp(self):
        super().setUp()
        self.letters.with_user(self.leaver).action_release()
        self.env.invalidate_all()

    def test_readers_see_no_link(self):
        for user in (self.reader, self.leaver):
            for letter in self.letters.with_user(user):
                with self.subTest(user=user.name, letter=letter.occurrence):
                    self.assertIn("/continuity/preview", letter.letter_text)
                    for name, value in letter.read()[0].items():
                        self.assertFalse(SECRET.search(str(value)), name)
                    with self.assertRaises(AccessError):
                        letter.read(["letter_body"])
                    with self.assertRaises(AccessError):
                        letter.search([("letter_body", "ilike", "/continuity/a")])

    def test_preview_shows_no_link(self):
        action = self.mail.with_user(self.leaver).action_preview_letters()
        preview = self.env[action["res_model"]].with_user(self.leaver)
        body = preview.browse(action["res_id"]).body
        self.assertIn("/continuity/preview", body)
        self.assertFalse(SECRET.search(body))

    def test_what_the_customer_gets_has_the_link(self):
        self.assertTrue(SECRET.search(self.mail.letter_body))
        report = self.env["ir.actions.report"]
        page, _type = report.sudo()._render_qweb_html(REPORT, self.paper.ids)
        self.assertTrue(SECRET.search(page.decode()))
        for user in (self.reader, self.leaver):
            page, _type = (
                report.with_user(user)
                .sudo(False)
                ._render_qweb_html(REPORT, self.paper.ids)
            )
            self.assertIn("/continuity/preview", page.decode())
            self.assertFalse(SECRET.search(page.decode()), user.name)

    def test_file_for_the_post(self):
        """Printed by those who may release; nobody downloads it past them."""
        file = self.paper.letter_pdf_id
        self.assertEqual(file.raw, PDF)
        for user in (self.reader, self.leaver):
            with self.subTest(user=user.name):
                with self.assertRaises(AccessError):
                    file.with_user(user).read(["raw"])
                found = file.with_user(user).search(
                    [
                        ("res_model", "=", self.paper._name),
                        ("res_id", "=", self.paper.id),
                        ("res_field", "!=", False),
                    ]
                )
                self.assertFalse(found)
        with self.assertRaisesRegex(AccessError, "release and print"):
            self.paper.with_user(self.reader).action_print_letters()
        for user in (self.leaver, self.user_leader):
            action = self.paper.with_user(user).action_print_letters()
            wizard = self.env[action["res_model"]].browse(action["res_id"])
            self.assertTrue(wizard.file)
            with self.assertRaises(AccessError):
                wizard.with_user(self.reader).read(["file"])

    def test_fingerprints_can_be_verified(self):
        for letter in self.letters.with_user(self.reader):
            self.assertTrue(letter.letter_intact)
        enclosure = self.env["ir.attachment"].create({"name": "a.txt", "raw": b"a"})
        changes = (
            {"letter_body": self.paper.letter_body.replace("wonder", "ask")},
            {"letter_body": SECRET.sub("/continuity/preview", self.paper.letter_body)},
            {"letter_address": "Elsewhere"},
            {"letter_attachment_ids": [Command.link(enclosure.id)]},
            {"letter_pdf_hash": "0"},
        )
        for change in changes:
            with self.subTest(change=change):
                before = {
                    name: (
                        [Command.set(self.paper[name].ids)]
                        if name == "letter_attachment_ids"
                        else self.paper[name]
                    )
                    for name in change
                }
                self.paper.write(change)
                self.paper.invalidate_recordset()
                self.assertFalse(self.paper.with_user(self.reader).letter_intact)
                self.paper.write(before)
                self.paper.invalidate_recordset()
                self.assertTrue(self.paper.with_user(self.reader).letter_intact)
