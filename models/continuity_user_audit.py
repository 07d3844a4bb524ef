"""Nothing left behind (H11): everything somebody still stands in, and what becomes
of it.
"""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

# So many records are opened at once.
MAX_OPENED = 5000


class ContinuityUserAudit(models.TransientModel):
    """The audit of one person: every stored link to them in every installed model,
    with a verdict.

    ========  =================================================================
    verdict   means
    ========  =================================================================
    decision  nobody has decided yet who does this from now on
    plan      a handover plan contains it and will move it
    left      stays with them on purpose: who wrote it, sold it, met (I5)
    ========  =================================================================

    Counts cover archived records and all companies. Records are named only to whom
    may read them: opening them is done with the reader's own rights.
    """

    _name = "continuity.user.audit"
    _description = "Nothing Left Behind"

    user_id = fields.Many2one(
        "res.users",
        string="Who Leaves",
        required=True,
        domain="[('share', '=', False)]",
        context={"active_test": False},
    )
    audited_on = fields.Datetime(readonly=True)
    line_ids = fields.One2many("continuity.user.audit.line", "audit_id", readonly=True)
    decision_line_ids = fields.One2many(
        "continuity.user.audit.line",
        "audit_id",
        string="Needs a Decision",
        domain=[("verdict", "=", "decision")],
        readonly=True,
    )
    plan_line_ids = fields.One2many(
        "continuity.user.audit.line",
        "audit_id",
        string="Handled by a Plan",
        domain=[("verdict", "=", "plan")],
        readonly=True,
    )
    left_line_ids = fields.One2many(
        "continuity.user.audit.line",
        "audit_id",
        string="Deliberately Left",
        domain=[("verdict", "=", "left")],
        readonly=True,
    )
    decision_count = fields.Integer(compute="_compute_counts")
    plan_count = fields.Integer(compute="_compute_counts")
    left_count = fields.Integer(compute="_compute_counts")
    plan_names = fields.Char(compute="_compute_plan_names", string="Plans")
    may_hand_over = fields.Boolean(compute="_compute_may_hand_over")

    @api.depends("user_id")
    def _compute_display_name(self):
        for audit in self:
            title = self.env._("Nothing Left Behind")
            name = audit.user_id.name
            audit.display_name = f"{title}: {name}" if name else title

    @api.depends("line_ids.count", "line_ids.verdict")
    def _compute_counts(self):
        for audit in self:
            by_verdict = audit.line_ids.grouped("verdict")
            for verdict in ("decision", "plan", "left"):
                lines = by_verdict.get(verdict, audit.line_ids.browse())
                audit[f"{verdict}_count"] = sum(lines.mapped("count"))

    @api.depends("user_id", "audited_on")
    def _compute_plan_names(self):
        field = self.env["continuity.handover"]._fields["state"]
        labels = dict(field._description_selection(self.env))
        for audit in self:
            plans = audit._plans() if audit.user_id else ()
            audit.plan_names = ", ".join(
                f"{plan.name} ({labels[plan.state]})" for plan in plans
            )

    @api.depends("user_id")
    def _compute_may_hand_over(self):
        for audit in self:
            audit.may_hand_over = audit.user_id and audit.user_id._may_be_handed_over()

    def _check_may_audit(self):
        """Refuse audits of people one neither is nor manages.

        :raise AccessError: unless settings manager, manager of theirs, or themself,
            of a company of theirs
        """
        user = self.env.user
        shared = user.company_ids & self.user_id.sudo().company_ids
        if not shared or not (
            user.has_group("base.group_system") or self._may_manage()
        ):
            raise AccessError(
                self.env._(
                    "What is left of %s is looked at by themself, their manager or a "
                    "settings manager.",
                    self.user_id.name,
                )
            )

    def _may_manage(self):
        """Tell whether the user hands over for this person."""
        return self.user_id._may_be_handed_over()

    @api.model
    def _open_for(self, users):
        """Return the action that shows the audits of some users."""
        audits = self.create([{"user_id": user.id} for user in users])
        for audit in audits:
            audit.action_audit()
        return audits._get_records_action(name=self.env._("Nothing Left Behind"))

    def action_audit(self):
        """Look, or look again.

        :raise AccessError: unless settings manager, manager of theirs, or themself
        """
        self.ensure_one()
        self._check_may_audit()
        self.env.flush_all()
        lines = self._find_lines()
        self.sudo().line_ids.unlink()
        self.env["continuity.user.audit.line"].sudo().create(lines)
        self.audited_on = fields.Datetime.now()

    def _find_lines(self):
        """Return the values of the lines; the number of statements does not grow
        with the number of models.

        :rtype: list[dict]
        """
        links = self._get_links()
        lines = []
        for number, verdict, count, archived, elsewhere in self.env.execute_query(
            self._sql_links(links)
        ):
            link = links[number]
            lines.append(
                {
                    "audit_id": self.id,
                    "model": link.model,
                    "field": link.field,
                    "kind": link.kind,
                    "verdict": verdict,
                    "count": count,
                    "archived_count": archived,
                    "elsewhere_count": elsewhere,
                    "moves": bool(link.mover),
                }
            )
        for model, count in self.env.execute_query(
            SQL(
                "SELECT res_model, COUNT(*) FROM (%s) f GROUP BY res_model",
                self._sql_followed(),
            )
        ):
            if model in self.env:
                lines.append(
                    {
                        "audit_id": self.id,
                        "model": model,
                        "kind": "follower",
                        # Nothing stays undone because somebody no longer follows.
                        "verdict": "left",
                        "count": count,
                    }
                )
        return lines

    def action_hand_over(self):
        """Open the handover wizard filled in."""
        self.ensure_one()
        return self.user_id.action_hand_over_customers()


