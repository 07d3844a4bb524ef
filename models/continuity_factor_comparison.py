from odoo import api, fields, models
from odoo.tools import format_amount, format_date, formatLang

from .continuity_factor_offer import COSTS


class ContinuityFactorChoice(models.Model):
    """Offers side by side (X4), on the form and on one printed page."""

    _inherit = "continuity.factor.choice"

    comparison_html = fields.Html(
        string="Comparison", compute="_compute_comparison_html", sanitize=False
    )

    @api.depends_context("uid", "lang", "tz")
    @api.depends("offer_ids.score", "offer_ids.problem", "state", "criterion_ids")
    def _compute_comparison_html(self):
        for choice in self:
            choice.comparison_html = bool(choice.offer_ids) and self.env[
                "ir.qweb"
            ]._render(
                "customer_continuity.factor_comparison",
                {"choice": choice, "table": choice._comparison()},
                minimal_qcontext=True,
            )

    def _cheapest(self):
        """Return the all-in cost that others are compared with: the lowest of the
        offers that can be chosen; of all when none can.

        :rtype: float
        """
        offers = self.offer_ids.filtered("total_cost")
        costs = offers.filtered(lambda offer: not offer.problem) or offers
        return min(costs.mapped("total_cost"), default=0.0)

    def _ranked(self):
        """Return the offers in the order they are shown in: those that can be chosen
        first, by score.

        :rtype: continuity.factor.offer
        """
        return self.offer_ids.sorted(
            lambda offer: (bool(offer.problem), -offer.score, offer.total_cost)
        )

    def _comparison(self):
        """Return the offers side by side, as texts in the reader's language.

        :return: ``offers`` (the columns); ``best`` (the one to propose, if any);
            ``sections``: dicts of ``title`` and ``rows``, a row being a dict of
            ``label``, ``note``, ``strong`` (a result), ``cells`` (dicts of ``text``
            and ``note``), one per offer
        :rtype: dict
        """
        self.ensure_one()
        offers = self._ranked()
        choosable = offers.filtered(lambda offer: not offer.problem)
        return {
            "offers": offers,
            "best": choosable[:1],
            "sections": [
                {"title": self.env._("Terms"), "rows": self._terms_rows(offers)},
                {
                    "title": self.env._("Cost per Year"),
                    "rows": self._cost_rows(offers),
                },
                {
                    "title": self.env._("Score in Points"),
                    "rows": self._score_rows(offers),
                },
            ],
        }

    def _summary(self):
        """Return in words what the offers are compared for.

        :rtype: str
        """
        self.ensure_one()
        return self.env._(
            "Compared for %(assigned)s of receivables a year (%(share)s of "
            "%(volume)s), paid after %(days)s days on average. Invoices a year in all: "
            "%(invoices)s; customers to be assigned: %(customers)s.",
            assigned=self._show_money(self.assigned_volume),
            share=self._show_percent(self.share),
            volume=self._show_money(self.volume),
            days=self._show_number(self.days_outstanding),
            invoices=self._show_number(self.invoice_count),
            customers=self._show_number(self.debtor_count),
        )

    def _terms_rows(self, offers):
        """Return the rows of what the factors offer; see :meth:`_comparison`."""
        recourse = dict(offers._fields["recourse"]._description_selection(self.env))
        marks = dict(offers._fields["treatment"]._description_selection(self.env))
        shown = {
            "fee_rate": self._show_percent,
            "minimum_fee": self._show_money,
            "minimum_volume": self._show_money,
            "interest_rate": self._show_percent,
            "setup_fee": self._show_money,
            "invoice_fee": self._show_money,
            "limit_fee": self._show_money,
            "advance_rate": self._show_percent,
            "holdback_rate": self._show_percent,
            "recourse": recourse.get,
            "notice_months": self._show_number,
            "term": self._show_number,
            "treatment": marks.get,
            "valid_until": self._show_date,
            "document_count": self._show_number,
        }
        return [self._row(offers, name, show) for name, show in shown.items()]

    def _cost_rows(self, offers):
        """Return the rows of what they cost; see :meth:`_comparison`."""
        rows = [self._row(offers, f"cost_{name}", self._show_money) for name in COSTS]
        rows += [
            self._row(offers, "total_cost", self._show_money, strong=True),
            self._row(
                offers,
                "cost_percent",
                lambda value: self._show_percent(value, digits=2),
                strong=True,
            ),
            self._row(offers, "advanced", self._show_money),
            self._row(offers, "held_back", self._show_money),
        ]
        return rows

    def _score_rows(self, offers):
        """Return the rows of what they earn; see :meth:`_comparison`."""
        cheapest = self._cheapest()
        rows = [
            {
                "label": self.env._(
                    "%(criterion)s, weight %(weight)s %%",
                    criterion=criterion.display_name,
                    weight=self._show_number(criterion.weight_share),
                ),
                "note": criterion.scoring,
                "strong": False,
                "cells": [
                    {
                        "text": self._show_points(criterion._points(offer, cheapest)),
                        "note": self._explain(criterion, offer),
                    }
                    for offer in offers
                ],
            }
            for criterion in self.criterion_ids
            if criterion.weight
        ]
        rows.append(self._row(offers, "score", self._show_points, strong=True))
        return rows

    def _explain(self, criterion, offer):
        """Return what an offer's points come from, where the page does not say it
        elsewhere.

        :rtype: str
        """
        value = criterion._value(offer)
        if value is None:
            return self.env._("not known")
        if criterion.kind == "minimum":
            return self._show_percent(value, digits=0)
        return ""

    def _row(self, offers, name, show, strong=False):
        """Return the row of one field; see :meth:`_comparison`.

        :param str name: of a field of the offer
        :param show: function from its value to the text shown
        :param bool strong: whether it is a result
        """
        return {
            "label": offers._fields[name]._description_string(self.env),
            "note": "",
            "strong": strong,
            "cells": [
                {
                    "text": "–" if offer[name] is False else show(offer[name]),
                    "note": "",
                }
                for offer in offers
            ],
        }

    # === TOOLING === #

    def _show_money(self, value):
        """Return an amount in the currency of the choice.

        :rtype: str
        """
        return format_amount(self.env, value, self.currency_id)

    @api.model
    def _show_number(self, value):
        """Return a number with decimals only where it has some.

        :rtype: str
        """
        return formatLang(self.env, value, digits=0 if value == int(value) else 1)

    @api.model
    def _show_points(self, value):
        return formatLang(self.env, value, digits=1)

    @api.model
    def _show_percent(self, value, digits=None):
        """Return a percentage, with the decimals it has unless told otherwise.

        :rtype: str
        """
        if digits is None:
            digits = next((n for n in range(3) if round(value, n) == value), 3)
        return f"{formatLang(self.env, value, digits=digits)} %"

    @api.model
    def _show_date(self, value):
        return format_date(self.env, value)
