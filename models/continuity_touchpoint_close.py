"""What follows from an attempt, and contacts nobody had planned."""

import uuid

from odoo import api, fields, models
from odoo.fields import Command

from .continuity_touchpoint import (
    OPEN_STATES,
    REACHING_OUTCOMES,
    REVOCABLE_STATES,
    WRITTEN_OUTCOMES,
)


class ContinuityTouchpoint(models.Model):
    _inherit = "continuity.touchpoint"

    def _apply_attempts(self, outcome, date):
        """Bring state, activity and process in line with a new attempt."""
        self.sudo().write({"outcome": outcome})
        reached = self._reached_by(outcome)
        if reached:
            reached.sudo().write(
                {"state": "done", "date_done": date, "done_by_id": self.env.uid}
            )
            reached.sudo()._close_activity()
            reached._notify_origin("_touchpoint_done")
        (self - reached).sudo().write({"state": "tried"})

    def _reached_by(self, outcome):
        """Return the touchpoints which their last attempt, with this outcome, fulfils:
        somebody was reached, or a text went out over a written channel.

        The others are left tried. Extensions narrow or widen it.
        """
        if outcome == "held":
            return self
        if outcome in WRITTEN_OUTCOMES:
            return self.filtered(lambda t: t.sudo()._last_attempt().channel_id.written)
        return self.browse()

    def _last_attempt(self):
        """Return the attempt that was reported last, whenever it took place."""
        return self.attempt_ids.sorted("id")[-1:]

    def _switch_channel(self, reason):
        """Go on over the next channel, because this one did not reach the customer.

        The next one is the first along the chain of ``next_channel_id`` that the
        contact accepts; else the first of the chain, which is then accepted too: a
        bounced mail must not end in silence.

        :param str reason: what the responsible person reads in the activity
        :return: those for which there was no next channel; they stay as they are
        :rtype: continuity.touchpoint
        """
        stuck = self.browse()
        for touchpoint in self.sudo():
            following = touchpoint._following_channel()
            if not following:
                stuck |= touchpoint
                continue
            touchpoint._withdraw()
            today = fields.Date.context_today(touchpoint)
            touchpoint.write(
                {
                    "channel_id": following.id,
                    "channel_ids": [Command.link(following.id)],
                    "state": "tried",
                    "next_try": reason,
                    "date_show": today,
                    "date_due": max(touchpoint.date_due, today),
                }
            )
        return stuck

    def _following_channel(self):
        """Return the channel to go on with, or none; see :meth:`_switch_channel`.

        Who is owed a meeting is not served by anything less: what was opened by a
        process for a meeting only never becomes a call.
        """
        self.ensure_one()
        chain = self.channel_id._following_channels()
        if all(channel.is_meeting for channel in self.channel_ids):
            chain = chain.filtered("is_meeting")
        return (chain & self.channel_ids)[:1] or chain[:1]

    def _fail(self, reason):
        """Give up on open touchpoints, with the reason, and tell their process."""
        touchpoints = self.sudo().filtered(lambda t: t.state in OPEN_STATES)
        touchpoints.write({"state": "failed", "reason": reason})
        touchpoints._withdraw()
        touchpoints._notify_origin("_touchpoint_failed")

    def _cancel(self, reason):
        """Withdraw open touchpoints that are no longer owed, with the reason."""
        touchpoints = self.sudo().filtered(lambda t: t.state in REVOCABLE_STATES)
        touchpoints.write({"state": "cancelled", "reason": reason})
        touchpoints._withdraw()

    @api.model
    def _plan_again(self, vals_list):
        """Plan what a process owes, as ``_plan_bulk`` does; what it had called off by
        :meth:`_cancel`, and owes again, is put back with these values.

        :param list vals_list: see ``_plan_bulk``
        :return: the touchpoints of these origins and occurrences, in order
        :rtype: continuity.touchpoint
        """
        touchpoints = self.sudo()._plan_bulk(vals_list)
        for touchpoint, vals in zip(touchpoints, vals_list, strict=True):
            if touchpoint.state != "cancelled":
                continue
            # A letter that was released and called off is written once more.
            touchpoint._thaw()
            touchpoint.write(
                {
                    **self._prepare_planned_values(vals),
                    "state": "tried" if touchpoint.attempt_ids else "owed",
                    "reason": False,
                }
            )
        return touchpoints.sudo(self.env.su)

    def _close_activity(self):
        """Mark the activities done: a touchpoint done closes its activity."""
        for activity in self.activity_id.filtered("active"):
            # One by one: the feedback is what the chatter of the customer shows.
            touchpoint = self.filtered(lambda t, a=activity: t.activity_id == a)[:1]
            messages, _next = (
                activity.with_user(self.env.user)
                .sudo()
                ._action_done(feedback=touchpoint.attempt_ids[:1].note or False)
            )
            # The day it took place, not the day somebody got round to reporting it.
            messages.date = touchpoint.date_done

    def _withdraw(self):
        """Take open activities and future meetings out of people's lists."""
        shown = self.filtered("activity_id.active")
        activities = shown.activity_id
        # First let go of them: an activity that others delete is put back.
        shown.activity_id = False
        activities.unlink()
        self._drop_event()

    def _drop_event(self):
        """Take future meetings out of the calendars; past ones are history."""
        now = fields.Datetime.now()
        future = self.filtered(lambda t: t.event_id.active and t.event_id.start > now)
        events = self._get_event_model().browse(future.event_id.ids)
        future.event_id = False
        events.action_archive()

    def _notify_origin(self, hook):
        """Call a hook of the subject mixin on the lines these came from."""
        for model, touchpoints in self.sudo().grouped("origin_model").items():
            lines = touchpoints._origins(model).sudo().exists()
            if hasattr(lines, hook):
                getattr(lines, hook)(touchpoints.with_env(self.env))

    # === LOGGING A CONTACT NOBODY HAD PLANNED === #

    @api.model
    def _log_contact(self, relationship, channel, outcome, name, **attempt_values):
        """Record a contact that took place without having been planned, and bring
        the customer's last contact and next due date up to date.

        :param relationship: the ``continuity.relationship``
        :param channel: the ``continuity.channel`` used
        :param str outcome: see :meth:`log_attempt`
        :param str name: subject
        :param attempt_values: date, minutes and note, see :meth:`log_attempt`
        :return: the touchpoint
        :rtype: continuity.touchpoint
        :raise AccessError: unless the user may read the relationship
        :raise UserError: see :meth:`log_attempt`
        """
        relationship.ensure_one()
        relationship.check_access("read")
        touchpoint = self._plan(
            [
                {
                    "name": name,
                    "origin_model": relationship._name,
                    "origin_id": relationship.id,
                    "occurrence": f"logged:{uuid.uuid4()}",
                    "relationship_id": relationship.id,
                    "partner_id": relationship.partner_id.id,
                    "company_id": relationship.company_id.id,
                    "channel_ids": channel.ids,
                    "user_id": self.env.uid,
                    "date_due": fields.Date.context_today(self),
                }
            ]
        )
        touchpoint.log_attempt(outcome, **attempt_values)
        touchpoint._refresh_relationships()
        return touchpoint

    def _refresh_relationships(self):
        """Let contacts that reached somebody show on their customers at once.

        Tiers that make no sense stop the refresh, which tells the manager so, but
        nobody from writing down whom they spoke to.
        """
        held = self.sudo().filtered(
            lambda t: any(
                a.outcome in REACHING_OUTCOMES and a.channel_id.true_contact
                for a in t.attempt_ids
            )
        )
        held._refresh_customers()

    def _refresh_customers(self):
        """Bring the relationships of these customers up to date at once."""
        tier_model = self.env["continuity.tier"]
        for company, touchpoints in self.sudo().grouped("company_id").items():
            if not tier_model._threshold_errors(company):
                touchpoints.relationship_id._refresh(
                    company, partners=touchpoints.partner_id
                )
