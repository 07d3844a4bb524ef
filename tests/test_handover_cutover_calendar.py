"""Which activities and meetings a cut-over moves."""

from datetime import timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from .common_cutover import NOW, CutOverCase


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestHandoverCutOverCalendar(CutOverCase):
    def test_activities(self):
        """The leaver's open activities on records of the customer move, also those
        on a closed or a colleague's record; done ones and colleagues' do not."""
        lead = self._create_lead("Open", self.customer_1)
        won = self._create_lead(
            "Won",
            self.customer_1,
            self.colleague,
            stage_id=self.won_stage.id,
            probability=100,
        )
        order = self._create_order(self.customer_1, 100, "2026-02-01", confirm=False)
        invoice = self._create_invoice(self.customer_1, 100, "2026-02-01")
        self.successor.tz = "Asia/Tokyo"
        moving = [
            self._create_activity(record)
            for record in (
                self.customer_1,
                self.contact_1,
                lead,
                won,
                order,
                invoice,
            )
        ]
        done = self._create_activity(lead)
        done.with_user(self.leaver).sudo()._action_done()
        staying = [
            done,
            self._create_activity(lead, self.colleague),
            self._create_activity(self.customer_1, self.successor),
            self._create_activity(self.customer_2),
        ]
        plan = self._create_plan(self.customer_1)
        with self._assert_changes(
            {
                activity: {"user_id": self.successor.id, "user_tz": "Asia/Tokyo"}
                for activity in moving
            },
            staying,
        ):
            self._cut_over(plan)
        self.assertLessEqual(self._logged_writes(*moving), self._log(plan))
        self.assertIn(self.successor.partner_id, invoice.message_partner_ids)
        self.assertIn(
            (
                "account.move",
                invoice.id,
                "message_partner_ids",
                0,
                self.successor.partner_id.id,
            ),
            self._log(plan, "follow"),
            "assigning an activity subscribes: that is logged too",
        )

    def test_meetings(self):
        """Future meetings the leaver organises move with their seat; past ones,
        colleagues' and private ones do not (trap 6)."""
        tomorrow = NOW + timedelta(days=1)
        customer = [self.customer_1]
        future = self._create_meeting("Future", customer, tomorrow)
        both = self._create_meeting(
            "Both", [self.contact_1, self.successor.partner_id], tomorrow
        )
        lead = self._create_lead("Deal", self.customer_1)
        of_deal = self._create_meeting("Of deal", [], tomorrow, opportunity_id=lead.id)
        on_record = self._create_meeting(
            "On record",
            [],
            tomorrow,
            res_model_id=self.env["ir.model"]._get_id("res.partner"),
            res_id=self.customer_1.id,
        )
        staying = [
            self._create_meeting("Past", customer, NOW - timedelta(days=1)),
            self._create_meeting("Private", customer, tomorrow, privacy="private"),
            self._create_meeting("Other", customer, tomorrow, self.colleague),
            self._create_meeting("Elsewhere", [self.customer_2], tomorrow),
            self._create_meeting("Archived", customer, tomorrow, active=False),
        ]
        old_partners = {event: event.partner_ids for event in staying}
        plan = self._create_plan(self.customer_1)
        moved = {"user_id": self.successor.id}
        with self._assert_changes(
            {future: moved, both: moved, of_deal: moved, on_record: moved}, staying
        ):
            self._cut_over(plan)
        seat = self.successor.partner_id
        self.assertEqual(future.partner_ids, seat | self.customer_1)
        self.assertEqual(future.attendee_ids.partner_id, seat | self.customer_1)
        self.assertEqual(both.partner_ids, seat | self.contact_1)
        self.assertEqual(of_deal.partner_ids, seat)
        for event, partners in old_partners.items():
            self.assertEqual(event.partner_ids, partners, event.name)
        leaver = self.leaver.partner_id.id
        self.assertEqual(
            self._log(plan, "attendee"),
            {
                ("calendar.event", event.id, "partner_ids", leaver, new)
                for event, new in (
                    (future, seat.id),
                    (both, 0),
                    (of_deal, seat.id),
                    (on_record, seat.id),
                )
            },
        )

    def test_meetings_in_private_calendar(self):
        """In a calendar that is private by default only public meetings move."""
        tomorrow = NOW + timedelta(days=1)
        default = self._create_meeting("Default", [self.customer_1], tomorrow)
        public = self._create_meeting(
            "Public", [self.customer_1], tomorrow, privacy="public"
        )
        activity = self._create_activity(self.customer_1, calendar_event_id=default.id)
        self.leaver.res_users_settings_id.calendar_default_privacy = "private"
        self._cut_over(self._create_plan(self.customer_1))
        self.assertEqual(default.sudo().user_id, self.leaver)
        self.assertEqual(activity.user_id, self.leaver, "belongs to the meeting")
        self.assertEqual(public.user_id, self.successor)

    def test_colleagues_are_no_contacts(self):
        """Where one of our companies is a customer of another, a meeting with the
        colleagues there is none with the customer."""
        sister = self.company_b.partner_id
        sister.user_id = self.leaver
        self.user_company_b.partner_id.parent_id = sister
        self.assertEqual(self.user_company_b.partner_id.commercial_partner_id, sister)
        meeting = self._create_meeting(
            "Colleagues", [self.user_company_b.partner_id], NOW + timedelta(days=1)
        )
        with self._assert_changes({sister: {"user_id": self.successor.id}}, [meeting]):
            self._cut_over(self._create_plan(sister))

    def test_recurring_meeting(self):
        """Of a series, the occurrences to come move and those that took place do
        not; dates and recurrence stay, and the preview counts it once."""
        first = self._create_meeting(
            "Weekly",
            [self.customer_1],
            NOW - timedelta(days=14, hours=1),
            recurrency=True,
            rrule_type="weekly",
            interval=1,
            tue=True,
            end_type="count",
            count=8,
            event_tz="UTC",
        )
        series = first.recurrence_id.calendar_event_ids.sorted("start")
        self.assertEqual(len(series), 8)
        past = series.filtered(lambda event: event.start <= NOW)
        self.assertEqual(len(past), 3)
        plan = self._create_plan(self.customer_1)
        counts = {mover.key: count for mover, count in plan._count_records()}
        self.assertEqual(counts, {"partner": 1, "meeting": 1})
        with self._assert_changes(
            {event: {"user_id": self.successor.id} for event in series - past}, past
        ):
            self._cut_over(plan)
        self.assertEqual(first.recurrence_id.calendar_event_ids, series)
        self.assertIn(self.leaver.partner_id, past.partner_ids)
        self.assertNotIn(self.leaver.partner_id, (series - past).partner_ids)

    def test_colleagues_activity_of_a_moved_meeting(self):
        """A meeting that moves does not take a colleague's activity along."""
        meeting = self._create_meeting(
            "Future", [self.customer_1], NOW + timedelta(days=1)
        )
        activity = self._create_activity(
            self.customer_1, self.colleague, calendar_event_id=meeting.id
        )
        with self._assert_changes(
            {meeting: {"user_id": self.successor.id}}, [activity]
        ):
            self._cut_over(self._create_plan(self.customer_1))

    def test_joint_visit_stays(self):
        """Activity and meeting of a contact that belongs to the handover stay with
        the predecessor, who owes it; other planned contacts move."""
        relationship = self.env["continuity.relationship"]._ensure(
            self.company_a, self.customer_1
        )
        plan = self._create_plan(self.customer_1)
        channel = self.env.ref("customer_continuity.channel_visit")
        values = {
            "relationship_id": relationship.id,
            "partner_id": self.customer_1.id,
            "company_id": self.company_a.id,
            "channel_ids": channel.ids,
            "user_id": self.leaver.id,
            "date_due": NOW.date(),
            "date_planned": NOW + timedelta(days=2),
            "name": "Visit",
            "occurrence": "test",
            "purpose": "handover",
        }
        line = plan.line_ids
        visit, other = self.env["continuity.touchpoint"]._plan(
            [
                {**values, "origin_model": record._name, "origin_id": record.id}
                for record in (line, relationship)
            ]
        )
        (visit | other)._show()
        self.assertTrue(visit.activity_id and visit.event_id)
        self._cut_over(plan)
        for touchpoint, user in ((visit, self.leaver), (other, self.successor)):
            self.assertEqual(touchpoint.user_id, user)
            self.assertEqual(touchpoint.activity_id.user_id, user)
            self.assertEqual(touchpoint.event_id.user_id, user)
