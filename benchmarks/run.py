"""Measure the budgets of docs/benchmarks.md: ``make bench``, ``dev/bench ROW …``.

A row is a module beside this one with a function ``run(bench)``. Without names all
are measured, in this order.
"""

import importlib
import sys

from common import Bench

# `installed` first: it compares two databases that must still be alike.
ROWS = (
    "installed",
    "factoring",
    "refresh",
    "cutover",
    "planning",
    "obligations",
    "sending",
)


def main(names):
    """Measure the rows named; return the exit code."""
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        print(f"No such row: {', '.join(unknown)}. There are: {', '.join(ROWS)}.")
        return 2
    bench = Bench()
    print(f"{'work':<42}  {'size':<40}  {'ratio':>8}  target    result")
    for name in names or ROWS:
        importlib.import_module(name).run(bench)
    bench.report_memory()
    bench.save(complete=not names)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
