"""Reorganisation from an assignment list: customer, predecessor, successor, as CSV or
spreadsheet. Every bad row is reported with its number; unless all rows are good,
nothing is taken over.
"""

import base64
import csv
import io
from collections import defaultdict

import openpyxl
import xlsxwriter

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import email_normalize

MAX_ROWS = 10000
# The columns, in the order of the template; see _list_columns for their headings.
CUSTOMER_KEYS = ("reference", "vat", "email", "customer")
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

    successor_mode = fields.Selection(
        selection_add=[("list", "From a list (CSV, XLSX)")],
        ondelete={"list": "set default"},
    )
    list_file = fields.Binary(string="List", attachment=False)
    list_filename = fields.Char()
    # [leaver id, customer id, successor id] of each good row.
    list_assignment = fields.Json(readonly=True)
    problem_ids = fields.One2many(
        "continuity.handover.wizard.problem",
        "wizard_id",
        string="Bad Rows",
        readonly=True,
    )
    list_template = fields.Binary(compute="_compute_list_template")

    # === THE TEMPLATE === #

    @api.model
    def _list_columns(self):
        """Return the headings of the columns in the language of the environment.

        :rtype: dict[str, str]
        """
        return {
            "reference": self.env._("Reference"),
            "customer": self.env._("Customer"),
            "email": self.env._("E-Mail"),
            "vat": self.env._("Tax ID"),
            "predecessor": self.env._("Predecessor"),
            "successor": self.env._("Successor"),
        }

    @api.depends("leaver_ids", "company_id")
    def _compute_list_template(self):
        for wizard in self:
            wizard.list_template = base64.b64encode(wizard._render_list_template())

    def _render_list_template(self):
        """Return a spreadsheet with the predecessors' customers, the successors to be
        filled in.

        :raise AccessError: for people one neither is nor manages
        :rtype: bytes
        """
        self._check_may_draft()
        labels = self._list_columns()
        content = io.BytesIO()
        with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
            bold = book.add_format({"bold": True})
            # Text: a reference keeps its leading zeros, and no name is a formula.
            text = book.add_format({"num_format": "@"})
            sheet = book.add_worksheet()
            sheet.set_column(0, len(COLUMNS) - 1, 24, text)
            for column, name in enumerate(COLUMNS):
                sheet.write_string(0, column, labels[name], bold)
            for row, values in enumerate(self._template_rows(), start=1):
                for column, value in enumerate(values):
                    sheet.write_string(row, column, value or "", text)
        return content.getvalue()

    def _template_rows(self):
        """Return the rows of the template: the customers of the predecessors."""
        leavers = self.leaver_ids._origin
        found, _deals = (
            self.env["continuity.handover"]
            .sudo()
            ._find_customers(leavers, self.company_id)
        )
        for leaver in leavers:
            for partner in self.env["res.partner"].sudo().browse(found[leaver.id]):
                yield (
                    partner.ref,
                    partner.name,
                    partner.email,
                    partner.vat,
                    leaver.login,
                    "",
                )

    def action_download_template(self):
        """Download the list to fill in.

        :raise AccessError: for people one neither is nor manages
        """
        self.ensure_one()
        self._check_may_draft()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/list_template/customers.xlsx"
            "?download=true",
            "target": "download",
        }

    # === READING === #

    def action_what(self):
        if self.successor_mode == "list":
            self._check_may_draft()
            if not self._read_list():
                return self._reopen()
        return super().action_what()

    def _get_proposals(self):
        proposals = super()._get_proposals()
        if self.successor_mode != "list":
            return proposals
        listed = self._assignment()
        return [
            values
            for values in proposals
            if (values["leaver_id"], values.get("partner_id")) in listed
        ]

    def _propose_successor(self, values):
        if self.successor_mode != "list":
            return super()._propose_successor(values)
        key = values["leaver_id"], values.get("partner_id")
        return self.env["res.users"].browse(self._assignment().get(key, ()))

    def _assignment(self):
        """Return who gets which customer: {(leaver id, customer id): successor id}."""
        return {
            (leaver_id, partner_id): successor_id
            for leaver_id, partner_id, successor_id in self.list_assignment or ()
        }

    def _read_list(self):
        """Read the list; take it over only if every row is good.

        :return: whether it was taken over; else the bad rows are in ``problem_ids``
        :raise UserError: when the file cannot be read as a list
        :rtype: bool
        """
        rows = self._parse_list()
        reader = self._prepare_reader(rows)
        problems, assignment = [], {}
        for number, row in rows:
            try:
                leaver, partner, successor = reader.resolve(row)
                first = assignment.get((leaver.id, partner.id))
                if first:
                    raise BadRow(
                        self.env._(
                            "%(customer)s stands in row %(row)s already.",
                            customer=partner.display_name,
                            row=first[0],
                        )
                    )
                assignment[leaver.id, partner.id] = number, successor.id
            except BadRow as problem:
                values = [row.get(name, "") for name in COLUMNS]
                problems.append(
                    {
                        "wizard_id": self.id,
                        "row": number,
                        "content": " | ".join(filter(None, values)),
                        "reason": str(problem),
                    }
                )
        self.sudo().problem_ids.unlink()
        self.env["continuity.handover.wizard.problem"].sudo().create(problems)
        if problems:
            self.list_assignment = False
            return False
        self.list_assignment = [
            [leaver_id, partner_id, successor_id]
            for (leaver_id, partner_id), (_row, successor_id) in assignment.items()
        ]
        leaver_ids = {leaver_id for leaver_id, _partner_id in assignment}
        approver = self.approver_id
        self.leaver_ids = [Command.set(list(leaver_ids))]
        # Whom somebody chose stays, also when another manager would be proposed now.
        self.approver_id = approver
        return True

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

    def _prepare_reader(self, rows):
        """Return what turns rows into records; everything is read beforehand, in a
        number of statements that does not grow with the rows."""
        return ListReader(self, [row for _number, row in rows])


