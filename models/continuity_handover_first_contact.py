"""The successor's first contact after the cut-over (H9): a touchpoint is planned for
it, and a clock runs by working days of the company. Who hears of late ones is in
``continuity_handover_first_contact_watch.py``.
"""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from .continuity_touchpoint import OPEN_STATES

# Which touchpoint of a line it is.
OCCURRENCE = "first_contact"


class ContinuityTier(models.Model):
    _inherit = "continuity.tier"

    first_contact_days = fields.Integer(
        string="First Contact Within (working days)",
        company_dependent=True,
        help="After a cut-over the successor contacts the customer within so many "
        "working days of the company; 0 for no limit. The figures shipped (A 2, B 5, "
        "C 10) are our suggestion: we know of no published benchmark.",
    )

    @api.constrains("first_contact_days")
    def _check_first_contact_days(self):
        for tier in self:
            if tier.first_contact_days < 0:
                raise ValidationError(
                    self.env._(
                        "Tier %s: enter 0 or more working days for the first contact.",
                        tier.name,
                    )
                )

    @api.model
    def _copy_thresholds(self, source, target):
        result = super()._copy_thresholds(source, target)
        for tier in self.with_context(active_test=False).sudo().search([]):
            days = tier.with_company(source).first_contact_days
            tier.with_company(target).first_contact_days = days
        return result


