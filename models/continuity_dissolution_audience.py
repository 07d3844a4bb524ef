"""How the customers of a campaign are listed: in chunks, each its own transaction when
the scheduler does it. Who is concerned, and in which segment, is one SELECT of
``continuity_dissolution_audience_sql.py``.
"""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .continuity_relationship_refresh import CHUNK_SIZE, RETRY_ERRORS

# From how many customers on the scheduler looks for them, with progress.
QUEUE_FROM = 2_000


class ContinuityDissolution(models.Model):
    _inherit = "continuity.dissolution"

    _guarded_fields = frozenset(
        {"audience_state", "audience_expected", "audience_built_on", "audience_error"}
    )

    audience_state = fields.Selection(
        [
            ("none", "Not looked for"),
            ("queued", "Being looked for"),
            ("built", "Customers Found"),
        ],
        string="Audience",
        default="none",
        required=True,
        readonly=True,
        copy=False,
    )
    audience_expected = fields.Integer(
        string="Customers to Come", readonly=True, copy=False
    )
    audience_built_on = fields.Datetime(
        string="Customers Found On", readonly=True, copy=False
    )
    audience_error = fields.Text(
        string="Why Customers Could Not Be Found", readonly=True, copy=False
    )

    # === ENTRY POINTS === #

    def action_build_audience(self):
        """Find who is concerned: at once, or for many customers by the scheduler.

        :raise AccessError: unless an author
        :raise UserError: when it is no draft, or they are being looked for already
        """
        for campaign in self:
            campaign.check_access("write")
            campaign._check_author()
            campaign._check_state("draft")
            campaign._check_not_queued()
            campaign_sudo = campaign.sudo()
            if self._count_relationships(campaign.company_id) > QUEUE_FROM:
                campaign_sudo.write(
                    {
                        "audience_state": "queued",
                        "audience_error": False,
                        "audience_expected": 0,
                    }
                )
                self.env.ref(
                    "customer_continuity.cron_dissolution_audience"
                ).sudo()._trigger()
            else:
                campaign_sudo._build_audience()

    def action_add_missing_customers(self):
        """Add customers who have something open and are not listed; what a running
        campaign owes them is planned.

        :raise AccessError: unless an author, or who decides on the campaign
        """
        for campaign in self:
            campaign.check_access("read")
            campaign._check_state("draft", "submitted", "approved", "running")
            campaign._check_author()
            campaign._check_not_queued()
        for campaign in self.sudo():
            known = campaign.customer_ids
            campaign._build_audience(remove=False)
            if campaign.state == "running":
                (campaign.customer_ids - known)._plan_contacts()

    def _check_not_queued(self):
        if self.audience_state == "queued":
            raise UserError(
                self.env._(
                    "The customers of %s are being looked for. Wait until they have "
                    "been found.",
                    self.name,
                )
            )

    @api.model
    def _count_relationships(self, company):
        return (
            self.env["continuity.relationship"]
            .sudo()
            .with_context(active_test=False)
            .search_count([("company_id", "=", company.id)], limit=QUEUE_FROM + 1)
        )

    @api.model
    def _cron_build_audiences(self):
        """Find the customers of the campaigns that wait for it."""
        campaigns = self.sudo().search([("audience_state", "=", "queued")], order="id")
        campaigns._work_through("_build_audience", "audience_error")
        # Whoever failed is not tried for ever: a person reads why and asks again.
        campaigns.filtered("audience_error").write({"audience_state": "none"})

    def _submission_errors(self):
        errors = super()._submission_errors()
        if self.audience_state == "queued":
            errors.append(
                self.env._("The customers are being looked for: wait until they are.")
            )
        elif self._origin and not self._has_customers():
            errors.append(
                self.env._(
                    "No customer is listed: let them be found, on the page of the "
                    "customers. When nobody is found, the filters (teams, products, "
                    "countries) reach nobody who ever bought from %(company)s: widen "
                    "them, or add the customers by hand.",
                    company=self.company_id.name,
                )
            )
        return errors

    def _has_customers(self):
        """Tell whether anybody is to be told."""
        return bool(
            self.env["continuity.dissolution.customer"]
            .sudo()
            .search_count(
                [("dissolution_id", "=", self._origin.id), ("state", "!=", "out")],
                limit=1,
            )
        )

    # === BUILDING === #

    def _build_audience(self, commit=False, remove=True):
        """List the customers concerned with tier, segment and the documents that made
        it so, and their obligations.

        May be repeated: those who are missing are added, the segments of those not
        told yet follow the books.

        :param bool commit: commit after each chunk of 10,000 rows; only for scheduled
            actions
        :param bool remove: take those out whom the filters do not reach any more; never
            anybody with obligations typed by a person
        """
        self.ensure_one()
        campaign = self.sudo()
        self.env.flush_all()
        found = campaign._collect_found()
        campaign._ensure_relationships()
        expected = campaign._collect_audience()
        campaign.audience_expected = expected
        if remove:
            campaign._remove_unreached()
        if commit:
            self.env["ir.cron"]._commit_progress(0)
        for first in range(1, expected + 1, CHUNK_SIZE):
            for last_try in (not commit, True):
                try:
                    campaign._set_planner()
                    campaign._update_audience(first)
                    campaign._insert_audience(first)
                    if commit:
                        self.env["ir.cron"]._commit_progress(0)
                    break
                except RETRY_ERRORS:
                    if last_try:
                        raise
                    self.env.cr.rollback()
        campaign._write_found(found, commit)
        campaign._fill_deadlines()
        campaign._note_not_listed()
        now = fields.Datetime.now()
        campaign.write(
            {
                "audience_state": "built",
                "audience_built_on": now,
                "obligations_refreshed_on": now,
            }
        )
        campaign._set_planner(False)
        campaign._invalidate_register()

    def _audience_preview(self):
        """Count whom the filters reach, by tier and segment, without writing anything;
        the campaign may be one that is not saved yet.

        :return: (tier, segment, count) in the order of tiers and segments
        :rtype: list[tuple]
        """
        self.ensure_one()
        campaign = self.sudo()
        self.env.flush_all()
        campaign._collect_found()
        rows = self.env.execute_query(
            SQL(
                """SELECT tier_id, segment, COUNT(*) FROM (%s) audience
                 GROUP BY tier_id, segment""",
                campaign._audience_sql(),
            )
        )
        self._set_planner(False)
        order = list(dict(self.customer_ids._fields["segment"].selection))
        tiers = self.env["continuity.tier"]
        counts = [(tiers.browse(tier), segment, n) for tier, segment, n in rows]
        return sorted(
            counts, key=lambda row: (row[0].sequence, row[0].id, order.index(row[1]))
        )

    def _is_filtered(self):
        """Tell whether the campaign concerns only some customers of the company."""
        return bool(
            self.kind != "company"
            or self.team_ids
            or self.categ_ids
            or self.country_ids
        )

    def _ensure_relationships(self):
        """Make the relationships of customers with something open whom the nightly
        refresh has not met yet."""
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT t.partner_id FROM continuity_found t
                    WHERE NOT EXISTS (
                              SELECT FROM continuity_relationship r
                               WHERE r.partner_id = t.partner_id
                                 AND r.company_id = %s)""",
                self.company_id.id,
            )
        )
        if rows:
            partners = self.env["res.partner"].browse([row[0] for row in rows])
            self.env["continuity.relationship"]._ensure(self.company_id, partners)
            self.env.flush_all()
            self._set_planner()

    # === WRITING === #

    def _collect_audience(self):
        """Put everybody concerned into a temporary table and return their number."""
        cr = self.env.cr
        cr.execute("DROP TABLE IF EXISTS pg_temp.continuity_audience")
        cr.execute(
            SQL(
                """CREATE TEMPORARY TABLE continuity_audience AS
                   SELECT row_number() OVER (ORDER BY partner_id) AS n, a.*
                     FROM (%s) a""",
                self._audience_sql(),
            )
        )
        expected = cr.rowcount
        cr.execute("ANALYZE continuity_audience")
        return expected

    def _insert_audience(self, first):
        """Insert the missing customers of a chunk."""
        self.env.cr.execute(
            SQL(
                """INSERT INTO continuity_dissolution_customer (
                          dissolution_id, company_id, partner_id, relationship_id,
                          tier_id, user_id, segment, segment_reason, state,
                          create_uid, create_date, write_uid, write_date)
                   SELECT %(campaign)s, %(company)s, t.partner_id, t.relationship_id,
                          t.tier_id, t.user_id, t.segment, t.segment_reason, 'planned',
                          %(uid)s, %(now)s, %(uid)s, %(now)s
                     FROM continuity_audience t
                    WHERE t.n BETWEEN %(first)s AND %(last)s
                      AND NOT EXISTS (
                              SELECT FROM continuity_dissolution_customer c
                               WHERE c.dissolution_id = %(campaign)s
                                 AND c.partner_id = t.partner_id)
                 ORDER BY t.n""",
                campaign=self.id,
                company=self.company_id.id,
                uid=self.env.uid,
                now=self.env.cr.now(),
                first=first,
                last=first + CHUNK_SIZE - 1,
            )
        )

    def _update_audience(self, first=1, last=None):
        """Let tier and segment of the customers listed follow the books, as long as
        nobody has told them.

        Once the campaign is approved nobody gets less than the approver saw: the tier
        stays, and a segment is only ever exchanged for one that is owed more.

        :return: ids of the lines whose segment is another one now
        :rtype: list[int]
        """
        self.env.cr.execute(
            SQL(
                """UPDATE continuity_dissolution_customer c
                      SET segment = t.segment, segment_reason = t.segment_reason,
                          tier_id = CASE WHEN %(free)s THEN t.tier_id
                                         ELSE c.tier_id END,
                          relationship_id = t.relationship_id,
                          write_uid = %(uid)s, write_date = %(now)s
                     FROM continuity_audience t, continuity_dissolution_customer old
                    WHERE t.n BETWEEN %(first)s AND %(last)s
                      AND old.id = c.id
                      AND c.dissolution_id = %(campaign)s
                      AND c.partner_id = t.partner_id AND c.state = 'planned'
                      AND (%(free)s
                           OR ARRAY_POSITION(%(care)s, t.segment)
                              >= ARRAY_POSITION(%(care)s, c.segment::text))
                      AND (c.segment, c.segment_reason, c.relationship_id,
                           CASE WHEN %(free)s THEN c.tier_id END)
                          IS DISTINCT FROM
                          (t.segment, t.segment_reason, t.relationship_id,
                           CASE WHEN %(free)s THEN t.tier_id END)
                RETURNING c.id, old.segment IS DISTINCT FROM t.segment""",
                free=self.state in ("draft", "submitted"),
                care=["settled", "paying", "unfulfilled"],
                uid=self.env.uid,
                now=self.env.cr.now(),
                campaign=self.id,
                first=first,
                last=last or first + CHUNK_SIZE - 1,
            )
        )
        return [line_id for line_id, changed in self.env.cr.fetchall() if changed]

    def _remove_unreached(self):
        """Take customers out whom the filters do not reach any more."""
        self.env.cr.execute(
            SQL(
                """DELETE FROM continuity_dissolution_customer c
                    WHERE c.dissolution_id = %(campaign)s AND c.state = 'planned'
                      AND NOT EXISTS (
                              SELECT FROM continuity_audience t
                               WHERE t.partner_id = c.partner_id)
                      AND NOT EXISTS (
                              SELECT FROM continuity_obligation o
                               WHERE o.customer_id = c.id
                                 AND (o.origin_id IS NULL OR o.origin_id = 0))""",
                campaign=self.id,
            )
        )
