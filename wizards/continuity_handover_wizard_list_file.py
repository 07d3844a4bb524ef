"""Reading the file of an assignment list: rows with their numbers, columns by name."""

import base64
import csv
import io

import openpyxl

from odoo import models
from odoo.exceptions import UserError

from .continuity_handover_list_reader import CUSTOMER_KEYS

MAX_ROWS = 10000
# The columns, in the order of the template; see _list_columns for their headings.
COLUMNS = ("reference", "customer", "email", "vat", "predecessor", "successor")
# Other headings people use, beside ours in every installed language.
ALIASES = {
    "ref": "reference",
    "name": "customer",
    "customer name": "customer",
    "mail": "email",
    "e-mail": "email",
    "tax id": "vat",
    "from": "predecessor",
    "to": "successor",
    "salesperson": "predecessor",
    "new salesperson": "successor",
}


class ContinuityHandoverWizard(models.TransientModel):
    _inherit = "continuity.handover.wizard"

    def _parse_list(self):
        """Read the file with Odoo's own readers.

        :return: pairs of row number in the file and values by column
        :raise UserError: when it is no list, has no such columns, or is too long
        :rtype: list[tuple[int, dict]]
        """
        if not self.list_file:
            raise UserError(self.env._("Choose the file with the list."))
        name = self.list_filename or ""
        if not name.lower().endswith((".csv", ".xlsx", ".xls", ".ods")):
            raise UserError(
                self.env._("Save the list as CSV or XLSX and choose that file.")
            )
        record = self.env["base_import.import"].new(
            {"file": base64.b64decode(self.list_file), "file_name": name}
        )
        options = {"quoting": '"', "separator": "", "encoding": ""}
        try:
            _length, content = record._read_file(options)
        except UserError:
            raise
        except Exception as error:
            raise UserError(self.env._("The list cannot be read: %s", error)) from error
        if len(content) < 2:
            raise UserError(self.env._("The list is empty."))
        if len(content) - 1 > MAX_ROWS:
            raise UserError(
                self.env._(
                    "The list has %(count)s rows; up to %(limit)s are read. Split it.",
                    count=len(content) - 1,
                    limit=MAX_ROWS,
                )
            )
        columns = self._match_columns(content[0])
        numbers = self._row_numbers(content, options)
        return [
            (
                number,
                {
                    column: str(row[index]).strip()
                    for index, column in columns.items()
                    if index < len(row)
                },
            )
            for number, row in zip(numbers[1:], content[1:], strict=True)
        ]

    def _row_numbers(self, content, options):
        """Return the number of each row in the file: Odoo's readers leave empty rows
        out without saying where.

        :rtype: list[int]
        """
        data = base64.b64decode(self.list_file)
        consecutive = list(range(1, len(content) + 1))
        if self.list_filename.lower().endswith((".xls", ".ods")):
            return consecutive
        if options.get("sheet"):
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
            rows = book[options["sheet"]].iter_rows(values_only=True)
        else:
            rows = csv.reader(
                io.StringIO(data.decode(options["encoding"] or "utf-8")),
                quotechar=options["quoting"],
                delimiter=options["separator"] or ",",
            )
        numbers = [
            number
            for number, row in enumerate(rows, start=1)
            if any(str(value).strip() for value in row if value is not None)
        ]
        return numbers if len(numbers) == len(content) else consecutive

    def _match_columns(self, headings):
        """Return which column of the file is which of ours.

        :raise UserError: naming the columns that are missing
        :rtype: dict[int, str]
        """
        known = {name: name for name in COLUMNS} | ALIASES
        for code, _name in self.env["res.lang"].get_installed():
            labels = self.with_context(lang=code)._list_columns()
            known |= {label.casefold(): name for name, label in labels.items()}
        columns = {}
        for index, heading in enumerate(headings):
            name = known.get(str(heading).strip().lstrip("\ufeff").casefold())
            if name and name not in columns.values():
                columns[index] = name
        labels = self._list_columns()
        if not set(CUSTOMER_KEYS) & set(columns.values()):
            raise UserError(
                self.env._(
                    "No column names the customers. The first row needs one of: %s.",
                    ", ".join(labels[name] for name in CUSTOMER_KEYS),
                )
            )
        if "successor" not in columns.values():
            raise UserError(
                self.env._("The first row needs a column %s.", labels["successor"])
            )
        return columns
