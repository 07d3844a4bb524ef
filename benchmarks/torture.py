"""Kill Odoo at random moments while it sends letters; ``make torture`` starts this.

Each lane runs in a process of its own, as on hosts of its own: forked from a loaded
Odoo like the workers of Odoo's own server, running Odoo's own scheduler, and ended by
SIGKILL. Afterwards every letter must have been delivered exactly once or stand in the
list of uncertain ones.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path

from killing import Environment, kill, start_scheduler
from letters import (
    SinkProcess,
    create_customers,
    create_signer,
    release_letters,
    use_sink,
)

import odoo  # noqa: F401 (must come first: it patches modules used below)
from odoo import sql_db
from odoo.tools import config

# Seconds without a letter until the next kill, and until the end is given up.
IDLE = 8
PATIENCE = 120


class Torture:
    """One round of it in one database.

    :param str database: has the addon; is used up
    :param int letters: how many to send
    :param int kills: how many processes to kill
    :param int lanes: how many send side by side
    """

    def __init__(self, database, letters, kills, lanes, seed):
        """Prepare letters and mail server."""
        self.database = database
        self.kills = kills
        self.lanes = lanes
        self.random = random.Random(seed)
        self.folder = tempfile.TemporaryDirectory()
        self.sink = SinkProcess(Path(self.folder.name) / "accepted.log")
        self.processes = {}
        with self.environment() as env:
            self._prepare(env, letters)
            # For the processes that are killed: they have connections of their own.
            env.cr.commit()
        # What is forked must not share connections.
        sql_db.close_all()

    def environment(self):
        """Open an environment of the superuser."""
        return Environment(self.database)

    def _prepare(self, env, letters):
        use_sink(env, self.sink.port)
        env["ir.cron"].with_context(active_test=False).search([]).active = False
        sending = env["continuity.sending"]
        sending._set_lanes(self.lanes)
        sending._lanes().active = True
        env.company.continuity_max_errors = 0
        customers = create_customers(env, letters)
        released = release_letters(
            env, customers, create_signer(env), f"torture {self.lanes}"
        )
        env.flush_all()
        self.first, self.last = min(released.ids), max(released.ids)

    def run(self):
        """Kill, wait until the rest has been sent, and count.

        :rtype: dict
        """
        begin = time.monotonic()
        try:
            for number in range(self.kills):
                self._wait_for_moment(self.kills - number)
                self._kill(self.random.choice(list(self.processes)))
            self._finish()
        finally:
            for pid in list(self.processes):
                self._kill(pid)
        seconds = time.monotonic() - begin
        result = self._count()
        self.sink.stop()
        self.folder.cleanup()
        return {**result, "seconds": round(seconds, 1)}

    def _wait_for_moment(self, kills_left):
        """Let the lanes send a random share of what is left, then a little more."""
        while len(self.processes) < self.lanes:
            self._start()
        share = (self.last - self.first + 1 - self.sink.received()) / (kills_left + 1)
        target = self.sink.received() + self.random.uniform(0, 2 * share)
        deadline = time.monotonic() + IDLE
        while self.sink.received() < target and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(self.random.uniform(0, 0.15))

    def _start(self):
        self.processes[start_scheduler(self.database)] = time.monotonic()

    def _kill(self, pid):
        kill(pid)
        del self.processes[pid]

    def _finish(self):
        """Let the lanes send the rest undisturbed."""
        while len(self.processes) < self.lanes:
            self._start()
        before, deadline = None, 0
        while before != 0 and (before is None or time.monotonic() < deadline):
            time.sleep(1)
            left = self._count_left()
            if left != before:
                before, deadline = left, time.monotonic() + PATIENCE

    def _count_left(self):
        """Return how many letters are still to be sent."""
        with self.environment() as env:
            env.cr.execute(
                """SELECT COUNT(*) FROM continuity_touchpoint
                    WHERE state IN ('released', 'sending') AND id BETWEEN %s AND %s""",
                [self.first, self.last],
            )
            return env.cr.fetchone()[0]

    def _count(self):
        """Compare what the mail server accepted with what the database says."""
        accepted = self.sink.message_ids()
        with self.environment() as env:
            env.cr.execute(
                """SELECT letter_message_id, state FROM continuity_touchpoint
                    WHERE id BETWEEN %s AND %s""",
                [self.first, self.last],
            )
            rows = env.cr.fetchall()
        done = [ref for ref, state in rows if state == "done"]
        uncertain = [ref for ref, state in rows if state == "uncertain"]
        problems = []
        if twice := [ref for ref, count in accepted.items() if count > 1]:
            problems.append(f"{len(twice)} letters were delivered twice")
        if lost := [ref for ref in done if not accepted[ref]]:
            problems.append(f"{len(lost)} letters are done and were never delivered")
        if len(done) + len(uncertain) != len(rows):
            others = len(rows) - len(done) - len(uncertain)
            problems.append(f"{others} letters are neither done nor uncertain")
        if strays := set(accepted) - {ref for ref, _state in rows}:
            problems.append(f"{len(strays)} deliveries belong to no letter")
        if len(uncertain) > self.kills:
            problems.append(
                f"{len(uncertain)} letters are uncertain after {self.kills} kills"
            )
        return {
            "letters": len(rows),
            "lanes": self.lanes,
            "kills": self.kills,
            "delivered": sum(accepted.values()),
            "done": len(done),
            "uncertain": len(uncertain),
            "uncertain, delivered": sum(1 for ref in uncertain if accepted[ref]),
            "problems": problems,
        }


def main():
    """Torture one database; print the counts and return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("database")
    parser.add_argument("--letters", type=int, default=5_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--lanes", type=int, nargs="+", default=[1, 3])
    parser.add_argument("--seed", type=int, default=int(time.time()))
    args = parser.parse_args()
    config.parse_config(["--log-level", "critical", "--no-http"], setup_logging=True)
    print(f"seed: {args.seed}", file=sys.stderr)
    failed = False
    for lanes in args.lanes:
        torture = Torture(args.database, args.letters, args.kills, lanes, args.seed)
        result = torture.run()
        print(json.dumps(result), flush=True)
        failed |= bool(result["problems"])
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
