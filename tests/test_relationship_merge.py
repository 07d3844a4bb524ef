from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ContinuityCommon

MERGE_LOGGER = "odoo.addons.customer_continuity.models.continuity_relationship_merge"


@tagged("post_install", "-at_install")
class TestRelationshipMerge(ContinuityCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tier_a = cls.env.ref("customer_continuity.tier_a")
        cls.tier_b = cls.env.ref("customer_continuity.tier_b")
        cls.channel = cls.env["continuity.channel"].create(
            {"name": "Visit", "true_contact": True}
        )
        # Both companies know both customers; only B knows the third.
        for partner, company, amount in (
            (cls.customer_1, cls.company_a, 600_000),
            (cls.customer_2, cls.company_a, 500_000),
            (cls.customer_1, cls.company_b, 70_000),
            (cls.customer_2, cls.company_b, 40_000),
            (cls.customer_3, cls.company_b, 1_000),
        ):
            cls._create_invoice(partner, amount, "2024-01-10", company)
        cls._refresh_both()

    @classmethod
    def _refresh_both(cls):
        for company in (cls.company_a, cls.company_b):
            cls._refresh(company)

    def _touchpoint(self, relationship, occurrence="1"):
        return self.env["continuity.touchpoint"].create(
            {
                "name": "Visit",
                "relationship_id": relationship.id,
                "partner_id": relationship.partner_id.id,
                "company_id": relationship.company_id.id,
                "origin_model": relationship._name,
                "origin_id": relationship.id,
                "occurrence": occurrence,
                "channel_ids": [(6, 0, self.channel.ids)],
                "channel_id": self.channel.id,
                "user_id": self.user_manager.id,
                "date_due": "2024-02-01",
                "date_show": "2024-02-01",
            }
        )

    def _merge(self, source, target):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((source | target).ids, target)
        self.env.invalidate_all()

    def _lock(self, relationship, tier, reason):
        relationship.with_user(self.user_manager).lock_tier(tier.id, reason)

    def _relationships(self, partner):
        return [
            self._relationship(partner, company)
            for company in (self.company_a, self.company_b)
        ]

    # === Merging partners ===

    def test_merge_combines_in_every_company(self):
        target_a, target_b = self._relationships(self.customer_2)
        sources = self._relationships(self.customer_1)
        self._merge(self.customer_1, self.customer_2)
        self.assertFalse(sources[0].exists() | sources[1].exists())
        self.assertEqual(self._relationships(self.customer_2), [target_a, target_b])
        self.assertEqual(target_a.peak_revenue, 1_100_000)
        self.assertEqual(target_a.purchase_count, 2)
        self.assertEqual(target_b.peak_revenue, 110_000)

    def test_merge_moves_where_the_target_is_unknown(self):
        """Company A does not deal with the third customer: its row moves."""
        self._relationship(self.customer_3).unlink()
        source_a, _source_b = self._relationships(self.customer_1)
        target_b = self._relationship(self.customer_3, self.company_b)
        self._merge(self.customer_1, self.customer_3)
        self.assertEqual(self._relationships(self.customer_3), [source_a, target_b])
        self.assertEqual(target_b.peak_revenue, 71_000)

    def test_lock_wins(self):
        source = self._relationship(self.customer_1)
        target = self._relationship(self.customer_2)
        self._lock(source, self.tier_a, "Framework contract")
        self._merge(self.customer_1, self.customer_2)
        self.assertTrue(target.tier_locked)
        self.assertEqual(target.tier_id, self.tier_a)
        self.assertEqual(target.tier_lock_reason, "Framework contract")
        self.assertEqual(target.tier_lock_user_id, self.user_manager)
        self.assertFalse(
            self._relationship(self.customer_2, self.company_b).tier_locked
        )

    def test_of_two_locks_the_higher_tier_wins(self):
        source = self._relationship(self.customer_1)
        target = self._relationship(self.customer_2)
        self._lock(source, self.tier_b, "Source")
        self._lock(target, self.tier_a, "Target")
        self._merge(self.customer_1, self.customer_2)
        self.assertEqual(target.tier_lock_reason, "Target")

        source = self._relationship(self.customer_3, self.company_b)
        target = self._relationship(self.customer_2, self.company_b)
        self._lock(source, self.tier_a, "Source")
        self._lock(target, self.tier_b, "Target")
        self._merge(self.customer_3, self.customer_2)
        self.assertEqual(target.tier_lock_reason, "Source")
        self.assertEqual(target.tier_id, self.tier_a)

    def test_chatter_and_touchpoints_follow(self):
        source = self._relationship(self.customer_1)
        target = self._relationship(self.customer_2)
        self._lock(source, self.tier_a, "Framework contract")
        message = source.message_ids[0]
        first = self._touchpoint(source)
        clash = self._touchpoint(target)
        other = self._touchpoint(source, "2")
        self._merge(self.customer_1, self.customer_2)
        self.assertIn(message, target.message_ids)
        for touchpoint in first | clash | other:
            self.assertEqual(touchpoint.relationship_id, target)
            self.assertEqual(touchpoint.partner_id, self.customer_2)
            self.assertEqual(touchpoint.origin_id, target.id)
        self.assertEqual(len(set((first | clash | other).mapped("occurrence"))), 3)

    def test_merge_of_a_contact(self):
        """A contact has no relationship of its own; its documents count anew."""
        contact = self._create_customer(
            "Contact", parent_id=self.customer_1.id, is_company=False
        )
        self._create_invoice(contact, 9, "2024-01-12")
        target = self._create_customer(
            "Target", parent_id=self.customer_2.id, is_company=False
        )
        self._merge(contact, target)
        self._refresh()
        self.assertEqual(self._relationship(self.customer_1).peak_revenue, 600_000)
        self.assertEqual(self._relationship(self.customer_2).peak_revenue, 500_009)

    # === Moving a contact ===

    def test_customer_becomes_contact_of_an_unknown_one(self):
        """The row moves, in both companies, with lock and touchpoints."""
        holding = self._create_customer("Holding")
        rows = self._relationships(self.customer_1)
        self._lock(rows[0], self.tier_a, "Framework contract")
        touchpoint = self._touchpoint(rows[0])
        self.customer_1.write({"is_company": False, "parent_id": holding.id})
        self.assertEqual(self._relationships(holding), rows)
        self.assertTrue(rows[0].tier_locked)
        self.assertEqual(rows[0].peak_revenue, 600_000)
        self.assertEqual(touchpoint.partner_id, holding)

    def test_customer_becomes_contact_of_a_known_one(self):
        rows = self._relationships(self.customer_2)
        self.customer_1.write({"is_company": False, "parent_id": self.customer_2.id})
        self.assertEqual(self._relationships(self.customer_2), rows)
        self.assertFalse(self._relationship(self.customer_1))
        self.assertEqual(rows[0].peak_revenue, 1_100_000)
        self.assertEqual(rows[1].peak_revenue, 110_000)

    def test_contact_becomes_customer(self):
        self._create_invoice(self.contact_1, 5, "2024-01-10")
        self._refresh_both()
        self.assertEqual(self._relationship(self.customer_1).peak_revenue, 600_005)
        self.contact_1.write({"parent_id": False})
        self._refresh_both()
        self.assertEqual(self._relationship(self.customer_1).peak_revenue, 600_000)
        self.assertEqual(self._relationship(self.contact_1).peak_revenue, 5)

    def test_moved_behind_the_orm(self):
        """An import by SQL is noticed by the next refresh."""
        rows = self._relationships(self.customer_1)
        holding = self._create_customer("Holding")
        self.env.cr.execute(
            """UPDATE res_partner SET parent_id = %s, commercial_partner_id = %s
                WHERE id = %s""",
            [holding.id, holding.id, self.customer_1.id],
        )
        self.env.invalidate_all()
        # Not the business of others who are refreshed in between.
        self._refresh(partners=self.customer_2)
        self.assertFalse(self._relationship(holding))
        self._refresh_both()
        self.assertEqual(self._relationships(holding), rows)

    def test_wrong_tiers_do_not_stop_daily_work(self):
        """Who edits or merges customers cannot put another company's tiers right;
        the nightly run and the button say so."""
        self.tier_b.with_company(self.company_b)._write_thresholds({"min_revenue": 0})
        rows = self._relationships(self.customer_1)
        with self.assertLogs(MERGE_LOGGER, "WARNING") as logs:
            self.customer_1.write(
                {"is_company": False, "parent_id": self.customer_2.id}
            )
        self.assertIn("Continuity B", logs.output[0])
        self.assertFalse(rows[0].exists() | rows[1].exists())
        # The other company is up to date.
        row = self._relationship(self.customer_2)
        self.assertEqual(row.peak_revenue, 1_100_000)
        with self.assertLogs(MERGE_LOGGER, "WARNING"):
            self._merge(self.customer_2, self.customer_3)
        self.assertEqual(self._relationship(self.customer_3), row)
        with self.assertRaises(UserError):
            self._refresh(self.company_b)

    # === Deleting and archiving ===

    def test_archive(self):
        rows = self._relationships(self.customer_1)
        self.customer_1.action_archive()
        self.assertEqual([r.active for r in rows], [False, False])
        self.customer_1.action_unarchive()
        self.assertEqual([r.active for r in rows], [True, True])

    def test_delete_customer(self):
        customer = self._create_customer("Short", self.user_sales_a)
        self._refresh()
        relationship = self._relationship(customer)
        customer.unlink()
        self.assertFalse(relationship.exists())
