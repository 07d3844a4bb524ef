"""Odoo's own test_lint on this addon."""

import os
import re

from machinery import databases, paths, process, testing
from machinery.environment import Environment
from machinery.odoo_log import OdooLog

TESTS = "/test_lint"
SUBTEST_OF = re.compile(r"^(?:FAIL|ERROR): Subtest .*\(module='?(\w+)")
# These are there when test_lint really did its work, not only passed.
EXPECTED = ("TestPyLint.test_pylint", "TestESLint.test_eslint")


def check(copy, tools):
    """Run test_lint in a database with the addon; return what it finds."""
    env = Environment()
    # Ours come first: Debian's npm brings an old eslint along.
    env.variables["PATH"] = os.pathsep.join(
        [str(tools.node.bin), env.variables["PATH"], tools.python]
    )
    # test_lint speaks to eslint in the way of version 8.
    env.variables["ESLINT_USE_FLAT_CONFIG"] = "false"
    log_path = paths.log_dir() / "test_lint.log"
    log_path.unlink(missing_ok=True)
    addons = ("--addons-path", copy.addons)
    with databases.scratch(env, "lint") as name:
        install, log = OdooLog(), OdooLog()
        where = ("-d", name, *addons, "--stop-after-init", "--max-cron-threads", "0")
        modules = f"{paths.MODULE},test_lint"
        args = env.odoo(*where, "-i", modules, "--with-demo")
        code = testing.run_odoo(env, args, install, log_path)
        errors = [str(message) for message in install.stray]
        if code or errors:
            return "\n".join(["the addon cannot be installed:", *errors[:5]])
        script = paths.DEV / "machinery" / "only_ours.py"
        args = [
            *(env.python, str(script), str(copy.addon)),
            *map(str, where),
            *("-u", "test_lint", "--test-tags", TESTS),
            *("--http-port", str(process.free_port())),
        ]
        code = testing.run_odoo(env, args, log, log_path)
    return "\n".join(_findings(log, code))


def _is_elsewhere(message):
    """Tell whether a finding names a module other than this addon."""
    module = SUBTEST_OF.search(message.lines[0])
    return bool(module) and module[1] != paths.MODULE


def _findings(log, code):
    for _name, message in log.failures:
        if not _is_elsewhere(message):
            yield message.text
    for name, reason in log.skipped.items():
        yield f"skipped, so not checked: {name}: {reason}"
    for message in log.stray:
        yield str(message)
    ran = {name.split(".", 1)[-1] for name in log.started}
    for name in EXPECTED:
        if name not in ran:
            yield f"did not run: {name}"
    if log.result is None:
        yield f"Odoo stopped before it had finished (exit code {code})"
