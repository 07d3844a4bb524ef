"""The databases: a template with demo data, copies of it, and who they belong to."""

import ast
import contextlib
import json
import os
import re
import secrets
import shutil

from machinery import command, paths, postgres, process
from machinery.lock import locked
from machinery.odoo_log import OdooLog, nobodys
from machinery.problem import Problem, say

NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,50}$", re.I)

_QUERY = """
import sys, psycopg2
with psycopg2.connect(dbname=sys.argv[1]) as connection:
    with connection.cursor() as cursor:
        cursor.execute(sys.argv[2])
        if cursor.description:
            for row in cursor.fetchall():
                print("\\t".join(str(value) for value in row))
"""


def manifest():
    """Return the addon's manifest."""
    path = paths.CHECKOUT / "__manifest__.py"
    try:
        return ast.literal_eval(path.read_text())
    except (OSError, SyntaxError, ValueError) as error:
        raise Problem(f"__manifest__.py cannot be read: {error}.") from error


def query(env, sql, database="postgres"):
    """Return the rows that ``sql`` selects, as lists of strings."""
    answer = command.run(
        [env.python, "-c", _QUERY, database, sql],
        "the PostgreSQL server that PGHOST and the like name refuses."
        if postgres.users_own()
        else "the private PostgreSQL does not answer.",
        log="postgresql.log",
        env=env.variables,
    )
    return [line.split("\t") for line in answer.splitlines()]


def exists(env, name):
    """Tell whether there is a database ``name``."""
    check_name(name)
    return bool(query(env, f"SELECT 1 FROM pg_database WHERE datname = '{name}'"))


def check_name(name):
    """Refuse a name that cannot be a database of ours."""
    if not NAME.match(name):
        raise Problem(
            f"'{name}' cannot be a database's name: use letters, digits, _ and -."
        )


# Who owns what: a small file per database, so that what a killed run left behind is
# found again, and 'make clean' removes nothing that is not ours.


def _records():
    folder = paths.CACHE / "databases" / postgres.server_key()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def record(name):
    """Return what is known of the database ``name``."""
    try:
        return json.loads((_records() / f"{name}.json").read_text())
    except (OSError, ValueError):
        return {}


def remember(name, **values):
    """Note ``values`` about the database ``name``."""
    known = {"checkout": str(paths.CHECKOUT), **record(name), **values}
    path = _records() / f"{name}.json"
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps(known, indent=1, sort_keys=True))
    fresh.replace(path)


def known():
    """Return the names of all databases that the machinery made on this server."""
    return sorted(path.stem for path in _records().glob("*.json"))


def drop(env, name):
    """Drop the database ``name`` with its attachments, as far as it exists."""
    if exists(env, name):
        done = env.call("db", "drop", name, stdin=None, capture_output=True, text=True)
        if exists(env, name):
            raise Problem(f"database {name} cannot be dropped:\n{done.stderr[-500:]}")
    shutil.rmtree(env.filestore(name), ignore_errors=True)
    (_records() / f"{name}.json").unlink(missing_ok=True)


def sweep(env):
    """Drop the scratch databases of runs that were killed."""
    for name in known():
        about = record(name)
        if about.get("scratch") and not process.is_alive(about):
            drop(env, name)


def copy_template(env, name, **about):
    """Make the database ``name`` as a copy of the template."""
    template = get_template(env)
    remember(name, **about)
    # A leftover folder would keep the attachments from being copied.
    shutil.rmtree(env.filestore(name), ignore_errors=True)
    with locked(f"copy-{template}"):
        done = env.call("db", "duplicate", template, name, capture_output=True)
    if done.returncode:
        tail = done.stderr.decode(errors="replace")[-800:]
        raise Problem(f"the template database could not be copied:\n{tail}")


@contextlib.contextmanager
def scratch(env, kind, template=True):
    """Lend a database of its own, which is gone afterwards, also when interrupted.

    :param Environment env: where it lives
    :param str kind: what it is for, part of its name
    :param bool template: whether it is a copy of the template; else it does not exist
    :return: its name
    """
    sweep(env)
    name = f"cc_{kind}_{os.getpid()}_{secrets.token_hex(3)}"
    try:
        if template:
            copy_template(env, name, scratch=True, **process.me())
        else:
            remember(name, scratch=True, **process.me())
        yield name
    finally:
        with process.undisturbed():
            drop(env, name)


def get_template(env):
    """Return the template database: the dependencies with demo data."""
    depends = sorted(manifest().get("depends", ["base"]))
    key = paths.digest(env.source.key, *depends, length=10)
    name = f"cc_template_{key}"
    if not _is_template(env, name):
        with locked(name):
            if not _is_template(env, name):
                _build_template(env, name, depends)
    return name


def _is_template(env, name):
    return record(name).get("ready") and exists(env, name)


def _build_template(env, name, depends):
    say(f"installing {', '.join(depends)} with demo data as a template (once)")
    drop(env, name)
    remember(name, template=True)
    log_path = paths.log_dir() / "template.log"
    log = OdooLog(nobodys)
    args = ["-d", name, "-i", ",".join(depends), "--with-demo", "--stop-after-init"]
    with log_path.open("w") as handle:

        def on_line(line):
            handle.write(line + "\n")
            log.feed(line)

        code = process.stream(env.odoo(*args), on_line, env=env.variables)
    log.close()
    if code or log.stray:
        found = "\n".join(str(message) for message in log.stray[:3])
        drop(env, name)
        raise Problem(
            f"the dependencies could not be installed; {log_path} tells why.\n{found}"
        )
    remember(name, template=True, ready=True)
