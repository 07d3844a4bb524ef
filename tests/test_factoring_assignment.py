"""What is assigned, what is not and why, and what the factor is told."""

import base64

from freezegun import freeze_time
from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_factoring import TODAY, FactoringCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringAssignment(FactoringCommon):
    def _invoice(self, customer=None, amount=100, **kwargs):
        return self._bill(
            customer or self.customer_1, amount, "2026-06-15", "2026-07-15", **kwargs
        )

    def _refusals(self, agreement, move):
        refused = agreement._assignment_refusals(
            self._receivable(move), self._date(TODAY)
        )
        return " ".join(refused.values())

    # === Taking in === #

    def test_open_invoices_are_assigned_on_activation(self):
        move = self._invoice()
        other = self._invoice(self.customer_3)
        self._run_agreement()
        assignment = self._assignments(move)
        self.assertEqual(assignment.state, "active")
        self.assertEqual(assignment.amount, 100)
        self.assertEqual(assignment.open_amount, 100)
        self.assertEqual(assignment.partner_id, self.customer_1)
        self.assertEqual(str(assignment.assigned_on), TODAY)
        self.assertFalse(self._assignments(other))

    def test_new_invoice_is_assigned_when_somebody_posts_it(self):
        self._run_agreement()
        move = self._create_invoice(self.customer_1, 100, "2026-06-20", post=False)
        move.with_user(self.billing).action_post()
        self.assertEqual(self._assignments(move).state, "active")

    def test_single_invoices_are_assigned_by_button(self):
        agreement = self._run_agreement(covers="invoices")
        move = self._invoice()
        self.assertFalse(self._assignments(move))
        with self.assertRaises(AccessError):
            move.with_user(self.user_sales_b).action_continuity_assign()
        agreement.with_user(self.accountant)._assign(self._receivable(move))
        self.assertEqual(self._assignments(move).amount, 100)

    def test_instalments_are_assigned_one_by_one(self):
        self._run_agreement()
        move = self._create_invoice(self.customer_1, 100, "2026-06-01", post=False)
        move.invoice_payment_term_id = self._in_two_instalments()
        move.action_post()
        self.assertEqual(self._assignments(move).mapped("amount"), [50, 50])

    def test_part_of_a_receivable(self):
        """Money counts for the factor first, a credit note for our part first."""
        agreement = self._run_agreement(covers="invoices")
        move = self._invoice()
        line = self._receivable(move)
        assignment = agreement._assign(line, amounts={line: 60})
        self._credit(move, 30, "2026-06-20")
        self.assertEqual(assignment.open_amount, 60)
        self._pay(move, 50, "2026-06-25", journal=self.clearing)
        self.assertEqual(assignment.open_amount, 10)
        with self.assertRaisesRegex(UserError, "assigned already"):
            agreement._assign(line)

    def test_more_than_is_open_cannot_be_assigned(self):
        agreement = self._run_agreement(covers="invoices")
        line = self._receivable(self._invoice())
        with self.assertRaisesRegex(UserError, "a part of it"):
            agreement._assign(line, amounts={line: 101})

    # === Not taking in === #

    def test_other_currency_stays_ours(self):
        agreement = self._run_agreement()
        move = self._invoice(currency=self.dollar)
        self.assertFalse(self._assignments(move))
        self.assertIn("USD", self._refusals(agreement, move))

    def test_bills_stay_ours(self):
        agreement = self._run_agreement()
        self.customer_2.with_company(self.company_a).continuity_pays_by_bill = True
        move = self._invoice(self.customer_2)
        self.assertFalse(self._assignments(move))
        self.assertIn("bills", self._refusals(agreement, move))

    def test_expired_review_stops_new_assignments_only(self):
        agreement = self._run_agreement()
        before = self._invoice()
        with freeze_time("2027-08-01 08:00:00"):
            after = self._invoice()
            self.assertFalse(self._assignments(after))
            refused = agreement._assignment_refusals(
                self._receivable(after), self._date("2027-08-01")
            )
            self.assertIn("expired", " ".join(refused.values()))
        self.assertEqual(self._assignments(before).state, "active")

    def test_reason_is_shown_on_the_invoice(self):
        agreement = self._run_agreement()
        move = self._invoice(currency=self.dollar)
        shown = move.with_user(self.accountant).with_context(
            continuity_factoring_id=agreement.id
        )
        self.assertIn("USD", shown.continuity_not_assigned_reason)
        action = agreement.with_user(self.accountant).action_not_assigned()
        self.assertIn(move.id, action["domain"][0][2])

    def test_nightly_run_takes_up_what_was_reviewed_late(self):
        agreement = self._run_agreement()
        agreement.debtor_ids = [Command.create({"partner_id": self.customer_3.id})]
        move = self._invoice(self.customer_3)
        self.assertFalse(self._assignments(move))
        self._review(self.customer_3)
        self._run_nightly()
        self.assertEqual(self._assignments(move).state, "active")

    # === Once only === #

    def test_same_receivable_to_two_factors(self):
        move = self._invoice()
        self._run_agreement()
        second = self._create_agreement(
            self.customer_1,
            factor_id=self.other_factor.id,
            covers="invoices",
            kind="confidential",
        )
        # It could not be activated: the first one covers this customer.
        second.sudo().state = "running"
        with self.assertRaisesRegex(UserError, "assigned already"):
            second._assign(self._receivable(move))
        first = self._assignments(move)
        self.assertEqual(len(first), 1)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(UniqueViolation),
            self.env.cr.savepoint(),
        ):
            # Whoever gets past the check, such as in another transaction.
            second._create_assignments(self._receivable(move), self._date(TODAY))

    def test_assigned_again_after_a_mistake(self):
        agreement = self._run_agreement()
        move = self._invoice()
        self._assignments(move).with_user(self.accountant)._cancel("Wrong customer")
        agreement._assign_all()
        self.assertEqual(
            self._assignments(move).mapped("state"), ["cancelled", "active"]
        )

    # === Figures === #

    def test_list_as_of_a_day(self):
        with freeze_time("2026-06-16 08:00:00"):
            agreement = self._run_agreement(noticed=False)
            move = self._invoice()
        self._pay(move, 40, "2026-06-20", journal=self.clearing)
        model = self.env["continuity.factoring.assignment"]
        for day, expected in (
            ("2026-06-15", []),
            ("2026-06-16", [100]),
            ("2026-06-20", [60]),
        ):
            with self.subTest(day=day):
                found = model._as_of(agreement, self._date(day))
                self.assertEqual(list(found.values()), expected)

    def test_csv_for_the_factor(self):
        self.customer_1.name = "=HYPERLINK(1)"
        agreement = self._run_agreement()
        move = self._invoice()
        listing = (
            self.env["continuity.factoring.list"]
            .with_user(self.accountant)
            .create({"factoring_id": agreement.id})
        )
        action = listing.action_csv()
        kept = agreement.message_ids[0].attachment_ids
        self.assertIn(f"/{kept.id}?", action["url"])
        text = base64.b64decode(listing.csv_file).decode("utf-8-sig")
        self.assertIn("'=HYPERLINK", text)
        self.assertIn(move.name, text)
        self.assertIn("SHA-256", agreement.message_ids[0].body)

    def test_selling_does_not_make_customers_faster(self):
        """The sale closes the receivable in our books; the customer has not paid."""
        choices = self.env["continuity.factor.choice"]
        for month in range(1, 7):
            self._bill(self.customer_2, 100, f"2026-0{month}-01", "2026-07-31")
        before = choices._own_dso(self.company_a, self._date(TODAY))
        self._run_agreement()
        for move in self.diary:
            self._book_sale(move, 100, move.invoice_date)
        after = choices._own_dso(self.company_a, self._date(TODAY))
        self.assertTrue(before["days_outstanding"])
        self.assertEqual(after["days_outstanding"], before["days_outstanding"])

    def test_credit_standing_counts_when_the_customer_paid_the_factor(self):
        self.company_a.continuity_standing_min_paid = 1
        with freeze_time("2026-05-01 08:00:00"):
            self._run_agreement()
            direct = self._bill(self.customer_1, 100, "2026-05-01", "2026-05-31")
            sold = self._bill(self.customer_2, 100, "2026-05-01", "2026-05-31")
            self._book_sale(sold, 100, "2026-05-01")
        self._pay(direct, 100, "2026-06-10", journal=self.clearing)
        self.env.flush_all()
        standing = self._take(TODAY)
        self.assertEqual(standing[self.customer_1].average_days, 10)
        self.assertEqual(standing[self.customer_2].paid_count, 0)
        self.assertEqual(standing[self.customer_2].overdue_amount, 100)
        reported = self._assignments(sold).with_user(self.accountant)
        with self.assertRaisesRegex(ValidationError, "to come"):
            reported.customer_paid_on = "2026-07-01"
        reported.customer_paid_on = "2026-06-20"
        self.env.flush_all()
        standing = self._take(TODAY)
        self.assertEqual(standing[self.customer_2].average_days, 20)

    # === Access === #

    def test_who_reads_what(self):
        agreement = self._run_agreement()
        move = self._invoice()
        assignment = self._assignments(move)
        for user, sees in (
            (self.user_manager, True),
            (self.accountant, True),
            (self.user_sales_b, False),
            (self.user_company_b, False),
            (self.user_portal, False),
        ):
            with self.subTest(user=user.name):
                found = assignment.with_user(user).with_context(
                    allowed_company_ids=user.company_ids.ids
                )
                self.assertEqual(found.has_access("read"), sees)
        self.assertEqual(
            move.with_user(self.accountant).continuity_assignment_state, "active"
        )
        self.assertIn(
            move,
            self.env["account.move"]
            .with_user(self.accountant)
            .search([("continuity_assignment_state", "=", "active")]),
        )
        self.assertFalse(
            move.with_user(self.billing).continuity_assignment_state,
        )
        agreement.debtor_ids.user_id = self.user_sales_b
        self.assertTrue(assignment.with_user(self.user_sales_b).has_access("read"))
        with self.assertRaises(AccessError):
            assignment.with_user(self.user_sales_b)._buy_back("I want it")
        with self.assertRaises(AccessError):
            assignment.with_user(self.accountant).write({"state": "released"})

    def test_other_company_neither_sees_nor_assigns(self):
        agreement = self._run_agreement()
        move = self._create_invoice(
            self.customer_1, 100, "2026-06-20", company=self.company_b
        )
        self.assertFalse(self._assignments(move))
        refused = agreement._assignment_refusals(
            self._receivable(move), self._date(TODAY)
        )
        self.assertIn("another company", " ".join(refused.values()))
        own = self._assignments(self._invoice())
        manager = own.with_user(self.user_manager)
        other = manager.with_context(allowed_company_ids=self.company_b.ids)
        self.assertFalse(other.search([("id", "=", own.id)]))

    def test_invoices_are_found_by_their_assignment(self):
        self._run_agreement()
        assigned = self._invoice()
        free = self._invoice(self.customer_3)
        moves = self.env["account.move"].with_user(self.accountant)
        own = ("id", "in", (assigned | free).ids)
        self.assertEqual(
            moves.search([own, ("continuity_assignment_state", "=", False)]), free
        )
        self._assignments(assigned).with_user(self.accountant)._dispute("Damaged")
        self.assertEqual(
            moves.search([own, ("continuity_assignment_state", "=", "disputed")]),
            assigned,
        )

    def test_confidential_is_seen_by_those_it_names_only(self):
        self._run_agreement(kind="confidential", noticed=False)
        move = self._invoice()
        assignment = self._assignments(move)
        self.assertTrue(assignment)
        self.assertFalse(assignment.with_user(self.accountant).has_access("read"))
        self.assertFalse(move.with_user(self.accountant).continuity_assignment_state)
        # Whom the agreement names.
        self.assertTrue(assignment.with_user(self.user_manager).has_access("read"))
