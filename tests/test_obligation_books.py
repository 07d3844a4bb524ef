from collections import defaultdict

from odoo.tests import tagged

from .common_obligation import ObligationCommon


@tagged("post_install", "-at_install")
class TestObligationBooks(ObligationCommon):
    """What the books show open agrees with an independent calculation."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = [
            cls._create_customer(f"Books {number}", cls.user_sales_a)
            for number in range(15)
        ]
        for company, currency in (
            (cls.company_a, cls.euro),
            (cls.company_a, cls.dollar),
            (cls.company_b, cls.yen),
            (cls.company_b, cls.euro),
        ):
            cls._write_books(company, currency)
        cls.env.flush_all()

    @classmethod
    def _write_books(cls, company, currency):
        """Every case once, each with a customer of its own."""
        where = {"company": company, "currency": currency}
        c = iter(cls.customers)
        # Half delivered, nothing invoiced.
        cls._order(next(c), (4, 2, 125), (1, 1, 33.33), **where)
        # Everything delivered, nothing invoiced; then invoiced, not paid.
        cls._order(next(c), (3, 3, 99.99), **where)
        cls._invoice_order(cls._order(next(c), (2, 2, 50), **where))
        # Invoiced and paid ahead, a third delivered.
        order = cls._order(next(c), (3, 1, 100), **where)
        cls._pay(cls._invoice_order(order))
        # A down payment, paid; then the same, not paid; then paid by half.
        for paid in (None, 0, 150):
            order = cls._order(next(c), (10, 0, 100), **where)
            invoice = cls._invoice_order(order, down_payment=30)
            if paid != 0:
                cls._pay(invoice, paid)
        # A down payment, taken off a final invoice that is not paid; all delivered.
        order = cls._order(next(c), (10, 10, 100), **where)
        cls._pay(cls._invoice_order(order, down_payment=30))
        cls._invoice_order(order)
        # Paid ahead and credited, the credit not paid out.
        order = cls._order(next(c), (2, 0, 250), **where)
        invoice = cls._invoice_order(order)
        cls._pay(invoice)
        cls._refund(invoice)
        # Cancelled after a down payment was paid; cancelled without.
        order = cls._order(next(c), (5, 0, 40), **where)
        cls._pay(cls._invoice_order(order, down_payment=50))
        order._action_cancel()
        cls._order(next(c), (5, 0, 40), **where)._action_cancel()
        # Money that belongs to nothing, in both ways Odoo keeps it.
        customer = next(c)
        cls._receive(customer, 77.7, **where)
        cls._receive(customer, 11, journal="promised", **where)
        # Paid through a journal without entries: Odoo leaves the invoice open.
        order = cls._order(next(c), (3, 1, 100), **where)
        cls._pay(cls._invoice_order(order), journal="promised")
        # Drafts, and a quotation that binds nobody.
        customer = next(c)
        values = {"company": company, "currency": currency, "post": False}
        cls._create_invoice(customer, 60, "2027-02-11", **values)
        cls._create_invoice(customer, 20, "2027-02-11", refund=True, **values)
        cls._order(customer, (1, 0, 999), confirm=False, **where)
        # Paid ahead, and credited for one of two units.
        order = cls._order(next(c), (2, 0, 250), **where)
        invoice = cls._invoice_order(order)
        cls._pay(invoice)
        refund = cls._refund(invoice, post=False)
        refund.invoice_line_ids.quantity = 1
        refund.action_post()

    def _found(self, company):
        sums = defaultdict(float)
        campaign = self.env["continuity.dissolution"].new({"company_id": company.id})
        partners = self.env["res.partner"].union(*self.customers)
        for row in campaign._found_now(partners):
            key = (
                self.env["res.partner"].browse(row["partner_id"]),
                row["kind"],
                self.env["res.currency"].browse(row["currency_id"]),
            )
            sums[key] += float(row["amount"])
        return {key: round(value, 2) for key, value in sums.items()}

    def _compare(self, company):
        expected = {
            key: value
            for key, value in self._owed_by_hand(company).items()
            if key[0] in self.customers
        }
        found = self._found(company)
        names = {key: (key[0].name, key[1], key[2].name) for key in {*expected, *found}}
        self.assertEqual(
            {names[key]: value for key, value in found.items()},
            {names[key]: value for key, value in expected.items()},
        )
        return found

    def test_company_a_agrees_in_two_currencies(self):
        found = self._compare(self.company_a)
        self.assertEqual({key[2] for key in found}, {self.euro, self.dollar})
        self.assertEqual(
            {key[1] for key in found},
            {"undelivered", "prepayment", "credit", "uninvoiced", "open_invoice"},
        )

    def test_company_b_agrees_in_two_currencies(self):
        found = self._compare(self.company_b)
        self.assertEqual({key[2] for key in found}, {self.yen, self.euro})

    def test_single_figures(self):
        found = self._found(self.company_a)

        def of(number, kind):
            return found.get((self.customers[number], kind, self.euro), 0)

        self.assertEqual(of(0, "undelivered"), 250)
        self.assertEqual(of(0, "uninvoiced"), 283.33)
        self.assertEqual(of(2, "open_invoice"), 100)
        self.assertEqual(of(3, "undelivered"), 200)
        self.assertEqual(of(3, "prepayment"), 200, "paid 300, got goods for 100")
        self.assertEqual(of(4, "prepayment"), 300)
        self.assertEqual(of(5, "prepayment"), 0, "a down payment that nobody paid")
        self.assertEqual(of(5, "open_invoice"), 300)
        self.assertEqual(of(6, "prepayment"), 150)
        self.assertEqual(of(7, "prepayment"), 0, "everything is delivered")
        self.assertEqual(of(7, "open_invoice"), 700)
        self.assertEqual(of(8, "credit"), 500)
        self.assertEqual(of(8, "prepayment"), 0, "counted once, as the credit")
        self.assertEqual(of(9, "prepayment"), 100, "of a cancelled order")
        self.assertEqual(of(9, "undelivered"), 0)
        self.assertEqual(of(11, "prepayment"), 88.7)
        self.assertEqual(of(12, "prepayment"), 200, "promised by the bank")
        self.assertEqual(of(12, "open_invoice"), 0)
        self.assertEqual(of(13, "credit"), 20, "a draft")
        self.assertEqual(of(13, "undelivered"), 0, "a quotation")
        self.assertEqual(of(14, "credit"), 250, "one of two units")
        self.assertEqual(of(14, "prepayment"), 250, "the other one")

    def test_instalments_are_one_invoice(self):
        """An invoice paid in two parts is one obligation, with what is left of both."""
        customer = self._create_customer("Instalments")
        terms = self.env["account.payment.term"].create(
            {
                "name": "Halves",
                "line_ids": [
                    (0, 0, {"value": "percent", "value_amount": 50, "nb_days": days})
                    for days in (30, 60)
                ],
            }
        )
        invoice = self._create_invoice(customer, 100, "2027-02-01", post=False)
        invoice.invoice_payment_term_id = terms
        invoice.action_post()
        self._pay(invoice, 20)
        rows = (
            self.env["continuity.dissolution"]
            .new({"company_id": self.company_a.id})
            ._found_now(customer)
        )
        self.assertEqual(
            [(r["kind"], r["origin_model"], r["origin_id"]) for r in rows],
            [("open_invoice", "account.move", invoice.id)],
        )
        self.assertEqual(float(rows[0]["amount"]), 80)
        self.assertEqual(str(rows[0]["date"]), "2027-03-03", "the next one due")

    def test_a_contact_stands_for_its_company(self):
        self._order(self.contact_1, (2, 0, 10))
        rows = self.campaign._found_now(self.customer_1)
        self.assertEqual([row["partner_id"] for row in rows], [self.customer_1.id])

    def test_the_company_is_not_its_own_customer(self):
        """What a company sells to itself, or to a contact of its own, is nobody's."""
        own = self.company_a.partner_id
        contact = self.env["res.partner"].create({"name": "Own", "parent_id": own.id})
        for partner in (own, contact):
            self._order(partner, (2, 1, 10))
            self._pay(self._invoice_order(self._order(partner, (2, 0, 10))))
            self._create_invoice(partner, 20, "2027-02-01")
            self._create_invoice(partner, 20, "2027-02-01", refund=True)
            self._create_invoice(partner, 20, "2027-02-01", post=False)
            self._receive(partner, 7)
            self._receive(partner, 7, journal="promised")
        self.assertFalse(self.campaign._found_now(own | contact))

    def test_no_goods_are_no_obligation(self):
        """Headings, discounts and combos are not delivered themselves."""
        customer = self._create_customer("No goods")
        order = self._order(customer, (1, 1, 100), (1, 0, -10))
        self.env["sale.order.line"].create(
            {"order_id": order.id, "display_type": "line_section", "name": "Heading"}
        )
        kinds = [row["kind"] for row in self.campaign._found_now(customer)]
        self.assertEqual(kinds, ["uninvoiced"])

    def test_a_branch_counts_only_its_own_orders(self):
        customer = self._create_customer("Branch")
        mine = self._order(customer, (1, 0, 10))
        self._order(customer, (1, 0, 20)).team_id = self.other_team
        mine.team_id = self.team
        self.campaign.sudo().write({"kind": "branch", "team_ids": self.team.ids})
        rows = self.campaign._found_now(customer)
        self.assertEqual([row["origin_name"] for row in rows], [mine.name])

    def test_a_product_line_counts_only_its_own_products(self):
        customer = self._create_customer("Product line")
        mine = self._order(customer, (1, 0, 10))
        other = self._order(customer, (1, 0, 20))
        parent, other_categ = self.env["product.category"].create(
            [{"name": "Wound down"}, {"name": "Goes on"}]
        )
        child = self.env["product.category"].create(
            {"name": "Below", "parent_id": parent.id}
        )
        self.product.categ_id = child
        other.order_line.product_id = self.product.copy({"categ_id": other_categ.id})
        self.campaign.sudo().write({"kind": "product", "categ_ids": parent.ids})
        rows = self.campaign._found_now(customer)
        self.assertEqual([row["origin_name"] for row in rows], [mine.name])
