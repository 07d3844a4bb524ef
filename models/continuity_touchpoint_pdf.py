import hashlib
import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import format_date, plaintext2html
from odoo.tools.pdf import merge_pdf

_logger = logging.getLogger(__name__)

REPORT = "customer_continuity.action_report_letter"
# One takes a second or two. More than a person would wait for is made by the
# scheduler.
PDFS_WHILE_WAITING = 10
PDF_BATCH_SIZE = 20


class ContinuityTouchpoint(models.Model):
    """Paper letters: the PDF of each is made once from its frozen text and kept.

    One by one and merged afterwards: a batch render fails where wkhtmltopdf comes
    without its patches, and takes the memory of all of them at once.
    """

    _inherit = "continuity.touchpoint"

    _pdf_to_make_idx = models.Index(
        "(frozen_on) WHERE frozen_on IS NOT NULL AND letter_pdf_id IS NULL "
        "AND letter_medium IN ('paper', 'both')"
    )

    @api.model
    def _domain_pdf_to_make(self):
        return [
            ("frozen_on", "!=", False),
            ("letter_pdf_id", "=", False),
            ("letter_medium", "in", ("paper", "both")),
        ]

    def _freeze(self):
        super()._freeze()
        paper = self.sudo().filtered_domain(self._domain_pdf_to_make())
        if not paper:
            return
        if len(paper) <= PDFS_WHILE_WAITING:
            paper._make_pdfs()
        else:
            self.env.ref("customer_continuity.cron_letter_pdf")._trigger()

    def _make_pdfs(self):
        """Make and keep the PDFs of frozen paper letters that have none yet.

        Whoever calls it has checked that the user may release or print them.
        """
        for touchpoint in self.sudo().filtered_domain(self._domain_pdf_to_make()):
            touchpoint._make_pdf()

    def _make_pdf(self):
        """Make and keep the PDF of one frozen letter, whichever way it goes.

        Whoever calls it has checked that the user may release or print it.
        """
        self.ensure_one()
        content = self._render_pdf()
        self.write(
            {
                "letter_pdf_id": self.env["ir.attachment"]
                .sudo()
                .create(
                    {
                        "name": f"{self._pdf_name()}.pdf",
                        "raw": content,
                        "mimetype": "application/pdf",
                        "res_model": self._name,
                        "res_id": self.id,
                        # Read by whom the field is: it holds the live link.
                        "res_field": "letter_pdf_id",
                    }
                )
                .id,
                "letter_pdf_hash": hashlib.sha256(content).hexdigest(),
                "letter_pdf_error": False,
            }
        )

    def _pdf_fingerprint(self):
        """Return the SHA-256 over the kept file, to compare with the one kept."""
        self.ensure_one()
        return hashlib.sha256(self.letter_pdf_id.raw or b"").hexdigest()

    def _render_pdf(self):
        """Return the PDF of one frozen letter.

        :rtype: bytes
        """
        self.ensure_one()
        content, _type = (
            self.env["ir.actions.report"]
            .sudo()
            .with_context(lang=self.letter_lang)
            ._render_qweb_pdf(REPORT, self.ids)
        )
        return content

    def _pdf_name(self):
        """Return the file's name; it may reach the customer and tells nothing (T5)."""
        self.ensure_one()
        return f"{fields.Date.to_string(self.released_on)}-{self.id}"

    @api.model
    def _cron_make_pdfs(self):
        """Make the PDFs of released paper letters, in batches.

        One that fails keeps its reason in ``letter_pdf_error``, is tried again at the
        next run and holds up no other (I11).
        """
        cron = self.env["ir.cron"]
        ids = self.search(self._domain_pdf_to_make(), order="frozen_on, id").ids
        cron._commit_progress(remaining=len(ids))
        for touchpoint_id in ids:
            # Several hosts may run at once: take what nobody else has taken.
            letter = self.browse(touchpoint_id).try_lock_for_update(
                allow_referencing=True
            )
            letter._make_pdf_or_keep_error()
            if not cron._commit_progress(1):
                return

    def _make_pdf_or_keep_error(self):
        """Make the PDF of one letter; if that fails, note on it why."""
        try:
            with self.env.cr.savepoint():
                self._make_pdfs()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            _logger.warning("Letter %s has no PDF", self.ids, exc_info=error)
            self.sudo().letter_pdf_error = str(error)

    def _print_letters(self):
        """Return one PDF of all these released paper letters, in their order.

        They hold the customers' links, so printing them for the post is for those who
        may release; everybody else reads them with a link that leads nowhere.

        :return: the merged PDF, and the contacts it does not contain
        :rtype: tuple[bytes, continuity.touchpoint]
        :raise AccessError: unless responsible or their manager
        :raise UserError: when none of them is a released paper letter
        """
        self.check_access("read")
        self._check_may_release()
        paper = self.filtered(
            lambda t: t._has_frozen_letter() and t.letter_medium != "mail"
        )
        missing = paper.sudo().filtered_domain(self._domain_pdf_to_make())
        missing[:PDFS_WHILE_WAITING]._make_pdfs()
        ready = paper.filtered(lambda t: t.sudo().letter_pdf_id)
        if not ready:
            raise UserError(
                self.env._(
                    "None of these is a released letter on paper: release first."
                )
            )
        files = ready.sudo().letter_pdf_id
        content = [ready.browse(t.id).sudo().letter_pdf_id.raw for t in ready]
        return (merge_pdf(content) if len(files) > 1 else content[0]), self - ready

    def _why_not_printed(self):
        """Say why a letter is not among those that are printed."""
        self.ensure_one()
        if not self._has_frozen_letter():
            return self.env._("not released")
        if self.letter_medium == "mail":
            return self.env._("goes by e-mail only")
        return self.letter_pdf_error or self.env._(
            "its PDF is being made, print it in a few minutes"
        )

    # === FOR THE REPORT === #

    def _letter_paper_values(self):
        """Return what the paper letter shows; its text has the customer's link only
        in the file that is made for the post, not in what a reader renders.

        :return: sender (one line above the window), date, window (top and left in
            mm), text, enclosures (names)
        :rtype: dict
        """
        self.ensure_one()
        self.check_access("read")
        touchpoint = self.sudo()
        company = touchpoint.company_id
        address = company.partner_id._display_address(without_company=True)
        parts = [company.name, *(" ".join(x.split()) for x in address.splitlines())]
        date = touchpoint._fact_local(touchpoint.released_on).date()
        return {
            "sender": " · ".join(part for part in parts if part),
            "date": format_date(
                self.env, date, date_format="long", lang_code=touchpoint.letter_lang
            ),
            "address": plaintext2html(touchpoint.letter_address or "", "div"),
            "top": company.continuity_window_top,
            "left": company.continuity_window_left,
            "text": self.letter_body if self.env.su else self.letter_text,
            "enclosures": touchpoint.letter_attachment_ids.mapped("name"),
        }
