"""When a customer is told of a handover (H6): now with both people, or after a deal
has closed; what that rests on. What a hold does is in ``continuity_handover_hold.py``.
"""

from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, format_date

from .continuity_concern import OPEN_STATES as OPEN_CONCERNS

# From this probability on a deal is in its last steps, wherever it stands.
LIKELY = 70
# The last third of the stages before the won one are the last steps.
LAST_STEPS = 3
# What makes a decision of the customer's wait for.
DECISIONS = ("closing", "validity")


class ContinuityHandoverProposed(models.AbstractModel):
    _inherit = "continuity.handover.proposed"

    tell_when = fields.Selection(
        [("now", "Now, together"), ("hold", "On hold")],
        string="When to Tell",
        default="now",
        required=True,
        help="On hold: the customer hears nothing before the day given, usually until "
        "a deal in its last steps has closed. Too early worries, too late betrays.",
    )
    hold_until = fields.Date(
        string="Told From",
        help="The day the hold ends. It ends earlier when the deal is won or lost, and "
        "moves with its expected closing, never beyond the last day both can visit.",
    )
    timing = fields.Json(
        readonly=True,
        help="Technical: what the proposal of when to tell the customer rests on.",
    )
    timing_reason = fields.Char(compute="_compute_timing_reason", string="Why Then")

    @api.depends("timing", "tell_when", "hold_until")
    @api.depends_context("lang")
    def _compute_timing_reason(self):
        for line in self:
            line.timing_reason = line._describe_own_timing()

    def _describe_own_timing(self):
        """Say why this customer is told when.

        :rtype: str
        """
        self.ensure_one()
        timing = self.timing or {}
        day = self.tell_when == "hold" and self.hold_until
        by_hand = (timing.get("proposed") or False) != (
            day and fields.Date.to_string(day)
        )
        return self.env["continuity.handover"]._describe_timing(timing, by_hand)


class ContinuityHandoverLine(models.Model):
    """What the timing rests on tells of deals, complaints and invoices: it is for those
    who take part and for those who may see the customer, like the brief."""

    _inherit = "continuity.handover.line"

    timing = fields.Json(groups=fields.NO_ACCESS, copy=False)

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(
            [{k: v for k, v in vals.items() if k != "timing"} for vals in vals_list]
        )
        for line, vals in zip(lines, vals_list, strict=True):
            if vals.get("timing"):
                # Nobody reads it back; super has checked who drafts.
                line.sudo().timing = vals["timing"]
        return lines

    def write(self, vals):
        if self.env.su or "timing" not in vals:
            return super().write(vals)
        self.check_access("write")
        self._check_editable(vals)
        vals = dict(vals)
        # Nobody reads it back; who may change it was checked above.
        self.sudo().timing = vals.pop("timing")
        return super().write(vals)

    @api.depends("leaver_id", "successor_id", "plan_state")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_timing_reason(self):
        told = self._told_of_timing()
        for line in self:
            line.timing_reason = line in told and line.sudo()._describe_own_timing()

    def _told_of_timing(self):
        """Return the lines of which the user may know why they are told when.

        :rtype: continuity.handover.line
        """
        user = self.env.user
        visible = self.relationship_id.with_env(self.env)._filtered_access("read")

        def is_told(line):
            plan = line.handover_id
            people = line.leaver_id | plan.create_uid
            if plan._was_approved():
                people |= line.successor_id
            return (
                self.env.su
                or user in people
                or line.relationship_id in visible
                or plan.with_env(self.env)._may_manage()
            )

        return self.filtered(lambda line: is_told(line.sudo()))


