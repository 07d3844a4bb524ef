from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .continuity_handover_step import ACTORS
from .continuity_handover_undo import NAMED


class ContinuityHandoverLineStep(models.Model):
    """One outside step of one customer: open until somebody says it is done.

    ========  ================================================================
    state     means
    ========  ================================================================
    open      still to do
    done      done outside Odoo, by whom and when
    needless  does not apply to this customer, with the remark why
    ========  ================================================================
    """

    _name = "continuity.handover.line.step"
    _description = "Outside Step of a Customer"
    _inherit = ["continuity.guarded.mixin"]
    _order = "line_id, sequence, id"
    _rec_name = "step_id"

    _guarded_fields = frozenset(
        {
            "line_id",
            "step_id",
            "sequence",
            "handover_id",
            "actor",
            "required",
            "blocks_cutover",
            "state",
            "done_by_id",
            "done_on",
        }
    )

    line_id = fields.Many2one(
        "continuity.handover.line", required=True, index=True, ondelete="cascade"
    )
    handover_id = fields.Many2one(related="line_id.handover_id", store=True, index=True)
    step_id = fields.Many2one(
        "continuity.handover.step", required=True, ondelete="restrict"
    )
    description = fields.Text(related="step_id.description")
    sequence = fields.Integer(readonly=True)
    # As they were when the plan began: a rule edited later changes no running plan.
    actor = fields.Selection(ACTORS, string="Who Does It", readonly=True)
    required = fields.Boolean(readonly=True)
    blocks_cutover = fields.Boolean(string="Before the Cut-Over", readonly=True)
    state = fields.Selection(
        [("open", "Open"), ("done", "Done"), ("needless", "Does not apply")],
        string="Status",
        default="open",
        required=True,
        readonly=True,
    )
    done_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    done_on = fields.Datetime(readonly=True)
    remark = fields.Char()
    may_do = fields.Boolean(compute="_compute_may_do", compute_sudo=True)

    _line_step_uniq = models.UniqueIndex(
        "(line_id, step_id)", "This step is on the line already."
    )

    @api.depends("actor", "line_id.leaver_id", "line_id.successor_id")
    @api.depends_context("uid")
    def _compute_may_do(self):
        user = self.env.user
        for row in self:
            actors = {
                "leaver": row.line_id.leaver_id,
                "successor": row.line_id.successor_id,
            }
            # The manager stands in for whoever cannot be asked any more.
            row.may_do = user == actors.get(row.actor) or row.line_id.may_manage

    def write(self, vals):
        if not self.env.su:
            self._check_may_do()
        return super().write(vals)

    def _check_may_do(self):
        """Refuse what another person does.

        :raise AccessError: unless it is this user's step, or they manage the plan
        """
        self.check_access("read")
        for row in self:
            if not row.may_do:
                labels = dict(self._fields["actor"]._description_selection(self.env))
                raise AccessError(
                    self.env._(
                        "“%(step)s” of %(customer)s is for the %(who)s.",
                        step=row.step_id.name,
                        customer=row.line_id.display_name,
                        who=labels[row.actor],
                    )
                )

    def _set_state(self, state):
        self._check_may_do()
        for row in self.sudo():
            if row.handover_id.state not in ("running", "reported"):
                raise UserError(
                    self.env._(
                        "%s is not being carried out at the moment.",
                        row.handover_id.name,
                    )
                )
        closed = state != "open"
        self.sudo().write(
            {
                "state": state,
                "done_by_id": closed and self.env.uid,
                "done_on": closed and fields.Datetime.now(),
            }
        )

    def action_done(self):
        """Note that it is done, by whom and when.

        :raise AccessError: unless it is this user's step, or they manage the plan
        """
        self._set_state("done")

    def action_needless(self):
        """Note that it does not apply to this customer; the remark says why.

        :raise AccessError: unless it is this user's step, or they manage the plan
        :raise UserError: without a remark
        """
        for row in self:
            if not (row.remark or "").strip():
                raise UserError(
                    self.env._(
                        "“%s”: write in the remark why it does not apply.",
                        row.step_id.name,
                    )
                )
        self._set_state("needless")

    def action_reopen(self):
        """Take back that it is done.

        :raise AccessError: unless it is this user's step, or they manage the plan
        """
        self._set_state("open")


