from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .continuity_factor_choice import BOOKS

YEAR = 365

# Fewer days of invoices say little about a year.
LEAST_DAYS = 90

# At how many month ends the receivables are looked at.
MONTH_ENDS = 12


class ContinuityFactorChoice(models.Model):
    """The company's own figures, from its books (X4): proposed, kept beside what
    somebody put in their place, and taken anew until the decision."""

    _inherit = "continuity.factor.choice"

    books_date = fields.Date(
        string="Books as of",
        compute="_compute_books",
        store=True,
        precompute=True,
        copy=False,
    )
    books_days = fields.Integer(
        string="Days in the Books",
        compute="_compute_books",
        store=True,
        precompute=True,
        copy=False,
    )
    books_volume = fields.Monetary(
        string="Receivables per Year in the Books",
        compute="_compute_books",
        store=True,
        precompute=True,
        copy=False,
    )
    books_days_outstanding = fields.Float(
        string="Days Sales Outstanding in the Books",
        compute="_compute_books",
        store=True,
        precompute=True,
        copy=False,
        digits=(8, 1),
    )
    books_invoice_count = fields.Integer(
        string="Invoices per Year in the Books",
        compute="_compute_books",
        store=True,
        precompute=True,
        copy=False,
    )
    books_debtor_count = fields.Integer(
        string="Customers in the Books",
        compute="_compute_books",
        store=True,
        precompute=True,
        copy=False,
    )
    books_note = fields.Text(
        string="Where It Comes From", compute="_compute_books_note"
    )

    @api.depends("company_id", "currency_id")
    def _compute_books(self):
        today = fields.Date.context_today(self)
        for choice in self:
            found = choice._own_dso(choice.company_id, today)
            currency = choice.company_id.currency_id
            if found["volume"] and choice.currency_id and currency:
                found["volume"] = currency._convert(
                    found["volume"], choice.currency_id, choice.company_id, today
                )
            for name in BOOKS:
                choice[f"books_{name}"] = found[name]
            choice.books_days = found["days"]
            choice.books_date = today

    @api.depends(
        "books_date", "books_days", *BOOKS, *(f"books_{name}" for name in BOOKS)
    )
    @api.depends_context("lang")
    def _compute_books_note(self):
        for choice in self:
            choice.books_note = "\n".join(choice._books_notes())

    def _books_notes(self):
        """Return in words where the figures come from and which ones somebody
        replaced.

        :rtype: list[str]
        """
        self.ensure_one()
        if not self.books_date:
            return []
        day = self._show_date(self.books_date)
        if not self.books_volume and self.books_days >= LEAST_DAYS:
            return [
                self.env._(
                    "On %(day)s the books held nothing sold in the last %(days)s days, "
                    "or as much was credited. Enter the figures you expect.",
                    day=day,
                    days=self.books_days,
                )
            ]
        if not self.books_volume:
            return [
                self.env._(
                    "On %(day)s the books held less than %(least)s days of invoices to "
                    "customers. Enter the figures you expect.",
                    day=day,
                    least=LEAST_DAYS,
                )
            ]
        notes = [
            self.env._(
                "From the books on %(day)s: the last %(days)s days, projected to a "
                "year; receivables at the end of each month.",
                day=day,
                days=self.books_days,
            )
        ]
        shown = {
            "volume": self._show_money,
            "days_outstanding": self._show_number,
            "invoice_count": self._show_number,
            "debtor_count": self._show_number,
        }
        for name in BOOKS:
            # Of amounts in two precisions only what can be seen differs.
            own = shown[name](self[f"books_{name}"])
            if own != shown[name](self[name]):
                notes.append(
                    self.env._(
                        "%(figure)s: entered by hand; the books say %(value)s.",
                        figure=self._fields[name]._description_string(self.env),
                        value=own,
                    )
                )
        return notes

    @api.model
    def _own_dso(self, company, day):
        """Return a company's days sales outstanding and what belongs to them.

        Read from posted entries in one SELECT that writes nothing: sales are what
        customer invoices and credit notes of the 365 days up to the day put on
        receivable accounts, tax included; receivables are the average of what stood
        on those accounts at the last twelve month ends, of those after the first
        invoice. Entries dated later and accounts for other than trade receivables do
        not count.

        :param company: ``res.company``
        :param date day: as of when
        :return: ``days`` looked at; ``volume`` of a year in the company's currency;
            ``days_outstanding``; ``invoice_count`` of a year; ``debtor_count``; all
            but the first zero when there are less than 90 days or no sales
        :rtype: dict[str, int | float]
        :raise AccessError: for another company, or who may not read choices of factor
        """
        nothing = dict.fromkeys(("days", *BOOKS), 0)
        if not company:
            return nothing
        self._check_may_read_books(company)
        self.env["account.move.line"].flush_model()
        self.env["account.move"].flush_model(["move_type", "commercial_partner_id"])
        start = day - relativedelta(days=YEAR)
        first, sales, invoices, debtors, receivables = self.env.execute_query(
            self._own_dso_sql(company, day, start)
        )[0]
        days = min((day - first).days + 1, YEAR) if first else 0
        if days < LEAST_DAYS or not sales or sales <= 0:
            return {**nothing, "days": days}
        return {
            "days": days,
            "volume": float(sales) * YEAR / days,
            "days_outstanding": round(
                max(float(receivables), 0) / float(sales) * days, 1
            ),
            "invoice_count": round(invoices * YEAR / days),
            "debtor_count": debtors,
        }

    @api.model
    def _own_dso_sql(self, company, day, start):
        """Return the SELECT of :meth:`_own_dso`; an extension changes what counts.

        :param company: ``res.company``
        :param date day: the last one that counts
        :param date start: the last one before the year
        :return: one row of: date of the first invoice; sales and number of invoices
            of the year; customers invoiced in it; average receivables
        :rtype: SQL
        """
        return SQL(
            """
            WITH line AS MATERIALIZED (
                SELECT l.date, l.balance, l.move_id, m.commercial_partner_id,
                       m.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                           AS sale,
                       m.move_type = 'out_invoice' AS invoice
                  FROM account_move_line l
                  JOIN account_account a ON a.id = l.account_id
                  JOIN account_move m ON m.id = l.move_id
                 WHERE l.company_id = %(company)s
                   AND l.parent_state = 'posted'
                   AND l.date <= %(day)s
                   AND a.account_type = 'asset_receivable'
                   AND a.non_trade IS NOT TRUE
            ), sale AS (
                SELECT MIN(date) AS first,
                       SUM(balance) FILTER (WHERE date > %(start)s) AS sales,
                       COUNT(DISTINCT move_id)
                           FILTER (WHERE invoice AND date > %(start)s) AS invoices,
                       COUNT(DISTINCT commercial_partner_id)
                           FILTER (WHERE invoice AND date > %(start)s) AS debtors
                  FROM line
                 WHERE sale
            ), per_day AS (
                SELECT date, SUM(balance) AS balance
                  FROM (SELECT date, balance FROM line
                     UNION ALL
                        SELECT date, balance FROM (%(moved)s) moved) receivable
              GROUP BY date
            ), month_end AS (
                SELECT (date_trunc('month', %(day)s::date + 1)
                        - make_interval(months => n))::date - 1 AS date
                  FROM generate_series(0, %(months)s - 1) AS n
            ), owed AS (
                SELECT (SELECT COALESCE(SUM(per_day.balance), 0)
                          FROM per_day
                         WHERE per_day.date <= month_end.date) AS balance
                  FROM month_end, sale
                 WHERE month_end.date >= sale.first
            )
            SELECT first, sales, invoices, debtors, (SELECT AVG(balance) FROM owed)
              FROM sale
            """,
            company=company.id,
            day=day,
            start=start,
            months=MONTH_ENDS,
            moved=self._own_dso_moved_sql(company),
        )

    @api.model
    def _own_dso_moved_sql(self, company):
        """Return a SELECT of what the receivables in the books lack or have too much,
        because our entries are not the customers' payments.

        :param company: ``res.company``
        :return: ``date`` and ``balance`` in the company's currency
        :rtype: SQL
        """
        return SQL("SELECT NULL::date AS date, 0::numeric AS balance WHERE FALSE")

    @api.model
    def _check_may_read_books(self, company):
        """Refuse figures of a company to whom they are not meant for, also where the
        form computes them with the rights of the app.

        :raise AccessError: for another company, or without access to this model
        """
        if self.env.user._is_superuser():
            return
        self.browse().sudo(False).check_access("read")
        company.with_env(self.env)._continuity_check_own()
