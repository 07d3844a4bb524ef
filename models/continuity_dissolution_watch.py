from odoo import api, fields, models

# What the lead of the task force hears of.
DANGERS = ("endangered", "missed")


class ContinuityDissolution(models.Model):
    """What a campaign needs every day: days in danger go to the lead of the task
    force, once each."""

    _inherit = "continuity.dissolution"

    @api.model
    def _cron_watch_timetables(self):
        """Look at the timetables of all campaigns under way, one campaign at a time."""
        campaigns = self.search([("state", "in", ("approved", "running", "reported"))])
        campaigns._run_each(lambda campaign: campaign._watch_timetable())

    def _watch_timetable(self):
        """Record that all have been told, and report days in danger; nothing on an
        empty recordset."""
        for campaign in self:
            campaign._record_all_told()
            campaign._report_dangers()

    def _record_all_told(self):
        """Record the day the last customer was told, once nobody is left."""
        self.ensure_one()
        milestone = self._milestone("customers_told")
        if milestone.done_on or not milestone:
            return
        states = {
            state: last
            for state, last in self.env["continuity.dissolution.customer"]._read_group(
                [("dissolution_id", "=", self.id), ("state", "!=", "out")],
                ["state"],
                ["told_on:max"],
            )
        }
        if "planned" in states or not any(states.values()):
            return
        last = max(filter(None, states.values()))
        milestone.sudo().done_on = self._local_date(last)

    def _report_dangers(self):
        """Give the lead a to-do for each milestone that has come into danger, or was
        missed since; what is out of danger can be reported again."""
        self.ensure_one()
        for milestone in self.milestone_ids:
            status = milestone.status if milestone.status in DANGERS else False
            # What happened too late was reported while it was late.
            if milestone.done_on or status == milestone.warned_status:
                continue
            milestone.sudo().warned_status = status
            if not status:
                continue
            lead = self._lead()
            explanation = milestone.with_context(lang=lead.lang).explanation
            self._remind(
                lead,
                lambda env, milestone=milestone: milestone.with_env(env)._danger(),
                explanation,
                deadline=max(
                    milestone.latest or fields.Date.today(), self._local_today()
                ),
            )


class ContinuityDissolutionMilestone(models.Model):
    _inherit = "continuity.dissolution.milestone"

    def _danger(self):
        """Say in a line in what danger one milestone is.

        :rtype: str
        """
        self.ensure_one()
        name = self.event_id.name
        if self.status == "missed":
            return self.env._("Missed: %s", name)
        return self.env._("In danger: %s", name)
