from odoo import api, fields, models
from odoo.tools import SQL, format_datetime

# What is worth telling; seats that go with their meeting are not.
TOLD = ("deleted", "changed", "closed", "seat")


class ContinuityHandoverLeftover(models.Model):
    """Something an undo, or a return, did not bring back, and why.

    Written by the undo alone; nobody may change it.

    ========  =================================================================
    problem   means
    ========  =================================================================
    changed   somebody gave the record to another person since
    closed    won, lost, invoiced, done, past: history keeps its author (I5)
    deleted   the record is gone
    seat      the successor no longer takes part in the meeting
    ========  =================================================================
    """

    _name = "continuity.handover.leftover"
    _description = "Not Brought Back"
    _order = "undo_id desc, id"

    undo_id = fields.Many2one(
        "continuity.handover.undo",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    handover_id = fields.Many2one(
        "continuity.handover",
        string="Handover Plan",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    move_id = fields.Many2one(
        "continuity.handover.move",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    line_id = fields.Many2one(related="move_id.line_id", string="Customer")
    model = fields.Selection(related="move_id.model")
    record_name = fields.Char(related="move_id.record_name", string="Record")
    problem = fields.Selection(
        [
            ("changed", "Changed since"),
            ("closed", "Closed since"),
            ("deleted", "Deleted since"),
            ("seat", "Meeting changed since"),
        ],
        string="Why",
        required=True,
        readonly=True,
    )
    current_id = fields.Many2one(
        "res.users", string="Now With", readonly=True, ondelete="set null"
    )
    changed_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    changed_on = fields.Datetime(readonly=True)
    changed_in_id = fields.Many2one(
        "continuity.handover",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="The handover plan that moved it on.",
    )
    explanation = fields.Char(compute="_compute_explanation", compute_sudo=True)

    @api.depends("problem", "current_id", "changed_by_id", "changed_on")
    def _compute_explanation(self):
        for leftover in self:
            leftover.explanation = leftover._explain()

    def _explain(self):
        """Say why it was not brought back, in words.

        :rtype: str
        """
        self.ensure_one()
        people = {
            "name": self.current_id.name or "–",
            "who": self.changed_by_id.name or "–",
            "when": format_datetime(self.env, self.changed_on, dt_format="short"),
        }
        if self.problem == "deleted":
            return self.env._("deleted since")
        if self.problem == "closed":
            return self.env._(
                "closed since, last changed by %(who)s on %(when)s: it keeps the name "
                "of %(name)s",
                **people,
            )
        if self.problem == "seat":
            return self.env._(
                "those who take part were changed, last by %(who)s on %(when)s",
                **people,
            )
        if self.changed_in_id:
            return self.env._(
                "handed over to %(name)s on %(when)s (%(plan)s)",
                plan=self.changed_in_id.name,
                **people,
            )
        return self.env._("given to %(name)s by %(who)s on %(when)s", **people)

    def action_open_record(self):
        """Open the record, with the user's own rights."""
        self.ensure_one()
        return self.move_id.action_open_record()

    # === WHO CHANGED IT === #

    @api.model
    def _keep(self, undo, moves):
        """Keep what an undo does not bring back.

        :param undo: ``continuity.handover.undo``
        :param list moves: see ``continuity.handover.line._moves_to_undo``
        """
        return self.create(
            [
                {"undo_id": undo.id, "handover_id": undo.handover_id.id, **values}
                for values in self._prepare(moves)
            ]
        )

    @api.model
    def _prepare(self, moves):
        """Return the values of what is not brought back, with who changed it and when.

        Known from another handover's log, else from tracking, else from the last
        change of the record.

        :param list moves: see ``continuity.handover.line._moves_to_undo``
        :rtype: list[dict]
        """
        told = {}
        for entry in moves:
            if entry["problem"] in TOLD:
                told[entry["model"], entry["res_id"], entry["kind"]] = entry
        values = {
            entry["id"]: {
                "move_id": entry["id"],
                "problem": entry["problem"],
                "current_id": entry["current"] or False,
            }
            for entry in told.values()
        }
        by_model = {}
        for entry in told.values():
            by_model.setdefault(entry["model"], []).append(entry)
        for model, entries in by_model.items():
            for move_id, changes in self._changes(model, entries).items():
                values[move_id].update(changes)
        return list(values.values())

    @api.model
    def _changes(self, model, entries):
        """Return who changed records of one model and when, by id of the log."""
        changes = {}
        if model not in self.env:
            return changes
        ids = [entry["id"] for entry in entries if entry["problem"] != "deleted"]
        table = SQL.identifier(self.env[model]._table)
        for row in self.env.execute_query(
            SQL(
                """SELECT m.id, record.write_uid, record.write_date
                     FROM continuity_handover_move m
                     JOIN %s record ON record.id = m.res_id
                    WHERE m.id = ANY(%s)""",
                table,
                ids,
            )
        ):
            changes[row[0]] = {"changed_by_id": row[1], "changed_on": row[2]}
        changed = [e["id"] for e in entries if e["problem"] == "changed"]
        for move_id, user_id, date in self.env.execute_query(
            SQL(
                """SELECT DISTINCT ON (m.id) m.id, t.create_uid, message.date
                     FROM continuity_handover_move m
                     JOIN mail_message message
                       ON message.model = m.model AND message.res_id = m.res_id
                     JOIN mail_tracking_value t ON t.mail_message_id = message.id
                     JOIN ir_model_fields field
                       ON field.id = t.field_id AND field.name = m.field
                    WHERE m.id = ANY(%s)
                      AND message.date >= m.create_date
                 ORDER BY m.id, message.date DESC, t.id DESC""",
                changed,
            )
        ):
            changes[move_id] = {"changed_by_id": user_id, "changed_on": date}
        for move_id, user_id, date, plan_id in self.env.execute_query(
            SQL(
                """SELECT DISTINCT ON (m.id) m.id, later.create_uid,
                          later.create_date, later.handover_id
                     FROM continuity_handover_move m
                     JOIN continuity_handover_move later
                       ON later.model = m.model AND later.res_id = m.res_id
                      AND later.field = m.field AND later.kind = 'write'
                      AND later.id > m.id
                    WHERE m.id = ANY(%s)
                 ORDER BY m.id, later.id DESC""",
                changed,
            )
        ):
            known = changes.get(move_id, {}).get("changed_on")
            # Somebody may have changed it once more since that handover.
            if not known or known <= date:
                changes[move_id] = {
                    "changed_by_id": user_id,
                    "changed_on": date,
                    "changed_in_id": plan_id,
                }
        return changes
