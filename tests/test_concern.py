from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common_concern import ConcernCommon


@tagged("post_install", "-at_install")
class TestConcernRaising(ConcernCommon):
    def test_raised_with_number_owner_tier_and_language(self):
        self.contact_1.lang = "en_US"
        concern = self._raise(kind="complaint")
        self.assertRegex(concern.name, r"^CON/2027/\d{4}$")
        self.assertEqual(concern.owner_id, self.owner)
        self.assertEqual(concern.tier_id, self.tier_a)
        self.assertEqual(concern.state, "new")
        self.assertEqual(concern.lang, "en_US")
        self.assertEqual(str(concern.deadline), "2027-03-02 17:00:00")
        self.assertEqual(concern.escalate_on, concern.deadline)

    def test_from_touchpoint(self):
        touchpoint = self._plan_touchpoint()
        concern = self._raise(
            relationship=None, touchpoint=touchpoint, source="portal", contact=None
        )
        self.assertEqual(concern.relationship_id, self.relationship)
        self.assertEqual(concern.touchpoint_id, touchpoint)
        self.assertEqual(touchpoint.concern_count, 1)
        self.assertEqual(self.relationship.concern_count, 1)
        self.assertEqual(self.customer_1.continuity_concern_count, 1)

    def test_needs_customer_and_words(self):
        with self.assertRaisesRegex(UserError, "own words"):
            self._raise(question="  ")
        with self.assertRaisesRegex(UserError, "own words"):
            self._raise(relationship=None)

    def test_owner_without_salesperson_is_who_was_in_touch(self):
        touchpoint = self._plan_touchpoint()
        self.customer_1.user_id = False
        concern = self._raise(touchpoint=touchpoint)
        self.assertEqual(concern.owner_id, self.leaver)

    def test_owner_is_never_somebody_who_left(self):
        self.customer_1.user_id = self.user_company_b
        concern = self._raise()
        self.assertIn(self.company_a, concern.owner_id.company_ids)
        self.assertTrue(concern.owner_id.has_group("customer_continuity.group_manager"))

    def test_owner_finds_it_among_their_activities(self):
        concern = self._raise()
        todo = self._todos(concern, self.owner)
        self.assertEqual(str(todo.date_deadline), "2027-03-02")
        self.assertIn(self.customer_1.name, todo.summary)

    def test_new_owner_takes_over_the_activity(self):
        concern = self._raise()
        concern.with_user(self.manager).owner_id = self.successor
        self.assertFalse(self._todos(concern, self.owner))
        self.assertTrue(self._todos(concern, self.successor))

    def test_logged_by_form(self):
        action = self.customer_1.with_user(self.owner).action_log_continuity_concern()
        form = Form(
            self.env[action["res_model"]]
            .with_user(self.owner)
            .with_context(**action["context"]),
            view="customer_continuity.view_concern_log_form",
        )
        form.kind = "worry"
        form.question = "Who comes when she is on leave?"
        concern = form.save()
        self.assertEqual(concern.source, "typed")
        self.assertEqual(concern.partner_id, self.customer_1)
        self.assertEqual(concern.relationship_id, self.relationship)
        self.assertEqual(concern.owner_id, self.owner)

    def test_logged_from_a_contact_is_raised_by_them(self):
        action = self.contact_1.with_user(self.owner).action_log_continuity_concern()
        self.assertEqual(action["context"]["default_contact_id"], self.contact_1.id)
        self.assertEqual(action["context"]["default_partner_id"], self.customer_1.id)

    def test_raised_by_somebody_elses_contact(self):
        concern = self._raise(relationship=self.other_relationship)
        self.assertFalse(concern.contact_id, "a mail or an answer is never lost")
        with self.assertRaisesRegex(ValidationError, "not one of the people"):
            concern.contact_id = self.contact_1

    def test_merged_customers_keep_what_they_raised(self):
        concern = self._raise()
        self.env["base.partner.merge.automatic.wizard"].sudo()._merge(
            (self.customer_1 | self.customer_2).ids, self.customer_2
        )
        self.assertEqual(concern.partner_id, self.customer_2)
        self.assertEqual(concern.relationship_id.partner_id, self.customer_2)

    def test_customer_that_became_a_contact_takes_it_along(self):
        concern = self._raise()
        self.customer_1.write({"parent_id": self.customer_2.id, "is_company": False})
        self.assertEqual(concern.partner_id, self.customer_2)


