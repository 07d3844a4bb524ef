"""Kill Odoo at random moments while customers change hands; ``make torture`` starts
this after the torture of sending.

A process of Odoo's own scheduler cuts a plan of many customers over and is ended by
SIGKILL, again and again, until the plan is done; then the plan is undone the same way.
After each kill every customer must be wholly moved or wholly not, and the log must say
exactly what the tables hold. The last process is left alone and must finish the plan.
"""

import argparse
import json
import random
import sys
import time

import cutover
from killing import Environment, kill, start_scheduler

import odoo  # noqa: F401 (must come first: it patches modules used below)
from odoo import sql_db
from odoo.tools import SQL, config

# Seconds a plan may take once it is left alone.
PATIENCE = 1_200
# Seconds after its start, or a commit, within which a process is killed.
MOMENTS = 4
# What is left to do in each direction, and done.
FORTH, BACK = ("queued", "moved"), ("undoing", "undone")


class Torture:
    """Rounds of it in one database, until enough processes were killed.

    :param str database: has the addon; is used up
    :param int kills: how many processes to kill during cut-overs
    :param seed: of the random moments
    """

    def __init__(self, database, kills, seed):
        """Make the scheduler do nothing else."""
        self.database = database
        self.kills = kills
        self.random = random.Random(seed)
        self.problems = []
        self.counts = {"queued": 0, "undoing": 0}
        self.after = {"nothing": 0, "some": 0}
        with self.environment() as env:
            crons = env["ir.cron"].with_context(active_test=False).search([])
            crons.active = False
            for name in ("cut_over", "undo"):
                env.ref(f"customer_continuity.cron_{name}").active = True
            # For the processes that are killed: they have connections of their own.
            env.cr.commit()

    def environment(self):
        """Open an environment of the superuser."""
        return Environment(self.database)

    def run(self):
        """Cut over and undo, killing, until there were enough kills; count.

        :rtype: dict
        """
        begin = time.monotonic()
        plans = 0
        while self.counts["queued"] < self.kills and not self.problems:
            plans += 1
            with self.environment() as env:
                plan = cutover.prepare(env)
                self.plan_id = plan.id
                self.leaver_id = plan.leaver_ids.id
                self.successor_id = cutover.successor_of(plan).id
                self.records = self._records(env, plan)
                # What is killed next must find the plan.
                env.cr.commit()
            self._torment(*FORTH)
            with self.environment() as env:
                plan = env["continuity.handover"].browse(self.plan_id)
                plan._start_undo(plan.line_ids, "undo", "Torture", False)
                # What is killed next must find the undo.
                env.cr.commit()
            self._torment(*BACK)
        return {
            "customers": cutover.CUSTOMERS,
            "records": sum(map(len, self.records.values())),
            "plans": plans,
            "kills during cut-overs": self.counts["queued"],
            "kills during undos": self.counts["undoing"],
            "kills with nothing moved yet": self.after["nothing"],
            "kills halfway": self.after["some"],
            "problems": self.problems,
            "seconds": round(time.monotonic() - begin, 1),
        }

    def _records(self, env, plan):
        """Return what is to move, by line: {line id: {(table, column, id)}}."""
        records = {line_id: set() for line_id in plan.line_ids.ids}
        for mover in plan._get_movers():
            matching = plan.line_ids._matching(mover)
            for line_id, id_ in env.execute_query(
                SQL("%s SELECT ref, res_id FROM matching", matching)
            ):
                records[line_id].add((mover.model, mover.user_field, id_))
        return records

    def _torment(self, waiting, done):
        """Work one direction off with kills in between, and check after each."""
        limit = self.counts[waiting] + self.kills
        while self.counts[waiting] < limit and not self.problems:
            before = self._left(waiting)
            pid = self._start()
            # Before anything is committed, or some time after.
            if self.random.random() < 0.4:
                self._wait_for_less(waiting, before)
            time.sleep(self.random.uniform(0.05, MOMENTS))
            left = self._left(waiting)
            kill(pid)
            if not left:
                break
            self.counts[waiting] += 1
            self.after["some" if left < len(self.records) else "nothing"] += 1
            self._check(waiting, done)
        self._finish(waiting, done)

    def _wait_for_less(self, state, before):
        """Wait until a batch has been committed."""
        deadline = time.monotonic() + PATIENCE
        while self._left(state) >= before and time.monotonic() < deadline:
            time.sleep(0.02)

    def _start(self):
        # What is forked must not share connections.
        sql_db.close_all()
        return start_scheduler(self.database)

    def _left(self, state):
        with self.environment() as env:
            return env["continuity.handover.line"].search_count(
                [("handover_id", "=", self.plan_id), ("state", "=", state)]
            )

    def _finish(self, waiting, done):
        """Let the plan resume undisturbed, until the people have been told."""
        pid = self._start()
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            time.sleep(0.3)
            with self.environment() as env:
                plan = env["continuity.handover"].browse(self.plan_id)
                lines = plan.line_ids
                told = all(lines.mapped("successor_informed"))
                if waiting == "undoing":
                    told = bool(plan.undo_ids.finished_on)
                if told and set(lines.mapped("state")) == {done}:
                    break
        else:
            self.problems.append(f"the plan did not resume from {waiting}")
        kill(pid)
        self._check(waiting, done)
        with self.environment() as env:
            digests = env["mail.message"].search_count(
                [
                    ("model", "=", "continuity.handover"),
                    ("res_id", "=", self.plan_id),
                    ("message_type", "=", "user_notification"),
                ]
            )
        expected = 1 if waiting == "queued" else 3
        if digests != expected:
            self.problems.append(f"{digests} digests instead of {expected}")

    # === What must hold after each kill === #

    def _check(self, waiting, done):
        """Note what is half done, and where log and tables differ."""
        with self.environment() as env:
            states = dict(
                env.execute_query(
                    SQL(
                        "SELECT id, state FROM continuity_handover_line "
                        "WHERE handover_id = %s",
                        self.plan_id,
                    )
                )
            )
            if strange := set(states.values()) - {waiting, done}:
                self.problems.append(f"lines in state {strange}")
            owners = self._owners(env)
            log = self._log(env)
            moved_states = ("moved", "undoing")
            for line_id, records in self.records.items():
                moved = states[line_id] in moved_states
                owner = self.successor_id if moved else self.leaver_id
                wrong = sum(owners[record] != owner for record in records)
                if wrong:
                    self.problems.append(
                        f"line {line_id} is {states[line_id]}, but {wrong} of "
                        f"{len(records)} records are not"
                    )
                forth, back = (
                    log.get((line_id, False), []),
                    log.get((line_id, True), []),
                )
                expected = records if states[line_id] != "queued" else set()
                if sorted(forth) != sorted(expected):
                    self.problems.append(f"line {line_id}: the log differs")
                expected = records if states[line_id] == "undone" else set()
                if sorted(back) != sorted(expected):
                    self.problems.append(f"line {line_id}: the undo's log differs")
            self._check_seats(env, states)

    def _owners(self, env):
        """Return the user of each record: {(model, column, id): user id}."""
        ids = {}
        for records in self.records.values():
            for model, column, id_ in records:
                ids.setdefault((model, column), []).append(id_)
        return {
            (model, column, id_): user_id
            for (model, column), res_ids in ids.items()
            for id_, user_id in env.execute_query(
                SQL(
                    "SELECT id, %s FROM %s WHERE id = ANY(%s)",
                    SQL.identifier(column),
                    SQL.identifier(env[model]._table),
                    res_ids,
                )
            )
        }

    def _log(self, env):
        """Return the logged changes: {(line id, of an undo): [(model, column, id)]}."""
        log = {}
        for line_id, phase, model, column, id_ in env.execute_query(
            SQL(
                """SELECT line_id, phase, model, field, res_id
                     FROM continuity_handover_move
                    WHERE handover_id = %s AND kind = 'write'""",
                self.plan_id,
            )
        ):
            log.setdefault((line_id, phase == "undo"), []).append((model, column, id_))
        return log

    def _check_seats(self, env, states):
        """Followers and seats in meetings go with their customer as well."""
        leaver, successor = (
            env["res.users"].browse(id_).partner_id.id
            for id_ in (self.leaver_id, self.successor_id)
        )
        line_of = {
            id_: line_id
            for line_id, records in self.records.items()
            for model, _column, id_ in records
            if model == "calendar.event"
        }
        for id_, partner_id in env.execute_query(
            SQL(
                """SELECT calendar_event_id, res_partner_id
                     FROM calendar_event_res_partner_rel
                    WHERE calendar_event_id = ANY(%s)
                      AND res_partner_id IN (%s, %s)""",
                list(line_of),
                leaver,
                successor,
            )
        ):
            moved = states[line_of[id_]] in ("moved", "undoing")
            if partner_id != (successor if moved else leaver):
                self.problems.append(f"meeting {id_}: the wrong person has the seat")
        following = {
            (model, id_)
            for model, id_ in env.execute_query(
                SQL(
                    "SELECT res_model, res_id FROM mail_followers "
                    "WHERE partner_id = %s",
                    successor,
                )
            )
        }
        for line_id, records in self.records.items():
            moved = states[line_id] in ("moved", "undoing")
            followed = {
                (model, id_)
                for model, _column, id_ in records
                if model in ("res.partner", "crm.lead", "sale.order", "account.move")
            }
            if (moved and followed - following) or (not moved and followed & following):
                self.problems.append(f"line {line_id}: followers are half done")


def main():
    """Torture one database; print the counts and return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("database")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--customers", type=int, default=cutover.CUSTOMERS)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    args = parser.parse_args()
    config.parse_config(["--log-level", "critical", "--no-http"], setup_logging=True)
    print(f"seed: {args.seed}", file=sys.stderr)
    cutover.resize(args.customers)
    result = Torture(args.database, args.kills, args.seed).run()
    print(json.dumps(result), flush=True)
    return int(bool(result["problems"]))


if __name__ == "__main__":
    sys.exit(main())
