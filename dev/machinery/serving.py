"""``make run`` and ``make stop``: Odoo in the background, ready to log in."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request

from machinery import databases, paths, postgres, process
from machinery.environment import Environment
from machinery.lock import locked
from machinery.odoo_log import OdooLog
from machinery.problem import Problem, say
from machinery.testing import run_odoo

DEFAULT_DATABASE = paths.MODULE
PATIENCE = 180
LOGINS = (
    ("admin", "admin", "administrator"),
    ("demo", "demo", "Odoo's own demo salesperson"),
)
PACKAGES = ("wkhtmltopdf", "fonts-noto-cjk")


def database_name():
    """Return the database that ``DB`` names."""
    name = os.environ.get("DB") or DEFAULT_DATABASE
    databases.check_name(name)
    return name


def _port():
    port = os.environ.get("PORT") or "8069"
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise Problem(f"PORT={port} is not a port number.")
    return int(port)


def run(args):
    """Start Odoo on the addon with demo data and say how to log in."""
    name, port = database_name(), _port()
    host = os.environ.get("BIND") or "127.0.0.1"
    begin = time.monotonic()
    running = _servers().get(name)
    if not (running and running["port"] == port):
        _check_port(host, port)
    env = Environment(PACKAGES)
    with locked(f"run-{paths.digest(paths.checkout_dir(), name)}"):
        state = addon_state()
        running = _servers().get(name)
        if running:
            same = running["port"] == port and running["host"] == host
            if same and databases.record(name).get("state") == state:
                say("it runs already")
                return _welcome(running, begin)
            _stop(name, running)
        _check_port(host, port)
        _prepare(env, name, state, _address(host, port))
        about = _start(env, name, host, port)
    return _welcome(about, begin)


def _check_port(host, port):
    if not process.is_port_free(host, port):
        raise Problem(
            f"port {port} is in use by another program; choose one, as in "
            f"'make run PORT={port + 1}'."
        )


def _prepare(env, name, state, address):
    """Make the database ``name`` one with the addon as it is in the checkout now.

    :param str address: at which Odoo will be found: the links in letters need it
    """
    about = databases.record(name)
    there = databases.exists(env, name)
    if there and not about:
        raise Problem(
            f"there is a database '{name}' that 'make run' did not make; "
            "choose another name with DB=."
        )
    owner = about.get("checkout")
    if there and owner != str(paths.CHECKOUT) and os.path.isdir(owner):
        raise Problem(
            f"the database '{name}' belongs to the checkout {owner}; "
            "choose another name with DB=."
        )
    if there and about.get("state") == state:
        return
    if there and not about.get("state"):
        say(f"the database {name} was left half made; making it anew")
        databases.drop(env, name)
        there = False
    if there:
        say(f"updating the addon in the database {name}")
        how = ("-u", paths.MODULE)
    else:
        say(f"making the database {name} with the addon and demo data")
        databases.copy_template(env, name, checkout=str(paths.CHECKOUT))
        shutil.rmtree(mailbox_dir(name), ignore_errors=True)
        _set_address(env, name, address)
        how = ("-i", paths.MODULE)
    log, log_path = OdooLog(), paths.log_dir() / f"install-{name}.log"
    log_path.unlink(missing_ok=True)
    command = env.odoo("-d", name, *how, "--with-demo", "--stop-after-init")
    code = run_odoo(env, command, log, log_path)
    errors = [str(m) for m in log.stray if m.level != "WARNING"]
    if code or errors:
        raise Problem(
            "the addon could not be installed; "
            f"{log_path} has it all:\n" + "\n".join(errors[:3])
        )
    if not there:
        _quieten(env, name)
    databases.remember(name, checkout=str(paths.CHECKOUT), state=state)


def _quieten(env, name):
    """Cancel what was queued while demo data were loaded, and Odoo's digests: some
    thirty mails to demo people, among which nobody finds the letter they released."""
    for command in (
        "UPDATE mail_mail SET state = 'cancel' WHERE state = 'outgoing'",
        "UPDATE digest_digest SET state = 'deactivated'",
    ):
        databases.query(env, command, database=name)


def _set_address(env, name, address):
    """Let the links that Odoo writes lead to ``address``, as an administrator's
    log-in does."""
    databases.query(
        env,
        f"UPDATE ir_config_parameter SET value = '{address}' "
        "WHERE key = 'web.base.url'",
        database=name,
    )


def mailbox_dir(name):
    """Return the folder of the mails that the server on this database sent."""
    return paths.checkout_dir() / "mails" / name


def addon_state():
    """Return a name for the addon's files as they are now."""
    skip = {".git", "dev", "docs", "tests", "benchmarks", ".ci", "__pycache__"}
    state = hashlib.sha256()
    for folder, folders, files in os.walk(paths.CHECKOUT):
        folders[:] = sorted(set(folders) - skip)
        for file in sorted(files):
            path = os.path.join(folder, file)
            if not file.startswith(".") and os.path.isfile(path):
                state.update(path.encode() + b"\0")
                with open(path, "rb") as handle:
                    state.update(hashlib.sha256(handle.read()).digest())
    return state.hexdigest()[:20]


