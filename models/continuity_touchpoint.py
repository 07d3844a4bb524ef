import logging
import uuid
from collections import defaultdict
from datetime import timedelta

import pytz
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL, format_datetime, split_every

_logger = logging.getLogger(__name__)

# What a person still has to do. A letter that is released, being sent or uncertain is
# moved by `continuity_touchpoint_sending.py` alone.
OPEN_STATES = ("owed", "tried")
# What can still be called back.
REVOCABLE_STATES = (*OPEN_STATES, "released")
# A text left.
WRITTEN_OUTCOMES = ("sent", "posted")
# What only the sending engine finds out.
MACHINE_OUTCOMES = ("sent", "rejected", "bounced")
# What reaches the customer: a talk, or a text that went out to them.
REACHING_OUTCOMES = ("held", *WRITTEN_OUTCOMES)
# Activities the scheduler creates in one transaction.
SHOW_BATCH_SIZE = 500


class ContinuityTouchpoint(models.Model):
    """One contact owed to, or made with, one customer: a row of the ledger.

    Every list, clock, proof and figure reads from here. A process plans
    touchpoints; only this model contacts a customer or creates an activity or a
    meeting for one.

    ==========  ===============================================================
    state       means
    ==========  ===============================================================
    owed        planned; nobody has tried yet
    tried       at least one attempt, none reached the customer
    done        an attempt reached the customer; its activity is closed
    failed      given up, with the reason; the process decides what follows
    cancelled   no longer owed, with the reason
    released    a letter to mail, approved by a person, waiting for a lane
    sending     a lane has taken it; nobody else may
    uncertain   the connection broke while it was sent: a person decides whether
                it went out or is sent again
    ==========  ===============================================================

    Retries and changes of channel are attempts on one touchpoint
    (``continuity.touchpoint.attempt``), so nothing is counted twice.
    """

    _name = "continuity.touchpoint"
    _description = "Touchpoint"
    _inherit = ["continuity.guarded.mixin"]
    _order = "date_due, id"

    # What one owes to whom is settled by the process that plans it, and what
    # came of it by an attempt: neither is typed in (see `_log_attempt`).
    _guarded_fields = frozenset(
        {
            "state",
            "origin_model",
            "origin_id",
            "occurrence",
            "relationship_id",
            "partner_id",
            "company_id",
            "purpose",
            "attempt_ids",
            "date_done",
            "done_by_id",
            "outcome",
            "reason",
            "activity_id",
            "event_id",
            "show_error",
            "why",
            "next_try",
            "user_id",
            "attendee_ids",
            "invite_customer",
            "channel_ids",
        }
    )

    name = fields.Char(string="Subject", required=True)
    relationship_id = fields.Many2one(
        "continuity.relationship", required=True, index=True, ondelete="restrict"
    )
    why = fields.Char(
        readonly=True,
        help="The reasons for this contact, in the responsible person's language.",
    )
    next_try = fields.Char(
        readonly=True,
        help="How to go on after attempts that reached nobody, and why.",
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, index=True, ondelete="restrict"
    )
    contact_ids = fields.Many2many(
        "res.partner",
        "continuity_touchpoint_contact_rel",
        string="People",
        help="The people of the customer who are to be reached.",
    )
    company_id = fields.Many2one("res.company", required=True, index=True)
    purpose = fields.Selection(selection="_selection_purpose", index=True)
    origin_model = fields.Char(required=True, readonly=True)
    origin_id = fields.Many2oneReference(
        model_field="origin_model", required=True, readonly=True, index=True
    )
    occurrence = fields.Char(
        required=True,
        readonly=True,
        help="Which one of its origin: planning the same again creates no second.",
    )
    channel_ids = fields.Many2many(
        "continuity.channel", string="Accepted Channels", required=True
    )
    channel_id = fields.Many2one("continuity.channel", required=True)
    user_id = fields.Many2one(
        "res.users", string="Responsible", required=True, index=True
    )
    attendee_ids = fields.Many2many(
        "res.users",
        "continuity_touchpoint_attendee_rel",
        string="Also Present",
        help="Colleagues who take part besides the responsible person.",
    )
    date_due = fields.Date(string="Due Date", required=True, index=True)
    date_show = fields.Date(
        string="Shown From",
        required=True,
        help="The day its activity enters the responsible person's list. A visit "
        "that still has to be arranged is shown before it is due.",
    )
    date_planned = fields.Datetime(string="Appointment")
    duration = fields.Float(string="Duration (hours)", default=1.0)
    invite_customer = fields.Boolean(
        help="Also invite the customer's people to the meeting, by mail."
    )
    state = fields.Selection(
        [
            ("owed", "Owed"),
            ("tried", "Tried"),
            ("done", "Done"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
            ("released", "Released"),
            ("sending", "Sending"),
            ("uncertain", "Uncertain"),
        ],
        string="Status",
        default="owed",
        required=True,
        readonly=True,
        index=True,
    )
    attempt_ids = fields.One2many(
        "continuity.touchpoint.attempt",
        "touchpoint_id",
        domain=[("withdrawn", "=", False)],
    )
    outcome = fields.Selection(
        selection="_selection_outcome", readonly=True, string="Last Outcome"
    )
    date_done = fields.Datetime(string="Done On", readonly=True)
    done_by_id = fields.Many2one("res.users", readonly=True)
    reason = fields.Char(readonly=True, help="Why it failed or was cancelled.")
    activity_id = fields.Many2one(
        "mail.activity", readonly=True, ondelete="set null", index="btree_not_null"
    )
    event_id = fields.Many2one(
        "calendar.event",
        string="Meeting",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    show_error = fields.Char(
        string="Why Not Shown",
        readonly=True,
        help="Why the scheduler could not put it into the responsible person's list.",
    )

    # I1: an index, not a search, so that two crons cannot both find nothing.
    _origin_uniq = models.UniqueIndex(
        "(origin_model, origin_id, occurrence)",
        "This contact is planned already.",
    )
    _to_show_idx = models.Index("(date_show) WHERE state IN ('owed', 'tried')")

    @api.model
    def _selection_purpose(self):
        step = self.env["continuity.policy.step"]
        return step._fields["purpose"]._description_selection(self.env)

    @api.model
    def _selection_outcome(self):
        attempt = self.env["continuity.touchpoint.attempt"]
        return attempt._fields["outcome"]._description_selection(self.env)

    # === PLANNING === #

    @api.model
    def _plan(self, vals_list):
        """Create the touchpoints a process owes; those that exist stay as they are.

        Activities and meetings are not made here but by :meth:`_show`.

        :param list vals_list: values with origin_model, origin_id, occurrence,
            relationship_id, partner_id, company_id, name, channel_ids (ids),
            user_id, date_due and, where they differ from the defaults, the rest
        :return: the touchpoints of these origins and occurrences, in order
        :rtype: continuity.touchpoint
        """
        return self._plan_by(vals_list, self.sudo().create)

    @api.model
    def _plan_by(self, vals_list, create):
        """Plan with a given way of creating rows, see :meth:`_plan`."""
        if not vals_list:
            return self
        keys = [(v["origin_model"], v["origin_id"], v["occurrence"]) for v in vals_list]
        existing = self._find_by_origin(keys)
        new_vals = []
        for key, vals in zip(keys, vals_list, strict=True):
            if key in existing:
                continue
            new_vals.append(self._prepare_planned_values(vals))
            existing[key] = None  # the same key twice in one call is one contact
        created = create(new_vals)
        for touchpoint, vals in zip(created, new_vals, strict=True):
            key = vals["origin_model"], vals["origin_id"], vals["occurrence"]
            existing[key] = touchpoint.id
        return self.browse(existing[key] for key in keys)

    @api.model
    def _find_by_origin(self, keys):
        """Map the (model, id, occurrence) keys that exist to touchpoint ids."""
        self.flush_model(["origin_model", "origin_id", "occurrence"])
        models, ids, occurrences = map(list, zip(*keys, strict=True))
        rows = self.env.execute_query(
            SQL(
                """SELECT t.origin_model, t.origin_id, t.occurrence, t.id
                     FROM continuity_touchpoint t
                     JOIN unnest(%s::varchar[], %s::int[], %s::varchar[])
                          AS key (origin_model, origin_id, occurrence)
                    USING (origin_model, origin_id, occurrence)""",
                models,
                ids,
                occurrences,
            )
        )
        return {tuple(row[:3]): row[3] for row in rows}

    @api.model
    def _prepare_planned_values(self, vals):
        """Complete the values of a touchpoint to plan; extensions add theirs."""
        channel_ids = vals["channel_ids"]
        return {
            "date_show": vals["date_due"],
            "channel_id": channel_ids[0],
            **vals,
            "channel_ids": [Command.set(channel_ids)],
        }

    def _show(self):
        """Put touchpoints into the lists and calendars of those who perform them.

        Creates the activity on the customer, assigned to the responsible person,
        and for a dated meeting the calendar event for all colleagues who take
        part. Quiet: nobody gets a mail for it, the customer is invited only when
        asked for.
        """
        to_show = self.filtered(
            lambda t: t.state in OPEN_STATES and not t.sudo().activity_id.active
        )
        if not to_show:
            return
        model_id = self.env["ir.model"]._get_id("res.partner")
        activities = (
            self.env["mail.activity"]
            .sudo()
            .with_context(mail_activity_quick_update=True)
            .create([t._prepare_activity_values(model_id) for t in to_show])
        )
        for touchpoint, activity in zip(to_show, activities, strict=True):
            touchpoint.sudo().activity_id = activity
        to_show._sync_event()

    def _prepare_activity_values(self, model_id):
        """Return the values of the activity of one touchpoint."""
        self.ensure_one()
        activity_type = self.channel_id.activity_type_id or self.env.ref(
            "mail.mail_activity_data_todo"
        )
        return {
            "res_model_id": model_id,
            "res_id": self.partner_id.id,
            "activity_type_id": activity_type.id,
            "summary": self.name,
            "user_id": self.user_id.id,
            "date_deadline": self.date_due,
            "note": self._prepare_activity_note(),
            "automated": True,
        }

    def _prepare_activity_note(self):
        """Return what stands below the subject: why, and how to go on."""
        self.ensure_one()
        lines = filter(None, [self.why, self.next_try])
        return Markup("<br>").join(lines) or False

    def _sync_event(self):
        """Create or move the calendar events of dated meetings."""
        # Before it is shown nobody is to know of it, least of all the customer.
        dated = self.sudo().filtered(
            lambda t: t.date_planned and t.channel_id.is_meeting and t.activity_id
        )
        for invite, touchpoints in dated.grouped("invite_customer").items():
            event_model = self._get_event_model(invite)
            new = touchpoints.filtered(lambda t: not t.event_id)
            for touchpoint in touchpoints - new:
                event = event_model.browse(touchpoint.event_id.id)
                values = touchpoint._prepare_event_values()
                names = ("start", "stop", "duration", "activity_ids")
                event.write({name: values[name] for name in names})
                # Odoo counts the day in the time zone of whoever is logged in.
                touchpoint._move_activity(touchpoint.date_due)
            events = event_model.create([t._prepare_event_values() for t in new])
            for touchpoint, event in zip(new, events, strict=True):
                touchpoint.event_id = event.id

    @api.model
    def _get_event_model(self, invite=False):
        """Return the calendar, as superuser, such that a change in it mails nobody.

        :param bool invite: whether those who take part get Odoo's invitation
        """
        return (
            self.env["calendar.event"]
            .sudo()
            .with_context(
                dont_notify=True,
                mail_activity_quick_update=True,
                mail_auto_subscribe_no_notify=True,
                no_mail_to_attendees=not invite,
                skip_attendee_notification=not invite,
            )
        )

    def _prepare_event_values(self):
        """Return the values of the meeting of one touchpoint."""
        self.ensure_one()
        model_id = self.env["ir.model"]._get_id("res.partner")
        return {
            "name": self.name,
            "user_id": self.user_id.id,
            "partner_ids": [Command.set(self._event_partners().ids)],
            "start": self.date_planned,
            "stop": self.date_planned + timedelta(hours=self.duration),
            # Else the calendar's own default length wins over the stop.
            "duration": self.duration,
            "res_model_id": model_id,
            "res_id": self.partner_id.id,
            "location": self.partner_id.contact_address_inline or False,
            # No description: everybody reads calendars, and the customer invitations.
            # Otherwise the calendar plans a second activity for the meeting.
            "activity_ids": [Command.link(a) for a in self.activity_id.ids],
        }

    def _event_partners(self):
        """Return who stands in the meeting; the customer only when invited."""
        self.ensure_one()
        partners = (self.user_id | self.attendee_ids).partner_id
        if self.invite_customer:
            partners |= self.contact_ids or self.partner_id
        return partners

    def _reschedule(self, date_planned):
        """Move the appointment, with its meeting and its activity's deadline.

        :param datetime date_planned: the new appointment, UTC, or False
        """
        date_planned = fields.Datetime.to_datetime(date_planned)
        for touchpoint in self.sudo():
            touchpoint.date_planned = date_planned
            if date_planned:
                touchpoint.date_due = fields.Datetime.context_timestamp(
                    touchpoint.with_context(tz=touchpoint.user_id.tz), date_planned
                ).date()
                touchpoint._move_activity(touchpoint.date_due)
            else:
                touchpoint._drop_event()
        self._sync_event()

    def _move_activity(self, day):
        """Give the activity another day; its meeting is moved apart from it, to the
        minute, where Odoo would shift it by whole days."""
        self.activity_id.filtered(
            lambda activity: activity.date_deadline != day
        ).with_context(calendar_event_meeting_update=True).date_deadline = day

    def _set_people(self, attendees, contacts, invite_customer=False):
        """Change who takes part, also in the meeting.

        :param attendees: ``res.users`` besides the responsible person
        :param contacts: ``res.partner``, the customer's people
        :param bool invite_customer: whether these get an invitation by mail
        """
        for touchpoint in self.sudo():
            before = touchpoint._event_partners()
            touchpoint.write(
                {
                    "attendee_ids": [Command.set(attendees.ids)],
                    "contact_ids": [Command.set(contacts.ids)],
                    "invite_customer": invite_customer,
                }
            )
            after = touchpoint._event_partners()
            event = self._get_event_model(touchpoint.invite_customer).browse(
                touchpoint.event_id.id
            )
            # Whom colleagues have added to the meeting themselves stays in it.
            event.write(
                {
                    "partner_ids": [Command.unlink(p.id) for p in before - after]
                    + [Command.link(p.id) for p in after - before]
                }
            )

    @api.model
    def _domain_to_show(self):
        """Return what belongs into people's lists by now, each by the day of the
        responsible person; extensions narrow it."""
        today = fields.Date.today()
        now = pytz.utc.localize(fields.Datetime.now())
        ahead, behind = [], []
        for zone in pytz.all_timezones:
            day = now.astimezone(pytz.timezone(zone)).date()
            if day > today:
                ahead.append(zone)
            elif day < today:
                behind.append(zone)
        day = timedelta(days=1)
        return [
            ("state", "in", OPEN_STATES),
            "|",
            "|",
            ("date_show", "<=", today - day),
            "&",
            ("date_show", "=", today),
            "!",
            ("user_id.tz", "in", behind),
            "&",
            ("date_show", "=", today + day),
            ("user_id.tz", "in", ahead),
        ]

    @api.model
    def _cron_show(self):
        """Create the activities of touchpoints whose day has come, in batches.

        One that fails keeps its reason in ``show_error``, is tried again at the next
        run and holds up no other (I11).
        """
        cron = self.env["ir.cron"]
        ids = self.search(
            # One that somebody archived, without doing it, is in no list either.
            self._domain_to_show()
            + ["|", ("activity_id", "=", False), ("activity_id.active", "=", False)],
            order="id",
        ).ids
        cron._commit_progress(remaining=len(ids))
        for batch_ids in split_every(SHOW_BATCH_SIZE, ids):
            # Several hosts may run at once: take what nobody else has taken.
            batch = self.browse(batch_ids).try_lock_for_update(allow_referencing=True)
            batch._show_or_keep_error()
            if not cron._commit_progress(len(batch_ids)):
                return

    def _show_or_keep_error(self):
        """Show touchpoints together; if that fails one by one, and note on those
        that cannot be shown why not."""
        try:
            with self.env.cr.savepoint():
                self._show()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise  # only a new transaction can see what the other one changed
        except Exception as error:
            if len(self) > 1:
                for touchpoint in self:
                    touchpoint._show_or_keep_error()
                return
            _logger.warning("Touchpoint %s cannot be shown", self.id, exc_info=error)
            self.sudo().show_error = str(error)
        else:
            self.sudo().filtered("show_error").show_error = False

    # === PERFORMING === #

    def _may_perform(self):
        """Tell whether the contact is the user's business: responsible, present or
        manager of responsible.

        :rtype: bool
        """
        self.ensure_one()
        touchpoint = self.sudo()
        user = self.env.user
        return (
            user in touchpoint.user_id | touchpoint.attendee_ids
            or user._is_continuity_manager_of(touchpoint.user_id)
        )

    def _check_may_perform(self):
        """Refuse attempts by people the contact is none of the business of.

        :raise AccessError: unless responsible, present or manager of responsible
        :raise UserError: when the touchpoint is closed already
        """
        for touchpoint in self.sudo():
            if not touchpoint._may_perform():
                raise AccessError(
                    self.env._(
                        "“%s” can be reported by those who take part and by their "
                        "manager.",
                        touchpoint.name,
                    )
                )
            if touchpoint.state not in OPEN_STATES:
                raise UserError(self.env._("“%s” is closed already.", touchpoint.name))

    def log_attempt(self, outcome, **values):
        """Record that somebody tried to reach the customer, and what came of it.

        :param str outcome: held, no_answer, message_left, wrong_number, refused or
            posted; what a mail server does is no person's to report
        :param values: of the attempt: channel_id (id; default the touchpoint's),
            date (UTC datetime; default now), minutes, note
        :return: the attempts
        :rtype: continuity.touchpoint.attempt
        :raise AccessError: unless the user takes part or is their manager
        :raise UserError: when the touchpoint is closed, the date is in the future, or
            somebody who takes part was in another meeting then
        """
        self.check_access("read")
        self._check_may_perform()
        allowed = {"channel_id", "date", "minutes", "note"}
        if unknown := set(values) - allowed:
            raise UserError(
                self.env._("Unknown values: %s", ", ".join(sorted(unknown)))
            )
        now = fields.Datetime.now()
        self._check_reportable(outcome, values.get("channel_id"))
        self._check_channel(values.get("channel_id"))
        date = fields.Datetime.to_datetime(values.get("date")) or now
        if date > now:
            raise UserError(
                self.env._(
                    "A contact can be reported once it has taken place; %s is in the "
                    "future.",
                    format_datetime(self.env, date, dt_format="short"),
                )
            )
        if outcome == "held":
            self._take_turns()
            self._check_not_elsewhere(values.get("channel_id"), date)
        attempts = (
            self.env["continuity.touchpoint.attempt"]
            .sudo()
            .create(
                [
                    {
                        "channel_id": touchpoint.channel_id.id,
                        **values,
                        "touchpoint_id": touchpoint.id,
                        "user_id": self.env.uid,
                        "outcome": outcome,
                        "date": date,
                    }
                    for touchpoint in self
                ]
            )
        )
        self._apply_attempts(outcome, date)
        return attempts.sudo(False)

    def _check_reportable(self, outcome, channel_id):
        """Refuse what a person cannot have found out: what a mail server did, or that
        a visit or an e-mail was posted.

        :raise UserError: naming the outcome
        """
        chosen = self.env["continuity.channel"].browse(channel_id)
        if outcome in MACHINE_OUTCOMES or (
            outcome == "posted"
            and not all(t._goes_by_post(chosen or t.channel_id) for t in self.sudo())
        ):
            raise UserError(
                self.env._(
                    "“%s” cannot be reported over this channel.",
                    dict(self._selection_outcome())[outcome],
                )
            )

    def _goes_by_post(self, channel):
        """Tell whether what is sent over a channel is posted.

        :param channel: ``continuity.channel``
        :rtype: bool
        """
        return channel.by_post

    def _check_channel(self, channel_id):
        """Refuse a channel that does not satisfy the contact: a phone call is no
        visit.

        :raise UserError: naming the channels that do
        """
        for touchpoint in self.sudo():
            if channel_id and channel_id not in touchpoint.channel_ids.ids:
                raise UserError(
                    self.env._(
                        "“%(name)s” is owed by: %(channels)s.",
                        name=touchpoint.name,
                        channels=", ".join(touchpoint.channel_ids.mapped("name")),
                    )
                )

    def _take_turns(self):
        """Let reports of the same people's contacts come one after the other.

        Two at the same moment would each not see the other's. A lock is not enough,
        because the second one's snapshot is older than the first one's commit; this
        write makes the database refuse the second, which Odoo then tries again.
        """
        people = (self.sudo().user_id | self.sudo().attendee_ids).ids
        self.env.execute_query(
            SQL(
                """UPDATE res_users SET write_date = write_date
                    WHERE id IN (SELECT id FROM res_users WHERE id = ANY(%s)
                              ORDER BY id FOR NO KEY UPDATE)
                RETURNING id""",
                people,
            )
        )

    def _check_not_elsewhere(self, channel_id, date):
        """Refuse a meeting in which somebody cannot have taken part, because they
        held one with another customer at that time: 80 visits in an hour are none.

        A meeting takes as long as was planned, whatever minutes are reported.

        :param int channel_id: the channel used; the touchpoint's own without
        :param datetime date: when the meeting began
        :raise UserError: naming person, customer and time
        """
        channel = self.env["continuity.channel"].browse(channel_id)
        reported = self.browse().sudo()
        for meeting in self.sudo():
            if not (channel or meeting.channel_id).is_meeting:
                continue
            others = [(t, date) for t in reported]
            others += meeting._find_meetings_around(date)
            reported |= meeting
            people = meeting.user_id | meeting.attendee_ids
            for other, start in others:
                both = people & (other.user_id | other.attendee_ids)
                apart = date >= start + timedelta(
                    hours=other.duration
                ) or start >= date + timedelta(hours=meeting.duration)
                if both and not apart and not meeting._may_meet_with(other):
                    customer = self.env._("another customer")
                    if self.browse(other.id).has_access("read"):
                        customer = other.partner_id.display_name
                    raise UserError(
                        self.env._(
                            "%(person)s met %(other)s at %(time)s and cannot have met "
                            "%(customer)s then: correct the time.",
                            person=both[0].name,
                            other=customer,
                            time=format_datetime(self.env, start, dt_format="short"),
                            customer=meeting.partner_id.display_name,
                        )
                    )

    def _may_meet_with(self, other):
        """Tell whether the people of this meeting may have held another one at the
        same time: two duties to one customer may be met in one meeting.

        :param other: ``continuity.touchpoint`` of the other meeting
        :rtype: bool
        """
        self.ensure_one()
        return other.partner_id == self.partner_id

    def _find_meetings_around(self, date):
        """Return the meetings the people of this one held within a day of a time.

        :return: tuples (touchpoint, start)
        :rtype: list[tuple]
        """
        self.ensure_one()
        people = self.user_id | self.attendee_ids
        attempts = (
            self.env["continuity.touchpoint.attempt"]
            .sudo()
            .search(
                [
                    ("outcome", "=", "held"),
                    ("withdrawn", "=", False),
                    ("channel_id.is_meeting", "=", True),
                    ("date", ">", date - timedelta(days=1)),
                    ("date", "<", date + timedelta(days=1)),
                    "|",
                    ("touchpoint_id.user_id", "in", people.ids),
                    ("touchpoint_id.attendee_ids", "in", people.ids),
                ]
            )
        )
        return [(attempt.touchpoint_id, attempt.date) for attempt in attempts]

    def action_report(self):
        """Open the dialog that reports what came of this contact."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "continuity.report.contact",
            "view_mode": "form",
            "target": "new",
            "name": self.name,
            "context": {"default_touchpoint_id": self.id},
        }

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
        ids_by_model = defaultdict(list)
        for touchpoint in self.sudo():
            ids_by_model[touchpoint.origin_model].append(touchpoint.origin_id)
        for model, ids in ids_by_model.items():
            lines = self.env[model].sudo().browse(ids).exists()
            if hasattr(lines, hook):
                getattr(lines, hook)(
                    self.filtered(lambda t, m=model: t.origin_model == m)
                )

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
