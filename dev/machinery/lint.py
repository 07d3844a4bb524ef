"""``make lint``: every check on the code, each counted as one test."""

import os
import subprocess
import time
import traceback
from dataclasses import dataclass
from xml.etree import ElementTree

from machinery import (
    debian,
    lint_odoo,
    node,
    paths,
    tree,
    venv,
    wheel,
)
from machinery.problem import Problem

PRETTIER = (".css", ".js", ".json", ".mjs", ".scss", ".xml", ".yml", ".yaml")
NOT_PRETTIER = ("static/lib/", "static/description/", "i18n/")

# They ask for things that are decided otherwise here: the README is Markdown.
OCA_DISABLED = "prefer-readme-rst,weblate-component-too-long"


@dataclass
class Tools:
    """Where the linters are."""

    python: str
    node: node.Node

    @classmethod
    def get(cls):
        """Install what is missing."""
        debian.install("git")
        return cls(str(venv.for_lint() / "bin"), node.Node())

    def of_python(self, name):
        """Return the path of a Python linter."""
        return os.path.join(self.python, name)

    def of_node(self, name):
        """Return the command of a JavaScript linter."""
        return [self.node.program, (self.node.bin / name).resolve()]


def call(args, cwd, **variables):
    """Run a linter; return its findings, empty when there are none."""
    done = subprocess.run(
        [str(arg) for arg in args],
        cwd=cwd,
        env={**os.environ, **variables, "NO_COLOR": "1", "FORCE_COLOR": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode == 0:
        return ""
    return done.stdout.strip() or f"exit code {done.returncode}"


def ruff(copy, tools):
    """Check Python code with ruff's rules."""
    return call(
        [tools.of_python("ruff"), "check", "--no-cache", "--no-fix", "--quiet", "."],
        copy.repository,
    )


def ruff_format(copy, tools):
    """Check the format of Python code."""
    return call(
        [tools.of_python("ruff"), "format", "--no-cache", "--diff", "--quiet", "."],
        copy.repository,
    )


def pylint_odoo(copy, tools):
    """Check the addon with pylint-odoo's mandatory rules."""
    rules = copy.repository / ".pylintrc"
    if not rules.exists():
        return ".pylintrc is missing"
    args = [tools.of_python("pylint"), f"--rcfile={rules}", "--jobs=1", paths.MODULE]
    return call(args, copy.addons, PYLINTHOME=str(copy.folder / "pylint"))


def oca_module(copy, tools):
    """Check the addon's XML, CSV and manifest."""
    args = [tools.of_python("oca-checks-odoo-module"), f"--disable={OCA_DISABLED}"]
    return call([*args, paths.MODULE], copy.addons)


def oca_po(copy, tools):
    """Check the translations."""
    found = copy.found(".po", ".pot", under=copy.addon)
    if not found:
        return ""
    return call([tools.of_python("oca-checks-po"), *found], copy.addon)


def prettier(copy, tools):
    """Check the format of XML, JavaScript, styles and data."""
    found = prettier_files(copy.found(*PRETTIER))
    if not found:
        return "there is nothing to check, not even XML"
    return call([*prettier_command(tools), "--check", *found], copy.repository)


def prettier_files(names):
    """Return those of ``names`` whose format is ours to decide."""
    return [name for name in names if not any(part in name for part in NOT_PRETTIER)]


def prettier_command(tools):
    """Return the command of prettier with its XML plugin."""
    plugin = tools.node.module("@prettier/plugin-xml") / "src" / "plugin.js"
    return [*tools.of_node("prettier"), "--plugin", plugin, "--log-level=warn"]


def eslint(copy, tools):
    """Check JavaScript."""
    found = [n for n in copy.found(".js", ".mjs") if "static/lib/" not in n]
    args = [*tools.of_node("eslint"), "--max-warnings=0", "--no-color"]
    return call([*args, *found], copy.repository)


CHECKS = {
    "ruff check": ruff,
    "ruff format": ruff_format,
    "pylint-odoo": pylint_odoo,
    "oca-checks-odoo-module": oca_module,
    "oca-checks-po": oca_po,
    "prettier": prettier,
    "eslint": eslint,
    "wheel": wheel.check,
    "odoo test_lint": lint_odoo.check,
}


def lint(args):
    """Run all checks, or those named, and print the findings and the count."""
    unknown = set(args) - set(CHECKS)
    if unknown:
        raise Problem(f"no such check: {', '.join(unknown)}; there are {list(CHECKS)}")
    tools = Tools.get()
    failed = 0
    chosen = {name: CHECKS[name] for name in CHECKS if not args or name in args}
    with tree.copied() as copy:
        for name, check in chosen.items():
            findings, seconds = run_check(check, copy, tools)
            print(f"{'FAILED' if findings else 'ok    '} {name} ({seconds:.0f} s)")
            if findings:
                failed += 1
                print("    " + findings.replace("\n", "\n    "), flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


def run_check(check, copy, tools):
    """Run one check; one that breaks has failed.

    :return: its findings and the seconds it took
    """
    begin = time.monotonic()
    try:
        findings = check(copy, tools)
    except Problem as problem:
        findings = f"could not run: {problem}"
    except Exception:  # a broken check must not pass, nor hide the others
        findings = traceback.format_exc()
    return findings, time.monotonic() - begin


def is_damaged(name, before, after):
    """Tell whether a fixer lost elements, as they do where one line holds several."""
    if not name.endswith(".xml"):
        return False
    try:
        old, new = (
            [element.tag for element in ElementTree.fromstring(content).iter()]
            for content in (before, after)
        )
    except ElementTree.ParseError:
        return True
    return old != new


def format_code(args):
    """Let the formatters and fixers rewrite the checkout, or only some files.

    They work on a copy, so that a file that somebody saves meanwhile is left alone.

    :param list args: files to rewrite, relative to the root; none for all
    """
    tools = Tools.get()
    chosen = {os.path.normpath(name) for name in args}
    with tree.copied() as copy:
        before = copy.contents()
        oca = [f"--disable={OCA_DISABLED}", "--fix", "--no-exit"]
        call(
            [tools.of_python("oca-checks-odoo-module"), *oca, paths.MODULE], copy.addons
        )
        found = copy.found(".po", ".pot", under=copy.addon)
        if found:
            call([tools.of_python("oca-checks-po"), *oca[1:], *found], copy.addon)
        copy.take_over_from_addon(unless=is_damaged)
        ruff_program = tools.of_python("ruff")
        styled = prettier_files(copy.found(*PRETTIER))
        commands = [
            [ruff_program, "check", "--no-cache", "--fix", "--quiet", "."],
            [ruff_program, "format", "--no-cache", "--quiet", "."],
            [*prettier_command(tools), "--write", *styled],
        ]
        findings = [call(args, copy.repository) for args in commands]
        for name, content in sorted(copy.contents().items()):
            if content != before.get(name) and (not chosen or name in chosen):
                tree.write_back(name, before.get(name), content)
    print("\n".join(filter(None, findings)) or "formatted")
    return 1 if any(findings) else 0
