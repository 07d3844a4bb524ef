"""``make clean``: leaves nothing of this project's machinery behind."""

import os
import shutil

from machinery import databases, paths, postgres, serving
from machinery.environment import Environment
from machinery.problem import say


def clean(args):
    """Remove the databases and the cache, and say what is removed."""
    serving.stop_everywhere()
    if postgres.users_own() and databases.known():
        env = Environment()
        for name in databases.known():
            print(f"removing the database {name} from {os.environ.get('PGHOST', '')}")
            databases.drop(env, name)
    cluster = postgres.Cluster()
    cluster.stop()
    gone = False
    for folder in dict.fromkeys((cluster.home, cluster.socket, paths.CACHE)):
        if folder.exists():
            gone = True
            print(f"removing {folder} ({CONTENT.get(folder, 'private databases')})")
            shutil.rmtree(folder)
    if not gone:
        say("nothing to remove")


CONTENT = {
    paths.CACHE: "Odoo, Python environment, linters, attachments, logs",
}


def reset(args):
    """Drop the database that ``make run`` uses, so that the next one is fresh."""
    name = serving.database_name()
    serving.stop_servers(name)
    shutil.rmtree(serving.mailbox_dir(name), ignore_errors=True)
    env = Environment()
    if name in databases.known() and databases.exists(env, name):
        databases.drop(env, name)
        print(f"removed the database {name}")
    else:
        say(f"there is no database '{name}' of 'make run'")
