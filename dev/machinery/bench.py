"""``make bench``: runs ``benchmarks/run.py`` with two databases of its own."""

import subprocess

from machinery import databases, paths
from machinery.environment import Environment
from machinery.odoo_log import OdooLog
from machinery.problem import Problem, say
from machinery.testing import run_odoo


def bench(args):
    """Run the benchmarks with Odoo's Python; ``args`` are handed on to them."""
    script = paths.CHECKOUT / "benchmarks" / "run.py"
    if not script.exists():
        raise Problem("there is no benchmarks/run.py.")
    env = Environment()
    with (
        databases.scratch(env, "plain") as plain,
        databases.scratch(env, "bench") as name,
    ):
        say("installing the addon into a scratch database")
        install(env, name, paths.log_dir() / "bench-install.log")
        variables = {
            **env.variables,
            "BENCH_DB": name,
            "BENCH_PLAIN_DB": plain,
            "BENCH_ODOO": str(paths.DEV / "odoo"),
        }
        done = subprocess.run(
            [env.python, str(script), *args],
            cwd=paths.CHECKOUT,
            env=variables,
            check=False,
        )
    return done.returncode


def install(env, name, log_path):
    """Install the addon into the database ``name``."""
    log_path.unlink(missing_ok=True)
    log = OdooLog()
    command = env.odoo("-d", name, "-i", paths.MODULE, "--stop-after-init")
    code = run_odoo(env, command, log, log_path)
    if code or any(message.level != "WARNING" for message in log.stray):
        raise Problem(f"the addon could not be installed; {log_path} tells why.")
