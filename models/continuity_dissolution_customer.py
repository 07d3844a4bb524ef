from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .continuity_touchpoint import OPEN_STATES


class ContinuityDissolutionCustomer(models.Model):
    """One customer of a dissolution campaign.

    =======  ==================================================================
    state    means
    =======  ==================================================================
    planned  is to be told, by whom and how the contact policy says
    told     has heard it the way the policy requires
    closed   has been told, is owed nothing any more, and has decided what happens
    out      left out by a person, with the reason
    =======  ==================================================================
    """

    _name = "continuity.dissolution.customer"
    _description = "Customer in a Dissolution"
    _inherit = ["continuity.subject.mixin", "continuity.guarded.mixin"]
    _order = "dissolution_id, id"
    _rec_name = "partner_id"

    _guarded_fields = frozenset(
        {
            "dissolution_id",
            "partner_id",
            "company_id",
            "relationship_id",
            "tier_id",
            "touchpoint_ids",
            "segment",
            "segment_reason",
            "state",
            "out_reason",
            "spoken_on",
            "told_on",
            "choice",
            "choice_on",
            "choice_by",
        }
    )

    dissolution_id = fields.Many2one(
        "continuity.dissolution", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="dissolution_id.company_id", store=True, index=True, precompute=True
    )
    plan_state = fields.Selection(
        related="dissolution_id.state", string="Campaign Status"
    )
    partner_id = fields.Many2one(required=True)
    user_id = fields.Many2one(
        "res.users",
        string="Speaks to Them",
        index=True,
        help="Their salesperson, else who has their segment in the task force.",
    )
    segment = fields.Selection(
        [
            ("unfulfilled", "Unfulfilled"),
            ("paying", "Paying"),
            ("settled", "Settled"),
        ],
        readonly=True,
        index=True,
    )
    segment_reason = fields.Text(
        string="Documents That Say So", readonly=True, copy=False
    )
    state = fields.Selection(
        [
            ("planned", "To Be Told"),
            ("told", "Told"),
            ("closed", "Closed"),
            ("out", "Left Out"),
        ],
        string="Status",
        default="planned",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    out_reason = fields.Char(string="Why Left Out", readonly=True, copy=False)
    spoken_on = fields.Datetime(readonly=True, copy=False)
    told_on = fields.Datetime(readonly=True, copy=False)
    choice = fields.Selection(
        [
            ("finish", "Finish with us"),
            ("transfer", "Transfer to a successor"),
            ("refund", "Refund"),
            ("terminate", "Terminate"),
        ],
        string="Customer's Choice",
        readonly=True,
        copy=False,
        index=True,
    )
    choice_on = fields.Datetime(readonly=True, copy=False)
    choice_by = fields.Char(string="Chosen By", readonly=True, copy=False)

    _unique_customer = models.Constraint(
        "UNIQUE(dissolution_id, partner_id)",
        "This customer is in the campaign already.",
    )

    # === ACCESS === #

    def write(self, vals):
        if not self.env.su:
            for campaign in self.dissolution_id:
                campaign._check_state("draft", "submitted", "approved", "running")
                campaign._check_author()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        if not self.env.su:
            self.dissolution_id._check_state("draft")
            self.dissolution_id._check_author()

    def _may_report(self):
        """Tell whether the user records what this customer said: who speaks to them,
        the task force, or who decides on the campaign.

        :rtype: bool
        """
        self.ensure_one()
        people = self.user_id | self.sudo().dissolution_id.member_ids.user_id
        return self.env.user in people or self.dissolution_id._may_manage()

    def _check_may_report(self):
        """Refuse records of what customers said by anybody else.

        :raise AccessError: unless :meth:`_may_report`
        """
        for line in self:
            line.check_access("read")
            if not line._may_report():
                raise AccessError(
                    self.env._(
                        "Who speaks to %s, the task force or an approver can do this.",
                        line.display_name,
                    )
                )

    # === TELLING === #

    def _plan_touchpoints(self):
        """Plan what the contact policy owes these customers; extended by subject."""

    def _withdraw_contacts(self, reason):
        """Cancel the contacts of these customers that have not been made.

        :param str reason: why
        """
        self.touchpoint_ids.filtered(lambda t: t.state in OPEN_STATES)._cancel(reason)

    def action_leave_out(self):
        """Ask why customers are left out."""
        return self.env["continuity.reason.wizard"]._open(self, "leave_out_customer")

    def _leave_out(self, reason):
        """Leave customers out of the campaign; nobody tells them.

        :param str reason: shown in the closing report
        :raise AccessError: unless an author, an approver or a manager
        :raise UserError: without a reason, or for customers who have been told
        """
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the customer is left out."))
        for campaign in self.dissolution_id:
            campaign._check_state("draft", "submitted", "approved", "running")
            campaign._check_author()
        for line in self:
            if line.state != "planned":
                raise UserError(
                    self.env._("“%s” has been told already.", line.display_name)
                )
        lines = self.sudo()
        lines.write({"state": "out", "out_reason": reason})
        lines._withdraw_contacts(reason)

    def action_take_back_in(self):
        """Take customers who were left out back into the campaign."""
        for campaign in self.dissolution_id:
            campaign._check_state("draft", "submitted", "approved", "running")
            campaign._check_author()
        lines = self.filtered(lambda line: line.state == "out").sudo()
        lines.write({"state": "planned", "out_reason": False})
        lines.filtered(lambda x: x.plan_state == "running")._plan_touchpoints()
