"""Who had a hand in an account is not its second person (X6)."""

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common_factoring import FactoringCommon

OTHER = "DE75 5121 0800 1245 1261 99"


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringSecondPerson(FactoringCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant.group_ids |= cls.env.ref("base.group_partner_manager")
        cls.agreement = cls._create_agreement()
        cls.agreement.sudo().state = "approved"

    def _own(self):
        """An account the accountant entered for the factor."""
        account = self.factor_account.with_user(self.accountant)
        return account.create({"partner_id": self.factor.id, "acc_number": OTHER})

    def assertNotSecond(self, direction, user):  # pylint: disable=invalid-name
        self.env.flush_all()
        with self.assertRaisesRegex(AccessError, "somebody else"):
            self._confirm(direction, user)

    def test_who_entered_an_account_does_not_confirm_what_another_proposed(self):
        direction = self._propose(
            self.agreement, self.user_manager, bank_account_id=self._own().id
        )
        self.assertNotSecond(direction, self.accountant)
        self.assertNotSecond(direction, self.user_manager)
        self.assertEqual(direction.state, "proposed")

    def test_who_changed_a_number_before_it_was_proposed_does_not_confirm_it(self):
        for values in ({"acc_number": OTHER}, {"clearing_number": "10020030"}):
            with self.subTest(values=values):
                account = self._create_account(
                    self.factor, "DE00 " + next(iter(values))
                )
                account.with_user(self.accountant).sudo().write(values)
                direction = self._propose(
                    self.agreement, self.user_manager, bank_account_id=account.id
                )
                self.assertNotSecond(direction, self.accountant)

    def test_who_proposed_is_not_freed_by_what_another_touches(self):
        direction = self._propose(self.agreement, self.accountant)
        direction.with_user(self.user_manager).effective_from = "2026-08-01"
        self.assertNotSecond(direction, self.accountant)
        self.factor_account.with_user(self.user_manager).sudo().acc_holder_name = "F."
        self.assertNotSecond(direction, self.accountant)
        self.assertNotSecond(direction, self.user_manager)

    def test_who_had_a_hand_in_it_is_written_by_nobody(self):
        nobody = [(5, 0, 0)]
        with self.assertRaises(AccessError):
            self._propose(self.agreement, self.accountant, chooser_ids=nobody)
        direction = self._propose(self.agreement, self.accountant)
        with self.assertRaises(AccessError):
            direction.chooser_ids = nobody
        account = self._own()
        with self.assertRaises(AccessError):
            account.continuity_entered_by_id = self.user_manager
        with self.assertRaises(AccessError):
            account.create(
                {
                    "partner_id": self.factor.id,
                    "acc_number": "1",
                    "continuity_entered_by_id": self.user_manager.id,
                }
            )

    def test_a_third_person_confirms(self):
        direction = self._propose(
            self.agreement, self.user_manager, bank_account_id=self._own().id
        )
        third = self._create_user("third", "sales_team.group_sale_manager")
        self._confirm(direction, third)
        self.assertEqual(direction.confirmed_by_id, third)
