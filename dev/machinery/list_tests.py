"""Prints the tests that Odoo would run: file, and class with method, one a line.

Executed by Odoo's own Python, with the addon's name as first argument. Odoo itself
loads and chooses them, so nothing that it would run is missing here.
"""

import sys

import odoo.init  # noqa: F401 (must be the first of Odoo's modules)
from odoo.modules.module import initialize_sys_path
from odoo.tools import config

MODULE = sys.argv[1]
config.parse_config(["--test-tags", f"/{MODULE}", "--log-level", "error"])
initialize_sys_path()

from odoo.tests import loader  # noqa: E402 (it looks at the settings)

for position in ("at_install", "post_install"):
    for test in loader.make_suite([MODULE], position):
        name = f"{type(test).__qualname__}.{test._testMethodName}"
        print(f"{test.__module__}\t{name}")
