from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .continuity_touchpoint import REVOCABLE_STATES

# While a document is in one of these, people work on its customers.
WORKED_ON = ("draft", "submitted", "approved", "running")


class ContinuityListedSubjectMixin(models.AbstractModel):
    """One customer of a document that finds its customers by itself, such as all of a
    company; people leave some out, with the reason.

    A process inherits this, names the many2one to its document in
    :attr:`_document_field` and its entry in ``continuity.reason.wizard`` in
    :attr:`_leave_out_decision`, and defines ``state`` with at least *planned* (to be
    told) and *out* (left out).
    """

    _name = "continuity.listed.subject.mixin"
    _description = "Customer a Process Has Found"
    _inherit = ["continuity.subject.mixin", "continuity.guarded.mixin"]
    _rec_name = "partner_id"

    _document_field = None
    _leave_out_decision = None

    _guarded_fields = frozenset(
        {
            "partner_id",
            "company_id",
            "relationship_id",
            "tier_id",
            "touchpoint_ids",
            "state",
            "out_reason",
        }
    )

    partner_id = fields.Many2one(required=True)
    user_id = fields.Many2one(
        "res.users",
        string="Speaks to Them",
        index=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    out_reason = fields.Char(string="Why Not Contacted", readonly=True, copy=False)

    # === ACCESS === #

    def write(self, vals):
        if not self.env.su:
            self._check_worked_on()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_from_drafts(self):
        if not self.env.su:
            documents = self[self._document_field]
            documents._check_state("draft")
            documents._check_author()

    def _check_worked_on(self):
        """Refuse decisions by people who do not work on the documents, or too late.

        :raise AccessError: unless authors, approvers or managers
        :raise UserError: once a document is reported or given up
        """
        documents = self[self._document_field]
        documents._check_state(*WORKED_ON)
        documents._check_author()

    def _may_report(self):
        """Tell whether the user records what this customer said: who speaks to them,
        or who decides on the document; a process adds people.

        :rtype: bool
        """
        self.ensure_one()
        return self.env.user == self.user_id or self[self._document_field]._may_manage()

    def _check_may_report(self):
        """Refuse records of what customers said by anybody else.

        :raise AccessError: unless :meth:`_may_report`
        """
        for line in self:
            line.check_access("read")
            if not line._may_report():
                raise AccessError(
                    self.env._(
                        "Who speaks to %s, or who decides on the campaign, can do "
                        "this.",
                        line.display_name,
                    )
                )

    # === TELLING === #

    def _plan_touchpoints(self):
        """Hook: plan what the contact policy owes these customers."""

    def _withdraw_contacts(self, reason):
        """Cancel the contacts of these customers that have not been made, also letters
        that are released and wait to be sent.

        :param str reason: why
        """
        self.touchpoint_ids.filtered(lambda t: t.state in REVOCABLE_STATES)._cancel(
            reason
        )

    def action_leave_out(self):
        """Ask why customers are left out."""
        return self.env["continuity.reason.wizard"]._open(
            self, self._leave_out_decision
        )

    def _leave_out(self, reason):
        """Leave customers out of the document; nobody tells them.

        :param str reason: shown in the result
        :raise AccessError: unless an author, an approver or a manager
        :raise UserError: without a reason, or for customers who have been told
        """
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the customer is left out."))
        self._check_worked_on()
        for line in self:
            if line.state != "planned":
                raise UserError(
                    self.env._("“%s” has been told already.", line.display_name)
                )
        lines = self.sudo()
        lines.write({"state": "out", "out_reason": reason})
        lines._withdraw_contacts(reason)

    def action_take_back_in(self):
        """Take customers who were left out back in, and plan how they are told."""
        self._check_worked_on()
        lines = self.filtered(lambda line: line.state == "out").sudo()
        lines.write({"state": "planned", "out_reason": False})
        running = lines.filtered(lambda x: x[x._document_field].state == "running")
        running._plan_touchpoints()
