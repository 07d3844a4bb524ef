"""What a customer chose where the agreement lets it pay as before, and from which day
a direction counts for a customer who closes periods (締日・支払日)."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools.closing_days import MONTH_END, closing_of, payment_of, period_from
from .continuity_bill import FIELD_GROUPS

CHOICES = [
    ("as_before", "As before"),
    ("new", "To the new account"),
]


class ResPartner(models.Model):
    _inherit = "res.partner"

    # How a customer deals with one company says nothing about another one.
    continuity_closing_day = fields.Integer(
        string="Closing Day (締日)",
        company_dependent=True,
        groups=FIELD_GROUPS,
        help="Invoices until this day of the month are paid together; 31 is the last "
        "day of the month, 0 none. A new account counts from the first period that "
        "begins with it.",
    )
    continuity_payment_months = fields.Integer(
        string="Paid After (months)",
        company_dependent=True,
        groups=FIELD_GROUPS,
        help="Full months from the month of the closing day: 0 the same one, 1 the "
        "next.",
    )
    continuity_payment_day = fields.Integer(
        string="Payment Day (支払日)",
        company_dependent=True,
        groups=FIELD_GROUPS,
        help="The day of the month the customer pays on; 31 is the last one, 0 none.",
    )

    @api.constrains(
        "continuity_closing_day", "continuity_payment_months", "continuity_payment_day"
    )
    def _check_continuity_closing_days(self):
        for partner in self.sudo():
            days = (partner.continuity_closing_day, partner.continuity_payment_day)
            if not all(0 <= day <= MONTH_END for day in days):
                raise ValidationError(
                    self.env._(
                        "Closing and payment days lie between 1 and 31, or are 0: 31 "
                        "is the last day of the month."
                    )
                )
            if not 0 <= partner.continuity_payment_months <= 12:
                raise ValidationError(
                    self.env._("Customers pay within 0 to 12 months after closing.")
                )


class ContinuityFactoringDebtor(models.Model):
    _inherit = "continuity.factoring.debtor"

    payment_choice = fields.Selection(
        CHOICES,
        string="Chose to Pay",
        readonly=True,
        copy=False,
        help="Empty: not chosen; the customer pays where the agreement says.",
    )
    payment_choice_on = fields.Datetime(string="Chosen On", readonly=True, copy=False)
    payment_choice_by = fields.Char(
        string="Chosen By",
        readonly=True,
        copy=False,
        help="The person of the customer, on their page; else who of us entered it.",
    )
    payment_choice_how = fields.Text(
        string="How We Know",
        readonly=True,
        copy=False,
        help="Evidence: their words on the page, or the letter or call it rests on.",
    )

    may_choose_payment = fields.Boolean(compute="_compute_may_choose_payment")

    _guarded_fields = frozenset(
        {
            "payment_choice",
            "payment_choice_on",
            "payment_choice_by",
            "payment_choice_how",
        }
    )

    @api.depends(
        "payment_choice",
        "state",
        "factoring_id.state",
        "factoring_id.customer_may_choose",
    )
    def _compute_may_choose_payment(self):
        for debtor in self:
            debtor.may_choose_payment = not debtor._payment_choice_error()

    # === CHOICE === #

    def action_record_payment_choice(self):
        """Ask what the customer chose, in a talk or in writing."""
        self.ensure_one()
        self._check_may_record_choice()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Where %s Pays", self.display_name),
            "res_model": "continuity.factoring.payment.choice",
            "view_mode": "form",
            "target": "new",
            "context": {"default_debtor_id": self.id},
        }

    def _check_may_record_choice(self):
        """Refuse choices written down by people who do not deal with this customer.

        :raise AccessError: unless who speaks to them, answers questions, keeps the
            accounts or manages the agreement
        """
        self.ensure_one()
        self.check_access("read")
        if not self._may_report():
            self.factoring_id._check_may_account()

    def _payment_choices(self):
        """Return what can be chosen, in the language of the reader.

        :rtype: dict[str, str]
        """
        return dict(self._fields["payment_choice"]._description_selection(self.env))

    def _payment_choice_error(self):
        """Return why this customer cannot choose where to pay (any more); the page
        asks before it offers the choice.

        :return: a sentence for people that says what to do, or nothing
        :rtype: str
        """
        self.ensure_one()
        debtor = self.sudo()
        agreement = debtor.factoring_id
        if agreement.kind == "confidential" or not agreement.customer_may_choose:
            return self.env._(
                "Where to pay cannot be chosen. Please pay as the notice says."
            )
        if agreement.state != "running" or debtor.state in ("out", "released"):
            return self.env._("There is nothing to choose at present.")
        if debtor.payment_choice:
            return self.env._(
                "Chosen already: “%(choice)s”. It is chosen once; please speak to "
                "%(contact)s if it must change.",
                choice=self._payment_choices()[debtor.payment_choice],
                contact=agreement.contact_id.name or agreement.company_id.name,
            )
        return ""

    def _choose_payment(self, choice, how, contact=None):
        """Keep, once, where a customer chose to pay; their invoices follow.

        The page checks its link before it calls this with the contact; without one, it
        is a colleague who writes it down.

        :param str choice: ``as_before`` or ``new``
        :param str how: their words, or the letter or call a colleague relies on
        :param contact: ``res.partner`` of the customer who chose on their page
        :raise AccessError: for a colleague who does not deal with this customer
        :raise UserError: without evidence, when it was chosen before, or where the
            agreement leaves no choice
        """
        self.ensure_one()
        if not contact:
            self._check_may_record_choice()
        debtor = self.sudo()
        if contact and contact.commercial_partner_id != debtor.partner_id:
            raise UserError(
                self.env._("This person does not belong to %s.", debtor.display_name)
            )
        if choice not in dict(CHOICES):
            raise UserError(self.env._("Say where the customer wants to pay."))
        if error := self._payment_choice_error():
            raise UserError(error)
        if not contact and not (how or "").strip():
            raise UserError(
                self.env._("Enter how you know: the letter, or whom you spoke to.")
            )
        # Two clicks at once: the database refuses the second, Odoo tries it again, and
        # it finds what the first has chosen.
        debtor.write(
            {
                "payment_choice": choice,
                "payment_choice_on": fields.Datetime.now(),
                "payment_choice_by": (contact or self.env.user).name,
                "payment_choice_how": how or False,
            }
        )
        debtor.factoring_id._message_log(
            body=self.env._(
                "%(customer)s chose where to pay: %(choice)s.",
                customer=debtor.partner_id.name,
                choice=self._payment_choices()[choice],
            )
        )

    def _pays_as_before(self, day):
        chosen_on = self.factoring_id._local_date(self.payment_choice_on)
        return super()._pays_as_before(day) or (
            self.payment_choice == "as_before" and chosen_on <= day
        )

    # === CLOSING AND PAYMENT DAYS === #

    def _closing_terms(self):
        """Return the closing day, months and payment day of this customer with the
        agreement's company.

        :rtype: tuple[int, int, int]
        """
        self.ensure_one()
        customer = self.sudo().partner_id.with_company(self.company_id)
        return (
            customer.continuity_closing_day,
            customer.continuity_payment_months,
            customer.continuity_payment_day,
        )

    def _effective_from(self, direction):
        """Return the day from which this customer pays where a direction says: the
        first day of the first closing period that begins on its day or later.

        :param direction: ``continuity.payment.direction``
        :rtype: date
        """
        closing_day, _months, _payment_day = self._closing_terms()
        return period_from(direction.effective_from, closing_day)

    def _first_closing(self, direction):
        """Return the closing date of the first period a direction holds for: "from
        invoices closed on 30 June".

        :param direction: ``continuity.payment.direction``
        :return: the closing date; the day it holds from without a closing day
        :rtype: date
        """
        closing_day, _months, _payment_day = self._closing_terms()
        return closing_of(self._effective_from(direction), closing_day)

    def _first_payment(self, direction):
        """Return the day of the first payment that follows a direction.

        :param direction: ``continuity.payment.direction``
        :return: the payment day; None for a customer without one
        :rtype: date
        """
        return payment_of(self._effective_from(direction), *self._closing_terms())
