from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestTouchpointPlan(HandoverCommon):
    """Planning: one touchpoint per origin and occurrence (I1), in batches."""

    def test_index_refuses_a_second_one(self):
        """The database itself says no, so that two crons cannot both succeed."""
        touchpoint = self._plan_touchpoint()
        for name in ("origin_model", "origin_id", "occurrence"):
            field = touchpoint._fields[name]
            self.assertTrue(field.required, name)
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT attname FROM pg_attribute
                WHERE attrelid = 'continuity_touchpoint'::regclass AND attnotnull
                  AND attname IN ('origin_model', 'origin_id', 'occurrence')"""
        )
        self.assertEqual(self.env.cr.rowcount, 3, "all NOT NULL: else no uniqueness")
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(
                """INSERT INTO continuity_touchpoint
                          (name, relationship_id, partner_id, company_id,
                           origin_model, origin_id, occurrence, channel_id, user_id,
                           date_due, date_show, state)
                   SELECT name, relationship_id, partner_id, company_id,
                          origin_model, origin_id, occurrence, channel_id, user_id,
                          date_due, date_show, state
                     FROM continuity_touchpoint WHERE id = %s""",
                [touchpoint.id],
            )

    def test_same_key_twice_in_one_call(self):
        values = self._touchpoint_values()
        touchpoints = self.env["continuity.touchpoint"]._plan([values, dict(values)])
        self.assertEqual(len(touchpoints), 2)
        self.assertEqual(len(set(touchpoints.ids)), 1)

    def test_planned_again_stays_as_it_is(self):
        touchpoint = self._plan_touchpoint()
        touchpoint.with_user(self.leaver).log_attempt("held", note="Reached them.")
        again = self._plan_touchpoint(name="Something else", user_id=self.successor.id)
        self.assertEqual(again, touchpoint)
        self.assertEqual(again.name, "Call Customer 1")
        self.assertEqual(again.user_id, self.leaver)
        self.assertEqual(again.state, "done")

    def test_order_of_the_call_is_kept(self):
        first = self._plan_touchpoint(occurrence="b")
        touchpoints = self.env["continuity.touchpoint"]._plan(
            [self._touchpoint_values(occurrence=name) for name in ("c", "b", "a")]
        )
        self.assertEqual(touchpoints.mapped("occurrence"), ["c", "b", "a"])
        self.assertEqual(touchpoints[1], first)

    def test_indexes_of_what_is_deleted_or_searched(self):
        """Deleting an activity, a meeting or a deal looks for what refers to it."""
        for table, column in (
            ("continuity_touchpoint", "activity_id"),
            ("continuity_touchpoint", "event_id"),
            ("continuity_handover_line", "lead_id"),
            ("continuity_touchpoint_attempt", "date"),
        ):
            self.env.cr.execute(
                "SELECT 1 FROM pg_indexes WHERE tablename = %s AND indexdef LIKE %s",
                [table, f"%USING btree ({column})%"],
            )
            self.assertTrue(self.env.cr.fetchone(), f"{table}.{column}")

    def test_nothing_to_plan(self):
        self.assertFalse(self.env["continuity.touchpoint"]._plan([]))

    def test_defaults(self):
        touchpoint = self._plan_touchpoint(
            channel_ids=(self.channel_visit | self.channel_call).ids,
            date_due="2027-04-01",
        )
        self.assertEqual(touchpoint.state, "owed")
        self.assertEqual(touchpoint.channel_id, self.channel_visit)
        self.assertEqual(touchpoint.channel_ids, self.channel_visit | self.channel_call)
        self.assertEqual(touchpoint.date_show, touchpoint.date_due)
        self.assertFalse(touchpoint.activity_id, "planning creates no activity")
        self.assertFalse(touchpoint.event_id)

    def test_queries_do_not_grow_per_record(self):
        model = self.env["continuity.touchpoint"]
        small, large = (
            [self._touchpoint_values(occurrence=f"{size}:{i}") for i in range(size)]
            for size in (10, 200)
        )
        self._plan_touchpoint(occurrence="warm-up")
        self.env.flush_all()

        def count(values):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            model._plan(values)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        few, many = count(small), count(large)
        # One more INSERT for each further hundred of records, and no more.
        self.assertLessEqual(many, few + 4)
        self.assertLess(few, 15)

    def test_context_cannot_plan_it_done(self):
        """A caller's context holds no default for what methods record (I13)."""
        touchpoints = self.env["continuity.touchpoint"].with_context(
            default_state="done", default_outcome="held"
        )
        touchpoint = touchpoints._plan([self._touchpoint_values()])
        self.assertEqual(touchpoint.state, "owed")
        self.assertFalse(touchpoint.outcome)


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


