"""What a notice of dissolution says to one customer (D5)."""

from collections import defaultdict
from datetime import date

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_date, formatLang, plaintext2html

from .continuity_obligation_items import MONEY_OWED
from .continuity_touchpoint_facts import fact, html_fact

# What such a letter may say besides; the internal reason is not among it.
DISSOLUTION_FACTS = (
    "fact_decision_date",
    "fact_stage",
    "fact_last_service",
    "fact_last_invoice",
    "fact_export_until",
    "fact_deletion_date",
    "fact_open_items",
    "fact_prepaid",
    "fact_claim_how",
    "fact_claim_until",
    "fact_payments_barred",
    "fact_export_guide",
    "fact_providers",
    "fact_second_contact",
    "fact_data_handling",
    "fact_complaint_route",
    "fact_verification",
)
# So many providers a customer is offered.
MOST_PROVIDERS = 3
# Of these facts, the ones the campaign's own words give, to be translated by people.
TRANSLATED_FACTS = {
    "fact_reason": "customer_reason",
    "fact_claim_how": "claim_how",
    "fact_export_guide": "export_guide",
    "fact_data_handling": "data_handling",
}


class MailTemplate(models.Model):
    _inherit = "mail.template"

    continuity_contents = fields.Selection(
        selection_add=[
            ("dissolution", "Notice of dissolution"),
            ("creditor", "Creditor notice"),
        ],
        ondelete={"dissolution": "set null", "creditor": "set null"},
    )


class ContinuityTouchpoint(models.Model):
    _inherit = "continuity.touchpoint"

    fact_decision_date = fact("Day of the decision to dissolve")
    fact_stage = fact("Stage the dissolution has reached")
    fact_last_service = fact("Last day of service and support")
    fact_last_invoice = fact("Last day for invoices and red invoices")
    fact_export_until = fact("Until when the customer can export data")
    fact_deletion_date = fact("Day on which the customer's data is deleted")
    fact_open_items = html_fact("Open items with the customer")
    fact_prepaid = fact("What the customer has paid in advance")
    fact_claim_how = html_fact("How to declare a claim")
    fact_claim_until = fact("Until when claims are declared")
    fact_payments_barred = fact("Until when no creditor may be paid")
    fact_export_guide = html_fact("Guide to exporting data")
    fact_providers = html_fact("Successor providers, with any interest of ours")
    fact_second_contact = fact("Second contact person, with telephone and e-mail")
    fact_data_handling = html_fact("What happens to data, and how to object")
    fact_complaint_route = fact("How to complain")
    fact_verification = fact("How to verify the letter; no new bank details by mail")

    @api.model
    def _letter_facts(self):
        return super()._letter_facts() + DISSOLUTION_FACTS


class ContinuityDissolution(models.Model):
    _inherit = "continuity.dissolution"

    claim_how = fields.Text(
        string="How to Claim",
        translate=True,
        help="Where and with which papers customers declare what they are owed.",
    )
    export_guide = fields.Text(
        string="Guide to Exporting Data",
        translate=True,
        help="Step by step: where, in which format, who helps.",
    )
    data_deletion_date = fields.Date(
        string="Data Deleted On",
        help="The day on which customers' data is deleted, as far as the law does not "
        "ask to keep it. Empty: the day of the timetable.",
    )
    data_handling = fields.Text(
        string="What Happens to Customers' Data",
        translate=True,
        help="Who keeps what, for how long, on what grounds, and how to object.",
    )

    def _deletion_date(self):
        """Return the day customers are told their data is deleted on.

        :rtype: datetime.date | False
        """
        self.ensure_one()
        return self.data_deletion_date or self._date_of("data_deletion")

    def _stage_text(self):
        """Return the stage reached, or the next one with its day, as a sentence.

        :rtype: str
        """
        self.ensure_one()
        if ended := self._date_of("liquidation_end", done=True):
            return self.env._("The liquidation ended on %s.", self._long_date(ended))
        if announced := self._date_of("announcement", done=True):
            return self.env._(
                "The public announcement was made on %s.", self._long_date(announced)
            )
        if formed := self._date_of("group_formed", done=True):
            return self.env._(
                "The liquidators were appointed on %s.", self._long_date(formed)
            )
        if planned := self._date_of("group_formed"):
            return self.env._(
                "The liquidators will be appointed on %s.", self._long_date(planned)
            )
        decided = self._date_of("decision", done=True)
        return decided and self.env._("The decision is taken.")

    def _long_date(self, day):
        return day and format_date(self.env, day, date_format="long")

    def _barred_until(self):
        """Return the last day on which creditors may not be paid, where it is known.

        :rtype: datetime.date | False
        """
        self.ensure_one()
        bar = self._payments_barred_until()
        day = bar[0] if isinstance(bar, tuple) else bar
        return day if day and day != date.max else False

    def _barred_text(self):
        """Return until when creditors may not be paid, as a sentence; empty where no
        law says so.

        :rtype: str
        """
        day = self._barred_until()
        return day and self.env._(
            "Up to and including %s the law does not let us pay any creditor.",
            self._long_date(day),
        )


