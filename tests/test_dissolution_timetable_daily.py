from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tests.common import mute_logger

from .common_timetable import TimetableCommon


@tagged("post_install", "-at_install")
class TestApology(TimetableCommon):
    def test_call_on_the_next_working_day(self):
        self._run()
        with freeze_time("2027-03-05 06:00:00"):  # a Friday
            self._as(self.speaker, self.line_2)._learned_elsewhere("From a competitor")
        call = self.line_2.touchpoint_ids.filtered(lambda t: t.occurrence == "apology")
        self.assertEqual(call.date_due, date(2027, 3, 8))
        self.assertEqual(call.user_id, self.speaker)
        self.assertEqual(call.channel_ids[:1], self.channel_call)
        self.assertEqual(self.line_2.learned_on, date(2027, 3, 5))
        self.assertEqual(self.line_2.learned_how, "From a competitor")

    def test_public_holidays_are_no_working_days(self):
        self._holiday("2027-03-02")
        self._run()
        self._as(self.speaker, self.line_2)._learned_elsewhere("From a competitor")
        call = self.line_2.touchpoint_ids.filtered(lambda t: t.occurrence == "apology")
        self.assertEqual(call.date_due, date(2027, 3, 3))

    def test_not_before_the_campaign_runs(self):
        self._submit_and_approve()
        with self.assertRaisesRegex(UserError, "not begun"):
            self._as(self.author, self.line_2)._learned_elsewhere("Somehow")
        self.assertFalse(self.line_2.touchpoint_ids)

    def test_once_and_not_for_who_was_told(self):
        self._run()
        line = self._as(self.speaker, self.line_2)
        with self.assertRaisesRegex(UserError, "Say how"):
            line._learned_elsewhere("")
        line._learned_elsewhere("From a competitor")
        with self.assertRaisesRegex(UserError, "planned already"):
            line._learned_elsewhere("Again")
        self._tell(self.line_1)
        with self.assertRaisesRegex(UserError, "heard of it from us"):
            self._as(self.speaker, self.line_1)._learned_elsewhere("Somehow")

    def test_strangers_report_nothing(self):
        self._run()
        with self.assertRaises(AccessError):
            self._as(self.stranger, self.line_2)._learned_elsewhere("Somehow")
        with self.assertRaises(AccessError):
            self._rpc(self.author, self.line_2, "write", {"learned_how": "No"})


@tagged("post_install", "-at_install")
class TestTimetableWatch(TimetableCommon):
    def watch(self):
        self.env.invalidate_all()
        self._run_cron("watch_timetables")

    def to_dos(self):
        return self.campaign.activity_ids.filtered(
            lambda a: a.user_id == self.member
        ).mapped("summary")

    def test_lead_hears_of_each_danger_once(self):
        self._run()
        self._happened(cause="2027-03-01")
        with freeze_time("2027-03-08 06:00:00"):
            self.watch()
            first = self.to_dos()
            self.watch()
        self.assertEqual(
            [s for s in first if "Liquidation group formed" in s],
            ["In danger: Liquidation group formed, or liquidator appointed"],
        )
        self.assertEqual(self.to_dos(), first)
        with freeze_time("2027-03-17 06:00:00"):
            self.watch()
        self.assertIn(
            "Missed: Liquidation group formed, or liquidator appointed", self.to_dos()
        )
        note = self.campaign.activity_ids.filtered(
            lambda a: a.summary.startswith("Missed: Liquidation group formed")
        ).note
        self.assertIn("Company Law of China 232", note)

    def test_out_of_danger_and_in_again(self):
        self._run()
        milestone = self._milestone("last_support")
        milestone.date_planned = "2027-03-02"
        with freeze_time("2027-03-03 06:00:00"):
            self.watch()
            self.assertEqual(milestone.warned_status, "endangered")
            milestone.date_planned = "2027-06-30"
            self.watch()
        self.assertFalse(milestone.warned_status)

    def test_the_last_one_told_is_recorded(self):
        self._run()
        self._tell(self.line_1, self.line_2)
        self.watch()
        self.assertFalse(self._milestone("customers_told").done_on)
        self._tell(self.line_3)
        self.watch()
        self.assertEqual(self._milestone("customers_told").done_on, date(2027, 3, 1))

    def test_drafts_are_left_alone(self):
        with freeze_time("2027-04-08 06:00:00"):
            self.watch()
        self.assertFalse(self.to_dos())

    @mute_logger("odoo.addons.customer_continuity.models.continuity_document_mixin")
    def test_one_campaign_that_fails_holds_up_no_other(self):
        other = self._create_campaign(kind="product")
        other.sudo().state = "running"
        self._run()
        broken = type(self.campaign)._report_dangers

        def _report_dangers(campaign):
            if campaign == other:
                raise ValueError("No")
            return broken(campaign)

        self.patch(type(self.campaign), "_report_dangers", _report_dangers)
        with freeze_time("2027-03-17 06:00:00"):
            self.watch()
        self.assertTrue(self.to_dos())
        self.assertIn("could not go on", other.message_ids[0].body)
