"""The further required steps of a tier's contact policy: a mail and a call, each a
contact of its own.

The first step is the contact the planning makes; the others are planned along with it,
one for each occurrence and step (I1). The occurrence points to the contact that is owed
next, and ends with the last one.
"""

from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from ..tools.day_planner import Contact, place
from .continuity_followup_planning import HORIZON_DAYS

# Contacts nothing is to be done for any more.
ENDED = ("done", "failed", "cancelled")


class ContinuityPolicyStep(models.Model):
    _inherit = "continuity.policy.step"

    @api.model
    def _required_after_first(self, purpose):
        """Return what customers of each tier are owed besides the first step.

        :param str purpose: technical value of :attr:`purpose`
        :return: tuples (step, days after the first) by id of the tier; without tiers
            of which the policy asks for no more
        :rtype: dict[int, list[tuple]]
        """
        further = {}
        steps = self.search([("purpose", "=", purpose), ("segment", "=", False)])
        for tier, together in steps.grouped("tier_id").items():
            first, *others = together.sorted(lambda step: (step.sequence, step.id))
            required = [
                (step, max(step.offset_days - first.offset_days, 0))
                for step in others
                if step.required
            ]
            if required:
                further[tier.id] = required
        return further


class ContinuityFollowupOccurrence(models.Model):
    _inherit = "continuity.followup.occurrence"

    # === PLANNING === #

    @api.model
    def _plan_further_steps(self, company, today, days, values):
        """Plan the further required steps of the policy for contacts just planned.

        Each falls on a free day of its person, from its offset on; where a person has
        none within a month, on the last day looked at.

        :param date today: the day of the planning
        :param dict days: the first :class:`Reason` of each customer to its date
        :param list values: those of the contacts planned, in the same order
        """
        further = self.env["continuity.policy.step"]._required_after_first("followup")
        if not further:
            return
        rules = self.env["continuity.followup.rule"].browse(
            {lead.rule_id for lead in days}
        )
        # A rule with channels of its own asks for no policy.
        by_policy = set(rules.filtered(lambda rule: not rule.channel_ids).ids)
        wanted = {
            (lead.id, step): Contact(
                (lead.id, step),
                lead.user_id,
                day + timedelta(days=offset),
                self._rank(lead),
            )
            for lead, day in days.items()
            if lead.rule_id in by_policy
            for step, offset in further.get(lead.tier_id, ())
        }
        if not wanted:
            return
        last = max(contact.day for contact in wanted.values())
        last += timedelta(days=4 * HORIZON_DAYS)
        slots = self._free_slots(
            company,
            self.env["res.users"].browse({c.person for c in wanted.values()}),
            today,
            (last - today).days + 1,
        )
        placed = place(wanted.values(), slots)
        by_lead = {
            lead.id: (lead, vals)
            for (lead, _day), vals in zip(days.items(), values, strict=True)
        }
        vals_list = []
        for lead_id, step in wanted:
            lead, vals = by_lead[lead_id]
            channels = step._ordered_channels().sorted(
                lambda channel, lead=lead: channel.id != lead.channel_id
            )
            vals_list.append(
                {
                    **vals,
                    "occurrence": f"{vals['occurrence']}/{step.id}",
                    "channel_ids": channels.ids,
                    "date_due": placed.get((lead_id, step), last),
                }
            )
        self.env["continuity.touchpoint"]._plan_bulk(vals_list)

    # === WHAT IS OWED NEXT === #

    @api.model
    def _search_steps(self, touchpoints):
        """Return the other contacts planned for the same occurrences.

        :param touchpoints: ``continuity.touchpoint``
        :rtype: continuity.touchpoint
        """
        origins = touchpoints.filtered(lambda t: t.origin_model == self._name)
        return touchpoints.sudo().search(
            [
                ("origin_model", "=", self._name),
                ("origin_id", "in", origins.mapped("origin_id")),
                ("id", "not in", touchpoints.ids),
            ],
            order="date_due, id",
        )

    def _go_on_or_close(self, state):
        """Go on to the next step of these rows' contacts, or close the rows: as failed
        where a required step has failed before.

        :param str state: done or failed
        """
        touchpoints = self.touchpoint_id
        steps = self._search_steps(touchpoints).grouped("origin_id")
        rest = self.browse()
        for occurrence in self:
            touchpoint = occurrence.touchpoint_id
            others = touchpoints.browse()
            if touchpoint.origin_id == occurrence.id:
                others = steps.get(occurrence.id, others)
            following = others.filtered(lambda t: t.state not in ENDED)[:1]
            if following:
                occurrence._go_on(following)
                continue
            this_time = touchpoint.occurrence.split("/")[0]
            failed = others.filtered(
                lambda t, time=this_time: (
                    t.state == "failed" and t.occurrence.split("/")[0] == time
                )
            )
            if state == "done" and failed:
                occurrence._end("failed", failed[:1].reason)
            else:
                rest |= occurrence
        for touchpoint, rows in rest.grouped("touchpoint_id").items():
            rows._end(state, touchpoint.reason)

    def _go_on(self, touchpoint):
        """Let the occurrence wait for its next contact."""
        self.write({"touchpoint_id": touchpoint.id, "planned_for": touchpoint.date_due})

    @api.model
    def _take_over_results(self, company, today, commit):
        """First go on to the next step where a contact ended without telling."""
        self.env.cr.execute(
            SQL(
                """UPDATE continuity_followup_occurrence o
                      SET touchpoint_id = following.id,
                          planned_for = following.date_due
                     FROM continuity_touchpoint t
                     JOIN LATERAL (
                          SELECT x.id, x.date_due FROM continuity_touchpoint x
                           WHERE x.origin_model = t.origin_model
                             AND x.origin_id = t.origin_id AND x.state NOT IN %(ended)s
                        ORDER BY x.date_due, x.id LIMIT 1) following ON TRUE
                    WHERE t.id = o.touchpoint_id AND t.origin_id = o.id
                      AND t.origin_model = %(model)s
                      AND o.company_id = %(company)s AND o.state = 'planned'
                      AND t.state IN %(ended)s""",
                model=self._name,
                company=company.id,
                ended=ENDED,
            )
        )
        return super()._take_over_results(company, today, commit)

    @api.model
    def _sql_begun(self):
        """Return the condition that a step was done for the row ``o`` and others are
        still required: that somebody was in touch is what was asked for."""
        if not self.env["continuity.policy.step"]._required_after_first("followup"):
            return SQL("FALSE")
        return SQL(
            """EXISTS (SELECT FROM continuity_touchpoint d
                        WHERE d.origin_model = %s AND d.origin_id = o.id
                          AND d.state = 'done')""",
            self._name,
        )

    @api.model
    def _cancel_contacts(self, touchpoints, reason):
        """Cancel contacts with the further steps planned along with them.

        :param touchpoints: ``continuity.touchpoint``
        :param str reason: kept on them
        """
        (touchpoints | self._search_steps(touchpoints))._cancel(reason)
