import ipaddress
import time
from collections import OrderedDict
from threading import Lock


class RateLimiter:
    """Count events per key in this process's memory, for a while.

    For requests that may write nothing to the database. Several worker processes
    count apart, so the limit that holds is at most their number times ``limit``.

    :param int limit: how many events of one key are let through
    :param int seconds: length of the window, from the first event of a key on
    :param int max_keys: memory is bounded: beyond, the oldest keys are forgotten
    """

    def __init__(self, limit, seconds, max_keys=10_000):
        self.limit = limit
        self.seconds = seconds
        self.max_keys = max_keys
        self._windows = OrderedDict()
        self._lock = Lock()

    def hit(self, key):
        """Count one event of a key."""
        now = time.monotonic()
        with self._lock:
            start, count = self._windows.get(key, (now, 0))
            if now - start >= self.seconds:
                start, count = now, 0
                self._windows.pop(key, None)
            self._windows[key] = (start, count + 1)
            while len(self._windows) > self.max_keys:
                self._windows.popitem(last=False)

    def exceeded(self, key):
        """Tell whether a key has used up its events.

        :rtype: bool
        """
        with self._lock:
            start, count = self._windows.get(key, (0.0, 0))
        return count >= self.limit and time.monotonic() - start < self.seconds

    def clear(self):
        """Forget everything."""
        with self._lock:
            self._windows.clear()


def address_key(address):
    """Return what counts as one remote address: of IPv6 the network, because one
    subscriber has more addresses in it than could ever be counted.

    :param str address: as the web server gives it
    :rtype: str
    """
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return address or ""
    if parsed.version == 6 and not parsed.ipv4_mapped:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
