from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class ContinuityHandoverLine(models.Model):
    """How a customer hears of the change: which contacts a line plans, and what
    follows from what came of them."""

    _inherit = "continuity.handover.line"

    # === PLANNING === #

    def _plan_touchpoints(self):
        """Plan how each customer hears of the change: a joint visit by both
        salespeople, otherwise over the channel of the tier's policy."""
        visit_lines = self.filtered(lambda x: x.mode == "visit" and x.relationship_id)
        info_lines = (self - visit_lines).filtered("relationship_id")
        meeting = self.env.ref("customer_continuity.channel_visit")
        video = self.env.ref("customer_continuity.channel_video")
        touchpoints = self.env["continuity.touchpoint"]._plan(
            [x._prepare_visit_values(meeting | video) for x in visit_lines]
        )
        for line, touchpoint in zip(visit_lines, touchpoints, strict=True):
            line.visit_touchpoint_id = touchpoint
        policy_step = self.env["continuity.policy.step"]
        values_list = []
        for tier, lines in info_lines.grouped("tier_id").items():
            steps = policy_step._steps_for("handover", tier)
            for line in lines:
                values_list += line._prepare_info_values(steps)
        touchpoints |= self.env["continuity.touchpoint"]._plan(values_list)
        today = fields.Date.today()
        touchpoints.filtered(lambda t: t.date_show <= today)._show()

    def _prepare_visit_values(self, channels):
        """Return the touchpoint of the joint visit of one line, worded in the
        language of who arranges it."""
        teller = self._teller()
        self = self.with_context(lang=teller.lang)
        plan = self.handover_id
        return self._prepare_touchpoint_values(
            "visit",
            channels,
            name=self.env._("Joint visit: %s", self.display_name),
            purpose="handover",
            user_id=teller.id,
            attendee_ids=[Command.set((self._companions() - teller).ids)],
            contact_ids=[Command.set(self.contact_ids.ids)],
            invite_customer=self.invite_customer,
            date_planned=self.date_visit,
            date_due=plan._local_date(self.date_visit) or plan.date_end,
            # It has to be arranged with the customer: shown as the plan starts, but
            # arranging it is telling them.
            date_show=self._first_day_to_tell(),
            duration=plan.company_id.continuity_visit_minutes / 60,
        )

    def _companions(self):
        """Return who visits the customer together with the predecessor."""
        self.ensure_one()
        people = self.successor_id
        if self.manager_attends:
            people |= self.handover_id.manager_id
        return people - self.leaver_id

    def _prepare_info_values(self, steps, as_policy_says=False):
        """Return the touchpoints with which an information-only customer hears of
        the change; at least one call.

        :param steps: the ``continuity.policy.step`` of the customer's tier
        :param bool as_policy_says: propose a mail also where there is no address, to
            point it out
        :rtype: list[dict]
        """
        teller = self._teller()
        self = self.with_context(lang=teller.lang)
        plan = self.handover_id
        start = self._first_day_to_tell()
        # The joint visit was proposed by the first step; here it was decided
        # against, so a policy that knows visits only leaves the telephone.
        call = self.env.ref("customer_continuity.channel_call")
        owed = [
            (step.id, step.offset_days, channels)
            for step in steps
            if (
                channels := step._ordered_channels().filtered(
                    lambda c: not c.is_meeting
                )
            )
        ] or [(0, 0, call)]
        return [
            self._prepare_touchpoint_values(
                f"tell:{step_id}",
                channels if as_policy_says else self._reachable_first(channels),
                name=self.env._(
                    "Tell %(customer)s: %(successor)s takes over",
                    customer=self.display_name,
                    successor=self.successor_id.name,
                ),
                purpose="handover",
                user_id=teller.id,
                attendee_ids=[Command.set((self.successor_id - teller).ids)],
                contact_ids=[Command.set(self.contact_ids.ids)],
                **self._prepare_letter_values(),
                date_due=min(fields.Date.add(start, days=offset), plan.date_end),
                date_show=start,
            )
            for step_id, offset, channels in owed
        ]

    def _update_visits(self, vals):
        """Bring open visits of plans under way in line with what was just written.

        :raise UserError: when people cannot keep the new times
        """
        under_way = self.filtered(lambda x: x.plan_state in ("approved", "running"))
        if not self.env.su and {"date_visit", "manager_attends"}.intersection(vals):
            under_way.sudo()._check_visit_times()
        for line in under_way.sudo():
            visit = line.visit_touchpoint_id
            if visit.state not in ("owed", "tried"):
                continue
            if "date_visit" in vals:
                visit._reschedule(line.date_visit)
            visit._set_people(
                line._companions(), line.contact_ids, line.invite_customer
            )

    # === WHAT CAME OF THEM === #

    def _touchpoint_done(self, touchpoints):
        """Refuse a report that the customer heard of it too early (H1).

        :raise UserError: before the change was announced inside, or before the
            period of a plan that was not started earlier
        """
        for touchpoint in touchpoints:
            plan = self.browse(touchpoint.origin_id).handover_id
            decided = plan.approval_ids.filtered("decided_on").mapped("decided_on")
            begun = [plan.date_start, *map(plan._local_date, decided)]
            first_day = max(plan.announce_date, min(begun))
            if plan._local_date(touchpoint.date_done) < first_day:
                raise UserError(
                    self.env._(
                        "%(customer)s could not be told before %(day)s, when the "
                        "handover was announced inside and begun.",
                        customer=touchpoint.partner_id.display_name,
                        day=format_date(self.env, first_day),
                    )
                )
        return super()._touchpoint_done(touchpoints)

    def _touchpoint_failed(self, touchpoints):
        """A visit that could not take place becomes information-only (H4)."""
        res = super()._touchpoint_failed(touchpoints)
        failed = self.filtered(lambda x: x.visit_touchpoint_id in touchpoints)
        for line in failed:
            line.write(
                {
                    "mode": "info",
                    "visit_failed_reason": line.visit_touchpoint_id.reason,
                }
            )
        failed._plan_touchpoints()
        return res

    def _touchpoint_taken_back(self, touchpoints):
        """What was confirmed at a visit, or moved because of it, needs the visit.

        :raise UserError: when the customer is handed over, or has confirmed something
        """
        for line in self:
            if line.state != "open" or line.check_ids.filtered("confirmed_on"):
                raise UserError(
                    self.env._(
                        "%s: the handover has gone on by this report. Take back what "
                        "the customer confirmed first, or report to the approver.",
                        line.display_name,
                    )
                )
        return super()._touchpoint_taken_back(touchpoints)

    def _touchpoint_called_off(self, touchpoints):
        """Whoever takes part does not decide that a customer hears of nothing.

        :raise UserError: always
        """
        raise UserError(
            self.env._(
                "“%s” belongs to a handover plan: its approver decides there whether "
                "the customer is left out.",
                touchpoints[0].name,
            )
        )

    def _touchpoint_rescheduled(self, touchpoints):
        """Let the visit's time follow the calendar, if the plan has room for it.

        :raise UserError: when the people of the plan cannot keep the new time
        """
        res = super()._touchpoint_rescheduled(touchpoints)
        for line in self.filtered(lambda x: x.visit_touchpoint_id in touchpoints):
            line.date_visit = line.visit_touchpoint_id.date_planned
            line._check_visit_times()
        return res

    def _visit_failed(self, reason):
        """Report that the joint visit could not take place.

        :param str reason: reported to the manager and kept on the line
        :raise AccessError: unless leaver, successor, approver or manager
        :raise UserError: without a reason, or when no visit is open
        """
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the visit could not take place."))
        for line in self:
            line.check_access("read")
            visit = line.sudo().visit_touchpoint_id
            if line.visit_state != "planned":
                raise UserError(
                    self.env._("No visit to “%s” is open.", line.display_name)
                )
            visit.with_env(line.env)._check_may_perform()
            visit._fail(reason)
            line.handover_id.sudo().message_post(
                body=self.env._(
                    "The visit to %(customer)s did not take place: %(reason)s",
                    customer=line.display_name,
                    reason=reason,
                )
            )

    def action_report_visit(self):
        """Open the dialog that records what came of the visit, or of the call."""
        self.ensure_one()
        touchpoint = self.sudo().touchpoint_ids.filtered(
            lambda t: t.state in ("owed", "tried")
        )
        if self.mode == "visit":
            touchpoint &= self.sudo().visit_touchpoint_id
        if not touchpoint:
            raise UserError(self.env._("No contact with this customer is open."))
        return touchpoint[:1].sudo(False).action_report()

    def action_visit_failed(self):
        """Ask why the visit could not take place."""
        return self.env["continuity.reason.wizard"]._open(self, "visit_failed")
