"""Who follows what was handed over: the successor from now on, the leaver until the
support period ends.
"""

from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL


class ContinuityHandover(models.Model):
    _inherit = "continuity.handover"
    _guarded_fields = frozenset({"support_ended"})

    support_ended = fields.Boolean(
        readonly=True,
        copy=False,
        help="The predecessor no longer follows what was handed over.",
    )

    @api.model
    def _cron_end_support(self):
        """Let predecessors stop following what they handed over, once the support
        period is over; one plan at a time."""
        plans = self.sudo().search(
            [
                ("support_end", "<", fields.Date.today()),
                ("support_ended", "=", False),
                # Also cancelled ones: what had moved by then stays moved.
                ("state", "in", ("running", "reported", "done", "cancelled")),
            ]
        )
        plans._run_each(lambda plan: plan._end_support())

    def _end_support(self):
        """Let the predecessors of one plan stop following; nothing on no plan."""
        moved = self.line_ids.filtered(lambda line: line.state == "moved")
        moved._unfollow_leaver()
        self.support_ended = True


class ContinuityHandoverLine(models.Model):
    _inherit = "continuity.handover.line"

    def _follow_customers(self):
        """Let the successors follow the customers they take over."""
        pairs = [(line.id, line.partner_id.id) for line in self if line.partner_id]
        if pairs:
            self._follow("res.partner", pairs, self._people())

    def _follow_moves(self, mover, rows, people=None, phase="cutover"):
        """Let the new people follow what they take over.

        Before the records are written: what Odoo would then add is there already,
        and logged.

        :param list rows: what ``_log_moves`` returned
        :param dict people: see ``_people``
        :param str phase: see ``continuity.handover.move``
        """
        pairs_by_model = defaultdict(list)
        if mover.follow == "record":
            pairs_by_model[mover.model] = [(r["line_id"], r["res_id"]) for r in rows]
        elif mover.follow == "document":
            records = self.env[mover.model].browse(row["res_id"] for row in rows)
            records.fetch(["res_model", "res_id"])
            for row, record in zip(rows, records, strict=True):
                pairs_by_model[record.res_model].append((row["line_id"], record.res_id))
        for model, pairs in pairs_by_model.items():
            if "message_follower_ids" in self.env[model]._fields:
                self._follow(model, pairs, people or self._people(), phase)

    def _follow(self, model, pairs, people, phase="cutover"):
        """Let the new people of lines follow records, and log whom that adds.

        :param str model: name of the model of the records
        :param list pairs: tuples (id of the line, id of the record)
        :param dict people: see ``_people``
        :param str phase: see ``continuity.handover.move``
        """
        line_ids, res_ids = (list(column) for column in zip(*pairs, strict=True))
        rows = self._insert_log(
            SQL(
                """SELECT DISTINCT ON (t.res_id, successor.partner_id)
                          line.handover_id, line.id, 'follow', %(model)s, t.res_id,
                          'message_partner_ids', NULL::int, successor.partner_id
                     FROM unnest(%(line_ids)s::int[], %(res_ids)s::int[])
                       AS t (line_id, res_id)
                     JOIN continuity_handover_line line ON line.id = t.line_id
                     JOIN %(people)s ON p.line_id = line.id
                     JOIN res_users successor ON successor.id = p.new_id
                    WHERE NOT EXISTS (SELECT FROM mail_followers f
                                       WHERE f.res_model = %(model)s
                                         AND f.res_id = t.res_id
                                         AND f.partner_id = successor.partner_id)
                 ORDER BY t.res_id, successor.partner_id, line.id""",
                model=model,
                line_ids=line_ids,
                res_ids=res_ids,
                people=self._sql_people(people),
            ),
            phase=phase,
        )
        ids_by_partner = defaultdict(list)
        for row in rows:
            ids_by_partner[row["new_value_id"]].append(row["res_id"])
        for partner_id, ids in ids_by_partner.items():
            self.env["mail.followers"]._insert_followers(
                model, ids, [partner_id], customer_ids=[], check_existing=False
            )

    def _unfollow_leaver(self):
        """Let the leavers stop following what moved from them, and the customers."""
        if not self:
            return
        self.env.flush_all()
        following = SQL(
            """SELECT DISTINCT ON (f.id) f.id, line.handover_id, line.id AS line_id,
                      f.res_model, f.res_id, f.partner_id,
                      %(subtypes)s AS subtypes
                 FROM (SELECT line_id, model, res_id
                         FROM continuity_handover_move
                        WHERE kind = 'write' AND line_id = ANY(%(line_ids)s)
                        UNION
                       SELECT id, 'res.partner', partner_id
                         FROM continuity_handover_line
                        WHERE id = ANY(%(line_ids)s)) moved
                 JOIN continuity_handover_line line ON line.id = moved.line_id
                 JOIN res_users leaver ON leaver.id = line.leaver_id
                 JOIN mail_followers f
                   ON f.res_model = moved.model
                  AND f.res_id = moved.res_id
                  AND f.partner_id = leaver.partner_id
             ORDER BY f.id, line.id""",
            line_ids=self.ids,
            subtypes=self._sql_subtypes(),
        )
        follower_ids = self.env.execute_query(SQL("SELECT id FROM (%s) f", following))
        self._insert_log(
            SQL(
                """SELECT handover_id, line_id, 'unfollow', res_model, res_id,
                          'message_partner_ids', partner_id, NULL::int, subtypes
                     FROM (%s) f""",
                following,
            ),
            extra=("details",),
        )
        followers = self.env["mail.followers"].sudo()
        followers.browse(id_ for [id_] in follower_ids).unlink()

    def _unfollow_after_support(self):
        """Let leavers whose support period is over go at once."""
        today = fields.Date.today()
        ended = self.handover_id.filtered(
            lambda p: p.support_end and p.support_end < today
        )
        self.filtered(lambda line: line.handover_id in ended)._unfollow_leaver()
