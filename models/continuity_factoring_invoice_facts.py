"""What all invoices of one customer say alike of where to pay (X6)."""

from datetime import date
from typing import NamedTuple

from odoo import api, models
from odoo.tools import format_date


class InvoiceFacts(NamedTuple):
    """What invoices of one customer say alike.

    :ivar debtor: ``continuity.factoring.debtor``
    :ivar str valid: which payments to us stay valid
    :ivar bool may_pay_us: the law lets the customer pay us all the same
    :ivar next_day: from when the customer pays elsewhere than today, or False
    :ivar bool ours_again: from that day on it is us
    """

    debtor: models.BaseModel
    valid: str
    may_pay_us: bool
    next_day: date | bool
    ours_again: bool

    @property
    def names_ours(self):
        """Tell whether our own account is named."""
        return self.may_pay_us or self.ours_again


class ContinuityFactoringDebtor(models.Model):
    _inherit = "continuity.factoring.debtor"

    def _invoice_facts(self):
        """Return what the invoices of each of these customers say alike.

        :return: by line
        :rtype: dict[continuity.factoring.debtor, InvoiceFacts]
        """
        reviews = self._valid_reviews()
        facts, texts = {}, {}
        for debtor in self:
            day = debtor._next_direction_day()
            # Thousands of customers hear of the same day.
            until = debtor._stays_valid_until()
            if until not in texts:
                texts[until] = self._stays_valid_text(*until)
            facts[debtor] = InvoiceFacts(
                debtor=debtor,
                valid=texts[until],
                may_pay_us=reviews[debtor.id].result == "debtor_may_pay",
                next_day=day,
                ours_again=bool(day and debtor._pays_as_before(day)),
            )
        return facts

    def _stays_valid_until(self):
        """Return until when what this customer paid us stays valid; never shorter than
        the notice says.

        :return: the day, and whether it is the one of the notice
        :rtype: tuple[date, bool]
        """
        first = min(
            (
                self._effective_from(direction)
                for direction in self.factoring_id.direction_ids
                if direction.was_confirmed and direction.kind != "unchanged"
            ),
            default=None,
        )
        noticed = self._noticed_day()
        return (first, False) if first and first > noticed else (noticed, True)

    @api.model
    def _stays_valid_text(self, day, is_notice):
        when = format_date(self.env, day, date_format="long")
        if is_notice:
            return self.env._(
                "What you paid us before you received our notice of %s remains valid.",
                when,
            )
        return self.env._("What you paid us before %s remains valid.", when)
