from odoo import models
from odoo.tools import plaintext2html


class ContinuityConcern(models.Model):
    """What a letter that answers a concern may say."""

    _inherit = "continuity.concern"

    def _letter_fact_values(self, touchpoints):
        concerns = self.sudo().grouped("id")
        values = super()._letter_fact_values(touchpoints)
        for touchpoint in touchpoints:
            concern = concerns.get(touchpoint.origin_id)
            if concern:
                values[touchpoint.id] = {
                    "fact_question": plaintext2html(concern.question or ""),
                    "fact_answer": concern.answer,
                }
        return values
