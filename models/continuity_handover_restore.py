"""Bringing customers back: each logged change whose new value still stands is taken
back in the same quiet way it was made; the rest is listed with who changed it since.
"""

from collections import defaultdict
from dataclasses import replace

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .continuity_handover_cutover import QUIET
from .continuity_handover_movers import Mover


class ContinuityHandoverLine(models.Model):
    _inherit = "continuity.handover.line"

    def _undo_batch(self):
        """Bring back the lines of one plan that wait for it."""
        lines = self.sudo().exists().filtered(lambda line: line.state == "undoing")
        for same in lines.grouped("undo_id").values():
            same._isolated("_bring_back")

    def _bring_back(self):
        """Bring everything of these lines back; all of one undo."""
        undo = self.undo_id
        company = self.company_id
        lines = self.with_company(company).with_context(
            **QUIET, allowed_company_ids=company.ids
        )
        moves = lines._moves_to_undo()
        lines._bring_back_followers(moves)
        following = lines._predecessors_following(moves)
        for mover, entries in lines._by_mover(moves):
            lines._restore_records(mover, entries, moves)
        lines._restore_relationships(moves)
        lines._take_away_followers(moves, following)
        if undo.with_arrivals:
            lines._move_arrivals()
        self.env["continuity.handover.leftover"]._keep(undo, moves)
        self.touchpoint_ids._cancel(undo.reason)
        self.write(
            {
                "state": "undone",
                "undone_on": fields.Datetime.now(),
                "cutover_error": False,
            }
        )

    # === WHAT CAN BE BROUGHT BACK === #

    def _moves_to_undo(self):
        """Return what the cut-over of these lines changed, and what of it stands.

        :return: dicts with the columns of ``continuity.handover.move`` and
            ``problem``, why it is not brought back: None when it is, else deleted,
            changed, closed, seat or, for what goes with another entry, with_record;
            ``current``, the user (id) there now
        :rtype: list[dict]
        """
        if not self:
            return []
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """SELECT m.id, m.line_id, m.kind, m.model, m.res_id, m.field,
                          m.old_value_id, m.new_value_id, m.details, m.create_date,
                          NULL AS problem, NULL::int AS current
                     FROM continuity_handover_move m
                    WHERE m.line_id = ANY(%s)
                      AND m.phase IN ('cutover', 'later')
                      AND NOT EXISTS (SELECT FROM continuity_handover_move u
                                       WHERE u.undo_of_id = m.id)
                 ORDER BY m.id""",
                self.ids,
            )
        )
        moves = self.env.cr.dictfetchall()
        for mover, entries in self._by_mover(moves):
            self._judge(mover, entries)
            if mover.attendees:
                self._judge_seats(mover, entries, moves)
        return moves

    def _by_mover(self, moves):
        """Return pairs of a mover and the changes of its records, in order."""
        entries_by_field = defaultdict(list)
        for entry in moves:
            if entry["kind"] == "write":
                entries_by_field[entry["model"], entry["field"]].append(entry)
        movers = {
            (mover.model, mover.user_field): mover
            for mover in self.env["continuity.handover"]._get_movers()
        }
        # What an addon moved that is gone by now is brought back without its rules.
        keys = [key for key in movers if key in entries_by_field]
        keys += [key for key in entries_by_field if key not in movers]
        return [
            (
                movers.get(key)
                or Mover(key=key[0], model=key[0], label=key[0], user_field=key[1]),
                entries_by_field[key],
            )
            for key in keys
        ]

    def _judge(self, mover, entries):
        """Note on changes of one mover's records which no longer stand."""
        if mover.model not in self.env:
            for entry in entries:
                entry["problem"] = "deleted"
            return
        model = self.env[mover.model].sudo().with_context(active_test=False)
        ids = [entry["res_id"] for entry in entries]
        current = dict(
            self.env.execute_query(
                SQL(
                    "SELECT id, %s FROM %s WHERE id = ANY(%s)",
                    SQL.identifier(mover.user_field),
                    SQL.identifier(model._table),
                    ids,
                )
            )
        )
        still_open = set(model._search(mover.domain & Domain("id", "in", ids)))
        for entry in entries:
            res_id = entry["res_id"]
            entry["current"] = current.get(res_id)
            if res_id not in current:
                entry["problem"] = "deleted"
            elif current[res_id] != entry["new_value_id"]:
                entry["problem"] = "changed"
            elif res_id not in still_open:
                entry["problem"] = "closed"

    def _judge_seats(self, mover, entries, moves):
        """Note on the seats in meetings which cannot be given back."""
        problems = {entry["res_id"]: entry["problem"] for entry in entries}
        seats = [
            entry
            for entry in moves
            if entry["kind"] == "attendee" and entry["model"] == mover.model
        ]
        attending = self._attending(mover, [entry["res_id"] for entry in seats])
        for entry in seats:
            taken = entry["new_value_id"]
            if problems.get(entry["res_id"]):
                entry["problem"] = "with_record"
            elif taken and (entry["res_id"], taken) not in attending:
                entry["problem"] = "seat"
            else:
                entry["attending"] = attending

    def _attending(self, mover, ids):
        """Return who takes part in meetings, as pairs (id, partner id)."""
        field = self.env[mover.model]._fields[mover.attendees]
        return set(
            self.env.execute_query(
                SQL(
                    "SELECT %(record)s, %(partner)s FROM %(table)s "
                    "WHERE %(record)s = ANY(%(ids)s)",
                    record=SQL.identifier(field.column1),
                    partner=SQL.identifier(field.column2),
                    table=SQL.identifier(field.relation),
                    ids=ids,
                )
            )
        )

    # === BRINGING IT BACK === #

    def _log_undo(self, entries):
        """Log the taking back of changes: the same rows the other way round."""
        self._insert_log(
            SQL(
                """SELECT m.handover_id, m.line_id,
                          CASE m.kind WHEN 'follow' THEN 'unfollow'
                                      WHEN 'unfollow' THEN 'follow'
                                      ELSE m.kind END,
                          m.model, m.res_id, m.field, m.new_value_id, m.old_value_id,
                          m.id
                     FROM continuity_handover_move m
                    WHERE m.id = ANY(%s)
                 ORDER BY m.id""",
                [entry["id"] for entry in entries],
            ),
            extra=("undo_of_id",),
            phase="undo",
        )

    def _restore_records(self, mover, entries, moves):
        """Give the records of a mover back to whom they were taken from."""
        entries = [entry for entry in entries if not entry["problem"]]
        if not entries:
            return
        self._log_undo(entries)
        swaps, seats = {}, []
        if mover.attendees:
            restored = {entry["res_id"] for entry in entries}
            seats = [
                entry
                for entry in moves
                if entry["kind"] == "attendee"
                and entry["model"] == mover.model
                and entry["res_id"] in restored
                and not entry["problem"]
            ]
            self._log_undo(seats)
            swaps = self._seats_to_swap(seats)
        kept = self._followers_without_seat(mover.model, seats)
        # A record that was moved twice is written once, to whom it was first.
        rows = {}
        for entry in entries:
            rows.setdefault(
                entry["res_id"],
                {"res_id": entry["res_id"], "new_value_id": entry["old_value_id"]},
            )
        self._write_moves(mover, list(rows.values()), swaps)
        self._restore_seats(seats)
        for partner_id, res_ids, subtypes in kept:
            self._add_followers(mover.model, res_ids, partner_id, subtypes)

    def _seats_to_swap(self, seats):
        """Return who leaves and who joins each meeting; see ``_write_moves``."""
        swaps = {}
        for entry in seats:
            old, new = entry["old_value_id"], entry["new_value_id"]
            joins = None if (entry["res_id"], old) in entry["attending"] else old
            if new or joins:
                swaps[entry["res_id"]] = (new or None, joins)
        return swaps

    def _followers_without_seat(self, model, seats):
        """Return who followed meetings before they took part: whoever gives up a seat
        stops following, and these are to go on.

        :return: tuples (partner id, ids of the meetings, subtype ids)
        """
        pairs = [
            (entry["res_id"], entry["new_value_id"])
            for entry in seats
            if entry["new_value_id"] and (entry["details"] or {}).get("followed")
        ]
        groups = defaultdict(list)
        for follower in self._find_followers(model, pairs):
            key = follower.partner_id.id, tuple(follower.subtype_ids.ids)
            groups[key].append(follower.res_id)
        return [(key[0], ids, key[1]) for key, ids in groups.items()]

    def _restore_seats(self, seats):
        """Let those who are back in their meetings have their answer back."""
        states = {
            (entry["res_id"], entry["old_value_id"]): entry["details"]["state"]
            for entry in seats
            if (entry["details"] or {}).get("state")
        }
        attendees = self.env["calendar.attendee"].search(
            [
                ("event_id", "in", [res_id for res_id, _partner in states]),
                ("partner_id", "in", [partner for _res_id, partner in states]),
            ]
        )
        ids_by_state = defaultdict(list)
        for attendee in attendees:
            state = states.get((attendee.event_id.id, attendee.partner_id.id))
            if state and state != attendee.state:
                ids_by_state[state].append(attendee.id)
        for state, ids in ids_by_state.items():
            attendees.browse(ids).write({"state": state})

    def _restore_relationships(self, moves):
        """Give relationships back the owner they had, and since when, where the
        customer is the predecessor's again."""
        entries = {
            entry["res_id"]: entry for entry in moves if entry["kind"] == "relationship"
        }
        relationships = (
            self.env["continuity.relationship"]
            .with_context(active_test=False)
            .search([("id", "in", list(entries))])
        )
        leavers = {line.id: line.leaver_id for line in self}
        ids_by_values = defaultdict(list)
        restored = []
        for relationship in relationships:
            entry = entries[relationship.id]
            if (
                relationship.owner_id.id != entry["new_value_id"]
                or relationship.partner_id.user_id != leavers[entry["line_id"]]
            ):
                continue
            restored.append(entry)
            details = entry["details"]
            values = (
                entry["old_value_id"] or False,
                details["owner_since"] or False,
                details["handed_over_to_id"] or False,
            )
            ids_by_values[values].append(relationship.id)
        if restored:
            self._log_undo(restored)
        for (owner_id, since, handed_over_to_id), ids in ids_by_values.items():
            relationships.browse(ids).write(
                {
                    "owner_id": owner_id,
                    "owner_since": since,
                    "handed_over_to_id": handed_over_to_id,
                }
            )

    # === FOLLOWERS === #

    def _bring_back_followers(self, moves):
        """Let predecessors follow again what they were made to let go of, with what
        they had subscribed to.

        Before the records are written: Odoo would subscribe them to the usual.
        """
        stays = {
            (entry["model"], entry["res_id"])
            for entry in moves
            if entry["kind"] == "write" and entry["problem"]
        }
        for model, entries in self._by_model(moves, "unfollow").items():
            entries = [e for e in entries if (model, e["res_id"]) not in stays]
            pairs = [(entry["res_id"], entry["old_value_id"]) for entry in entries]
            following = {
                (f.res_id, f.partner_id.id) for f in self._find_followers(model, pairs)
            }
            existing = set(
                self.env[model]
                .with_context(active_test=False)
                .search([("id", "in", [res_id for res_id, _partner in pairs])])
                .ids
            )
            groups = defaultdict(dict)
            for entry, pair in zip(entries, pairs, strict=True):
                if entry["res_id"] in existing and pair not in following:
                    subtypes = tuple((entry["details"] or {}).get("subtypes", ()))
                    groups[pair[1], subtypes].setdefault(entry["res_id"], entry)
            for (partner_id, subtypes), by_id in groups.items():
                self._log_undo(list(by_id.values()))
                self._add_followers(model, list(by_id), partner_id, subtypes)

    def _predecessors_following(self, moves):
        """Return what predecessors follow of what is about to be written, and of what
        activities hang on: there Odoo subscribes whoever is put in charge.

        :return: ``{model: (ids, {(id, partner id)})}``
        :rtype: dict
        """
        ids_by_model = defaultdict(set)
        for model, entries in self._by_model(moves, "write").items():
            ids = [e["res_id"] for e in entries if not e["problem"]]
            if "message_follower_ids" in self.env[model]._fields:
                ids_by_model[model].update(ids)
            elif model == "mail.activity":
                for activity in self.env[model].browse(ids):
                    ids_by_model[activity.res_model].add(activity.res_id)
        return {
            model: (
                ids,
                {
                    (f.res_id, f.partner_id.id)
                    for f in self._followers_of(model, ids, self.leaver_id.partner_id)
                },
            )
            for model, ids in ids_by_model.items()
            if model and "message_follower_ids" in self.env[model]._fields
        }

    def _take_away_followers(self, moves, following):
        """Let those go who follow only because of the cut-over, or of its undo.

        :param dict following: what :meth:`_predecessors_following` returned before
        """
        self.env.flush_all()
        # What the successor has closed meanwhile is theirs: they go on following.
        theirs = {
            (entry["model"], entry["res_id"])
            for entry in moves
            if entry["kind"] == "write" and entry["problem"] == "closed"
        }
        for model, entries in self._by_model(moves, "follow").items():
            by_pair = {
                (entry["res_id"], entry["new_value_id"]): entry
                for entry in entries
                if (model, entry["res_id"]) not in theirs
            }
            followers = self._find_followers(model, list(by_pair))
            if followers:
                self._log_undo([by_pair[f.res_id, f.partner_id.id] for f in followers])
                followers.unlink()
        for model, (ids, before) in following.items():
            self._followers_of(model, ids, self.leaver_id.partner_id).filtered(
                lambda f, b=before: (f.res_id, f.partner_id.id) not in b
            ).unlink()

    def _by_model(self, moves, kind):
        """Return the entries of a kind by model, without models that are gone."""
        by_model = defaultdict(list)
        for entry in moves:
            if entry["kind"] == kind and entry["model"] in self.env:
                by_model[entry["model"]].append(entry)
        return by_model

    def _followers_of(self, model, ids, partners):
        """Return the rows with which people follow records of a model."""
        return self.env["mail.followers"].search(
            [
                ("res_model", "=", model),
                ("res_id", "in", list(ids)),
                ("partner_id", "in", partners.ids),
            ]
        )

    def _find_followers(self, model, pairs):
        """Return the followers among pairs (id of the record, id of the partner)."""
        wanted = set(pairs)
        ids = {res_id for res_id, _partner in wanted}
        partners = self.env["res.partner"].browse({p for _res_id, p in wanted})
        return self._followers_of(model, ids, partners).filtered(
            lambda f: (f.res_id, f.partner_id.id) in wanted
        )

    def _add_followers(self, model, ids, partner_id, subtypes):
        """Let a person follow records, with given subtypes as far as they exist."""
        subtypes = self.env["mail.message.subtype"].browse(subtypes).exists().ids
        self.env["mail.followers"]._insert_followers(
            model, ids, [partner_id], subtypes={partner_id: subtypes}
        )

    # === WHAT ARRIVED MEANWHILE === #

    def _move_arrivals(self):
        """Give what arrived for the successors since the cut-over, with these
        customers, to those who are back. What is done stays with who did it (I5)."""
        for moved_on, lines in self.grouped("moved_on").items():
            people = {
                line_id: (successor, leaver)
                for line_id, (leaver, successor) in lines._people().items()
            }
            since = Domain("create_date", ">", moved_on)
            for mover in self.env["continuity.handover"]._get_movers():
                lines._transfer(
                    replace(mover, domain=mover.domain & since), people, "return"
                )
