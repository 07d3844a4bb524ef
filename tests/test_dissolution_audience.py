from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..models import continuity_dissolution_audience
from .common_obligation import ObligationCommon


@tagged("post_install", "-at_install")
class TestDissolutionAudience(ObligationCommon):
    """Who is concerned, in which segment, and which documents made it so."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lines.unlink()
        cls.owed, cls.paying, cls.recent, cls.old, cls.prospect = (
            cls._create_customer(name, cls.user_sales_a)
            for name in ("Owed", "Paying", "Recent", "Old", "Prospect")
        )
        cls.order = cls._order(cls.owed, (4, 1, 50))
        cls.invoice = cls._create_invoice(cls.paying, 100, "2025-01-15")
        cls._pay(cls._create_invoice(cls.recent, 100, "2026-12-01"))
        cls._pay(cls._create_invoice(cls.old, 100, "2025-12-01"))
        cls._refresh()
        cls.campaign.sudo()._build_audience()
        cls.everybody = cls.owed | cls.paying | cls.recent | cls.old | cls.prospect

    def _line(self, partner, campaign=None):
        campaign = campaign or self.campaign
        return campaign.customer_ids.filtered(lambda x: x.partner_id == partner)

    def _build(self, **values):
        self.campaign.sudo().write(values)
        self.campaign.with_user(self.author).action_build_audience()
        return self.campaign.customer_ids.partner_id & self.everybody

    # === Segments === #

    def test_segments_and_the_documents_that_made_them(self):
        segments = {
            partner.name: self._line(partner).segment for partner in self.everybody
        }
        self.assertEqual(
            segments,
            {
                "Owed": "unfulfilled",
                "Paying": "paying",
                "Recent": "paying",
                "Old": "settled",
                "Prospect": False,
            },
        )
        reason = self._line(self.owed).segment_reason
        self.assertEqual(
            reason.splitlines(),
            [
                f"Not delivered: {self.order.name}",
                f"Delivered, not invoiced: {self.order.name}",
            ],
        )
        self.assertEqual(
            self._line(self.paying).segment_reason,
            f"Invoice not paid: {self.invoice.name}",
        )
        self.assertEqual(
            self._line(self.old).segment_reason, "Last purchase: 2025-12-01"
        )

    def test_the_months_of_the_settings(self):
        self.company_a.continuity_paying_months = 24
        self._build()
        self.assertEqual(self._line(self.old).segment, "paying")

    def test_line_keeps_tier_relationship_and_who_speaks(self):
        line = self._line(self.owed)
        relationship = self._relationship(self.owed)
        self.assertEqual(line.relationship_id, relationship)
        self.assertEqual(line.tier_id, relationship.tier_id)
        self.assertEqual(line.user_id, self.user_sales_a)
        self.assertEqual(line.company_id, self.company_a)
        self.assertEqual(line.state, "planned")
        self.assertEqual(
            line.obligation_ids.mapped("kind"), ["undelivered", "uninvoiced"]
        )

    def test_without_a_salesperson_the_task_force_speaks(self):
        orphan = self._create_customer("Orphan")
        self._order(orphan, (1, 0, 10))
        lonely = self._create_customer("Lonely")
        self._create_invoice(lonely, 100, "2026-12-01")
        self._refresh()
        self.campaign.sudo().member_ids = [
            (0, 0, {"user_id": self.user_sales_b.id, "role": "unfulfilled"})
        ]
        self._build()
        self.assertEqual(self._line(orphan).user_id, self.user_sales_b)
        self.assertEqual(self._line(lonely).user_id, self.member, "the lead")

    def test_who_is_owed_is_found_without_a_relationship_and_archived(self):
        newcomer = self._create_customer("Newcomer")
        self._receive(newcomer, 10)
        gone = self._create_customer("Gone")
        self._receive(gone, 10)
        gone.active = False
        self.assertFalse(self._relationship(newcomer))
        self._build()
        self.assertEqual(self._line(newcomer).segment, "unfulfilled")
        self.assertEqual(self._line(gone).segment, "unfulfilled")

    def test_many_documents_are_counted(self):
        for number in range(7):
            self._order(self.old, (1, 0, number + 1))
        self._build()
        self.assertRegex(
            self._line(self.old).segment_reason,
            r"^Not delivered \(no delivery entered\): (S\d+, ){4}S\d+ … \(7\)",
        )

    def test_the_other_company_stays_out(self):
        self._order(self.prospect, (1, 0, 10), company=self.company_b)
        self._build()
        self.assertFalse(self._line(self.prospect))

    # === Filters === #

    def test_a_team_has_its_buyers_and_its_members_customers(self):
        self.team.member_ids = False
        moves = self.env["account.move"].search(
            [("company_id", "=", self.company_a.id)]
        )
        moves.team_id = self.other_team
        self.order.team_id = self.team
        self.invoice.team_id = self.team
        reached = self._build(kind="branch", team_ids=self.team.ids)
        self.assertEqual(reached, self.owed | self.paying)
        self.team.member_ids = self.user_sales_a
        self.assertEqual(self._build(), self.everybody - self.prospect)

    def test_a_category_has_its_buyers(self):
        category, below = self.env["product.category"].create(
            [{"name": "Pumps"}, {"name": "Small pumps"}]
        )
        below.parent_id = category
        self.product.categ_id = below
        reached = self._build(kind="product", categ_ids=category.ids)
        self.assertEqual(reached, self.owed)

    def test_a_country(self):
        japan = self.env.ref("base.jp")
        self.paying.country_id = japan
        self.assertEqual(self._build(country_ids=japan.ids), self.paying)

    # === Again === #

    def test_again_changes_nothing_and_loses_nobody(self):
        before = {line.id: line.write_date for line in self.campaign.customer_ids}
        self._build()
        after = {line.id: line.write_date for line in self.campaign.customer_ids}
        self.assertEqual(before, after)

    def test_who_is_reached_no_more_leaves_a_draft(self):
        typed = self.env["continuity.obligation"].create(
            {
                "customer_id": self._line(self.recent).id,
                "kind": "data",
                "description": "Drawings",
            }
        )
        japan = self.env.ref("base.jp")
        self.paying.country_id = japan
        self.assertEqual(self._build(country_ids=japan.ids), self.paying | self.recent)
        self.assertTrue(typed.exists(), "what a person typed is not lost")

    def test_who_was_left_out_stays_left_out(self):
        line = self._line(self.old)
        line.with_user(self.author)._leave_out("Is a sister company")
        self._build()
        self.assertEqual((line.state, self._line(self.old)), ("out", line))

    def test_only_a_draft_of_ones_own(self):
        for user in (self.speaker, self.stranger, self.user_company_b):
            with self.assertRaises(AccessError):
                self._rpc(user, self.campaign, "action_build_audience")
        self._start()
        with self.assertRaises(UserError):
            self.campaign.with_user(self.author).action_build_audience()

    def test_without_customers_nothing_is_submitted(self):
        japan = self.env.ref("base.jp")
        self.assertFalse(self._build(country_ids=japan.ids))
        submit = self.campaign.with_user(self.author)._submission_errors
        self.assertIn("No customer is listed", "\n".join(submit()))
        self._build(country_ids=False)
        self.assertNotIn("No customer is listed", "\n".join(submit()))
        self.campaign.customer_ids.sudo().write({"state": "out"})
        self.assertIn("No customer is listed", "\n".join(submit()))
        in_memory = self.env["continuity.dissolution"].new(self._campaign_values())
        self.assertNotIn(
            "No customer is listed", "\n".join(in_memory._submission_errors())
        )

    # === Preview === #

    def test_the_preview_counts_and_writes_nothing(self):
        campaign = self.env["continuity.dissolution"].with_user(self.author)
        counts = campaign.new(self._campaign_values())._audience_preview()
        by_segment = {
            segment: sum(n for _tier, s, n in counts if s == segment)
            for segment in ("unfulfilled", "paying", "settled")
        }
        lines = self.campaign.customer_ids
        self.assertEqual(
            by_segment,
            {s: lines.mapped("segment").count(s) for s in by_segment},
        )
        self.assertTrue(all(tier for tier, _segment, _count in counts))

    # === Many === #

    def test_many_are_looked_for_by_the_scheduler(self):
        self.campaign.customer_ids.sudo().unlink()
        with patch.object(continuity_dissolution_audience, "QUEUE_FROM", 1):
            self.campaign.with_user(self.author).action_build_audience()
            self.assertEqual(self.campaign.audience_state, "queued")
            with self.assertRaises(UserError):
                self.campaign.with_user(self.author).action_build_audience()
            with self.assertRaisesRegex(UserError, "being looked for"):
                self.campaign.with_user(self.author).action_submit()
        self._run_cron()
        self.assertEqual(self.campaign.audience_state, "built")
        self.assertTrue(self._line(self.owed).obligation_ids)

    def test_a_failure_is_said_and_may_be_tried_again(self):
        self.campaign.sudo().audience_state = "queued"
        logger = "odoo.addons.customer_continuity.models.ir_cron"
        with (
            patch.object(
                type(self.campaign), "_collect_audience", side_effect=ValueError("Oh")
            ),
            self.assertLogs(logger, "WARNING"),
        ):
            self._run_cron()
        self.assertEqual(self.campaign.audience_error, "Oh")
        self.assertEqual(self.campaign.audience_state, "none")
        self._build()
        self.assertEqual(self.campaign.audience_state, "built")

    def _run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref(
                "customer_continuity.cron_dissolution_audience"
            ).method_direct_trigger()
        self.env.invalidate_all()

    # === Size === #

    def test_queries_do_not_grow_with_the_customers(self):
        few, many = self._queries_to_add(2), self._queries_to_add(20)
        self.assertLessEqual(many, few + 2)

    def _queries_to_add(self, number):
        for _number in range(number):
            self._receive(self._create_customer("One more"), 10)
        self._refresh()
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self.campaign.sudo()._build_audience()
        return self.env.cr.sql_log_count - before
