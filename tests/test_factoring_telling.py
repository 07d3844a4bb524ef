"""Who hears of factoring when, and in which order."""

from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_factoring import FactoringCommon


class TellingCommon(FactoringCommon):
    """An agreement of company A on customers 1 (in person) and 2, approved; nobody has
    been told. ``key`` and ``small`` are their lines."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tier_a = cls.env.ref("customer_continuity.tier_a")
        cls.tier_c = cls.env.ref("customer_continuity.tier_c")
        for customer in cls.customer_1 | cls.customer_2:
            customer.write(
                {"street": "Main Street 1", "city": "Berlin", "zip": "10115"}
            )
        cls.agreement = cls._create_agreement(
            customer_reason="Orders have doubled.", tell_from="2026-07-06"
        )
        cls.agreement.sudo().state = "approved"
        cls._direct(cls.agreement)
        cls.key, cls.small = cls.agreement.debtor_ids.sorted("id")
        cls.key.write({"tier_id": cls.tier_a.id, "in_person": True})
        cls.small.tier_id = cls.tier_c

    @classmethod
    def _contact(cls, line, occurrence):
        return line.touchpoint_ids.filtered(lambda t: t.occurrence == occurrence)

    @classmethod
    def _deliver(cls, touchpoint):
        """The letter has left, or the talk was held."""
        spoken = touchpoint.occurrence == "talk"
        cls.env["continuity.touchpoint.attempt"].create(
            {
                "touchpoint_id": touchpoint.id,
                "channel_id": touchpoint.channel_id.id,
                "user_id": touchpoint.user_id.id,
                "outcome": "held" if spoken else "posted",
                "date": fields.Datetime.now(),
            }
        )
        touchpoint._apply_attempts(
            "held" if spoken else "posted", fields.Datetime.now()
        )

    def _tell_all(self, line):
        for occurrence in ("talk", "courtesy", "notice"):
            if contact := self._contact(line, occurrence):
                self._deliver(contact)

    def _obstacles(self, line, occurrence):
        contact = self._contact(line, occurrence)
        return "\n".join(line._letter_obstacles(contact)[contact.id])

    def _run_cron(self, name):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(f"customer_continuity.cron_{name}").method_direct_trigger()
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringTelling(TellingCommon):
    # === Planned === #

    def test_lines_know_relationship_and_salesperson(self):
        self.assertEqual(self.key.user_id, self.user_sales_a)
        self.assertEqual(self.key.relationship_id.partner_id, self.customer_1)
        nobodys = self._create_customer("Nobody's")
        agreement = self._create_agreement(nobodys)
        self.assertEqual(agreement.debtor_ids.user_id, self.user_manager)

    def test_talk_courtesy_letter_and_notice_in_their_order(self):
        self._activate(self.agreement)
        contacts = self.key.touchpoint_ids.sorted("date_due")
        self.assertEqual(contacts.mapped("occurrence"), ["talk", "courtesy", "notice"])
        self.assertEqual(
            [str(day) for day in contacts.mapped("date_due")],
            ["2026-07-06", "2026-07-09", "2026-07-16"],
        )
        talk, courtesy, notice = contacts
        self.assertFalse(any(talk.channel_ids.mapped("written")))
        self.assertTrue(all(talk.channel_ids.mapped("true_contact")))
        self.assertEqual(talk.date_show, self._date("2026-06-30"))
        self.assertIn("Orders have doubled.", talk.opening)
        self.assertEqual(contacts.user_id, self.user_sales_a)
        ref = self.env.ref
        self.assertEqual(
            courtesy.template_id, ref("customer_continuity.letter_factoring_courtesy")
        )
        self.assertEqual(notice.template_id, self.key._factoring_template("notice"))

    def test_colleagues_do_not_read_how_the_customer_pays(self):
        debtors = self.env.registry["continuity.factoring.debtor"]
        with patch.object(
            debtors, "_proposal_sentences", lambda line: ["Pays 40 days late"]
        ):
            self.assertIn("40 days", self.key.sudo().proposal_reason)
            self._activate(self.agreement)
        contacts = self.agreement.debtor_ids.touchpoint_ids
        self.assertTrue(contacts)
        for contact in contacts:
            self.assertIn(self.agreement.name, contact.why)
            self.assertNotIn("40 days", contact.why)

    def test_who_need_not_hear_it_in_person_gets_letters_alone(self):
        self._activate(self.agreement)
        self.assertEqual(
            sorted(self.small.touchpoint_ids.mapped("occurrence")),
            ["courtesy", "notice"],
        )
        self.assertEqual(
            str(self._contact(self.small, "notice").date_due), "2026-07-13"
        )

    def test_letter_goes_where_there_is_an_address(self):
        self.customer_2.write({"street": False, "email": "b@example.com"})
        self._activate(self.agreement)
        email = self.env.ref("customer_continuity.channel_email")
        paper = self.env.ref("customer_continuity.channel_letter")
        self.assertEqual(self._contact(self.small, "notice").channel_id, email)
        self.assertEqual(self._contact(self.key, "notice").channel_id, paper)

    def test_planned_once(self):
        self._activate(self.agreement)
        before = self.agreement.debtor_ids.touchpoint_ids
        self.agreement.debtor_ids._plan_touchpoints()
        self.assertEqual(self.agreement.debtor_ids.touchpoint_ids, before)

    def test_nothing_before_inside_is_told(self):
        self.agreement.sudo().state = "approved"
        self.agreement.with_user(self.user_manager).action_activate()
        self.assertFalse(self.agreement.debtor_ids.touchpoint_ids)
        self.assertIn("Inside is told first", self.key.waits_for)
        *others, last = self.agreement.internal_ids.with_user(self.user_manager)
        for step in others:
            step.action_done()
        self.assertFalse(self.agreement.debtor_ids.touchpoint_ids)
        last._excuse("We have no such people")
        self.assertEqual(len(self.agreement.debtor_ids.touchpoint_ids), 5)

    def test_confidential_agreements_tell_nobody(self):
        agreement = self._create_agreement(kind="confidential")
        self._activate(agreement)
        agreement.debtor_ids.write({"in_person": True})
        agreement.debtor_ids._plan_touchpoints()
        self.assertEqual(agreement.state, "running")
        self.assertFalse(agreement.debtor_ids.touchpoint_ids)

    def test_contract_not_reviewed_any_more(self):
        """Told as soon as somebody has reviewed it: the scheduler looks again."""
        self.agreement.sudo().state = "approved"
        self.agreement.with_user(self.user_manager).action_activate()
        review = self.env["continuity.contract.review"].search(
            [("partner_id", "=", self.customer_2.id)]
        )
        review.sudo().expires_on = "2026-06-29"
        self._tell_inside(self.agreement)
        self.assertTrue(self.key.touchpoint_ids)
        self.assertFalse(self.small.touchpoint_ids)
        self.assertTrue(self.small.plan_error)
        self.assertEqual(self.small.waits_for, self.small.plan_error)
        self._review(self.customer_2)
        self._run_cron("factoring_planning")
        self.assertTrue(self.small.touchpoint_ids)
        self.assertFalse(self.small.plan_error)

    def test_excluded_customer_gets_no_letter(self):
        self._activate(self.agreement)
        self.assertNotIn("review", self._obstacles(self.small, "courtesy"))
        review = self.env["continuity.contract.review"].search(
            [("partner_id", "=", self.customer_2.id)]
        )
        review.sudo().expires_on = "2026-06-29"
        refusal = self.small._contract_refusals()[self.small.id]
        self.assertIn(refusal, self._obstacles(self.small, "courtesy"))
        self.assertIn(refusal, self._obstacles(self.small, "notice"))

    def test_no_courtesy_letter_for_who_wants_none(self):
        self.customer_2.continuity_no_courtesy = True
        self._activate(self.agreement)
        self.assertEqual(self.small.touchpoint_ids.mapped("occurrence"), ["notice"])

    def test_letters_do_not_begin_as_a_talk(self):
        self._activate(self.agreement)
        for letter in self.small.touchpoint_ids:
            self.assertIn("Read the letter", letter.first_sentence)
        self.assertIn("before any letter", self._contact(self.key, "talk").opening)

    def test_who_may_not_read_the_letters_is_told_whom_to_ask(self):
        self._activate(self.agreement)
        self.agreement.sudo().contact_id = self.accountant
        debtor = self.small.with_user(self.accountant)
        speaker = self.small.touchpoint_ids.user_id[:1]
        with self.assertRaisesRegex(UserError, f"ask {speaker.name}"):
            debtor.action_preview_letters()
        self.small.with_user(self.user_manager).action_preview_letters()

    # === Order === #

    def test_letters_wait_for_the_talk(self):
        self._activate(self.agreement)
        for occurrence in ("courtesy", "notice"):
            self.assertIn("in person first", self._obstacles(self.key, occurrence))
            self.assertNotIn("in person", self._obstacles(self.small, occurrence))
        self._deliver(self._contact(self.key, "talk"))
        self.assertNotIn("in person", self._obstacles(self.key, "courtesy"))

    def test_talk_that_reached_nobody_needs_a_decision(self):
        self._activate(self.agreement)
        self._contact(self.key, "talk")._fail("They do not answer")
        self.assertIn("They do not answer", self._obstacles(self.key, "courtesy"))
        self.assertIn("They do not answer", self.key.waits_for)
        self.assertIn(
            "It reached nobody",
            "".join(self._reminders(self.agreement).mapped("summary")),
        )
        self.key.with_user(self.user_manager).in_person = False
        self.assertNotIn("in person", self._obstacles(self.key, "courtesy"))

    def test_notice_waits_for_the_courtesy_letter(self):
        self._activate(self.agreement)
        self.assertIn("goes first", self._obstacles(self.small, "notice"))
        self._deliver(self._contact(self.small, "courtesy"))
        self.assertNotIn("goes first", self._obstacles(self.small, "notice"))

    def test_notice_does_not_wait_for_a_letter_that_may_not_leave(self):
        """Who opts out later still gets the notice (I10)."""
        self._activate(self.agreement)
        self.customer_2.continuity_no_courtesy = True
        self.assertNotIn("goes first", self._obstacles(self.small, "notice"))

    def test_inside_opened_again_holds_letters(self):
        self._activate(self.agreement)
        step = self.agreement.internal_ids[:1].with_user(self.user_manager)
        step.action_reopen()
        self.assertIn(step.name, self._obstacles(self.small, "courtesy"))
        step.action_done()
        self.assertNotIn(step.name, self._obstacles(self.small, "courtesy"))

    def test_agreement_that_does_not_run_tells_nothing(self):
        self._activate(self.agreement)
        self.agreement.sudo().state = "reported"
        self.assertIn("not running", self._obstacles(self.small, "courtesy"))

    # === States === #

    def test_told_noticed_acknowledged(self):
        self._activate(self.agreement)
        key = self.key
        self._deliver(self._contact(key, "talk"))
        self.assertEqual(key.state, "told")
        self.assertEqual(str(key.told_on), "2026-06-30 08:00:00")
        with freeze_time("2026-07-09 08:00:00"):
            self._deliver(self._contact(key, "courtesy"))
            self.assertEqual(str(key.told_on), "2026-06-30 08:00:00")
        with freeze_time("2026-07-16 08:00:00"):
            notice = self._contact(key, "notice")
            self._deliver(notice)
            self.assertEqual(key.state, "noticed")
            self.assertEqual(str(key.noticed_on), "2026-07-16 08:00:00")
            self.assertEqual(str(key.next_update_on), "2027-01-16")
            notice.ack_date = "2026-07-17 08:00:00"
            notice._notify_origin("_touchpoint_acknowledged")
        self.assertEqual(key.state, "acknowledged")
        self.assertEqual(str(key.acknowledged_on), "2026-07-17 08:00:00")
        self.assertFalse(key.waits_for)

    def test_acknowledged_courtesy_letter_is_no_notice(self):
        self._activate(self.agreement)
        courtesy = self._contact(self.small, "courtesy")
        self._deliver(courtesy)
        courtesy.ack_date = fields.Datetime.now()
        courtesy._notify_origin("_touchpoint_acknowledged")
        self.assertEqual(self.small.state, "told")
        self.assertFalse(self.small.acknowledged_on)

    def test_notice_that_came_back_counts_no_longer(self):
        self._activate(self.agreement)
        self._tell_all(self.small)
        self.assertEqual(self.small.state, "noticed")
        notice = self._contact(self.small, "notice")
        notice._notify_origin("_touchpoint_reopened")
        notice.sudo().write({"state": "tried", "next_try": "Moved away"})
        self.assertEqual(self.small.state, "told")
        self.assertFalse(self.small.noticed_on or self.small.next_update_on)
        self.assertIn("Moved away", self.small.waits_for)

    def test_talk_is_not_taken_back_once_a_letter_left(self):
        self._activate(self.agreement)
        talk = self._contact(self.key, "talk")
        self._deliver(talk)
        talk._notify_origin("_touchpoint_taken_back")
        self.assertEqual(self.key.state, "planned")
        self._deliver(talk)
        self._deliver(self._contact(self.key, "courtesy"))
        with self.assertRaisesRegex(UserError, "Courtesy letter"):
            talk._notify_origin("_touchpoint_taken_back")

    def test_speaker_does_not_call_it_off(self):
        self._activate(self.agreement)
        talk = self._contact(self.key, "talk").with_user(self.user_sales_a)
        with self.assertRaisesRegex(UserError, "whoever decides"):
            talk._not_useful("They know")

    # === Changes === #

    def test_in_person_after_all(self):
        self._activate(self.agreement)
        manager = self.user_manager
        self.small.with_user(manager).in_person = True
        talk = self._contact(self.small, "talk")
        self.assertEqual(talk.state, "owed")
        self.small.with_user(manager).in_person = False
        self.assertEqual(talk.state, "cancelled")
        self.small.with_user(manager).in_person = True
        self.assertEqual(talk.state, "owed")

    def test_left_out_and_taken_back_in(self):
        self._activate(self.agreement)
        self._contact(self.small, "courtesy").sudo().state = "released"
        self.small.with_user(self.user_manager)._leave_out("They object")
        self.assertEqual(set(self.small.touchpoint_ids.mapped("state")), {"cancelled"})
        self.assertEqual(self.small.waits_for, "They object")
        self.small.with_user(self.user_manager).action_take_back_in()
        self.assertEqual(set(self.small.touchpoint_ids.mapped("state")), {"owed"})

    def test_taken_in_while_it_runs(self):
        self._activate(self.agreement)
        self._review(self.customer_3)
        line = self.agreement.debtor_ids.create(
            {"factoring_id": self.agreement.id, "partner_id": self.customer_3.id}
        )
        self.assertEqual(
            sorted(line.touchpoint_ids.mapped("occurrence")), ["courtesy", "notice"]
        )

    def test_given_up_withdraws_letters_that_wait(self):
        self._activate(self.agreement)
        self._contact(self.small, "courtesy").sudo().state = "released"
        self.agreement.with_user(self.user_manager)._cancel("The factor withdrew")
        states = self.agreement.debtor_ids.touchpoint_ids.mapped("state")
        self.assertEqual(set(states), {"cancelled"})

    def test_merged_customers_are_noticed_when_both_were(self):
        self._activate(self.agreement)
        self._tell_all(self.key)
        self._merge(self.customer_2, self.customer_1)
        line = self.agreement.debtor_ids
        self.assertEqual(line.partner_id, self.customer_1)
        self.assertEqual(line.state, "planned")
        self.assertFalse(line.noticed_on)
        waiting = line.touchpoint_ids.filtered(lambda t: t.state == "owed")
        for contact in waiting.sorted("date_due"):
            self._deliver(contact)
        self.assertEqual(line.state, "noticed")

    def test_merged_before_the_other_was_planned(self):
        """Who was never told gets a notice of its own."""
        self._activate(self.agreement)
        self.small.touchpoint_ids.sudo().unlink()
        self._tell_all(self.key)
        self._merge(self.customer_2, self.customer_1)
        again = self._contact(self.agreement.debtor_ids, "notice:again")
        self._deliver(again)
        self.assertEqual(self.agreement.debtor_ids.state, "noticed")

    def test_merged_with_who_was_left_out(self):
        self._activate(self.agreement)
        self._tell_all(self.key)
        self.small.with_user(self.user_manager)._leave_out("They object")
        self._merge(self.customer_2, self.customer_1)
        self.assertEqual(self.agreement.debtor_ids.state, "noticed")
        self.assertTrue(self.agreement.debtor_ids.noticed_on)

    def _merge(self, source, target):
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (source | target).ids, target
        )
        self.env.invalidate_all()

    # === Release === #

    def test_release_is_told_with_the_signed_paper(self):
        self._activate(self.agreement)
        self._tell_all(self.small)
        paper = self.env["ir.attachment"].create(
            {"name": "release.pdf", "raw": b"signed"}
        )
        self.agreement.debtor_ids.with_user(self.accountant)._release(
            self._date("2026-07-01"), self._date("2026-06-30"), paper
        )
        release = self._contact(self.small, "release")
        self.assertEqual(release.state, "owed")
        self.assertEqual(
            release.template_id,
            self.env.ref("customer_continuity.letter_factoring_release"),
        )
        self.assertEqual(release.sudo()._freeze_enclosures().mapped("raw"), [b"signed"])
        self.assertNotIn("not been released", self._obstacles(self.small, "release"))
        self.assertFalse(self.small.next_update_on)
        # Who had not heard of it hears nothing now.
        self.assertEqual(set(self.key.touchpoint_ids.mapped("state")), {"cancelled"})
        with self.assertRaisesRegex(UserError, "have not heard yet"):
            self.agreement.with_user(self.user_manager).action_report_result()
        self._deliver(release)
        self.assertEqual(self.small.state, "released")
        self.agreement.with_user(self.user_manager).action_report_result()

    def test_who_had_no_notice_hears_of_the_end_on_the_telephone(self):
        self._activate(self.agreement)
        self._deliver(self._contact(self.small, "courtesy"))
        self.small.with_user(self.accountant)._release(
            self._date("2026-07-01"), False, self.env["ir.attachment"]
        )
        call = self._contact(self.small, "release")
        self.assertEqual(
            call.channel_id, self.env.ref("customer_continuity.channel_call")
        )
        self.assertFalse(call.template_id)

    def test_not_reported_before_they_are_released(self):
        self._activate(self.agreement)
        self._tell_all(self.small)
        with self.assertRaisesRegex(UserError, "have not been released"):
            self.agreement.with_user(self.user_manager).action_report_result()

    # === Access, companies, many === #

    def test_states_are_not_written_by_hand(self):
        for name, value in (
            ("noticed_on", "2026-06-30"),
            ("to_plan", True),
            ("next_update_on", "2026-06-30"),
        ):
            with self.assertRaises(AccessError):
                self.small.with_user(self.user_manager).write({name: value})

    def test_other_company_sees_nothing(self):
        self._activate(self.agreement)
        talk = self._contact(self.key, "talk")
        for record in (self.agreement, self.agreement.internal_ids[:1], talk):
            seen = record.with_user(self.user_company_b).with_context(
                allowed_company_ids=self.company_b.ids
            )
            self.assertFalse(seen.has_access("read"))

    def test_a_thousand_customers_cost_few_queries(self):
        customers = self.env["res.partner"].create(
            [
                {"name": f"Customer {n}", "is_company": True, "street": "Street 1"}
                for n in range(1000)
            ]
        )
        agreement = self._create_agreement(*customers)
        agreement.sudo().state = "running"
        self.env["continuity.contract.review"].create(
            [
                {
                    "partner_id": customer.id,
                    "company_id": self.company_a.id,
                    "assignment_clause": "Free",
                    "result": "free",
                }
                for customer in customers
            ]
        ).with_user(self.user_manager).action_confirm()
        agreement.internal_ids.sudo().state = "done"
        self.env.flush_all()
        self.env.invalidate_all()
        lines = agreement.debtor_ids
        with self.assertQueryCount(100):
            lines._plan_touchpoints()
            self.env.flush_all()
        self.assertEqual(len(lines.touchpoint_ids), 2000)

    def test_many_are_planned_by_the_scheduler(self):
        self.patch(
            self.env.registry["continuity.factoring.debtor"],
            "_plan_contacts",
            lambda lines: lines.write({"to_plan": True}),
        )
        self._activate(self.agreement)
        self.assertFalse(self.agreement.debtor_ids.touchpoint_ids)
        model = self.env.registry["continuity.factoring.debtor"]
        prepare = model._prepare_telling

        def failing(line, occurrence, **values):
            if line == self.key:
                raise ValueError("No calendar")
            return prepare(line, occurrence, **values)

        self.patch(model, "_prepare_telling", failing)
        with self.assertLogs(
            "odoo.addons.customer_continuity.models.continuity_batch_mixin", "WARNING"
        ):
            self._run_cron("factoring_planning")
        self.assertEqual(self.key.plan_error, "No calendar")
        self.assertTrue(self.small.touchpoint_ids)
        self.assertEqual(self.agreement.debtor_ids.filtered("to_plan"), self.key)
