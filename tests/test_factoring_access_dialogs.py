"""Drafts, dialogs and forms, asked about what one may not see."""

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_factoring_access import FactoringAccessCommon

NAMED = {"fields": {"display_name": {}}}


@tagged("post_install", "-at_install")
@freeze_time("2026-06-30 08:00:00")
class TestFactoringAccessDialogs(FactoringAccessCommon):
    # === Drafts === #

    def test_who_may_see_a_draft_does_not_write_it(self):
        draft = self._create_agreement(self.customer_1)
        draft.named_user_ids = self.user_sales_a
        self._rpc(self.user_sales_a, draft, "read", ["name"])
        for values in (
            {"kind": "confidential"},
            {"named_user_ids": [Command.link(self.user_sales_b.id)]},
            {"approval_ids": [Command.create({"user_id": self.user_sales_a.id})]},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                self._rpc(self.user_sales_a, draft, "write", values)
        for method in ("action_submit", "unlink"):
            with self.subTest(method=method), self.assertRaises(AccessError):
                self._rpc(self.user_sales_a, draft, method)

    def test_who_drafts(self):
        values = {
            "factor_id": self.factor.id,
            "company_id": self.company_a.id,
            "date_start": "2026-07-01",
        }
        agreements = self.env["continuity.factoring"]
        for user in self.outsiders - self.chief - self.accountant:
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._rpc(user, agreements, "create", [values])
        for user in self.chief | self.accountant:
            self._rpc(user, agreements, "create", [values])

    # === Dialogs and forms === #

    def test_dialogs_about_what_one_may_not_see(self):
        debtor = self.secret.debtor_ids
        dialogs = (
            (
                "continuity.factoring.release",
                {"debtor_ids": [Command.set(debtor.ids)]},
                "debtor_ids",
            ),
            (
                "continuity.factoring.list",
                {"factoring_id": self.secret.id},
                "factoring_id",
            ),
        )
        for model, values, link in dialogs:
            for user in self._colleagues():
                with (
                    self.subTest(model=model, user=user.name),
                    mute_logger("odoo.sql_db"),
                ):
                    with self.assertRaises(AccessError) as caught:
                        self._rpc(
                            user, self.env[model], "web_save", [], values, {link: NAMED}
                        )
                    self.assertTellsNothing(caught.exception)

    def test_dialogs_of_colleagues(self):
        """What somebody typed into a dialog is theirs."""
        wizards = (
            self.env["continuity.factoring.list"]
            .with_user(self.user_manager)
            .create({"factoring_id": self.secret.id}),
            self.env["continuity.factoring.release"]
            .with_user(self.user_manager)
            .create({"debtor_ids": [Command.set(self.secret.debtor_ids.ids)]}),
        )
        rules = self.env["ir.rule"].search([("domain_force", "like", "create_uid")])
        for model in self.env.registry.values():
            if model._transient and model._name.startswith("continuity.factor"):
                self.assertIn(model._name, rules.mapped("model_id.model"))
        for wizard in wizards:
            for user in self.outsiders:
                with (
                    self.subTest(model=wizard._name, user=user.name),
                    self.assertRaises(AccessError),
                ):
                    self._rpc(user, wizard, "read", [])

    def test_forms_asked_about_what_one_may_not_see(self):
        secret, debtor = self.secret, self.secret.debtor_ids
        assignment = secret.sudo().assignment_ids
        forms = (
            ("continuity.factoring.debtor", {"factoring_id": secret.id}),
            ("continuity.factoring.approval", {"factoring_id": secret.id}),
            ("continuity.payment.direction", {"factoring_id": secret.id}),
            ("continuity.factoring.assignment", {"factoring_id": secret.id}),
            ("continuity.factoring.assignment", {"debtor_id": debtor.id}),
            ("continuity.factoring.turnover", {"assignment_id": assignment.id}),
            ("continuity.factoring.list", {"factoring_id": secret.id}),
            ("continuity.factoring.release", {"debtor_ids": debtor.ids}),
        )
        for model, values in forms:
            record = self.env[model]
            shown = {
                name: NAMED if record._fields[name].relational else {}
                for name in ("factoring_id", "partner_id", "move_id", *values)
                if name in record._fields
            }
            default = {f"default_{name}": value for name, value in values.items()}
            for user in self._colleagues():
                for context, given in ((None, values), (default, {})):
                    with self.subTest(model=model, user=user.name, **values):
                        try:
                            answer = self._rpc(
                                user,
                                record,
                                "onchange",
                                [],
                                given,
                                [],
                                shown,
                                context=context,
                            )
                        except (AccessError, UserError) as error:
                            answer = error
                        self.assertTellsNothing(answer)
                        self.assertNotIn(self.customer_3.name, str(answer))

    def test_directions_of_others(self):
        """Rules about an account would say whose factor it is, and what kind of
        agreement."""
        directions = self.env["continuity.payment.direction"]
        account = self._create_account(self.other_factor, "DE02 7001 0080 0030 8768 08")
        for agreement in (self.secret, self._create_agreement(self.customer_1)):
            values = {
                "factoring_id": agreement.id,
                "bank_account_id": account.id,
                "kind": "factor",
            }
            own = directions.with_user(self.accountant).create(
                {
                    "factoring_id": self.open.id,
                    "kind": "unchanged",
                    "effective_from": "2026-09-01",
                }
            )
            for user in self.accountant | self.chief | self.user_sales_a:
                with self.assertRaises(AccessError) as caught:
                    self._rpc(user, directions, "create", [values])
                self.assertNotIn("pay as before", str(caught.exception))
                self.assertNotIn(self.factor.name, str(caught.exception))
                with self.assertRaises(AccessError):
                    self._rpc(
                        user,
                        directions,
                        "create",
                        [{"kind": "unchanged"}],
                        context={"default_factoring_id": agreement.id},
                    )
                with self.assertRaises(AccessError):
                    self._rpc(user, own, "write", {"factoring_id": agreement.id})
            own.sudo().unlink()

    def test_choice_of_another_company(self):
        """The wizard takes over which factor was chosen."""
        choice = (
            self.env["continuity.factor.choice"]
            .with_user(self.user_manager)
            .with_context(allowed_company_ids=self.company_a.ids)
            .create({"name": "Secret choice", "company_id": self.company_a.id})
        )
        offer = choice.offer_ids.create(
            {"choice_id": choice.id, "factor_id": self.secret_factor.id}
        )
        choice.sudo().write({"state": "decided", "chosen_offer_id": offer.id})
        wizards = self.env["continuity.factoring.wizard"]
        values = {"company_id": self.company_b.id, "choice_id": choice.id}
        shown = {"choice_id": NAMED, "factor_id": NAMED}
        for method, args in (
            ("onchange", ([], values, [], shown)),
            ("web_save", ([], values, shown)),
        ):
            with self.subTest(method), self.assertRaises(AccessError) as caught:
                self._rpc(self.elsewhere, wizards, method, *args)
            self.assertTellsNothing(caught.exception, choice.name)
