from odoo import Command, fields
from odoo.service.model import call_kw
from odoo.tools import SQL

from .common_factoring import FactoringCommon

SECRET_REASON = "The bank has cut the credit line."


class FactoringAccessCommon(FactoringCommon):
    """Two running agreements of ``company_a``, and people with and without a part.

    ==================  ========================================================
    attribute           what it is
    ==================  ========================================================
    ``open``            notified; covers customers 1 and 2, both have been told
    ``secret``          confidential; covers customer 3; of ``secret_factor``
    ``user_manager``    answers questions on both, works in both companies
    ``accountant``      administrator of accounting, reads what is no secret
    ``bookkeeper``      keeps the books, without a group of the app
    ``chief``           a manager nobody named
    ``user_sales_a``    speaks to customer 1; ``user_sales_b`` to customer 3
    ``elsewhere``       a manager of both companies who works in the other one
    ==================  ========================================================
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.chief = cls._create_user("chief", "sales_team.group_sale_manager")
        cls.bookkeeper = cls._create_user("bookkeeper", "account.group_account_user")
        cls.elsewhere = cls._create_user(
            "elsewhere",
            "sales_team.group_sale_manager",
            "account.group_account_manager",
            companies=cls.company_a | cls.company_b,
        )
        cls.public = cls.env.ref("base.public_user")
        cls.secret_factor = cls._create_customer("Quiet Capital")
        cls._review(cls.customer_3)
        cls.open = cls._run_agreement(internal_reason="Growth.")
        cls.secret = cls._run_agreement(
            cls.customer_3,
            kind="confidential",
            factor_id=cls.secret_factor.id,
            internal_reason=SECRET_REASON,
            noticed=None,
        )
        for debtors, user in (
            (cls.open.debtor_ids, cls.user_sales_a),
            (cls.secret.debtor_ids, cls.user_sales_b),
        ):
            debtors.sudo().user_id = user
        cls.debtor_1, cls.debtor_2 = cls.open.debtor_ids
        cls.debtor_2.sudo().user_id = cls.user_all
        for agreement in cls.open | cls.secret:
            agreement.sudo().write(
                {
                    "submitted_by_id": cls.env.uid,
                    "approval_ids": [Command.create({"user_id": cls.user_manager.id})],
                    "internal_ids": [
                        Command.create(
                            {"name": "Tell them", "user_id": cls.user_manager.id}
                        )
                    ],
                }
            )
        cls.invoice_1, cls.invoice_2, cls.invoice_3 = (
            cls._bill(customer, amount, "2026-06-15", "2026-07-15")
            for customer, amount in (
                (cls.customer_1, 100),
                (cls.customer_2, 200),
                (cls.customer_3, 300),
            )
        )
        # Each has paid a part to us since it was sold.
        for move in cls.invoice_1 | cls.invoice_2 | cls.invoice_3:
            cls._pay(move, 40, fields.Date.today())
        cls.outsiders = (
            cls.user_sales_a
            | cls.user_sales_b
            | cls.user_all
            | cls.chief
            | cls.accountant
            | cls.bookkeeper
            | cls.billing
            | cls.user_company_b
            | cls.user_portal
            | cls.public
            | cls.elsewhere
        )
        # One of each kind of who may not see something, for what is tried at length.
        cls.attackers = cls.user_sales_a | cls.user_sales_b | cls.chief | cls.elsewhere
        cls.secrets = (
            cls.secret.name,
            cls.secret_factor.name,
            SECRET_REASON,
        )

    @classmethod
    def _records(cls, agreement):
        """Everything that belongs to an agreement, by model."""
        found = {"continuity.factoring": agreement.sudo()}
        for name in ("debtor", "approval", "internal", "assignment", "turnover"):
            model = cls.env[f"continuity.factoring.{name}"].sudo()
            found[model._name] = model.search([("factoring_id", "=", agreement.id)])
        directions = cls.env["continuity.payment.direction"].sudo()
        found[directions._name] = directions.search(
            [("factoring_id", "=", agreement.id)]
        )
        return {name: records for name, records in found.items() if records}

    def _colleagues(self):
        """People inside who are to know nothing of the confidential agreement."""
        return (
            self.user_sales_b,
            self.chief,
            self.accountant,
            self.elsewhere,
            self.user_company_b,
        )

    def _companies(self, user):
        if user == self.elsewhere:
            return self.company_b.ids
        return user.company_ids.ids

    def _rpc(self, user, records, method, *args, context=None, **kwargs):
        """Call a method as a client does over RPC, with a context of its choice."""
        self.env.flush_all()
        self.env.invalidate_all()
        model = self.env(user=user, context={})[records._name]
        kwargs["context"] = {"allowed_company_ids": self._companies(user)} | (
            context or {}
        )
        ids = [records.ids] if records else []
        return call_kw(model, method, [*ids, *args], kwargs)

    def _digest(self, record):
        """Return what the database holds of a record."""
        self.env.flush_all()
        query = SQL(
            "SELECT t::text FROM %s t WHERE id = %s",
            SQL.identifier(record._table),
            record.id,
        )
        return self.env.execute_query(query)

    def assertTellsNothing(self, text, *more):  # pylint: disable=invalid-name
        for secret in (*self.secrets, *more):
            self.assertNotIn(secret, str(text))
