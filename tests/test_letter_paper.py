import re
import subprocess
import tempfile

from odoo import Command
from odoo.tests import tagged

from .common_letter import LetterCommon
from .test_card_batch import CardCommon

WORD = re.compile(
    r'xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word'
)
MM = 25.4 / 72
# A fold of the sheet is less exact.
TOLERANCE = 1.0


def read_words(pdf):
    """Return the places of the words on the first page of a PDF, in mm.

    :rtype: dict[str, list[tuple[float, float, float]]]: left, top, bottom by word
    """
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(pdf)
        file.flush()
        text = subprocess.run(
            ["pdftotext", "-bbox", "-l", "1", file.name, "-"],
            capture_output=True,
            check=True,
            text=True,
        ).stdout
    words = {}
    for left, top, _right, bottom, word in WORD.findall(text):
        places = words.setdefault(word, [])
        places.append(tuple(float(x) * MM for x in (left, top, bottom)))
    return words


@tagged("post_install", "-at_install")
class TestLetterWindow(LetterCommon):
    """Where the address stands on the printed letter, in mm, in the real PDF."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_a.name = "Senderworks"
        cls.contact_1.name = "Jane Buyerova"

    def _print(self, **window):
        """Return the places of the words on a letter, see :func:`read_words`."""
        self.company_a.write(window)
        letter = self._plan_letter(
            self.customer_1,
            occurrence=f"paper {window}",
            channel_ids=self.channel_letter.ids,
            contact_ids=[Command.set(self.contact_1.ids)],
        )
        # Odoo renders no PDF in tests unless it is asked to.
        letter = letter.with_user(self.leaver).with_context(force_report_rendering=True)
        letter.action_release()
        return read_words(letter.sudo().letter_pdf_id.raw)

    def _check_window(self, words, top, left):
        """The sender begins at the window's corner, the address stands below it and
        within its 45 mm."""
        sender_left, sender_top, _bottom = words["Senderworks"][0]
        self.assertAlmostEqual(sender_left, left, delta=TOLERANCE)
        self.assertAlmostEqual(sender_top, top, delta=TOLERANCE)
        for word in ("Buyerova", "10115"):
            _left, word_top, bottom = words[word][0]
            self.assertGreater(word_top, sender_top)
            self.assertLess(bottom, top + 45)
        self.assertAlmostEqual(words["Main"][0][0], left, delta=TOLERANCE)

    def test_window(self):
        """DIN 5008 form B, and another window."""
        words = self._print(continuity_window_top=45, continuity_window_left=20)
        self._check_window(words, 45, 20)
        words = self._print(continuity_window_top=60, continuity_window_left=35)
        self._check_window(words, 60, 35)

    def test_size_of_the_text(self):
        """11 points with a line spacing of 1.5 are 5.8 mm, whatever wkhtmltopdf."""
        words = self._print(continuity_window_top=45, continuity_window_left=20)
        lines = [words[word][0][1] for word in ("Buyerova", "Main", "10115")]
        for above, below in zip(lines, lines[1:], strict=False):
            self.assertAlmostEqual(below - above, 5.8, delta=0.5)


@tagged("post_install", "-at_install")
class TestLabelSheet(CardCommon):
    """Where addresses stand on a sheet of 3 x 8 labels of 70 x 36 mm."""

    def test_places(self):
        customers = self.env["res.partner"].create(
            [
                {
                    "name": f"Customer{n}",
                    "is_company": True,
                    "user_id": self.leaver.id,
                    "street": "Street",
                    "city": "City",
                }
                for n in range(4)
            ]
        )
        content, _kind = (
            self.env["ir.actions.report"]
            .with_context(force_report_rendering=True)
            ._render_qweb_pdf(
                "customer_continuity.report_labels",
                self._batch(partners=customers).ids,
            )
        )
        words = read_words(content)
        # The padding of a label is 5 mm and 3 mm; 8 labels leave 4.5 mm above.
        for number, (column, row) in enumerate([(0, 0), (1, 0), (2, 0), (0, 1)]):
            left, top, _bottom = words[f"Customer{number}"][0]
            self.assertAlmostEqual(left, 70 * column + 5, delta=TOLERANCE)
            self.assertAlmostEqual(top, 4.5 + 36 * row + 3, delta=TOLERANCE)
