"""How alike two short texts are, in any language: plain Python, no database.

Words where words are separated by spaces; pairs of characters where they are not
(Japanese, Chinese), which needs no dictionary.
"""

import re
import unicodedata

# Kana, ideographs with their extensions, and the marks that go with them.
_UNSPACED = r"々〆ぁ-ゖゝゞァ-ヺー㐀-䶿一-鿿豈-﫿𠀀-𯨟"
_RUN = re.compile(rf"[{_UNSPACED}]+|[^\W{_UNSPACED}]+")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
# Shorter words ("a", "is", "of") say nothing; codes ("A4", "X7") do.
_LEAST_LETTERS = 3
# Particles written in hiragana alone join words and say nothing by themselves.
_ONLY_HIRAGANA = re.compile(r"^[ぁ-ゖー]+$")


def is_unspaced(text):
    """Tell whether a text begins with a script that puts no spaces between words."""
    return bool(_IS_UNSPACED.match(unicodedata.normalize("NFKC", text or "")))


def tokens(text):
    """Return what a text is compared by.

    :param str text: plain text in any language
    :return: words of at least three letters or with a digit, and pairs of
        characters of scripts without spaces
    :rtype: set[str]
    """
    found = set()
    for run in _RUN.findall(unicodedata.normalize("NFKC", text or "").casefold()):
        if _IS_UNSPACED.match(run):
            pairs = {run[i : i + 2] for i in range(len(run) - 1)} or {run}
            found |= {pair for pair in pairs if not _ONLY_HIRAGANA.match(pair)}
        elif len(run) >= _LEAST_LETTERS or any(c.isdigit() for c in run):
            found.add(run)
    return found


def common_tokens(token_sets):
    """Return what more than half of several texts contain, which tells none of them
    apart ("please", "machine").

    :param token_sets: list of sets as :func:`tokens` returns them; of fewer than
        four nothing is common
    :rtype: set[str]
    """
    if len(token_sets) < 4:
        return set()
    counts = {}
    for token_set in token_sets:
        for token in token_set:
            counts[token] = counts.get(token, 0) + 1
    return {token for token, count in counts.items() if count * 2 > len(token_sets)}


def overlap(one, other):
    """Say how many tokens two sets share, of how many they could share.

    :return: shared, possible (the size of the smaller set)
    :rtype: tuple[int, int]
    """
    return len(one & other), min(len(one), len(other))
