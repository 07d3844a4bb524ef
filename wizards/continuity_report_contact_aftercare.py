from odoo import api, fields, models

from ..models.continuity_dissolution_aftercare_outcome import AFTERCARE_FIELDS


class ContinuityReportContact(models.TransientModel):
    """What came of an aftercare contact besides having reached the customer."""

    _inherit = "continuity.report.contact"

    is_aftercare = fields.Boolean(compute="_compute_is_aftercare")
    returning = fields.Boolean(string="Wants to Work with Us Again")
    recommended_as = fields.Selection(
        selection=lambda self: (
            self.env["continuity.touchpoint"]
            ._fields["recommended_as"]
            ._description_selection(self.env)
        ),
        help="What somebody the customer named, or the customer, could become.",
    )
    recommended_whom = fields.Char(help="Name, company, how to reach them.")

    @api.depends("touchpoint_id", "settles_id")
    def _compute_is_aftercare(self):
        for wizard in self:
            touchpoint = wizard.touchpoint_id or wizard.settles_id
            wizard.is_aftercare = touchpoint.purpose == "aftercare"

    def action_apply(self):
        """Also keep what came of an aftercare contact.

        See ``continuity.report.contact``.
        """
        touchpoint = self._touchpoint_to_report()
        # The touchpoint's own check of who may report comes first.
        result = super().action_apply()
        if self.is_aftercare and self.outcome == "held":
            touchpoint.sudo().write({name: self[name] for name in AFTERCARE_FIELDS})
        return result
