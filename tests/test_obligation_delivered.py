from odoo import Command
from odoo.tests import tagged

from .common_obligation import ObligationCommon


@tagged("post_install", "-at_install")
class TestObligationDelivered(ObligationCommon):
    """Orders of which nobody entered what was delivered, today 2027-03-01."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product.invoice_policy = "order"
        cls.customer = cls._create_customer("Old service", cls.user_sales_a)

    def _sold(self, promised="2025-06-01", delivered=0, paid=True, partner=None):
        """Two units for 200, invoiced as ordered."""
        order = self._order(partner or self.customer, (2, delivered, 100))
        invoice = self._invoice_order(order)
        if paid:
            self._pay(invoice, None if paid is True else paid)
        order.date_order = promised
        return order

    def _kinds(self):
        rows = self.campaign._found_now(self.customer)
        return sorted((row["kind"], float(row["amount"])) for row in rows)

    def test_paid_and_long_ago_counts_as_delivered(self):
        order = self._sold()
        self.assertEqual(self._kinds(), [])
        action = self.campaign.with_user(self.author).action_view_assumed()
        lines = self.env["sale.order.line"].search(action["domain"])
        self.assertEqual(lines & order.order_line, order.order_line)

    def test_the_months_of_the_settings(self):
        self._sold()
        self.company_a.continuity_delivered_months = 36
        self.assertEqual(self._kinds(), [("prepayment", 200), ("undelivered", 200)])

    def test_promised_for_later_is_not_delivered(self):
        self._sold().commitment_date = "2027-06-01"
        self.assertEqual(self._kinds(), [("prepayment", 200), ("undelivered", 200)])

    def test_recent_is_not_delivered(self):
        self._sold("2026-09-01")
        self.assertEqual(self._kinds(), [("prepayment", 200), ("undelivered", 200)])

    def test_not_paid_to_the_end_is_not_delivered(self):
        self._sold(paid=50)
        self.assertEqual(
            self._kinds(),
            [("open_invoice", 150), ("prepayment", 50), ("undelivered", 200)],
        )

    def test_who_entered_a_part_is_believed(self):
        self._sold(delivered=1)
        self.assertEqual(self._kinds(), [("prepayment", 100), ("undelivered", 100)])

    def test_not_invoiced_to_the_end_is_not_delivered(self):
        order = self._sold()
        order.order_line.product_uom_qty = 3
        self.assertEqual(self._kinds(), [("prepayment", 200), ("undelivered", 300)])

    def test_what_odoo_keeps_is_believed(self):
        """Invoiced by what is delivered, or delivered by the inventory app."""
        order = self._sold()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order_line SET qty_delivered_method = 'analytic' "
            "WHERE order_id = %s",
            [order.id],
        )
        self.assertEqual(self._kinds(), [("prepayment", 200), ("undelivered", 200)])
        self.env.cr.execute(
            "UPDATE sale_order_line SET qty_delivered_method = 'manual' "
            "WHERE order_id = %s",
            [order.id],
        )
        self.product.invoice_policy = "delivery"
        self.assertEqual(self._kinds(), [("prepayment", 200), ("undelivered", 200)])

    def test_cancelled_after_payment_is_owed_for_ever(self):
        self._sold()._action_cancel()
        self.assertEqual(self._kinds(), [("prepayment", 200)])

    def test_one_old_line_hides_no_other(self):
        """An order with a recent line delivered in part: the old one counts whole."""
        order = self._sold()
        order.order_line = [
            Command.create(
                {
                    "product_id": self.product.id,
                    "product_uom_qty": 4,
                    "price_unit": 10,
                    "tax_ids": [Command.clear()],
                }
            )
        ]
        self._pay(self._invoice_order(order))
        order.order_line[1].qty_delivered = 1
        self.assertEqual(self._kinds(), [("prepayment", 30), ("undelivered", 30)])

    def test_segments_say_that_no_delivery_was_entered(self):
        recent = self._create_customer("Recent service", self.user_sales_a)
        partly = self._create_customer("Partly delivered", self.user_sales_a)
        self._sold()
        order = self._sold("2026-09-01", partner=recent)
        other = self._sold("2026-09-01", delivered=1, partner=partly)
        self._refresh()
        self.campaign.sudo()._build_audience()
        lines = {line.partner_id: line for line in self.campaign.customer_ids}
        self.assertNotEqual(lines[self.customer].segment, "unfulfilled")
        self.assertEqual(lines[recent].segment, "unfulfilled")
        self.assertIn(
            f"Not delivered (no delivery entered): {order.name}",
            lines[recent].segment_reason.splitlines(),
        )
        self.assertIn(
            f"Not delivered: {other.name}", lines[partly].segment_reason.splitlines()
        )
