"""Drafting an agreement: whom it proposes and why, whom it cannot cover, the pins."""

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common_factoring import FactoringCommon


class FactoringWizardCommon(FactoringCommon):
    """Customer 1 and 2 have a valid contract review; the manager drafts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standings = cls.env["continuity.credit.standing"]

    def _wizards(self, user=None):
        return (
            self.env["continuity.factoring.wizard"]
            .with_user(user or self.user_manager)
            .with_context(allowed_company_ids=self.company_a.ids)
        )

    def _first_step(self, user=None, **values):
        form = Form(self._wizards(user))
        form.factor_id = self.factor
        form.customer_reason = "We finance our growth from what is invoiced."
        for name, value in values.items():
            setattr(form, name, value)
        return form.save()

    def _second_step(self, user=None, **values):
        wizard = self._first_step(user, **values)
        wizard.action_next()
        return wizard

    def _line(self, wizard, customer):
        return wizard.line_ids.filtered(lambda line: line.partner_id == customer)

    def _paying_customers(self, *customers):
        """Let customers pay six invoices each on the day they are due, and owe one."""
        for customer in customers:
            for month in range(1, 7):
                move = self._bill(
                    customer, 100, f"2026-0{month}-01", f"2026-0{month}-20"
                )
                self._pay(move, 100, f"2026-0{month}-20")
            self._bill(customer, 250, "2026-06-20", "2026-07-20")
        self.standings._take(self.company_a)

    def _finish(self, wizard, **values):
        """Fill in the last steps and make the draft."""
        if wizard.step == "customers":
            wizard.action_next()
        wizard.bank_account_id = self.factor_account
        wizard.action_next()
        wizard.approver_id = self.user_all
        wizard.write(values)
        wizard.action_next()
        action = wizard.action_create_agreement()
        return self.env["continuity.factoring"].browse(action["res_id"])


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringWizard(FactoringWizardCommon):
    # === Proposals === #

    def test_who_pays_well_and_may_be_assigned_is_proposed(self):
        self._paying_customers(self.customer_1)
        wizard = self._second_step()
        line = self._line(wizard, self.customer_1)
        self.assertTrue(line.included)
        self.assertEqual(line.open_amount, 250)
        self.assertIn("Include:", line.reason)
        self.assertIn("valid until 06/30/2027", line.reason)
        self.assertIn("Pays on the day it is due", line.reason)
        self.assertEqual(line, wizard.line_ids[0], "first in the order")
        unknown = self._line(wizard, self.customer_2)
        self.assertFalse(unknown.included)
        self.assertIn("To be decided", unknown.reason)
        self.assertFalse(unknown.refusal)

    def test_without_figures_nobody_is_proposed_and_a_button_takes_them(self):
        self._bill(self.customer_1, 100, "2026-06-01", "2026-07-01")
        self.standings.search([("company_id", "=", self.company_a.id)]).unlink()
        wizard = self._second_step()
        self.assertTrue(wizard.missing_standing)
        self.assertFalse(wizard.line_ids.filtered("included"))
        wizard.action_take_standing()
        self.assertFalse(wizard.missing_standing)
        self.assertTrue(self._line(wizard, self.customer_1).standing_id)

    def test_order_follows_the_credit_standing(self):
        self._paying_customers(self.customer_1, self.customer_2)
        self._bill(self.customer_2, 900, "2026-06-21", "2026-07-21")
        self.standings._take(self.company_a)
        wizard = self._second_step()
        self.assertEqual(
            wizard.line_ids[:2].partner_id, self.customer_2 | self.customer_1
        )
        self.assertEqual(wizard.line_ids[0].partner_id, self.customer_2)

    def test_reasons_are_read_in_the_language_of_the_reader(self):
        self._paying_customers(self.customer_1)
        agreement = self._finish(self._second_step())
        line = agreement.debtor_ids
        self.env["res.lang"]._activate_lang("fr_FR")
        english = line.with_context(lang="en_US").proposal_reason
        french = line.with_context(lang="fr_FR").proposal_reason
        self.assertIn("06/30/2027", english)
        self.assertIn("30/06/2027", french)

    # === Who cannot be covered === #

    def _refusal(self, customer, **values):
        line = self._line(self._second_step(**values), customer)
        self.assertFalse(line.included)
        with self.assertRaises(ValidationError):
            line.included = True
            line.flush_recordset()
        line.invalidate_recordset()
        self.assertIn("Not covered", line.reason)
        return line.refusal

    def test_not_reviewed(self):
        self._bill(self.customer_3, 100, "2026-06-01", "2026-07-01")
        self.assertIn("not been reviewed", self._refusal(self.customer_3))

    def test_review_expired_when_the_agreement_begins(self):
        refusal = self._refusal(self.customer_1, date_start=self._date("2027-07-01"))
        self.assertIn("expired", refusal)

    def test_excluded(self):
        self._review(self.customer_3, result="excluded", reason="Secret tender.")
        self.assertIn("Secret tender", self._refusal(self.customer_3))

    def test_consent_missing(self):
        self._review(self.customer_3, result="consent", reason="Clause 9.")
        self.assertIn("consent", self._refusal(self.customer_3))

    def test_pays_by_bill(self):
        self.customer_1.with_company(self.company_a).continuity_pays_by_bill = True
        self.assertIn("bills", self._refusal(self.customer_1))

    def test_covered_by_another_agreement(self):
        other = self._run_agreement()
        self.assertIn(other.name, self._refusal(self.customer_1))

    def test_other_currency_or_time_is_no_obstacle(self):
        self._run_agreement(date_end="2026-12-31")
        wizard = self._second_step(date_start=self._date("2027-01-01"))
        self.assertFalse(self._line(wizard, self.customer_1).refusal)
        self.env["continuity.factoring"].search(
            [("state", "=", "running"), ("company_id", "=", self.company_a.id)]
        ).currency_ids = self.dollar
        wizard = self._second_step()
        self.assertFalse(self._line(wizard, self.customer_1).refusal)

    def test_confidential_agreement_stays_unknown(self):
        """Somebody who may not know it learns whom to ask, and nothing else."""
        other = self._run_agreement(
            factor_id=self.other_factor.id, kind="confidential", noticed=False
        )
        wizard = self._second_step(user=self.accountant)
        refusal = self._line(wizard, self.customer_1).refusal
        self.assertIn(self.user_manager.name, refusal)
        for secret in (other.name, self.other_factor.name, "onfidential"):
            self.assertNotIn(secret, refusal)

    def test_the_factor_is_not_its_own_customer(self):
        self._bill(self.factor, 100, "2026-06-01", "2026-07-01")
        self.assertIn("the factor", self._refusal(self.factor))

    def test_customers_of_another_company_are_not_proposed(self):
        self._bill(self.customer_3, 100, "2026-06-01", "2026-07-01")
        self.customer_2.company_id = self.company_b
        foreign = self._create_customer("Only B")
        self._create_invoice(foreign, 100, "2026-06-01", company=self.company_b)
        wizard = self._second_step()
        self.assertTrue(self._line(wizard, self.customer_3))
        self.assertFalse(self._line(wizard, self.customer_2))
        self.assertFalse(self._line(wizard, foreign))

    # === In person === #

    def test_in_person_by_policy_tenure_and_share(self):
        debtors = self.env["continuity.factoring.debtor"]
        relationships = self.env["continuity.relationship"]._ensure(
            self.company_a, self.customer_1 | self.customer_2 | self.customer_3
        )
        tier_a, tier_c = (
            self.env.ref(f"customer_continuity.tier_{name}") for name in "ac"
        )
        values = {
            self.customer_1: {"tier_id": tier_a.id, "revenue": 10},
            self.customer_2: {
                "tier_id": tier_c.id,
                "revenue": 1000,
                "first_purchase_date": "2025-01-01",
            },
            self.customer_3: {
                "tier_id": tier_c.id,
                "revenue": 1,
                "first_purchase_date": "2020-06-30",
            },
        }
        for line in relationships.sudo():
            line.write(values[line.partner_id])
        reasons = debtors._in_person_reasons(relationships.partner_id, self.company_a)
        self.assertRegex(" ".join(reasons[self.customer_1]), "policy begins with")
        self.assertEqual(reasons[self.customer_2], ["Brings 99 % of revenue."])
        self.assertEqual(reasons[self.customer_3], ["Customer for 6 years."])
        self.company_a.continuity_in_person_years = 7
        reasons = debtors._in_person_reasons(relationships.partner_id, self.company_a)
        self.assertNotIn(self.customer_3, reasons)

    def test_policy_that_begins_with_a_letter_asks_for_no_talk(self):
        debtors = self.env["continuity.factoring.debtor"]
        tiers = [self.env.ref(f"customer_continuity.tier_{name}") for name in "abc"]
        self.assertEqual(
            [debtors._policy_begins_with_talk(tier) for tier in tiers],
            [True, True, False],
        )

    # === Decisions === #

    def test_who_was_proposed_is_left_out_with_a_reason(self):
        self._paying_customers(self.customer_1, self.customer_2)
        wizard = self._second_step()
        self._line(wizard, self.customer_2).included = False
        with self.assertRaisesRegex(UserError, "Customer 2"):
            wizard.action_next()
        self._line(wizard, self.customer_2).drop_reason = "They asked us not to."
        agreement = self._finish(wizard)
        left_out = agreement.debtor_ids.filtered(lambda d: d.state == "out")
        self.assertEqual(left_out.partner_id, self.customer_2)
        self.assertEqual(left_out.out_reason, "They asked us not to.")
        self.assertEqual(agreement.left_out_count, 1)

    def test_one_reason_for_all_that_are_left_out(self):
        self._paying_customers(self.customer_1, self.customer_2)
        wizard = self._second_step()
        wizard.action_include_none()
        self._line(wizard, self.customer_1).included = True
        wizard.drop_reason = "We begin with one."
        agreement = self._finish(wizard)
        self.assertEqual(
            agreement.debtor_ids.mapped("out_reason"), [False, "We begin with one."]
        )

    def test_bulk_buttons_leave_out_who_cannot_be_covered(self):
        self._paying_customers(self.customer_1)
        self._bill(self.customer_3, 100, "2026-06-01", "2026-07-01")
        wizard = self._second_step()
        wizard.action_include_all()
        self.assertEqual(
            wizard.line_ids.filtered("included").partner_id,
            self.customer_1 | self.customer_2,
        )
        wizard.action_include_proposed()
        self.assertEqual(
            wizard.line_ids.filtered("included").partner_id, self.customer_1
        )

    def test_decisions_survive_a_new_proposal(self):
        self._paying_customers(self.customer_1)
        wizard = self._second_step()
        self._line(wizard, self.customer_2).included = True
        line = self._line(wizard, self.customer_1)
        line.in_person = not line.in_person
        chosen = line.in_person
        self._review(self.customer_3)
        wizard.action_propose()
        self.assertTrue(self._line(wizard, self.customer_2).included)
        self.assertEqual(self._line(wizard, self.customer_1).in_person, chosen)
        self.assertFalse(self._line(wizard, self.customer_3).refusal)

    def test_other_terms_propose_anew(self):
        wizard = self._second_step()
        self.assertFalse(self._line(wizard, self.customer_1).refusal)
        wizard.action_back()
        wizard.date_start = "2027-07-01"
        wizard.action_next()
        self.assertIn("expired", self._line(wizard, self.customer_1).refusal)

    # === The draft === #

    def test_draft_keeps_what_it_rests_on(self):
        self._paying_customers(self.customer_1)
        agreement = self._finish(self._second_step())
        self.assertEqual(agreement.state, "draft")
        line = agreement.debtor_ids
        self.assertEqual(line.partner_id, self.customer_1)
        self.assertEqual(line.user_id, self.user_sales_a)
        self.assertTrue(line.relationship_id)
        self.assertTrue(line.standing_id.pinned)
        self.assertEqual(line.review_id.partner_id, self.customer_1)
        kept, text = line.standing_id, line.proposal_reason
        self._bill(self.customer_1, 1000, "2026-01-01", "2026-01-02")
        self.standings._take(self.company_a)
        line.invalidate_recordset()
        self.assertEqual(line.standing_id, kept)
        self.assertEqual(line.proposal_reason, text)

    def test_what_a_decision_rests_on_is_no_clients_to_write(self):
        self._paying_customers(self.customer_1)
        agreement = self._finish(self._second_step())
        line = agreement.debtor_ids.with_user(self.user_manager)
        for name in ("standing_id", "review_id", "was_proposed", "in_person_found"):
            with self.subTest(name), self.assertRaises(AccessError):
                line.write({name: False})
        with self.assertRaises(AccessError):
            agreement.with_user(self.user_manager).choice_id = False

    def test_direction_is_proposed_for_a_second_person(self):
        wizard = self._second_step()
        wizard.action_include_all()
        agreement = self._finish(wizard)
        direction = agreement.direction_ids
        self.assertEqual(direction.state, "proposed")
        self.assertEqual(direction.proposed_by_id, self.user_manager)
        self.assertEqual(direction.bank_account_id, self.factor_account)
        with self.assertRaises(AccessError):
            direction.with_user(self.user_manager).action_confirm()

    def test_new_account_is_typed_in_by_who_may(self):
        wizard = self._second_step()
        wizard.action_include_all()
        wizard.action_next()
        wizard.new_account = "DE89 3704 0044 0532 0130 00"
        partner_manager = self.env.ref("base.group_partner_manager")
        if (
            not self.env["res.partner.bank"]
            .with_user(self.user_manager)
            .has_access("create")
        ):
            with self.assertRaisesRegex(UserError, "bank accounts"):
                wizard.action_next()
            self.user_manager.group_ids |= partner_manager
        wizard.action_next()
        wizard.approver_id = self.user_all
        wizard.action_next()
        wizard.action_create_agreement()
        account = self.env["res.partner.bank"].search(
            [("sanitized_acc_number", "=", "DE89370400440532013000")]
        )
        self.assertEqual(account.partner_id, self.factor)

    def test_account_of_somebody_else_is_refused(self):
        wizard = self._second_step()
        wizard.action_include_all()
        wizard.action_next()
        wizard.bank_account_id = self.own_account
        with self.assertRaisesRegex(UserError, "does not belong to Factor AG"):
            wizard.action_next()

    def test_preview_says_what_stands_in_the_way_of_activation(self):
        self._paying_customers(self.customer_1)
        wizard = self._second_step()
        wizard.action_next()
        wizard.bank_account_id = self.factor_account
        wizard.action_next()
        wizard.action_next()
        self.assertIn("approver", wizard.error_text)
        self.assertIn("a second person must", wizard.warning_text)
        self.assertIn("Customer 1", wizard.summary_html)
        with self.assertRaisesRegex(UserError, "approver"):
            wizard.action_create_agreement()

    def test_what_changed_meanwhile_stops_the_draft(self):
        self._paying_customers(self.customer_1)
        wizard = self._second_step()
        self._review(self.customer_1, result="excluded", reason="New terms.")
        with self.assertRaisesRegex(UserError, "New terms"):
            self._finish(wizard)

    def test_first_step_says_what_is_missing(self):
        wizard = self._first_step(customer_reason=False, factor_id=self.factor)
        wizard.currency_ids = False
        with self.assertRaises(UserError) as caught:
            wizard.action_next()
        self.assertIn("what customers are told", str(caught.exception))
        self.assertIn("currency", str(caught.exception))

    def test_from_a_decided_choice(self):
        choice = self.env["continuity.factor.choice"].create(
            {
                "name": "2026",
                "company_id": self.company_a.id,
                "volume": 1000,
                "days_outstanding": 30,
                "offer_ids": [
                    Command.create({"factor_id": self.factor.id, "recourse": "limited"})
                ],
            }
        )
        choice.write({"state": "decided", "chosen_offer_id": choice.offer_ids.id})
        form = Form(self._wizards().with_context(default_choice_id=choice.id))
        self.assertEqual(form.factor_id, self.factor)
        self.assertEqual(form.recourse, "limited")
        form.customer_reason = "We finance our growth."
        wizard = form.save()
        wizard.action_next()
        wizard.action_include_all()
        agreement = self._finish(wizard)
        self.assertEqual(agreement.choice_id, choice)
        self.assertEqual(agreement.with_user(self.user_manager).offer_count, 1)

    # === Adding customers === #

    def test_customers_are_added_to_a_draft_and_by_managers_later(self):
        self._paying_customers(self.customer_1)
        agreement = self._finish(self._second_step())
        self._review(self.customer_3)
        move = self._bill(self.customer_3, 100, "2026-06-01", "2026-07-01")
        agreement.sudo().state = "approved"
        self._confirm(agreement.direction_ids, self.accountant)
        self._activate(agreement)
        action = (
            agreement.with_user(self.user_manager)
            .with_context(allowed_company_ids=self.company_a.ids)
            .action_add_customers()
        )
        wizard = self._wizards().browse(action["res_id"])
        self.assertFalse(self._line(wizard, self.customer_1))
        self._line(wizard, self.customer_3).included = True
        wizard.action_next()
        self.assertFalse(wizard.error_text)
        wizard.action_create_agreement()
        self.assertIn(self.customer_3, agreement.debtor_ids.partner_id)
        self.assertEqual(self._assignments(move).state, "active")
        with self.assertRaises(AccessError):
            agreement.with_user(self.accountant).action_add_customers()

    # === Access === #

    def test_salespeople_draft_nothing_and_read_no_figures(self):
        with self.assertRaises(AccessError):
            self._wizards(self.user_sales_a).create({"factor_id": self.factor.id})
        self._paying_customers(self.customer_1)
        agreement = self._finish(self._second_step())
        agreement.sudo().state = "approved"
        line = agreement.debtor_ids.with_user(self.user_sales_a)
        self.assertEqual(line.partner_id, self.customer_1)
        self.assertFalse(line.proposal_reason)
        with self.assertRaises(AccessError):
            line.read(["standing_id"])
        self.assertTrue(agreement.debtor_ids.with_user(self.user_all).proposal_reason)

    def test_accountants_draft(self):
        self._paying_customers(self.customer_1)
        agreement = self._finish(self._second_step(user=self.accountant))
        self.assertEqual(agreement.create_uid, self.accountant)
        self.assertFalse(agreement.with_user(self.user_all).has_access("read") is None)

    def test_what_was_found_is_no_clients_to_name(self):
        """A guessed snapshot would be answered with its figures."""
        self._paying_customers(self.customer_1)
        wizard = self._second_step()
        line = self._line(wizard, self.customer_2)
        standing = self._line(wizard, self.customer_1).standing_id
        with self.assertRaises(AccessError):
            line.standing_id = standing
        with self.assertRaises(AccessError):
            wizard.line_ids = [
                Command.create(
                    {"partner_id": self.customer_3.id, "standing_id": standing.id}
                )
            ]

    def test_colleagues_do_not_read_each_others_wizard(self):
        wizard = self._second_step()
        with self.assertRaises(AccessError):
            wizard.with_user(self.accountant).read(["factor_id"])

    def test_agreements_of_another_company_are_not_drafted(self):
        wizard = self._first_step(user=self.accountant)
        wizard.sudo().company_id = self.company_b
        with self.assertRaises(AccessError):
            wizard.action_next()

    def test_preview_is_checked_when_a_client_writes_the_step(self):
        wizard = self._first_step(user=self.accountant)
        wizard.sudo().company_id = self.company_b
        wizard.step = "preview"
        with self.assertRaises(AccessError):
            wizard.read(["summary_html"])

    # === Many === #

    def test_number_of_statements_does_not_grow(self):
        def count(customers):
            partners = self.env["res.partner"].concat(*customers)
            agreement = self._create_agreement(self.customer_1)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            agreement._cover_rows(partners)
            return self.env.cr.sql_log_count - before

        many = self.env["res.partner"].create(
            [{"name": f"Many {i}", "is_company": True} for i in range(200)]
        )
        reviews = self.env["continuity.contract.review"].create(
            [
                {
                    "partner_id": partner.id,
                    "company_id": self.company_a.id,
                    "no_contract": True,
                    "result": "free",
                    "reviewer_id": self.user_manager.id,
                    "reviewed_on": "2026-06-01",
                    "expires_on": "2027-06-01",
                }
                for partner in many
            ]
        )
        self.assertTrue(reviews)
        few = count(many[:5])
        self.assertLessEqual(count(many), few + 2)
        wizard = self._second_step()
        self.assertGreaterEqual(len(wizard.line_ids), 200)
        wizard.action_include_all()
        before = self.env.cr.sql_log_count
        wizard.bank_account_id = self.factor_account
        agreement = self._finish(wizard)
        self.assertGreaterEqual(len(agreement.debtor_ids), 200)
        self.assertLess(self.env.cr.sql_log_count - before, 400)


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringRegistration(FactoringWizardCommon):
    def _confidential(self, **values):
        agreement = self._create_agreement(kind="confidential", **values)
        agreement.sudo().state = "approved"
        return agreement.with_user(self.user_manager)

    def test_public_register_is_noted_before_activation(self):
        self.company_a.country_id = self.env.ref("base.jp")
        agreement = self._confidential()
        self.assertIn("債権譲渡登記", agreement.registration_warning)
        self.assertIn("unverified", agreement.registration_warning)
        with self.assertRaisesRegex(UserError, "public register .*Japan"):
            agreement.action_activate()
        agreement.action_confirm_registration()
        self.assertEqual(agreement.registration_confirmed_by_id, self.user_manager)
        self.assertIn("took note", agreement.message_ids[0].body)
        agreement.action_activate()
        self.assertEqual(agreement.state, "running")

    def test_another_law_is_noted_anew(self):
        self.company_a.country_id = self.env.ref("base.jp")
        agreement = self._confidential()
        agreement.action_confirm_registration()
        self.assertFalse(agreement.registration_pending)
        agreement.sudo().jurisdiction_id = self.env.ref(
            "customer_continuity.jurisdiction_cn"
        )
        self.assertTrue(agreement.registration_pending)

    def test_law_of_a_contract_counts(self):
        self.company_a.country_id = self.env.ref("base.de")
        agreement = self._confidential()
        before = agreement.registration_pending
        self._review(
            self.customer_2,
            jurisdiction_id=self.env.ref("customer_continuity.jurisdiction_us_de").id,
        )
        agreement.invalidate_recordset()
        self.assertIn("UCC-1", agreement.registration_warning)
        self.assertTrue(agreement.registration_pending or before)

    def test_nothing_to_note_without_a_register(self):
        germany = self.env.ref("customer_continuity.jurisdiction_de")
        self.company_a.country_id = self.env.ref("base.de")
        for customer in self.customer_1 | self.customer_2:
            self._review(customer, jurisdiction_id=germany.id)
        agreement = self._confidential()
        self.assertIn("no public register", agreement.registration_warning)
        self.assertFalse(agreement.registration_pending)
        agreement.action_activate()
        with self.assertRaises(UserError):
            agreement.action_confirm_registration()

    def test_notified_agreements_hide_nothing(self):
        agreement = self._create_agreement()
        self.assertFalse(agreement.registration_warning)
        self.assertFalse(agreement.registration_pending)

    def test_note_is_no_clients_to_write(self):
        agreement = self._confidential()
        agreement.sudo().state = "draft"
        with self.assertRaises(AccessError):
            agreement.registration_confirmed_for = "JP CN XX"
        with self.assertRaises(AccessError):
            agreement.with_user(self.user_sales_a).action_confirm_registration()

    def test_wizard_says_it_in_the_preview(self):
        self.company_a.country_id = self.env.ref("base.jp")
        wizard = self._first_step(kind="confidential")
        wizard.action_next()
        wizard.action_include_all()
        agreement = self._finish(wizard)
        self.assertIn("債権譲渡登記", wizard.summary_html)
        self.assertIn("public register", wizard.warning_text)
        self.assertTrue(agreement.confidential)
        self.assertFalse(agreement.direction_ids)
        self.assertFalse(agreement.debtor_ids.filtered("in_person"))


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringAssignPart(FactoringWizardCommon):
    def setUp(self):
        super().setUp()
        self.agreement = self._run_agreement(covers="invoices")
        self.move = self._bill(self.customer_1, 100, "2026-06-15", "2026-07-15")

    def _open(self, move=None, user=None):
        move = (move or self.move).with_user(user or self.accountant)
        action = move.with_context(
            allowed_company_ids=self.company_a.ids
        ).action_continuity_assign_part()
        return (
            self.env[action["res_model"]]
            .with_user(user or self.accountant)
            .browse(action["res_id"])
        )

    def test_part_of_an_invoice(self):
        wizard = self._open()
        self.assertEqual(wizard.factoring_id, self.agreement)
        self.assertEqual(wizard.line_ids.amount, 100)
        with Form(wizard) as form, form.line_ids.edit(0) as line:
            line.amount = 40
        wizard.action_assign()
        self.assertEqual(self._assignments(self.move).amount, 40)

    def test_what_cannot_be_assigned_says_why(self):
        move = self._bill(
            self.customer_1, 100, "2026-06-15", "2026-07-15", currency=self.dollar
        )
        wizard = self._open(move)
        self.assertIn("USD", wizard.line_ids.refusal)
        self.assertFalse(wizard.line_ids.amount)
        with self.assertRaisesRegex(UserError, "how much"):
            wizard.action_assign()

    def test_more_than_is_open(self):
        wizard = self._open()
        wizard.line_ids.amount = 101
        with self.assertRaisesRegex(UserError, "a part of it"):
            wizard.action_assign()

    def test_customer_not_covered(self):
        move = self._bill(self.customer_3, 100, "2026-06-15", "2026-07-15")
        with self.assertRaisesRegex(UserError, "Customer 3"):
            self._open(move)

    def test_access(self):
        with self.assertRaises(UserError):
            self._open(user=self.user_sales_b)
        wizard = self._open()
        with self.assertRaises(AccessError):
            wizard.move_ids = [Command.clear()]
        with self.assertRaises(AccessError):
            wizard.line_ids.write({"move_line_id": self._receivable(self.move).id})


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringNextStep(FactoringWizardCommon):
    def test_next_step_from_draft_to_running(self):
        agreement = self._create_agreement(
            approval_ids=[Command.create({"user_id": self.user_all.id})]
        )
        manager = agreement.with_user(self.user_manager)
        self.assertIn("where customers are to pay", manager.next_step)
        direction = self.env["continuity.payment.direction"].create(
            {
                "factoring_id": agreement.id,
                "bank_account_id": self.factor_account.id,
            }
        )
        self._confirm(direction, self.user_all)
        self.assertIn("submit it", manager.next_step)
        manager.action_submit()
        self.assertIn(self.user_all.name, manager.next_step)
        self.assertIn("You decide", agreement.with_user(self.user_all).next_step)
        agreement.with_user(self.user_all).action_approve()
        self.assertIn("Activate", manager.next_step)
        manager.action_activate()
        self.assertIn("Customers without a notice yet: 2.", manager.next_step)

    def test_obstacles_are_named_before_activation(self):
        self._review(self.customer_2, result="excluded", reason="Ban.")
        agreement = self._create_agreement()
        agreement.sudo().state = "approved"
        text = agreement.with_user(self.user_manager).next_step
        self.assertIn("where customers are to pay", text)
        self.assertIn("Customer 2: Excluded", text)

    def test_another_running_agreement_stops_activation(self):
        self._run_agreement()
        agreement = self._create_agreement()
        agreement.sudo().state = "approved"
        self._direct(agreement)
        with self.assertRaisesRegex(UserError, "covers this customer"):
            agreement.with_user(self.user_manager).action_activate()
