"""Looking at the letters of a plan: before it runs as they would be, in memory only."""

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import is_html_empty

from .continuity_touchpoint import OPEN_STATES


class ContinuityHandover(models.Model):
    _inherit = "continuity.handover"

    def action_preview_letters(self):
        """Show the letters of this plan one by one, with each customer's own data;
        before it runs as they would be.

        :raise UserError: when nobody is written to
        """
        self.ensure_one()
        self.check_access("read")
        return self.line_ids._preview_letters()


class ContinuityHandoverLine(models.Model):
    _inherit = "continuity.handover.line"

    def action_preview_letters(self):
        """Show the letter to this customer; before the plan runs as it would be.

        :raise UserError: when there is none
        """
        self.check_access("read")
        return self._preview_letters()

    def _preview_letters(self):
        """Return the action that shows the letters of lines of one plan.

        :raise UserError: when nobody is written to
        """
        plan = self.handover_id
        if plan.state in ("draft", "submitted", "approved", "refused"):
            return self.env["continuity.letter.preview"]._open_ahead(self)
        letters = self.sudo().touchpoint_ids.filtered(
            lambda t: (
                t.frozen_on
                or t.state in OPEN_STATES
                and t._letter_medium()
                and (t.template_id or not is_html_empty(t.own_body))
            )
        )
        letters = letters.sudo(False)._filtered_access("read")
        if not letters:
            raise UserError(self.env._("No letter to these customers is planned."))
        return letters.action_preview_letters()

    def _letters_to_come(self):
        """Return the letters that would be planned if the plan ran as it is now, in
        memory only.

        :rtype: continuity.touchpoint
        """
        touchpoints = self.env["continuity.touchpoint"]
        policy_step = self.env["continuity.policy.step"]
        steps = {
            tier: policy_step._steps_for("handover", tier)
            for tier in self.sudo().tier_id
        }
        letters = touchpoints.browse()
        unseen = self._unseen_customers()
        for line in self.sudo():
            if line.excluded or not line.relationship_id or line.partner_id in unseen:
                continue
            letters |= line._prepare_letters(steps.get(line.tier_id, policy_step))
        return letters

    def _prepare_letters(self, steps, as_policy_says=True):
        """Return the letters one line would plan, in memory only.

        :param steps: the ``continuity.policy.step`` of the customer's tier
        :param bool as_policy_says: see :meth:`_prepare_info_values`
        :rtype: continuity.touchpoint
        """
        self.ensure_one()
        touchpoints = self.env["continuity.touchpoint"]
        planned = []
        if self.mode == "info":
            planned = self._prepare_info_values(steps, as_policy_says=as_policy_says)
        elif self.introduce_in_writing:
            planned = [self._prepare_introduction_values()]
        letters = touchpoints.browse()
        for values in planned:
            letter = touchpoints.new(touchpoints._prepare_planned_values(values))
            if letter._letter_medium():
                letters |= letter
        return letters

    def _first_told_in_writing(self):
        """Return the first of these lines whose customer will be told by letter or
        mail, also after the visit, or an empty recordset.

        :rtype: continuity.handover.line
        """
        policy_step = self.env["continuity.policy.step"]
        for tier, lines in self.filtered("relationship_id").grouped("tier_id").items():
            steps = policy_step._steps_for("handover", tier)
            may_write = bool(steps.channel_ids.filtered("letter_medium"))
            after = any(
                all(step.channel_ids.mapped("written"))
                and step._ordered_channels()[:1].letter_medium
                for step in steps[1:]
            )
            for line in lines:
                if line.mode == "visit":
                    told = line.introduce_in_writing or after
                else:
                    told = may_write and line._prepare_letters(
                        steps, as_policy_says=False
                    )
                if told:
                    return line
        return self.browse()
