from odoo import fields, models

from .continuity_legal_mixin import CERTAINTIES


class ContinuityJurisdiction(models.Model):
    _inherit = "continuity.jurisdiction"

    ban_effect = fields.Text(
        string="Effect of a Ban on Assignment",
        translate=True,
        help="What a clause that forbids or restricts assignment does under this law. "
        "A starting point for whoever reviews the contract, never advice.",
    )
    ban_source = fields.Char(string="Article of Law")
    ban_status = fields.Selection(CERTAINTIES, string="How Certain")
