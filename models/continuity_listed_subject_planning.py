"""Planning the contacts of documents with many customers: by the scheduler."""

from odoo import api, fields, models

# So many customers are planned while the user waits; more go to the scheduler.
IMMEDIATE_CUSTOMERS = 200
BATCH_SIZE = 200


class ContinuityListedSubjectMixin(models.AbstractModel):
    """A process names the scheduled action that calls :meth:`_plan_queued` in
    :attr:`_planning_cron`, and adds a partial index on ``to_plan``."""

    _inherit = "continuity.listed.subject.mixin"

    _planning_cron = None

    _guarded_fields = frozenset({"to_plan", "plan_error"})

    to_plan = fields.Boolean(
        string="Contacts To Be Planned",
        readonly=True,
        copy=False,
        help="The scheduler plans who tells this customer, and when.",
    )
    plan_error = fields.Char(string="Why Nothing Is Planned", readonly=True, copy=False)

    def _plan_contacts(self):
        """Plan what the contact policy owes these customers: few of them now, many by
        the scheduler."""
        if len(self) <= IMMEDIATE_CUSTOMERS:
            self._plan_touchpoints()
            return
        self.write({"to_plan": True, "plan_error": False})
        self.env.ref(self._planning_cron).sudo()._trigger()

    @api.model
    def _plan_queued(self):
        """Plan the contacts of queued customers in batches, each its own transaction.

        Several may run side by side: each takes customers nobody else has taken.
        Whoever cannot be planned keeps the reason, is tried again after the others, and
        holds up nobody (I11).
        """
        cron = self.env["ir.cron"]
        document = self._document_field
        queued = [("to_plan", "=", True), (f"{document}.state", "=", "running")]
        lines = self.sudo()
        failed = lines.search([*queued, ("plan_error", "!=", False)], order="id").ids
        fresh = lines.search([*queued, ("plan_error", "=", False)], order="id").ids
        ids = fresh + failed
        cron._commit_progress(remaining=len(ids))
        for start in range(0, len(ids), BATCH_SIZE):
            batch = lines.browse(ids[start : start + BATCH_SIZE])
            taken = batch.try_lock_for_update(allow_referencing=True)
            # Planned meanwhile by another run, or the document was given up.
            taken = taken.filtered_domain(queued)
            for company, customers in taken.grouped("company_id").items():
                customers.with_company(company)._plan_or_keep_error()
            if not cron._commit_progress(len(batch)):
                return

    def _plan_or_keep_error(self):
        """Plan customers together; if that fails one by one, and note on those who
        cannot be planned why not."""

        def plan(lines):
            # Planning may leave some in the queue, with the reason.
            lines.write({"to_plan": False, "plan_error": False})
            # Told, or left out, while they waited.
            lines.filtered(lambda line: line.state == "planned")._plan_touchpoints()

        def keep(line, error):
            line.plan_error = str(error) or repr(error)

        self._together_or_one_by_one(plan, keep)