@tagged("post_install", "-at_install")
class TestConcernDeadline(ConcernCommon):
    def _deadline(self, **values):
        return str(self._raise(**values).deadline)

    def test_tier_decides(self):
        self.assertEqual(self._deadline(), "2027-03-02 17:00:00")
        question = self._deadline(relationship=self.other_relationship, contact=None)
        self.assertEqual(question, "2027-03-04 17:00:00")

    def test_weekend_and_holiday_do_not_count(self):
        self._holiday("2027-03-08")
        with self._at("2027-03-05 16:00:00"):  # Friday; Monday is a holiday
            self.assertEqual(self._deadline(), "2027-03-09 17:00:00")

    def test_hours_of_work(self):
        rule = self.env["continuity.concern.deadline"]._find("complaint", self.tier_a)
        rule.write({"duration": 4, "unit": "hours"})
        with self._at("2027-03-05 15:00:00"):  # two hours on Friday, two on Monday
            self.assertEqual(self._deadline(kind="complaint"), "2027-03-08 10:00:00")

    def test_days_are_those_of_the_companys_time_zone(self):
        self.company_a.resource_calendar_id.tz = "Asia/Tokyo"
        # Tuesday 8:30 in Tokyo, still Monday in UTC: one day later is Wednesday.
        with self._at("2027-03-01 23:30:00"):
            concern = self._raise()
            self.assertEqual(str(concern.deadline), "2027-03-03 08:00:00")
        # Work ends at midnight UTC in Honolulu: the day there counts.
        self.company_a.resource_calendar_id.tz = "Pacific/Honolulu"
        concern = self._raise()
        self.assertEqual(str(concern.deadline), "2027-03-02 03:00:00")
        todo = self._todos(concern, self.owner)
        self.assertEqual(str(todo.date_deadline), "2027-03-01")

    def test_without_a_rule_or_calendar(self):
        self.env["continuity.concern.deadline"].search([]).unlink()
        self.assertEqual(self._deadline(), "2027-03-04 17:00:00")
        self.company_a.resource_calendar_id = False
        self.assertTrue(self._raise().deadline)

    def test_one_deadline_per_kind_and_tier(self):
        rules = self.env["continuity.concern.deadline"]
        values = {"kind": "claim", "duration": 1}
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            rules.create(values)
            self.env.flush_all()

    def test_owner_cannot_put_it_off(self):
        concern = self._raise().with_user(self.owner)
        concern.deadline = "2027-03-02 09:00:00"
        for later in ("2027-03-02 10:00:00", False):
            with self.assertRaisesRegex(UserError, "forward"):
                concern.deadline = later
        concern.with_user(self.manager).deadline = "2027-03-09 10:00:00"
        self.assertEqual(str(concern.sudo().escalate_on), "2027-03-09 10:00:00")

    def test_not_even_a_manager_their_own(self):
        concern = self._raise()
        concern.owner_id = self.user_manager
        with self.assertRaisesRegex(UserError, "forward"):
            concern.with_user(self.user_manager).deadline = "2027-03-09 10:00:00"

    def test_another_kind_another_deadline(self):
        concern = self._raise(kind="legal")
        concern.with_user(self.manager).kind = "question"
        self.assertEqual(str(concern.deadline), "2027-03-02 17:00:00")


