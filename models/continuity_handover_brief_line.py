import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from .continuity_handover_brief import ANSWERS

_logger = logging.getLogger(__name__)

# So many briefs are built while the approver waits; more by the scheduler.
BRIEFS_WHILE_WAITING = 500
BRIEF_BATCH_SIZE = 100


class ContinuityHandoverLine(models.Model):
    """The brief of a line: shown to who may read it, answered, refreshed, printed.

    The fields are computed with the reader's rights: for whoever may not read the
    brief they are empty, so that the line itself can be read by all of the plan.
    """

    _inherit = "continuity.handover.line"

    brief_ids = fields.One2many(
        "continuity.handover.brief", "line_id", string="Briefs", copy=False
    )
    brief_id = fields.Many2one("continuity.handover.brief", compute="_compute_brief")
    brief_built_on = fields.Datetime(string="As Of", compute="_compute_brief")
    brief_built_by_id = fields.Many2one(
        "res.users", string="Built By", compute="_compute_brief"
    )
    brief_html = fields.Html(string="Handover Brief", compute="_compute_brief_html")
    brief_missing = fields.Integer(string="Answers Missing", compute="_compute_brief")
    can_answer_brief = fields.Boolean(compute="_compute_brief")
    can_refresh_brief = fields.Boolean(compute="_compute_brief")
    answer_buying = fields.Text(
        string="What They Really Buy Us For",
        compute="_compute_brief_answers",
        inverse="_inverse_brief_answers",
    )
    answer_people = fields.Text(
        string="Who Decides and Who Doubts",
        compute="_compute_brief_answers",
        inverse="_inverse_brief_answers",
    )
    answer_promises = fields.Text(
        string="What We Promised",
        compute="_compute_brief_answers",
        inverse="_inverse_brief_answers",
    )
    answer_risk = fields.Text(
        string="What Would Lose Them",
        compute="_compute_brief_answers",
        inverse="_inverse_brief_answers",
    )
    answer_advice = fields.Text(
        string="One Piece of Advice",
        compute="_compute_brief_answers",
        inverse="_inverse_brief_answers",
    )

    def _readable_briefs(self):
        """Return the briefs of these lines the user may read, by line.

        :rtype: dict[continuity.handover.line, continuity.handover.brief]
        """
        briefs = self.env["continuity.handover.brief"].search(
            [("line_id", "in", self._origin.ids)]
        )
        return {brief.line_id: brief for brief in briefs}

    @api.depends(
        "state",
        "plan_state",
        "leaver_id",
        "successor_id",
        "excluded",
        "brief_ids.built_on",
        *(f"brief_ids.{name}" for name in ANSWERS),
    )
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_brief(self):
        briefs = self._readable_briefs()
        empty = self.env["continuity.handover.brief"]
        for line in self:
            brief = briefs.get(line._origin, empty)
            line.brief_id = brief
            line.brief_built_on = brief.built_on
            line.brief_built_by_id = brief.built_by_id
            line.brief_missing = sum(
                not (brief[name] or "").strip() for name in ANSWERS
            )
            line.can_answer_brief = line._may_answer_brief()
            line.can_refresh_brief = bool(brief) and line._may_refresh_brief()

    @api.depends(*(f"brief_ids.{name}" for name in ANSWERS))
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_brief_answers(self):
        # Apart from the others: what one method computes is not computed anew while
        # one of its fields is written.
        for line in self:
            for name in ANSWERS:
                line[name] = line.brief_id[name]

    @api.depends(
        "brief_ids.built_on",
        "can_answer_brief",
        *(f"brief_ids.{name}" for name in ANSWERS),
    )
    @api.depends_context("uid", "lang", "tz", "allowed_company_ids")
    def _compute_brief_html(self):
        for line in self:
            brief = line.brief_id
            if not brief:
                line.brief_html = False
                continue
            line.brief_html = self.env["ir.qweb"]._render(
                "customer_continuity.handover_brief_body",
                # Whoever writes the answers has them in front of them already.
                {"brief": brief, "with_answers": not line.can_answer_brief},
                minimal_qcontext=True,
            )

    # === ANSWERS === #

    def _may_answer_brief(self):
        """Tell whether the user writes the five answers: predecessor, author of the
        plan, or who manages it; until the customer has changed hands.

        :rtype: bool
        """
        self.ensure_one()
        line = self.sudo()
        plan = line.handover_id
        if (
            line.plan_state not in ("draft", "submitted", "approved", "running")
            or line.state != "open"
            or line.excluded
        ):
            return False
        people = line.leaver_id | plan.create_uid
        return self.env.user in people or plan.with_env(self.env)._may_manage()

    def _check_editable(self, vals):
        # The answers have a check of their own, in their inverse.
        return super()._check_editable(
            {name: value for name, value in vals.items() if name not in ANSWERS}
        )

    def _inverse_brief_answers(self):
        """Keep the answers on the brief, with who gave them.

        :raise AccessError: unless :meth:`_may_answer_brief`
        """
        answers = {line: {name: line[name] for name in ANSWERS} for line in self}
        model = self.env["continuity.handover.brief"]
        if not self.env.su:
            self.check_access("write")
            for line in self:
                if not line._may_answer_brief():
                    raise AccessError(
                        self.env._(
                            "The answers about “%s” are written by the predecessor, or "
                            "by a manager for them, until the customer is handed over.",
                            line.display_name,
                        )
                    )
        by_line = {b.line_id.id: b for b in model.sudo()._ensure(self.sudo())}
        for line, values in answers.items():
            brief = by_line[line.id]
            changed = {
                name: value
                for name, value in values.items()
                if (value or "") != (brief[name] or "")
            }
            if changed:
                brief.write(
                    changed
                    | {
                        "answered_by_id": self.env.uid,
                        "answered_on": fields.Datetime.now(),
                    }
                )

    # === REFRESHING AND PRINTING === #

    def _may_refresh_brief(self):
        """Tell whether the brief may still be built anew, and by this user.

        :rtype: bool
        """
        self.ensure_one()
        line = self.sudo()
        people = line.leaver_id | line.successor_id
        return (
            line.plan_state in ("approved", "running")
            and line.state == "open"
            and not line.excluded
            and (
                self.env.user in people
                or line.handover_id.with_env(self.env)._may_manage()
            )
        )

    def action_refresh_brief(self):
        """Build the brief anew, as predecessor, successor or manager.

        :raise AccessError: for anybody else
        :raise UserError: before the approval and after the cut-over
        """
        self.check_access("read")
        readable = self._readable_briefs()
        for line in self:
            if line.plan_state not in ("approved", "running") or (
                line.state != "open" or line.excluded
            ):
                raise UserError(
                    self.env._(
                        "The brief of “%s” is refreshed between the approval of the "
                        "plan and the handover of the customer.",
                        line.display_name,
                    )
                )
            # Who may not read it could tell from its date what goes on.
            if not line._may_refresh_brief() or line not in readable:
                raise AccessError(
                    self.env._("Only those who take part refresh the brief.")
                )
        self.env["continuity.handover.brief"]._build(self)

    def action_print_brief(self):
        """Print the briefs of these lines, of those the user may read.

        :raise UserError: when there is none
        """
        self.check_access("read")
        briefs = self.env["continuity.handover.brief"].search(
            [("line_id", "in", self.ids), ("built_on", "!=", False)]
        )
        if not briefs:
            raise UserError(
                self.env._(
                    "There is no brief yet: it is built when the plan is approved, "
                    "and read by those who take part."
                )
            )
        order = {line_id: n for n, line_id in enumerate(self.ids)}
        return self.env.ref(
            "customer_continuity.action_report_handover_brief"
        ).report_action(briefs.sorted(lambda b: order[b.line_id.id]).ids)

    def _build_brief_or_keep_error(self):
        """Build the brief of one line; when it cannot be, say why on it."""
        self.ensure_one()
        brief = self.env["continuity.handover.brief"]
        try:
            with self.env.cr.savepoint():
                brief._build(self)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            _logger.warning("The brief of %s could not be built", self, exc_info=True)
            brief._ensure(self).build_error = str(error) or repr(error)