def _servers_dir():
    folder = paths.checkout_dir() / "servers"
    folder.mkdir(exist_ok=True)
    return folder


def _servers():
    """Return the servers of this checkout that run, by database."""
    found = {}
    for path in _servers_dir().glob("*.json"):
        try:
            about = json.loads(path.read_text())
        except (OSError, ValueError):
            continue
        if process.is_alive(about):
            found[path.stem] = about
        else:
            path.unlink(missing_ok=True)
    return found


def _start(env, name, host, port):
    log_path = paths.log_dir() / f"run-{name}.log"
    smtp = process.free_port()
    _set_address(env, name, _address(host, port))
    say(f"starting Odoo; its log is {log_path}")
    command = env.odoo(
        *("-d", name, "--db-filter", f"^{name}$", "--no-database-list"),
        *("--http-interface", host, "--http-port", port),
        *("--gevent-port", process.free_port()),
        # No mail leaves this machine.
        *("--smtp", "127.0.0.1", "--smtp-port", smtp),
    )
    with log_path.open("w") as handle:
        child = subprocess.Popen(
            command,
            env=env.variables,
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    about = {"pid": child.pid, "started": process.started_at(child.pid)}
    about.update(port=port, host=host)
    about["mails"] = _start_mailbox(name, host, port + 1, smtp, child.pid)
    try:
        _wait(child, host, port, log_path)
    except BaseException:
        process.end_session(child.pid)
        raise
    (_servers_dir() / f"{name}.json").write_text(json.dumps(about))
    return about


def _start_mailbox(name, host, port, smtp, until):
    """Start what takes and shows the mails of a server; it ends with it.

    :param int port: of its web page, another one if that is taken
    :param int smtp: port at which it takes mails
    :param int until: the process after which it ends
    :return: the port of its web page
    :rtype: int
    """
    if not (port < 65536 and process.is_port_free(host, port)):
        port = process.free_port()
    program = paths.DEV / "machinery" / "mailbox.py"
    command = [sys.executable, program, mailbox_dir(name), "--host", host]
    command += ["--http", port, "--smtp", smtp, "--until", until]
    with (paths.log_dir() / f"mails-{name}.log").open("w") as log:
        subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return port


def _wait(child, host, port, log_path):
    """Wait until Odoo answers with its log-in page."""
    address = f"{_address(host, port)}/web/login"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if child.poll() is not None:
            break
        try:
            with opener.open(address, timeout=30) as answer:
                if answer.status == 200:
                    return
        except urllib.error.HTTPError as error:
            raise Problem(
                f"Odoo answers with error {error.code}; {log_path} tells why."
            ) from error
        except OSError:
            time.sleep(0.3)
    raise Problem(f"Odoo did not come up; {log_path} tells why.")


def _address(host, port):
    return f"http://{'localhost' if host in ('127.0.0.1', '0.0.0.0') else host}:{port}"


def _welcome(about, begin):
    address = _address(about["host"], about["port"])
    print(f"Odoo answers at {address} ({time.monotonic() - begin:.0f} s)")
    if mails := about.get("mails"):
        print(f"the mails it sends are at {_address(about['host'], mails)}")
    for login, password, role in (*LOGINS, *_more_logins()):
        print(f"  log in as {login} / {password}" + (f"  ({role})" if role else ""))
    print("'make stop' stops it.")


def _more_logins():
    """Yield the log-ins that the addon's own demo data brings."""
    path = paths.CHECKOUT / "demo" / "logins.txt"
    if path.is_file():
        for line in path.read_text().splitlines():
            words = line.split(None, 2)
            if len(words) >= 2 and not line.startswith("#"):
                yield words[0], words[1], words[2] if len(words) > 2 else ""


def _stop(name, about):
    process.end_session(about["pid"], patience=20)
    (_servers_dir() / f"{name}.json").unlink(missing_ok=True)
    say(f"stopped Odoo on the database {name}")


def stop_servers(only=None):
    """Stop the servers of this checkout, or the one on the database ``only``."""
    for name, about in _servers().items():
        if only in (None, name):
            _stop(name, about)


def stop_everywhere():
    """Stop the servers of every checkout that shares this cache."""
    for path in paths.CACHE.glob("checkouts/*/servers/*.json"):
        about = json.loads(path.read_text())
        if process.is_alive(about):
            _stop(path.stem, about)


def stop(args):
    """Stop Odoo, and the private PostgreSQL when nobody else uses it."""
    only = os.environ.get("DB") or None
    stop_servers(only)
    if only or postgres.users_own():
        return
    cluster = postgres.Cluster()
    if not cluster.is_running():
        say("nothing runs")
    elif cluster.clients():
        say("the private PostgreSQL is still in use by another run; it stays up")
    elif cluster.stop():
        say("stopped the private PostgreSQL")


def shell(args):
    """Open Odoo's shell on the database that ``make run`` uses."""
    name = database_name()
    env = Environment()
    if not databases.exists(env, name):
        raise Problem(f"there is no database '{name}' yet: 'make run' makes it.")
    env.replace("shell", "-d", name, "--no-http")
