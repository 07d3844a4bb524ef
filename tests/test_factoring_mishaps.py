"""What goes wrong with assigned receivables (X9), one test per mishap."""

import base64

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common_factoring import FactoringCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringMishaps(FactoringCommon):
    """Assigned on 5 June, told on 10 June, paid when the test says so."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-06-05 08:00:00"):
            cls.agreement = cls._run_agreement()
            cls.move = cls._bill(cls.customer_1, 100, "2026-06-05", "2026-07-05")
        cls.diary.clear()

    def setUp(self):
        super().setUp()
        self.diary[self.move] = {"events": []}
        self.assignment = self._assignments(self.move)

    def _factor_pays_for(self, amount=100, day="2026-06-20"):
        return self._pay(self.move, amount, day, journal=self.clearing)

    def _expect(self, reason, amount=100, state="due"):
        turnover = self._turnovers(self.move)
        self.assertEqual(turnover.mapped("reason"), [reason])
        self.assertEqual(turnover.mapped("amount"), [amount])
        self.assertEqual(turnover.mapped("state"), [state])
        return turnover

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
        self.agreement.debtor_ids.filtered(
            lambda d: d.partner_id == self.customer_2
        ).state = "out"
        agreement = self._run_agreement(
            self.customer_2, kind="confidential", noticed=False
        )
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

    def _loose_payment(self, amount, day, journal=None, memo=False):
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.customer_1.id,
                "amount": amount,
                "memo": memo,
                "currency_id": self.euro.id,
                "date": day,
                "journal_id": (journal or self.bank).id,
            }
        )
        payment.action_post()
        return payment

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
        back = self.env["account.payment"].create(
            {
                "payment_type": "outbound",
                "partner_type": "customer",
                "partner_id": self.customer_1.id,
                "amount": 30,
                "currency_id": self.euro.id,
                "date": "2026-06-27",
                "journal_id": self.bank.id,
            }
        )
        back.action_post()
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
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.customer_1.id,
                "amount": 125,
                "currency_id": self.dollar.id,
                "date": "2026-06-26",
                "journal_id": self.bank.id,
            }
        )
        payment.action_post()
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

    # === Credit notes, disputes, set-off === #

    def test_credit_note_before_the_assignment(self):
        self.agreement.debtor_ids.filtered(
            lambda d: d.partner_id == self.customer_2
        ).state = "out"
        agreement = self._run_agreement(
            self.customer_2, covers="invoices", noticed=False
        )
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
        self._credit(self.move, 70, "2026-06-25")
        self._run_nightly()
        self.assertEqual(self.assignment.state, "settled")
        self.assertFalse(self._turnovers(self.move))

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

    # === Release === #

    def _release(self, debtor, buy_back="", signed=True, day="2026-07-01"):
        attachment = (
            self.env["ir.attachment"]
            .with_user(self.accountant)
            .create({"name": "release.pdf", "datas": base64.b64encode(b"signed")})
        )
        wizard = (
            self.env["continuity.factoring.release"]
            .with_user(self.accountant)
            .create(
                {
                    "debtor_ids": [Command.set(debtor.ids)],
                    "effective_from": day,
                    "signed_on": signed and "2026-06-30",
                    "attachment_ids": [Command.set(attachment.ids if signed else [])],
                    "buy_back_reason": buy_back,
                }
            )
        )
        wizard.action_apply()

    def test_release_with_open_items_is_refused(self):
        debtor = self.assignment.debtor_id
        with self.assertRaisesRegex(UserError, self.move.name):
            self._release(debtor)
        self.assertEqual(debtor.state, "noticed")
        self._release(debtor, buy_back="The agreement ends")
        self.assertEqual(debtor.state, "released")
        self.assertEqual(self.assignment.state, "released")
        self.assertIn("The agreement ends", self.assignment.news)

    def test_release_is_signed_by_the_factor(self):
        self._factor_pays_for()
        debtor = self.assignment.debtor_id
        with self.assertRaisesRegex(UserError, "only the factor"):
            self._release(debtor, signed=False)
        self._release(debtor)
        self.assertEqual(str(debtor.release_signed_on), "2026-06-30")
        files = debtor.release_attachment_ids
        self.assertEqual(files.mapped("name"), ["release.pdf"])
        self.assertTrue(files.with_user(self.user_manager).has_access("read"))

    def test_release_with_a_day_or_a_file_alone_is_refused(self):
        self._factor_pays_for()
        debtor = self.assignment.debtor_id.with_user(self.accountant)
        with self.assertRaisesRegex(UserError, "only the factor"):
            debtor._release(
                self._date("2026-07-01"),
                self._date("2026-06-30"),
                self.env["ir.attachment"],
            )
        with self.assertRaises(AccessError):
            debtor.write({"released_from": "2026-07-01"})
        with self.assertRaises(AccessError):
            debtor.with_user(self.user_sales_a).action_release()

    def test_release_waits_for_what_is_to_be_turned_over(self):
        self._pay(self.move, 100, "2026-06-26")
        with self.assertRaisesRegex(UserError, "turned"):
            self._release(self.assignment.debtor_id)

    def test_release_switches_the_account_back(self):
        self._factor_pays_for()
        draft = self._create_invoice(self.customer_1, 10, "2026-07-02", post=False)
        draft.partner_bank_id = self.factor_account
        debtor = self.assignment.debtor_id
        self._release(debtor)
        kind, account = self.agreement._direction_on(debtor, self._date("2026-06-30"))
        self.assertEqual((kind, account), ("factor", self.factor_account))
        kind, account = self.agreement._direction_on(debtor, self._date("2026-07-01"))
        self.assertEqual(kind, "unchanged")
        self.assertEqual(draft.partner_bank_id, self.own_account)
        draft.action_post()
        self.assertFalse(self._assignments(draft))

    def test_agreement_ends_when_nothing_is_open(self):
        manager = self.agreement.with_user(self.user_manager)
        with self.assertRaisesRegex(UserError, self.move.name):
            manager.action_report_result()
        self._factor_pays_for()
        with self.assertRaisesRegex(UserError, "have not been released"):
            manager.action_report_result()
        self._release(self.agreement.debtor_ids)
        self.agreement.debtor_ids._withdraw_contacts("Told on the telephone")
        manager.action_report_result()
        self.assertEqual(self.agreement.state, "reported")


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestPaymentDirection(FactoringCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agreement = cls._create_agreement()
        cls.agreement.sudo().state = "approved"

    def _propose(self, **values):
        return (
            self.env["continuity.payment.direction"]
            .with_user(self.accountant)
            .create(
                {
                    "factoring_id": self.agreement.id,
                    "bank_account_id": self.factor_account.id,
                    **values,
                }
            )
        )

    def test_one_person_alone_cannot_change_the_account(self):
        direction = self._propose()
        with self.assertRaisesRegex(AccessError, "somebody else"):
            direction.action_confirm()
        with self.assertRaises(AccessError):
            direction.write({"state": "confirmed"})
        with self.assertRaises(AccessError):
            direction.with_user(self.user_manager).write(
                {"proposed_by_id": self.user_manager.id}
            )
        with self.assertRaisesRegex(UserError, "second person"):
            self._activate(self.agreement)
        self._confirm(direction, self.user_manager)
        self.assertEqual(direction.state, "confirmed")
        self.assertEqual(
            direction.confirmed_number, self.factor_account.sanitized_acc_number
        )

    def test_nobody_confirms_without_calling_back(self):
        direction = self._propose()
        with self.assertRaisesRegex(UserError, "Call the holder"):
            self._confirm(direction, self.user_manager, " ")
        self.assertEqual(direction.state, "proposed")

    def test_changed_number_asks_for_a_second_look(self):
        direction = self._direct(self.agreement)
        self.factor_account.with_user(self.user_manager).sudo().acc_number = "DE99 1"
        self.assertEqual(direction.state, "proposed")
        self.assertFalse(direction.confirmed_by_id)
        self.assertEqual(direction.proposed_by_id, self.user_manager)
        self.assertIn("was changed", self._reminders(self.agreement).summary)
        with self.assertRaisesRegex(UserError, "second person"):
            self._activate(self.agreement)

    def test_archived_account_stops_activation(self):
        direction = self._direct(self.agreement)
        self.factor_account.active = False
        self.assertEqual(direction.state, "proposed")
        with self.assertRaisesRegex(UserError, "second person"):
            self._activate(self.agreement)
        with self.assertRaisesRegex(UserError, "archived"):
            self._confirm(direction, self.accountant)

    def test_new_direction_on_a_running_agreement(self):
        """On the form of the agreement, which is frozen otherwise."""
        self._direct(self.agreement)
        self._activate(self.agreement)
        agreement = self.agreement.with_user(self.user_manager)
        values = {
            "effective_from": "2026-07-10",
            "kind": "collection",
            "bank_account_id": self.own_account.id,
        }
        agreement.write({"direction_ids": [Command.create(values)]})
        self.assertEqual(len(agreement.direction_ids), 2)
        added = agreement.direction_ids.filtered(lambda d: d.kind == "collection")
        self.assertEqual(added.state, "proposed")
        with self.assertRaisesRegex(UserError, "frozen"):
            agreement.write({"date_end": "2026-12-31"})
        with self.assertRaises(AccessError):
            self.agreement.with_user(self.user_sales_b).write(
                {"direction_ids": [Command.create(values)]}
            )

    def test_what_customers_were_told_holds_while_it_is_checked_again(self):
        self._direct(self.agreement)
        self._activate(self.agreement)
        self.factor_account.active = False
        kind, account = self.agreement._direction_on(
            self.agreement.debtor_ids[:1], self._date("2026-06-30")
        )
        self.assertEqual((kind, account), ("factor", self.factor_account))

    def test_account_belongs_to_whom_customers_pay(self):
        with self.assertRaisesRegex(ValidationError, "does not belong"):
            self._propose(bank_account_id=self.own_account.id)
        with self.assertRaisesRegex(ValidationError, "does not belong"):
            self._propose(kind="collection")

    def test_confirmed_direction_is_replaced_and_not_changed(self):
        first = self._direct(self.agreement, day="2026-06-01")
        with self.assertRaisesRegex(UserError, "another one"):
            first.with_user(self.accountant).effective_from = "2026-05-01"
        with self.assertRaisesRegex(UserError, "on record"):
            first.with_user(self.accountant).unlink()
        second = self._direct(
            self.agreement, self.own_account, day="2026-06-20", kind="collection"
        )
        self.assertEqual(first.state, "superseded")
        debtor = self.agreement.debtor_ids[:1]
        for day, direction in (("2026-06-19", first), ("2026-06-20", second)):
            _kind, account = self.agreement._direction_on(debtor, self._date(day))
            self.assertEqual(account, direction.bank_account_id)

    def test_confidential_agreement_has_no_other_account(self):
        agreement = self._create_agreement(
            self.customer_1,
            kind="confidential",
            named_user_ids=[Command.set(self.accountant.ids)],
        )
        with self.assertRaisesRegex(ValidationError, "as before"):
            self._propose(factoring_id=agreement.id)

    def test_unreviewed_customer_stops_activation(self):
        self._direct(self.agreement)
        self.agreement.debtor_ids = [Command.create({"partner_id": self.customer_3.id})]
        with self.assertRaisesRegex(UserError, "Customer 3"):
            self._activate(self.agreement)
