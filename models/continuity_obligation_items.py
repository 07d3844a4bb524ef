"""What is open with a customer, in words for their letter and their page: read from
the books at this moment, so that nothing that has changed since is told.
"""

import hashlib
import json

from odoo import fields, models
from odoo.tools import SQL, format_date, formatLang

from .continuity_obligation import OWED_KINDS, OWING_KINDS
from .continuity_obligation_finders import FOUND_COLUMNS

# What we owe first.
KIND_ORDER = (
    "undelivered",
    "shipment",
    "prepayment",
    "credit",
    "uninvoiced",
    "open_invoice",
    "warranty",
    "data",
    "export_help",
    "other",
)
MONEY_OWED = ("prepayment", "credit")


class ContinuityDissolutionCustomer(models.Model):
    _inherit = "continuity.dissolution.customer"

    obligation_ids = fields.One2many(
        "continuity.obligation", "customer_id", string="Obligations"
    )
    open_obligation_count = fields.Integer(
        compute="_compute_open_obligation_count", string="Open Obligations"
    )

    def _compute_open_obligation_count(self):
        counts = dict(
            self.env["continuity.obligation"]._read_group(
                [("customer_id", "in", self.ids), ("state", "=", "open")],
                ["customer_id"],
                ["__count"],
            )
        )
        for line in self:
            line.open_obligation_count = counts.get(line, 0)

    def _open_items(self, lang):
        """Return what is open with one customer, read from the books now, for letters
        and their page. Changes nothing.

        :param str lang: code of the language to say it in
        :return: dicts in a stable order: ``kind``, ``kind_label``, ``owed_by`` (``us``
            or ``customer``), ``document``, ``description``, ``quantity`` and ``amount``
            (texts, may be empty), ``date`` (text: promised, due, or of the document),
            ``resolution`` (text), ``deadline`` (text), ``tracking``
        :rtype: list[dict[str, str]]
        """
        self.ensure_one()
        return self._open_items_by_line(lang)[self.id]

    def _open_items_by_line(self, lang):
        """Return :meth:`_open_items` of several customers, by id of the line.

        :rtype: dict[int, list[dict[str, str]]]
        """
        lines = self.sudo().with_context(lang=lang)
        return {
            line_id: [lines._item_text(row) for row in rows]
            for line_id, rows in lines._open_rows().items()
        }

    def _items_fingerprint(self):
        """Return the SHA-256 of what is open with one customer now, whatever the
        language: it differs as soon as a letter would have to say something else.

        :rtype: str
        """
        self.ensure_one()
        return self._items_fingerprints()[self.id]

    def _items_fingerprints(self):
        """Return :meth:`_items_fingerprint` of several customers, by id of the line.

        :rtype: dict[int, str]
        """
        return {
            line_id: hashlib.sha256(
                json.dumps(rows, default=str, sort_keys=True).encode()
            ).hexdigest()
            for line_id, rows in self.sudo()._open_rows().items()
        }

    def _owes_now(self):
        """Return those of these customers whom we owe something by the books now, goods
        or money.

        :rtype: continuity.dissolution.customer
        """
        rows = self.sudo()._open_rows()
        return self.filtered(
            lambda line: any(row["kind"] in OWED_KINDS for row in rows[line.id])
        )

    def _is_creditor(self):
        """Tell whether the customer gets the statutory creditor notice besides the
        letter: they paid in advance, or have a credit, by the books now (D4).

        :rtype: bool
        """
        self.ensure_one()
        rows = self.sudo()._open_rows()[self.id]
        return any(row["kind"] in MONEY_OWED for row in rows)

    # === READING === #

    def _open_rows(self):
        """Return what is open with these customers, by id of the line: the books as
        they are now, and what people typed, without drafts and what was decided by
        name.

        :rtype: dict[int, list[dict]]
        """
        rows = {line.id: [] for line in self}
        register = self.env["continuity.obligation"].search(
            [("customer_id", "in", self.ids)], order="id"
        )
        arranged = {
            (row.customer_id.id, row.kind, row.origin_model, row.origin_id): row
            for row in register
            if row.origin_id
        }
        for campaign, lines in self.grouped("dissolution_id").items():
            by_partner = {line.partner_id.id: line.id for line in lines}
            for found in campaign._found_now(lines.partner_id):
                # What is not posted may still change, and binds nobody: it is for
                # colleagues, who see it in the register.
                if found.pop("hint") == "draft":
                    continue
                line_id = by_partner[found["partner_id"]]
                known = arranged.get(
                    (line_id, found["kind"], found["origin_model"], found["origin_id"])
                )
                if known and known._is_covered(found["amount"], found["quantity"]):
                    continue
                arrangement = (
                    self._arranged_values(known)
                    if known
                    else campaign._proposed_values(found["kind"])
                )
                rows[line_id].append({**found, **arrangement})
        for row in register:
            if not row.origin_id and row.state == "open":
                rows[row.customer_id.id].append(
                    {name: self._plain(row[name]) for name in FOUND_COLUMNS}
                    | {"origin_model": row._name, "origin_id": row.id}
                    | self._arranged_values(row)
                )
        for found in rows.values():
            found.sort(key=self._item_order)
        return rows

    def _plain(self, value):
        """Return a field's value as a finder would: ids and plain values."""
        return value.id or None if isinstance(value, models.BaseModel) else value

    def _arranged_values(self, row):
        """Return what people arranged about an obligation, as far as its customer is
        told."""
        return {
            "resolution": row.resolution or False,
            "deadline": row.deadline or False,
            "tracking_ref": row.tracking_ref or False,
        }

    def _item_order(self, row):
        return (
            KIND_ORDER.index(row["kind"]),
            str(row["date"] or ""),
            row["origin_name"] or "",
            row["origin_id"],
        )

    # === WORDS === #

    def _item_text(self, row):
        """Return one item in the language of the context.

        :param dict row: of :meth:`_open_rows`
        :rtype: dict[str, str]
        """
        env = self.env
        obligation = env["continuity.obligation"]
        kinds = dict(obligation._fields["kind"]._description_selection(env))
        ends = dict(obligation._fields["resolution"]._description_selection(env))
        # The customer reads it.
        ends["pay"] = env._("You pay")
        currency = env["res.currency"].browse(row["currency_id"])
        return {
            "kind": row["kind"],
            "kind_label": kinds[row["kind"]],
            "owed_by": "customer" if row["kind"] in OWING_KINDS else "us",
            "document": row["origin_name"] or "",
            "description": row["description"] or kinds[row["kind"]],
            "quantity": self._item_quantity(row),
            "amount": (
                formatLang(env, row["amount"], currency_obj=currency)
                if row["amount"] and currency
                else ""
            ),
            "date": self._item_day(row["date"]),
            "resolution": ends.get(row["resolution"], ""),
            "deadline": self._item_day(row["deadline"]),
            "tracking": row["tracking_ref"] or "",
        }

    def _item_quantity(self, row):
        """Return how much is open of how much, in the language of the context."""
        if not row["quantity"]:
            return ""
        unit = self.env["uom.uom"].browse(row["uom_id"]).name or ""
        open_text = self._number(row["quantity"])
        if row["kind"] != "undelivered" or not row["quantity_total"]:
            return f"{open_text} {unit}".strip()
        return self.env._(
            "%(open)s of %(total)s %(unit)s",
            open=open_text,
            total=self._number(row["quantity_total"]),
            unit=unit,
        ).strip()

    def _item_day(self, day):
        return format_date(self.env, day, date_format="long") if day else ""

    def _number(self, value):
        """Return a quantity without needless decimals, in the reader's writing."""
        digits = 0 if float(value).is_integer() else 2
        return formatLang(self.env, float(value), digits=digits)


class ContinuityDissolution(models.Model):
    _inherit = "continuity.dissolution"

    def _found_now(self, partners):
        """Return what the books show open with some customers, now.

        :param partners: commercial partners
        :return: dicts with the columns of the finders, ``hint`` among them
        :rtype: list[dict]
        """
        self.ensure_one()
        self.env.flush_all()
        return self.env.execute_query_dict(
            SQL(
                "SELECT * FROM (%s) found",
                self.env["continuity.obligation"]._found_sql(
                    self.company_id, self, partners
                ),
            )
        )


class ContinuityObligation(models.Model):
    _inherit = "continuity.obligation"

    def _is_covered(self, amount, quantity):
        """Tell whether a decision covers what the books show.

        :param amount: in the currency of the document
        :param quantity: still open
        :rtype: bool
        """
        self.ensure_one()
        return (
            self.state == "decided"
            and amount <= self.decided_amount
            and quantity <= self.decided_quantity
        )
