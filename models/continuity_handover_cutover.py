"""How customers change hands: what moves, how it is found, counted and moved.

What moves is a list of :class:`Mover`, one per kind of record. The same list finds a
leaver's customers, counts what will move and moves it, so that the three cannot
disagree. Finding is SQL, a few statements for any number of customers; the change
itself goes through the ORM, so that what other addons do on a change of
salesperson is done here too.
"""

import logging
from collections import defaultdict
from dataclasses import dataclass

from psycopg2 import Error as DatabaseError

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL, split_every

from .calendar_event import ACTIVITIES_MOVE_THEMSELVES
from .continuity_handover import ContinuityHandover as Handover
from .continuity_handover_line import ContinuityHandoverLine as HandoverLine

_logger = logging.getLogger(__name__)

# Customers per transaction of the scheduler, and per savepoint otherwise.
BATCH_SIZE = 200
# Batches that lost against somebody else's change and may be tried again in one run.
MAX_CONFLICTS = 10
# Customers named in the digest to a successor.
NAMED_CUSTOMERS = 10

# Nobody is told of single records (there is one digest), and nothing is changed but
# the person.
QUIET = {
    "active_test": False,
    "prefetch_fields": False,
    # Chatter: no tracking, no assignment mails, no followers but those logged here.
    "tracking_disable": True,
    "mail_activity_quick_update": True,
    # Meetings: no invitations and no reminders.
    "skip_attendee_notification": True,
    "dont_notify": True,
    "continuity_cutover": ACTIVITIES_MOVE_THEMSELVES,
    # Invoices: another salesperson does not touch lines, taxes or balance.
    "skip_is_manually_modified": True,
    "skip_invoice_sync": True,
    "check_move_validity": False,
}


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
    _guarded_fields = Handover._guarded_fields | {"support_ended"}

    support_ended = fields.Boolean(
        readonly=True,
        copy=False,
        help="The predecessor no longer follows what was handed over.",
    )

    # === WHAT MOVES === #

    @api.model
    def _get_movers(self):
        """Return what a cut-over moves, in this order; extensions append theirs.

        :rtype: list[Mover]
        """
        documents = ("res.partner", "crm.lead", "sale.order", "account.move")
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

    # === FINDING AND COUNTING === #

    @api.model
    def _find_customers(self, leavers, company):
        """Find whom the leavers work with in a company: the customers they own and
        those reached only through their open records, and deals without a customer.

        Contacts count as their customer (commercial partner). Colleagues, and the
        company itself, are no customers. The number of statements does not depend
        on the number of customers. Runs with the rights of the app: the caller
        checks whose customers the user may see.

        :param leavers: ``res.users``
        :param company: ``res.company``; its records, and those shared by all
        :return: two dicts: ``{leaver_id: {partner_id: {mover_key: count}}}``, the
            keys in the order of :meth:`_get_movers`, and
            ``{leaver_id: [ids of open crm.lead without a partner]}``
        :rtype: tuple[dict, dict]
        """
        self.env.flush_all()
        customers = {leaver.id: {} for leaver in leavers}
        deals = {leaver.id: [] for leaver in leavers}
        for mover in self._get_movers():
            for leaver_id, partner_id, count in self._count_by_customer(
                mover, leavers, company
            ):
                customers[leaver_id].setdefault(partner_id, {})[mover.key] = count
            if mover.model == "crm.lead":
                for lead in self._find_deals(mover, leavers, company):
                    deals[lead[mover.user_field].id].append(lead.id)
        return customers, deals

    @api.model
    def _count_by_customer(self, mover, leavers, company):
        """Return (leaver id, customer id, number of the leaver's records)."""
        domain = Domain(mover.user_field, "in", leavers.ids) & mover.find_domain
        routes = [
            self._sql_customers(mover, query, contact, company)
            for query, contact, _lead in self._mover_routes(mover, company, domain)
            if contact is not None
        ]
        if not routes:
            return []
        return self.env.execute_query(
            SQL(
                """SELECT user_id, partner_id, COUNT(DISTINCT counted)
                     FROM (%s) found
                 GROUP BY user_id, partner_id
                 ORDER BY partner_id""",
                SQL(" UNION ALL ").join(routes),
            )
        )

    @api.model
    def _find_deals(self, mover, leavers, company):
        """Return the leavers' open deals that have no customer yet."""
        domain = Domain.AND(
            [
                mover.domain,
                mover.find_domain,
                self._domain_of_company(mover.company_path, company),
                Domain(mover.user_field, "in", leavers.ids),
                Domain("partner_id", "=", False),
            ]
        )
        model = self.env[mover.model].sudo().with_context(active_test=False)
        return model.search_fetch(domain, [mover.user_field], order="id")

    @api.model
    def _sql_customers(self, mover, query, contact, company):
        """Return the SELECT of who works with which customer along one route."""
        query.add_join(
            "JOIN", "contact", "res_partner", SQL("contact.id = %s", contact)
        )
        query.add_where(
            SQL("contact.commercial_partner_id <> %s", company.partner_id.id)
        )
        query.add_where(
            SQL(
                """NOT EXISTS (SELECT FROM res_users colleague
                                WHERE colleague.partner_id = contact.id
                                  AND NOT colleague.share)"""
            )
        )
        return query.select(
            SQL("%s AS user_id", SQL.identifier(query.table, mover.user_field)),
            SQL("contact.commercial_partner_id AS partner_id"),
            SQL("%s AS counted", self._sql_counted(mover, query)),
        )

    def _count_records(self):
        """Count what the cut-over of this plan would move, as things are now.

        Also for a plan in memory (``new``), for the preview. A series of meetings
        counts as one; excluded lines do not count.

        :return: pairs of mover and count, without those that move nothing
        :rtype: list[tuple[Mover, int]]
        """
        self.ensure_one()
        lines = self.line_ids.filtered(lambda line: not line.excluded)
        rows = [
            (
                number,
                line.leaver_id._origin.id,
                line.partner_id._origin.id or None,
                line.lead_id._origin.id or None,
            )
            for number, line in enumerate(lines)
        ]
        counts = []
        self.env.flush_all()
        for mover in self._get_movers():
            matching = self._sql_matching(mover, rows, self.company_id)
            if matching is None:
                continue
            [[count]] = self.env.execute_query(
                SQL("%s SELECT COUNT(DISTINCT counted) FROM matching", matching)
            )
            if count:
                counts.append((mover, count))
        return counts

    @api.model
    def _sql_matching(self, mover, rows, company):
        """Return a WITH clause whose last part, ``matching``, holds the records of a
        mover that belong to given lines: columns ref, res_id, counted. A record of
        two lines, such as a meeting with two customers, belongs to the first.

        :param Mover mover: what is looked for
        :param list rows: tuples (ref, leaver_id, partner_id or None, lead_id or None)
        :param company: ``res.company``
        :return: None when no line can have such records
        :rtype: SQL | None
        """
        has_partners = any(row[2] for row in rows)
        has_leads = any(row[3] for row in rows)
        domain = Domain(mover.user_field, "in", list({row[1] for row in rows}))
        routes = []
        for query, contact, lead in self._mover_routes(mover, company, domain):
            if not (has_leads if contact is None else has_partners):
                continue
            user = SQL.identifier(query.table, mover.user_field)
            if contact is None:
                condition = SQL("line.lead_id = %s AND line.user_id = %s", lead, user)
                query.add_join("JOIN", "line", "given", condition)
            else:
                condition = SQL(
                    "line.contact_id = %s AND line.user_id = %s", contact, user
                )
                query.add_join("JOIN", "line", "reached", condition)
            routes.append(
                query.select(
                    SQL("line.ref"),
                    SQL("%s AS res_id", SQL.identifier(query.table, "id")),
                    SQL("%s AS counted", self._sql_counted(mover, query)),
                )
            )
        if not routes:
            return None
        refs, leavers, partners, leads = (
            list(column) for column in zip(*rows, strict=True)
        )
        return SQL(
            """
            WITH given AS (
                SELECT *
                  FROM unnest(%(refs)s::int[], %(leavers)s::int[],
                              %(partners)s::int[], %(leads)s::int[])
                    AS t (ref, user_id, partner_id, lead_id)
            ), reached AS (
                SELECT given.ref, given.user_id, contact.id AS contact_id
                  FROM given
                  JOIN res_partner contact
                    ON contact.commercial_partner_id = given.partner_id
                 WHERE NOT EXISTS (SELECT FROM res_users colleague
                                    WHERE colleague.partner_id = contact.id
                                      AND NOT colleague.share)
                 UNION
                -- Also when it became the contact of another customer meanwhile.
                SELECT ref, user_id, partner_id FROM given WHERE partner_id IS NOT NULL
            ), matching AS (
                SELECT DISTINCT ON (res_id) ref, res_id, counted
                  FROM (%(routes)s) route
              ORDER BY res_id, ref
            )""",
            refs=refs,
            leavers=leavers,
            partners=partners,
            leads=leads,
            routes=SQL(" UNION ALL ").join(routes),
        )

    # === SCHEDULER === #

    @api.model
    def _cron_cut_over(self):
        """Cut queued lines over in batches, each its own transaction.

        Several may run side by side: each takes lines nobody else has taken. What
        goes wrong with one customer is kept on its line. At the end each successor
        gets one digest.
        """
        cron = self.env["ir.cron"]
        lines = self.env["continuity.handover.line"].sudo()
        domain = [("state", "=", "queued"), ("handover_id.state", "=", "running")]
        cron._commit_progress(remaining=lines.search_count(domain))
        conflicts = 0
        while True:
            try:
                batch = lines.search(
                    domain, order="handover_id.id, successor_id.id, id"
                ).try_lock_for_update(allow_referencing=True, limit=BATCH_SIZE)
                if not batch:
                    break
                for plan_lines in batch.grouped("handover_id").values():
                    plan_lines._cut_over_batch()
                seconds_left = cron._commit_progress(len(batch))
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                # Somebody changed one of these records meanwhile: look again.
                self.env.cr.rollback()
                conflicts += 1
                if conflicts > MAX_CONFLICTS:
                    raise
                continue
            if not seconds_left:
                break
        lines._inform_waiting_successors()

    @api.model
    def _cron_end_support(self):
        """Let predecessors stop following what they handed over, once the support
        period is over; one plan at a time."""
        plans = self.sudo().search(
            [
                ("support_end", "<", fields.Date.today()),
                ("support_ended", "=", False),
                # Also cancelled ones: what had moved by then stays moved.
                ("state", "in", ("running", "reported", "done", "cancelled")),
            ]
        )
        plans._run_each(lambda plan: plan._end_support())

    def _end_support(self):
        """Let the predecessors of one plan stop following; nothing on no plan."""
        moved = self.line_ids.filtered(lambda line: line.state == "moved")
        moved._unfollow_leaver()
        self.support_ended = True


