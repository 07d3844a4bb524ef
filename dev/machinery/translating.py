"""``make i18n``: the template of the translations, and what is missing in them."""

import tempfile
from pathlib import Path

from machinery import command, databases, paths
from machinery.bench import install
from machinery.environment import Environment
from machinery.problem import say


def update(args):
    """Export the addon's terms and merge them into the translations in ``i18n/``."""
    env = Environment()
    folder = paths.CHECKOUT / "i18n"
    folder.mkdir(exist_ok=True)
    with (
        databases.scratch(env, "i18n") as name,
        tempfile.TemporaryDirectory() as exported,
    ):
        say("installing the addon into a scratch database")
        install(env, name, paths.log_dir() / "i18n-install.log")
        template = Path(exported) / f"{paths.MODULE}.pot"
        command.run(
            env.odoo("i18n", "export", "-d", name, paths.MODULE, "-o", template),
            "Odoo could not export the terms.",
            env=env.variables,
        )
        script = paths.DEV / "machinery" / "po_files.py"
        found = command.run(
            [env.python, str(script), template, folder],
            "The translations could not be brought up to date.",
            env=env.variables,
        )
    print(found, end="")
