"""Undoing a cut-over: who may, what follows, and who is told.

What is brought back and how is in ``continuity_handover_restore.py``.
"""

from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError

from .continuity_handover_running import IMMEDIATE_LINES

# What has moved can be brought back whatever became of its plan since.
UNDO_STATES = ("running", "reported", "done", "cancelled")
# Things named one by one in the preview and in messages.
NAMED = 20


class ContinuityHandoverUndo(models.Model):
    """One undo of a cut-over, or one return from a leave: by whom, why, and what
    could not be brought back. Written by the addon alone."""

    _name = "continuity.handover.undo"
    _description = "Undo of a Handover"
    _order = "id desc"
    _rec_name = "handover_id"

    handover_id = fields.Many2one(
        "continuity.handover",
        string="Handover Plan",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    kind = fields.Selection(
        [("undo", "Undone"), ("return", "Return from leave")],
        required=True,
        readonly=True,
    )
    reason = fields.Text(required=True, readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Decided By", readonly=True, ondelete="restrict"
    )
    with_arrivals = fields.Boolean(
        string="With What Arrived Since",
        readonly=True,
        help="What came in for the successors since the cut-over goes along.",
    )
    line_ids = fields.One2many("continuity.handover.line", "undo_id", readonly=True)
    line_count = fields.Integer(compute="_compute_line_count", string="Customers")
    leftover_ids = fields.One2many(
        "continuity.handover.leftover",
        "undo_id",
        string="Not Brought Back",
        readonly=True,
    )
    touchpoint_ids = fields.Many2many(
        "continuity.touchpoint",
        "continuity_handover_undo_touchpoint_rel",
        string="Need a Correcting Word",
        readonly=True,
        help="These customers have heard of the change already.",
    )
    finished_on = fields.Datetime(readonly=True)

    @api.depends("line_ids")
    def _compute_line_count(self):
        for undo in self:
            undo.line_count = len(undo.line_ids)

    def _finish(self):
        """Tell the people once all lines of an undo are worked off; each once."""
        for undo in self.sudo():
            if undo.finished_on or "undoing" in undo.line_ids.mapped("state"):
                continue
            undo.finished_on = fields.Datetime.now()
            # By ids: see `_in_batches`.
            lines = undo.line_ids.browse(undo.line_ids.ids)
            done = lines.filtered(lambda line: line.state == "undone")
            failed = lines - done
            if failed:
                undo.handover_id._remind(
                    undo.user_id or undo.handover_id.manager_id,
                    lambda env, failed=failed: env._(
                        "%s customers could not be brought back", len(failed)
                    ),
                    "\n".join(
                        f"{line.display_name}: {line.cutover_error}"
                        for line in failed[:NAMED]
                    ),
                )
            if done and undo.kind == "undo":
                undo.touchpoint_ids = done._told_touchpoints()
                undo.handover_id._ask_for_correcting_word(undo.touchpoint_ids)
            if done:
                undo._inform(done)

    def _inform(self, lines):
        """Send each predecessor and successor one message on what came back."""
        for user in (lines.leaver_id | lines.successor_id).filtered("active"):
            own = lines.filtered(lambda x, u=user: u in x.leaver_id | x.successor_id)
            undo = self.with_context(lang=user.lang)
            plan = undo.handover_id
            plan.message_notify(
                subject=undo.env._(
                    "Customers brought back: %(count)s (%(plan)s)",
                    count=len(own),
                    plan=plan.name,
                ),
                body=undo.env["ir.qweb"]._render(
                    "customer_continuity.handover_undo_digest",
                    undo._prepare_digest_values(own.with_env(undo.env)),
                    minimal_qcontext=True,
                ),
                partner_ids=user.partner_id.ids,
                email_layout_xmlid="mail.mail_notification_light",
            )

    def _prepare_digest_values(self, lines):
        """Return what the message on some lines says.

        :rtype: dict
        """
        self.ensure_one()
        leftovers = self.leftover_ids.filtered(lambda x: x.line_id in lines)
        return {
            "undo": self,
            "plan": self.handover_id,
            "customers": lines[:NAMED].mapped("display_name"),
            "further": max(len(lines) - NAMED, 0),
            "counts": self._counts(lines, "undo"),
            "arrivals": self._counts(lines, "return"),
            "leftovers": leftovers[:NAMED],
            "leftovers_further": max(len(leftovers) - NAMED, 0),
            "messages": lines._count_messages() if self.with_arrivals else 0,
        }

    @api.model
    def _counts(self, lines, phase):
        """Return label and number of the records of each kind that changed hands."""
        groups = self.env["continuity.handover.move"]._read_group(
            [
                ("line_id", "in", lines.ids),
                ("kind", "=", "write"),
                ("phase", "=", phase),
            ],
            ["model"],
            ["res_id:count_distinct"],
        )
        labels = {
            m.model: m.label for m in self.env["continuity.handover"]._get_movers()
        }
        return sorted((labels.get(model, model), count) for model, count in groups)


class ContinuityHandover(models.Model):
    _inherit = "continuity.handover"

    undo_ids = fields.One2many("continuity.handover.undo", "handover_id", readonly=True)
    leftover_ids = fields.One2many(
        "continuity.handover.leftover",
        "handover_id",
        string="Not Brought Back",
        readonly=True,
    )
    undone_count = fields.Integer(
        compute="_compute_undone_count", string="Brought Back"
    )

    @api.depends("line_ids.state")
    def _compute_undone_count(self):
        for plan in self:
            undone = plan.line_ids.filtered(lambda line: line.state == "undone")
            plan.undone_count = len(undone)

    def action_undo(self):
        """Open the preview of bringing the customers of a plan back.

        :raise AccessError: unless an approver of the plan or a manager
        :raise UserError: when nothing has moved
        """
        self.ensure_one()
        return self._open_undo(self.line_ids.filtered(lambda x: x.state == "moved"))

    def _open_undo(self, lines):
        """Open the preview of bringing some customers of a plan back."""
        self._check_may_undo(lines)
        return {
            "type": "ir.actions.act_window",
            "res_model": "continuity.handover.undo.wizard",
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Bring Customers Back"),
            "context": {
                "default_handover_id": self.id,
                "default_line_ids": lines.ids,
            },
        }

    def _check_may_undo(self, lines):
        """Refuse an undo by others, or of what has not moved.

        :raise AccessError: unless an approver of the plan or a manager
        :raise UserError: saying why these lines cannot be brought back
        """
        self.ensure_one()
        self._check_may_manage()
        self._check_state(*UNDO_STATES)
        lines = lines.sudo()
        if not lines or lines.handover_id != self:
            raise UserError(
                self.env._("No customer of this plan has been handed over.")
            )
        for line in lines:
            if line.state != "moved":
                raise UserError(
                    self.env._(
                        "“%s” cannot be brought back: it is not handed over.",
                        line.display_name,
                    )
                )
        for leaver in lines.leaver_id:
            if problem := self._predecessor_problem(leaver, self.company_id):
                raise UserError(problem)

    @api.model
    def _predecessor_problem(self, leaver, company):
        """Say why nothing can be brought back to a user, or return None.

        :rtype: str | None
        """
        leaver = leaver.sudo()
        if not leaver.active:
            return self.env._(
                "%s can no longer log in, so nothing can go back to them: hand these "
                "customers over to somebody else.",
                leaver.name,
            )
        if company not in leaver.company_ids:
            return self.env._(
                "%(name)s cannot work in %(company)s any more, so nothing can go back "
                "to them: give access, or hand these customers over to somebody else.",
                name=leaver.name,
                company=company.name,
            )
        return None

    def _undo(self, lines, reason, with_arrivals=False):
        """Bring customers back; many are left to the scheduler.

        :param lines: lines of this plan that have moved
        :param str reason: why; stored
        :param bool with_arrivals: what arrived for the successors since goes along
        :return: the ``continuity.handover.undo``
        :raise AccessError: unless an approver of the plan or a manager
        :raise UserError: without a reason, or when these cannot be brought back
        """
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the customers are brought back."))
        self._check_may_undo(lines)
        return self._start_undo(lines, "undo", reason, with_arrivals)

    def _start_undo(self, lines, kind, reason, with_arrivals):
        """Note an undo and queue its lines; a handful is worked off at once."""
        self.ensure_one()
        lines = lines.sudo()
        undo = (
            self.env["continuity.handover.undo"]
            .sudo()
            .create(
                {
                    "handover_id": self.id,
                    "kind": kind,
                    "reason": reason,
                    "user_id": kind == "undo" and self.env.uid,
                    "with_arrivals": with_arrivals,
                }
            )
        )
        lines.write({"state": "undoing", "undo_id": undo.id, "cutover_error": False})
        self.sudo().message_post(
            body=self.env._(
                "%(count)s customers are brought back: %(reason)s",
                count=len(lines),
                reason=reason,
            )
        )
        if len(lines) <= IMMEDIATE_LINES:
            lines._in_batches("_undo_batch")
            undo._finish()
        else:
            self.env.ref("customer_continuity.cron_undo").sudo()._trigger()
        return undo

    @api.model
    def _cron_undo(self):
        """Bring queued customers back in batches, each its own transaction; at the
        end the people are told."""
        self._work_off("undoing", UNDO_STATES, "_undo_batch")
        cron = self.env["ir.cron"]
        undos = self.env["continuity.handover.undo"].sudo()
        for undo in undos.search([("finished_on", "=", False)]):
            # Whoever takes it informs; a scheduler beside this one does not.
            undo.try_lock_for_update(allow_referencing=True)._finish()
            cron._commit_progress()

    def _preview_undo(self, lines):
        """Return what bringing lines back would do, as things are now.

        :return: counts (pairs of label and number), leftovers (records in memory),
            leftovers_further (how many more), withdrawn and told (touchpoints)
        :rtype: dict
        """
        lines = lines.sudo()
        moves = lines._moves_to_undo()
        labels = {mover.model: mover.label for mover in self._get_movers()}
        counts = Counter(
            entry["model"]
            for entry in moves
            if entry["kind"] == "write" and not entry["problem"]
        )
        leftover_model = self.env["continuity.handover.leftover"].sudo()
        leftovers = leftover_model._prepare(moves)
        return {
            "lines": lines,
            "counts": [(labels.get(m, m), count) for m, count in counts.items()],
            "leftovers": [leftover_model.new(vals) for vals in leftovers[:NAMED]],
            "leftovers_further": max(len(leftovers) - NAMED, 0),
            **lines._preview_leaving(),
        }


class ContinuityHandoverLine(models.Model):
    _inherit = "continuity.handover.line"
    _guarded_fields = frozenset({"undo_id", "undone_on"})

    undo_id = fields.Many2one(
        "continuity.handover.undo",
        string="Brought Back By",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    undone_on = fields.Datetime(string="Brought Back On", readonly=True, copy=False)

    def action_undo(self):
        """Open the preview of bringing customers of one plan back.

        :raise UserError: for customers of several plans
        """
        if len(self.handover_id) != 1:
            raise UserError(self.env._("Choose customers of one plan."))
        return self.handover_id._open_undo(self)

    def _count_messages(self):
        """Return how many messages these customers wrote since the cut-over."""
        count = 0
        for moved_on, lines in self.grouped("moved_on").items():
            count += self.env["mail.message"].search_count(
                [
                    ("author_id", "child_of", lines.partner_id.ids),
                    ("message_type", "in", ("email", "comment")),
                    ("date", ">", moved_on),
                ]
            )
        return count
