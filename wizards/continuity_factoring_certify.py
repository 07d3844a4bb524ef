from odoo import fields, models

from ..models.continuity_factoring_certified import KINDS


class ContinuityFactoringCertify(models.TransientModel):
    """What certifies the date of customers' notices."""

    _name = "continuity.factoring.certify"
    _description = "Certified Date of Notices"
    _inherit = ["continuity.readable.links.mixin"]

    debtor_ids = fields.Many2many(
        "continuity.factoring.debtor",
        string="Customers",
        required=True,
        relation="continuity_factoring_certify_debtor_rel",
    )
    kind = fields.Selection(KINDS, string="Certified By", required=True, default="mail")
    certified_on = fields.Date(string="Certified Date (確定日付)", required=True)
    delivered_on = fields.Date(
        string="Delivered On (配達証明)",
        help="As the proof of delivery says; that day decides the priority in Japan.",
    )
    number = fields.Char(string="Number of the Certificate", required=True)
    attachment_ids = fields.Many2many(
        "ir.attachment",
        "continuity_factoring_certify_attachment_rel",
        string="Certificate",
    )

    def action_apply(self):
        """Record it; see ``continuity.factoring.debtor._certify``."""
        self.ensure_one()
        self.debtor_ids._certify(
            self.kind,
            self.certified_on,
            self.number,
            self.attachment_ids,
            self.kind == "mail" and self.delivered_on,
        )
        return {"type": "ir.actions.act_window_close"}
