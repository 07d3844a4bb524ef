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
