"""What is reported of a touchpoint, and by whom."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestTouchpointAttempt(HandoverCommon):
    """Attempts: evidence of what was tried, by whom, with what result."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.touchpoint = cls._plan_touchpoint(
            channel_ids=(cls.channel_call | cls.channel_video).ids
        )

    def _log(self, outcome="held", user=None, touchpoint=None, **values):
        touchpoint = touchpoint or self.touchpoint
        return touchpoint.with_user(user or self.leaver).log_attempt(outcome, **values)

    def test_held(self):
        attempt = self._log(date="2027-03-01 05:30:00", minutes=20, note="All is well.")
        self.assertEqual(self.touchpoint.state, "done")
        self.assertEqual(self.touchpoint.outcome, "held")
        self.assertEqual(str(self.touchpoint.date_done), "2027-03-01 05:30:00")
        self.assertEqual(self.touchpoint.done_by_id, self.leaver)
        self.assertEqual(attempt.user_id, self.leaver)
        self.assertEqual(attempt.channel_id, self.channel_call)
        self.assertEqual(attempt.minutes, 20)
        self.assertEqual(self.touchpoint.attempt_ids, attempt)

    def test_nobody_answers(self):
        """A try is no contact, and the next one is on the same touchpoint."""
        self.touchpoint._show()
        for outcome in ("no_answer", "message_left", "wrong_number", "refused"):
            self._log(outcome)
            self.assertEqual(self.touchpoint.state, "tried")
            self.assertEqual(self.touchpoint.outcome, outcome)
        self._log("held", channel_id=self.channel_video.id)
        self.assertEqual(self.touchpoint.state, "done")
        self.assertEqual(len(self.touchpoint.attempt_ids), 5)

    def test_done_closes_its_activity(self):
        self.touchpoint._show()
        activity = self.touchpoint.activity_id
        self._log(note="They like the new machine.")
        self.assertFalse(activity.active)
        self.assertEqual(str(activity.date_done), "2027-03-01")
        self.assertEqual(activity.feedback, "They like the new machine.")
        message = self.customer_1.message_ids[0]
        self.assertIn("They like the new machine.", message.body)
        self.assertEqual(message.author_id, self.leaver.partner_id)

    def test_done_leaves_other_activities(self):
        other = self.customer_1.activity_schedule(
            "mail.mail_activity_data_call", user_id=self.leaver.id
        )
        self.touchpoint._show()
        self._log()
        self.assertTrue(other.active)

    def test_activity_that_somebody_deleted(self):
        self.touchpoint._show()
        self.touchpoint.activity_id.unlink()
        self._log()
        self.assertEqual(self.touchpoint.state, "done")

    def test_wrong_channel(self):
        with self.assertRaisesRegex(
            UserError, "Call, Video meeting|Video meeting, Call"
        ):
            self._log(channel_id=self.channel_email.id)
        with self.assertRaises(UserError):
            self._log(channel_id=self.channel_voicemail.id)
        self.assertEqual(self.touchpoint.state, "owed")
        self.assertFalse(self.touchpoint.attempt_ids)

    def test_future(self):
        with self.assertRaisesRegex(UserError, "in the future"):
            self._log(date="2027-03-01 06:00:01")
        self.assertEqual(self.touchpoint.state, "owed")
        self._log(date="2027-03-01 06:00:00")

    def test_closed(self):
        self._log()
        with self.assertRaisesRegex(UserError, "closed already"):
            self._log("no_answer")
        other = self._plan_touchpoint(occurrence="failed")
        other._fail("Moved away.")
        with self.assertRaisesRegex(UserError, "closed already"):
            self._log(touchpoint=other)

    def test_unknown_values(self):
        for name in ("user_id", "touchpoint_id", "outcome_"):
            with self.assertRaisesRegex(UserError, name):
                self._log(**{name: self.successor.id})

    def test_unknown_outcome(self):
        with self.assertRaises(ValueError):
            self._log("done")
        self.assertEqual(self.touchpoint.state, "owed")

    def test_who_may_report(self):
        with self.assertRaises(AccessError):
            self._log(user=self.colleague)
        # Sees the customer all right, but was not there.
        with self.assertRaisesRegex(AccessError, "take part"):
            self._log(user=self.user_all)
        with self.assertRaises(AccessError):
            self._log(user=self.user_portal)
        present = self._plan_touchpoint(
            occurrence="joint", attendee_ids=[(6, 0, self.successor.ids)]
        )
        self._log(user=self.successor, touchpoint=present)
        leaders = self._plan_touchpoint(occurrence="leader")
        self._log(user=self.user_leader, touchpoint=leaders)
        self.assertEqual(leaders.done_by_id, self.user_leader)

    def test_nobody_is_in_two_places_at_once(self):
        """Meetings somebody reports cannot overlap: 80 in an hour are none."""
        visits = self.env["continuity.touchpoint"]
        for number in range(3):
            partner = self._create_customer(f"Far Away {number}", self.leaver)
            visits |= self._plan_touchpoint(
                partner, channel_ids=self.channel_visit.ids, duration=1
            )
        with self.assertRaisesRegex(UserError, "Far Away"):
            self._log(touchpoint=visits, date="2027-02-26 09:00:00")
        self._log(touchpoint=visits[0], date="2027-02-26 09:00:00", minutes=1)
        for clash in ("2027-02-26 09:59:00", "2027-02-26 08:01:00"):
            with self.assertRaisesRegex(UserError, "Far Away 0"):
                self._log(touchpoint=visits[1], date=clash)
        self._log(touchpoint=visits[1], date="2027-02-26 10:00:00")
        # Not held is not being there; calls are short.
        self._log("no_answer", touchpoint=visits[2], date="2027-02-26 10:00:00")
        self._log(date="2027-02-26 10:00:00")

    def test_nor_is_who_comes_along(self):
        """One successor, two predecessors, two customers, one hour."""
        first, second = (
            self._plan_touchpoint(
                self._create_customer(f"Far Away {user.name}", user),
                channel_ids=self.channel_visit.ids,
                user_id=user.id,
                attendee_ids=[(6, 0, self.successor.ids)],
            )
            for user in (self.leaver, self.colleague)
        )
        self._log(touchpoint=first, date="2027-02-26 09:00:00")
        for user, met in (
            (self.colleague, "Sales B met another customer"),
            (self.successor, "Sales B met Far Away Sales A"),
        ):
            with self.assertRaisesRegex(UserError, met):
                self._log(user=user, touchpoint=second, date="2027-02-26 09:30:00")
        self._log(user=self.colleague, touchpoint=second, date="2027-02-26 10:30:00")

    def test_one_meeting_for_two_duties(self):
        """To one customer: a visit may serve two purposes at once."""
        visits = self.env["continuity.touchpoint"]
        for occurrence in ("first", "second"):
            visits |= self._plan_touchpoint(
                occurrence=occurrence, channel_ids=self.channel_visit.ids
            )
        self._log(touchpoint=visits, date="2027-02-26 09:00:00")
        self.assertEqual(set(visits.mapped("state")), {"done"})

    def test_fails(self):
        """Given up: activity and future meeting leave people's lists."""
        visit = self._plan_touchpoint(
            occurrence="visit",
            channel_ids=self.channel_visit.ids,
            date_planned="2027-03-02 09:00:00",
        )
        visit._show()
        activity, event = visit.activity_id, visit.event_id
        visit._fail("The customer is on holiday.")
        self.assertEqual(
            (visit.state, visit.reason), ("failed", "The customer is on holiday.")
        )
        self.assertFalse(activity.exists())
        self.assertFalse(event.active)

    def test_cancelled(self):
        visit = self._plan_touchpoint(
            occurrence="visit",
            channel_ids=self.channel_visit.ids,
            date_planned="2027-03-01 05:00:00",
        )
        visit._show()
        event = visit.event_id
        visit._cancel("Not needed any more.")
        self.assertEqual(visit.state, "cancelled")
        self.assertFalse(visit.activity_id)
        self.assertTrue(event.active, "a meeting of the past is history")

    def test_done_is_not_withdrawn(self):
        self._log()
        self.touchpoint._cancel("Too late.")
        self.touchpoint._fail("Too late.")
        self.assertEqual(self.touchpoint.state, "done")
        self.assertFalse(self.touchpoint.reason)

    def test_unplanned_contact(self):
        relationship = self.touchpoint.relationship_id
        contacts = self.env["continuity.touchpoint"].with_user(self.leaver)
        for _time in range(2):
            contact = contacts._log_contact(
                relationship.with_user(self.leaver),
                self.channel_call.with_user(self.leaver),
                "held",
                "They rang up",
                date="2027-02-28 12:00:00",
            )
            self.assertEqual(contact.state, "done")
            self.assertEqual(contact.user_id, self.leaver)
        with self.assertRaises(AccessError):
            contacts.with_user(self.colleague)._log_contact(
                relationship.with_user(self.colleague),
                self.channel_call,
                "held",
                "I say so",
            )
