"""Debian's packages: installed on the system, or only downloaded and unpacked."""

import os
import shutil
import subprocess
from pathlib import Path

from machinery import command
from machinery.lock import locked
from machinery.problem import Problem, say

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

# What each package is needed for, and a file or program that tells it is there.
PROGRAMS = {
    "chromium": ("chromium", "google-chrome", "google-chrome-stable"),
    "wkhtmltopdf": ("wkhtmltopdf",),
    "poppler-utils": ("pdftoppm",),
    "nodejs": ("node",),
    "npm": ("npm",),
    "git": ("git",),
}
FILES = {
    "fonts-noto-cjk": "/usr/share/fonts/opentype/noto",
    "libmagic1": "/usr/lib/*/libmagic.so.1",
}


def is_missing(package):
    """Tell whether the thing that ``package`` brings is not on this machine."""
    if package in PROGRAMS:
        return not any(command.first_on_path(name) for name in PROGRAMS[package])
    pattern = FILES[package]
    return not any(Path("/").glob(pattern.lstrip("/")))


def install(*packages):
    """Install those of ``packages`` that are missing, as root or with sudo."""
    missing = [package for package in packages if is_missing(package)]
    if missing:
        with locked("apt"):
            install_now(*missing)


def install_now(*packages):
    """Install ``packages`` with apt."""
    names = " ".join(packages)
    if not command.first_on_path("apt-get"):
        raise Problem(
            f"these are missing and there is no apt-get here to install them: {names}."
        )
    say(f"installing with apt: {names}")
    become_root = _become_root(names)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = [*become_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
    apt += ["-o", "DPkg::Lock::Timeout=600"]
    command.run(
        [*apt, "update"],
        "apt could not read its package lists; is there a network?",
        log="apt-update.log",
        env=environment,
    )
    command.run(
        [*apt, "install", "-y", "--no-install-recommends", *packages],
        f"apt could not install {names}.",
        log="apt-install.log",
        env=environment,
    )


def _become_root(names):
    if os.geteuid() == 0:
        return []
    by_hand = f"run 'apt-get install {names}' as root and try again"
    if not command.first_on_path("sudo"):
        raise Problem(f"{names}: missing, and there is no sudo here; {by_hand}.")
    # With a terminal sudo may ask for the password, without one it must not hang.
    flags = [] if os.isatty(0) else ["-n"]
    answer = subprocess.run(["sudo", *flags, "true"], check=False)
    if answer.returncode:
        raise Problem(f"{names}: missing, and sudo refuses; {by_hand}.")
    return ["sudo", *flags]


class Archive:
    """A private view on Debian's archive that leaves the system's own untouched."""

    def __init__(self, folder, suites):
        """Prepare the view.

        :param folder: where lists and downloads are kept
        :param suites: the suites to read, component main
        """
        self.folder = Path(folder)
        self.suites = suites

    def download(self, packages):
        """Download ``packages`` (``name`` or ``name/suite``) and return the files."""
        for name in ("apt-get", "dpkg-deb"):
            if not command.first_on_path(name):
                raise Problem(
                    f"{name} is missing, so Odoo 19 cannot be fetched from Debian; "
                    "point ODOO= at an Odoo 19 of your own."
                )
        for part in ("lists/partial", "cache/archives/partial", "debs"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        self._write_sources()
        command.run(
            ["apt-get", *self._options(), "update"],
            "Debian's package lists could not be read; is there a network?",
            log="apt-lists.log",
        )
        debs = self.folder / "debs"
        shutil.rmtree(debs)
        debs.mkdir()
        command.run(
            ["apt-get", *self._options(), "download", *packages],
            "Debian's packages could not be downloaded; run the same again.",
            log="apt-download.log",
            cwd=debs,
        )
        return sorted(debs.glob("*.deb"))

    def _write_sources(self):
        mirror = self._mirror()
        signed = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
        lines = [f"deb {signed}{mirror} {suite} main\n" for suite in self.suites]
        (self.folder / "sources.list").write_text("".join(lines))

    def _options(self):
        settings = {
            "Dir::Etc::SourceList": self.folder / "sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::State::Lists": self.folder / "lists",
            "Dir::Cache": self.folder / "cache",
            "APT::Sandbox::User": "root",
            "APT::Get::List-Cleanup": "false",
            "APT::Update::Error-Mode": "any",
            "APT::Architecture": _architecture(),
            "Acquire::Languages": "none",
            "Acquire::Retries": "2",
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
        }
        options = ["-q"]
        for name, value in settings.items():
            options += ["-o", f"{name}={value}"]
        return options

    @staticmethod
    def _mirror():
        """Return the address of Debian's archive that this machine itself uses.

        apt is asked, so one-line ``.list`` and deb822 ``.sources`` files both count.
        """
        answer = command.run(
            [
                "apt-get",
                "indextargets",
                "--format",
                "$(REPO_URI) $(RELEASE) $(COMPONENT)",
                "Created-By: Packages",
            ],
            "apt could not tell which mirror this machine uses.",
        )
        for line in answer.splitlines():
            uri, _, rest = line.partition(" ")
            release, _, component = rest.partition(" ")
            plain = "security" not in uri and "-" not in release.strip("/")
            if component.strip() == "main" and plain and "debian" in uri:
                return uri
        raise Problem(
            "this machine's apt knows no Debian mirror, so Odoo 19 cannot be fetched; "
            "point ODOO= at an Odoo 19 of your own."
        )


def _architecture():
    return command.run(["dpkg", "--print-architecture"], "dpkg does not work.").strip()


def unpack(debs, target):
    """Unpack ``debs`` over one another into the folder ``target``."""
    for deb in debs:
        command.run(
            ["dpkg-deb", "-x", deb, target],
            f"the download {deb.name} is broken or the disk is full; run again.",
        )
