"""What changes hands with a customer, and how it is connected with one.

What moves is a list of :class:`Mover`, one per kind of record. The same list finds a
leaver's customers, counts what will move and moves it, so that the three cannot
disagree.
"""

from dataclasses import dataclass

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .continuity_concern import OPEN_STATES as CONCERN_OPEN_STATES


@dataclass(frozen=True)
class Mover:
    """One kind of record that changes hands with its customer.

    :param str key: identifies the mover, e.g. in the counts of ``_find_customers``
    :param str model: name of the model
    :param str label: what the records are called, plural, translated
    :param str user_field: the many2one to the user that changes
    :param Domain domain: which records are open, i.e. move; history does not (I5)
    :param Domain find_domain: narrows ``domain`` when customers are looked for
    :param tuple partner_paths: dotted paths over many2one fields to the contact
        (``id`` for contacts themselves); the last field may be a many2many
    :param str lead_path: path to the lead, for deals without a customer
    :param tuple documents: names of models; the record hangs on one of their records
        by ``res_model`` and ``res_id`` and reaches customer, lead and company
        through it
    :param str company_path: path to the company; empty there means shared
    :param tuple keep: stored fields that ``write`` itself would change along with
        the user and that must stay; what is *computed* from the user stays anyway
    :param str attendees: many2many to ``res.partner`` in which the successor takes
        the leaver's place
    :param str follow: what the successor follows afterwards: ``record``,
        ``document`` (what the record hangs on) or nothing
    :param str counted_by: many2one of which all records count as one, e.g. a series
    :param tuple prefetch: dotted paths that ``write`` would read record by record
    """

    key: str
    model: str
    label: str
    user_field: str = "user_id"
    domain: Domain = Domain.TRUE
    find_domain: Domain = Domain.TRUE
    partner_paths: tuple = ("partner_id",)
    lead_path: str | None = None
    documents: tuple = ()
    company_path: str | None = "company_id"
    keep: tuple = ()
    attendees: str | None = None
    follow: str | None = "record"
    counted_by: str | None = None
    prefetch: tuple = ()


