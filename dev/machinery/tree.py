"""Copies of the checkout for the linters: what git knows, and the addon's part."""

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

from machinery import paths

# What is in the repository but no part of the addon.
NOT_THE_ADDON = ("dev", "benchmarks", "docs")


def files():
    """Return the checkout's files, as git sees them, relative to its root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=paths.CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        names = listed.stdout.split("\0")
    else:
        names = [
            str(path.relative_to(paths.CHECKOUT))
            for path in paths.CHECKOUT.rglob("*")
            if "__pycache__" not in path.parts
        ]
    return sorted({n for n in names if n and (paths.CHECKOUT / n).is_file()})


def is_addon(name):
    """Tell whether the file ``name`` is part of the addon itself."""
    top = name.split("/")[0]
    if "/" in name:
        return top not in NOT_THE_ADDON and not top.startswith(".")
    return name.endswith(".py") or name.startswith("README")


class Tree:
    """Two copies outside any git repository.

    ``repository`` holds everything, ``addon`` only the addon, under its own name:
    Odoo and the addon linters go by the folder's name, and oca-checks-odoo-module
    finds nothing, and passes, where the addon is the top of a git repository.
    """

    def __init__(self, folder):
        """Copy the checkout into ``folder``."""
        self.folder = Path(folder)
        self.repository = self.folder / "repository"
        self.addons = self.folder / "addons"
        self.addon = self.addons / paths.MODULE
        for name in files():
            self._copy(name, self.repository)
            if is_addon(name):
                self._copy(name, self.addon)

    @staticmethod
    def _copy(name, target):
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            shutil.copy2(paths.CHECKOUT / name, path)

    def contents(self):
        """Return the bytes of every file of the repository's copy, by name."""
        return {
            str(path.relative_to(self.repository)): path.read_bytes()
            for path in self.repository.rglob("*")
            if path.is_file()
        }

    def take_over_from_addon(self, unless):
        """Bring what was changed in the addon's copy into the repository's copy.

        :param unless: called with name, old and new content; true keeps the old
        """
        for path in self.addon.rglob("*"):
            name = str(path.relative_to(self.addon))
            old = self.repository / name
            if path.is_file() and old.is_file():
                before, after = old.read_bytes(), path.read_bytes()
                if before != after and not unless(name, before, after):
                    old.write_bytes(after)

    def plant(self, name, text):
        """Write a file into the copies, for the linters' own test."""
        for root in (self.repository, self.addon):
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def found(self, *suffixes, under=None):
        """Return the files that end in one of ``suffixes``, relative to the root."""
        root = under or self.repository
        return sorted(
            str(path.relative_to(root))
            for path in root.rglob("*")
            if path.suffix in suffixes and path.is_file()
        )


def write_back(name, before, after):
    """Change the file ``name`` of the checkout, unless it is not as it was before."""
    path = paths.CHECKOUT / name
    if before is not None and path.is_file() and path.read_bytes() == before:
        path.write_bytes(after)
        print(f"rewrote {name}")


@contextlib.contextmanager
def copied():
    """Lend a :class:`Tree`, gone afterwards."""
    folder = paths.temporary(paths.CACHE / "lint", f"{os.getpid()}")
    # Prettier and eslint pass over folders whose name starts with a dot.
    visible = folder.with_name(folder.name.lstrip("."))
    folder.rename(visible)
    try:
        yield Tree(visible)
    finally:
        shutil.rmtree(visible, ignore_errors=True)
