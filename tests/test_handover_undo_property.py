"""Whatever moves comes back: random plans over random business, undone.

Compared are whole tables, before and after, as the database holds them.
"""

import random
from collections import defaultdict
from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged
from odoo.tools import SQL

from .common_cutover import NOW
from .test_handover_undo import UndoCase

SEEDS = range(4)
# Everything a cut-over could touch. Followers and seats are compared by what they
# say: their rows are made anew.
TABLES = (
    "res_partner",
    "crm_lead",
    "sale_order",
    "sale_order_line",
    "account_move",
    "mail_activity",
    "calendar_event",
    "calendar_recurrence",
    "continuity_relationship",
    "continuity_touchpoint",
    "continuity_concern",
)
IGNORED = {"write_uid", "write_date"}
SAYINGS = {
    "followers": """
        SELECT f.res_model || ',' || f.res_id, f.partner_id,
               ARRAY(SELECT mail_message_subtype_id
                       FROM mail_followers_mail_message_subtype_rel r
                      WHERE r.mail_followers_id = f.id ORDER BY 1)::text
          FROM mail_followers f
         WHERE f.res_model NOT LIKE 'continuity.handover%%'""",
    "seats": """
        SELECT event_id, partner_id, state, availability, common_name
          FROM calendar_attendee""",
    "meetings": "SELECT * FROM calendar_event_res_partner_rel",
    "attendees of contacts": "SELECT * FROM continuity_touchpoint_attendee_rel",
}


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestHandoverUndoProperty(UndoCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        both = cls.company_a | cls.company_b
        cls.people = cls.leaver | cls.successor | cls.colleague
        cls.people.sudo().write({"company_ids": [Command.set(both.ids)]})

    # === Random business ===

    def _create_business(self, rand, companies):
        """Customers, contacts and their records, open and closed, of the leaver, the
        successor and a colleague; some shared by two companies."""
        people = [self.leaver] * 4 + [self.successor, self.colleague]
        customers = self.env["res.partner"].browse()
        for number in range(rand.randint(3, 6)):
            customer = self._create_customer(
                f"Customer {number}",
                rand.choice(people),
                active=rand.random() > 0.1,
                company_id=rand.choice([False, companies[0].id]),
            )
            customers |= customer
            contacts = self.env["res.partner"].create(
                [
                    {
                        "name": f"Contact {n}",
                        "parent_id": customer.id,
                        "user_id": rand.choice([*people, self.env["res.users"]]).id,
                    }
                    for n in range(rand.randint(0, 2))
                ]
            )
            usable = companies
            if customer.company_id:
                usable = customer.company_id
            for company in usable:
                self.env["continuity.relationship"]._ensure(company, customer).write(
                    {
                        "owner_since": rand.choice(["2019-01-01", False]),
                        "handed_over_to_id": rand.choice([self.colleague.id, False]),
                    }
                )
            for _n in range(rand.randint(1, 6)):
                maker = rand.choice(
                    (
                        self._random_lead,
                        self._random_order,
                        self._random_invoice,
                        self._random_meeting,
                        self._random_touchpoint,
                        self._random_concern,
                    )
                )
                record = maker(
                    rand,
                    rand.choice([customer, *contacts]),
                    rand.choice(people),
                    rand.choice(list(usable)),
                )
                self._random_extras(rand, record, people)
            self._random_extras(rand, customer, people)
        return customers

    def _random_lead(self, rand, partner, user, company):
        lead = self._create_lead(
            "Deal", partner, user, company, team_id=False, probability=rand.random()
        )
        end = rand.choice(("open", "open", "open", "won", "lost", "archived"))
        if end == "won":
            lead.action_set_won()
        elif end == "lost":
            lead.action_set_lost()
        elif end == "archived":
            lead.active = False
        return lead

    def _random_order(self, rand, partner, user, company):
        order = self._create_order(
            partner, 100, "2026-02-01", company, confirm=rand.random() < 0.5
        )
        order.user_id = user
        if order.state == "sale" and rand.random() < 0.3:
            order._create_invoices().action_post()
        return order

    def _random_invoice(self, rand, partner, user, company):
        invoice = self._create_invoice(
            partner,
            100,
            "2026-02-01",
            company,
            refund=rand.random() < 0.3,
            post=rand.random() < 0.3,
        )
        invoice.invoice_user_id = user
        return invoice

    def _random_meeting(self, rand, partner, user, company):
        others = rand.sample(list(self.people.partner_id), rand.randint(0, 2))
        values = {}
        if rand.random() < 0.2:
            values = {
                "recurrency": True,
                "rrule_type": "weekly",
                "interval": 1,
                "tue": True,
                "end_type": "count",
                "count": 4,
                "event_tz": "UTC",
            }
        meeting = self._create_meeting(
            "Meeting",
            [partner, *others],
            NOW + timedelta(days=rand.choice((-10, 3, 20))),
            user,
            privacy=rand.choice(("public", False, "confidential")),
            **values,
        )
        for attendee in meeting.attendee_ids:
            attendee.state = rand.choice(
                ("accepted", "declined", "tentative", "needsAction")
            )
        return meeting

    def _random_touchpoint(self, rand, partner, user, company):
        customer = partner.commercial_partner_id
        relationship = self.env["continuity.relationship"]._ensure(company, customer)
        touchpoint = self.env["continuity.touchpoint"]._plan(
            [
                {
                    "name": "Call",
                    "origin_model": relationship._name,
                    "origin_id": relationship.id,
                    "occurrence": f"random {rand.random()}",
                    "relationship_id": relationship.id,
                    "partner_id": customer.id,
                    "company_id": company.id,
                    "channel_ids": self.env.ref("customer_continuity.channel_call").ids,
                    "user_id": user.id,
                    "date_due": NOW.date(),
                }
            ]
        )
        if rand.random() < 0.5:
            touchpoint._show()
        return touchpoint

    def _random_concern(self, rand, partner, user, company):
        customer = partner.commercial_partner_id
        concern = self.env["continuity.concern"]._raise_concern(
            relationship=self.env["continuity.relationship"]._ensure(company, customer),
            question="Why?",
        )
        concern.sudo().owner_id = user
        return concern

    def _random_extras(self, rand, record, people):
        """Followers with subtypes of their own, activities open and done."""
        if "message_follower_ids" not in record._fields:
            return
        subtypes = self.env["mail.message.subtype"].search([], limit=4).ids
        for user in self.people:
            if rand.random() < 0.4:
                record.message_subscribe(
                    user.partner_id.ids, rand.sample(subtypes, rand.randint(1, 3))
                )
        if record._name == "calendar.event":
            return
        for _n in range(rand.randint(0, 2)):
            activity = self._create_activity(record, rand.choice(people))
            if rand.random() < 0.2:
                activity._action_done()

    def _random_plan(self, rand, customers, company):
        chosen = [c for c in customers if c.company_id in (company, c.company_id[:0])]
        chosen = rand.sample(chosen, rand.randint(1, len(chosen))) if chosen else []
        leads = self.env["crm.lead"].browse()
        if rand.random() < 0.5:
            leads = self._create_lead("No customer", company=company, team_id=False)
        plan = self._create_plan(
            *chosen,
            leads=leads,
            company=company,
            # Some of it moves after the support period: the leaver stops following.
            support_end=rand.choice(("2026-04-30", "2026-03-09")),
        )
        for line in plan.line_ids:
            line.successor_id = rand.choice((self.successor, self.colleague))
        return plan

    # === Tables ===

    def _snapshot(self):
        """What the tables hold, by table and row."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.flush_all()
        snapshot = {}
        for table in TABLES:
            self.env.cr.execute(SQL("SELECT * FROM %s", SQL.identifier(table)))
            snapshot[table] = {
                row["id"]: {k: repr(v) for k, v in row.items() if k not in IGNORED}
                for row in self.env.cr.dictfetchall()
                # The cut-over plans it, the undo withdraws it: the row tells so.
                if row.get("occurrence") != "first_contact"
            }
        for name, query in SAYINGS.items():
            self.env.cr.execute(query)
            snapshot[name] = {tuple(map(repr, row)) for row in self.env.cr.fetchall()}
        return snapshot

    def _differences(self, before, after):
        """Return what differs: {(table, id): {column: (before, after)}}."""
        found = {}
        for table in TABLES:
            old, new = before[table], after[table]
            for id_ in old.keys() ^ new.keys():
                found[table, id_] = "row"
            for id_ in old.keys() & new.keys():
                columns = {
                    name: (old[id_][name], new[id_][name])
                    for name in old[id_]
                    if old[id_][name] != new[id_][name]
                }
                if columns:
                    found[table, id_] = columns
        for name in SAYINGS:
            for row in before[name] ^ after[name]:
                found[name, row] = "gone" if row in before[name] else "new"
        return found

    # === The properties ===

    def test_one_company(self):
        """Cut over and undone, every table is as it was."""
        moved = 0
        for seed in SEEDS:
            with self.subTest(seed=seed):
                rand = random.Random(seed)
                customers = self._create_business(rand, self.company_a)
                moved += self._there_and_back(rand, [(customers, self.company_a)])
        self.assertGreater(moved, 40, "there was something to move")

    def test_two_companies(self):
        """Also with customers two companies share, and a plan in each."""
        moved = 0
        both = self.company_a | self.company_b
        for seed in SEEDS:
            with self.subTest(seed=seed):
                rand = random.Random(f"two {seed}")
                customers = self._create_business(rand, both)
                moved += self._there_and_back(
                    rand, [(customers, company) for company in both]
                )
        self.assertGreater(moved, 40, "there was something to move")

    def _there_and_back(self, rand, parts):
        """Cut plans over and undo them in the reverse order; return how much moved."""
        plans = [
            self._random_plan(rand, customers, company) for customers, company in parts
        ]
        before = self._snapshot()
        for plan in plans:
            self._cut_over(plan)
        moves = sum(len(plan.move_ids) for plan in plans)
        self.assertTrue(
            not moves or self._differences(before, self._snapshot()), "it did move"
        )
        for plan in reversed(plans):
            # Some lines first, then the rest.
            lines = plan.line_ids.filtered(lambda x: x.state == "moved")
            if not lines:
                continue
            some = lines.browse(rand.sample(lines.ids, rand.randint(1, len(lines))))
            self._undo(plan, some)
            if lines - some:
                self._undo(plan, lines - some)
            self.assertFalse(plan.leftover_ids)
            # Each change has been taken back, once.
            forth = plan.move_ids.filtered(lambda m: m.phase == "cutover")
            writes = forth.filtered(lambda m: m.kind == "write")
            self.assertEqual(writes.undo_ids.undo_of_id, writes)
        self.assertEqual(self._differences(before, self._snapshot()), {})
        planned = [plan.line_ids.first_contact_touchpoint_id for plan in plans]
        self.assertLessEqual({t.state for each in planned for t in each}, {"cancelled"})
        return moves

    def test_with_changes_in_between(self):
        """What others changed since stays as they left it and is listed; all the rest
        comes back."""
        listed = 0
        for seed in SEEDS:
            with self.subTest(seed=seed):
                rand = random.Random(f"changes {seed}")
                customers = self._create_business(rand, self.company_a)
                plan = self._random_plan(rand, customers, self.company_a)
                before = self._snapshot()
                self._cut_over(plan)
                touched = self._change_at_random(rand, plan)
                between = self._snapshot()
                if not plan.line_ids.filtered(lambda x: x.state == "moved"):
                    continue
                self._undo(plan)
                after = self._snapshot()
                self._assert_only_touched_differ(before, between, after, touched)
                in_list = {
                    (x.model, x.move_id.res_id)
                    for x in plan.leftover_ids
                    if x.problem != "seat"
                }
                self.assertEqual(in_list, set(touched))
                listed += len(in_list)
        self.assertGreater(listed, 5, "others did change something")

    def _change_at_random(self, rand, plan):
        """Let others give away, close or delete some of what moved.

        :return: ``{(model, id): what was done}``
        """
        touched = {}
        writes = plan.move_ids.filtered(lambda m: m.kind == "write")
        third = self.user_manager
        handover = self.env["continuity.handover"]
        movers = {mover.model: mover for mover in handover._get_movers()}
        for move in writes.sorted("id"):
            if rand.random() > 0.3:
                continue
            record = self.env[move.model].browse(move.res_id)
            key = (move.model, move.res_id)
            if move.model in ("res.partner", "crm.lead", "sale.order", "mail.activity"):
                kind = rand.choice(("given", "closed", "deleted"))
            else:
                kind = "given"
            if kind == "closed" and move.model == "crm.lead":
                record.action_set_won()
            elif kind == "closed" and move.model == "mail.activity":
                record.active = False
            elif (
                kind == "deleted"
                and move.model == "mail.activity"
                # That of a planned contact would be put back.
                and not record._continuity_touchpoints()
            ):
                record.unlink()
            else:
                kept = handover._kept_fields(movers[move.model])
                with self.env.protecting(kept, record):
                    record.sudo()[move.field] = third
            touched[key] = kind
        self.env.flush_all()
        return touched

    def _assert_only_touched_differ(self, before, between, after, touched):
        """What others touched is as they left it, the rest as it was before."""
        tables = {self.env[model]._table for model, _id in touched}
        ids = defaultdict(set)
        for model, id_ in touched:
            ids[self.env[model]._table].add(id_)
        lines_of_orders = set(
            self.env["sale.order"].browse(ids["sale_order"]).exists().order_line.ids
        )
        ids["sale_order_line"] |= lines_of_orders
        tables.add("sale_order_line")
        partners = ids["res_partner"]
        relationships = self.env["continuity.relationship"].search(
            [("partner_id", "in", list(partners))]
        )
        ids["continuity_relationship"] |= set(relationships.ids)
        for table, id_ in self._differences(before, after):
            if table in SAYINGS:
                continue
            self.assertIn(id_, ids[table], (table, id_))
        for table, id_ in self._differences(between, after):
            if table in SAYINGS:
                continue
            self.assertNotIn(id_, ids[table], (table, id_))

    def test_it_would_be_noticed(self):
        """The comparison sees a single column, follower or seat that is not back."""
        rand = random.Random(1)
        customers = self._create_business(rand, self.company_a)
        customers[0].message_subscribe(self.leaver.partner_id.ids)
        before = self._snapshot()
        customers[0].user_id = self.user_leader
        customers[0].message_unsubscribe(self.leaver.partner_id.ids)
        tables = {table for table, _row in self._differences(before, self._snapshot())}
        self.assertLessEqual({"res_partner", "followers"}, tables)
        line = type(self.env["continuity.handover.line"])
        plan = self._create_plan(customers[0], leaver=self.user_leader)
        before = self._snapshot()
        self._cut_over(plan)
        with patch.object(line, "_restore_relationships", lambda this, moves: None):
            self._undo(plan)
        tables = {table for table, _row in self._differences(before, self._snapshot())}
        self.assertIn("continuity_relationship", tables)
        self.assertEqual(datetime.now(), NOW)
