from odoo import fields, models


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
    _inherit = ["continuity.listed.subject.mixin"]
    _order = "dissolution_id, id"
    _document_field = "dissolution_id"
    _leave_out_decision = "leave_out_customer"

    _guarded_fields = frozenset(
        {
            "dissolution_id",
            "segment",
            "segment_reason",
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
    user_id = fields.Many2one(
        help="Their salesperson, else who has their segment in the task force."
    )
    segment = fields.Selection(
        [
            ("unfulfilled", "Unfulfilled"),
            ("paying", "Paying"),
            ("settled", "Settled"),
        ],
        readonly=True,
    )
    segment_reason = fields.Text(
        string="Documents That Say So", readonly=True, copy=False
    )
    state = fields.Selection(
        [
            ("planned", "To Be Told"),
            ("told", "Has Been Told"),
            ("closed", "Closed"),
            ("out", "Not in the Campaign"),
        ],
        string="Status",
        default="planned",
        required=True,
        readonly=True,
        copy=False,
    )
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
    )
    choice_on = fields.Datetime(readonly=True, copy=False)
    choice_by = fields.Char(string="Chosen By", readonly=True, copy=False)

    _unique_customer = models.Constraint(
        "UNIQUE(dissolution_id, partner_id)",
        "This customer is in the campaign already.",
    )

    def _may_report(self):
        members = self.sudo().dissolution_id.member_ids.user_id
        return self.env.user in members or super()._may_report()
