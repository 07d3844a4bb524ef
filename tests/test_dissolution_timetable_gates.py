from datetime import date
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_timetable import TimetableCommon


@tagged("post_install", "-at_install")
class TestTimetableGates(TimetableCommon):
    def test_no_start_before_the_decision(self):
        self._submit_and_approve()
        self.assertEqual(self.campaign.state, "approved")
        self.assertFalse(self.lines.touchpoint_ids)
        with self.assertRaisesRegex(UserError, "decision"):
            self._as(self.approver).action_start()
        self.assertFalse(self.lines.touchpoint_ids)

    def test_an_approved_campaign_begins_with_its_decision(self):
        self._submit_and_approve()
        self._happened(user=self.member, decision="2027-03-01")
        self.assertEqual(self.campaign.state, "running")

    def test_a_decided_campaign_begins_with_its_approval(self):
        self._happened(decision="2027-02-26")
        self._submit_and_approve()
        self.assertEqual(self.campaign.state, "running")

    def test_no_letter_before_the_decision(self):
        channel = self.env.ref("customer_continuity.channel_email")
        touchpoint = self.env["continuity.touchpoint"]._plan(
            [
                self.line_2._prepare_touchpoint_values(
                    "early",
                    channel,
                    name="Early",
                    purpose="dissolution",
                    user_id=self.speaker.id,
                    date_due="2027-03-02",
                )
            ]
        )
        obstacles = self.line_2._letter_obstacles(touchpoint)
        self.assertIn("decision", " ".join(obstacles[touchpoint.id]))
        self._submit_and_approve()
        obstacles = self.line_2._letter_obstacles(touchpoint)
        self.assertIn("decision", " ".join(obstacles[touchpoint.id]))
        self._happened(decision="2027-03-01")
        obstacles = self.line_2._letter_obstacles(touchpoint).get(touchpoint.id, [])
        self.assertNotIn("decision", " ".join(obstacles))

    def test_nothing_becomes_public_before_the_decision(self):
        self._submit_and_approve()
        self._tell(self.line_1, self.line_2)
        with self.assertRaisesRegex(UserError, "Record the decision first"):
            self._happened(announcement="2027-03-01")

    def test_announcement_lists_who_has_not_heard(self):
        self._run()
        with self.assertRaisesRegex(UserError, "2 customers .*Customer 1.*Customer 2"):
            self._happened(announcement="2027-03-01")
        self.assertFalse(self._milestone("announcement").done_on)
        self._tell(self.line_1)
        with self.assertRaisesRegex(UserError, "1 customers .*Customer 2"):
            self._happened(announcement="2027-03-01")
        # Customer 3 is of the last tier.
        self._tell(self.line_2)
        self._happened(announcement="2027-03-01")
        self.assertFalse(self._milestone("announcement").unreached_reason)

    def test_only_who_decides_goes_on_with_a_reason(self):
        self._run()
        day = date(2027, 3, 1)
        with self.assertRaises(AccessError):
            self._milestone("announcement", self.member)._record_done(
                day, reason="The gazette prints today"
            )
        with self.assertRaisesRegex(UserError, "say why"):
            self._milestone("announcement")._record_done(day, reason="  ")
        self._milestone("announcement", self.approver)._record_done(
            day, reason="The gazette prints today"
        )
        milestone = self._milestone("announcement")
        self.assertEqual(milestone.unreached_reason, "The gazette prints today")

    def test_dialog_of_the_announcement(self):
        self._run()
        wizards = self.env["continuity.dissolution.milestone.done"]
        milestone = self._milestone("announcement")
        form = Form(
            self._as(self.author, wizards).with_context(
                default_milestone_id=milestone.id
            )
        )
        self.assertEqual(form.unreached_count, 2)
        self.assertIn("Customer 1", form.unreached_names)
        form.reason = "The gazette prints today"
        form.save().action_apply()
        self.assertTrue(milestone.done_on)

    def test_all_told_means_all(self):
        self._run()
        self._tell(self.line_1, self.line_2)
        with self.assertRaisesRegex(UserError, "1 customers have not been told"):
            self._happened(customers_told="2027-03-01")
        self._tell(self.line_3)
        self._happened(customers_told="2027-03-01")

    def test_too_few_days_before_the_last_service(self):
        self._milestone("last_service").date_planned = "2027-05-10"
        with self.assertRaisesRegex(UserError, "Only 59 days remain"):
            self._as(self.author).action_submit()
        self._milestone("last_service").date_planned = "2027-05-11"
        self._as(self.author).action_submit()

    def test_order_of_the_days(self):
        self._milestone("customers_told").date_planned = "2027-02-26"
        with self.assertRaisesRegex(UserError, "before the decision"):
            self._as(self.author).action_submit()
        self._milestone("customers_told").date_planned = "2027-03-23"
        with self.assertRaisesRegex(UserError, "before all customers are told"):
            self._as(self.author).action_submit()

    def test_route_and_days_are_needed(self):
        campaign = self._create_campaign()
        with self.assertRaisesRegex(UserError, "Choose the route(.|\n)*Last service"):
            campaign.with_user(self.author).action_submit()

    def test_red_warning_when_time_runs_out(self):
        self._run()
        self.assertFalse(self.campaign.timetable_warning)
        with freeze_time("2027-04-02 06:00:00"):
            self.env.invalidate_all()
            warning = self.campaign.timetable_warning
            self.assertIn("3 customers have not been told, and 59 days", warning)
            self._tell(self.line_1, self.line_2, self.line_3)
            self.env.invalidate_all()
            self.assertNotIn("not been told", self.campaign.timetable_warning or "")

    def test_simplified_route_needs_no_obligations(self):
        self._take_route("cn_simplified")
        self._set_open_obligations(2)
        with self.assertRaisesRegex(UserError, "2 obligations"):
            self._as(self.author).action_submit()
        self._set_open_obligations(0)
        self._run()
        self._tell(self.line_1, self.line_2)
        self._set_open_obligations(1)
        with self.assertRaisesRegex(UserError, "1 obligations"):
            self._happened(notice_published="2027-03-01")
        with self.assertRaisesRegex(UserError, "1 obligations"):
            self._happened(simplified_filing="2027-03-01")
        self._set_open_obligations(0)
        self._happened(notice_published="2027-03-01")

    def test_whatever_is_owed_closes_the_simplified_route(self):
        self._take_route("cn_simplified")
        obligations = self._as(self.author, self.env["continuity.obligation"])
        owed = obligations.create(
            {
                "customer_id": self.line_1.id,
                "kind": "data",
                "description": "Measurements since 2020",
            }
        )
        self.assertEqual(self.campaign._open_obligation_count(), 1)
        with self.assertRaisesRegex(UserError, "1 obligations"):
            self._as(self.author).action_submit()
        owed.sudo().state = "decided"
        self.assertEqual(self.campaign._open_obligation_count(), 1)
        owed.sudo().state = "settled"
        self._as(self.author).action_submit()

    def _set_open_obligations(self, count):
        patcher = patch.object(
            type(self.campaign), "_open_obligation_count", lambda campaign: count
        )
        patcher.start()
        self.addCleanup(patcher.stop)

    def test_ordinary_route_takes_obligations(self):
        self._set_open_obligations(2)
        self._as(self.author).action_submit()


