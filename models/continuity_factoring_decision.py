"""What people decide about assigned receivables, and what the factor is told of it."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class ContinuityFactoringAssignment(models.Model):
    _inherit = "continuity.factoring.assignment"

    def _check_may_handle(self, *states):
        """Refuse decisions by people who do not keep the agreement's accounts.

        :raise AccessError: unless manager, approver, contact or accountant
        :raise UserError: unless all are in one of ``states``
        """
        self.check_access("read")
        self.factoring_id._check_may_account()
        labels = dict(self._fields["state"]._description_selection(self.env))
        for assignment in self:
            if states and assignment.state not in states:
                raise UserError(
                    self.env._(
                        "%(invoice)s is %(state)s: choose receivables that are "
                        "assigned.",
                        invoice=assignment.move_id.display_name,
                        state=labels[assignment.state],
                    )
                )

    def _check_reason(self, reason):
        if not (reason or "").strip():
            raise UserError(self.env._("Give the reason: the factor will ask for it."))

    def _add_news(self, text):
        """Keep what the factor has yet to hear about these receivables.

        :param str text: one sentence
        """
        day = fields.Date.to_string(fields.Date.context_today(self))
        # Of what the books say and people decide: the callers check who decides.
        for assignment in self.sudo():
            lines = [assignment.news] if assignment.news else []
            assignment.news = "\n".join([*lines, f"{day} {text}"])

    def action_told(self):
        """Record that the factor has heard of everything new.

        :raise AccessError: unless manager, approver, contact or accountant
        """
        self._check_may_handle()
        today = fields.Date.context_today(self)
        # Who may was checked above; the guard keeps others out, here and below.
        for assignment in self.sudo().filtered("news"):
            kept = [assignment.note] if assignment.note else []
            assignment.write(
                {
                    "note": "\n".join([*kept, assignment.news]),
                    "news": False,
                    "told_on": today,
                }
            )

    def _end(self, state, reason):
        """End assignments: the receivables are ours again.

        :param str state: ``bought_back``, ``released`` or ``cancelled``
        :param str reason: kept on the assignment
        """
        # Who decides was checked by the caller.
        self.sudo().write(
            {
                "state": state,
                "ended_on": fields.Date.context_today(self),
                "end_reason": reason,
                "disputed": False,
            }
        )

    def action_buy_back(self):
        """Ask why receivables are bought back."""
        return self.env["continuity.reason.wizard"]._open(self, "buy_back_assignment")

    def _buy_back(self, reason):
        """Take receivables back from the factor.

        :param str reason: kept on the assignment, told to the factor
        :raise AccessError: unless manager, approver, contact or accountant
        :raise UserError: without a reason, or when nothing is assigned any more
        """
        self._check_reason(reason)
        self._check_may_handle("active")
        self._end("bought_back", reason)
        self._add_news(self.env._("Bought back: %s", reason))

    def action_cancel(self):
        """Ask why assignments were a mistake."""
        return self.env["continuity.reason.wizard"]._open(self, "cancel_assignment")

    def _cancel(self, reason):
        """Take back assignments made by mistake; the receivables may be assigned again.

        :param str reason: kept on the assignment, told to the factor
        :raise AccessError: unless manager, approver, contact or accountant
        :raise UserError: without a reason, or when something was collected on it
        """
        self._check_reason(reason)
        self._check_may_handle("active")
        for assignment in self:
            if assignment.sudo().turnover_ids.filtered(lambda t: t.state != "void"):
                raise UserError(
                    self.env._(
                        "Money came in on %s while it was the factor's: buy it back "
                        "instead.",
                        assignment.move_id.display_name,
                    )
                )
        self._end("cancelled", reason)
        self._add_news(self.env._("Assigned by mistake: %s", reason))

    def action_dispute(self):
        """Ask what the customer disputes."""
        return self.env["continuity.reason.wizard"]._open(self, "dispute_assignment")

    def _dispute(self, reason):
        """Record that the customer disputes receivables; they stay assigned.

        :param str reason: what the customer says
        :raise AccessError: unless manager, approver, contact or accountant
        :raise UserError: without a reason, or when nothing is assigned any more
        """
        self._check_reason(reason)
        self._check_may_handle("active")
        # One more reason does not change since when it has been disputed.
        disputed = self.sudo().filtered("disputed")
        for assignment in disputed:
            assignment.dispute_reason = f"{assignment.dispute_reason}; {reason}"
        (self.sudo() - disputed).write(
            {
                "disputed": True,
                "dispute_reason": reason,
                "disputed_on": fields.Date.context_today(self),
                "dispute_ended_on": False,
            }
        )
        self._add_news(self.env._("Disputed by the customer: %s", reason))

    def action_end_dispute(self):
        """Record that the customer no longer disputes receivables.

        :raise AccessError: unless manager, approver, contact or accountant
        """
        self._check_may_handle()
        disputed = self.filtered("disputed")
        disputed.sudo().write(
            {
                "disputed": False,
                "dispute_ended_on": fields.Date.context_today(self),
            }
        )
        disputed._add_news(self.env._("The dispute is over."))

    @api.constrains("customer_paid_on")
    def _check_customer_paid_on(self):
        today = fields.Date.context_today(self)
        for assignment in self:
            if assignment.customer_paid_on and assignment.customer_paid_on > today:
                raise ValidationError(
                    self.env._("Enter the day the customer paid: it cannot be to come.")
                )
