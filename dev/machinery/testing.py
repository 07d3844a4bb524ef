"""``make test``: the addon's tests in a fresh copy of the template."""

import os
import sys
import time

from machinery import databases, paths, process
from machinery.environment import Environment
from machinery.odoo_log import Message, OdooLog
from machinery.problem import Problem, say

PACKAGES = ("chromium", "wkhtmltopdf", "fonts-noto-cjk", "poppler-utils")


class Progress:
    """Shows which test runs: one living line on a terminal, else one per class."""

    def __init__(self, stream=None):
        """Start counting."""
        self.stream = stream or sys.stdout
        self.terminal = self.stream.isatty()
        self.begin = time.monotonic()
        self.count = 0
        self.shown = None

    def show(self, name):
        """Show that the test ``name`` starts."""
        self.count += 1
        seconds = time.monotonic() - self.begin
        if self.terminal:
            text = f"[{seconds:4.0f} s] {self.count}: {name}"
            self.stream.write("\r\033[K" + text[:100])
        else:
            group = name.rpartition(".")[0]
            if group != self.shown:
                self.stream.write(f"[{seconds:4.0f} s] {group}\n")
                self.shown = group
        self.stream.flush()

    def end(self):
        """Leave the terminal clean."""
        if self.terminal:
            self.stream.write("\r\033[K")
            self.stream.flush()


def run_odoo(env, args, log, log_path, progress=None):
    """Run Odoo, keep its log and follow it.

    :param Environment env: where to run
    :param list args: arguments of Odoo's command line, or a whole command
    :param OdooLog log: takes the lines
    :param Path log_path: file that keeps them
    :param Progress progress: shows the tests that start
    :return: exit code
    """
    variables = dict(env.variables)
    variables.pop("ODOO_PY_COLORS", None)
    with log_path.open("a") as handle:

        def on_line(line):
            handle.write(line + "\n")
            test = log.feed(line)
            if test and progress:
                progress.show(test)

        code = process.stream(args, on_line, env=variables)
    log.close()
    if progress:
        progress.end()
    return code


def test(args):
    """Run the tests that ``TAGS`` names and say what came of it."""
    tags = os.environ.get("TAGS") or f"/{paths.MODULE}"
    env = Environment(PACKAGES)
    now = time.strftime("%Y%m%d-%H%M%S")
    log_path = paths.log_dir() / f"test-{now}-{os.getpid()}.log"
    log = OdooLog()
    with databases.scratch(env, "test") as name:
        say(f"running {tags}; the log is {log_path}")
        command = env.odoo(
            *("-d", name, "-i", paths.MODULE, "--with-demo", "--stop-after-init"),
            *("--test-tags", tags, "--max-cron-threads", "0"),
            *("--http-interface", "127.0.0.1", "--http-port", process.free_port()),
            *("--screenshots", log_path.with_suffix("")),
        )
        code = run_odoo(env, command, log, log_path, Progress())
        if not os.environ.get("TAGS"):
            _check_torture(env, log, name)
    if not os.environ.get("TAGS"):
        _check_uninstalling(env, log, log_path)
    _forget_old_logs()
    return report(log, code, log_path)


def _check_torture(env, log, name):
    """Count whether letters survive kills: no test inside Odoo can kill it."""
    from machinery import torture  # it needs `run_odoo` from here

    _count(log, "torture", lambda: torture.check(env, name))


def _check_uninstalling(env, log, log_path):
    """Count what no test inside Odoo can try."""
    from machinery import uninstalling  # it needs `run_odoo` from here

    _count(log, "uninstalling", lambda: uninstalling.check(env, log_path))


def _count(log, title, check):
    """Count the results of checks outside Odoo among those of the tests."""
    try:
        results = check()
    except Problem as problem:
        results = {title: str(problem)}
    for name, failure in results.items():
        log.started.append(name)
        if failure:
            log.failures.append((name, Message("ERROR", title, [failure])))


def report(log, code, log_path):
    """Print failures and the closing line; return the exit code."""
    for name, message in log.failures:
        print(f"\n---- failed: {name}\n{message.text}")
    for name, reason in log.skipped.items():
        print(f"skipped: {name}: {reason}")
    for message in log.stray:
        print(f"\n---- not expected in the log:\n{message}")
    failed = len(log.failed) + len(log.stray)
    passed = len(log.passed)
    ran = passed + len(log.failed)
    if log.result is None:
        print(f"\nOdoo stopped before it had finished (exit code {code}).")
        failed += 1
    elif not ran:
        print("\nNo test ran.")
        failed += 1
    elif code and not failed:
        print(f"\nOdoo ended with exit code {code}.")
        failed += 1
    if failed:
        print(f"\nThe whole log: {log_path}")
    skipped = len(set(log.skipped) - set(log.failed))
    more = f", {skipped} skipped" if skipped else ""
    print(f"{passed} passed, {failed} failed{more}")
    return 1 if failed else 0


def _forget_old_logs(keep=20):
    logs = sorted(paths.log_dir().glob("test-*.log"), key=lambda p: p.stat().st_mtime)
    for path in logs[:-keep]:
        path.unlink(missing_ok=True)
