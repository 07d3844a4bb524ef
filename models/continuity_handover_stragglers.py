"""What still lands on the predecessor after the cut-over (H9): new records, replies,
meetings and activities of customers that have moved. Found daily by the movers' own
SQL, and moved on or listed for the successor, as the company wants it.
"""

from collections import defaultdict
from dataclasses import replace

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .continuity_handover_cutover import QUIET
from .continuity_handover_undo import UNDO_STATES

# Nobody gives work to somebody who has left: so long their name is looked out for.
WATCH_GONE_DAYS = 365


class ContinuityHandover(models.Model):
    _inherit = "continuity.handover"
    _guarded_fields = frozenset({"stragglers_seen_on"})

    stragglers_seen_on = fields.Datetime(readonly=True, copy=False)

    @api.model
    def _domain_watched(self):
        """Return the plans whose predecessors are looked out for: until support ends;
        after a resignation longer, on a leave until the return."""
        today = fields.Date.today()
        return (
            Domain("state", "in", UNDO_STATES)
            & Domain("line_ids.state", "=", "moved")
            & (
                Domain("support_end", ">=", today)
                | (
                    Domain("reason", "=", "resignation")
                    & Domain(
                        "support_end",
                        ">=",
                        fields.Date.subtract(today, days=WATCH_GONE_DAYS),
                    )
                )
                | (Domain("reason", "=", "leave") & Domain("lasting_on", "=", False))
            )
        )

    @api.model
    def _cron_stragglers(self):
        """Look for what still lands on predecessors, one plan at a time; then tell
        everybody concerned, once for all plans."""
        plans = self.sudo().search(self._domain_watched(), order="id")
        if plans._run_each(lambda plan: plan._look_for_stragglers()):
            self.sudo()._send_straggler_digests()

    def _look_for_stragglers(self):
        """Move or list what landed on the predecessors of one plan since, and leave
        it for the message to each successor; nothing on no plan."""
        for plan in self:
            company = plan.company_id
            lines = plan.line_ids.filtered(lambda line: line.state == "moved")
            lines = (
                lines.browse(lines.ids)
                .with_company(company)
                .with_context(**QUIET, allowed_company_ids=company.ids)
            )
            self.env.flush_all()
            people = lines._current_people()
            digests = defaultdict(lambda: {"found": [], "replies": []})
            watched = lines.filtered(lambda x, p=people: x.id in p)
            for successor_id, own in watched.grouped(
                lambda x, p=people: p[x.id][1]
            ).items():
                successor = self.env["res.users"].browse(successor_id)
                problem = plan._successor_problem(successor, company)
                reader = plan.manager_id if problem else successor
                move = company.continuity_stragglers == "move" and not problem
                digest = digests[reader]
                digest["found"] += own._take_stragglers(people, move)
                digest["replies"] += own._take_replies(people, move)
            plan.stragglers_seen_on = fields.Datetime.now()
            plan._keep_for_digest(digests)


