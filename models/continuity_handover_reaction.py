"""How a customer took the change (H7), and another successor where they refuse."""

from odoo import Command, fields, models
from odoo.exceptions import AccessError, UserError

from .continuity_touchpoint import OPEN_STATES

REACTIONS = [
    ("welcomes", "Welcomes it"),
    ("uneasy", "Uneasy"),
    ("refuses", "Refuses"),
]

# Which touchpoints tell that it is somebody else after all.
TELL_AGAIN = "tell:again:"


class ContinuityHandoverLine(models.Model):
    _inherit = "continuity.handover.line"

    _guarded_fields = frozenset(
        {"reaction", "reaction_words", "reaction_on", "reaction_by_id"}
    )

    reaction = fields.Selection(
        REACTIONS,
        string="Customer's Reaction",
        readonly=True,
        copy=False,
        help="How the customer took the change of their contact.",
    )
    reaction_words = fields.Text(
        string="In the Customer's Words", readonly=True, copy=False
    )
    reaction_on = fields.Datetime(string="Reaction Noted On", readonly=True, copy=False)
    reaction_by_id = fields.Many2one(
        "res.users",
        string="Reaction Noted By",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )

    def action_record_reaction(self):
        """Ask how the customer took the change."""
        self.ensure_one()
        self._check_may_record_reaction()
        return self._dialog(
            "continuity.handover.reaction", self.env._("Customer's Reaction")
        )

    def action_name_another(self):
        """Ask who takes the customer over instead.

        :raise AccessError: unless an approver of the plan or a manager
        """
        self.ensure_one()
        self.handover_id._check_may_manage()
        return self._dialog(
            "continuity.handover.successor", self.env._("Name Another Successor")
        )

    def _dialog(self, model, title):
        return {
            "type": "ir.actions.act_window",
            "res_model": model,
            "view_mode": "form",
            "target": "new",
            "name": title,
            "context": {"default_line_id": self.id},
        }

    def _check_may_record_reaction(self):
        """Refuse reactions noted by people who have no part in the handover, or
        before it runs.

        :raise AccessError: unless predecessor, successor, approver or manager
        :raise UserError: unless the customer is being, or was, handed over
        """
        for line in self:
            line.check_access("read")
            plan = line.handover_id
            people = line.leaver_id | line.successor_id
            if self.env.user not in people and not plan._may_manage():
                raise AccessError(
                    self.env._(
                        "How “%s” took it is noted by predecessor, successor or "
                        "manager.",
                        line.display_name,
                    )
                )
            # What had moved by then goes on when the rest of a plan is given up.
            moved = line.state in ("moved", "undoing", "undone")
            plan._check_state(
                "running", "reported", "done", *(["cancelled"] if moved else [])
            )
            if line.excluded:
                raise UserError(
                    self.env._("“%s” is left out of the plan.", line.display_name)
                )

    def _record_reaction(self, reaction, words=False):
        """Note how customers took the change. The successor hears of unease, the
        manager of a refusal.

        :param str reaction: welcomes, uneasy or refuses
        :param str words: what the customer said
        :raise AccessError: see :meth:`_check_may_record_reaction`
        :raise UserError: see :meth:`_check_may_record_reaction`
        """
        self._check_may_record_reaction()
        for line in self.sudo():
            before = line.reaction
            line.write(
                {
                    "reaction": reaction,
                    "reaction_words": words,
                    "reaction_on": fields.Datetime.now(),
                    "reaction_by_id": self.env.uid,
                }
            )
            if reaction == before:
                continue
            plan = line.handover_id
            if reaction == "refuses":
                plan._remind(
                    plan.manager_id,
                    lambda env, line=line: env._(
                        "%(customer)s refuses %(successor)s: name another successor, "
                        "or talk to them",
                        customer=line.display_name,
                        successor=line.successor_id.name,
                    ),
                    words,
                )
            elif reaction == "uneasy":
                plan._remind(
                    line.successor_id,
                    lambda env, line=line: env._(
                        "%s is uneasy about the change: give them a call soon",
                        line.display_name,
                    ),
                    words,
                )

    # === ANOTHER SUCCESSOR === #

    def _replace_successor(self, successor, reason):
        """Let somebody else take a customer over, before the cut-over. What the first
        one accepted has to be accepted anew; letters that name them are taken back.

        :param successor: ``res.users``
        :param str reason: kept in the chatter of the plan
        :raise AccessError: unless an approver of the plan or a manager
        :raise UserError: when it is too late, or this user cannot take over
        """
        self.ensure_one()
        plan = self.handover_id
        plan._check_may_manage()
        plan._check_state("submitted", "approved", "running")
        self._check_open()
        if not (reason or "").strip():
            raise UserError(self.env._("Say why somebody else takes over."))
        if successor in self.leaver_id | self.successor_id:
            raise UserError(
                self.env._(
                    "%s is part of it already: name somebody else.", successor.name
                )
            )
        if problem := plan._successor_problem(successor, plan.company_id):
            raise UserError(problem)
        line = self.sudo()
        former = line.successor_id
        letters = line.touchpoint_ids.filtered(lambda t: t._is_still_here())
        letters._lock_letters()
        for letter in letters:
            letter._take_back()
        line.write(
            {
                "successor_id": successor.id,
                "override_reason": False,
                "override_by_id": False,
                "override_on": False,
                "reaction": False,
            }
        )
        for check in line.check_ids.filtered(lambda c: c.state == "accepted"):
            check.write(
                {
                    "state": "confirmed" if check.confirmed_on else "prepared",
                    "accepted_by_id": False,
                    "accepted_on": False,
                }
            )
        line._follow_successor()
        plan.sudo().message_subscribe(partner_ids=successor.sudo().partner_id.ids)
        plan.sudo().message_post(
            body=self.env._(
                "%(customer)s: %(successor)s takes over instead of %(former)s. "
                "%(reason)s",
                customer=line.display_name,
                successor=successor.name,
                former=former.name,
                reason=reason,
            )
        )

    def _tell_again(self, values):
        """Plan that a customer who has heard of the first successor hears of the one
        in their stead.

        :param dict values: of the touchpoint an information-only customer gets
        """
        self.ensure_one()
        told = self._told_touchpoints()
        if self.plan_state != "running" or not told:
            return
        today = fields.Date.context_today(self)
        again = self.env["continuity.touchpoint"]._plan(
            [
                {
                    **values,
                    # Once for whatever they have heard so far, whoever is named.
                    "occurrence": f"{TELL_AGAIN}{len(told)}",
                    "date_due": today,
                    "date_show": today,
                }
            ]
        )
        again._show()

    def _follow_successor(self):
        """Bring contacts and visit in line with another successor."""
        self.ensure_one()
        self._update_letters()
        steps = self.env["continuity.policy.step"]._steps_for("handover", self.tier_id)
        planned = [
            *self._prepare_info_values(steps),
            self._prepare_introduction_values(),
        ]
        names = {values["occurrence"]: values["name"] for values in planned}
        for touchpoint in self.touchpoint_ids:
            if touchpoint.occurrence.startswith(TELL_AGAIN):
                names[touchpoint.occurrence] = planned[0]["name"]
            if touchpoint.state not in OPEN_STATES:
                continue
            if touchpoint == self.visit_touchpoint_id:
                touchpoint._set_people(
                    self._companions(), self.contact_ids, self.invite_customer
                )
            elif touchpoint.occurrence in names:
                name = names[touchpoint.occurrence]
                touchpoint.write(
                    {
                        "name": name,
                        "attendee_ids": [
                            Command.set((self.successor_id - touchpoint.user_id).ids)
                        ],
                    }
                )
                touchpoint.activity_id.summary = name
        self._tell_again(planned[0])
        if self.visit_state == "planned" and self.date_visit:
            try:
                self._check_visit_times()
            except UserError:
                self.handover_id._place_again(self)
