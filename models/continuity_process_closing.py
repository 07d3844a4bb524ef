from odoo import api, fields, models
from odoo.exceptions import UserError


class ContinuityProcessMixin(models.AbstractModel):
    """How a document ends: refused, given up, or closed by its manager."""

    _inherit = "continuity.process.mixin"

    # Set by the process: its entries in ``continuity.reason.wizard``.
    _refuse_decision = None
    _cancel_decision = None

    closed_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    closed_on = fields.Datetime(readonly=True, copy=False)
    may_manage = fields.Boolean(compute="_compute_may_manage", compute_sudo=True)

    _guarded_fields = frozenset({"closed_by_id", "closed_on"})

    @api.depends("approval_ids.user_id", "approval_ids.deputy_id")
    @api.depends_context("uid")
    def _compute_may_manage(self):
        for document in self:
            document.may_manage = document._may_manage()

    def _local_date(self, moment):
        """Return the day a UTC datetime falls on in the company's time zone.

        :rtype: datetime.date | False
        """
        self.ensure_one()
        if not moment:
            return False
        tz = self.company_id.resource_calendar_id.tz or "UTC"
        return fields.Datetime.context_timestamp(
            self.with_context(tz=tz), moment
        ).date()

    def _local_today(self):
        """Return today's date in the company's time zone.

        :rtype: datetime.date
        """
        return self._local_date(fields.Datetime.now())

    def action_refuse(self):
        """Ask the approver why the document is refused."""
        return self.env["continuity.reason.wizard"]._open(self, self._refuse_decision)

    def action_cancel(self):
        """Ask why the document is given up."""
        return self.env["continuity.reason.wizard"]._open(self, self._cancel_decision)

    def _cancel(self, reason):
        """Give a document up; what has been carried out stays, the rest is withdrawn
        (:meth:`_withdraw`).

        :param str reason: kept in the chatter
        :raise AccessError: unless author, approver or manager; once it is approved
            unless approver or manager
        :raise UserError: without a reason, or when the document is closed
        """
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the plan is given up."))
        for document in self:
            document.check_access("read")
            document._check_state("draft", "submitted", "approved", "running")
            document._check_author()
            if document.state in ("approved", "running"):
                # What a manager approved is given up by a manager.
                document._check_may_manage()
            document_sudo = document.sudo()
            document_sudo._withdraw(reason)
            document_sudo.activity_unlink(["mail.mail_activity_data_todo"])
            document_sudo.state = "cancelled"
            document_sudo.message_post(body=self.env._("Cancelled: %s", reason))

    def _withdraw(self, reason):
        """Hook: take back what a document that is given up still had planned.

        :param str reason: why, for the contacts that are cancelled
        """

    def _closing_errors(self):
        """Return what keeps a document that is carried out from being reported and
        closed; processes add theirs.

        :rtype: list[str]
        """
        self.ensure_one()
        return []

    def _check_closing(self):
        """Refuse to report or close what is not carried out.

        :raise UserError: listing everything that is still open
        """
        for document in self.sudo():
            if errors := document._closing_errors():
                raise UserError("\n".join(errors))

    def action_report_result(self):
        """Report the result to the manager (H10).

        :raise UserError: listing everything that is still open
        """
        self._check_state("running")
        self._check_may_report()
        self._check_closing()
        for document in self.sudo():
            document.state = "reported"
            document._remind(
                document.approval_ids[:1].user_id,
                lambda env, name=document.name: env._(
                    "Close %s: the result is in", name
                ),
            )

    def _check_may_report(self):
        """Refuse reports by people who do not carry the document out.

        :raise AccessError: for anybody else
        """
        self._check_author()

    def action_resume(self):
        """Carry a reported document on: something was open again, or forgotten.

        :raise AccessError: unless an approver or a manager
        :raise UserError: when it is not reported
        """
        self._check_may_manage()
        self._check_state("reported")
        for document in self.sudo():
            document.activity_unlink(["mail.mail_activity_data_todo"])
            document.state = "running"

    def action_close(self):
        """Close a reported document, as its approver or as a manager.

        :raise AccessError: for anybody else
        :raise UserError: when something is open again
        """
        self._check_may_manage()
        self._check_state("reported")
        self._check_closing()
        for document in self.sudo():
            document.activity_unlink(["mail.mail_activity_data_todo"])
            document.write(
                {
                    "state": "done",
                    "closed_by_id": self.env.uid,
                    "closed_on": fields.Datetime.now(),
                }
            )
