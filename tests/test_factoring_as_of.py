"""What the factor was told of a day stays so, and what ended does not come back."""

from freezegun import freeze_time

from odoo.tests import tagged

from .common_factoring import FactoringCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringAsOf(FactoringCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-06-10 08:00:00"):
            cls.agreement = cls._run_agreement()
            cls.move = cls._bill(cls.customer_1, 100, "2026-06-10", "2026-07-10")

    def setUp(self):
        super().setUp()
        self.diary[self.move] = {"events": []}
        self.assignment = self._assignments(self.move).with_user(self.accountant)

    def _listed(self, day):
        """Return invoices and what is disputed of them, as the factor gets it."""
        listing = (
            self.env["continuity.factoring.list"]
            .with_user(self.accountant)
            .create({"factoring_id": self.agreement.id, "day": day})
        )
        return [(row[1], row[8]) for row in listing._rows()]

    def test_dispute_is_listed_while_it_lasted(self):
        with freeze_time("2026-06-15 08:00:00"):
            self.assignment._dispute("Goods are damaged")
        with freeze_time("2026-06-20 08:00:00"):
            self.assignment.action_end_dispute()
        for day, disputed in (
            ("2026-06-14", ""),
            ("2026-06-15", "Goods are damaged"),
            ("2026-06-19", "Goods are damaged"),
            ("2026-06-20", ""),
        ):
            with self.subTest(day=day):
                self.assertEqual(self._listed(day), [(self.move.name, disputed)])

    def test_one_more_reason_does_not_change_since_when(self):
        with freeze_time("2026-06-15 08:00:00"):
            self.assignment._dispute("Goods are damaged")
        with freeze_time("2026-06-20 08:00:00"):
            self.assignment._dispute("Came late")
        both = "Goods are damaged; Came late"
        self.assertEqual(self._listed("2026-06-15"), [(self.move.name, both)])
        self.assertFalse(self._listed("2026-06-14")[0][1])

    def test_dispute_of_what_was_bought_back_is_listed_until_then(self):
        with freeze_time("2026-06-15 08:00:00"):
            self.assignment._dispute("Goods are damaged")
        self.assignment._buy_back("Too much trouble")
        self.assertEqual(
            self._listed("2026-06-29"), [(self.move.name, "Goods are damaged")]
        )
        self.assertFalse(self._listed("2026-06-30"))

    def test_mistake_that_was_listed_is_listed_of_that_day(self):
        with freeze_time("2026-06-20 08:00:00"):
            self.assignment._cancel("Assigned by mistake")
        self.assertEqual(self._listed("2026-06-19"), [(self.move.name, "")])
        self.assertFalse(self._listed("2026-06-20"))

    def _take_payment_back(self):
        self._receivable(self.move).remove_move_reconcile()

    def test_payment_taken_back_after_the_release_is_not_the_factors_again(self):
        self._pay(self.move, 100, "2026-06-20", journal=self.clearing)
        self.assertEqual(self.assignment.state, "settled")
        self.assignment.sudo().debtor_id.write(
            {"state": "released", "released_from": "2026-06-25"}
        )
        self._take_payment_back()
        self.assertEqual(self.assignment.state, "settled")
        self.assertIn("after the release", self.assignment.news)

    def test_payment_taken_back_after_the_end_is_not_the_factors_again(self):
        self._pay(self.move, 100, "2026-06-20", journal=self.clearing)
        self.agreement.sudo().state = "reported"
        self._take_payment_back()
        self.assertEqual(self.assignment.state, "settled")
        self.assertTrue(self.assignment.news)
