"""What a cut-over changes is written into the typed log first (I6), by the statement
that finds it: what is logged is exactly what is changed then.
"""

from odoo import models
from odoo.tools import SQL

COLUMNS = ("id", "line_id", "res_id", "old_value_id", "new_value_id")


class ContinuityHandoverLine(models.Model):
    _inherit = "continuity.handover.line"

    def _people(self):
        """Return from whom to whom the records of these lines go.

        :return: ``{id of the line: (id of the user before, of the user after)}``
        :rtype: dict
        """
        return {line.id: (line.leaver_id.id, line.successor_id.id) for line in self}

    def _sql_people(self, people):
        """Return the people of lines as a table to join: line_id, old_id, new_id."""
        return SQL(
            "unnest(%s::int[], %s::int[], %s::int[]) AS p (line_id, old_id, new_id)",
            list(people),
            [old for old, _new in people.values()],
            [new for _old, new in people.values()],
        )

    def _matching(self, mover, people=None):
        """Return the WITH clause of the records of these lines; see
        ``continuity.handover._sql_matching``.

        :param dict people: see :meth:`_people`
        """
        people = people or self._people()
        rows = [
            (
                line.id,
                people[line.id][0],
                line.partner_id.id or None,
                line.lead_id.id or None,
            )
            for line in self
        ]
        plan = self.handover_id
        return plan._sql_matching(mover, rows, plan.company_id) if rows else None

    def _log_moves(self, mover, people=None, phase="cutover"):
        """Log what a mover is about to change and return it.

        :param dict people: see :meth:`_people`
        :param str phase: why it changes, see ``continuity.handover.move``
        :return: dicts with id (of the log), line_id, res_id, old_value_id and
            new_value_id (users)
        :rtype: list[dict]
        """
        people = people or self._people()
        matching = self._matching(mover, people)
        if matching is None:
            return []
        return self._insert_log(
            SQL(
                """SELECT line.handover_id, line.id, 'write', %s, m.res_id, %s,
                          p.old_id, p.new_id
                     FROM matching m
                     JOIN continuity_handover_line line ON line.id = m.ref
                     JOIN %s ON p.line_id = m.ref
                 ORDER BY m.res_id""",
                mover.model,
                mover.user_field,
                self._sql_people(people),
            ),
            matching,
            phase=phase,
        )

    def _insert_log(self, select, with_clause=None, extra=(), phase="cutover"):
        """Insert the rows of a SELECT into the log and return them.

        :param SQL select: handover_id, line_id, kind, model, res_id, field,
            old_value_id, new_value_id, and then the ``extra`` ones
        :param SQL with_clause: what the SELECT reads from
        :param tuple extra: names of further columns
        :param str phase: why it changes, see ``continuity.handover.move``
        :rtype: list[dict]
        """
        rows = self.env.execute_query(
            SQL(
                """%(with_clause)s
                   INSERT INTO continuity_handover_move
                          (handover_id, line_id, kind, model, res_id, field,
                           old_value_id, new_value_id, %(extra)s
                           phase, create_uid, create_date, write_uid, write_date)
                   SELECT entry.*, %(phase)s, %(uid)s, %(now)s, %(uid)s, %(now)s
                     FROM (%(select)s) entry
                RETURNING %(columns)s""",
                with_clause=with_clause or SQL(),
                extra=SQL().join(SQL("%s, ", SQL.identifier(name)) for name in extra),
                select=select,
                phase=phase,
                uid=self.env.uid,
                now=self.env.cr.now(),
                columns=SQL(", ").join(map(SQL.identifier, COLUMNS)),
            )
        )
        self.handover_id.invalidate_recordset(["move_ids"])
        self.env["continuity.handover.move"].invalidate_model(["undo_ids"])
        return [dict(zip(COLUMNS, row, strict=True)) for row in rows]

    def _log_attendees(self, mover, rows, phase="cutover"):
        """Log in which meetings the new person takes the other one's place.

        :param list rows: what :meth:`_log_moves` returned
        :return: ``{res_id: (partner id before, partner id after or None)}``; None
            where the new person takes part already
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
                           END,
                          -- What Odoo deletes with a seat, to bring it back.
                          jsonb_build_object(
                              'state', seat.state,
                              'followed', EXISTS (
                                  SELECT FROM mail_followers f
                                   WHERE f.res_model = m.model
                                     AND f.res_id = m.res_id
                                     AND f.partner_id = successor.partner_id))
                          %(people)s
                LEFT JOIN LATERAL (SELECT state
                                     FROM calendar_attendee
                                    WHERE m.model = 'calendar.event'
                                      AND event_id = m.res_id
                                      AND partner_id = leaver.partner_id
                                    LIMIT 1) seat ON TRUE
                    WHERE m.id = ANY(%(log_ids)s)
                      AND EXISTS (%(attends)s = leaver.partner_id)
                 ORDER BY m.id""",
                entry=entry,
                field=mover.attendees,
                attends=attends,
                people=people,
                log_ids=log_ids,
            ),
            extra=("details",),
            phase=phase,
        )
        # Who no longer takes part no longer follows: Odoo does so, we only log it.
        self._insert_log(
            SQL(
                """SELECT %(entry)s, 'unfollow', m.model, m.res_id,
                          'message_partner_ids', leaver.partner_id, NULL::int,
                          %(subtypes)s
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
                subtypes=self._sql_subtypes(),
            ),
            extra=("details",),
            phase=phase,
        )
        return {
            row["res_id"]: (row["old_value_id"], row["new_value_id"]) for row in swapped
        }

    def _sql_subtypes(self):
        """Return what a follower at ``f`` had subscribed to, as the log keeps it."""
        return SQL(
            """jsonb_build_object('subtypes', ARRAY(
                   SELECT mail_message_subtype_id
                     FROM mail_followers_mail_message_subtype_rel
                    WHERE mail_followers_id = f.id
                 ORDER BY 1))"""
        )
