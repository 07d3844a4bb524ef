"""The whole environment: Odoo, its Python, PostgreSQL, settings, addons path."""

import os
import subprocess

from machinery import debian, odoo_source, paths, postgres, venv

SETTINGS = """[options]
addons_path = {addons}
data_dir = {data}
with_demo = True
list_db = True
http_interface = 127.0.0.1
"""


class Environment:
    """Everything that is needed to start Odoo on this checkout."""

    def __init__(self, packages=()):
        """Set up what is missing.

        :param packages: Debian packages that this use needs besides
        """
        debian.install("libmagic1", *packages)
        self.source = odoo_source.get()
        self.venv = venv.for_odoo(self.source) if self.source.import_path else None
        self.data = paths.CACHE / "data" / postgres.server_key()
        self.data.mkdir(parents=True, exist_ok=True)
        self.variables = {
            **os.environ,
            **postgres.environment(),
            "ODOO_RC": str(self._write_settings()),
            # The checkout stays free of __pycache__, and starts are fast all the same.
            "PYTHONPYCACHEPREFIX": str(paths.CACHE / "pycache"),
        }
        self.variables.pop("PYTHONDONTWRITEBYTECODE", None)
        if self.source.folder:
            # Odoo's own scripts, as the benchmarks, import the user's Odoo.
            before = self.variables.get("PYTHONPATH")
            parts = [str(self.source.folder), *([before] if before else [])]
            self.variables["PYTHONPATH"] = os.pathsep.join(parts)
        if self.venv:
            path = self.variables.get("PATH", os.defpath)
            self.variables["PATH"] = f"{self.venv / 'bin'}{os.pathsep}{path}"
            self.variables.pop("PYTHONHOME", None)
            self.variables.pop("PYTHONPATH", None)

    @property
    def python(self):
        """Return the Python that runs Odoo."""
        return str(self.venv / "bin" / "python") if self.venv else self.source.python

    def odoo(self, *args):
        """Return the command line of Odoo with ``args``."""
        command = self.source.command or [self.python, "-m", "odoo"]
        return [*command, *map(str, args)]

    def filestore(self, database):
        """Return the folder of a database's attachments."""
        return self.data / "filestore" / database

    def call(self, *args, **kwargs):
        """Run Odoo's command line and return the finished process."""
        kwargs.setdefault("check", False)
        return subprocess.run(self.odoo(*args), env=self.variables, **kwargs)

    def replace(self, *args):
        """Become Odoo's command line: terminal and signals are its own then."""
        command = self.odoo(*args)
        os.execvpe(command[0], command, self.variables)

    def _write_settings(self):
        path = paths.checkout_dir() / f"odoo-{postgres.server_key()}.conf"
        text = SETTINGS.format(addons=paths.addons_link(), data=self.data)
        if self.source.import_path is None:
            # Odoo's own addons folders follow from where the user's Odoo lies.
            path = path.with_name(f"{path.stem}-{self.source.key}.conf")
        if not path.exists() or path.read_text() != text:
            fresh = path.with_name(f"{path.name}.{os.getpid()}")
            fresh.write_text(text)
            fresh.replace(path)
        return path
