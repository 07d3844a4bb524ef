"""How the outcome of a handover is measured: one statement per day of cut-over."""

from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

from .continuity_handover_outcome import LATE_DAYS, PERIODS

NOTHING = (0, 0, 0)


class ContinuityHandover(models.Model):
    _inherit = "continuity.handover"

    outcome_ids = fields.One2many(
        "continuity.handover.outcome", "handover_id", string="Outcome by Customer"
    )

    # === SCHEDULER === #

    @api.model
    def _cron_measure_outcomes(self):
        """Measure what the handovers of the last months led to; one plan at a time."""
        today = fields.Date.today()
        plans = self.sudo().search(self._domain_to_measure(today), order="id")
        plans._run_each(lambda plan: plan._measure_outcomes(today))

    def _domain_to_measure(self, today):
        """Return the plans with customers whose outcome is still open, or that has
        never been looked at.

        :param date today: the day (UTC)
        :rtype: Domain
        """
        longest = today - timedelta(days=max(PERIODS) + LATE_DAYS)
        return Domain("line_ids.state", "=", "moved") & (
            Domain("line_ids.moved_on", ">=", longest)
            | Domain("outcome_ids", "=", False)
            | Domain("outcome_ids.state", "=", "waiting")
        )

    def action_measure_outcomes(self):
        """Measure again whatever is over, however long ago: for an invoice or a credit
        note of long ago.

        :raise AccessError: unless an approver of the plan or a manager
        """
        for plan in self:
            if not plan.may_manage:
                raise AccessError(
                    self.env._("The outcome is measured again by the manager.")
                )
        self.sudo()._measure_outcomes(fields.Date.today(), everything=True)

    # === MEASURING === #

    def _measure_outcomes(self, today, everything=False):
        """Bring the outcomes of plans up to date.

        :param date today: the day (UTC)
        :param bool everything: also what is over for longer than late invoices are
            waited for
        """
        for plan in self:
            moved = plan.line_ids.filtered(
                lambda line: line.state == "moved" and line.partner_id
            )
            moved._note_complete_profiles(today)
            (plan.outcome_ids - moved.outcome_ids).unlink()
            plan._create_outcomes(moved)
            due = plan.outcome_ids.filtered(lambda row: row._is_due(today, everything))
            for (day, days), rows in due.grouped(
                lambda row: (row.moved_day, row.days)
            ).items():
                rows._measure(plan.company_id, day, days, today)

    def _create_outcomes(self, lines):
        """Create what is missing of the outcomes of handed over lines."""
        known = {(row.line_id.id, row.days) for row in self.outcome_ids}
        missing = []
        for line in lines:
            day = line.moved_on.date()
            for days in PERIODS:
                if (line.id, days) not in known:
                    missing.append({"line_id": line.id, "days": days, "moved_day": day})
        self.env["continuity.handover.outcome"].create(missing)


class ContinuityHandoverLine(models.Model):
    _inherit = "continuity.handover.line"

    _guarded_fields = frozenset({"profile_complete_on"})

    outcome_ids = fields.One2many("continuity.handover.outcome", "line_id")
    profile_complete_on = fields.Date(
        readonly=True,
        copy=False,
        help="The first day after the cut-over on which the customer's profile was "
        "seen to be complete.",
    )

    def _bring_back(self):
        """Who is back is no customer of the successor's any more."""
        result = super()._bring_back()
        self.outcome_ids.unlink()
        return result

    def _note_complete_profiles(self, today):
        """Keep the day on which the profile of handed over customers is complete.

        :param date today: the day (UTC)
        """
        self.filtered(
            lambda line: (
                not line.profile_complete_on
                and line.relationship_id.completeness
                >= line.company_id.continuity_completeness_required
            )
        ).profile_complete_on = today


