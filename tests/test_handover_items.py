"""Items while a plan runs: prepared, asked about, corrected."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_handover_running import RunningCommon


@tagged("post_install", "-at_install")
class TestHandoverItems(RunningCommon):
    def _returned(self):
        """An item of customer 2 that the successor handed back on Friday, 15:00."""
        plan = self._running_plan(date_end="2027-03-31")
        check = self._line_of(plan, self.customer_2).check_ids[0]
        self._prepare(check)
        with self._at("2027-03-05 15:00:00"):
            mine = check.with_user(self.successor)
            with self.assertRaisesRegex(UserError, "write your question"):
                mine.action_return()
            mine.question = "Who signs?"
            mine.action_return()
        return plan, check

    def test_question_to_the_predecessor(self):
        plan, check = self._returned()
        self.assertEqual(check.state, "returned")
        activity = self.env["mail.activity"].search(
            [("res_model", "=", plan._name), ("user_id", "=", self.leaver.id)]
        )
        self.assertIn("Question on Customer 2", activity.summary)
        mine = check.with_user(self.leaver)
        with self.assertRaisesRegex(UserError, "Answer the question"):
            mine.action_prepare()
        mine.answer = "The managing director."
        mine.action_prepare()
        self.assertEqual(check.state, "prepared")
        self._accept(check)

    def test_unanswered_for_two_working_days(self):
        """Friday 15:00, a weekend: Tuesday 15:00 it goes to the manager, once."""
        plan, check = self._returned()
        for early in (
            "2027-03-08 23:00:00",
            "2027-03-09 02:30:00",
            "2027-03-09 14:59:00",
        ):
            with self._at(early):
                self._run_daily()
            self.assertFalse(check.escalated_on, early)
        self.assertFalse(self._manager_activities(plan, "two working days"))
        with self._at("2027-03-09 15:00:00"):
            self._run_daily()
        self.assertEqual(str(check.escalated_on), "2027-03-09")
        activity = self._manager_activities(plan, "two working days")
        self.assertEqual(len(activity), 1)
        self.assertIn("Customer 2", activity.summary)
        self.assertIn("Who signs?", activity.note)
        with self._at("2027-03-12 02:30:00"):
            self._run_daily()
        self.assertEqual(len(self._manager_activities(plan, "two working days")), 1)

    def _assert_escalated(self, check, moment, not_at):
        for time in (not_at, moment):
            with self._at(time):
                self._run_daily()
            self.assertEqual(bool(check.escalated_on), time == moment, time)

    def test_public_holiday_is_no_working_day(self):
        self._holiday("2027-03-08")
        _plan, check = self._returned()
        self._assert_escalated(
            check, "2027-03-10 16:00:00", not_at="2027-03-09 16:00:00"
        )

    def test_unanswered_without_working_hours(self):
        """Then every day counts, and the scheduler goes on."""
        _plan, check = self._returned()
        self.company_a.resource_calendar_id = False
        self._assert_escalated(
            check, "2027-03-07 16:00:00", not_at="2027-03-07 14:00:00"
        )

    def test_answered_in_time(self):
        plan, check = self._returned()
        mine = check.with_user(self.leaver)
        mine.answer = "The managing director."
        mine.action_prepare()
        with self._at("2027-03-15 02:30:00"):
            self._run_daily()
        self.assertFalse(check.escalated_on)
        self.assertFalse(self._manager_activities(plan, "two working days"))

    def test_asked_again_is_brought_again(self):
        plan, check = self._returned()
        with self._at("2027-03-10 02:30:00"):
            self._run_daily()
            check.with_user(self.leaver).answer = "I do not know."
            check.with_user(self.leaver).action_prepare()
            check.with_user(self.successor).question = "Who does?"
            check.with_user(self.successor).action_return()
        self.assertFalse(check.escalated_on)
        self.assertFalse(check.answer)
        with self._at("2027-03-15 02:30:00"):
            self._run_daily()
        self.assertEqual(len(self._manager_activities(plan, "two working days")), 2)

    def test_manager_answers_for_a_leaver_who_is_gone(self):
        _plan, check = self._returned()
        mine = check.with_user(self.approver)
        mine.answer = "The managing director."
        mine.action_prepare()
        self.assertEqual(check.prepared_by_id, self.approver)

    def test_correction_changes_the_profile(self):
        """What the customer puts right reaches the profile and the chatter (H4)."""
        self.customer_1.continuity_business = "Makes nuts."
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        topic = self.env.ref("customer_continuity.topic_business")
        check = line.check_ids.filtered(lambda c: c.topic_id == topic)
        self._prepare(check)
        with self._after_visit(line):
            self._hold_visit(line)
            mine = check.with_user(self.leaver)
            mine.write(
                {
                    "contact_id": self.contact_1.id,
                    "customer_words": "Bolts, for ten years now.",
                    "correction": "Makes bolts.",
                }
            )
            mine.action_confirm()
        by = f"Put right by {self.contact_1.name} on 2027-03-02:\nMakes bolts."
        self.assertEqual(self.customer_1.continuity_business, f"{by}\n\nMakes nuts.")
        # The successor reads it too, and nothing is to be confirmed again.
        self.assertEqual(check.prepared_text, f"All about {topic.name}\n\n{by}")
        self.assertEqual(check.state, "confirmed")
        message = self.customer_1.message_ids[0]
        self.assertIn("Makes bolts.", message.body)
        self.assertIn("Makes nuts.", message.body)
        self.assertIn(self.contact_1.name, message.body)
        self.assertEqual(message.author_id, self.leaver.partner_id)
        self.assertTrue(message.subtype_id.internal)
        self.assertEqual(
            (check.touchpoint_id, check.confirmed_by_id, str(check.confirmed_on)),
            (line.visit_touchpoint_id, self.leaver, "2027-03-02 11:00:00"),
        )

    def test_correction_of_an_item_without_profile_field(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        check = line.check_ids.filtered(lambda c: not c.topic_id.profile_field_id)[0]
        self._prepare(check)
        with self._after_visit(line):
            self._hold_visit(line)
            check.with_user(self.leaver).correction = "The number has changed."
            self._confirm(check)
        self.assertIn("The number has changed.", self.customer_1.message_ids[0].body)
        self.assertIn("The number has changed.", check.prepared_text)

    def test_correction_is_added_once(self):
        """Also when the text was written anew and confirmed again."""
        self.customer_1.continuity_business = "Makes nuts."
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        topic = self.env.ref("customer_continuity.topic_business")
        check = line.check_ids.filtered(lambda c: c.topic_id == topic)
        self._prepare(check)
        with self._after_visit(line):
            self._hold_visit(line)
            check.with_user(self.leaver).correction = "Makes bolts."
            self._confirm(check)
            check.with_user(self.successor).question = "Since when?"
            check.with_user(self.successor).action_return()
            check.with_user(self.leaver).write(
                {"answer": "For ten years.", "prepared_text": "Makes bolts since 2017."}
            )
            check.with_user(self.leaver).action_prepare()
            self.assertEqual(check.state, "prepared")
            self._confirm(check)
        profile = self.customer_1.continuity_business
        self.assertEqual(profile.count("Makes bolts."), 1)
        self.assertIn("Makes nuts.", profile)
