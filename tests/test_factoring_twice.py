"""Assigned receivables paid twice, in parts, too much, and payments undone (X9)."""

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common_factoring import AssignedCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringTwice(AssignedCommon):
    # === Twice, in parts, undone === #

    def test_paid_twice(self):
        """First to the factor, then to us: it goes back to the customer."""
        self._factor_pays_for()
        payment = self._loose_payment(100, "2026-06-25", memo=f"Inv. {self.move.name}")
        self._run_nightly()
        turnover = self._expect("double")
        self.assertEqual(turnover.payment_move_id, payment.move_id)
        self.assertTrue(self._reminders(self.agreement))
        self._run_nightly()
        self.assertEqual(len(self._turnovers(self.move)), 1)
        with self.assertRaisesRegex(UserError, "back to the customer"):
            turnover.with_user(self.accountant).action_turned_over()
        turnover.with_user(self.accountant).action_returned()
        self.assertEqual(turnover.state, "returned")

    def test_paid_to_us_and_again_to_the_factor(self):
        """What came first is turned over, what came twice goes back."""
        self._pay(self.move, 100, "2026-06-20")
        extra = self._loose_payment(
            100, "2026-06-26", self.clearing, memo=self.move.name
        )
        self._run_nightly()
        turnovers = self._turnovers(self.move)
        self.assertEqual(turnovers.mapped("reason"), ["wrong_account", "double"])
        self.assertEqual(turnovers.mapped("amount"), [100, 100])
        self.assertEqual(turnovers[1].payment_move_id, extra.move_id)
        accountant = turnovers.with_user(self.accountant)
        accountant[0].action_turned_over()
        accountant[1].action_returned()
        self.assertFalse(self._reminders(self.agreement))

    def test_same_amount_again_is_looked_at(self):
        """July paid in advance looks like June paid twice."""
        self._factor_pays_for()
        self._loose_payment(100, "2026-06-25", memo="July")
        self._run_nightly()
        turnover = self._expect("unclear").with_user(self.accountant)
        self.assertIn("look", self._reminders(self.agreement).summary)
        with self.assertRaisesRegex(UserError, "back to the customer"):
            turnover.action_turned_over()
        turnover.action_in_advance()
        self._expect("unclear", state="ours")
        self.assertFalse(self._reminders(self.agreement))
        self._run_nightly()
        self._expect("unclear", state="ours")

    def test_only_what_may_be_the_customers_was_paid_in_advance(self):
        self._pay(self.move, 100, "2026-06-26")
        with self.assertRaisesRegex(UserError, "factor's"):
            self._turnovers(self.move).with_user(self.accountant).action_in_advance()

    def test_payment_in_advance_that_pays_the_next_invoice_is_done_with(self):
        self._factor_pays_for()
        payment = self._loose_payment(100, "2026-06-25")
        self._run_nightly()
        july = self._bill(self.customer_1, 100, "2026-06-29", "2026-07-29")
        self._receivable(july, payment.move_id).reconcile()
        self._run_nightly()
        self._expect("unclear", state="void")

    def test_paid_twice_on_another_receivable_account(self):
        """The customer's account was changed between the two payments."""
        self._factor_pays_for()
        other = self._receivable(self.move).account_id.copy({"code": "CC1299"})
        self.customer_1.with_company(
            self.company_a
        ).property_account_receivable_id = other
        payment = self._loose_payment(100, "2026-06-25", memo=self.move.name)
        self.assertIn(other, payment.move_id.line_ids.account_id)
        self._run_nightly()
        self._expect("double")

    def test_overpaid(self):
        payment = self._loose_payment(130, "2026-06-25", self.clearing)
        self._receivable(self.move, payment.move_id).reconcile()
        self._run_nightly()
        self._expect("double", 30)
        self.assertEqual(self.assignment.state, "settled")

    def test_too_much_is_given_back_with_the_payment_to_the_customer(self):
        extra = self._loose_payment(130, "2026-06-25")
        self._receivable(self.move, extra.move_id).reconcile()
        self._run_nightly()
        lines = self.bank.outbound_payment_method_line_ids
        lines.payment_account_id = self.accounts["outstanding"]
        back = self._loose_payment(30, "2026-06-27", payment_type="outbound")
        self._receivable(extra.move_id, back.move_id).reconcile()
        self._run_nightly()
        double = self._turnovers(self.move).filtered(lambda t: t.reason == "double")
        self.assertEqual(double.mapped("state"), ["returned"])
        self.assertEqual(double.amount, 30)

    def test_too_much_that_pays_another_invoice_is_nobodys_any_more(self):
        extra = self._loose_payment(130, "2026-06-25", self.clearing)
        self._receivable(self.move, extra.move_id).reconcile()
        self._run_nightly()
        other = self._bill(self.customer_1, 30, "2026-06-26", "2026-07-26")
        self._receivable(other, extra.move_id).filtered(
            lambda line: not line.reconciled
        ).reconcile()
        self._run_nightly()
        self._expect("double", 30, state="void")

    def test_prepayment_of_another_invoice_is_no_double_payment(self):
        self._factor_pays_for()
        self._bill(self.customer_1, 100, "2026-06-24", "2026-07-24")
        self._loose_payment(100, "2026-06-25")
        self._run_nightly()
        self.assertFalse(self._turnovers(self.move))

    def test_part_payments_to_both_accounts(self):
        self._factor_pays_for(60)
        self.assertEqual(self.assignment.open_amount, 40)
        self.assertEqual(self.assignment.state, "active")
        self._pay(self.move, 40, "2026-06-26")
        self._expect("wrong_account", 40)
        self.assertEqual(self.assignment.state, "settled")

    def test_discount_taken_with_the_payment(self):
        """What came in is turned over; of the rest the factor must hear."""
        self._pay(self.move, 95, "2026-06-26", write_off=5)
        self._expect("wrong_account", 95)
        self.assertEqual(self.assignment.state, "settled")
        self.assertIn("95", self.assignment.news)

    def test_payment_in_another_currency(self):
        """125 dollars are 100 euro: what is closed counts."""
        payment = self._loose_payment(125, "2026-06-26", currency_id=self.dollar.id)
        self._receivable(self.move, payment.move_id).reconcile()
        turnover = self._expect("wrong_account", 100)
        self.assertEqual(turnover.currency_id, self.euro)

    def test_match_undone(self):
        self._pay(self.move, 100, "2026-06-26")
        self._receivable(self.move).remove_move_reconcile()
        self._expect("wrong_account", state="void")
        self.assertEqual(self.assignment.state, "active")
        self.assertEqual(self.assignment.open_amount, 100)
        self.assertFalse(self._reminders(self.agreement))

    def test_match_undone_after_it_was_turned_over(self):
        self._pay(self.move, 100, "2026-06-26")
        self._turnovers(self.move).with_user(self.accountant).action_turned_over()
        self._receivable(self.move).remove_move_reconcile()
        self._expect("wrong_account", state="turned_over")
        self.assertIn("taken off the invoice", self.assignment.news)
