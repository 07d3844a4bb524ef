"""Who pays by bill, which snapshots are kept, in which order, and who sees them."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.service.model import call_kw
from odoo.tests import tagged

from .common_credit import AS_OF, StandingCommon


@tagged("post_install", "-at_install")
class TestCreditStandingSnapshot(StandingCommon):
    # === Bills === #

    def test_bills_are_no_payments_and_stay_out(self):
        move = self._bill(self.customer, 100, "2026-01-10", "2026-02-10")
        self._pay(move, 100, "2026-02-10", journal=self.bills, kind="bill")
        standing = self._check()
        self.assertTrue(standing.by_bill)
        self.assertEqual(standing.bill_amount, 100)
        self.assertEqual(standing.proposal, "out")
        self.assertIn("electronically recorded", standing.reason)

    def test_customer_who_pays_by_bills(self):
        move = self._bill(self.customer, 100, "2026-01-10", "2026-02-10")
        self._pay(move, 100, "2026-02-10")
        customer = self.customer.with_company(self.company_a)
        customer.continuity_pays_by_bill = True
        self.assertEqual(self._standing().proposal, "out")
        customer.continuity_pays_by_bill = False
        self.customer.with_company(self.company_b).continuity_pays_by_bill = True
        self.assertEqual(self._standing().proposal, "include")

    def test_invoices_by_bill(self):
        term = self.env["account.payment.term"].create(
            {"name": "Recorded claim", "continuity_is_bill": True}
        )
        plain, settled, later = (
            self._bill(self.customer, 100, "2026-01-10", "2026-02-10")
            for _number in range(3)
        )
        by_term = self._create_invoice(self.customer, 100, "2026-01-10", post=False)
        by_term.invoice_payment_term_id = term
        by_term.action_post()
        self._pay(settled, 100, "2026-02-10", journal=self.bills, kind="bill")
        later.preferred_payment_method_line_id = (
            self.bills.inbound_payment_method_line_ids[:1]
        )
        moves = plain | by_term | settled | later
        moves.invalidate_recordset(["continuity_by_bill"])
        by_bill = by_term | settled | later
        self.assertEqual(moves.filtered("continuity_by_bill"), by_bill)
        reasons = moves._continuity_bill_reasons()
        self.assertEqual(set(reasons), set(by_bill.ids))
        self.assertIn("Recorded claim", reasons[by_term.id])
        found = self.env["account.move"].search(
            [("continuity_by_bill", "=", True), ("id", "in", moves.ids)]
        )
        self.assertEqual(found, by_bill)
        found = self.env["account.move"].search(
            [("continuity_by_bill", "=", False), ("id", "in", moves.ids)]
        )
        self.assertEqual(found, plain)
        self.customer.with_company(self.company_a).continuity_pays_by_bill = True
        self.assertEqual(set(moves._continuity_bill_reasons()), set(moves.ids))
        self.assertEqual(
            self.env["account.move"].search_count(
                [("continuity_by_bill", "=", True), ("id", "in", moves.ids)]
            ),
            4,
        )

    # === Snapshots === #

    def test_snapshot_stays_as_it_was(self):
        move = self._bill(self.customer, 100, "2026-01-10", "2026-02-10")
        first = self._standing("2026-06-01")
        first._pin()
        self._pay(move, 100, "2026-06-20")
        second = self._standing()
        self.assertEqual(first.open_amount, 100)
        self.assertFalse(first.latest)
        self.assertTrue(second.latest)
        again = self._standing()
        self.assertFalse(second.exists(), "of the same day, nothing rests on it")
        again._pin()
        third = self._standing()
        self.assertTrue(again.exists())
        latest = third.search(
            [("latest", "=", True), ("partner_id", "=", self.customer.id)]
        )
        self.assertEqual(latest, third)

    def test_some_customers_only(self):
        for customer in (self.customer_1, self.customer_2):
            self._bill(customer, 100, "2026-01-10", "2026-02-10")
        both = self._take(AS_OF)
        one = self._take(AS_OF, self.contact_1)
        self.assertEqual(list(one), [self.customer_1])
        self.assertTrue(both[self.customer_2].exists())
        self.assertTrue(both[self.customer_2].latest)

    def test_old_ones_are_cleared_away(self):
        self._bill(self.customer, 100, "2025-01-10", "2025-02-10")
        old, kept, latest = (
            self._standing(day) for day in ("2025-03-01", "2025-04-01", "2025-05-01")
        )
        kept._pin()
        self.env.flush_all()
        with patch.object(self.env.cr, "commit", lambda: None):
            self.env["continuity.credit.standing"]._gc_snapshots()
        (old | kept | latest).invalidate_recordset()
        self.assertFalse(old.exists())
        self.assertTrue(kept.exists())
        self.assertTrue(latest.exists())

    def test_order(self):
        for customer, amount in (
            (self.customer_1, 100),
            (self.customer_2, 300),
            (self.customer_3, 900),
        ):
            late = 50 if customer == self.customer_3 else 0
            due = fields.Date.to_date("2026-02-10")
            paid = self._bill(customer, 10, due, due)
            self._pay(paid, 10, due + timedelta(days=late))
            self._bill(customer, amount, "2026-06-20", "2026-07-20")
        standings = self._take(AS_OF)
        ranked = sorted(standings.values(), key=lambda standing: standing.rank)
        self.assertEqual(
            [standing.partner_id for standing in ranked],
            [self.customer_2, self.customer_1, self.customer_3],
        )
        self.assertEqual(ranked[-1].proposal, "out")
        self.assertIn("50 days late", ranked[-1].reason)

    def test_place_of_one_is_among_all(self):
        amounts = {self.customer_1: 300, self.customer_2: 200, self.customer_3: 100}
        for customer, amount in amounts.items():
            self._bill(customer, amount, "2026-06-20", "2026-07-20")
        self._take(AS_OF)
        self._bill(self.customer_3, 150, "2026-06-25", "2026-07-20")
        again = self._take(AS_OF, self.customer_3)[self.customer_3]
        self.assertEqual(again.rank, 2)
        model = self.env["continuity.credit.standing"]
        customers = self.customer_3 | self.customer_2 | self.customer_1
        ranked = model._rank(customers, self.company_a)
        self.assertEqual(
            [row["partner"] for row in ranked],
            [self.customer_1, self.customer_3, self.customer_2],
        )

    # === Who sees it === #

    def test_roles(self):
        self._bill(self.customer, 100, "2026-01-10", "2026-02-10")
        standing = self._standing()
        for user in (self.user_manager, self.accountant):
            mine = standing.with_user(user)
            self.assertEqual(mine.open_amount, 100)
            self.assertTrue(mine.reason)
            self.assertIn("not been reviewed", mine.contract)
            with self.assertRaises(AccessError):
                mine.write({"open_amount": 1})
            with self.assertRaises(AccessError):
                mine.unlink()
            with self.assertRaises(AccessError):
                mine.create({"partner_id": self.customer.id})
            partner = self.customer.with_user(user).with_company(self.company_a)
            self.assertEqual(partner.continuity_standing_id, mine)
            action = partner.action_continuity_standing()
            self.assertIn(mine, mine.search(action["domain"]))
            # As the button of the list asks, with no row chosen.
            notice = call_kw(mine.browse(), "action_take", [[]], {})
            self.assertIn("1 customers", notice["params"]["message"])
            standing = self.env["continuity.credit.standing"].search(
                [("partner_id", "=", self.customer.id), ("latest", "=", True)]
            )
        for user in (
            self.user_sales_a,
            self.user_all,
            self.billing,
            self.user_portal,
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                standing.with_user(user).read(["open_amount"])
            with self.assertRaises(AccessError):
                standing.with_user(user).action_take()
            with self.assertRaises(AccessError):
                self.customer.with_user(user).read(["continuity_standing_id"])

    def test_chosen_rows_are_taken_in_their_company(self):
        self._bill(self.customer, 100, "2026-01-10", "2026-02-10")
        standing = self._standing()
        both = self.company_b | self.company_a
        accountant = self._create_user(
            "accountant_ab", "account.group_account_user", companies=both
        )
        rows = standing.with_user(accountant).with_context(allowed_company_ids=both.ids)
        notice = rows.action_take()
        self.assertIn(self.company_a.name, notice["params"]["message"])
        taken = rows.search([("partner_id", "=", self.customer.id)])
        self.assertEqual(taken.filtered("latest").company_id, self.company_a)
        self.assertNotEqual(taken.filtered("latest"), standing)

    def test_other_company(self):
        self._bill(self.customer, 100, "2026-01-10", "2026-02-10")
        standing = self._standing()
        stranger = self._create_user(
            "accountant_b", "account.group_account_user", companies=self.company_b
        )
        theirs = self.env["continuity.credit.standing"].with_user(stranger)
        theirs = theirs.with_context(allowed_company_ids=self.company_b.ids)
        self.assertFalse(theirs.search([("partner_id", "=", self.customer.id)]))
        with self.assertRaises(AccessError):
            theirs.browse(standing.id).read(["open_amount"])
        theirs.action_take()
        self.assertFalse(theirs.search([("partner_id", "=", self.customer.id)]))
        partner = self.customer.with_user(stranger).with_company(self.company_b)
        self.assertFalse(partner.continuity_standing_id)
