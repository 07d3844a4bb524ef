"""What keeps a letter about factoring back, before and after its release."""

import re

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_factoring_letter import FactoringLetterCommon


@tagged("post_install", "-at_install")
class TestFactoringLetterHeld(FactoringLetterCommon):
    # === What keeps it back === #

    def test_unreviewed_or_excluded_customer_is_not_noticed(self):
        letters = self._letter("notice")
        self.assertEqual(self._problems(letters), "")
        letters |= self._letter("courtesy")
        self.assertEqual(self._problems(letters[1]), "")
        self._review(self.customer_1, result="excluded", reason="Clause 7")
        for letter in letters:
            # Who releases it need not know what the contract says.
            self.assertIn("Their contract does not allow it", self._problems(letter))
            self.assertNotIn("Clause 7", self._problems(letter))
        self.env["continuity.contract.review"].search(
            [("partner_id", "=", self.customer_1.id)]
        ).sudo().write({"reviewed_on": False, "replaced_by_id": False})
        for letter in letters:
            self.assertIn("has not been reviewed", self._problems(letter))
            with self.assertRaisesRegex(UserError, "has not been reviewed"):
                letter.with_user(self.user_manager).action_release()

    def test_unconfirmed_account_is_told_to_nobody(self):
        letter = self._letter("notice")
        self.factor_account.active = False
        self.factor_account.active = True
        self.assertIn("not confirmed by a second person", self._problems(letter))

    def test_only_who_has_authority_signs(self):
        letter = self._letter("notice")
        self.assertEqual(letter._letter_signer(), self.user_manager)
        letter.sudo().signer_id = self.user_sales_a
        self.assertIn("has no authority to sign", self._problems(letter))
        self.company_a.continuity_signatory_ids = self.user_sales_a
        self.assertEqual(self._problems(letter), "")
        letter.sudo().signer_id = self.user_manager
        self.assertIn(self.user_sales_a.name, self._problems(letter))

    def test_who_has_authority_is_proposed(self):
        self.company_a.continuity_signatory_ids = self.user_sales_a
        self.assertEqual(self._letter("notice").signer_id, self.user_sales_a)
        self.assertFalse(self._letter("courtesy").signer_id)

    def test_parties_need_their_numbers(self):
        letter = self._letter("notice")
        self.factor.company_registry = False
        self.assertIn("company ID or the tax ID of Factor AG", self._problems(letter))

    def test_us_notice_asks_for_whole_instalments(self):
        self._set_law("us_de")
        letter = self._letter("notice")
        self.assertEqual(self._problems(letter), "")
        assignment = self._assignments(self.invoice)
        assignment.sudo().amount = 300
        self.assertIn("is assigned in part", self._problems(letter))
        self._set_law("gb")
        self.assertIn("the whole debts are assigned", self._problems(letter))
        self._set_law("de")
        self.assertNotIn("is assigned in part", self._problems(letter))

    def test_notice_is_in_the_contract_s_language(self):
        letter = self._letter("notice")
        self.assertIn("in another language, tell us", self._body(letter))
        review = self.debtor._valid_reviews()[self.debtor.id]
        review.contract_lang = "en_US"
        self.assertEqual(self._problems(letter), "")
        self.assertIn("in the language of our contract", self._body(letter))
        review.contract_lang = "ja_JP"
        self.assertIn("The contract is in Japanese", self._problems(letter))

    def test_reason_has_to_be_translated(self):
        self.customer_1.lang = "ja_JP"
        self.agreement.with_context(lang="ja_JP").sudo().customer_reason = "Orders"
        letter = self._letter("courtesy")
        self.assertIn("“What Customers Are Told” is not transl", self._problems(letter))

    def test_another_letter_than_a_checked_one(self):
        letter = self._letter("notice")
        letter.sudo().template_id = self.env.ref(
            "customer_continuity.letter_factoring_courtesy"
        )
        self.assertIn("is not checked for what", self._problems(letter))

    def test_own_words_are_checked_too(self):
        letter = self._letter("notice")
        letter.with_user(self.user_manager)._set_own_text("Pay", "<p>Pay them.</p>")
        problems = self._problems(letter)
        self.assertIn("where to pay", problems)
        self.assertIn("who alone may release", problems)

    # === Release === #

    def test_release_needs_the_paper_the_factor_signed(self):
        self.assertIn(
            "Only Factor AG can release", self._problems(self._letter("release"))
        )
        self._release_debtor()
        letter = self._letter("release")
        self.assertEqual(self._problems(letter), "")
        body = self._body(letter)
        for text in (
            "September 1, 2026",
            "June 20, 2026",
            "June 10, 2026",
            "DE02 5001 0517 5407 3249",
            "bought back",
        ):
            self.assertIn(text, body)
        letter.with_user(self.user_manager).action_release()
        enclosed = letter.sudo().letter_attachment_ids
        self.assertEqual(enclosed.raw, b"%PDF-1.4 signed by the factor")
        self.assertEqual(enclosed.res_model, "continuity.touchpoint")

    def test_paper_for_the_factor_to_sign(self):
        html = self.env["ir.qweb"]._render(
            "customer_continuity.report_factoring_release_page",
            {"doc": self.debtor.with_user(self.user_manager)},
        )
        text = re.sub(r"\s+", " ", str(html))
        for part in ("Factor AG", "HRB 2", "____", "DE02 5001 0517 5407 3249"):
            self.assertIn(part, text)
        with self.assertRaises(AccessError):
            self.debtor.with_user(self.billing)._release_paper_values()

    # === Changed since the release of the letter === #

    def _released_notice(self):
        letter = self._letter("notice")
        letter.with_user(self.user_manager).action_release()
        self.assertEqual(letter.state, "released")
        return letter

    def test_another_account_holds_the_letter(self):
        letter = self._released_notice()
        self.assertFalse(letter._letters_changed())
        other = self._create_account(self.factor, "DE02 3702 0500 0001 2024 00")
        self._direct(self.agreement, other, day="2026-06-15")
        self.env.invalidate_all()
        self.assertTrue(letter._letters_changed())
        reason = letter.sudo()._bring_letter_up_to_date()
        self.assertIn("has changed since its release", reason)
        self.assertIn("DE02 1203", letter.sudo().letter_body)

    def test_day_stays_as_it_was_released(self):
        with freeze_time("2026-07-02 08:00:00"):
            letter = self._released_notice()
        with freeze_time("2026-07-03 08:00:00"):
            self.env.invalidate_all()
            self.assertFalse(letter._letters_changed())
            self.assertIn("From July 2, 2026", letter.sudo().letter_body)

    def test_account_checked_again_holds_the_letter(self):
        letter = self._released_notice()
        self.factor_account.active = False
        self.factor_account.active = True
        self.env.invalidate_all()
        self.assertTrue(letter.sudo()._bring_letter_up_to_date())

    def test_payment_meanwhile_is_written_into_the_letter(self):
        letter = self._released_notice()
        self._pay(self.invoice, 400, "2026-06-20")
        self.env.invalidate_all()
        self.assertEqual(letter.sudo()._bring_letter_up_to_date(), "")
        self.assertIn("EUR 500.00", letter.sudo().letter_body)
        self.assertEqual(letter.released_by_id, self.user_manager)
