from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

APPROVED_STATES = ("approved", "running", "reported", "done")


class ContinuityProcessMixin(models.AbstractModel):
    """A document that people draft, approve, carry out, report on and close.

    A process inherits this, defines ``approval_ids`` (one2many to a model that
    inherits ``continuity.approval.mixin``) and extends the hooks
    :meth:`_submission_errors`, :meth:`_on_approved` and :meth:`_authors`.

    =========  ================================================================
    state      means
    =========  ================================================================
    draft      being written; nothing has happened
    submitted  frozen with its approvers, waiting for the first undecided one
    approved   approved by all; starts on its first day, or when somebody starts it
    running    being carried out
    reported   carried out as far as possible; the result waits for the manager
    done       closed by the manager
    refused    an approver said no, with the reason; may go back to draft
    cancelled  given up before it was carried out
    =========  ================================================================
    """

    _name = "continuity.process.mixin"
    _description = "Continuity Process"
    _inherit = [
        "continuity.document.mixin",
        "continuity.guarded.mixin",
        "continuity.reason.mixin",
    ]

    _mail_post_access = "read"

    # Set by the process: the code of its ir.sequence, and the fields that have
    # checks of their own and may be written whatever the state.
    _sequence_code = None
    _editable_fields = frozenset()

    name = fields.Char(
        string="Reference", default="/", readonly=True, copy=False, index="trigram"
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("submitted", "Submitted"),
            ("approved", "Approved"),
            ("running", "Running"),
            ("reported", "Reported"),
            ("done", "Done"),
            ("refused", "Refused"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    customer_reason = fields.Text(translate=True)
    submitted_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    submitted_on = fields.Datetime(readonly=True, copy=False)
    next_approver_id = fields.Many2one(
        "res.users",
        compute="_compute_next_approver",
        compute_sudo=True,
        string="Waiting For",
    )
    can_approve = fields.Boolean(compute="_compute_next_approver", compute_sudo=True)
    refusal_reason = fields.Text(readonly=True, copy=False)

    _guarded_fields = frozenset(
        {"name", "state", "submitted_by_id", "submitted_on", "refusal_reason"}
    )

    @api.model_create_multi
    def create(self, vals_list):
        quiet = self.with_context(mail_create_nosubscribe=True)
        documents = super(ContinuityProcessMixin, quiet).create(vals_list)
        documents = documents.with_env(self.env)
        for document in documents.sudo():
            document.name = (
                self.env["ir.sequence"]
                .sudo()
                .with_company(document.company_id)
                .next_by_code(self._sequence_code)
            )
        return documents

    def write(self, vals):
        if not self.env.su and not self._all_editable_fields().issuperset(vals):
            self._check_author()
            for document in self:
                if document.state != "draft":
                    raise UserError(
                        self.env._(
                            "%s was submitted and is frozen: take it back to draft to "
                            "change it.",
                            document.name,
                        )
                    )
        if "company_id" in vals:
            company = self.env["res.company"].browse(vals["company_id"])
            company._continuity_check_chosen()
        return super().write(vals)

    @api.model
    def _all_editable_fields(self):
        """Return what may be written whatever the state, as any class of this model
        says.

        :rtype: frozenset[str]
        """
        return frozenset().union(
            *(vars(cls).get("_editable_fields", ()) for cls in type(self).__mro__)
        )

    def _may_be_followed(self):
        return self._was_approved()

    def _was_approved(self):
        """Tell whether everybody who had to approve has, whatever came of it later.

        :rtype: bool
        """
        self.ensure_one()
        decisions = set(self.sudo().approval_ids.mapped("state"))
        return self.state in APPROVED_STATES or decisions == {"approved"}

    def _check_author(self):
        """Refuse changes by people who may only read the document.

        :raise AccessError: unless author, approver or manager
        """
        for document in self:
            if not document._is_author():
                raise AccessError(
                    self.env._(
                        "%s is written by its authors and approvers.", document.name
                    )
                )

    def _is_author(self):
        """Tell whether the user writes this document: author, approver or manager.

        :rtype: bool
        """
        self.ensure_one()
        authors = self._authors() | self.create_uid
        return self.env.user in authors or self._may_manage()

    @api.depends(
        "approval_ids.state", "approval_ids.user_id", "approval_ids.deputy_id", "state"
    )
    @api.depends_context("uid")
    def _compute_next_approver(self):
        for document in self:
            approval = document._next_approval()
            document.next_approver_id = approval.user_id
            document.can_approve = self.env.user in (
                approval.user_id | approval.deputy_id
            )

    def _next_approval(self):
        """Return the approval that is asked for now, empty when none is."""
        self.ensure_one()
        if self.state != "submitted":
            return self.approval_ids.browse()
        return self.approval_ids.filtered(lambda a: a.state == "waiting")[:1]

    # === HOOKS === #

    def _submission_errors(self):
        """Return every reason why this document cannot be submitted, in a stable
        order; extensions add theirs.

        :rtype: list[str]
        """
        self.ensure_one()
        errors = []
        # With the app's rights: whoever works in further companies is no secret here.
        approvals = self.approval_ids.sudo()
        approvers = approvals.user_id | approvals.deputy_id
        if not self.approval_ids:
            errors.append(self.env._("Name at least one approver, usually a manager."))
        if inactive := approvers.filtered(lambda u: not u.active):
            errors.append(
                self.env._(
                    "%s can no longer log in: choose another approver.",
                    ", ".join(inactive.mapped("name")),
                )
            )
        outside = approvers.filtered(lambda u: self.company_id not in u.company_ids)
        if outside:
            errors.append(
                self.env._(
                    "%(people)s cannot work in %(company)s: choose approvers who can.",
                    people=", ".join(outside.mapped("name")),
                    company=self.company_id.name,
                )
            )
        if not self.company_id.continuity_allow_self_approval:
            own = approvers & self._authors()
            if own:
                errors.append(
                    self.env._(
                        "%s cannot approve what they drafted: choose another approver.",
                        ", ".join(own.mapped("name")),
                    )
                )
        return errors

    def _authors(self):
        """Return the users whose own plan this is, who may therefore not approve
        it (I7); a process adds the people the plan is about.

        :rtype: res.users
        """
        authors = self.submitted_by_id | self.create_uid
        # Whoever submits it is an author too; being able to read it makes nobody one.
        if not self.submitted_by_id and self._may_manage():
            authors |= self.env.user
        return authors

    def _may_manage(self):
        """Tell whether the user decides on this document: approver, deputy, or a
        manager of the app in the document's company.

        :rtype: bool
        """
        self.ensure_one()
        user = self.env.user
        approvals = self.sudo().approval_ids
        return user in approvals.user_id | approvals.deputy_id or user.has_group(
            "customer_continuity.group_manager"
        )

    def _check_may_manage(self):
        """Refuse decisions by people who do not decide.

        :raise AccessError: unless :meth:`_may_manage`
        """
        for document in self:
            document.check_access("read")
            if not document._may_manage():
                raise AccessError(
                    self.env._(
                        "Only an approver of %s or a manager can do this.",
                        document.name,
                    )
                )

    def _on_approved(self):
        """Do what follows from the last approval; a process extends it."""

    # === ACTIONS === #

    def action_submit(self):
        """Freeze the document with its approvers and ask the first of them.

        :raise UserError: listing everything that stands in the way
        """
        self.check_access("write")
        self._check_author()
        for document in self:
            document._check_state("draft")
            if errors := document._submission_errors():
                raise UserError("\n".join(errors))
            document.sudo().write(
                {
                    "state": "submitted",
                    "submitted_by_id": self.env.uid,
                    "submitted_on": fields.Datetime.now(),
                }
            )
            document._ask_next_approver()

    def _ask_next_approver(self):
        """Give the next approver an activity on the document."""
        self.ensure_one()
        approval = self.sudo()._next_approval()
        self._remind(
            approval.user_id | approval.deputy_id,
            lambda env: env._("Approve %s", self.name),
        )

    def action_approve(self):
        """Approve as the approver, or deputy, who is asked now.

        :raise AccessError: when it is not this user's turn
        :raise UserError: when somebody approves their own plan, or not submitted
        """
        for document in self:
            approval = document._check_decision()
            approval.write(
                {
                    "state": "approved",
                    "decided_by_id": self.env.uid,
                    "decided_on": fields.Datetime.now(),
                }
            )
            document_sudo = document.sudo()
            document_sudo.activity_unlink(["mail.mail_activity_data_todo"])
            if document_sudo._next_approval():
                document._ask_next_approver()
            else:
                document_sudo.state = "approved"
                document._on_approved()

    def _refuse(self, reason):
        """Refuse as the approver who is asked now; nothing is carried out.

        :param str reason: shown to the authors
        :raise AccessError: when it is not this user's turn
        :raise UserError: without a reason, or when not submitted
        """
        if not (reason or "").strip():
            raise UserError(self.env._("Say why you refuse, so that it can be mended."))
        for document in self:
            approval = document._check_decision()
            approval.write(
                {
                    "state": "refused",
                    "decided_by_id": self.env.uid,
                    "decided_on": fields.Datetime.now(),
                    "comment": reason,
                }
            )
            document.sudo().write({"state": "refused", "refusal_reason": reason})
            document.sudo().activity_unlink(["mail.mail_activity_data_todo"])
            document._remind(
                document.sudo().submitted_by_id,
                lambda env: env._("Refused: change it and submit again, or cancel it"),
                reason,
            )

    def _check_decision(self):
        """Return the approval, as superuser, that this user may decide now."""
        self.ensure_one()
        self.check_access("read")
        self._check_state("submitted")
        approval = self.sudo()._next_approval()
        user = self.env.user
        if user not in approval.user_id | approval.deputy_id:
            raise AccessError(
                self.env._(
                    "%(name)s waits for %(approver)s.",
                    name=self.name,
                    approver=approval.user_id.name,
                )
            )
        if (
            user in self._authors()
            and not self.company_id.continuity_allow_self_approval
        ):
            raise UserError(self.env._("You cannot approve what you drafted."))
        return approval

    def action_draft(self):
        """Take a refused or cancelled document back to draft, approvals cleared."""
        self.check_access("write")
        self._check_author()
        for document in self:
            document._check_state("refused", "cancelled", "submitted")
            document_sudo = document.sudo()
            document_sudo.approval_ids.write(
                {
                    "state": "waiting",
                    "decided_by_id": False,
                    "decided_on": False,
                    "comment": False,
                }
            )
            document_sudo.activity_unlink(["mail.mail_activity_data_todo"])
            document_sudo.message_follower_ids.unlink()
            document_sudo.write(
                {"state": "draft", "refusal_reason": False, "submitted_by_id": False}
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_only_unapproved(self):
        if any(d.state not in ("draft", "refused", "cancelled") for d in self):
            raise UserError(
                self.env._("What has been submitted is evidence: cancel it instead.")
            )
