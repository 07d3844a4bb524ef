"""``make lint-selftest``: plants a fault for every check and wants it found."""

from machinery import lint, testing_selftest, tree

CONFLICT = "<" * 7
VIEW = '<?xml version="1.0" encoding="UTF-8" ?>\n<odoo>\n</odoo>\n'

# Per check: the files to plant and what must stand in the findings.
FAULTS = {
    "ruff check": ({"models/planted.py": "import os\n"}, ["F401"]),
    "ruff format": ({"models/planted.py": "x = { 'a':1 }\n"}, ["planted.py"]),
    "pylint-odoo": ({"models/planted.py": "print(1)\n"}, ["print-used"]),
    "oca-checks-odoo-module": ({"views/planted.xml": VIEW}, ["file-not-used"]),
    "oca-checks-po": (
        {"i18n/planted.po": 'msgid "a"\nmsgstr "b"\n'},
        ["po-requires-module"],
    ),
    "prettier": ({"views/planted.xml": "<odoo><a   b='c'/></odoo>"}, ["planted.xml"]),
    "eslint": ({"static/src/planted.js": "var a = nowhere;\n"}, ["no-undef"]),
    "wheel": ({"planted/data.xml": VIEW}, ["missing: planted/data.xml"]),
    "odoo test_lint": (
        {
            "models/planted.py": "eval('1')\n",
            "static/src/planted.js": "const a = nowhere;\n",
            "static/src/planted.xml": f"{CONFLICT}\n",
            "tests/test_planted.py": "# never imported\n",
        },
        [
            "Use of eval",
            "nowhere",
            "Conflict markers",
            "test_planted.py never imported",
        ],
    ),
}


def selftest(args):
    """Plant the faults one after the other; fail when one goes unnoticed."""
    tools = lint.Tools.get()
    names = [name for name in lint.CHECKS if not args or name in args]
    failed = 0
    if not args:
        found = testing_selftest.unnoticed()
        failed = int(bool(found))
        print(f"{'FAILED' if found else 'ok    '} make test can fail")
        print("".join(f"    not noticed: {text}\n" for text in found), end="")
    for name in names:
        with tree.copied() as copy:
            files, wanted = FAULTS.get(name, ({}, ["a planted fault"]))
            for file, text in files.items():
                copy.plant(file, text)
            findings, seconds = lint.run_check(lint.CHECKS[name], copy, tools)
        unnoticed = [text for text in wanted if text not in findings]
        print(
            f"{'FAILED' if unnoticed else 'ok    '} {name} can fail ({seconds:.0f} s)"
        )
        if unnoticed:
            failed += 1
            print(f"    not found: {unnoticed}\n    in: {findings[-2000:]}")
    print(f"{len(names) + (not args) - failed} passed, {failed} failed")
    return 1 if failed else 0
