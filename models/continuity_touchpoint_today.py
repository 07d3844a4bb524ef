from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from .continuity_concern import OPEN_STATES as OPEN_CONCERNS

# Shown ahead of their day, so that a week can be looked over.
AHEAD_DAYS = 7
# A sentence is read at a glance.
GIST_LENGTH = 80


class ContinuityTouchpoint(models.Model):
    """Today: what one person has to do, why, and what to say first.

    The list holds what is open, not held back and shown by the end of the week, the
    most urgent first, of that the higher tiers first. Everything in it is settled by
    one click; see the ``action_today_…`` and ``action_postpone_…`` methods.
    """

    _inherit = "continuity.touchpoint"

    _guarded_fields = frozenset({"opening", "postponed_count"})

    today_group = fields.Selection(
        [
            # The figures sort them in lists.
            ("1_confirm", "Was It Held?"),
            ("2_overdue", "Overdue"),
            ("3_today", "Today"),
            ("4_arrange", "To Arrange"),
            ("5_week", "This Week"),
            ("6_later", "Later"),
        ],
        string="When",
        compute="_compute_today",
        search="_search_today_group",
        help="A meeting that is over asks what came of it; one without an appointment "
        "has to be arranged.",
    )
    urgency = fields.Integer(
        compute="_compute_today",
        aggregator=None,
        help="The smaller, the sooner: by group, then by tier, then by due date.",
    )
    tier_id = fields.Many2one(
        related="relationship_id.tier_id",
        string="Tier",
        groups="customer_continuity.group_user",
    )
    matter = fields.Text(
        string="What It Is About",
        compute="_compute_matter",
        help="Why the customer is owed this contact, and how to go on after attempts "
        "in vain.",
    )
    phone = fields.Char(compute="_compute_phone", compute_sudo=True)
    last_contact = fields.Char(
        compute="_compute_last_contact",
        help="The last true contact with the customer: when and how.",
    )
    opening = fields.Text(
        string="Suggested Opening",
        readonly=True,
        help="What a process suggests to begin with, in the responsible person's "
        "language.",
    )
    first_sentence = fields.Text(
        string="To Begin With",
        compute="_compute_first_sentence",
        help="A sentence to open the conversation with: what was suggested, else one "
        "from what is known.",
    )
    open_concern_count = fields.Integer(
        string="Open Concerns", compute="_compute_open_concern_count"
    )
    postponed_count = fields.Integer(string="Postponed (times)", readonly=True)

    # === WHEN === #

    @api.depends("state", "date_due", "date_planned", "duration", "channel_id")
    @api.depends_context("tz")
    def _compute_today(self):
        self.today_group = self.urgency = False
        records = self.filtered("id")
        if not records:
            return
        records.flush_recordset()
        rows = self.env.execute_query(
            SQL(
                "SELECT id, %s, %s FROM %s WHERE id IN %s",
                self._sql_today_group(self._table),
                self._sql_urgency(self._table),
                SQL.identifier(self._table),
                tuple(records.ids),
            )
        )
        for touchpoint_id, group, urgency in rows:
            touchpoint = self.browse(touchpoint_id)
            touchpoint.today_group = group
            touchpoint.urgency = urgency

    def _sql_today_group(self, alias):
        """Return the group of a touchpoint, by the user's calendar day."""
        today = fields.Date.context_today(self)
        return SQL(
            """CASE
                 WHEN %(planned)s + %(duration)s * interval '1 hour' < %(now)s
                 THEN '1_confirm'
                 WHEN %(due)s < %(today)s THEN '2_overdue'
                 WHEN %(due)s = %(today)s THEN '3_today'
                 WHEN %(planned)s IS NULL AND %(channel)s IN (
                        SELECT id FROM continuity_channel WHERE is_meeting)
                 THEN '4_arrange'
                 WHEN %(due)s <= %(week)s THEN '5_week'
                 ELSE '6_later' END""",
            planned=SQL.identifier(alias, "date_planned"),
            duration=SQL.identifier(alias, "duration"),
            due=SQL.identifier(alias, "date_due"),
            channel=SQL.identifier(alias, "channel_id"),
            now=fields.Datetime.now(),
            today=today,
            week=today + timedelta(days=AHEAD_DAYS),
        )

    def _sql_urgency(self, alias):
        """Return one number to sort by: group, tier, due date."""
        return SQL(
            """LEFT(%(group)s, 1)::bigint * 10000000000
             + LEAST(COALESCE((
                   SELECT tier.sequence
                     FROM continuity_relationship relationship
                     JOIN continuity_tier tier ON tier.id = relationship.tier_id
                    WHERE relationship.id = %(relationship)s), 9999), 9999) * 100000
             + (%(due)s - DATE '2000-01-01')""",
            group=self._sql_today_group(alias),
            relationship=SQL.identifier(alias, "relationship_id"),
            due=SQL.identifier(alias, "date_due"),
        )

    def _field_to_sql(self, alias, field_expr, query=None) -> SQL:
        if field_expr == "today_group":
            return self._sql_today_group(alias)
        if field_expr == "urgency":
            return self._sql_urgency(alias)
        return super()._field_to_sql(alias, field_expr, query)

    @api.model
    def _search_today_group(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s IN %s", model._sql_today_group(alias), tuple(value)
            )
        )

    @api.model
    def _domain_today(self, users, until=None):
        """Return what stands in the lists of some people.

        :param users: ``res.users`` who are responsible
        :param date until: the last day it may be shown from; today without
        """
        return self._domain_open() + [
            ("held_back", "=", False),
            ("user_id", "in", users.ids),
            ("date_show", "<=", until or fields.Date.context_today(self)),
        ]

    @api.model
    def _find_today(self, until):
        """Return the user's list, the most urgent first, to be read as a whole: without
        customers who went to a company the user has no access to.

        :param date until: the last day it shows
        """
        found = self.search(self._domain_today(self.env.user, until), order="urgency")
        readable = found.partner_id._filtered_access("read")
        return found.filtered(lambda t: t.partner_id in readable)

    # === WHAT TO KNOW === #

    @api.depends("name", "partner_id")
    @api.depends_context("continuity_own_list", "uid")
    def _compute_display_name(self):
        """In one's own list and week, who is contacted comes first."""
        super()._compute_display_name()
        if not self.env.user._is_internal():
            # The customer reads it beside a letter in their account (T5).
            for touchpoint in self:
                touchpoint.display_name = touchpoint.sudo().letter_subject
            return
        if self.env.context.get("continuity_own_list"):
            for touchpoint in self:
                customer = touchpoint.partner_id.display_name or ""
                if customer not in (touchpoint.name or ""):
                    touchpoint.display_name = f"{customer} – {touchpoint.name}"

    @api.depends("name", "why_shown", "next_try", "open_concern_count")
    @api.depends_context("lang")
    def _compute_matter(self):
        for touchpoint in self:
            parts = [touchpoint.why_shown or touchpoint.name, touchpoint.next_try]
            if touchpoint.open_concern_count:
                parts.append(
                    self.env._("Open concerns: %s", touchpoint.open_concern_count)
                )
            touchpoint.matter = "\n".join(filter(None, parts))

    @api.depends("contact_ids.phone", "partner_id.phone")
    def _compute_phone(self):
        for touchpoint in self:
            person = touchpoint.contact_ids.filtered("phone")[:1]
            touchpoint.phone = (person or touchpoint.partner_id).phone

    def _last_held(self):
        """Return the last true contact on record with each customer.

        :return: tuples (datetime, channel id, gist) by relationship id
        :rtype: dict[int, tuple]
        """
        self.env["continuity.touchpoint.attempt"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT ON (t.relationship_id)
                          t.relationship_id, a.date, a.channel_id, a.note
                     FROM continuity_touchpoint_attempt a
                     JOIN continuity_touchpoint t ON t.id = a.touchpoint_id
                     JOIN continuity_channel c ON c.id = a.channel_id
                    WHERE t.relationship_id = ANY(%s)
                      AND a.outcome = 'held' AND c.true_contact
                      AND a.withdrawn IS NOT TRUE
                 ORDER BY t.relationship_id, a.date DESC, a.id DESC""",
                self.relationship_id.ids,
            )
        )
        return {row[0]: row[1:] for row in rows}

    @api.depends("relationship_id.last_contact_date", "attempt_ids.outcome")
    @api.depends_context("lang", "tz")
    def _compute_last_contact(self):
        held = self._last_held()
        channels = self.env["continuity.channel"]
        for touchpoint in self:
            # The day is shown to whoever has to call them, salesperson or not.
            day = touchpoint.relationship_id.sudo().last_contact_date
            moment, channel_id, _note = held.get(
                touchpoint.relationship_id.id, (None, None, None)
            )
            parts = []
            if moment and (not day or moment.date() >= day):
                local = fields.Datetime.context_timestamp(touchpoint, moment)
                parts = [
                    format_date(self.env, local.date()),
                    channels.browse(channel_id).name,
                ]
            elif day:
                parts = [format_date(self.env, day)]
            touchpoint.last_contact = " · ".join(parts)

    @api.depends("opening", "relationship_id", "partner_id")
    @api.depends_context("lang", "uid")
    def _compute_first_sentence(self):
        """Propose a first sentence, from the freshest of what is known: what they
        said last, what troubles them, what they bought last."""
        held = self._last_held()
        products = self._last_products()
        for touchpoint in self:
            partner = touchpoint.partner_id
            _moment, _channel, note = held.get(
                touchpoint.relationship_id.id, (None, None, None)
            )
            problems = partner.sudo().continuity_problems
            if touchpoint.opening:
                sentence = touchpoint.opening
            elif note:
                sentence = self.env._(
                    "Last time you told me: “%s”. How did it go on?", _gist(note)
                )
            elif problems:
                sentence = self.env._("How is it going with “%s”?", _gist(problems))
            elif product := products.get(partner.id):
                sentence = self.env._(
                    "How are you getting on with “%s”? Any problems in use?",
                    _gist(product),
                )
            elif touchpoint.relationship_id.sudo().last_contact_date:
                sentence = self.env._("It has been a while: how is business?")
            else:
                sentence = self.env._(
                    "I look after your account and would like to introduce myself."
                )
            touchpoint.first_sentence = sentence

    def _last_products(self):
        """Return what each customer ordered last, as far as the user may see it.

        :return: names of products by id of the customer
        :rtype: dict[int, str]
        """
        lines = self.env["sale.order.line"]
        if not lines.has_access("read"):
            return {}
        rows = lines._read_group(
            [
                ("order_partner_id", "child_of", self.partner_id.ids),
                ("state", "=", "sale"),
                ("product_id", "!=", False),
                ("company_id", "in", self.company_id.ids),
            ],
            ["order_partner_id"],
            ["id:max"],
        )
        latest = {}
        for partner, line_id in rows:
            customer = partner.commercial_partner_id.id
            latest[customer] = max(line_id, latest.get(customer, 0))
        names = {
            line.id: line.product_id.name
            for line in lines.browse(latest.values()).sudo()
        }
        return {customer: names[line_id] for customer, line_id in latest.items()}

    @api.depends("partner_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_open_concern_count(self):
        counts = defaultdict(int)
        for partner, company, count in self.env["continuity.concern"]._read_group(
            [
                ("partner_id", "in", self.partner_id.ids),
                ("state", "in", OPEN_CONCERNS),
            ],
            ["partner_id", "company_id"],
            ["__count"],
        ):
            counts[partner, company] = count
        for touchpoint in self:
            touchpoint.open_concern_count = counts[
                touchpoint.partner_id, touchpoint.company_id
            ]


def _gist(text):
    """Return the beginning of a text, on one line."""
    text = " ".join(text.split())
    if len(text) <= GIST_LENGTH:
        return text
    return f"{text[: GIST_LENGTH - 1].rstrip()}…"
