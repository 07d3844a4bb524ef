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
