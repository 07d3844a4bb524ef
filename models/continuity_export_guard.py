"""Odoo's own exports of customers, while they are for named people only (D7)."""

import hashlib
from datetime import timedelta
from typing import NamedTuple

from psycopg2.errors import ReadOnlySqlTransaction

from odoo import api, fields, models
from odoo.exceptions import AccessError

# Documents about a customer even when they name none yet, such as a lead with nothing
# but a telephone number.
CUSTOMER_MODELS = ("crm.lead", "sale.order", "account.move", "account.payment")


class ExportRestriction(NamedTuple):
    """``document`` keeps exports of a company's customers to certain people.

    ``allowed`` tells whether the person asked about is one of them; ``customers`` are
    those it is about (``res.partner``), None for all of the company.
    """

    document: models.BaseModel
    company: models.BaseModel
    allowed: bool
    customers: models.BaseModel | None = None

    def _concerns(self, companies, partners):
        """Tell whether an export would let out what this protects.

        :param companies: whose customers are in it
        :param partners: the customers in it
        """
        if self.customers is None:
            return self.company in companies
        return bool(self.customers & partners)


class ContinuityProcessMixin(models.AbstractModel):
    _inherit = "continuity.process.mixin"

    @api.model
    def _export_restrictions(self, user, companies):
        """Hook: say which of these companies' customers are exported by certain people
        only, and whether somebody is one of them.

        :param user: ``res.users`` who wants to export
        :param companies: ``res.company``
        :rtype: list[ExportRestriction]
        """
        return []

    def _exported(self, log):
        """Hook: somebody who may has exported customers this document protects.

        :param log: one ``continuity.export.log``
        """


class ContinuityExportLog(models.Model):
    """An export of customers while a company keeps them to certain people: who, when,
    what, how many. Written by the guard alone.
    """

    _name = "continuity.export.log"
    _description = "Export of Customers"
    _order = "id desc"
    _rec_name = "model_name"

    user_id = fields.Many2one(
        "res.users", required=True, index=True, ondelete="restrict", readonly=True
    )
    date = fields.Datetime(
        required=True, default=fields.Datetime.now, readonly=True, index=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, ondelete="restrict", readonly=True
    )
    model = fields.Char(string="Technical Name", required=True, readonly=True)
    model_name = fields.Char(string="Records", required=True, readonly=True)
    field_names = fields.Text(string="Fields", readonly=True)
    count = fields.Integer(string="How Many", readonly=True)
    ids_sha256 = fields.Char(
        string="Fingerprint of the Selection",
        readonly=True,
        help="SHA-256 of the numbers of the records, in order.",
    )


