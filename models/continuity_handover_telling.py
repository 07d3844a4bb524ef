"""How each customer hears of a handover (H7): which letter, signed by whom, and the
contacts besides the joint visit.
"""

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize

from .continuity_touchpoint import OPEN_STATES

LETTER = "customer_continuity.letter_handover_%s"


class MailTemplate(models.Model):
    _inherit = "mail.template"

    continuity_signer = fields.Selection(
        [("joint", "Predecessor and successor"), ("manager", "Manager")],
        string="Signed in a Handover By",
        help="Empty: by whoever is responsible for the letter.",
    )


class ContinuityHandover(models.Model):
    _inherit = "continuity.handover"

    letter_template_id = fields.Many2one(
        "mail.template",
        string="Letter to Customers",
        compute="_compute_letter_template_id",
        store=True,
        readonly=False,
        ondelete="set null",
        domain=[("model", "=", "continuity.touchpoint")],
        help="For customers who are told in writing. Proposed by the reason.",
    )

    @api.depends("reason")
    def _compute_letter_template_id(self):
        for plan in self:
            plan.letter_template_id = plan._reason_letter()

    def _reason_letter(self):
        """Return the letter shipped for the reason of this plan, if it is still there.

        :rtype: mail.template
        """
        self.ensure_one()
        template = self.reason and self.env.ref(
            LETTER % self.reason, raise_if_not_found=False
        )
        return template or self.env["mail.template"]

    def _line_errors(self):
        return super()._line_errors() + self._wording_errors()

    def _wording_errors(self):
        """Return what keeps letters of this plan from ever being released: without a
        reason that customers read there is none.

        :rtype: list[str]
        """
        self.ensure_one()
        if (self.customer_reason or "").strip():
            return []
        # Whether somebody is written to shows nothing but their name in the plan.
        lines = self.sudo().line_ids.filtered(lambda line: not line.excluded)
        line = lines._first_told_in_writing()
        if not line:
            return []
        if self.state != "draft":
            return [
                self.env._(
                    "%s would be told by letter or mail, without a reason to read: "
                    "let them be visited or called, or take the plan back to draft "
                    "and fill in “What Customers Are Told”.",
                    line.display_name,
                )
            ]
        return [
            self.env._(
                "%s is told by letter or mail: write under “What Customers Are Told” "
                "the reason they will read.",
                line.display_name,
            )
        ]

    def _submission_warnings(self):
        return super()._submission_warnings() + self._reason_warnings()

    def _is_reason_untranslated(self, lang):
        """Tell whether customers who get letters in a language would read the reason
        in another one.

        :param str lang: code of the language of the letter
        :rtype: bool
        """
        self.ensure_one()
        return self._is_text_untranslated("customer_reason", lang)


