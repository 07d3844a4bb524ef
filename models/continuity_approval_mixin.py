from odoo import fields, models


class ContinuityApprovalMixin(models.AbstractModel):
    """One person's place in the sequence that approves a document.

    Frozen when the document is submitted (I7): a rule edited later does not
    change an approval under way. The deputy decides in the approver's stead
    (代理承認). A process inherits this and adds the many2one to its document.

    ========  =================================================
    state     means
    ========  =================================================
    waiting   not yet decided; the first waiting one is asked
    approved  decided in favour, by whom and when
    refused   decided against, with the reason
    ========  =================================================
    """

    _name = "continuity.approval.mixin"
    _description = "Approval"
    _inherit = ["continuity.guarded.mixin"]
    _order = "sequence, id"
    _guarded_fields = frozenset({"state", "decided_by_id", "decided_on", "comment"})

    sequence = fields.Integer(default=10)
    user_id = fields.Many2one("res.users", string="Approver", required=True)
    deputy_id = fields.Many2one(
        "res.users", help="May decide in the approver's stead, for example in absence."
    )
    state = fields.Selection(
        [("waiting", "Waiting"), ("approved", "Approved"), ("refused", "Refused")],
        string="Status",
        default="waiting",
        required=True,
        readonly=True,
    )
    decided_by_id = fields.Many2one("res.users", readonly=True)
    decided_on = fields.Datetime(readonly=True)
    comment = fields.Text(readonly=True)
