"""How the figures of a relationship come about.

One SELECT per company computes every figure of every customer; only the rows that
differ are written, in chunks, by SQL. The parts of the SELECT are methods that
return an ``SQL`` each, so that another addon can add a source of purchases or of
true contacts by extending one of them: ``continuity_relationship_refresh_select.py``,
``continuity_relationship_refresh_sources.py``.

Days are days in UTC: neither a company nor a customer has a time zone.
"""

import psycopg2

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

CHUNK_SIZE = 10_000

# A chunk that met one of these is tried once more, on a fresh snapshot: somebody
# else changed, created or deleted one of its rows meanwhile.
RETRY_ERRORS = (
    *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY,
    psycopg2.errors.UniqueViolation,
    psycopg2.errors.ForeignKeyViolation,
)

# The columns the refresh writes, in the order of its SELECT.
REFRESHED_FIELDS = (
    "active",
    "owner_id",
    "owner_since",
    "tier_id",
    "revenue",
    "peak_revenue",
    "purchase_count",
    "first_purchase_date",
    "last_purchase_date",
    "reorder_interval",
    "last_contact_date",
    "next_due_date",
    "state",
    "completeness",
)


# In a file of its own: it is the longest part and nothing of it is business logic.
class ContinuityRelationship(models.Model):
    _inherit = "continuity.relationship"

    # === ENTRY POINTS === #

    @api.model
    def _cron_refresh(self):
        """Refresh every company whose night has come, the one that waited longest
        first.

        The settings of a company that cannot be refreshed show the reason.
        """
        companies = self.env["res.company"].search(
            [], order="continuity_refreshed_on NULLS FIRST, id"
        )
        companies = companies.filtered(lambda company: company._is_refresh_due())

        def refresh(company):
            today = company._continuity_now().date()
            self._refresh(company, today=today, commit=True)

        self.env["ir.cron"]._continuity_each(
            companies, refresh, "continuity_refresh_error"
        )

    @api.model
    def _refresh(
        self, company, today=None, partners=None, create_missing=False, commit=False
    ):
        """Bring the relationships of one company up to date.

        Creates the rows that should exist, see :meth:`_refresh_sql_pairs`, and
        writes the figures that differ. Locked tiers stay as they are, and so do
        rows that somebody changes while this runs; the next run sees to them.

        :param company: ``res.company`` to refresh
        :param date today: the day the figures are for (default: today, UTC)
        :param partners: ``res.partner``, contacts included, to limit the work to
            their customers; None for everybody
        :param bool create_missing: also create rows for those of ``partners`` that
            nothing connects with the company yet
        :param bool commit: commit after each chunk of 10,000 rows and retry it once
            when somebody else was faster; only for scheduled actions
        :return: dict with the numbers ``read`` (customers looked at), ``created``
            and ``updated``, and ``skipped``, a list of sentences on what was not
            counted and why
        :raise UserError: when the tiers of the company make no sense
        """
        today = today or fields.Date.today()
        self = self.sudo().with_context(active_test=False)
        if errors := self.env["continuity.tier"]._threshold_errors(company):
            raise UserError(
                self.env._(
                    "The tiers of %(company)s need to be put right first:\n%(errors)s",
                    company=company.name,
                    errors="\n".join(errors),
                )
            )
        self.env.flush_all()
        if partners is not None:
            partners = partners.sudo().commercial_partner_id
        self._refresh_move_strays(company, partners)
        changes = self._refresh_collect(company, today, partners, create_missing)
        result = {"created": 0, "updated": 0}
        if changes and commit:
            # Each chunk is its own transaction; what was collected must survive it.
            self.env["ir.cron"]._commit_progress(0)
        for first in range(1, changes + 1, CHUNK_SIZE):
            counts = self._refresh_write_chunk(company, first, commit)
            for key, count in counts.items():
                result[key] += count
        if partners is None:
            company.sudo().write(
                {
                    "continuity_refreshed_on": fields.Datetime.now(),
                    "continuity_refresh_error": False,
                }
            )
        self._refresh_invalidate()
        domain = [("company_id", "=", company.id)]
        if partners is not None:
            domain.append(("partner_id", "in", partners.ids))
        result["read"] = self.search_count(domain)
        result["skipped"] = self._refresh_skipped(company, today, partners)
        return result

    @api.model
    def _ensure(self, company, partners):
        """Return the relationships of customers with a company, creating those that
        are missing because nothing else connects the two yet.

        :param company: ``res.company``
        :param partners: ``res.partner``; contacts stand for their customer
        :return: one row per commercial partner, with figures up to date
        :rtype: continuity.relationship
        """
        partners = partners.sudo().commercial_partner_id
        domain = [("company_id", "=", company.id), ("partner_id", "in", partners.ids)]
        # Not in the user's name: a new row must not tell who plans something.
        model = self.with_user(SUPERUSER_ID).with_context(active_test=False)
        missing = partners - model.search(domain).partner_id
        if missing:
            model._refresh(company, partners=missing, create_missing=True)
        return model.search(domain).with_env(self.env)

    def _refresh_sql_scope(self, partners):
        """Return the condition that the partner ``p`` belongs to some customers.

        :param partners: commercial partners, or None for everybody
        :rtype: SQL
        """
        if partners is None:
            return SQL()
        return SQL("AND p.commercial_partner_id IN %s", tuple(partners.ids) or (0,))

    def _refresh_move_strays(self, company, partners=None):
        """Move rows whose partner is no customer of its own any more, where it was
        made the contact of another one without the ORM noticing.

        :param partners: the customers they became contacts of, or None for all
        """
        rows = self.env.execute_query(
            SQL(
                """SELECT r.partner_id, p.commercial_partner_id
                     FROM continuity_relationship r
                     JOIN res_partner p ON p.id = r.partner_id
                    WHERE r.company_id = %s AND p.commercial_partner_id <> p.id
                          %s""",
                company.id,
                self._refresh_sql_scope(partners),
            )
        )
        for partner_id, commercial_partner_id in rows:
            self.search([("partner_id", "=", partner_id)])._combine_into(
                self.env["res.partner"].browse(commercial_partner_id)
            )
        if rows:
            self.env.flush_all()

    def _refresh_invalidate(self):
        """Forget what the ORM remembers of rows written behind its back."""
        self.invalidate_model()
        partner = self.env["res.partner"]
        partner.invalidate_model(partner._continuity_relationship_fields())

    # === WRITING === #

    def _refresh_write_chunk(self, company, first, commit):
        """Write one chunk of the collected rows.

        :param int first: number of its first row, counted from 1
        :param bool commit: commit it, and try it again once when somebody else
            changed one of its rows at the same time
        :return: dict with the numbers ``created`` and ``updated``
        """
        for last_try in (not commit, True):
            try:
                counts = {
                    "updated": self._refresh_update(first),
                    "created": self._refresh_insert(company, first),
                }
                if commit:
                    self.env["ir.cron"]._commit_progress(0)
                return counts
            except RETRY_ERRORS:
                if last_try:
                    raise
                self.env.cr.rollback()

    def _refresh_update(self, first):
        """Update the existing rows of a chunk and return their number.

        A row that was written since it was read is left to the next run: its new
        owner or lock must not be undone.
        """
        assignments = SQL(", ").join(
            SQL("%s = t.%s", SQL.identifier(f), SQL.identifier(f))
            for f in REFRESHED_FIELDS
        )
        self.env.cr.execute(
            SQL(
                """UPDATE continuity_relationship r
                      SET %s, write_uid = %s, write_date = %s
                     FROM continuity_refresh t
                    WHERE t.n BETWEEN %s AND %s
                      AND r.id = t.id
                      AND r.write_date IS NOT DISTINCT FROM t.seen""",
                assignments,
                self.env.uid,
                self.env.cr.now(),
                first,
                first + CHUNK_SIZE - 1,
            )
        )
        return self.env.cr.rowcount

    def _refresh_insert(self, company, first):
        """Insert the missing rows of a chunk and return their number."""
        columns = SQL(", ").join(SQL.identifier(f) for f in REFRESHED_FIELDS)
        values = SQL(", ").join(SQL.identifier("t", f) for f in REFRESHED_FIELDS)
        self.env.cr.execute(
            SQL(
                """INSERT INTO continuity_relationship (
                          partner_id, company_id, create_uid, create_date, write_uid,
                          write_date, tier_locked, %(columns)s)
                   SELECT t.partner_id, %(company)s, %(uid)s, %(now)s, %(uid)s,
                          %(now)s, FALSE, %(values)s
                     FROM continuity_refresh t
                     JOIN res_partner p ON p.id = t.partner_id
                    WHERE t.n BETWEEN %(first)s AND %(last)s
                      AND t.id IS NULL
                      AND NOT EXISTS (
                              SELECT FROM continuity_relationship r
                               WHERE r.partner_id = t.partner_id
                                 AND r.company_id = %(company)s)
                 ORDER BY t.n""",
                columns=columns,
                values=values,
                company=company.id,
                uid=self.env.uid,
                now=self.env.cr.now(),
                first=first,
                last=first + CHUNK_SIZE - 1,
            )
        )
        return self.env.cr.rowcount
