"""What comes next in an agreement, in one sentence for whoever opens it."""

from odoo import api, fields, models

from .continuity_factoring_assigning import OUT_STATES

# So many reasons are named; the others are counted.
NAMED_ERRORS = 5


class ContinuityFactoring(models.Model):
    _inherit = "continuity.factoring"

    next_step = fields.Text(compute="_compute_next_step")
    offer_count = fields.Integer(string="Offers", compute="_compute_offer_count")
    left_out_count = fields.Integer(
        string="Not Included", compute="_compute_left_out_count"
    )

    @api.depends("choice_id")
    @api.depends_context("uid")
    def _compute_offer_count(self):
        may_read = self.env["continuity.factor.choice"].has_access("read")
        for agreement in self:
            choice = agreement.sudo().choice_id if may_read else None
            agreement.offer_count = len(choice.offer_ids) if choice else 0

    @api.depends("debtor_ids.state")
    def _compute_left_out_count(self):
        counts = dict(
            self.env["continuity.factoring.debtor"]._read_group(
                [("factoring_id", "in", self.ids), ("state", "=", "out")],
                ["factoring_id"],
                ["__count"],
            )
        )
        for agreement in self:
            agreement.left_out_count = counts.get(agreement._origin, 0)

    @api.depends(
        "state",
        "kind",
        "approval_ids.state",
        "debtor_ids.state",
        "direction_ids.state",
        "registration_confirmed_for",
        "internal_ids.state",
    )
    @api.depends_context("uid", "lang")
    def _compute_next_step(self):
        for agreement in self:
            sentences = agreement._next_steps()
            agreement.next_step = "\n".join(sentences) or False

    def _next_steps(self):
        """Say what comes next; extensions add what they wait for.

        :return: sentences, the most urgent first
        :rtype: list[str]
        """
        self.ensure_one()
        return {
            "draft": self._draft_steps,
            "submitted": self._submitted_steps,
            "approved": self._approved_steps,
            "running": self._running_steps,
            "reported": self._reported_steps,
        }.get(self.state, list)()

    def _draft_steps(self):
        steps = []
        if not self.debtor_ids.filtered(lambda d: d.state not in OUT_STATES):
            steps.append(self.env._("Add the customers it covers."))
        if self.kind == "notified" and not self.direction_ids:
            steps.append(self.env._("Say where customers are to pay."))
        if not self.approval_ids:
            steps.append(self.env._("Name an approver."))
        return steps or [self.env._("Read it once more and submit it for approval.")]

    def _submitted_steps(self):
        if self.can_approve:
            return [self.env._("You decide: approve it, or refuse it with the reason.")]
        return [self.env._("It waits for %s.", self.next_approver_id.name)]

    def _approved_steps(self):
        if not self.has_access("write"):
            # Who only speaks to one of its customers is not told of the others.
            return []
        # Whether it could be activated; what stands in the way may be nobody's to read.
        errors = self.sudo()._activation_errors()
        if not errors:
            return self._internal_steps() + [
                self.env._("Activate it: receivables are assigned, customers are told.")
                if self.kind == "notified"
                else self.env._("Activate it: receivables are assigned.")
            ]
        steps = [self.env._("Before it can be activated:")]
        steps += [f"• {error}" for error in errors[:NAMED_ERRORS]]
        if len(errors) > NAMED_ERRORS:
            steps.append(self.env._("More: %s.", len(errors) - NAMED_ERRORS))
        return steps

    def _running_steps(self):
        steps = []
        if self.turnover_count:
            steps.append(
                self.env._("Collections to be turned over: %s.", self.turnover_count)
            )
        news = self.env["continuity.factoring.assignment"].search_count(
            [("factoring_id", "in", self.ids), ("news", "!=", False)]
        )
        if news:
            steps.append(
                self.env._("Assigned receivables the factor must hear of: %s.", news)
            )
        releases = self.env["continuity.factoring.debtor"].search_count(
            [("factoring_id", "in", self.ids), ("release_entered_by_id", "!=", False)]
        )
        if releases:
            steps.append(
                self.env._(
                    "Releases that a second person has to confirm: %s.", releases
                )
            )
        if self.kind == "notified":
            steps += self._telling_steps()
        return steps or [self.env._("Nothing is to be done at present.")]

    def _telling_steps(self):
        """Say how many customers are still to be told, and to acknowledge.

        :rtype: list[str]
        """
        counts = dict(
            self.env["continuity.factoring.debtor"]._read_group(
                [("factoring_id", "in", self.ids)], ["state"], ["__count"]
            )
        )
        steps = self._internal_steps()
        waiting = counts.get("planned", 0) + counts.get("told", 0)
        if waiting:
            steps.append(self.env._("Customers without a notice yet: %s.", waiting))
        if counts.get("noticed"):
            steps.append(
                self.env._(
                    "Customers who have not acknowledged the notice: %s.",
                    counts["noticed"],
                )
            )
        return steps

    def _internal_steps(self):
        """Say that people inside have still to be told.

        :rtype: list[str]
        """
        if not self.internal_open_count:
            return []
        return [
            self.env._(
                "Tell people inside first. Open steps: %s.", self.internal_open_count
            )
        ]

    def _reported_steps(self):
        return [self.env._("A manager reads the result and closes the agreement.")]

    def action_view_choice(self):
        """Open the choice of the factor, with the offers that were compared."""
        self.ensure_one()
        choice = self.choice_id
        choice.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": choice._name,
            "res_id": choice.id,
            "view_mode": "form",
            "name": choice.display_name,
        }

    def action_add_customers(self):
        """Open the wizard that proposes customers, for this agreement."""
        self.ensure_one()
        return self.env["continuity.factoring.wizard"]._open_for(self)
