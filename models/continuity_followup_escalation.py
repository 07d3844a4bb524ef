from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import split_every

from .continuity_followup_rule import STANDING

ESCALATION_BATCH_SIZE = 100


class ContinuityFollowupOccurrence(models.Model):
    """Silence is not satisfaction: what nobody does goes to the manager (F4)."""

    _inherit = "continuity.followup.occurrence"

    @api.model
    def _cron_escalate(self):
        """Tell managers, once each, of silent customers nobody has contacted though
        it was planned, in batches."""
        cron = self.env["ir.cron"]
        ids = []
        for company in self.env["res.company"].search([]):
            ids += self._search_to_escalate(company).ids
        cron._commit_progress(remaining=len(ids))
        for batch_ids in split_every(ESCALATION_BATCH_SIZE, ids):
            # Several hosts may run at once: take what nobody else has taken.
            batch = self.browse(batch_ids).try_lock_for_update(allow_referencing=True)
            batch._escalate()
            if not cron._commit_progress(len(batch_ids)):
                return

    @api.model
    def _search_to_escalate(self, company):
        """Return the rows of a company whose contact is late for too long.

        A contact is late from the day it was planned for, however long it had to
        wait for a free day.
        """
        limit = fields.Date.today() - timedelta(
            days=company.sudo().continuity_followup_escalate_days
        )
        return self.search(
            [
                ("company_id", "=", company.id),
                ("rule_id.trigger", "in", STANDING),
                ("state", "in", ("planned", "merged")),
                ("touchpoint_id.date_due", "<", limit),
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
            occurrence.write({"escalated_on": today, "escalated_to_id": manager.id})
            if not manager:
                continue
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
                    day=fields.Date.to_string(occurrence.touchpoint_id.date_due),
                ),
                note=occurrence.why,
                user_id=manager.id,
            )
