"""Child processes that outlive nothing, and ports that nobody uses."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path


def started_at(pid):
    """Return when process ``pid`` started, in ticks since boot; None if it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    # A zombie has ended already, it only waits for its parent.
    return None if fields[0] == "Z" else int(fields[19])


def me():
    """Return what identifies this process, also after its number was given anew."""
    return {"pid": os.getpid(), "started": started_at(os.getpid())}


def is_alive(record):
    """Tell whether the process that wrote ``record`` still runs."""
    pid = record.get("pid")
    return bool(pid) and started_at(pid) == record.get("started")


def free_port():
    """Return a port that nobody listens on at the moment."""
    return free_ports(1)[0]


def free_ports(count):
    """Return different ports that nobody listens on at the moment."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _number in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def is_port_free(host, port):
    """Tell whether a server could listen on ``host``:``port``."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _session_members(session):
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) == session:
                    yield int(entry.name)


def end_session(pid, patience=10):
    """End process ``pid``, the leader of a session, and everything it started.

    :param int pid: a process started with ``start_new_session=True``
    :param float patience: seconds until it is killed
    """
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and started_at(pid) is not None:
        time.sleep(0.1)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    for member in list(_session_members(pid)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(member, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def stream(args, on_line, **kwargs):
    """Run a command in a session of its own and hand over what it prints.

    When this process is interrupted, so is the command with all its children.

    :param args: the command and its arguments
    :param on_line: called with each line, without its end
    :return: exit code of the command
    :rtype: int
    """
    with subprocess.Popen(
        args,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        **kwargs,
    ) as child:
        try:
            for line in child.stdout:
                on_line(line.rstrip("\n"))
            return child.wait()
        finally:
            if child.poll() is None:
                end_session(child.pid)
                child.returncode = -signal.SIGKILL
            else:
                for member in list(_session_members(child.pid)):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(member, signal.SIGKILL)


@contextlib.contextmanager
def undisturbed():
    """Let a second Ctrl-C not stop the cleaning up after the first."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