@tagged("post_install", "-at_install")
class TestQuotationsInLiquidation(TimetableCommon):
    def quote(self, company=None, user=None):
        company = company or self.company_a
        orders = self.env["sale.order"].with_company(company)
        if user:
            orders = self._as(user, orders)
        return orders.create(
            {"partner_id": self.customer_1.id, "company_id": company.id}
        )

    def test_from_the_day_the_liquidation_begins(self):
        self._run()
        old = self.quote()
        self._happened(group_formed="2027-03-01")
        with self.assertRaisesRegex(UserError, "in liquidation since 03/01/2027"):
            self.quote()
        with self.assertRaisesRegex(UserError, "in liquidation"):
            self.quote(user=self.speaker)
        with self.assertRaisesRegex(UserError, "in liquidation"):
            old.copy()
        old.action_confirm()
        self.assertEqual(old.state, "sale")

    def test_a_campaign_in_confidence_shows_in_nothing(self):
        self._happened(group_formed="2027-03-01")
        self.assertTrue(self.quote())

    def test_other_companies_go_on(self):
        self._run()
        self._happened(group_formed="2027-03-01")
        self.assertTrue(self.quote(self.company_b))

    def test_a_quotation_does_not_move_in(self):
        self._run()
        self._happened(group_formed="2027-03-01")
        order = self.quote(self.company_b)
        order.company_id = self.company_b  # no move, nothing to refuse
        with self.assertRaisesRegex(UserError, "in liquidation"):
            order.company_id = self.company_a

    def test_company_setting(self):
        self._run()
        self._happened(group_formed="2027-03-01")
        self.company_a.continuity_stop_quotations = False
        self.assertTrue(self.quote())

    def test_a_branch_that_closes_stops_nothing(self):
        self._as(self.author).kind = "branch"
        self._run()
        self._happened(group_formed="2027-03-01")
        self.assertTrue(self.quote())


