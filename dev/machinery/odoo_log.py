"""Reads what Odoo logs: tests, failures, and messages that nobody expected."""

import re
from dataclasses import dataclass, field

from machinery import paths

LINE = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ "
    r"(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL|RUNBOT) (?P<db>\S+) "
    r"(?P<logger>[^\s:]+): (?P<text>.*)$"
)
STARTING = re.compile(r"^Starting (\S+) \.\.\.\s*$")
SKIPPED = re.compile(r"^skipped (\S+) : (.*)$")
FAILED = re.compile(r"^(?:FAIL|ERROR): (?:Subtest )?(\S+)(.*)$")
RESULT = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")
# What Odoo says again of failures that it has told before.
REPEATED = re.compile(
    r"\d+ failures?, \d+ errors? of \d+ tests|At least one test failed when loading"
)

# A test that is skipped for want of these was promised to run.
PROMISED = re.compile(r"chrom|wkhtmltopdf|websocket|pylint|eslint|aiosmtpd", re.I)


@dataclass
class Message:
    """One message of the log, with the lines that follow its first."""

    level: str
    logger: str
    lines: list = field(default_factory=list)

    @property
    def text(self):
        """Return the whole message."""
        return "\n".join(self.lines).rstrip()

    def __str__(self):
        return f"{self.level} {self.logger}: {self.text}"


class OdooLog:
    """Collects what happened from the lines of a log."""

    def __init__(self, is_ours=None):
        """Start with nothing seen.

        :param is_ours: tells of a :class:`Message` whether it concerns this addon;
            None for the usual way to tell
        """
        self.is_ours = is_ours or mentions_us
        self.started = []
        self.skipped = {}
        self.failures = []
        self.stray = []
        self.result = None
        self._open = None

    def feed(self, line):
        """Take one line; return the name of a test that starts with it, or None."""
        match = LINE.match(line)
        if not match:
            if self._open:
                self._open.lines.append(line)
            elif line.startswith("Traceback ") or "Error: " in line:
                # Printed before Odoo logs at all: it could not start.
                self._open = Message("CRITICAL", "odoo", [line])
            return None
        self.close()
        message = Message(match["level"], match["logger"], [match["text"]])
        self._open = message
        if result := RESULT.search(match["text"]):
            if message.logger == "odoo.tests.result" or "loading" in message.text:
                self.result = tuple(int(number) for number in result.groups())
        starting = STARTING.match(match["text"])
        if starting and ".tests" in message.logger:
            name = name_of(message.logger, starting[1])
            self.started.append(name)
            return name
        skipped = SKIPPED.match(match["text"])
        if skipped:
            self.skipped[name_of(message.logger, skipped[1])] = skipped[2]
        return None

    def close(self):
        """Judge the message that was being read; call it after the last line."""
        message, self._open = self._open, None
        if message is None:
            return
        if message.level in ("ERROR", "CRITICAL"):
            failed = FAILED.match(message.lines[0])
            if failed:
                name = _failed_name(message, *failed.groups())
                self.failures.append((name, message))
            elif not (RESULT.search(message.text) or REPEATED.search(message.text)):
                self.stray.append(message)
        elif message.level == "WARNING" and self.is_ours(message):
            self.stray.append(message)

    @property
    def failed(self):
        """Return the names of the tests that failed, in order, each once."""
        names = [name for name, _message in self.failures]
        names += [n for n, reason in self.skipped.items() if PROMISED.search(reason)]
        return list(dict.fromkeys(names))

    @property
    def passed(self):
        """Return the names of the tests that really ran and passed."""
        out = {*self.failed, *self.skipped}
        return [name for name in dict.fromkeys(self.started) if name not in out]


def mentions_us(message):
    """Tell whether a message comes from this addon or names it."""
    if message.logger.startswith(f"odoo.addons.{paths.MODULE}"):
        return True
    # Python's own warnings carry the whole stack; the first line names the culprit.
    text = message.lines[0] if message.logger == "py.warnings" else message.text
    for folder in ("odoo", "venv", "data"):
        text = text.replace(str(paths.CACHE / folder), "")
    return paths.MODULE in text or re.search(r"\bcontinuity\.\w", text) is not None


def nobodys(message):
    """Take no warning as this addon's: it is not installed yet."""
    return False


def _failed_name(message, test, rest):
    """Return a failure's test; for a fixture of a class that is the class."""
    owner = re.search(r"\(([\w.]+)\)", rest)
    if test.startswith(("setUp", "tearDown")) and owner:
        module, _, name = owner[1].rpartition(".")
        return name_of(module, f"{name}.{test}")
    return name_of(message.logger, test)


def name_of(logger, test):
    """Return what a test is called here, from where it is and its class and method."""
    module = logger.removeprefix("odoo.addons.").split(".tests.")[-1]
    return f"{module}.{test}" if module != test else test
