from odoo import api, fields, models

# H4: a question unanswered for so long goes to the manager.
QUESTION_WORKING_DAYS = 2


class ContinuityHandover(models.Model):
    """What a plan needs every day."""

    _inherit = "continuity.handover"

    @api.model
    def _cron_daily(self):
        """Start plans whose day has come and bring unanswered questions and
        customers left at the deadline to the manager; one plan at a time."""
        today = fields.Date.today()
        due = self.search([("state", "=", "approved"), ("date_start", "<=", today)])
        running = self.search([("state", "=", "running")])
        (due | running)._run_each(lambda plan: plan._daily(today))

    def _daily(self, today):
        """Do what one plan needs today; nothing on an empty recordset."""
        for plan in self:
            if plan.state == "approved":
                plan._start()
            plan._escalate_questions(today)
            plan._list_stragglers(today)

    def _escalate_questions(self, today):
        """Bring questions unanswered for two working days to the manager (H4)."""
        self.ensure_one()
        now = fields.Datetime.now()
        for check in self.line_ids.check_ids.filtered(
            lambda c: c.state == "returned" and not c.escalated_on
        ):
            deadline = self._add_working_days(
                self.company_id, check.returned_on, QUESTION_WORKING_DAYS
            )
            if not deadline or deadline > now:
                continue
            check.escalated_on = today
            self._remind(
                self.manager_id,
                lambda env, check=check: env._(
                    "Unanswered for two working days: %(item)s of %(customer)s",
                    item=check.with_env(env).topic_id.name,
                    customer=check.line_id.display_name,
                ),
                check.question,
            )

    def _list_stragglers(self, today):
        """List the customers left open at the end of the period, once; nobody is
        moved or dropped silently (H8)."""
        self.ensure_one()
        if self.date_end >= today or self.stragglers_listed_on:
            return
        stragglers = self.line_ids.filtered(
            lambda line: line.state == "open" and not line.excluded
        )
        self.stragglers_listed_on = today
        if not stragglers:
            return
        self._remind(
            self.manager_id,
            lambda env: env._(
                "%s customers are not handed over at the end of the period",
                len(stragglers),
            ),
            ", ".join(stragglers.mapped("display_name")),
        )
