"""Which customers get which of their people's free days."""

from collections import defaultdict, namedtuple
from datetime import datetime, time, timedelta

import pytz

from odoo import api, models
from odoo.tools import SQL

from ..tools.day_planner import Contact, place
from .continuity_followup_planning import (
    BATCH_SIZE,
    HORIZON_DAYS,
    RESPONSIBLE,
    ROWS,
)

# A reason that is not told in a contact yet, with what is needed to plan it; the
# fields are the columns of `_search_reasons`.
Reason = namedtuple(
    "Reason",
    "id relationship_id partner_id rule_id tier_id user_id day since date_due document"
    " product_id times_planned channel_id standing tier_sequence",
)


class ContinuityFollowupOccurrence(models.Model):
    _inherit = "continuity.followup.occurrence"

    # === FREE DAYS === #

    @api.model
    def _search_people(self, company):
        """Return who has customers waiting for a free day."""
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT %s FROM %s
                    WHERE o.company_id = %s AND o.state = 'waiting' ORDER BY 1""",
                RESPONSIBLE,
                ROWS,
                company.id,
            )
        )
        return self.env["res.users"].browse(row[0] for row in rows)

    @api.model
    def _batch_people(self, company):
        """Return for how many people at a time contacts are planned."""
        return max(
            BATCH_SIZE // (company.continuity_followup_per_day * HORIZON_DAYS), 1
        )

    @api.model
    def _free_slots(self, company, users, today, days=HORIZON_DAYS):
        """Return how many contacts each working day of people still has room for.

        All contacts planned for a person count, whatever they are for and in which
        company, unless they are held back; what is overdue counts today.

        :param company: ``res.company`` whose working hours and limit count
        :param users: ``res.users``
        :param date today: first day
        :param int days: how many days
        :return: dict of user id to a dict of date to number
        :rtype: dict
        """
        end = today + timedelta(days=days - 1)
        rows = self.env.execute_query(
            SQL(
                """SELECT user_id, GREATEST(date_due, %(today)s), COUNT(*)
                     FROM continuity_touchpoint
                    WHERE user_id = ANY(%(users)s) AND date_due <= %(end)s
                      AND state NOT IN ('failed', 'cancelled')
                      AND held_back IS NULL
                      AND (date_due >= %(today)s OR state <> 'done')
                 GROUP BY 1, 2""",
                today=today,
                end=end,
                users=users.ids,
            )
        )
        taken = {(user_id, day): count for user_id, day, count in rows}
        limit = company.continuity_followup_per_day
        return {
            user_id: {day: limit - taken.get((user_id, day), 0) for day in working}
            for user_id, working in self._working_days(
                company, users, today, end
            ).items()
        }

    @api.model
    def _working_days(self, company, users, first, last):
        """Return the days on which people work, without holidays and days off.

        Where neither a person nor the company has working hours every day counts.

        :return: dict of user id to dates
        :rtype: dict[int, set]
        """
        everyday = {first + timedelta(days=n) for n in range((last - first).days + 1)}
        resources = {}
        working = {}
        for user in users:
            resource, calendar = company._continuity_working_hours(user)
            working[user.id] = everyday
            resources.setdefault(calendar, []).append((user, resource))
        for calendar, people in resources.items():
            if not calendar:
                continue
            tz = pytz.timezone(calendar.tz or "UTC")
            intervals = company._continuity_work_intervals(
                calendar,
                self.env["resource.resource"].union(*(r for _u, r in people)),
                tz.localize(datetime.combine(first, time.min)),
                tz.localize(datetime.combine(last + timedelta(days=1), time.min)),
                tz,
            )
            for user, resource in people:
                working[user.id] = {
                    start.astimezone(tz).date()
                    for start, *_rest in intervals[resource.id]
                } & everyday
        return working

    # === CHOOSING === #

    @api.model
    def _plan_people(self, company, today, users):
        """Plan contacts of some people as far as they have free days.

        :return: how many were planned, and whether somebody was held back, so that
            there may be room for others
        :rtype: tuple[int, bool]
        """
        slots = self._free_slots(company, users, today)
        leads = self._search_leads(company, today, slots)
        relationships = self.env["continuity.relationship"].browse(
            lead.relationship_id for lead in leads
        )
        refusals = relationships._contact_refusals("followup")
        if refusals:
            rows = self.search(
                [
                    ("relationship_id", "in", list(refusals)),
                    ("company_id", "=", company.id),
                    ("state", "=", "waiting"),
                ]
            )
            for reason, together in rows.grouped(
                lambda row: refusals[row.relationship_id.id]
            ).items():
                together._hold(reason, "refusal")
            leads = [lead for lead in leads if lead.relationship_id not in refusals]
        days = place(
            [Contact(lead, lead.user_id, lead.day, self._rank(lead)) for lead in leads],
            slots,
        )
        if days:
            self._plan_contacts(company, today, days)
        return len(days), bool(refusals)

    @api.model
    def _rank(self, lead):
        """Return the order in which contacts get free days: by tier; those whose day
        passes before those that are merely overdue for ever; the oldest first."""
        return lead.tier_sequence, lead.standing, lead.date_due, lead.id

    @api.model
    def _search_leads(self, company, today, slots):
        """Return the first reason of each customer, as many as there is room for.

        :param dict slots: see :meth:`_free_slots`
        :rtype: list[Reason]
        """
        room = [
            (user_id, sum(number for number in days.values() if number > 0))
            for user_id, days in slots.items()
        ]
        room = [(user_id, number) for user_id, number in room if number]
        if not room:
            return []
        return self._search_reasons(
            company,
            today,
            SQL(
                """SELECT ranked.*
                     FROM (SELECT lead.*, ROW_NUMBER() OVER (
                                      PARTITION BY user_id, day
                                          ORDER BY tier_sequence, standing, date_due,
                                                   id) AS rank
                             FROM (SELECT DISTINCT ON (relationship_id) *
                                     FROM reason
                                 ORDER BY relationship_id, day, rule_sequence, id) lead
                          ) ranked
                     JOIN (VALUES %s) AS room (user_id, number)
                       ON room.user_id = ranked.user_id AND rank <= room.number""",
                SQL(", ").join(SQL("%s", row) for row in room),
            ),
        )

    @api.model
    def _search_reasons(self, company, today, select):
        """Return waiting rows.

        :param SQL select: what to take from the table ``reason``
        :rtype: list[Reason]
        """
        return [
            Reason(*row[: len(Reason._fields)])
            for row in self.env.execute_query(
                SQL(
                    """WITH reason AS (
                    SELECT o.id, o.relationship_id, r.partner_id, o.rule_id, r.tier_id,
                           %(responsible)s AS user_id,
                           GREATEST(o.date_due, %(today)s::date) AS day, o.since,
                           o.date_due, o.document, o.product_id, o.times_planned,
                           p.continuity_channel_id,
                           (f.trigger = 'never')::int AS standing,
                           COALESCE(t.sequence, 0) AS tier_sequence,
                           f.sequence AS rule_sequence
                      FROM %(rows)s
                 LEFT JOIN continuity_tier t ON t.id = r.tier_id
                     WHERE o.company_id = %(company)s AND o.state = 'waiting'
                ) %(select)s""",
                    responsible=RESPONSIBLE,
                    today=today,
                    rows=ROWS,
                    company=company.id,
                    select=select,
                )
            )
        ]

    # === PLANNING === #

    def _plan_contacts(self, company, today, days):
        """Plan contacts together, and list the customer that cannot be planned with
        the reason (I11).

        :param dict days: the first :class:`Reason` of each customer to its date
        """
        self._in_halves(
            list(days.items()),
            lambda some: self._create_touchpoints(company, today, dict(some)),
            lambda item, error: self.browse(item[0].id)._hold(str(error), "error"),
        )

    def _create_touchpoints(self, company, today, days):
        """Create the touchpoints of some customers, each with all of its reasons.

        :param dict days: see :meth:`_plan_contacts`
        """
        others = defaultdict(list)
        for reason in self._search_reasons(
            company,
            today,
            SQL(
                """SELECT * FROM reason
                    WHERE relationship_id = ANY(%s) AND id <> ALL(%s)
                 ORDER BY day, id""",
                [lead.relationship_id for lead in days],
                [lead.id for lead in days],
            ),
        ):
            others[reason.relationship_id].append(reason)
        describe = self._get_describer()
        prepare = self._get_preparer(company)
        values = [
            {
                **prepare(lead),
                "date_due": day,
                "why": describe([lead, *others[lead.relationship_id]], lead),
            }
            for lead, day in days.items()
        ]
        touchpoints = self.env["continuity.touchpoint"]._plan_bulk(values)
        self._plan_further_steps(company, today, days, values)
        updates = []
        for (lead, day), touchpoint_id in zip(
            days.items(), touchpoints.ids, strict=True
        ):
            updates.append((lead.id, "planned", touchpoint_id, day))
            updates += (
                (other.id, "merged", touchpoint_id, day)
                for other in others[lead.relationship_id]
            )
        self.env.cr.execute(
            SQL(
                """UPDATE continuity_followup_occurrence o
                      SET state = v.state, touchpoint_id = v.touchpoint_id,
                          times_planned = times_planned + (v.state = 'planned')::int,
                          postponed_days = GREATEST(v.day - o.date_due, 0),
                          planned_for = v.day,
                          reason = NULL
                     FROM unnest(%s, %s, %s, %s::date[])
                          AS v (id, state, touchpoint_id, day)
                    WHERE v.id = o.id""",
                *(list(column) for column in zip(*updates, strict=True)),
            )
        )

    def _get_describer(self):
        """Return a function that tells reasons in the responsible person's language.

        Customers of one day often share a reason: it is put into words once.
        """
        rules = self.env["continuity.followup.rule"]
        products = self.env["product.template"]
        langs = {}
        known = {}

        def describe(reasons, lead):
            if lead.user_id not in langs:
                langs[lead.user_id] = self.env["res.users"].browse(lead.user_id).lang
            lang = langs[lead.user_id]
            texts = []
            for reason in reasons:
                key = (lang, reason.rule_id, reason.since, reason.date_due)
                key += (reason.document, reason.product_id)
                if key not in known:
                    known[key] = (
                        rules.browse(reason.rule_id)
                        .with_context(lang=lang)
                        ._describe(
                            reason.since,
                            reason.date_due,
                            reason.document,
                            products.browse(reason.product_id).with_context(lang=lang),
                        )
                    )
                texts.append(known[key])
            return "; ".join(dict.fromkeys(texts))

        return describe

    def _get_preparer(self, company):
        """Return a function that prepares the touchpoint of a customer's first reason,
        but for its day and its text."""
        rules = self.env["continuity.followup.rule"]
        tiers = self.env["continuity.tier"]
        users = self.env["res.users"]
        by_rule, channels = {}, {}

        def prepare(lead):
            key = lead.rule_id, lead.user_id
            if key not in by_rule:
                rule = rules.browse(lead.rule_id).with_context(
                    lang=users.browse(lead.user_id).lang
                )
                by_rule[key] = {
                    "name": rule.subject or rule.name,
                    "opening": rule.opening,
                    "template_id": rule.template_id.id,
                    "user_id": lead.user_id,
                    "origin_model": self._name,
                    "company_id": company.id,
                    "purpose": "followup",
                }
            key = lead.rule_id, lead.tier_id
            if key not in channels:
                channels[key] = (
                    rules.browse(lead.rule_id)
                    ._channels_for(tiers.browse(lead.tier_id))
                    .ids
                )
            accepted = channels[key]
            if lead.channel_id in accepted:  # the one the customer prefers goes first
                accepted = sorted(accepted, key=lambda c: c != lead.channel_id)
            return {
                **by_rule[lead.rule_id, lead.user_id],
                "origin_id": lead.id,
                "occurrence": str(lead.times_planned + 1),
                "relationship_id": lead.relationship_id,
                "partner_id": lead.partner_id,
                "channel_ids": accepted,
            }

        return prepare
