"""The commands behind ``make`` and the scripts in ``dev/``."""

import signal
import sys

from machinery import (
    bench,
    cleaning,
    lint,
    lint_selftest,
    serving,
    testing,
    torture,
    translating,
)
from machinery.environment import Environment
from machinery.problem import PREFIX, Problem


def odoo(args):
    """Run Odoo's command line: ``dev/odoo ARGS...``."""
    Environment().replace(*args)


COMMANDS = {
    "odoo": odoo,
    "run": serving.run,
    "stop": serving.stop,
    "shell": serving.shell,
    "test": testing.test,
    "lint": lint.lint,
    "lint-selftest": lint_selftest.selftest,
    "bench": bench.bench,
    "torture": torture.torture,
    "i18n": translating.update,
    "format": lint.format_code,
    "reset": cleaning.reset,
    "clean": cleaning.clean,
}


def main(argv):
    """Run one command and return its exit code."""
    name, *args = argv or ["help"]
    action = COMMANDS.get(name)
    if action is None:
        print(f"{PREFIX}no such command: {name}", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        return action(args) or 0
    except Problem as problem:
        print(f"{PREFIX}{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{PREFIX}interrupted", file=sys.stderr)
        return 130


def _interrupt(number, frame):
    raise KeyboardInterrupt
