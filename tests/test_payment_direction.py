"""Where customers are to pay: proposed by one, confirmed by another, never changed."""

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common_factoring import FactoringCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestPaymentDirection(FactoringCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agreement = cls._create_agreement()
        cls.agreement.sudo().state = "approved"

    def test_one_person_alone_cannot_change_the_account(self):
        direction = self._propose(self.agreement)
        with self.assertRaisesRegex(AccessError, "somebody else"):
            direction.action_confirm()
        with self.assertRaises(AccessError):
            direction.write({"state": "confirmed"})
        with self.assertRaises(AccessError):
            direction.with_user(self.user_manager).write(
                {"proposed_by_id": self.user_manager.id}
            )
        with self.assertRaisesRegex(UserError, "second person"):
            self._activate(self.agreement)
        self._confirm(direction, self.user_manager)
        self.assertEqual(direction.state, "confirmed")
        self.assertEqual(
            direction.confirmed_number, self.factor_account.sanitized_acc_number
        )

    def test_nobody_confirms_without_calling_back(self):
        direction = self._propose(self.agreement)
        with self.assertRaisesRegex(UserError, "Call the holder"):
            self._confirm(direction, self.user_manager, " ")
        self.assertEqual(direction.state, "proposed")

    def test_changed_number_asks_for_a_second_look(self):
        direction = self._direct(self.agreement)
        self.factor_account.with_user(self.user_manager).sudo().acc_number = "DE99 1"
        self.assertEqual(direction.state, "proposed")
        self.assertFalse(direction.confirmed_by_id)
        self.assertEqual(direction.proposed_by_id, self.user_manager)
        self.assertIn("was changed", self._reminders(self.agreement).summary)
        with self.assertRaisesRegex(UserError, "second person"):
            self._activate(self.agreement)

    def test_archived_account_stops_activation(self):
        direction = self._direct(self.agreement)
        self.factor_account.active = False
        self.assertEqual(direction.state, "proposed")
        with self.assertRaisesRegex(UserError, "second person"):
            self._activate(self.agreement)
        with self.assertRaisesRegex(UserError, "archived"):
            self._confirm(direction, self.accountant)

    def test_new_direction_on_a_running_agreement(self):
        """On the form of the agreement, which is frozen otherwise."""
        self._direct(self.agreement)
        self._activate(self.agreement)
        agreement = self.agreement.with_user(self.user_manager)
        values = {
            "effective_from": "2026-07-10",
            "kind": "collection",
            "bank_account_id": self.own_account.id,
        }
        agreement.write({"direction_ids": [Command.create(values)]})
        self.assertEqual(len(agreement.direction_ids), 2)
        added = agreement.direction_ids.filtered(lambda d: d.kind == "collection")
        self.assertEqual(added.state, "proposed")
        with self.assertRaisesRegex(UserError, "frozen"):
            agreement.write({"date_end": "2026-12-31"})
        with self.assertRaises(AccessError):
            self.agreement.with_user(self.user_sales_b).write(
                {"direction_ids": [Command.create(values)]}
            )

    def test_what_customers_were_told_holds_while_it_is_checked_again(self):
        self._direct(self.agreement)
        self._activate(self.agreement)
        self.factor_account.active = False
        kind, account = self.agreement._direction_on(
            self.agreement.debtor_ids[:1], self._date("2026-06-30")
        )
        self.assertEqual((kind, account), ("factor", self.factor_account))

    def test_account_belongs_to_whom_customers_pay(self):
        with self.assertRaisesRegex(ValidationError, "does not belong"):
            self._propose(self.agreement, bank_account_id=self.own_account.id)
        with self.assertRaisesRegex(ValidationError, "does not belong"):
            self._propose(self.agreement, kind="collection")

    def test_confirmed_direction_is_replaced_and_not_changed(self):
        first = self._direct(self.agreement, day="2026-06-01")
        with self.assertRaisesRegex(UserError, "another one"):
            first.with_user(self.accountant).effective_from = "2026-05-01"
        with self.assertRaisesRegex(UserError, "on record"):
            first.with_user(self.accountant).unlink()
        second = self._direct(
            self.agreement, self.own_account, day="2026-06-20", kind="collection"
        )
        self.assertEqual(first.state, "superseded")
        debtor = self.agreement.debtor_ids[:1]
        for day, direction in (("2026-06-19", first), ("2026-06-20", second)):
            _kind, account = self.agreement._direction_on(debtor, self._date(day))
            self.assertEqual(account, direction.bank_account_id)

    def test_confidential_agreement_has_no_other_account(self):
        agreement = self._create_agreement(
            self.customer_1,
            kind="confidential",
            named_user_ids=[Command.set(self.accountant.ids)],
        )
        with self.assertRaisesRegex(ValidationError, "as before"):
            self._propose(agreement)

    def test_unreviewed_customer_stops_activation(self):
        self._direct(self.agreement)
        self.agreement.debtor_ids = [Command.create({"partner_id": self.customer_3.id})]
        with self.assertRaisesRegex(UserError, "Customer 3"):
            self._activate(self.agreement)
