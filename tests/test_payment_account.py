"""Two people for every account, and none for what customers were told."""

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_factoring import NOTICED, FactoringCommon

OTHER = "DE75 5121 0800 1245 1261 99"


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestPaymentAccount(FactoringCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agreement = cls._create_agreement()
        cls.agreement.sudo().state = "approved"
        cls.bank_1, cls.bank_2 = cls.env["res.bank"].create(
            [{"name": "Bank 1", "bic": "BYLADEM1001"}, {"name": "Bank 2"}]
        )
        cls.factor_account.bank_id = cls.bank_1
        cls.factor.phone = "+49 30 555 20"

    def _dialog(self, direction, user):
        action = direction.with_user(user).action_confirm()
        model = self.env[action["res_model"]].with_user(user)
        return Form(model.with_context(**action["context"]))

    # === What customers were told === #

    def test_account_customers_were_told_of_stays(self):
        direction = self._direct(self.agreement)
        self._activate(self.agreement)
        self.agreement.debtor_ids.write({"state": "noticed", "noticed_on": NOTICED})
        move = self._bill(self.customer_1, 100, "2026-06-30", "2026-07-30")
        account = self.factor_account.with_user(self.user_manager).sudo()
        for values in (
            {"acc_number": OTHER},
            {"sanitized_acc_number": OTHER},
            {"acc_holder_name": "Somebody Else"},
            {"partner_id": self.other_factor.id},
            {"bank_id": self.bank_2.id},
            {"bank_bic": "COBADEFFXXX"},
        ):
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(UserError, "propose it with its own day"),
            ):
                account.write(values)
        with self.assertRaisesRegex(UserError, "number, holder and bank stay"):
            self.bank_1.bic = "COBADEFFXXX"
        account.write({"acc_number": account.acc_number, "bank_id": self.bank_1.id})
        self.env.invalidate_all()
        self.assertEqual(direction.state, "confirmed")
        _kind, told = self.agreement._direction_on(
            self.agreement.debtor_ids[:1], self._date("2026-06-30")
        )
        self.assertEqual(told.acc_number, "DE02 1203 0000 0000 2020")
        self.assertEqual(move.continuity_direction_id, direction)

    def test_contact_is_renamed_and_the_holder_told_stays(self):
        self._direct(self.agreement)
        self._activate(self.agreement)
        self.factor.with_user(self.user_manager).name = "Factor SE"
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.factor.name, "Factor SE")
        self.assertEqual(self.factor_account.acc_holder_name, "Factor AG")
        self.other_factor.name = "Other Name"
        self.own_account.partner_id.name = "Ours"
        self.assertEqual(self.own_account.acc_holder_name, "Ours")

    def test_deleted_account_is_archived_and_not_made_anew(self):
        direction = self._direct(self.agreement)
        self._activate(self.agreement)
        self.factor_account.unlink()
        self.assertTrue(self.factor_account.exists())
        self.assertEqual(direction.state, "proposed")
        with self.assertRaisesRegex(UserError, "propose it with its own day"):
            self.factor_account.write({"active": True, "acc_number": OTHER})
        self._create_account(self.factor, OTHER)
        self.assertEqual(direction.bank_account_id, self.factor_account)

    def test_account_nobody_was_told_of_may_change(self):
        direction = self._direct(self.agreement)
        self.factor_account.acc_number = OTHER
        self.assertEqual(direction.state, "proposed")
        self.assertFalse(direction.call_back)

    # === The call back === #

    def test_second_person_says_whom_they_called(self):
        direction = self._propose(self.agreement)
        dialog = self._dialog(direction, self.user_manager)
        self.assertEqual(dialog.acc_number, self.factor_account.acc_number)
        self.assertEqual(dialog.holder, self.factor.name)
        self.assertEqual(dialog.bank_id, self.bank_1)
        self.assertIn("+49 30 555 20", dialog.known_numbers)
        self.assertIn("last changed on", dialog.known_numbers)
        dialog.call_back = "Ms. Roth, +49 30 555 20"
        dialog.save().action_apply()
        self.assertEqual(direction.state, "confirmed")
        self.assertEqual(direction.confirmed_by_id, self.user_manager)
        self.assertEqual(direction.call_back, "Ms. Roth, +49 30 555 20")

    def test_call_back_is_entered_nowhere_else(self):
        with self.assertRaises(AccessError):
            self._propose(self.agreement, call_back="Ms. Roth")
        direction = self._propose(self.agreement)
        for user in (self.accountant, self.user_manager):
            with self.assertRaises(AccessError):
                direction.with_user(user).call_back = "Ms. Roth"
        self._confirm(direction, self.user_manager)
        with self.assertRaises(AccessError):
            direction.with_user(self.user_manager).call_back = "Nobody"

    def test_who_proposed_does_not_get_around_the_second_person(self):
        direction = self._propose(self.agreement)
        with self.assertRaisesRegex(AccessError, "somebody else"):
            direction.action_confirm()
        wizard = (
            self.env["continuity.payment.direction.confirm"]
            .with_user(self.accountant)
            .create({"direction_id": direction.id, "call_back": "Myself"})
        )
        with self.assertRaisesRegex(AccessError, "somebody else"):
            wizard.action_apply()

    def test_what_changes_while_the_dialog_is_open_was_not_looked_at(self):
        direction = self._propose(self.agreement)
        dialog = self._dialog(direction, self.user_manager)
        dialog.call_back = "Ms. Roth"
        wizard = dialog.save()
        self.factor_account.acc_number = OTHER
        with self.assertRaisesRegex(UserError, "was changed while"):
            wizard.action_apply()
        self.assertEqual(direction.state, "proposed")

    def test_stranger_opens_no_dialog(self):
        direction = self._propose(self.agreement)
        for user in (self.user_sales_b, self.billing):
            with self.assertRaises(AccessError):
                direction.with_user(user).action_confirm()
        with self.assertRaises(AccessError):
            self.env["continuity.payment.direction.confirm"].with_user(
                self.user_sales_b
            ).create({"direction_id": direction.id, "call_back": "Ms. Roth"})

    def test_as_before_needs_no_call(self):
        direction = self._propose(
            self.agreement, kind="unchanged", bank_account_id=False
        )
        with self.assertRaisesRegex(AccessError, "somebody else"):
            direction.action_confirm()
        self.assertFalse(direction.with_user(self.user_manager).action_confirm())
        self.assertEqual(direction.state, "confirmed")
