"""From what the rules find to touchpoints: the daily planning of follow-up.

For each company, one at a time even when several hosts run this: bring rows in line
with what happened since, find what has fallen due, hold back whom one may not contact,
merge what belongs to a contact already planned, and give the rest free days of their
people within a week, the most important customers first. What finds no day waits,
listed, for the next run. Activities are not made here.
"""

import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL, groupby, split_every

from .continuity_followup_rule import STANDING
from .continuity_followup_trigger import Window
from .continuity_touchpoint import OPEN_STATES

_logger = logging.getLogger(__name__)

# Reasons that fall due within so many days become one contact.
HORIZON_DAYS = 7
# Rows found, or contacts planned, in one transaction.
BATCH_SIZE = 10_000
# How often a step is begun when others change the same rows at the same time.
STEP_TRIES = 3

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
        """Plan the follow-up of every company whose night has come, the one that
        waited longest first.

        The settings of a company that fails show the reason.
        """
        companies = self.env["res.company"].search(
            [], order="continuity_followup_planned_on NULLS FIRST, id"
        )
        companies = companies.filtered(lambda company: company._is_followup_due())

        def plan(company):
            try:
                today = company._continuity_now().date()
                self._plan_company(company, today, commit=True)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                # Somebody else plans this company at the same time.
                self.env.cr.rollback()
                _logger.info("Follow-up of company id %s: left to next run", company.id)

        self.env["ir.cron"]._continuity_each(
            companies, plan, "continuity_followup_error"
        )

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
            if not self._run_step(company, commit, step, company, today, commit):
                return planned
        people = self._search_people(company)
        for users in split_every(
            self._batch_people(company), people.ids, people.browse
        ):
            repeat = True
            while repeat:
                done = self._run_step(
                    company, commit, self._plan_people, company, today, users
                )
                if not done:
                    return planned
                ((count, repeat),) = done
                planned += count
        company.write(
            {
                "continuity_followup_planned_on": today,
                "continuity_followup_error": False,
            }
        )
        self._finish_step(commit)
        return planned

    def _run_step(self, company, commit, step, *args):
        """Do one step in a transaction of its own. When somebody else changed what
        it read, do it again on what is there now.

        :param company: ``res.company``
        :param bool commit: commit it; without that nothing can be tried again
        :param step: method that may be called again with the same ``args``
        :return: a tuple of what the step returns; empty when somebody else has the
            company
        :rtype: tuple
        """
        tries = STEP_TRIES if commit else 1
        while True:
            try:
                if not self._take_company(company):
                    return ()
                result = step(*args)
                self._finish_step(commit)
                return (result,)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                tries -= 1
                if not tries:
                    raise
                self.env.cr.rollback()

    def _in_halves(self, items, action, keep_error):
        """Do something with many at once; if that fails in halves, so that only the
        one that cannot be done is left out, with the reason (I11).

        :param items: a recordset or a list
        :param action: function of some of the items
        :param keep_error: function of the one item that fails and the exception
        """
        try:
            with self.env.cr.savepoint():
                action(items)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise  # only a new transaction can see what the other one changed
        except Exception as error:
            self.env.invalidate_all(flush=False)
            if len(items) > 1:
                middle = len(items) // 2
                self._in_halves(items[:middle], action, keep_error)
                self._in_halves(items[middle:], action, keep_error)
                return
            _logger.warning("Follow-up: cannot be done: %s", items, exc_info=error)
            keep_error(items[0], error)

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
                       rule_id, relationship_id, company_id, tier_id, key, since,
                       date_due, document, product_id, state, reason,
                       date_closed, times_planned, create_uid, create_date, write_uid,
                       write_date)
                   SELECT %(rule)s, r.id, r.company_id, r.tier_id, d.key,
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
        """Let a customer whose next contact is planned hear everything in that one:
        within the same days as any other reasons, and unless it is held back or its
        letter is written already."""
        rows = self.env.execute_query(
            SQL(
                """SELECT MIN(t.id), o.id
                     FROM continuity_followup_occurrence o
                     JOIN continuity_followup_occurrence other
                       ON other.relationship_id = o.relationship_id
                      AND other.state = 'planned'
                     JOIN continuity_touchpoint t ON t.id = other.touchpoint_id
                      AND t.state IN %s AND t.held_back IS NULL
                      AND t.frozen_on IS NULL
                      AND t.date_show <= GREATEST(o.date_due, %s::date) + %s
                    WHERE o.company_id = %s AND o.state = 'waiting'
                 GROUP BY o.id ORDER BY 1, 2""",
                OPEN_STATES,
                today,
                HORIZON_DAYS - 1,
                company.id,
            )
        )
        pairs = [
            (touchpoint_id, [row[1] for row in group])
            for touchpoint_id, group in groupby(rows, key=lambda row: row[0])
        ]
        for batch in split_every(BATCH_SIZE, pairs):
            self._in_halves(
                batch,
                lambda some: self._merge(some, today),
                lambda pair, error: self.browse(pair[1])._hold(str(error), "error"),
            )

    @api.model
    def _merge(self, pairs, today):
        """Tell reasons in contacts that are planned already.

        :param list pairs: tuples (touchpoint id, ids of occurrences)
        :param date today: the day of the planning
        """
        for touchpoint_id, ids in pairs:
            touchpoint = self.env["continuity.touchpoint"].sudo().browse(touchpoint_id)
            for row in self.browse(ids):
                row.write(
                    {
                        "state": "merged",
                        "touchpoint_id": touchpoint_id,
                        "planned_for": max(row.date_due, today),
                    }
                )
            told = self.search(
                [
                    ("touchpoint_id", "=", touchpoint_id),
                    ("state", "in", ("planned", "merged")),
                ]
            )
            touchpoint.why = told._tell_why(touchpoint.user_id)
