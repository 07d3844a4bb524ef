import base64
import csv
import hashlib
import io
import json
import zipfile

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import NO_ACCESS

# More of a customer's own PDF files than this is named in the list of what was left
# out, and handed over by other means.
MAX_DOCUMENT_BYTES = 200 * 1024 * 1024
# The same data makes the same file.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
# A spreadsheet would take these for a formula.
FORMULA_MARKS = ("=", "+", "-", "@", "\t", "\r")


class ContinuityExportPackage(models.Model):
    """What was handed over to a successor about one customer: by whom, on what
    grounds, and the fingerprint of the file (D7).

    Written once by :meth:`_make`, after everything ``_export_problems`` asks for, and
    neither edited nor deleted. The file itself is for the people named in the campaign
    alone; whoever may see the campaign sees that it was handed over.
    """

    _name = "continuity.export.package"
    _description = "Data Handed Over"
    _order = "id desc"
    _rec_name = "file_name"

    transfer_id = fields.Many2one(
        "continuity.transfer",
        string="Transfer to a Successor",
        required=True,
        index=True,
        ondelete="restrict",
    )
    dissolution_id = fields.Many2one(related="transfer_id.dissolution_id", store=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, ondelete="restrict"
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="restrict",
    )
    provider_id = fields.Many2one(
        "continuity.provider", required=True, ondelete="restrict"
    )
    recipient = fields.Text(string="Data Recipient", required=True)
    basis = fields.Text(string="Grounds", required=True)
    contents = fields.Text(help="The files in it, and what was left out and why.")
    content = fields.Binary(attachment=True, groups=NO_ACCESS)
    file = fields.Binary(compute="_compute_file", string="Package")
    file_name = fields.Char(required=True)
    size = fields.Integer(string="Size (bytes)", aggregator=None)
    sha256 = fields.Char(string="Fingerprint", required=True)
    made_by_id = fields.Many2one(
        "res.users", string="Handed Over By", required=True, ondelete="restrict"
    )
    made_on = fields.Datetime(string="Handed Over On", required=True)

    @api.depends_context("uid")
    def _compute_file(self):
        for package in self:
            allowed = package._may_download(self.env.user)
            package.file = allowed and package.sudo().content

    def _may_download(self, user):
        """Tell whether somebody gets the file: only who is named in the campaign, and
        nobody once the customer has said no to it.

        :rtype: bool
        """
        self.ensure_one()
        package = self.sudo()
        named = user.active and user in package.dissolution_id.export_user_ids
        return named and not package.transfer_id._data_refused()

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(
                self.env._("Packages are made from a transfer, once all is in order.")
            )
        return super().create(vals_list)

    def write(self, vals):
        """Refuse: what left cannot be changed afterwards.

        :raise UserError: for any value
        """
        if vals:
            raise UserError(self.env._("What was handed over is evidence: it stays."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What was handed over is evidence: it stays."))

    # === WRITING IT === #

    @api.model
    def _make(self, transfer):
        """Write the package of a transfer and keep it.

        Whoever calls it has checked that nothing stands in the way.

        :param transfer: one ``continuity.transfer``
        :rtype: continuity.export.package
        """
        now = fields.Datetime.now()
        # With the rights of the app, in the customer's company alone: which of the
        # documents the exporter sees in lists does not change what the customer gets.
        source = transfer.sudo().with_company(transfer.company_id)
        source = source.with_context(
            allowed_company_ids=transfer.company_id.ids,
            lang=transfer.sudo().partner_id.lang,
        )
        files, left_out = self._collect(source)
        basis = self._describe_basis(source)
        facts = source._consent_facts()
        manifest = {
            "customer": source.partner_id.name,
            "recipient": facts["recipient"],
            "grounds": basis,
            "made_on": fields.Datetime.to_string(now),
            "made_by": self.env.user.name,
            "files": {
                name: hashlib.sha256(data).hexdigest()
                for name, data in sorted(files.items())
            },
            "left_out": left_out,
        }
        files["manifest.json"] = json.dumps(
            manifest, ensure_ascii=False, indent=2
        ).encode()
        content = self._zip(files)
        return (
            self.sudo()
            .create(
                {
                    "transfer_id": transfer.id,
                    "company_id": transfer.company_id.id,
                    "partner_id": source.partner_id.id,
                    "provider_id": source.provider_id.id,
                    "recipient": facts["recipient"],
                    "basis": basis,
                    "contents": "\n".join([*sorted(files), *left_out]),
                    "content": base64.b64encode(content),
                    "file_name": f"{source.partner_id.name}.zip".replace("/", "-"),
                    "size": len(content),
                    "sha256": hashlib.sha256(content).hexdigest(),
                    "made_by_id": self.env.uid,
                    "made_on": now,
                }
            )
            .sudo(self.env.su)
        )

    @api.model
    def _describe_basis(self, transfer):
        """Return the grounds with the answers they rest on, in plain words."""
        lines = [
            f"{transfer.rule_id.name} ({transfer.rule_id._source_note()})",
        ]
        for kind in transfer._consent_kinds():
            consent = transfer._last_answer(kind)
            kinds = dict(consent._fields["kind"]._description_selection(self.env))
            lines.append(
                self.env._(
                    "%(question)s: given by %(person)s on %(day)s",
                    question=kinds[kind],
                    person=consent.answered_by,
                    day=fields.Datetime.to_string(consent.date),
                )
            )
        return "\n".join(lines)

    @api.model
    def _collect(self, transfer):
        """Return the files of a package, and what is not in it and why.

        :return: bytes by file name; sentences
        :rtype: tuple[dict[str, bytes], list[str]]
        """
        asked = transfer.category_ids
        consent = transfer._last_answer("data")
        covered = asked & consent.category_ids if consent else asked
        left_out = [
            self.env._("%s: not named when the customer agreed.", category.name)
            for category in asked - covered
        ]
        files = {}
        for category in covered:
            found, missing = getattr(self, f"_files_{category.code}")(transfer)
            files.update(found)
            left_out += missing
        return files, left_out

    @api.model
    def _zip(self, files):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in sorted(files.items()):
                archive.writestr(zipfile.ZipInfo(name, ZIP_TIME), data)
        return buffer.getvalue()

    @api.model
    def _csv(self, name, header, rows):
        """Return one CSV file that spreadsheets open as it is, in any language."""
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        writer.writerow(header)
        writer.writerows([self._cell(value) for value in row] for row in rows)
        # With the mark that tells spreadsheets it is UTF-8.
        return {name: b"\xef\xbb\xbf" + buffer.getvalue().encode()}, []

    @api.model
    def _cell(self, value):
        if value is False or value is None:
            return ""
        if isinstance(value, str) and value.startswith(FORMULA_MARKS):
            return f"'{value}"
        return value

    @api.model
    def _read_csv(self, name, records, paths):
        """Return a CSV file of some fields, with their labels as its header."""
        header = [self._label(records, path) for path in paths]
        rows = [[self._value(record, path) for path in paths] for record in records]
        return self._csv(name, header, rows)

    @api.model
    def _label(self, records, path):
        names = path.split(".")
        model = records
        for name in names[:-1]:
            model = model[name].browse()
        label = model._fields[names[-1]]._description_string(self.env)
        return label

    @api.model
    def _value(self, record, path):
        for name in path.split("."):
            field = record._fields[name]
            value = record[name]
            if field.type == "selection":
                options = dict(field._description_selection(record.env))
                value = options.get(value, "")
            record = value
        if isinstance(record, models.BaseModel):
            return ", ".join(record.mapped("display_name"))
        return record

    # === WHAT IS IN IT: one method for each code of continuity.data.category === #

    @api.model
    def _files_customer(self, transfer):
        paths = ["name", "street", "street2", "zip", "city", "state_id", "country_id"]
        paths += ["phone", "email", "website", "vat", "company_registry", "lang"]
        return self._read_csv("customer.csv", transfer.partner_id, paths)

    @api.model
    def _files_contacts(self, transfer):
        people = transfer.env["res.partner"].search(
            [
                ("id", "child_of", transfer.partner_id.id),
                ("id", "!=", transfer.partner_id.id),
            ]
        )
        paths = ["name", "type", "function", "phone", "email", "street", "zip", "city"]
        return self._read_csv("contacts.csv", people, paths)

    @api.model
    def _orders(self, transfer):
        return transfer.env["sale.order"].search(
            [
                ("partner_id", "child_of", transfer.partner_id.id),
                ("company_id", "=", transfer.company_id.id),
                ("state", "=", "sale"),
            ],
            order="date_order, id",
        )

    @api.model
    def _files_orders(self, transfer):
        lines = self._orders(transfer).order_line.filtered(lambda x: not x.display_type)
        paths = ["order_id.name", "order_id.date_order", "order_id.client_order_ref"]
        paths += ["name", "product_uom_qty", "qty_delivered", "qty_invoiced"]
        paths += ["price_unit", "price_total", "currency_id.name"]
        return self._read_csv("orders.csv", lines, paths)

    @api.model
    def _invoices(self, transfer):
        return transfer.env["account.move"].search(
            [
                ("partner_id", "child_of", transfer.partner_id.id),
                ("company_id", "=", transfer.company_id.id),
                ("state", "=", "posted"),
                ("move_type", "in", ("out_invoice", "out_refund")),
            ],
            order="invoice_date, id",
        )

    @api.model
    def _files_invoices(self, transfer):
        paths = ["name", "move_type", "invoice_date", "invoice_date_due"]
        paths += ["amount_untaxed", "amount_total", "amount_residual"]
        paths += ["currency_id.name", "payment_state"]
        return self._read_csv("invoices.csv", self._invoices(transfer), paths)

    @api.model
    def _files_open_items(self, transfer):
        lang = transfer.partner_id.lang
        items = transfer.customer_id._open_items(lang)
        keys = ["document", "kind_label", "description", "quantity", "amount", "date"]
        keys += ["deadline", "tracking"]
        rows = [[item[key] for key in keys] for item in items]
        return self._csv("open_items.csv", keys, rows)

    @api.model
    def _files_interactions(self, transfer):
        touchpoints = transfer.env["continuity.touchpoint"].search(
            [
                ("partner_id", "=", transfer.partner_id.id),
                ("company_id", "=", transfer.company_id.id),
                ("state", "=", "done"),
            ],
            order="date_done",
        )
        # Subjects are written for colleagues: only that there was a contact goes.
        return self._read_csv(
            "interactions.csv", touchpoints, ["date_done", "channel_id", "user_id"]
        )

    @api.model
    def _sent_pdfs(self, records):
        """Return the PDF files of documents that the customer has got: what colleagues
        attached for themselves is none of a successor's business.

        :rtype: ir.attachment
        """
        messages = records.env["mail.message"].search(
            [
                ("model", "=", records._name),
                ("res_id", "in", records.ids),
                ("message_type", "in", ("comment", "email")),
                ("is_internal", "=", False),
                ("subtype_id.internal", "=", False),
            ]
        )
        return messages.attachment_ids.filtered(
            lambda a: a.mimetype == "application/pdf"
        )

    @api.model
    def _files_documents(self, transfer):
        invoices = self._invoices(transfer)
        attachments = invoices.invoice_pdf_report_id | self._sent_pdfs(invoices)
        attachments |= self._sent_pdfs(self._orders(transfer))
        files, left_out, total = {}, [], 0
        for attachment in attachments.sorted("id"):
            total += attachment.file_size
            if total > MAX_DOCUMENT_BYTES:
                left_out.append(
                    self.env._("%s: the package would be too large.", attachment.name)
                )
                continue
            name = f"{attachment.id}_{attachment.name}".replace("/", "-")
            files[f"documents/{name}"] = attachment.raw or b""
        return files, left_out

    @api.model
    def _files_bank(self, transfer):
        paths = ["acc_number", "acc_holder_name", "bank_id.name", "bank_id.bic"]
        banks = transfer.partner_id.bank_ids
        return self._read_csv("bank.csv", banks, paths)

    @api.model
    def _files_profile(self, transfer):
        paths = ["continuity_business", "continuity_equipment"]
        paths += ["continuity_preferences"]
        return self._read_csv("preferences.csv", transfer.partner_id, paths)
