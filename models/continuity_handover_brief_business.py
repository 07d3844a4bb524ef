from odoo import api, fields, models
from odoo.tools import SQL

from .continuity_handover_brief import BriefColumn, BriefSection


class ContinuityHandoverBrief(models.Model):
    """What goes on with the customer: purchases, deals, orders, invoices."""

    _inherit = "continuity.handover.brief"

    @api.model
    def _get_sections(self):
        order = self.env["sale.order"]._fields
        return super()._get_sections() + [
            BriefSection(
                "deals",
                self.env._("Open Deals"),
                [
                    BriefColumn("name", self.env._("Deal")),
                    BriefColumn("stage", self.env._("Stage")),
                    BriefColumn("amount", self.env._("Expected Revenue"), "money"),
                    BriefColumn("closing", self.env._("Expected Closing"), "date"),
                    BriefColumn("next_step", self.env._("Next Step"), "joined"),
                    BriefColumn("next_on", self.env._("Next Step On"), "date"),
                    BriefColumn("user", self.env._("Salesperson")),
                ],
            ),
            BriefSection(
                "orders",
                self.env._("Quotations and Open Orders"),
                [
                    BriefColumn("name", self.env._("Order")),
                    BriefColumn(
                        "state",
                        self.env._("Status"),
                        "choice",
                        dict(order["state"]._description_selection(self.env)),
                    ),
                    BriefColumn("date", self.env._("Date"), "date"),
                    BriefColumn("amount", self.env._("Amount without Taxes"), "money"),
                    BriefColumn("valid_until", self.env._("Valid Until"), "date"),
                    BriefColumn(
                        "promised_on", self.env._("Delivery Promised For"), "date"
                    ),
                    BriefColumn(
                        "delivered", self.env._("Delivered / Ordered"), "ratio"
                    ),
                    BriefColumn("reason", self.env._("Reason for Purchase")),
                ],
            ),
            BriefSection(
                "invoices",
                self.env._("Open Invoices"),
                [
                    BriefColumn("name", self.env._("Invoice")),
                    BriefColumn("date", self.env._("Date"), "date"),
                    BriefColumn("due", self.env._("Due"), "date"),
                    BriefColumn("amount", self.env._("Still to Pay"), "money"),
                    BriefColumn("days_late", self.env._("Days Overdue"), "number"),
                ],
            ),
            BriefSection(
                "purchases",
                self.env._("Purchases of the Window"),
                [
                    BriefColumn("product", self.env._("Product"), "product"),
                    BriefColumn("quantity", self.env._("Quantity"), "quantity"),
                    BriefColumn("amount", self.env._("Amount without Taxes"), "money"),
                    BriefColumn("times", self.env._("Times"), "number"),
                    BriefColumn(
                        "events", self.env._("When and Why"), "events", wide=True
                    ),
                ],
            ),
        ]

    @api.model
    def _section_deals(self, lines):
        """Open deals with their next step; the deal of a line without a customer."""
        found = SQL(
            """
        SELECT deal.line_id, l.name, stage.name AS stage,
               NULLIF(l.expected_revenue, 0) AS amount, c.currency_id,
               l.date_deadline AS closing,
               CASE WHEN step.id IS NOT NULL
                    THEN jsonb_build_array(kind.name, step.summary) END AS next_step,
               step.date_deadline AS next_on, seller.name AS user, l.id AS lead_id
          FROM (
                SELECT person.line_id, l.id, person.company_id
                  FROM person
                  JOIN crm_lead l ON l.partner_id = person.person_id
                 WHERE l.active AND l.won_status = 'pending' AND %(theirs)s
             UNION
                SELECT line.line_id, line.lead_id, line.company_id
                  FROM line WHERE line.lead_id IS NOT NULL
               ) deal
          JOIN crm_lead l ON l.id = deal.id
           AND (l.company_id IS NULL OR l.company_id = deal.company_id)
          JOIN res_company c ON c.id = deal.company_id
     LEFT JOIN crm_stage stage ON stage.id = l.stage_id
     LEFT JOIN res_users u ON u.id = l.user_id
     LEFT JOIN res_partner seller ON seller.id = u.partner_id
     LEFT JOIN LATERAL (
                SELECT a.id, a.summary, a.date_deadline, a.activity_type_id
                  FROM mail_activity a
                 WHERE a.res_model = 'crm.lead' AND a.res_id = l.id AND a.active
                   AND %(not_private)s
              ORDER BY a.date_deadline, a.id
                 LIMIT 1) step ON TRUE
     LEFT JOIN mail_activity_type kind ON kind.id = step.activity_type_id""",
            theirs=self._sql_theirs(SQL("l.user_id")),
            not_private=self._sql_not_private(SQL("a.calendar_event_id")),
        )
        return self._query(lines, found, SQL("closing, lead_id"))

    @api.model
    def _section_orders(self, lines):
        """Quotations, and orders not yet delivered and invoiced."""
        open_orders = (
            self.env["sale.order"]
            .sudo()
            ._search(self.env["continuity.handover"]._domain_open_orders())
        )
        found = SQL(
            """
        SELECT person.line_id, o.name, o.state, o.date_order::date AS date,
               o.amount_untaxed AS amount, o.currency_id,
               CASE WHEN o.state <> 'sale' THEN o.validity_date END AS valid_until,
               o.commitment_date::date AS promised_on,
               CASE WHEN o.state = 'sale'
                    THEN jsonb_build_array(goods.delivered, goods.ordered) END
                   AS delivered,
               o.continuity_purchase_reason AS reason, o.id AS order_id
          FROM person
          JOIN sale_order o ON o.partner_id = person.person_id
           AND o.company_id = person.company_id
     LEFT JOIN LATERAL (
                SELECT SUM(l.qty_delivered) AS delivered,
                       SUM(l.product_uom_qty) AS ordered
                  FROM sale_order_line l
                 WHERE l.order_id = o.id AND l.display_type IS NULL
                   AND l.is_downpayment IS NOT TRUE) goods ON TRUE
         WHERE o.id IN %(open)s AND %(theirs)s""",
            open=open_orders.subselect(),
            theirs=self._sql_theirs(SQL("o.user_id")),
        )
        return self._query(lines, found, SQL("date DESC, order_id DESC"))

    @api.model
    def _section_invoices(self, lines):
        """Posted invoices and credit notes that are not settled, latest due last."""
        found = SQL(
            """
        SELECT person.line_id, m.name, m.invoice_date AS date,
               m.invoice_date_due AS due,
               CASE m.move_type WHEN 'out_refund' THEN -m.amount_residual
                                ELSE m.amount_residual END AS amount,
               m.currency_id,
               CASE WHEN m.move_type = 'out_invoice'
                    THEN NULLIF(GREATEST(%(today)s - m.invoice_date_due, 0), 0)
                END AS days_late,
               m.id AS move_id
          FROM person
          JOIN account_move m ON m.partner_id = person.person_id
           AND m.company_id = person.company_id
         WHERE m.state = 'posted' AND m.move_type IN ('out_invoice', 'out_refund')
           AND m.amount_residual <> 0 AND %(theirs)s""",
            today=fields.Date.today(),
            theirs=self._sql_theirs(SQL("m.invoice_user_id")),
        )
        return self._query(lines, found, SQL("due, move_id"))

    @api.model
    def _section_purchases(self, lines):
        """What was bought within the window, per product: confirmed orders, and
        what was invoiced without an order."""
        found = SQL(
            """
        SELECT bought.line_id,
               COALESCE(template.name, to_jsonb(bought.label)) AS product,
               %(variant)s AS variant,
               SUM(bought.quantity) AS quantity, unit.name AS unit,
               SUM(bought.amount) AS amount, bought.currency_id,
               COUNT(*) AS times,
               to_jsonb((array_agg(
                   jsonb_build_array(bought.day, bought.document, bought.reason)
                   ORDER BY bought.day DESC, bought.document DESC))[1:5]) AS events
          FROM (
                SELECT line_id, product_id, label, unit_id, currency_id, day,
                       document, MAX(reason) AS reason, SUM(quantity) AS quantity,
                       SUM(amount) AS amount
                  FROM (%(ordered)s UNION ALL %(invoiced)s) entry
              GROUP BY line_id, product_id, label, unit_id, currency_id, day, document
               ) bought
     LEFT JOIN product_product product ON product.id = bought.product_id
     LEFT JOIN product_template template ON template.id = product.product_tmpl_id
     LEFT JOIN uom_uom unit ON unit.id = bought.unit_id
      GROUP BY bought.line_id, bought.product_id, template.name, bought.label,
               unit.name, bought.currency_id""",
            variant=self._sql_variant(SQL("bought.product_id")),
            ordered=self._sql_ordered(),
            invoiced=self._sql_invoiced(),
        )
        return self._query(lines, found, SQL("amount DESC, product::text"))

    @api.model
    def _sql_ordered(self):
        """Return the lines of confirmed orders within the window."""
        return SQL(
            """
        SELECT person.line_id, l.product_id,
               CASE WHEN l.product_id IS NULL
                    THEN left(split_part(l.name, chr(10), 1), 80) END AS label,
               l.product_uom_id AS unit_id, o.currency_id, o.date_order::date AS day,
               o.name AS document, o.continuity_purchase_reason AS reason,
               l.product_uom_qty AS quantity, l.price_subtotal AS amount
          FROM person
          JOIN res_company c ON c.id = person.company_id
          JOIN sale_order o ON o.partner_id = person.person_id
           AND o.company_id = person.company_id AND o.state = 'sale'
           AND o.date_order > %(today)s::date
                              - make_interval(months => c.continuity_tier_months)
          JOIN sale_order_line l ON l.order_id = o.id AND l.display_type IS NULL
           AND l.is_downpayment IS NOT TRUE
         WHERE %(theirs)s""",
            today=fields.Date.today(),
            theirs=self._sql_theirs(SQL("o.user_id")),
        )

    @api.model
    def _sql_invoiced(self):
        """Return the lines of posted invoices within the window that come from no
        order; credit notes count against them."""
        return SQL(
            """
        SELECT person.line_id, l.product_id,
               CASE WHEN l.product_id IS NULL
                    THEN left(split_part(l.name, chr(10), 1), 80) END,
               l.product_uom_id, m.currency_id, m.invoice_date, m.name, NULL,
               sign.n * l.quantity, sign.n * l.price_subtotal
          FROM person
          JOIN res_company c ON c.id = person.company_id
          JOIN account_move m ON m.partner_id = person.person_id
           AND m.company_id = person.company_id AND m.state = 'posted'
           AND m.move_type IN ('out_invoice', 'out_refund')
           AND m.invoice_date > %(today)s::date
                                - make_interval(months => c.continuity_tier_months)
          JOIN account_move_line l ON l.move_id = m.id AND l.display_type = 'product'
    CROSS JOIN LATERAL (
                SELECT CASE m.move_type WHEN 'out_refund' THEN -1 ELSE 1 END AS n) sign
         WHERE %(theirs)s
           AND NOT EXISTS (SELECT FROM sale_order_line_invoice_rel r
                            WHERE r.invoice_line_id = l.id)""",
            today=fields.Date.today(),
            theirs=self._sql_theirs(SQL("m.invoice_user_id")),
        )
