"""Drafting an agreement: whom it proposes and why, whom it cannot cover, the pins."""

from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common_factoring_wizard import FactoringWizardCommon


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
        found = debtors._find_in_person(relationships.partner_id, self.company_a)
        reasons = {who: debtors._describe_in_person(why) for who, why in found.items()}
        self.assertRegex(" ".join(reasons[self.customer_1]), "policy begins with")
        self.assertEqual(reasons[self.customer_2], ["Brings 99 % of revenue."])
        self.assertEqual(reasons[self.customer_3], ["Customer for 6 years."])
        self.company_a.continuity_in_person_years = 7
        found = debtors._find_in_person(relationships.partner_id, self.company_a)
        self.assertNotIn(self.customer_3, found)

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
