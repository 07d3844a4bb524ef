"""Done there is done here, both ways; and nothing is lost."""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_handover import HandoverCommon
from .test_handover_gate import GateCommon


class SyncCommon(HandoverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leaver.tz = "UTC"
        cls._refresh()
        cls.call = cls._plan_touchpoint()
        cls.visit = cls._plan_touchpoint(
            occurrence="visit",
            channel_ids=(cls.channel_visit | cls.channel_video).ids,
            date_planned="2027-03-02 09:00:00",
            date_due="2027-03-02",
            duration=1.5,
        )
        (cls.call | cls.visit)._show()

    def _done(self, touchpoint, user=None, feedback="They are well."):
        activity = touchpoint.activity_id.with_user(user or self.leaver)
        return activity.action_feedback(feedback=feedback)


@tagged("post_install", "-at_install")
class TestActivityDone(SyncCommon):
    def test_done_there_is_done_here(self):
        activity = self.call.activity_id
        self._done(self.call)
        self.assertEqual(self.call.state, "done")
        attempt = self.call.attempt_ids
        self.assertEqual(attempt.outcome, "held")
        self.assertEqual(attempt.note, "They are well.")
        self.assertEqual(attempt.user_id, self.leaver)
        self.assertFalse(activity.active)
        self.assertEqual(len(attempt), 1)
        self.assertEqual(self.call.relationship_id.state, "on_track")

    def test_done_here_is_done_there_once(self):
        activity = self.call.activity_id
        messages = self.customer_1.message_ids
        self.call.with_user(self.leaver).log_attempt("held", note="Fine.")
        self.assertFalse(activity.active)
        self.assertEqual(len(self.call.attempt_ids), 1)
        self.assertEqual(len(self.customer_1.message_ids - messages), 1)

    def test_from_the_activity_list(self):
        other = self._plan_touchpoint(self.customer_2, occurrence="other")
        other._show()
        activities = (self.call | other).activity_id.with_user(self.leaver)
        activities.action_done()
        self.assertEqual(set((self.call | other).mapped("state")), {"done"})

    def test_letters_and_cards_stay_owed(self):
        card = self._plan_touchpoint(
            occurrence="card",
            channel_ids=self.env.ref("customer_continuity.channel_card").ids,
        )
        card._show()
        done = card.activity_id
        self._done(card)
        self.assertEqual(card.state, "owed")
        self.assertFalse(done.active)
        self.assertTrue(card.activity_id.active, "it is in the list again")
        self.assertNotEqual(card.activity_id, done)
        self.assertIn("no contact", card.next_try)

    def test_user_is_told_at_once(self):
        with patch.object(type(self.env.user), "_bus_send", autospec=True) as sent:
            self._done(self.visit)
        (told,) = [c for c in sent.call_args_list if c.args[1] == "simple_notification"]
        self.assertEqual(told.args[0], self.leaver)
        self.assertIn("Was the meeting held?", told.args[2]["message"])

    def test_by_somebody_who_was_not_there(self):
        self._done(self.call, user=self.user_all)
        self.assertEqual(self.call.state, "owed")
        self.assertFalse(self.call.attempt_ids)
        self.assertIn("take part", self.call.next_try)
        self.assertTrue(self.call.activity_id.active)

    def test_one_refused_among_many(self):
        other = self._plan_touchpoint(
            self.customer_3, occurrence="theirs", user_id=self.successor.id
        )
        other._show()
        (self.call | other).activity_id.with_user(self.user_leader).action_done()
        self.assertEqual(self.call.state, "done")
        self.assertEqual(other.state, "owed")
        self.assertTrue(other.activity_id.active)

    def test_meeting_asks_for_a_report(self):
        self._done(self.visit)
        self.assertEqual(self.visit.state, "owed")
        self.assertFalse(self.visit.attempt_ids)
        self.assertTrue(self.visit.activity_id.active)
        self.assertTrue(self.visit.event_id.active)
        self.assertIn("Was the meeting held?", self.visit.activity_id.note)

    def test_other_activities_are_nobodys_business(self):
        other = self.customer_1.activity_schedule(
            "mail.mail_activity_data_call", user_id=self.leaver.id
        )
        other.with_user(self.leaver).action_feedback(feedback="x")
        self.assertEqual(self.call.state, "owed")


@tagged("post_install", "-at_install")
class TestActivityMoved(SyncCommon):
    def test_deleted_comes_back(self):
        self.call.activity_id.with_user(self.leaver).unlink()
        self.assertEqual(self.call.state, "owed")
        self.assertFalse(self.call.activity_id)
        self.assertIn("still owed", self.call.next_try)
        self._run_cron("show_touchpoints")
        self.assertFalse(self.call.activity_id, "not at once")
        with self._at("2027-03-02 01:00:00"):
            self._run_cron("show_touchpoints")
        self.assertTrue(self.call.activity_id.active)

    def test_archived_comes_back(self):
        self.call.activity_id.action_archive()
        self._run_cron("show_touchpoints")
        self.assertTrue(self.call.activity_id.active)

    def test_rescheduled(self):
        self.call.activity_id.with_user(self.leaver).date_deadline = "2027-03-10"
        self.assertEqual(str(self.call.date_due), "2027-03-10")
        self.assertEqual(str(self.call.date_show), "2027-03-10")

    def test_rescheduled_by_a_stranger_goes_back(self):
        activity = self.call.activity_id
        before = (self.call.date_due, self.call.date_show, activity.date_deadline)
        vals = {"date_deadline": "2027-12-31"}
        try:
            self._rpc(self.colleague, activity, "write", vals)
        except AccessError:
            self.env.invalidate_all()
            activity.sudo().with_user(self.colleague).sudo().write(vals)
        after = (self.call.date_due, self.call.date_show, activity.date_deadline)
        self.assertEqual(after, before)

    def test_reassigned_there_is_reassigned_here(self):
        self._member_of_a_team_of(self.user_leader)
        activity = self.call.activity_id.with_user(self.user_leader)
        activity.user_id = self.colleague
        self.assertEqual(self.call.user_id, self.colleague)
        self.assertEqual(self.call.activity_id.user_id, self.colleague)
        self.assertNotIn(self.call, self._today_of(self.leaver))
        self.assertIn(self.call, self._today_of(self.colleague))

    def test_meeting_goes_along(self):
        self._member_of_a_team_of(self.user_leader)
        event = self.visit.event_id
        self.visit.activity_id.with_user(self.user_leader).user_id = self.colleague
        self.assertEqual(self.visit.user_id, self.colleague)
        self.assertEqual(event.user_id, self.colleague)
        self.assertIn(self.colleague.partner_id, event.partner_ids)
        self.assertNotIn(self.leaver.partner_id, event.partner_ids)

    def test_reassigned_by_those_who_may_only(self):
        for user in (self.leaver, self.colleague):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.call.activity_id.with_user(user).user_id = self.colleague
        self.assertEqual(self.call.user_id, self.leaver)
        self.assertEqual(self.call.activity_id.user_id, self.leaver)

    def test_reassigned_to_somebody_of_the_company_only(self):
        self._member_of_a_team_of(self.user_leader)
        activity = self.call.activity_id.with_user(self.user_leader)
        with self.assertRaisesRegex(UserError, "works in"):
            activity.user_id = self.user_company_b
        self.assertEqual(self.call.user_id, self.leaver)

    def test_reassigned_here_is_reassigned_there(self):
        before = self.call.user_id
        self.call.user_id = self.colleague
        self.call._responsible_changed(before)
        self.assertEqual(self.call.activity_id.user_id, self.colleague)

    def _member_of_a_team_of(self, leader):
        self.env["crm.team"].create(
            {
                "name": "Leaver's",
                "user_id": leader.id,
                "company_id": False,
                "member_ids": [Command.link(self.leaver.id)],
            }
        )

    def _today_of(self, user):
        touchpoints = self.env["continuity.touchpoint"]
        return touchpoints.search(
            touchpoints._domain_today(user, fields.Date.to_date("2027-12-31"))
        )

    def test_withdrawn_by_us_stays_away(self):
        self.call._cancel("No.")
        self.assertEqual(self.call.state, "cancelled")
        self.assertFalse(self.call.next_try)

    def test_queries_of_a_batch(self):
        """Deleting activities that belong to no touchpoint asks once."""
        activities = self.env["mail.activity"].concat(
            *(
                self.customer_2.activity_schedule("mail.mail_activity_data_call")
                for _n in range(20)
            )
        )
        with self.assertQueryCount(1):
            self.assertFalse(activities._continuity_touchpoints())


@tagged("post_install", "-at_install")
class TestMeetingMoved(SyncCommon):
    def test_meeting_moved(self):
        mails = self.env["mail.mail"].search_count([])
        event = self.visit.event_id.with_user(self.leaver)
        event.write(
            {
                "start": "2027-03-04 13:00:00",
                "stop": "2027-03-04 15:00:00",
                "duration": 2.0,
            }
        )
        self.assertEqual(str(self.visit.date_planned), "2027-03-04 13:00:00")
        self.assertEqual(self.visit.duration, 2.0)
        self.assertEqual(str(self.visit.date_due), "2027-03-04")
        self.assertEqual(str(self.visit.activity_id.date_deadline), "2027-03-04")
        self.assertEqual(str(event.start), "2027-03-04 13:00:00")
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)

    def test_meeting_moved_far_from_utc(self):
        self.leaver.tz = "Asia/Tokyo"
        event = self.visit.event_id.with_user(self.leaver)
        event.write({"start": "2027-03-04 23:00:00", "stop": "2027-03-05 00:00:00"})
        self.assertEqual(str(event.start), "2027-03-04 23:00:00")
        self.assertEqual(str(self.visit.date_planned), "2027-03-04 23:00:00")
        self.assertEqual(str(self.visit.date_due), "2027-03-05")
        self.assertEqual(str(self.visit.activity_id.date_deadline), "2027-03-05")

    def test_appointment_moved(self):
        self.leaver.tz = "Asia/Tokyo"
        self.visit._reschedule("2027-03-09 23:30:00")
        self.assertEqual(str(self.visit.date_planned), "2027-03-09 23:30:00")
        self.assertEqual(str(self.visit.event_id.start), "2027-03-09 23:30:00")
        self.assertEqual(str(self.visit.activity_id.date_deadline), "2027-03-10")

    def test_activity_of_the_meeting_moved(self):
        self.visit.activity_id.with_user(self.leaver).date_deadline = "2027-03-05"
        self.assertEqual(str(self.visit.event_id.start), "2027-03-05 09:00:00")
        self.assertEqual(str(self.visit.date_planned), "2027-03-05 09:00:00")
        self.assertEqual(str(self.visit.date_due), "2027-03-05")

    def test_meeting_deleted(self):
        for way in ("unlink", "action_archive"):
            with self.subTest(way=way):
                self.visit.date_planned = "2027-03-02 09:00:00"
                self.visit._sync_event()
                getattr(self.visit.event_id, way)()
                self.assertEqual(self.visit.state, "owed")
                self.assertFalse(self.visit.date_planned)
                self.assertFalse(self.visit.event_id)
                self.assertTrue(self.visit.activity_id.active)
                self.assertIn("another appointment", self.visit.activity_id.note)

    def test_meeting_takes_longer(self):
        self.visit.event_id.with_user(self.leaver).stop = "2027-03-02 11:30:00"
        self.assertEqual(self.visit.duration, 2.5)
        self.assertEqual(str(self.visit.date_planned), "2027-03-02 09:00:00")

    def test_meeting_renamed(self):
        self.visit.event_id.name = "Another name"
        self.assertEqual(str(self.visit.date_planned), "2027-03-02 09:00:00")
        self.assertFalse(self.visit.next_try)


