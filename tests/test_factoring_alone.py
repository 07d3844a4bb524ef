"""One accountant alone sends no customer's money anywhere (X6), and what is kept for a
confidential agreement shows nobody that there is one (X8)."""

from freezegun import freeze_time

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common_factoring import FactoringCommon

OTHER = "DE75 5121 0800 1245 1261 99"


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringAlone(FactoringCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agreement = cls._create_agreement()
        cls.agreement.sudo().state = "approved"

    def test_what_one_proposes_moves_no_payments_of_ours(self):
        self._create_account(self.company_a.partner_id, OTHER)
        move = self._bill(self.customer_3, 100, "2026-06-30", "2026-07-30")
        self.assertEqual(move._continuity_default_accounts()[move], self.own_account)
        self._propose(
            self.agreement,
            self.accountant,
            kind="collection",
            bank_account_id=self.own_account.id,
        )
        self.env.invalidate_all()
        self.assertEqual(move._continuity_default_accounts()[move], self.own_account)

    def test_no_account_is_typed_into_a_letter(self):
        letter = self.env.ref("customer_continuity.letter_factoring_courtesy")
        body = str(letter.body_html)
        # No account numbers: wrong check digits, and a number of ours.
        letter.body_html = body + "<p>DE76 5121 0800 1245 1261 99, FA20 of AT10</p>"
        for typed in (
            OTHER,
            OTHER.replace(" ", ""),
            OTHER.replace(" ", "&nbsp;"),
            "DE75 <b>5121</b> 0800 1245 1261 99, please",
        ):
            with self.subTest(typed), self.assertRaisesRegex(ValidationError, "facts"):
                letter.body_html = body + f"<p>Pay to {typed}</p>"
        with self.assertRaisesRegex(ValidationError, "facts"):
            letter.subject = f"Pay to {OTHER}"

    def test_no_account_of_a_country_without_iban_is_typed_either(self):
        template = self.env["mail.template"]
        for typed in (
            "Pay to our account 123456789, please",
            "Account no.: 1234-5678",
            "account <b>number</b> is 12 34 56 78",
            "口座番号：１２３４５６７",
            "みずほ銀行 普通預金 1234567",
            "账号622200001111请付款",
            "账户号码为 6222 0000 1111",
            "Kontonummer 1234567890",
            "Sort code 20-00-00",
        ):
            with self.subTest(typed):
                self.assertTrue(template._continuity_unallowed("body", typed))
                self.assertTrue(
                    template._continuity_unallowed("subject", typed) or "<b>" in typed
                )
        for harmless in (
            "The account on our invoices, from 1 July 2026 on",
            "account: 2026-07-01; Konto, 01.07.2026",
            "Before you pay to another account, call +49 30 555 0100",
            "普通 2026年7月1日",
            "An accountant answers: 03-1234-5678",
        ):
            with self.subTest(harmless):
                self.assertFalse(template._continuity_unallowed("body", harmless))

    def test_kept_figures_tell_of_no_agreement(self):
        self._bill(self.customer_3, 100, "2026-06-15", "2026-07-15")
        standings = self.env["continuity.credit.standing"]
        taken = standings._take(self.company_a, self.customer_3)
        self.assertTrue(taken)
        taken._pin()
        for user in (self.accountant, self.user_manager):
            found = taken.with_user(user)
            with self.assertRaises(AccessError):
                found.read(["pinned"])
            with self.assertRaises(AccessError):
                found.search([("pinned", "=", True)])
            self.assertNotIn("pinned", found.read()[0])
