from odoo import api, fields, models


class ContinuityReasonMixin(models.AbstractModel):
    """The reason customers hear of what changes for them, and which words of it say
    nothing (see ``continuity.wording``)."""

    _name = "continuity.reason.mixin"
    _description = "Reason Customers Hear"

    customer_reason = fields.Text(
        string="What Customers Are Told",
        help="The reason in the words customers hear: honest and specific.",
    )
    reason_advice = fields.Text(
        compute="_compute_reason_advice", string="Worth Another Word"
    )

    @api.depends("customer_reason")
    @api.depends_context("lang")
    def _compute_reason_advice(self):
        wording = self.env["continuity.wording"]
        for record in self:
            found = wording._find(record.customer_reason)
            record.reason_advice = "\n".join(found) or False

    def _reason_warnings(self):
        """Return what deserves another word in the reason.

        :rtype: list[str]
        """
        self.ensure_one()
        return self.reason_advice.split("\n") if self.reason_advice else []
