from odoo import api, models


class ContinuityHandover(models.Model):
    """What keeps a plan from being submitted, and what its approvers should know."""

    _inherit = "continuity.handover"

    def _submission_errors(self):
        errors = super()._submission_errors()
        errors += self._approver_errors() + self._date_errors()
        return errors + self._line_errors()

    def _line_errors(self):
        """Return what is wrong with the customers of the plan. Approvers may overrule
        lines after the submission, so it is asked at the approval again; extensions
        add theirs.

        :rtype: list[str]
        """
        self.ensure_one()
        lines = self.line_ids.filtered(lambda line: not line.excluded)
        errors = []
        if not lines:
            errors.append(self.env._("Nobody is handed over: add a customer."))
        errors += self._people_errors(lines)
        errors += self._receiver_errors(lines)
        errors += self._running_elsewhere_errors(lines)
        errors += self._capacity_errors(lines)
        return errors

    def _own_approvers(self):
        """Return the predecessors, where the company lets them approve their plan."""
        allowed = self.company_id.continuity_allow_self_approval
        leavers = self.leaver_ids._origin.sudo()
        return leavers if allowed else leavers.browse()

    def _receiver_errors(self, lines):
        """Return who would approve alone what they are given."""
        approvers = self.approval_ids.sudo().user_id._origin
        alone = approvers and approvers <= lines.successor_id
        if not alone or self._own_approvers():
            return []
        return [
            self.env._(
                "%s takes customers over and approves alone: name a second approver.",
                ", ".join(approvers.mapped("name")),
            )
        ]

    def _approver_errors(self):
        """Return who cannot approve: managers do, each leaver's own among them."""
        errors = []
        approvals = self.approval_ids.sudo()
        approvers = approvals.user_id._origin
        leavers = self.leaver_ids._origin.sudo()
        own = self._own_approvers()
        everybody = approvers | approvals.deputy_id._origin
        leaders = (
            self.env["crm.team"].sudo().search([("user_id", "in", everybody.ids)])
        ).user_id
        for user in everybody - leaders - own:
            if not user.has_group("customer_continuity.group_manager"):
                errors.append(
                    self.env._(
                        "%s manages nobody: plans are approved by managers.", user.name
                    )
                )
        for leaver in leavers - (approvers & own) if approvers else leavers.browse():
            if not any(user._is_continuity_manager_of(leaver) for user in approvers):
                errors.append(
                    self.env._(
                        "None of the approvers manages %s: name their manager.",
                        leaver.name,
                    )
                )
        return errors

    def _people_errors(self, lines):
        """Return what is wrong with the people the lines name."""
        errors = []
        strangers = lines.leaver_id._origin - self.leaver_ids._origin
        if strangers:
            errors.append(
                self.env._(
                    "%s is no predecessor of this plan but of some of its customers.",
                    ", ".join(strangers.mapped("name")),
                )
            )
        same = lines.filtered(
            lambda x: x.successor_id and x.successor_id == x.leaver_id
        )
        if same:
            errors.append(
                self.env._(
                    "%(customer)s: %(name)s cannot take over from themself.",
                    customer=same[0].display_name,
                    name=same[0].successor_id.name,
                )
            )
        for partner, twins in lines.grouped("partner_id").items():
            if partner and len(twins) > len(twins.leaver_id):
                errors.append(
                    self.env._(
                        "%s stands in the plan twice: leave one line out.",
                        partner.display_name,
                    )
                )
        without = lines.filtered(lambda line: not line.successor_id)
        if without:
            errors.append(
                self.env._(
                    "%(count)s customers have no successor, first of all %(name)s.",
                    count=len(without),
                    name=without[0].display_name,
                )
            )
        for successor in lines.successor_id:
            if problem := self._successor_problem(successor, self.company_id):
                errors.append(problem)
        for line in self.line_ids.filtered("excluded"):
            if not (line.exclude_reason or "").strip():
                errors.append(self.env._("%s is left out: say why.", line.display_name))
        return errors

    @api.model
    def _successor_problem(self, successor, company):
        """Say why a user cannot take customers over in a company, or return None.

        :param successor: one ``res.users``
        :param company: the ``res.company`` of the customers
        :rtype: str | None
        """
        successor = successor.sudo()
        if not successor.active:
            return self.env._(
                "%s can no longer log in: choose another successor.", successor.name
            )
        if successor.share or not successor.has_group("sales_team.group_sale_salesman"):
            return self.env._(
                "%s has no access to Sales: give it, or choose another successor.",
                successor.name,
            )
        if company not in successor.company_ids:
            return self.env._(
                "%(name)s cannot work in %(company)s: give access to it, or choose "
                "another successor.",
                name=successor.name,
                company=company.name,
            )
        return None

    def _date_errors(self):
        """Return what is wrong with the dates of the plan."""
        errors = []
        if self.date_end < self.date_start:
            errors.append(self.env._("The period ends before it begins."))
        if self.last_day and self.last_day < self.date_start:
            errors.append(
                self.env._("The last working day lies before the period begins.")
            )
        if self.reason == "resignation":
            if not self.last_day:
                errors.append(self.env._("Give the last working day."))
            elif self.date_end > self.last_day:
                errors.append(
                    self.env._(
                        "The period goes on after the last working day: customers "
                        "would be visited by somebody who is gone."
                    )
                )
            if self.last_day and self.support_end and self.support_end > self.last_day:
                errors.append(
                    self.env._("Support cannot go on after the last working day.")
                )
        if self.reason == "leave":
            if not self.return_date:
                errors.append(self.env._("Give the date of return."))
            elif self.return_date <= self.date_start:
                errors.append(self.env._("The return lies before the period begins."))
        if self.announce_date > self.date_end:
            errors.append(
                self.env._(
                    "The change is announced inside only after the period: no "
                    "customer could be told."
                )
            )
        return errors

    def _running_elsewhere_errors(self, lines):
        """Return the customers another approved or running plan hands over.

        Plans still in confidence are not mentioned: the later of two is stopped
        when it is approved.
        """
        others = (
            self.env["continuity.handover.line"]
            .sudo()
            .search(
                [
                    ("handover_id", "not in", self._origin.ids),
                    ("company_id", "=", self.company_id.id),
                    ("plan_state", "in", ("approved", "running")),
                    ("state", "in", ("open", "queued")),
                    ("excluded", "=", False),
                    ("partner_id", "in", lines.partner_id.ids),
                ]
            )
        )
        return [
            self.env._(
                "%(customer)s is being handed over in %(plan)s already: leave it out "
                "here, or there.",
                customer=other.partner_id.display_name,
                plan=other.handover_id.name,
            )
            for other in others
        ]

    def _submission_warnings(self):
        """Return what deserves a second look but does not stop the plan.

        :rtype: list[str]
        """
        self.ensure_one()
        warnings = []
        if not (self.customer_reason or "").strip():
            warnings.append(
                self.env._("What customers are told is empty: agree on the words.")
            )
        lines = self.line_ids.filtered(lambda line: not line.excluded)
        for line in lines.filtered(lambda x: x.mode == "visit" and not x.contact_ids):
            warnings.append(
                self.env._(
                    "%s: nobody is named to meet.",
                    line.display_name,
                )
            )
        warnings += self._shared_customer_warnings(lines)
        return warnings

    def _shared_customer_warnings(self, lines):
        """Return the customers another company works with too: their salesperson
        is one for all companies (`res.partner.user_id`)."""
        shared = (
            self.env["continuity.relationship"]
            .sudo()
            .search(
                [
                    ("partner_id", "in", lines.partner_id.ids),
                    ("company_id", "!=", self.company_id.id),
                ]
            )
        )
        return [
            self.env._(
                "%(customer)s also works with %(companies)s: the salesperson moves "
                "only if an approver has access there too.",
                customer=partner.display_name,
                companies=", ".join(
                    (relationships.company_id & self.env.user.company_ids).mapped(
                        "name"
                    )
                )
                or self.env._("another company"),
            )
            for partner, relationships in shared.grouped("partner_id").items()
        ]
