import base64
import csv
import io

from odoo import api, fields, models
from odoo.exceptions import UserError

# A spreadsheet takes a cell that begins so for a formula, also in full width.
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


class ContinuityRegisterMixin(models.AbstractModel):
    """A list of records as evidence, as PDF and CSV.

    Contains what its user may see, and says how much they may not. The rows are
    computed when it is printed: nothing is kept that would have to be guarded. A
    register names in :attr:`_listed` its many2many of records, and defines
    :meth:`_columns`, :meth:`_rows` and the words of :meth:`_texts`.
    """

    _name = "continuity.register.mixin"
    _description = "Register"
    _inherit = ["continuity.readable.links.mixin", "continuity.guarded.mixin"]

    _listed = None
    _report = None

    # Else anybody prints a proof with a title and completeness of their choice.
    _guarded_fields = frozenset({"name", "hidden_count"})

    name = fields.Char(required=True, readonly=True)
    hidden_count = fields.Integer(readonly=True)
    csv_file = fields.Binary(compute="_compute_csv_file", string="CSV")

    @api.model
    def _open(self, records, name, kind, hidden_count=0):
        """Return the action that downloads the register.

        :param records: what is listed; the user may read it
        :param str name: of the document
        :param str kind: ``pdf`` or ``csv``
        :param int hidden_count: records the user may not see
        :raise UserError: when there is nothing to list
        """
        if not records:
            raise UserError(self._texts()["nothing"])
        records.check_access("read")
        # What the client may not choose is set here; reading was checked above.
        register = (
            self.sudo()
            .create(
                {
                    "name": name,
                    self._listed: records.ids,
                    "hidden_count": hidden_count,
                }
            )
            .with_env(self.env)
        )
        if kind == "pdf":
            report = self.env.ref(self._report)
            return report.report_action(register, config=False)
        file_name = f"{name.replace('/', '-')}.csv"
        return {
            "type": "ir.actions.act_url",
            "target": "download",
            "url": f"/web/content/{self._name}/{register.id}/csv_file/{file_name}"
            "?download=true",
        }

    def _texts(self):
        """Return the words of this register.

        :return: ``title``, ``nothing`` (there is none), ``hidden`` (with a ``%s`` for
            the number of those the user may not see)
        :rtype: dict[str, str]
        """
        raise NotImplementedError

    @api.model
    def _columns(self):
        """Return the titles of the columns, in their order.

        :rtype: list[str]
        """
        raise NotImplementedError

    def _rows(self):
        """Return the rows, each with one text per column.

        :rtype: list[list[str]]
        """
        raise NotImplementedError

    def _moment(self, moment):
        """Return a UTC datetime in the user's time zone, as a spreadsheet reads it."""
        if not moment:
            return ""
        return fields.Datetime.context_timestamp(self, moment).strftime(
            "%Y-%m-%d %H:%M"
        )

    def _hidden_note(self):
        """Say what the register does not contain; empty when it is complete."""
        self.ensure_one()
        if not self.hidden_count:
            return ""
        return self._texts()["hidden"].replace("%s", str(self.hidden_count))

    @api.depends("name")
    def _compute_csv_file(self):
        for register in self:
            content = register._render_csv(register._rows())
            register.csv_file = base64.b64encode(content)

    def _render_csv(self, rows):
        """Return the register as CSV.

        :param list rows: see :meth:`_rows`
        :rtype: bytes
        """
        self.ensure_one()
        buffer = io.StringIO()
        writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
        rows = [self._columns(), *rows]
        if note := self._hidden_note():
            rows.append([note])
        writer.writerows([self._safe_cell(cell) for cell in row] for row in rows)
        # With a byte order mark, or spreadsheets misread Japanese and Chinese.
        return buffer.getvalue().encode("utf-8-sig")

    @api.model
    def _safe_cell(self, text):
        """Return a cell that no spreadsheet takes for a formula."""
        return f"'{text}" if text.startswith(FORMULA_STARTS) else text
