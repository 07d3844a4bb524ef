"""Brings the addon's translations up to date with a fresh export of its terms.

Executed by Odoo's own Python, which has polib: the exported .pot file and the folder
of the translations are its arguments. What is already translated stays as it is; what
the addon no longer says is kept at the end of the file, marked ``#~``, and comes back
with the term. Nothing is guessed from similar terms. A term in capitals, such as ID,
is the same in every language; Odoo's convention is to leave such translations empty.
"""

import sys
from pathlib import Path

import polib

DATES = ("POT-Creation-Date", "PO-Revision-Date")


def update_template(exported, path):
    """Write the template, unless only the date of the export would change."""
    if path.exists():
        old = polib.pofile(str(path))
        if describe(old) == describe(exported):
            return
    path.write_text(str(exported))
    print(f"rewrote {path.name}")


def update_language(template, path):
    """Bring one .po file up to date and tell how many terms it still lacks."""
    old = polib.pofile(str(path))
    known = {}
    for entry in sorted(old, key=lambda e: not e.obsolete):
        if entry.msgstr and entry.msgstr != entry.msgid:
            known[entry.msgid] = entry
    fresh = polib.POFile(wrapwidth=template.wrapwidth)
    fresh.header = template.header
    fresh.metadata = {
        **template.metadata,
        **{k: v for k, v in old.metadata.items() if v and k not in DATES},
        "Language": path.stem,
    }
    for term in template:
        translated = known.pop(term.msgid, None)
        fresh.append(
            polib.POEntry(
                msgid=term.msgid,
                msgstr=translated.msgstr if translated else "",
                comment=term.comment,
                tcomment=translated.tcomment if translated else "",
                occurrences=term.occurrences,
            )
        )
    for entry in sorted(known.values(), key=lambda e: e.msgid):
        fresh.append(
            polib.POEntry(msgid=entry.msgid, msgstr=entry.msgstr, obsolete=True)
        )
    if describe(fresh) != describe(old):
        path.write_text(str(fresh))
        print(f"rewrote {path.name}")
    lacking = [e.msgid for e in fresh.untranslated_entries() if not e.msgid.isupper()]
    print(f"{path.name}: {len(template) - len(lacking)} translated, {len(lacking)} not")
    for term in lacking:
        print("    " + term.replace("\n", "\\n"))
    if known:
        print(f"    and {len(known)} kept whose terms are gone")


def describe(file):
    """Return what matters of a file: everything but its dates."""
    metadata = {k: v for k, v in file.metadata.items() if k not in DATES}
    return metadata, [str(entry) for entry in file]


def main(exported, folder):
    """Update the template and every language in ``folder``."""
    folder = Path(folder)
    template = polib.pofile(exported)
    update_template(template, folder / Path(exported).name)
    for path in sorted(folder.glob("*.po")):
        update_language(template, path)


main(*sys.argv[1:])
