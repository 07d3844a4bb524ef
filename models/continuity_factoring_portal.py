"""What the customer's page shows of factoring, and what they decide there (X5–X7)."""

from odoo import fields, models

from .continuity_factoring_telling import COURTESY, NOTICE, RELEASE, UPDATE, kind_of
from .continuity_touchpoint_portal_actions import AnswerError

CHOOSE = "factoring_choose"


class ContinuityPortalAnswer(models.Model):
    _inherit = "continuity.portal.answer"

    kind = fields.Selection(
        selection_add=[(CHOOSE, "Chose where to pay")], ondelete={CHOOSE: "cascade"}
    )


class ContinuityFactoringDebtor(models.Model):
    """The page of a courtesy letter says what changes and what does not; that of the
    notice also where to pay, and for which invoices. The account stands on no other
    page, as in the letters."""

    _inherit = "continuity.factoring.debtor"

    def _portal_people(self, touchpoint):
        return super()._portal_people(touchpoint) | self.factoring_id.contact_id

    def _portal_received_text(self, touchpoint):
        return self.env._(
            "It says only that the letter arrived. You acknowledge no claim and waive "
            "no defence, objection or right of set-off, neither towards us nor towards "
            "%s.",
            self.sudo().factoring_id.factor_id.name,
        )

    # === WHAT THE PAGE SHOWS === #

    def _portal_sections(self, touchpoint, contact):
        sections = super()._portal_sections(touchpoint, contact)
        line, kind = self.sudo(), kind_of(touchpoint)
        if line.factoring_id.kind == "confidential":
            return sections
        if kind in (COURTESY, NOTICE):
            sections += line._portal_change_sections(touchpoint, kind)
        if kind == NOTICE:
            sections.append(line._portal_receivables_section())
        if kind == RELEASE and line.released_from:
            sections.append(
                {
                    "title": self.env._("Where to pay"),
                    "text": self.env._(
                        "From %s on you pay us again. The account stands on our "
                        "invoices.",
                        line._long_date(line.released_from),
                    ),
                }
            )
        if kind in (COURTESY, NOTICE, RELEASE, UPDATE):
            sections += line._portal_trust_sections()
        return sections

    def _portal_direction(self):
        """Return where the page tells this customer to pay: the last direction two
        people stand behind. What one of them has only entered is nobody's business.

        :rtype: continuity.payment.direction
        """
        confirmed = self.factoring_id.direction_ids.filtered(
            lambda d: d.state == "confirmed"
        )
        last = confirmed.sorted(lambda d: (d.effective_from, d.id))[-1:]
        return last or self._letter_direction()

    def _portal_change_sections(self, touchpoint, kind):
        """Return what changes, what does not, and where to pay, from the day the
        letter says."""
        sections = []
        direction = self._portal_direction()
        account, day = self._letter_account(direction, touchpoint)
        change = self.env._(
            "%(company)s has assigned receivables to %(factor)s.",
            company=self.company_id.name,
            factor=self.factoring_id.factor_id.name,
        )
        if account:
            pay = self.env._("From %s you pay to another account.", day)
        else:
            pay = self.env._("Nothing in how you pay: the account stays as it is.")
        sections.append(
            {"title": self.env._("What changes"), "text": f"{change}\n{pay}"}
        )
        sections.append(
            {
                "title": self.env._("What does not change"),
                "text": self.env._(
                    "Prices, terms of payment, deliveries and the people you deal "
                    "with. Complaints, returns and credit notes stay with us. What you "
                    "have paid us before counts in full; nothing is paid twice."
                ),
            }
        )
        sections.append(self._portal_pay_section(kind, direction, account, day))
        if self.payment_choice:
            sections.append(self._portal_chosen_section())
        return sections

    def _portal_pay_section(self, kind, direction, account, day):
        """Return where to pay; the account on the page of the notice alone, and only
        while two people stand behind it."""
        section = {"title": self.env._("Where to pay")}
        if direction.state != "confirmed":
            section["text"] = self.env._(
                "The account is being checked. Please call us before you pay."
            )
        elif not account:
            section["text"] = self.env._("As before: the account on our invoices.")
        elif kind == NOTICE:
            section["rows"] = [
                [self.env._("Valid from"), day],
                *map(list, self._account_rows(account)),
            ]
        else:
            section["text"] = self.env._(
                "The new account stands in the formal notice and on our invoices, on "
                "purpose not here. Until you have the notice, please pay as before."
            )
        return section

    def _portal_receivables_section(self):
        """Return the invoices assigned and open today."""
        assignments = self._assigned_receivables()[self.id]
        return {
            "title": self.env._("Assigned invoices open today"),
            "columns": [
                self.env._("Invoice"),
                self.env._("Due Date"),
                self.env._("Amount"),
            ],
            "rows": [
                [
                    assignment.move_id.name,
                    self._short_date(assignment.date_maturity),
                    self._money(assignment.open_amount, assignment.currency_id),
                ]
                for assignment in assignments
            ],
            "empty": self.env._("No invoice is open."),
        }

    def _portal_trust_sections(self):
        """Return whom to ask, and how to tell that the letter is genuine."""
        agreement = self.factoring_id
        person = agreement.contact_id
        phone = person.partner_id.phone or agreement.company_id.phone
        return [
            {
                "title": self.env._("Whom to ask"),
                "text": self.env._(
                    "On payments: %(person)s. On orders, deliveries and complaints: "
                    "the people you have always dealt with.",
                    person=", ".join(filter(None, [person.name, phone])),
                ),
            },
            {
                "title": self.env._("Is this genuine?"),
                "text": self.env._(
                    "Please call us on a number you have known for long, not on one "
                    "from a letter, before you change where you pay. Whoever asks for "
                    "another account than the formal notice does not write for us."
                ),
            },
        ]

    def _portal_chosen_section(self):
        return {
            "title": self.env._("Your choice"),
            "text": self.env._(
                "You chose: %(choice)s (%(day)s, %(who)s). It is chosen once; if it "
                "must change, please speak to us.",
                choice=self._payment_choices()[self.payment_choice],
                day=self._long_date(
                    self.factoring_id._local_date(self.payment_choice_on)
                ),
                who=self.payment_choice_by,
            ),
        }

    # === WHAT THEY DECIDE === #

    def _portal_forms(self, touchpoint, contact):
        forms = super()._portal_forms(touchpoint, contact)
        line = self.sudo()
        if kind_of(touchpoint) not in (COURTESY, NOTICE) or (
            line._payment_choice_error()
        ):
            return forms
        factor = line.factoring_id.factor_id.name
        forms.append(
            {
                "action": CHOOSE,
                "title": self.env._("Where do you want to pay?"),
                "text": self.env._(
                    "%s agrees to either. You choose once, and our invoices follow.",
                    factor,
                ),
                "label": self.env._("We pay"),
                "options": [
                    {
                        "value": value,
                        "label": name,
                        "help": text,
                        "checked": False,
                    }
                    for value, name, text in line._portal_payment_options()
                ],
                "words": self.env._("What should we know about it?"),
                "button": self.env._("This is our choice"),
                "open": True,
            }
        )
        return forms

    def _portal_payment_options(self):
        """Return what can be chosen: value, name, what it means."""
        texts = {
            "as_before": self.env._("To the account you have always paid to."),
            "new": self.env._("To the account in the formal notice."),
        }
        return [
            (value, name, texts[value])
            for value, name in self._payment_choices().items()
        ]

    def _portal_line_actions(self, touchpoint):
        return {
            **super()._portal_line_actions(touchpoint),
            CHOOSE: self._portal_choose_payment,
        }

    def _portal_choose_payment(self, touchpoint, contact, form):
        """The choice counts as made by the person the link was made for."""
        line = self.sudo()
        if kind_of(touchpoint) not in (COURTESY, NOTICE):
            raise AnswerError(self.env._("There is nothing to choose at present."))
        if error := line._payment_choice_error():
            raise AnswerError(error)
        names = line._payment_choices()
        choice = touchpoint._portal_check_choice(form, names)
        colleague = touchpoint._portal_colleague_env()
        evidence = colleague._("On their page: %s", form["text"]).strip()
        line._choose_payment(choice, evidence, contact=contact)
        return {"detail": names[choice]}

    def _portal_confirmation(self, touchpoint, answer):
        sentences = super()._portal_confirmation(touchpoint, answer)
        if answer.kind == CHOOSE:
            sentences.append(
                self.env._(
                    "We have noted where you pay: %s. Our invoices follow.",
                    answer.detail,
                )
            )
        return sentences
