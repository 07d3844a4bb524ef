"""Accounts chosen by hand, and what paper, portal and mail say of them."""

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common_factoring_payment import FactoringPaymentCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringPaymentPaper(FactoringPaymentCommon):
    # === By hand === #

    def test_account_chosen_by_hand_is_refused_when_posting(self):
        self._run_agreement()
        third = self._create_account(
            self.company_a.partner_id, "DE88 1001 0010 0076 5431 20"
        )
        for account in (self.own_account, third):
            with Form(self._draft()) as form:
                form.partner_bank_id = account
            move = form.record
            with self.assertRaisesRegex(UserError, self.factor_account.acc_number):
                move.with_user(self.billing).action_post()
            move.partner_bank_id = False
            move.with_user(self.billing).action_post()
            self.assertEqual(move.partner_bank_id, self.factor_account)

    def test_account_chosen_before_the_notice_is_refused_too(self):
        agreement = self._run_agreement(noticed=False)
        third = self._create_account(
            self.company_a.partner_id, "DE88 1001 0010 0076 5431 20"
        )
        move = self._draft()
        move.partner_bank_id = third
        self._notice(agreement)
        self.assertEqual(move.partner_bank_id, third)
        with self.assertRaisesRegex(UserError, "was told to pay"):
            move.action_post()

    def test_factor_named_by_hand_before_the_notice_is_corrected(self):
        self._run_agreement(noticed=False)
        move = self._draft()
        move.partner_bank_id = self.factor_account
        move.action_post()
        self.assertPaysTo(move, self.own_account)

    def test_duplicate_of_an_earlier_invoice_is_corrected(self):
        agreement = self._run_agreement(noticed=False)
        move = self._bill(self.customer_1, 100, "2026-06-02", "2026-07-02")
        self._pay(move, 100, "2026-06-30")
        self._notice(agreement)
        copy = move.copy()
        copy.action_post()
        self.assertPaysTo(copy, self.factor_account)

    def test_account_of_a_posted_invoice_cannot_be_changed(self):
        self._run_agreement()
        move = self._draft()
        move.action_post()
        with self.assertRaisesRegex(UserError, "was told to pay"):
            move.with_user(self.accountant).partner_bank_id = self.own_account

    def test_direction_cannot_be_written_by_hand(self):
        agreement = self._run_agreement()
        direction = agreement.direction_ids
        other = self._create_customer("Not covered")
        move = self._draft(other)
        with self.assertRaises(AccessError):
            move.with_user(self.accountant).continuity_direction_id = direction
        with self.assertRaises(AccessError):
            move.with_user(self.accountant).copy(
                {"continuity_direction_id": direction.id}
            )
        created = (
            self.env["account.move"]
            .with_user(self.accountant)
            .with_context(default_continuity_direction_id=direction.id)
            .create({"move_type": "out_invoice", "partner_id": other.id})
        )
        self.assertFalse(created.continuity_direction_id)

    def test_account_that_must_be_checked_again_stops_posting(self):
        agreement = self._run_agreement()
        move = self._draft()
        self.factor_account.active = False
        self.factor_account.active = True
        with self.assertRaisesRegex(UserError, agreement.name):
            move.with_user(self.accountant).action_post()
        with self.assertRaises(UserError) as refused:
            move.with_user(self.billing).action_post()
        self.assertNotIn(agreement.name, str(refused.exception))
        self.assertNotIn("Factor", str(refused.exception))
        self.assertIn(agreement.contact_id.name, str(refused.exception))
        self._confirm(agreement.direction_ids, self.accountant)
        move.action_post()
        self.factor_account.active = False
        with self.assertRaisesRegex(UserError, "archived"):
            self._draft().with_user(self.accountant).action_post()

    # === Paper and online === #

    def test_pdf_that_was_sent_is_kept_and_printed_anew(self):
        agreement = self._run_agreement(noticed=False)
        move = self._draft()
        move.action_post()
        sent = self.env["ir.attachment"].create(
            {
                "name": "INV.pdf",
                "raw": b"%PDF as sent",
                "res_model": move._name,
                "res_id": move.id,
                "res_field": "invoice_pdf_report_file",
            }
        )
        move.is_move_sent = True
        move.invalidate_recordset()
        self._notice(agreement)
        self.assertFalse(move.invoice_pdf_report_id)
        self.assertEqual(sent.exists().raw, b"%PDF as sent")
        page = self._printed(move.with_context(proforma_invoice=True))
        self.assertPaysTo(move, self.factor_account, page)
        self.assertNotIn("Proforma", self._text(page))
        self.assertNotIn("proforma", move._get_invoice_proforma_pdf_report_filename())

    def test_paying_online_is_not_offered(self):
        self._run_agreement()
        move, other = self._draft(), self._draft(self._create_customer("Other"))
        (move | other).action_post()
        self.assertTrue(other._has_to_be_paid())
        self.assertTrue(other.display_link_qr_code)
        self.assertFalse(move._has_to_be_paid())
        self.assertFalse(move.display_link_qr_code)
        self.assertIn(self.factor_account.acc_number, move._get_online_payment_error())
        wizard = (
            self.env["payment.link.wizard"]
            .with_context(active_id=move.id, active_model=move._name)
            .create({"res_model": move._name, "res_id": move.id, "amount": 100})
        )
        self.assertIn(self.factor_account.acc_number, wizard.warning_message)

    def test_transaction_of_ours_is_refused(self):
        self._run_agreement()
        move = self._draft()
        move.action_post()
        methods = self.env["payment.method"].with_context(active_test=False)
        provider = self.env["payment.provider"].search([], limit=1)
        with self.assertRaisesRegex(ValidationError, "bank transfer"):
            self.env["payment.transaction"].create(
                {
                    "provider_id": provider.id,
                    "payment_method_id": methods.search([], limit=1).id,
                    "amount": 100,
                    "currency_id": move.currency_id.id,
                    "partner_id": move.partner_id.id,
                    "reference": "continuity-test",
                    "invoice_ids": [Command.set(move.ids)],
                }
            )

    def test_mail_names_the_same_account(self):
        self._run_agreement()
        move = self._draft()
        move.action_post()
        template = self.env.ref("account.email_template_edi_invoice")
        body = template._render_field("body_html", move.ids)[move.id]
        self.assertIn(self.factor_account.acc_number, body)
        self.assertNotIn(self.own_account.acc_number, body)

    def test_electronic_invoice_names_the_same_account(self):
        builder = self.env.get("account.edi.xml.ubl_bis3")
        if builder is None:
            self.skipTest("electronic invoices are not installed")
        self._run_agreement()
        move = self._draft()
        move.action_post()
        xml, _errors = builder._export_invoice(move)
        self.assertIn(self.factor_account.sanitized_acc_number.encode(), xml)
        self.assertNotIn(self.own_account.sanitized_acc_number.encode(), xml)

    def test_invoice_speaks_the_customer_s_language(self):
        agreement = self._run_agreement()
        notes = set()
        for lang, day in (
            ("en_US", "June 10, 2026"),
            ("ja_JP", "2026年6月10日"),
            ("zh_CN", "2026年6月10日"),
        ):
            self.env["res.lang"]._activate_lang(lang)
            self.customer_1.lang = lang
            move = self._draft()
            move.action_post()
            page = self._printed(move)
            self.assertPaysTo(move, self.factor_account, page)
            self.assertIn(day, self._said(page))
            notes.add(self._said(page))
        self.assertTrue(agreement)
        self.assertEqual(len(notes), 3)
