"""What the figures say in words, and whom they propose to include, in which order."""

from odoo import api, models
from odoo.tools import SQL, float_compare, formatLang
from odoo.tools.misc import format_date

PROPOSALS = ("include", "decide", "out")


class ContinuityCreditStanding(models.Model):
    _inherit = "continuity.credit.standing"

    @api.depends_context("lang")
    def _compute_reason(self):
        for standing in self:
            standing.reason = " ".join(standing._reasons())

    def _reasons(self):
        """Say what the proposal rests on, in the user's language.

        :return: sentences
        :rtype: list[str]
        """
        self.ensure_one()
        reasons = []
        if self.by_bill:
            reasons.append(
                self.env._(
                    "Pays by bills or electronically recorded claims, which stay out "
                    "of ordinary assignment."
                )
            )
        if self.insufficient:
            reasons.append(
                self.env._(
                    "Insufficient data: %(count)s of the %(required)s paid invoices "
                    "that are needed since %(day)s.",
                    count=self.paid_count,
                    day=format_date(self.env, self.window_start),
                    required=self.required_count,
                )
            )
        else:
            reasons += self._habit_reasons()
        if self.overdue_amount:
            reasons.append(
                self.env._(
                    "%(share)s %% of %(open)s is overdue, the longest for %(days)s "
                    "days.",
                    share=formatLang(self.env, self.overdue_share, digits=0),
                    open=self._money(self.open_amount),
                    days=self.overdue_days,
                )
            )
        elif self.open_amount:
            reasons.append(
                self.env._("%s is open and not due.", self._money(self.open_amount))
            )
        if self.over_limit:
            reasons.append(
                self.env._(
                    "Owes %(exposure)s, more than the limit of %(limit)s.",
                    exposure=self._money(self.exposure),
                    limit=self._money(self.credit_limit),
                )
            )
        if self.currency_id.compare_amounts(self.other_amount, 0) > 0:
            reasons.append(
                self.env._(
                    "%s was settled without a payment: written off, deducted or set "
                    "off.",
                    self._money(self.other_amount),
                )
            )
        return reasons

    def _habit_reasons(self):
        """Say how late a customer pays, for one of whom enough is known.

        :return: sentences
        :rtype: list[str]
        """
        # Half a day is a day, as the condition below has it.
        days = formatLang(
            self.env, abs(self.weighted_days), digits=0, rounding_method="HALF-UP"
        )
        if float_compare(self.weighted_days, self.max_days, precision_digits=1) > 0:
            habit = self.env._(
                "Pays %(days)s days late, weighted by amount; %(allowed)s are allowed.",
                days=days,
                allowed=self.max_days,
            )
        elif self.weighted_days >= 1.5:
            habit = self.env._("Pays %s days late, weighted by amount.", days)
        elif self.weighted_days >= 0.5:
            habit = self.env._("Pays a day late, weighted by amount.")
        elif self.weighted_days <= -1.5:
            habit = self.env._("Pays %s days early, weighted by amount.", days)
        elif self.weighted_days <= -0.5:
            habit = self.env._("Pays a day early, weighted by amount.")
        else:
            habit = self.env._("Pays on the day it is due.")
        reasons = [habit]
        if self.trend in ("better", "worse"):
            change = formatLang(self.env, abs(self.trend_days), digits=0)
            reasons.append(
                self.env._("%s days slower than half a period before.", change)
                if self.trend == "worse"
                else self.env._("%s days faster than half a period before.", change)
            )
        return reasons

    def _money(self, amount):
        return formatLang(self.env, amount, currency_obj=self.currency_id)

    @api.depends("partner_id", "company_id")
    @api.depends_context("lang", "tz")
    def _compute_contract(self):
        reviews = self.env["continuity.contract.review"]
        for company, standings in self.grouped("company_id").items():
            coverage = reviews._coverage(standings.partner_id, company)
            for standing in standings:
                customer = standing.partner_id._continuity_customers()
                _review, allowed, text = coverage[customer]
                standing.contract = text or (allowed and self.env._("May be assigned."))

    @api.model
    def _places_sql(self, company):
        """Return the part of the statement of the figures that says in which order
        customers are proposed: ``place``, from ``judged``. Those of a snapshot of some
        customers are among all.

        :param company: ``res.company``
        :rtype: SQL
        """
        return SQL(
            """
place AS (
    SELECT partner_id,
           ROW_NUMBER() OVER (
               ORDER BY array_position(%s, proposal), open_amount DESC,
                        weighted NULLS LAST, partner_id
           ) AS rank
      FROM (SELECT partner_id, proposal, open_amount, weighted
              FROM judged
         UNION ALL
            SELECT partner_id, proposal, open_amount, weighted_days
              FROM continuity_credit_standing
             WHERE company_id = %s AND latest) known
)""",
            list(PROPOSALS),
            company.id,
        )

    @api.model
    def _latest(self, partners, company):
        """Return the last snapshot of each customer.

        :param partners: ``res.partner``; contacts stand for their customer
        :param company: ``res.company``
        :return: commercial partner to its snapshot
        :rtype: dict
        """
        standings = self.search(
            [
                ("company_id", "=", company.id),
                ("partner_id", "in", partners._continuity_customers().ids),
                ("latest", "=", True),
            ],
            # The last one wins, where a merge of customers left more than one.
            order="as_of, id",
        )
        return standings.grouped("partner_id")

    @api.model
    def _propose(self, partners, company, on=None):
        """Propose which customers to include in factoring, and in which order.

        Included are those whose valid contract review lets us, and who pay so that a
        factor takes their receivables. Where the figures leave it open, a person
        decides; nobody is included for want of data.

        :param partners: ``res.partner``; contacts stand for their customer
        :param company: ``res.company``
        :param date on: the day the contract review must hold; today without
        :return: dicts, in the order proposed: ``partner``, ``include``, ``reason``,
            ``review`` and ``standing`` (both possibly empty)
        :rtype: list[dict]
        """
        return [
            {
                "partner": row["partner"],
                "include": row["include"],
                "reason": " ".join(
                    filter(None, [row["contract"], row["standing"]._figures_text()])
                ),
                "review": row["review"],
                "standing": row["standing"],
            }
            for row in self._rank(partners, company, on)
        ]

    def _figures_text(self):
        """Say what the figures of one customer tell, also where there are none.

        :rtype: str
        """
        return self.reason or self.env._("There are no invoices yet.")

    @api.model
    def _rank(self, partners, company, on=None):
        """Return what :meth:`_propose` does, with what the contract allows instead of
        all reasons in words: those of 10,000 customers take seconds.

        :return: dicts, in the order proposed: ``partner``, ``include``, ``allowed``,
            ``contract`` (a sentence, or empty), ``review``, ``standing``
        :rtype: list[dict]
        """
        customers = partners._continuity_customers()
        coverage = self.env["continuity.contract.review"]._coverage(
            customers, company, on
        )
        latest = self._latest(customers, company)
        ranked = []
        for customer in customers:
            review, allowed, contract = coverage[customer]
            standing = latest.get(customer, self.browse())[-1:]
            ranked.append(
                {
                    "partner": customer,
                    "include": allowed and standing.proposal == "include",
                    "allowed": allowed,
                    "contract": contract,
                    "review": review,
                    "standing": standing,
                }
            )

        def order(row):
            standing = row["standing"]
            return (
                not row["include"],
                not row["allowed"],
                PROPOSALS.index(standing.proposal or "decide"),
                # Not by the places: they are of the day each was taken.
                not standing,
                -standing.open_amount,
                standing.weighted_days,
                row["partner"].id,
            )

        return sorted(ranked, key=order)
