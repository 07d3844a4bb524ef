"""What holds while receivables are a factor's and when they are ours again, as
customers read it (X5, X7)."""

from odoo import models


class ContinuityFactoringDebtor(models.Model):
    _inherit = "continuity.factoring.debtor"

    def _rule_facts(self, touchpoint, law):
        """Return what every letter on factoring assures, in the customer's language.

        :param touchpoint: the ``continuity.touchpoint`` of the letter
        :param str law: code of the jurisdiction without the state
        :rtype: dict[str, str]
        """
        self.ensure_one()
        env = self.env
        agreement = self.factoring_id
        factor = agreement.factor_id.name
        signer = touchpoint._letter_signer()
        contact = agreement.contact_id
        return {
            "fact_disputes": env._(
                "Complaints, returns, discounts and credit notes are still settled "
                "with us."
            ),
            "fact_unchanged": env._(
                "Prices, delivery, invoices, service and the people you deal with "
                "stay as they are."
            ),
            "fact_call_back": self._call_back_text(),
            "fact_release_by": env._(
                "Only %s can withdraw or change this notice, in writing and signed. "
                "Follow no message, ours included, that says otherwise.",
                factor,
            ),
            "fact_signatory": self._signatory_text(signer),
            "fact_no_waiver": env._(
                "Confirming that you received this waives nothing: objections, "
                "defences and set-off against us stay yours."
            ),
            "fact_factoring_contact": contact
            and " · ".join(
                filter(None, [contact.name, touchpoint._fact_contact_line(contact)])
            ),
            "fact_formal_notice": self._formal_notice_text(law),
            "fact_certified_post": self._certified_text(touchpoint),
            "fact_proof": env._(
                "On your request %s proves the assignment to you without delay. Until "
                "it has, you may keep paying us.",
                factor,
            ),
            "fact_after_notice": env._(
                "Once you have received this notice, changes to our contract or its "
                "end that harm %s and have no good reason do not bind it.",
                factor,
            ),
        }

    def _signatory_text(self, signer):
        """Return who signs, with the job position: before the name in Japanese and
        Chinese, behind it elsewhere."""
        function = signer.partner_id.function
        if not function:
            return signer.name
        if (self.env.lang or "")[:2] in ("ja", "zh"):
            return f"{function} {signer.name}"
        return f"{signer.name}, {function}"

    def _call_back_text(self):
        """Return on which numbers the customer makes sure that a letter is ours; empty
        without any."""
        company, person = self.company_id, self.user_id
        phone = company.phone
        if not phone:
            return ""
        number = person.partner_id.phone
        if not number or number == phone:
            return self.env._(
                "Before you change an account in your system, call us on a number you "
                "already know from earlier invoices, such as %s. Never use a number "
                "from a message that names a new account.",
                phone,
            )
        return self.env._(
            "Before you change an account in your system, call us on a number you "
            "already know: %(phone)s from earlier invoices, or %(person)s, %(number)s. "
            "Never use a number from a message that names a new account.",
            phone=phone,
            person=person.name,
            number=number,
        )

    def _formal_notice_text(self, law):
        """Return how the formal notice follows the courtesy letter."""
        if law == "JP":
            return self.env._(
                "The formal notice of assignment follows separately from us, by "
                "content-certified mail."
            )
        if law == "CN":
            return self.env._(
                "The formal notice of assignment follows separately, with our "
                "company's seal."
            )
        return self.env._("The formal notice of assignment follows separately.")

    def _certified_text(self, touchpoint):
        """Return how the notice gets a date that holds against third parties: only
        paper can be certified.

        :param touchpoint: the ``continuity.touchpoint`` of the letter
        """
        if registered := self._registration_text():
            return registered
        if touchpoint._letter_medium() == "mail":
            return self.env._(
                "The same notice follows by post as content-certified mail with proof "
                "of delivery, so that its date is certain."
            )
        return self.env._(
            "This notice is sent by content-certified mail with proof of delivery, so "
            "that its date is certain."
        )

    def _registration_text(self):
        """Return where the assignment is registered; empty where it is not recorded."""
        if self.certified_kind != "registration" or not self.certified_on:
            return ""
        return self.env._(
            "The assignment was registered on %(day)s under number %(number)s.",
            day=self._long_date(self.certified_on),
            number=self.certified_number,
        )

    def _language_text(self, review):
        """Return in which language the contract is, as far as it is known."""
        if review.contract_lang:
            return self.env._("This notice is in the language of our contract.")
        return self.env._(
            "If our contract with you is in another language, tell us: you get this "
            "notice in that language as well."
        )

    # === RELEASE === #

    def _bought_back(self):
        """Return those of these customers of whom we bought something back.

        :rtype: continuity.factoring.debtor
        """
        # What a customer is told does not depend on who may see the accounts.
        groups = (
            self.env["continuity.factoring.assignment"]
            .sudo()
            ._read_group(
                [
                    ("debtor_id", "in", self.ids),
                    ("state", "in", ("bought_back", "released")),
                ],
                ["debtor_id"],
            )
        )
        return self.browse(debtor.id for (debtor,) in groups)

    def _release_facts(self, bought_back, own_account):
        """Return what a release notice says.

        :param bool bought_back: whether we bought something back from the factor
        :param own_account: ``res.partner.bank`` the customer pays to again
        :rtype: dict[str, str]
        """
        self.ensure_one()
        env = self.env
        agreement = self.factoring_id
        factor = agreement.factor_id.name
        noticed = self._noticed_day()
        reference = self._reference()
        return {
            "fact_notice_reference": noticed
            and env._(
                "%(number)s of %(date)s",
                number=reference,
                date=self._long_date(noticed),
            )
            or reference,
            "fact_release_scope": env._(
                "The release covers everything assigned to %s under that notice, "
                "future claims included.",
                factor,
            ),
            "fact_release_from": self._long_date(self.released_from),
            "fact_release_signed": self._long_date(self.release_signed_on),
            "fact_still_payable": self._still_payable_text(bought_back),
            "fact_own_account": self._account_table(own_account),
            "fact_crossing": env._(
                "If a payment to %s crosses this letter, it counts: it is passed on to "
                "us and you do not pay again.",
                factor,
            ),
            "fact_thanks": env._(
                "Thank you for the care you took with your payments meanwhile."
            ),
        }

    def _still_payable_text(self, bought_back):
        """Return what the customer still pays to the factor after the release."""
        factor = self.factoring_id.factor_id.name
        if bought_back:
            return self.env._(
                "Nothing is payable to %s any more. What was still open we have bought "
                "back: it is payable to us.",
                factor,
            )
        return self.env._(
            "Nothing is payable to %s any more: what was assigned is paid.", factor
        )

    def _own_account(self):
        """Return the account of ours this customer pays to without factoring.

        :rtype: res.partner.bank
        """
        self.ensure_one()
        return self._own_accounts()[self.id]

    def _own_accounts(self):
        """Return the account of ours each of these customers pays to without
        factoring, as their next invoice will name it.

        :return: ``res.partner.bank``, possibly none, by id of the line
        :rtype: dict[int, res.partner.bank]
        """
        # What a customer is told does not depend on who may see the accounts.
        found, known = {}, {}
        for line in self.sudo():
            company = line.company_id
            customer = line.partner_id.with_company(company)
            currencies = line.factoring_id.currency_ids
            currency = (currencies & company.currency_id) or currencies[:1]
            method = customer.property_inbound_payment_method_line_id
            # Of thousands of customers few are asked to pay in another way.
            key = (company.id, currency.id, method.id)
            if key not in known:
                invoice = customer.env["account.move"].new(
                    {
                        "company_id": company.id,
                        "move_type": "out_invoice",
                        "partner_id": customer.id,
                        "currency_id": (currency or company.currency_id).id,
                    }
                )
                known[key] = invoice._continuity_default_accounts()[invoice]
            found[line.id] = known[key]
        return found