class ContinuityExportGuard(models.AbstractModel):
    """Decides on every export Odoo makes of records that lead to customers.

    What the reader may see decides nothing here, nor which companies the client has
    ticked: a customer two companies share is protected by either.
    """

    _name = "continuity.export.guard"
    _description = "Guard of Exports"

    @api.model
    def _restrictions(self):
        """Return what restricts exports by the current user, over all the companies
        they can work in.

        :rtype: list[ExportRestriction]
        """
        companies = self.env.user.sudo().company_ids
        return [
            restriction
            for name in sorted(
                self.env.registry.descendants(["continuity.process.mixin"], "_inherit")
            )
            if not self.env[name]._abstract
            for restriction in self.env[name]
            .sudo()
            ._export_restrictions(self.env.user, companies)
        ]

    @api.model
    def _check(self, records, paths):
        """Refuse an export that is not for the current user, and log one that is.

        :param records: what is exported
        :param list paths: names of fields, with ``/`` between links
        :raise AccessError: in the same words whatever the reason: a plan nobody is to
            know of yet must not be read from it
        """
        if self.env.su:
            return
        restrictions = self._restrictions()
        if not restrictions:
            return
        companies = self.env["res.company"].union(*(r.company for r in restrictions))
        concerned, customers = self._what_leaves(records.sudo(), paths, companies)
        self._decide(
            [r for r in restrictions if r._concerns(concerned, customers)],
            records,
            paths,
        )

    @api.model
    def _check_reading(self, model):
        """Refuse reading of a model over an interface for programs, or log it once a
        day: a program reads again and again.

        Only where all customers of a company are protected; which records are read is
        not known beforehand.

        :param model: the empty recordset
        :raise AccessError: as :meth:`_check`
        """
        if self.env.su or not self._is_about_customers(model):
            return
        restrictions = [r for r in self._restrictions() if r.customers is None]
        self._decide(restrictions, model, [], daily=True)

    @api.model
    def _models_read(self, model, values):
        """Return which models a program reads by one call: what it calls, and what it
        asks for behind links, in specifications of fields and in groups.

        :param model: the empty recordset that is called
        :param values: arguments of the method, however they are called
        :return: names of models
        :rtype: set[str]
        """
        names = {model._name}
        for value in values:
            if isinstance(value, dict):
                for key, nested in value.items():
                    names |= self._models_behind(model, key)
                    # Specifications say what they want behind a link in "fields";
                    # other arguments have names of their own.
                    field = model._fields.get(key)
                    if field and field.relational and isinstance(nested, dict):
                        linked = self.env[field.comodel_name]
                        nested = self._models_read(linked, nested.values())
                        names |= nested - {linked._name}
                    elif isinstance(nested, dict | list | tuple):
                        names |= self._models_read(model, [nested])
            elif isinstance(value, list | tuple):
                for item in value:
                    if isinstance(item, str):
                        names |= self._models_behind(model, item)
                    elif isinstance(item, dict):
                        names |= self._models_read(model, [item])
        return names

    @api.model
    def _models_behind(self, model, path):
        """Return the models the links of a path lead to, such as ``a.b`` or
        ``a:month``."""
        names = set()
        for name in path.partition(":")[0].split("."):
            field = model._fields.get(name)
            if field is None or not field.relational:
                break
            model = self.env[field.comodel_name]
            # Customers by name; colleagues and the like are asked for all the time.
            if model._name == "res.partner" or model._name in self._customer_models():
                names.add(model._name)
        return names

    @api.model
    def _decide(self, restrictions, records, paths, daily=False):
        refused = [r for r in restrictions if not r.allowed]
        if refused:
            raise AccessError(
                self.env._(
                    "Customers of %s are exported by named people only. Ask your "
                    "manager if you need a list.",
                    ", ".join({r.company.sudo().name for r in refused}),
                )
            )
        for restriction in restrictions:
            if daily and self._is_logged_today(records, restriction.company):
                continue
            log = self._log(records, paths, restriction.company)
            restriction.document._exported(log)

    @api.model
    def _is_logged_today(self, model, company):
        return bool(
            self.env["continuity.export.log"]
            .sudo()
            .search_count(
                [
                    ("user_id", "=", self.env.uid),
                    ("company_id", "=", company.id),
                    ("model", "=", model._name),
                    ("field_names", "=", False),
                    ("date", ">=", fields.Datetime.now() - timedelta(days=1)),
                ],
                limit=1,
            )
        )

    @api.model
    def _log(self, records, paths, company):
        if self.env.cr.readonly:
            # What programs read is read from a cursor that cannot write: Odoo then
            # begins again with one that can.
            raise ReadOnlySqlTransaction("An export is logged")
        ids = ",".join(str(id_) for id_ in records.ids)
        # Written by the guard alone, whoever exports.
        return (
            self.env["continuity.export.log"]
            .sudo()
            .create(
                {
                    "user_id": self.env.uid,
                    "company_id": company.id,
                    "model": records._name,
                    "model_name": self.env["ir.model"]._get(records._name).name,
                    "field_names": ", ".join(paths) or False,
                    "count": len(records),
                    "ids_sha256": hashlib.sha256(ids.encode()).hexdigest(),
                }
            )
        )

    # === WHOSE CUSTOMERS THEY ARE === #

    @api.model
    def _customer_models(self):
        """Return the models whose records are about a company's customers even when
        they name none; extensions add theirs.

        :rtype: tuple[str]
        """
        return CUSTOMER_MODELS

    @api.model
    def _is_about_customers(self, model):
        return (
            model._name == "res.partner"
            or model._name in self._customer_models()
            or bool(self._partner_fields(model))
        )

    @api.model
    def _partner_fields(self, model):
        """Return the fields that say whom a record of a model is about. Lists of
        partners leave when they are asked for, see :meth:`_what_leaves`."""
        return [
            field.name
            for field in model._fields.values()
            if field.comodel_name == "res.partner"
            and field.type == "many2one"
            and field.store
        ]

    @api.model
    def _what_leaves(self, records, paths, companies):
        """Return the companies whose customers an export would let out, and these.

        :param records: what is exported, as superuser
        :param list paths: names of fields
        :param companies: those that restrict exports
        :rtype: tuple[res.company, res.partner]
        """
        records = self._without_other_companies(records, companies)
        concerned = companies.browse()
        partners = self._partners_of(records)
        for path in paths:
            linked = records
            for name in path.split("/"):
                field = linked._fields.get(name)
                if field is None or not field.relational:
                    break
                linked = linked[name]
                partners |= self._partners_of(linked)
                concerned |= self._companies_of_documents(linked, companies)
        concerned |= self._companies_of_documents(records, companies)
        customers = partners.commercial_partner_id
        groups = (
            self.env["continuity.relationship"]
            .sudo()
            .with_context(active_test=False)
            ._read_group(
                [
                    ("partner_id", "in", customers.ids),
                    ("company_id", "in", companies.ids),
                ],
                ["company_id"],
            )
        )
        concerned = concerned.union(*(company for (company,) in groups))
        # A customer of a company that has had no business with it yet.
        concerned |= customers.filtered("customer_rank").company_id & companies
        return concerned, customers

    @api.model
    def _without_other_companies(self, records, companies):
        """Leave out records of companies that restrict nothing."""
        field = records._fields.get("company_id")
        if field is None or field.comodel_name != "res.company":
            return records
        return records.filtered(lambda r: not r.company_id or r.company_id & companies)

    @api.model
    def _partners_of(self, records):
        """Return the partners some records are, name, or are written about."""
        partners = self.env["res.partner"].sudo()
        if records._name == "res.partner":
            partners |= records
        for name in self._partner_fields(records):
            partners |= records[name]
        for field in records._fields.values():
            if field.type == "many2one_reference" and field.store:
                about = records.filtered(
                    lambda r, f=field: r[f.model_field] == "res.partner"
                )
                partners |= partners.browse(about.mapped(field.name)).exists()
        return partners

    @api.model
    def _companies_of_documents(self, records, companies):
        """Return the companies that documents about customers belong to; one without
        a company may be any one's."""
        if not records or records._name not in self._customer_models():
            return companies.browse()
        own = records.company_id & companies
        if records.filtered(lambda r: not r.company_id):
            return companies
        return own


class Base(models.AbstractModel):
    _inherit = "base"

    def export_data(self, fields_to_export):
        # Lists, JSON-2 and XML-RPC all come through here.
        self.env["continuity.export.guard"]._check(self, fields_to_export)
        return super().export_data(fields_to_export)


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _get_vcard_file(self):
        self.env["continuity.export.guard"]._check(self, ["vcard"])
        return super()._get_vcard_file()
