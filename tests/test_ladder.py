"""The ladder of attempts: nobody gives up in silence, nobody nags."""

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_handover import HandoverCommon


class LadderCommon(HandoverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel_letter = cls.env.ref("customer_continuity.channel_letter")
        cls.channel_card = cls.env.ref("customer_continuity.channel_card")
        cls.leaver.tz = "UTC"
        cls.touchpoint = cls._plan_touchpoint()
        cls.touchpoint._show()

    def _log(self, outcome="no_answer", touchpoint=None, user=None, **values):
        touchpoint = touchpoint or self.touchpoint
        return touchpoint.with_user(user or self.leaver).log_attempt(outcome, **values)

    def _at_time(self, moment, outcome="no_answer", **values):
        with freeze_time(moment):
            self._log(outcome, **values)

    def _managers_activities(self, user=None):
        return self.env["mail.activity"].search(
            [
                ("user_id", "=", (user or self.user_leader).id),
                ("res_model", "=", "res.partner"),
                ("res_id", "=", self.customer_1.id),
            ]
        )


@tagged("post_install", "-at_install")
class TestLadder(LadderCommon):
    def test_comes_back_at_another_time_of_day(self):
        activity = self.touchpoint.activity_id
        self._at_time("2027-03-01 15:10:00")
        self.assertEqual(self.touchpoint.state, "tried")
        self.assertFalse(activity.exists(), "out of the list until it is due again")
        self.assertEqual(str(self.touchpoint.date_show), "2027-03-02")
        self.assertEqual(str(self.touchpoint.date_due), "2027-03-02")
        self.assertEqual(
            self.touchpoint.next_try,
            "Try in the morning: not reached 1 × in the afternoon.",
        )
        with freeze_time("2027-03-02 06:00:00"):
            self._run_cron("show_touchpoints")
            new = self.touchpoint.activity_id
            self.assertTrue(new.active)
            self.assertIn("in the morning", new.note)
            self._run_cron("show_touchpoints")
            self.assertEqual(self.touchpoint.activity_id, new, "nothing twice")
        self._at_time("2027-03-02 15:30:00")
        self.assertEqual(
            self.touchpoint.next_try,
            "Try in the morning: not reached 2 × in the afternoon.",
        )
        self.assertEqual(self.touchpoint.channel_id, self.channel_call)

    def test_the_least_tried_time_comes_next(self):
        self.channel_call.max_attempts = 9
        for hour, expected in (
            (9, "around noon"),
            (12, "in the afternoon"),
            (15, "in the early evening"),
            (18, "in the morning"),
        ):
            self._at_time(f"2027-03-01 {hour:02}:30:00")
            self.assertIn(f"Try {expected}:", self.touchpoint.next_try)

    def test_time_of_day_is_the_responsible_persons(self):
        self.leaver.tz = "Asia/Tokyo"
        self._at_time("2027-03-01 06:10:00")  # 15:10 in Tokyo
        self.assertIn("1 × in the afternoon", self.touchpoint.next_try)

    def test_spacing_counts_working_days(self):
        self.channel_call.spacing_days = 2
        self._at_time("2027-03-05 10:00:00")  # a Friday
        self.assertEqual(str(self.touchpoint.date_show), "2027-03-09")

    def test_spacing_counts_days_off(self):
        self._holiday("2027-03-02", "2027-03-03")
        self._log()
        self.assertEqual(str(self.touchpoint.date_show), "2027-03-04")

    def test_reported_late_comes_back_today(self):
        self._log(date="2027-02-22 10:00:00")
        self.assertEqual(str(self.touchpoint.date_show), "2027-03-01")
        self.assertTrue(self.touchpoint.activity_id.active)

    def test_changes_channel_after_its_attempts(self):
        for day in (1, 2, 3):
            self._at_time(f"2027-03-0{day} 10:00:00")
        self.assertEqual(self.touchpoint.channel_id, self.channel_letter)
        self.assertIn("3 × Call reached nobody", self.touchpoint.next_try)
        self.assertIn("Letter", self.touchpoint.next_try)
        self.assertEqual(self.touchpoint.state, "tried")
        activity = self.touchpoint.activity_id
        self.assertEqual(
            activity.activity_type_id, self.channel_letter.activity_type_id
        )
        self.assertEqual(activity.summary, "Letter: Call Customer 1")
        self.assertEqual(len(self.touchpoint.attempt_ids), 3, "on one touchpoint")

    def test_accepted_channel_comes_before_a_stopgap(self):
        self.touchpoint.channel_ids = self.channel_call | self.channel_card
        self.channel_call.max_attempts = 1
        self._log()
        self.assertEqual(self.touchpoint.channel_id, self.channel_card)
        self.assertFalse(self.touchpoint.stopgap_channel_ids)

    def test_message_left_is_an_attempt_too(self):
        self.channel_call.max_attempts = 2
        self._log("message_left")
        self._log("no_answer")
        self.assertEqual(self.touchpoint.channel_id, self.channel_letter)

    def test_ends_in_a_card_a_retry_and_a_word_to_the_manager(self):
        self.channel_call.max_attempts = 1
        self.company_a.continuity_retry_days = 20
        self._log()
        self.assertEqual(self.touchpoint.channel_id, self.channel_letter)
        self._at_time("2027-03-02 10:00:00", "posted")
        # The letter is given time to work.
        self.assertEqual(self.touchpoint.channel_id, self.channel_card)
        self.assertEqual(self.touchpoint.state, "tried")
        self.assertEqual(str(self.touchpoint.date_show), "2027-03-16")
        self.assertFalse(self.touchpoint.escalated_on)
        self._at_time("2027-03-16 10:00:00", "posted")
        self.assertEqual(self.touchpoint.state, "tried", "a card is no talk")
        self.assertEqual(self.touchpoint.channel_id, self.channel_call)
        self.assertEqual(self.touchpoint.channel_ids, self.channel_call)
        self.assertEqual(str(self.touchpoint.date_show), "2027-04-05")
        self.assertEqual(self.touchpoint.ladder_round, 1)
        self.assertEqual(str(self.touchpoint.escalated_on), "2027-03-16")
        activity = self._managers_activities()
        self.assertEqual(len(activity), 1)
        self.assertIn("in vain", activity.summary)
        # And round again, from the first rung.
        self._at_time("2027-04-05 10:00:00")
        self.assertEqual(self.touchpoint.channel_id, self.channel_letter)
        self._at_time("2027-04-06 10:00:00", "held", channel_id=self.channel_call.id)
        self.assertEqual(self.touchpoint.state, "done")

    def test_letter_and_card_in_place_of_a_talk_are_no_contact(self):
        """As shipped: three calls, a letter, a card, and once more from the start."""
        relationship = self.touchpoint.relationship_id

        def last_contact(day):
            self._refresh(self.company_a, today=fields.Date.to_date(day))
            return relationship.last_contact_date

        before = last_contact("2027-03-01")
        for day in (1, 2, 3):
            self._at_time(f"2027-03-0{day} 10:00:00")
        self._at_time("2027-03-04 10:00:00", "posted")
        self.assertEqual(self.touchpoint.channel_id, self.channel_card)
        self.assertEqual(last_contact("2027-03-05"), before)
        self._at_time("2027-03-18 10:00:00", "posted")
        self.assertEqual(self.touchpoint.channel_id, self.channel_call)
        self.assertFalse(self.touchpoint.stopgap_channel_ids, "the round is over")
        self.assertEqual(
            self.touchpoint.attempt_ids.sorted("id").mapped("stopgap"),
            [False, False, False, True, True],
        )
        self.assertEqual(last_contact("2027-03-19"), before)

    def test_letter_that_was_owed_is_a_contact(self):
        self.touchpoint.channel_ids = self.channel_letter
        self.touchpoint.channel_id = self.channel_letter
        self._at_time("2027-03-04 10:00:00", "posted")
        self.assertFalse(self.touchpoint.attempt_ids.stopgap)
        self.assertEqual(self.touchpoint.state, "done")

    def test_wrong_number(self):
        self.contact_1.phone = "+49 1"
        self.touchpoint.contact_ids = self.contact_1
        self._log("wrong_number")
        self.assertEqual(self.touchpoint.channel_id, self.channel_letter, "at once")
        self.assertTrue(self.touchpoint.activity_id.active)
        self.assertIn("+49 1 is wrong", self.contact_1.continuity_phone_problem)
        clerk = self._create_user(
            "clerk", "base.group_user", "base.group_partner_manager"
        )
        self.contact_1.with_user(clerk).phone = "+49 2"
        self.assertFalse(self.contact_1.continuity_phone_problem)

    def test_declined_is_held_back(self):
        activity = self.touchpoint.activity_id
        self._log("refused", note="Not this year.")
        self.assertEqual(self.touchpoint.state, "tried")
        self.assertEqual(
            self.touchpoint.held_back, "The customer declined. Not this year."
        )
        self.assertFalse(activity.exists())
        with freeze_time("2027-04-01 06:00:00"):
            self._run_cron("show_touchpoints")
        self.assertFalse(self.touchpoint.activity_id, "no nagging")
        told = self._managers_activities()
        self.assertEqual(len(told), 1)
        self.assertIn("declined", told.summary)
        self.assertIn("Not this year.", told.note)
        # Another unanswered call does not bring it back either.
        self._log("no_answer")
        self.assertFalse(self.touchpoint.activity_id)

    def test_taken_up_again(self):
        with self.assertRaisesRegex(UserError, "not held back"):
            self.touchpoint.with_user(self.leaver).action_resume()
        self._log("refused")
        with self.assertRaises(AccessError):
            self.touchpoint.with_user(self.colleague).action_resume()
        self.touchpoint.with_user(self.leaver).action_resume()
        self.assertFalse(self.touchpoint.held_back)
        self.assertTrue(self.touchpoint.activity_id.active)

    def test_no_ladder_where_none_is_set(self):
        self.channel_call.max_attempts = 0
        activity = self.touchpoint.activity_id
        for _n in range(5):
            self._log()
        self.assertEqual(self.touchpoint.channel_id, self.channel_call)
        self.assertEqual(self.touchpoint.activity_id, activity)

    def test_logged_without_a_plan_comes_back(self):
        relationship = self._relationship(self.customer_1)
        touchpoint = (
            self.env["continuity.touchpoint"]
            .with_user(self.leaver)
            ._log_contact(relationship, self.channel_call, "no_answer", "Call")
        )
        self.assertEqual(touchpoint.state, "tried")
        self.assertEqual(str(touchpoint.date_show), "2027-03-02")

    def test_quiet(self):
        mails = self.env["mail.mail"].search([])
        self._log("refused")
        for _n in range(3):
            self._log(touchpoint=self._plan_touchpoint(occurrence=f"q{_n}"))
        self.assertEqual(self.env["mail.mail"].search([]), mails)

    def test_manager(self):
        self.assertEqual(
            self.leaver._continuity_manager(self.company_a), self.user_leader
        )
        self.team.user_id = self.leaver
        manager = self.leaver._continuity_manager(self.company_a)
        self.assertTrue(manager.has_group("customer_continuity.group_manager"))
        self.assertNotEqual(manager, self.leaver)
        self.team.user_id = self.user_company_b
        self.assertNotEqual(
            self.leaver._continuity_manager(self.company_a),
            self.user_company_b,
            "no task about a customer of a company they cannot see",
        )

    def test_guarded(self):
        for name, value in (
            ("held_back", "x"),
            ("next_try", "x"),
            ("escalated_on", "2027-03-01"),
            ("ladder_attempt_id", 99),
            ("ladder_round", 9),
            ("stopgap_channel_ids", [Command.clear()]),
        ):
            with self.assertRaises(AccessError):
                self._rpc(self.leaver, self.touchpoint, "write", {name: value})


@tagged("post_install", "-at_install")
class TestLadderOfMeetings(LadderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.visit = cls._plan_touchpoint(
            occurrence="visit",
            channel_ids=(cls.channel_visit | cls.channel_video).ids,
            date_planned="2027-03-01 10:00:00",
            date_due="2027-03-05",
        )
        cls.visit._show()

    def test_needs_another_appointment(self):
        event = self.visit.event_id
        self._at_time("2027-03-01 11:00:00", touchpoint=self.visit)
        self.assertFalse(self.visit.date_planned)
        self.assertFalse(self.visit.event_id)
        self.assertTrue(event.active, "a meeting nobody came to is history")
        self.assertEqual(str(self.visit.date_due), "2027-03-05", "due as before")
        self.assertTrue(self.visit.activity_id.active)
        self.assertIn("another appointment", self.visit.activity_id.note)

    def test_a_meeting_never_becomes_a_call(self):
        """Otherwise the gate of a handover would open for a telephone call."""
        self._at_time("2027-03-01 11:00:00", touchpoint=self.visit)
        self._at_time("2027-03-01 12:00:00", touchpoint=self.visit)
        self.assertEqual(
            self.visit.channel_ids, self.channel_visit | self.channel_video
        )
        self.assertTrue(self.visit.channel_id.is_meeting)
        self.assertTrue(self.visit.activity_id.active)
        self.assertEqual(len(self._managers_activities()), 1)
        self.assertEqual(self.visit._switch_channel("x"), self.visit)
        self.assertNotIn(self.channel_call, self.visit.channel_ids)

    def test_a_meeting_or_a_call(self):
        self.visit.channel_ids += self.channel_call
        self.channel_visit.max_attempts = 1
        self._at_time("2027-03-01 11:00:00", touchpoint=self.visit)
        self.assertEqual(self.visit.channel_id, self.channel_call)
        self.assertFalse(self.visit.stopgap_channel_ids)


@tagged("post_install", "-at_install")
class TestWorkingTime(HandoverCommon):
    def _day(self, *args):
        company = self.company_a
        user = self.leaver
        day, offset = args
        return str(
            company._continuity_working_day(user, fields.Date.to_date(day), offset)
        )

    def test_working_days(self):
        self.assertEqual(self._day("2027-03-05", 0), "2027-03-05")
        self.assertEqual(self._day("2027-03-06", 0), "2027-03-08")
        self.assertEqual(self._day("2027-03-05", 1), "2027-03-08")
        self.assertEqual(self._day("2027-03-06", 1), "2027-03-08")
        self.assertEqual(self._day("2027-03-05", 10), "2027-03-19")
        self.company_a.resource_calendar_id = False
        self.assertEqual(self._day("2027-03-05", 1), "2027-03-06")

    def test_own_days_off(self):
        self._holiday("2027-03-08", "2027-03-09", self.leaver)
        self.assertEqual(self._day("2027-03-05", 1), "2027-03-10")
        self.assertEqual(
            str(
                self.company_a._continuity_working_day(
                    self.successor, fields.Date.to_date("2027-03-05"), 1
                )
            ),
            "2027-03-08",
        )
