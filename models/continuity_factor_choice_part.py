from odoo import api, fields, models


class ContinuityFactorChoicePart(models.AbstractModel):
    """What belongs to one choice of a factor and cannot be changed once it is
    decided: the figures that were decided on must stay as they were."""

    _name = "continuity.factor.choice.part"
    _description = "Part of a Choice of Factor"
    _inherit = ["continuity.guarded.mixin"]

    _guarded_fields = frozenset({"company_id"})

    choice_id = fields.Many2one(
        "continuity.factor.choice",
        string="Choice of Factor",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="choice_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="choice_id.currency_id")
    choice_state = fields.Selection(
        related="choice_id.state", string="Status of the Choice"
    )

    @api.model_create_multi
    def create(self, vals_list):
        parts = super().create(vals_list)
        parts.choice_id._check_open()
        return parts

    def write(self, vals):
        self.choice_id._check_open()
        result = super().write(vals)
        # It may have been moved to another choice.
        if "choice_id" in vals:
            self.choice_id._check_open()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        self.choice_id._check_open()
