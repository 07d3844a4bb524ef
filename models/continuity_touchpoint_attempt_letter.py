from odoo import api, fields, models

# Attempts by which a letter left, or should have.
LETTER_OUTCOMES = ("sent", "rejected", "bounced", "posted")


class ContinuityTouchpointAttempt(models.Model):
    """Which letter an attempt sent: kept with the attempt, because over the next
    channel the touchpoint's letter may be another one."""

    _inherit = "continuity.touchpoint.attempt"

    letter_subject = fields.Char(readonly=True)
    letter_hash = fields.Char(string="Fingerprint", readonly=True)
    recipient = fields.Char(string="Sent To", readonly=True)
    message_id = fields.Char(
        string="Message-Id",
        readonly=True,
        index="btree_not_null",
        help="By it replies and bounces of earlier letters are recognised.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("outcome") in LETTER_OUTCOMES:
                touchpoint = self.env["continuity.touchpoint"].browse(
                    vals.get("touchpoint_id")
                )
                for name, value in touchpoint._letter_evidence(vals).items():
                    vals.setdefault(name, value)
        return super().create(vals_list)
