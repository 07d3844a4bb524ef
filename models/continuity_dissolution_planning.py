"""Planning the contacts of large campaigns: by the scheduler, in batches."""

from odoo import api, fields, models


class ContinuityDissolution(models.Model):
    _inherit = "continuity.dissolution"

    waiting_count = fields.Integer(
        compute="_compute_waiting_count",
        string="Contacts Being Planned",
        help="Customers whose contacts the scheduler has still to plan.",
    )

    @api.depends("customer_ids.to_plan")
    def _compute_waiting_count(self):
        counts = dict(
            self.env["continuity.dissolution.customer"]._read_group(
                [("dissolution_id", "in", self.ids), ("to_plan", "=", True)],
                ["dissolution_id"],
                ["__count"],
            )
        )
        for campaign in self:
            campaign.waiting_count = counts.get(campaign, 0)

    @api.model
    def _cron_plan_contacts(self):
        """Plan the contacts of queued customers, see the mixin."""
        self.env["continuity.dissolution.customer"]._plan_queued()


class ContinuityDissolutionCustomer(models.Model):
    _inherit = "continuity.dissolution.customer"

    _planning_cron = "customer_continuity.cron_dissolution_planning"
    _to_plan = models.Index("(id) WHERE to_plan")
