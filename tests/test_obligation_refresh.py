from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..models import continuity_dissolution_audience, continuity_obligation_refresh
from ..models.continuity_touchpoint import OPEN_STATES
from .common_obligation import ObligationCommon


@tagged("post_install", "-at_install")
class TestObligationRefresh(ObligationCommon):
    """The register follows the books, and never counts twice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._order(cls.customer_1, (4, 1, 50))
        cls.campaign._refresh_obligations()

    def _rows(self, *kinds):
        rows = self.campaign.obligation_ids.sorted("id")
        return rows.filtered(lambda row: row.kind in kinds) if kinds else rows

    def test_found_with_what_the_document_says(self):
        row = self._rows("undelivered")
        self.assertEqual(row.customer_id, self.line_1)
        self.assertEqual(row.company_id, self.company_a)
        self.assertEqual(row.partner_id, self.customer_1)
        self.assertEqual(row.origin_name, self.order.name)
        self.assertEqual((row.quantity, row.quantity_total), (3, 4))
        self.assertEqual((row.amount, row.currency_id), (150, self.euro))
        self.assertEqual(row.description, "Goods for 50")
        self.assertEqual(row.resolution, "deliver")
        self.assertEqual(row.user_id, self.speaker)
        self.assertEqual(row.state, "open")

    def test_again_writes_nothing(self):
        before = self._rows()
        result = self.campaign._refresh_obligations()
        self.assertEqual(result, {"created": 0, "updated": 0, "settled": 0})
        self.assertEqual(self._rows(), before)

    def test_a_part_delivered_changes_the_row(self):
        row = self._rows("undelivered")
        row.deadline = "2027-05-01"
        self.order.order_line.qty_delivered = 3
        self.campaign._refresh_obligations()
        self.assertEqual(self._rows("undelivered"), row)
        self.assertEqual((row.quantity, row.amount), (1, 50))
        self.assertEqual(str(row.deadline), "2027-05-01", "arranged by a person")

    def test_the_documents_settle_it(self):
        row = self._rows("undelivered")
        self.order.order_line.qty_delivered = 4
        self.campaign._refresh_obligations()
        self.assertEqual((row.state, row.settled_by_document), ("settled", True))
        self.assertEqual(row.settled_on, self.campaign._local_today())

    def test_a_delivery_taken_back_opens_it_again(self):
        row = self._rows("undelivered")
        self.order.order_line.qty_delivered = 4
        self.campaign._refresh_obligations()
        self.order.order_line.qty_delivered = 0
        self.campaign._refresh_obligations()
        self.assertEqual(self._rows("undelivered"), row)
        self.assertEqual((row.state, row.quantity), ("open", 4))
        self.assertFalse(row.settled_on)
        self.assertFalse(row.settled_by_document)

    def test_a_cancelled_order_settles_it(self):
        self.order._action_cancel()
        self.campaign._refresh_obligations()
        self.assertEqual(self._rows("undelivered").state, "settled")

    def test_a_decision_stays_unless_more_is_owed(self):
        row = self._rows("undelivered")
        row.with_user(self.author)._decide("They do not want the rest any more.")
        self.campaign._refresh_obligations()
        self.assertEqual(row.state, "decided")
        self.order.order_line.qty_delivered = 2
        self.campaign._refresh_obligations()
        self.assertEqual((row.state, row.quantity), ("decided", 2), "less is owed")
        self.order.order_line.product_uom_qty = 8
        self.campaign._refresh_obligations()
        self.assertEqual((row.state, row.quantity), ("open", 6), "more is owed")

    def test_typed_rows_are_left_alone(self):
        typed = self.env["continuity.obligation"].create(
            {"customer_id": self.line_2.id, "kind": "data", "description": "Photos"}
        )
        self.campaign._refresh_obligations()
        self.assertEqual((typed.state, typed.customer_id), ("open", self.line_2))

    def test_merged_customers_keep_one_row(self):
        """A document that goes to another customer of the campaign moves its row."""
        row = self._rows("undelivered")
        self.order.partner_id = self.customer_2
        self.campaign._refresh_obligations()
        self.assertEqual(row.customer_id, self.line_2)
        self.assertEqual(row.partner_id, self.customer_2)

    def test_merging_customers_loses_nothing(self):
        self._start()
        self._tell(self.line_1)
        typed = self.env["continuity.obligation"].create(
            {"customer_id": self.line_2.id, "kind": "data", "description": "Photos"}
        )
        self._order(self.customer_2, (1, 0, 10))
        self.campaign._refresh_obligations()
        contacts = (self.line_1 | self.line_2).touchpoint_ids
        rows = self.campaign.obligation_ids
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (self.customer_1 | self.customer_2).ids, self.customer_1
        )
        self.env.invalidate_all()
        self.assertFalse(self.line_2.exists())
        self.assertEqual(self.line_1.obligation_ids, rows)
        self.assertEqual(typed.partner_id, self.customer_1)
        self.assertEqual(self.line_1.touchpoint_ids, contacts)
        self.assertEqual(self.line_1.state, "planned", "half of it has not heard")
        result = self.campaign._refresh_obligations()
        self.assertEqual(result["created"], 0)

    def test_merged_customers_owed_the_same_step_can_be_reported(self):
        self.line_2.sudo().write({"tier_id": self.tier_a.id, "segment": "unfulfilled"})
        self._start()
        contacts = (self.line_1 | self.line_2).touchpoint_ids
        former = self.line_2.id
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (self.customer_1 | self.customer_2).ids, self.customer_1
        )
        self.env.invalidate_all()
        double = contacts.filtered(lambda t: t.occurrence.endswith(f"/{former}"))
        self.assertTrue(double, "or this proves nothing")
        # Every report asks which steps the contacts were planned for.
        self.assertTrue(self.line_1._steps_of(double))
        self.line_1._update_telling()

    def test_merging_with_somebody_not_listed_keeps_the_line(self):
        other = self._create_customer("Doublet")
        rows = self.line_1.obligation_ids
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (self.customer_1 | other).ids, other
        )
        self.env.invalidate_all()
        self.assertEqual(self.line_1.partner_id, other)
        self.assertEqual(self.line_1.obligation_ids, rows)
        self.assertEqual(rows.partner_id, other)

    def test_deadlines_come_from_the_timetable(self):
        self._dates(last_service="2027-06-30")
        self.campaign._refresh_obligations()
        self.assertEqual(str(self._rows("undelivered").deadline), "2027-06-30")

    def test_new_rows_have_their_deadline_at_once(self):
        """A first list does not write its tens of thousands of rows twice."""
        self._dates(last_service="2027-06-30")
        order = self._order(self.customer_2, (1, 0, 10))
        with patch.object(type(self.campaign), "_fill_deadlines", lambda _self: None):
            self.campaign._refresh_obligations()
        row = self._rows("undelivered").filtered(lambda r: r.origin_name == order.name)
        self.assertEqual(str(row.deadline), "2027-06-30")

    def test_rows_of_before_the_timetable_get_their_deadline(self):
        self.campaign._refresh_obligations()
        row = self._rows("undelivered")
        self.assertFalse(row.deadline)
        self._dates(last_service="2027-06-30", liquidation_end="2027-12-31")
        self.campaign._refresh_obligations()
        self.assertEqual(str(row.deadline), "2027-06-30")

    def test_deadlines_move_with_the_timetable_unless_people_set_them(self):
        self._order(self.customer_2, (1, 0, 10))
        campaign = self.campaign.with_user(self.author)
        campaign._set_milestones({"last_service": "2027-06-30"})
        self.campaign._refresh_obligations()
        ours, theirs = self.campaign.obligation_ids.filtered(
            lambda row: row.kind == "undelivered"
        )
        theirs.deadline = "2027-05-15"
        campaign._set_milestones({"last_service": "2027-07-31"})
        self.assertEqual(str(ours.deadline), "2027-07-31")
        self.assertEqual(str(theirs.deadline), "2027-05-15")

    def test_the_other_company_stays_out(self):
        self._order(self.customer_1, (1, 0, 10), company=self.company_b)
        self.campaign._refresh_obligations()
        self.assertEqual(self._rows("undelivered").origin_name, self.order.name)

    def test_two_campaigns_have_two_registers(self):
        other = self._create_campaign(kind="product")
        line = self._add_customer(
            self.customer_1, self.tier_a, "unfulfilled", campaign=other
        )
        other._refresh_obligations()
        self.assertEqual(line.obligation_ids.mapped("amount"), [150, 50])
        self.assertEqual(len(self._rows("undelivered")), 1)

    def test_segments_of_those_not_told_follow(self):
        self._tell(self.line_2)
        self._order(self.customer_2, (1, 0, 10))
        self._order(self.customer_3, (1, 0, 10))
        self.campaign._refresh_obligations()
        self.assertEqual(self.line_2.segment, "paying", "as it was when they heard it")
        self.assertEqual(self.line_3.segment, "unfulfilled")
        self.assertIn("Not delivered", self.line_3.segment_reason)

    def test_who_is_owed_more_after_the_approval_is_told_otherwise(self):
        """The contacts of the former segment make room for those of the new one."""
        self._start()
        before = self.line_3.touchpoint_ids
        self.assertTrue(before)
        self._order(self.customer_3, (1, 0, 10))
        self.campaign._refresh_obligations()
        self.assertEqual(self.line_3.segment, "unfulfilled")
        steps = self.env["continuity.policy.step"]._steps_for(
            "dissolution", self.tier_c, "unfulfilled"
        )
        self.env.invalidate_all()
        open_contacts = self.line_3.touchpoint_ids.filtered(
            lambda t: t.state in OPEN_STATES
        )
        self.assertEqual(
            set(open_contacts.mapped("occurrence")), {f"tell:{s.id}" for s in steps}
        )
        gone = before.filtered(
            lambda t: t.occurrence not in {f"tell:{s.id}" for s in steps}
        )
        self.assertEqual(set(gone.mapped("state")) - {"cancelled"}, set())
        again = self.line_3.touchpoint_ids
        self.campaign._refresh_obligations()
        self.assertEqual(self.line_3.touchpoint_ids, again)

    def test_nobody_gets_less_than_was_approved(self):
        self._order(self.customer_3, (1, 0, 10))
        self.campaign._refresh_obligations()
        self._start()
        orders = self.env["sale.order"].search(
            [("partner_id", "=", self.customer_3.id)]
        )
        orders.order_line.qty_delivered = 1
        self.campaign._refresh_obligations()
        self.assertEqual(self.line_3.segment, "unfulfilled")
        self.assertIn("Not delivered", self.line_3.segment_reason)

    def test_who_is_owed_and_not_listed_is_named_and_added(self):
        newcomer = self._create_customer("Newcomer", self.user_sales_a)
        self._order(newcomer, (1, 0, 10))
        self.campaign._refresh_obligations()
        self.assertIn("Newcomer", self.campaign.not_listed_note)
        self._start()
        with patch.object(
            type(self.line_3), "_plan_touchpoints", autospec=True
        ) as planned:
            self.campaign.with_user(self.author).action_add_missing_customers()
        self.assertEqual(planned.call_args.args[0].partner_id, newcomer)
        self.assertFalse(self.campaign.not_listed_note)
        line = self.campaign.customer_ids.filtered(lambda x: x.partner_id == newcomer)
        self.assertEqual(line.segment, "unfulfilled")
        self.assertEqual(line.obligation_ids.kind, "undelivered")
        self.assertIn(self.line_3, self.campaign.customer_ids, "nobody is taken out")

    def test_small_chunks_write_the_same(self):
        for number in range(5):
            self._order(self.customer_2, (2, 1, 10 + number))
        with (
            patch.object(continuity_obligation_refresh, "CHUNK_SIZE", 2),
            patch.object(continuity_dissolution_audience, "CHUNK_SIZE", 2),
        ):
            self.campaign._refresh_obligations()
        self.assertEqual(len(self._rows("undelivered")), 6)
        self.assertEqual(len(self._rows("uninvoiced")), 6)

    # === Scheduler and button === #

    def test_the_scheduler_goes_on_after_a_failure(self):
        other = self._create_campaign()
        self._add_customer(self.customer_1, self.tier_a, "unfulfilled", campaign=other)
        self.env.flush_all()
        model = type(self.campaign)
        refresh = model._refresh_obligations

        def fail_one(campaign, commit=False):
            if campaign.id == self.campaign.id:
                raise ValueError("broken")
            return refresh(campaign, commit)

        self.patch(model, "_refresh_obligations", fail_one)
        cron = self.env.ref("customer_continuity.cron_refresh_obligations")
        logger = "odoo.addons.customer_continuity.models.ir_cron"
        with self.enter_registry_test_mode(), self.assertLogs(logger, "WARNING"):
            cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self.campaign.obligations_error, "broken")
        self.assertTrue(other.obligation_ids)
        self.assertFalse(other.obligations_error)

    def test_closed_campaigns_are_left_alone(self):
        self.campaign.sudo().state = "done"
        self.order.order_line.qty_delivered = 4
        with self.enter_registry_test_mode():
            self.env.ref(
                "customer_continuity.cron_refresh_obligations"
            ).method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self._rows("undelivered").state, "open")
        with self.assertRaises(UserError):
            self.campaign.with_user(self.author).action_refresh_obligations()

    def test_the_button(self):
        self.order.order_line.qty_delivered = 4
        self.campaign.with_user(self.author).action_refresh_obligations()
        self.assertEqual(self._rows("undelivered").state, "settled")
        self.assertEqual(self.campaign.obligations_refreshed_on, fields.Datetime.now())
        action = self.campaign.with_user(self.author).action_view_obligations()
        self.assertEqual(action["domain"], [("dissolution_id", "=", self.campaign.id)])
