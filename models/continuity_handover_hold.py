"""A hold: the customer hears nothing of the handover before its day (H6)."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .continuity_handover_timing import DECISIONS

UNDER_WAY = ("approved", "running")
# Whoever was moved by a manager's decision is not told any earlier for it.
TO_TELL = ("open", "queued", "moved")
# What a change of the hold has to move.
HOLD_FIELDS = {"tell_when", "hold_until"}


class ContinuityHandover(models.Model):
    _inherit = "continuity.handover"

    def _line_errors(self):
        return super()._line_errors() + self._hold_errors(self.line_ids)

    def _hold_errors(self, lines):
        """Return which holds have no end, or one that is too late.

        :rtype: list[str]
        """
        self.ensure_one()
        limit = self._last_joint_day()
        errors = []
        for line in lines:
            if line.excluded or line.tell_when != "hold":
                continue
            if not line.hold_until:
                errors.append(
                    self.env._("%s is on hold: say until when.", line.display_name)
                )
            elif line.hold_until > limit:
                errors.append(
                    self.env._(
                        "%(customer)s is on hold until %(day)s, after the last day "
                        "both can visit, %(limit)s: choose an earlier day.",
                        customer=line.display_name,
                        day=format_date(self.env, line.hold_until),
                        limit=format_date(self.env, limit),
                    )
                )
        return errors

    def _daily(self, today):
        result = super()._daily(today)
        for plan in self:
            plan._review_holds(today)
        return result

    def _review_holds(self, today):
        """Let holds follow the deals they wait for, and end those whose day has come;
        the customers of one plan together."""
        self.ensure_one()
        if self.state not in UNDER_WAY:
            return
        held = self.line_ids.filtered(
            lambda x: (
                x.state == "open"
                and not x.excluded
                and x.tell_when == "hold"
                and not x.hold_ended_on
            )
        )
        if not held:
            return
        waiting = held.filtered(
            lambda x: x.partner_id and (x.timing or {}).get("follows")
        )
        if waiting:
            self._follow_deals(waiting, today)
        ended = held.filtered(lambda x: x.hold_until <= today)
        ended.write({"hold_ended_on": today})
        ended._apply_timing()
        if ended:
            self.message_post(
                body=self.env._(
                    "The hold has ended, these customers are told now: %s",
                    ", ".join(ended.mapped("display_name")),
                )
            )

    def _follow_deals(self, lines, today):
        """Move the holds of lines with the deals they wait for.

        A deal that is won or lost ends the hold some days later; another expected
        closing moves it, unless somebody has set the day by hand.
        """
        lines = lines.browse(lines.ids)  # a one2many may prefetch nothing
        first = max(self._first_contact_day(), today)
        partner_ids = lines.partner_id.ids
        facts = self._collect_timing_facts(partner_ids, first)
        decided = self._find_decided(partner_ids, lines)
        limit = self._last_joint_day()
        after = timedelta(days=self.company_id.continuity_hold_after)
        moved = lines.browse()
        for line in lines:
            reasons = [
                (code, day)
                for code, day in facts[line.partner_id.id]
                if code in DECISIONS
            ]
            closed_on = decided.get(line.partner_id.id)
            if not reasons and not closed_on:
                continue  # overdue and undecided: the hold ends on its day
            if not reasons:
                reasons = [("closed", closed_on)]
            elif fields.Date.to_string(line.hold_until) != line.timing.get("proposed"):
                continue  # set by hand
            wished = max(max(day for _code, day in reasons) + after, first)
            day = min(wished, limit)
            if wished > limit:
                reasons.append(("cut", limit))
            if day == line.hold_until:
                continue
            line.write(
                {
                    "hold_until": day,
                    "timing": {
                        **line.timing,
                        "proposed": fields.Date.to_string(day),
                        "reasons": [[c, fields.Date.to_string(d)] for c, d in reasons],
                    },
                }
            )
            moved |= line
        moved._apply_timing()

    def _find_decided(self, partner_ids, lines):
        """Return when the last deal or quotation of customers was decided since their
        plan was drafted.

        :rtype: dict[int, datetime.date]
        """
        since = min(lines.mapped("create_date"))
        decided = {}
        leads = self.env["crm.lead"].with_context(active_test=False)
        for lead in leads.search_fetch(
            [
                ("partner_id.commercial_partner_id", "in", partner_ids),
                ("type", "=", "opportunity"),
                ("won_status", "in", ("won", "lost")),
                ("company_id", "in", [self.company_id.id, False]),
                ("date_closed", ">=", since),
            ],
            ["partner_id", "date_closed"],
        ):
            customer_id = lead.partner_id.commercial_partner_id.id
            day = self._local_date(lead.date_closed)
            decided[customer_id] = max(day, decided.get(customer_id, day))
        for order in self.env["sale.order"].search_fetch(
            [
                ("partner_id.commercial_partner_id", "in", partner_ids),
                ("state", "=", "sale"),
                ("company_id", "=", self.company_id.id),
                ("date_order", ">=", since),
            ],
            ["partner_id", "date_order"],
        ):
            customer_id = order.partner_id.commercial_partner_id.id
            day = self._local_date(order.date_order)
            decided[customer_id] = max(day, decided.get(customer_id, day))
        return decided


class ContinuityHandoverLine(models.Model):
    _inherit = "continuity.handover.line"

    _guarded_fields = frozenset({"hold_ended_on"})

    hold_ended_on = fields.Date(readonly=True, copy=False)

    def _is_held(self, today):
        """Tell whether the customer may not be told yet, on a day.

        :rtype: bool
        """
        self.ensure_one()
        return (
            self.state in TO_TELL
            and self.tell_when == "hold"
            and bool(self.hold_until)
            and self.hold_until > today
        )

    def _first_day_to_tell(self):
        first = super()._first_day_to_tell()
        if self.tell_when == "hold" and self.hold_until:
            return max(first, self.hold_until)
        return first

    def _gate_problems(self):
        problems = super()._gate_problems()
        today = self.handover_id._local_date(fields.Datetime.now())
        if self.state == "moved" or self.override_reason or not self._is_held(today):
            return problems
        return [
            *problems,
            self.env._(
                "On hold: this customer is not told before %s.",
                format_date(self.env, self.hold_until),
            ),
        ]

    @api.depends("tell_when", "hold_until")
    def _compute_gate(self):
        return super()._compute_gate()

    def _obstacles_to_letter(self, touchpoint):
        obstacles = super()._obstacles_to_letter(touchpoint)
        today = self.handover_id._local_date(fields.Datetime.now())
        if touchpoint._origin and self._is_held(today):
            obstacles.append(
                self.env._(
                    "On hold: this customer is not told before %s.",
                    format_date(self.env, self.hold_until),
                )
            )
        return obstacles

    def write(self, vals):
        names = HOLD_FIELDS.intersection(vals)
        if vals.get("tell_when") == "now":
            vals = {**vals, "hold_until": False}
        result = super().write(vals)
        if names and not self.env.su:
            self._change_hold()
        return result

    def _change_hold(self):
        """Let contacts of plans under way follow a hold that somebody has changed.

        :raise UserError: without an end, or with one after the last joint day
        """
        for line in self.filtered(lambda x: x.plan_state in UNDER_WAY):
            if errors := line.handover_id._hold_errors(line):
                raise UserError("\n".join(errors))
            line.sudo().hold_ended_on = False
            line.sudo()._apply_timing()

    def _apply_timing(self):
        """Bring the contacts that are planned already in line with when these
        customers are told; visits before that day get another one."""
        policy_step = self.env["continuity.policy.step"]
        steps = {
            tier: policy_step._steps_for("handover", tier)
            for tier in self.sudo().mapped("tier_id")
        }
        too_early = self.browse()
        to_show = self.env["continuity.touchpoint"]
        for line in self.sudo():
            first = line._first_day_to_tell()
            plan = line.handover_id
            due = {"visit": plan._local_date(line.date_visit) or plan.date_end}
            for values in line._prepare_info_values(
                steps.get(line.tier_id, policy_step)
            ):
                due[values["occurrence"]] = values["date_due"]
            due["introduce"] = line._prepare_introduction_values()["date_due"]
            for touchpoint in line.touchpoint_ids.filtered(
                lambda t, d=due: t.occurrence in d
            ):
                to_show |= touchpoint._put_off(first, due[touchpoint.occurrence])
            if line.mode == "visit" and line.date_visit:
                if plan._local_date(line.date_visit) < first:
                    too_early |= line
        for plan, lines in too_early.grouped("handover_id").items():
            plan._place_again(lines.filtered(lambda x: x.visit_state != "held"))
        to_show._show()
