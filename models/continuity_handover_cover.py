"""Temporary cover: who is on leave gets their customers back on the day they return,
with everything that came in meanwhile. The same rules as for an undo hold.
"""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from .continuity_handover_undo import UNDO_STATES


class ContinuityHandover(models.Model):
    """A temporary leave ends by itself, or is turned into a lasting handover.

    ===========  =============================================================
    cover_state  means
    ===========  =============================================================
    away         covered until the day of return
    blocked      the day has come, and the scheduler cannot give the customers
                 back: ``return_problem`` says why, and the manager was asked
    returning    the scheduler gives the customers back
    returned     the customers are back
    lasting      the return was cancelled with a reason; the successor stays
    ===========  =============================================================
    """

    _inherit = "continuity.handover"
    _guarded_fields = frozenset(
        {
            "return_problem",
            "lasting_reason",
            "lasting_by_id",
            "lasting_on",
        }
    )

    cover_state = fields.Selection(
        [
            ("away", "Covered"),
            ("blocked", "Cannot Return"),
            ("returning", "Returning"),
            ("returned", "Returned"),
            ("lasting", "Lasting"),
        ],
        compute="_compute_cover_state",
        string="Temporary Cover",
    )
    return_problem = fields.Text(
        string="Why Nothing Has Returned", readonly=True, copy=False
    )
    lasting_reason = fields.Text(
        string="Why It Became Lasting", readonly=True, copy=False
    )
    lasting_by_id = fields.Many2one(
        "res.users",
        string="Made Lasting By",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    lasting_on = fields.Datetime(string="Lasting Since", readonly=True, copy=False)

    @api.depends("reason", "lasting_on", "return_problem", "line_ids.state")
    def _compute_cover_state(self):
        for plan in self:
            states = set(plan.line_ids.mapped("state"))
            if plan.reason != "leave" or not states & {"moved", "undoing", "undone"}:
                plan.cover_state = False
            elif plan.lasting_on:
                plan.cover_state = "lasting"
            elif "undoing" in states:
                plan.cover_state = "returning"
            elif "moved" not in states:
                plan.cover_state = "returned"
            else:
                plan.cover_state = "blocked" if plan.return_problem else "away"

    # === THE RETURN === #

    @api.model
    def _cron_return(self):
        """Give the customers of those who return from a leave back; one plan at a
        time."""
        plans = self.sudo().search(
            [
                ("reason", "=", "leave"),
                ("return_date", "<=", fields.Date.today()),
                ("lasting_on", "=", False),
                ("state", "in", UNDO_STATES),
                ("line_ids.state", "in", ("open", "queued", "moved")),
            ]
        )
        plans._run_each(lambda plan: plan._return_from_leave())

    def _return_from_leave(self):
        """Give everything of a leave back to those who are back, as far as they can
        take it; of the others the manager is asked. Nothing on no plan."""
        for plan in self.sudo():
            lines = plan.line_ids.filtered(lambda line: not line.excluded)
            problems = {
                leaver: plan._predecessor_problem(leaver, plan.company_id)
                for leaver in lines.leaver_id
            }
            present = lines.filtered(lambda x, p=problems: not p[x.leaver_id])
            plan._keep_return_problem("\n".join(filter(None, problems.values())))
            # What has not been handed over by now is not any more.
            waiting = present.filtered(lambda x: x.state in ("open", "queued"))
            reason = plan._return_reason()
            waiting.write({"state": "left", "left_reason": reason})
            waiting.touchpoint_ids._cancel(reason)
            moved = present.filtered(lambda x: x.state == "moved")
            if moved:
                plan._start_undo(moved, "return", reason, with_arrivals=True)

    def _return_reason(self):
        """Say why the customers go back."""
        self.ensure_one()
        return self.env._(
            "Back from leave on %s.", format_date(self.env, self.return_date)
        )

    def _keep_return_problem(self, problem):
        """Note why customers cannot go back, and ask the manager once per reason."""
        self.ensure_one()
        if problem and problem != self.return_problem:
            self._remind(
                self.manager_id,
                lambda env: env._(
                    "%s: decide what becomes of the customers of the leave",
                    self.name,
                ),
                problem,
            )
        self.return_problem = problem or False

    # === DECISIONS === #

    def _check_cover(self):
        """Refuse decisions on what is no cover under way.

        :raise AccessError: unless an approver of the plan or a manager
        :raise UserError: when the plan is no leave, or nothing of it is away
        """
        self._check_may_manage()
        for plan in self:
            if plan.reason != "leave":
                raise UserError(
                    self.env._("%s is no temporary leave: nobody returns.", plan.name)
                )
            plan._check_state("approved", *UNDO_STATES)
            if plan.lasting_on:
                raise UserError(
                    self.env._("%s was made a lasting handover already.", plan.name)
                )
            if plan.cover_state == "returned":
                raise UserError(
                    self.env._("The customers of %s are back already.", plan.name)
                )

    def action_change_return(self):
        """Open the dialog that brings the return forward, puts it off or cancels it."""
        self.ensure_one()
        self._check_cover()
        return {
            "type": "ir.actions.act_window",
            "res_model": "continuity.handover.return",
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Return From Leave"),
            "context": {"default_handover_id": self.id},
        }

    def _change_return(self, day, reason):
        """Bring the return forward, or put it off.

        :param date day: the first day back; today or in the past means now
        :param str reason: kept in the chatter
        :raise AccessError: unless an approver of the plan or a manager
        :raise UserError: without a day or a reason, or when nothing can return
        """
        self.ensure_one()
        self._check_cover()
        if not day or not (reason or "").strip():
            raise UserError(self.env._("Give the day of return, and say why."))
        if day < self.date_start:
            raise ValidationError(
                self.env._("The return lies before the period begins.")
            )
        plan = self.sudo()
        before = plan.return_date
        plan.return_date = day
        plan.message_post(
            body=self.env._(
                "Return moved from %(before)s to %(after)s: %(reason)s",
                before=format_date(self.env, before) if before else "–",
                after=format_date(self.env, day),
                reason=reason,
            )
        )
        if day <= fields.Date.context_today(self):
            plan._return_from_leave()

    def _make_lasting(self, reason):
        """Cancel the return: from now on it is a handover like any other.

        :param str reason: stored
        :raise AccessError: unless an approver of the plan or a manager
        :raise UserError: without a reason, or when nobody is away
        """
        self.ensure_one()
        self._check_cover()
        if not (reason or "").strip():
            raise UserError(self.env._("Say why nobody returns."))
        plan = self.sudo()
        plan.write(
            {
                "lasting_reason": reason,
                "lasting_by_id": self.env.uid,
                "lasting_on": fields.Datetime.now(),
                "return_problem": False,
            }
        )
        plan.message_post(body=self.env._("The cover becomes lasting: %s", reason))
