"""Who inside the company is told of an agreement before anybody outside (X1)."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

# Of the agreement, while its internal plan is carried out.
TOLD_IN = ("approved", "running")


class ContinuityFactoringInternal(models.Model):
    """One step of the internal plan: who is told inside, by whom, how and by when.

    ==========  ===============================================================
    state       means
    ==========  ===============================================================
    open        to be done; nobody outside is told before
    done        somebody says that it is done, with the day
    excused     a manager or an approver does without it and says why
    ==========  ===============================================================
    """

    _name = "continuity.factoring.internal"
    _description = "Internal Step of a Factoring Agreement"
    _inherit = ["continuity.document.mixin", "continuity.guarded.mixin"]
    _order = "factoring_id, days_before desc, id"
    # Nobody outside reads it, and nobody follows what may be confidential.
    _mail_post_access = "read"

    _guarded_fields = frozenset({"code", "state", "done_by_id", "done_on", "reason"})

    factoring_id = fields.Many2one(
        "continuity.factoring",
        string="Agreement",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="factoring_id.company_id", store=True, index=True, precompute=True
    )
    plan_state = fields.Selection(
        related="factoring_id.state", string="Agreement Status"
    )
    code = fields.Char(
        string="Proposed As", readonly=True, copy=False, help="Empty: somebody's own."
    )
    name = fields.Char(string="Step", required=True)
    note = fields.Text(string="What Is Said")
    user_id = fields.Many2one(
        "res.users",
        string="By Whom",
        required=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self.env.user,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    told_user_ids = fields.Many2many(
        "res.users",
        "continuity_factoring_internal_told_rel",
        string="Who Is Told",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="They may read this step once the agreement is approved.",
    )
    how = fields.Selection(
        [
            ("meeting", "Meeting"),
            ("call", "Call"),
            ("message", "Message"),
        ],
        required=True,
        default="meeting",
    )
    days_before = fields.Integer(
        default=3,
        help="So many days before the first customer hears of it.",
    )
    deadline = fields.Date(compute="_compute_deadline", store=True)
    state = fields.Selection(
        [("open", "Open"), ("done", "Done"), ("excused", "Not Needed")],
        string="Status",
        required=True,
        default="open",
        readonly=True,
        copy=False,
        index=True,
    )
    done_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    done_on = fields.Datetime(readonly=True, copy=False)
    reason = fields.Char(string="Why Not Needed", readonly=True, copy=False)

    _days = models.Constraint(
        "CHECK(days_before >= 0)", "Inside hears of it first: count days from zero."
    )

    @api.depends("days_before", "factoring_id.tell_from")
    def _compute_deadline(self):
        for step in self:
            first = step.factoring_id.tell_from
            step.deadline = first and fields.Date.subtract(first, days=step.days_before)

    def _may_be_followed(self):
        return False

    # === WRITING THE PLAN === #

    @api.model_create_multi
    def create(self, vals_list):
        steps = super().create(vals_list)
        if not self.env.su:
            steps._check_may_edit()
        return steps

    def write(self, vals):
        if not self.env.su:
            self._check_may_edit()
            if "factoring_id" in vals:
                raise AccessError(
                    self.env._("A step stays with its agreement: add it there.")
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_from_drafts(self):
        if not self.env.su:
            self.factoring_id._check_state("draft")
            self.factoring_id._check_author()

    def _check_may_edit(self):
        """Refuse changes by people who do not write the agreement, or of what is done.

        :raise AccessError: unless author, approver or manager
        :raise UserError: when a step is done, or the agreement is over
        """
        self.factoring_id._check_author()
        self.factoring_id._check_state("draft", *TOLD_IN)
        if done := self.filtered(lambda step: step.state != "open")[:1]:
            raise UserError(
                self.env._("“%s” is done and stays on record: add a step.", done.name)
            )

    # === CARRYING IT OUT === #

    def _share(self):
        """Give whoever does these steps their to-dos; whoever answers questions has
        those of people who do not use this app."""
        for step in self.sudo().filtered(lambda s: s.state == "open"):
            user = step.user_id
            if not step.with_user(user).has_access("read"):
                user = step.factoring_id.contact_id
            step._remind(
                user,
                lambda env, step=step: env._(
                    "Before customers hear of %(agreement)s: %(step)s",
                    agreement=step.factoring_id.name,
                    step=step.name,
                ),
                step.note or "",
                step.deadline,
            )

    def action_done(self):
        """Record that everybody of these steps has been told.

        :raise AccessError: unless who does it, or who decides on the agreement
        :raise UserError: before the agreement is approved
        """
        self.check_access("read")
        for step in self:
            agreement = step.factoring_id.sudo()
            if self.env.user not in step.user_id | agreement.contact_id:
                step.factoring_id._check_may_manage()
        self._end("done")

    def action_excuse(self):
        """Ask why the agreement does without these steps."""
        return self.env["continuity.reason.wizard"]._open(self, "excuse_internal")

    def _excuse(self, reason):
        """Do without steps of the internal plan.

        :param str reason: kept on the step
        :raise AccessError: unless an approver or a manager
        :raise UserError: without a reason, or before the agreement is approved
        """
        if not (reason or "").strip():
            raise UserError(self.env._("Say why nobody needs to be told."))
        self.factoring_id._check_may_manage()
        self._end("excused", reason)

    def action_reopen(self):
        """Owe steps again that were ended by mistake; letters not sent yet wait.

        :raise AccessError: unless author, approver or manager
        """
        self.factoring_id._check_author()
        self.factoring_id.sudo()._check_state(*TOLD_IN)
        ended = self.sudo().filtered(lambda step: step.state != "open")
        ended.write(
            {"state": "open", "done_by_id": False, "done_on": False, "reason": False}
        )
        ended._share()

    def _end(self, state, reason=False):
        """End steps; when they were the last, the customers' turn comes."""
        self.factoring_id.sudo()._check_state(*TOLD_IN)
        # Who ends them was checked by the caller.
        steps = self.sudo().filtered(lambda step: step.state == "open")
        steps.write(
            {
                "state": state,
                "done_by_id": self.env.uid,
                "done_on": fields.Datetime.now(),
                "reason": reason,
            }
        )
        steps.activity_unlink(["mail.mail_activity_data_todo"])
        steps.factoring_id._plan_told_inside()