@tagged("post_install", "-at_install")
class TestTouchpointAccess(HandoverCommon):
    """Who sees what, and that nobody types in what methods record."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.touchpoint = cls._plan_touchpoint()
        cls.touchpoint.with_user(cls.leaver).log_attempt("no_answer")
        cls.attempt = cls.touchpoint.attempt_ids
        cls.user_b = cls.user_company_b
        cls.customer_b = cls._create_customer(
            "Customer B", cls.user_b, company_id=cls.company_b.id
        )
        cls.touchpoint_b = cls._plan_touchpoint(
            cls.customer_b, company_id=cls.company_b.id, user_id=cls.user_b.id
        )
        cls.touchpoint_b.with_user(cls.user_b).log_attempt("no_answer")

    def test_nobody_writes(self):
        """Not even managers: the ledger is evidence."""
        for user in (self.leaver, self.user_leader, self.user_all, self.user_manager):
            touchpoint = self.touchpoint.with_user(user)
            for values in ({"state": "done"}, {"name": "X"}, {"user_id": user.id}):
                with self.assertRaises(AccessError):
                    self._rpc(user, touchpoint, "write", values)
            with self.assertRaises(AccessError):
                self._rpc(user, touchpoint, "unlink")
            with self.assertRaises(AccessError):
                self._rpc(
                    user,
                    touchpoint.browse(),
                    "create",
                    [self._touchpoint_values(occurrence="mine")],
                )
            attempt = self.attempt.with_user(user)
            with self.assertRaises(AccessError):
                self._rpc(user, attempt, "write", {"outcome": "held"})
            with self.assertRaises(AccessError):
                self._rpc(user, attempt, "unlink")
            with self.assertRaises(AccessError):
                self._rpc(
                    user,
                    attempt.browse(),
                    "create",
                    [
                        {
                            "touchpoint_id": self.touchpoint.id,
                            "outcome": "held",
                            "channel_id": self.channel_call.id,
                            "user_id": user.id,
                        }
                    ],
                )

    def test_guarded_beyond_the_access_list(self):
        """A right given later to write touchpoints opens no gate."""
        group = self.env.ref("customer_continuity.group_user")
        self.env["ir.model.access"].create(
            {
                "name": "generous",
                "model_id": self.env["ir.model"]._get_id("continuity.touchpoint"),
                "group_id": group.id,
                "perm_read": True,
                "perm_write": True,
                "perm_create": True,
            }
        )
        touchpoint = self.touchpoint.with_user(self.leaver)
        touchpoint.duration = 2
        for name, value in {
            "state": "done",
            "origin_id": 1,
            "occurrence": "other",
            "relationship_id": self.touchpoint_b.relationship_id.id,
            "partner_id": self.customer_2.id,
            "company_id": self.company_b.id,
            "attempt_ids": [(0, 0, {"outcome": "held"})],
            "date_done": "2027-03-01 05:00:00",
            "done_by_id": self.leaver.id,
            "user_id": self.leaver.id,
            "attendee_ids": [(4, self.leaver.id)],
            "channel_ids": [(4, self.channel_email.id)],
        }.items():
            with self.assertRaisesRegex(AccessError, "cannot be set directly"):
                self._rpc(self.leaver, touchpoint, "write", {name: value})
        with self.assertRaisesRegex(AccessError, "cannot be set directly"):
            self._rpc(
                self.leaver,
                touchpoint.browse(),
                "create",
                [self._touchpoint_values(occurrence="mine", state="done")],
            )

    def test_private_methods_stay_private(self):
        for method in ("_apply_attempts", "_fail", "_cancel", "_plan", "_show"):
            with self.assertRaises(AccessError):
                self._rpc(self.leaver, self.touchpoint, method, "held")

    def test_who_sees_what(self):
        for user, sees in (
            (self.leaver, True),
            (self.user_leader, True),
            (self.user_all, True),
            (self.user_manager, True),
            (self.colleague, False),
            (self.successor, False),
            (self.user_b, False),
        ):
            with self.subTest(user=user.login):
                domain = [("id", "in", (self.touchpoint | self.touchpoint_b).ids)]
                model = self.env["continuity.touchpoint"].with_user(user)
                found = model.search(domain)
                self.assertEqual(self.touchpoint in found, sees)
                self.assertEqual(
                    self.touchpoint_b in found, user in (self.user_b, self.user_manager)
                )
                self.assertEqual(model.search_count(domain), len(found))
                attempts = self.env["continuity.touchpoint.attempt"].with_user(user)
                found = attempts.search([("touchpoint_id", "in", domain[0][2])])
                self.assertEqual(self.attempt in found, sees)

    def test_portal_and_public_see_nothing(self):
        for user in (self.user_portal, self.env.ref("base.public_user")):
            for model in ("continuity.touchpoint", "continuity.touchpoint.attempt"):
                with self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([])

    def test_present_and_new_owner_see_it(self):
        self.touchpoint.sudo().attendee_ids = self.successor
        self.assertTrue(self.touchpoint.with_user(self.successor).has_access("read"))
        self.customer_1.user_id = self.colleague
        self.assertTrue(self.touchpoint.with_user(self.colleague).has_access("read"))

    def test_company_left_out_of_the_switcher(self):
        """A manager of both companies sees the ones they switched on (I8)."""
        touchpoints = self.env["continuity.touchpoint"].with_user(self.user_manager)
        touchpoints = touchpoints.with_context(allowed_company_ids=self.company_a.ids)
        found = touchpoints.search(
            [("id", "in", (self.touchpoint | self.touchpoint_b).ids)]
        )
        self.assertEqual(found, self.touchpoint)

    def test_a_customer_with_contacts_made_cannot_be_deleted(self):
        self._plan_touchpoint(self.customer_2)
        with self.assertRaisesRegex(UserError, "archive"):
            self.customer_2.unlink()

    def test_reported_in_the_dialog(self):
        action = self.touchpoint.with_user(self.leaver).action_report()
        dialog = (
            self.env[action["res_model"]]
            .with_user(self.leaver)
            .with_context(**action["context"])
            .create({"outcome": "held", "note": "Fine."})
        )
        self.assertEqual(dialog.channel_id, self.channel_call)
        dialog.action_apply()
        self.assertEqual(self.touchpoint.state, "done")
        self.assertEqual(self.touchpoint.attempt_ids[0].note, "Fine.")

    def test_dialog_of_a_colleague(self):
        user = new_test_user(
            self.env,
            "outsider",
            "customer_continuity.group_user",
            company_id=self.company_a.id,
            company_ids=[(6, 0, self.company_a.ids)],
        )
        dialog = (
            self.env["continuity.report.contact"]
            .with_user(self.leaver)
            .create({"touchpoint_id": self.touchpoint.id, "outcome": "held"})
        )
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            dialog.with_user(user).read(["note"])
        with self.assertRaises(AccessError):
            dialog.with_user(user).action_apply()


@tagged("post_install", "-at_install")
class TestTouchpointChannels(HandoverCommon):
    """A channel that does not reach the customer leads to the next one."""

    def test_next_accepted_channel(self):
        card = self.env.ref("customer_continuity.channel_card")
        touchpoint = self._plan_touchpoint(channel_ids=(self.channel_call | card).ids)
        touchpoint._show()
        activity = touchpoint.activity_id
        self.assertFalse(touchpoint._switch_channel("Nobody answers."))
        self.assertEqual(touchpoint.channel_id, card, "the letter is not accepted")
        self.assertEqual(touchpoint.state, "tried")
        self.assertEqual(touchpoint.next_try, "Nobody answers.")
        self.assertFalse(touchpoint.why, "why it is owed has not changed")
        self.assertFalse(activity.exists())

    def test_any_channel_is_better_than_silence(self):
        touchpoint = self._plan_touchpoint(channel_ids=self.channel_email.ids)
        touchpoint._switch_channel("The mail came back.")
        self.assertEqual(touchpoint.channel_id, self.channel_call)
        self.assertIn(self.channel_call, touchpoint.channel_ids)

    def test_end_of_the_chain(self):
        card = self.env.ref("customer_continuity.channel_card")
        touchpoint = self._plan_touchpoint(channel_ids=card.ids)
        self.assertEqual(touchpoint._switch_channel("No way."), touchpoint)
        self.assertEqual(touchpoint.state, "owed")

    def test_who_may_not_be_contacted(self):
        relationship = self._plan_touchpoint().relationship_id
        self.assertEqual(relationship._contact_refusals("followup"), {})
        relationship.partner_id.continuity_no_courtesy = True
        self.assertIn(relationship.id, relationship._contact_refusals("followup"))
        self.assertEqual(relationship._contact_refusals("followup", courtesy=False), {})
