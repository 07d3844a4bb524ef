from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common import ContinuityCommon


@tagged("post_install", "-at_install")
class TestTiers(ContinuityCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tier_a, cls.tier_b, cls.tier_c = (
            cls.env.ref(f"customer_continuity.tier_{letter}").with_company(
                cls.company_a
            )
            for letter in "abc"
        )

    def _assert_refused(self, tier, values, *words):
        """Writing ``values`` is refused in words, and nothing is half done."""
        before = tier.read(list(values))
        with self.assertRaises(ValidationError) as refused, self.env.cr.savepoint():
            tier.write(values)
        for word in words:
            self.assertIn(word, str(refused.exception))
        tier.invalidate_recordset()
        self.assertEqual(tier.read(list(values)), before)

    # === Thresholds ===

    def test_shipped_in_every_company(self):
        for company in self.env["res.company"].search([]):
            with self.subTest(company=company.name):
                rows = self.env["continuity.tier"]._prepare_refresh_rows(company)
                figures = [
                    (
                        r["min_revenue"],
                        r["min_years"],
                        r["max_share"],
                        r["cadence_days"],
                    )
                    for r in rows
                ]
                self.assertEqual(
                    figures,
                    [
                        (1_000_000, 0, 80, 30),
                        (100_000, 0, 95, 60),
                        (0, 0, 100, 180),
                    ],
                )

    def test_zero_or_negative(self):
        self._assert_refused(
            self.tier_a, {"min_revenue": 0}, "Tier A", "Enter an amount"
        )
        self._assert_refused(
            self.tier_b, {"min_revenue": -5}, "Tier B", "Enter an amount"
        )
        self._assert_refused(self.tier_a, {"min_years": -1}, "Enter 0")
        self._assert_refused(self.tier_a, {"cadence_days": 0}, "1 or more days")
        self._assert_refused(self.tier_c, {"cadence_days": -30}, "1 or more days")

    def test_tier_nobody_can_meet(self):
        self._assert_refused(
            self.tier_b,
            {"min_revenue": 1_000_000},
            "No customer could ever be in tier B",
            "Lower the revenue of B",
        )
        self._assert_refused(
            self.tier_b,
            {"min_revenue": 2_000_000},
            "No customer could ever be in tier B",
        )
        # The same amount is fine where the tier above also asks for years.
        self.tier_a.min_years = 3
        self.tier_b.min_revenue = 1_000_000

    def test_share_nobody_can_meet(self):
        self.company_a.continuity_tier_method = "pareto"
        self._assert_refused(
            self.tier_b,
            {"max_share": 80},
            "No customer could ever be in tier B",
            "Raise the share of B",
        )
        self._assert_refused(self.tier_a, {"max_share": 0}, "for example 80")
        self._assert_refused(self.tier_a, {"max_share": 100}, "for example 80")

    def test_last_tier_takes_the_rest(self):
        self._assert_refused(
            self.tier_c, {"min_revenue": 10}, "Tier C is the last one", "to 0"
        )
        self._assert_refused(self.tier_c, {"active": False}, "Tier B is the last one")
        self._assert_refused(self.tier_a, {"sequence": 99}, "Tier A is the last one")
        self._refresh()
        with self.assertRaises(UserError) as refused, self.env.cr.savepoint():
            self.tier_c.unlink()
        self.assertIn("Archive it instead", str(refused.exception))
        self.env["continuity.relationship"].search([]).tier_id = self.tier_a
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.tier_c.unlink()
        self.company_a.continuity_tier_method = "pareto"
        self._assert_refused(self.tier_c, {"max_share": 99}, "Tier C is the last one")

    def test_method_is_checked_when_chosen(self):
        """Shares are of no interest by amount, until somebody chooses them."""
        self.tier_b.max_share = 10
        with self.assertRaises(ValidationError) as refused, self.env.cr.savepoint():
            self.company_a.continuity_tier_method = "pareto"
        self.assertIn("No customer could ever be in tier B", str(refused.exception))

    def test_thresholds_belong_to_a_company(self):
        self.tier_a.min_revenue = 5_000_000
        other = self.tier_a.with_company(self.company_b)
        self.assertEqual(other.min_revenue, 1_000_000)

    def test_new_tier_has_thresholds_everywhere(self):
        tier = (
            self.env["continuity.tier"]
            .with_company(self.company_a)
            .create(
                {
                    "name": "AA",
                    "sequence": 5,
                    "min_revenue": 9_000_000,
                    "max_share": 50,
                    "cadence_days": 7,
                }
            )
        )
        other = tier.with_company(self.company_b)
        self.assertEqual((other.min_revenue, other.cadence_days), (9_000_000, 7))

    def test_order_is_checked_in_every_company(self):
        """The order is shared: what fits here must still fit there."""
        tier = (
            self.env["continuity.tier"]
            .with_company(self.company_a)
            .create(
                {
                    "name": "AB",
                    "active": False,
                    "sequence": self.tier_a.sequence,
                    "min_revenue": 500_000,
                    "max_share": 90,
                    "cadence_days": 40,
                }
            )
        )
        there = tier.with_company(self.company_b)
        there.min_revenue = 5
        self._assert_refused(tier, {"active": True}, "in Continuity B they would")
        there.min_revenue = 500_000
        tier.active = True
        there.active = False
        self.assertFalse(tier.active)

    # === Assignment at the edges ===

    def _tier_after(self, amounts):
        """Return the tiers of new customers who bought for ``amounts``."""
        customers = [self._create_customer(f"Buyer {a}") for a in amounts]
        for customer, amount in zip(customers, amounts, strict=True):
            if amount:
                self._create_invoice(
                    customer, abs(amount), "2024-01-10", refund=amount < 0
                )
            else:
                self._create_invoice(customer, 1, "2024-01-10", post=False)
        self._refresh(today=self._day("2024-02-01"))
        return [self._relationship(customer).tier_id.name for customer in customers]

    def test_amounts_at_the_edge(self):
        amounts = [1_000_000, 999_999.99, 100_000, 99_999.99, 0, -5]
        self.assertEqual(self._tier_after(amounts), list("ABBCCC"))

    def test_shares_at_the_edge(self):
        """80 % are reached with the first, so the second is B; revenue of 0 is C."""
        self.company_a.continuity_tier_method = "pareto"
        self.assertEqual(self._tier_after([80, 15, 5, 0, -9]), list("ABCCC"))

    def test_giant_is_in_the_first_tier(self):
        self.company_a.continuity_tier_method = "pareto"
        self.assertEqual(self._tier_after([9_999_999, 1]), list("AC"))

    def test_equal_revenue_is_ordered_by_id(self):
        self.company_a.continuity_tier_method = "pareto"
        self.assertEqual(self._tier_after([20, 20, 20, 20, 20]), list("AAAAB"))

    # === Locks ===

    def _locked(self):
        self._refresh()
        relationship = self._relationship(self.customer_1)
        relationship.with_user(self.user_manager).lock_tier(
            self.tier_a.id, "Framework contract of the group"
        )
        return relationship

    def test_lock_survives_refresh(self):
        relationship = self._locked()
        self.assertEqual(relationship.tier_id, self.tier_a)
        self._refresh()
        self.assertEqual(relationship.tier_id, self.tier_a)
        self.assertEqual(relationship.tier_lock_user_id, self.user_manager)
        self.assertTrue(relationship.tier_lock_date)
        note = relationship.message_ids[0]
        self.assertIn("Framework contract", note.body)
        self.assertIn("tier A", note.body)
        self.assertEqual(note.author_id, self.user_manager.partner_id)

    def test_lock_changes_the_due_date_at_once(self):
        self._refresh()
        relationship = self._relationship(self.customer_1)
        self.env["calendar.event"].create(
            {
                "name": "Visit",
                "start": "2024-01-01 10:00:00",
                "stop": "2024-01-01 11:00:00",
                "partner_ids": [(6, 0, self.customer_1.ids)],
                "user_id": self.user_sales_a.id,
            }
        )
        self._refresh()
        self.assertEqual(relationship.next_due_date, self._day("2024-06-29"))
        relationship.with_user(self.user_manager).lock_tier(self.tier_a.id, "Why")
        self.assertEqual(relationship.next_due_date, self._day("2024-01-31"))

    def test_unlock(self):
        relationship = self._locked()
        manager = relationship.with_user(self.user_manager)
        with self.assertRaises(UserError):
            manager.unlock_tier("  ")
        manager.unlock_tier("Contract ended")
        self.assertEqual(relationship.tier_id, self.tier_c)
        self.assertFalse(relationship.tier_lock_reason)
        self.assertIn("Contract ended", relationship.message_ids[0].body)

    def test_lock_needs_manager_reason_and_tier(self):
        self._refresh()
        relationship = self._relationship(self.customer_1)
        for user in (self.user_sales_a, self.user_leader, self.user_all):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                relationship.with_user(user).lock_tier(self.tier_a.id, "Because")
        manager = relationship.with_user(self.user_manager)
        with self.assertRaises(UserError):
            manager.lock_tier(self.tier_a.id, " ")
        with self.assertRaises(UserError):
            manager.lock_tier(False, "Because")
        self.assertFalse(relationship.tier_locked)

    def test_lock_cannot_be_written(self):
        """Neither a manager nor a context writes past the methods (I13)."""
        self._refresh()
        relationship = self._relationship(self.customer_1).with_user(self.user_manager)
        for name in ("tier_id", "tier_locked", "owner_since", "revenue", "active"):
            with self.subTest(field=name), self.assertRaises(AccessError):
                relationship.with_context(install_mode=True, tier_lock=True).write(
                    {name: self.tier_a.id}
                )

    def test_wizard(self):
        self._refresh()
        relationships = self._relationship(self.customer_1) | self._relationship(
            self.customer_2
        )
        action = relationships.with_user(self.user_manager).action_lock_tier()
        wizard = self.env[action["res_model"]].with_user(self.user_manager)
        with Form(wizard.with_context(**action["context"])) as form:
            form.tier_id = self.tier_b
            form.reason = "Both belong to the same group"
        form.save().action_apply()
        self.assertEqual(relationships.tier_id, self.tier_b)
        action = relationships.with_user(self.user_manager).action_unlock_tier()
        with Form(wizard.with_context(**action["context"])) as form:
            form.reason = "Sold"
        form.save().action_apply()
        self.assertEqual(relationships.tier_id, self.tier_c)
        with self.assertRaises(AccessError):
            relationships.with_user(self.user_sales_a).action_lock_tier()

    def test_locked_tier_may_be_archived(self):
        relationship = self._locked()
        self.tier_a.active = False
        self._refresh()
        self.assertEqual(relationship.tier_id, self.tier_a)
