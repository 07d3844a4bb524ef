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
        self._work_off("queued", ("running",), "_cut_over_batch")
        self.env["continuity.handover.line"].sudo()._inform_waiting_successors()

    @api.model
    def _work_off(self, state, plan_states, method):
        """Work on all lines in a state, in batches, each its own transaction.

        :param str state: of the lines; the work takes them out of it
        :param tuple plan_states: states of the plans whose turn it is
        :param str method: of the lines; gets those of one plan at a time
        """
        cron = self.env["ir.cron"]
        lines = self.env["continuity.handover.line"].sudo()
        domain = [("state", "=", state), ("handover_id.state", "in", plan_states)]
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
                    getattr(plan_lines, method)()
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
        self._in_batches("_cut_over_batch")
        self.browse(self.ids)._inform_successors()

    def _in_batches(self, method):
        """Call a method with these lines, those of one plan at a time and not too many.

        :param str method: of the lines
        """
        # By ids: a one2many prefetches nothing once the cache is emptied, as below.
        lines = self.sudo().browse(self.ids)
        for plan_lines in lines.grouped("handover_id").values():
            for ids in split_every(BATCH_SIZE, plan_lines.ids):
                getattr(lines.browse(ids), method)()
                self.env.invalidate_all()  # bounds the memory of a long list

    def _cut_over_batch(self):
        """Move the lines of one plan that can be moved."""
        self.sudo()._without_obstacles()._isolated("_move")

    def _isolated(self, method):
        """Do something with the lines of one plan together; if that fails, one by one,
        so that one customer's error does not hold up the others.

        :param str method: of the lines
        """
        if not self:
            return
        try:
            with self.env.cr.savepoint():
                getattr(self, method)()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise  # only a new transaction can see what the other one changed
        except Exception as error:
            if len(self) == 1:
                self._keep_error(error)
                return
            for line in self:
                line._isolated(method)

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
        """Leave a line where it was, with the reason why it could not be moved."""
        if isinstance(error, UserError):
            message = str(error)
        else:
            _logger.error(
                "Line %s of handover %s could not be moved",
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
        back = "moved" if self.state == "undoing" else "open"
        self.write({"state": back, "cutover_error": message})

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
                lines._follow_customers()
                held_back = lines._held_back_by_other_companies(mover)
                movable = lines.browse(set(lines.ids) - held_back.keys())
            rows = movable._transfer(mover)
            if mover.model == "res.partner":
                lines._move_relationships(rows)
            elif mover.model == "crm.lead":
                moved_deals = {row["line_id"] for row in rows}
        gone = lines.filtered(
            lambda line: not line.partner_id and line.id not in moved_deals
        )
        lines._close(gone, held_back)
        lines._unfollow_after_support()

    def _transfer(self, mover, people=None, phase="cutover"):
        """Give the records of a mover to the people they go to: log, follow, write.

        :param dict people: see :meth:`_people`
        :param str phase: see ``continuity.handover.move``
        :return: what was logged, see :meth:`_log_moves`
        :rtype: list[dict]
        """
        rows = self._log_moves(mover, people, phase)
        if not rows:
            return rows
        self._follow_moves(mover, rows, people, phase)
        swaps = self._log_attendees(mover, rows, phase) if mover.attendees else {}
        self._write_moves(mover, rows, swaps)
        return rows

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

    # === WRITE WHAT IS LOGGED === #

    def _write_moves(self, mover, rows, swaps):
        """Write the new people into the logged records, through the ORM, so that only
        the person changes.

        :param list rows: dicts with res_id and new_value_id (user)
        :param dict swaps: partner ids that leave and join a meeting, by its id; None
            for nobody
        """
        model = self.env[mover.model]
        ids_by_change = defaultdict(list)
        for row in rows:
            swap = swaps.get(row["res_id"])
            ids_by_change[row["new_value_id"], swap].append(row["res_id"])
        for (user_id, swap), ids in ids_by_change.items():
            values = {mover.user_field: user_id}
            if swap:
                left, joined = swap
                values[mover.attendees] = [
                    *([Command.unlink(left)] if left else []),
                    *([Command.link(joined)] if joined else []),
                ]
            self.env["continuity.handover"]._write_person(
                mover, model.browse(ids), values
            )

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
        self._log_relationships(
            [(line_ids[r.partner_id.id], r.id) for r in relationships]
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

    def _log_relationships(self, pairs):
        """Log whose the relationships were, and since when.

        :param list pairs: tuples (id of the line, id of the relationship)
        """
        line_ids = [line_id for line_id, _id in pairs]
        self._insert_log(
            SQL(
                """SELECT line.handover_id, line.id, 'relationship',
                          'continuity.relationship', r.id, 'owner_id', r.owner_id,
                          line.successor_id,
                          jsonb_build_object(
                              'owner_since', r.owner_since,
                              'handed_over_to_id', r.handed_over_to_id)
                     FROM unnest(%s::int[], %s::int[]) AS t (line_id, id)
                     JOIN continuity_handover_line line ON line.id = t.line_id
                     JOIN continuity_relationship r ON r.id = t.id""",
                line_ids,
                [id_ for _line_id, id_ in pairs],
            ),
            extra=("details",),
        )
