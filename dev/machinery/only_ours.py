"""Runs Odoo's command line so that test_lint sees this addon and nothing else.

Executed by Odoo's own Python, with the folder of the addon as first argument and
Odoo's arguments after it. Modules are loaded as usual; only while tests run does Odoo
believe that this addon is all there is.
"""

import os
import sys
from unittest.mock import patch

import odoo.init  # noqa: F401 (must be the first of Odoo's modules)
from odoo.cli.command import main
from odoo.modules.module import Manifest
from odoo.tests import loader
from odoo.tools import config

FOLDER = os.path.abspath(sys.argv.pop(1))
NAME = os.path.basename(FOLDER)
run_suite = loader.run_suite


def only_this_addon():
    """Stand in for the list of all addons."""
    manifest = Manifest.for_addon(NAME)
    if not manifest or os.path.realpath(manifest.path) != os.path.realpath(FOLDER):
        raise AssertionError(f"Odoo does not see {FOLDER}")
    return [manifest]


def eslint_when_there_is_javascript(test_class):
    """Keep test_lint from calling eslint without a file, which eslint refuses."""
    test_eslint = test_class._test_eslint

    def _test_eslint(self, modules, eslintrc_path):
        if list(self.iter_module_files("**/static/**/*.js", modules=modules)):
            test_eslint(self, modules, eslintrc_path)

    return patch.object(test_class, "_test_eslint", _test_eslint)


def run_suite_on_this_addon(suite, global_report=None):
    """Run a test suite while only this addon is visible."""
    from odoo.addons.test_lint.tests.test_eslint import TestESLint

    with (
        eslint_when_there_is_javascript(TestESLint),
        patch.object(Manifest, "all_addon_manifests", staticmethod(only_this_addon)),
        # Odoo's own code is no subject of pylint here.
        patch.object(type(config), "root_path", property(lambda self: FOLDER)),
    ):
        return run_suite(suite, global_report=global_report)


loader.run_suite = run_suite_on_this_addon
sys.argv[0] = "odoo"
main()
