"""The planning as a scheduled action: its hour, what fails, in batches."""

from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import SerializationFailure

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_followup import TODAY
from .test_followup_planning import PLANNING, TOMORROW, PlanningCommon

CRON = "odoo.addons.customer_continuity.models.ir_cron"


@tagged("post_install", "-at_install")
class TestFollowupCron(PlanningCommon):
    def test_cron(self):
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._run_cron()
        self.assertEqual(self._found().state, "planned")
        self.assertEqual(self.company_a.continuity_followup_planned_on, TODAY)

    def test_cron_plans_once_in_the_night_of_the_company(self):
        calendar = self.company_a.resource_calendar_id
        for zone, before, after, day in (
            ("Asia/Tokyo", "2027-03-01 17:55", "2027-03-01 18:05", "2027-03-02"),
            ("America/New_York", "2027-03-02 07:55", "2027-03-02 08:05", "2027-03-02"),
        ):
            calendar.tz = zone
            self.company_a.continuity_followup_planned_on = "2027-03-01"
            with freeze_time(before):
                self._run_cron()
            self.assertEqual(self.company_a.continuity_followup_planned_on, TODAY)
            with freeze_time(after):
                self._run_cron()
            planned_on = self.company_a.continuity_followup_planned_on
            self.assertEqual(str(planned_on), day)
        model = self.registry["continuity.followup.occurrence"]
        with (
            freeze_time("2027-03-02 09:05"),
            patch.object(model, "_plan_company") as plan,
        ):
            self._run_cron()
        companies = [call.args[0] for call in plan.call_args_list]
        self.assertNotIn(self.company_a, companies)

    def test_cron_waits_for_the_refresh_of_the_night(self):
        self.company_a.continuity_refreshed_on = "2027-02-28 02:30:00"
        self._run_cron()
        self.assertFalse(self.company_a.continuity_followup_planned_on)
        with freeze_time("2027-03-01 06:05:00"):
            self._run_cron()
        self.assertTrue(self.company_a.continuity_followup_planned_on)

    def test_one_customer_that_fails_holds_up_no_other(self):
        self._create_rule("silence")
        for relationship in self.relationships:
            self._spoken_to(relationship, "2026-09-02")
        model = self.registry["continuity.touchpoint"]
        prepare = model._prepare_planned_values

        def fail(touchpoints, vals):
            if vals["partner_id"] == self.customer_2.id:
                raise ValueError("The channel is gone.")
            return prepare(touchpoints, vals)

        with (
            patch.object(model, "_prepare_planned_values", fail),
            mute_logger(PLANNING),
        ):
            self._run_cron()
        rows = self._found()
        self.assertEqual(rows.mapped("state"), ["planned", "held", "planned"])
        self.assertEqual(rows[1].reason, "The channel is gone.")
        with self._at(TOMORROW):
            self._run_cron()
        self.assertEqual(rows[1].state, "planned")

    def test_one_company_does_not_hold_up_the_others(self):
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        model = self.registry["continuity.followup.occurrence"]
        collect = model._collect

        def fail(rows, company, today, commit):
            if company == self.company_b:
                raise ValueError("Broken.")
            return collect(rows, company, today, commit)

        with patch.object(model, "_collect", fail), mute_logger(CRON):
            self._run_cron()
        self.assertEqual(self._found().state, "planned")

        self.assertEqual(self.company_b.continuity_followup_error, "Broken.")
        self.assertFalse(self.company_a.continuity_followup_error)

    def _run_plan_as_scheduler(self):
        """Run the method with a cursor of its own: running the action itself hides
        the error."""
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr)["continuity.followup.occurrence"]._cron_plan()
        self.env.invalidate_all()

    def test_error_does_not_fail_the_run_and_goes_away_with_its_cause(self):
        model = self.registry["continuity.followup.occurrence"]
        with (
            patch.object(model, "_collect", side_effect=ValueError("Broken.")),
            mute_logger(CRON),
        ):
            self._run_plan_as_scheduler()
        self.assertEqual(self.company_a.continuity_followup_error, "Broken.")
        self._plan_on(TOMORROW)
        self.assertFalse(self.company_a.continuity_followup_error)

    @staticmethod
    def _failing_once(original, failures):
        def step(rows, *args):
            if failures:
                raise failures.pop()
            return original(rows, *args)

        return step

    def test_step_is_repeated_when_somebody_else_was_faster(self):
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        model = self.registry["continuity.followup.occurrence"]
        for name in ("_collect", "_plan_people"):
            original = getattr(model, name)
            failures = [SerializationFailure()]

            self.startPatcher(
                patch.object(model, name, self._failing_once(original, failures))
            )
        self._run_plan_as_scheduler()
        self.assertEqual(self._found().state, "planned")
        self.assertEqual(self.company_a.continuity_followup_planned_on, TODAY)

    def _fail_for(self, touchpoint, name):
        """Let a method of touchpoints fail where this one is among them."""
        model = self.registry["continuity.touchpoint"]
        original = getattr(model, name)

        def method(touchpoints, *args):
            if touchpoint in touchpoints:
                raise ValueError("Locked by somebody.")
            return original(touchpoints, *args)

        return patch.object(model, name, method)

    def test_one_that_cannot_be_dropped_holds_up_no_other(self):
        rule = self._create_rule("silence")
        relationships = self.relationship_1 | self.relationship_2
        for relationship in relationships:
            self._spoken_to(relationship, "2026-09-04")
        self._plan()
        rows = self._found(rule)
        for relationship in relationships:
            self._spoken_to(relationship, TODAY)
        with (
            self._fail_for(rows[0].touchpoint_id, "_cancel"),
            mute_logger(PLANNING),
        ):
            self._plan_on(TOMORROW)
        self.assertEqual(rows.mapped("state"), ["planned", "skipped"])
        self.assertEqual(rows[0].reason, "Locked by somebody.")
        self._plan_on("2027-03-03")
        self.assertEqual(rows.mapped("state"), ["skipped", "skipped"])
        self.assertIn("2027-03-01", rows[0].reason)

    def test_one_that_cannot_be_taken_back_holds_up_no_other(self):
        rule = self._create_rule("silence")
        for relationship in self.relationship_1 | self.relationship_2:
            self._spoken_to(relationship, "2026-09-04")
        self._plan()
        rows = self._found(rule)
        (self.customer_1 | self.customer_2).continuity_no_courtesy = True
        with (
            self._fail_for(rows[0].touchpoint_id, "_cancel"),
            mute_logger(PLANNING),
        ):
            self._plan_on(TOMORROW)
        self.assertEqual(rows.mapped("state"), ["planned", "held"])
        self.assertEqual(rows[0].reason, "Locked by somebody.")

    def test_one_that_cannot_be_merged_holds_up_no_other(self):
        touchpoint, rule = self._open_silence()
        self._spoken_to(self.relationship_2, "2026-09-02")
        self._plan()
        self._create_order(self.customer_1, 100, "2027-02-22")
        self._create_order(self.customer_2, 100, "2027-02-22")
        with self._fail_for(touchpoint, "write"), mute_logger(PLANNING):
            self._plan()
        rows = self._found(rule).sorted("id")[1:]
        self.assertEqual(rows.mapped("state"), ["held", "merged"])
        self.assertEqual(rows[0].reason, "Locked by somebody.")

    def test_waiting_rows_are_dropped_together(self):
        rule = self._create_rule("silence")
        anniversary = self._create_rule("delivery", days=7)
        relationships = self._silent_customers(5)
        relationships.partner_id.continuity_no_courtesy = True
        order = self._create_order(relationships[0].partner_id, 100, "2027-02-24")
        self._plan()
        for relationship in relationships[:3]:
            self._spoken_to(relationship, TODAY)
        order._action_cancel()
        self._plan_on(TOMORROW)
        rows = self._found(rule)
        self.assertEqual(rows.mapped("state"), ["skipped"] * 3 + ["held"] * 2)
        self.assertEqual(rows[0].reason, "In touch again on 2027-03-01.")
        self.assertTrue(rows[0].key.endswith("2026-09-01"))
        dropped = self._found(anniversary)
        self.assertEqual(dropped.state, "skipped")
        self.assertTrue(dropped.key.endswith(f"~{TOMORROW}"))

    def test_queries_do_not_grow_with_dropped_rows(self):
        self._create_rule("silence")
        counts = []
        for number in (3, 40):
            relationships = self._silent_customers(number)
            relationships.partner_id.continuity_no_courtesy = True
            self._plan()
            relationships.active = False
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._plan()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 4)

    def test_batches(self):
        """Found and planned in several transactions, all the same."""
        self._create_rule("silence")
        self._silent_customers(7)
        with patch(f"{PLANNING}.BATCH_SIZE", 2):
            self._run_cron()
        self.assertEqual(set(self._found().mapped("state")), {"planned"})
        self.assertEqual(len(self._found()), 7)

    def test_queries_do_not_grow_per_customer(self):
        self._create_rule("silence")
        self.company_a.continuity_followup_per_day = 1000
        counts = []
        for number in (5, 60):
            self._silent_customers(number)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._plan()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 8)
