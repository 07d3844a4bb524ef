from odoo import api, fields, models


class ContinuityApprovalMixin(models.AbstractModel):
    """One person's place in the sequence that approves a document.

    Frozen when the document is submitted (I7): a rule edited later does not
    change an approval under way. The deputy decides in the approver's stead
    (代理承認). A process inherits this, adds the many2one to its document and names it
    in :attr:`_document_field`.

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
    _rec_name = "user_id"
    _document_field = None
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

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            name = self._document_field
            default = self.default_get([name])
            vals_list = [{**default, **vals} for vals in vals_list]
            # Before: an approver may do much, so nobody can make themself one.
            documents = self.env[self._fields[name].comodel_name].browse(
                {vals[name] for vals in vals_list if vals.get(name)}
            )
            documents.check_access("write")
            documents._check_state("draft")
            documents._check_author()
        return super().create(vals_list)

    def write(self, vals):
        self._check_draft()
        result = super().write(vals)
        # Also not from a draft of one's own into a document that was submitted.
        self._check_draft()
        return result

    @api.ondelete(at_uninstall=False)
    def _check_draft(self):
        """Approvers are frozen at submission (I7).

        :raise UserError: when a person changes them on a document past its draft
        """
        if not self.env.su:
            documents = self[self._document_field]
            documents._check_state("draft")
            documents._check_author()
