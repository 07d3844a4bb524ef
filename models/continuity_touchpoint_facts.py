from collections import defaultdict

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL, format_date

from ..tools.local_time import format_moment

# What a letter may say. Each is a sentence-ready text in the letter's language; none
# tells what only colleagues may know: no tier, no revenue, no state (I4).
FACTS = (
    "fact_salutation",
    "fact_contact",
    "fact_contact_function",
    "fact_customer",
    "fact_company",
    "fact_company_phone",
    "fact_signer",
    "fact_signer_function",
    "fact_signer_phone",
    "fact_signer_email",
    "fact_signer_contact",
    "fact_date",
    "fact_appointment",
    "fact_reason",
    "fact_former_contact",
    "fact_last_purchase",
    "fact_order",
    "fact_product",
    "fact_years",
    "fact_question",
    "fact_answer",
    "fact_season",
    "fact_reference",
    "fact_portal_link",
)
# How a Japanese letter begins, by month (時候の挨拶).
SEASONS = (
    "新春の候",
    "余寒の候",
    "早春の候",
    "陽春の候",
    "新緑の候",
    "初夏の候",
    "盛夏の候",
    "残暑の候",
    "初秋の候",
    "秋冷の候",
    "晩秋の候",
    "師走の候",
)


def fact(label):
    """Return the declaration of one fact."""
    return fields.Char(label, compute="_compute_facts", compute_sudo=True)


def html_fact(label):
    """Return the declaration of a fact of several lines, not for the subject."""
    return fields.Html(label, compute="_compute_facts", compute_sudo=True)


