"""The virtual environment with Odoo's own pins, its test helpers and the linters."""

import os
import shutil
import sys
from pathlib import Path

from machinery import command, debian, paths
from machinery.lock import locked
from machinery.problem import Problem, say

HOME = paths.CACHE / "venv"
REQUIREMENTS = "requirements.txt"
LINT_REQUIREMENTS = "requirements-lint.txt"


def get(source):
    """Return the folder of the virtual environment, building it when needed.

    :param OdooSource source: the Odoo that it must be able to import
    """
    own = source.import_path is not None
    files = [paths.DEV / name for name in _requirements(own)]
    key = paths.digest(
        sys.version, sys.prefix, source.import_path, *(f.read_text() for f in files)
    )
    folder = HOME / f"python{sys.version_info[0]}.{sys.version_info[1]}-{key}"
    if not _is_ready(folder):
        with locked("venv"):
            if not _is_ready(folder):
                _build(folder, source, files)
    return folder


def _requirements(own):
    return (REQUIREMENTS, LINT_REQUIREMENTS) if own else (LINT_REQUIREMENTS,)


def _is_ready(folder):
    return (folder / "ready").exists() and (folder / "bin" / "python").exists()


def _build(folder, source, files):
    say("building the virtual environment (once)")
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
        log="venv.log",
    )
    python = folder / "bin" / "python"
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install"]
    environment = {**os.environ, "PIP_NO_INPUT": "1"}
    problem = "the Python packages could not be installed; is there a network?"
    requirements = []
    for file in files:
        requirements += ["-r", file]
    command.run(
        [*pip, "setuptools<81", "wheel"], problem, log="pip.log", env=environment
    )
    command.run([*pip, *requirements], problem, log="pip.log", env=environment)
    if source.import_path:
        (site_packages(folder) / "odoo-source.pth").write_text(
            f"{source.import_path}\n"
        )
        command.run(
            [python, "-c", "import odoo.release; assert odoo.release.major_version"],
            "Odoo cannot be imported in the new virtual environment.",
        )
    (folder / "ready").touch()


def site_packages(folder):
    """Return the environment's folder of packages."""
    found = sorted(Path(folder).glob("lib/python3*/site-packages"))
    if not found:
        raise Problem(f"the virtual environment {folder} is broken; remove it.")
    return found[0]
