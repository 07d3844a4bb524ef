"""Where, from when and how freely a customer pays, in the words of a letter (X5)."""

from odoo import models

from .continuity_factoring_letter_text import grouped_number, lines_html


class ContinuityFactoringDebtor(models.Model):
    """A letter names no day before its own, and contradicts itself nowhere: where the
    customer may choose, the order to stop paying us is for those who do not."""

    _inherit = "continuity.factoring.debtor"

    def _letter_direction(self):
        """Return where letters tell this customer to pay: the last direction of the
        agreement, also while it is to come. Only a confirmed one lets a letter leave.

        :rtype: continuity.payment.direction
        """
        self.ensure_one()
        directions = self.factoring_id.direction_ids.filtered(
            lambda d: d.state != "superseded"
        )
        return directions.sorted(lambda d: (d.effective_from, d.id))[-1:]

    def _payment_facts(self, touchpoint, review):
        """Return where, from when and how freely this customer pays, for a letter.

        :param touchpoint: the ``continuity.touchpoint`` of the letter
        :param review: ``continuity.contract.review`` of the customer
        :rtype: dict[str, str]
        """
        self.ensure_one()
        direction = self._letter_direction()
        if direction.state != "confirmed":
            return {}
        account, text = self._letter_account(direction, touchpoint)
        unchanged = not account
        day = self._letter_pay_day(direction, touchpoint)
        may_pay_us = self._may_pay_us_text(review)
        return {
            "fact_what_changes": self._change_text(unchanged, text),
            "fact_effective": text,
            "fact_valid_payments": self._valid_text(
                unchanged or may_pay_us, direction, day
            ),
            "fact_pay_to": self._account_table(account),
            "fact_may_pay_us": may_pay_us,
            "fact_payment_choice": may_pay_us or self._choice_text(unchanged),
            "fact_stop_paying": self._stop_text(unchanged or may_pay_us),
        }

    def _letter_pay_day(self, direction, touchpoint):
        """Return the day from which a letter tells this customer to pay elsewhere: no
        day before the letter, which stays as it was released however late it leaves.

        :param direction: ``continuity.payment.direction``
        :param touchpoint: the ``continuity.touchpoint`` of the letter
        :rtype: date
        """
        self.ensure_one()
        agreement = self.factoring_id
        said = agreement._local_date(touchpoint.released_on)
        return max(self._effective_from(direction), said or agreement._local_today())

    def _letter_account(self, direction, touchpoint):
        """Return to which account this customer is told to pay, and from when.

        :param direction: ``continuity.payment.direction``
        :param touchpoint: the ``continuity.touchpoint`` of the letter
        :return: ``res.partner.bank``, none where nothing changes, and the day as a text
        :rtype: tuple
        """
        self.ensure_one()
        account = self.env["res.partner.bank"]
        if not direction:
            return account, ""
        day = self._letter_pay_day(direction, touchpoint)
        # What they chose counts from the day they chose it.
        now = max(day, self.factoring_id._local_today())
        if direction.kind != "unchanged" and not self._pays_as_before(now):
            account = direction.bank_account_id
        text = self._long_date(day)
        if not self._closing_terms()[0]:
            return account, text
        closing = self._first_closing(direction)
        if closing < day:
            return account, self.env._(
                "%(day)s (invoices dated %(first)s and later)",
                day=text,
                first=self._long_date(self._effective_from(direction)),
            )
        return account, self.env._(
            "%(day)s (invoices you close on %(closing)s and later)",
            day=text,
            closing=self._long_date(closing),
        )

    def _account_table(self, account):
        """Return an account as a table: holder, bank, number in groups, BIC.

        :param account: ``res.partner.bank``; none: as before
        :rtype: Markup
        """
        if not account:
            return lines_html(self.env._("As before: the account on our invoices."))
        return self._html_table(self._account_rows(account), is_account=True)

    def _account_rows(self, account):
        """Return what a customer needs to pay to an account, what is known of it.

        :param account: ``res.partner.bank``
        :return: pairs of label and text
        :rtype: list[tuple]
        """
        bank = account.bank_id
        rows = [
            (
                self.env._("Account holder"),
                account.acc_holder_name or account.partner_id.name,
            ),
            (self.env._("Bank"), bank.name),
            (self.env._("Account number"), grouped_number(account.acc_number)),
            (self.env._("BIC"), bank.bic),
            (self.env._("Payment by"), self.env._("bank transfer")),
            (self.env._("Payment reference"), self.env._("number of the invoice")),
        ]
        return [row for row in rows if row[1]]

    def _may_pay_us_text(self, review):
        """Return that the law lets this customer pay us all the same; empty for the
        others."""
        if review.result != "debtor_may_pay":
            return ""
        source = review.jurisdiction_id.ban_source
        text = self.env._(
            "Because our contract restricts assignment, you may also go on paying us: "
            "either way you are discharged."
        )
        return f"{text} ({source})" if source else text

    def _choice_text(self, unchanged):
        """Return whether this customer may choose where to pay."""
        factor = self.factoring_id.factor_id.name
        if unchanged:
            return self.env._("You keep paying as before.")
        if self._letter_offers_choice():
            return self.env._(
                "You may instead keep paying as before: tell us once, on your page or "
                "by telephone. %s agrees to it, and your invoices follow.",
                factor,
            )
        return self.env._("Please pay these receivables nowhere else.")

    def _letter_offers_choice(self):
        """Tell whether letters offer this customer to pay as before: it is chosen
        once."""
        return self.factoring_id.customer_may_choose and not self.payment_choice

    def _change_text(self, unchanged, day):
        """Return what changes in how this customer pays; without the account, which
        stands in the notice alone."""
        if unchanged:
            return self.env._("Nothing in how you pay: the account stays as it is.")
        return self.env._(
            "From %s you pay to another account. It stands in the formal notice and on "
            "our invoices, on purpose not in this letter.",
            day,
        )

    def _valid_text(self, may_pay_us, direction, day):
        """Return which payments to us remain valid; of who closes periods also later
        ones: invoices of those closed before keep naming our account.

        :param may_pay_us: whether nothing changes, or the law lets them pay us
        :param date day: from which the letter tells to pay elsewhere
        """
        if may_pay_us:
            return self.env._("What you pay us remains valid: nothing is paid twice.")
        first = self._effective_from(direction)
        if self._closing_terms()[0]:
            if first < day:
                return self.env._(
                    "Invoices dated before %(first)s you pay to us as before. That, "
                    "and all you pay us before %(day)s, remains valid and counts in "
                    "full: nothing is paid twice.",
                    first=self._long_date(first),
                    day=self._long_date(day),
                )
            return self.env._(
                "Invoices dated before %s you pay to us as before, also after that "
                "day; it remains valid and counts in full: nothing is paid twice.",
                self._long_date(first),
            )
        return self.env._(
            "What you pay us before %s remains valid and counts in full: nothing is "
            "paid twice.",
            self._long_date(day),
        )

    def _stop_text(self, may_pay_us):
        """Return the order to stop paying us, or that there is none; where the
        customer may still choose, it holds for those who do not."""
        if may_pay_us:
            return self.env._("You need not change how you pay.")
        if self._letter_offers_choice():
            if self._closing_terms()[0]:
                return self.env._(
                    "Unless you tell us so, please stop paying us invoices of that and "
                    "later periods: then only the payment stated here discharges you."
                )
            return self.env._(
                "Unless you tell us so, please stop paying these receivables to us "
                "from that day: then only the payment stated here discharges you."
            )
        if self._closing_terms()[0]:
            return self.env._(
                "Invoices of that and later periods please stop paying to us: only the "
                "payment stated here discharges you."
            )
        return self.env._(
            "From that day please stop paying these receivables to us: only the "
            "payment stated here discharges you."
        )