class ContinuityDissolutionCustomer(models.Model):
    _inherit = "continuity.dissolution.customer"

    # === FACTS === #

    def _letter_fact_values(self, touchpoints):
        lines = self.sudo().grouped("id")
        values = super()._letter_fact_values(touchpoints)
        # Of all letters at once: each look into the books costs several SELECTs.
        items = self.sudo()._open_items_by_line(self.env.lang)
        prepaid = self.sudo()._prepaid_texts()
        for touchpoint in touchpoints:
            line_id = touchpoint.origin_id
            if line := lines.get(line_id):
                said = line._items_said(touchpoint, items[line_id])
                values[touchpoint.id] = {
                    **line._prepare_facts(touchpoint),
                    "fact_open_items": line._items_table(said),
                    "fact_prepaid": prepaid[line_id],
                }
        return values

    def _prepare_facts(self, touchpoint):
        """Return the facts of one letter besides those of the books, in the language of
        the context; extensions add theirs.

        :param touchpoint: the ``continuity.touchpoint`` of the letter
        :rtype: dict[str, str]
        """
        self.ensure_one()
        campaign = self.dissolution_id
        days = {
            "fact_decision_date": campaign._date_of("decision", done=True),
            "fact_last_service": campaign._date_of("last_service"),
            "fact_last_invoice": campaign._date_of("last_invoice"),
            "fact_export_until": campaign._date_of("export_until"),
            "fact_deletion_date": campaign._deletion_date(),
            "fact_claim_until": campaign._date_of("claims_end"),
        }
        return {
            "fact_reason": campaign.customer_reason,
            "fact_payments_barred": campaign._barred_text(),
            "fact_stage": campaign._stage_text(),
            "fact_claim_how": _lines(campaign.claim_how),
            "fact_export_guide": _lines(campaign.export_guide),
            "fact_data_handling": _lines(campaign.data_handling),
            "fact_providers": self._providers_list(),
            "fact_second_contact": self._second_contact_text(touchpoint),
            "fact_complaint_route": self._complaint_text(touchpoint),
            "fact_verification": self._verification_text(touchpoint),
            "fact_reference": self._reference(),
            **{name: campaign._long_date(day) for name, day in days.items()},
        }

    def _reference(self):
        """Return the number by which a customer names this matter.

        :rtype: str
        """
        self.ensure_one()
        return f"{self.dissolution_id.name}-{self.id}"

    def _items_said(self, touchpoint, items):
        """Return those open items a letter is about: a creditor notice lists what we
        owe, and nothing the customer owes us.

        :param touchpoint: the ``continuity.touchpoint`` of the letter
        :param list items: see :meth:`_open_items`
        :rtype: list
        """
        if touchpoint.sudo().template_id.continuity_contents != "creditor":
            return items
        return [item for item in items if item.get("owed_by") != "customer"]

    def _items_table(self, items):
        """Return open items as a table, empty without any.

        :param list items: see :meth:`_open_items`
        :rtype: Markup
        """
        if not items:
            return Markup()
        row = Markup("<tr>%s</tr>")
        cell = Markup('<td style="border:1px solid #ccc;padding:3px 6px">%s</td>')
        rows = [self._item_columns(), *(self._item_cells(item) for item in items)]
        rows = [row % Markup("").join(cell % text for text in texts) for texts in rows]
        table = Markup(
            '<table style="border-collapse:collapse;margin-bottom:12px">%s</table>'
        )
        return table % Markup("").join(rows)

    def _item_columns(self):
        """Return the headings of open items: few, so that they fit a telephone."""
        return [self.env._("Open item"), self.env._("Amount"), self.env._("By when")]

    def _item_cells(self, item):
        """Return one open item as texts, one per column.

        :param dict item: of :meth:`_open_items`
        :rtype: list[str]
        """
        names = ("kind_label", "document", "description", "quantity", "tracking")
        what = dict.fromkeys(item.get(name) for name in names)
        when = (item.get("resolution"), item.get("deadline") or item.get("date"))
        return [
            " · ".join(filter(None, what)),
            item.get("amount") or "",
            " · ".join(filter(None, when)),
        ]

    def _prepaid_texts(self):
        """Return what these customers have paid in advance or have as a credit, by
        currency; empty for whoever is no creditor.

        :return: texts by id of the line
        :rtype: dict[int, str]
        """
        currencies = self.env["res.currency"]
        texts = {}
        for line_id, rows in self.sudo()._open_rows().items():
            amounts = defaultdict(float)
            for row in rows:
                if row["kind"] in MONEY_OWED and row["currency_id"]:
                    amounts[row["currency_id"]] += row["amount"]
            texts[line_id] = " + ".join(
                formatLang(self.env, amount, currency_obj=currencies.browse(key))
                for key, amount in sorted(amounts.items())
                if amount
            )
        return texts

    def _providers_list(self):
        """Return the providers that fit this customer as a list, the best first, each
        with any interest of ours (D6).

        :rtype: Markup
        """
        self.ensure_one()
        entries = []
        for match in self._match_providers()[:MOST_PROVIDERS]:
            provider = match["provider"]
            name = Markup("<strong>%s</strong>") % provider.display_name
            texts = [name, *self._provider_lines(match)]
            entries.append(Markup("<li>%s</li>") % Markup("<br/>").join(texts))
        return Markup("<ul>%s</ul>") % Markup("").join(entries) if entries else Markup()

    def _provider_lines(self, match):
        """Return what a customer reads of a provider: what it offers, why it fits, whom
        to ask there, and any interest of ours.

        :param dict match: of :meth:`_match_providers`
        :rtype: list[str]
        """
        provider = match["provider"].sudo()
        contact = provider.contact_id
        reached = [contact.name, contact.phone, contact.email] if contact else []
        return [
            line
            for line in (
                provider.offer,
                " · ".join(match["customer_reasons"]),
                " · ".join(filter(None, reached)),
                provider.interest
                and self.env._("Our interest in it: %s", provider.interest),
            )
            if line
        ]

    def _second_contact(self, touchpoint):
        """Return whom the customer can call besides the signer: the owner, or who
        leads the task force.

        :rtype: res.users
        """
        self.ensure_one()
        campaign = self.dissolution_id
        others = campaign.owner_id | campaign._lead()
        others -= touchpoint._letter_signer()
        return others.filtered("active")[:1]

    def _second_contact_text(self, touchpoint):
        person = self._second_contact(touchpoint)
        if not person:
            return ""
        return " · ".join(
            filter(None, [person.name, touchpoint._fact_contact_line(person)])
        )

    def _complaint_text(self, touchpoint):
        """Return to whom complaints go, and that they are answered."""
        campaign = self.dissolution_id
        person = campaign.owner_id or campaign._lead()
        if not person:
            return ""
        return self.env._(
            "Complaints go to %(person)s (%(reached)s), or on your page under “Ask a "
            "question”; each gets a written answer.",
            person=person.name,
            reached=touchpoint._fact_contact_line(person),
        )

    def _verification_text(self, touchpoint):
        """Return how to find out that the letter is genuine."""
        phone = self.company_id.phone
        if not phone:
            return ""
        return self.env._(
            "To make sure that this letter is ours, call %(phone)s or a number of ours "
            "you already know and give the reference %(reference)s. Our bank details "
            "do not change by letter or e-mail: pay to no other account.",
            phone=phone,
            reference=self._reference(),
        )


def _lines(text):
    """Return a plain text as HTML, its lines kept; empty without one."""
    return plaintext2html(text) if (text or "").strip() else Markup()
