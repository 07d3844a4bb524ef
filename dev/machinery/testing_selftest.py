"""The proof that ``make test`` fails when it should, and that lanes forget no test."""

import contextlib
import io
from pathlib import Path

from machinery import lanes, paths, testing

_STAMP = "2027-03-01 06:00:00,000 1 {} db odoo.addons.{}{}: {}"
_RESULT = "2027-03-01 06:00:00,000 1 INFO db odoo.tests.result: {}"


def _line(text, level="INFO", module="test_a"):
    where = f".tests.{module}" if module else ""
    return _STAMP.format(level, paths.MODULE, where, text)


def _started(number, module="test_a"):
    return _line(f"Starting TestX.test_{number} ...", module=module)


END = _RESULT.format("0 failed, 0 error(s) of 2 tests when loading database 'db'")
FIRST = (_started(1), _started(2), END)
SECOND = (_started(3, "test_b"), END)
WANTED = {"test_a.TestX.test_1", "test_a.TestX.test_2", "test_b.TestX.test_3"}
FIXTURE = _line(
    f"ERROR: setUpClass (odoo.addons.{paths.MODULE}.tests.test_a.TestX)", "ERROR"
)

# What happens in the first lane, and what has to be said of it.
CASES = {
    "a failed test": ((_line("FAIL: TestX.test_1", "ERROR"), *FIRST), "failed: test_a"),
    "a failed fixture": ((FIXTURE, END), "failed: test_a.TestX.setUpClass"),
    "an error outside tests": (
        (_line("no", "ERROR", ""), *FIRST),
        "not expected in the log",
    ),
    "a warning of this addon": (
        (_line("hm", "WARNING", ""), *FIRST),
        "not expected in the log",
    ),
    "Odoo that stops": (FIRST[:2], "Lane 1: Odoo stopped before it had finished"),
    "a lane without tests": ((END,), "Lane 1: no test ran"),
    "a test that did not run": (FIRST[1:], "Did not run: test_a.TestX.test_1"),
    "a test that ran twice": (
        (_started(3, "test_b"), *FIRST),
        "Ran in two lanes: test_b.TestX.test_3",
    ),
}


def unnoticed():
    """Return the faults that ``make test`` would not notice."""
    found = []
    if _says(_result(1, FIRST), _result(2, SECOND)) != (0, "3 passed, 0 failed\n"):
        found.append("when all is well it fails")
    for title, (lines, wanted) in CASES.items():
        code, text = _says(_result(1, lines), _result(2, SECOND))
        if not code or wanted not in text:
            found.append(f"{title}:\n{text}")
    killed = _only(lanes.run([lanes.Lane("", log_path=Path("log"))], _die, _Silent()))
    if "was stopped from outside" not in killed.problem or not _says(killed)[0]:
        found.append("a lane that is killed")
    return [*found, *_forgotten()]


def _result(number, lines):
    lane = lanes.Lane("", number=number, log_path=Path(f"{number}.log"))
    result = lanes.Result(lane, code=0)
    for line in lines:
        result.log.feed(line)
    result.log.close()
    return result


def _says(*results):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = testing.report(list(results), WANTED)
    return code, out.getvalue()


def _forgotten():
    """Yield for how many lanes a file belongs to none of them, or to two."""
    tests = {f"odoo.addons.{paths.MODULE}.tests.test_{n}": ["x"] * n for n in range(20)}
    for count in (1, 2, 3, 7):
        shares = lanes.share_out(tests, [[] for _lane in range(count)])
        if sorted(sum(shares, [])) != sorted(tests):
            yield f"a file of tests in no lane of {count}, or in two"
        *named, rest = [tags.split(",") for tags in lanes.tags_of(shares)]
        if rest != [f"/{paths.MODULE}", *(f"-{tag}" for tag in sum(named, []))]:
            yield f"the last lane of {count} does not take all that is left"


def _die(lane, on_test):
    raise SystemExit(1)


def _only(results):
    [result] = results
    return result


class _Silent:
    def show(self, lane, name):
        """Show nothing."""

    def done(self, lane):
        """Show nothing."""

    def end(self):
        """Show nothing."""
