"""Why a customer is owed a contact, in the language of whoever reads it."""

from odoo import api, fields, models


class ContinuitySubjectMixin(models.AbstractModel):
    _inherit = "continuity.subject.mixin"

    def _touchpoint_reasons(self, touchpoints):
        """Hook: say why the customers of these lines are owed contacts, from what the
        lines know, in the language of the context.

        :param touchpoints: ``continuity.touchpoint`` of these lines
        :return: texts by touchpoint id; the others are shown as they were planned
        :rtype: dict[int, str]
        """
        return {}


class ContinuityTouchpoint(models.Model):
    """``why`` keeps the reasons as they were told to the responsible person when the
    contact was planned; the lines it came from may tell them to everybody else."""

    _inherit = "continuity.touchpoint"

    why_shown = fields.Char(
        string="Reasons",
        compute="_compute_why_shown",
        help="The reasons for this contact, in your language where Odoo knows them in "
        "it.",
    )

    @api.depends("why", "state")
    @api.depends_context("lang")
    def _compute_why_shown(self):
        # Whoever may read a contact reads its reasons: these are the same.
        reasons = self.sudo()._reasons_of_origins()
        for touchpoint in self:
            touchpoint.why_shown = reasons.get(touchpoint.id) or touchpoint.why

    def _reasons_of_origins(self):
        """Ask the lines these contacts came from for the reasons (hook
        ``_touchpoint_reasons``).

        :rtype: dict[int, str]
        """
        reasons = {}
        told = self.filtered("why")
        for model, touchpoints in told.grouped("origin_model").items():
            lines = touchpoints._origins(model)
            if hasattr(lines, "_touchpoint_reasons"):
                reasons.update(lines.exists()._touchpoint_reasons(touchpoints))
        return reasons