class ContinuityHandoverLine(models.Model):
    _inherit = "continuity.handover.line"

    letter_template_id = fields.Many2one(
        "mail.template",
        string="Letter to This Customer",
        ondelete="set null",
        domain=[("model", "=", "continuity.touchpoint")],
        help="Empty: as the plan says.",
    )
    introduce_in_writing = fields.Boolean(
        string="Introduce in Writing as Well",
        help="Before the joint visit the customer gets a letter that names the "
        "successor and the day. It is released by a person, as every letter.",
    )

    # === WHICH LETTER, SIGNED BY WHOM === #

    def _letter_template(self, met=False):
        """Return the letter this customer gets: their own, else the plan's. Unless
        somebody chose another, there are two that take its place: who was visited is
        offered no visit any more, and who has left already signs nothing.

        :param bool met: for the letter after the joint visit
        :rtype: mail.template
        """
        self.ensure_one()
        if self.letter_template_id:
            return self.letter_template_id
        plan = self.handover_id
        proposed = plan.letter_template_id
        if proposed != plan._reason_letter() or (self.leaver_id.active and not met):
            return proposed
        other = self.env.ref(
            LETTER % ("met" if met else "gone"), raise_if_not_found=False
        )
        return other or proposed

    def _teller(self):
        """Return who tells the customer: the predecessor, or the successor of somebody
        who has left already.

        :rtype: res.users
        """
        self.ensure_one()
        return self.leaver_id if self.leaver_id.active else self.successor_id

    @api.model
    def _pass_on_telling(self, leavers):
        """Let the successors make the contacts that predecessors who have just left
        still owed, in nobody's list otherwise; the scheduler shows them.

        :param leavers: ``res.users`` that were archived
        """
        touchpoints = self.env["continuity.touchpoint"].search(
            [
                ("origin_model", "=", self._name),
                ("state", "in", OPEN_STATES),
                ("user_id", "in", leavers.ids),
            ]
        )
        lines = self.browse(touchpoints.mapped("origin_id")).exists()
        lines = lines.filtered(
            lambda x: (
                x.leaver_id in leavers
                and x.successor_id.active
                and x.state in ("open", "queued", "moved")
            )
        )
        for line in lines:
            owed = touchpoints.filtered(lambda t, x=line: t.origin_id == x.id)
            owed._withdraw()
            owed.write(
                {
                    "user_id": line.successor_id.id,
                    "attendee_ids": [Command.unlink(line.successor_id.id)],
                }
            )
        lines._update_letters()

    def _prepare_letter_values(self, met=False):
        """Return what makes a touchpoint of this line a letter.

        :param bool met: for the letter after the joint visit
        :rtype: dict
        """
        self.ensure_one()
        template = self._letter_template(met)
        teller = self._teller()
        signer = cosigner = self.env["res.users"]
        if template.continuity_signer == "manager":
            signer = self.handover_id.manager_id
        elif template.continuity_signer == "joint":
            signer = teller
            cosigner = self.successor_id - teller
        return {
            "template_id": template.id,
            "signer_id": signer.id,
            "cosigner_id": cosigner.id,
        }

    def _reachable_first(self, channels):
        """Return channels with those last that have no address to go to.

        :param channels: ``continuity.channel`` in the order of the policy
        """
        self.ensure_one()
        email = self.contact_ids[:1].email or self.partner_id.email
        if email_normalize(email or ""):
            return channels
        others = channels.filtered(lambda c: c.letter_medium != "mail")
        return others + (channels - others)

    def _update_letters(self):
        """Let letters nobody has released yet follow a change of letter or people."""
        for line in self.sudo():
            letters = line.touchpoint_ids.filtered(
                lambda t: (
                    t.state in OPEN_STATES
                    and not t._has_frozen_letter()
                    and t.occurrence.startswith(("tell:", "introduce", "after:"))
                )
            )
            after = letters.filtered(lambda t: t.occurrence.startswith("after:"))
            after.write(line._prepare_letter_values(met=True))
            (letters - after).write(line._prepare_letter_values())

    # === WHAT IS PLANNED BESIDE THE VISIT === #

    def write(self, vals):
        result = super().write(vals)
        if vals.get("introduce_in_writing"):
            self._check_reason_to_read()
        if {"letter_template_id", "introduce_in_writing"}.intersection(vals):
            running = self.filtered(lambda x: x.plan_state == "running")
            running._update_letters()
            if "introduce_in_writing" in vals:
                running.sudo()._plan_introductions()
        return result

    def _check_reason_to_read(self):
        """Refuse letters that could never be released, once the plan is approved; until
        then its submission and approval do (``_wording_errors``).

        :raise UserError: when the plan does not say what customers are told
        """
        for plan in self.sudo().handover_id:
            reason = (plan.customer_reason or "").strip()
            if plan.state in ("approved", "running") and not reason:
                raise UserError(
                    self.env._(
                        "%s names no reason customers could read, so nobody can be "
                        "introduced in writing: let them be called.",
                        plan.name,
                    )
                )

    def _plan_touchpoints(self):
        result = super()._plan_touchpoints()
        self._plan_introductions()
        return result

    def _plan_introductions(self):
        """Plan the letters that announce joint visits, or withdraw those nobody wants
        any more."""
        wanted = self.filtered(
            lambda x: (
                x.introduce_in_writing
                and x.mode == "visit"
                and x.state == "open"
                and x.relationship_id
            )
        )
        self.env["continuity.touchpoint"]._plan(
            [line._prepare_introduction_values() for line in wanted]
        )
        unwanted = self.filtered(lambda x: not x.introduce_in_writing)
        unwanted.touchpoint_ids.filtered(
            lambda t: t.occurrence == "introduce" and not t.attempt_ids
        )._cancel(self.env._("The customer is not introduced in writing."))

    def _prepare_introduction_values(self):
        """Return the touchpoint of the letter that announces the visit."""
        self = self.with_context(lang=self._teller().lang)
        plan = self.handover_id
        start = self._first_day_to_tell()
        visit = plan._local_date(self.date_visit)
        return self._prepare_written_values(
            "introduce",
            name=self.env._(
                "Introduce %(successor)s in writing: %(customer)s",
                successor=self.successor_id.name,
                customer=self.display_name,
            ),
            date_due=max(start, fields.Date.subtract(visit, days=7))
            if visit
            else start,
            date_show=start,
        )

    def _prepare_written_values(self, occurrence, **values):
        """Return the touchpoint of a letter by mail, else on paper."""
        channels = self.env.ref("customer_continuity.channel_email")
        channels |= self.env.ref("customer_continuity.channel_letter")
        return self._prepare_touchpoint_values(
            occurrence,
            channels,
            purpose="handover",
            user_id=self._teller().id,
            contact_ids=[Command.set(self.contact_ids.ids)],
            **{**self._prepare_letter_values(), **values},
        )

    def _first_day_to_tell(self):
        """Return the first day this customer may hear of the change; extensions put
        it off.

        :rtype: datetime.date
        """
        self.ensure_one()
        return max(self.handover_id.date_start, self.handover_id.announce_date)

    def _touchpoint_done(self, touchpoints):
        result = super()._touchpoint_done(touchpoints)
        met = self.filtered(lambda x: x.visit_touchpoint_id in touchpoints)
        self.env["continuity.touchpoint"]._plan(
            [values for line in met for values in line._prepare_after_visit_values()]
        )
        return result

    def _touchpoint_taken_back(self, touchpoints):
        """Letters planned after a visit speak of it.

        :raise UserError: for a visit after which letters were planned
        """
        visits = self.visit_touchpoint_id & touchpoints
        if visits.filtered(lambda t: t.state == "done") and self.env[
            "continuity.touchpoint"
        ].sudo().search_count(
            [
                ("origin_model", "=", self._name),
                ("origin_id", "in", visits.mapped("origin_id")),
                ("occurrence", "=like", "after:%"),
            ],
            limit=1,
        ):
            raise UserError(
                self.env._(
                    "After this visit a letter was planned: ask the approver of the "
                    "plan to correct the report."
                )
            )
        return super()._touchpoint_taken_back(touchpoints)

    def _prepare_after_visit_values(self):
        """Return the touchpoints of the letters that the policy asks for after the
        visit; without such steps there is none."""
        self.ensure_one()
        steps = self.env["continuity.policy.step"]._steps_for("handover", self.tier_id)
        self = self.with_context(lang=self._teller().lang)
        met_on = self.handover_id._local_date(self.visit_touchpoint_id.date_done)
        return [
            self._prepare_written_values(
                f"after:{step.id}",
                channel_ids=step._ordered_channels().ids,
                name=self.env._("Letter after the visit: %s", self.display_name),
                date_due=fields.Date.add(met_on, days=step.offset_days),
                **self._prepare_letter_values(met=True),
            )
            for step in steps[1:]
            if all(step.channel_ids.mapped("written"))
        ]
