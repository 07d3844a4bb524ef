"""Public holidays of a company are no working days for its people."""

from datetime import date, datetime

from odoo.tests import tagged

from .common_handover import HandoverCommon

# Showa Day, a Thursday.
HOLIDAY = date(2027, 4, 29)
FRIDAY = date(2027, 4, 30)


@tagged("post_install", "-at_install")
class TestPublicHolidays(HandoverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendar = cls.company_a.resource_calendar_id
        cls.calendar.tz = "Asia/Tokyo"

    @classmethod
    def _close(cls, company, calendar):
        # Odoo gives what stands in no calendar to the present company.
        leaves = cls.env["resource.calendar.leaves"].with_company(company)
        leave = leaves.create(
            {
                "name": "Showa Day",
                "calendar_id": calendar.id,
                "date_from": "2027-04-28 15:00:00",
                "date_to": "2027-04-29 14:59:59",
            }
        )
        assert leave.company_id == company
        return leave

    def _with_own_hours(self, user):
        """Somebody with working hours of their own, such as part time."""
        own = self.calendar.copy({"name": "Own", "company_id": self.company_a.id})
        own.global_leave_ids.unlink()
        self.env["resource.resource"].create(
            {
                "name": user.name,
                "user_id": user.id,
                "company_id": self.company_a.id,
                "calendar_id": own.id,
                "tz": "Asia/Tokyo",
            }
        )
        user.invalidate_recordset()

    def _days_free(self, user):
        planner = self.env["continuity.handover"]._get_visit_planner(
            self.company_a,
            user,
            HOLIDAY,
            FRIDAY,
            5,
            self.env["continuity.handover"],
        )
        return {day for day, free in planner.free[user.id].items() if free}

    def test_no_visit_is_proposed_on_a_holiday(self):
        self.assertEqual(self._days_free(self.leaver), {HOLIDAY, FRIDAY})
        self._close(self.company_a, self.calendar)
        self.assertEqual(self._days_free(self.leaver), {FRIDAY})

    def test_holds_for_who_has_hours_of_their_own(self):
        self._with_own_hours(self.leaver)
        self._close(self.company_a, self.calendar)
        self.assertEqual(self._days_free(self.leaver), {FRIDAY})
        self.assertEqual(
            self.company_a._continuity_working_day(self.leaver, HOLIDAY), FRIDAY
        )

    def test_deadlines_and_working_days(self):
        """Of this company only, wherever the holiday stands."""
        begin = datetime(2027, 4, 27, 23)  # Wednesday morning in Tokyo
        deadlines = self.env["continuity.concern.deadline"]
        deadlines.search([]).unlink()
        deadlines.create({"kind": "complaint", "duration": 1, "unit": "days"})
        deadlines.create({"kind": "worry", "duration": 9, "unit": "hours"})

        def measure():
            days = [
                deadlines._compute_deadline(
                    self.company_a, kind, self.env["continuity.tier"], begin
                ).day
                for kind in ("complaint", "worry")
            ]
            added = self.company_a._continuity_add_working_days(begin, 2)
            return [
                *days,
                added.day,
                self.company_a._continuity_count_working_days(begin.date(), FRIDAY),
            ]

        before = measure()
        self._close(self.company_b, self.env["resource.calendar"])
        self.assertEqual(measure(), before)
        self._close(self.company_a, self.env["resource.calendar"])
        after = measure()
        self.assertEqual(
            [a - b for a, b in zip(after, before, strict=True)], [1, 1, 1, -1]
        )

    def test_holidays_of_another_company_hold_for_nobody_here(self):
        self._close(self.company_b, self.env["resource.calendar"])
        self.assertEqual(self._days_free(self.leaver), {HOLIDAY, FRIDAY})
        self.assertEqual(
            self.company_a._continuity_working_day(self.leaver, HOLIDAY), HOLIDAY
        )
