"""Where invoices say to pay: new, draft and re-printed ones."""

from unittest.mock import patch

from freezegun import freeze_time

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_factoring_payment import FactoringPaymentCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringPayment(FactoringPaymentCommon):
    # === Which account === #

    def test_new_invoice_names_the_factor_after_the_notice(self):
        self._run_agreement()
        move = self._draft()
        self.assertEqual(move.partner_bank_id, self.factor_account)
        move.action_post()
        self.assertPaysTo(move, self.factor_account)
        note = self._said(self._printed(move))
        self.assertIn("assigned to Factor AG", note)
        self.assertIn("June 10, 2026 remains valid", note)
        self.assertIn(move.payment_reference, note)

    def test_nothing_names_the_factor_before_the_notice(self):
        agreement = self._run_agreement(noticed=False)
        draft, move = self._draft(), self._draft()
        move.action_post()
        self.assertTrue(self._assignments(move))
        for invoice in (draft, move):
            self.assertPaysTo(invoice, self.own_account)
            self.assertFalse(self._said(self._printed(invoice)))
            self.assertNotIn("Factor AG", self._text(self._printed(invoice)))
        # The notice covers what is open: a reprint agrees with it.
        self._notice(agreement, "2026-06-30 08:00:00")
        for invoice in (draft, move):
            self.assertPaysTo(invoice, self.factor_account)
        self.assertIn("assigned to Factor AG", self._said(self._printed(move)))

    def test_paid_invoice_stays_as_it_was_sent(self):
        agreement = self._run_agreement(noticed=False)
        move = self._bill(self.customer_1, 100, "2026-06-02", "2026-07-02")
        self._pay(move, 100, "2026-06-05")
        self._notice(agreement)
        self.assertEqual(move.partner_bank_id, self.own_account)
        self.assertFalse(move.continuity_direction_id)

    def test_direction_counts_from_its_day(self):
        agreement = self._create_approved()
        self._direct(agreement, day="2026-07-10")
        self._activate(agreement)
        move, draft = self._draft(), self._draft()
        move.action_post()
        self._notice(agreement)
        self.assertPaysTo(draft, self.own_account)
        self.assertEqual(move.partner_bank_id, self.own_account)
        # The letter says from when: so does the invoice.
        note = self._said(self._printed(move))
        self.assertIn("From July 10, 2026 on, please pay to: Factor AG", note)
        later = self._draft(day="2026-07-10")
        self.assertPaysTo(later, self.factor_account)
        self.assertIn(
            "What you paid us before July 10, 2026 remains valid",
            self._said(self._printed(later)),
        )
        with freeze_time("2026-07-09 08:00:00"):
            self._follow_nightly()
            self.assertEqual(move.partner_bank_id, self.own_account)
        with freeze_time("2026-07-10 08:00:00"):
            self._follow_nightly()
            for invoice in (move, draft):
                self.assertPaysTo(invoice, self.factor_account)
            self.assertFalse(self._debtor(agreement).follow_on)

    def test_direction_counts_from_the_closing_period(self):
        agreement = self._create_approved()
        self._direct(agreement, day="2026-07-10")
        self._activate(agreement)
        self._notice(agreement)
        customer = self.customer_1.with_company(self.company_a)
        customer.continuity_closing_day = 31
        self._follow_nightly()
        self.assertEqual(str(self._debtor(agreement).follow_on), "2026-08-01")
        for day, account in (
            ("2026-07-31", self.own_account),
            ("2026-08-01", self.factor_account),
        ):
            self.assertEqual(self._draft(day=day).partner_bank_id, account, day)
        # The letter says from which closing on: what was closed before stays.
        move = self._draft()
        move.action_post()
        self.assertFalse(self._said(self._printed(move)))
        with freeze_time("2026-08-02 08:00:00"):
            self._follow_nightly()
            self.assertPaysTo(move, self.own_account)

    def test_one_failure_holds_up_no_other(self):
        agreement = self._create_approved()
        self._direct(agreement, day="2026-07-10")
        self._activate(agreement)
        moves = self._draft() | self._draft(self.customer_2)
        moves.action_post()
        self._notice(agreement)
        follow = type(agreement.debtor_ids)._follow_direction

        def fail(debtors):
            if debtors.partner_id == self.customer_1:
                raise ValueError("Not today")
            return follow(debtors)

        with (
            freeze_time("2026-07-10 08:00:00"),
            patch.object(type(agreement.debtor_ids), "_follow_direction", fail),
            mute_logger("odoo.addons.customer_continuity"),
        ):
            self._follow_nightly()
        self.assertEqual(moves[0].partner_bank_id, self.own_account)
        self.assertEqual(moves[1].partner_bank_id, self.factor_account)
        self.assertEqual(str(self._debtor(agreement).follow_on), "2026-07-11")

    def test_payment_to_the_account_an_invoice_keeps_is_right(self):
        agreement = self._create_approved()
        self._direct(agreement, self.own_account, kind="collection")
        self._activate(agreement)
        self._notice(agreement)
        move = self._bill(self.customer_1, 100, "2026-06-30", "2026-07-30")
        self._direct(agreement, day="2026-07-05")
        self._pay(move, 100, "2026-07-06")
        self.assertEqual(self._turnovers(move).reason, "collection")

    def test_closed_period_is_paid_as_before_also_later(self):
        """“Invoices you close on 31 July and later”: paper, QR code and note agree."""
        agreement = self._create_approved()
        self._direct(agreement, day="2026-07-01")
        self._activate(agreement)
        self.customer_1.with_company(self.company_a).continuity_closing_day = 31
        move = self._draft(day="2026-06-20")
        move.action_post()
        self._notice(agreement)
        self.assertNotIn("July 1", self._said(self._printed(move)))
        with freeze_time("2026-07-01 08:00:00"):
            self._follow_nightly()
            self.assertPaysTo(move, self.own_account)
            self.assertPaysTo(self._draft(day="2026-06-30"), self.own_account)
            self.assertPaysTo(self._draft(day="2026-07-01"), self.factor_account)

    def test_posted_invoice_keeps_its_direction(self):
        agreement = self._run_agreement()
        move = self._draft()
        move.action_post()
        other = self._create_account(self.factor, "DE75 5121 0800 1245 1261 99")
        direction = self._direct(agreement, other, day="2026-07-05")
        with freeze_time("2026-07-06 08:00:00"):
            self._follow_nightly()
            self.assertPaysTo(move, self.factor_account)
            self.assertEqual(self._draft(day="2026-07-06").partner_bank_id, other)
            # Nobody can pay to an account that is gone.
            self.factor_account.active = False
            self._debtor(agreement)._follow_direction()
            self.assertEqual(move.partner_bank_id, other)
            self.assertEqual(move.continuity_direction_id, direction)

    def test_backdated_invoice_names_where_to_pay_now(self):
        self._run_agreement()
        move = self._draft(day="2026-05-20")
        move.action_post()
        self.assertPaysTo(move, self.factor_account)

    def test_collection_account(self):
        agreement = self._create_approved()
        collecting = self._create_account(
            self.company_a.partner_id, "DE88 1001 0010 0076 5431 20"
        )
        self.accounts_by_number[collecting.acc_number] = collecting
        self._direct(agreement, collecting, kind="collection")
        self._activate(agreement)
        before = self._draft()
        self.assertEqual(before.partner_bank_id, self.own_account)
        self._notice(agreement)
        self.assertPaysTo(before, collecting)
        # Back to our other account, also where Odoo would propose this one.
        self.own_account.sequence = 99
        self._debtor(agreement).write(
            {"state": "released", "released_from": "2026-06-30"}
        )
        self.assertPaysTo(before, self.own_account)

    def test_unchanged_direction_says_nothing(self):
        agreement = self._create_approved()
        self._direct(agreement, kind="unchanged")
        self._activate(agreement)
        self._notice(agreement)
        move = self._draft()
        move.action_post()
        self.assertTrue(self._assignments(move))
        self.assertPaysTo(move, self.own_account)
        self.assertFalse(self._said(self._printed(move)))

    # === Whose invoices === #

    def test_what_is_not_assigned_names_our_account(self):
        self._run_agreement()
        self.customer_2.with_company(self.company_a).continuity_pays_by_bill = True
        other = self._create_customer("Not covered")
        for move in (
            self._draft(currency=self.dollar),
            self._draft(self.customer_2),
            self._draft(other),
        ):
            move.action_post()
            self.assertFalse(move.continuity_direction_id)
            self.assertPaysTo(move, self.own_account)
            self.assertFalse(self._said(self._printed(move)))

    def test_credit_note_is_left_alone(self):
        self._run_agreement()
        refund = self._create_invoice(self.customer_1, 10, "2026-06-30", refund=True)
        self.assertFalse(refund.continuity_direction_id)
        self.assertNotEqual(refund.partner_bank_id, self.factor_account)
        self.assertFalse(self._said(self._printed(refund)))

    def test_contact_of_the_customer(self):
        self._run_agreement()
        contact = self.env["res.partner"].create(
            {"name": "Branch", "parent_id": self.customer_1.id}
        )
        move = self._draft(contact)
        move.action_post()
        self.assertPaysTo(move, self.factor_account)

    def test_other_company_knows_nothing_of_it(self):
        self._run_agreement()
        move = self._draft(company=self.company_b)
        self.assertFalse(move.continuity_direction_id)
        self.assertNotEqual(move.partner_bank_id, self.factor_account)

    def test_single_invoices_follow_when_they_are_assigned(self):
        agreement = self._run_agreement(covers="invoices")
        one, other = self._draft(), self._draft()
        (one | other).action_post()
        self.assertPaysTo(one, self.own_account)
        agreement.with_user(self.accountant)._assign(self._receivable(one))
        self.assertPaysTo(one, self.factor_account)
        self.assertPaysTo(other, self.own_account)

    def test_part_of_an_invoice_names_both(self):
        agreement = self._run_agreement(covers="invoices")
        move = self._draft()
        move.action_post()
        line = self._receivable(move)
        agreement._assign(line, amounts={line: 60})
        page = self._printed(move)
        note = self._said(page)
        self.assertIn("60.00", note)
        self.assertIn(self.factor_account.acc_number, note)
        self.assertIn(self.own_account.acc_number, note)
        self.assertFalse(self._qr_payload(page))

    def test_instalments_are_paid_to_one_account(self):
        self._run_agreement()
        move = self._draft()
        move.invoice_payment_term_id = self._in_two_instalments()
        move.action_post()
        self.assertEqual(len(self._assignments(move)), 2)
        self.assertPaysTo(move, self.factor_account)

    def test_confidential_agreement_changes_nothing(self):
        plain = self._printed(self._draft(amount=33))
        self._run_agreement(kind="confidential")
        move = self._draft(amount=33)
        self.assertEqual(self._text(self._printed(move)), self._text(plain))
        move.action_post()
        self.assertTrue(self._assignments(move))
        self.assertPaysTo(move, self.own_account)
        page = self._text(self._printed(move))
        for word in ("Factor AG", "assign", "factor"):
            self.assertNotIn(word, page)

    def test_german_customer_may_also_pay_us(self):
        self._review(
            self.customer_1,
            result="debtor_may_pay",
            reason="Ban under HGB 354a",
            jurisdiction_id=self.env.ref("customer_continuity.jurisdiction_de").id,
        )
        self._run_agreement()
        move = self._draft()
        move.action_post()
        self.assertEqual(move.partner_bank_id, self.factor_account)
        note = self._said(self._printed(move))
        self.assertIn("keep paying us", note)
        self.assertIn(self.own_account.acc_number, note)

    # === Choice and release === #

    def test_invoices_follow_the_choice(self):
        agreement = self._run_agreement(customer_may_choose=True)
        draft, move = self._draft(), self._draft()
        move.action_post()
        self.assertPaysTo(move, self.factor_account)
        self._debtor(agreement)._choose_payment("as_before", "Page", self.customer_1)
        for invoice in (draft, move, self._draft()):
            self.assertPaysTo(invoice, self.own_account)
            self.assertFalse(self._said(self._printed(invoice)))
        other = self._draft(self.customer_2)
        self.assertPaysTo(other, self.factor_account)

    def test_release_switches_back_from_its_day(self):
        agreement = self._run_agreement()
        move, draft = self._draft(), self._draft()
        move.action_post()
        signed = self.env["ir.attachment"].create({"name": "r.pdf", "raw": b"%PDF"})
        debtor = self._debtor(agreement)
        debtor.with_user(self.user_manager)._release(
            self._date("2026-07-05"), self._date("2026-06-29"), signed, "It ends"
        )
        self.assertEqual(move.partner_bank_id, self.factor_account)
        self.assertIn(
            "From July 5, 2026 on, please pay us again", self._said(self._printed(move))
        )
        self.assertPaysTo(self._draft(day="2026-07-05"), self.own_account)
        with freeze_time("2026-07-05 08:00:00"):
            self._follow_nightly()
            for invoice in (move, draft):
                self.assertPaysTo(invoice, self.own_account)
            self.assertFalse(self._said(self._printed(move)))

    def test_bought_back_invoice_is_still_paid_where_the_notice_says(self):
        """Only the factor can take back what the notice says."""
        self._run_agreement()
        move = self._draft()
        move.action_post()
        self._assignments(move).with_user(self.accountant)._buy_back("Complaint")
        self.assertPaysTo(move, self.factor_account)
        self.assertNotIn("assigned", self._said(self._printed(move)))

    # === Cost === #

    def test_looking_costs_the_same_for_one_and_for_many(self):
        self._run_agreement()
        moves = self.env["account.move"]
        for _number in range(6):
            moves |= self._draft()
        other = self.env["account.move"]
        for _number in range(6):
            other |= self._draft(self._create_customer("Not covered"))

        def queries(moves):
            moves.invalidate_recordset()
            moves.mapped("commercial_partner_id.id")
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            moves._continuity_pay_directions()
            return self.env.cr.sql_log_count - before

        queries(moves)
        self.assertLessEqual(queries(other[:1]), 3)
        self.assertLessEqual(queries(other), queries(other[:1]) + 1)
        self.assertLessEqual(queries(moves), queries(moves[:1]) + 3)
