"""Who had a hand in an account, or entered a release, is not its second person (X6)."""

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
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


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringReleaseSecondPerson(FactoringCommon):
    """Who enters what the factor signed is not the one who says that it is right."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agreement = cls._run_agreement()
        cls.debtor = cls.agreement.debtor_ids.filtered(
            lambda d: d.partner_id == cls.customer_1
        )
        cls.move = cls._bill(cls.customer_1, 100, "2026-06-15", "2026-07-15")

    def _enter(self, user, debtors=None, day="2026-07-01", reason="It ends."):
        paper = (
            self.env["ir.attachment"]
            .with_user(user)
            .create({"name": "release.pdf", "raw": b"signed"})
        )
        wizard = (
            self.env["continuity.factoring.release"]
            .with_user(user)
            .create(
                {
                    "debtor_ids": [Command.set((debtors or self.debtor).ids)],
                    "effective_from": day,
                    "signed_on": "2026-06-29",
                    "attachment_ids": [Command.set(paper.ids)],
                    "buy_back_reason": reason,
                }
            )
        )
        wizard.action_apply()

    def _todos(self):
        return self._reminders(self.agreement).filtered(
            lambda a: "what the factor signed" in a.summary
        )

    def test_one_person_alone_releases_nobody(self):
        self._enter(self.accountant)
        self.assertEqual(self.debtor.state, "noticed")
        self.assertFalse(self.debtor.released_from)
        self.assertEqual(self.move.partner_bank_id, self.factor_account)
        self.assertEqual(self._todos().user_id, self.user_manager)
        self.assertEqual(str(self._todos().date_deadline), "2026-07-01")
        later = self._bill(self.customer_1, 70, "2026-06-30", "2026-07-30")
        self.assertEqual(self._assignments(later).state, "active")
        self.assertIn("second person", self.agreement.next_step)
        with self.assertRaisesRegex(AccessError, "You entered this release"):
            self.debtor.with_user(self.accountant).action_confirm_release()
        for name in ("release_entered_by_id", "release_entered_from"):
            with self.assertRaises(AccessError):
                self.debtor.with_user(self.user_manager).write({name: False})
        self.assertEqual(self.debtor.state, "noticed")

    def test_the_second_person_reads_the_paper_and_confirms(self):
        self._enter(self.accountant)
        debtor = self.debtor.with_user(self.user_manager)
        [paper] = debtor.release_attachment_ids
        self.assertEqual(paper.raw, b"signed")
        debtor.action_confirm_release()
        self.assertEqual(debtor.state, "released")
        self.assertEqual(str(debtor.released_from), "2026-07-01")
        self.assertEqual(str(debtor.release_signed_on), "2026-06-29")
        self.assertEqual(debtor.release_attachment_ids, paper)
        self.assertFalse(debtor.release_entered_by_id)
        self.assertFalse(self._todos().filtered("active"))
        self.assertEqual(self._assignments(self.move).end_reason, "It ends.")
        with self.assertRaisesRegex(UserError, "No release waits"):
            debtor.action_confirm_release()

    def test_what_came_in_between_still_stands_in_the_way(self):
        """Nothing was open when it was entered; a new invoice is when it is read."""
        self.diary[self.move] = {"events": []}
        self._pay(self.move, 100, "2026-06-20", journal=self.clearing)
        self._enter(self.accountant, reason="")
        later = self._bill(self.customer_1, 70, "2026-06-30", "2026-07-30")
        self.assertEqual(self._assignments(later).state, "active")
        with self.assertRaisesRegex(UserError, later.name):
            self.debtor.with_user(self.user_manager).action_confirm_release()

    def test_several_together_share_one_to_do(self):
        self._enter(self.accountant, self.agreement.debtor_ids)
        todo = self._todos()
        self.assertEqual(len(todo), 1)
        self.debtor.with_user(self.user_manager).action_confirm_release()
        self.assertTrue(todo.active)
        (self.agreement.debtor_ids - self.debtor).with_user(
            self.user_manager
        ).action_confirm_release()
        self.assertFalse(todo.active)
        self.assertEqual(set(self.agreement.debtor_ids.mapped("state")), {"released"})
        for debtor in self.agreement.debtor_ids:
            self.assertEqual(len(debtor.release_attachment_ids), 1)
            self.assertEqual(debtor.release_attachment_ids.res_id, debtor.id)

    def test_a_paper_that_is_not_what_it_should_be_is_dropped(self):
        self._enter(self.accountant)
        with self.assertRaises(AccessError):
            self.debtor.with_user(self.user_sales_a).action_drop_release()
        self.debtor.with_user(self.user_manager).action_drop_release()
        self.assertFalse(self.debtor.release_entered_by_id)
        self.assertFalse(self.debtor.release_signed_on)
        self.assertFalse(self.debtor.release_attachment_ids)
        self.assertFalse(self._todos().filtered("active"))
        # Whoever dropped it may enter the right one, and is then the first person.
        self._enter(self.user_manager)
        with self.assertRaisesRegex(AccessError, "You entered this release"):
            self.debtor.with_user(self.user_manager).action_confirm_release()
        self.debtor.with_user(self.accountant).action_confirm_release()
        self.assertEqual(self.debtor.state, "released")

    def test_merged_customers_need_a_paper_of_their_own(self):
        self._enter(self.accountant, self.agreement.debtor_ids)
        self.env["base.partner.merge.automatic.wizard"].create({})._merge(
            (self.customer_1 | self.customer_2).ids, self.customer_1
        )
        self.env.invalidate_all()
        self.assertEqual(self.agreement.debtor_ids, self.debtor)
        self.assertFalse(self.debtor.release_entered_by_id)
        self.assertFalse(self.debtor.release_attachment_ids)
        self.assertFalse(self._todos().filtered("active"))

    def test_customers_who_were_told_nothing_need_one_person(self):
        self.debtor.write({"state": "planned", "noticed_on": False})
        self._enter(self.accountant)
        self.assertEqual(self.debtor.state, "released")
