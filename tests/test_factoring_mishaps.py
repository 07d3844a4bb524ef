"""What goes wrong with assigned receivables (X9), one test per mishap."""

import re

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_factoring import AssignedCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringMishaps(AssignedCommon):
    """Assigned on 5 June, told on 10 June, paid when the test says so."""

    # === Which account, and when === #

    def test_paid_to_the_factor(self):
        self._factor_pays_for()
        self.assertEqual(self.assignment.state, "settled")
        self.assertFalse(self._turnovers(self.move))

    def test_paid_to_us_before_the_notice(self):
        """The customer is free, but the money is the factor's."""
        self._pay(self.move, 100, "2026-06-09")
        turnover = self._expect("before_notice")
        self.assertEqual(self.assignment.state, "settled")
        self.assertEqual(len(self._reminders(self.agreement)), 1)
        self.assertGreaterEqual(str(turnover.due_on), "2026-06-30")

    def test_paid_to_the_factor_before_the_notice(self):
        self._factor_pays_for(day="2026-06-08")
        self.assertFalse(self._turnovers(self.move))

    def test_paid_to_our_old_account_after_the_notice(self):
        payment = self._pay(self.move, 100, "2026-06-26")
        turnover = self._expect("wrong_account")
        self.assertEqual(turnover.payment_move_id, payment.move_id)
        self.assertEqual(str(turnover.due_on), "2026-07-03")
        reminder = self._reminders(self.agreement)
        self.assertIn(self.move.name, reminder.summary)
        self.assertEqual(reminder.user_id, self.user_manager)
        self.assertEqual(reminder.date_deadline, turnover.due_on)
        shown = payment.move_id.with_user(self.accountant)
        self.assertEqual(shown.continuity_turnover_count, 1)
        turnover.with_user(self.accountant).action_turned_over()
        self.assertEqual(turnover.state, "turned_over")
        self.assertEqual(turnover.done_by_id, self.accountant)
        self.assertFalse(self._reminders(self.agreement))

    def test_to_do_is_done_whatever_it_is_called_by_now(self):
        """Contact, number, language and factor change; the to-do stays the one."""
        self._pay(self.move, 100, "2026-06-26")
        turnover = self._turnovers(self.move)
        reminder = self._reminders(self.agreement)
        self.assertEqual(turnover.activity_id, reminder)
        self.agreement.sudo().contact_id = self.accountant
        self.move.sudo().name = "RENAMED/1"
        self.factor.name = "Another Name"
        turnover.with_user(self.accountant).action_turned_over()
        self.assertFalse(self._reminders(self.agreement))
        self.assertTrue(reminder.exists())
        self.assertFalse(reminder.active)
        self.assertEqual(reminder.feedback, "Turned Over")

    def test_only_who_keeps_the_accounts_turns_over(self):
        self._pay(self.move, 100, "2026-06-26")
        turnover = self._turnovers(self.move)
        with self.assertRaises(AccessError):
            turnover.with_user(self.user_sales_a).action_turned_over()
        with self.assertRaises(AccessError):
            turnover.with_user(self.accountant).write({"state": "turned_over"})
        with self.assertRaisesRegex(UserError, "factor's"):
            turnover.with_user(self.accountant).action_returned()

    def test_paid_to_another_factor(self):
        self.clearing.continuity_factor_id = self.other_factor
        self._factor_pays_for()
        self._expect("wrong_factor")

    def test_collection_account_in_our_name(self):
        self._direct(
            self.agreement, self.own_account, day="2026-06-12", kind="collection"
        )
        self._pay(self.move, 100, "2026-06-20")
        self._expect("collection")

    def test_direction_not_yet_in_force(self):
        self.agreement.direction_ids.sudo().effective_from = "2026-06-25"
        self._pay(self.move, 100, "2026-06-20")
        self._expect("unchanged")

    def test_german_ban_lets_the_customer_pay_us(self):
        """HGB 354a: no reproach, the money is the factor's all the same."""
        self._review(
            self.customer_1, result="debtor_may_pay", reason="Ban under HGB 354a"
        )
        self._pay(self.move, 100, "2026-07-01")
        # Reviewed on 30 June: what was paid before was paid under the old review.
        self._expect("permitted")

    def test_paid_before_it_was_assigned_but_matched_later(self):
        self._pay(self.move, 100, "2026-06-01")
        self._expect("before_assignment")
        self.assertIn("before it was assigned", self.assignment.news)

    def test_confidential_collections_are_all_tracked_in_one_to_do_a_day(self):
        agreement = self._agree_anew(kind="confidential", noticed=False)
        moves = [
            self._bill(self.customer_2, 100, "2026-06-29", "2026-07-29")
            for _x in range(2)
        ]
        for move in moves:
            self._pay(move, 100, "2026-06-30")
            self.assertEqual(self._turnovers(move).reason, "confidential")
            self.assertFalse(
                move.message_ids.filtered(lambda m: "actor" in (m.body or ""))
            )
        reminder = self._reminders(agreement)
        self.assertEqual(len(reminder), 1)
        first, second = (self._turnovers(move) for move in moves)
        self.assertEqual(first.activity_id | second.activity_id, reminder)
        first.with_user(self.user_manager).action_turned_over()
        self.assertTrue(reminder.active)
        second.with_user(self.user_manager).action_turned_over()
        self.assertFalse(reminder.active)

    # === Credit notes, disputes, set-off === #

    def test_credit_note_before_the_assignment(self):
        agreement = self._agree_anew(covers="invoices", noticed=False)
        move = self._bill(self.customer_2, 100, "2026-06-20", "2026-07-20")
        self._credit(move, 30, "2026-06-21")
        assignment = agreement._assign(self._receivable(move))
        self.assertEqual(assignment.amount, 70)
        self.assertFalse(assignment.news)

    def test_credit_note_after_the_assignment(self):
        refund = self._credit(self.move, 30, "2026-06-20")
        self.assertEqual(self.assignment.open_amount, 70)
        self.assertEqual(self.assignment.state, "active")
        self.assertIn(refund.name, self.assignment.news)
        self.assertFalse(self._turnovers(self.move))
        self.assignment.with_user(self.accountant).action_told()
        self.assertFalse(self.assignment.news)
        self.assertIn(refund.name, self.assignment.note)
        self.assertEqual(str(self.assignment.told_on), "2026-06-30")

    def test_credit_note_larger_than_the_rest(self):
        """The rest of the note is the customer's claim on us, nobody's money."""
        self._factor_pays_for(60)
        refund = self._credit(self.move, 70, "2026-06-25")
        self._run_nightly()
        self.assertEqual(self.assignment.state, "settled")
        self.assertFalse(self._turnovers(self.move))
        self.assertEqual(refund.amount_residual, 30)
        self.assertRegex(self.assignment.news, f"{re.escape(refund.name)}.*40")

    def test_set_off_is_told_and_no_money(self):
        self._write_off(self.move, 100, "2026-06-20")
        self.assertIn("without a payment", self.assignment.news)
        self.assertFalse(self._turnovers(self.move))
        self.assertEqual(self.assignment.state, "settled")

    def test_dispute_and_its_end(self):
        assignment = self.assignment.with_user(self.accountant)
        with self.assertRaisesRegex(UserError, "reason"):
            assignment._dispute(" ")
        assignment._dispute("Goods are damaged")
        self.assertEqual(assignment.state, "active")
        self.assertTrue(assignment.disputed)
        self.assertIn("damaged", assignment.news)
        self.assertEqual(
            self.move.with_user(self.accountant).continuity_assignment_state,
            "disputed",
        )
        assignment.action_end_dispute()
        self.assertFalse(assignment.disputed)
        self.assertEqual(str(assignment.dispute_ended_on), "2026-06-30")
        self.assertIn("over", assignment.news)

    # === Instalments, currencies === #

    def _invoice_in_instalments(self):
        move = self._create_invoice(self.customer_1, 100, "2026-06-15", post=False)
        move.invoice_payment_term_id = self._in_two_instalments()
        move.action_post()
        self.diary[move] = {"events": []}
        return move

    def test_instalments_are_followed_one_by_one(self):
        move = self._invoice_in_instalments()
        first, second = self._assignments(move).sorted("date_maturity")
        self._pay(move, 50, "2026-06-30")
        turnover = self._turnovers(move)
        self.assertEqual(turnover.assignment_id, first)
        self.assertEqual((turnover.reason, turnover.amount), ("wrong_account", 50))
        self.assertEqual((first.state, second.state), ("settled", "active"))
        self._pay(move, 20, "2026-06-30", journal=self.clearing)
        self.assertEqual(self._turnovers(move), turnover)
        self.assertEqual((first.open_amount, second.open_amount), (0, 30))

    def test_credit_note_over_two_instalments(self):
        """Of each the factor hears what was taken off it, and no more."""
        move = self._invoice_in_instalments()
        self._credit(move, 70, "2026-06-30")
        first, second = self._assignments(move).sorted("date_maturity")
        self.assertEqual((first.state, second.state), ("settled", "active"))
        self.assertEqual((first.open_amount, second.open_amount), (0, 30))
        self.assertEqual(first.news.count("Credited"), 1)
        self.assertIn("50.00", first.news)
        self.assertEqual(second.news.count("Credited"), 1)
        self.assertIn("20.00", second.news)

    def test_invoice_in_dollars_whose_rate_moved(self):
        """The exchange difference is ours: neither money nor news for the factor."""
        self._agree_anew(currency_ids=[Command.set(self.dollar.ids)])
        moves = [
            self._bill(
                self.customer_2,
                125,
                "2026-06-15",
                "2026-07-15",
                currency=self.dollar,
            )
            for _number in range(2)
        ]
        self._create_rate(self.company_a, self.dollar, 2.0, "2026-06-30")
        for move, journal in zip(moves, (self.clearing, self.bank), strict=True):
            self._pay(move, 125, "2026-06-30", journal=journal)
            self.assertEqual(len(self._receivable(move).matched_credit_ids), 2)
            assignment = self._assignments(move)
            self.assertEqual(assignment.currency_id, self.dollar)
            self.assertEqual(assignment.state, "settled")
            self.assertFalse(assignment.news)
        self.assertFalse(self._turnovers(moves[0]))
        turnover = self._turnovers(moves[1])
        self.assertEqual((turnover.reason, turnover.amount), ("wrong_account", 125))
        self.assertEqual(turnover.currency_id, self.dollar)

    # === The invoice itself === #

    def test_reset_to_draft_is_refused_until_bought_back(self):
        with self.assertRaisesRegex(UserError, "credit note"):
            self.move.button_draft()
        with self.assertRaisesRegex(UserError, "credit note"):
            self.move.button_cancel()
        self.assertEqual(self.move.state, "posted")
        self.assignment.with_user(self.accountant)._buy_back("Wrong amount")
        self.move.button_draft()
        self.assertEqual(self.move.state, "draft")
        self.move.action_post()
        self.assertEqual(
            self._assignments(self.move).mapped("state"), ["bought_back", "active"]
        )

    def test_reset_tells_strangers_nothing_of_the_factor(self):
        with self.assertRaises(UserError) as error:
            self.move.with_user(self.billing).button_draft()
        self.assertNotIn("Factor", str(error.exception))

    def test_reversal(self):
        reverse = self.move._reverse_moves([{"date": "2026-06-20"}], cancel=True)
        self.assertEqual(self.assignment.state, "settled")
        self.assertIn(reverse.name, self.assignment.news)
        self.assertFalse(self._turnovers(self.move))

    def test_cancelled_payment_takes_everything_back(self):
        """Odoo keeps the match of a payment that is a draft again."""
        payment = self._pay(self.move, 100, "2026-06-26")
        payment.action_draft()
        self._expect("wrong_account")
        payment.action_post()
        self._expect("wrong_account")
        payment.action_draft()
        payment.action_cancel()
        self._expect("wrong_account", state="void")
        self.assertEqual(self.assignment.state, "active")

    def test_merge_of_two_customers_of_the_agreement(self):
        second = self._bill(self.customer_2, 50, "2026-06-20", "2026-07-20")
        debtor = self._assignments(second).debtor_id
        debtor.noticed_on = "2026-06-12 08:00:00"
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer_1 | self.customer_2).ids, self.customer_2)
        self.env.invalidate_all()
        self.assertEqual(self.agreement.debtor_ids, debtor)
        self.assertEqual(self.assignment.debtor_id, debtor)
        self.assertEqual(self.assignment.partner_id, self.customer_2)
        self.assertEqual(self.assignment.state, "active")
        # From the day both had heard of it.
        self.assertEqual(str(debtor.noticed_on), "2026-06-12 08:00:00")

    def test_merge_into_a_customer_the_agreement_does_not_know(self):
        """The line and what is assigned go with the customer; payments are followed."""
        debtor = self.assignment.debtor_id
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer_1 | self.customer_3).ids, self.customer_3)
        self.env.invalidate_all()
        self.assertEqual(debtor.partner_id, self.customer_3)
        self.assertEqual(self.assignment.debtor_id, debtor)
        self.assertEqual(self.assignment.partner_id, self.customer_3)
        self.assertEqual(self.assignment.state, "active")
        self._pay(self.move, 100, "2026-06-26")
        self.assertEqual(self._expect("wrong_account").partner_id, self.customer_3)
