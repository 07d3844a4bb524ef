"""Inside the company hears of factoring before any customer does."""

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_factoring import FactoringCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringInternal(FactoringCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agreement = cls._create_agreement(tell_from="2026-07-15")
        cls.agreement.approval_ids = [Command.create({"user_id": cls.user_leader.id})]

    def _step(self, code, agreement=None):
        steps = (agreement or self.agreement).internal_ids
        return steps.filtered(lambda s: s.code == code)

    def _approve(self, agreement):
        agreement.sudo().approval_ids.write({"state": "approved"})
        agreement.sudo().state = "approved"
        agreement._on_approved()

    def _to_dos(self, step):
        return self.env["mail.activity"].search(
            [("res_model", "=", step._name), ("res_id", "=", step.id)]
        )

    # === Proposed === #

    def test_steps_are_proposed_with_the_draft(self):
        steps = self.agreement.internal_ids
        self.assertEqual(
            steps.mapped("code"),
            ["management", "factor", "accounting", "salespeople", "answers"],
        )
        self.assertEqual(
            [str(day) for day in steps.mapped("deadline")],
            ["2026-07-08", "2026-07-09", "2026-07-10", "2026-07-12", "2026-07-14"],
        )
        self.assertEqual(steps.user_id, self.user_manager)
        self.assertEqual(self._step("salespeople").told_user_ids, self.user_sales_a)

    def test_confidential_agreements_keep_it_among_few(self):
        agreement = self._create_agreement(
            kind="confidential", named_user_ids=[Command.set(self.accountant.ids)]
        )
        codes = agreement.internal_ids.mapped("code")
        self.assertEqual(sorted(codes), ["accounting", "factor", "secrecy"])
        self.assertEqual(
            self._step("secrecy", agreement).told_user_ids, self.accountant
        )

    def test_another_kind_proposes_other_steps(self):
        own = self.agreement.internal_ids.create(
            {"factoring_id": self.agreement.id, "name": "The warehouse"}
        )
        self.agreement.kind = "confidential"
        self.assertIn(own, self.agreement.internal_ids)
        self.assertTrue(self._step("secrecy"))
        self.assertFalse(self._step("salespeople"))

    def test_not_submitted_without_a_plan(self):
        self.agreement.internal_ids.unlink()
        errors = "\n".join(self.agreement._submission_errors())
        self.assertIn("who is told inside", errors)

    def test_own_step_in_the_form(self):
        form = Form(self.agreement.with_user(self.user_manager))
        with form.internal_ids.new() as line:
            line.name = "The warehouse hears of it"
            line.days_before = 2
        form.save()
        own = self.agreement.internal_ids.filtered(lambda s: not s.code)
        self.assertEqual(str(own.deadline), "2026-07-13")

    # === Shared === #

    def test_to_dos_once_it_is_approved(self):
        step = self._step("accounting")
        step.with_user(self.user_manager).user_id = self.accountant
        self.assertFalse(self._to_dos(step))
        self._approve(self.agreement)
        [to_do] = self._to_dos(step)
        self.assertEqual(to_do.user_id, self.accountant)
        self.assertEqual(str(to_do.date_deadline), "2026-07-10")
        self.assertIn(self.agreement.name, to_do.summary)
        step.with_user(self.accountant).action_done()
        self.assertFalse(self._to_dos(step))
        self.assertEqual(step.done_by_id, self.accountant)
        self.assertEqual(str(step.done_on), "2026-06-30 08:00:00")

    def test_who_is_told_reads_the_step_once_it_is_approved(self):
        agreement = self._create_agreement(kind="confidential")
        step = self._step("accounting", agreement)
        step.told_user_ids = self.user_sales_b
        told = self.user_sales_b
        self.assertFalse(step.with_user(told).has_access("read"))
        self._approve(agreement)
        self.env.invalidate_all()
        self.assertTrue(step.with_user(told).has_access("read"))
        # The step, not the agreement with its customers and figures.
        self.assertFalse(agreement.with_user(told).has_access("read"))
        for stranger in (self.user_sales_a, self.user_all, self.user_portal):
            self.assertFalse(step.with_user(stranger).has_access("read"))

    def test_who_does_not_use_the_app_has_no_to_do(self):
        step = self._step("accounting")
        step.user_id = self.billing
        self._approve(self.agreement)
        self.assertEqual(self._to_dos(step).user_id, self.user_manager)

    def test_salespeople_taken_in_later_are_named(self):
        self.agreement.debtor_ids.create(
            {"factoring_id": self.agreement.id, "partner_id": self.customer_3.id}
        )
        self.assertEqual(
            self._step("salespeople").told_user_ids,
            self.user_sales_a | self.user_sales_b,
        )

    # === Done, or not needed === #

    def test_nothing_is_done_before_it_is_approved(self):
        with self.assertRaises(UserError):
            self._step("factor").with_user(self.user_manager).action_done()

    def test_only_who_does_it_or_decides(self):
        self._approve(self.agreement)
        step = self._step("salespeople")
        with self.assertRaises(AccessError):
            step.with_user(self.user_sales_a).action_done()
        with self.assertRaises(AccessError):
            step.with_user(self.user_sales_a)._excuse("I know already")
        step.with_user(self.user_leader).action_done()
        self.assertEqual(step.state, "done")

    def test_excused_with_a_reason(self):
        self._approve(self.agreement)
        step = self._step("answers").with_user(self.user_manager)
        with self.assertRaises(UserError):
            step._excuse(" ")
        step.action_excuse()
        step._excuse("Nobody but us answers")
        self.assertEqual(
            (step.state, step.reason), ("excused", "Nobody but us answers")
        )

    def test_what_is_done_stays(self):
        self._approve(self.agreement)
        step = self._step("answers").with_user(self.user_manager)
        step.action_done()
        with self.assertRaises(UserError):
            step.name = "Something else"
        with self.assertRaises(UserError):
            step.unlink()
        with self.assertRaises(AccessError):
            self._step("factor").with_user(self.user_manager).state = "done"

    def test_given_up(self):
        self._approve(self.agreement)
        step = self._step("answers")
        self.assertTrue(self._to_dos(step))
        self.agreement.with_user(self.user_manager)._cancel("The factor withdrew")
        self.assertFalse(self._to_dos(step))
