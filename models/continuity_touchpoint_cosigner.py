from markupsafe import Markup

from odoo import fields, models

from .continuity_touchpoint_letter import SIGNATURE


class ContinuityTouchpoint(models.Model):
    """Letters two people sign, such as a joint introduction."""

    _inherit = "continuity.touchpoint"

    # Who signs is settled with the letter, see `continuity_touchpoint_letter.py`.
    _guarded_fields = frozenset({"cosigner_id"})

    cosigner_id = fields.Many2one(
        "res.users",
        string="Signed Together With",
        readonly=True,
        ondelete="restrict",
        help="Signs below the first signer. Replies go to the first.",
    )

    def _letter_signature(self):
        signature = super()._letter_signature()
        cosigner = self.sudo().cosigner_id
        if not cosigner or cosigner == self._letter_signer():
            return signature
        person = cosigner.partner_id
        company = self.company_id.sudo()
        text = self._signature_lines(
            cosigner.name,
            person.function,
            person.phone or company.phone,
            cosigner.email,
            self._fact_wechat(cosigner),
        )
        return signature + SIGNATURE.format(Markup("<br/>") + text)

    def _letter_signer_problems(self):
        problems = super()._letter_signer_problems()
        cosigner = self.sudo().cosigner_id
        if cosigner and not cosigner.active:
            problems.append(
                self.env._("%s can no longer log in and cannot sign.", cosigner.name)
            )
        return problems
