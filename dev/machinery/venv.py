"""Virtual environments: one with Odoo's own pins, one with the linters."""

import os
import shutil
import sys
from pathlib import Path

from machinery import command, debian, paths
from machinery.lock import locked
from machinery.problem import Problem, say

HOME = paths.CACHE / "venv"


def for_odoo(source):
    """Return the environment that runs Odoo and its tests.

    :param OdooSource source: the Odoo that it must be able to import
    """
    return _get("odoo", paths.DEV / "requirements.txt", source.import_path)


def for_lint():
    """Return the environment with the linters."""
    return _get("lint", paths.DEV / "requirements-lint.txt", None)


def _get(kind, requirements, import_path):
    """Return an environment's folder; build it when it is missing or half made."""
    key = paths.digest(
        sys.version, sys.base_prefix, import_path, requirements.read_text()
    )
    folder = HOME / f"{kind}-{sys.version_info[0]}.{sys.version_info[1]}-{key}"
    if not _is_ready(folder):
        with locked(f"venv-{kind}"):
            if not _is_ready(folder):
                _build(folder, kind, requirements, import_path)
    return folder


def _is_ready(folder):
    return (folder / "ready").exists() and (folder / "bin" / "python").exists()


def _build(folder, kind, requirements, import_path):
    say(f"building the Python environment for {kind} (once)")
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        import ensurepip  # noqa: F401 (Debian leaves it out without python3-venv)
    except ImportError:
        with locked("apt"):
            debian.install_now("python3-venv")
    command.run(
        [sys.executable, "-m", "venv", folder],
        "Python could not make a virtual environment.",
        log=f"venv-{kind}.log",
    )
    python = folder / "bin" / "python"
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install"]
    wanted = [["setuptools<81", "wheel"], ["-r", requirements]]
    for packages in wanted:
        command.run(
            [*pip, *packages],
            "the Python packages could not be installed; is there a network?",
            log=f"pip-{kind}.log",
            env={**os.environ, "PIP_NO_INPUT": "1"},
        )
    if import_path:
        (site_packages(folder) / "odoo-source.pth").write_text(f"{import_path}\n")
        command.run(
            [python, "-c", "import odoo.release, odoo.tools"],
            "Odoo cannot be imported in the new Python environment.",
        )
    (folder / "ready").touch()


def site_packages(folder):
    """Return the environment's folder of packages."""
    found = sorted(Path(folder).glob("lib/python3*/site-packages"))
    if not found:
        raise Problem(f"the Python environment {folder} is broken; remove it.")
    return found[0]
