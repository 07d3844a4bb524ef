"""What counts as delivered where nobody enters it.

What Odoo keeps up to date itself (stock moves, timesheets, milestones, expenses), and
what a person entered, is believed as it stands. Of services, and of goods without the
inventory app, many companies never enter a delivery: Odoo invoices them as ordered and
shows nothing delivered for ever. Such a line counts as delivered when nobody ever
entered any of it, all of it is invoiced as ordered and every invoice is paid, and it
was promised longer ago than the months of the settings. Before that, or as long as
anything is unpaid or entered in part, it counts as not delivered: a customer asked once
too often costs a call, one forgotten loses their money. Segments say that no delivery
was entered; the campaign lists the lines that were taken as delivered.
"""

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL


class ContinuityObligation(models.Model):
    _inherit = "continuity.obligation"

    @api.model
    def _found_assumed(self, company):
        """Return the condition that an order line ``l`` of the order ``o``, with the
        product template ``pt``, counts as delivered though nobody entered it."""
        since = fields.Date.today() - relativedelta(
            months=company.continuity_delivered_months
        )
        return SQL(
            """(o.state = 'sale' AND l.qty_delivered_method = 'manual'
        AND l.qty_delivered = 0 AND pt.invoice_policy = 'order'
        AND l.product_uom_qty > 0 AND l.qty_invoiced >= l.product_uom_qty
        AND COALESCE(o.commitment_date, o.date_order) < %s
        AND NOT EXISTS (
                SELECT FROM sale_order_line_invoice_rel ar
                  JOIN account_move_line al ON al.id = ar.invoice_line_id
                  JOIN account_move am ON am.id = al.move_id
                 WHERE ar.order_line_id = l.id AND am.move_type = 'out_invoice'
                   AND am.state <> 'cancel'
                   AND am.payment_state NOT IN ('paid', 'in_payment', 'reversed')))""",
            since,
        )


class ContinuityDissolution(models.Model):
    _inherit = "continuity.dissolution"

    def action_view_assumed(self):
        """Open the order lines that count as delivered though nobody entered it."""
        self.ensure_one()
        self.check_access("read")
        domain = [("id", "in", self.sudo()._assumed_line_ids())]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Orders Taken as Delivered"),
            "res_model": "sale.order.line",
            "view_mode": "list,form",
            "domain": domain,
            "context": {"create": False},
            "help": self.env._(
                "Every line is delivered by the books, or is listed as not delivered."
            ),
        }

    def _assumed_line_ids(self):
        """Return the ids of the order lines of this campaign that count as delivered
        though nobody entered it.

        :rtype: list[int]
        """
        self.ensure_one()
        self.env.flush_all()
        model = self.env["continuity.obligation"]
        rows = self.env.execute_query(
            SQL(
                """SELECT l.id
                     FROM sale_order_line l
                     JOIN sale_order o ON o.id = l.order_id
                     JOIN res_partner p ON p.id = o.partner_id
                     JOIN product_product pp ON pp.id = l.product_id
                     JOIN product_template pt ON pt.id = pp.product_tmpl_id
                    WHERE o.company_id = %s AND %s AND %s %s
                      AND p.commercial_partner_id <> %s
                 ORDER BY l.id""",
                self.company_id.id,
                model._found_goods(self.company_id),
                model._found_assumed(self.company_id),
                model._found_order_scope(self),
                self.company_id.partner_id.id,
            )
        )
        return [line_id for (line_id,) in rows]
