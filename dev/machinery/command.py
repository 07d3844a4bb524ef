"""Running other programs."""

import os
import subprocess

from machinery import paths
from machinery.problem import Problem


def run(args, problem, log=None, **kwargs):
    """Run a command quietly.

    :param args: the command and its arguments
    :param str problem: the sentence to say when it fails
    :param str log: name of the file that keeps its output
    :return: what the command printed
    :rtype: str
    """
    if "input" not in kwargs:
        kwargs["stdin"] = subprocess.DEVNULL
    try:
        done = subprocess.run(
            [str(arg) for arg in args],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            **kwargs,
        )
    except OSError as error:
        raise Problem(f"{problem} ({error})") from error
    if log:
        (paths.log_dir() / log).write_text(done.stdout)
    if done.returncode:
        raise Problem(problem + _details(done.stdout, log))
    return done.stdout


def _details(output, log):
    """Return where the details are; in CI, where nobody can look, what they are."""
    if log and not os.environ.get("CI"):
        return f" ({paths.log_dir() / log} has the details)"
    lines = [line for line in output.splitlines() if line.strip()][-12:]
    return "".join(f"\n    {line}" for line in lines)


def first_on_path(name):
    """Return the first program ``name`` on PATH or in the usual places, or None."""
    places = os.environ.get("PATH", os.defpath).split(os.pathsep)
    for place in (*places, "/usr/bin", "/usr/sbin", "/bin", "/sbin"):
        candidate = os.path.join(place, name)
        if place and os.access(candidate, os.X_OK) and os.path.isfile(candidate):
            return candidate
    return None
