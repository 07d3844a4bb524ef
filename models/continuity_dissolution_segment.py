"""Segments follow the books until their customers have been told."""

from odoo import models

from .continuity_touchpoint import REVOCABLE_STATES


class ContinuityDissolution(models.Model):
    _inherit = "continuity.dissolution"

    def _refresh_segments(self):
        """Let the segments of those not told yet follow the books."""
        self._set_planner()
        expected = self._collect_audience()
        changed = self._update_audience(1, expected)
        lines = self.env["continuity.dissolution.customer"].browse(changed)
        lines.invalidate_recordset()
        if self.state == "running":
            lines._segment_changed()


class ContinuityDissolutionCustomer(models.Model):
    _inherit = "continuity.dissolution.customer"

    def _segment_changed(self):
        """The books say, while the campaign runs, that these customers who have not
        been told are owed more than was approved: they are told as their new segment
        is. What is planned for the former one only is called off."""
        for line in self:
            steps = self.env["continuity.policy.step"]._steps_for(
                "dissolution", line.tier_id, line.segment
            )
            wanted = {f"tell:{step.id}" for step in steps} or {"tell:0"}
            planned = line.touchpoint_ids.filtered(
                lambda t: (
                    t.occurrence.startswith("tell:") and t.state in REVOCABLE_STATES
                )
            )
            kept = planned.filtered(lambda t, wanted=wanted: t.occurrence in wanted)
            (planned - kept)._cancel(line.segment_reason)
            # The notice of their segment is another one now.
            kept.filtered(lambda t: t.template_id and t.state != "released").write(
                line._prepare_letter_values(line._letter_code())
            )
        self._plan_contacts()
