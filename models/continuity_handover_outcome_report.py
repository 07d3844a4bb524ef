from odoo import api, fields, models

from .continuity_handover_outcome import PERIODS


class ContinuityHandover(models.Model):
    """What a handover led to: on its form, and as a page for the manager (H12)."""

    _inherit = "continuity.handover"

    outcome_html = fields.Html(
        compute="_compute_outcome_html", string="Outcome", sanitize=False
    )

    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_outcome_html(self):
        for plan in self:
            visible = plan.moved_count and plan.may_manage
            plan.outcome_html = visible and self.env["ir.qweb"]._render(
                "customer_continuity.handover_outcome",
                {"plan": plan},
                minimal_qcontext=True,
            )

    def _outcome_revenue(self):
        """Return for each period what the plan's customers bought.

        :return: dicts of ``days``; ``lines`` (customers measured), ``waiting``,
            ``compared``, ``without`` (by status, how many could not be compared);
            ``before``, ``after`` (revenue in the company's currency), ``change``
            (per cent), ``expected`` (per cent, of comparable customers),
            ``difference`` (percentage points), ``gain`` (company's currency);
            ``margin`` (of orders, before and after, company's currency);
            ``bought_again`` (per cent of the customers who bought before);
            figures are None where there is nothing to compute them from
        :rtype: list[dict]
        """
        self.ensure_one()
        result = []
        labels = dict(
            self.env["continuity.handover.outcome"]
            ._fields["state"]
            ._description_selection(self.env)
        )
        for days in PERIODS:
            rows = self.outcome_ids.filtered(lambda row, days=days: row.days == days)
            measured = rows.filtered(lambda row: row.state != "waiting")
            with_history = measured.filtered(
                lambda row: row.state in ("done", "too_few")
            )
            compared = measured.filtered(lambda row: row.state == "done")
            before = sum(with_history.mapped("revenue_before"))
            after = sum(with_history.mapped("revenue_after"))
            base = sum(compared.mapped("revenue_compared"))
            own = sum(compared.mapped("revenue_after"))
            gain = sum(compared.mapped("revenue_gain"))
            left_out = (measured - compared).grouped("state")
            result.append(
                {
                    "days": days,
                    "lines": len(measured),
                    "waiting": len(rows - measured),
                    "compared": len(compared),
                    "without": [
                        (labels[state], len(some)) for state, some in left_out.items()
                    ],
                    "before": before,
                    "after": after,
                    "change": (after / before - 1) * 100 if before else None,
                    "expected": ((own - gain) / base - 1) * 100 if base else None,
                    "difference": gain / base * 100 if base else None,
                    "gain": gain,
                    "margin": with_history._sum_margins(),
                    "bought_again": (
                        sum(with_history.mapped("bought_again"))
                        / len(with_history)
                        * 100
                        if with_history
                        else None
                    ),
                }
            )
        return result

    def _outcome_care(self):
        """Return how the customers were looked after.

        :return: dict of ``planned`` and ``held`` visits; ``first_contact``: average
            working days until the successor's first contact, and of how many
            customers; ``rating``: average from 1 to 5, and of how many customers;
            ``profile``: average days until the profile was complete, and of how many;
            averages are None without customers
        :rtype: dict
        """
        self.ensure_one()
        moved = self.line_ids.filtered(lambda line: line.state == "moved")
        visits = self.line_ids.filtered("visit_touchpoint_id")
        ratings = moved._outcome_ratings()
        profiles = [
            max((line.profile_complete_on - line.moved_on.date()).days, 0)
            for line in moved
            if line.profile_complete_on
        ]
        contacts = moved._outcome_first_contact_days()
        return {
            "planned": len(visits),
            "held": len(visits.filtered(lambda line: line.visit_state == "held")),
            "moved": len(moved),
            "first_contact": self._average(contacts),
            "rating": self._average(ratings),
            "profile": self._average(profiles),
        }

    def _average(self, values):
        """Return the average of some values, None without any, and how many there are.

        :rtype: tuple
        """
        return (sum(values) / len(values) if values else None), len(values)

    def action_view_outcomes(self):
        """Open what the customers of the plan bought before and after."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "customer_continuity.action_handover_outcome"
        )
        action["domain"] = [("handover_id", "=", self.id)]
        return action


class ContinuityHandoverLine(models.Model):
    _inherit = "continuity.handover.line"

    def _outcome_ratings(self):
        """Return the latest rating, from 1 to 5, of each customer who gave one on a
        page of this handover.

        :rtype: list[int]
        """
        touchpoints = (
            self.env["continuity.touchpoint"]
            .sudo()
            .search(
                [
                    ("origin_model", "=", self._name),
                    ("origin_id", "in", self.ids),
                    ("rating", ">", 0),
                ],
                order="write_date",
            )
        )
        return list({t.origin_id: t.rating for t in touchpoints}.values())

    def _outcome_first_contact_days(self):
        """Return after how many working days the successor first spoke to each
        customer, of those who had a first contact.

        :rtype: list[int]
        """
        days = []
        # One look at the calendar for all customers with the same two days.
        for (company, moved, held), lines in (
            self.filtered("first_contact_on")
            .grouped(
                lambda line: (
                    line.company_id,
                    line.handover_id._local_date(line.moved_on),
                    line.first_contact_on,
                )
            )
            .items()
        ):
            days += [company._continuity_count_working_days(moved, held)] * len(lines)
        return days
