"""A year of follow-up, day by day, against an independent calculation.

300 customers of five people, three tiers, holidays, a week in which nothing ran, days
on which people do not get round to what is planned, and a 29 February. ``Office``
works out in plain Python who is contacted on which day and why; it shares no code and
no query with the addon.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time

from odoo.tests import tagged

from .common import ContinuityCommon

START, END = date(2027, 7, 1), date(2028, 6, 30)
CUSTOMERS, PEOPLE, LIMIT, LATE_DAYS = 300, 5, 3, 14
CADENCES = (30, 60, 180)
HOLIDAYS = [date(2027, 12, 24) + timedelta(days=n) for n in range(10)]
HOLIDAYS += [date(2028, 5, 1), date(2028, 5, 2)]
DOWNTIME = [date(2028, 2, 7) + timedelta(days=n) for n in range(7)]


def is_working(day):
    """Monday to Friday, without holidays."""
    return day.weekday() < 5 and day not in HOLIDAYS


def gets_round_to_it(number, day):
    """Now and then somebody leaves a contact for the next day."""
    return (number + day.toordinal()) % 11 != 0


@dataclass
class Customer:
    """What is known of one customer: who looks after them, and their history."""

    number: int
    person: int
    tier: int
    first_purchase: date
    deliveries: list
    last_contact: date = None
    known: set = field(default_factory=set)
    waiting: list = field(default_factory=list)
    contact: dict = None


class Office:
    """Five people and their customers, one day after the other."""

    def __init__(self, customers):
        """Begin with customers as they are before the first day."""
        self.customers = customers
        self.log = []
        self.count = 0
        self.last_run = START

    def reasons(self, customer, rule, today):
        """Yield (event, day due) of one rule, found or not."""
        last = today + timedelta(days=6)
        earliest = min(self.last_run, today) - timedelta(days=LATE_DAYS)
        earliest = max(earliest, START)
        if rule == "silence" and customer.last_contact:
            due = customer.last_contact + timedelta(days=CADENCES[customer.tier])
            if due <= last:
                yield customer.last_contact, due
        elif rule == "never" and not customer.last_contact:
            yield None, START
        elif rule in (7, 30):
            for day in customer.deliveries:
                due = day + timedelta(days=rule)
                if earliest <= due <= last and (rule == 7 or customer.tier < 2):
                    yield day, due
        elif rule == "anniversary" and customer.tier < 2:
            for year in (today.year, last.year):
                due = customer.first_purchase + relativedelta(year=year)
                if customer.first_purchase.year < year and earliest <= due <= last:
                    yield year, due

    def still_true(self, customer, reason):
        """Tell whether a reason has not been overtaken by a contact."""
        rule, event = reason[1:3]
        if rule == "silence":
            return customer.last_contact == event
        return rule != "never" or not customer.last_contact

    def plan(self, today):
        """Plan one morning."""
        for customer in self.customers:
            customer.waiting = [
                r for r in customer.waiting if self.still_true(customer, r)
            ]
            if contact := customer.contact:
                contact["reasons"] = [
                    r for r in contact["reasons"] if self.still_true(customer, r)
                ]
                if not contact["reasons"]:
                    self.log.remove(contact)
                    customer.contact = None
        for place, rule in enumerate(("silence", 7, 30, "anniversary", "never")):
            found = [
                (due, customer.number, event)
                for customer in self.customers
                for event, due in self.reasons(customer, rule, today)
                if (rule, event) not in customer.known
            ]
            for due, number, event in sorted(set(found), key=lambda x: x[:2]):
                customer = self.customers[number]
                customer.known.add((rule, event))
                late = today - timedelta(days=LATE_DAYS)
                if rule in ("silence", "never") or due >= late:
                    self.count += 1
                    customer.waiting.append((due, rule, event, place, self.count))
        for person in range(PEOPLE):
            self.give_days(person, today)
        self.last_run = today

    def give_days(self, person, today):
        """Fill the free days of a person, a week ahead."""
        pool = []
        for customer in self.customers:
            if customer.person != person or not customer.waiting:
                continue
            if customer.contact:
                customer.contact["reasons"] += customer.waiting
                customer.waiting = []
                continue
            first = min(customer.waiting, key=lambda r: (max(r[0], today), r[3], r[4]))
            rank = (customer.tier, first[1] == "never", first[0], first[4])
            pool.append((rank, max(first[0], today), customer))
        pool.sort(key=lambda entry: entry[0])
        own = [c for c in self.log if c["person"] == person]
        for offset in range(7):
            day = today + timedelta(days=offset)
            if not is_working(day):
                continue
            room = LIMIT - sum(
                c["day"] == day or (c["day"] < day == today and not c["held"])
                for c in own
            )
            for entry in list(pool):
                _rank, earliest, customer = entry
                if room > 0 and earliest <= day:
                    room -= 1
                    pool.remove(entry)
                    customer.contact = {
                        "customer": customer.number,
                        "person": person,
                        "day": day,
                        "held": None,
                        "reasons": customer.waiting,
                    }
                    customer.waiting = []
                    self.log.append(customer.contact)

    def work(self, today):
        """Make the contacts of one day."""
        for customer in self.customers:
            contact = customer.contact
            if contact and contact["day"] <= today:
                if gets_round_to_it(customer.number, today):
                    contact["held"] = customer.last_contact = today
                    customer.contact = None


@tagged("post_install", "-at_install")
class TestFollowupYear(ContinuityCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clock = cls.startClassPatcher(freeze_time(f"{START} 03:30:00"))
        cls.occurrences = cls.env["continuity.followup.occurrence"]
        cls.env["continuity.followup.rule"].search([]).active = False
        cls.company_a.write(
            {
                "continuity_followup_per_day": LIMIT,
                "continuity_followup_late_days": LATE_DAYS,
            }
        )
        cls._take_holidays()
        cls.people = cls.env["res.users"].browse()
        for number in range(PEOPLE):
            cls.people |= cls._create_user(
                f"year_{number}", "sales_team.group_sale_salesman"
            )
        cls.tag = cls.env["res.partner.category"].create({"name": "Of this year"})
        cls.office = Office(cls._customers())
        cls.relationships = cls._create_history(cls.office.customers)
        tiers = [cls.env.ref(f"customer_continuity.tier_{x}").ids for x in "ab"]
        call = cls.env.ref("customer_continuity.channel_call").ids
        for sequence, (trigger, values) in enumerate(
            (
                ("silence", {}),
                ("delivery", {"days": 7}),
                ("delivery", {"days": 30, "tier_ids": sum(tiers, [])}),
                ("anniversary", {"tier_ids": sum(tiers, [])}),
                ("never", {}),
            )
        ):
            cls.env["continuity.followup.rule"].create(
                {
                    "name": f"{trigger} {sequence}",
                    "sequence": sequence,
                    "trigger": trigger,
                    "date_from": START,
                    "company_id": cls.company_a.id,
                    "channel_ids": call,
                    "category_ids": cls.tag.ids,
                    **values,
                }
            )

    @classmethod
    def _take_holidays(cls):
        calendar = cls.company_a.resource_calendar_id
        calendar.tz = "UTC"
        cls.env["resource.calendar.leaves"].create(
            [
                {
                    "name": "Holiday",
                    "calendar_id": calendar.id,
                    "company_id": cls.company_a.id,
                    "date_from": datetime.combine(day, time.min),
                    "date_to": datetime.combine(day, time.max),
                }
                for day in HOLIDAYS
            ]
        )

    @classmethod
    def _customers(cls):
        """Ten percent A, thirty percent B; every third was never contacted."""
        customers = []
        for number in range(CUSTOMERS):
            tier = 0 if number % 10 == 0 else 1 if number % 10 < 4 else 2
            first = date(2020 + number % 6, 1 + number % 12, 1 + number % 28)
            if number in (1, 2):
                first = date(2024, 2, 29)
            deliveries = [
                START + timedelta(days=(number * 37 + n * 91) % 360)
                for n in range(number % 3)
            ]
            last = None
            if number % 3:
                last = START - timedelta(days=1 + (number * 7) % CADENCES[tier])
            customers.append(
                Customer(number, number % PEOPLE, tier, first, deliveries, last)
            )
        return customers

    @classmethod
    def _create_history(cls, customers):
        """Invoices of what was bought, and mails the customers wrote."""
        partners = cls.env["res.partner"].create(
            [
                {
                    "name": f"Customer {customer.number}",
                    "is_company": True,
                    "user_id": cls.people[customer.person].id,
                    "category_id": cls.tag.ids,
                }
                for customer in customers
            ]
        )
        journal = cls.env["account.journal"].search(
            [("company_id", "=", cls.company_a.id), ("type", "=", "sale")], limit=1
        )
        cls.env.flush_all()
        for customer, partner in zip(customers, partners, strict=True):
            for day in {customer.first_purchase, *customer.deliveries}:
                cls.env.cr.execute(
                    """INSERT INTO account_move (
                           name, journal_id, company_id, currency_id, state, move_type,
                           auto_post, date, invoice_date, partner_id,
                           commercial_partner_id, amount_untaxed_signed)
                       VALUES (%s, %s, %s, %s, 'posted', 'out_invoice', 'no', %s, %s,
                               %s, %s, 100)""",
                    [
                        f"YEAR/{partner.id}/{day}",
                        journal.id,
                        cls.company_a.id,
                        cls.company_a.currency_id.id,
                        day,
                        day,
                        partner.id,
                        partner.id,
                    ],
                )
            if customer.last_contact:
                cls.env.cr.execute(
                    """INSERT INTO mail_message (model, res_id, author_id,
                                                 message_type, date, record_company_id)
                       VALUES ('res.partner', %s, %s, 'email', %s, %s)""",
                    [partner.id, partner.id, customer.last_contact, cls.company_a.id],
                )
        relationships = cls.env["continuity.relationship"]._ensure(
            cls.company_a, partners
        )
        relationships = relationships.sorted(lambda r: r.partner_id.id)
        tiers = [cls.env.ref(f"customer_continuity.tier_{x}") for x in "abc"]
        for relationship, customer in zip(relationships, customers, strict=True):
            relationship.sudo().write(
                {"tier_id": tiers[customer.tier].id, "tier_locked": True}
            )
        cls.env["continuity.relationship"]._refresh(cls.company_a)
        cls._analyze()
        return relationships

    @classmethod
    def _analyze(cls):
        """Let the database know what is there, as it would find out by itself: rows
        of a transaction that is never committed it does not see."""
        cls.env.flush_all()
        cls.env.cr.execute(
            """ANALYZE res_partner, account_move, mail_message, continuity_relationship,
                       continuity_touchpoint, continuity_touchpoint_attempt,
                       continuity_followup_occurrence,
                       res_partner_res_partner_category_rel"""
        )

    def _work(self, today):
        """The people of the company do what is planned for today."""
        touchpoints = self.env["continuity.touchpoint"].search(
            [
                ("company_id", "=", self.company_a.id),
                ("state", "=", "owed"),
                ("date_due", "<=", today),
            ]
        )
        touchpoints = touchpoints.filtered(
            lambda t: gets_round_to_it(self.numbers[t.relationship_id.id], today)
        )
        if touchpoints:
            self.clock.move_to(f"{today} 10:00:00")
            touchpoints.with_user(self.user_manager).log_attempt("held")
            touchpoints._refresh_relationships()

    def test_year(self):
        self.numbers = {r.id: n for n, r in enumerate(self.relationships)}
        day = START
        while day <= END:
            if day.day == 1:
                self._analyze()
            if day not in DOWNTIME:
                self.clock.move_to(f"{day} 03:30:00")
                self.occurrences._plan_company(self.company_a)
                self.office.plan(day)
                if is_working(day):
                    self._work(day)
                    self.office.work(day)
            day += timedelta(days=1)
        self._assert_same_contacts()
        self._assert_nobody_flooded()
        self._assert_nobody_forgotten()

    def _assert_same_contacts(self):
        """The same customers on the same days for the same reasons."""
        rules = self.env["continuity.followup.rule"].search([])
        names = dict(
            zip(rules, ("silence", 7, 30, "anniversary", "never"), strict=True)
        )
        rows = self.occurrences.search(
            [
                ("company_id", "=", self.company_a.id),
                ("state", "in", ("planned", "merged", "done")),
            ]
        )
        actual = sorted(
            (
                touchpoint.date_due,
                self.numbers[touchpoint.relationship_id.id],
                touchpoint.date_done and touchpoint.date_done.date(),
                sorted(str(names[row.rule_id]) for row in together),
            )
            for touchpoint, together in rows.grouped("touchpoint_id").items()
        )
        expected = sorted(
            (
                contact["day"],
                contact["customer"],
                contact["held"] or False,
                sorted(str(reason[1]) for reason in contact["reasons"]),
            )
            for contact in self.office.log
        )
        self.assertGreater(len(expected), 1200)
        self.assertEqual(actual, expected)

    def _assert_nobody_flooded(self):
        """At most so many a day for each person, and only on working days."""
        touchpoints = self.env["continuity.touchpoint"].search(
            [
                ("company_id", "=", self.company_a.id),
                ("state", "!=", "cancelled"),
            ]
        )
        load = Counter((t.user_id, t.date_due) for t in touchpoints)
        self.assertEqual(max(load.values()), LIMIT)
        self.assertTrue(all(is_working(day) for _user, day in load))

    def _assert_nobody_forgotten(self):
        """Everybody was reached within their cadence and a week or, where there was
        no room, stands in the list."""
        listed = self.occurrences.search(
            [("state", "in", self.occurrences._open_states)]
        ).relationship_id
        held = defaultdict(list)
        for contact in self.office.log:
            if contact["held"]:
                held[contact["customer"]].append(contact["held"])
        for customer, relationship in zip(
            self.office.customers, self.relationships, strict=True
        ):
            self.assertTrue(held[customer.number], "contacted at least once")
            limit = END - timedelta(days=CADENCES[customer.tier])
            self.assertTrue(
                max(held[customer.number]) > limit or relationship in listed
            )
        anniversary = [
            contact
            for contact in self.office.log
            for reason in contact["reasons"]
            if reason[1] == "anniversary" and contact["customer"] in (1, 2)
        ]
        self.assertEqual(
            {r[0] for c in anniversary for r in c["reasons"] if r[1] == "anniversary"},
            {date(2028, 2, 29)},
        )
