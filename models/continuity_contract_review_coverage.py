"""What the contract review of a customer lets us do: cover and tell them, or not."""

from datetime import date

from odoo import api, fields, models
from odoo.tools import format_date


class ContinuityContractReview(models.Model):
    _inherit = "continuity.contract.review"

    @api.model
    def _valid_for(self, partners, company, on=None):
        """Return the review that holds for each customer.

        :param partners: ``res.partner``; contacts stand for their customer
        :param company: ``res.company``
        :param date on: the day it must hold; today without
        :return: commercial partner to its review; customers without one are missing
        :rtype: dict
        """
        on = on or fields.Date.context_today(self)
        valid = self._standing(partners, company)._valid_on(on)
        return {
            customer: review.with_env(self.env) for customer, review in valid.items()
        }

    def _valid_on(self, on):
        """Return those of these reviews that hold on a day, by customer.

        :param date on: the day
        :rtype: dict
        """
        reviews = self.filtered(lambda review: review.expires_on >= on)
        # The last one wins, where a merge of customers left more than one.
        return {
            review.partner_id.commercial_partner_id: review
            for review in reviews.sorted(lambda review: (review.reviewed_on, review.id))
        }

    @api.model
    def _coverage(self, partners, company, on=None):
        """Tell which customers may be covered and told, and why the others may not.

        :param partners: ``res.partner``; contacts stand for their customer
        :param company: ``res.company``
        :param date on: the day it must hold; today without
        :return: commercial partner to (review or empty, whether they may be covered,
            a sentence; empty where nothing is to be said)
        :rtype: dict
        """
        on = on or fields.Date.context_today(self)
        customers = partners._continuity_customers()
        standing = self._standing(customers, company)
        valid = standing._valid_on(on)
        expired = standing._valid_on(date.min)
        coverage = {}
        for customer in customers:
            customer = customer.with_env(partners.env)
            if review := valid.get(customer):
                coverage[customer] = (review.with_env(self.env), *review._allows(on))
            elif customer in expired:
                coverage[customer] = (
                    self.browse(),
                    False,
                    self.env._(
                        "The contract review expired on %s: review it again.",
                        format_date(self.env, expired[customer].expires_on),
                    ),
                )
            else:
                coverage[customer] = (
                    self.browse(),
                    False,
                    self.env._("The contract has not been reviewed."),
                )
        return coverage

    def _allows(self, on):
        """Tell whether a valid review lets its customer be covered on a day.

        :param date on: the day
        :return: whether, and a sentence
        :rtype: tuple[bool, str]
        """
        self.ensure_one()
        if self.result == "excluded":
            return False, self.env._("Excluded by the contract review: %s", self.reason)
        if self.result == "consent":
            given = self.consent_on and self.consent_on <= on
            if not given or not self.consent_attachment_ids:
                return False, self.env._(
                    "The customer's written consent is needed and not on record."
                )
            return True, self.env._(
                "The customer consented on %s.", format_date(self.env, self.consent_on)
            )
        if self.result == "debtor_may_pay":
            return True, self.env._("The customer may keep paying us: %s", self.reason)
        return True, ""