class ContinuityHandoverWizardProblem(models.TransientModel):
    """A row of an assignment list that cannot be taken over, and why."""

    _name = "continuity.handover.wizard.problem"
    _description = "Bad Row"
    _order = "row, id"

    wizard_id = fields.Many2one(
        "continuity.handover.wizard", required=True, ondelete="cascade", index=True
    )
    row = fields.Integer()
    content = fields.Char()
    reason = fields.Char()


class BadRow(Exception):
    """Why a row cannot be taken over."""


class ListReader:
    """Turns rows of an assignment list into predecessor, customer and successor.

    :param wizard: one ``continuity.handover.wizard``
    :param list rows: dicts by column
    """

    def __init__(self, wizard, rows):
        self.wizard = wizard
        self.env = wizard.env
        self.company = wizard.company_id
        self._read_users(rows)
        self._read_customers(rows)
        self._problems = {}

    def resolve(self, row):
        """Return the records of one row.

        :return: predecessor, customer, successor
        :raise BadRow: with the reason
        :rtype: tuple
        """
        partners = self._find_partners(row)
        leaver = self._find_leaver(row, partners)
        # Of two customers of one name, the predecessor's is meant.
        own = partners.filtered(lambda p: p.id in self.customers[leaver.id])
        if len(partners) > 1 and len(own) != 1:
            raise BadRow(
                self.env._(
                    "%(count)s customers are meant: %(names)s. Add their reference.",
                    count=len(partners),
                    names=", ".join(p.display_name for p in partners[:3]),
                )
            )
        partner = own if len(partners) > 1 else partners
        if not own:
            raise BadRow(self._not_the_owner(partner, leaver))
        return leaver, partner, self._find_successor(row, leaver)

    # === PEOPLE === #

    def _read_users(self, rows):
        names = {
            row[key]
            for row in rows
            for key in ("predecessor", "successor")
            if row.get(key)
        }
        users = self.env["res.users"].sudo().with_context(active_test=False)
        # Also those this user may not see: the row says why they cannot take over.
        found = users.search(
            [
                ("share", "=", False),
                "|",
                "|",
                ("login", "in", list(names)),
                ("email", "in", list(names)),
                ("name", "in", list(names)),
            ]
        )
        self.users = defaultdict(users.browse)
        for user in found:
            for name in {user.login, user.email, user.name} - {False}:
                self.users[name.casefold()] |= user

    def _find_user(self, name):
        """Return the one user of a name, log-in or e-mail address.

        :raise BadRow: when there is none, or several
        """
        users = self.users.get(name.casefold())
        if not users:
            raise BadRow(self.env._("Nobody is called %s.", name))
        if len(users) > 1:
            users = users.filtered("active")
        if len(users) != 1:
            raise BadRow(
                self.env._("Several people are called %s: use the log-in.", name)
            )
        return users

    def _find_leaver(self, row, partners):
        name = row.get("predecessor")
        if name:
            leaver = self._find_user(name)
        else:
            leaver = partners.user_id
            if len(leaver) != 1:
                raise BadRow(self.env._("Say who is the predecessor."))
        self._check_once(("leaver", leaver.id), lambda: self._leaver_problem(leaver))
        if leaver.id not in self.customers:
            self._read_customers_of(leaver)
        return leaver

    def _leaver_problem(self, leaver):
        try:
            self.env["continuity.handover"]._check_may_draft_for(leaver)
        except AccessError as error:
            return str(error)
        return None

    def _find_successor(self, row, leaver):
        name = row.get("successor")
        if not name:
            raise BadRow(self.env._("Say who takes over."))
        successor = self._find_user(name)
        if successor == leaver:
            raise BadRow(
                self.env._("%s cannot take over from themself.", successor.name)
            )
        self._check_once(
            ("successor", successor.id),
            lambda: self.env["continuity.handover"]._successor_problem(
                successor, self.company
            ),
        )
        return successor

    def _check_once(self, key, check):
        """Refuse a row for what is wrong with a person, looked up once."""
        if key not in self._problems:
            self._problems[key] = check()
        if self._problems[key]:
            raise BadRow(self._problems[key])

    # === CUSTOMERS === #

    def _read_customers(self, rows):
        """Read the partners the rows can mean: what the user may see, and the
        customers of predecessors they may draft for."""
        self.customers = {}
        users = self.env["res.users"].sudo().browse()
        for row in rows:
            users |= self.users.get(row.get("predecessor", "").casefold(), users[:0])
        leavers = users.filtered(lambda u: not self._leaver_problem(u))
        known = self._read_customers_of(leavers | self.wizard.leaver_ids._origin)
        values = {
            key: list({row[key] for row in rows if row.get(key)})
            for key in CUSTOMER_KEYS
        }
        emails = values["email"]
        domain = [
            "&",
            ("company_id", "in", (False, self.company.id)),
            "|",
            "|",
            "|",
            ("ref", "in", values["reference"]),
            ("vat", "in", values["vat"]),
            ("email_normalized", "in", [*filter(None, map(email_normalize, emails))]),
            ("name", "in", values["customer"]),
        ]
        visible = self.env["res.partner"].search(domain).sudo()
        self.by_key = {key: defaultdict(visible.browse) for key in CUSTOMER_KEYS}
        for partner in visible | self._contacts_of(known):
            for key, value in self._keys_of(partner):
                self.by_key[key][value] |= partner.commercial_partner_id

    def _read_customers_of(self, leavers):
        """Read whom people work with; return the customers."""
        found, _deals = (
            self.env["continuity.handover"]
            .sudo()
            ._find_customers(leavers, self.company)
        )
        self.customers.update({leaver_id: set(ids) for leaver_id, ids in found.items()})
        ids = {id_ for customers in found.values() for id_ in customers}
        return self.env["res.partner"].sudo().browse(ids)

    def _contacts_of(self, customers):
        return customers.search([("commercial_partner_id", "in", customers.ids)])

    def _keys_of(self, partner):
        """Yield under which values a partner is found."""
        for key, value in (
            ("reference", partner.ref),
            ("vat", partner.vat),
            ("email", partner.email_normalized),
            ("customer", partner.name),
        ):
            if value:
                yield key, self._normalize(key, value)

    def _normalize(self, key, value):
        if key == "email":
            return email_normalize(value) or value.casefold()
        if key == "vat":
            return "".join(filter(str.isalnum, value)).upper()
        return " ".join(value.split()).casefold()

    def _find_partners(self, row):
        """Return the customers a row can mean: by the first of reference, tax id,
        e-mail address and name it gives; the others decide between several.

        :raise BadRow: when there is none
        """
        found = None
        for key in CUSTOMER_KEYS:
            if not row.get(key):
                continue
            partners = self.by_key[key].get(self._normalize(key, row[key]))
            if found is None:
                if not partners:
                    raise BadRow(self.env._("No customer has %s.", row[key]))
                found = partners
            elif len(found) > 1 and partners and found & partners:
                found &= partners
        if found is None:
            raise BadRow(self.env._("The row names no customer."))
        return found

    def _not_the_owner(self, partner, leaver):
        owner = partner.user_id
        if owner:
            return self.env._(
                "%(customer)s is looked after by %(owner)s, not by %(name)s.",
                customer=partner.display_name,
                owner=owner.name,
                name=leaver.name,
            )
        return self.env._(
            "%(customer)s is not looked after by %(name)s.",
            customer=partner.display_name,
            name=leaver.name,
        )