class ContinuityHandover(models.Model):
    _inherit = "continuity.handover"

    def _on_approved(self):
        result = super()._on_approved()
        for plan in self:
            plan._freeze_briefs()
        return result

    def _freeze_briefs(self):
        """Build the briefs of an approved plan; those of a long one, or of one that
        fails, are left to the scheduler, which leaves the reason on the brief."""
        self.ensure_one()
        brief = self.env["continuity.handover.brief"]
        lines = self.sudo().line_ids.filtered(lambda line: not line.excluded)
        # Approved once before, and changed since.
        brief.sudo().search([("line_id", "in", lines.ids)]).write(
            {"built_on": False, "build_error": False, "content": False}
        )
        if len(lines) <= BRIEFS_WHILE_WAITING:
            try:
                with self.env.cr.savepoint():
                    brief._build(lines)
                return
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                raise
            except Exception:
                _logger.exception("The briefs of %s could not be built", self.name)
        self.env.ref("customer_continuity.cron_handover_brief").sudo()._trigger()

    def action_print_briefs(self):
        """Print the briefs of all customers of the plan in one document."""
        self.check_access("read")
        return self.line_ids.filtered(lambda x: not x.excluded).action_print_brief()

    @api.model
    def _cron_build_briefs(self):
        """Build the briefs that are still missing, in batches; after a failure one by
        one, so that one customer holds up no other (I11)."""
        line_model = self.env["continuity.handover.line"]
        brief = self.env["continuity.handover.brief"]
        lines = line_model.search(brief._domain_to_build(), order="id")
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(lines))
        for start in range(0, len(lines), BRIEF_BATCH_SIZE):
            batch = lines[start : start + BRIEF_BATCH_SIZE]
            batch = batch.filtered_domain(brief._domain_to_build())
            try:
                with self.env.cr.savepoint():
                    brief._build(batch)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                raise
            except Exception:
                for line in batch:
                    line._build_brief_or_keep_error()
            if not cron._commit_progress(len(lines[start : start + BRIEF_BATCH_SIZE])):
                return
