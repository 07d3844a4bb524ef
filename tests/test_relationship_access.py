from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import ContinuityCommon


@tagged("post_install", "-at_install")
class TestRelationshipAccess(ContinuityCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unowned = cls._create_customer("Nobody's")
        cls.leaders_own = cls._create_customer("Of the leader", cls.user_leader)
        cls.of_b = cls._create_customer(
            "Of B", cls.user_company_b, company_id=cls.company_b.id
        )
        cls._create_invoice(cls.unowned, 5, "2024-01-10")
        cls._create_invoice(cls.customer_1, 5, "2024-01-10")
        cls._create_invoice(cls.customer_1, 50, "2024-01-10", cls.company_b)
        for company in (cls.company_a, cls.company_b):
            cls._refresh(company)
        cls.everybody = (
            cls.customer_1
            | cls.customer_2
            | cls.customer_3
            | cls.unowned
            | cls.leaders_own
        )

    def _visible(self, user, company=None):
        company = company or self.company_a
        return (
            self.env["continuity.relationship"]
            .with_user(user)
            .with_context(allowed_company_ids=company.ids)
            .search([])
            .partner_id
        )

    def test_who_sees_whom(self):
        for user, customers in (
            (self.user_sales_a, self.customer_1 | self.customer_2 | self.unowned),
            (self.user_sales_b, self.customer_3 | self.unowned),
            (
                self.user_leader,
                self.customer_1 | self.customer_2 | self.leaders_own | self.unowned,
            ),
            (self.user_all, self.everybody),
            (self.user_manager, self.everybody),
        ):
            with self.subTest(user=user.name):
                self.assertEqual(self._visible(user) & self.everybody, customers)
                self.assertFalse(self._visible(user) & self.of_b)

    def test_company_wall(self):
        visible = self._visible(self.user_company_b, self.company_b)
        self.assertIn(self.of_b, visible)
        relationship = self._relationship(self.customer_3)
        with self.assertRaises(AccessError):
            relationship.with_user(self.user_company_b).read(["tier_id"])
        # The customer is shared and its owner works elsewhere: not theirs.
        self.assertNotIn(self.customer_1, visible)
        # A manager of both sees one company at a time.
        both = self._visible(self.user_manager, self.company_a | self.company_b)
        self.assertIn(self.of_b, both)
        self.assertNotIn(self.of_b, self._visible(self.user_manager))

    def test_portal_and_others_see_nothing(self):
        relationship = self._relationship(self.customer_1)
        clerk = self._create_user("clerk", "base.group_user")
        for user in (self.user_portal, clerk):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                relationship.with_user(user).read(["revenue"])
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.env["continuity.tier"].with_user(user).search([]).read(["name"])

    def test_no_field_of_ours_reaches_the_portal(self):
        """T5: not by name, not by default, not by export."""
        partner = self.contact_1.with_user(self.user_portal)
        ours = [
            name
            for name in self.env["res.partner"]._fields
            if name[:11] == "continuity_"
        ]
        self.assertGreater(len(ours), 15)
        for name in ours:
            with self.subTest(field=name), self.assertRaises(AccessError):
                partner.read([name])
        self.assertFalse(set(ours) & set(partner.fields_get()))
        order_fields = self.env["sale.order"].with_user(self.user_portal).fields_get()
        self.assertFalse([name for name in order_fields if "continuity" in name])

    def test_search_of_partners_does_not_reveal_tiers(self):
        """A portal user cannot ask "who is in tier A?" either."""
        partners = self.env["res.partner"].with_user(self.user_portal)
        tier = self.env.ref("customer_continuity.tier_c")
        with self.assertRaises(AccessError):
            partners.search([("continuity_tier_id", "=", tier.id)])
        with self.assertRaises(AccessError):
            partners._read_group([], ["continuity_state"], ["__count"])

    def test_partner_shows_what_the_rules_allow(self):
        """A colleague's customer is visible, their relationship is not."""
        customer = self.customer_3.with_company(self.company_a)
        self.assertTrue(customer.with_user(self.user_sales_b).continuity_tier_id)
        self.assertFalse(customer.with_user(self.user_sales_a).continuity_tier_id)
        groups = (
            self.env["res.partner"]
            .with_user(self.user_sales_a)
            .with_company(self.company_a)
            ._read_group(
                [("id", "in", self.everybody.ids)],
                ["continuity_tier_id"],
                ["id:recordset"],
            )
        )
        tier_c = self.env.ref("customer_continuity.tier_c")
        self.assertEqual(
            {tier: partners for tier, partners in groups},
            {
                tier_c: self.customer_1 | self.customer_2 | self.unowned,
                self.env["continuity.tier"]: self.customer_3 | self.leaders_own,
            },
        )

    def test_search_and_group_partners(self):
        self.user_manager.company_id = self.company_a
        partners = (
            self.env["res.partner"]
            .with_user(self.user_manager)
            .with_context(allowed_company_ids=self.company_a.ids)
        )
        ours = [("id", "in", self.everybody.ids)]
        tier_a = self.env.ref("customer_continuity.tier_a")
        tier_c = self.env.ref("customer_continuity.tier_c")
        relationship = self._relationship(self.customer_1)
        relationship.with_user(self.user_manager).lock_tier(tier_a.id, "Why")
        for domain, expected in (
            ([("continuity_tier_id", "=", tier_a.id)], self.customer_1),
            ([("continuity_tier_id", "=", "A")], self.customer_1),
            (
                [("continuity_tier_id", "!=", tier_a.id)],
                self.everybody - self.customer_1,
            ),
            ([("continuity_state", "=", "never")], self.everybody),
            ([("continuity_state", "in", ("due", "overdue"))], partners),
            ([("continuity_completeness", "<", 100)], self.everybody),
            ([("continuity_last_contact_date", "=", False)], self.everybody),
            ([("continuity_owner_since", "<", "2000-01-01")], partners),
        ):
            with self.subTest(domain=domain):
                self.assertEqual(partners.search(ours + domain), expected)
        states = partners._read_group(ours, ["continuity_state"], ["__count"])
        self.assertEqual(states, [("never", len(self.everybody))])
        groups = partners.formatted_read_group(
            ours, ["continuity_tier_id"], ["__count"]
        )
        self.assertEqual(
            {group["continuity_tier_id"][0]: group["__count"] for group in groups},
            {tier_a.id: 1, tier_c.id: len(self.everybody) - 1},
        )
        first = partners.search(ours, order="continuity_tier_id", limit=1)
        self.assertEqual(first, self.customer_1)

    def test_contact_shows_its_customer(self):
        contact = self.contact_1.with_company(self.company_a)
        self.assertEqual(
            contact.continuity_relationship_id, self._relationship(self.customer_1)
        )

    def test_relationship_groups(self):
        """Lists can be grouped by what has no column of its own."""
        model = self.env["continuity.relationship"].with_user(self.user_all)
        for name in (
            "tier_id",
            "state",
            "owner_id",
            "company_id",
            "country_id",
            "team_id",
        ):
            with self.subTest(field=name):
                self.assertTrue(model._read_group([], [name], ["__count"]))

    def test_rotation_due_after_the_years_of_the_settings(self):
        relationship = self._relationship(self.customer_1).sudo()
        model = relationship.with_user(self.user_manager)
        today = fields.Date.context_today(self.env.user)
        self.company_a.continuity_tenure_years = 5
        for years, days, due in ((5, 1, True), (5, 0, False), (1, 0, False)):
            relationship.owner_since = fields.Date.subtract(
                today, years=years, days=days
            )
            with self.subTest(years=years, days=days):
                self.assertEqual(model.rotation_due, due)
                found = model.search([("rotation_due", "=", True)])
                self.assertEqual(model in found, due)
                self.assertNotEqual(
                    model in model.search([("rotation_due", "=", False)]), due
                )
        relationship.owner_since = False
        self.assertFalse(model.rotation_due)

    # === Teams ===

    def test_team_membership_takes_effect_at_once(self):
        """Record rules are cached; a new member must not wait for a restart."""
        self.assertNotIn(self.customer_3, self._visible(self.user_leader))
        self.team.member_ids = [Command.link(self.user_sales_b.id)]
        self.assertIn(self.customer_3, self._visible(self.user_leader))
        self.team.user_id = self.user_all
        self.assertNotIn(self.customer_3, self._visible(self.user_leader))

    def test_manager_of(self):
        self.assertTrue(self.user_leader._is_continuity_manager_of(self.user_sales_a))
        self.assertFalse(self.user_leader._is_continuity_manager_of(self.user_sales_b))
        self.assertFalse(self.user_sales_a._is_continuity_manager_of(self.user_leader))
        self.assertFalse(self.user_all._is_continuity_manager_of(self.user_sales_a))
        self.assertTrue(self.user_manager._is_continuity_manager_of(self.user_sales_b))
        nobody = self.env["res.users"]
        self.assertFalse(self.user_leader._is_continuity_manager_of(nobody))

    # === Rights ===

    def test_configuration_is_for_managers(self):
        tier = self.env.ref("customer_continuity.tier_a")
        item = self.env["continuity.profile.item"].search([], limit=1)
        for user in (self.user_sales_a, self.user_leader, self.user_all):
            for record in (tier, item):
                with self.subTest(user=user.name), self.assertRaises(AccessError):
                    record.with_user(user).name = "Mine"
        tier.with_user(self.user_manager).name = "Key"

    def test_rules_are_kept_on_update(self):
        """What an administrator changed in a rule stays, in whatever file it is."""
        overwritten = self.env["ir.model.data"].search(
            [
                ("module", "=", "customer_continuity"),
                ("model", "=", "ir.rule"),
                ("noupdate", "=", False),
            ]
        )
        self.assertFalse(overwritten.mapped("name"))

    def test_nobody_makes_relationships_by_hand(self):
        values = {"partner_id": self.of_b.id, "company_id": self.company_a.id}
        for user in (self.user_sales_a, self.user_manager):
            model = self.env["continuity.relationship"].with_user(user)
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                model.create(values)
        relationship = self._relationship(self.customer_1)
        with self.assertRaises(AccessError):
            relationship.with_user(self.user_manager).unlink()
