"""Processes of Odoo's own scheduler that are ended by SIGKILL: for both tortures.

Each is forked from a loaded Odoo like the workers of Odoo's own server.
"""

import logging
import os
import signal
import time

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry


class Environment:
    """An environment of the superuser with a cursor of its own, for ``with``.

    :param str database: its name
    """

    def __init__(self, database):
        """Open nothing yet."""
        self.database = database

    def __enter__(self):
        """Open the cursor."""
        self.cr = Registry(self.database).cursor()
        return api.Environment(self.cr, SUPERUSER_ID, {})

    def __exit__(self, *exc):
        """Close the cursor; what was not committed is gone."""
        self.cr.close()


def start_scheduler(database):
    """Fork a process of Odoo's scheduler whose active actions are always due.

    Callers close their connections first: what is forked must not share them.

    :return: its process id
    :rtype: int
    """
    pid = os.fork()
    if not pid:
        try:
            _schedule_forever(database)
        finally:
            os._exit(1)
    return pid


def kill(pid):
    """End a process without giving it a chance to clean up."""
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _schedule_forever(database):
    # Odoo's own deprecations, once per process.
    logging.getLogger("py.warnings").setLevel(logging.CRITICAL)
    cron = Registry(database)["ir.cron"]
    while True:
        with Registry(database).cursor() as cr:
            cr.execute(
                """UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC'
                    WHERE id IN (SELECT id FROM ir_cron WHERE active
                                    FOR NO KEY UPDATE SKIP LOCKED)"""
            )
        cron._process_jobs(database)
        time.sleep(0.05)
