"""Where things are: the checkout, and the cache outside it."""

import hashlib
import os
import tempfile
from pathlib import Path

MODULE = "customer_continuity"
CHECKOUT = Path(__file__).resolve().parents[2]
DEV = CHECKOUT / "dev"


def _cache():
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache").absolute() / MODULE


CACHE = _cache()
LOCKS = CACHE / "locks"


def digest(*parts, length=12):
    """Return a short name that changes with any of the ``parts``."""
    text = "\0".join(str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def checkout_dir():
    """Return the folder of this checkout in the cache: link, settings, logs."""
    path = CACHE / "checkouts" / digest(CHECKOUT)
    path.mkdir(parents=True, exist_ok=True)
    return path


def log_dir():
    """Return the folder of this checkout's logs."""
    path = checkout_dir() / "logs"
    path.mkdir(exist_ok=True)
    return path


def addons_link():
    """Return a folder holding the checkout under the addon's own name.

    Odoo finds an addon by the name of its folder, whatever the checkout is called.
    """
    addons = checkout_dir() / "addons"
    addons.mkdir(exist_ok=True)
    link = addons / MODULE
    if not link.is_symlink() or link.resolve() != CHECKOUT:
        fresh = addons / f".{MODULE}.{os.getpid()}"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(CHECKOUT)
        fresh.replace(link)
    return addons


def temporary(parent, prefix):
    """Return a fresh folder beside its final place, so that it can be renamed."""
    parent.mkdir(parents=True, exist_ok=True)
    path = Path(tempfile.mkdtemp(prefix=f".{prefix}.", dir=parent))
    path.chmod(0o755)
    return path