@tagged("post_install", "-at_install")
class TestConcernEscalation(ConcernCommon):
    def _run_cron(self):
        cron = self.env.ref("customer_continuity.cron_escalate_concerns")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()

    def test_overdue_goes_to_the_manager_once(self):
        concern = self._raise()
        self._run_cron()
        self.assertFalse(concern.escalated_on, "not late yet")
        with self._at("2027-03-03 06:00:00"):
            self._run_cron()
            self.assertEqual(concern.escalated_to_id, self.manager)
            self.assertIn("Overdue", self._todos(concern, self.manager).summary)
            self.assertTrue(concern.overdue)
        with self._at("2027-03-05 06:00:00"):
            self._run_cron()
        self.assertEqual(len(self._todos(concern, self.manager)), 1)
        self.assertTrue(self._todos(concern, self.owner), "still the owner's")

    def test_answered_in_time_does_not(self):
        concern = self._raise()
        self._tell(concern)
        with self._at("2027-03-05 06:00:00"):
            self._run_cron()
        self.assertFalse(concern.escalated_on)
        self.assertFalse(concern.activity_ids)

    def test_formal_ones_go_there_at_once_and_when_late(self):
        for kind in ("legal", "claim"):
            concern = self._raise(kind=kind)
            self.assertEqual(len(self._todos(concern, self.manager)), 1)
        with self._at("2027-03-10 06:00:00"):
            self._run_cron()
            self._run_cron()
        self.assertEqual(len(self._todos(concern, self.manager)), 2)

    def test_complaint_that_turns_out_to_be_a_claim(self):
        concern = self._raise(kind="complaint")
        concern.with_user(self.owner).kind = "claim"
        self.assertTrue(self._todos(concern, self.manager))

    def test_manager_in_their_own_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.manager.lang = "fr_FR"
        summaries = []
        self.patch(
            type(self.env["continuity.document.mixin"]),
            "_remind",
            lambda concern, users, text, **kw: summaries.append(
                text(concern.with_context(lang=users.lang).env)
            ),
        )
        self._raise(kind="legal")
        self.assertEqual(len(summaries), 2)

    def test_one_that_fails_holds_up_no_other(self):
        concerns = self._raise() | self._raise()
        broken = concerns[0]
        model = type(broken)
        original = model._escalate

        def escalate(records):
            if broken in records:
                raise ValueError("No such manager")
            return original(records)

        self.patch(model, "_escalate", escalate)
        with (
            self._at("2027-03-03 06:00:00"),
            mute_logger(
                "odoo.addons.customer_continuity.models.continuity_document_mixin"
            ),
        ):
            self._run_cron()
        self.assertIn("No such manager", broken.escalation_error)
        self.assertTrue(concerns[1].escalated_on)

    def test_nobody_to_tell_is_said_and_tried_again(self):
        self.team.user_id = False
        concern = self._raise()
        self.patch(
            type(self.owner),
            "_is_continuity_colleague",
            lambda user, company: user == self.manager,
        )
        with self._at("2027-03-03 06:00:00"):
            self._run_cron()
            self.assertIn("Nobody manages", concern.escalation_error)
            self.team.user_id = self.manager
            self._run_cron()
        self.assertEqual(concern.escalated_to_id, self.manager)
        self.assertFalse(concern.escalation_error)


@tagged("post_install", "-at_install")
class TestConcernHoldsBack(ConcernCommon):
    def _refusals(self, courtesy=True):
        return self.relationship._contact_refusals("followup", courtesy=courtesy)

    def test_open_complaint(self):
        concern = self._raise(kind="complaint")
        with self._at("2027-04-05 06:00:00"):
            self.assertEqual(
                self._refusals(),
                {self.relationship.id: f"Open: Complaint {concern.name} since March 1"},
            )
            self._tell(concern)
        self.assertFalse(self._refusals())

    def test_notices_still_go_out(self):
        self._raise(kind="complaint")
        self.assertFalse(self._refusals(courtesy=False))

    def test_question_and_worry_hold_nothing_back(self):
        self._raise(kind="question")
        self._raise(kind="worry")
        self.assertFalse(self._refusals())

    def test_lawyers_letter_until_it_is_closed(self):
        concern = self._raise(kind="legal")
        self._tell(concern)
        self.assertTrue(self._refusals())
        self._attach(concern)
        concern.with_user(self.owner).action_close()
        self.assertFalse(self._refusals())

    def test_also_when_the_planner_cannot_see_it(self):
        self.customer_1.user_id = False
        self._raise(kind="complaint").owner_id = self.user_manager
        relationship = self.relationship.with_user(self.user_sales_b)
        self.assertTrue(relationship._contact_refusals("followup"))

    def test_one_query_for_many(self):
        self._raise(kind="complaint")
        many = self.relationship | self.other_relationship
        model = self.env["continuity.concern"]
        model._courtesy_refusals(many)
        with self.assertQueryCount(1):
            model._courtesy_refusals(many)


