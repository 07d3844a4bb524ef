"""``make test``: the addon's tests in a fresh copy of the template."""

import json
import os
import shutil
import sys
import time
from collections import Counter

from machinery import databases, lanes, paths, process
from machinery.environment import Environment
from machinery.odoo_log import Message, OdooLog
from machinery.problem import Problem, say

PACKAGES = ("chromium", "wkhtmltopdf", "fonts-noto-cjk", "poppler-utils")


class Progress:
    """Shows which tests run: one living line on a terminal, else one per class."""

    def __init__(self, stream=None):
        """Start counting."""
        self.stream = stream or sys.stdout
        self.terminal = self.stream.isatty()
        self.begin = time.monotonic()
        self.count = 0
        self.running = {}
        self.seconds = Counter()

    def show(self, lane, name):
        """Show that a lane starts the test ``name``."""
        self.count += 1
        now = time.monotonic()
        before = self.done(lane)
        self.running[lane.number] = (name, now)
        if self.terminal:
            names = [self.running[number][0] for number in sorted(self.running)]
            text = f"[{now - self.begin:4.0f} s] {self.count}: {' | '.join(names)}"
            width = shutil.get_terminal_size().columns - 1
            self.stream.write("\r\033[K" + text[:width])
        elif before != (group := _group(name)):
            self.stream.write(f"[{now - self.begin:4.0f} s] {lane.number}: {group}\n")
        self.stream.flush()

    def done(self, lane):
        """Add the time of what a lane has finished; return its group.

        Odoo's log does not tell: its clock stands still where a test stops time.
        """
        name, since = self.running.pop(lane.number, ("", 0))
        if name:
            self.seconds[_group(name)] += time.monotonic() - since
        return _group(name)

    def end(self):
        """Leave the terminal clean."""
        if self.terminal:
            self.stream.write("\r\033[K")
            self.stream.flush()


def _group(name):
    """Return the class of a test, and what is no test as it is."""
    return name.rpartition(".")[0] or name


def run_odoo(env, args, log, log_path, on_test=None):
    """Run Odoo, keep its log and follow it.

    :param Environment env: where to run
    :param list args: arguments of Odoo's command line, or a whole command
    :param OdooLog log: takes the lines
    :param Path log_path: file that keeps them
    :param on_test: called with the name of each test that starts
    :return: exit code
    """
    variables = dict(env.variables)
    variables.pop("ODOO_PY_COLORS", None)
    with log_path.open("a") as handle:

        def on_line(line):
            handle.write(line + "\n")
            test = log.feed(line)
            if test and on_test:
                on_test(test)

        code = process.stream(args, on_line, env=variables)
    log.close()
    return code


def test(args):
    """Run the tests that ``TAGS`` names, or all, and say what came of it."""
    tags = os.environ.get("TAGS")
    env = Environment(PACKAGES)
    databases.get_template(env)
    tests = {} if tags else lanes.all_tests(env)
    everything = {name for names in tests.values() for name in names}
    todo = [lanes.Lane(tags)] if tags else _share_out(tests)
    now = time.strftime("%Y%m%d-%H%M%S")
    log_path = paths.log_dir() / f"test-{now}-{os.getpid()}.log"
    ports = process.free_ports(len(todo))
    for number, (lane, port) in enumerate(zip(todo, ports, strict=True), 1):
        lane.number, lane.port = number, port
        lane.log_path = log_path.with_stem(f"{log_path.stem}-{number}")
        say(f"running {lane.what}; the log is {lane.log_path}")
    progress = Progress()
    results = lanes.run(
        todo, lambda lane, on_test: _run_lane(env, lane, on_test), progress
    )
    if not tags:
        _note_seconds(progress.seconds, log_path.with_suffix(".json"))
    _forget_old_logs()
    return report(results, None if tags else everything)


def _share_out(tests):
    """Return the lanes for all tests."""
    count = min(lanes.wanted(), len(tests))
    checks = [[] for _number in range(count)]
    for title, number in zip(CHECKS, (0, -1), strict=True):
        checks[number].append(title)
    shares = lanes.share_out(tests, checks)
    return [
        lanes.Lane(tags, f"{len(share)} files of tests", titles)
        for tags, share, titles in zip(
            lanes.tags_of(shares), shares, checks, strict=True
        )
    ]


def _run_lane(env, lane, on_test):
    """Run one Odoo's tests and further checks in a database of its own."""
    log = OdooLog()
    with databases.scratch(env, f"test{lane.number}") as name:
        command = env.odoo(
            *("-d", name, "-i", paths.MODULE, "--with-demo", "--stop-after-init"),
            *("--test-tags", lane.tags, "--max-cron-threads", "0"),
            *("--http-interface", "127.0.0.1", "--http-port", lane.port),
            *("--screenshots", lane.log_path.with_suffix("")),
        )
        code = run_odoo(env, command, log, lane.log_path, on_test)
        for title in lane.checks:
            on_test(title)
            _count(log, title, CHECKS[title], env, name, lane.log_path)
    return lanes.Result(lane, log, code)


def _torture(env, name, log_path):
    """Tell whether letters survive kills: no test inside Odoo can kill it."""
    from machinery import torture  # it needs `run_odoo` from here

    return torture.check(env, name)


def _uninstalling(env, name, log_path):
    """Try what no test inside Odoo can."""
    from machinery import uninstalling  # it needs `run_odoo` from here

    return uninstalling.check(env, log_path)


# Done by the first and by the last lane when its tests are over.
CHECKS = {"torture": _torture, "uninstalling": _uninstalling}


def _count(log, title, check, *args):
    """Count the results of a check outside Odoo among those of the tests."""
    try:
        results = check(*args)
    except Problem as problem:
        results = {title: str(problem)}
    for name, failure in results.items():
        log.started.append(name)
        if failure:
            log.failures.append((name, Message("ERROR", title, [failure])))


def report(results, expected=None):
    """Print failures and the closing line; return the exit code.

    :param list results: of :class:`lanes.Result`
    :param set expected: names of the tests that had to run; None for whatever ran
    """
    log = lanes.merged(results)
    for name, message in log.failures:
        print(f"\n---- failed: {name}\n{message.text}")
    for name, reason in log.skipped.items():
        print(f"skipped: {name}: {reason}")
    for message in log.stray:
        print(f"\n---- not expected in the log:\n{message}")
    complaints = lanes.complaints(results, expected)
    if complaints:
        print("\n" + "\n".join(complaints))
    failed = len(log.failed) + len(log.stray) + len(complaints)
    if failed:
        print("\nThe whole log:", *(result.lane.log_path for result in results))
    skipped = len(set(log.skipped) - set(log.failed))
    more = f", {skipped} skipped" if skipped else ""
    print(f"{len(log.passed)} passed, {failed} failed{more}")
    return 1 if failed else 0


def _note_seconds(seconds, path):
    """Keep how long each file took; ``dev/test_seconds.json`` is made from it."""
    files = Counter()
    for name, value in seconds.items():
        files[_group(name)] += value
    path.write_text(json.dumps({name: round(files[name]) for name in sorted(files)}))


def _forget_old_logs(keep=40):
    found = [p for p in paths.log_dir().glob("test-*") if p.is_file()]
    found.sort(key=lambda path: path.stat().st_mtime)
    for path in found[:-keep]:
        path.unlink(missing_ok=True)
