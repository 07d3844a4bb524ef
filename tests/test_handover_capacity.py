"""A calendar people can keep (H5)."""

from datetime import datetime, timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_handover_submission import SubmissionCommon


@tagged("post_install", "-at_install")
class TestHandoverCapacity(SubmissionCommon):
    def test_visit_outside_the_period(self):
        plan = self._create_plan()
        line = self._line_of(plan, self.customer_1)
        line.date_visit = "2027-03-22 09:00:00"
        self._assert_refused(plan, "03/22/2027 lies outside")
        line.date_visit = "2027-02-26 09:00:00"
        self._assert_refused(plan, "02/26/2027 lies outside")

    def test_visit_without_a_date(self):
        plan = self._create_plan()
        self._line_of(plan, self.customer_1).date_visit = False
        self._assert_refused(
            plan,
            "0 of 1 visits fit .* 1 have no date, first of all Customer 1",
            "more days, fewer visits .*, or another visitor",
        )

    def test_visit_outside_working_hours(self):
        plan = self._create_plan()
        line = self._line_of(plan, self.customer_1)
        for time in ("2027-03-06 09:00:00", "2027-03-02 05:00:00"):
            line.date_visit = time
            self._assert_refused(plan, "is not free at")
        # 18:00 in Tokyo is 9:00 here: hours are those of the company.
        self.company_a.resource_calendar_id.tz = "Asia/Tokyo"
        line.date_visit = "2027-03-02 09:00:00"
        self._assert_refused(plan, "is not free at Tuesday, March 2, 2027 6:00.PM")
        line.date_visit = "2027-03-02 01:00:00"
        self._submit(plan)

    def test_both_calendars_count(self):
        for number, user in enumerate((self.leaver, self.successor)):
            plan = self._create_plan(date_end="2027-03-30")
            line = self._line_of(plan, self.customer_1)
            line.date_visit = f"2027-03-{10 + number} 09:00:00"
            self.env["calendar.event"].create(
                {
                    "name": "Dentist",
                    "start": f"2027-03-{10 + number} 09:30:00",
                    "stop": f"2027-03-{10 + number} 10:30:00",
                    "user_id": user.id,
                    "partner_ids": [Command.set(user.partner_id.ids)],
                    "privacy": "private",
                }
            )
            self._assert_refused(plan, f"Customer 1: {user.name} is not free at")

    def test_whole_days_are_those_of_the_company(self):
        """Odoo stores them from 8 to 18 o'clock UTC, wherever they are spent."""
        self.company_a.resource_calendar_id.tz = "Asia/Tokyo"
        plan = self._create_plan()
        line = self._line_of(plan, self.customer_1)
        self.env["calendar.event"].create(
            {
                "name": "Fair",
                "allday": True,
                "start_date": "2027-03-02",
                "stop_date": "2027-03-03",
                "user_id": self.successor.id,
                "partner_ids": [Command.set(self.successor.partner_id.ids)],
            }
        )
        # 9:00 and 16:00 in Tokyo, on both days.
        for day in ("02", "03"):
            for time in ("00:00:00", "07:00:00"):
                line.date_visit = f"2027-03-{day} {time}"
                self._assert_refused(plan, f"is not free at .*March {int(day)}, 2027")
        line.date_visit = "2027-03-04 00:00:00"
        self._submit(plan)

    def test_own_working_hours_and_leave(self):
        """Who works mornings only, and is away on Wednesday."""
        calendar = self.env["resource.calendar"].create(
            {
                "name": "Mornings",
                "tz": "UTC",
                "company_id": self.company_a.id,
                "attendance_ids": [
                    Command.create(
                        {
                            "name": str(day),
                            "dayofweek": str(day),
                            "hour_from": 8,
                            "hour_to": 12,
                            "day_period": "morning",
                        }
                    )
                    for day in range(5)
                ],
            }
        )
        self._holiday("2027-03-03", user=self.successor, calendar=calendar)
        plan = self._create_plan()
        line = self._line_of(plan, self.customer_1)
        for time in ("2027-03-02 13:00:00", "2027-03-03 09:00:00"):
            line.date_visit = time
            self._assert_refused(plan, "Customer 1: Sales B is not free at")
        line.date_visit = "2027-03-04 09:00:00"
        self._submit(plan)

    def test_what_does_not_block(self):
        """Declined, free and archived meetings take nobody's time."""
        times = {"start": "2027-03-02 09:30:00", "stop": "2027-03-02 10:30:00"}
        people = {
            "user_id": self.user_manager.id,
            "partner_ids": [Command.set(self.leaver.partner_id.ids)],
        }
        events = self.env["calendar.event"].create(
            [
                {"name": "Declined", **times, **people},
                {"name": "Free", "show_as": "free", **times, **people},
                {"name": "Archived", "active": False, **times, **people},
            ]
        )
        events[0].attendee_ids.filtered(
            lambda a: a.partner_id == self.leaver.partner_id
        ).state = "declined"
        self._submit(self._create_plan())

    def test_the_managers_calendar_counts_where_they_come_along(self):
        self.env["calendar.event"].create(
            {
                "name": "Board",
                "start": "2027-03-02 08:00:00",
                "stop": "2027-03-02 17:00:00",
                "user_id": self.approver.id,
                "partner_ids": [Command.set(self.approver.partner_id.ids)],
            }
        )
        plan = self._create_plan()
        line = self._line_of(plan, self.customer_1)
        line.manager_attends = True
        self._assert_refused(plan, "Customer 1: Leader is not free at")
        line.manager_attends = False
        self._submit(plan)

    def test_absence_counts(self):
        """Public holidays of the company."""
        self._holiday("2027-03-02")
        self._assert_refused(
            self._create_plan(), "is not free at Tuesday, March 2, 2027 9:00.AM"
        )

    def test_two_visits_at_once(self):
        plan = self._create_plan()
        plan.line_ids.write({"mode": "visit", "date_visit": "2027-03-02 09:00:00"})
        self._assert_refused(plan, "Customer 2: Sales A is not free at")
        self._line_of(plan, self.customer_2).date_visit = "2027-03-02 10:29:00"
        self._assert_refused(plan, "Customer 2: Sales A is not free at")
        self._line_of(plan, self.customer_2).date_visit = "2027-03-02 10:30:00"
        self._submit(plan)

    def test_visits_per_day(self):
        plan = self._create_plan(visits_per_day=1)
        self._line_of(plan, self.customer_2).write(
            {"mode": "visit", "date_visit": "2027-03-02 14:00:00"}
        )
        self._assert_refused(
            plan, "Customer 2: .* 03/02/2027.*another day, fewer visits, or another"
        )

    def test_visits_of_other_plans_count(self):
        """Over all plans a person is in, as leaver or as successor (H5)."""
        for leaver, successor in (
            (self.leaver, self.colleague),
            (self.colleague, self.leaver),
            (self.colleague, self.successor),
            (self.successor, self.colleague),
        ):
            with self.subTest(leaver=leaver.login, successor=successor.login):
                other = self._plan_of_other_people(
                    leaver,
                    successor,
                    ["2027-03-02 13:00:00", "2027-03-02 14:30:00"],
                )
                plan = self._create_plan(visits_per_day=2)
                self._assert_refused(plan, "Customer 1: Sales [AB] .*03/02/2027")
                plan.visits_per_day = 3
                self._submit(plan)
                plan.with_user(self.leaver).action_draft()
                # Time, too: somebody else's visit lasts until 14:30 with travel.
                line = self._line_of(plan, self.customer_1)
                line.date_visit = "2027-03-02 14:00:00"
                self._assert_refused(plan, "Customer 1: Sales [AB] is not free at")
                other.with_user(self.user_manager)._cancel("For the next round.")
                self._submit(plan)
                plan.with_user(self.leaver)._cancel("For the next round.")

    def test_drafts_of_others_do_not_count(self):
        other = self._plan_of_other_people(
            self.leaver, self.colleague, ["2027-03-02 09:00:00"]
        )
        other.with_user(self.user_manager).action_draft()
        self._submit(self._create_plan())

    def test_dates_are_suggested_around_what_there_is(self):
        self._set_tier(self.customer_2, self.tier_a)
        other = self._plan_of_other_people(
            self.successor, self.colleague, ["2027-03-02 08:00:00"]
        )
        self.assertTrue(other)
        plan = self._create_plan(
            date_start="2027-03-02",
            line_ids=[
                Command.create(self._line_values(partner, mode="visit"))
                for partner in self.customer_1 | self.customer_2
            ],
        )
        self.env.invalidate_all()
        plan.with_user(self.leaver).action_suggest_dates()
        times = {line.partner_id: str(line.date_visit) for line in plan.line_ids}
        # The core customer first; 8:00 is taken by the successor's other visit.
        self.assertEqual(times[self.customer_2], "2027-03-02 09:30:00")
        self.assertEqual(times[self.customer_1], "2027-03-02 13:00:00")
        self._submit(plan)

    def test_no_dates_are_suggested_for_today(self):
        """It has begun, and the plan is still to be approved."""
        plan = self._create_plan(date_start="2027-03-01")
        line = self._line_of(plan, self.customer_1)
        line.date_visit = False
        plan.with_user(self.leaver).action_suggest_dates()
        self.assertEqual(str(line.date_visit), "2027-03-02 08:00:00")
        # Not when there is no other day either.
        line.date_visit = False
        plan.date_end = "2027-03-01"
        plan.with_user(self.leaver).action_suggest_dates()
        self.assertFalse(line.date_visit)

    def test_no_dates_are_suggested_in_the_past(self):
        plan = self._create_plan(date_start="2027-02-15", announce_date="2027-02-15")
        line = self._line_of(plan, self.customer_1)
        line.date_visit = False
        plan.with_user(self.leaver).action_suggest_dates()
        self.assertEqual(str(line.date_visit), "2027-03-02 08:00:00")
        self._submit(plan)

    def test_visit_whose_time_has_passed(self):
        """Neither at submission nor, when the plan lay for days, at approval."""
        plan = self._create_plan(date_start="2027-02-15", announce_date="2027-02-15")
        line = self._line_of(plan, self.customer_1)
        line.date_visit = "2027-02-26 09:00:00"
        self._assert_refused(
            plan,
            r"Customer 1: .* February 26, 2027 9:00.AM \(UTC\), has passed. Choose a",
        )
        line.date_visit = "2027-03-02 09:00:00"
        self._submit(plan)
        with self._at("2027-03-02 10:00:00"):
            with self.assertRaisesRegex(
                UserError, r"March 2, 2027 9:00.AM \(UTC\), has passed"
            ):
                self._approve(plan)
            line.with_user(self.approver).date_visit = "2027-03-03 09:00:00"
            self._approve(plan)

    def test_company_without_working_hours(self):
        self.company_a.resource_calendar_id = False
        plan = self._create_plan()
        line = self._line_of(plan, self.customer_1)
        line.date_visit = False
        plan.with_user(self.leaver).action_suggest_dates()
        self.assertFalse(line.date_visit)
        self._assert_refused(plan, "Continuity A has no working hours.*set them")
        line.date_visit = "2027-03-02 09:00:00"
        self._assert_refused(plan, "Continuity A has no working hours.*set them")
        # Nobody needs hours to hand information over.
        line.write({"mode": "info", "date_visit": False})
        self._submit(plan)

    def test_many_bad_dates_are_summed_up(self):
        """One sentence for each person and day, and no more than ten."""
        partners = self.env["res.partner"].create(
            [
                {"name": f"Buyer {n}", "is_company": True, "user_id": self.leaver.id}
                for n in range(30)
            ]
        )
        plan = self._create_plan(
            date_end="2027-04-30",
            line_ids=[
                Command.create(
                    self._line_values(
                        partner,
                        mode="visit",
                        # At night: two each on fifteen days.
                        date_visit=datetime(2027, 3, 2, 1) + timedelta(days=n // 2),
                    )
                )
                for n, partner in enumerate(partners)
            ],
        )
        errors = plan._capacity_errors(plan.line_ids)
        self.assertEqual(len(errors), 11)
        self.assertRegex(errors[0], "^Buyer 0: Sales A is not free .* 1 more like it")
        self.assertIn("5 more days", errors[-1])