class ContinuityHandoverLine(models.Model):
    _inherit = "continuity.handover.line"

    def _current_people(self):
        """Return from whom to whom what lands on the predecessors of these lines goes:
        to whom the customer was handed over last.

        Customers that came back to their predecessor by a later plan are left out.

        :return: see ``_people``
        :rtype: dict
        """
        latest = dict(
            self.env.execute_query(
                SQL(
                    """SELECT DISTINCT ON (partner_id) partner_id, successor_id
                         FROM continuity_handover_line
                        WHERE state = 'moved' AND company_id = %s
                          AND partner_id = ANY(%s)
                     ORDER BY partner_id, moved_on DESC, id DESC""",
                    self.company_id.id,
                    self.partner_id.ids,
                )
            )
        )
        people = {}
        for line in self:
            current_id = latest.get(line.partner_id.id, line.successor_id.id)
            if current_id != line.leaver_id.id:
                people[line.id] = (line.leaver_id.id, current_id)
        return people

    def _take_stragglers(self, people, move):
        """Find, and move if asked to, the predecessors' open records of these lines
        that no cut-over has moved; what somebody gave back to them stays.

        :param dict people: see ``_people``
        :param bool move: move them to the successor
        :return: tuples (model, id, line, whether it was moved)
        :rtype: list[tuple]
        """
        people = {line.id: people[line.id] for line in self}
        found = []
        for mover in self.env["continuity.handover"]._get_movers():
            lines = self
            if mover.model == "res.partner":
                # Customers who were passed on follow their own handover.
                lines = lines.filtered(lambda x: people[x.id][1] == x.successor_id.id)
                held_back = lines._held_back_by_other_companies(mover)
                lines = lines.browse(set(lines.ids) - held_back.keys())
            if not lines:
                continue
            moved_before = (
                self.env["continuity.handover.move"]
                .sudo()
                ._search(
                    [
                        ("line_id", "in", lines.ids),
                        ("model", "=", mover.model),
                        ("kind", "=", "write"),
                    ]
                )
            )
            new = replace(
                mover,
                domain=mover.domain
                & Domain("id", "not in", moved_before.subselect("res_id")),
            )
            own = {line.id: people[line.id] for line in lines}
            if move:
                rows = lines._transfer(new, own, "later")
                if mover.model == "res.partner":
                    lines._move_relationships(rows)
                pairs = [(row["res_id"], row["line_id"]) for row in rows]
            else:
                pairs = self.env.execute_query(
                    SQL(
                        "%s SELECT res_id, ref FROM matching ORDER BY res_id",
                        lines._matching(new, own),
                    )
                )
            found += [
                (mover.model, res_id, self.browse(line_id), move)
                for res_id, line_id in pairs
            ]
        return found

    def _take_replies(self, people, move):
        """Find what customers of these lines wrote since the last look that reached
        the predecessor and not the successor, and let the successor follow there if
        asked to.

        :param dict people: see ``_people``
        :param bool move: let the successor follow the records they wrote on
        :return: dicts with customer, subject and date
        :rtype: list[dict]
        """
        replies = []
        seen_on = self.handover_id.stragglers_seen_on
        for ids, lines in (
            self.filtered("partner_id").grouped(lambda x: people[x.id]).items()
        ):
            leaver, successor = self.env["res.users"].browse(ids)
            by_customer = lines.grouped("partner_id")
            since = min(lines.mapped("moved_on"))
            messages = (
                self.env["mail.message"]
                .sudo()
                .search(
                    [
                        ("author_id.commercial_partner_id", "in", lines.partner_id.ids),
                        ("message_type", "in", ("email", "comment")),
                        ("date", ">", max(since, seen_on or since)),
                        ("notified_partner_ids", "in", leaver.partner_id.ids),
                        ("notified_partner_ids", "not in", successor.partner_id.ids),
                    ],
                    order="id",
                )
            )
            pairs_by_model = defaultdict(list)
            for message in messages:
                line = by_customer[message.author_id.commercial_partner_id]
                if message.date <= line.moved_on or line._is_elsewhere(message):
                    continue
                replies.append(
                    {
                        "customer": line.display_name,
                        "subject": message.subject or message.record_name or "",
                        "date": message.date,
                    }
                )
                if move and self._may_be_followed(message):
                    pairs_by_model[message.model].append((line.id, message.res_id))
            for model, pairs in pairs_by_model.items():
                own = {line.id: people[line.id] for line in lines}
                lines._follow(model, pairs, own, "later")
        return replies

    def _is_elsewhere(self, message):
        """Tell whether a message stands on a record of another company: the successor
        hears nothing of it, and follows nothing there (I8)."""
        if (
            not message.res_id
            or message.model not in self.env
            or "company_id" not in self.env[message.model]._fields
        ):
            return False
        # Not the message's own company: of mails that come in it is anybody's.
        record = self.env[message.model].sudo().browse(message.res_id).exists()
        return bool(record.company_id) and record.company_id != self.company_id

    @api.model
    def _may_be_followed(self, message):
        """Tell whether the successor can follow what a message was written on: one of
        the kinds of records that move."""
        movers = self.env["continuity.handover"]._get_movers()
        return bool(
            message.res_id
            and message.model in {mover.model for mover in movers}
            and "message_follower_ids" in self.env[message.model]._fields
        )
