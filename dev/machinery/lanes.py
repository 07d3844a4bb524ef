"""Lanes: several Odoos share the tests, each with a database of its own.

Every lane runs Odoo's own test runner on some of the files. The last one is asked for
whatever the others were not, so no test can be forgotten; :func:`complaints` compares
what ran with what Odoo would have run in one go.
"""

import json
import multiprocessing
import os
import signal
import traceback
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing import connection
from pathlib import Path

from machinery import command, paths, process
from machinery.odoo_log import OdooLog, name_of
from machinery.problem import Problem

# More do not help: the database and the browsers want processors, too.
MOST = 3
# Files that take long, measured. Any other takes what its tests usually take.
SECONDS = paths.DEV / "test_seconds.json"
SECONDS_A_TEST = 0.5


@dataclass
class Lane:
    """What one Odoo is to do."""

    tags: str
    what: str = ""
    checks: list = field(default_factory=list)
    number: int = 1
    port: int = 0
    log_path: Path = None

    def __post_init__(self):
        """Say what the tags are, unless it is known better."""
        self.what = self.what or self.tags

    def __str__(self):
        return f"lane {self.number}"


@dataclass
class Result:
    """What came of it; ``problem`` says why a lane has no end."""

    lane: Lane
    log: OdooLog = field(default_factory=OdooLog)
    code: int = None
    problem: str = ""


def wanted():
    """Return how many lanes to use: ``LANES``, or as many as there are processors."""
    chosen = os.environ.get("LANES")
    if not chosen:
        return min(MOST, len(os.sched_getaffinity(0)))
    if not chosen.isdigit() or not int(chosen):
        raise Problem(f"LANES={chosen}: say how many Odoos share the tests, as 2.")
    return int(chosen)


# === Sharing out === #


def all_tests(env):
    """Return the names of all tests, per module of Python that holds them."""
    answer = command.run(
        [env.python, paths.DEV / "machinery" / "list_tests.py", paths.MODULE],
        "the tests cannot be loaded.",
        log="list_tests.log",
        env=env.variables,
    )
    found = {}
    for line in answer.splitlines():
        module, separator, test = line.partition("\t")
        if separator:
            found.setdefault(module, []).append(name_of(module, test))
    return found


def share_out(tests, checks):
    """Return for each lane the modules that it tests: the longest first to whoever
    has the least to do.

    :param dict tests: see :func:`all_tests`
    :param list checks: for each lane the names of what it does besides
    """
    measured = json.loads(SECONDS.read_text())
    seconds = {
        module: measured.get(
            module.rpartition(".tests.")[2], len(names) * SECONDS_A_TEST
        )
        for module, names in tests.items()
    }
    load = [sum(measured[title] for title in titles) for titles in checks]
    shares = [[] for _lane in checks]
    for module in sorted(tests, key=lambda name: (-seconds[name], name)):
        least = load.index(min(load))
        load[least] += seconds[module]
        shares[least].append(module)
    return shares


def tags_of(shares):
    """Return the tags of each lane; the last has everything the others have not."""
    *named, _rest = [[_file(module) for module in share] for share in shares]
    others = [f"-{file}" for files in named for file in files]
    return [
        *(",".join(files) for files in named),
        ",".join([f"/{paths.MODULE}", *others]),
    ]


def _file(module):
    """Return how Odoo's tags name a file."""
    return "/" + module.removeprefix("odoo.addons.").replace(".", "/") + ".py"


# === Running === #


def run(lanes, work, progress):
    """Run all lanes side by side, each in a process of its own.

    :param list lanes: of :class:`Lane`
    :param work: called in the process with the lane and with what to call for each
        test that starts; returns a :class:`Result`
    :param progress: has ``show(lane, test)``, ``done(lane)`` and ``end()``
    :return: list of :class:`Result`; a lane that ended without one says so in it
    """
    fork = multiprocessing.get_context("fork")
    running, processes, results = {}, [], []
    try:
        for lane in lanes:
            ours, theirs = fork.Pipe(duplex=False)
            child = fork.Process(target=_run_one, args=(lane, work, theirs))
            child.start()
            theirs.close()
            processes.append(child)
            running[ours] = lane
        while running:
            for end in connection.wait(list(running)):
                lane = running[end]
                try:
                    told = end.recv()
                except EOFError:
                    told = Result(lane, problem="was stopped from outside")
                if isinstance(told, Result):
                    progress.done(lane)
                    results.append(told)
                    del running[end]
                else:
                    progress.show(lane, told)
    except BaseException:
        with process.undisturbed():
            _end(processes)
        raise
    finally:
        progress.end()
    for child in processes:
        child.join()
    return sorted(results, key=lambda result: result.lane.number)


def _run_one(lane, work, end):
    # Ctrl-C reaches every process of the terminal; it is the first that ends the
    # others. Ignored outright it would be ignored by Odoo, too.
    signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        end.send(_result_of(lane, work, end.send))
    except KeyboardInterrupt:
        os._exit(130)


def _result_of(lane, work, on_test):
    try:
        return work(lane, on_test)
    except Problem as problem:
        return Result(lane, problem=f"stopped: {problem}")
    except Exception:  # whatever it was, the others go on and it is told
        return Result(lane, problem=f"stopped:\n{traceback.format_exc()}")


def _end(processes):
    """End what still runs; each removes its database before it goes."""
    for child in processes:
        if child.is_alive():
            child.terminate()
    for child in processes:
        child.join()


# === Judging === #


def merged(results):
    """Return what happened in all lanes as one :class:`OdooLog`."""
    whole = OdooLog()
    told = set()
    for log in (result.log for result in results):
        whole.started += log.started
        whole.failures += log.failures
        whole.skipped.update(log.skipped)
        for message in log.stray:
            # Each lane installs the addon: what is said there is said in each.
            if str(message) not in told:
                told.add(str(message))
                whole.stray.append(message)
    return whole


def complaints(results, expected=None):
    """Return what is wrong besides failed tests, one sentence each.

    :param list results: one for each lane
    :param set expected: names of the tests that had to run; None for whatever ran
    """
    found = []
    for result in results:
        log, name = result.log, str(result.lane).capitalize()
        if result.problem:
            found.append(f"{name} {result.problem}")
        elif log.result is None:
            found.append(
                f"{name}: Odoo stopped before it had finished (exit code {result.code})"
            )
        elif not log.started:
            found.append(f"{name}: no test ran")
        elif result.code and not (log.failures or log.stray):
            found.append(f"{name}: Odoo ended with exit code {result.code}")
    return found + _not_once(results, expected)


def _not_once(results, expected):
    times = Counter(name for result in results for name in set(result.log.started))
    found = [f"Ran in two lanes: {name}" for name in times if times[name] > 1]
    if expected is None or any(result.log.result is None for result in results):
        return found
    # Without its fixture a class has no tests; that has been told as a failure.
    broken = {
        name.rpartition(".")[0]
        for result in results
        for name in result.log.failed
        if ".setUp" in name
    }
    found += [
        f"Did not run: {name}"
        for name in sorted(expected.difference(times))
        if name.rpartition(".")[0] not in broken
    ]
    return found
