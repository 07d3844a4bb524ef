from freezegun import freeze_time

from odoo import Command, fields

from .common_credit import CreditCommon

TODAY = "2026-06-30"
NOTICED = "2026-06-10 08:00:00"


class FactoringCommon(CreditCommon):
    """A running agreement of ``company_a`` with ``factor`` on customers 1 and 2, who
    were told on 10 June to pay the factor's account. Their contracts are reviewed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.factor = cls._create_customer("Factor AG")
        cls.other_factor = cls._create_customer("Other Factor Ltd")
        cls.factor_account = cls._create_account(cls.factor, "DE02 1203 0000 0000 2020")
        cls.company_a.write({"phone": "+49 30 555 0", "company_registry": "HRB 1"})
        cls.factor.company_registry = "HRB 2"
        cls.other_factor.company_registry = "HRB 3"
        cls.own_account = cls._create_account(
            cls.company_a.partner_id, "DE02 5001 0517 5407 3249"
        )
        cls.bank.bank_account_id = cls.own_account
        cls.accounts["clearing"] = cls.env["account.account"].create(
            {
                "name": "Clearing",
                "code": "CC1050",
                "account_type": "asset_current",
                "reconcile": True,
                "company_ids": [Command.set(cls.company_a.ids)],
            }
        )
        cls.clearing = cls._create_journal("Factor", "bank", "clearing")
        cls.clearing.continuity_factor_id = cls.factor
        cls.sales = cls._create_journal("Sales to the factor", "general", False)
        cls.sales.continuity_factor_id = cls.factor
        for customer in cls.customer_1 | cls.customer_2:
            cls._review(customer)

    @classmethod
    def _create_account(cls, partner, number):
        return cls.env["res.partner.bank"].create(
            {"partner_id": partner.id, "acc_number": number}
        )

    @classmethod
    def _review(cls, customer, **values):
        review = (
            cls.env["continuity.contract.review"]
            .with_user(cls.user_manager)
            .with_company(cls.company_a)
            .create(
                {
                    "partner_id": customer.id,
                    "assignment_clause": "Claims may be assigned.",
                    "result": "free",
                    **values,
                }
            )
        )
        review.action_confirm()
        return review

    @classmethod
    def _create_agreement(cls, *customers, **values):
        return cls.env["continuity.factoring"].create(
            {
                "company_id": cls.company_a.id,
                "factor_id": cls.factor.id,
                "date_start": "2026-01-01",
                "contact_id": cls.user_manager.id,
                "customer_reason": "Orders grow, and so does what we buy in.",
                "currency_ids": [Command.set(cls.euro.ids)],
                "debtor_ids": [
                    Command.create({"partner_id": customer.id})
                    for customer in customers or (cls.customer_1, cls.customer_2)
                ],
                **values,
            }
        )

    @classmethod
    def _propose(cls, agreement, user=None, **values):
        """Propose where customers pay: the factor's account, as the accountant."""
        return (
            cls.env["continuity.payment.direction"]
            .with_user(user or cls.accountant)
            .create(
                {
                    "factoring_id": agreement.id,
                    "bank_account_id": cls.factor_account.id,
                    **values,
                }
            )
        )

    @classmethod
    def _direct(cls, agreement, account=None, day="2026-06-01", kind="factor"):
        """Propose where customers pay as the accountant, confirm as the manager."""
        direction = cls._propose(
            agreement,
            effective_from=day,
            kind=kind,
            bank_account_id=(account or cls.factor_account).id,
        )
        cls._confirm(direction, cls.user_manager)
        return direction.with_env(cls.env)

    @classmethod
    def _confirm(cls, direction, user, call_back="Ms. Roth, number from the contract"):
        """Confirm an account as the second person, in the dialog."""
        action = direction.with_user(user).action_confirm()
        if action:
            wizard = cls.env[action["res_model"]].with_user(user)
            wizard = wizard.with_context(**action["context"])
            wizard.create({"call_back": call_back}).action_apply()

    @classmethod
    def _activate(cls, agreement):
        agreement.sudo().state = "approved"
        if agreement.registration_pending:
            agreement.with_user(cls.user_manager).action_confirm_registration()
        cls._tell_inside(agreement)
        agreement.with_user(cls.user_manager).action_activate()
        return agreement

    @classmethod
    def _tell_inside(cls, agreement):
        """Everybody inside has been told: customers may hear of it."""
        agreement.internal_ids.with_user(cls.user_manager).action_done()

    @classmethod
    def _run_agreement(cls, *customers, noticed=NOTICED, **values):
        """A running agreement whose customers have, or have not, been told."""
        agreement = cls._create_agreement(*customers, **values)
        agreement.sudo().state = "approved"
        if agreement.kind == "notified":
            cls._direct(agreement)
        cls._activate(agreement)
        if noticed:
            agreement.debtor_ids.write({"state": "noticed", "noticed_on": noticed})
        return agreement

    @classmethod
    def _book_sale(cls, move, amount, day):
        """Our entry of the sale closes the invoice; its customer has not paid."""
        return cls._write_off(move, amount, day, journal=cls.sales)

    def _run_nightly(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(
                "customer_continuity.cron_factoring_assign"
            ).method_direct_trigger()
        self.env.invalidate_all()

    def _loose_payment(self, amount, day, journal=None, **values):
        """Money of customer 1 that is not matched with any invoice."""
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.customer_1.id,
                "amount": amount,
                "currency_id": self.euro.id,
                "date": day,
                "journal_id": (journal or self.bank).id,
                **values,
            }
        )
        payment.action_post()
        return payment

    # === Looking === #

    def _assignments(self, move):
        return self.env["continuity.factoring.assignment"].search(
            [("move_id", "=", move.id)], order="id"
        )

    def _turnovers(self, move):
        return self.env["continuity.factoring.turnover"].search(
            [("move_id", "=", move.id)], order="id"
        )

    def _reminders(self, agreement):
        return self.env["mail.activity"].search(
            [("res_model", "=", agreement._name), ("res_id", "=", agreement.id)]
        )

    @staticmethod
    def _date(value):
        return fields.Date.to_date(value)


class AssignedCommon(FactoringCommon):
    """An invoice of 100, assigned on 5 June; its customer was told on 10 June."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-06-05 08:00:00"):
            cls.agreement = cls._run_agreement()
            cls.move = cls._bill(cls.customer_1, 100, "2026-06-05", "2026-07-05")
        cls.diary.clear()

    def setUp(self):
        super().setUp()
        self.diary[self.move] = {"events": []}
        self.assignment = self._assignments(self.move)

    def _agree_anew(self, **values):
        """Customer 2 leaves the agreement and gets one of their own."""
        self.agreement.debtor_ids.filtered(
            lambda d: d.partner_id == self.customer_2
        ).state = "out"
        return self._run_agreement(self.customer_2, **values)

    def _factor_pays_for(self, amount=100, day="2026-06-20"):
        return self._pay(self.move, amount, day, journal=self.clearing)

    def _expect(self, reason, amount=100, state="due"):
        turnover = self._turnovers(self.move)
        self.assertEqual(turnover.mapped("reason"), [reason])
        self.assertEqual(turnover.mapped("amount"), [amount])
        self.assertEqual(turnover.mapped("state"), [state])
        return turnover
