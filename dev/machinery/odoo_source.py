"""Odoo 19 itself: Debian's package unpacked into the cache, or the user's own."""

import os
import re
import shutil
from pathlib import Path

from machinery import command, debian, paths
from machinery.lock import locked
from machinery.problem import Problem, say

SERIES = "19.0"
HOME = paths.CACHE / "odoo"

# odoo-19 links static files of these by relative path. Font Awesome and Inconsolata
# are laid out differently in unstable, so they come from Debian 12.
PACKAGES = (
    "odoo-19/sid",
    "libjs-jquery/sid",
    "libjs-jquery-form/sid",
    "libjs-underscore/sid",
    "fonts-montserrat/sid",
    "fonts-ocr-b/sid",
    "fonts-roboto-unhinted/sid",
    "fonts-font-awesome/bookworm",
    "fonts-inconsolata/bookworm",
)
SUITES = ("sid", "bookworm")
PYTHON_DIR = "usr/lib/python3/dist-packages"

# Named in the assets but left out of the package because it is not free: without
# the file every page logs an error and every browser test fails.
EMPTY_FILE = "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"


class OdooSource:
    """Where Odoo is and how it is started."""

    def __init__(self, version, launcher, import_path=None, python=None):
        """Describe an Odoo.

        :param str version: full version, part of every cache key
        :param list launcher: how to start its command line, None for our own venv
        :param import_path: folder to put on the Python path of our own venv
        :param str python: the Python that runs it, None for our own venv
        """
        self.version = version
        self.command = launcher
        self.import_path = import_path
        self.python = python

    @property
    def folder(self):
        """Return the folder of the user's own sources, None when there is none."""
        if self.command:
            folder = Path(self.command[-1]).resolve().parent
            if (folder / "odoo").is_dir():
                return folder
        return None

    @property
    def key(self):
        """Return a short name that tells this Odoo from others."""
        return paths.digest(self.version, self.command, self.import_path)


def get():
    """Return the Odoo to work with, fetching it when there is none yet."""
    chosen = os.environ.get("ODOO")
    return _users_own(Path(chosen).expanduser()) if chosen else _cached()


def _cached():
    current = HOME / "current"
    if not current.exists():
        with locked("odoo"):
            if not current.exists():
                _fetch(current)
    root = current.resolve()
    return OdooSource(root.name, None, import_path=root / PYTHON_DIR)


def _fetch(current):
    say("fetching Odoo 19 from Debian (about 130 MB, once)")
    HOME.mkdir(parents=True, exist_ok=True)
    for leftover in HOME.glob(".new.*"):
        shutil.rmtree(leftover, ignore_errors=True)
    archive = debian.Archive(HOME / "apt", SUITES)
    debs = archive.download(PACKAGES)
    odoo_deb = next(deb for deb in debs if deb.name.startswith("odoo-19_"))
    version = odoo_deb.name.split("_")[1].replace("%3a", ":")
    say(f"unpacking Odoo {version}")
    fresh = paths.temporary(HOME, "new")
    debian.unpack(debs, fresh)
    empty = fresh / PYTHON_DIR / EMPTY_FILE
    if not empty.exists():
        empty.parent.mkdir(parents=True, exist_ok=True)
        empty.touch()
    _check_links(fresh)
    final = HOME / version
    shutil.rmtree(final, ignore_errors=True)
    fresh.rename(final)
    link = HOME / f".current.{os.getpid()}"
    link.symlink_to(version)
    link.replace(current)
    shutil.rmtree(archive.folder, ignore_errors=True)


def _check_links(root):
    python_dir = root / PYTHON_DIR
    dangling = []
    for folder, folders, files in os.walk(python_dir):
        for name in (*folders, *files):
            path = os.path.join(folder, name)
            if os.path.islink(path) and not os.path.exists(path):
                dangling.append(os.path.relpath(path, python_dir))
    if dangling:
        raise Problem(
            "Debian's odoo-19 now links to files of other packages than expected: "
            + ", ".join(sorted(dangling)[:5])
        )


def _users_own(chosen):
    """Return the Odoo that the user pointed at.

    :param Path chosen: a source folder, its ``odoo-bin``, or an ``odoo`` executable
    """
    if chosen.is_dir():
        for name in ("odoo-bin", "bin/odoo", "odoo"):
            if (chosen / name).is_file():
                chosen = chosen / name
                break
    if not chosen.is_file():
        raise Problem(f"ODOO={chosen} is neither Odoo's folder nor its executable.")
    chosen = chosen.absolute()
    python = os.environ.get("ODOO_PYTHON") or _python_of(chosen)
    version = _version_of(python, chosen)
    if not version.startswith(SERIES):
        raise Problem(f"ODOO={chosen} is Odoo {version or '?'}, not {SERIES}.")
    return OdooSource(version, [python, str(chosen)], python=python)


def _python_of(script):
    for name in ("venv", ".venv", "env"):
        python = script.parent / name / "bin" / "python"
        if python.exists():
            return str(python)
    with script.open("rb") as handle:
        first = handle.readline(300).decode(errors="replace")
    match = re.match(r"#!\s*(\S+)(?:\s+(\S+))?", first)
    if not match:
        return "python3"
    interpreter, argument = match.groups()
    if Path(interpreter).name == "env":
        return argument or "python3"
    return interpreter


def _version_of(python, script):
    answer = command.run(
        [python, script, "--version"],
        f"ODOO={script} does not start with {python}; name its Python in ODOO_PYTHON=.",
    )
    match = re.search(r"(\d+\.\d+\S*)", answer)
    return match.group(1) if match else ""
