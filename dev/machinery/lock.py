"""One build at a time: a lock that the system drops when its holder dies."""

import contextlib
import fcntl
import os

from machinery import paths
from machinery.problem import Problem, say


@contextlib.contextmanager
def locked(name):
    """Hold the lock ``name``; wait, and say so, while another run holds it."""
    try:
        paths.LOCKS.mkdir(parents=True, exist_ok=True)
        handle = os.open(paths.LOCKS / name, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise Problem(f"the cache {paths.CACHE} cannot be written: {error}.") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another run that is busy with: {name}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
