"""How obligations are found in the books: one SELECT per kind of document.

Each finder reads the documents of a whole company, or of some customers, and keeps
the currency of the document. Another addon adds a source by extending
:meth:`_obligation_finders`.
"""

from odoo import api, models
from odoo.tools import SQL

# What every finder returns, in this order, and then a ``hint`` for colleagues:
# ``draft`` of a document that is not posted, ``unrecorded`` of a line of which nobody
# entered a delivery, or NULL.
FOUND_COLUMNS = (
    "kind",
    "origin_model",
    "origin_id",
    "partner_id",
    "currency_id",
    "amount",
    "quantity",
    "quantity_total",
    "uom_id",
    "origin_name",
    "description",
    "date",
)


class ContinuityObligation(models.Model):
    _inherit = "continuity.obligation"

    @api.model
    def _found_sql(self, company, campaign=None, partners=None):
        """Return the SELECT of everything open between a company and its customers.

        Columns: :data:`FOUND_COLUMNS` and ``hint``; ``partner_id`` is the commercial
        partner.

        :param company: ``res.company``
        :param campaign: ``continuity.dissolution`` whose branch or product line
            limits the documents, or None for all of them
        :param partners: commercial partners to limit it to, or None
        :rtype: SQL
        """
        scope = SQL()
        if partners is not None:
            scope = SQL(
                "AND p.commercial_partner_id IN %s", tuple(partners.ids) or (0,)
            )
        params = {
            "company": company.id,
            "self": company.partner_id.id,
            "scope": scope,
            "ordered": self._found_order_scope(campaign),
            "invoiced": self._found_invoice_scope(campaign),
            # Half of the smallest quantity: less is rounding.
            "least": 0.5
            * 10 ** -self.env["decimal.precision"].precision_get("Product Unit"),
            "goods": self._found_goods(company),
            "assumed": self._found_assumed(company),
        }
        return SQL("\nUNION ALL\n").join(
            finder(params) for finder in self._obligation_finders()
        )

    @api.model
    def _obligation_finders(self):
        """Return the methods that each return one SELECT, see
        :data:`FOUND_COLUMNS`; they get a dict of parameters for their ``SQL``.

        :rtype: list
        """
        return [
            self._find_undelivered,
            self._find_uninvoiced,
            self._find_drafts,
            self._find_prepaid_orders,
            self._find_unreconciled,
            self._find_loose_payments,
        ]

    # === WHAT COUNTS === #

    @api.model
    def _found_goods(self, company):
        """Return the condition that an order line ``l``, with its product template
        ``pt``, is something to be delivered.

        No headings, down payments, expenses charged on or discounts; a combo is
        delivered by its parts.
        """
        conditions = SQL(
            """l.display_type IS NULL AND l.is_downpayment IS NOT TRUE
       AND l.price_unit >= 0 AND pt.type IS DISTINCT FROM 'combo'
       AND l.product_id IS DISTINCT FROM %s""",
            company.sale_discount_product_id.id or None,
        )
        if "is_delivery" in self.env["sale.order.line"]._fields:
            # The carriage arrives with the goods.
            conditions = SQL("%s AND l.is_delivery IS NOT TRUE", conditions)
        return conditions

    @api.model
    def _found_order_scope(self, campaign):
        """Return a further condition on an order ``o`` and its line ``l`` with the
        template ``pt``: the branch or the product line that is wound down."""
        if campaign and campaign.kind == "branch" and campaign.team_ids:
            return SQL("AND o.team_id IN %s", tuple(campaign.team_ids.ids))
        if campaign and campaign.kind == "product" and campaign.categ_ids:
            return SQL("AND pt.categ_id IN %s", self._found_categories(campaign))
        return SQL()

    @api.model
    def _found_invoice_scope(self, campaign):
        """Return a further condition on the journal entry ``m``. A payment belongs to
        no branch and no product: it counts."""
        if campaign and campaign.kind == "branch" and campaign.team_ids:
            return SQL(
                "AND (m.move_type = 'entry' OR m.team_id IN %s)",
                tuple(campaign.team_ids.ids),
            )
        if campaign and campaign.kind == "product" and campaign.categ_ids:
            return SQL(
                """AND (m.move_type = 'entry' OR EXISTS (
                    SELECT FROM account_move_line il
                      JOIN product_product pp ON pp.id = il.product_id
                      JOIN product_template pt ON pt.id = pp.product_tmpl_id
                     WHERE il.move_id = m.id AND pt.categ_id IN %s))""",
                self._found_categories(campaign),
            )
        return SQL()

    @api.model
    def _found_categories(self, campaign):
        """Return the ids of the categories of a campaign and those below them."""
        return tuple(
            self.env["product.category"]
            .sudo()
            .search([("id", "child_of", campaign.categ_ids.ids)])
            .ids
        )

    # === ORDERS === #

    @api.model
    def _find_undelivered(self, params):
        """Confirmed, and less delivered than ordered: the open part at the price of
        the line."""
        return SQL(
            """
SELECT 'undelivered' AS kind, 'sale.order.line' AS origin_model, l.id AS origin_id,
       p.commercial_partner_id AS partner_id, o.currency_id,
       ROUND(l.price_total * (l.product_uom_qty - l.qty_delivered)
             / l.product_uom_qty / c.rounding) * c.rounding AS amount,
       l.product_uom_qty - l.qty_delivered AS quantity,
       l.product_uom_qty AS quantity_total, l.product_uom_id AS uom_id,
       o.name AS origin_name, l.name AS description,
       COALESCE(o.commitment_date, o.date_order)::date AS date,
       CASE WHEN l.qty_delivered_method = 'manual' AND l.qty_delivered = 0
            THEN 'unrecorded' END AS hint
  FROM sale_order_line l
  JOIN sale_order o ON o.id = l.order_id
  JOIN res_partner p ON p.id = o.partner_id
  JOIN res_currency c ON c.id = o.currency_id
  LEFT JOIN product_product pp ON pp.id = l.product_id
  LEFT JOIN product_template pt ON pt.id = pp.product_tmpl_id
 WHERE o.company_id = %(company)s AND o.state = 'sale'
   AND p.commercial_partner_id <> %(self)s
   AND l.product_uom_qty - l.qty_delivered >= %(least)s::numeric
   AND l.is_expense IS NOT TRUE AND %(assumed)s IS NOT TRUE
   AND %(goods)s %(ordered)s %(scope)s""",
            **params,
        )

    @api.model
    def _find_uninvoiced(self, params):
        """Delivered, and on no invoice yet, not even a draft."""
        return SQL(
            """
SELECT 'uninvoiced', 'sale.order.line', l.id, p.commercial_partner_id, o.currency_id,
       ROUND(CASE WHEN l.product_uom_qty > 0 THEN l.price_total / l.product_uom_qty
                  ELSE l.price_unit * (1 - COALESCE(l.discount, 0) / 100) END
             * (l.qty_delivered - l.qty_invoiced) / c.rounding) * c.rounding,
       l.qty_delivered - l.qty_invoiced, l.product_uom_qty, l.product_uom_id,
       o.name, l.name, o.date_order::date, NULL
  FROM sale_order_line l
  JOIN sale_order o ON o.id = l.order_id
  JOIN res_partner p ON p.id = o.partner_id
  JOIN res_currency c ON c.id = o.currency_id
  LEFT JOIN product_product pp ON pp.id = l.product_id
  LEFT JOIN product_template pt ON pt.id = pp.product_tmpl_id
 WHERE o.company_id = %(company)s AND o.state = 'sale'
   AND p.commercial_partner_id <> %(self)s
   AND l.qty_delivered - l.qty_invoiced >= %(least)s::numeric
   AND %(goods)s %(ordered)s %(scope)s""",
            **params,
        )

    @api.model
    def _find_drafts(self, params):
        """Invoices and credit notes being prepared: nothing may stay in the drawer
        when the books are closed."""
        return SQL(
            """
SELECT CASE m.move_type WHEN 'out_refund' THEN 'credit' ELSE 'uninvoiced' END,
       'account.move', m.id, p.commercial_partner_id, m.currency_id,
       m.amount_total, 0::numeric, 0::numeric, NULL::int,
       COALESCE(NULLIF(m.name, '/'), m.invoice_origin, m.ref, '#' || m.id),
       NULL, COALESCE(m.invoice_date, m.date, m.create_date::date), 'draft'
  FROM account_move m
  JOIN res_partner p ON p.id = m.partner_id
 WHERE m.company_id = %(company)s AND m.state = 'draft'
   AND m.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
   AND p.commercial_partner_id <> %(self)s
   AND m.amount_total > 0 %(invoiced)s %(scope)s""",
            **params,
        )

    @api.model
    def _find_prepaid_orders(self, params):
        """Orders, cancelled ones too, of which more was paid than was delivered: down
        payments and invoices paid ahead, less the credit notes for them.

        An invoice counts for its paid share, so that one not paid yet is no prepayment;
        a credit note counts whole: what of it was not paid out is a credit of its own.
        """
        return SQL(
            """
(WITH ahead AS (
    -- Only orders of which more is invoiced than delivered can be prepaid.
    SELECT DISTINCT o.id
      FROM sale_order_line l
      JOIN sale_order o ON o.id = l.order_id
      JOIN res_partner p ON p.id = o.partner_id
      LEFT JOIN product_product pp ON pp.id = l.product_id
      LEFT JOIN product_template pt ON pt.id = pp.product_tmpl_id
     WHERE o.company_id = %(company)s AND l.display_type IS NULL
       AND l.qty_invoiced > l.qty_delivered AND %(assumed)s IS NOT TRUE
       AND p.commercial_partner_id <> %(self)s %(scope)s
)
SELECT 'prepayment', 'sale.order', o.id, p.commercial_partner_id, o.currency_id,
       ROUND((paid.amount - goods.amount) / c.rounding) * c.rounding,
       0::numeric, 0::numeric, NULL::int, o.name, NULL, o.date_order::date, NULL
  FROM (
        SELECT l.order_id,
               SUM(il.price_total
                   -- Odoo invoices in the currency of the order; people may not.
                   * CASE WHEN m.currency_id = l.currency_id THEN 1
                          ELSE COALESCE(lo.currency_rate, 1)::numeric
                               / NULLIF(m.invoice_currency_rate, 0)::numeric END
                   * CASE WHEN m.move_type = 'out_refund' THEN -1
                          ELSE %(share)s END) AS amount
          FROM ahead
          JOIN sale_order lo ON lo.id = ahead.id
          JOIN sale_order_line l ON l.order_id = lo.id
          JOIN sale_order_line_invoice_rel r ON r.order_line_id = l.id
          JOIN account_move_line il ON il.id = r.invoice_line_id
          JOIN account_move m ON m.id = il.move_id
         WHERE m.state = 'posted' AND m.move_type IN ('out_invoice', 'out_refund')
      GROUP BY l.order_id
       ) paid
  JOIN (
        SELECT l.order_id,
               SUM(CASE WHEN l.is_downpayment OR l.display_type IS NOT NULL THEN 0
                        WHEN %(assumed)s THEN l.price_total
                        WHEN l.product_uom_qty > 0
                            THEN l.price_total / l.product_uom_qty * l.qty_delivered
                        ELSE l.price_unit * (1 - COALESCE(l.discount, 0) / 100)
                             * l.qty_delivered END) AS amount,
               BOOL_OR(TRUE %(ordered)s) AS wanted
          FROM ahead
          JOIN sale_order o ON o.id = ahead.id
          JOIN sale_order_line l ON l.order_id = o.id
          LEFT JOIN product_product pp ON pp.id = l.product_id
          LEFT JOIN product_template pt ON pt.id = pp.product_tmpl_id
      GROUP BY l.order_id
       ) goods ON goods.order_id = paid.order_id
  JOIN sale_order o ON o.id = paid.order_id
  JOIN res_partner p ON p.id = o.partner_id
  JOIN res_currency c ON c.id = o.currency_id
 WHERE goods.wanted AND paid.amount - goods.amount >= c.rounding / 2)""",
            share=self._found_paid_share(),
            **params,
        )

    @api.model
    def _found_paid_share(self):
        """Return which share of the invoice ``m`` is paid, from 0 to 1."""
        return SQL(
            """CASE WHEN m.amount_total = 0 THEN 1
                ELSE 1 - LEAST(m.amount_residual, GREATEST(m.amount_total - %s, 0))
                         / m.amount_total END""",
            self._found_entryless(),
        )

    @api.model
    def _found_entryless(self):
        """Return what was paid on the invoice ``m`` by payments that have no journal
        entry of their own: Odoo leaves the invoice open until the bank confirms."""
        return SQL(
            """COALESCE((
                    SELECT SUM(ep.amount)
                      FROM account_move__account_payment er
                      JOIN account_payment ep ON ep.id = er.payment_id
                     WHERE er.invoice_id = m.id AND ep.move_id IS NULL
                       AND ep.currency_id = m.currency_id
                       AND ep.state IN ('in_process', 'paid')), 0)"""
        )

    # === MONEY === #

    @api.model
    def _find_unreconciled(self, params):
        """What is open on the customer's account: invoices not paid, credit notes not
        used or paid out, money that belongs to no invoice yet.

        An invoice or credit note counts once, whatever its instalments; of other
        entries every line.
        """
        return SQL(
            """
SELECT CASE WHEN open.amount > 0 THEN 'open_invoice'
            WHEN open.move_type = 'out_refund' THEN 'credit'
            ELSE 'prepayment' END,
       CASE WHEN open.line_id IS NULL THEN 'account.move'
            ELSE 'account.move.line' END,
       COALESCE(open.line_id, open.move_id), open.partner_id, open.currency_id,
       ABS(open.amount), 0::numeric, 0::numeric, NULL::int,
       open.name, NULL, open.date, NULL
  FROM (
        SELECT m.id AS move_id, m.move_type, m.name,
               CASE WHEN m.move_type = 'entry' THEN l.id END AS line_id,
               p.commercial_partner_id AS partner_id, l.currency_id,
               CASE WHEN m.move_type IN ('out_invoice', 'out_receipt')
                    THEN LEAST(SUM(l.amount_residual_currency),
                               GREATEST(m.amount_total - %(entryless)s, 0))
                    ELSE SUM(l.amount_residual_currency) END AS amount,
               MIN(COALESCE(l.date_maturity, l.date)) AS date
          FROM account_move_line l
          JOIN account_account a ON a.id = l.account_id
                                AND a.account_type = 'asset_receivable'
          JOIN account_move m ON m.id = l.move_id
          JOIN res_partner p ON p.id = l.partner_id
         WHERE l.company_id = %(company)s AND l.parent_state = 'posted'
           AND l.reconciled IS NOT TRUE AND l.amount_residual_currency <> 0
           AND p.commercial_partner_id <> %(self)s %(invoiced)s %(scope)s
      GROUP BY m.id, line_id, p.commercial_partner_id, l.currency_id
       ) open
 WHERE open.amount <> 0""",
            entryless=self._found_entryless(),
            **params,
        )

    @api.model
    def _find_loose_payments(self, params):
        """Payments received that have no journal entry and belong to no invoice."""
        return SQL(
            """
SELECT 'prepayment', 'account.payment', y.id, p.commercial_partner_id, y.currency_id,
       y.amount, 0::numeric, 0::numeric, NULL::int,
       COALESCE(y.name, y.memo, '#' || y.id), NULL, y.date, NULL
  FROM account_payment y
  JOIN res_partner p ON p.id = y.partner_id
 WHERE y.company_id = %(company)s AND y.move_id IS NULL
   AND y.payment_type = 'inbound' AND y.partner_type = 'customer'
   AND y.state IN ('in_process', 'paid')
   AND NOT EXISTS (SELECT FROM account_move__account_payment er
                    WHERE er.payment_id = y.id)
   AND p.commercial_partner_id <> %(self)s %(scope)s""",
            **params,
        )
