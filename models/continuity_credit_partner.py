"""Contract review and credit standing of a customer, where somebody looks at them."""

from odoo import api, fields, models
from odoo.exceptions import AccessError

from .continuity_credit_standing import STANDING_GROUPS

FIELD_GROUPS = ",".join(STANDING_GROUPS)


class ResPartner(models.Model):
    _inherit = "res.partner"

    continuity_standing_id = fields.Many2one(
        "continuity.credit.standing",
        string="Credit Standing",
        compute="_compute_continuity_standing_id",
        groups=FIELD_GROUPS,
    )
    continuity_standing_text = fields.Char(
        string="Credit Standing in Words",
        compute="_compute_continuity_standing_id",
        groups=FIELD_GROUPS,
    )
    continuity_contract_text = fields.Char(
        string="Contract Review",
        compute="_compute_continuity_contract_text",
        groups=FIELD_GROUPS,
    )

    @api.depends("commercial_partner_id")
    @api.depends_context("company", "uid", "lang")
    def _compute_continuity_standing_id(self):
        standings = self.env["continuity.credit.standing"]
        latest = standings._latest(self, self.env.company)
        for partner in self:
            standing = latest.get(partner.commercial_partner_id, standings)[-1:]
            partner.continuity_standing_id = standing
            if not standing:
                text = self.env._("Not yet")
            elif standing.insufficient:
                text = self.env._("Too few payments")
            elif standing.weighted_days >= 0.5:
                text = self.env._("%s days late", round(standing.weighted_days))
            else:
                text = self.env._("On time")
            partner.continuity_standing_text = text

    @api.depends("commercial_partner_id")
    @api.depends_context("company", "uid", "lang")
    def _compute_continuity_contract_text(self):
        reviews = self.env["continuity.contract.review"]
        valid = reviews._valid_for(self, self.env.company)
        labels = dict(reviews._fields["result"]._description_selection(self.env))
        for partner in self:
            review = valid.get(partner.commercial_partner_id, reviews)
            partner.continuity_contract_text = labels.get(
                review.result, self.env._("Not reviewed")
            )

    def action_continuity_standing(self):
        """Open the credit standing of a customer, taking the first one if there is
        none."""
        self.ensure_one()
        standings = self.env["continuity.credit.standing"]
        standings._check_may_take()
        customer = self.commercial_partner_id
        if not standings._latest(customer, self.env.company):
            # Who may was checked above; only the app itself writes snapshots.
            standings.sudo()._take(self.env.company, customer)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Credit Standing"),
            "res_model": "continuity.credit.standing",
            "view_mode": "list,form",
            "domain": [
                ("partner_id", "=", customer.id),
                ("company_id", "=", self.env.company.id),
            ],
        }

    def action_continuity_contract_reviews(self):
        """Open the contract reviews of a customer."""
        self.ensure_one()
        if not self.env["continuity.contract.review"].has_access("read"):
            raise AccessError(
                self.env._("Only managers and accountants read contract reviews.")
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Contract Reviews"),
            "res_model": "continuity.contract.review",
            "view_mode": "list,form",
            "domain": [("partner_id", "child_of", self.commercial_partner_id.ids)],
            "context": {"default_partner_id": self.commercial_partner_id.id},
        }
