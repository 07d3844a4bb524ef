from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_handover import HandoverCommon


class RunningCommon(HandoverCommon):
    def _run_daily(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(
                "customer_continuity.cron_handover_daily"
            ).method_direct_trigger()
        self.env.invalidate_all()

    def _manager_activities(self, plan, text):
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", plan._name),
                ("res_id", "=", plan.id),
                ("user_id", "=", self.approver.id),
                ("summary", "ilike", text),
            ]
        )


@tagged("post_install", "-at_install")
class TestHandoverRunning(RunningCommon):
    """From the first day to the closed plan."""

    # === start === #

    def test_started_by_the_scheduler_on_the_first_day(self):
        plan = self._approve(self._submit(self._create_plan(date_start="2027-03-02")))
        self._run_daily()
        self.assertEqual(plan.state, "approved")
        with self._at("2027-03-02 01:00:00"):
            self._run_daily()
            self.assertEqual(plan.state, "running")
            self.assertEqual(len(plan.line_ids.check_ids), 10)
            touchpoints = plan.line_ids.touchpoint_ids
            self.assertEqual(len(touchpoints), 2)
            self._run_daily()
            self.assertEqual(plan.line_ids.touchpoint_ids, touchpoints)

    def test_started_at_once_when_its_day_has_come(self):
        self.assertEqual(self._running_plan().state, "running")

    def test_started_early_by_who_decides(self):
        plan = self._approve(self._submit(self._create_plan(date_start="2027-03-02")))
        for user in (self.leaver, self.successor):
            with self.assertRaises(AccessError):
                plan.with_user(user).action_start()
        plan.with_user(self.approver).action_start()
        self.assertEqual(plan.state, "running")

    def test_one_plan_that_fails_holds_up_no_other(self):
        first, broken, last = (
            self._approve(
                self._submit(
                    self._create_plan(
                        date_start="2027-03-02",
                        line_ids=[Command.create(self._line_values(customer))],
                    )
                )
            )
            for customer in (
                self.customer_1,
                self.customer_2,
                self._create_customer("Customer 4", self.leaver),
            )
        )
        start = self.registry["continuity.handover"]._start

        def fail(plans):
            if broken in plans:
                raise ValueError("No policy for this tier.")
            return start(plans)

        self.patch(self.registry["continuity.handover"], "_start", fail)
        with (
            self._at("2027-03-02 01:00:00"),
            mute_logger(
                "odoo.addons.customer_continuity.models.continuity_document_mixin"
            ),
        ):
            self._run_daily()
        self.assertEqual(
            (first.state, broken.state, last.state), ("running", "approved", "running")
        )
        self.assertIn("No policy for this tier.", broken.message_ids[0].body)

    def test_items_of_a_customer_and_of_a_deal(self):
        lead = self.env["crm.lead"].create(
            {"name": "New business", "type": "opportunity", "user_id": self.leaver.id}
        )
        plan = self._running_plan(
            line_ids=[
                Command.create(self._line_values(self.customer_1)),
                Command.create(
                    {
                        "leaver_id": self.leaver.id,
                        "successor_id": self.successor.id,
                        "lead_id": lead.id,
                    }
                ),
            ]
        )
        line = self._line_of(plan, self.customer_1)
        self.assertEqual(len(line.check_ids), 5)
        self.assertEqual(set(line.check_ids.mapped("state")), {"to_prepare"})
        deal = plan.line_ids - line
        self.assertEqual(
            deal.check_ids.topic_id, self.env.ref("customer_continuity.topic_deals")
        )
        self.assertFalse(deal.touchpoint_ids)
        self.assertEqual(deal.with_user(self.successor).display_name, "New business")

    def test_visit_stands_in_both_calendars(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        visit = line.visit_touchpoint_id
        self.assertEqual(line.visit_state, "planned")
        self.assertEqual(visit.user_id, self.leaver)
        self.assertEqual(visit.attendee_ids, self.successor)
        self.assertEqual(visit.contact_ids, self.contact_1)
        self.assertEqual(visit.channel_ids, self.channel_visit | self.channel_video)
        self.assertEqual(visit.activity_id.user_id, self.leaver)
        self.assertEqual(visit.event_id.start, line.date_visit)
        self.assertEqual(visit.event_id.stop, line.date_visit + timedelta(hours=1))
        self.assertEqual(
            visit.event_id.partner_ids, (self.leaver | self.successor).partner_id
        )
        self.assertEqual(str(visit.date_due), "2027-03-02")

    def test_manager_comes_along(self):
        plan = self._create_plan()
        line = self._line_of(plan, self.customer_1)
        line.manager_attends = True
        self._approve(self._submit(plan))
        visit = line.visit_touchpoint_id
        self.assertEqual(visit.attendee_ids, self.successor | self.approver)
        self.assertIn(self.approver.partner_id, visit.event_id.partner_ids)
        # Their decision also on the way.
        line.with_user(self.approver).manager_attends = False
        self.assertEqual(visit.attendee_ids, self.successor)
        self.assertNotIn(self.approver.partner_id, visit.event_id.partner_ids)
        line.with_user(self.approver).manager_attends = True
        self.assertIn(self.approver.partner_id, visit.event_id.partner_ids)

    def test_people_to_meet_may_change_on_the_way(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        other = self._create_customer(
            "Buyer", parent_id=self.customer_1.id, is_company=False
        )
        line.with_user(self.leaver).contact_ids = other
        self.assertEqual(line.visit_touchpoint_id.contact_ids, other)

    def test_visit_moved_on_the_way(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        line.with_user(self.successor).date_visit = "2027-03-02 09:30:00"
        visit = line.visit_touchpoint_id
        self.assertEqual(str(visit.event_id.start), "2027-03-02 09:30:00")
        line.with_user(self.successor).date_visit = "2027-03-09 09:00:00"
        self.assertEqual(str(visit.event_id.start), "2027-03-09 09:00:00")
        self.assertEqual(str(visit.activity_id.date_deadline), "2027-03-09")
        with self.assertRaises(AccessError):
            line.with_user(self.colleague).date_visit = "2027-03-10 09:00:00"
        for time in ("2027-03-22 09:00:00", "2027-03-07 09:00:00"):
            with self.assertRaises(UserError):
                line.with_user(self.leaver).date_visit = time
        self.assertEqual(str(visit.event_id.start), "2027-03-09 09:00:00")

    def test_information_by_the_policy_of_the_tier(self):
        self._set_tier(self.customer_1, self.tier_b)
        self._set_tier(self.customer_2, self.tier_c)
        core = self._create_customer("Core", self.leaver)
        self._set_tier(core, self.tier_a)
        plan = self._running_plan(
            line_ids=[
                Command.create(self._line_values(partner))
                for partner in (self.customer_1, self.customer_2, core)
            ]
        )
        calls = self._line_of(plan, self.customer_1).touchpoint_ids
        self.assertEqual(
            calls.channel_ids, self.channel_call, "no visit: decided against"
        )
        self.assertEqual(str(calls.date_due), "2027-03-01")
        self.assertEqual(calls.user_id, self.leaver)
        mails = self._line_of(plan, self.customer_2).touchpoint_ids
        self.assertIn(self.channel_email, mails.channel_ids)
        self.assertEqual(str(mails.date_due), "2027-03-08")
        # Core customers are visited; where that was decided against, telephone.
        call = self._line_of(plan, core).touchpoint_ids
        self.assertEqual(call.channel_ids, self.channel_call)
        self.assertTrue(calls.activity_id, "shown today")

    def test_nobody_is_told_before_the_announcement(self):
        """発令日: not even to arrange the visit (H1)."""
        plan = self._create_plan(announce_date="2027-03-04")
        self._line_of(plan, self.customer_1).date_visit = "2027-03-05 09:00:00"
        self._approve(self._submit(plan))
        self.assertEqual(plan.state, "running")
        touchpoints = plan.line_ids.touchpoint_ids
        self.assertEqual(len(touchpoints), 2)
        self.assertFalse(touchpoints.activity_id)
        self.assertEqual(
            {str(day) for day in touchpoints.mapped("date_show")}, {"2027-03-04"}
        )
        line = self._line_of(plan, self.customer_1)
        with self.assertRaisesRegex(UserError, "03/04/2027"):
            self._hold_visit(line, date="2027-03-01 05:00:00")
        with self.assertRaisesRegex(UserError, "03/04/2027"):
            line.with_user(self.leaver).date_visit = "2027-03-03 09:00:00"

    def test_visit_held_before_there_was_a_plan(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        with self.assertRaisesRegex(UserError, "03/01/2027"):
            self._hold_visit(line, date="2027-02-01 09:00:00")
        self.assertEqual(line.visit_state, "planned")

    # === visits that do not take place === #

    def test_failed_visit_becomes_information_only(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        event = line.visit_touchpoint_id.event_id
        self._prepare(line.check_ids)
        with self.assertRaisesRegex(UserError, "Say why"):
            line.with_user(self.leaver)._visit_failed("")
        with self.assertRaises(AccessError):
            line.with_user(self.colleague)._visit_failed("I say so.")
        line.with_user(self.leaver)._visit_failed("The customer is on holiday.")
        self.assertEqual(line.mode, "info")
        self.assertEqual(line.visit_state, "failed")
        self.assertEqual(line.visit_failed_reason, "The customer is on holiday.")
        self.assertIn("The customer is on holiday.", plan.message_ids[0].body)
        self.assertFalse(event.active)
        told = line.touchpoint_ids - line.visit_touchpoint_id
        self.assertEqual(told.state, "owed", "they are told all the same")
        with self.assertRaisesRegex(UserError, "No visit to"):
            line.with_user(self.leaver)._visit_failed("Again.")
        self._accept(line.check_ids)
        self.assertTrue(line.gate_open)

    def test_failed_in_the_dialog(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        action = line.with_user(self.successor).action_visit_failed()
        self.env[action["res_model"]].with_user(self.successor).with_context(
            **action["context"]
        ).create({"reason": "Snow."}).action_apply()
        self.assertEqual(line.visit_failed_reason, "Snow.")

    def test_nobody_answers_the_door(self):
        """A try is no failed visit: it is still owed."""
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        with self._after_visit(line):
            self._hold_visit(line, outcome="no_answer")
        self.assertEqual(line.visit_state, "planned")
        self.assertEqual(line.mode, "visit")

    # === deadline === #

    def test_stragglers_are_listed_once(self):
        plan = self._running_plan()
        self._move_without_cut_over(self._line_of(plan, self.customer_1))
        with self._at("2027-03-19 23:00:00"):
            self._run_daily()
        self.assertFalse(plan.stragglers_listed_on, "the last day is not over")
        for day in ("2027-03-20 02:00:00", "2027-03-21 02:00:00"):
            with self._at(day):
                self._run_daily()
        self.assertEqual(str(plan.stragglers_listed_on), "2027-03-20")
        activity = self._manager_activities(plan, "not handed over")
        self.assertEqual(len(activity), 1)
        self.assertIn("Customer 2", activity.note)
        self.assertNotIn("Customer 1", activity.note)
        line = self._line_of(plan, self.customer_2)
        self.assertEqual(line.state, "open", "nobody is moved or dropped silently")

    def test_nothing_left_is_not_listed(self):
        plan = self._running_plan()
        self._move_without_cut_over(plan.line_ids)
        with self._at("2027-03-22 02:00:00"):
            self._run_daily()
        self.assertFalse(self._manager_activities(plan, "not handed over"))

    # === cancelled on the way === #

    def test_cancelled_while_running(self):
        plan = self._running_plan()
        moved = self._line_of(plan, self.customer_2)
        touchpoints = self._line_of(plan, self.customer_1).touchpoint_ids
        moved.sudo().override_reason = "Tested elsewhere"
        moved.with_user(self.approver).action_cut_over()
        plan.with_user(self.approver)._cancel("The leaver stays.")
        self.assertEqual(plan.state, "cancelled")
        self.assertEqual(set(touchpoints.mapped("state")), {"cancelled"})
        self.assertFalse(touchpoints.activity_id.exists())
        self.assertEqual(moved.state, "moved")
        # They are still told, and their successor says hello.
        self.assertEqual(len(moved.touchpoint_ids), 2)
        self.assertEqual(set(moved.touchpoint_ids.mapped("state")), {"owed"})
        moved.with_user(self.successor)._record_reaction("welcomes")
        # What was carried out is evidence: neither drafted again nor deleted.
        with self.assertRaises(UserError):
            plan.with_user(self.approver).action_draft()
        with self.assertRaises(UserError):
            plan.with_user(self.leaver).unlink()
        copy = plan.with_user(self.leaver).copy()
        self._submit(copy)
