"""A customer of a running plan: its items, its gate, its end."""

from odoo import fields, models
from odoo.exceptions import AccessError, UserError


class ContinuityHandoverLine(models.Model):
    _inherit = "continuity.handover.line"

    # === GATE === #

    def _gate_problems(self):
        """Return what keeps this line from being cut over, in words; empty when
        nothing does. Extensions add their conditions.

        :rtype: list[str]
        """
        self.ensure_one()
        problems = []
        if self.plan_state != "running":
            problems.append(self.env._("The plan is not running."))
        if self.excluded or self.state not in ("open", "queued"):
            problems.append(self.env._("This line is closed."))
        if not self.successor_id:
            problems.append(self.env._("Nobody is named as successor."))
        if problems or self.override_reason:
            return problems
        if self.mode == "visit" and self.visit_state != "held":
            problems.append(self.env._("The joint visit has not been held."))
        missing = self.check_ids.filtered(
            lambda c: c.topic_id.required and c.state != "accepted"
        )
        for step, checks in missing.grouped(lambda c: c._missing_step()).items():
            problems.append(f"{step}: {', '.join(checks.topic_id.mapped('name'))}")
        if not self.check_ids:
            problems.append(self.env._("There are no items: start the plan first."))
        return problems

    def _override_gate(self, reason):
        """Open the gate by a manager's decision, which is stored.

        :param str reason: why the customer may change hands all the same
        :raise AccessError: unless an approver of the plan or a manager
        :raise UserError: without a reason, or when the plan is not running
        """
        if not (reason or "").strip():
            raise UserError(self.env._("Say why it may go ahead all the same."))
        for line in self:
            line.handover_id._check_may_manage()
            line.handover_id._check_state("running")
            line._check_open()
            line.sudo().write(
                {
                    "override_reason": reason,
                    "override_by_id": self.env.uid,
                    "override_on": fields.Datetime.now(),
                }
            )
            line.handover_id.sudo().message_post(
                body=self.env._(
                    "%(customer)s may be cut over although something is missing: "
                    "%(reason)s",
                    customer=line.display_name,
                    reason=reason,
                )
            )

    def _check_open(self):
        """Refuse decisions on lines that are decided already.

        :raise UserError: naming the first one
        """
        for line in self:
            if line.state != "open" or line.excluded:
                raise UserError(
                    self.env._("“%s” is closed already.", line.display_name)
                )

    def _leave(self, reason):
        """Close open lines without moving them; they stay with the predecessor.

        :param str reason: shown in the result report
        :raise AccessError: unless an approver of the plan or a manager
        :raise UserError: without a reason, or when the plan is not running
        """
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the customer is not handed over."))
        for line in self:
            line.handover_id._check_may_manage()
            line.handover_id._check_state("running")
            line._check_open()
            line.sudo().write({"state": "left", "left_reason": reason})
            line.sudo()._withdraw_contacts(reason)

    # === ITEMS === #

    def _create_checks(self):
        """Create the items of these lines: for customers all, for deals without a
        customer those that apply to deals."""
        topics = self.env["continuity.handover.topic"].search([])
        self.env["continuity.handover.check"].create(
            [
                {"line_id": line.id, "topic_id": topic.id}
                for line in self
                for topic in topics
                if line.partner_id or topic.for_deals
            ]
        )

    def action_prepare_items(self):
        """Declare every item that has a text prepared, as the predecessor.

        :return: a notification of what was passed over and why, if anything was
        """
        self.check_ids.filtered(
            lambda c: c.state == "to_prepare" and (c.prepared_text or "").strip()
        ).action_prepare()
        skipped = [text for line in self for text in line._describe_skipped_items()]
        if not skipped:
            return False
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "title": self.env._("Not everything is prepared yet"),
                "message": "\n".join(skipped),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _describe_skipped_items(self):
        """Say which items of this customer the predecessor still has to see to.

        :rtype: list[str]
        """
        self.ensure_one()
        empty = self.check_ids.filtered(lambda c: c.state == "to_prepare")
        returned = self.check_ids.filtered(lambda c: c.state == "returned")
        texts = []
        if empty:
            texts.append(
                self.env._(
                    "%(customer)s – empty: %(items)s. Write down what the successor "
                    "must know, or that there is nothing at the moment.",
                    customer=self.display_name,
                    items=", ".join(empty.topic_id.mapped("name")),
                )
            )
        if returned:
            texts.append(
                self.env._(
                    "%(customer)s – handed back with a question: %(items)s. Answer it, "
                    "and prepare the item again.",
                    customer=self.display_name,
                    items=", ".join(returned.topic_id.mapped("name")),
                )
            )
        return texts

    # === DECISIONS === #

    def action_override_gate(self):
        """Ask the manager why it may go ahead although something is missing."""
        return self.env["continuity.reason.wizard"]._open(self, "override_gate")

    def action_leave(self):
        """Ask the manager why a customer is not handed over."""
        return self.env["continuity.reason.wizard"]._open(self, "leave_line")

    def action_sign_off(self):
        """Sign a moved line off, as its successor or as its predecessor (H10).

        :raise AccessError: for anybody else
        :raise UserError: before the line has moved
        """
        user = self.env.user
        now = fields.Datetime.now()
        for line in self:
            line.check_access("read")
            if line.state != "moved":
                raise UserError(
                    self.env._(
                        "“%s” is not handed over yet: there is nothing to sign off.",
                        line.display_name,
                    )
                )
            if user == line.successor_id:
                line.sudo().successor_signed_on = now
            elif user == line.leaver_id:
                line.sudo().predecessor_signed_on = now
            else:
                raise AccessError(
                    self.env._("Predecessor and successor sign off, each for themself.")
                )

    def action_cut_over(self):
        """Hand the ready lines over; long lists are left to the scheduler.

        :raise UserError: naming the first line whose gate is shut, and why
        """
        for line in self:
            line.check_access("read")
            if not (line.is_successor or line.is_leaver or line.may_manage):
                raise AccessError(
                    self.env._("Only those who take part can hand a customer over.")
                )
            if problems := line.sudo()._gate_problems():
                raise UserError(
                    self.env._(
                        "“%(customer)s” is not ready:\n%(problems)s",
                        customer=line.display_name,
                        problems="\n".join(problems),
                    )
                )
        self.handover_id._queue_cut_over(self)
