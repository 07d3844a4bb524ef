"""What was found and is no longer due: closed with the reason, and its contact with
it."""

from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL, split_every

from .continuity_followup_planning import BATCH_SIZE, HORIZON_DAYS, ROWS
from .continuity_followup_rule import STANDING
from .continuity_followup_trigger import Window


class ContinuityFollowupOccurrence(models.Model):
    _inherit = "continuity.followup.occurrence"

    @api.model
    def _drop_obsolete(self, company, today, commit):
        """Skip what is no longer due, and cancel contacts that have no other reason.

        A customer somebody has spoken to since is not silent; an order that was
        cancelled was not delivered. What a rule that was archived has found and
        nobody planned yet is dropped too.
        """
        rules = self._rules(company)
        # Why it could not be done last time: tried again now.
        self.env.cr.execute(
            """UPDATE continuity_followup_occurrence SET reason = NULL
                WHERE company_id = %s AND state IN ('planned', 'merged')
                  AND reason IS NOT NULL""",
            [company.id],
        )
        reasons = {}
        begun = self._sql_begun()
        for rule, window in self._windows_to_recheck(company, rules, today):
            reasons |= self._skip_rows(
                company,
                today,
                rules,
                SQL(
                    """o.rule_id = %s AND NOT EXISTS (
                           SELECT FROM still
                            WHERE still.relationship_id = o.relationship_id
                              AND still.key = split_part(o.key, '#', 1))
                       AND NOT %s""",
                    rule.id,
                    begun if rule.trigger in STANDING else SQL("FALSE"),
                ),
                still=rule._due_sql(company, window),
            )
        reasons |= self._skip_rows(
            company,
            today,
            rules,
            SQL(
                "(NOT r.active OR (o.rule_id <> ALL(%s) AND o.touchpoint_id IS NULL))",
                rules.ids,
            ),
        )
        obsolete = self.browse(reasons)

        def keep_error(touchpoint, error):
            rows = obsolete.filtered(lambda row: row.touchpoint_id == touchpoint)
            rows.reason = str(error)

        for touchpoints in split_every(
            BATCH_SIZE, obsolete.touchpoint_id.ids, self.touchpoint_id.browse
        ):
            self._in_halves(
                touchpoints,
                lambda some: self._drop_from(some, reasons, today),
                keep_error,
            )

    @api.model
    def _drop_from(self, touchpoints, reasons, today):
        """Take reasons out of contacts, and cancel those that have no other.

        :param touchpoints: ``continuity.touchpoint``
        :param dict reasons: why it is no longer due, by occurrence id
        :param date today: the day of the planning
        """
        rows = self.search([("touchpoint_id", "in", touchpoints.ids)])
        for touchpoint, together in rows.grouped("touchpoint_id").items():
            own = together.filtered(lambda row: row.id in reasons)
            for occurrence in own:
                values = {"state": "skipped", "reason": reasons[occurrence.id]}
                if occurrence.trigger not in STANDING:
                    # A delivery that was put off is found again on its new day.
                    values["key"] = f"{occurrence.key}~{today}"
                occurrence.write(values)
            rest = together.filtered(lambda row: row.state in self._open_states)
            if rest:
                touchpoint.why = rest._tell_why(touchpoint.user_id)
            else:
                self._cancel_contacts(touchpoint, own[:1].reason)

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

    def _skip_rows(self, company, today, rules, condition, still=None):
        """Skip the open rows of a company that meet a condition on ``ROWS`` and are
        part of no contact; return why the others are no longer due, by their id.

        :param rules: the ``continuity.followup.rule`` of the company
        :param SQL condition: may look at the table ``still``
        :param SQL still: what that one is
        :rtype: dict[int, str]
        """
        spoken = SQL(
            "f.trigger IN %s AND r.last_contact_date IS DISTINCT FROM o.since",
            STANDING,
        )
        reason = SQL(
            """CASE WHEN NOT r.active THEN %(archived)s
                    WHEN o.rule_id <> ALL(%(rules)s) THEN %(rule)s
                    WHEN %(spoken)s AND r.last_contact_date IS NOT NULL
                    THEN replace(%(contact)s, '{day}', r.last_contact_date::text)
                    ELSE %(changed)s END""",
            archived=self.env._("The customer is archived."),
            rules=rules.ids,
            rule=self.env._("The rule is archived or belongs to another company."),
            spoken=spoken,
            contact=self.env._("In touch again on %s.", "{day}"),
            changed=self.env._("No longer due: what it was for has changed."),
        )
        rows = self.env.execute_query(
            SQL(
                """WITH %(still)s obsolete AS MATERIALIZED (
                        SELECT o.id, o.touchpoint_id, %(reason)s AS reason,
                               f.trigger IN %(standing)s AS standing
                          FROM %(rows)s
                         WHERE o.company_id = %(company)s AND o.state IN %(open)s
                           AND %(condition)s
                   ), skipped AS (
                        UPDATE continuity_followup_occurrence x
                           SET state = 'skipped', reason = n.reason,
                               key = CASE WHEN n.standing THEN x.key
                                          ELSE x.key || '~' || %(today)s END
                          FROM obsolete n
                         WHERE n.id = x.id AND n.touchpoint_id IS NULL
                   )
                   SELECT id, reason FROM obsolete WHERE touchpoint_id IS NOT NULL""",
                # Computed once, not for each row.
                still=SQL("still AS MATERIALIZED (%s),", still) if still else SQL(),
                reason=reason,
                standing=STANDING,
                rows=ROWS,
                company=company.id,
                open=self._open_states,
                condition=condition,
                today=str(today),
            )
        )
        return dict(rows)
