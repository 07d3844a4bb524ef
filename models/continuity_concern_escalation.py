import logging

import pytz

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import split_every

from .continuity_concern import FORMAL_KINDS, OPEN_STATES

_logger = logging.getLogger(__name__)

ESCALATION_BATCH_SIZE = 100


class ContinuityConcern(models.Model):
    """Owners are reminded, and managers told, before a customer has to ask again."""

    _inherit = "continuity.concern"

    def _deadline_day(self):
        """Return the day of the deadline where the company works, not in UTC."""
        self.ensure_one()
        if not self.deadline:
            return False
        zone = self.company_id.sudo().resource_calendar_id.tz or "UTC"
        return pytz.utc.localize(self.deadline).astimezone(pytz.timezone(zone)).date()

    def _remind_owner(self):
        """Put concerns into their owners' lists, due on the day of the deadline."""
        for concern in self.sudo():
            concern.activity_unlink(["mail.mail_activity_data_todo"])
            if concern.owner_id and concern.state in OPEN_STATES:
                concern._remind(
                    concern.owner_id,
                    lambda env, c=concern: env._(
                        "Answer %(customer)s: %(reference)s",
                        customer=c.partner_id.display_name,
                        reference=c.name,
                    ),
                    note=concern.question,
                    deadline=concern._deadline_day(),
                )

    def _escalate(self):
        """Tell the owner's manager, once, why they have to look at a concern."""
        for concern in self.sudo():
            manager = concern.owner_id._continuity_manager(concern.company_id)
            formal = concern.kind in FORMAL_KINDS
            overdue = concern.deadline and concern.deadline <= fields.Datetime.now()
            concern.write(
                {
                    "escalated_on": fields.Datetime.now(),
                    "escalated_to_id": manager.id,
                    # A formal one goes there at once, and again when it is late.
                    "escalate_on": False if overdue else concern.deadline,
                    "escalation_error": False
                    if manager
                    else self.env._(
                        "Nobody manages its owner: name a leader of the sales team."
                    ),
                }
            )
            kinds = concern._fields["kind"]

            def text(env, c=concern, kinds=kinds, late=overdue or not formal):
                kind = dict(kinds._description_selection(env))[c.kind]
                values = {
                    "kind": kind,
                    "reference": c.name,
                    "customer": c.partner_id.display_name,
                }
                if late:
                    return env._(
                        "Overdue: %(kind)s %(reference)s of %(customer)s", **values
                    )
                return env._("%(kind)s %(reference)s of %(customer)s", **values)

            concern._remind(manager, text, note=concern.question)

    @api.model
    def _cron_escalate(self):
        """Take concerns that nobody answered in time to the managers, in batches.

        Each goes there once per deadline. One that fails keeps its reason in
        ``escalation_error``, is tried again at the next run and holds up no other.
        """
        cron = self.env["ir.cron"]
        ids = self.search(
            [
                ("state", "in", OPEN_STATES),
                ("escalate_on", "<=", fields.Datetime.now()),
            ],
            order="escalate_on, id",
        ).ids
        cron._commit_progress(remaining=len(ids))
        for batch_ids in split_every(ESCALATION_BATCH_SIZE, ids):
            # Several hosts may run at once: take what nobody else has taken.
            batch = self.browse(batch_ids).try_lock_for_update(allow_referencing=True)
            for concern in batch:
                concern._escalate_or_keep_error()
            if not cron._commit_progress(len(batch_ids)):
                return

    def _escalate_or_keep_error(self):
        """Escalate one concern; if that fails, note on it why."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._escalate()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise  # only a new transaction can see what the other one changed
        except Exception as error:
            _logger.warning("Concern %s cannot be escalated", self.id, exc_info=error)
            self.sudo().escalation_error = str(error)
