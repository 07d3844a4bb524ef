from datetime import timedelta

from odoo import Command, fields

from .common_tour import StoryTourCommon

# What goes back in time when days pass, by table.
DATED = {
    "continuity_dissolution_milestone": ("date_planned", "done_on"),
    "continuity_dissolution_customer": ("told_on", "spoken_on", "choice_on"),
    "continuity_dissolution_event": ("date",),
    "continuity_gathering": ("date",),
    "continuity_touchpoint": ("date_due", "date_show", "date_done", "date_planned"),
    "continuity_touchpoint_attempt": ("date",),
    "continuity_transfer": ("free_from", "free_until"),
    "continuity_concern": ("raised_on", "deadline"),
    "continuity_obligation": ("deadline", "settled_on"),
}


class DissolutionTourCommon(StoryTourCommon):
    """A whole campaign of one company, as people carry it out."""

    dated = DATED
    country = currency = language = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()
        currency = cls.env.ref(cls.currency)
        currency.active = True
        cls.env["res.lang"]._activate_lang(cls.language)
        cls.company = cls._create_company(cls.company_name, currency)
        cls.company.write(
            {
                "country_id": cls.env.ref(cls.country).id,
                "phone": "+00 1234",
                "continuity_stop_quotations": True,
            }
        )
        cls.company.partner_id.lang = cls.language
        cls.env.user.company_ids |= cls.company
        manager = "sales_team.group_sale_manager"
        cls.owner = cls._create_person(
            "owner", "Chen Guoqiang", manager, companies=cls.company
        )
        cls.head = cls._create_person("head", "Wang Li", manager, companies=cls.company)
        cls.sales = cls._create_person(
            "sales",
            "Liu Yang",
            "sales_team.group_sale_salesman",
            companies=cls.company,
        )

    # === CUSTOMERS === #

    @classmethod
    def _create_customers(cls, count):
        """Customers of the company: of every ten one has an order that is not
        delivered, five have an invoice to pay, four bought long ago."""
        env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company.ids}
        )
        cls.customers = env["res.partner"].create(
            [
                {
                    "name": f"{cls.customer_name}{number:03}",
                    "is_company": True,
                    "user_id": cls.sales.id,
                    "company_id": cls.company.id,
                    "email": f"customer{number}@tour.example.com",
                    "lang": cls.language,
                }
                for number in range(1, count + 1)
            ]
        )
        env["sale.order"].create(
            [
                {
                    "partner_id": partner.id,
                    "company_id": cls.company.id,
                    "user_id": cls.sales.id,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": cls.product.id,
                                "product_uom_qty": 2,
                                "price_unit": 500,
                                "tax_ids": [Command.clear()],
                            }
                        )
                    ],
                }
                for number, partner in enumerate(cls.customers)
                if number % 10 == 0
            ]
        ).action_confirm()
        env["account.move"].create(
            [
                {
                    "move_type": "out_invoice",
                    "partner_id": partner.id,
                    "invoice_date": fields.Date.subtract(
                        cls.today, days=20 if number % 10 < 6 else 900
                    ),
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "name": "Freight",
                                "quantity": 1,
                                # Long ago: nothing of it is open any more.
                                "price_unit": 1000 if number % 10 < 6 else 0,
                                "tax_ids": [Command.clear()],
                            }
                        )
                    ],
                }
                for number, partner in enumerate(cls.customers)
                if number % 10
            ]
        ).action_post()
        env["continuity.relationship"]._refresh(cls.company)
        relationships = env["continuity.relationship"].search(
            [("company_id", "=", cls.company.id)], order="partner_id"
        )
        tiers = [cls.env.ref(f"customer_continuity.tier_{key}") for key in "abc"]
        for relationship, number in zip(
            relationships, range(len(relationships)), strict=True
        ):
            tier = tiers[0] if number < 3 else tiers[1] if number < 15 else tiers[2]
            relationship.sudo().write({"tier_id": tier.id, "tier_locked": True})

    # === STEPS OUTSIDE THE BROWSER === #

    def _url(self, record=None):
        return f"/odoo/action-customer_continuity.action_dissolution/{record or 'new'}"

    def _record(self, code, days_ago=0):
        """Record a milestone as the head of the task force does."""
        milestone = self.campaign._milestone(code)
        day = fields.Date.subtract(self.campaign._local_today(), days=days_ago)
        milestone.with_user(self.head)._record_done(day)

    def _tell_everybody(self):
        """Talk to and write to every customer, as the policy asks."""
        contacts = self.campaign.sudo().customer_ids.touchpoint_ids.filtered(
            lambda t: t.occurrence.startswith(("tell:", "creditor"))
        )
        now = fields.Datetime.now()
        talks = contacts.filtered(
            lambda t: not t.channel_id.written and t.state != "done"
        )
        meetings = talks.filtered("channel_id.is_meeting").sorted("id")
        for touchpoint in talks:
            # One meeting after the other; calls need no time of their own.
            hours = (
                2 + 2 * meetings.ids.index(touchpoint.id)
                if touchpoint in meetings
                else 0
            )
            touchpoint.with_user(touchpoint.user_id).sudo().log_attempt(
                "held",
                date=now - timedelta(hours=hours),
                minutes=30,
                note="Told in person.",
            )
        for letter in contacts.filtered(
            lambda t: t.channel_id.written and t.state == "owed"
        ):
            self.env["continuity.touchpoint.attempt"].create(
                {
                    "touchpoint_id": letter.id,
                    "channel_id": letter.channel_id.id,
                    "user_id": letter.user_id.id,
                    "outcome": "sent",
                    "date": now,
                    "letter_hash": f"{letter.id:064x}",
                }
            )
            letter.with_user(letter.user_id).sudo()._apply_attempts("sent", now)
