from odoo.tests import tagged

from .common_obligation import ObligationCommon


@tagged("post_install", "-at_install")
class TestObligationItems(ObligationCommon):
    """What is open with a customer, as their letter says it."""

    def test_items_come_from_the_books_now(self):
        """The register is of last night; a letter says what is true now."""
        order = self._order(self.customer_1, (4, 1, 1250))
        self._receive(self.customer_1, 500)
        items = self.line_1._open_items("en_US")
        self.assertEqual(
            [item["kind"] for item in items],
            ["undelivered", "prepayment", "uninvoiced"],
        )
        first = items[0]
        self.assertEqual(first["document"], order.name)
        self.assertEqual(first["quantity"], "3 of 4 Units")
        self.assertEqual(first["amount"], "3,750.00\N{NO-BREAK SPACE}€")
        self.assertEqual(first["date"], "February 10, 2027")
        self.assertEqual(first["owed_by"], "us")
        self.assertEqual(first["resolution"], "Deliver")
        self.assertEqual(items[2]["owed_by"], "customer")
        self.assertEqual(items[2]["resolution"], "You pay")
        self.assertFalse(self.campaign.obligation_ids, "reading changes nothing")
        order.order_line.qty_delivered = 4
        self.assertEqual(
            [item["kind"] for item in self.line_1._open_items("en_US")],
            ["prepayment", "uninvoiced"],
        )

    def test_items_in_the_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("ja_JP")
        self._receive(self.customer_1, 500, currency=self.dollar)
        (item,) = self.line_1._open_items("ja_JP")
        self.assertEqual(item["date"], "2027年2月16日")
        self.assertIn("500.00", item["amount"])
        self.assertIn("$", item["amount"])

    def test_typed_items_are_told_until_they_end(self):
        typed = self.env["continuity.obligation"].create(
            {
                "customer_id": self.line_1.id,
                "kind": "shipment",
                "description": "Two pallets by sea",
                "tracking_ref": "MSKU 123",
                "deadline": "2027-04-01",
            }
        )
        (item,) = self.line_1._open_items("en_US")
        self.assertEqual(item["description"], "Two pallets by sea")
        self.assertEqual(item["tracking"], "MSKU 123")
        self.assertEqual(item["deadline"], "April 1, 2027")
        typed.with_user(self.member).action_settle()
        self.assertFalse(self.line_1._open_items("en_US"))

    def test_decided_items_are_told_no_more(self):
        order = self._order(self.customer_1, (4, 0, 10))
        self.campaign._refresh_obligations()
        self.campaign.obligation_ids.with_user(self.author)._decide("They said so.")
        self.assertFalse(self.line_1._open_items("en_US"))
        order.order_line.product_uom_qty = 5
        self.assertEqual(
            self.line_1._open_items("en_US")[0]["quantity"], "5 of 5 Units"
        )

    def test_drafts_are_for_colleagues_only(self):
        """A draft may still change: the register names it, no letter does."""
        values = {"day": "2027-02-11", "post": False}
        invoice = self._create_invoice(self.customer_1, 60, **values)
        refund = self._create_invoice(self.customer_1, 20, refund=True, **values)
        before = self.line_1._items_fingerprint()
        self.campaign._refresh_obligations()
        self.assertEqual(
            set(self.campaign.obligation_ids.mapped("description")),
            {"Draft of an invoice", "Draft of a credit note"},
        )
        self.assertIn(
            "Draft of a credit note: ", self.line_1.segment_reason.splitlines()[0]
        )
        self.assertFalse(self.line_1._open_items("en_US"))
        self.assertFalse(self.line_1._is_creditor())
        invoice.action_post()
        refund.action_post()
        items = self.line_1._open_items("en_US")
        self.assertEqual(
            [(item["kind"], item["document"]) for item in items],
            [("credit", refund.name), ("open_invoice", invoice.name)],
        )
        self.assertTrue(self.line_1._is_creditor())
        self.assertNotEqual(self.line_1._items_fingerprint(), before)
        self.campaign._refresh_obligations()
        self.assertEqual(
            set(
                self.campaign.obligation_ids.filtered(
                    lambda row: row.state == "open"
                ).mapped("description")
            ),
            {"Credit", "Invoice not paid"},
        )

    def test_several_customers_in_one_query(self):
        for customer in (self.customer_1, self.customer_2, self.customer_3):
            self._order(customer, (1, 0, 10))
        self.env.flush_all()
        self.env.invalidate_all()
        one = self._queries(self.line_1)
        self.assertLessEqual(self._queries(self.lines), one + 2)

    def _queries(self, lines):
        before = self.env.cr.sql_log_count
        items = lines._open_items_by_line("en_US")
        self.assertTrue(all(items.values()))
        return self.env.cr.sql_log_count - before

    # === Fingerprint === #

    def test_the_fingerprint_changes_with_the_books_only(self):
        order = self._order(self.customer_1, (4, 1, 50))
        before = self.line_1._items_fingerprint()
        other = self.line_2._items_fingerprint()
        self.assertEqual(self.line_1._items_fingerprint(), before)
        self.campaign._refresh_obligations()
        self.assertEqual(
            self.line_1._items_fingerprint(), before, "the register says the same"
        )
        self.assertEqual(
            self.line_1.with_context(lang="ja_JP")._items_fingerprint(), before
        )
        order.order_line.qty_delivered = 2
        self.assertNotEqual(self.line_1._items_fingerprint(), before)
        self.assertEqual(self.line_2._items_fingerprint(), other)

    def test_the_fingerprint_of_what_people_arrange(self):
        self._order(self.customer_1, (4, 1, 50))
        self.campaign._refresh_obligations()
        row = self.campaign.obligation_ids.filtered(lambda r: r.kind == "undelivered")
        before = self.line_1._items_fingerprint()
        row.note = "For colleagues"
        self.assertEqual(self.line_1._items_fingerprint(), before)
        row.resolution = "transfer"
        self.assertNotEqual(self.line_1._items_fingerprint(), before)

    # === Creditors === #

    def test_creditors(self):
        self._order(self.customer_1, (4, 0, 50))
        self.assertFalse(self.line_1._is_creditor(), "ordered, nothing paid")
        self.assertEqual(self.lines._owes_now(), self.line_1)
        self._receive(self.customer_2, 10)
        self.assertTrue(self.line_2._is_creditor())
        self._create_invoice(self.customer_3, 10, "2027-02-01", refund=True)
        self.assertTrue(self.line_3._is_creditor())