@tagged("post_install", "-at_install")
class TestPaymentBar(TimetableCommon):
    def until(self):
        self.env.invalidate_all()
        return self.campaign._payments_barred_until()

    def test_nothing_is_barred_before_the_decision(self):
        self.assertFalse(self.until())
        self._submit_and_approve()
        self.assertFalse(self.until())
        self.assertEqual(self.campaign._payment_bar_message(), "")

    def test_china(self):
        self._run()
        # Claims are planned until 10 May, later than 45 days after the announcement.
        self.assertEqual(self.until(), date(2027, 5, 10))
        self._milestone("claims_end").date_planned = "2027-05-06"
        self.assertEqual(self.until(), date(2027, 5, 6))
        message = self.campaign._payment_bar_message()
        self.assertIn("05/06/2027", message)
        self.assertIn("235", message)

    def test_the_period_begins_with_the_announcement(self):
        self._run()
        self._milestone("announcement").date_planned = False
        self.assertEqual(self.until(), date.max)
        self.assertIn("not begun", self.campaign._payment_bar_message())
        self._milestone("announcement").date_planned = "2027-03-22"
        with freeze_time("2027-03-23 06:00:00"):
            self.assertEqual(self.until(), date.max, "planned, not done, and over")

    def test_a_period_without_its_event_bars_all_the_same(self):
        """Such as one that was added to the route after the campaign began."""
        self._run()
        self._milestone("announcement").sudo().unlink()
        self.assertEqual(self.until(), date.max)

    def test_over(self):
        self._run()
        self._tell(self.line_1, self.line_2)
        with freeze_time("2027-03-22 06:00:00"):
            self._happened(creditors_notified="2027-03-12", announcement="2027-03-22")
        self._milestone("claims_end").date_planned = "2027-05-06"
        with freeze_time("2027-05-06 06:00:00"):
            self.assertEqual(self.until(), date(2027, 5, 6))
        with freeze_time("2027-05-07 06:00:00"):
            self.assertFalse(self.until())

    def test_a_period_that_ends_on_a_day_off_goes_on(self):
        self._run()
        self._milestone("claims_end").date_planned = False
        # 45 days later is Sunday, 9 May.
        self._milestone("announcement").date_planned = "2027-03-25"
        self.assertEqual(self.until(), date(2027, 5, 10))

    def test_claims_said_to_end_early_lift_nothing(self):
        self._run()
        self._happened(claims_end="2027-03-01")
        self.assertEqual(self.until(), date(2027, 5, 6))

    def test_japan(self):
        self._take_route(
            "jp",
            {
                "announcement": "2027-03-31",
                "creditors_notified": "2027-03-31",
                "claims_end": False,
            },
        )
        self._run()
        # From the end of a month to the end of a month, which is a Monday.
        self.assertEqual(self.until(), date(2027, 5, 31))

    def test_routes_without_a_bar(self):
        self._take_route("gb_strike_off")
        self._run()
        self.assertFalse(self.until())