@tagged("post_install", "-at_install")
class TestConcernAccess(ConcernCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.concern = cls._raise()

    def _sees(self, user):
        return self.concern in self.env["continuity.concern"].with_user(user).search([])

    def test_who_sees_it(self):
        for user in (self.owner, self.manager, self.user_all, self.user_manager):
            self.assertTrue(self._sees(user), user.name)
        for user in (self.user_sales_b, self.user_company_b):
            self.assertFalse(self._sees(user), user.name)
        with self.assertRaises(AccessError):
            self._sees(self.user_portal)

    def test_owner_of_somebody_elses_customer_sees_and_answers_it(self):
        self.concern.with_user(self.manager).owner_id = self.user_sales_b
        self.assertTrue(self._sees(self.user_sales_b))
        self._tell(self.concern, user=self.user_sales_b)
        self.assertEqual(self.concern.answered_by_id, self.user_sales_b)

    def test_company_wall(self):
        relationship = self._set_tier(self.customer_3, self.tier_c, self.company_b)
        other = self._raise(relationship=relationship, contact=None)
        found = self.env["continuity.concern"].with_user(self.user_all).search([])
        self.assertNotIn(other, found)
        found = found.with_user(self.user_company_b).search([])
        self.assertNotIn(self.concern, found)

    def test_reader_does_not_handle(self):
        concern = self.concern.with_user(self.user_all)
        for step in (concern.action_start, concern.action_answered_in_person):
            with self.assertRaises(AccessError):
                step()
        with self.assertRaises(AccessError):
            concern.answer = "<p>Mine</p>"
        with self.assertRaises(AccessError):
            concern.owner_id = self.user_all
        self.assertFalse(concern.may_handle)

    def test_salesperson_handles_only_as_the_relationship_says(self):
        """Whoever may edit contacts could name themself there."""
        self.concern.with_user(self.manager).owner_id = self.manager
        self._tell(self._raise())
        self.assertTrue(self.concern.with_user(self.owner).may_handle)
        self.customer_1.user_id = self.user_all
        relationship = self.relationship.sudo()
        relationship.owner_id = self.owner
        with self.assertRaises(AccessError):
            self._rpc(self.user_all, self.concern, "action_start")

    def test_what_records_a_step_cannot_be_typed_in(self):
        for name, value in (
            ("state", "answered"),
            ("answered_on", "2027-03-01 06:00:00"),
            ("escalated_on", False),
            ("source", "portal"),
            ("escalate_on", False),
            ("name", "CON/1"),
        ):
            with self.assertRaises(AccessError):
                self._rpc(self.owner, self.concern, "write", {name: value})

    def test_context_closes_nothing(self):
        values = {"partner_id": self.customer_1.id, "question": "Why?"}
        created = self._rpc(
            self.owner,
            self.env["continuity.concern"],
            "create",
            [values],
            context={"default_state": "closed", "default_source": "portal"},
        )
        concern = self.env["continuity.concern"].browse(created)
        self.assertEqual(concern.state, "new")
        self.assertEqual(concern.source, "typed")

    def test_not_for_customers_one_cannot_see(self):
        with self.assertRaises(AccessError):
            self._rpc(
                self.user_sales_b,
                self.env["continuity.concern"],
                "create",
                [{"partner_id": self.customer_1.id, "question": "x"}],
            )

    def test_customers_own_words_stay(self):
        concern = self._raise(source="portal").with_user(self.owner)
        with self.assertRaisesRegex(UserError, "no longer be changed"):
            concern.question = "All is well."
        self.concern.with_user(self.owner).question = "It leaks oil."

    def test_formal_kind_is_taken_back_by_a_manager(self):
        concern = self._raise(kind="legal")
        with self.assertRaisesRegex(UserError, "no longer be changed"):
            self._rpc(self.owner, concern, "write", {"kind": "question"})
        self._rpc(self.owner, concern, "write", {"kind": "claim"})
        self._rpc(self.manager, concern, "write", {"kind": "question"})
        self.assertEqual(concern.kind, "question")

    def test_customer_cannot_be_swapped(self):
        with self.assertRaisesRegex(UserError, "no longer be changed"):
            self.concern.with_user(self.owner).partner_id = self.customer_2

    def test_owner_must_work_there(self):
        with self.assertRaisesRegex(ValidationError, "cannot work in"):
            self.concern.with_user(self.manager).owner_id = self.user_company_b

    def test_nobody_deletes_one(self):
        with self.assertRaises(AccessError):
            self.concern.with_user(self.user_manager).unlink()

    def test_another_company_must_be_the_owners(self):
        with self.assertRaises(UserError):
            self._rpc(
                self.owner,
                self.concern,
                "write",
                {"company_id": self.company_b.id},
            )

    def test_form_opens_for_each_role(self):
        for user in (self.owner, self.manager, self.user_all):
            Form(self.concern.with_user(user))

    def test_portal_user_of_the_customer_reads_nothing(self):
        with self.assertRaises(AccessError):
            self.concern.with_user(self.user_portal).read(["question"])
        self.assertNotIn(self.contact_1, self.concern.message_follower_ids.partner_id)

    def test_followers_are_the_colleagues_only(self):
        self.concern.message_subscribe(self.owner.partner_id.ids)
        self.concern.owner_id = self.owner
        self.assertFalse(self.concern.message_partner_ids.filtered("partner_share"))


@tagged("post_install", "-at_install")
class TestConcernLife(ConcernCommon):
    def test_told_by_telephone(self):
        concern = self._raise()
        self._tell(concern, minutes=12)
        self.assertEqual(concern.state, "answered")
        self.assertEqual(concern.answered_by_id, self.owner)
        self.assertIn("Told them how.", concern.answer)
        touchpoint = concern.touchpoint_ids
        self.assertEqual(touchpoint.state, "done")
        self.assertEqual(touchpoint.channel_id, self.channel_call)
        self.assertEqual(touchpoint.attempt_ids.minutes, 12)
        self.assertEqual(str(self.relationship.last_contact_date), "2027-03-01")

    def test_mailed(self):
        concern = self._raise(question="Is <b>this</b> safe?")
        concern.with_user(self.owner).answer = "<p>Perfectly safe.</p>"
        message = self._mail_answer(concern)
        self.assertEqual(concern.state, "answered")
        self.assertEqual(concern.answer_message_id, message)
        self.assertEqual(message.partner_ids, self.contact_1)
        self.assertIn("Perfectly safe.", message.body)
        self.assertIn("Is &lt;b&gt;this&lt;/b&gt; safe?", message.body)
        self.assertEqual(concern.touchpoint_ids.channel_id, self.channel_email)
        self.assertEqual(concern.touchpoint_ids.contact_ids, self.contact_1)
        self.assertEqual(concern.touchpoint_ids.attempt_ids.outcome, "sent")
        self.assertEqual(concern.touchpoint_ids.state, "done")
        self.assertEqual(str(self.relationship.last_contact_date), "2027-03-01")

    def test_mail_tells_no_tier(self):
        self.tier_a.name = "Zebra"
        concern = self._raise()
        concern.answer = "<p>Yes.</p>"
        message = self._mail_answer(concern)
        self.assertNotIn("Zebra", (message.body or "") + (message.subject or ""))
        mails = message.mail_ids or self.env["mail.mail"]
        self.assertNotIn("Zebra", "".join(mails.mapped("body_html")))

    def test_no_template_tells_what_is_internal(self):
        template = self.env.ref("customer_continuity.mail_template_concern_answer")
        for expression in ("object.tier_id.name", "object.relationship_id.revenue"):
            with self.assertRaisesRegex(ValidationError, "what is internal"):
                template.body_html = f'<p><t t-out="{expression}"/></p>'

    def test_mail_needs_answer_and_address(self):
        concern = self._raise().with_user(self.owner)
        with self.assertRaisesRegex(UserError, "Write the answer"):
            concern.action_send_answer()
        concern.answer = "<p>Yes.</p>"
        self.contact_1.email = False
        with self.assertRaisesRegex(UserError, "no e-mail address"):
            concern.action_send_answer()

    def test_mail_to_somebody_else_is_no_answer(self):
        concern = self._raise()
        concern.answer = "<p>Yes.</p>"
        with self.assertRaisesRegex(UserError, "Send the answer to"):
            self._mail_answer(concern, partner_ids=[Command.set(self.customer_3.ids)])
        self.assertEqual(concern.state, "new")

    def test_stranger_cannot_answer_by_posting(self):
        concern = self._raise()
        concern.answer = "<p>Yes.</p>"
        with self.assertRaises(AccessError):
            self._rpc(
                self.user_all,
                concern,
                "message_post",
                body="Yes",
                partner_ids=self.contact_1.ids,
                subtype_xmlid="customer_continuity.subtype_concern_answer",
            )

    def test_closed_only_when_answered(self):
        concern = self._raise().with_user(self.owner)
        with self.assertRaisesRegex(UserError, "is New"):
            concern.action_close()
        concern.action_start()
        self.assertEqual(concern.state, "in_progress")
        self._tell(concern)
        concern.action_close()
        self.assertEqual(concern.state, "closed")

    def test_formal_ones_need_a_file(self):
        for kind in ("legal", "claim"):
            concern = self._raise(kind=kind).with_user(self.owner)
            with self.assertRaisesRegex(UserError, "no answer yet"):
                concern._dismiss("Not for us")
            self._tell(concern)
            with self.assertRaisesRegex(UserError, "has no file"):
                concern.action_close()
            self._attach(concern)
            concern.invalidate_recordset(["file_count"])
            concern.action_close()
            self.assertEqual(concern.state, "closed")

    def test_dismissed_with_a_reason(self):
        concern = self._raise().with_user(self.owner)
        with self.assertRaisesRegex(UserError, "Say why"):
            concern._dismiss(" ")
        action = concern.action_ask_dismissal()
        wizard = self.env[action["res_model"]].with_user(self.owner)
        wizard.with_context(**action["context"]).create(
            {"reason": "Asked twice"}
        ).action_apply()
        self.assertEqual(concern.state, "closed")
        self.assertFalse(concern.activity_ids)
        self.assertIn("Asked twice", concern.message_ids[:1].body)

    def test_reopened_with_a_reason_and_a_new_deadline(self):
        concern = self._raise().with_user(self.owner)
        self._tell(concern)
        with self.assertRaisesRegex(UserError, "can no longer be changed"):
            concern.answer = "<p>Other words</p>"
        concern.action_close()
        with self._at("2027-03-10 06:00:00"):
            concern._reopen("It leaks again")
            self.assertEqual(concern.state, "in_progress")
            self.assertEqual(str(concern.deadline), "2027-03-11 17:00:00")
            self.assertTrue(self._todos(concern, self.owner))
            self._tell(concern)
        self.assertEqual(len(concern.sudo().touchpoint_ids), 2)

    def test_customer_writes_back(self):
        concern = self._raise()
        self._tell(concern)
        own = {"author_id": self.owner.partner_id.id, "message_type": "email"}
        away = {"author_id": self.contact_1.id, "message_type": "auto_comment"}
        for msg_dict in (own, away):
            concern.message_update(msg_dict)
            self.assertEqual(concern.state, "answered")
        concern.message_update(
            {"author_id": self.contact_1.id, "message_type": "email"}
        )
        self.assertEqual(concern.state, "in_progress")

    def test_satisfaction_after_the_answer(self):
        concern = self._raise().with_user(self.owner)
        with self.assertRaisesRegex(UserError, "can no longer|Satisfaction"):
            concern.satisfaction = "satisfied"
        self._tell(concern)
        concern.action_close()
        concern.satisfaction = "satisfied"

    def test_answer_cannot_be_dated_ahead(self):
        concern = self._raise()
        with self.assertRaisesRegex(UserError, "in the future"):
            self._tell(concern, date="2027-03-02 10:00:00")
        self.assertEqual(concern.state, "new")
