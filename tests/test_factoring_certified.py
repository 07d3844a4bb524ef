from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_factoring_letter import FactoringLetterCommon


@tagged("post_install", "-at_install")
class TestFactoringCertified(FactoringLetterCommon):
    def setUp(self):
        super().setUp()
        self._set_law("jp")
        self.debtor.write({"state": "noticed", "noticed_on": "2026-06-10 08:00:00"})
        self.other = self.agreement.debtor_ids - self.debtor

    def _certify(self, debtor=None, kind="mail", user=None, **values):
        values = {
            "day": fields.Date.to_date("2026-06-11"),
            "number": "123-45-67890-1",
            "attachments": self._attachment("certificate.pdf"),
            "delivered_on": fields.Date.to_date("2026-06-13"),
            **values,
        }
        debtor = (debtor or self.debtor).with_user(user or self.user_manager)
        debtor._certify(kind, **values)

    def test_missing_until_it_is_recorded(self):
        found = self.env["continuity.factoring.debtor"].search(
            [
                ("factoring_id", "=", self.agreement.id),
                ("certified_missing", "=", True),
            ]
        )
        self.assertEqual(found, self.debtor)
        self._certify()
        self.assertFalse(self.debtor.certified_missing)
        self.assertEqual(self.debtor.certified_delivered_on.isoformat(), "2026-06-13")
        self.assertEqual(self.debtor.certified_attachment_ids.res_id, self.debtor.id)
        log = "".join(self.agreement.message_ids.mapped(lambda m: str(m.body)))
        self.assertIn("06/11/2026", log)
        self.assertNotIn("2026-06-11", log)

    def test_only_where_the_law_asks_for_one(self):
        self._set_law("de")
        self.assertFalse(self.debtor.certified_missing)
        self._set_law("jp")
        self.debtor.write({"state": "planned", "noticed_on": False})
        self.env.invalidate_all()
        self.assertFalse(self.debtor.certified_missing)

    def test_a_click_is_no_certified_date(self):
        self.debtor.write(
            {"state": "acknowledged", "acknowledged_on": "2026-06-12 08:00:00"}
        )
        self.assertTrue(self.debtor.certified_missing)
        self.assertFalse(self.debtor.certified_on)

    def test_it_does_not_keep_the_letter_back(self):
        self.debtor.write({"state": "planned", "noticed_on": False})
        letter = self._letter("notice")
        self.assertEqual(self._problems(letter), "")
        self.assertIn("content-certified mail", self._body(letter))

    def test_only_paper_is_sent_as_certified_mail(self):
        self.debtor.write({"state": "planned", "noticed_on": False})
        letter = self._letter("notice")
        for medium, is_sent in (("mail", False), ("paper", True), ("both", True)):
            letter.sudo().letter_medium = medium
            self.env.invalidate_all()
            body = self._body(letter)
            self.assertEqual("is sent by content-certified mail" in body, is_sent)
            self.assertEqual("follows by post as content-cert" in body, not is_sent)

    def test_registration_stands_on_the_notice(self):
        self._set_law("cn")
        self._certify(kind="registration", delivered_on=False, number="0123 4567")
        body = self._body(self._letter("notice"))
        self.assertIn("registered on June 11, 2026 under number 0123 4567", body)

    def test_what_cannot_be_is_refused(self):
        day = fields.Date.to_date
        for values, reason in (
            ({"number": " "}, "the date and the number"),
            ({"attachments": self.env["ir.attachment"]}, "Attach the certificate"),
            ({"day": day("2099-01-01")}, "cannot be to come"),
            ({"day": day("2026-06-14")}, "delivered before it was certified"),
            ({"delivered_on": False}, "Enter the day of delivery"),
            (
                {"day": day("2026-06-08"), "delivered_on": day("2026-06-09")},
                "left later than that",
            ),
        ):
            with self.subTest(reason=reason):
                with self.assertRaisesRegex(UserError, reason):
                    self._certify(**values)
        with self.assertRaisesRegex(UserError, "has not left yet"):
            self._certify(self.other)

    def test_who_records_it(self):
        self._certify(
            user=self.accountant,
            attachments=self.env["ir.attachment"]
            .with_user(self.accountant)
            .create({"name": "certificate.pdf", "raw": b"x"}),
        )
        for user in (self.user_sales_b, self.billing):
            with self.assertRaises(AccessError):
                self.debtor.with_user(user).action_certify()
        # Somebody who sees the customer, and does not carry the agreement out.
        self.debtor.sudo().user_id = self.user_sales_a
        speaker = self.debtor.with_user(self.user_sales_a)
        speaker.check_access("read")
        paper = self.env["ir.attachment"].with_user(self.user_sales_a)
        with self.assertRaisesRegex(AccessError, "are kept by accountants"):
            self._certify(
                user=self.user_sales_a,
                attachments=paper.create({"name": "certificate.pdf", "raw": b"x"}),
            )
        for name, value in (("certified_on", "2026-06-11"), ("certified_kind", "mail")):
            with self.assertRaises(AccessError):
                self.debtor.with_user(self.user_manager)[name] = value

    def test_to_do_once_the_notice_has_left(self):
        self.debtor.write({"state": "planned", "noticed_on": False})
        letter = self._letter("notice")
        for line in self.debtor | self.other:
            line._touchpoint_done(letter)
        todo = self._reminders(self.agreement).filtered(
            lambda a: "certified date" in a.summary
        )
        self.assertEqual(len(todo), 1)
        self.assertEqual(todo.user_id, self.user_manager)
        self.debtor.write({"state": "noticed", "noticed_on": "2026-06-10 08:00:00"})
        self._certify()
        self.assertFalse(todo.exists().active)

    def test_no_to_do_under_another_law(self):
        self._set_law("gb")
        self.debtor._touchpoint_done(self._letter("notice"))
        self.assertFalse(
            self._reminders(self.agreement).filtered(
                lambda a: "certified date" in a.summary
            )
        )

    def test_form(self):
        action = self.debtor.with_user(self.user_manager).action_certify()
        wizard = Form(
            self.env[action["res_model"]]
            .with_user(self.user_manager)
            .with_context(**action["context"])
        )
        wizard.certified_on = "2026-06-11"
        wizard.delivered_on = "2026-06-13"
        wizard.number = "1"
        record = wizard.save()
        record.attachment_ids = [Command.set(self._attachment().ids)]
        record.action_apply()
        self.assertEqual(self.debtor.certified_kind, "mail")
