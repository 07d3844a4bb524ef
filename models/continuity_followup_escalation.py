import logging
from datetime import timedelta

from odoo import api, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import format_date

from .continuity_followup_rule import STANDING

_logger = logging.getLogger(__name__)


class ContinuityFollowupOccurrence(models.Model):
    """Silence is not satisfaction: what nobody does goes to the manager (F4)."""

    _inherit = "continuity.followup.occurrence"

    @api.model
    def _cron_escalate(self):
        """Tell managers, once each, of silent customers nobody has contacted though
        it was planned: each company's once a day, before its day begins.

        One that fails keeps its reason in ``escalation_error``, is tried again the
        next day and holds up no other (I11).
        """
        cron = self.env["ir.cron"]
        companies = self.env["res.company"].search([])
        companies = companies.filtered(lambda company: company._is_escalation_due())
        to_do = [(company, self._search_to_escalate(company)) for company in companies]
        cron._commit_progress(remaining=sum(len(rows) for _company, rows in to_do))
        for company, rows in to_do:
            if not self._escalate_in_batches(rows.ids):
                return
            company.sudo().continuity_followup_escalated_on = (
                company._continuity_now().date()
            )
            cron._commit_progress()

    @api.model
    def _escalate_in_batches(self, ids):
        """Escalate rows one by one, each in a transaction of its own.

        :param list ids: of occurrences
        :return: whether there was time for all of them
        :rtype: bool
        """
        cron = self.env["ir.cron"]
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
                return False
        return True

    @api.model
    def _search_to_escalate(self, company):
        """Return the rows of a company whose contact is late for too long.

        A contact is late from the day it was first planned for, however long it had
        to wait for a free day and however often it was postponed since.
        """
        limit = company._continuity_now().date() - timedelta(
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
        for occurrence in self.sudo().filtered(lambda row: not row.escalated_on):
            today = occurrence.company_id._continuity_now().date()
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
                    day=format_date(env, occurrence.planned_for),
                ),
                note=occurrence.why,
                user_id=manager.id,
            )
