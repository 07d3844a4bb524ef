from odoo import fields, models


class ContinuityFactoringDebtor(models.Model):
    """One customer whose receivables a factoring agreement covers (売掛先).

    ============  =============================================================
    state         means
    ============  =============================================================
    planned       is to be told and noticed; nothing has been sent
    told          heard of it in person, or from the courtesy letter
    noticed       the legal notice has left
    acknowledged  has confirmed that the notice arrived; no defence is waived
    released      has been told that the assignment ended
    out           not covered, with the reason
    ============  =============================================================
    """

    _name = "continuity.factoring.debtor"
    _description = "Customer in a Factoring Agreement"
    _inherit = ["continuity.listed.subject.mixin"]
    _order = "factoring_id, sequence, id"
    _document_field = "factoring_id"
    _leave_out_decision = "leave_out_debtor"

    _guarded_fields = frozenset(
        {
            "factoring_id",
            "told_on",
            "noticed_on",
            "acknowledged_on",
        }
    )

    factoring_id = fields.Many2one(
        "continuity.factoring",
        string="Agreement",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="factoring_id.company_id", store=True, index=True, precompute=True
    )
    plan_state = fields.Selection(
        related="factoring_id.state", string="Agreement Status"
    )
    sequence = fields.Integer(default=10)
    user_id = fields.Many2one(
        help="Their salesperson, else who answers questions on the agreement.",
    )
    in_person = fields.Boolean(
        string="In Person First",
        help="Nothing is written to them before somebody has spoken to them.",
    )
    state = fields.Selection(
        [
            ("planned", "To Be Told"),
            ("told", "Has Heard"),
            ("noticed", "Notice Sent"),
            ("acknowledged", "Acknowledged"),
            ("released", "Ours Again"),
            ("out", "Not Covered"),
        ],
        string="Status",
        default="planned",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    out_reason = fields.Char(string="Why Not Covered")
    told_on = fields.Datetime(readonly=True, copy=False)
    noticed_on = fields.Datetime(string="Notice Sent On", readonly=True, copy=False)
    acknowledged_on = fields.Datetime(readonly=True, copy=False)

    _unique_debtor = models.Constraint(
        "UNIQUE(factoring_id, partner_id)",
        "This customer is in the agreement already.",
    )

    def _may_report(self):
        return self.env.user == self.factoring_id.contact_id or super()._may_report()
