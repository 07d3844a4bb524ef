"""A mis-click on Today is taken back the same day, as if it had never been made."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestTodayUndo(HandoverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leaver.tz = cls.successor.tz = "UTC"
        cls._refresh()
        cls.relationship = cls._relationship(cls.customer_1)
        cls.touchpoint = cls._plan_touchpoint(date_due="2027-03-01")
        cls.touchpoint._show()
        cls.mine = cls.touchpoint.with_user(cls.leaver)

    def _state(self):
        self.env.flush_all()
        self.env.invalidate_all()
        values = self.touchpoint.read(
            [
                "state",
                "outcome",
                "date_due",
                "date_show",
                "date_done",
                "done_by_id",
                "reason",
                "channel_id",
                "channel_ids",
                "next_try",
                "held_back",
                "escalated_on",
                "postponed_count",
                "ladder_round",
                "ladder_channel_id",
                "attempt_ids",
                "last_contact",
            ]
        )
        activity = self.touchpoint.activity_id
        return values, activity.date_deadline, activity.active, activity.summary

    def _relation(self):
        self.relationship.invalidate_recordset()
        return self.relationship.read(["last_contact_date", "next_due_date", "state"])

    def test_each_click(self):
        clicks = {
            "done": self.mine.action_today_done,
            "no answer": self.mine.action_today_no_answer,
            "tomorrow": self.mine.action_postpone_tomorrow,
            "next week": self.mine.action_postpone_week,
            "not useful": lambda: self.mine._not_useful("They have closed."),
            "declined": lambda: self.mine.log_attempt("refused"),
            "wrong number": lambda: self.mine.log_attempt("wrong_number"),
        }
        for name, click in clicks.items():
            with self.subTest(click=name):
                before, relation = self._state(), self._relation()
                action = click()
                self.assertNotEqual(self._state(), before)
                if isinstance(action, dict):
                    self.assertEqual(action["tag"], "continuity_undo")
                    ids = action["params"]["touchpoint_ids"]
                    self.assertEqual(ids, self.touchpoint.ids)
                self.assertTrue(self.mine.may_undo)
                self.mine.action_undo()
                self.assertEqual(self._state(), before)
                self.assertEqual(self._relation(), relation)
                self.assertFalse(self.mine.may_undo)
                self.assertFalse(self.customer_1.continuity_phone_problem)

    def test_withdrawn_attempt_is_kept_and_counts_for_nothing(self):
        self.mine.action_today_done()
        self.assertTrue(self.relationship.last_contact_date)
        self.mine.action_undo()
        self.assertFalse(self.touchpoint.attempt_ids)
        self.assertFalse(
            self.customer_1.message_ids.filtered("mail_activity_type_id"),
            "Odoo's own note of a done activity is evidence, too",
        )
        withdrawn = self.touchpoint.withdrawn_attempt_ids
        self.assertEqual(withdrawn.outcome, "held")
        self.assertFalse(self.relationship.last_contact_date)
        self._refresh()
        self.relationship.invalidate_recordset()
        self.assertFalse(self.relationship.last_contact_date, "nor the next night")
        self.assertEqual(self.relationship.state, "never")

    def test_what_was_done_later_stays(self):
        """Another activity of the same day on the same customer is no mistake."""
        self.mine.action_today_done()
        task = self.customer_1.activity_schedule(
            "mail.mail_activity_data_call", user_id=self.leaver.id
        )
        message = task.with_user(self.leaver).sudo()._action_done()[0]
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mail_message SET create_date = create_date + interval '1 hour' "
            "WHERE id = %s",
            [message.id],
        )
        message.invalidate_recordset()
        self.mine.action_undo()
        self.assertTrue(message.mail_activity_type_id)
        self.assertNotIn("by mistake", message.body)

    def test_what_the_report_said_goes_with_it(self):
        self.touchpoint.purpose = "followup"
        wizard = (
            self.env["continuity.report.contact"]
            .with_user(self.leaver)
            .create(
                {
                    "touchpoint_id": self.touchpoint.id,
                    "channel_id": self.channel_call.id,
                    "outcome": "held",
                    "lost_reason": "price",
                    "proposal_made": True,
                }
            )
        )
        wizard.action_apply()
        self.assertEqual(self.touchpoint.lost_reason, "price")
        self.mine.action_undo()
        self.assertFalse(self.touchpoint.lost_reason)
        self.assertFalse(self.touchpoint.proposal_made)

    def test_reported_again(self):
        self.mine.action_today_done()
        self.mine.action_undo()
        self.mine.log_attempt("held", note="Now they did answer.")
        self.assertEqual(self.touchpoint.state, "done")
        self.assertEqual(len(self.touchpoint.attempt_ids), 1)

    def test_managers_task_goes_with_it(self):
        tasks = self.env["mail.activity"].search_count([])
        self.mine.log_attempt("refused")
        self.mine.action_undo()
        self.assertEqual(self.env["mail.activity"].search_count([]), tasks)

    def test_ladder_counts_anew(self):
        self.channel_call.max_attempts = 2
        for _time in range(3):
            self.mine.action_today_no_answer()
            self.mine.action_undo()
        self.assertEqual(self.touchpoint.channel_id, self.channel_call)

    def test_logged_by_mistake(self):
        touchpoint = (
            self.env["continuity.touchpoint"]
            .with_user(self.leaver)
            ._log_contact(self.relationship, self.channel_call, "held", "Call")
        )
        touchpoint.action_undo()
        self.assertEqual(touchpoint.state, "cancelled")
        self.assertFalse(self.relationship.last_contact_date)

    def test_by_who_did_it_only(self):
        self.mine.action_today_done()
        for user, error in (
            (self.user_manager, UserError),
            (self.colleague, AccessError),
        ):
            with self.subTest(user=user.name), self.assertRaises(error):
                self.touchpoint.with_user(user).action_undo()
        self.assertEqual(self.touchpoint.state, "done")

    def test_same_day_only(self):
        self.mine.action_today_done()
        with self._at("2027-03-02 08:00:00"):
            self.mine.invalidate_recordset()
            self.assertFalse(self.mine.may_undo)
            with self.assertRaisesRegex(UserError, "same day"):
                self.mine.action_undo()

    def test_not_when_something_else_has_happened_since(self):
        self.mine.action_postpone_tomorrow()
        self.env.flush_all()
        self.env.cr.execute(
            """UPDATE continuity_touchpoint
                  SET write_date = write_date + interval '1 minute'
                WHERE id = %s""",
            self.touchpoint.ids,
        )
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "changed since"):
            self.mine.action_undo()

    def test_nothing_to_take_back(self):
        with self.assertRaisesRegex(UserError, "nothing of yours"):
            self.mine.action_undo()
        with self.assertRaises(AccessError):
            self.mine.write({"before": {"user": self.leaver.id}})

    def test_follow_ups_reasons_are_open_again(self):
        rule = self.env["continuity.followup.rule"].create(
            {"name": "Rule", "trigger": "never", "company_id": self.company_a.id}
        )
        row = self.env["continuity.followup.occurrence"].create(
            {
                "rule_id": rule.id,
                "relationship_id": self.relationship.id,
                "company_id": self.company_a.id,
                "key": "never",
                "date_due": "2027-03-01",
                "state": "planned",
            }
        )
        touchpoint = self._plan_touchpoint(
            occurrence="1", origin_model=row._name, origin_id=row.id
        )
        row.touchpoint_id = touchpoint
        touchpoint.with_user(self.leaver).action_today_done()
        self.assertEqual(row.state, "done")
        touchpoint.with_user(self.leaver).action_undo()
        self.assertEqual((row.state, row.touchpoint_id), ("planned", touchpoint))
