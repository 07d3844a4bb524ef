"""What a PDF file holds, as far as it can be told without a person reading it.

An agreement that somebody is asked to rely on must be there: an empty page, a page of
white pixels and a file that only calls itself PDF are none.
"""

import io
import logging
from itertools import islice
from typing import NamedTuple

from PIL import Image

from odoo.tools.pdf import PdfReader

_logger = logging.getLogger(__name__)

NOT_PDF, UNREADABLE, BLANK, READABLE, SCANNED = (
    "not_pdf",
    "unreadable",
    "blank",
    "readable",
    "scanned",
)
# Fewer letters than this are a page number or a heading without what it announces.
LEAST_LETTERS = 20
# Darkest and lightest of a picture in which something can be seen differ by more.
LEAST_CONTRAST = 32
# Agreements have few pages; what stands on later ones changes nothing of the verdict.
PAGES_READ = 30
# The first bytes need not be the mark: readers accept it within the first kilobyte.
HEADER_LENGTH = 1024


class PdfContent(NamedTuple):
    """``kind`` is one of the constants above; ``text`` what could be read of it."""

    kind: str
    text: str = ""


def read_pdf(content):
    """Tell whether something can be read or seen in a file that should be a PDF.

    :param bytes content: the file
    :rtype: PdfContent
    """
    if b"%PDF-" not in content[:HEADER_LENGTH]:
        return PdfContent(NOT_PDF)
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        pages = list(islice(reader.pages, PAGES_READ))
        text = "\n".join(page.extract_text() or "" for page in pages)
        if sum(character.isalnum() for character in text) >= LEAST_LETTERS:
            return PdfContent(READABLE, text)
        if any(_shows_something(page) for page in pages):
            return PdfContent(SCANNED, text)
    except Exception as error:
        # Whatever is wrong with a stranger's file, the library has an exception of its
        # own for it, or none at all.
        _logger.info("A PDF cannot be read: %s", error)
        return PdfContent(UNREADABLE)
    return PdfContent(BLANK, text)


def _shows_something(page):
    """Tell whether a page, or a form on it, has a picture of more than one colour."""
    resources = page.get("/Resources") or {}
    objects = resources.get("/XObject") or {}
    return any(_is_picture(objects[name]) for name in objects)


def _is_picture(stream):
    if stream.get("/Subtype") == "/Form":
        return _shows_something(stream)
    if stream.get("/Subtype") != "/Image":
        return False
    data = stream.get_data()
    try:
        image = Image.open(io.BytesIO(data)).convert("L")
    except OSError:
        # No file format of its own, or one that only scanners know: the bytes as
        # they are.
        return len(set(data)) > 1
    darkest, lightest = image.getextrema()
    return lightest - darkest > LEAST_CONTRAST
