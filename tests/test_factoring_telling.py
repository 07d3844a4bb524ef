"""Who hears of factoring when, and in which order."""

from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_factoring_telling import TellingCommon


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
