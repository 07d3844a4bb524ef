"""What a public register shows is noted before a confidential agreement begins."""

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_factoring_wizard import FactoringWizardCommon


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