class ContinuityHandoverLine(models.Model):
    _inherit = "continuity.handover.line"

    step_ids = fields.One2many(
        "continuity.handover.line.step", "line_id", string="Outside Steps", copy=False
    )
    step_message = fields.Text(
        compute="_compute_step_message",
        compute_sudo=True,
        string="Outside Steps Still Open",
    )

    @api.depends("step_ids.state", "step_ids.required")
    def _compute_step_message(self):
        for line in self:
            open_steps = line._open_required_steps()
            line.step_message = "\n".join(open_steps.step_id.mapped("name"))

    def _open_required_steps(self):
        """Return the required outside steps of these lines that nobody has done.

        :rtype: continuity.handover.line.step
        """
        return self.step_ids.filtered(lambda x: x.required and x.state == "open")

    def _create_steps(self):
        """Create the outside steps that fit these lines."""
        steps = self.env["continuity.handover.step"].search([])
        self.env["continuity.handover.line.step"].create(
            [
                {
                    "line_id": line.id,
                    "step_id": step.id,
                    "sequence": step.sequence,
                    "actor": step.actor,
                    "required": step.required,
                    "blocks_cutover": step.blocks_cutover,
                }
                for line in self
                for step in steps
                if step._fits(line)
            ]
        )

    @api.depends("step_ids.state", "step_ids.blocks_cutover")
    def _compute_gate(self):
        return super()._compute_gate()

    def _gate_problems(self):
        problems = super()._gate_problems()
        if self.override_reason or self.state not in ("open", "queued"):
            return problems
        blocking = self.step_ids.filtered(
            lambda x: x.blocks_cutover and x.state == "open"
        )
        if blocking:
            problems.append(
                self.env._(
                    "To be done outside Odoo: %s",
                    ", ".join(blocking.step_id.mapped("name")),
                )
            )
        return problems


class ContinuityHandover(models.Model):
    _inherit = "continuity.handover"

    step_message = fields.Text(
        compute="_compute_step_message",
        compute_sudo=True,
        string="Outside Steps Still Open",
    )

    @api.depends("line_ids.step_ids.state", "line_ids.state")
    def _compute_step_message(self):
        for plan in self:
            lines = plan.line_ids.filtered(lambda line: line.state == "moved")
            plan.step_message = "\n".join(
                f"{line.display_name}: "
                f"{', '.join(line._open_required_steps().step_id.mapped('name'))}"
                for line in lines._open_required_steps().line_id
            )

    def _start(self):
        result = super()._start()
        lines = self.sudo().line_ids.filtered(lambda line: not line.excluded)
        lines._create_steps()
        return result

    def action_close(self):
        """Close the plan; required outside steps still open stand in its chatter."""
        left = {plan: plan.step_message for plan in self if plan.step_message}
        result = super().action_close()
        for plan, message in left.items():
            plan.sudo().message_post(
                body=self.env._("Closed with outside steps still open: %s", message)
            )
        return result


class ContinuityHandoverUndo(models.Model):
    _inherit = "continuity.handover.undo"

    def _inform(self, lines):
        """No undo reaches what was done outside Odoo: who has the customers back gets
        the list."""
        result = super()._inform(lines)
        rows = lines.step_ids.filtered(lambda x: x.state == "done")
        for leaver, own in rows.grouped(lambda x: x.line_id.leaver_id).items():
            texts = [f"{row.line_id.display_name}: {row.step_id.name}" for row in own]
            if len(texts) > NAMED:
                texts = [*texts[:NAMED], f"+ {len(texts) - NAMED}"]
            self.handover_id._remind(
                leaver,
                lambda env, own=own: env._(
                    "Take back what was done outside Odoo for %s customers",
                    len(own.line_id),
                ),
                "\n".join(texts),
            )
        return result