class ContinuityHandoverLine(models.Model):
    """A customer who was moved, and when their successor first spoke to them.

    ============  ==================================================================
    first contact means
    ============  ==================================================================
    open          not yet, and there is time
    late          not yet, and the day is over
    in_time       had, by the day it was due
    done_late     had, after that day
    ============  ==================================================================

    Empty where no clock runs: nothing moved, a deal without customer, a tier without
    limit, a customer brought back or handed on before it came about.
    """

    _inherit = "continuity.handover.line"
    _guarded_fields = frozenset(
        {
            "first_contact_due",
            "first_contact_on",
            "first_contact_escalated_on",
            "first_contact_touchpoint_id",
        }
    )

    first_contact_due = fields.Date(readonly=True, copy=False, index="btree_not_null")
    first_contact_on = fields.Date(
        string="First Contact",
        readonly=True,
        copy=False,
        help="The successor's first true contact after the cut-over, over whatever "
        "channel.",
    )
    first_contact_state = fields.Selection(
        [
            ("open", "Open"),
            ("late", "Late"),
            ("in_time", "In time"),
            ("done_late", "Done late"),
        ],
        string="First Contact Status",
        compute="_compute_first_contact_state",
        search="_search_first_contact_state",
    )
    first_contact_escalated_on = fields.Date(
        string="Manager Told On", readonly=True, copy=False
    )
    first_contact_touchpoint_id = fields.Many2one(
        "continuity.touchpoint",
        string="Planned First Contact",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )

    # === STATE === #

    @api.depends("first_contact_due", "first_contact_on")
    def _compute_first_contact_state(self):
        today = fields.Date.context_today(self)
        for line in self:
            due, held = line.first_contact_due, line.first_contact_on
            if not due:
                line.first_contact_state = False
            elif held:
                line.first_contact_state = "in_time" if held <= due else "done_late"
            else:
                line.first_contact_state = "late" if due < today else "open"

    def _sql_first_contact_state(self, alias):
        return SQL(
            """CASE WHEN %(due)s IS NULL THEN NULL
                    WHEN %(held)s <= %(due)s THEN 'in_time'
                    WHEN %(held)s IS NOT NULL THEN 'done_late'
                    WHEN %(due)s < %(today)s THEN 'late'
                    ELSE 'open' END""",
            due=SQL.identifier(alias, "first_contact_due"),
            held=SQL.identifier(alias, "first_contact_on"),
            today=fields.Date.context_today(self),
        )

    def _field_to_sql(self, alias, field_expr, query=None) -> SQL:
        if field_expr == "first_contact_state":
            return self._sql_first_contact_state(alias)
        return super()._field_to_sql(alias, field_expr, query)

    @api.model
    def _search_first_contact_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        named = tuple(state for state in value if state)
        domain = Domain.FALSE
        if named:
            domain = Domain.custom(
                to_sql=lambda model, alias, query: SQL(
                    "%s IN %s", model._sql_first_contact_state(alias), named
                )
            )
        if len(named) < len(set(value)):
            domain |= Domain("first_contact_due", "=", False)
        return domain

    # === PLANNING === #

    def _close(self, gone, held_back):
        result = super()._close(gone, held_back)
        (self - gone)._plan_first_contacts()
        return result

    def _plan_first_contacts(self):
        """Start the clock of lines that have just moved, all of one plan, and plan
        the contact; in a number of statements that does not grow with the lines."""
        waiting = self.filtered("relationship_id")
        waiting._supersede_first_contacts()
        waiting._start_first_contacts(
            lambda line: line.handover_id._local_date(line.moved_on), OCCURRENCE
        )

    def _start_first_contacts(self, day_of, occurrence):
        """Start the clock of lines of one company, where their tier has one.

        :param day_of: function that returns the day a line's clock starts, unless
            the customer may hear of it only later
        :param str occurrence: of the touchpoints; one that was cancelled stays so
        """
        waiting = self.filtered(
            lambda line: (
                line.tier_id.with_company(line.company_id).first_contact_days > 0
            )
        )
        if not waiting:
            return
        company = waiting.company_id
        nobody = self.env["res.users"]
        channels = self._first_contact_channels()
        values_list = []
        for (day, tier), lines in waiting.grouped(
            # Not before the change is announced inside, or a hold ends.
            lambda line: (max(day_of(line), line._first_day_to_tell()), line.tier_id)
        ).items():
            due = company._continuity_working_day(
                nobody, day, tier.with_company(company).first_contact_days
            )
            lines.write({"first_contact_due": due, "first_contact_escalated_on": False})
            values_list += [
                line._prepare_first_contact_values(channels, occurrence, day, due)
                for line in lines
            ]
        touchpoints = self.env["continuity.touchpoint"]._plan_bulk(values_list)
        # Together: planning has emptied the cache.
        lines = self.browse(touchpoints.mapped("origin_id"))
        for line, touchpoint in zip(lines, touchpoints, strict=True):
            line.first_contact_touchpoint_id = touchpoint

    @api.model
    def _first_contact_channels(self):
        """Return over what a successor introduces themself, the call first: a person
        speaks or writes to a person, there and then.

        :rtype: continuity.channel
        """
        call = self.env.ref("customer_continuity.channel_call")
        page = self.env.ref("customer_continuity.channel_portal")
        found = call | self.env["continuity.channel"].search(
            [
                ("true_contact", "=", True),
                ("activity_type_id", "!=", False),
                ("letter_medium", "=", False),
                ("automatic", "=", False),
                ("by_post", "=", False),
            ]
        )
        return found - page

    def _prepare_first_contact_values(self, channels, occurrence, day, due):
        """Return the touchpoint of the first contact, in the successor's words.

        :param channels: the ``continuity.channel`` that count, the proposed one first
        :param str occurrence: which of the line's first contacts it is
        :param date day: on which the clock starts
        :param date due: the last day in time
        :rtype: dict
        """
        self = self.with_context(lang=self.successor_id.lang)
        preferred = self.partner_id.continuity_channel_id
        return self._prepare_touchpoint_values(
            occurrence,
            (preferred & channels) | channels,
            name=self.env._("First contact: %s", self.partner_id.display_name),
            purpose="handover",
            user_id=self.successor_id.id,
            contact_ids=[fields.Command.set(self.contact_ids.ids)],
            why=self._describe_first_contact(due),
            date_due=due,
            date_show=day,
        )

    def _describe_first_contact(self, due):
        """Say why the first contact is owed, in the language of the context.

        :param date due: the last day in time
        :rtype: str
        """
        self.ensure_one()
        return self.env._(
            "Taken over from %(leaver)s on %(day)s: the first contact is due by "
            "%(due)s.",
            leaver=self.leaver_id.name,
            day=format_date(self.env, self.handover_id._local_date(self.moved_on)),
            due=format_date(self.env, due),
        )

    def _touchpoint_reasons(self, touchpoints):
        """Whoever looks reads of a first contact in their own language."""
        reasons = super()._touchpoint_reasons(touchpoints)
        for line in self.filtered("first_contact_due"):
            # Of an earlier clock the day it ran out is not known any more.
            if line.first_contact_touchpoint_id in touchpoints:
                reasons[line.first_contact_touchpoint_id.id] = (
                    line._describe_first_contact(line.first_contact_due)
                )
        return reasons

    def _supersede_first_contacts(self):
        """Stop the clocks of those who had these customers before and have not come
        to a first contact: it is their successors' now."""
        before = self.search(
            [
                ("id", "not in", self.ids),
                ("relationship_id", "in", self.relationship_id.ids),
                ("first_contact_due", "!=", False),
                ("first_contact_on", "=", False),
            ]
        )
        if before:
            before._drop_first_contacts(self.env._("The customer was handed on."))

    def _drop_first_contacts(self, reason):
        """Stop clocks without a first contact, and withdraw what was planned."""
        self.first_contact_touchpoint_id._cancel(reason)
        self.filtered(lambda line: not line.first_contact_on).first_contact_due = False

    def _bring_back(self):
        """What was planned is withdrawn with the line's other contacts; here the
        clock stops too."""
        result = super()._bring_back()
        self._drop_first_contacts(self.undo_id.reason)
        self._resume_first_contacts()
        return result

    def _resume_first_contacts(self):
        """Start the clocks of those anew who have these customers back, before they
        ever came to a first contact: from today, all days once more."""
        stopped = self.search(
            [
                ("relationship_id", "in", self.relationship_id.ids),
                ("state", "=", "moved"),
                ("first_contact_due", "=", False),
                ("first_contact_on", "=", False),
                ("first_contact_touchpoint_id", "!=", False),
            ],
            order="moved_on DESC, id DESC",
        )
        latest = [rows[:1].id for rows in stopped.grouped("relationship_id").values()]
        today = self.company_id._continuity_now().date()
        back = self.browse(latest).filtered(
            lambda line: line.successor_id == line.relationship_id.owner_id
        )
        back._start_first_contacts(
            lambda line: today, f"{OCCURRENCE}:{self.undo_id.id}"
        )

    def _touchpoint_done(self, touchpoints):
        result = super()._touchpoint_done(touchpoints)
        lines = self.filtered(lambda x: x.first_contact_touchpoint_id in touchpoints)
        if lines:
            lines._note_first_contacts()
        return result

    def _touchpoint_called_off(self, touchpoints):
        if self.first_contact_touchpoint_id & touchpoints:
            raise UserError(
                self.env._(
                    "Whoever takes a customer over says hello: report the contact, "
                    "or ask your manager to bring the customer back."
                )
            )
        return super()._touchpoint_called_off(touchpoints)

    # === THE CLOCK === #

    @api.model
    def _domain_waiting_for_contact(self):
        """Return the lines whose successor owes a first contact."""
        return Domain("state", "=", "moved") & Domain(
            [("first_contact_due", "!=", False), ("first_contact_on", "=", False)]
        )

    def _note_first_contacts(self):
        """Write the day of the first true contact where there has been one, whoever
        planned it, and withdraw what was planned for it and is needed no more."""
        self.env.flush_all()
        held = self._find_first_contacts()
        for line in self.browse(held):
            line.first_contact_on = line.handover_id._local_date(held[line.id])
        others = self.browse(held).first_contact_touchpoint_id.filtered(
            lambda t: t.state in OPEN_STATES
        )
        others._cancel(self.env._("The first contact came about in another way."))

    def _find_first_contacts(self):
        """Return when the successors of these lines first reached their customers.

        In a meeting it is enough to have been present; a call another one made is
        none of theirs.

        :return: UTC datetimes by id of the line
        :rtype: dict
        """
        rows = self.env.execute_query(
            SQL(
                """SELECT line.id, MIN(a.date)
                     FROM continuity_handover_line line
                     JOIN continuity_touchpoint t
                       ON t.relationship_id = line.relationship_id
                     JOIN continuity_touchpoint_attempt a
                       ON a.touchpoint_id = t.id AND a.date >= line.moved_on
                     JOIN continuity_channel c ON c.id = a.channel_id
                    WHERE line.id = ANY(%(ids)s)
                      AND line.first_contact_on IS NULL
                      AND %(true_contact)s
                      AND (line.successor_id IN (a.user_id, t.user_id)
                           OR c.is_meeting AND EXISTS (
                               SELECT FROM continuity_touchpoint_attendee_rel present
                                WHERE present.continuity_touchpoint_id = t.id
                                  AND present.res_users_id = line.successor_id))
                 GROUP BY line.id""",
                ids=self.ids,
                true_contact=self.env[
                    "continuity.relationship"
                ]._refresh_sql_true_attempt(),
            )
        )
        return dict(rows)
