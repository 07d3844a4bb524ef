"""The draft a wizard makes of an agreement, and the way from there until it runs."""

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_factoring_wizard import FactoringWizardCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringWizardDraft(FactoringWizardCommon):
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

    def test_terms_are_complete_when_it_is_submitted(self):
        """The form changes drafts too, and a letter without a reason never leaves."""
        self._paying_customers(self.customer_1)
        agreement = self._finish(self._second_step()).with_user(self.user_manager)
        agreement.write({"customer_reason": " ", "currency_ids": False})
        with self.assertRaisesRegex(UserError, "currency(.|\n)*what customers"):
            agreement.action_submit()
        agreement.write({"kind": "confidential", "currency_ids": self.euro})
        agreement.action_submit()
        self.assertEqual(agreement.state, "submitted")

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
        wizard.action_create_draft()
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
            wizard.action_create_draft()

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
        wizard.action_create_draft()
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
