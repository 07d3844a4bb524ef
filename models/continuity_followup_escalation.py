import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from .continuity_followup_rule import STANDING

_logger = logging.getLogger(__name__)


class ContinuityFollowupOccurrence(models.Model):
    """Silence is not satisfaction: what nobody does goes to the manager (F4)."""

    _inherit = "continuity.followup.occurrence"

    @api.model
    def _cron_escalate(self):
        """Tell managers, once each, of silent customers nobody has contacted though
        it was planned.

        One that fails keeps its reason in ``escalation_error``, is tried again at the
        next run and holds up no other (I11).
        """
        cron = self.env["ir.cron"]
        ids = []
        for company in self.env["res.company"].search([]):
            ids += self._search_to_escalate(company).ids
        cron._commit_progress(remaining=len(ids))
        for occurrence_id in ids:
            # Several hosts may run at once: each takes what nobody else has taken.
            occurrence = self.browse(occurrence_id)
            occurrence = occurrence.try_lock_for_update(allow_referencing=True)
            try:
                with self.env.cr.savepoint():
                    occurrence._escalate()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                raise
            except Exception as error:
                _logger.warning(
                    "Follow-up %s cannot be escalated", occurrence_id, exc_info=error
                )
                occurrence.sudo().escalation_error = str(error)
            if not cron._commit_progress(1):
                return

    @api.model
    def _search_to_escalate(self, company):
        """Return the rows of a company whose contact is late for too long.

        A contact is late from the day it was first planned for, however long it had
        to wait for a free day and however often it was postponed since.
        """
        limit = fields.Date.today() - timedelta(
            days=company.sudo().continuity_followup_escalate_days
        )
        return self.search(
            [
                ("company_id", "=", company.id),
                ("rule_id.trigger", "in", STANDING),
                ("state", "in", ("planned", "merged")),
                ("planned_for", "<", limit),
                ("touchpoint_id.state", "in", ("owed", "tried")),
                ("escalated_on", "=", False),
            ]
        )

    def _escalate(self):
        """Give the managers of those responsible a to-do for each customer, in the
        manager's own language."""
        today = fields.Date.today()
        for occurrence in self.sudo().filtered(lambda row: not row.escalated_on):
            user = occurrence.touchpoint_id.user_id
            manager = user._continuity_manager(occurrence.company_id)
            if not manager:
                occurrence.escalation_error = self.env._(
                    "Nobody manages %s: name a leader of the sales team.", user.name
                )
                continue
            occurrence.write(
                {
                    "escalated_on": today,
                    "escalated_to_id": manager.id,
                    "escalation_error": False,
                }
            )
            occurrence = occurrence.with_context(
                lang=manager.lang, mail_activity_quick_update=True
            )
            env = occurrence.env
            # A to-do: done or not, it is no contact with the customer.
            occurrence.partner_id.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=today,
                summary=env._(
                    "Silent, and not contacted by %(person)s since %(day)s",
                    person=user.name,
                    day=fields.Date.to_string(occurrence.planned_for),
                ),
                note=occurrence.why,
                user_id=manager.id,
            )
