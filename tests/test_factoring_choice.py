from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common_factoring import FactoringCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringChoice(FactoringCommon):
    def _debtor(self, agreement, customer=None):
        customer = customer or self.customer_1
        return agreement.debtor_ids.filtered(lambda d: d.partner_id == customer)

    # === Choice === #

    def test_customer_chooses_once(self):
        debtor = self._debtor(self._run_agreement(customer_may_choose=True))
        contact = self.env["res.partner"].create(
            {"name": "Ms. Ito", "parent_id": self.customer_1.id}
        )
        debtor._choose_payment("as_before", "On the page", contact)
        self.assertEqual(debtor.payment_choice, "as_before")
        self.assertEqual(debtor.payment_choice_by, "Ms. Ito")
        self.assertEqual(str(debtor.payment_choice_on), "2026-06-30 08:00:00")
        with self.assertRaisesRegex(UserError, "As before.*once"):
            debtor._choose_payment("new", "On the page", contact)
        self.assertEqual(debtor.payment_choice, "as_before")

    def test_payments_follow_the_choice_from_its_day(self):
        agreement = self._run_agreement(customer_may_choose=True)
        debtor = self._debtor(agreement)
        debtor._choose_payment("as_before", "On the page", self.customer_1)
        for day, expected in (("2026-06-29", "factor"), ("2026-06-30", "unchanged")):
            kind, _account = agreement._direction_on(debtor, self._date(day))
            self.assertEqual(kind, expected, day)
        other = self._debtor(agreement, self.customer_2)
        kind, account = agreement._direction_on(other, self._date("2026-06-30"))
        self.assertEqual((kind, account), ("factor", self.factor_account))

    def test_whoever_chose_the_new_account_pays_there(self):
        agreement = self._run_agreement(customer_may_choose=True)
        debtor = self._debtor(agreement)
        debtor._choose_payment("new", "On the page", self.customer_1)
        kind, _account = agreement._direction_on(debtor, self._date("2026-07-30"))
        self.assertEqual(kind, "factor")

    def test_no_choice_where_the_agreement_leaves_none(self):
        for agreement in (
            self._run_agreement(self.customer_1),
            self._run_agreement(
                self.customer_2, kind="confidential", customer_may_choose=True
            ),
        ):
            debtor = agreement.debtor_ids
            self.assertFalse(debtor.may_choose_payment)
            with self.assertRaises(UserError):
                debtor._choose_payment("as_before", "Call", debtor.partner_id)

    def test_no_choice_before_it_runs_nor_after_the_release(self):
        agreement = self._create_agreement(customer_may_choose=True)
        debtor = self._debtor(agreement)
        with self.assertRaises(UserError):
            debtor._choose_payment("as_before", "Call")
        agreement = self._run_agreement(customer_may_choose=True)
        debtor = self._debtor(agreement)
        self.assertTrue(debtor.may_choose_payment)
        debtor.state = "released"
        with self.assertRaises(UserError):
            debtor._choose_payment("as_before", "Call")

    def test_stranger_cannot_choose_for_a_customer(self):
        debtor = self._debtor(self._run_agreement(customer_may_choose=True))
        with self.assertRaisesRegex(UserError, "does not belong"):
            debtor._choose_payment("as_before", "On the page", self.customer_2)

    def test_colleague_writes_it_down_with_evidence(self):
        debtor = self._debtor(self._run_agreement(customer_may_choose=True))
        wizard = (
            self.env["continuity.factoring.payment.choice"]
            .with_user(self.accountant)
            .with_context(default_debtor_id=debtor.id)
        )
        form = Form(wizard)
        form.choice = "as_before"
        form.how = "Letter of 12 June"
        form.save().action_apply()
        self.assertEqual(debtor.payment_choice, "as_before")
        self.assertEqual(debtor.payment_choice_how, "Letter of 12 June")
        self.assertEqual(debtor.payment_choice_by, self.accountant.name)

    def test_evidence_is_required_of_a_colleague(self):
        debtor = self._debtor(self._run_agreement(customer_may_choose=True))
        with self.assertRaisesRegex(UserError, "how you know"):
            debtor.with_user(self.user_manager)._choose_payment("as_before", " ")

    def test_strangers_of_ours_cannot_write_it_down(self):
        debtor = self._debtor(self._run_agreement(customer_may_choose=True))
        for user in (self.user_sales_b, self.billing):
            with self.assertRaises(AccessError):
                debtor.with_user(user)._choose_payment("as_before", "Call")

    def test_choice_cannot_be_written_directly(self):
        debtor = self._debtor(self._run_agreement(customer_may_choose=True))
        for name, value in (
            ("payment_choice", "new"),
            ("payment_choice_on", False),
            ("payment_choice_by", "Somebody"),
            ("payment_choice_how", "Call"),
        ):
            with self.assertRaises(AccessError):
                debtor.with_user(self.user_manager).write({name: value})

    def test_choice_survives_a_merge(self):
        agreement = self._run_agreement(customer_may_choose=True)
        self._debtor(agreement)._choose_payment("as_before", "Page", self.customer_1)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer_1 | self.customer_2).ids, self.customer_2)
        self.env.invalidate_all()
        self.assertEqual(agreement.debtor_ids.partner_id, self.customer_2)
        self.assertEqual(agreement.debtor_ids.payment_choice, "as_before")

    # === Closing days === #

    def test_direction_counts_from_the_period_that_begins_with_it(self):
        agreement = self._run_agreement()
        debtor = self._debtor(agreement)
        self._direct(agreement, self.own_account, "2026-07-10", "collection")
        self.customer_1.with_company(self.company_a).continuity_closing_day = 20
        for day, expected in (
            ("2026-06-20", "unchanged"),
            ("2026-06-21", "factor"),
            ("2026-07-20", "factor"),
            ("2026-07-21", "collection"),
        ):
            kind, _account = agreement._direction_on(debtor, self._date(day))
            self.assertEqual(kind, expected, day)

    def test_what_letters_say_of_closing_and_payment_days(self):
        agreement = self._run_agreement()
        debtor, direction = self._debtor(agreement), agreement.direction_ids
        self.assertEqual(str(debtor._effective_from(direction)), "2026-06-01")
        self.assertIsNone(debtor._first_payment(direction))
        self.customer_1.with_company(self.company_a).write(
            {
                "continuity_closing_day": 31,
                "continuity_payment_months": 1,
                "continuity_payment_day": 31,
            }
        )
        self.assertEqual(str(debtor._effective_from(direction)), "2026-06-01")
        self.assertEqual(str(debtor._first_closing(direction)), "2026-06-30")
        self.assertEqual(str(debtor._first_payment(direction)), "2026-07-31")

    def test_days_of_another_company_do_not_count(self):
        agreement = self._run_agreement()
        debtor = self._debtor(agreement)
        self.customer_1.with_company(self.company_b).continuity_closing_day = 20
        self.assertEqual(
            str(debtor._effective_from(agreement.direction_ids)), "2026-06-01"
        )

    def test_impossible_days_are_refused(self):
        customer = self.customer_1.with_company(self.company_a)
        for name, value in (
            ("continuity_closing_day", 32),
            ("continuity_payment_day", -1),
            ("continuity_payment_months", 13),
        ):
            with self.assertRaises(ValidationError):
                customer.write({name: value})
