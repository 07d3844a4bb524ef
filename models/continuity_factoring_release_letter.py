"""The release as the customer gets it: signed by the factor, enclosed by us (X7)."""

from odoo import Command, fields, models

from .continuity_factoring_telling import RELEASE, kind_of

REPORT_LANGUAGES = ("en_US", "ja_JP", "zh_CN")


class ContinuityFactoringDebtor(models.Model):
    """Only the factor can take back that a customer pays the factor. Our letter is
    therefore none without the paper it signed; what it signs can be printed before.
    """

    _inherit = "continuity.factoring.debtor"

    release_attachment_ids = fields.Many2many(
        "ir.attachment",
        "continuity_factoring_debtor_release_rel",
        string="Release Signed by the Factor",
        readonly=True,
        copy=False,
    )

    _guarded_fields = frozenset({"release_attachment_ids"})

    def _release(self, effective_from, signed_on, attachments, buy_back_reason=""):
        result = super()._release(
            effective_from, signed_on, attachments, buy_back_reason
        )
        # Who releases, and reads these files, was checked there.
        self.sudo()._keep_release_paper(attachments.sudo())
        return result

    def _keep_release_paper(self, attachments):
        """Keep the paper with each of these customers: a copy, unless it hangs there.

        :param attachments: ``ir.attachment`` with the signed release
        """
        for debtor in self:
            files = attachments.filtered(
                lambda a, debtor=debtor: (
                    a.res_model == debtor._name and a.res_id == debtor.id
                )
            )
            files = files or attachments.copy(
                {"res_model": debtor._name, "res_id": debtor.id}
            )
            debtor.release_attachment_ids = [Command.set(files.ids)]

    def _letter_enclosures(self, touchpoint):
        files = super()._letter_enclosures(touchpoint)
        if kind_of(touchpoint) != RELEASE:
            return files
        # Whoever releases the letter sends what the factor signed.
        return files | self.sudo().release_attachment_ids

    def _release_obstacles(self, kind):
        """Say that the factor's signed paper is missing."""
        signed = self.release_signed_on and self.release_attachment_ids
        if kind != RELEASE or signed:
            return []
        return [
            self.env._(
                "Only %s can release the customer: attach the release it signed, with "
                "the day, under “Release From Factoring”.",
                self.factoring_id.factor_id.name,
            )
        ]

    # === THE PAPER FOR THE FACTOR === #

    def _release_paper_lang(self):
        """Return the language of the paper the factor signs: the customer's, where
        the addon has it."""
        self.ensure_one()
        lang = self.partner_id.lang or self.company_id.partner_id.lang
        return lang if lang in REPORT_LANGUAGES else "en_US"

    def _release_paper_values(self):
        """Return what stands on the paper the factor signs.

        :return: facts by name without ``fact_``
        :rtype: dict[str, str]
        """
        self.ensure_one()
        self.check_access("read")
        line = self.sudo().with_context(lang=self._release_paper_lang())
        law = (line._governing_law().code or "").split("-")[0]
        # The factor speaks here, not we.
        facts = {
            **line._parties_facts(law),
            **line._release_facts(bool(line._bought_back()), line._own_account()),
            "fact_still_payable": line.env._(
                "Nothing of it is payable to us any more."
            ),
            "fact_crossing": line.env._(
                "If a payment to us crosses this paper, it counts: we pass it on and "
                "you do not pay again."
            ),
        }
        return {name.removeprefix("fact_"): value for name, value in facts.items()}