class ContinuityUserAuditLine(models.TransientModel):
    """One field of one model in which somebody stands, with one verdict."""

    _name = "continuity.user.audit.line"
    _description = "What Is Left"
    _order = "moves desc, count desc, id"

    audit_id = fields.Many2one(
        "continuity.user.audit", required=True, ondelete="cascade", index=True
    )
    model = fields.Char(required=True)
    field = fields.Char()
    kind = fields.Char(required=True)
    moves = fields.Boolean(help="A handover plan can move these.")
    verdict = fields.Selection(
        [
            ("decision", "Needs a decision"),
            ("plan", "Handled by a plan"),
            ("left", "Deliberately left"),
        ],
        required=True,
    )
    model_name = fields.Char(compute="_compute_names", string="What")
    field_name = fields.Char(compute="_compute_names", string="As")
    why = fields.Char(compute="_compute_names")
    count = fields.Integer(string="Records")
    archived_count = fields.Integer(string="Archived")
    elsewhere_count = fields.Integer(
        string="Other Companies", help="In companies that are not selected now."
    )
    may_reassign = fields.Boolean(compute="_compute_may_reassign")

    @api.depends("model", "field", "kind", "verdict")
    @api.depends_context("lang")
    def _compute_names(self):
        ir_model = self.env["ir.model"]
        names = {name: ir_model._get(name).name for name in set(self.mapped("model"))}
        for line in self:
            line.model_name = names[line.model] or line.model
            line.field_name = line._label()
            line.why = line._why()

    def _label(self):
        """Say in which role the person stands there."""
        if self.kind == "follower":
            return self.env._("Follows")
        if self.kind == "text":
            return self.env._("Default value")
        if self.kind == "attendee":
            return self.env._("Takes part")
        field = self.env[self.model]._fields.get(self.field)
        if field is None:
            return self.field
        return field.get_description(self.env, ["string"])["string"]

    def _why(self):
        """Say why the verdict is what it is."""
        if self.verdict == "plan":
            return self.env._("A plan moves them with their customers.")
        if self.verdict == "left":
            if self.kind == "follower":
                return self.env._("Only follows: nothing stays undone.")
            return self.env._("History keeps its author.")
        if self.moves:
            return self.env._("No plan contains them.")
        if self.kind == "text":
            return self.env._("New records would still be given to them.")
        return self.env._("No plan moves these: give them to somebody.")

    @api.depends("verdict", "kind", "audit_id.user_id")
    def _compute_may_reassign(self):
        for line in self:
            line.may_reassign = line.kind != "text" and (
                line.verdict == "decision" or line.kind == "follower"
            )

    # === WHICH RECORDS === #

    def _record_ids(self):
        """Return the ids of the records this line counts, as things are now.

        :rtype: list[int]
        """
        self.ensure_one()
        audit = self.audit_id
        self.env.flush_all()
        if self.kind == "follower":
            followed = audit._sql_followed()
            query = SQL(
                "SELECT res_id FROM (%s) f WHERE res_model = %s", followed, self.model
            )
        else:
            links = [
                link
                for link in audit._get_links()
                if (link.model, link.field, link.kind)
                == (self.model, self.field or "", self.kind)
            ]
            if not links:
                return []
            query = SQL(
                "SELECT id FROM (%s) found WHERE verdict = %s",
                audit._sql_links(links, records=True),
                self.verdict,
            )
        return [id_ for [id_] in self.env.execute_query(query)]

    def _readable_records(self):
        """Return the records this line counts, as far as the user may read them."""
        model = self.env[self.model].with_context(active_test=False)
        if not model.has_access("read"):
            return model
        return model.search([("id", "in", self._record_ids())])

    def action_open(self):
        """Open the records, with the user's own rights.

        :raise UserError: when the user may read none of them
        """
        self.ensure_one()
        self.audit_id._check_may_audit()
        records = self._readable_records()
        if not records:
            raise UserError(
                self.env._(
                    "You may read none of these %(count)s records (%(what)s): ask an "
                    "administrator, or somebody of their company.",
                    count=self.count,
                    what=self.model_name,
                )
            )
        return {
            "type": "ir.actions.act_window",
            "name": f"{self.model_name}: {self.field_name}",
            "res_model": self.model,
            "view_mode": "list,form",
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", records[:MAX_OPENED].ids)],
            "context": {"active_test": False, "create": False},
        }

    def action_hand_over(self):
        """Open the handover wizard filled in."""
        return self.audit_id.action_hand_over()

    def action_reassign(self):
        """Ask who gets these records."""
        self.ensure_one()
        self.audit_id._check_may_audit()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Give to a Colleague"),
            "res_model": "continuity.user.reassign",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_line_id": self.id},
        }
