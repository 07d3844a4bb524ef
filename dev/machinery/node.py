"""The linters that are written in JavaScript."""

import os
import shutil

from machinery import command, debian, paths
from machinery.lock import locked
from machinery.problem import Problem, say

HOME = paths.CACHE / "node"
PACKAGES = paths.DEV / "package.json"
OLDEST = 18


class Node:
    """prettier and eslint, installed into the cache."""

    def __init__(self):
        """Install what is missing."""
        if not command.first_on_path("node"):
            debian.install("nodejs")
        self.program = command.first_on_path("node")
        self._check_version()
        key = paths.digest(PACKAGES.read_text())
        self.folder = HOME / key
        if not self.folder.exists():
            with locked("node"):
                if not self.folder.exists():
                    self._install()

    @property
    def bin(self):
        """Return the folder of the linters' programs."""
        return self.folder / "node_modules" / ".bin"

    def module(self, name):
        """Return where a package's main module is, for ``prettier --plugin``."""
        return self.folder / "node_modules" / name

    def _check_version(self):
        version = command.run(
            [self.program, "-p", "process.versions.node"], "Node.js does not start."
        ).strip()
        if int(version.split(".")[0]) < OLDEST:
            raise Problem(f"the linters need Node.js {OLDEST} or newer, not {version}.")

    def _install(self):
        say("installing prettier and eslint (once)")
        debian.install("npm")
        fresh = paths.temporary(HOME, "new")
        shutil.copy(PACKAGES, fresh / "package.json")
        command.run(
            [
                *(command.first_on_path("npm"), "install", "--ignore-scripts"),
                *("--no-audit", "--no-fund", "--no-package-lock"),
            ],
            "prettier and eslint could not be installed; is there a network?",
            log="npm.log",
            cwd=fresh,
            env={**os.environ, "npm_config_update_notifier": "false"},
        )
        fresh.rename(self.folder)
