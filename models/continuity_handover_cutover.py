"""How customers change hands, in batches: each record is logged, then moved.

Finding is SQL; the change itself goes through the ORM, so that what other addons do
on a change of salesperson is done here too.
"""

import logging
from collections import defaultdict

from psycopg2 import Error as DatabaseError

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL, split_every

from .calendar_event import ACTIVITIES_MOVE_THEMSELVES

_logger = logging.getLogger(__name__)

# Customers per transaction of the scheduler, and per savepoint otherwise.
BATCH_SIZE = 200
# Batches that lost against somebody else's change and may be tried again in one run.
MAX_CONFLICTS = 10

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


class ContinuityHandover(models.Model):
    _inherit = "continuity.handover"

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
    def _write_person(self, mover, records, values):
        """Write another person into records, through the ORM, so that nothing else
        changes.

        :param Mover mover: the one of these records
        :param records: in an environment with :data:`QUIET` in its context
        :param dict values: the person, and who takes part instead
        """
        for path in mover.prefetch:
            records.mapped(path)
        before = {name: self._ids_by_value(records, name) for name in mover.keep}
        with records.env.protecting(self._kept_fields(mover), records):
            records.write(values)
            for name, ids_by_value in before.items():
                for value, same_ids in ids_by_value.items():
                    # Protected: this changes the value and nothing else.
                    records.browse(same_ids)[name] = value

    @api.model
    def _ids_by_value(self, records, name):
        """Return ``{value of a field: ids}``, to write each value once."""
        ids_by_value = defaultdict(list)
        for record in records:
            ids_by_value[record[name]].append(record.id)
        return ids_by_value


class ContinuityHandoverLine(models.Model):
    _inherit = "continuity.handover.line"

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
            self.env["continuity.handover"]._write_person(
                mover, model.browse(ids), values
            )

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
