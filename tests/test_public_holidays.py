"""Public holidays of a company are no working days for its people."""

from datetime import date

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
        return cls.env["resource.calendar.leaves"].create(
            {
                "name": "Showa Day",
                "company_id": company.id,
                "calendar_id": calendar.id,
                "date_from": "2027-04-28 15:00:00",
                "date_to": "2027-04-29 14:59:59",
            }
        )

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

    def test_holidays_of_another_company_hold_for_nobody_here(self):
        self._close(self.company_b, self.env["resource.calendar"])
        self.assertEqual(self._days_free(self.leaver), {HOLIDAY, FRIDAY})
        self.assertEqual(
            self.company_a._continuity_working_day(self.leaver, HOLIDAY), HOLIDAY
        )