class ContinuityHandoverOutcome(models.Model):
    _inherit = "continuity.handover.outcome"

    def _is_due(self, today, everything):
        """Whether the days are over and a result is missing, or may have changed."""
        self.ensure_one()
        over = (today - self.moved_day).days - self.days
        if over <= 0:
            return False
        if everything or self.state == "waiting":
            return True
        # Each time reads all customers of the company: once a week is enough.
        return over <= LATE_DAYS and (today - self.measured_on).days >= 7

    def _measure(self, company, day, days, today):
        """Measure the outcome of customers handed over on one day.

        :param company: ``res.company`` of the plan
        :param date day: of the cut-over; what was bought that day counts as before
        :param int days: how many days before and after are compared
        :param date today: the day it is measured on
        """
        self.env.flush_all()
        self._collect_customers(company, day, days, today)
        own = self._read_own()
        peers = self._read_peers(day, days)
        least = company.sudo().continuity_outcome_peers
        moved_again = self._moved_again()
        seen = {
            row.partner_id: row.line_id
            for row in self.sorted(lambda row: row.line_id.id, reverse=True)
        }
        for row in self:
            tier_id, industry_id, before, after, bought_before, bought_after = own.get(
                row.partner_id.id, (row.line_id.tier_id.id, None, 0, 0, 0, 0)
            )
            values = {
                "measured_on": today,
                "tier_id": tier_id,
                "industry_id": industry_id,
                "revenue_before": before,
                "revenue_after": after,
                "purchases_before": bought_before,
                "purchases_after": bought_after,
                "bought_again": int(bought_after > 0),
                "revenue_gain": 0,
                "revenue_compared": 0,
                "peer_change": 0,
            }
            scope = "industry" if industry_id else "tier"
            peer = peers[tier_id, industry_id] if industry_id else NOTHING
            if peer[0] < least:
                scope, peer = "tier", peers[tier_id, None]
            values |= {"peer_count": peer[0], "peer_scope": scope}
            if seen[row.partner_id] != row.line_id or row.line_id in moved_again:
                merged = seen[row.partner_id] != row.line_id
                values |= dict.fromkeys(
                    (
                        "revenue_before",
                        "revenue_after",
                        "purchases_before",
                        "purchases_after",
                        "bought_again",
                    ),
                    0,
                )
                values["state"] = "merged" if merged else "moved_again"
            elif before <= 0:
                values["state"] = "no_history"
            elif peer[0] < least:
                values["state"] = "too_few"
            else:
                change = peer[2] / peer[1] - 1
                values |= {
                    "state": "done",
                    "peer_change": change * 100,
                    "revenue_compared": before,
                    "revenue_gain": after - before * (1 + change),
                }
            row.write(values)

    def _moved_again(self):
        """Return the lines whose customer was handed over once more before the days
        were over."""
        later = self.env["continuity.handover.line"].search(
            [
                ("partner_id", "in", self.partner_id.ids),
                ("company_id", "in", self.company_id.ids),
                ("state", "=", "moved"),
                ("moved_on", ">", min(self.line_id.mapped("moved_on"))),
            ]
        )
        by_partner = later.grouped("partner_id")
        return self.filtered(
            lambda row: any(
                row.line_id.moved_on < line.moved_on
                and (line.moved_on.date() - row.moved_day).days <= row.days
                for line in by_partner.get(row.partner_id, ())
            )
        ).line_id

    def _collect_customers(self, company, day, days, today):
        """Put every customer of the company, as of the day of the cut-over, with what
        they bought before and after into a temporary table.

        Tiers are those of that day: today's would be the result of what is measured.
        """
        relationship = self.env["continuity.relationship"].with_context(
            active_test=False
        )
        relationship._refresh_set_planner(everybody=True)
        self.env.cr.execute("DROP TABLE IF EXISTS pg_temp.continuity_outcome")
        self.env.cr.execute(
            SQL(
                """CREATE TEMPORARY TABLE continuity_outcome AS
                   WITH bought AS (
                       SELECT partner_id,
                              SUM(amount) FILTER (WHERE day <= %(day)s) AS before,
                              SUM(amount) FILTER (WHERE day > %(day)s) AS after,
                              SUM(purchases) FILTER (WHERE day <= %(day)s) AS n_before,
                              SUM(purchases) FILTER (WHERE day > %(day)s) AS n_after
                         FROM (%(purchases)s) purchase
                        WHERE day > %(first)s AND day <= %(last)s
                     GROUP BY partner_id
                   )
                   SELECT f.partner_id, f.tier_id, p.industry_id,
                          r.owner_id, r.owner_since,
                          COALESCE(b.before, 0) AS before,
                          COALESCE(b.after, 0) AS after,
                          COALESCE(b.n_before, 0) AS n_before,
                          COALESCE(b.n_after, 0) AS n_after
                     FROM (%(figures)s) f
                     JOIN res_partner p ON p.id = f.partner_id
                LEFT JOIN continuity_relationship r
                       ON r.partner_id = f.partner_id AND r.company_id = %(company)s
                LEFT JOIN bought b ON b.partner_id = f.partner_id""",
                day=day,
                first=day - timedelta(days=days),
                last=day + timedelta(days=days),
                company=company.id,
                purchases=relationship._refresh_sql_purchases(company, today, SQL()),
                figures=relationship._refresh_sql(company, day),
            )
        )
        relationship._refresh_set_planner(everybody=False)

    def _read_own(self):
        """Return tier, industry, revenue and purchases before and after, by customer.

        :rtype: dict[int, tuple]
        """
        rows = self.env.execute_query(
            SQL(
                """SELECT partner_id, tier_id, industry_id,
                          before, after, n_before, n_after
                     FROM continuity_outcome WHERE partner_id IN %s""",
                tuple(self.partner_id.ids) or (0,),
            )
        )
        return {partner_id: tuple(row) for partner_id, *row in rows}

    def _read_peers(self, day, days):
        """Return how many comparable customers there are and what they bought before
        and after, by tier and industry, and by tier (with no industry).

        Those of the plan had another salesperson since, so they are none of them.

        :rtype: dict[tuple, tuple]
        """
        rows = self.env.execute_query(
            SQL(
                """SELECT tier_id, industry_id, GROUPING(industry_id),
                          COUNT(*), SUM(before), SUM(after)
                     FROM continuity_outcome
                    WHERE owner_id IS NOT NULL AND owner_since <= %s AND before > 0
                 GROUP BY GROUPING SETS ((tier_id, industry_id), (tier_id))""",
                day - timedelta(days=days),
            )
        )
        peers = defaultdict(lambda: NOTHING)
        for tier_id, industry_id, together, *figures in rows:
            if together or industry_id:
                peers[tier_id, industry_id] = tuple(figures)
        return peers
