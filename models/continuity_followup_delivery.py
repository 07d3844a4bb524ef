"""Triggers that follow from what was delivered to a customer."""

from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

# How long before its delivery an order may have been placed, to be looked at.
ORDER_DAYS = 400
# How long before its completion: projects take longer than deliveries.
PROJECT_DAYS = 1200


class ContinuityFollowupRule(models.Model):
    _inherit = "continuity.followup.rule"

    @api.model
    def _knows_deliveries(self):
        """Tell whether Odoo has stock, and so knows what was delivered when."""
        fields = self.env["sale.order"]._fields
        return "effective_date" in fields and "delivery_status" in fields

    @api.model
    def _expected_on_sql(self):
        """Return the time the order ``o`` was promised or is expected to arrive."""
        return SQL(
            """COALESCE(o.commitment_date, o.date_order + (
                   SELECT COALESCE(MAX(l.customer_lead), 0) FROM sale_order_line l
                    WHERE l.order_id = o.id) * interval '1 day')"""
        )

    @api.model
    def _delivered_on_sql(self):
        """Return the day the order ``o`` was delivered, as far as Odoo knows.

        With stock its first delivery, unless it has none to make; without, the
        promised or expected day.
        """
        expected = self._expected_on_sql()
        if self._knows_deliveries():
            return SQL(
                """(CASE WHEN o.delivery_status IS NULL THEN %s
                         ELSE o.effective_date END)::date""",
                expected,
            )
        return SQL("(%s)::date", expected)

    @api.model
    def _deliveries_sql(self, company, first=None, last=None):
        """Return what was delivered to customers: confirmed orders, and posted
        invoices that came from no order.

        Columns: partner_id (the commercial partner), order_id or move_id, name, day.

        :param date first: first day of delivery to look at, or None
        :param date last: last one, or None
        """
        day = self._delivered_on_sql()
        order_days, move_days = [SQL("TRUE")], [SQL("TRUE")]
        if first:
            placed = first - timedelta(days=ORDER_DAYS)
            # The order's own date has an index, the day of delivery has none.
            order_days.append(
                SQL("(o.date_order >= %s OR o.commitment_date >= %s)", placed, first)
            )
            order_days.append(SQL("%s >= %s", day, first))
            move_days.append(SQL("m.invoice_date >= %s", first))
        if last:
            order_days.append(SQL("%s <= %s", day, last))
            move_days.append(SQL("m.invoice_date <= %s", last))
        return SQL(
            """SELECT p.commercial_partner_id AS partner_id, o.id AS order_id,
                      NULL::int AS move_id, o.name, %(day)s AS day
                 FROM sale_order o JOIN res_partner p ON p.id = o.partner_id
                WHERE o.company_id = %(company)s AND o.state = 'sale'
                  AND %(order_days)s
            UNION ALL
               SELECT p.commercial_partner_id, NULL, m.id, m.name, m.invoice_date
                 FROM account_move m JOIN res_partner p ON p.id = m.partner_id
                WHERE m.company_id = %(company)s AND m.state = 'posted'
                  AND m.move_type = 'out_invoice' AND %(move_days)s
                  AND NOT EXISTS (
                          SELECT FROM account_move_line l
                            JOIN sale_order_line_invoice_rel s
                              ON s.invoice_line_id = l.id
                           WHERE l.move_id = m.id)""",
            day=day,
            company=company.id,
            order_days=SQL(" AND ").join(order_days),
            move_days=SQL(" AND ").join(move_days),
        )

    @api.model
    def _delivered_products_sql(self, deliveries, templates):
        """Return the products in deliveries: partner_id, product_id, name, day.

        :param SQL deliveries: see :meth:`_deliveries_sql`
        :param SQL templates: a further condition on the ``product.template`` ``t``
        """
        return SQL(
            """SELECT d.partner_id, t.id AS product_id, d.name, d.day
                 FROM (%(deliveries)s) d
                 JOIN sale_order_line l ON l.order_id = d.order_id
                                       AND l.product_uom_qty > 0
                 JOIN product_product v ON v.id = l.product_id
                 JOIN product_template t ON t.id = v.product_tmpl_id
                WHERE %(templates)s
            UNION ALL
               SELECT d.partner_id, t.id, d.name, d.day
                 FROM (%(deliveries)s) d
                 JOIN account_move_line l ON l.move_id = d.move_id
                                         AND l.quantity > 0
                 JOIN product_product v ON v.id = l.product_id
                 JOIN product_template t ON t.id = v.product_tmpl_id
                WHERE %(templates)s""",
            deliveries=deliveries,
            templates=templates,
        )

    def _template_sql(self):
        """Return the condition that the template ``t`` is one of this rule's."""
        if not self.product_ids:
            return SQL("TRUE")
        return SQL("t.id = ANY(%s)", self.product_ids.ids)

    def _order_product_sql(self):
        """Return the condition that the order of ``d`` holds one of this rule's
        products."""
        if not self.product_ids:
            return SQL("TRUE")
        return SQL(
            """EXISTS (SELECT FROM sale_order_line l
                         JOIN product_product v ON v.id = l.product_id
                        WHERE l.order_id = d.order_id
                          AND v.product_tmpl_id = ANY(%s))""",
            self.product_ids.ids,
        )

    def _delivery_window(self, window):
        """Return the first and last day of delivery that lead into a window."""
        days = timedelta(days=self.days)
        start = None if window.recheck else window.start
        return start and start - days, window.end and window.end - days

    def _due_sql_delivery(self, company, window):
        source, condition = self._customer_sql(company)
        with_product = self._order_product_sql()
        if self.product_ids:
            with_product = SQL(
                """(%s OR EXISTS (SELECT FROM account_move_line l
                              JOIN product_product v ON v.id = l.product_id
                             WHERE l.move_id = d.move_id
                               AND v.product_tmpl_id = ANY(%s)))""",
                with_product,
                self.product_ids.ids,
            )
        return SQL(
            """WITH d AS MATERIALIZED (%(deliveries)s)
               SELECT r.id AS relationship_id,
                      COALESCE('order:' || d.order_id, 'invoice:' || d.move_id) AS key,
                      d.day AS since, d.day + %(days)s AS date_due,
                      d.name AS document, NULL::int AS product_id
                 FROM d JOIN (%(source)s) ON p.id = d.partner_id
                WHERE %(condition)s AND %(with_product)s""",
            days=self.days,
            deliveries=self._deliveries_sql(company, *self._delivery_window(window)),
            source=source,
            condition=condition,
            with_product=with_product,
        )

    @api.model
    def _completions_sql(self, company, first=None):
        """Return the confirmed orders of which nothing is left to do.

        Columns: partner_id (the commercial partner), order_id, name, day. With stock,
        where something is delivered, the day is that of the last delivery; otherwise
        of the last invoice once everything is invoiced, not before the promised or
        expected day.

        :param date first: first day of completion to look at, or None
        """
        # A draft invoice counts as invoiced in Odoo: here it is still to be done.
        by_invoice = SQL(
            """CASE WHEN o.invoice_status IN ('invoiced', 'upselling') THEN (
                    SELECT GREATEST(MAX(m.invoice_date), (%s)::date)
                      FROM sale_order_line s
                      JOIN sale_order_line_invoice_rel k ON k.order_line_id = s.id
                      JOIN account_move_line i ON i.id = k.invoice_line_id
                      JOIN account_move m ON m.id = i.move_id AND m.state <> 'cancel'
                     WHERE s.order_id = o.id
                    HAVING BOOL_AND(m.state = 'posted')) END""",
            self._expected_on_sql(),
        )
        day = by_invoice
        if self._knows_deliveries():
            day = SQL(
                """CASE WHEN o.delivery_status IS NULL THEN %s
                        WHEN o.delivery_status = 'full' THEN (
                             SELECT MAX(k.date_done)::date FROM stock_picking k
                              WHERE k.sale_id = o.id AND k.state = 'done') END""",
                by_invoice,
            )
        placed = SQL("TRUE")
        if first:
            placed = SQL("o.date_order >= %s", first - timedelta(days=PROJECT_DAYS))
        return SQL(
            """SELECT p.commercial_partner_id AS partner_id, o.id AS order_id, o.name,
                      %s AS day
                 FROM sale_order o JOIN res_partner p ON p.id = o.partner_id
                WHERE o.company_id = %s AND o.state = 'sale' AND %s""",
            day,
            company.id,
            placed,
        )

    def _due_sql_completion(self, company, window):
        source, condition = self._customer_sql(company)
        first, last = self._delivery_window(window)
        days = [SQL("d.day IS NOT NULL")]
        if first:
            days.append(SQL("d.day >= %s", first))
        if last:
            days.append(SQL("d.day <= %s", last))
        return SQL(
            """SELECT r.id AS relationship_id, 'order:' || d.order_id AS key,
                      d.day AS since, d.day + %(days)s AS date_due,
                      d.name AS document, NULL::int AS product_id
                 FROM (%(completions)s) d JOIN (%(source)s) ON p.id = d.partner_id
                WHERE %(condition)s AND %(within)s AND %(with_product)s""",
            days=self.days,
            completions=self._completions_sql(company, first),
            source=source,
            condition=condition,
            within=SQL(" AND ").join(days),
            with_product=self._order_product_sql(),
        )

    def _due_sql_cycle(self, company, window):
        return self._months_sql(company, window, SQL("t.continuity_cycle_months"))

    def _due_sql_term(self, company, window):
        return self._months_sql(company, window, SQL("t.continuity_term_months"))

    def _months_sql(self, company, window, months):
        """Return the SELECT of products that last so many months.

        Only the last time a customer bought one counts: buying it again is what the
        contact is for.
        """
        source, condition = self._customer_sql(company)
        due = SQL(
            "(d.day + make_interval(months => %s))::date - %s", months, self.days_before
        )
        return SQL(
            """SELECT r.id AS relationship_id,
                      'product:' || t.id || ':' || d.day AS key,
                      d.day AS since, %(due)s AS date_due,
                      d.name AS document, t.id AS product_id
                 FROM (SELECT DISTINCT ON (partner_id, product_id) *
                         FROM (%(products)s) bought
                     ORDER BY partner_id, product_id, day DESC) d
                 JOIN product_template t ON t.id = d.product_id
                 JOIN (%(source)s) ON p.id = d.partner_id
                WHERE %(condition)s AND %(within)s""",
            due=due,
            products=self._delivered_products_sql(
                self._deliveries_sql(company),
                SQL("%s > 0 AND %s", months, self._template_sql()),
            ),
            source=source,
            condition=condition,
            within=self._within_sql(due, window),
        )

    def _due_sql_companion(self, company, window):
        source, condition = self._customer_sql(company)
        deliveries = self._deliveries_sql(company, *self._delivery_window(window))
        return SQL(
            """SELECT DISTINCT ON (r.id, c.dest_id) r.id AS relationship_id,
                      'companion:' || c.dest_id AS key,
                      d.day AS since, d.day + %(days)s AS date_due,
                      d.name AS document, c.dest_id AS product_id
                 FROM (%(products)s) d
                 JOIN product_optional_rel c ON c.src_id = d.product_id
                 JOIN (%(source)s) ON p.id = d.partner_id
                WHERE %(condition)s
                  AND NOT EXISTS (
                          SELECT FROM (%(all_products)s) o
                           WHERE o.partner_id = d.partner_id
                             AND o.product_id = c.dest_id)
             ORDER BY r.id, c.dest_id, d.day""",
            days=self.days,
            products=self._delivered_products_sql(
                deliveries,
                SQL(
                    "%s AND t.id IN (SELECT src_id FROM product_optional_rel)",
                    self._template_sql(),
                ),
            ),
            all_products=self._delivered_products_sql(
                self._deliveries_sql(company),
                SQL("t.id IN (SELECT dest_id FROM product_optional_rel)"),
            ),
            source=source,
            condition=condition,
        )
