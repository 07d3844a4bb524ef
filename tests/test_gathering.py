from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestGathering(HandoverCommon):
    """A meeting of several customers: one appointment, one touchpoint each."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gathering = cls.env["continuity.gathering"].create(
            {
                "name": "Reception",
                "company_id": cls.company_a.id,
                "date": "2027-03-05 09:00:00",
                "place": "https://meet.example.com/reception",
            }
        )
        cls.first = cls._invite(cls.customer_1, cls.leaver)
        cls.second = cls._invite(cls.customer_2, cls.leaver)
        cls.third = cls._invite(cls.customer_3, cls.successor)
        cls.contacts = cls.first | cls.second | cls.third
        cls.contacts._show()

    @classmethod
    def _invite(cls, partner, user):
        return cls._plan_touchpoint(
            partner,
            occurrence="reception",
            channel_ids=(cls.channel_video | cls.channel_visit).ids,
            gathering_id=cls.gathering.id,
            user_id=user.id,
            invite_customer=True,
        )

    def test_one_meeting_of_colleagues(self):
        """Customers on one invitation would read of each other."""
        event = self.gathering.event_id
        self.assertEqual(self.contacts.event_id, event)
        self.assertEqual(event.partner_ids, (self.leaver | self.successor).partner_id)
        self.assertEqual(event.location, "https://meet.example.com/reception")
        for customer in self.contacts.partner_id:
            self.assertNotIn(customer.name, f"{event.name} {event.description}")
        self.assertFalse(event.res_id)
        self.assertEqual(set(self.contacts.mapped("duration")), {1.5})

    def test_attended_at_the_same_time(self):
        date = fields.Datetime.to_datetime("2027-03-05 09:00:00")
        with self._at(date + timedelta(hours=2)):
            guests = (self.first | self.second).with_user(self.leaver)
            guests.log_attempt("held", date=date, minutes=45)
            self.assertEqual(set(guests.mapped("state")), {"done"})
            elsewhere = self._plan_touchpoint(
                self.customer_3,
                channel_ids=self.channel_visit.ids,
                user_id=self.leaver.id,
            )
            with self.assertRaisesRegex(UserError, "cannot have met"):
                elsewhere.with_user(self.leaver).log_attempt("held", date=date)

    def test_another_gathering_is_elsewhere(self):
        other = self.gathering.copy({"name": "Another"})
        guest = self._plan_touchpoint(
            self.customer_3,
            occurrence="other",
            channel_ids=self.channel_video.ids,
            gathering_id=other.id,
            user_id=self.leaver.id,
        )
        date = self.gathering.date
        with self._at(date + timedelta(hours=2)):
            self.first.with_user(self.leaver).log_attempt("held", date=date)
            with self.assertRaisesRegex(UserError, "cannot have met"):
                guest.with_user(self.leaver).log_attempt("held", date=date)

    def test_nobody_calls_their_visits_a_gathering(self):
        touchpoint = self._plan_touchpoint(self.customer_1)
        with self.assertRaises(AccessError):
            self._rpc(
                self.leaver, touchpoint, "write", {"gathering_id": self.gathering.id}
            )
        with self.assertRaises(AccessError):
            self._rpc(self.user_manager, self.gathering, "write", {"name": "Mine"})
        with self.assertRaises(AccessError):
            self._rpc(self.leaver, self.gathering, "read", ["name"])

    def test_who_leaves_does_not_end_it(self):
        event = self.gathering.event_id
        self.third._cancel("Declined")
        self.assertTrue(event.active)
        self.assertEqual(event.partner_ids, self.leaver.partner_id)
        self.assertEqual((self.first | self.second).event_id, event)
        (self.first | self.second)._cancel("Called off")
        self.assertFalse(event.active)
        self.assertFalse(self.gathering.event_id)

    def test_moved(self):
        self.gathering._move("2027-03-08 13:00:00", 2.0)
        date = fields.Datetime.to_datetime("2027-03-08 13:00:00")
        self.assertEqual(set(self.contacts.mapped("date_planned")), {date})
        self.assertEqual(set(self.contacts.mapped("duration")), {2.0})
        self.assertEqual(self.gathering.event_id.start, date)
        self.assertEqual(
            self.gathering.event_id.stop, fields.Datetime.add(date, hours=2)
        )

    def test_moved_in_the_calendar(self):
        date = fields.Datetime.to_datetime("2027-03-09 10:00:00")
        self.gathering.event_id.with_user(self.leaver).write(
            {"start": date, "stop": date + timedelta(hours=1)}
        )
        self.assertEqual(set(self.contacts.mapped("date_planned")), {date})
        self.assertEqual(self.gathering.date, date)
        self.assertEqual(self.gathering.duration, 1.0)

    def test_deleted_in_the_calendar(self):
        """One person's calendar does not cancel the meeting of many."""
        self.gathering.event_id.with_user(self.leaver).unlink()
        event = self.gathering.event_id
        self.assertTrue(event.active)
        self.assertEqual(self.contacts.event_id, event)
        self.assertEqual(self.contacts.mapped("date_planned")[0], self.gathering.date)

    def test_done_is_history(self):
        event = self.gathering.event_id
        date = self.gathering.date
        with self._at(date + timedelta(hours=2)):
            self.first.with_user(self.leaver).log_attempt("held", date=date)
            (self.second | self.third)._cancel("Did not come")
            self.assertTrue(event.active)
