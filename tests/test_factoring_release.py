"""Customers and agreements are released when nothing is open, on the factor's paper."""

import base64

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_factoring import AssignedCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringRelease(AssignedCommon):
    # === Release === #

    def _release(self, debtor, buy_back="", signed=True, day="2026-07-01"):
        attachment = (
            self.env["ir.attachment"]
            .with_user(self.accountant)
            .create({"name": "release.pdf", "datas": base64.b64encode(b"signed")})
        )
        wizard = (
            self.env["continuity.factoring.release"]
            .with_user(self.accountant)
            .create(
                {
                    "debtor_ids": [Command.set(debtor.ids)],
                    "effective_from": day,
                    "signed_on": signed and "2026-06-30",
                    "attachment_ids": [Command.set(attachment.ids if signed else [])],
                    "buy_back_reason": buy_back,
                }
            )
        )
        wizard.action_apply()
        if waiting := debtor.filtered("release_entered_by_id"):
            waiting.with_user(self.user_manager).action_confirm_release()

    def test_release_with_open_items_is_refused(self):
        debtor = self.assignment.debtor_id
        with self.assertRaisesRegex(UserError, self.move.name):
            self._release(debtor)
        self.assertEqual(debtor.state, "noticed")
        self._release(debtor, buy_back="The agreement ends")
        self.assertEqual(debtor.state, "released")
        self.assertEqual(self.assignment.state, "released")
        self.assertIn("The agreement ends", self.assignment.news)

    def test_release_is_signed_by_the_factor(self):
        self._factor_pays_for()
        debtor = self.assignment.debtor_id
        with self.assertRaisesRegex(UserError, "only the factor"):
            self._release(debtor, signed=False)
        self._release(debtor)
        self.assertEqual(str(debtor.release_signed_on), "2026-06-30")
        files = debtor.release_attachment_ids
        self.assertEqual(files.mapped("name"), ["release.pdf"])
        self.assertTrue(files.with_user(self.user_manager).has_access("read"))

    def test_release_with_a_day_or_a_file_alone_is_refused(self):
        self._factor_pays_for()
        debtor = self.assignment.debtor_id.with_user(self.accountant)
        with self.assertRaisesRegex(UserError, "only the factor"):
            debtor._release(
                self._date("2026-07-01"),
                self._date("2026-06-30"),
                self.env["ir.attachment"],
            )
        with self.assertRaises(AccessError):
            debtor.write({"released_from": "2026-07-01"})
        with self.assertRaises(AccessError):
            debtor.with_user(self.user_sales_a).action_release()

    def test_release_waits_for_what_is_to_be_turned_over(self):
        self._pay(self.move, 100, "2026-06-26")
        with self.assertRaisesRegex(UserError, "turned"):
            self._release(self.assignment.debtor_id)

    def test_release_switches_the_account_back(self):
        self._factor_pays_for()
        draft = self._create_invoice(self.customer_1, 10, "2026-07-02", post=False)
        draft.partner_bank_id = self.factor_account
        debtor = self.assignment.debtor_id
        self._release(debtor)
        kind, account = self.agreement._direction_on(debtor, self._date("2026-06-30"))
        self.assertEqual((kind, account), ("factor", self.factor_account))
        kind, account = self.agreement._direction_on(debtor, self._date("2026-07-01"))
        self.assertEqual(kind, "unchanged")
        self.assertEqual(draft.partner_bank_id, self.own_account)
        draft.action_post()
        self.assertFalse(self._assignments(draft))

    def test_agreement_ends_when_nothing_is_open(self):
        manager = self.agreement.with_user(self.user_manager)
        with self.assertRaisesRegex(UserError, self.move.name):
            manager.action_report_result()
        self._factor_pays_for()
        with self.assertRaisesRegex(UserError, "have not been released"):
            manager.action_report_result()
        self._release(self.agreement.debtor_ids)
        self.agreement.debtor_ids._withdraw_contacts("Told on the telephone")
        manager.action_report_result()
        self.assertEqual(self.agreement.state, "reported")
