from odoo.tests import BaseCase, tagged

from ..tools.factor_cost import (
    Terms,
    Use,
    advanced,
    annual_costs,
    held_back,
    points_for_cost,
    points_on_scale,
    weighted,
)


@tagged("post_install", "-at_install")
class TestFactorCost(BaseCase):
    """Figures computed by hand."""

    # 3,650,000 a year at 50 days: customers owe 500,000 on average.
    use = Use(volume=3_650_000, days=50, invoices=1_200, debtors=40)

    def test_every_component(self):
        terms = Terms(
            fee_rate=0.8,
            interest_rate=6,
            advance_rate=80,
            holdback_rate=20,
            setup_fee=3_000,
            invoice_fee=1.5,
            limit_fee=35,
            term=24,
        )
        self.assertEqual(
            annual_costs(terms, self.use, lambda amount: round(amount, 2)),
            {
                # 0.8 % of 3,650,000
                "fee": 29_200,
                "top_up": 0,
                # 6 % of 400,000, which is 80 % of 500,000
                "interest": 24_000,
                # half of it in each of two years
                "setup": 1_500,
                "invoices": 1_800,
                "limits": 1_400,
            },
        )
        self.assertAlmostEqual(advanced(terms, self.use), 400_000)
        self.assertAlmostEqual(held_back(terms, self.use), 100_000)

    def test_interest_counts_a_year_of_365_days(self):
        terms = Terms(interest_rate=3.65, advance_rate=100)
        # 3.65 % a year is 0.01 % a day: 1,000,000 for 10 days.
        costs = annual_costs(terms, Use(volume=1_000_000, days=10))
        self.assertAlmostEqual(costs["interest"], 1_000)

    def test_minimum_fee_tops_up(self):
        terms = Terms(fee_rate=0.5, minimum_fee=20_000)
        costs = annual_costs(terms, self.use)
        self.assertAlmostEqual(costs["fee"], 18_250)
        self.assertAlmostEqual(costs["top_up"], 1_750)

    def test_minimum_volume_tops_up(self):
        terms = Terms(fee_rate=0.5, minimum_volume=5_000_000)
        costs = annual_costs(terms, self.use)
        self.assertAlmostEqual(costs["fee"], 18_250)
        # 0.5 % of the 1,350,000 that are missing
        self.assertAlmostEqual(costs["top_up"], 6_750)

    def test_of_two_minimums_the_greater_one_counts(self):
        terms = Terms(fee_rate=0.5, minimum_volume=5_000_000, minimum_fee=30_000)
        self.assertAlmostEqual(annual_costs(terms, self.use)["top_up"], 11_750)
        terms = Terms(fee_rate=0.5, minimum_volume=5_000_000, minimum_fee=20_000)
        self.assertAlmostEqual(annual_costs(terms, self.use)["top_up"], 6_750)

    def test_minimums_that_are_reached_add_nothing(self):
        terms = Terms(fee_rate=0.5, minimum_volume=3_000_000, minimum_fee=10_000)
        self.assertEqual(annual_costs(terms, self.use)["top_up"], 0)

    def test_set_up_of_a_short_contract_falls_into_one_year(self):
        for term, share in ((0, 1_200), (6, 1_200), (12, 1_200), (36, 400)):
            with self.subTest(term=term):
                costs = annual_costs(Terms(setup_fee=1_200, term=term), self.use)
                self.assertAlmostEqual(costs["setup"], share)

    def test_components_are_rounded_each(self):
        terms = Terms(fee_rate=1, interest_rate=1, advance_rate=100)
        costs = annual_costs(terms, Use(volume=149, days=365), round)
        self.assertEqual((costs["fee"], costs["interest"]), (1, 1))

    def test_points_for_cost(self):
        self.assertEqual(points_for_cost(40_000, 40_000), 100)
        self.assertEqual(points_for_cost(80_000, 40_000), 50)
        self.assertAlmostEqual(points_for_cost(50_000, 40_000), 80)
        # An offer that cannot be chosen may be cheaper than the cheapest that can.
        self.assertEqual(points_for_cost(30_000, 40_000), 100)
        self.assertEqual(points_for_cost(0, 0), 100)
        self.assertEqual(points_for_cost(10, 0), 0)

    def test_points_on_a_scale(self):
        # Months of notice: none is best, twelve are worst.
        for months, points in ((0, 100), (3, 75), (12, 0), (24, 0)):
            with self.subTest(months=months):
                self.assertAlmostEqual(points_on_scale(months, 12, 0), points)
        # Marks: five is best.
        for mark, points in ((1, 0), (2, 25), (5, 100)):
            with self.subTest(mark=mark):
                self.assertAlmostEqual(points_on_scale(mark, 1, 5), points)
        with self.assertRaises(ValueError):
            points_on_scale(1, 2, 2)

    def test_weighted(self):
        self.assertAlmostEqual(weighted([100, 50], [3, 1]), 87.5)
        self.assertEqual(weighted([100, 50], [0, 0]), 0)
        self.assertEqual(weighted([], []), 0)
