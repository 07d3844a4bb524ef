"""The words of the facts of a letter on factoring, in the customer's language (X5)."""

import re

from markupsafe import Markup

from odoo import models
from odoo.tools import format_date, formatLang, plaintext2html

IBAN = re.compile(r"^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$")
LONG_NUMBER = re.compile(r"^\d{14,}$")
COMMAS = {"ja": "、", "zh": "，"}
CELL = "border:1px solid #ccc;padding:3px 6px;"
AMOUNT = f"{CELL}text-align:right;white-space:nowrap;"


def grouped_number(number):
    """Return an account number as people read and compare it: in groups of four where
    it is an IBAN or a long number, else as it was typed.

    :param str number: as typed
    :rtype: str
    """
    plain = re.sub(r"[\s-]", "", number or "")
    if not (IBAN.match(plain.upper()) or LONG_NUMBER.match(plain)):
        return number or ""
    return " ".join(plain[i : i + 4] for i in range(0, len(plain), 4))


def lines_html(text):
    """Return a plain text as HTML, its lines kept; empty without one."""
    return plaintext2html(text) if (text or "").strip() else Markup()


class ContinuityFactoringDebtor(models.Model):
    _inherit = "continuity.factoring.debtor"

    def _letter_fact_values(self, touchpoints):
        values = super()._letter_fact_values(touchpoints)
        lines = self.sudo().grouped("id")
        # Of all letters at once: each look into the books costs several SELECTs.
        laws, reviews = self._governing_laws(), self._valid_reviews()
        assigned, bought_back = self._assigned_receivables(), self._bought_back()
        own_accounts = self._own_accounts()
        for touchpoint in touchpoints:
            line_id = touchpoint.origin_id
            if line := lines.get(line_id):
                law = (laws[line_id].code or "").split("-")[0]
                values[touchpoint.id] = {
                    **line._parties_facts(law),
                    **line._payment_facts(touchpoint, reviews[line_id]),
                    **line._rule_facts(touchpoint, law),
                    **line._release_facts(line in bought_back, own_accounts[line_id]),
                    "fact_receivables": line._receivables_table(assigned[line_id]),
                    "fact_supply_contract": reviews[line_id].contract_name,
                    "fact_notice_language": line._language_text(reviews[line_id]),
                    "fact_assignment": line._assignment_text(law, touchpoint),
                }
        return values

    # === WHO AND WHAT === #

    def _parties_facts(self, law):
        """Return who assigned what to whom, for a letter.

        :param str law: code of the jurisdiction without the state, such as ``GB``
        :rtype: dict[str, str]
        """
        self.ensure_one()
        agreement = self.factoring_id
        ours = agreement.company_id.partner_id
        return {
            "fact_reason": agreement.customer_reason,
            "fact_reference": self._reference(),
            "fact_assignor": self._party_text(ours, agreement.company_id.name),
            "fact_factor": self._party_text(agreement.factor_id),
            "fact_factor_name": agreement.factor_id.name,
            "fact_debtor": self._party_text(self.partner_id),
            "fact_told_before": self.told_on
            and self.env._(
                "We told you of this on %s; here it is in writing.",
                self._long_date(agreement._local_date(self.told_on)),
            ),
            "fact_factoring_contract": self._contract_text(law),
            "fact_receivables_class": self._class_text(),
            "fact_registration": self._registration_text(),
            "fact_regime": agreement.regime == "dailly" and "Dailly",
            "fact_prescribed_wording": lines_html(agreement.prescribed_wording),
            "fact_update": agreement.update_approved_on
            and lines_html(agreement.update_words),
        }

    def _reference(self):
        """Return the number by which a customer names this matter.

        :rtype: str
        """
        self.ensure_one()
        return f"{self.factoring_id.name}-{self.id}"

    def _long_date(self, day):
        return day and format_date(self.env, day, date_format="long")

    def _short_date(self, day):
        # With the month in letters where languages differ in the order of figures.
        return day and format_date(self.env, day, date_format="medium")

    def _party_text(self, partner, name=None):
        """Return a party with its numbers and address, in one line."""
        numbers = [
            partner.company_registry
            and self.env._("company no. %s", partner.company_registry),
            partner.vat and self.env._("tax ID %s", partner.vat),
        ]
        address = partner._display_address(without_company=True).splitlines()
        parts = [*numbers, *(" ".join(part.split()) for part in address)]
        comma = COMMAS.get((self.env.lang or "")[:2], ", ")
        return comma.join(filter(None, [name or partner.name, *parts]))

    def _contract_text(self, law):
        """Return number and date of the factoring contract; under English law without
        the date, because a wrong one spoils the notice."""
        agreement = self.factoring_id
        number = agreement.contract_reference or agreement.name
        if not agreement.contract_date or law == "GB":
            return number
        return self.env._(
            "%(number)s of %(date)s",
            number=number,
            date=self._long_date(agreement.contract_date),
        )

    def _assignment_text(self, law, touchpoint):
        """Return the declaration that the receivables are assigned, as the law words
        it. It has no date: where one matters it stands in a sentence of its own.

        :param str law: code of the jurisdiction without the state
        :param touchpoint: the ``continuity.touchpoint`` of the letter
        :rtype: str
        """
        self.ensure_one()
        factor = self.factoring_id.factor_id.name
        company = self.company_id.name
        if law == "US":
            direction = self._letter_direction()
            if direction and not self._letter_account(direction, touchpoint)[0]:
                return self.env._(
                    "The amounts set out below have been assigned to %s; you keep "
                    "paying them as before.",
                    factor,
                )
            return self.env._(
                "The amounts set out below have been assigned to %(factor)s and are "
                "payable to %(factor)s.",
                factor=factor,
            )
        if law == "GB":
            return self.env._(
                "By absolute assignment in writing under our hand, %(company)s has "
                "assigned to %(factor)s the whole of the debts set out below. This is "
                "express notice of that assignment.",
                company=company,
                factor=factor,
            )
        if law == "JP":
            return self.env._(
                "As assignor, %(company)s gives notice that it has assigned to "
                "%(factor)s the claims against you set out below.",
                company=company,
                factor=factor,
            )
        return self.env._(
            "%(company)s has assigned to %(factor)s the receivables from you set out "
            "below, and gives you notice of it.",
            company=company,
            factor=factor,
        )

    def _class_text(self):
        """Return the class of receivables the agreement takes in, future ones too;
        empty where invoices are chosen one by one."""
        agreement = self.factoring_id
        if agreement.covers != "customers":
            return ""
        currencies = ", ".join(agreement.currency_ids.mapped("name"))
        if agreement.date_end:
            return self.env._(
                "Assigned are all our claims against you for goods and services in "
                "%(currencies)s, those open now and those that arise up to and "
                "including %(end)s, except what is settled by bills or electronically "
                "recorded claims.",
                currencies=currencies,
                end=self._long_date(agreement.date_end),
            )
        return self.env._(
            "Assigned are all our claims against you for goods and services in "
            "%(currencies)s, those open now and those that arise later, except what "
            "is settled by bills or electronically recorded claims.",
            currencies=currencies,
        )

    def _assigned_receivables(self):
        """Return what is assigned and open of each of these customers, the oldest
        first.

        :return: ``continuity.factoring.assignment`` by id of the line
        :rtype: dict[int, continuity.factoring.assignment]
        """
        # What a customer is told does not depend on who may see the accounts.
        assignments = self.env["continuity.factoring.assignment"].sudo()
        found = assignments.search(
            [("debtor_id", "in", self.ids), ("state", "=", "active")], order="id"
        )
        # Days of another model's: sorted here.
        found = found.sorted(lambda a: (a.invoice_date, a.move_id.name, a.id))
        by_line = found.grouped("debtor_id")
        return {line.id: by_line.get(line, assignments) for line in self.sudo()}

    def _receivables_table(self, assignments):
        """Return receivables with number, date, due date, amount and currency, and
        their sum; empty without any.

        :param assignments: ``continuity.factoring.assignment``
        :rtype: Markup
        """
        if not assignments:
            return Markup()
        rows = [
            (
                self.env._("Invoice"),
                self.env._("Date"),
                self.env._("Due date"),
                self.env._("Amount"),
            ),
            *(
                (
                    assignment.move_id.name,
                    self._short_date(assignment.invoice_date),
                    self._short_date(assignment.date_maturity),
                    self._money(assignment.open_amount, assignment.currency_id),
                )
                for assignment in assignments
            ),
        ]
        for currency, group in assignments.grouped("currency_id").items():
            total = self._money(sum(group.mapped("open_amount")), currency)
            rows.append((self.env._("Total"), "", "", total))
        return self._html_table(rows)

    def _html_table(self, rows, is_account=False):
        """Return rows as a table whose last column is aligned to the right."""
        cell = Markup('<td style="%s">%s</td>')
        lines = []
        for row in rows:
            styles = [CELL] * (len(row) - 1)
            styles.append(CELL if is_account else AMOUNT)
            cells = (
                cell % (style, text) for style, text in zip(styles, row, strict=True)
            )
            # Neither a line nor an account is torn apart at the end of a page.
            line = Markup('<tr style="page-break-inside:avoid">%s</tr>')
            lines.append(line % Markup("").join(cells))
        # On a telephone the table scrolls, not the letter.
        table = Markup(
            '<div style="overflow-x:auto"><table style="border-collapse:collapse;'
            'width:100%%;font-size:0.9em;margin-bottom:12px;page-break-inside:{}">'
            "%s</table></div>".format("avoid" if is_account else "auto")
        )
        return table % Markup("").join(lines)

    def _money(self, amount, currency):
        number = formatLang(self.env, amount, digits=currency.decimal_places)
        return f"{currency.name} {number}"
