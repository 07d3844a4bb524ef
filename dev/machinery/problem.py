"""What the machinery says to the person at the terminal."""

import sys

PREFIX = "customer_continuity: "


class Problem(Exception):
    """Something the person can do something about: one clear sentence."""


def say(text):
    """Tell what is being done, without disturbing a command's own output."""
    print(PREFIX + text, file=sys.stderr, flush=True)
