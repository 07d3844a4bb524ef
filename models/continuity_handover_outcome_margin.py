"""The margin of what handed over customers bought, where Odoo knows margins."""

from datetime import timedelta

from lxml.builder import E

from odoo import api, fields, models
from odoo.tools import SQL


class ContinuityHandoverOutcome(models.Model):
    """Odoo computes margins on orders, in a module of its own (``sale_margin``):
    without it there is nothing to see of these fields."""

    _inherit = "continuity.handover.outcome"

    margin_before = fields.Monetary(
        readonly=True,
        help="Margin of the orders confirmed in as many days before the cut-over.",
    )
    margin_after = fields.Monetary(readonly=True)

    @api.model
    def _knows_margin(self):
        """Tell whether Odoo computes margins.

        :rtype: bool
        """
        return "margin" in self.env["sale.order"]._fields

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        result = super().fields_get(allfields, attributes)
        if not self._knows_margin():
            result.pop("margin_before", None)
            result.pop("margin_after", None)
        return result

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "list" and self._knows_margin():
            for node in arch.iterfind(".//field[@name='revenue_after']"):
                for name in ("margin_after", "margin_before"):
                    label = self._fields[name].string
                    node.addnext(E.field(name=name, sum=label, optional="show"))
        return arch, view

    def _measure(self, company, day, days, today):
        result = super()._measure(company, day, days, today)
        if self._knows_margin():
            margins = self._read_margins(company, day, days)
            for row in self:
                counted = row.state not in ("merged", "moved_again")
                before, after = margins[row.partner_id.id] if counted else (0, 0)
                row.write({"margin_before": before, "margin_after": after})
        return result

    def _read_margins(self, company, day, days):
        """Return the margin of confirmed orders before and after, by customer.

        :rtype: dict[int, tuple]
        """
        relationship = self.env["continuity.relationship"]
        found = self.env.execute_query(
            SQL(
                """SELECT p.commercial_partner_id,
                          SUM(%(margin)s) FILTER (WHERE o.date_order::date <= %(day)s),
                          SUM(%(margin)s) FILTER (WHERE o.date_order::date > %(day)s)
                     FROM sale_order o JOIN res_partner p ON p.id = o.partner_id
                    WHERE p.commercial_partner_id = ANY(%(partners)s)
                      AND o.company_id = %(company)s AND o.state = 'sale'
                      AND o.date_order::date > %(first)s
                      AND o.date_order::date <= %(last)s AND %(usable)s
                 GROUP BY p.commercial_partner_id""",
                margin=SQL(
                    """CASE WHEN o.currency_id = %s THEN o.margin
                            ELSE o.margin / o.currency_rate::numeric END""",
                    company.currency_id.id,
                ),
                day=day,
                first=day - timedelta(days=days),
                last=day + timedelta(days=days),
                partners=self.partner_id.ids,
                company=company.id,
                usable=relationship._refresh_sql_usable_rate(company),
            )
        )
        margins = dict.fromkeys(self.partner_id.ids, (0, 0))
        return margins | {row[0]: (row[1] or 0, row[2] or 0) for row in found}

    def _sum_margins(self):
        """Return the margin before and after of these rows; None where unknown."""
        if not self._knows_margin():
            return None
        return sum(self.mapped("margin_before")), sum(self.mapped("margin_after"))
