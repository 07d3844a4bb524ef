from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestTierAttacks(HandoverCommon):
    """A salesperson wants to know how much colleagues' customers are worth: they make
    something of their own with each, and look what the app says about it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.curious = cls.leaver
        cls.small = cls._create_customer("Small", cls.colleague)
        cls.target = cls._create_customer("Target", cls.colleague)
        for partner, tier, revenue in (
            (cls.target, cls.tier_a, 900000),
            (cls.small, cls.tier_c, 10),
        ):
            relationship = cls._set_tier(partner, tier)
            relationship.sudo().revenue = revenue
        cls.env["continuity.concern"].create(
            {
                "partner_id": cls.target.id,
                "company_id": cls.company_a.id,
                "owner_id": cls.colleague.id,
                "kind": "complaint",
                "question": "Late",
            }
        )
        leads = cls.env["crm.lead"]
        cls.deal = leads.create(
            {
                "name": "Colleague's deal",
                "type": "opportunity",
                "partner_id": cls.target.id,
                "user_id": cls.colleague.id,
                "date_deadline": "2027-03-08",
                "company_id": cls.company_a.id,
            }
        )
        # Small first: the order of what is proposed would tell otherwise.
        leads.with_user(cls.curious).create(
            [
                {
                    "name": "Bait",
                    "type": "opportunity",
                    "partner_id": partner.id,
                    "user_id": cls.curious.id,
                    "company_id": cls.company_a.id,
                }
                for partner in (cls.small, cls.target)
            ]
        )

    def _plan_of_the_curious(self, **line):
        return self._create_plan(
            line_ids=[
                Command.create(self._line_values(partner, **line))
                for partner in (self.small, self.target)
            ],
            date_start="2027-03-01",
        ).with_user(self.curious)

    def test_is_blind(self):
        relationships = self.env["continuity.relationship"].with_user(self.curious)
        self.assertFalse(relationships.search([("partner_id", "=", self.target.id)]))

    def test_draft_tells_no_tier(self):
        lines = self._plan_of_the_curious().line_ids
        self.assertFalse(lines.tier_id)
        lines.invalidate_recordset()
        self.assertFalse(
            lines.search([("id", "in", lines.ids), ("tier_id", "!=", False)])
        )

    def test_manager_sees_the_tier(self):
        plan = self._create_plan(
            user=self.user_manager,
            line_ids=[Command.create(self._line_values(self.target))],
        )
        self.assertEqual(plan.line_ids.tier_id, self.tier_a)

    def test_tier_once_approved(self):
        plan = self._plan_of_the_curious()
        self._submit(plan, self.curious)
        self.assertFalse(plan.line_ids.tier_id)
        self._approve(plan)
        tiers = self._line_of(plan.sudo(), self.target).tier_id
        self.assertEqual(tiers, self.tier_a)

    def test_draft_tells_no_reasons(self):
        plan = self._plan_of_the_curious()
        plan.action_propose_timing()
        self.assertEqual(set(plan.line_ids.mapped("tell_when")), {"now"})
        for line in plan.line_ids:
            self.assertNotIn("complaint", line.timing_reason)
            self.assertNotIn("deal", line.timing_reason)
            self.assertNotIn("order", line.timing_reason)

    def test_dates_tell_no_revenue(self):
        plan = self._plan_of_the_curious(mode="visit")
        plan.action_suggest_dates()
        small, target = plan.line_ids
        self.assertLess(small.date_visit, target.date_visit)

    def test_letters_are_not_shown_ahead(self):
        template = self.env["mail.template"].create(
            {
                "name": "Curious",
                "model_id": self.env["ir.model"]._get_id("continuity.touchpoint"),
                "subject": "x",
                "body_html": '<p><t t-out="object.fact_last_purchase"/></p>',
            }
        )
        plan = self._plan_of_the_curious(letter_template_id=template.id)
        plan.sudo().line_ids.partner_id.email = "x@example.com"
        self.assertFalse(plan.line_ids._letters_to_come())

    def test_wizard_tells_nothing(self):
        wizard = (
            self.env["continuity.handover.wizard"]
            .with_user(self.curious)
            .create(
                {
                    "date_end": "2027-03-19",
                    "successor_id": self.successor.id,
                    "customer_reason": "x",
                }
            )
        )
        wizard.action_what()
        lines = wizard.line_ids.filtered(
            lambda x: x.partner_id in self.small | self.target
        )
        self.assertEqual(len(lines), 2)
        self.assertFalse(lines.tier_id)
        self.assertEqual(set(lines.mapped("mode")), {"info"})
        for line in lines:
            self.assertFalse((line.proposal or {}).get("reasons"))
            self.assertNotIn("complaint", line.timing_reason)
        self.assertEqual(lines.sorted("id").partner_id, self.small | self.target)
        own = wizard.line_ids.filtered(lambda x: x.partner_id == self.customer_1)
        self.assertTrue(own.tier_id, "of their own customers they know it")

    def test_concern_tells_no_tier(self):
        try:
            concern = (
                self.env["continuity.concern"]
                .with_user(self.curious)
                .create({"partner_id": self.target.id, "question": "Bait"})
            )
        except AccessError:
            return
        self.assertFalse(concern.tier_id)

    def test_card_batch_tells_no_tier(self):
        try:
            batch = (
                self.env["continuity.card.batch"]
                .with_user(self.curious)
                .create(
                    {
                        "name": "Bait",
                        "line_ids": [Command.create({"partner_id": self.target.id})],
                    }
                )
            )
        except AccessError:
            return
        self.assertFalse(batch.line_ids.tier_id)


@tagged("post_install", "-at_install")
class TestTimingAttacks(HandoverCommon):
    """A plan is read by all who take part; why a customer is told later tells of deals,
    complaints and invoices, which is for those who may see the customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_successor = cls._create_user(
            "other_successor", "sales_team.group_sale_salesman"
        )
        cls.env["continuity.concern"].create(
            {
                "partner_id": cls.customer_1.id,
                "company_id": cls.company_a.id,
                "owner_id": cls.leaver.id,
                "kind": "complaint",
                "question": "Late",
            }
        )
        cls.plan = cls._create_plan(
            named_user_ids=[Command.set(cls.colleague.ids)],
            line_ids=[
                Command.create(cls._line_values(cls.customer_1)),
                Command.create(
                    cls._line_values(
                        cls.customer_2, successor_id=cls.other_successor.id
                    )
                ),
            ],
        )
        cls.plan.with_user(cls.leaver).action_propose_timing()
        cls.line = cls.plan.line_ids[0]

    def _reason(self, user):
        self.env.invalidate_all()
        line = self.line.with_user(user)
        self.assertEqual(line.tell_when, "now")
        return line.timing_reason or ""

    def test_reasons(self):
        for user in (self.leaver, self.approver, self.user_manager):
            self.assertIn("complaint", self._reason(user), user.login)
        for user in (self.successor, self.other_successor, self.colleague):
            self.assertNotIn("complaint", self._reason(user), user.login)
        self._approve(self._submit(self.plan))
        self.assertIn("complaint", self._reason(self.successor))
        for user in (self.other_successor, self.colleague):
            self.assertNotIn("complaint", self._reason(user), user.login)

    def test_what_they_rest_on(self):
        for user in (self.other_successor, self.colleague, self.leaver):
            line = self.line.with_user(user)
            for method, args in (
                ("read", (["timing"],)),
                ("web_read", ({"timing": {}},)),
            ):
                with self.assertRaises(AccessError):
                    self._rpc(user, line, method, *args)
            with self.assertRaises(AccessError):
                line.search([("timing", "ilike", "complaint")])
            self.assertNotIn("complaint", str(line.copy_data()))

    def test_who_writes_them(self):
        for user in (self.other_successor, self.colleague):
            with self.assertRaises(AccessError):
                self._rpc(user, self.line, "write", {"timing": {"reasons": []}})
        self._rpc(self.leaver, self.line, "write", {"timing": {"reasons": []}})
        self.assertEqual(self.line.timing, {"reasons": []})
