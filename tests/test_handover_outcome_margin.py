"""Margins in the outcome of a handover, with and without Odoo's module for them."""

from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from .test_handover_outcome import HandoverOutcomeCommon


@tagged("post_install", "-at_install")
class TestHandoverOutcomeMargin(HandoverOutcomeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.outcomes = cls.env["continuity.handover.outcome"]
        cls.orders = cls.env["sale.order"]
        cls._bought(cls.moved, 1000, 700)

    def _with_margin(self, known):
        """As if ``sale_margin`` were installed, or not."""
        if known and "margin" not in self.orders._fields:
            self.cr.execute("ALTER TABLE sale_order ADD COLUMN margin numeric")
        self.startPatcher(
            patch.object(type(self.outcomes), "_knows_margin", lambda self: known)
        )

    def _order(self, partner, day, margin, state="sale"):
        order = self._create_order(partner, 100, day)
        self.env.flush_all()
        self.cr.execute(
            "UPDATE sale_order SET margin = %s, state = %s WHERE id = %s",
            (margin, state, order.id),
        )
        return order

    def _fields_shown(self):
        arch = self.outcomes.get_view(view_type="list")["arch"]
        return arch, set(self.outcomes.fields_get())

    def test_without_the_module(self):
        self._with_margin(False)
        arch, names = self._fields_shown()
        self.assertNotIn("margin", arch)
        self.assertNotIn("margin_before", names)
        self.assertNotIn("margin_after", names)
        plan = self._handed_over()
        self._measure()
        self.assertIsNone(self._revenue(plan)["margin"])
        html = plan.with_user(self.approver).outcome_html
        self.assertIn("Revenue, all", html)
        self.assertNotIn("Margin", html)

    def test_with_the_module(self):
        """Against sums by hand: the day of the cut-over is the last before, drafts and
        other companies' orders do not count."""
        self._with_margin(True)
        for day, margin in (
            ("2026-12-03", 1),  # 90 days before: too early
            ("2026-12-04", 10),
            ("2027-03-03", 200),
            ("2027-03-04", 5),
            ("2027-06-01", 40),
            ("2027-06-02", 900),  # 91 days after: too late
        ):
            self._order(self.contact_1, day, margin)
        self._order(self.customer_1, "2027-02-01", 7777, state="draft")
        self._order(self.customer_2, "2027-02-01", 30)
        plan = self._handed_over()
        self._measure()
        first, second = (self._row(plan, customer) for customer in self.moved)
        self.assertEqual((first.margin_before, first.margin_after), (210, 45))
        self.assertEqual((second.margin_before, second.margin_after), (30, 0))
        self.assertEqual(self._revenue(plan)["margin"], (240, 45))
        self.assertIn("Margin of their", plan.with_user(self.approver).outcome_html)
        arch, names = self._fields_shown()
        self.assertLessEqual({"margin_before", "margin_after"}, names)
        self.assertLess(arch.index("margin_before"), arch.index("margin_after"))

    def test_of_who_was_handed_over_again_none(self):
        self._with_margin(True)
        self._order(self.customer_1, "2027-02-01", 30)
        plan = self._handed_over(self.customer_1)
        again = self._handed_over(self.customer_1)
        again.line_ids.sudo().moved_on = "2027-04-01 09:00:00"
        self._measure()
        row = self._row(plan, self.customer_1)
        self.assertEqual((row.state, row.margin_before), ("moved_again", 0))

    def test_in_the_companys_currency(self):
        self._with_margin(True)
        currency = self.env["res.currency"].create(
            {
                "name": "XTS",
                "symbol": "¤",
                "rate_ids": [
                    Command.create(
                        {
                            "name": "2020-01-01",
                            "rate": 2,
                            "company_id": self.company_a.id,
                        }
                    )
                ],
            }
        )
        order = self._order(self.customer_1, "2027-02-01", 30)
        self.cr.execute(
            "UPDATE sale_order SET currency_id = %s, currency_rate = 2 WHERE id = %s",
            (currency.id, order.id),
        )
        plan = self._handed_over()
        self._measure()
        self.assertEqual(self._row(plan, self.customer_1).margin_before, 15)