class ContinuityTouchpoint(models.Model):
    """The facts a letter may be written with.

    A process adds its own: a field ``fact_…``, its name in :meth:`_letter_facts`,
    its value in :meth:`_fact_values`, or only the value of a fact that exists, in
    ``_letter_fact_values`` of its lines.
    """

    _inherit = "continuity.touchpoint"

    fact_salutation = fact("Salutation")
    fact_contact = fact("Contact person")
    fact_contact_function = fact("Job position of the contact person")
    fact_customer = fact("Customer's name")
    fact_company = fact("Our company")
    fact_company_phone = fact("Our telephone")
    fact_signer = fact("Signer")
    fact_signer_function = fact("Job position of the signer")
    fact_signer_phone = fact("Telephone of the signer")
    fact_signer_email = fact("E-mail of the signer")
    fact_signer_contact = fact("Telephone, e-mail and WeChat of the signer")
    fact_date = fact("Date of the letter")
    fact_appointment = fact("Day and time of the appointment")
    fact_reason = fact("Reason customers are told")
    fact_former_contact = fact("Contact person until now")
    fact_last_purchase = fact("Date of the last purchase")
    fact_order = fact("Last order")
    fact_product = fact("Product of the last order")
    fact_years = fact("Years as a customer")
    fact_question = html_fact("Customer's question")
    fact_answer = html_fact("Answer")
    fact_season = fact("Season (beginning of a Japanese letter)")
    fact_reference = fact("Reference number")
    fact_portal_link = fact("Link to the customer's page")

    @api.model
    def _letter_facts(self):
        """Return the names of the facts that may stand in a letter, in the order
        in which they are offered; processes add theirs.

        :rtype: tuple[str]
        """
        return FACTS

    @api.model
    def mail_allowed_qweb_expressions(self):
        # Instead of Odoo's own list: a letter says nothing but facts.
        return tuple(f"object.{name}" for name in self._letter_facts())

    @api.depends(
        "partner_id.name",
        "partner_id.commercial_partner_id.name",
        "contact_ids.name",
        "contact_ids.function",
        "company_id.name",
        "company_id.phone",
        "signer_id",
        "user_id",
        "date_planned",
        "relationship_id.first_purchase_date",
        "relationship_id.last_purchase_date",
        "released_on",
    )
    @api.depends_context("lang")
    def _compute_facts(self):
        facts = self._letter_facts()
        values_by_id = self._fact_values()
        for touchpoint in self:
            values = values_by_id.get(touchpoint.id, {})
            for name in facts:
                touchpoint[name] = values.get(name) or False

    def _fact_values(self):
        """Return what these contacts' letters may say, in the context's language.

        :return: texts by name of the fact, by touchpoint id
        :rtype: dict[int, dict[str, str]]
        """
        purchases = self._fact_purchases()
        values = {}
        for touchpoint in self:
            signer = touchpoint._letter_signer()
            contact = touchpoint._letter_person()
            company = touchpoint.company_id
            key = (touchpoint.partner_id.commercial_partner_id.id, company.id)
            values[touchpoint.id] = {
                "fact_salutation": touchpoint._fact_salutation(contact),
                "fact_contact": contact.name,
                "fact_contact_function": contact.function,
                "fact_customer": touchpoint.partner_id.commercial_partner_id.name,
                "fact_company": company.name,
                "fact_company_phone": company.phone,
                "fact_signer": signer.name,
                "fact_signer_function": signer.partner_id.function,
                "fact_signer_phone": signer.partner_id.phone or company.phone,
                "fact_signer_email": signer.email,
                "fact_signer_contact": touchpoint._fact_contact_line(signer),
                "fact_date": touchpoint._fact_day(
                    touchpoint.released_on or fields.Datetime.now()
                ),
                "fact_appointment": touchpoint._fact_moment(touchpoint.date_planned),
                "fact_years": touchpoint._fact_years(),
                "fact_season": touchpoint._fact_season(),
                **touchpoint._fact_last_purchase(purchases.get(key)),
                "fact_portal_link": touchpoint._letter_preview_link(),
            }
        for touchpoint_id, more in self._fact_values_of_origins().items():
            values[touchpoint_id].update(more)
        return values

    def _fact_values_of_origins(self):
        """Ask the lines these contacts came from what they know (hook
        ``_letter_fact_values``)."""
        values = {}
        for model, touchpoints in self.grouped("origin_model").items():
            lines = touchpoints._origins(model)
            if hasattr(lines, "_letter_fact_values"):
                values.update(lines.exists()._letter_fact_values(touchpoints))
        return values

    # === PEOPLE === #

    def _letter_signer(self):
        """Return who signs: the signer, else the responsible person."""
        self.ensure_one()
        return self.signer_id or self.user_id

    def _letter_person(self):
        """Return the person of the customer the letter is written to, if any."""
        self.ensure_one()
        # Of a letter only shown ahead, the person as they are stored.
        contact = self.contact_ids[:1]._origin
        if contact and not contact.is_company:
            return contact
        return self.partner_id if not self.partner_id.is_company else contact.browse()

    def _letter_recipient(self):
        """Return the contact or company the letter is addressed to."""
        self.ensure_one()
        return self.contact_ids[:1]._origin or self.partner_id

    def _letter_language(self):
        """Return the code of the language the letter is written in: the person's,
        else the customer's, else the company's.

        :rtype: str
        """
        self.ensure_one()
        return (
            self._letter_recipient().lang
            or self.partner_id.lang
            or self.company_id.partner_id.lang
            or "en_US"
        )

    def _fact_contact_line(self, user):
        """Return how a colleague is reached, in one line: telephone, e-mail and
        WeChat, each with its label and only if known.

        :param user: ``res.users``, or none
        :return: the line, in the context's language; empty if nothing is known
        :rtype: str
        """
        self.ensure_one()
        person = user.sudo().partner_id
        phone = user and (person.phone or self.company_id.sudo().phone)
        parts = (
            phone and self.env._("Tel. %s", phone),
            user.email and self.env._("E-mail %s", user.email),
            self._fact_wechat(user),
        )
        return " · ".join(part for part in parts if part)

    def _fact_wechat(self, user):
        """Return the WeChat ID of a colleague with its label, or nothing."""
        wechat = user.sudo().partner_id.continuity_wechat
        return wechat and self.env._("WeChat %s", wechat)

    def _fact_salutation(self, contact):
        """Return how a letter begins. What is polite depends on the language, in
        which parts and in which order: no translation of one sentence."""
        self.ensure_one()
        customer = self.partner_id.commercial_partner_id
        language = (self.env.lang or "en_US").split("_")[0]
        if language == "ja":
            # An organisation is 御中, a person 様; never both.
            parts = [customer.name] if customer != contact else []
            if not contact:
                return f"{customer.name}　御中"
            parts += [part for part in (contact.function,) if part]
            return "　".join([*parts, f"{contact.name}様"])
        if language == "zh":
            if not contact:
                return f"{customer.name}：您好！"
            return f"尊敬的{contact.name}先生/女士：您好！"
        if not contact:
            return self.env._("Dear Sir or Madam,")
        return self.env._("Dear %s,", contact.name)

    # === DATES AND PURCHASES === #

    def _fact_zone(self):
        """Return the name of the time zone of the person written to."""
        recipient = self._letter_recipient()
        return recipient.tz or self._letter_signer().tz or "UTC"

    def _fact_local(self, moment):
        """Return a UTC datetime in the time zone of the person written to."""
        zone = self._fact_zone()
        return fields.Datetime.context_timestamp(self.with_context(tz=zone), moment)

    def _fact_day(self, moment):
        day = moment and self._fact_local(moment).date()
        return day and format_date(self.env, day, date_format="long")

    def _fact_moment(self, moment):
        """Return day, time and time zone of an appointment, or nothing without one."""
        return moment and format_moment(self.env, moment, self._fact_zone())

    def _fact_season(self):
        """Return the season a Japanese letter begins with, by the day it is released;
        nothing in other languages."""
        if not (self.env.lang or "").startswith("ja"):
            return False
        day = self._fact_local(self.released_on or fields.Datetime.now())
        return SEASONS[day.month - 1]

    def _fact_years(self):
        """Return how many years have passed since the first purchase, or nothing
        in the first year."""
        first = self.relationship_id.first_purchase_date
        if not first:
            return False
        years = relativedelta(fields.Date.context_today(self), first).years
        if years <= 0:
            return False
        return self.env._("one year") if years == 1 else self.env._("%s years", years)

    def _fact_last_purchase(self, order):
        """Return the facts about one order, or the date alone where only invoices
        tell of a purchase."""
        self.ensure_one()
        if not order:
            day = self.relationship_id.last_purchase_date
            return {
                "fact_last_purchase": day
                and format_date(self.env, day, date_format="long")
            }
        lines = order.order_line.filtered(
            lambda line: line.product_id and not line.is_downpayment
        )
        main = lines.sorted("price_subtotal", reverse=True)[:1]
        return {
            "fact_last_purchase": self._fact_day(order.date_order),
            "fact_order": order.client_order_ref or order.name,
            "fact_product": main.product_id.name,
        }

    def _fact_purchases(self):
        """Return the last confirmed order of each customer in each company.

        :return: orders by (id of the commercial partner, id of the company)
        :rtype: dict[tuple, sale.order]
        """
        partners = self.partner_id.commercial_partner_id
        if not partners:
            return defaultdict()
        self.env["sale.order"].flush_model(["partner_id", "state", "date_order"])
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT ON (contact.commercial_partner_id, orders.company_id)
                          contact.commercial_partner_id, orders.company_id, orders.id
                     FROM res_partner contact
                     JOIN sale_order orders ON orders.partner_id = contact.id
                    WHERE contact.commercial_partner_id = ANY(%s)
                      AND orders.company_id = ANY(%s)
                      AND orders.state = 'sale'
                 ORDER BY contact.commercial_partner_id, orders.company_id,
                          orders.date_order DESC, orders.id DESC""",
                partners.ids,
                self.company_id.ids,
            )
        )
        orders = self.env["sale.order"].browse(row[2] for row in rows)
        return {tuple(row[:2]): order for row, order in zip(rows, orders, strict=True)}
