"""How the register of obligations follows the books: one SELECT, then only rows that
differ are written, in chunks, by SQL.
"""

from odoo import api, fields, models
from odoo.tools import SQL

from .continuity_obligation import OPEN_CAMPAIGN_STATES, OWED_KINDS
from .continuity_obligation_finders import FOUND_COLUMNS
from .continuity_relationship_refresh import CHUNK_SIZE, RETRY_ERRORS

# What follows the books in an existing row; the rest people arrange.
FOLLOWING = (
    "currency_id",
    "amount",
    "quantity",
    "quantity_total",
    "uom_id",
    "origin_name",
    "description",
    "date",
)


class ContinuityDissolution(models.Model):
    _inherit = "continuity.dissolution"

    _guarded_fields = frozenset(
        {"obligations_refreshed_on", "obligations_error", "not_listed_note"}
    )

    obligation_ids = fields.One2many(
        "continuity.obligation", "dissolution_id", string="Obligations"
    )
    open_obligation_count = fields.Integer(
        compute="_compute_open_obligation_count", string="Open Obligations"
    )
    obligations_refreshed_on = fields.Datetime(
        string="Books Read On", readonly=True, copy=False
    )
    obligations_error = fields.Text(
        string="Why the Books Could Not Be Read", readonly=True, copy=False
    )
    not_listed_note = fields.Text(
        string="Not in the Campaign",
        readonly=True,
        copy=False,
        help="Customers with something open by the books who are not listed.",
    )

    def _compute_open_obligation_count(self):
        counts = dict(
            self.env["continuity.obligation"]._read_group(
                [("dissolution_id", "in", self.ids), ("state", "=", "open")],
                ["dissolution_id"],
                ["__count"],
            )
        )
        for campaign in self:
            campaign.open_obligation_count = counts.get(campaign, 0)

    # === ENTRY POINTS === #

    @api.model
    def _cron_refresh_obligations(self):
        """Bring the registers of all campaigns that are not over up to date, the one
        that waited longest first."""
        campaigns = self.sudo().search(
            [("state", "in", OPEN_CAMPAIGN_STATES), ("customer_ids", "!=", False)],
            order="obligations_refreshed_on NULLS FIRST, id",
        )
        campaigns._work_through("_refresh_obligations", "obligations_error")

    def _work_through(self, method, error_field):
        """Call a method that commits with each of these campaigns, for a scheduled
        action.

        :param str method: takes ``commit``
        :param str error_field: where the reason of one that fails is kept
        """

        def work(campaign):
            getattr(campaign, method)(commit=True)
            campaign[error_field] = False

        self.env["ir.cron"]._continuity_each(self, work, error_field)

    def action_refresh_obligations(self):
        """Read the books again.

        :raise AccessError: unless an author, the task force or who decides
        """
        for campaign in self:
            campaign.check_access("read")
            campaign._check_state(*OPEN_CAMPAIGN_STATES)
            if self.env.user not in campaign.member_ids.user_id:
                campaign._check_author()
        for campaign in self.sudo():
            campaign._refresh_obligations()

    def action_view_obligations(self):
        """Open what is open with the customers of the campaign."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "customer_continuity.action_obligation"
        )
        action["domain"] = [("dissolution_id", "=", self.id)]
        return action

    # === REFRESH === #

    def _refresh_obligations(self, commit=False):
        """Bring the register of one campaign, and the segments of customers who have
        not been told, up to date with the books.

        Documents not seen before are added, those that differ are written, those that
        are settled settle their row. What was decided by name stays so, unless more is
        owed than was decided.

        :param bool commit: commit after each chunk of 10,000 rows; only for scheduled
            actions
        :return: dict with the numbers ``created``, ``updated`` and ``settled``
        """
        self.ensure_one()
        campaign = self.sudo()
        self.env.flush_all()
        found = campaign._collect_found()
        if commit:
            # Each chunk is its own transaction; what was collected must survive it.
            self.env["ir.cron"]._commit_progress(0)
        result = campaign._write_found(found, commit)
        campaign._fill_deadlines()
        campaign._refresh_segments()
        campaign._note_not_listed()
        campaign.write({"obligations_refreshed_on": fields.Datetime.now()})
        campaign._set_planner(False)
        campaign._invalidate_register()
        return result

    def _collect_found(self):
        """Put everything open between the company and its customers into a temporary
        table.

        :return: how many rows
        :rtype: int
        """
        cr = self.env.cr
        self._set_planner()
        cr.execute("DROP TABLE IF EXISTS pg_temp.continuity_found")
        cr.execute(
            SQL(
                """CREATE TEMPORARY TABLE continuity_found AS
                   SELECT row_number() OVER (ORDER BY partner_id) AS n, f.*
                     FROM (%s) f""",
                self.env["continuity.obligation"]._found_sql(self.company_id, self),
            )
        )
        found = cr.rowcount
        cr.execute("ANALYZE continuity_found")
        return found

    def _set_planner(self, many=True):
        """Let the database expect many rows or not, until the next commit: the
        statistics of tables being filled make it loop over what it should join."""
        self.env["continuity.relationship"]._refresh_set_planner(everybody=many)

    def _write_found(self, found, commit):
        """Write what was collected.

        :param int found: number of rows collected
        :return: dict with the numbers ``created``, ``updated`` and ``settled``
        """
        self._set_planner()
        result = {"created": 0, "updated": 0, "settled": self._settle_gone()}
        for first in range(1, found + 1, CHUNK_SIZE):
            for last_try in (not commit, True):
                try:
                    self._set_planner()
                    updated = self._update_found(first)
                    created = self._insert_found(first)
                    if commit:
                        self.env["ir.cron"]._commit_progress(0)
                except RETRY_ERRORS:
                    if last_try:
                        raise
                    # Somebody else was faster: once more, on what they left.
                    self.env.cr.rollback()
                    continue
                result["updated"] += updated
                result["created"] += created
                break
        return result

    def _settle_gone(self):
        """Settle the rows whose documents show nothing open any more."""
        self.env.cr.execute(
            SQL(
                """UPDATE continuity_obligation o
                      SET state = 'settled', settled_on = %(today)s,
                          settled_by_document = TRUE,
                          write_uid = %(uid)s, write_date = %(now)s
                    WHERE o.dissolution_id = %(campaign)s AND o.origin_id > 0
                      AND o.state <> 'settled'
                      AND NOT EXISTS (
                              SELECT FROM continuity_found t
                               WHERE t.kind = o.kind AND t.origin_id = o.origin_id
                                 AND t.origin_model = o.origin_model)""",
                today=self._local_today(),
                uid=self.env.uid,
                now=self.env.cr.now(),
                campaign=self.id,
            )
        )
        return self.env.cr.rowcount

    def _update_found(self, first):
        """Update the existing rows of a chunk that differ, and return their number."""
        values = SQL(", ").join(SQL.identifier("o", name) for name in FOLLOWING)
        news = SQL(", ").join(self._found_column(name) for name in FOLLOWING)
        more = SQL(
            """(o.state = 'settled' OR o.state = 'decided'
                AND (t.amount > o.decided_amount
                     OR t.quantity > o.decided_quantity))"""
        )
        self.env.cr.execute(
            SQL(
                """UPDATE continuity_obligation o
                      SET %(assignments)s, customer_id = c.id,
                          partner_id = c.partner_id,
                          state = CASE WHEN %(more)s THEN 'open' ELSE o.state END,
                          settled_on = NULL, settled_by_document = FALSE,
                          write_uid = %(uid)s, write_date = %(now)s
                     FROM continuity_found t
                     JOIN continuity_dissolution_customer c
                       ON c.dissolution_id = %(campaign)s
                      AND c.partner_id = t.partner_id
                    WHERE t.n BETWEEN %(first)s AND %(last)s
                      AND o.dissolution_id = %(campaign)s AND o.kind = t.kind
                      AND o.origin_id = t.origin_id
                      AND o.origin_model = t.origin_model
                      AND (%(more)s OR (o.customer_id, %(values)s)
                           IS DISTINCT FROM (c.id, %(news)s))""",
                assignments=SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(name), self._found_column(name))
                    for name in FOLLOWING
                ),
                more=more,
                values=values,
                news=news,
                uid=self.env.uid,
                now=self.env.cr.now(),
                campaign=self.id,
                first=first,
                last=first + CHUNK_SIZE - 1,
            )
        )
        return self.env.cr.rowcount

    def _insert_found(self, first):
        """Insert the missing rows of a chunk and return their number."""
        columns = [name for name in FOUND_COLUMNS if name != "partner_id"]
        self.env.cr.execute(
            SQL(
                """INSERT INTO continuity_obligation (
                          customer_id, dissolution_id, company_id, partner_id, user_id,
                          state, resolution, deadline, create_uid, create_date,
                          write_uid, write_date, %(columns)s)
                   SELECT c.id, %(campaign)s, c.company_id, c.partner_id, c.user_id,
                          'open', proposal.resolution, proposal.deadline, %(uid)s,
                          %(now)s, %(uid)s, %(now)s, %(values)s
                     FROM continuity_found t
                     JOIN continuity_dissolution_customer c
                       ON c.dissolution_id = %(campaign)s
                      AND c.partner_id = t.partner_id
                LEFT JOIN (VALUES %(proposals)s) proposal (kind, resolution, deadline)
                       ON proposal.kind = t.kind
                    WHERE t.n BETWEEN %(first)s AND %(last)s
                      AND NOT EXISTS (
                              SELECT FROM continuity_obligation o
                               WHERE o.dissolution_id = %(campaign)s
                                 AND o.kind = t.kind AND o.origin_id = t.origin_id
                                 AND o.origin_model = t.origin_model)
                 ORDER BY t.n""",
                columns=SQL(", ").join(SQL.identifier(name) for name in columns),
                values=SQL(", ").join(self._found_column(name) for name in columns),
                proposals=self._proposals_sql(),
                uid=self.env.uid,
                now=self.env.cr.now(),
                campaign=self.id,
                first=first,
                last=first + CHUNK_SIZE - 1,
            )
        )
        return self.env.cr.rowcount

    def _found_column(self, name):
        """Return a column of the row ``t``; documents without words of their own are
        called by their kind."""
        if name != "description":
            return SQL.identifier("t", name)
        labels = self._found_labels()
        return SQL(
            "COALESCE(t.description, CASE %s END)",
            SQL(" ").join(
                SQL(
                    "WHEN t.kind = %s AND t.hint IS NOT DISTINCT FROM %s THEN %s",
                    kind,
                    hint,
                    label,
                )
                for kind, hint, label in labels
            ),
        )

    def _note_not_listed(self):
        """Keep on the campaign which customers have something open and are not in it,
        such as one who ordered since: nobody is lost (I3)."""
        rows = self.env.execute_query(
            SQL(
                """SELECT p.name, COUNT(*) OVER ()
                     FROM (SELECT DISTINCT partner_id FROM continuity_found
                            WHERE kind IN %s) t
                     JOIN res_partner p ON p.id = t.partner_id
                    WHERE NOT EXISTS (
                              SELECT FROM continuity_dissolution_customer c
                               WHERE c.dissolution_id = %s
                                 AND c.partner_id = t.partner_id)
                 ORDER BY p.name LIMIT 10""",
                OWED_KINDS,
                self.id,
            )
        )
        note = False
        if rows and not self._is_filtered():
            names = ", ".join(name for name, _count in rows)
            note = self.env._(
                "%(count)s customers are owed something and are not listed: %(names)s. "
                "Add them.",
                count=rows[0][1],
                names=names + (" …" if rows[0][1] > len(rows) else ""),
            )
        self.not_listed_note = note

    def _invalidate_register(self):
        """Forget what the ORM remembers of rows written behind its back."""
        self.env["continuity.obligation"].invalidate_model()
        self.env["continuity.dissolution.customer"].invalidate_model()
        self.invalidate_recordset()
