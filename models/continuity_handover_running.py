"""A plan while it is carried out: started, handed over, reported, given up."""

from odoo import models
from odoo.exceptions import UserError

# A handful of lines is moved while the user waits; more go to the scheduler.
IMMEDIATE_LINES = 20


class ContinuityHandover(models.Model):
    _inherit = "continuity.handover"

    def action_start(self):
        """Start an approved plan before its first day.

        :raise AccessError: unless an approver or a manager
        """
        self._check_may_manage()
        self._check_state("approved")
        self._start()

    def _start(self):
        """Create the items and plan the contacts of approved plans."""
        for plan in self.sudo():
            plan.state = "running"
            lines = plan.line_ids.filtered(lambda line: not line.excluded)
            lines._create_checks()
            lines._plan_touchpoints()

    def action_cut_over_ready(self):
        """Hand over every line whose gate is open.

        :raise UserError: when none is ready
        """
        self._check_state("running")
        for plan in self:
            plan.check_access("read")
            lines = plan.line_ids.filtered(
                lambda line: line.state == "open" and line.gate_open
            )
            if not lines:
                raise UserError(
                    self.env._(
                        "No customer is ready yet. Each line says what is missing."
                    )
                )
            lines.action_cut_over()

    def _queue_cut_over(self, lines):
        """Queue checked lines; a handful is moved at once, more by the scheduler."""
        lines.sudo().write({"state": "queued", "cutover_error": False})
        if len(lines) <= IMMEDIATE_LINES:
            lines.sudo()._cut_over()
        else:
            self.env.ref("customer_continuity.cron_cut_over").sudo()._trigger()

    def _check_may_report(self):
        self._check_participant()

    def _closing_errors(self):
        errors = super()._closing_errors()
        still_open = self.line_ids.filtered(
            lambda line: (
                line.state in ("open", "queued", "undoing") and not line.excluded
            )
        )
        if still_open:
            errors.append(
                self.env._(
                    "%(count)s customers are still open: %(names)s. Hand them over, or "
                    "let the manager decide on each.",
                    count=len(still_open),
                    names=", ".join(still_open[:10].mapped("display_name")),
                )
            )
        return errors

    def _withdraw(self, reason):
        result = super()._withdraw(reason)
        self.line_ids.filtered(lambda x: x.state == "queued").state = "open"
        # Who has moved still has to hear of it, and from their successor.
        staying = self.line_ids.filtered(lambda x: x.state not in ("moved", "undoing"))
        staying._withdraw_contacts(reason)
        return result
