"""From what rules find to contacts in people's days."""

from datetime import date, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2 import IntegrityError
from psycopg2.errors import SerializationFailure

from odoo.tests import tagged
from odoo.tools import format_date, mute_logger

from .common_followup import TODAY, FollowupCommon

PLANNING = "odoo.addons.customer_continuity.models.continuity_followup_planning"
TOMORROW = TODAY + timedelta(days=1)


@tagged("post_install", "-at_install")
class TestFollowupPlanning(FollowupCommon):
    def _silent_customers(self, number, user=None, tier=None, day="2026-09-01"):
        """Customers whose contact is due."""
        customers = self.env["res.partner"].browse()
        for index in range(number):
            customers |= self._create_customer(
                f"Silent {index}", user or self.user_sales_a
            )
        relationships = self.env["continuity.relationship"]._ensure(
            self.company_a, customers
        )
        for relationship in relationships:
            self._spoken_to(relationship, day, tier)
        return relationships

    # === one contact each, for ever === #

    def test_touchpoint(self):
        rule = self._create_rule(
            "silence", subject="Keep in touch", opening="How are you?"
        )
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        row = self._found()
        self.assertEqual(row.state, "planned")
        touchpoint = row.touchpoint_id
        self.assertRecordValues(
            touchpoint,
            [
                {
                    "name": "Keep in touch",
                    "opening": "How are you?",
                    "origin_model": "continuity.followup.occurrence",
                    "origin_id": row.id,
                    "partner_id": self.customer_1.id,
                    "relationship_id": self.relationship_1.id,
                    "company_id": self.company_a.id,
                    "user_id": self.user_sales_a.id,
                    "purpose": "followup",
                    "date_due": TODAY,
                    "date_show": TODAY,
                    "state": "owed",
                    "why": row.why,
                    "channel_id": self.channel_call.id,
                }
            ],
        )
        steps = self.env["continuity.policy.step"]._steps_for("followup", self.tier_c)
        self.assertEqual(touchpoint.channel_ids, steps.channel_ids)
        self.assertFalse(touchpoint.activity_id, "made on the day by the kernel")
        self.assertEqual(row.rule_id, rule)

    def test_planned_once(self):
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        for _run in range(3):
            self._plan()
        self._plan_on(TOMORROW)
        self.assertEqual(len(self._found()), 1)
        self.assertEqual(
            self.env["continuity.touchpoint"].search_count(
                [("relationship_id", "=", self.relationship_1.id)]
            ),
            1,
        )

    def test_index_refuses_a_second_one(self):
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        row = self._found()
        names = ("rule_id", "relationship_id", "company_id", "key", "date_due")
        values = row.read(names, load=None)[0]
        values.pop("id")
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.occurrences.create(values)

    def test_reason_in_the_language_of_the_responsible(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.user_sales_a.lang = "fr_FR"
        rule = self._create_rule("silence", subject="Keep in touch")
        rule.with_context(lang="fr_FR").subject = "Garder le contact"
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        touchpoint = self._found().touchpoint_id
        self.assertEqual(touchpoint.name, "Garder le contact")
        self.assertIn("02/09/2026", touchpoint.why)

    def test_channel_of_the_rule_and_the_one_the_customer_prefers(self):
        rule = self._create_rule("silence", channel_ids=self.channel_card.ids)
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        self.assertEqual(self._found().touchpoint_id.channel_ids, self.channel_card)
        rule.channel_ids = False
        self.customer_2.continuity_channel_id = self.env.ref(
            "customer_continuity.channel_email"
        )
        self._spoken_to(self.relationship_2, "2026-09-02")
        self._plan()
        touchpoint = self._found(relationship=self.relationship_2).touchpoint_id
        self.assertEqual(touchpoint.channel_id, self.customer_2.continuity_channel_id)

    # === several reasons === #

    def test_reasons_of_one_week_are_one_contact(self):
        silence = self._create_rule("silence")
        anniversary = self._create_rule("anniversary")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._set(self.relationship_1, first_purchase_date="2020-03-07")
        self._plan()
        first, second = self._found(silence), self._found(anniversary)
        self.assertEqual((first.state, second.state), ("planned", "merged"))
        self.assertEqual(first.touchpoint_id, second.touchpoint_id)
        self.assertEqual(first.touchpoint_id.why, f"{first.why}; {second.why}")
        self.assertEqual(first.touchpoint_id.date_due, TODAY)
        self._hold(first.touchpoint_id)
        self.assertEqual((first.state, second.state), ("done", "done"))

    def test_reason_a_week_later_is_another_contact(self):
        self._create_rule("silence")
        anniversary = self._create_rule("anniversary")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._set(self.relationship_1, first_purchase_date="2020-03-08")
        self._plan()
        self.assertFalse(self._found(anniversary))
        self._hold(self._found().touchpoint_id)
        self._set(self.relationship_1, first_purchase_date="2020-03-08")
        self._plan_on(TOMORROW)
        self.assertEqual(self._found(anniversary).state, "planned")

    def test_open_contact_takes_new_reasons(self):
        """No second contact while one is open; its reasons grow."""
        silence = self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        touchpoint = self._found(silence).touchpoint_id
        delivery = self._create_rule("delivery", days=7)
        self._create_order(self.customer_1, 100, "2027-02-22")
        self._plan()
        self.assertEqual(self._found(delivery).state, "merged")
        self.assertEqual(self._found(delivery).touchpoint_id, touchpoint)
        self.assertIn("days after delivery", touchpoint.why)

    def _open_silence(self):
        """Customer 1 has an open contact; return it and a rule that finds another
        reason on the next planning."""
        silence = self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        delivery = self._create_rule("delivery", days=7)
        self._create_order(self.customer_1, 100, "2027-02-22")
        return self._found(silence).touchpoint_id, delivery

    def test_contact_held_back_takes_no_new_reasons(self):
        touchpoint, rule = self._open_silence()
        touchpoint._hold_back("Declined.")
        preview = self.occurrences._preview(rule, self.company_a, 7, 10)
        self.assertFalse(preview[0]["refusal"])
        self._plan()
        self.assertEqual(self._found(rule).state, "planned")
        self.assertNotEqual(self._found(rule).touchpoint_id, touchpoint)

    def test_letter_already_written_takes_no_new_reasons(self):
        touchpoint, rule = self._open_silence()
        touchpoint.frozen_on = TODAY
        self._plan()
        self.assertEqual(self._found(rule).state, "planned")

    def test_released_letter_takes_no_new_reasons(self):
        touchpoint, rule = self._open_silence()
        touchpoint.state = "released"
        self._plan()
        self.assertEqual(self._found(rule).state, "planned")

    def test_contact_far_off_takes_no_new_reasons(self):
        touchpoint, rule = self._open_silence()
        touchpoint.write({"date_due": "2027-03-08", "date_show": "2027-03-08"})
        preview = self.occurrences._preview(rule, self.company_a, 7, 10)
        self.assertFalse(preview[0]["refusal"])
        self._plan()
        self.assertEqual(self._found(rule).state, "planned")
        self.assertNotEqual(self._found(rule).touchpoint_id, touchpoint)

    def test_contact_within_the_week_takes_new_reasons(self):
        touchpoint, rule = self._open_silence()
        touchpoint.write({"date_due": "2027-03-07", "date_show": "2027-03-07"})
        preview = self.occurrences._preview(rule, self.company_a, 7, 10)
        self.assertIn("already planned", preview[0]["refusal"])
        self._plan()
        self.assertEqual(self._found(rule).touchpoint_id, touchpoint)

    # === room === #

    def test_limit_and_tiers(self):
        """Two a day: the A customer and the older of the C customers first."""
        self._create_rule("silence")
        self.company_a.continuity_followup_per_day = 2
        c = self._silent_customers(3, day="2026-09-02")
        a = self._silent_customers(1, tier=self.tier_a, day="2027-01-30")
        self._plan()
        days = {
            row.relationship_id: row.touchpoint_id.date_due for row in self._found()
        }
        self.assertEqual(days, {a: TODAY, c[0]: TODAY, c[1]: TOMORROW, c[2]: TOMORROW})
        self.assertEqual(self._found(relationship=c[2]).postponed_days, 1)

    def test_other_contacts_of_the_person_count(self):
        self._create_rule("silence")
        self.company_a.continuity_followup_per_day = 1
        self.env["continuity.touchpoint"]._plan(
            [
                {
                    "origin_model": "res.partner",
                    "origin_id": self.customer_2.id,
                    "occurrence": day,
                    "relationship_id": self.relationship_2.id,
                    "partner_id": self.customer_2.id,
                    "company_id": self.company_a.id,
                    "name": "Something else",
                    "channel_ids": self.channel_call.ids,
                    "user_id": self.user_sales_a.id,
                    "date_due": day,
                }
                for day in ("2027-02-20", "2027-03-02")  # overdue: counts today
            ]
        )
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        self.assertEqual(self._found().touchpoint_id.date_due, date(2027, 3, 3))

    def test_contacts_held_back_take_no_room(self):
        self._create_rule("silence")
        self.company_a.continuity_followup_per_day = 1
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        self._found().touchpoint_id._hold_back("Declined.")
        self._silent_customers(1)
        self._plan()
        self.assertEqual(self._found()[1].touchpoint_id.date_due, TODAY)

    def test_weekends_holidays_and_days_off(self):
        self._create_rule("silence")
        calendar = self.company_a.resource_calendar_id
        resource = self.env["resource.resource"].create(
            {
                "name": "Sales A",
                "user_id": self.user_sales_a.id,
                "company_id": self.company_a.id,
                "calendar_id": calendar.id,
            }
        )
        self.env["resource.calendar.leaves"].create(
            [
                {
                    "name": "Holiday",
                    "calendar_id": calendar.id,
                    "company_id": self.company_a.id,
                    "date_from": "2027-03-01 00:00:00",
                    "date_to": "2027-03-01 23:59:59",
                },
                {
                    "name": "Day off",
                    "calendar_id": calendar.id,
                    "company_id": self.company_a.id,
                    "resource_id": resource.id,
                    "date_from": "2027-03-02 00:00:00",
                    "date_to": "2027-03-02 23:59:59",
                },
            ]
        )
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._spoken_to(self.relationship_3, "2026-09-02")
        self._spoken_to(self.relationship_2, "2026-09-07")  # due on Saturday
        self._plan()
        self.assertEqual(
            {
                row.relationship_id: row.touchpoint_id.date_due
                for row in self._found()
                if row.touchpoint_id
            },
            {
                self.relationship_1: date(2027, 3, 3),
                self.relationship_3: date(2027, 3, 2),
            },
        )
        self.assertEqual(self._found(relationship=self.relationship_2).state, "waiting")
        self._plan_on(TOMORROW)
        self.assertEqual(
            self._found(relationship=self.relationship_2).touchpoint_id.date_due,
            date(2027, 3, 8),
        )

    def test_backlog_waits_in_order_of_tiers(self):
        """At installation: what does not fit into a week waits, listed."""
        self._create_rule("never")
        self.company_a.continuity_followup_per_day = 1
        self.customer_1.active = self.customer_2.active = False
        self._refresh(self.company_a)
        customers = self.env["res.partner"].browse()
        for index in range(8):
            customers |= self._create_customer(f"New {index}", self.user_sales_a)
        relationships = self.env["continuity.relationship"]._ensure(
            self.company_a, customers
        )
        important = relationships[-1]
        self._set(important, tier_id=self.tier_a.id)
        self._plan()
        rows = self._found().filtered(lambda r: r.relationship_id in relationships)
        planned = rows.filtered(lambda r: r.state == "planned")
        self.assertEqual(len(planned), 5)
        self.assertEqual((rows - planned).mapped("state"), ["waiting"] * 3)
        first = planned.sorted(lambda r: r.touchpoint_id.date_due)[0]
        self.assertEqual(first.relationship_id, important)
        # Each further working day takes one more, until nobody waits.
        for day in ("2027-03-08", "2027-03-09", "2027-03-10"):
            self._plan_on(day)
        self.assertEqual(set(rows.mapped("state")), {"planned"})

    # === held back === #

    def test_refusal_is_listed_and_tried_again(self):
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self.customer_1.continuity_no_courtesy = True
        self._plan()
        row = self._found()
        self.assertEqual(row.state, "held")
        self.assertEqual(row.reason, "Wants no courtesy contacts")
        self.assertFalse(row.touchpoint_id)
        self.customer_1.continuity_no_courtesy = False
        self._plan_on(TOMORROW)
        self.assertEqual(row.state, "planned")
        self.assertFalse(row.reason)
        self.assertEqual(row.touchpoint_id.date_due, TOMORROW)

    def test_contact_is_taken_back_when_it_is_refused(self):
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-04")  # due on the 3rd
        self._plan()
        row = self._found()
        touchpoint = row.touchpoint_id
        self.customer_1.continuity_no_courtesy = True
        self._plan_on(TOMORROW)
        self.assertEqual(touchpoint.state, "cancelled")
        self.assertEqual(row.state, "held")
        self.customer_1.continuity_no_courtesy = False
        self._plan_on("2027-03-03")
        self.assertEqual(row.state, "planned")
        self.assertNotEqual(row.touchpoint_id, touchpoint)

    def test_room_of_the_refused_goes_to_others(self):
        self._create_rule("silence")
        self.company_a.continuity_followup_per_day = 1
        rows = self._silent_customers(12)
        rows[:6].partner_id.continuity_no_courtesy = True
        self._plan()
        states = {row.relationship_id: row.state for row in self._found()}
        self.assertEqual([states[r] for r in rows[:6]], ["held"] * 6)
        self.assertEqual([states[r] for r in rows[6:]], ["planned"] * 5 + ["waiting"])

    def test_nobody_to_do_it(self):
        self._create_rule("silence")
        for relationship in self.relationships:
            self._spoken_to(relationship, "2026-09-02")
        self.customer_1.user_id = False
        self.customer_2.user_id = self.user_company_b
        self.customer_3.user_id = self._create_user("gone")
        self._archive_user(self.customer_3.user_id)
        self._plan()
        rows = self._found()
        self.assertEqual(rows.mapped("state"), ["held"] * 3)
        self.assertEqual(rows.mapped("held_by"), ["owner"] * 3)
        self.assertEqual(len(set(rows.mapped("reason"))), 3)
        self.customer_1.user_id = self.user_sales_b
        self._plan()
        self.assertEqual(rows.mapped("state"), ["planned", "held", "held"])
        self.assertEqual(rows[0].touchpoint_id.user_id, self.user_sales_b)

    # === what happens meanwhile === #

    def test_contact_in_between(self):
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-04")  # due on the 3rd
        self._plan()
        row = self._found()
        self._spoken_to(self.relationship_1, TODAY)
        self._plan_on(TOMORROW)
        self.assertEqual(row.state, "skipped")
        self.assertIn("2027-03-01", row.reason)
        self.assertEqual(row.touchpoint_id.state, "cancelled")
        self.assertEqual(row.touchpoint_id.reason, row.reason)

    def test_contact_in_between_leaves_the_other_reasons(self):
        silence = self._create_rule("silence")
        anniversary = self._create_rule("anniversary")
        self._spoken_to(self.relationship_1, "2026-09-04")
        self._set(self.relationship_1, first_purchase_date="2020-03-05")
        self._plan()
        self._spoken_to(self.relationship_1, TODAY)
        self._plan_on(TOMORROW)
        self.assertEqual(self._found(silence).state, "skipped")
        self.assertEqual(self._found(anniversary).state, "merged")
        touchpoint = self._found(anniversary).touchpoint_id
        self.assertEqual(touchpoint.state, "owed")
        self.assertEqual(touchpoint.why, self._found(anniversary).why)

    def test_order_cancelled_in_between(self):
        self._create_rule("delivery", days=7)
        order = self._create_order(self.customer_1, 100, "2027-02-24")
        self._plan()
        order._action_cancel()
        self._plan_on(TOMORROW)
        self.assertEqual(self._found().state, "skipped")
        self.assertEqual(self._found().touchpoint_id.state, "cancelled")

    def test_tried_in_vain_comes_again_after_a_cadence(self):
        """As long as nobody is reached the duty stands."""
        rule = self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2027-01-30", self.tier_a)
        self._plan()
        self._found().touchpoint_id._fail("Nobody answers.")
        self.assertEqual(self._found().state, "failed")
        self.assertEqual(self._found().reason, "Nobody answers.")
        self._plan_on("2027-03-24")
        self.assertEqual(len(self._found(rule)), 1)
        self._plan_on("2027-03-25")
        again = self._found(rule)[1]
        self.assertEqual(again.key, "since:2027-01-30#1")
        self.assertEqual(again.date_due, date(2027, 3, 31))
        self.assertEqual(again.state, "planned")

    def test_not_useful(self):
        """Cancelled by a person: closed with their reason, not at once found again."""
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        self._found().touchpoint_id._cancel("Not useful now.")
        self._plan_on(TOMORROW)
        self.assertEqual(self._found().state, "skipped")
        self.assertEqual(self._found().reason, "Not useful now.")

    def test_rule_archived(self):
        rule = self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self.customer_1.continuity_no_courtesy = True
        self._plan()
        rule.active = False
        self._plan()
        self.assertEqual(self._found().state, "skipped")
        self.assertIn("archived", self._found().reason)

    def test_customer_archived(self):
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        self.customer_1.active = False
        self._refresh(self.company_a)
        self._plan()
        row = self._found()
        self.assertEqual(row.state, "skipped")
        self.assertEqual(row.touchpoint_id.state, "cancelled")

    def test_customers_merged(self):
        """What both had is kept, and the contacts with it."""
        rule = self._create_rule("never")
        self._plan()
        rows = self._found(rule)
        self.env["base.partner.merge.automatic.wizard"].create(
            {"dst_partner_id": self.customer_1.id}
        )._merge((self.customer_1 | self.customer_2).ids, self.customer_1)
        self.assertEqual(len(rows.exists()), 3)
        both = self._found(rule, self._relationship(self.customer_1))
        self.assertEqual(len(both), 2)
        self.assertEqual(both.partner_id, self.customer_1)
        self._plan()

    # === downtime === #

    def test_downtime(self):
        """A week without a scheduler is caught up; what is too old is skipped."""
        self._create_rule("delivery", days=7)
        self._plan_on("2027-02-08")
        old = self._create_order(self.customer_1, 100, "2027-02-08")  # due on the 15th
        late = self._create_order(self.customer_2, 100, "2027-02-09")
        self._plan_on("2027-03-02")
        rows = {row.document: row for row in self._found()}
        self.assertEqual(rows[old.name].state, "skipped")
        self.assertIn("too late", rows[old.name].reason)
        self.assertEqual(rows[late.name].state, "planned")
        self.assertEqual(rows[late.name].postponed_days, 14)

    def test_downtime_of_months_loses_nobody(self):
        """Silence is never skipped, and what was missed is listed."""
        self._create_rule("silence")
        self._create_rule("delivery", days=7)
        self._plan_on("2026-09-01")
        self._create_order(self.customer_2, 100, "2026-11-01")
        self._spoken_to(self.relationship_1, "2026-01-01")
        self._plan()
        self.assertEqual(self._found(relationship=self.relationship_1).state, "planned")
        self.assertEqual(
            self._found(relationship=self.relationship_2).mapped("state"), ["skipped"]
        )

    # === the scheduled action === #

    def _run_cron(self, name="cron_followup_plan"):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(f"customer_continuity.{name}").method_direct_trigger()
        self.env.invalidate_all()

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

        with patch.object(model, "_collect", fail), mute_logger(PLANNING):
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
            mute_logger(PLANNING),
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

    # === a letter that came back === #

    def test_reopened(self):
        silence = self._create_rule("silence")
        anniversary = self._create_rule("anniversary")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._set(self.relationship_1, first_purchase_date="2020-03-05")
        self._plan()
        touchpoint = self._found(silence).touchpoint_id
        own = self.occurrences.browse(touchpoint.origin_id)
        other = (self._found(silence) | self._found(anniversary)) - own
        self._hold(touchpoint)
        self.assertEqual((own.state, other.state), ("done", "done"))
        touchpoint.write({"state": "tried", "date_done": False})
        touchpoint._notify_origin("_touchpoint_reopened")
        self.assertEqual((own.state, other.state), ("planned", "merged"))
        self.assertFalse(own.date_closed or other.date_closed)
        self._hold(touchpoint)
        self.assertEqual((own.state, other.state), ("done", "done"))

    def test_companies(self):
        """Each company finds its own customers, with its own limit and people."""
        self._create_rule("never", company_id=False)
        customer = self._create_customer(
            "Of B", self.user_company_b, company_id=self.company_b.id
        )
        self.env["continuity.relationship"]._ensure(self.company_b, customer)
        self._plan(company=self.company_b)
        row = self.occurrences.search([("partner_id", "=", customer.id)])
        self.assertEqual(row.company_id, self.company_b)
        self.assertEqual(row.touchpoint_id.company_id, self.company_b)
        self.assertFalse(self._found(), "company A has not been planned")

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

    # === escalation === #

    def test_escalation(self):
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        row = self._found()
        for day, escalated in (("2027-03-15", False), ("2027-03-16", True)):
            with self._at(day):
                self._run_cron("cron_followup_escalate")
            self.assertEqual(bool(row.escalated_on), escalated)
        self.assertEqual(row.escalated_to_id, self.user_leader)
        activity = self.env["mail.activity"].search(
            [
                ("res_model", "=", "res.partner"),
                ("res_id", "=", self.customer_1.id),
                ("user_id", "=", self.user_leader.id),
            ]
        )
        self.assertEqual(len(activity), 1)
        leaders = self.env(context={"lang": self.user_leader.lang})
        self.assertIn(format_date(leaders, row.planned_for), activity.summary)
        with self._at("2027-04-16"):
            self._run_cron("cron_followup_escalate")
        self.assertEqual(
            self.env["mail.activity"].search_count(
                [("user_id", "=", self.user_leader.id)]
            ),
            1,
            "once",
        )

    def test_escalation_by_the_night_of_the_company(self):
        self.company_a.resource_calendar_id.tz = "Asia/Tokyo"
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        row = self._found()
        row.planned_for = "2027-03-01"
        for time, escalated in (
            ("2027-03-15 17:30:00", False),
            ("2027-03-15 18:30:00", True),
        ):
            with freeze_time(time):
                self._run_cron("cron_followup_escalate")
            self.assertEqual(bool(row.escalated_on), escalated)
        self.assertEqual(str(row.escalated_on), "2027-03-16")
        row.escalated_on = False
        with freeze_time("2027-03-16 06:30:00"):
            self._run_cron("cron_followup_escalate")
        self.assertFalse(row.escalated_on, "once a day")

    def test_postponing_every_week_does_not_put_off_the_manager(self):
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        row = self._found()
        for day in ("2027-03-01", "2027-03-08", "2027-03-15"):
            with self._at(day):
                row.touchpoint_id.with_user(self.user_sales_a).action_postpone_week()
        self.assertEqual(str(row.touchpoint_id.date_due), "2027-03-22")
        with self._at("2027-03-16"):
            self._run_cron("cron_followup_escalate")
        self.assertEqual(row.escalated_to_id, self.user_leader)
        activity = self.env["mail.activity"].search(
            [("user_id", "=", self.user_leader.id)]
        )
        self.assertIn("since 03/01/2027", activity.summary)

    def test_nobody_to_escalate_to(self):
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._spoken_to(self.relationship_3, "2026-09-02")
        self._plan()
        model = self.registry["res.users"]
        find = model._continuity_manager

        def fail(user, company):
            if user == self.user_sales_a:
                raise ValueError("No such team.")
            return find(user, company)

        logger = "odoo.addons.customer_continuity.models.continuity_followup_escalation"
        with (
            self._at("2027-03-16"),
            patch.object(model, "_continuity_manager", fail),
            mute_logger(logger),
        ):
            self._run_cron("cron_followup_escalate")
        first = self._found(relationship=self.relationship_1)
        self.assertEqual(first.escalation_error, "No such team.")
        self.assertFalse(first.escalated_on)
        other = self._found(relationship=self.relationship_3)
        self.assertTrue(other.escalated_on or other.escalation_error)

    def test_delivery_put_off_is_found_again(self):
        self._create_rule("delivery", days=7)
        order = self._create_order(self.customer_1, 100, "2027-02-24")
        self._plan()
        order.commitment_date = "2027-05-03"
        self._plan_on(TOMORROW)
        self.assertEqual(self._found().state, "skipped")
        self._plan_on("2027-05-10")
        self.assertEqual(self._found().mapped("state"), ["skipped", "planned"])
        self.assertEqual(self._found()[1].date_due, date(2027, 5, 10))

    # === what came of it === #

    def _report(self, touchpoint, **values):
        self.env["continuity.report.contact"].with_user(touchpoint.user_id).create(
            {"touchpoint_id": touchpoint.id, "outcome": "held", **values}
        ).action_apply()

    def test_details_of_a_followup(self):
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        touchpoint = self._found().touchpoint_id
        self._report(
            touchpoint,
            proposal_made=True,
            referral_asked=True,
            lost_reason="price",
            lost_note="Pumps, from the neighbours",
        )
        self.assertRecordValues(
            touchpoint,
            [
                {
                    "state": "done",
                    "proposal_made": True,
                    "referral_asked": True,
                    "referral_received": False,
                    "lost_reason": "price",
                    "lost_note": "Pumps, from the neighbours",
                }
            ],
        )
        lost = self.occurrences._read_group(
            [("lost_reason", "!=", False)], ["lost_reason"], ["__count"]
        )
        self.assertEqual(lost, [("price", 1)])

    def test_problem_in_use_becomes_a_concern(self):
        self._create_rule("delivery", days=7)
        self._create_order(self.customer_1, 100, "2027-02-22")
        self._plan()
        touchpoint = self._found().touchpoint_id
        self._report(touchpoint, problem="The valve leaks.")
        concern = self.env["continuity.concern"].search(
            [("touchpoint_id", "=", touchpoint.id)]
        )
        self.assertEqual(concern.question, "The valve leaks.")
        self.assertEqual(concern.partner_id, self.customer_1)

    # === set-based planning of the kernel === #

    def test_planned_in_bulk_or_not_is_the_same(self):
        """Every stored column, and everything related, is the same both ways."""
        model = self.env["continuity.touchpoint"]

        def values(number):
            return [
                {
                    "origin_model": "res.partner",
                    "origin_id": relationship.partner_id.id,
                    "occurrence": f"{number}",
                    "relationship_id": relationship.id,
                    "partner_id": relationship.partner_id.id,
                    "company_id": self.company_a.id,
                    "name": "“Quoted”; 'and' {braces} NULL",
                    "why": False,
                    "purpose": "followup",
                    "channel_ids": (self.channel_call | self.channel_card).ids,
                    "user_id": self.user_sales_a.id,
                    "date_due": TODAY,
                }
                for relationship in self.relationships
            ]

        one_by_one = model._plan(values(1))
        in_bulk = model._plan_bulk(values(2))
        self.env.flush_all()
        self.env.invalidate_all()
        names = [
            name
            for name, field in model._fields.items()
            if name not in ("id", "occurrence", "display_name")
            and field.type != "binary"
        ]
        self.assertEqual(
            [{**row, "id": 0} for row in one_by_one.sudo().read(names, load=None)],
            [{**row, "id": 0} for row in in_bulk.sudo().read(names, load=None)],
        )
        self.assertEqual(in_bulk.mapped("partner_id"), one_by_one.mapped("partner_id"))
        self.assertEqual(model._plan_bulk(values(2)), in_bulk, "planned once")
        self.assertEqual(model._plan_bulk(values(3)[:1]).state, "owed")
        self.assertFalse(model._plan_bulk([]))

    def test_nobody_else_creates_touchpoints_differently(self):
        """`_insert_planned` stands in for `create`: what overrides one of them has to
        be known here. Touchpoints switch off what mail.thread does."""
        known = {
            "base",
            "continuity.guarded.mixin",
            "continuity.touchpoint",
            "mail.thread",
        }
        overriding = {
            cls._name
            for cls in self.registry["continuity.touchpoint"].mro()
            if "create" in vars(cls) and getattr(cls, "_name", None)
        }
        self.assertLessEqual(overriding, known)
