"""``make torture``: Odoo is killed while it sends letters; none may be lost or doubled.

A smaller round of it belongs to ``make test``, in the database of the tests.
"""

import json
import subprocess

from machinery import bench, databases, paths
from machinery.environment import Environment
from machinery.problem import Problem, say

SCRIPT = paths.CHECKOUT / "benchmarks" / "torture.py"
SMALL = ("--letters", "200", "--kills", "6")


def torture(args):
    """Run it in full with databases of its own; ``args`` are handed on.

    Each number of lanes gets a database, so that one round does not know the other.
    """
    env = Environment()
    failed = False
    with databases.scratch(env, "torture") as name:
        say("installing the addon into a scratch database")
        bench.install(env, name, paths.log_dir() / "torture-install.log")
        say("killing Odoo while it sends letters")
        for result in _run(env, name, args):
            print(_describe(result), flush=True)
            failed |= bool(result["problems"])
    return int(failed)


def check(env, name):
    """Run a small round in the database ``name``, which is used up.

    :param Environment env: where to run
    :return: dict of failure texts per check, empty where it passed
    """
    say("killing Odoo while it sends letters")
    results = {}
    for result in _run(env, name, SMALL):
        title = f"letters survive kills, lanes: {result['lanes']}"
        failed = result["problems"]
        results[title] = _describe(result) if failed else ""
    return results


def _run(env, name, args):
    """Yield the results of the script, one for each number of lanes."""
    process = subprocess.Popen(
        [env.python, str(SCRIPT), name, *args],
        cwd=paths.CHECKOUT,
        env=env.variables,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        rounds = 0
        for line in process.stdout:
            if line.startswith("{"):
                rounds += 1
                yield json.loads(line)
    if not rounds:
        raise Problem(f"the torture stopped with exit code {process.returncode}.")


def _describe(result):
    figures = ", ".join(f"{key}: {result[key]}" for key in result if key != "problems")
    return "\n".join([figures, *(f"  FAILED: {p}" for p in result["problems"])])
