"""Labels on a sheet, to the tenth of a millimetre.

How large a millimetre of HTML becomes in a PDF depends on the wkhtmltopdf at hand. So
each label is a page of its own, whose size is exact, and the pages are placed here.
"""

import io

from odoo.tools.pdf import PdfReader, PdfWriter, generic

POINTS = 72 / 25.4  # per millimetre
A4 = (210, 297)


def place_labels(content, columns, rows):
    """Place labels on A4 sheets, centred, row by row.

    :param bytes content: a PDF with one label a page, all of one size
    :param int columns: labels beside each other
    :param int rows: labels below each other
    :return: the PDF of the sheets
    :rtype: bytes
    """
    writer = PdfWriter()
    sheet_width, sheet_height = (length * POINTS for length in A4)
    for number, label in enumerate(PdfReader(io.BytesIO(content)).pages):
        place = number % (columns * rows)
        if not place:
            sheet = writer.add_blank_page(sheet_width, sheet_height)
        row, column = divmod(place, columns)
        width, height = float(label.mediabox.width), float(label.mediabox.height)
        left = (sheet_width - columns * width) / 2 + column * width
        bottom = sheet_height - (sheet_height - rows * height) / 2 - (row + 1) * height
        label.add_transformation((1, 0, 0, 1, left, bottom))
        # Else it would be cut to where it stood before.
        label.mediabox = generic.RectangleObject(
            (left, bottom, left + width, bottom + height)
        )
        sheet.merge_page(label)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()