@tagged("post_install", "-at_install")
class TestGateStaysShut(GateCommon):
    """Ticking an activity, or moving a meeting, holds no visit."""

    def test_activity_of_the_visit_marked_done(self):
        for user in (self.leaver, self.approver, self.user_manager):
            self.touchpoint.activity_id.with_user(user).action_feedback(feedback="x")
            self.assertEqual(self.touchpoint.state, "owed")
            self.assertNotEqual(self.visit_line.visit_state, "held")
            self.assertFalse(self.visit_line.gate_open)

    def test_ladder_does_not_open_it(self):
        with self._after_visit(self.visit_line):
            for _n in range(5):
                self._hold_visit(self.visit_line, outcome="no_answer")
            with self.assertRaises(UserError):
                self.touchpoint.with_user(self.leaver).log_attempt(
                    "held", channel_id=self.channel_call.id
                )
        self.assertTrue(all(c.is_meeting for c in self.touchpoint.channel_ids))
        self.assertNotEqual(self.visit_line.visit_state, "held")

    def test_written_outcomes_hold_no_visit(self):
        for outcome in ("sent", "posted", "rejected", "bounced"):
            with self.subTest(outcome=outcome), self.assertRaises(UserError):
                self._rpc(self.leaver, self.touchpoint, "log_attempt", outcome)
        self.assertNotEqual(self.visit_line.visit_state, "held")

    def test_plan_follows_the_calendar(self):
        event = self.touchpoint.event_id
        start = event.start + timedelta(days=1)
        event.write({"start": start, "stop": start + timedelta(hours=1)})
        self.assertEqual(self.visit_line.date_visit, start)
        self.assertEqual(self.touchpoint.date_planned, start)
        far = fields.Datetime.to_datetime("2027-09-01 09:00:00")
        with self.assertRaises(UserError):
            event.write({"start": far, "stop": far + timedelta(hours=1)})
        event.unlink()
        self.assertFalse(self.visit_line.date_visit)
        self.assertTrue(self.touchpoint.activity_id.active)
