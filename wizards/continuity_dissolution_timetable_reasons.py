from odoo import api, fields, models


class ContinuityReasonWizard(models.TransientModel):
    """What is decided about the timetable of a campaign, and whoever learned late."""

    _inherit = "continuity.reason.wizard"

    decision = fields.Selection(
        selection_add=[
            ("take_back_milestone", "It did not happen"),
            ("learned_elsewhere", "They learned of it elsewhere"),
        ],
        ondelete={
            "take_back_milestone": "cascade",
            "learned_elsewhere": "cascade",
        },
    )

    @api.model
    def _decisions(self):
        return {
            **super()._decisions(),
            "take_back_milestone": ("continuity.dissolution.milestone", "_take_back"),
            "learned_elsewhere": (
                "continuity.dissolution.customer",
                "_learned_elsewhere",
            ),
        }
