"""A part of an invoice is assigned."""

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_factoring_wizard import FactoringWizardCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringAssignPart(FactoringWizardCommon):
    def setUp(self):
        super().setUp()
        self.agreement = self._run_agreement(covers="invoices")
        self.move = self._bill(self.customer_1, 100, "2026-06-15", "2026-07-15")

    def _open(self, move=None, user=None):
        move = (move or self.move).with_user(user or self.accountant)
        action = move.with_context(
            allowed_company_ids=self.company_a.ids
        ).action_continuity_assign_part()
        return (
            self.env[action["res_model"]]
            .with_user(user or self.accountant)
            .browse(action["res_id"])
        )

    def test_part_of_an_invoice(self):
        wizard = self._open()
        self.assertEqual(wizard.factoring_id, self.agreement)
        self.assertEqual(wizard.line_ids.amount, 100)
        with Form(wizard) as form, form.line_ids.edit(0) as line:
            line.amount = 40
        wizard.action_assign()
        self.assertEqual(self._assignments(self.move).amount, 40)

    def test_what_cannot_be_assigned_says_why(self):
        move = self._bill(
            self.customer_1, 100, "2026-06-15", "2026-07-15", currency=self.dollar
        )
        wizard = self._open(move)
        self.assertIn("USD", wizard.line_ids.refusal)
        self.assertFalse(wizard.line_ids.amount)
        with self.assertRaisesRegex(UserError, "how much"):
            wizard.action_assign()

    def test_more_than_is_open(self):
        wizard = self._open()
        wizard.line_ids.amount = 101
        with self.assertRaisesRegex(UserError, "a part of it"):
            wizard.action_assign()

    def test_customer_not_covered(self):
        move = self._bill(self.customer_3, 100, "2026-06-15", "2026-07-15")
        with self.assertRaisesRegex(UserError, "Customer 3"):
            self._open(move)

    def test_access(self):
        with self.assertRaises(UserError):
            self._open(user=self.user_sales_b)
        wizard = self._open()
        with self.assertRaises(AccessError):
            wizard.move_ids = [Command.clear()]
        with self.assertRaises(AccessError):
            wizard.line_ids.write({"move_line_id": self._receivable(self.move).id})
