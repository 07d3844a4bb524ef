"""An independent recomputation of the relationships in plain Python."""

from collections import defaultdict
from statistics import median

from dateutil.relativedelta import relativedelta


class ContinuityOracle:
    """Mixin for test cases: recompute revenue, purchases and tiers document by
    document through the ORM, and compare. Shares no code with the refresh."""

    def _documents(self, company):
        """Yield (customer, day, amount in company currency, is a purchase)."""
        if company.continuity_tier_source == "order":
            orders = self.env["sale.order"].search(
                [("company_id", "=", company.id), ("state", "=", "sale")]
            )
            for order in orders:
                amount = order.currency_id._convert(
                    order.amount_untaxed,
                    company.currency_id,
                    company,
                    order.date_order.date(),
                    round=False,
                )
                customer = order.partner_id.commercial_partner_id
                yield customer, order.date_order.date(), amount, True
            return
        moves = self.env["account.move"].search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "posted"),
                ("move_type", "in", ("out_invoice", "out_refund")),
            ]
        )
        for move in moves:
            amount = move.currency_id._convert(
                sum(move.invoice_line_ids.mapped("price_subtotal")),
                company.currency_id,
                company,
                move.invoice_date,
            )
            invoice = move.move_type == "out_invoice"
            customer = move.partner_id.commercial_partner_id
            yield customer, move.invoice_date, amount if invoice else -amount, invoice

    def _recompute(self, company, today):
        """Return the figures of every customer with a document, as a dict of dicts."""
        start = today - relativedelta(months=company.continuity_tier_months)
        revenue = defaultdict(float)
        years = defaultdict(lambda: defaultdict(float))
        days = defaultdict(set)
        counts = defaultdict(int)
        for customer, day, amount, purchase in self._documents(company):
            if day > today:
                continue
            revenue[customer] += amount if day > start else 0
            years[customer][day.year] += amount
            if purchase:
                days[customer].add(day)
                counts[customer] += 1
        figures = {}
        for customer, by_year in years.items():
            ordered = sorted(days[customer])
            gaps = [(b - a).days for a, b in zip(ordered, ordered[1:], strict=False)]
            figures[customer] = {
                "revenue": company.currency_id.round(revenue[customer]),
                "peak_revenue": company.currency_id.round(max(by_year.values())),
                "purchase_count": counts[customer],
                "first_purchase_date": ordered[0] if ordered else False,
                "last_purchase_date": ordered[-1] if ordered else False,
                "reorder_interval": median(gaps) if gaps else 0,
            }
        return figures

    def _recompute_tiers(self, company, figures, today):
        """Return the tier of every customer."""
        tiers = self.env["continuity.tier"].search([]).with_company(company)
        result = {}
        if company.continuity_tier_method == "pareto":
            buyers = sorted(
                (c for c in figures if figures[c]["revenue"] > 0),
                key=lambda c: (-figures[c]["revenue"], c.id),
            )
            total = sum(figures[c]["revenue"] for c in buyers)
            before = 0
            for customer in buyers:
                share = 100 * before / total
                result[customer] = next(t for t in tiers if t.max_share > share)
                before += figures[customer]["revenue"]
            return {c: result.get(c, tiers[-1]) for c in figures}
        for customer, figure in figures.items():
            for tier in tiers:
                first = figure["first_purchase_date"]
                since = today - relativedelta(years=tier.min_years)
                old_enough = not tier.min_years or (first and first <= since)
                if figure["revenue"] >= tier.min_revenue and old_enough:
                    result[customer] = tier
                    break
            else:
                result[customer] = tiers[-1]
        return result

    def _assert_agrees(self, company, today):
        """Refresh a company and compare every figure of every customer.

        :return: how many customers had a document
        :rtype: int
        """
        model = self.env["continuity.relationship"].with_context(active_test=False)
        model._refresh(company, today=today)
        figures = self._recompute(company, today)
        self.assertTrue(figures)
        tiers = self._recompute_tiers(company, figures, today)
        relationships = model.search([("company_id", "=", company.id)])
        by_customer = relationships.grouped("partner_id")
        self.assertEqual(len(by_customer), len(relationships))
        for customer, expected in figures.items():
            self.assertIn(customer, by_customer)
            relationship = by_customer[customer]
            for name, value in expected.items():
                with self.subTest(customer=customer.name, field=name):
                    if name in ("revenue", "peak_revenue", "reorder_interval"):
                        self.assertAlmostEqual(relationship[name], value, 2)
                    else:
                        self.assertEqual(relationship[name], value)
            if relationship.tier_locked:
                continue  # a person's choice, whatever was bought
            with self.subTest(customer=customer.name, field="tier"):
                self.assertEqual(relationship.tier_id, tiers[customer])
        last = self.env["continuity.tier"].search([])[-1]
        for customer, relationship in by_customer.items():
            if customer not in figures and not relationship.tier_locked:
                with self.subTest(customer=customer.name, field="nothing bought"):
                    self.assertEqual(relationship.revenue, 0)
                    self.assertEqual(relationship.purchase_count, 0)
                    self.assertEqual(relationship.tier_id, last)
        return len(figures)
