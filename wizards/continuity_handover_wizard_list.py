"""Reorganisation from an assignment list: customer, predecessor, successor, as CSV or
spreadsheet. Every bad row is reported with its number; unless all rows are good,
nothing is taken over.
"""

import base64
import io

import xlsxwriter

from odoo import Command, api, fields, models

from .continuity_handover_list_reader import BadRow, ListReader
from .continuity_handover_wizard_list_file import COLUMNS


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
