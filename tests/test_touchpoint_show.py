"""What a touchpoint shows in activities and calendars, by hand and by cron."""

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestTouchpointShow(HandoverCommon):
    """Activities and meetings: on the day, quietly, for those who take part."""

    def _dated_visit(self, **values):
        return self._plan_touchpoint(
            name="Visit",
            channel_ids=(self.channel_visit | self.channel_video).ids,
            date_planned="2027-03-02 09:00:00",
            date_due="2027-03-02",
            duration=1.5,
            attendee_ids=[(6, 0, self.successor.ids)],
            **values,
        )

    def _counts(self):
        return {
            model: self.env[model].sudo().search_count([])
            for model in ("mail.mail", "mail.message", "mail.notification")
        }

    def test_activity_of_a_call(self):
        touchpoint = self._plan_touchpoint(name="Say hello")
        touchpoint._show()
        activity = touchpoint.activity_id
        self.assertEqual(activity.res_model, "res.partner")
        self.assertEqual(activity.res_id, self.customer_1.id)
        self.assertEqual(activity.user_id, self.leaver)
        self.assertEqual(
            activity.activity_type_id, self.env.ref("mail.mail_activity_data_call")
        )
        self.assertEqual(activity.summary, "Say hello")
        self.assertEqual(activity.date_deadline, touchpoint.date_due)
        self.assertFalse(touchpoint.event_id, "a call is no meeting")

    def test_channel_without_activity_type(self):
        self.channel_call.activity_type_id = False
        touchpoint = self._plan_touchpoint()
        touchpoint._show()
        self.assertEqual(
            touchpoint.activity_id.activity_type_id,
            self.env.ref("mail.mail_activity_data_todo"),
        )

    def test_meeting_of_a_dated_visit(self):
        touchpoint = self._dated_visit()
        touchpoint._show()
        event = touchpoint.event_id
        self.assertEqual(str(event.start), "2027-03-02 09:00:00")
        self.assertEqual(str(event.stop), "2027-03-02 10:30:00")
        self.assertEqual(event.user_id, self.leaver)
        self.assertEqual(event.partner_ids, (self.leaver | self.successor).partner_id)
        self.assertEqual(event.res_model, "res.partner")
        self.assertEqual(event.res_id, self.customer_1.id)
        activities = self.env["mail.activity"].search(
            [("res_model", "=", "res.partner"), ("res_id", "=", self.customer_1.id)]
        )
        self.assertEqual(activities, touchpoint.activity_id, "one duty, one activity")
        self.assertEqual(touchpoint.activity_id.calendar_event_id, event)

    def test_undated_visit_has_no_meeting(self):
        touchpoint = self._plan_touchpoint(channel_ids=self.channel_visit.ids)
        touchpoint._show()
        self.assertTrue(touchpoint.activity_id)
        self.assertFalse(touchpoint.event_id)

    def test_shown_once(self):
        touchpoint = self._dated_visit()
        touchpoint._show()
        activity, event = touchpoint.activity_id, touchpoint.event_id
        touchpoint._show()
        self.assertEqual(
            (touchpoint.activity_id, touchpoint.event_id), (activity, event)
        )

    def test_closed_is_not_shown(self):
        touchpoint = self._plan_touchpoint()
        touchpoint._cancel("Not needed.")
        touchpoint._show()
        self.assertFalse(touchpoint.activity_id)

    def test_quiet(self):
        """No mail, no message, no notification, no invitation to anybody."""
        self.customer_1.email = "customer@continuity.example.com"
        touchpoints = self._dated_visit() | self._plan_touchpoint(self.customer_2)
        self.env.flush_all()
        before = self._counts()
        # With what the tests switch off, so that it would show.
        touchpoints.with_context(
            tracking_disable=False, mail_create_nolog=False
        )._show()
        self.env.flush_all()
        self.env.cr.precommit.run()
        after = self._counts()
        # A new meeting says in its own chatter that it was created: a log note.
        log = self.env["mail.message"].search(
            [
                ("model", "=", "calendar.event"),
                ("res_id", "=", touchpoints.event_id.id),
            ]
        )
        self.assertFalse(log.notification_ids)
        self.assertFalse(log.partner_ids)
        after["mail.message"] -= len(log)
        self.assertEqual(after, before)
        self.assertNotIn(self.customer_1, touchpoints.event_id.partner_ids)

    def test_customer_invited_only_when_asked(self):
        self.contact_1.email = "contact@continuity.example.com"
        self.customer_1.email = "customer@continuity.example.com"
        people = {"contact_ids": [(6, 0, self.contact_1.ids)]}
        mails = self.env["mail.mail"].sudo()
        known = mails.search([])
        self._dated_visit(occurrence="quiet", **people)._show()
        self.assertEqual(mails.search([]), known)
        touchpoint = self._dated_visit(
            occurrence="asked", invite_customer=True, **people
        )
        touchpoint._show()
        self.assertIn(self.contact_1, touchpoint.event_id.partner_ids)
        self.assertNotIn(self.customer_1, touchpoint.event_id.partner_ids)
        self.assertIn(
            self.contact_1, (mails.search([]) - known).mail_message_id.partner_ids
        )

    def test_customer_itself_without_people(self):
        touchpoint = self._dated_visit(invite_customer=True)
        touchpoint._show()
        self.assertIn(self.customer_1, touchpoint.event_id.partner_ids)

    def test_rescheduled(self):
        touchpoint = self._dated_visit()
        touchpoint._show()
        event = touchpoint.event_id
        touchpoint._reschedule("2027-03-04 13:00:00")
        self.assertEqual(touchpoint.event_id, event)
        self.assertEqual(str(event.start), "2027-03-04 13:00:00")
        self.assertEqual(str(event.stop), "2027-03-04 14:30:00")
        self.assertEqual(str(touchpoint.date_due), "2027-03-04")
        self.assertEqual(str(touchpoint.activity_id.date_deadline), "2027-03-04")

    def test_rescheduled_to_no_date(self):
        """Without an appointment nobody's calendar holds one."""
        touchpoint = self._dated_visit()
        touchpoint._show()
        event = touchpoint.event_id
        touchpoint._reschedule(False)
        self.assertFalse(event.active)
        self.assertTrue(touchpoint.activity_id, "it is owed all the same")
        touchpoint._reschedule("2027-03-05 09:00:00")
        self.assertTrue(touchpoint.event_id.active)
        self.assertEqual(str(touchpoint.event_id.start), "2027-03-05 09:00:00")

    def test_due_day_is_the_local_one(self):
        self.leaver.tz = "Asia/Tokyo"
        touchpoint = self._dated_visit()
        touchpoint._reschedule("2027-03-04 23:30:00")
        self.assertEqual(str(touchpoint.date_due), "2027-03-05")

    # === cron === #

    def test_cron_shows_what_is_due(self):
        today = self._plan_touchpoint(occurrence="today")
        late = self._plan_touchpoint(occurrence="late", date_due="2027-02-01")
        early = self._plan_touchpoint(
            occurrence="early", date_due="2027-03-09", date_show="2027-03-01"
        )
        later = self._plan_touchpoint(occurrence="later", date_due="2027-03-02")
        cancelled = self._plan_touchpoint(occurrence="cancelled")
        cancelled._cancel("No.")
        self._run_cron("show_touchpoints")
        self.assertTrue(today.activity_id)
        self.assertTrue(late.activity_id)
        self.assertTrue(early.activity_id)
        self.assertFalse(later.activity_id)
        self.assertFalse(cancelled.activity_id)
        with self._at("2027-03-02 01:00:00"):
            self._run_cron("show_touchpoints")
        self.assertTrue(later.activity_id)

    def test_cron_goes_by_the_day_of_the_responsible(self):
        self.leaver.tz = "Asia/Tokyo"
        touchpoint = self._plan_touchpoint(date_due="2027-03-02")
        with self._at("2027-03-01 14:55:00"):  # five to midnight in Tokyo
            self._run_cron("show_touchpoints")
        self.assertFalse(touchpoint.activity_id)
        with self._at("2027-03-01 15:05:00"):
            self._run_cron("show_touchpoints")
        self.assertTrue(touchpoint.activity_id)
        self.leaver.tz = "America/Los_Angeles"
        touchpoint = self._plan_touchpoint(occurrence="west", date_due="2027-03-02")
        with self._at("2027-03-02 07:55:00"):  # five to midnight in Los Angeles
            self._run_cron("show_touchpoints")
        self.assertFalse(touchpoint.activity_id)
        with self._at("2027-03-02 08:05:00"):
            self._run_cron("show_touchpoints")
        self.assertTrue(touchpoint.activity_id)

    def test_cron_run_again_changes_nothing(self):
        touchpoint = self._plan_touchpoint()
        self._run_cron("show_touchpoints")
        activity = touchpoint.activity_id
        self._run_cron("show_touchpoints")
        self.assertEqual(touchpoint.activity_id, activity)

    def test_cron_goes_on_after_one_that_fails(self):
        """One that cannot be shown holds up no other and keeps its reason (I11)."""
        before = self._plan_touchpoint(occurrence="before")
        broken = self._plan_touchpoint(self.customer_2)
        after = self._plan_touchpoint(occurrence="after")
        prepare = type(broken)._prepare_activity_values

        def fail(touchpoint, model_id):
            if touchpoint.id == broken.id:
                raise ValueError("The activity type is gone.")
            return prepare(touchpoint, model_id)

        self.patch(
            self.registry["continuity.touchpoint"], "_prepare_activity_values", fail
        )
        with mute_logger(
            "odoo.addons.base.models.ir_cron",
            "odoo.addons.customer_continuity.models.continuity_batch_mixin",
        ):
            self._run_cron("show_touchpoints")
        self.assertTrue(before.activity_id)
        self.assertTrue(after.activity_id)
        self.assertFalse(broken.activity_id)
        self.assertIn("The activity type is gone.", broken.show_error)
        self.registry["continuity.touchpoint"]._prepare_activity_values = prepare
        self._run_cron("show_touchpoints")
        self.assertTrue(broken.activity_id)
        self.assertFalse(broken.show_error)
