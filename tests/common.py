from datetime import date

from odoo import Command, fields
from odoo.tests import TransactionCase


class ContinuityCommon(TransactionCase):
    """Two companies with two currencies, one user per role, a few customers.

    ========================  ==================================================
    attribute                 what it is
    ========================  ==================================================
    ``company_a``             the company the tests mostly work in, euro
    ``company_b``             a second company, yen
    ``user_sales_a``          salesperson, own customers only, member of ``team``
    ``user_sales_b``          salesperson, own customers only, ``other_team``
    ``user_leader``           leads ``team``, sees the customers of the team
    ``user_all``              sees all customers of ``company_a``
    ``user_manager``          manager, has access to both companies
    ``user_company_b``        salesperson of ``company_b`` only
    ``user_portal``           portal user, the contact of ``customer_1``
    ``customer_1``            a company of ``user_sales_a`` with ``contact_1``
    ``customer_2``            a company of ``user_sales_a``
    ``customer_3``            a company of ``user_sales_b``
    ========================  ==================================================

    Invoices need accounting: they come from a journal and two accounts made here,
    so no chart of accounts has to be loaded.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context={
                **cls.env.context,
                "tracking_disable": True,
                "no_reset_password": True,
                "mail_create_nolog": True,
            }
        )
        cls.euro = cls.env.ref("base.EUR")
        cls.yen = cls.env.ref("base.JPY")
        cls.dollar = cls.env.ref("base.USD")
        (cls.euro | cls.yen | cls.dollar).active = True
        cls.company_a, cls.company_b = cls._create_companies(
            ("Continuity A", cls.euro), ("Continuity B", cls.yen)
        )
        # Rates per company: one euro is 160 yen or 1.25 dollars.
        cls._create_rate(cls.company_a, cls.yen, 160.0)
        cls._create_rate(cls.company_a, cls.dollar, 1.25)
        cls._create_rate(cls.company_b, cls.euro, 1 / 160.0)
        cls._create_rate(cls.company_b, cls.dollar, 1.25 / 160.0)

        both = cls.company_a | cls.company_b
        sales = "sales_team.group_sale_salesman"
        (
            cls.user_sales_a,
            cls.user_sales_b,
            cls.user_leader,
            cls.user_all,
            cls.user_manager,
            cls.user_company_b,
            cls.user_portal,
        ) = cls._create_users(
            cls._user_values("sales_a", sales),
            cls._user_values("sales_b", sales),
            cls._user_values("leader", sales, "customer_continuity.group_team"),
            cls._user_values("all", "sales_team.group_sale_salesman_all_leads"),
            cls._user_values(
                "manager", "sales_team.group_sale_manager", companies=both
            ),
            cls._user_values("b", sales, companies=cls.company_b),
            cls._user_values("portal", "base.group_portal"),
        )
        cls.team, cls.other_team = cls.env["crm.team"].create(
            [
                {
                    "name": "Team A",
                    "user_id": cls.user_leader.id,
                    "company_id": False,
                    "member_ids": [Command.set(cls.user_sales_a.ids)],
                },
                {
                    "name": "Team B",
                    "company_id": False,
                    "member_ids": [Command.set(cls.user_sales_b.ids)],
                },
            ]
        )
        cls.customer_1 = cls._create_customer("Customer 1", cls.user_sales_a)
        cls.customer_2 = cls._create_customer("Customer 2", cls.user_sales_a)
        cls.customer_3 = cls._create_customer("Customer 3", cls.user_sales_b)
        cls.contact_1 = cls.user_portal.partner_id
        cls.contact_1.write({"parent_id": cls.customer_1.id, "is_company": False})
        cls.product = (
            cls.env["product.product"]
            .with_company(cls.company_a)
            .create(
                {
                    "name": "Continuity product",
                    "type": "service",
                    "company_id": False,
                    "taxes_id": [Command.clear()],
                    "supplier_taxes_id": [Command.clear()],
                    "invoice_policy": "order",
                }
            )
        )

    # === Building blocks ===

    @classmethod
    def _create_company(cls, name, currency):
        """A company that can post customer invoices."""
        [company] = cls._create_companies((name, currency))
        return company

    @classmethod
    def _create_companies(cls, *companies):
        """Companies that can post customer invoices, in one go: each class of tests
        needs some.

        :param companies: name and currency of each
        """
        created = cls.env["res.company"].create(
            [{"name": name, "currency_id": currency.id} for name, currency in companies]
        )
        cls.env.user.company_ids |= created
        for company in created:
            cls._open_books(company)
        return [company.with_prefetch() for company in created]

    @classmethod
    def _open_books(cls, company):
        env = cls.env(
            context={**cls.env.context, "allowed_company_ids": company.ids},
        )
        receivable, income = env["account.account"].create(
            [
                {
                    "name": "Receivable",
                    "code": "CC1000",
                    "account_type": "asset_receivable",
                    "reconcile": True,
                    "company_ids": [Command.set(company.ids)],
                },
                {
                    "name": "Income",
                    "code": "CC4000",
                    "account_type": "income",
                    "company_ids": [Command.set(company.ids)],
                },
            ]
        )
        env["account.journal"].create(
            {
                "name": "Customer invoices",
                "code": "CCINV",
                "type": "sale",
                "company_id": company.id,
                "default_account_id": income.id,
            }
        )
        env["ir.default"].set(
            "res.partner",
            "property_account_receivable_id",
            receivable.id,
            company_id=company.id,
        )

    @classmethod
    def _create_rate(cls, company, currency, rate, day="2000-01-01"):
        return cls.env["res.currency.rate"].create(
            {
                "name": day,
                "rate": rate,
                "currency_id": currency.id,
                "company_id": company.id,
            }
        )

    @classmethod
    def _create_user(cls, login, *groups, companies=None):
        """A user named after the login, in ``company_a`` unless told otherwise."""
        [user] = cls._create_users(
            cls._user_values(login, *groups, companies=companies)
        )
        return user

    @classmethod
    def _create_users(cls, *values):
        """Several of them in one go, which takes a third of the time."""
        users = cls.env["res.users"].create(list(values))
        return [user.with_prefetch() for user in users]

    @classmethod
    def _user_values(cls, login, *groups, companies=None):
        companies = companies or cls.company_a
        return {
            "name": login.replace("_", " ").title(),
            "login": f"continuity_{login}",
            "email": f"{login}@continuity.example.com",
            "company_id": companies[0].id,
            "company_ids": [Command.set(companies.ids)],
            "group_ids": [Command.set([cls.env.ref(xmlid).id for xmlid in groups])],
        }

    @classmethod
    def _archive_user(cls, user):
        """Archive somebody who may still look after customers."""
        user._release("For the test", cls.env.uid)
        user.active = False

    @classmethod
    def _create_customer(cls, name, user=None, **values):
        return cls.env["res.partner"].create(
            {
                "name": name,
                "is_company": True,
                "user_id": user.id if user else False,
                **values,
            }
        )

    @classmethod
    def _create_invoice(cls, partner, amount, day, *args, **kwargs):
        """A customer invoice (or credit note) without taxes."""
        return cls._create_invoices([(partner, amount, day)], *args, **kwargs)

    @classmethod
    def _create_invoices(
        cls, rows, company=None, currency=None, refund=False, post=True
    ):
        """Several of them in one go.

        :param rows: partner, amount and day of each
        """
        company = company or cls.company_a
        moves = (
            cls.env["account.move"]
            .with_company(company)
            .with_context(allowed_company_ids=company.ids)
            .create(
                [
                    {
                        "move_type": "out_refund" if refund else "out_invoice",
                        "partner_id": partner.id,
                        "invoice_date": day,
                        "currency_id": (currency or company.currency_id).id,
                        "invoice_line_ids": [
                            Command.create(
                                {
                                    "name": "Goods",
                                    "quantity": 1,
                                    "price_unit": amount,
                                    "tax_ids": [Command.clear()],
                                }
                            )
                        ],
                    }
                    for partner, amount, day in rows
                ]
            )
        )
        if post:
            moves.action_post()
        return moves

    @classmethod
    def _create_order(
        cls, partner, amount, day, company=None, currency=None, confirm=True
    ):
        """A sales order without taxes, confirmed on ``day``."""
        company = company or cls.company_a
        env = cls.env(
            context={**cls.env.context, "allowed_company_ids": company.ids},
        )
        pricelist = env["product.pricelist"].create(
            {
                "name": "Continuity",
                "currency_id": (currency or company.currency_id).id,
                "company_id": company.id,
            }
        )
        order = env["sale.order"].create(
            {
                "partner_id": partner.id,
                "company_id": company.id,
                "pricelist_id": pricelist.id,
                "date_order": day,
                "order_line": [
                    Command.create(
                        {
                            "product_id": cls.product.id,
                            "product_uom_qty": 1,
                            "price_unit": amount,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
            }
        )
        if confirm:
            order.action_confirm()
            # Confirming sets the date to now.
            order.date_order = day
        return order

    @classmethod
    def _holiday(cls, day, until=None, user=None, calendar=None):
        """Company A is closed for a day or more; or one user is away."""
        calendar = calendar or cls.company_a.resource_calendar_id
        resource = user and cls.env["resource.resource"].create(
            {
                "name": user.name,
                "user_id": user.id,
                "company_id": cls.company_a.id,
                "calendar_id": calendar.id,
            }
        )
        return cls.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "resource_id": resource and resource.id,
                "calendar_id": calendar.id,
                "company_id": cls.company_a.id,
                "date_from": f"{day} 00:00:00",
                "date_to": f"{until or day} 23:59:59",
            }
        )

    # === Relationships ===

    @classmethod
    def _refresh(cls, company=None, today=None, partners=None):
        """Refresh, as the scheduler does it but within the test's transaction."""
        return cls.env["continuity.relationship"]._refresh(
            company or cls.company_a, today=today, partners=partners
        )

    @classmethod
    def _relationship(cls, partner, company=None):
        return (
            cls.env["continuity.relationship"]
            .with_context(active_test=False)
            .search(
                [
                    ("partner_id", "=", partner.id),
                    ("company_id", "=", (company or cls.company_a).id),
                ]
            )
        )

    @staticmethod
    def _day(value):
        return fields.Date.to_date(value) if not isinstance(value, date) else value
