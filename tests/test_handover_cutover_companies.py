"""Which customers and records a plan finds, and whose company they are of."""

from datetime import timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from .common_cutover import NOW, CutOverCase


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestHandoverCutOverCompanies(CutOverCase):
    # === Companies ===

    def _create_shared_business(self):
        """Leaver and successor work in both companies with one shared customer."""
        both = self.company_a | self.company_b
        (self.leaver | self.successor).company_ids = both
        leads = self._create_lead("A", self.customer_1) | self._create_lead(
            "B", self.customer_1, company=self.company_b
        )
        relationships = self.env["continuity.relationship"]
        for company in both:
            relationships |= relationships._ensure(company, self.customer_1)
        return leads, relationships

    def test_other_companys_records_stay(self):
        """A plan moves records of its company only (I8), whatever they hang on; the
        one salesperson of a shared customer moves with an approver for both."""
        (lead_a, lead_b), relationships = self._create_shared_business()
        tomorrow = NOW + timedelta(days=1)
        order_b = self._create_order(
            self.customer_1, 1, "2026-02-01", company=self.company_b, confirm=False
        )
        order_b.user_id = self.leaver
        invoice_b = self._create_invoice(
            self.customer_1, 1, "2026-02-01", company=self.company_b, post=False
        )
        invoice_b.invoice_user_id = self.leaver
        private = self._create_customer(
            "Of B", self.leaver, company_id=self.company_b.id
        )
        staying = [
            lead_b,
            order_b,
            invoice_b,
            private,
            self._create_activity(lead_b),
            self._create_activity(order_b),
            self._create_activity(invoice_b),
            self._create_meeting(
                "B", [self.customer_1], tomorrow, opportunity_id=lead_b.id
            ),
            self._create_meeting(
                "B order",
                [self.customer_1],
                tomorrow,
                res_model_id=self.env["ir.model"]._get_id("sale.order"),
                res_id=order_b.id,
            ),
        ]
        plan = self._create_plan(self.customer_1, private, approver=self.user_manager)
        moved = {"user_id": self.successor.id}
        with self._assert_changes({lead_a: moved, self.customer_1: moved}, staying):
            self._cut_over(plan)
        self.assertEqual(relationships.owner_id, self.successor)

    def test_shared_customer_without_approver_for_both(self):
        """Without such an approver everything but the salesperson moves, and the
        line says why."""
        (lead_a, lead_b), relationships = self._create_shared_business()
        own = self.env["res.partner"].create(
            {
                "name": "Own",
                "parent_id": self.customer_1.id,
                "user_id": self.leaver.id,
            }
        )
        plan = self._create_plan(
            self.customer_1, self.customer_2, approver=self.user_leader
        )
        moved = {"user_id": self.successor.id}
        with self._assert_changes(
            {lead_a: moved, self.customer_2: moved}, [lead_b, self.customer_1, own]
        ):
            self._cut_over(plan)
        first, second = plan.line_ids.sorted("id")
        self.assertEqual(plan.line_ids.mapped("state"), ["moved", "moved"])
        self.assertIn("Continuity B", first.left_reason)
        self.assertIn(self.leaver.name, first.left_reason)
        self.assertFalse(second.left_reason)
        self.assertEqual(relationships.owner_id, self.leaver)

    def test_successor_without_the_company(self):
        """One successor without access does not fail the others' lines (trap 5)."""
        plan = self._create_plan(self.customer_1, self.customer_2)
        first, second = plan.line_ids.sorted("id")
        first.successor_id = self.user_company_b
        lead = self._create_lead("Open", self.customer_1)
        with self._assert_changes(
            {self.customer_2: {"user_id": self.successor.id}}, [self.customer_1, lead]
        ):
            self._cut_over(plan)
        self.assertEqual((first.state, second.state), ("open", "moved"))
        self.assertEqual(
            first.cutover_error,
            plan._successor_problem(self.user_company_b, self.company_a),
        )
        self.assertFalse(plan.move_ids.filtered(lambda m: m.line_id == first))

    # === Finding and counting ===

    def test_find_customers(self):
        """Owned customers and those reached only through open records, with the
        number of each; colleagues and the own company are no customers."""
        tomorrow = NOW + timedelta(days=1)
        by_lead, by_order, by_invoice, by_activity, by_meeting, by_contact = (
            self._create_customer(f"By {number}") for number in range(6)
        )
        self._create_lead("One", by_lead)
        self._create_lead("Two", by_lead)
        lost = self._create_lead("Lost", self.customer_3)
        lost.action_set_lost()
        deal = self._create_lead("Without customer")
        self._create_lead("Colleague's", user=self.colleague)
        self._create_order(
            by_order, 1, "2026-02-01", confirm=False
        ).user_id = self.leaver
        self._create_invoice(
            by_invoice, 1, "2026-02-01", post=False
        ).invoice_user_id = self.leaver
        self._create_activity(by_activity)
        self._create_meeting(
            "Colleagues",
            [by_meeting, self.colleague.partner_id, self.company_a.partner_id],
            tomorrow,
        )
        self.env["res.partner"].create(
            {"name": "C", "parent_id": by_contact.id, "user_id": self.leaver.id}
        )
        self._create_customer("Archived", self.leaver, active=False)
        self._create_customer("Of B", self.leaver, company_id=self.company_b.id)
        found, deals = self.env["continuity.handover"]._find_customers(
            self.leaver | self.successor, self.company_a
        )
        self.assertEqual(
            found[self.leaver.id],
            {
                self.customer_1.id: {"partner": 1},
                self.customer_2.id: {"partner": 1},
                by_lead.id: {"lead": 2},
                by_order.id: {"order": 1},
                by_invoice.id: {"invoice": 1},
                by_activity.id: {"activity": 1},
                by_meeting.id: {"meeting": 1},
                by_contact.id: {"partner": 1},
            },
        )
        self.assertEqual(found[self.successor.id], {self.customer_3.id: {"partner": 1}})
        self.assertEqual(deals, {self.leaver.id: deal.ids, self.successor.id: []})

    def test_count_records_of_a_plan_in_memory(self):
        """What the preview counts is what the cut-over moves."""
        self._create_lead("One", self.customer_1)
        self._create_lead("Two", self.customer_2)
        deal = self._create_lead("Without customer")
        self._create_activity(deal)
        plan = self.env["continuity.handover"].new(
            {
                "company_id": self.company_a.id,
                "line_ids": [
                    Command.create(
                        {"leaver_id": self.leaver.id, "excluded": excluded, **subject}
                    )
                    for subject, excluded in (
                        ({"partner_id": self.customer_1.id}, False),
                        ({"partner_id": self.customer_2.id}, True),
                        ({"lead_id": deal.id}, False),
                    )
                ],
            }
        )
        self.assertEqual(
            [(mover.key, count) for mover, count in plan._count_records()],
            [("partner", 1), ("lead", 2), ("activity", 1)],
        )
        empty = self.env["continuity.handover"].new({"company_id": self.company_a.id})
        self.assertEqual(empty._count_records(), [])