class ContinuityHandover(models.Model):
    _inherit = "continuity.handover"

    # === WHAT MOVES === #

    @api.model
    def _get_movers(self):
        """Return what a cut-over moves, in this order; extensions append theirs.

        :rtype: list[Mover]
        """
        documents = (
            "res.partner",
            "crm.lead",
            "sale.order",
            "account.move",
            "continuity.concern",
        )
        meetings = self._domain_movable_meetings()
        return [
            Mover(
                key="partner",
                model="res.partner",
                label=self.env._("Customers and contacts"),
                find_domain=Domain("active", "=", True),
                partner_paths=("id",),
                prefetch=(
                    "child_ids.child_ids.is_company",
                    "child_ids.commercial_partner_id",
                    "child_ids.user_ids",
                ),
            ),
            Mover(
                key="lead",
                model="crm.lead",
                label=self.env._("Open deals"),
                domain=Domain("active", "=", True)
                & Domain("won_status", "=", "pending"),
                lead_path="id",
                keep=("date_open",),
            ),
            Mover(
                key="order",
                model="sale.order",
                label=self.env._("Quotations and open orders"),
                domain=self._domain_open_orders(),
            ),
            Mover(
                key="invoice",
                model="account.move",
                label=self.env._("Draft invoices"),
                user_field="invoice_user_id",
                domain=Domain("state", "=", "draft")
                & Domain(
                    "move_type", "in", ("out_invoice", "out_refund", "out_receipt")
                ),
            ),
            Mover(
                key="concern",
                model="continuity.concern",
                label=self.env._("Open concerns"),
                user_field="owner_id",
                domain=Domain("state", "in", CONCERN_OPEN_STATES),
            ),
            Mover(
                key="touchpoint",
                model="continuity.touchpoint",
                label=self.env._("Planned contacts"),
                # Those of a handover are the predecessor's part of it.
                domain=Domain("state", "in", ("owed", "tried"))
                & Domain("origin_model", "!=", "continuity.handover.line"),
                follow=None,
            ),
            Mover(
                key="activity",
                model="mail.activity",
                label=self.env._("Planned activities"),
                domain=Domain("active", "=", True)
                & self._domain_not_of_handovers("activity_id")
                & (
                    Domain("calendar_event_id", "=", False)
                    | Domain("calendar_event_id", "any", self._domain_not_private())
                ),
                partner_paths=(),
                documents=documents,
                company_path=None,
                follow="document",
            ),
            Mover(
                key="meeting",
                model="calendar.event",
                label=self.env._("Future meetings"),
                domain=meetings,
                partner_paths=("partner_ids", "opportunity_id.partner_id"),
                lead_path="opportunity_id",
                documents=documents,
                company_path="opportunity_id.company_id",
                attendees="partner_ids",
                follow=None,
                counted_by="recurrence_id",
                prefetch=("attendee_ids.partner_id",),
            ),
        ]

    @api.model
    def _domain_open_orders(self):
        """Return the quotations and the orders not yet delivered and invoiced."""
        unfinished = Domain("invoice_status", "in", ("no", "to invoice"))
        if "delivery_status" in self.env["sale.order"]._fields:
            unfinished |= Domain(
                "delivery_status", "in", ("pending", "started", "partial")
            )
        return Domain("state", "in", ("draft", "sent")) | (
            Domain("state", "=", "sale") & unfinished
        )

    @api.model
    def _domain_movable_meetings(self):
        """Return the meetings that move: those to come, except private ones."""
        return (
            Domain("active", "=", True)
            & Domain("start", ">", fields.Datetime.now())
            & self._domain_not_private()
            & self._domain_not_of_handovers("event_id")
        )

    @api.model
    def _domain_not_private(self):
        """Return the meetings that are not private, nor in a calendar that is private
        unless said otherwise: nobody's business, and not readable even for sudo."""
        settings = self.env["res.users.settings"].sudo()
        default = self.env["res.users"]._default_user_calendar_default_privacy()
        if default == "private":
            public = settings._search(
                [("calendar_default_privacy", "not in", ("private", False))]
            )
            in_public_calendar = Domain("user_id", "in", public.subselect("user_id"))
        else:
            private = settings._search([("calendar_default_privacy", "=", "private")])
            in_public_calendar = Domain(
                "user_id", "not in", private.subselect("user_id")
            )
        return Domain("privacy", "in", ("public", "confidential")) | (
            Domain("privacy", "=", False) & in_public_calendar
        )

    @api.model
    def _domain_not_of_handovers(self, field):
        """Return what is not the activity, or the meeting, of a contact that belongs
        to a handover: a joint visit stays with the predecessor until it was held.

        :param str field: of the touchpoint: ``activity_id`` or ``event_id``
        """
        owed = (
            self.env["continuity.touchpoint"]
            .sudo()
            ._search(
                [
                    ("origin_model", "=", "continuity.handover.line"),
                    ("state", "in", ("owed", "tried")),
                    (field, "!=", False),
                ]
            )
        )
        return Domain("id", "not in", owed.subselect(SQL.identifier(field)))

    @api.model
    def _kept_fields(self, mover):
        """Return the stored fields that stay when the salesperson changes: what the
        mover names, and whatever is computed from the user, such as team, stage and
        probability, or the warehouse of an order. A plain copy of the user's data
        (related field) follows.

        :rtype: list[odoo.fields.Field]
        """
        model = self.env[mover.model]
        user_field = model._fields[mover.user_field]
        kept = dict.fromkeys(model._fields[name] for name in mover.keep)
        for field in self.env.registry.get_dependent_fields(user_field):
            own = field.model_name == mover.model and field.store
            if own and not field.related and field != user_field:
                kept[field] = None
        return list(kept)

    # === HOW IT IS REACHED: SQL === #

    @api.model
    def _mover_routes(self, mover, company, domain=Domain.TRUE):
        """Yield the ways from the records of a mover to customers and to deals.

        :param Mover mover: what is looked for
        :param company: ``res.company``; records of other companies are left out (I8)
        :param Domain domain: further condition on the records
        :return: tuples (query, contact, lead); contact and lead are ``SQL`` columns,
            one of the two is None
        """
        model = self.env[mover.model].sudo().with_context(active_test=False)
        table = model._table
        documents = self._document_movers(mover)
        own = Domain.AND(
            [mover.domain, domain, self._domain_of_company(mover.company_path, company)]
        )
        for path in mover.partner_paths:
            query = model._search(own)
            self._exclude_foreign_documents(query, documents, company)
            yield query, self._join_path(query, model, table, path), None
        if mover.lead_path:
            query = model._search(own)
            yield query, None, self._join_path(query, model, table, mover.lead_path)
        for document in documents:
            document_model = self.env[document.model]
            on_document = own & Domain("res_model", "=", document.model)
            for path, is_lead in (
                (document.partner_paths[0], False),
                (document.lead_path, True),
            ):
                if not path:
                    continue
                query = model._search(on_document)
                alias = query.join(table, "res_id", document_model._table, "id", "res")
                query.add_where(self._sql_of_company(query, document, alias, company))
                column = self._join_path(query, document_model, alias, path)
                yield (query, None, column) if is_lead else (query, column, None)

    @api.model
    def _document_movers(self, mover):
        """Return the movers of the models a mover's records may hang on."""
        if not mover.documents:
            return []
        by_model = {m.model: m for m in self._get_movers()}
        return [by_model[name] for name in mover.documents if name in by_model]

    @api.model
    def _domain_of_company(self, path, company):
        """Return the records of a company, and those no company claims."""
        if not path:
            return Domain.TRUE
        domain = Domain(path, "in", [company.id, False])
        owner = path.rpartition(".")[0]
        return domain | Domain(owner, "=", False) if owner else domain

    @api.model
    def _sql_of_company(self, query, mover, alias, company):
        """Return the condition that the record at ``alias`` is no other company's."""
        if not mover.company_path:
            return SQL("TRUE")
        column = self._join_path(
            query, self.env[mover.model], alias, mover.company_path
        )
        return SQL("COALESCE(%s, %s) = %s", column, company.id, company.id)

    @api.model
    def _exclude_foreign_documents(self, query, documents, company):
        """Leave out records that hang on a document of another company."""
        for document in documents:
            if not document.company_path:
                continue
            query.add_where(
                SQL(
                    """NOT EXISTS (SELECT FROM %(document)s document
                                    WHERE document.id = %(res_id)s
                                      AND %(res_model)s = %(model)s
                                      AND document.%(company_field)s <> %(company)s)""",
                    document=SQL.identifier(self.env[document.model]._table),
                    res_id=SQL.identifier(query.table, "res_id"),
                    res_model=SQL.identifier(query.table, "res_model"),
                    model=document.model,
                    company_field=SQL.identifier(document.company_path),
                    company=company.id,
                )
            )

    @api.model
    def _join_path(self, query, model, alias, path):
        """Join a path of relational fields to a query and return its last column.

        :rtype: SQL
        """
        *path, last = path.split(".")
        for name in path:
            field = model._fields[name]
            model = self.env[field.comodel_name]
            # The link is not the field's name alone: a domain may have left-joined it.
            alias = query.join(alias, name, model._table, "id", f"{name}_reached")
        field = model._fields[last]
        if field.type == "many2many":
            alias = query.join(
                alias, "id", field.relation, field.column1, f"{last}_reached"
            )
            last = field.column2
        return SQL.identifier(alias, last)

    @api.model
    def _sql_counted(self, mover, query):
        """Return the column of which each value counts as one record."""
        record = SQL.identifier(query.table, "id")
        if not mover.counted_by:
            return record
        # Negative, so that a series never equals a record.
        return SQL(
            "COALESCE(-%s, %s)", SQL.identifier(query.table, mover.counted_by), record
        )
