"""The support period: what predecessors read and follow, and what still lands on
them."""

from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_cutover import NOW
from .test_handover_undo import UndoCase

NEXT_DAY = NOW + timedelta(days=1)
MODELS = "odoo.addons.customer_continuity.models"


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestHandoverSupport(UndoCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.demo_plans = cls.env["continuity.handover"].search([])

    def _move(self, *customers, **values):
        plan = self._create_plan(
            *customers or (self.customer_1,), **{"support_end": "2026-04-30", **values}
        )
        self._cut_over(plan)
        return plan

    def _run_cron(self, moment=NEXT_DAY, name="stragglers"):
        """Run the daily look and return the digests it sends."""
        self.env.flush_all()
        messages = self.env["mail.message"].search([])
        with freeze_time(moment), self.enter_registry_test_mode():
            cron = self.env.ref(f"customer_continuity.cron_{name}")
            cron.method_direct_trigger()
        self.env.invalidate_all()
        new = self.env["mail.message"].search([]) - messages
        # The demo company has a plan of its own.
        return new.filtered(lambda m: m.res_id not in self.demo_plans.ids)

    def _land(self):
        """Let new records land on the leaver after the cut-over."""
        with freeze_time(NOW + timedelta(hours=2)):
            lead = self._create_lead("New deal", self.customer_1)
            order = self._create_order(self.customer_1, 1, "2026-03-10", confirm=False)
            order.user_id = self.leaver
            meeting = self._create_meeting(
                "New meeting", [self.customer_1], NOW + timedelta(days=9)
            )
            activity = self._create_activity(self.customer_1)
            self.env.flush_all()
        return [lead, order, meeting, activity]

    # === Reading ===

    def test_predecessor_reads_until_support_ends(self):
        """Relationship, contacts, deals and orders of the customer: read, not written,
        and not a day longer, also where record rules are cached."""
        lead = self._create_lead("Open", self.customer_1)
        order = self._create_order(self.customer_1, 1, "2026-02-01", confirm=False)
        order.user_id = self.leaver
        other = self._create_lead("Other", self.customer_3, self.successor)
        relationship = self.env["continuity.relationship"]._ensure(
            self.company_a, self.customer_1
        )
        touchpoint = self.env["continuity.touchpoint"]._plan(
            [
                {
                    "name": "Call",
                    "origin_model": relationship._name,
                    "origin_id": relationship.id,
                    "occurrence": "support",
                    "relationship_id": relationship.id,
                    "partner_id": self.customer_1.id,
                    "company_id": self.company_a.id,
                    "channel_ids": self.env.ref("customer_continuity.channel_call").ids,
                    "user_id": self.successor.id,
                    "date_due": NOW.date(),
                }
            ]
        )
        plan = self._move()
        records = (relationship, touchpoint, lead, order, order.order_line)
        for record in records:
            own = record.with_user(self.leaver)
            self.assertEqual(own.search([("id", "in", record.ids)]), record, record)
            self.assertFalse(own.has_access("write"), record)
            stranger = record.with_user(self.user_sales_b)
            self.assertTrue(stranger.has_access("read"), "the successor does")
            outsider = record.with_user(self._outsider())
            self.assertFalse(outsider.has_access("read"), record)
        self.assertFalse(other.with_user(self.leaver).has_access("read"))
        with freeze_time("2026-04-30"):
            self.assertTrue(lead.with_user(self.leaver).has_access("read"))
        with freeze_time("2026-05-01"):
            for record in records:
                own = record.with_user(self.leaver)
                self.assertFalse(own.search([("id", "in", record.ids)]), record)
                self.assertFalse(own.has_access("read"), record)
        self.assertEqual(plan.line_ids.state, "moved")

    def _outsider(self):
        if not hasattr(self, "outsider"):
            self.outsider = self._create_user(
                "outsider", "sales_team.group_sale_salesman"
            )
        return self.outsider

    def test_reading_stops_at_the_company(self):
        """A plan of one company opens nothing in another."""
        self.leaver.sudo().company_ids |= self.company_b
        relationship_b = self.env["continuity.relationship"]._ensure(
            self.company_b, self.customer_1
        )
        self.customer_1.user_id = self.leaver
        self._move()
        self.assertEqual(self.customer_1.user_id, self.successor)
        own = relationship_b.with_user(self.leaver).with_context(
            allowed_company_ids=(self.company_a | self.company_b).ids
        )
        self.assertFalse(own.has_access("read"))

    def test_plan_is_read_until_support_is_over(self):
        """A resigned predecessor reads the plan no more; another one until it is
        closed, because something may be left to sign."""
        for reason, state, reads in (
            ("resignation", "running", False),
            ("transfer", "running", True),
            ("transfer", "done", False),
            ("leave", "done", True),
        ):
            with self.subTest(reason=reason, state=state):
                plan = self._move(
                    self._create_customer("Moves", self.leaver),
                    reason=reason,
                    support_end="2026-03-31",
                )
                plan.state = state
                own = plan.with_user(self.leaver)
                self.assertTrue(own.has_access("read"))
                with freeze_time("2026-04-01"), self.enter_registry_test_mode():
                    self.env.ref(
                        "customer_continuity.cron_end_support"
                    ).method_direct_trigger()
                self.env.invalidate_all()
                self.assertEqual(own.has_access("read"), reads)

    # === What still lands on the predecessor ===

    def test_moved(self):
        """New records go to the successor, quietly and logged; one digest says so,
        and the next day there is nothing to say."""
        plan = self._move(self.customer_1, self.customer_2)
        records = self._land()
        colleagues = self._create_lead("Other", self.customer_1, self.colleague)
        not_moved = self._create_lead(
            "Elsewhere", self._create_customer("C", self.leaver)
        )
        with self._assert_changes({}, [colleagues, not_moved]):
            new = self._run_cron()
        for record in records:
            self.assertEqual(record.user_id, self.successor, record)
        self.assertIn(self.successor.partner_id, records[2].partner_ids)
        self.assertIn(self.successor.partner_id, records[0].message_partner_ids)
        later = plan.move_ids.filtered(lambda m: m.phase == "later")
        self.assertEqual(
            {(m.model, m.res_id) for m in later if m.kind == "write"},
            {(r._name, r.id) for r in records},
        )
        self.assertEqual(len(new), 1, "one digest, nothing else")
        self.assertEqual(new.partner_ids, self.successor.partner_id)
        text = " ".join(new.body.striptags().split())
        self.assertIn("Open deals: New deal (Customer 1) – handed over", text)
        self.assertFalse(self._run_cron(NOW + timedelta(days=2)))
        # An undo brings these back as well.
        self._undo(plan)
        for record in records:
            self.assertEqual(record.user_id, self.leaver, record)

    def test_listed(self):
        """Where the company wants it so, nothing moves; the list comes every day."""
        self.company_a.continuity_stragglers = "list"
        plan = self._move()
        records = self._land()
        with self._assert_changes({}, records):
            new = self._run_cron()
        self.assertEqual(len(new), 1)
        self.assertIn("still with the predecessor", new.body)
        self.assertFalse(plan.move_ids.filtered(lambda m: m.phase == "later"))
        self.assertEqual(len(self._run_cron(NOW + timedelta(days=2))), 1)

    def test_given_back_on_purpose_stays(self):
        """What moved and was given back to the predecessor by hand is no straggler."""
        lead = self._create_lead("Open", self.customer_1)
        self._move()
        lead.user_id = self.leaver
        self.customer_1.user_id = self.leaver
        with self._assert_changes({}, [lead, self.customer_1]):
            self.assertFalse(self._run_cron())

    def test_until_support_ends(self):
        self._move(support_end="2026-03-10")
        gone = self._move(
            self.customer_2, reason="resignation", support_end="2026-03-10"
        )
        records = self._land()
        of_gone = self._create_lead("Lands on who left", self.customer_2)
        with self._assert_changes({}, records):
            self._run_cron()
        self.assertEqual(of_gone.user_id, self.successor)
        self.assertEqual(gone.line_ids.state, "moved")

    def test_passed_on_since(self):
        """What lands on the first predecessor goes to who has the customer now; and
        nothing goes back and forth after a handover back."""
        self._move()
        self._move(leaver=self.successor, successor=self.user_leader)
        self.assertEqual(self.customer_1.user_id, self.user_leader)
        lead = self._create_lead("New", self.customer_1)
        self._run_cron()
        self.assertEqual(lead.user_id, self.user_leader)
        self.assertEqual(
            self._times_moved(lead), 1, "straight on, not from hand to hand"
        )
        with freeze_time(NOW + timedelta(hours=5)):
            self._move(leaver=self.user_leader, successor=self.leaver)
        mine = self._create_lead("Mine again", self.customer_1)
        self._run_cron(NOW + timedelta(days=2))
        self.assertEqual(mine.user_id, self.leaver)
        self.assertEqual(self._times_moved(mine), 0)

    def _times_moved(self, record):
        return self.env["continuity.handover.move"].search_count(
            [
                ("model", "=", record._name),
                ("res_id", "=", record.id),
                ("kind", "=", "write"),
            ]
        )

    def test_held_back_customer_stays(self):
        """A customer whose salesperson stays because of another company is none."""
        self.env["continuity.relationship"]._ensure(self.company_b, self.customer_1)
        plan = self._move(approver=self.user_leader)
        self.assertTrue(plan.line_ids.left_reason)
        with self._assert_changes({}, [self.customer_1]):
            self.assertFalse(self._run_cron())

    def test_successor_gone(self):
        """Nothing moves to somebody who cannot take it: the manager gets the list."""
        self._move(approver=self.user_leader)
        records = self._land()
        self._lock_out(self.successor)
        with self._assert_changes({}, records):
            new = self._run_cron()
        self.assertEqual(new.partner_ids, self.user_leader.partner_id)

    def _reply(self, record, notified, author=None):
        """A mail of the customer's that reaches only those notified."""
        message = self.env["mail.message"].create(
            {
                "model": record._name,
                "res_id": record.id,
                "author_id": (author or self.contact_1).id,
                "message_type": "email",
                "subject": "About our order",
                "date": NOW + timedelta(hours=3),
            }
        )
        self.env["mail.notification"].create(
            [
                {
                    "mail_message_id": message.id,
                    "res_partner_id": user.partner_id.id,
                    "notification_type": "inbox",
                }
                for user in notified
            ]
        )
        return message

    def test_replies(self):
        """A mail that reached only the predecessor is in the digest, once, and the
        successor follows there from now on; one that reached both is not."""
        closed = self._create_lead("Closed", self.customer_1)
        closed.action_set_lost()
        self._move()
        self._reply(closed, self.leaver)
        self._reply(self.customer_1, self.leaver | self.successor)
        self._reply(self.customer_2, self.leaver, author=self.customer_2)
        new = self._run_cron()
        self.assertEqual(len(new), 1)
        self.assertEqual(new.body.count("About our order"), 1)
        self.assertIn(self.successor.partner_id, closed.message_partner_ids)
        self.assertEqual(closed.user_id, self.leaver, "history keeps its author")
        self.assertFalse(self._run_cron(NOW + timedelta(days=2)))

    def test_reply_to_another_company(self):
        """The successor neither reads of it nor follows there: they would get every
        further mail."""
        self._move()
        self.leaver.sudo().company_ids |= self.company_b
        lead_b = self._create_lead(
            "Of B", self.customer_1, company=self.company_b, team_id=False
        )
        self._reply(lead_b, self.leaver)
        self.assertFalse(self._run_cron())
        self.assertNotIn(self.successor.partner_id, lead_b.message_partner_ids)

    def test_leave_is_watched_until_the_return(self):
        plan = self._move(
            reason="leave", return_date="2026-09-01", support_end="2026-03-15"
        )
        lead = self._create_lead("New", self.customer_1)
        self._run_cron(NOW + timedelta(days=60))
        self.assertEqual(lead.user_id, self.successor)
        self.assertEqual(plan.cover_state, "away")

    def test_other_company(self):
        self._move()
        self.leaver.sudo().company_ids |= self.company_b
        lead_b = self._create_lead(
            "Of B", self.customer_1, company=self.company_b, team_id=False
        )
        with self._assert_changes({}, [lead_b]):
            self.assertFalse(self._run_cron())

    def test_one_plan_that_fails_holds_up_no_other(self):
        first = self._move()
        self._move(self.customer_2)
        lead = self._create_lead("New", self.customer_2)
        handover = type(first)
        look = handover._look_for_stragglers

        def fail(plans):
            if plans == first:
                raise ZeroDivisionError("by zero")
            return look(plans)

        with (
            patch.object(handover, "_look_for_stragglers", fail),
            mute_logger(f"{MODELS}.continuity_document_mixin"),
        ):
            self._run_cron()
        self.assertEqual(lead.user_id, self.successor)
        self.assertIn("by zero", first.message_ids[0].body)

    def test_one_message_over_all_plans(self):
        """One person, one day, one message; each of several people gets their own."""
        plans = self._move() | self._move(self.customer_2)
        other = self._create_customer("Customer 4", self.leaver)
        self._move(other, successor=self.colleague)
        for partner in (self.customer_1, self.customer_2, other):
            self._create_lead(f"New at {partner.name}", partner)
        new = self._run_cron()
        self.assertEqual(len(new), 2)
        message = new.filtered(
            lambda m: m.notified_partner_ids == self.successor.partner_id
        )
        for text in ("New at Customer 1", "New at Customer 2", *plans.mapped("name")):
            self.assertIn(text, message.body)
        self.assertNotIn("Customer 4", message.body)
        self.assertFalse(any(plans.mapped("stragglers_pending")))
        self.assertFalse(self._run_cron(NOW + timedelta(days=2)))

    def test_what_is_found_is_told_though_the_message_fails_first(self):
        plan = self._move()
        self._create_lead("New", self.customer_1)
        with freeze_time(NEXT_DAY):
            plan.sudo()._look_for_stragglers()
        self.assertTrue(plan.stragglers_pending)
        [message] = self._run_cron(NOW + timedelta(days=2))
        self.assertIn("New", message.body)

    def test_a_message_that_fails_holds_up_no_other(self):
        """The reason stays on the plan, what was found for the next day."""
        plan = self._move()
        other = self._create_customer("Customer 4", self.leaver)
        theirs = self._move(other, successor=self.colleague)
        for partner in (self.customer_1, other):
            self._create_lead(f"New at {partner.name}", partner)
        first = min(self.successor, self.colleague, key=lambda user: user.id)
        handover = self.env.registry["continuity.handover"]
        send = handover._send_stragglers

        def fail(plans, reader):
            if reader == first:
                raise ZeroDivisionError("by zero")
            return send(plans, reader)

        with (
            patch.object(handover, "_send_stragglers", fail),
            mute_logger(f"{MODELS}.continuity_handover_straggler_digest"),
        ):
            self._run_cron()
        failed, sent = (plan, theirs) if first == self.successor else (theirs, plan)
        self.assertFalse(sent.stragglers_pending)
        self.assertTrue(failed.stragglers_pending)
        self.assertIn("by zero", failed.message_ids[0].body)

    def test_settings_are_the_managers(self):
        with self.assertRaises(AccessError):
            self.company_a.with_user(self.leaver).continuity_stragglers = "list"

    def test_query_count(self):
        """The number of statements does not grow with the customers of a plan."""
        plans = [self._move(*self._create_business(n)) for n in (1, 5, 25)]
        counts = [
            self._count_queries(plan.sudo()._look_for_stragglers) for plan in plans
        ]
        self.assertLessEqual(counts[2] - counts[1], 3, counts)

    def test_support_of_a_resignation_ends_with_the_last_day(self):
        """Refused with a sentence that says so, before anybody approves."""
        plan = self._create_plan(
            self.customer_1,
            state="draft",
            reason="resignation",
            last_day="2026-03-31",
            support_end="2026-04-30",
            leaver_ids=[Command.set(self.leaver.ids)],
        )
        self.assertIn(
            "Support cannot go on after the last working day.",
            plan._submission_errors(),
        )
