"""A private PostgreSQL cluster, or the one that PGHOST and the like name."""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from machinery import command, debian, paths
from machinery.lock import locked
from machinery.problem import Problem, say

USER = "odoo"
OLDEST = 13
SERVER_USER = "postgres"

# Durability is switched off: a crash of the machine may cost the development
# databases, never anything else. Benchmarks compare ratios under the same settings.
SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{socket}'
unix_socket_permissions = 0777
max_connections = 200
shared_buffers = 512MB
work_mem = 32MB
maintenance_work_mem = 256MB
effective_cache_size = 2GB
random_page_cost = 1.1
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 2GB
logging_collector = off
log_min_messages = warning
log_min_error_statement = panic
lc_messages = 'C'
timezone = 'UTC'
"""

CLIENTS = """
SELECT count(*) FROM pg_stat_activity
 WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


def environment():
    """Return the PG* variables to connect with, starting the cluster if it is ours."""
    if users_own():
        return {}
    cluster = Cluster()
    cluster.start()
    return {"PGHOST": str(cluster.socket), "PGPORT": "5432", "PGUSER": USER}


def users_own():
    """Tell whether the user named a PostgreSQL server of their own."""
    return any(os.environ.get(name) for name in ("PGHOST", "PGPORT", "PGSERVICE"))


def server_key():
    """Return a short name for the server, as databases of two may share a name."""
    if not users_own():
        return "private"
    names = ("PGHOST", "PGPORT", "PGSERVICE")
    return paths.digest(*(os.environ.get(name, "") for name in names))


class Cluster:
    """The cluster of this cache, reached through a socket in a private folder."""

    def __init__(self):
        """Find the cluster's place.

        PostgreSQL refuses to run as root, and its own user cannot enter root's home,
        so root's cluster lies in /var/lib.
        """
        self.as_root = os.geteuid() == 0
        if self.as_root:
            name = f"{paths.MODULE}-{paths.digest(paths.CACHE, length=8)}"
            self.home = Path("/var/lib") / name
        else:
            self.home = paths.CACHE / "postgresql"

    @property
    def socket(self):
        """Return the folder of the socket; its path must be short."""
        folder = self.home / "socket"
        if len(str(folder)) < 85:
            return folder
        name = f"{paths.MODULE}-{os.geteuid()}-{paths.digest(self.home, length=8)}"
        return Path(tempfile.gettempdir()) / name

    @property
    def data(self):
        """Return the folder of the data."""
        return self.home / "data"

    def is_running(self):
        """Tell whether the server runs and lets us in."""
        if not (self.socket / ".s.PGSQL.5432").exists():
            return False
        ready = subprocess.run(
            [self._program("pg_isready"), "-q", "-h", self.socket, "-p", "5432"],
            check=False,
        )
        return ready.returncode == 0

    def start(self):
        """Start the server; make the cluster first when there is none."""
        if self._has_bin() and self.is_running():
            return
        with locked("postgresql"):
            if not self._has_bin():
                debian.install_now("postgresql")
            if self.is_running():
                return
            if not (self.data / "PG_VERSION").exists():
                self._create()
            self._make_folder(self.socket)
            self._write_settings()
            log = self.home / "server.log"
            self._as_server(
                [self._program("pg_ctl"), "-w", "-t", "60", "-D", self.data]
                + ["-l", log, "start"],
                f"the private PostgreSQL did not start; {log} tells why, and "
                "'make clean' starts afresh.",
                detached=True,
            )

    def stop(self):
        """Stop the server, if it runs; tell whether it did."""
        if not self._has_bin() or not (self.data / "postmaster.pid").exists():
            return False
        self._as_server(
            [self._program("pg_ctl"), "-w", "-m", "fast", "-D", self.data, "stop"],
            "the private PostgreSQL did not stop.",
        )
        return True

    def clients(self):
        """Return how many programs are connected."""
        answer = command.run(
            [self._program("psql"), "-h", self.socket, "-U", USER, "-d", "postgres"]
            + ["-XtAc", CLIENTS],
            "the private PostgreSQL does not answer.",
        )
        return int(answer)

    def _create(self):
        say("making a private PostgreSQL cluster (once)")
        self._make_folder(self.home)
        for leftover in self.home.glob("data.new*"):
            shutil.rmtree(leftover, ignore_errors=True)
        fresh = self.home / "data.new"
        self._as_server(
            [self._program("initdb"), "-D", fresh, "-U", USER, "-E", "UTF8"]
            + ["--locale=C.UTF-8", "--auth=trust", "--no-sync"],
            "PostgreSQL could not make a cluster.",
        )
        shutil.rmtree(self.data, ignore_errors=True)
        fresh.rename(self.data)

    def _write_settings(self):
        path = self.data / "conf.d.conf"
        path.write_text(SETTINGS.format(socket=self.socket))
        main = self.data / "postgresql.conf"
        include = "include = 'conf.d.conf'\n"
        if include not in main.read_text():
            main.write_text(main.read_text() + include)
        if self.as_root:
            owner = pwd.getpwnam(SERVER_USER)
            os.chown(path, owner.pw_uid, owner.pw_gid)

    def _make_folder(self, path):
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
        if self.as_root:
            owner = pwd.getpwnam(SERVER_USER)
            os.chown(path, owner.pw_uid, owner.pw_gid)
        elif path.stat().st_uid != os.geteuid():
            raise Problem(f"{path} belongs to somebody else.")

    def _as_server(self, args, problem, detached=False):
        """Run a command as the user that owns the cluster."""
        if self.as_root:
            args = ["runuser", "-u", SERVER_USER, "--", *args]
        if not detached:
            command.run(args, problem, cwd="/")
            return
        # The server keeps its standard output: a pipe would never end.
        done = subprocess.run(
            [str(arg) for arg in args],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            check=False,
        )
        if done.returncode:
            raise Problem(problem)

    @staticmethod
    def _bin():
        """Return the folder of the newest server programs, None without any."""
        found = []
        for initdb in Path("/usr/lib/postgresql").glob("*/bin/initdb"):
            version = re.match(r"\d+", initdb.parents[1].name)
            if version and int(version.group()) >= OLDEST:
                found.append((int(version.group()), initdb.parent))
        if found:
            return max(found)[1]
        initdb = command.first_on_path("initdb")
        return Path(initdb).resolve().parent if initdb else None

    def _has_bin(self):
        return self._bin() is not None

    def _program(self, name):
        folder = self._bin()
        if folder is None:
            raise Problem(f"no PostgreSQL {OLDEST} or newer was found.")
        return str(folder / name)
