"""From what the rules find to touchpoints: the daily planning of follow-up.

For each company, one at a time even when several hosts run this: bring rows in line
with what happened since, find what has fallen due, hold back whom one may not contact,
merge what belongs to a contact already planned, and give the rest free days of their
people within a week, the most important customers first. What finds no day waits,
listed, for the next run. Activities are not made here.
"""

import logging
from datetime import timedelta
from itertools import groupby

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL, split_every

from .continuity_followup_rule import STANDING
from .continuity_followup_trigger import Window

_logger = logging.getLogger(__name__)

# Reasons that fall due within so many days become one contact.
HORIZON_DAYS = 7
# Rows found, or contacts planned, in one transaction.
BATCH_SIZE = 10_000

# Who makes the contact, for the rule f and the customer p.
RESPONSIBLE = SQL("CASE WHEN f.owner = 'person' THEN f.user_id ELSE p.user_id END")
# An occurrence o with all that is needed to plan it.
ROWS = SQL(
    """continuity_followup_occurrence o
  JOIN continuity_followup_rule f ON f.id = o.rule_id
  JOIN continuity_relationship r ON r.id = o.relationship_id
  JOIN res_partner p ON p.id = r.partner_id"""
)


class ContinuityFollowupOccurrence(models.Model):
    _inherit = "continuity.followup.occurrence"

    # === ENTRY POINTS === #

    @api.model
    def _cron_plan(self):
        """Plan the follow-up of every company, the one that waited longest first.

        A company that fails does not hold up the others; the last error is raised at
        the end, so that the run counts as failed.
        """
        companies = self.env["res.company"].search(
            [], order="continuity_followup_planned_on NULLS FIRST, id"
        )
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(companies))
        error = None
        for company in companies:
            try:
                self._plan_company(company, commit=True)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                # Somebody else plans this company, or changed what was read.
                self.env.cr.rollback()
                _logger.info("Follow-up of company id %s: left to next run", company.id)
            except Exception as exception:
                self.env.cr.rollback()
                _logger.warning(
                    "Follow-up of %s (id %s) could not be planned",
                    company.name,
                    company.id,
                    exc_info=True,
                )
                error = exception
            if not cron._commit_progress(1):
                break
        if error:
            raise error

    @api.model
    def _plan_company(self, company, today=None, commit=False):
        """Find what has fallen due in a company and plan contacts for it.

        :param company: ``res.company``
        :param date today: the day to plan from (default: today, UTC)
        :param bool commit: commit after each batch; only for scheduled actions
        :return: number of contacts planned
        :rtype: int
        """
        today = today or fields.Date.today()
        lang = company.sudo().partner_id.lang or self.env.lang
        self = self.sudo().with_context(active_test=False, lang=lang)
        company = company.sudo()
        planned = 0
        for step in (
            self._take_over_results,
            self._drop_obsolete,
            self._collect,
            self._hold_without_owner,
            self._recheck_refusals,
            self._merge_into_open,
        ):
            if not self._take_company(company):
                return planned
            step(company, today, commit)
            self._finish_step(commit)
        people = self._search_people(company)
        for users in split_every(
            self._batch_people(company), people.ids, people.browse
        ):
            repeat = True
            while repeat:
                if not self._take_company(company):
                    return planned
                count, repeat = self._plan_people(company, today, users)
                planned += count
                self._finish_step(commit)
        company.continuity_followup_planned_on = today
        self._finish_step(commit)
        return planned

    @api.model
    def _take_company(self, company):
        """Take a company for this transaction; return whether nobody else has it.

        The lock alone would let in a transaction whose snapshot is older than the
        last one's commit; because of the write the database refuses that one.
        """
        self.env.flush_all()
        taken = company.try_lock_for_update(allow_referencing=True)
        if taken:
            self.env.cr.execute(
                "UPDATE res_company SET write_date = write_date WHERE id = %s",
                [company.id],
            )
        return bool(taken)

    def _finish_step(self, commit):
        """Forget what the ORM remembers of rows written by SQL, and commit."""
        self.env.flush_all()
        self.env.invalidate_all()
        if commit:
            self.env["ir.cron"]._commit_progress(0)

    @api.model
    def _rules(self, company):
        """Return the rules that apply to a company."""
        rules = self.env["continuity.followup.rule"].with_context(active_test=True)
        return rules.search([("company_id", "in", [False, company.id])])

    @api.model
    def _window(self, company, rule, today, days=HORIZON_DAYS):
        """Return the days a rule is asked for.

        What was missed while nothing ran is found as well, with some days more for
        documents that are entered late.
        """
        end = today + timedelta(days=days - 1)
        if rule.trigger in STANDING:
            return Window(None, end, today)
        last_run = min(company.continuity_followup_planned_on or today, today)
        start = last_run - timedelta(days=company.continuity_followup_late_days)
        return Window(max(start, rule.date_from), end, today)

    # === WHAT HAPPENED SINCE === #

    @api.model
    def _take_over_results(self, company, today, commit):
        """Close rows whose contact ended without telling them: cancelled by somebody
        or, however it came about, closed."""
        self.env.cr.execute(
            SQL(
                """UPDATE continuity_followup_occurrence o
                      SET state = CASE t.state WHEN 'cancelled' THEN 'skipped'
                                               ELSE t.state END,
                          reason = t.reason, date_closed = %s
                     FROM continuity_touchpoint t
                    WHERE t.id = o.touchpoint_id
                      AND o.company_id = %s
                      AND o.state IN ('planned', 'merged')
                      AND t.state IN ('done', 'failed', 'cancelled')""",
                today,
                company.id,
            )
        )

    @api.model
    def _drop_obsolete(self, company, today, commit):
        """Skip what is no longer due, and cancel contacts that have no other reason.

        A customer somebody has spoken to since is not silent; an order that was
        cancelled was not delivered. What a rule that was archived has found and
        nobody planned yet is dropped too.
        """
        rules = self._rules(company)
        obsolete = self.browse()
        for rule, window in self._windows_to_recheck(company, rules, today):
            obsolete |= self._search_rows(
                company,
                SQL(
                    """o.rule_id = %s AND NOT EXISTS (
                           SELECT FROM still
                            WHERE still.relationship_id = o.relationship_id
                              AND still.key = split_part(o.key, '#', 1))""",
                    rule.id,
                ),
                still=rule._due_sql(company, window),
            )
        obsolete |= self._search_rows(
            company,
            SQL(
                "(NOT r.active OR (o.rule_id <> ALL(%s) AND o.touchpoint_id IS NULL))",
                rules.ids,
            ),
        )
        if not obsolete:
            return
        touchpoints = obsolete.touchpoint_id
        for occurrence in obsolete:
            values = {"state": "skipped", "reason": occurrence._obsolete_reason(rules)}
            if occurrence.trigger not in STANDING:
                # A delivery that was put off is found again on its new day.
                values["key"] = f"{occurrence.key}~{today}"
            occurrence.write(values)
        for touchpoint in touchpoints:
            rows = self.search([("touchpoint_id", "=", touchpoint.id)])
            if rest := rows.filtered(lambda row: row.state in self._open_states):
                touchpoint.why = rest._tell_why(touchpoint.user_id)
            else:
                own = rows & obsolete
                touchpoint._cancel(own[:1].reason)

    @api.model
    def _windows_to_recheck(self, company, rules, today):
        """Return the rules with open rows, and the days to ask them for again."""
        # The others depend on nothing that changes.
        changing = rules.filtered(
            lambda rule: rule.trigger not in ("anniversary", "yearly", "rising")
        )
        rows = self.env.execute_query(
            SQL(
                """SELECT rule_id, MIN(date_due), MAX(date_due)
                     FROM continuity_followup_occurrence
                    WHERE company_id = %s AND state IN %s AND rule_id = ANY(%s)
                 GROUP BY rule_id ORDER BY rule_id""",
                company.id,
                self._open_states,
                changing.ids,
            )
        )
        horizon = today + timedelta(days=HORIZON_DAYS - 1)
        for rule_id, first, last in rows:
            rule = rules.browse(rule_id)
            if rule.trigger in STANDING:
                yield rule, Window(None, horizon, today, recheck=True)
            else:
                yield rule, Window(first, last, today)

    def _search_rows(self, company, condition, still=None):
        """Return the open rows of a company that meet a condition on ``ROWS``.

        :param SQL condition: may look at the table ``still``
        :param SQL still: what that one is
        """
        rows = self.env.execute_query(
            SQL(
                """%s SELECT o.id FROM %s
                    WHERE o.company_id = %s AND o.state IN %s AND %s""",
                # Computed once, not for each row.
                SQL("WITH still AS MATERIALIZED (%s)", still) if still else SQL(),
                ROWS,
                company.id,
                self._open_states,
                condition,
            )
        )
        return self.browse(row[0] for row in rows)

    def _obsolete_reason(self, rules):
        """Say why this row is no longer due."""
        self.ensure_one()
        if not self.relationship_id.active:
            return self.env._("The customer is archived.")
        if self.rule_id not in rules:
            return self.env._("The rule is archived or belongs to another company.")
        contact = self.relationship_id.last_contact_date
        if self.trigger in STANDING and contact and contact != self.since:
            return self.env._("In touch again on %s.", fields.Date.to_string(contact))
        return self.env._("No longer due: what it was for has changed.")

    # === WHAT HAS FALLEN DUE === #

    @api.model
    def _collect(self, company, today, commit):
        """Add a row for whatever the rules find that has none yet.

        Occurrences missed for longer than the settings allow are skipped with the
        reason: two months after the scheduler was stopped nobody is to be asked how
        the first week went.
        """
        late = today - timedelta(days=company.continuity_followup_late_days)
        reason = self.env._("Found too late to be of use.")
        for rule in self._rules(company):
            window = self._window(company, rule, today)
            missed = SQL("FALSE")
            if rule.trigger not in STANDING:
                missed = SQL("d.date_due < %s", late)
            query = SQL(
                """INSERT INTO continuity_followup_occurrence (
                       rule_id, relationship_id, partner_id, company_id, tier_id, key,
                       since, date_due, document, product_id, state, reason,
                       date_closed, times_planned, create_uid, create_date, write_uid,
                       write_date)
                   SELECT %(rule)s, r.id, r.partner_id, r.company_id, r.tier_id, d.key,
                          d.since, d.date_due, d.document, d.product_id,
                          CASE WHEN %(missed)s THEN 'skipped' ELSE 'waiting' END,
                          CASE WHEN %(missed)s THEN %(reason)s END,
                          CASE WHEN %(missed)s THEN %(today)s::date END,
                          0, %(uid)s, %(now)s, %(uid)s, %(now)s
                     FROM (%(due)s) d
                     JOIN continuity_relationship r ON r.id = d.relationship_id
                    WHERE NOT EXISTS (
                              SELECT FROM continuity_followup_occurrence o
                               WHERE o.rule_id = %(rule)s AND o.key = d.key
                                 AND o.relationship_id = d.relationship_id)
                 ORDER BY d.date_due, r.id
                    LIMIT %(limit)s
              ON CONFLICT DO NOTHING""",
                rule=rule.id,
                missed=missed,
                reason=reason,
                today=today,
                uid=self.env.uid,
                now=self.env.cr.now(),
                due=rule._due_sql(company, window),
                limit=BATCH_SIZE,
            )
            self.env.cr.execute(query)
            while commit and self.env.cr.rowcount == BATCH_SIZE:
                self._finish_step(commit)
                if not self._take_company(company):
                    return
                self.env.cr.execute(query)

    # === CONTACTS ALREADY PLANNED === #

    @api.model
    def _merge_into_open(self, company, today, commit):
        """Let a customer whose next contact is planned hear everything in that one."""
        rows = self.env.execute_query(
            SQL(
                """SELECT o.id, MIN(t.id)
                     FROM continuity_followup_occurrence o
                     JOIN continuity_followup_occurrence other
                       ON other.relationship_id = o.relationship_id
                      AND other.state = 'planned'
                     JOIN continuity_touchpoint t ON t.id = other.touchpoint_id
                      AND t.state NOT IN ('done', 'failed', 'cancelled')
                    WHERE o.company_id = %s AND o.state = 'waiting'
                 GROUP BY o.id ORDER BY MIN(t.id)""",
                company.id,
            )
        )
        for touchpoint_id, pairs in groupby(rows, key=lambda row: row[1]):
            touchpoint = self.env["continuity.touchpoint"].sudo().browse(touchpoint_id)
            merged = self.browse(pair[0] for pair in pairs)
            merged.write({"state": "merged", "touchpoint_id": touchpoint_id})
            told = self.search(
                [
                    ("touchpoint_id", "=", touchpoint_id),
                    ("state", "in", ("planned", "merged")),
                ]
            )
            touchpoint.why = told._tell_why(touchpoint.user_id)

    def _tell_why(self, user):
        """Return the reasons of these rows as one text, in a user's language."""
        reasons = self.with_context(lang=user.sudo().lang).sorted(
            lambda row: (row.state != "planned", row.date_due, row.id)
        )
        return "; ".join(dict.fromkeys(reasons.mapped("why")))
