from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestRotation(HandoverCommon):
    """From the rotation list to draft plans, with successors who have time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.industry = cls.env["res.partner.industry"].create({"name": "Optics"})
        cls.japan = cls.env.ref("base.jp")
        cls._set_tier(cls.customer_1, cls.tier_a)
        cls._set_tier(cls.customer_2, cls.tier_c)
        cls._set_tier(cls.customer_3, cls.tier_b)
        cls._refresh()
        cls.relationships = cls._relationship(cls.customer_1) | cls._relationship(
            cls.customer_2
        )
        cls.relationships.owner_since = "2020-01-01"
        cls.other_team.member_ids += cls.colleague

    def _open(self, relationships=None, user=None):
        relationships = self.relationships if relationships is None else relationships
        user = user or self.user_manager
        action = (
            relationships.with_user(user)
            .with_context(allowed_company_ids=self.company_a.ids)
            .action_propose_rotation()
        )
        return (
            self.env["continuity.rotation"]
            .with_user(user)
            .with_context(allowed_company_ids=self.company_a.ids)
            .browse(action["res_id"])
        )

    def _line(self, rotation, partner):
        return rotation.line_ids.filtered(
            lambda line: line.relationship_id.partner_id == partner
        )

    def _busy(self, user, count, tier=None, **values):
        """Give somebody customers."""
        for number in range(count):
            partner = self._create_customer(
                f"Busy {user.name} {number}", user, **values
            )
            self._set_tier(partner, tier or self.tier_a)
        self._refresh()

    def _all_busy_but(self, *users):
        others = self.env.ref("sales_team.group_sale_salesman").all_user_ids.filtered(
            lambda u: self.company_a in u.company_ids and u not in users
        )
        for user in others - self.leaver:
            self._busy(user, 6)

    def test_list_finds_them(self):
        found = (
            self.env["continuity.relationship"]
            .with_context(allowed_company_ids=self.company_a.ids)
            .search([("rotation_due", "=", True)])
        )
        self.assertEqual(found, self.relationships)

    def test_who_has_time(self):
        self._all_busy_but(self.colleague)
        line = self._line(self._open(), self.customer_1)
        self.assertEqual(line.successor_id, self.colleague)
        self.assertIn("0 customers", line.why)
        self.assertIn("Colleague: 0 customers", line.candidates_text)
        self.assertLessEqual(len(line.candidates_text.splitlines()), 3)

    def test_who_does_not_sell_is_no_candidate(self):
        """Managers look after nobody: that does not make them the first choice."""
        text = "\n".join(self._open().line_ids.mapped("candidates_text"))
        self.assertIn("Colleague", text)
        for user in (self.user_manager, self.user_all, self.deputy):
            self.assertNotIn(user.name, text)

    def test_tier_weighs(self):
        """Two customers of tier C are less work than one of tier A."""
        self._all_busy_but(self.colleague, self.successor)
        self.customer_3.user_id = False
        self._busy(self.colleague, 1, self.tier_a)
        self._busy(self.successor, 2, self.tier_c)
        line = self._line(self._open(), self.customer_1)
        self.assertEqual(line.successor_id, self.successor)

    def test_visits_weigh(self):
        self._all_busy_but(self.colleague, self.successor)
        self.customer_3.user_id = False
        self._refresh()
        self._busy(self.colleague, 1)
        self._busy(self.successor, 1)
        self._plan_touchpoint(
            self.customer_3,
            user_id=self.successor.id,
            channel_ids=self.channel_visit.ids,
        )
        line = self._line(self._open(), self.customer_1)
        self.assertEqual(line.successor_id, self.colleague)

    def test_what_is_shared(self):
        self._all_busy_but(self.colleague, self.successor)
        self.customer_3.user_id = False
        values = {"industry_id": self.industry.id, "country_id": self.japan.id}
        self.customer_1.write(values)
        self._busy(self.successor, 3)
        self._busy(self.colleague, 3, **values)
        line = self._line(self._open(), self.customer_1)
        self.assertEqual(line.successor_id, self.colleague)
        self.assertIn("industry (Optics)", line.why)
        self.assertIn("country (Japan)", line.why)

    def test_spread_over_several(self):
        self._all_busy_but(self.colleague, self.successor)
        self.customer_3.user_id = False
        self._refresh()
        successors = self._open().line_ids.successor_id
        self.assertEqual(successors, self.colleague | self.successor)

    def test_never_who_has_it_already(self):
        self._all_busy_but(self.leaver)
        for line in self._open().line_ids:
            self.assertNotEqual(line.successor_id, self.leaver)
            self.assertNotIn("Sales A:", line.candidates_text)

    def test_one_plan_per_predecessor(self):
        rotation = self._open(self.relationships | self._relationship(self.customer_3))
        rotation.line_ids.successor_id = self.colleague
        rotation.customer_reason = "A second pair of eyes"
        rotation.action_create_plans()
        plans = self.env["continuity.handover"].search(
            [("company_id", "=", self.company_a.id)]
        )
        self.assertEqual(plans.mapped("state"), ["draft"] * 2)
        by_leaver = {plan.leaver_ids: plan for plan in plans}
        mine = by_leaver[self.leaver]
        self.assertEqual(mine.line_ids.partner_id, self.customer_1 | self.customer_2)
        self.assertEqual(mine.line_ids.successor_id, self.colleague)
        self.assertEqual(mine.approval_ids.user_id, self.approver)
        self.assertEqual(mine.customer_reason, "A second pair of eyes")
        self.assertEqual(self._line_of(mine, self.customer_1).mode, "visit")
        self.assertEqual(by_leaver[self.successor].line_ids.partner_id, self.customer_3)
        self.assertEqual(self.customer_1.user_id, self.leaver, "nothing has moved")

    def test_without_successor_is_left_out(self):
        rotation = self._open()
        self._line(rotation, self.customer_2).successor_id = False
        rotation.action_create_plans()
        plan = self.env["continuity.handover"].search(
            [("company_id", "=", self.company_a.id)]
        )
        self.assertEqual(plan.line_ids.partner_id, self.customer_1)
        rotation.line_ids.successor_id = False
        with self.assertRaises(UserError):
            rotation.action_create_plans()

    def test_who_is_left_out_and_why(self):
        nobody = self._create_customer("Nobody's")
        self._set_tier(nobody, self.tier_c)
        rotation = self._open(self.relationships | self._relationship(nobody))
        self.assertIn("Nobody's: has no salesperson", rotation.skipped_text)
        self._running_plan()
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "being handed over already"):
            self._open()

    def test_team_leader_and_leaver(self):
        for user in (self.approver, self.leaver):
            with self.subTest(user=user.login):
                rotation = self._open(user=user)
                self.assertEqual(len(rotation.line_ids), 2)

    def test_others_may_not(self):
        with self.assertRaisesRegex(UserError, "themself or by their manager"):
            self._open(user=self.user_all)
        for user in (self.colleague, self.user_company_b, self.user_portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._open(user=user)

    def test_over_rpc(self):
        rotation = self._open(user=self.approver)
        with self.assertRaises(AccessError):
            self._rpc(self.user_manager, rotation, "action_create_plans")
        with self.assertRaises(AccessError):
            self._rpc(
                self.user_all,
                self.env["continuity.rotation"],
                "create",
                {
                    "company_id": self.company_a.id,
                    "line_ids": [
                        (
                            0,
                            0,
                            {
                                "relationship_id": self.relationships[0].id,
                                "successor_id": self.user_all.id,
                            },
                        )
                    ],
                },
            )
            created = self.env["continuity.rotation"].search(
                [("create_uid", "=", self.user_all.id)]
            )
            self._rpc(self.user_all, created, "action_create_plans")

    def test_two_companies(self):
        partner = self._create_customer("In B", self.user_company_b)
        self._set_tier(partner, self.tier_c, self.company_b)
        both = self.relationships | self._relationship(partner, self.company_b)
        action = both.with_user(self.user_manager).with_context(
            allowed_company_ids=(self.company_a | self.company_b).ids
        )
        with self.assertRaisesRegex(UserError, "one company at a time"):
            action.action_propose_rotation()

    def test_few_statements(self):
        rotations = self.env["continuity.rotation"].sudo()
        rotations._propose(self.relationships, self.company_a)
        self._busy(self.colleague, 10)
        self.env.invalidate_all()
        with self.assertQueryCount(45):
            rotations._propose(self.relationships, self.company_a)

    def test_strangers_customers_cannot_be_linked(self):
        """Neither tier nor owner nor name of what one cannot read."""
        mine = self._open(user=self.user_manager)
        stranger = self.user_company_b
        rotation = mine.with_user(stranger).sudo().copy({"line_ids": []})
        lines = self.env["continuity.rotation.line"]
        values = {
            "rotation_id": rotation.id,
            "relationship_id": self.relationships[0].id,
        }
        with self.assertRaises(AccessError):
            self._rpc(stranger, lines, "create", [values])
        with self.assertRaises(AccessError):
            self._rpc(
                stranger,
                lines,
                "create",
                [{"rotation_id": rotation.id}],
                context={"default_relationship_id": self.relationships[0].id},
            )

    def test_line_cannot_be_turned_to_a_strangers_customer(self):
        self._refresh(self.company_b)
        own = self.env["continuity.relationship"]._ensure(
            self.company_b, self._create_customer("Of B", self.user_company_b)
        )
        stranger = self.user_company_b
        line = (
            self.env["continuity.rotation"]
            .with_user(stranger)
            .sudo()
            .create(
                {
                    "company_id": self.company_b.id,
                    "line_ids": [Command.create({"relationship_id": own.id})],
                }
            )
            .line_ids
        )
        values = {"relationship_id": self.relationships[0].id}
        with self.assertRaises(AccessError):
            self._rpc(stranger, line, "write", values)
        # And what became unreadable since is not read as superuser.
        line.sudo().relationship_id = self.relationships[0]
        for name in ("tier_id", "owner_id", "owner_since"):
            self.env.invalidate_all()
            with self.subTest(field=name), self.assertRaises(AccessError):
                self._rpc(stranger, line, "read", [name])
