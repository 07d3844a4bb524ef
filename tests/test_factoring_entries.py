"""Entries and decisions around assigned receivables that are easily misread."""

import hashlib

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_factoring import FactoringCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringEntries(FactoringCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-06-05 08:00:00"):
            cls.agreement = cls._run_agreement(cls.customer_1)
            cls.single = cls._run_agreement(
                cls.customer_2, covers="invoices", noticed=False
            )
            cls.move = cls._bill(cls.customer_1, 100, "2026-06-05", "2026-07-05")
        cls.diary.clear()

    def setUp(self):
        super().setUp()
        self.diary[self.move] = {"events": []}
        self.assignment = self._assignments(self.move)

    def _days_outstanding(self):
        found = self.env["continuity.factor.choice"]._own_dso(
            self.company_a, self._date("2026-06-30")
        )
        return found["days_outstanding"]

    def _turn_over(self, day):
        """The 100 go on to the factor."""
        entry = self.env["account.move"].create(
            {
                "journal_id": self.bank.id,
                "date": day,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": self._receivable(self.move).account_id.id,
                            "partner_id": self.customer_1.id,
                            "debit": 100,
                        }
                    ),
                    Command.create(
                        {"account_id": self.accounts["bank"].id, "credit": 100}
                    ),
                ],
            }
        )
        entry.action_post()
        return entry

    def _undo(self, payment):
        self._receivable(payment.move_id).remove_move_reconcile()

    # === Which money is whose === #

    def test_first_payment_after_the_sale_was_booked_is_the_factors(self):
        """Our entry of the sale closed the invoice, not the customer."""
        self._book_sale(self.move, 100, "2026-06-05")
        self._loose_payment(100, "2026-06-25")
        self._run_nightly()
        turnover = self._turnovers(self.move)
        self.assertEqual(turnover.reason, "wrong_account")
        self.assertEqual(self.assignment.state, "settled")
        turnover.with_user(self.accountant).action_turned_over()
        self.assertEqual(turnover.state, "turned_over")

    def test_after_the_sale_was_booked_the_factor_may_be_paid(self):
        self._book_sale(self.move, 100, "2026-06-05")
        self._loose_payment(100, "2026-06-25", self.clearing)
        self._run_nightly()
        self.assertFalse(self._turnovers(self.move))

    def test_days_sales_outstanding_while_we_hold_the_factors_money(self):
        """What the customer paid us is no credit of theirs, and leaves no debt."""
        self._bill(self.customer_2, 100, "2026-02-01", "2026-07-31")
        self._book_sale(self.move, 100, "2026-06-05")
        payment = self._loose_payment(100, "2026-06-25")
        self._run_nightly()
        # 200 sold in 150 days, 100 owed at each of five month ends.
        self.assertEqual(self._days_outstanding(), 75)
        self._turnovers(self.move).with_user(self.accountant).action_turned_over()
        passed_on = self._turn_over("2026-06-28")
        self._receivable(passed_on, payment.move_id).reconcile()
        self.assertEqual(self._days_outstanding(), 75)

    def test_second_payment_after_the_sale_was_booked_is_the_customers(self):
        self._book_sale(self.move, 100, "2026-06-05")
        self.assignment.with_user(self.accountant).customer_paid_on = "2026-06-20"
        self._loose_payment(100, "2026-06-25", memo=self.move.name)
        self._run_nightly()
        self.assertEqual(self._turnovers(self.move).reason, "double")

    def test_another_payment_after_the_sale_is_no_first_one(self):
        """We booked the sale; the customer pays us, and pays us again."""
        self._book_sale(self.move, 100, "2026-06-05")
        self._loose_payment(100, "2026-06-25")
        self._run_nightly()
        for memo, reason in ((False, "unclear"), (self.move.name, "double")):
            self._loose_payment(100, "2026-06-28", memo=memo)
            self._run_nightly()
            self.assertEqual(self._turnovers(self.move)[-1].reason, reason)
        self.assertEqual(self._turnovers(self.move)[0].reason, "wrong_account")
        self.assertEqual(len(self._turnovers(self.move)), 3)

    def test_payments_found_in_one_night_are_each_for_another_invoice(self):
        """Two invoices of the same amount are sold, three payments come in."""
        other = self._bill(self.customer_1, 100, "2026-06-06", "2026-07-06")
        for move in self.move | other:
            self._book_sale(move, 100, "2026-06-06")
        for memo in (False, self.move.name, False):
            self._loose_payment(100, "2026-06-30", memo=memo)
        self._run_nightly()
        turnovers = self._turnovers(self.move) | self._turnovers(other)
        first = turnovers.filtered(lambda t: t.reason == "wrong_account")
        self.assertEqual(first.move_id, self.move | other)
        self.assertEqual(len(first), 2)
        named = first.filtered(lambda t: t.move_id == self.move)
        self.assertEqual(named.payment_move_id.ref, self.move.name)
        self.assertEqual((turnovers - first).mapped("reason"), ["unclear"])

    def test_sale_of_a_confidential_agreement_closes_no_invoice(self):
        """Its customer would see on the portal that it is paid, without having paid."""
        self._review(self.customer_3)
        self._run_agreement(self.customer_3, kind="confidential", noticed=None)
        move = self._bill(self.customer_3, 100, "2026-06-30", "2026-07-30")
        self.assertEqual(self._assignments(move).state, "active")
        with self.assertRaises(UserError) as caught:
            self._book_sale(move, 100, "2026-06-30")
        self.assertIn("on an account of its own", str(caught.exception))
        self.assertEqual(move.payment_state, "not_paid")
        # Whoever may not know why hears only that it stays open.
        colleague = self._create_user("Bookkeeper 2", "account.group_account_user")
        entry = self._book_sale(self.move, 1, "2026-06-30")
        lines = self._receivable(move) | self._receivable(entry)
        lines.remove_move_reconcile()
        lines.partner_id = self.customer_3
        with self.assertRaises(UserError) as caught:
            lines.with_user(colleague).reconcile()
        self.assertIn("stays open until", str(caught.exception))
        self.assertNotIn("sale", str(caught.exception))

    def test_sold_receivable_stays_open_until_the_customer_pays(self):
        model = self.env["continuity.factoring.assignment"]
        entry = self._book_sale(self.move, 100, "2026-06-05")
        self.assertEqual(self.assignment.state, "active")
        self.assertEqual(self.assignment.open_amount, 100)
        self.assertFalse(self.assignment.news)
        self.assertFalse(self._turnovers(self.move))
        self.assertIn(
            self.assignment, model._as_of(self.agreement, self._date("2026-06-30"))
        )
        with self.assertRaisesRegex(UserError, "is assigned and open with"):
            self.assignment.debtor_id.with_user(self.accountant)._release(
                self._date("2026-07-01"),
                self._date("2026-06-30"),
                self.env["ir.attachment"],
            )
        self.assignment.with_user(self.accountant).customer_paid_on = "2026-06-20"
        self.assertEqual(self.assignment.state, "settled")
        self.assertEqual(self.assignment.open_amount, 0)
        found = {
            day: bool(model._as_of(self.agreement, self._date(day)))
            for day in ("2026-06-19", "2026-06-20")
        }
        self.assertEqual(found, {"2026-06-19": True, "2026-06-20": False})
        self.assignment.with_user(self.accountant).customer_paid_on = False
        self.assertEqual(self.assignment.state, "active")
        self._receivable(entry).remove_move_reconcile()
        self.assertEqual(self.assignment.open_amount, 100)

    def test_money_after_a_sale_that_closed_a_part_of_it(self):
        """80 advanced and booked as sold; the customer pays us all of it."""
        self._book_sale(self.move, 80, "2026-06-05")
        self.assertEqual(self.assignment.open_amount, 100)
        payment = self._loose_payment(100, "2026-06-25")
        self._receivable(self.move, payment.move_id).reconcile()
        self.assertEqual(self.assignment.open_amount, 80)
        self._run_nightly()
        turnovers = self._turnovers(self.move)
        self.assertEqual(turnovers.mapped("amount"), [20, 80])
        self.assertEqual(set(turnovers.mapped("reason")), {"wrong_account"})
        self.assertEqual(self.assignment.state, "settled")

    def test_payment_that_turns_out_to_be_for_another_invoice(self):
        self._book_sale(self.move, 100, "2026-06-05")
        payment = self._loose_payment(100, "2026-06-25")
        self._run_nightly()
        self.assertEqual(self.assignment.state, "settled")
        other = self._bill(self.customer_1, 100, "2026-06-26", "2026-07-26")
        self._receivable(other, payment.move_id).reconcile()
        self._run_nightly()
        self.assertEqual(self._turnovers(self.move).state, "void")
        self.assertEqual(self.assignment.state, "active")

    # === Many at once === #

    def test_payments_registered_together_are_followed_together(self):
        moves = self.move
        for _number in range(3):
            moves |= self._bill(self.customer_1, 100, "2026-06-30", "2026-07-30")
        model = self.env.registry["continuity.factoring.assignment"]
        follow, looks = model._on_matched, []

        def counting(assignments, partials):
            looks.append(len(partials))
            return follow(assignments, partials)

        self.patch(model, "_on_matched", counting)
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=moves.ids
        ).create(
            {
                "journal_id": self.bank.id,
                "group_payment": False,
                "payment_date": "2026-06-30",
            }
        )._create_payments()
        self.assertEqual(looks, [4])
        for move in moves:
            self.assertEqual(self._turnovers(move).reason, "wrong_account")
            self.assertEqual(self._turnovers(move).amount, 100)
            self.assertEqual(self._assignments(move).state, "settled")
        self._pay(
            self._bill(self.customer_1, 5, "2026-06-30", "2026-07-30"), 5, "2026-06-30"
        )
        self.assertEqual(looks, [4, 1])

    # === Credit standing of what is sold === #

    def _standing(self):
        self.company_a.continuity_standing_min_paid = 1
        self.env.flush_all()
        return self._take("2026-06-30")[self.customer_1]

    def test_write_off_closes_what_was_sold_without_paying(self):
        self._pay(self.move, 97, "2026-06-20", journal=self.clearing)
        self._write_off(self.move, 3, "2026-06-20")
        for reported in (False, "2026-06-18"):
            self.assignment.with_user(self.accountant).customer_paid_on = reported
            standing = self._standing()
            self.assertEqual(standing.paid_count, 1)
            self.assertEqual(standing.open_amount, 0)
            self.assertEqual(standing.paid_amount, 97)
            self.assertEqual(standing.other_amount, 3)
        self.assertEqual(standing.average_days, -17)

    def test_discount_with_the_payment_to_the_factor_is_not_paid(self):
        self._pay(self.move, 95, "2026-06-20", write_off=5, journal=self.clearing)
        self.assignment.with_user(self.accountant).customer_paid_on = "2026-06-18"
        standing = self._standing()
        self.assertEqual(standing.paid_amount, 95)
        self.assertEqual(standing.other_amount, 5)
        self.assertEqual(standing.average_days, -17)

    def test_bill_for_what_was_sold(self):
        """It is the factor's, with a reason of its own, and pays nothing yet."""
        self._pay(self.move, 100, "2026-06-20", journal=self.bills, kind="bill")
        turnover = self._turnovers(self.move)
        self.assertEqual(turnover.reason, "bill")
        self.assertIn("bill", self._reminders(self.agreement).summary)
        standing = self._standing()
        self.assertEqual(standing.paid_amount, 0)
        self.assertEqual(standing.bill_amount, 100)

    def test_bills_of_a_confidential_agreement_and_in_a_general_journal(self):
        self.general.continuity_is_bill = True
        self._write_off(self.move, 100, "2026-06-20", note="bill")
        self.assertEqual(self._turnovers(self.move).reason, "bill")

    def test_payment_from_before_the_assignment_taken_back(self):
        """A direct debit is returned: no more is the factor's than was assigned."""
        move = self._bill(self.customer_2, 100, "2026-06-20", "2026-07-20")
        payment = self._pay(move, 30, "2026-06-21")
        assignment = self.single._assign(self._receivable(move))
        self._undo(payment)
        self.assertEqual(assignment.open_amount, 70)
        self._pay(move, 70, "2026-06-25", journal=self.clearing)
        self.assertEqual(assignment.state, "settled")

    def test_payment_from_before_taken_back_after_all_was_settled(self):
        move = self._bill(self.customer_2, 100, "2026-06-20", "2026-07-20")
        payment = self._pay(move, 30, "2026-06-21")
        assignment = self.single._assign(self._receivable(move))
        self._pay(move, 70, "2026-06-25", journal=self.clearing)
        self._undo(payment)
        self.assertEqual(assignment.state, "settled")
        self._pay(move, 30, "2026-06-28")
        self.assertFalse(self._turnovers(move))

    def test_two_parts_settled_and_undone(self):
        """One is the factor's again; the other is told, for nothing is sold twice."""
        move = self._bill(self.customer_2, 100, "2026-06-20", "2026-07-20")
        line = self._receivable(move)
        first = self.single._assign(line, amounts={line: 60})
        self._pay(move, 60, "2026-06-30", journal=self.clearing)
        second = self.single._assign(line)
        self._pay(move, 40, "2026-06-30", journal=self.clearing)
        self.assertEqual((first | second).mapped("state"), ["settled", "settled"])
        line.remove_move_reconcile()
        self.assertEqual(
            sorted((first | second).mapped("state")), ["active", "settled"]
        )
        self.assertIn(
            "stays settled",
            (first | second).filtered(lambda a: a.state == "settled").news,
        )

    def test_payment_taken_back_after_the_rest_was_bought_back(self):
        payment = self._pay(self.move, 40, "2026-06-26")
        self.assignment.with_user(self.accountant)._buy_back("It ends")
        self.assertEqual(self._turnovers(self.move).state, "due")
        self._undo(payment)
        self.assertEqual(self._turnovers(self.move).state, "void")
        self.assertEqual(self.assignment.state, "bought_back")

    def test_periods_closed_before_the_direction_are_paid_as_before(self):
        """“Invoices you close on 31 July and later”: the one of June is not."""
        customer = self.customer_1.with_company(self.company_a)
        customer.continuity_closing_day = 31
        self.agreement.direction_ids.sudo().effective_from = "2026-06-10"
        with freeze_time("2026-07-10 08:00:00"):
            self._pay(self.move, 100, "2026-07-05")
            self.assertEqual(self._turnovers(self.move).reason, "unchanged")
            later = self._bill(self.customer_1, 50, "2026-07-02", "2026-07-31")
            self._pay(later, 50, "2026-07-10")
            self.assertEqual(self._turnovers(later).reason, "wrong_account")

    def test_ban_does_not_expire_with_its_review(self):
        self._review(
            self.customer_1,
            result="debtor_may_pay",
            reason="HGB 354a",
            expires_on="2026-07-15",
        )
        with freeze_time("2026-07-20 08:00:00"):
            self._pay(self.move, 100, "2026-07-20")
        self.assertEqual(self._turnovers(self.move).reason, "permitted")

    def test_prepaid_order_was_never_sold(self):
        """Paid on the 28th; posting the invoice on the 30th assigned it."""
        payment = self._loose_payment(100, "2026-06-28")
        move = self._bill(self.customer_1, 100, "2026-06-30", "2026-07-30")
        assignment = self._assignments(move)
        self.assertEqual(assignment.state, "active")
        self._receivable(move, payment.move_id).reconcile()
        self.assertEqual(assignment.state, "cancelled")
        self.assertFalse(assignment.news)
        self.assertFalse(self._turnovers(move))
        self.assertFalse(self._reminders(self.agreement))

    def test_prepaid_part_was_never_sold(self):
        payment = self._loose_payment(100, "2026-06-28")
        move = self._bill(self.customer_1, 250, "2026-06-30", "2026-07-30")
        assignment = self._assignments(move)
        self._receivable(move, payment.move_id).reconcile()
        self.assertEqual(assignment.amount, 150)
        self.assertEqual(assignment.open_amount, 150)
        self.assertFalse(assignment.news)
        self._pay(move, 150, "2026-06-30", journal=self.clearing)
        self.assertEqual(assignment.state, "settled")
        self.assertFalse(self._turnovers(move))

    def test_prepaid_and_matched_the_day_after(self):
        payment = self._loose_payment(100, "2026-06-28")
        move = self._bill(self.customer_1, 100, "2026-06-30", "2026-07-30")
        with freeze_time("2026-07-01 08:00:00"):
            self._receivable(move, payment.move_id).reconcile()
        self.assertEqual(self._turnovers(move).reason, "before_assignment")

    def test_reversal_of_a_part_paid_invoice(self):
        """Odoo takes the 40 the factor has off the invoice."""
        payment = self._pay(self.move, 40, "2026-06-20", journal=self.clearing)
        self.move._reverse_moves([{"date": "2026-06-25"}], cancel=True)
        self.assertEqual(self.assignment.state, "settled")
        self.assertIn(payment.move_id.name, self.assignment.news)
        self.assertIn("that the factor has was taken off", self.assignment.news)

    # === What does not end by itself === #

    def test_settled_invoice_says_what_is_possible(self):
        self._pay(self.move, 100, "2026-06-20", journal=self.clearing)
        with self.assertRaisesRegex(UserError, "is settled"):
            self.move.button_draft()

    def test_agreement_with_open_receivables_is_not_given_up(self):
        manager = self.agreement.with_user(self.user_manager)
        with self.assertRaisesRegex(UserError, self.move.name):
            manager._cancel("Another factor is cheaper")
        self.assertEqual(self.agreement.state, "running")
        self.assignment.with_user(self.accountant)._buy_back("It ends")
        with self.assertRaisesRegex(UserError, "have not been released"):
            manager._cancel("Another factor is cheaper")
        self.agreement.debtor_ids.sudo().write(
            {"state": "released", "released_from": "2026-06-30"}
        )
        manager._cancel("Another factor is cheaper")
        self.assertEqual(self.agreement.state, "cancelled")

    def test_customer_with_open_receivables_is_not_left_out(self):
        debtor = self.assignment.debtor_id
        debtor.write({"state": "planned", "noticed_on": False})
        with self.assertRaisesRegex(UserError, "1 receivables"):
            debtor.with_user(self.user_manager)._leave_out("A mistake")
        self.assignment.with_user(self.accountant)._cancel("A mistake")
        debtor.with_user(self.user_manager)._leave_out("A mistake")
        self.assertEqual(debtor.state, "out")

    def test_consent_to_come_is_none(self):
        review = self._review(self.customer_3, result="consent", reason="Clause 9")
        paper = self.env["ir.attachment"].create({"name": "yes.pdf", "raw": b"yes"})
        review.sudo().write(
            {
                "consent_on": "2026-07-15",
                "consent_attachment_ids": [Command.set(paper.ids)],
            }
        )
        for day, allowed in (("2026-07-14", False), ("2026-07-15", True)):
            coverage = self.env["continuity.contract.review"]._coverage(
                self.customer_3, self.company_a, self._date(day)
            )
            self.assertEqual(coverage[self.customer_3][1], allowed)

    # === Two people === #

    def test_who_exchanges_a_proposed_account_does_not_confirm_it(self):
        direction = self._propose(self.agreement, effective_from="2026-08-01")
        other = self._create_account(self.factor, "DE11 5001 0517 5407 3249")
        manager = direction.with_user(self.user_manager)
        manager.write({"bank_account_id": other.id})
        with self.assertRaisesRegex(AccessError, "somebody else"):
            manager.action_confirm()
        self._confirm(direction, self.accountant)
        self.assertEqual(direction.confirmed_by_id, self.accountant)

    def test_who_renumbers_a_proposed_account_does_not_confirm_it(self):
        account = self._create_account(self.factor, "DE11 5001 0517 5407 3249")
        direction = self._propose(self.agreement, effective_from="2026-08-01")
        direction.bank_account_id = account
        account.with_user(self.user_manager).sudo().acc_number = "DE99 1"
        with self.assertRaisesRegex(AccessError, "somebody else"):
            direction.with_user(self.user_manager).action_confirm()

    # === Who sees and changes what === #

    def test_filters_of_invoices_fail_for_nobody(self):
        moves = self.env["account.move"].with_user(self.billing)
        own = ("id", "=", self.move.id)
        for name, domain, found in (
            ("assigned", [("continuity_assignment_state", "=", "active")], False),
            ("free", [("continuity_assignment_state", "=", False)], True),
            ("turnover", [("continuity_turnover_count", ">", 0)], False),
        ):
            with self.subTest(filter=name):
                self.assertEqual(bool(moves.search([own, *domain])), found)

    def test_nobody_moves_records_to_another_company(self):
        self._pay(self.move, 40, "2026-06-26")
        for record in (
            self.assignment,
            self.agreement.direction_ids,
            self._turnovers(self.move),
        ):
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                record.with_user(self.accountant).write(
                    {"company_id": self.company_b.id}
                )
        with self.assertRaises(AccessError):
            self.assignment.with_user(self.accountant).currency_id = self.dollar

    def test_list_handed_out_stays_as_it_was(self):
        listing = (
            self.env["continuity.factoring.list"]
            .with_user(self.accountant)
            .create({"factoring_id": self.agreement.id})
        )
        listing.action_csv()
        message = self.agreement.message_ids[0]
        self._pay(self.move, 40, "2026-06-26", journal=self.clearing)
        content = message.attachment_ids.with_user(self.accountant).raw
        self.assertIn(hashlib.sha256(content).hexdigest(), message.body)

    def test_invoices_of_several_customers_are_assigned_together(self):
        self._review(self.customer_3)
        agreement = self._run_agreement(
            self.customer_3, covers="invoices", noticed=False
        )
        moves = self.move.browse()
        for customer in (self.customer_2, self.customer_3):
            moves |= self._bill(customer, 100, "2026-06-20", "2026-07-20")
        moves.with_user(self.user_manager).action_continuity_assign()
        self.assertEqual(
            self._assignments(moves[0]).factoring_id
            | self._assignments(moves[1]).factoring_id,
            self.single | agreement,
        )
        stranger = self._create_customer("Not Covered Ltd")
        free = self._bill(stranger, 100, "2026-06-20", "2026-07-20")
        with self.assertRaisesRegex(UserError, "no running agreement"):
            free.with_user(self.user_manager).action_continuity_assign()
