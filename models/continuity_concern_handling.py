from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .continuity_concern import FORMAL_KINDS, OPEN_STATES

# Who may see a concern may write none of these unless they handle it; the state says
# which. Everything else (followers, activities) is Odoo's.
EDITABLE = {
    "owner_id": ("new", "in_progress", "answered"),
    "deadline": OPEN_STATES,
    "kind": OPEN_STATES,
    "contact_id": OPEN_STATES,
    "lang": OPEN_STATES,
    "question": OPEN_STATES,
    "answer": OPEN_STATES,
    "satisfaction": ("answered", "closed"),
    "partner_id": (),
    "company_id": (),
}


class ContinuityConcern(models.Model):
    """Who handles a concern, and the steps it goes through."""

    _inherit = "continuity.concern"

    satisfaction = fields.Selection(
        [
            ("satisfied", "Satisfied"),
            ("neutral", "Neutral"),
            ("dissatisfied", "Dissatisfied"),
        ],
        copy=False,
        tracking=True,
        help="What the customer said of the answer, if they said something.",
    )
    may_handle = fields.Boolean(compute="_compute_may_handle")
    file_count = fields.Integer(compute="_compute_file_count", string="Files")

    @api.depends("owner_id", "partner_id", "relationship_id")
    @api.depends_context("uid")
    def _compute_may_handle(self):
        for concern in self:
            concern.may_handle = concern._may_handle()

    def _compute_file_count(self):
        counts = dict(
            self.env["ir.attachment"]
            .sudo()
            ._read_group(
                [("res_model", "=", self._name), ("res_id", "in", self.ids)],
                ["res_id"],
                ["__count"],
            )
        )
        for concern in self:
            concern.file_count = counts.get(concern.id, 0)

    # === WHO MAY === #

    def _handlers(self):
        """Return who answers and decides besides the managers: the owner, and the
        customer's salesperson where the relationship names them too.

        :rtype: res.users
        """
        self.ensure_one()
        concern = self.sudo()
        # A salesperson alone is typed into a contact by whoever may edit it.
        salesperson = concern.partner_id.user_id & concern.relationship_id.owner_id
        return concern.owner_id | salesperson

    def _may_handle(self):
        """Tell whether the user answers and decides: one of :meth:`_handlers`, or a
        manager of the owner.

        :rtype: bool
        """
        self.ensure_one()
        user = self.env.user
        owner = self.sudo().owner_id
        return user in self._handlers() or user._is_continuity_manager_of(owner)

    def _check_may_handle(self):
        """Refuse what only those who handle a concern may do.

        :raise AccessError: unless :meth:`_may_handle`
        """
        self.check_access("write")
        for concern in self:
            if not concern._may_handle():
                raise AccessError(
                    self.env._(
                        "%(reference)s is handled by: %(people)s; or by a manager of "
                        "its owner.",
                        reference=concern.name,
                        people=", ".join(concern._handlers().mapped("name")) or "-",
                    )
                )

    def write(self, vals):
        changed = set(EDITABLE).intersection(vals)
        if changed and not self.env.su:
            self._check_may_edit(vals)
        result = super().write(vals)
        if not self.env.su:
            self._follow_up_changes(changed)
        return result

    def _check_may_edit(self, vals):
        """Refuse changes by others, in the wrong state, or of what is evidence.

        :param dict vals: what is to be written
        :raise AccessError: see :meth:`_check_may_handle`
        :raise UserError: saying what to do instead
        """
        self._check_may_handle()
        for concern in self:
            fixed = [
                concern._fields[name]._description_string(self.env)
                for name in sorted(EDITABLE)
                if name in vals
                and concern._differs(name, vals[name])
                and (
                    concern.state not in EDITABLE[name]
                    # What the customer wrote themself is not put into other words.
                    or (name == "question" and concern.source in ("portal", "mail"))
                    or (name == "kind" and not concern._may_set_kind(vals[name]))
                )
            ]
            if fixed:
                raise UserError(
                    self.env._(
                        "%(fields)s of %(reference)s can no longer be changed. Reopen "
                        "it, or log another concern.",
                        fields=", ".join(fixed),
                        reference=concern.name,
                    )
                )
            later = fields.Datetime.to_datetime(vals.get("deadline"))
            if "deadline" in vals and not concern._may_set_deadline(later):
                raise UserError(
                    self.env._(
                        "You can bring the deadline of %s forward; only a manager of "
                        "its owner can put it off.",
                        concern.name,
                    )
                )

    def _may_set_kind(self, kind):
        """Tell whether the user may give the concern this kind: what a manager has to
        hear of is made less by a manager of its owner only.

        :param str kind: the new one
        :rtype: bool
        """
        self.ensure_one()
        return (
            self.kind not in FORMAL_KINDS
            or kind in FORMAL_KINDS
            or self.env.user._is_continuity_manager_of(self.sudo().owner_id)
        )

    def _differs(self, name, value):
        """Tell whether writing a value would change the field."""
        self.ensure_one()
        field = self._fields[name]
        new = field.convert_to_cache(value, self, validate=False)
        return new != field.convert_to_cache(self[name], self, validate=False)

    def _may_set_deadline(self, deadline):
        """Tell whether the user may set this deadline (UTC), which may be False."""
        self.ensure_one()
        if deadline and self.deadline and deadline <= self.deadline:
            return True
        user = self.env.user
        owner = self.sudo().owner_id
        return user != owner and user._is_continuity_manager_of(owner)

    def _follow_up_changes(self, changed):
        """Bring deadline, reminders and escalation in line with what was edited."""
        concerns = self.sudo()
        if "kind" in changed:
            for concern in concerns:
                concern._set_deadline(concern.raised_on)
        if {"kind", "deadline"} & changed:
            for concern in concerns:
                concern.escalate_on = concern.deadline
        if {"kind", "deadline", "owner_id"} & changed:
            concerns._remind_owner()
        if "kind" in changed:
            concerns.filtered(lambda c: c.kind in FORMAL_KINDS)._escalate()

    # === STEPS === #

    def action_start(self):
        """Take a new concern up; the one who does becomes its owner if it has none.

        :raise AccessError: unless the user handles it
        :raise UserError: unless it is new
        """
        self._check_may_handle()
        self._check_state("new")
        for concern in self.sudo():
            concern.state = "in_progress"
            if not concern.owner_id:
                concern.owner_id = self.env.user

    def _closing_problems(self):
        """Return every reason why a concern cannot be closed as answered, in a stable
        order; extensions add theirs.

        :rtype: list[str]
        """
        self.ensure_one()
        problems = []
        if not self.answered_on:
            problems.append(
                self.env._("%s has no answer yet: answer it first.", self.name)
            )
        if self.kind in FORMAL_KINDS and not self.file_count:
            problems.append(
                self.env._(
                    "%s has no file: attach what the customer sent and what you "
                    "answered.",
                    self.name,
                )
            )
        return problems

    def action_close(self):
        """Close answered concerns.

        :raise AccessError: unless the user handles them
        :raise UserError: listing what is missing
        """
        self._check_may_handle()
        self._check_state("answered")
        problems = [text for concern in self for text in concern._closing_problems()]
        if problems:
            raise UserError("\n".join(problems))
        self._close()

    def _close(self):
        """Close concerns and take them out of people's lists."""
        concerns = self.sudo()
        concerns.write({"state": "closed", "closed_on": fields.Datetime.now()})
        concerns.activity_unlink(["mail.mail_activity_data_todo"])

    def action_ask_dismissal(self):
        """Ask why a concern is closed without an answer."""
        return self.env["continuity.reason.wizard"]._open(self, "dismiss_concern")

    def _dismiss(self, reason):
        """Close concerns that need no answer, such as one raised twice.

        :param str reason: kept in the chatter
        :raise AccessError: unless the user handles them
        :raise UserError: without a reason; for a lawyer's letter or a claim
        """
        self._check_may_handle()
        self._check_state(*OPEN_STATES)
        self._require_reason(reason)
        for concern in self:
            if concern.kind in FORMAL_KINDS:
                raise UserError("\n".join(concern._closing_problems()))
        self._post_reason(lambda env: env._("Closed without an answer: %s", reason))
        self._close()

    def action_ask_reopening(self):
        """Ask why a concern is reopened."""
        return self.env["continuity.reason.wizard"]._open(self, "reopen_concern")

    def _reopen(self, reason):
        """Work on answered or closed concerns again; the deadline runs anew.

        :param str reason: kept in the chatter
        :raise AccessError: unless the user handles them
        :raise UserError: without a reason, or when they are open
        """
        self._check_may_handle()
        self._check_state("answered", "closed")
        self._require_reason(reason)
        self._post_reason(lambda env: env._("Reopened: %s", reason))
        self._resume()

    def _resume(self):
        """Put concerns to work again: state, deadline, reminder."""
        for concern in self.sudo():
            concern.write(
                {
                    "state": "in_progress",
                    "closed_on": False,
                    "answered_on": False,
                    "answered_by_id": False,
                    "satisfaction": False,
                }
            )
            concern._set_deadline(fields.Datetime.now())
            concern.escalate_on = concern.deadline
            concern._remind_owner()

    def _require_reason(self, reason):
        if not (reason or "").strip():
            raise UserError(self.env._("Say why, for whoever reads it later."))

    def _post_reason(self, text):
        """Leave a note in the user's name in the chatter.

        :param text: function from an environment to the note
        """
        for concern in self:
            concern.sudo().message_post(
                body=text(self.env),
                author_id=self.env.user.partner_id.id,
                subtype_xmlid="mail.mt_note",
            )
