"""``make torture``: Odoo is killed while it sends letters, none may be lost or doubled;
then while customers change hands, each must be wholly moved or wholly not.

A smaller round of the first belongs to ``make test``, in the database of the tests.
"""

import json
import signal
import subprocess

from machinery import bench, databases, paths
from machinery.environment import Environment
from machinery.problem import Problem, say

LETTERS = paths.CHECKOUT / "benchmarks" / "torture.py"
CUT_OVERS = paths.CHECKOUT / "benchmarks" / "torture_cutover.py"
SMALL = ("--letters", "200", "--kills", "6")
# Options of the command and the script they are for; the others are for both.
FOR_ONE = {"--letters": LETTERS, "--lanes": LETTERS, "--customers": CUT_OVERS}


def torture(args):
    """Run both in full, each with a database of its own; ``args`` are handed on."""
    env = Environment()
    failed = False
    for script, what in (
        (LETTERS, "it sends letters"),
        (CUT_OVERS, "customers change hands"),
    ):
        with databases.scratch(env, "torture") as name:
            say("installing the addon into a scratch database")
            bench.install(env, name, paths.log_dir() / "torture-install.log")
            say(f"killing Odoo while {what}")
            for result in _run(env, script, name, _args_of(script, args)):
                print(_describe(result), flush=True)
                failed |= bool(result["problems"])
    return int(failed)


def _args_of(script, args):
    """Return the arguments that are for one script, each option with its values."""
    own, skipping = [], False
    for arg in args:
        if arg.startswith("--"):
            skipping = FOR_ONE.get(arg, script) != script
        if not skipping:
            own.append(arg)
    return own


def check(env, name):
    """Run a small round in the database ``name``, which is used up.

    :param Environment env: where to run
    :return: dict of failure texts per check, empty where it passed
    """
    results = {}
    for result in _run(env, LETTERS, name, SMALL):
        title = f"letters survive kills, lanes: {result['lanes']}"
        failed = result["problems"]
        results[title] = _describe(result) if failed else ""
    return results


def _run(env, script, name, args):
    """Yield the results of a script, one for each of its rounds."""
    process = subprocess.Popen(
        [env.python, str(script), name, *args],
        cwd=paths.CHECKOUT,
        env=env.variables,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        rounds = 0
        try:
            for line in process.stdout:
                if line.startswith("{"):
                    rounds += 1
                    yield json.loads(line)
        except BaseException:
            # It ends what it has started.
            process.send_signal(signal.SIGINT)
            raise
    if not rounds:
        raise Problem(f"the torture stopped with exit code {process.returncode}.")


def _describe(result):
    figures = ", ".join(f"{key}: {result[key]}" for key in result if key != "problems")
    return "\n".join([figures, *(f"  FAILED: {p}" for p in result["problems"])])