class ContinuityHandoverLine(models.Model):
    _inherit = "continuity.handover.line"
    _guarded_fields = HandoverLine._guarded_fields | {"successor_informed"}

    successor_informed = fields.Boolean(
        readonly=True, copy=False, help="The line stands in a digest to the successor."
    )

    # === CUT-OVER === #

    def _cut_over(self):
        """Hand these lines over and tell their successors, each once.

        Callers have checked the gate. A customer that cannot be moved stays open and
        keeps the reason in ``cutover_error``; the others go on. Does not commit.
        """
        # By ids: a one2many prefetches nothing once the cache is emptied below.
        lines = self.sudo().browse(self.ids)
        for plan_lines in lines.grouped("handover_id").values():
            for ids in split_every(BATCH_SIZE, plan_lines.ids):
                lines.browse(ids)._cut_over_batch()
                self.env.invalidate_all()  # bounds the memory of a long list
        lines._inform_successors()

    def _cut_over_batch(self):
        """Move the lines of one plan together; if that fails, one by one, so that one
        customer's error does not hold up the others."""
        ready = self.sudo()._without_obstacles()
        if not ready:
            return
        try:
            with self.env.cr.savepoint():
                ready._move()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise  # only a new transaction can see what the other one changed
        except Exception as error:
            if len(ready) == 1:
                ready._keep_error(error)
                return
            for line in ready:
                line._cut_over_batch()

    def _without_obstacles(self):
        """Return the lines that can be moved; note on the others why not.

        Odoo checks a successor's companies record by record: once is enough.
        """
        ready = self.exists().filtered(lambda line: line.state in ("open", "queued"))
        blocked = ready.filtered(lambda line: not line.successor_id)
        blocked.write(
            {
                "state": "open",
                "cutover_error": self.env._("Nobody is named as successor."),
            }
        )
        ready -= blocked
        for (plan, successor), lines in ready.grouped(
            lambda line: (line.handover_id, line.successor_id)
        ).items():
            problem = plan._successor_problem(successor, plan.company_id)
            if problem:
                lines.write({"state": "open", "cutover_error": problem})
                blocked |= lines
        return ready - blocked

    def _keep_error(self, error):
        """Leave a line open with the reason why it could not be moved."""
        if isinstance(error, UserError):
            message = str(error)
        else:
            _logger.error(
                "Line %s of handover %s could not be cut over",
                self.id,
                self.handover_id.name,
                exc_info=error,
            )
            kind = "database" if isinstance(error, DatabaseError) else "program"
            message = self.env._(
                "Could not be moved (%(kind)s error: %(error)s). Tell your "
                "administrator; the server's log has the details.",
                kind=kind,
                error=error,
            )
        self.write({"state": "open", "cutover_error": message})

    def _move(self):
        """Move everything that belongs to these lines; all of one plan."""
        company = self.company_id
        lines = self.with_company(company).with_context(
            **QUIET, allowed_company_ids=company.ids
        )
        self.env.flush_all()
        held_back, moved_deals = {}, set()
        for mover in lines.handover_id._get_movers():
            movable = lines
            if mover.model == "res.partner":
                held_back = lines._held_back_by_other_companies(mover)
                movable = lines.browse(set(lines.ids) - held_back.keys())
            rows = movable._log_moves(mover)
            lines._follow_moves(mover, rows)
            lines._write_moves(mover, rows)
            if mover.model == "res.partner":
                lines._move_relationships(rows)
            elif mover.model == "crm.lead":
                moved_deals = {row["line_id"] for row in rows}
        gone = lines.filtered(
            lambda line: not line.partner_id and line.id not in moved_deals
        )
        lines._close(gone, held_back)
        lines._unfollow_after_support()

    def _close(self, gone, held_back):
        """Note what became of lines that were moved.

        :param gone: those whose deal was no longer there to move
        :param dict held_back: reasons why a customer kept its salesperson, by line id
        """
        gone.write({"state": "left", "left_reason": self._gone_reason()})
        for line_id, reason in held_back.items():
            self.browse(line_id).left_reason = reason
        (self - gone).write(
            {
                "state": "moved",
                "moved_on": fields.Datetime.now(),
                "cutover_error": False,
            }
        )

    def _unfollow_after_support(self):
        """Let leavers whose support period is over go at once."""
        today = fields.Date.today()
        ended = self.handover_id.filtered(
            lambda p: p.support_end and p.support_end < today
        )
        self.filtered(lambda line: line.handover_id in ended)._unfollow_leaver()

    def _gone_reason(self):
        """Say why a deal without a customer was not moved."""
        return self.env._(
            "The deal was closed, deleted or given to somebody else meanwhile."
        )

    # === LOG, THEN WRITE === #

    def _matching(self, mover):
        """Return the WITH clause of the records of these lines; see
        ``continuity.handover._sql_matching``."""
        rows = [
            (
                line.id,
                line.leaver_id.id,
                line.partner_id.id or None,
                line.lead_id.id or None,
            )
            for line in self
        ]
        plan = self.handover_id
        return plan._sql_matching(mover, rows, plan.company_id) if rows else None

    def _log_moves(self, mover):
        """Log what a mover is about to change (I6) and return it.

        :return: dicts with id (of the log), line_id, res_id, old_value_id and
            new_value_id (users)
        :rtype: list[dict]
        """
        matching = self._matching(mover)
        if matching is None:
            return []
        return self._insert_log(
            SQL(
                """SELECT line.handover_id, line.id, 'write', %s, m.res_id, %s,
                          line.leaver_id, line.successor_id
                     FROM matching m
                     JOIN continuity_handover_line line ON line.id = m.ref
                 ORDER BY m.res_id""",
                mover.model,
                mover.user_field,
            ),
            matching,
        )

    def _insert_log(self, select, with_clause=None):
        """Insert the rows of a SELECT into the log and return them.

        :param SQL select: handover_id, line_id, kind, model, res_id, field,
            old_value_id, new_value_id
        :param SQL with_clause: what the SELECT reads from
        :rtype: list[dict]
        """
        columns = ("id", "line_id", "res_id", "old_value_id", "new_value_id")
        rows = self.env.execute_query(
            SQL(
                """%(with_clause)s
                   INSERT INTO continuity_handover_move
                          (handover_id, line_id, kind, model, res_id, field,
                           old_value_id, new_value_id,
                           create_uid, create_date, write_uid, write_date)
                   SELECT entry.*, %(uid)s, %(now)s, %(uid)s, %(now)s
                     FROM (%(select)s) entry
                RETURNING %(columns)s""",
                with_clause=with_clause or SQL(),
                select=select,
                uid=self.env.uid,
                now=self.env.cr.now(),
                columns=SQL(", ").join(map(SQL.identifier, columns)),
            )
        )
        self.handover_id.invalidate_recordset(["move_ids"])
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def _write_moves(self, mover, rows):
        """Write the successors into the logged records, through the ORM, so that
        only the person changes."""
        if not rows:
            return
        model = self.env[mover.model]
        kept = self.env["continuity.handover"]._kept_fields(mover)
        swaps = self._log_attendees(mover, rows) if mover.attendees else {}
        ids_by_change = defaultdict(list)
        for row in rows:
            swap = swaps.get(row["res_id"])
            ids_by_change[row["new_value_id"], swap].append(row["res_id"])
        for (user_id, swap), ids in ids_by_change.items():
            values = {mover.user_field: user_id}
            if swap:
                old, new = swap
                values[mover.attendees] = [Command.unlink(old)]
                if new:
                    values[mover.attendees].append(Command.link(new))
            records = model.browse(ids)
            for path in mover.prefetch:
                records.mapped(path)
            before = {name: self._ids_by_value(records, name) for name in mover.keep}
            with self.env.protecting(kept, records):
                records.write(values)
                for name, ids_by_value in before.items():
                    for value, same_ids in ids_by_value.items():
                        # Protected: this changes the value and nothing else.
                        records.browse(same_ids)[name] = value

    def _log_attendees(self, mover, rows):
        """Log in which meetings the successor takes the leaver's place.

        :return: ``{res_id: (leaver's partner id, successor's partner id or None)}``;
            None where the successor takes part already
        :rtype: dict
        """
        field = self.env[mover.model]._fields[mover.attendees]
        attends = SQL(
            "SELECT FROM %s a WHERE a.%s = m.res_id AND a.%s",
            SQL.identifier(field.relation),
            SQL.identifier(field.column1),
            SQL.identifier(field.column2),
        )
        log_ids = [row["id"] for row in rows]
        entry = SQL("m.handover_id, m.line_id")
        people = SQL(
            """FROM continuity_handover_move m
               JOIN res_users leaver ON leaver.id = m.old_value_id
               JOIN res_users successor ON successor.id = m.new_value_id"""
        )
        swapped = self._insert_log(
            SQL(
                """SELECT %(entry)s, 'attendee', m.model, m.res_id, %(field)s,
                          leaver.partner_id,
                          CASE WHEN NOT EXISTS (%(attends)s = successor.partner_id)
                               THEN successor.partner_id
                           END
                          %(people)s
                    WHERE m.id = ANY(%(log_ids)s)
                      AND EXISTS (%(attends)s = leaver.partner_id)
                 ORDER BY m.id""",
                entry=entry,
                field=mover.attendees,
                attends=attends,
                people=people,
                log_ids=log_ids,
            )
        )
        # Who no longer takes part no longer follows: Odoo does so, we only log it.
        self._insert_log(
            SQL(
                """SELECT %(entry)s, 'unfollow', m.model, m.res_id,
                          'message_partner_ids', leaver.partner_id, NULL::int
                          %(people)s
                     JOIN mail_followers f
                       ON f.res_model = m.model AND f.res_id = m.res_id
                      AND f.partner_id = leaver.partner_id
                    WHERE m.id = ANY(%(log_ids)s)
                      AND EXISTS (%(attends)s = leaver.partner_id)""",
                entry=entry,
                attends=attends,
                people=people,
                log_ids=log_ids,
            )
        )
        return {
            row["res_id"]: (row["old_value_id"], row["new_value_id"]) for row in swapped
        }

    @api.model
    def _ids_by_value(self, records, name):
        """Return ``{value of a field: ids}``, to write each value once."""
        ids_by_value = defaultdict(list)
        for record in records:
            ids_by_value[record[name]].append(record.id)
        return ids_by_value

    # === FOLLOWERS === #

    def _follow_moves(self, mover, rows):
        """Let the successors follow what they take over, and the customer itself.

        Before the records are written: what Odoo would then add is there already,
        and logged.
        """
        pairs_by_model = defaultdict(list)
        if mover.model == "res.partner":
            pairs_by_model["res.partner"] = [
                (line.id, line.partner_id.id) for line in self if line.partner_id
            ]
        if mover.follow == "record":
            pairs_by_model[mover.model] += [(r["line_id"], r["res_id"]) for r in rows]
        elif mover.follow == "document" and rows:
            records = self.env[mover.model].browse(row["res_id"] for row in rows)
            records.fetch(["res_model", "res_id"])
            for row, record in zip(rows, records, strict=True):
                pairs_by_model[record.res_model].append((row["line_id"], record.res_id))
        for model, pairs in pairs_by_model.items():
            if pairs and "message_follower_ids" in self.env[model]._fields:
                self._follow(model, pairs)

    def _follow(self, model, pairs):
        """Let the successors of lines follow records, and log whom that adds.

        :param str model: name of the model of the records
        :param list pairs: tuples (id of the line, id of the record)
        """
        line_ids, res_ids = (list(column) for column in zip(*pairs, strict=True))
        rows = self._insert_log(
            SQL(
                """SELECT DISTINCT ON (t.res_id, successor.partner_id)
                          line.handover_id, line.id, 'follow', %(model)s, t.res_id,
                          'message_partner_ids', NULL::int, successor.partner_id
                     FROM unnest(%(line_ids)s::int[], %(res_ids)s::int[])
                       AS t (line_id, res_id)
                     JOIN continuity_handover_line line ON line.id = t.line_id
                     JOIN res_users successor ON successor.id = line.successor_id
                    WHERE NOT EXISTS (SELECT FROM mail_followers f
                                       WHERE f.res_model = %(model)s
                                         AND f.res_id = t.res_id
                                         AND f.partner_id = successor.partner_id)
                 ORDER BY t.res_id, successor.partner_id, line.id""",
                model=model,
                line_ids=line_ids,
                res_ids=res_ids,
            )
        )
        ids_by_partner = defaultdict(list)
        for row in rows:
            ids_by_partner[row["new_value_id"]].append(row["res_id"])
        for partner_id, ids in ids_by_partner.items():
            self.env["mail.followers"]._insert_followers(
                model, ids, [partner_id], customer_ids=[], check_existing=False
            )

    def _unfollow_leaver(self):
        """Let the leavers stop following what moved from them, and the customers."""
        if not self:
            return
        self.env.flush_all()
        following = SQL(
            """SELECT DISTINCT ON (f.id) f.id, line.handover_id, line.id AS line_id,
                      f.res_model, f.res_id, f.partner_id
                 FROM (SELECT line_id, model, res_id
                         FROM continuity_handover_move
                        WHERE kind = 'write' AND line_id = ANY(%(line_ids)s)
                        UNION
                       SELECT id, 'res.partner', partner_id
                         FROM continuity_handover_line
                        WHERE id = ANY(%(line_ids)s)) moved
                 JOIN continuity_handover_line line ON line.id = moved.line_id
                 JOIN res_users leaver ON leaver.id = line.leaver_id
                 JOIN mail_followers f
                   ON f.res_model = moved.model
                  AND f.res_id = moved.res_id
                  AND f.partner_id = leaver.partner_id
             ORDER BY f.id, line.id""",
            line_ids=self.ids,
        )
        follower_ids = self.env.execute_query(SQL("SELECT id FROM (%s) f", following))
        self._insert_log(
            SQL(
                """SELECT handover_id, line_id, 'unfollow', res_model, res_id,
                          'message_partner_ids', partner_id, NULL::int
                     FROM (%s) f""",
                following,
            )
        )
        followers = self.env["mail.followers"].sudo()
        followers.browse(id_ for [id_] in follower_ids).unlink()

    # === THE CUSTOMER'S OWNER === #

    def _held_back_by_other_companies(self, mover):
        """Return the lines whose customer keeps its salesperson, and why.

        A partner has one salesperson for all companies. Where another company works
        with the customer too, the salesperson moves only if an approver of the plan
        has access to all companies concerned.

        :param Mover mover: the one of the customers
        :return: ``{id of the line: reason}``
        :rtype: dict
        """
        plan = self.handover_id
        approvers = [
            approval.decided_by_id or approval.user_id for approval in plan.approval_ids
        ]
        others = {
            partner: companies
            for partner, companies in self.env["continuity.relationship"]._read_group(
                [
                    ("partner_id", "in", self.partner_id.ids),
                    ("partner_id.company_id", "=", False),
                    ("company_id", "!=", plan.company_id.id),
                ],
                ["partner_id"],
                ["company_id:recordset"],
            )
            if not any(
                plan.company_id | companies <= approver.company_ids
                for approver in approvers
            )
        }
        shared = self.filtered(lambda line: line.partner_id in others)
        matching = shared._matching(mover)
        if matching is None:
            return {}
        # Only where there is something to hold back.
        rows = self.env.execute_query(SQL("%s SELECT ref FROM matching", matching))
        return {
            line.id: line._held_back_reason(others[line.partner_id])
            for line in self.browse({line_id for [line_id] in rows})
        }

    def _held_back_reason(self, companies):
        """Say why a customer keeps its salesperson while everything else moves."""
        return self.env._(
            "The salesperson of %(customer)s stays %(name)s: the customer also works "
            "with %(companies)s, where no approver of this plan has access. Deals, "
            "orders and the rest of %(company)s moved.",
            customer=self.partner_id.display_name,
            name=self.leaver_id.name,
            companies=", ".join(companies.mapped("name")),
            company=self.company_id.name,
        )

    def _move_relationships(self, rows):
        """Note the new owner on the relationships of customers that changed hands;
        in the other companies, which follow the same salesperson, too."""
        line_ids = {row["res_id"]: row["line_id"] for row in rows}
        relationships = self.env["continuity.relationship"].search(
            [("partner_id", "in", list(line_ids))]
        )
        ids_by_owner = defaultdict(list)
        for relationship in relationships:
            line = self.browse(line_ids[relationship.partner_id.id])
            ids_by_owner[line.successor_id.id].append(relationship.id)
        for owner_id, ids in ids_by_owner.items():
            relationships.browse(ids).write(
                {
                    "owner_id": owner_id,
                    "owner_since": fields.Date.today(),
                    "handed_over_to_id": owner_id,
                }
            )

    # === DIGEST === #

    def _inform_waiting_successors(self):
        """Send the digests of lines the scheduler has moved; those of a successor
        whose other lines are still waiting come with the last of them."""
        cron = self.env["ir.cron"]
        queued = self.search(
            [("state", "=", "queued"), ("handover_id.state", "=", "running")]
        )
        busy = {(line.handover_id, line.successor_id) for line in queued}
        moved = self.search(
            [("state", "=", "moved"), ("successor_informed", "=", False)]
        )
        for key, lines in moved.grouped(
            lambda line: (line.handover_id, line.successor_id)
        ).items():
            if key in busy:
                continue
            # Whoever takes the lines informs; a scheduler beside this one gets none.
            lines = lines.try_lock_for_update(allow_referencing=True)
            lines.filtered(lambda x: not x.successor_informed)._inform_successors()
            cron._commit_progress()

    def _inform_successors(self):
        """Send each successor one message on all they took over, in their language."""
        moved = self.sudo().filtered(
            lambda line: line.state == "moved" and not line.successor_informed
        )
        for (plan, successor), lines in moved.grouped(
            lambda line: (line.handover_id, line.successor_id)
        ).items():
            plan = plan.with_context(lang=successor.lang)
            lines = lines.with_context(lang=successor.lang)
            plan.message_notify(
                subject=plan.env._(
                    "Customers handed over to you: %(count)s (%(plan)s)",
                    count=len(lines),
                    plan=plan.name,
                ),
                body=plan.env["ir.qweb"]._render(
                    "customer_continuity.handover_digest",
                    lines._prepare_digest_values(),
                    minimal_qcontext=True,
                ),
                partner_ids=successor.partner_id.ids,
                email_layout_xmlid="mail.mail_notification_light",
            )
            lines.successor_informed = True

    def _prepare_digest_values(self):
        """Return what the digest to one successor says.

        :return: plan, successor, and per leaver the number and some names of
            customers and the numbers of records by kind
        :rtype: dict
        """
        plan = self.handover_id
        counts = defaultdict(list)
        labels = {mover.model: mover.label for mover in plan._get_movers()}
        for leaver_id, model, count in self.env.execute_query(
            SQL(
                """SELECT old_value_id, model, COUNT(*)
                     FROM continuity_handover_move
                    WHERE line_id = ANY(%s) AND kind = 'write'
                 GROUP BY old_value_id, model""",
                self.ids,
            )
        ):
            counts[leaver_id].append((labels.get(model, model), count))
        return {
            "plan": plan,
            "successor": self.successor_id,
            "leavers": [
                {
                    "name": leaver.name,
                    "customers": lines[:NAMED_CUSTOMERS].mapped("display_name"),
                    "further": max(len(lines) - NAMED_CUSTOMERS, 0),
                    "counts": sorted(counts[leaver.id]),
                }
                for leaver, lines in self.grouped("leaver_id").items()
            ],
        }
