"""Planning the contacts of large campaigns: by the scheduler, in batches."""

import logging

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)

# So many customers are planned while the user waits; more go to the scheduler.
IMMEDIATE_CUSTOMERS = 200
BATCH_SIZE = 200
CRON = "customer_continuity.cron_dissolution_planning"


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
        """Plan the contacts of queued customers in batches, each its own transaction.

        Several may run side by side: each takes customers nobody else has taken.
        Whoever cannot be planned keeps the reason, is tried again after the others, and
        holds up nobody (I11).
        """
        cron = self.env["ir.cron"]
        customers = self.env["continuity.dissolution.customer"].sudo()
        queued = [("to_plan", "=", True), ("dissolution_id.state", "=", "running")]
        failed = customers.search(
            [*queued, ("plan_error", "!=", False)], order="id"
        ).ids
        fresh = customers.search([*queued, ("plan_error", "=", False)], order="id").ids
        ids = fresh + failed
        cron._commit_progress(remaining=len(ids))
        for start in range(0, len(ids), BATCH_SIZE):
            batch = customers.browse(ids[start : start + BATCH_SIZE])
            taken = batch.try_lock_for_update(allow_referencing=True)
            # Planned meanwhile by another run, or the campaign was given up.
            taken = taken.filtered_domain(queued)
            for campaign, lines in taken.grouped("dissolution_id").items():
                lines.with_company(campaign.company_id)._plan_or_keep_error()
            if not cron._commit_progress(len(batch)):
                return


class ContinuityDissolutionCustomer(models.Model):
    _inherit = "continuity.dissolution.customer"

    _guarded_fields = frozenset({"to_plan", "plan_error"})

    to_plan = fields.Boolean(
        string="Contacts To Be Planned",
        readonly=True,
        copy=False,
        help="The scheduler plans who tells this customer, and when.",
    )
    plan_error = fields.Char(string="Why Nothing Is Planned", readonly=True, copy=False)

    _to_plan = models.Index("(id) WHERE to_plan")

    def _plan_contacts(self):
        """Plan what the contact policy owes these customers: few of them now, many by
        the scheduler."""
        if len(self) <= IMMEDIATE_CUSTOMERS:
            self._plan_touchpoints()
            return
        self.write({"to_plan": True, "plan_error": False})
        self.env.ref(CRON).sudo()._trigger()

    def _plan_or_keep_error(self):
        """Plan customers together; if that fails one by one, and note on those who
        cannot be planned why not."""
        try:
            with self.env.cr.savepoint():
                # Told, or left out, while they waited.
                self.filtered(lambda line: line.state == "planned")._plan_touchpoints()
                self.write({"to_plan": False, "plan_error": False})
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise  # only a new transaction can see what the other one changed
        except Exception as error:
            if len(self) > 1:
                for line in self:
                    line._plan_or_keep_error()
                return
            _logger.warning("Customer %s cannot be planned", self.id, exc_info=error)
            self.plan_error = str(error) or repr(error)