class ContinuityHandover(models.Model):
    _inherit = "continuity.handover"

    def _first_contact_day(self):
        """Return the first day any customer of this plan may be told.

        :rtype: datetime.date
        """
        self.ensure_one()
        return max(self.date_start, self.announce_date)

    def _last_joint_day(self):
        """Return the last day predecessor and successor can both visit.

        :rtype: datetime.date
        """
        self.ensure_one()
        return min(filter(None, (self.date_end, self.last_day)))

    # === THE PROPOSAL === #

    def _propose_timing(self, partner_ids, today=None):
        """Propose when each of some customers is told, given the dates of this plan.

        Runs with the rights of the app, as :meth:`_propose_lines`: the caller has
        checked who drafts.

        :param partner_ids: ids of customers
        :param date today: the day to decide on; the first day of the plan without
        :return: values of ``continuity.handover.proposed`` by customer id
        :rtype: dict[int, dict]
        """
        self.ensure_one()
        plan = self.sudo()
        first = max(plan._first_contact_day(), today or plan.date_start)
        partners = self.env["res.partner"].sudo().browse(partner_ids)
        unseen = plan._find_unseen(partners, plan.leaver_ids, plan.company_id)
        facts = plan._collect_timing_facts((partners - unseen).ids, first)
        return {pid: plan._decide_timing(facts[pid], first) for pid in partner_ids}

    def _decide_timing(self, reasons, first):
        """Return when one customer is told.

        :param list reasons: pairs of a code and a value, see
            :meth:`_collect_timing_facts`
        :param date first: the first day the customer may be told
        :rtype: dict
        """
        limit = self._last_joint_day()
        decisions = [day for code, day in reasons if code in DECISIONS]
        complaint = any(code == "complaint" for code, _value in reasons)
        timing = {"reasons": [], "follows": False, "proposed": False}
        tell_when, hold_until = "now", False
        too_late = bool(decisions) and max(decisions) > limit
        if decisions and not complaint and not too_late:
            after = self.company_id.continuity_hold_after
            wished = max(decisions) + timedelta(days=after)
            hold_until = min(wished, limit)
            if hold_until > first:
                tell_when = "hold"
                timing["follows"] = True
                timing["proposed"] = fields.Date.to_string(hold_until)
                reasons = [r for r in reasons if r[0] in DECISIONS]
                if wished > limit:
                    reasons = [*reasons, ("cut", limit)]
            else:
                hold_until = False
        if tell_when == "now":
            reasons = [
                ("late", day) if code in DECISIONS else (code, day)
                for code, day in reasons
                if code not in DECISIONS or day > limit
            ]
            reasons = [*reasons, ("last_day", limit)]
        timing["reasons"] = [
            [code, fields.Date.to_string(v) if hasattr(v, "year") else v]
            for code, v in reasons
        ]
        return {"tell_when": tell_when, "hold_until": hold_until, "timing": timing}

    def _collect_timing_facts(self, partner_ids, first):
        """Read, in a few queries, what the timing of some customers rests on;
        extensions add reasons, and their words in :meth:`_describe_timing_reason`.

        :param list partner_ids: ids of customers
        :param date first: the first day they may be told
        :return: by customer id pairs of a code and a date or number. Codes in
            ``DECISIONS`` are a decision the customer is about to make.
        :rtype: dict[int, list[tuple]]
        """
        found = defaultdict(list)
        for partner_id, day in self._find_closings(partner_ids, first):
            found[partner_id].append(("closing", day))
        for partner_id, day in self._find_validities(partner_ids, first):
            found[partner_id].append(("validity", day))
        company = self.company_id
        counts = (
            (
                "complaint",
                self.env["continuity.concern"],
                [
                    ("state", "in", OPEN_CONCERNS),
                    ("kind", "=", "complaint"),
                    ("company_id", "=", company.id),
                ],
            ),
            (
                "overdue",
                self.env["account.move"],
                [
                    ("move_type", "=", "out_invoice"),
                    ("state", "=", "posted"),
                    ("payment_state", "in", ("not_paid", "partial")),
                    ("invoice_date_due", "<", fields.Date.today()),
                    ("company_id", "=", company.id),
                ],
            ),
        )
        for code, model, domain in counts:
            numbers = defaultdict(int)
            for partner, count in model._read_group(
                [("partner_id.commercial_partner_id", "in", partner_ids), *domain],
                ["partner_id"],
                ["__count"],
            ):
                numbers[partner.commercial_partner_id.id] += count
            for partner_id, count in numbers.items():
                found[partner_id].append((code, count))
        for partner_id, day in self._find_renewals(partner_ids, first):
            found[partner_id].append(("renewal", day))
        for partner_id, day in self._find_replacements(partner_ids, first):
            found[partner_id].append(("replacement", day))
        return found

    def _find_closings(self, partner_ids, first):
        """Yield customer and expected closing of deals in their last steps."""
        leads = self.env["crm.lead"].search_fetch(
            [
                ("partner_id.commercial_partner_id", "in", partner_ids),
                ("type", "=", "opportunity"),
                ("won_status", "=", "pending"),
                ("company_id", "in", [self.company_id.id, False]),
                ("date_deadline", ">=", first),
            ],
            ["partner_id", "date_deadline", "stage_id", "probability"],
        )
        stages = self.env["crm.stage"].search([("is_won", "=", False)])
        last = stages[-max(1, len(stages) // LAST_STEPS) :]
        soon = first + timedelta(days=self.company_id.continuity_hold_before)
        for lead in leads:
            if (
                lead.date_deadline <= soon
                or lead.stage_id in last
                or lead.probability >= LIKELY
            ):
                yield lead.partner_id.commercial_partner_id.id, lead.date_deadline

    def _find_validities(self, partner_ids, first):
        """Yield customer and last day of sent quotations that are decided while both
        can still visit."""
        for order in self.env["sale.order"].search_fetch(
            [
                ("partner_id.commercial_partner_id", "in", partner_ids),
                ("state", "=", "sent"),
                ("company_id", "=", self.company_id.id),
                ("validity_date", ">=", first),
                ("validity_date", "<=", self._last_joint_day()),
            ],
            ["partner_id", "validity_date"],
        ):
            yield order.partner_id.commercial_partner_id.id, order.validity_date

    def _find_renewals(self, partner_ids, first):
        """Yield customer and day of orders that are due again while both can still
        visit, by the customer's own interval."""
        limit = self._last_joint_day()
        for relationship in self.env["continuity.relationship"].search_fetch(
            [
                ("partner_id", "in", partner_ids),
                ("company_id", "=", self.company_id.id),
                ("reorder_interval", ">", 0),
                ("last_purchase_date", "!=", False),
            ],
            ["partner_id", "reorder_interval", "last_purchase_date"],
        ):
            days = round(relationship.reorder_interval)
            day = relationship.last_purchase_date + timedelta(days=days)
            if first <= day <= limit:
                yield relationship.partner_id.id, day

    def _find_replacements(self, partner_ids, first):
        """Return pairs of customer and first day on which a product they bought last
        so many months ago has to be replaced while both can still visit.

        :rtype: list[tuple]
        """
        for model in ("sale.order", "sale.order.line", "product.template"):
            self.env[model].flush_model()
        return self.env.execute_query(
            SQL(
                """SELECT partner_id, MIN(day)
                     FROM (SELECT p.commercial_partner_id AS partner_id,
                                  (MAX(COALESCE(o.commitment_date, o.date_order))
                                   + make_interval(months =>
                                         t.continuity_cycle_months))::date AS day
                             FROM sale_order o
                             JOIN res_partner p ON p.id = o.partner_id
                             JOIN sale_order_line l ON l.order_id = o.id
                             JOIN product_product v ON v.id = l.product_id
                             JOIN product_template t ON t.id = v.product_tmpl_id
                            WHERE p.commercial_partner_id = ANY(%(partners)s)
                              AND o.company_id = %(company)s AND o.state = 'sale'
                              AND l.product_uom_qty > 0
                              AND t.continuity_cycle_months > 0
                         GROUP BY p.commercial_partner_id, t.id) bought
                    WHERE day BETWEEN %(first)s AND %(limit)s
                 GROUP BY partner_id""",
                partners=partner_ids,
                company=self.company_id.id,
                first=first,
                limit=self._last_joint_day(),
            )
        )

    def action_propose_timing(self):
        """Propose anew when each customer of a draft is told.

        :raise AccessError: unless author, approver or manager
        :raise UserError: unless it is a draft
        """
        self.check_access("write")
        self._check_author()
        self._check_state("draft")
        for plan in self:
            lines = plan.line_ids.filtered("partner_id")
            proposals = plan._propose_timing(lines.partner_id.ids)
            for line in lines:
                line.write(proposals[line.partner_id.id])
            first = plan._first_contact_day()
            early = lines.filtered(
                lambda x, f=first: (
                    x.date_visit
                    and x.handover_id._local_date(x.date_visit) < x._first_visit_day(f)
                )
            )
            if early:
                early.date_visit = False
                plan._suggest_dates()

    # === IN WORDS === #

    @api.model
    def _describe_timing(self, timing, by_hand=False):
        """Say why a customer is told now or later.

        :param dict timing: see ``continuity.handover.proposed``
        :param bool by_hand: somebody decided otherwise than proposed
        :rtype: str
        """
        if not timing:
            return ""
        texts = [self._describe_timing_reason(*r) for r in timing.get("reasons", ())]
        text = ", ".join(filter(None, texts))
        if by_hand:
            return self.env._("decided by hand; known was: %s", text)
        if timing.get("follows"):
            return self.env._("after the decision: %s", text)
        return self.env._("now, with both people: %s", text)

    @api.model
    def _describe_timing_reason(self, code, value):
        """Put one reason for the timing into words.

        :rtype: str
        """
        if code not in ("complaint", "overdue"):
            value = value and format_date(self.env, value)
        match code:
            case "closing":
                return self.env._("deal closing %s", value)
            case "validity":
                return self.env._("quotation valid until %s", value)
            case "complaint":
                return self.env._("open complaints: %s", value)
            case "overdue":
                return self.env._("overdue invoices: %s", value)
            case "renewal":
                return self.env._("next order due %s", value)
            case "replacement":
                return self.env._("product to be replaced %s", value)
            case "late":
                return self.env._("decision only on %s, when it is too late", value)
            case "last_day":
                return self.env._("last day both can visit %s", value)
            case "cut":
                return self.env._("cut to %s, the last day both can visit", value)
            case "closed":
                return self.env._("decided on %s", value)
        return ""
