"""Undo of a cut-over: what comes back, what stays and why, who may, who is told."""

from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import SQL

from odoo.addons.customer_continuity.models import continuity_handover_cutover

from .common_cutover import NOW, CutOverCase

LATER = NOW + timedelta(days=3)


class UndoCase(CutOverCase):
    """Plans are cut over and undone as the scheduler would do it, nothing muted."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Records are created at the frozen time, not at the transaction's.
        cls.startClassPatcher(
            patch.object(type(cls.env.cr), "now", lambda cr: datetime.now())
        )

    def _undo(self, plan, lines=None, user=None, **kwargs):
        lines = lines or plan.line_ids.filtered(lambda x: x.state == "moved")
        self.env.flush_all()
        loud = plan.with_env(self.loud).with_user(user or self.user_manager)
        undo = loud._undo(lines, "Was a mistake.", **kwargs)
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()
        return undo.with_env(self.env)

    def _lock_out(self, user):
        """Let somebody be gone without the questions asked when they are archived."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL("UPDATE res_users SET active = FALSE WHERE id = %s", user.id)
        )
        user.invalidate_recordset(["active"])

    def _followers(self, record):
        """Who follows a record, with what they have subscribed to."""
        return {
            (f.partner_id.id, tuple(sorted(f.subtype_ids.ids)))
            for f in record.message_follower_ids
        }

    def _leftovers(self, plan):
        return {(x.model, x.move_id.res_id): x for x in plan.leftover_ids}


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestHandoverUndo(UndoCase):
    # === What comes back ===

    def test_everything_comes_back(self):
        """Field by field: customer, contact, deal, order with its lines, invoice,
        activity, meeting with seats and answers, followers with their subtypes, and
        the relationship with the date it had."""
        contact = self.env["res.partner"].create(
            {
                "name": "Own",
                "parent_id": self.customer_1.id,
                "user_id": self.leaver.id,
            }
        )
        lead = self._create_lead("Open", self.customer_1, probability=12.5)
        order = self._create_order(self.customer_1, 100, "2026-02-01", confirm=False)
        order.user_id = self.leaver
        order.team_id = self.team
        invoice = self._create_invoice(self.customer_1, 1, "2026-02-01", post=False)
        invoice.invoice_user_id = self.leaver
        activity = self._create_activity(lead)
        meeting, shared = (
            self._create_meeting(
                name, [self.customer_1, *others], NOW + timedelta(days=9)
            )
            for name, others in (
                ("Future", []),
                ("Shared", [self.successor.partner_id]),
            )
        )
        seat = self.leaver.partner_id
        for event, state in ((meeting, "accepted"), (shared, "tentative")):
            attendees = event.attendee_ids
            attendees.filtered(lambda a: a.partner_id == seat).state = state
        subtypes = self.env["mail.message.subtype"].search([], limit=2)
        meeting.message_subscribe(seat.ids, subtypes.ids)
        meeting.message_subscribe(self.successor.partner_id.ids, subtypes.ids)
        lead.message_subscribe(seat.ids)
        relationship = self.env["continuity.relationship"]._ensure(
            self.company_a, self.customer_1
        )
        relationship.write(
            {"owner_since": "2020-01-01", "handed_over_to_id": self.colleague.id}
        )
        records = [
            self.customer_1,
            contact,
            lead,
            order,
            order.order_line,
            invoice,
            activity,
            meeting,
            shared,
            relationship,
        ]
        before = {record: self._row(record) for record in records}
        followers = {
            record: self._followers(record)
            for record in records
            if "message_follower_ids" in record._fields
        }
        seats = {
            event: {(a.partner_id.id, a.state) for a in event.attendee_ids}
            for event in (meeting, shared)
        }
        # The support period is over: the leaver was let go, and follows again.
        plan = self._create_plan(self.customer_1, support_end="2026-03-09")
        self._cut_over(plan)
        self.assertEqual(lead.user_id, self.successor)
        self.assertEqual(relationship.handed_over_to_id, self.successor)
        self.assertNotIn(seat, lead.message_partner_ids)
        self._undo(plan)
        for record, old in before.items():
            new = self._row(record)
            changed = {name for name in new if new[name] != old[name]} - {
                "write_uid",
                "write_date",
            }
            self.assertFalse(changed, record)
        for record, old in followers.items():
            self.assertEqual(self._followers(record), old, record)
        for event, old in seats.items():
            new = {(a.partner_id.id, a.state) for a in event.attendee_ids}
            self.assertEqual(new, old, event.name)
            self.assertEqual(
                set(event.partner_ids.ids), {partner for partner, _state in old}
            )
        line = plan.line_ids
        self.assertEqual((line.state, line.undone_on), ("undone", NOW))
        self.assertFalse(plan.leftover_ids)
        self.assertEqual(plan.undone_count, 1)

    def test_log_says_what_came_back(self):
        """Each change taken back has a row that points to it; the result counts no
        more what came back."""
        self._create_lead("Open", self.customer_1)
        plan = self._create_plan(self.customer_1, self.customer_2)
        self._cut_over(plan)
        first = plan.line_ids.sorted("id")[0]
        forth = plan.move_ids
        mine = forth.filtered(lambda m: m.line_id == first)
        self._undo(plan, first)
        back = plan.move_ids - forth
        self.assertEqual(back.undo_of_id, mine)
        self.assertEqual(len(back), len(mine))
        self.assertEqual(set(back.mapped("phase")), {"undo"})
        for move in back.filtered(lambda m: m.kind == "write"):
            self.assertEqual(move.old_value_id, self.successor.id)
            self.assertEqual(move.new_value_id, self.leaver.id)
        self.assertEqual(plan._moved_counts()[0][1], 1, "the second customer only")
        self.assertEqual(plan.line_ids.mapped("state"), ["undone", "moved"])

    def test_second_undo_finds_nothing(self):
        plan = self._create_plan(self.customer_1)
        self._cut_over(plan)
        self._undo(plan)
        moves = plan.move_ids
        with self.assertRaisesRegex(UserError, "has been handed over"):
            plan.with_user(self.user_manager)._undo(plan.line_ids.browse(), "Again")
        with self.assertRaisesRegex(UserError, "it is not handed over"):
            plan.with_user(self.user_manager)._undo(plan.line_ids, "Again")
        self.assertFalse(plan._preview_undo(plan.line_ids)["counts"])
        self.assertEqual(plan.move_ids, moves)

    def test_undo_of_a_closed_or_cancelled_plan(self):
        for state in ("reported", "done", "cancelled"):
            plan = self._create_plan(self.customer_1)
            self._cut_over(plan)
            plan.state = state
            self._undo(plan)
            self.assertEqual(self.customer_1.user_id, self.leaver, state)

    # === What stays, and why ===

    def test_changed_since(self):
        """Given to somebody else by hand, with or without tracking, or by another
        handover: it stays there, and is listed with by whom and when."""
        tracked, quiet, handed_on, untouched = (
            self._create_lead(name, self.customer_1)
            for name in ("Tracked", "Quiet", "Handed on", "Untouched")
        )
        plan = self._create_plan(self.customer_1)
        self._cut_over(plan)
        third = self._create_plan(
            leads=handed_on, leaver=self.successor, successor=self.user_leader
        )
        with freeze_time(LATER):
            # Tracking is off for the tests.
            tracking = self.env(context={})
            tracked.with_env(tracking).with_user(
                self.user_manager
            ).user_id = self.colleague
            self.env.flush_all()
            self.env.cr.precommit.run()
            quiet.with_user(self.user_all).user_id = self.colleague
            self.env.cr.execute(
                SQL(
                    "UPDATE crm_lead SET write_date = %s WHERE id = %s",
                    LATER,
                    tracked.id,
                )
            )
            self._cut_over(third)
            tracked.with_user(self.user_all).description = "Touched later"
        self.assertEqual(handed_on.user_id, self.user_leader)
        unchanged = [tracked, quiet, handed_on]
        with self._assert_changes(
            {
                untouched: {"user_id": self.leaver.id},
                self.customer_1: {"user_id": self.leaver.id},
            },
            unchanged,
        ):
            self._undo(plan)
        leftovers = self._leftovers(plan)
        self.assertEqual(set(leftovers), {("crm.lead", lead.id) for lead in unchanged})
        by_tracking = leftovers["crm.lead", tracked.id]
        self.assertEqual(by_tracking.problem, "changed")
        self.assertEqual(by_tracking.current_id, self.colleague)
        self.assertEqual(by_tracking.changed_by_id, self.user_manager)
        self.assertEqual(by_tracking.changed_on, LATER)
        self.assertEqual(
            leftovers["crm.lead", quiet.id].changed_by_id,
            self.user_all,
            "no tracking: the last change of the record",
        )
        self.assertEqual(leftovers["crm.lead", handed_on.id].changed_in_id, third)
        self.assertIn(third.name, leftovers["crm.lead", handed_on.id].explanation)
        self.assertIn(self.user_all.name, leftovers["crm.lead", quiet.id].explanation)
        self.assertEqual(plan.line_ids.state, "undone")

    def test_closed_since(self):
        """What the successor has won, invoiced, done or held is theirs (I5)."""
        won = self._create_lead("Won", self.customer_1)
        order = self._create_order(self.customer_1, 100, "2026-02-01")
        order.user_id = self.leaver
        activity = self._create_activity(self.customer_1)
        meeting = self._create_meeting(
            "Soon", [self.customer_1], NOW + timedelta(days=1)
        )
        records = (won, order, activity, meeting)
        plan = self._create_plan(self.customer_1)
        self._cut_over(plan)
        won.action_set_won()
        order._create_invoices().action_post()
        activity._action_done()
        with freeze_time(LATER):
            with self._assert_changes(
                {self.customer_1: {"user_id": self.leaver.id}}, records
            ):
                self._undo(plan)
        leftovers = self._leftovers(plan)
        self.assertEqual(set(leftovers), {(r._name, r.id) for r in records})
        self.assertEqual(
            {x.problem for x in leftovers.values()}, {"closed"}, "one each"
        )
        self.assertIn(self.successor.partner_id, meeting.partner_ids)
        self.assertIn(
            self.successor.partner_id,
            won.message_partner_ids,
            "who won it goes on following it",
        )

    def test_deleted_since(self):
        lead = self._create_lead("Open", self.customer_1)
        plan = self._create_plan(self.customer_1)
        self._cut_over(plan)
        number = lead.id
        lead.unlink()
        self._undo(plan)
        leftover = self._leftovers(plan)["crm.lead", number]
        self.assertEqual(leftover.problem, "deleted")
        self.assertIn(str(number), leftover.record_name)
        self.assertEqual(self.customer_1.user_id, self.leaver)

    def test_seat_changed_since(self):
        """Where somebody took the successor out of the meeting, nobody takes the
        place; the rest of the meeting comes back."""
        meeting = self._create_meeting(
            "Future", [self.customer_1], NOW + timedelta(days=1)
        )
        plan = self._create_plan(self.customer_1)
        self._cut_over(plan)
        meeting.partner_ids = [Command.unlink(self.successor.partner_id.id)]
        self._undo(plan)
        self.assertEqual(meeting.user_id, self.leaver)
        self.assertEqual(meeting.partner_ids, self.customer_1)
        self.assertEqual(
            self._leftovers(plan)["calendar.event", meeting.id].problem, "seat"
        )

    def test_customer_changed_since_keeps_its_relationship(self):
        relationship = self.env["continuity.relationship"]._ensure(
            self.company_a, self.customer_1
        )
        plan = self._create_plan(self.customer_1)
        self._cut_over(plan)
        self.customer_1.user_id = self.colleague
        self._undo(plan)
        self.assertEqual(self.customer_1.user_id, self.colleague)
        self.assertEqual(relationship.owner_id, self.successor, "until the refresh")
        self.assertEqual(len(plan.leftover_ids), 1)

    def test_what_arrived_since_stays_unless_asked(self):
        """An undo takes back what it logged; new records go along when asked for, what
        the successor had before never does."""
        before = self._create_lead("Before", self.customer_2, self.successor)
        plan = self._create_plan(self.customer_1, self.customer_2)
        self._cut_over(plan)
        with freeze_time(LATER):
            arrived = self._create_lead("New", self.customer_1, self.successor)
            other = self._create_lead("New", self.customer_2, self.successor)
            own = self._create_lead("Colleague's", self.customer_1, self.colleague)
        first, second = plan.line_ids.sorted("id")
        self._undo(plan, first)
        self.assertEqual(arrived.user_id, self.successor)
        self._undo(plan, second, with_arrivals=True)
        self.assertEqual(other.user_id, self.leaver)
        self.assertEqual(arrived.user_id, self.successor)
        self.assertEqual(own.user_id, self.colleague)
        self.assertEqual(before.user_id, self.successor)
        moves = plan.move_ids.filtered(lambda m: m.phase == "return")
        self.assertIn(("crm.lead", other.id), {(m.model, m.res_id) for m in moves})

    # === Contacts and letters ===

    def _plan_contacts(self, line):
        relationship = self.env["continuity.relationship"]._ensure(
            self.company_a, line.partner_id
        )
        channel = self.env.ref("customer_continuity.channel_call")
        return self.env["continuity.touchpoint"]._plan(
            [
                {
                    "name": f"Tell {number}",
                    "origin_model": line._name,
                    "origin_id": line.id,
                    "occurrence": str(number),
                    "purpose": "handover",
                    "relationship_id": relationship.id,
                    "partner_id": line.partner_id.id,
                    "company_id": self.company_a.id,
                    "channel_ids": channel.ids,
                    "user_id": self.leaver.id,
                    "date_due": NOW.date(),
                }
                for number in range(3)
            ]
        )

    def test_contacts(self):
        """What has not gone out is withdrawn; whoever has heard of it is listed, and
        the predecessor gets the list as an activity."""
        plan = self._create_plan(self.customer_1, self.customer_2)
        first, second = plan.line_ids.sorted("id")
        owed, told, released = self._plan_contacts(first)
        [other, *_rest] = self._plan_contacts(second)
        owed._show()
        told.write({"state": "done", "date_done": NOW})
        released.state = "released"
        self._cut_over(plan)
        self._undo(plan, first)
        self.assertEqual((owed | released).mapped("state"), ["cancelled"] * 2)
        self.assertFalse(owed.activity_id)
        self.assertEqual(told.state, "done")
        self.assertEqual(other.state, "owed", "of a customer that stays moved")
        self.assertEqual(plan.to_correct_ids, told)
        activity = plan.activity_ids
        self.assertEqual(activity.user_id, self.leaver)
        self.assertIn("Customer 1", activity.note)

    # === Who may, who is told ===

    def test_who_may(self):
        """Approvers and managers; not the leaver, the successor, strangers or
        another company's people, whatever their context says."""
        plan = self._create_plan(self.customer_1, approver=self.user_leader)
        self._cut_over(plan)
        line = plan.line_ids
        for user in (
            self.leaver,
            self.successor,
            self.colleague,
            self.user_company_b,
            self.user_portal,
        ):
            for call in (
                lambda user=user: plan.with_user(user).action_undo(),
                lambda user=user: line.with_user(user).action_undo(),
                lambda user=user: (
                    plan.with_user(user)
                    .with_context(uid=1, may_manage=True)
                    ._undo(line, "Mine")
                ),
            ):
                with self.assertRaises(AccessError):
                    call()
        self.assertEqual(line.state, "moved")
        wizard = self.env["continuity.handover.undo.wizard"]
        with self.assertRaises(AccessError):
            wizard.with_user(self.successor).create(
                {
                    "handover_id": plan.id,
                    "line_ids": [Command.set(line.ids)],
                    "reason": "Peep",
                }
            ).read(["preview_html"])
        self._undo(plan, user=self.user_leader)
        self.assertEqual(line.undo_id.user_id, self.user_leader)
        draft = self._create_plan(self.customer_2, state="draft").line_ids
        with self.assertRaisesRegex(AccessError, "cannot be set directly"):
            draft.with_user(self.user_manager).write({"undo_id": line.undo_id.id})

    def test_nobody_writes_what_was_not_brought_back(self):
        lead = self._create_lead("Open", self.customer_1)
        plan = self._create_plan(self.customer_1)
        self._cut_over(plan)
        lead.user_id = self.colleague
        undo = self._undo(plan)
        for records in (undo, undo.leftover_ids):
            self.assertTrue(records)
            for user in (self.leaver, self.successor, self.user_manager):
                own = records.with_user(user)
                self.assertEqual(own.search([("id", "in", records.ids)]), records)
                for refused in (
                    lambda own=own: own.write({"create_date": NOW}),
                    lambda own=own: own.unlink(),
                ):
                    with self.assertRaises(AccessError):
                        refused()
            for user in (self.user_leader, self.user_company_b):
                with self.assertRaises(AccessError):
                    records.with_user(user).read(["display_name"])

    def test_reason_is_asked(self):
        plan = self._create_plan(self.customer_1)
        self._cut_over(plan)
        with self.assertRaisesRegex(UserError, "Say why"):
            plan.with_user(self.user_manager)._undo(plan.line_ids, "  ")

    def test_predecessor_gone(self):
        """Nothing goes back to somebody who cannot log in or work there."""
        plan = self._create_plan(self.customer_1)
        self._cut_over(plan)
        self.leaver.sudo().write(
            {
                "company_ids": [Command.set(self.company_b.ids)],
                "company_id": self.company_b.id,
            }
        )
        with self.assertRaisesRegex(UserError, "cannot work in Continuity A"):
            plan.with_user(self.user_manager).action_undo()
        self._lock_out(self.leaver)
        with self.assertRaisesRegex(UserError, "can no longer log in"):
            plan.with_user(self.user_manager).action_undo()

    def test_quiet(self):
        """One message each to predecessor and successor, in their language; no other
        message, mail, invitation or tracking."""
        self.env["res.lang"]._activate_lang("fr_FR")
        self.leaver.lang = "fr_FR"
        for customer in (self.customer_1, self.customer_2):
            lead = self._create_lead("Open", customer)
            self._create_activity(lead)
            self._create_meeting("Future", customer, NOW + timedelta(days=1))
        plan = self._create_plan(self.customer_1, self.customer_2)
        self._cut_over(plan)
        messages = self.env["mail.message"].search([])
        notifications = self.env["mail.notification"].search([])
        mails = self.env["mail.mail"].search([])
        languages = []
        qweb = type(self.env["ir.qweb"])
        render = qweb._render

        def spy(this, template, *args, **kwargs):
            if template == "customer_continuity.handover_undo_digest":
                languages.append(this.env.lang)
            return render(this, template, *args, **kwargs)

        with patch.object(qweb, "_render", spy):
            self._undo(plan)
        new = self.env["mail.message"].search([]) - messages
        digests = new.filtered(lambda m: m.message_type == "user_notification")
        self.assertEqual(len(digests), 2)
        self.assertEqual(sorted(languages), ["en_US", "fr_FR"])
        self.assertEqual(
            (self.env["mail.notification"].search([]) - notifications).res_partner_id,
            (self.leaver | self.successor).partner_id,
        )
        self.assertEqual(
            (self.env["mail.mail"].search([]) - mails).mail_message_id, digests
        )
        [note] = new - digests
        self.assertEqual((note.model, note.res_id), (plan._name, plan.id))
        self.assertIn("Was a mistake.", note.body)
        text = " ".join(
            digests.filtered(lambda m: m.partner_ids == self.successor.partner_id)
            .body.striptags()
            .split()
        )
        for part in ("Customer 1", "Customer 2", "Open deals: 2", plan.name):
            self.assertIn(part, text)

    # === The preview ===

    def test_preview_is_what_happens(self):
        """The dialog counts what comes back, names what does not, and does it."""
        kept = self._create_lead("Kept by somebody else", self.customer_1)
        for number in range(3):
            self._create_lead(f"Open {number}", self.customer_1)
        plan = self._create_plan(self.customer_1, self.customer_2)
        self._cut_over(plan)
        kept.user_id = self.colleague
        self._plan_contacts(plan.line_ids[0])[0].write(
            {"state": "done", "date_done": NOW}
        )
        action = plan.with_user(self.user_manager).action_undo()
        wizard = (
            self.env[action["res_model"]]
            .with_user(self.user_manager)
            .with_context(**action["context"])
        )
        with Form(wizard) as form:
            text = " ".join(form.preview_html.striptags().split())
            for part in ("Open deals: 3", "Customers and contacts: 2"):
                self.assertIn(part, text)
            self.assertIn("Kept by somebody else: given to", text)
            self.assertIn("need a correcting word Customer 1", text)
            form.reason = "Wrong region"
        self.assertEqual(plan.line_ids.mapped("state"), ["moved", "moved"])
        form.record.action_apply()
        self.env.invalidate_all()
        self.assertEqual(plan.line_ids.mapped("state"), ["undone", "undone"])
        back = plan.move_ids.filtered(lambda m: m.phase == "undo" and m.kind == "write")
        self.assertEqual(
            len(back), 5, "three deals and two customers, as the preview said"
        )
        self.assertEqual(plan.undo_ids.reason, "Wrong region")

    # === Many, failures, the scheduler ===

    def _run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("customer_continuity.cron_undo").method_direct_trigger()
        self.env.invalidate_all()

    def test_many_go_to_the_scheduler(self):
        customers = self._create_business(25)
        plan = self._create_plan(*customers)
        self._cut_over(plan)
        self._undo(plan)
        self.assertEqual(set(plan.line_ids.mapped("state")), {"undoing"})
        self.patch(continuity_handover_cutover, "BATCH_SIZE", 10)
        messages = self.env["mail.message"].search([])
        self._run_cron()
        self.assertEqual(set(plan.line_ids.mapped("state")), {"undone"})
        self.assertEqual(customers.user_id, self.leaver)
        self.assertEqual(len(self.env["mail.message"].search([]) - messages), 2)
        self._run_cron()
        plan.undo_ids._finish()
        self.assertEqual(len(self.env["mail.message"].search([]) - messages), 2)

    def test_one_customers_failure(self):
        """It stays moved, wholly, with the reason; the others come back."""
        lead = self._create_lead("Open", self.customer_1)
        plan = self._create_plan(self.customer_1, self.customer_2)
        self._cut_over(plan)
        self._fail_for(self.customer_1, UserError("Not on a Tuesday."))
        first, second = plan.line_ids.sorted("id")
        with self._assert_changes(
            {self.customer_2: {"user_id": self.leaver.id}}, [self.customer_1, lead]
        ):
            self._undo(plan)
        self.assertEqual((first.state, second.state), ("moved", "undone"))
        self.assertEqual(first.cutover_error, "Not on a Tuesday.")
        self.assertFalse(
            plan.move_ids.filtered(lambda m: m.line_id == first and m.phase == "undo")
        )
        self.assertEqual(plan.activity_ids.user_id, self.user_manager)
        self.assertIn("Not on a Tuesday.", plan.activity_ids.note)

    def test_other_company(self):
        """Where the customer's salesperson is shared, both companies' relationships
        come back; the other company's records were never touched."""
        both = self.env["continuity.relationship"]._ensure(
            self.company_a, self.customer_1
        ) | self.env["continuity.relationship"]._ensure(self.company_b, self.customer_1)
        both.write({"owner_id": self.leaver.id, "owner_since": "2019-05-05"})
        lead_b = self._create_lead(
            "Of B", self.customer_1, self.user_company_b, self.company_b, team_id=False
        )
        plan = self._create_plan(self.customer_1)
        self._cut_over(plan)
        self.assertEqual(both.owner_id, self.successor)
        with self._assert_changes(
            {self.customer_1: {"user_id": self.leaver.id}}, [lead_b]
        ):
            self._undo(plan)
        self.assertEqual(both.owner_id, self.leaver)
        day = fields.Date.to_date("2019-05-05")
        self.assertEqual(set(both.mapped("owner_since")), {day})

    def test_query_count(self):
        """The number of statements does not grow with the customers of a batch."""
        plans = [
            self._create_plan(*self._create_business(count)) for count in (1, 5, 19)
        ]
        for plan in plans:
            self._cut_over(plan)
        counts = [
            self._count_queries(
                lambda plan=plan: (
                    plan.with_env(self.loud)
                    .with_user(self.user_manager)
                    ._undo(plan.line_ids, "Back")
                )
            )
            for plan in plans
        ]
        self.assertLessEqual(counts[2] - counts[1], 5, counts)

    def test_who_did_not_follow_does_not_follow_now(self):
        """Odoo subscribes whoever is put in charge of a record or an activity on it:
        not by an undo."""
        lead = self._create_lead("Open", self.customer_1)
        order = self._create_order(self.customer_1, 1, "2026-02-01", confirm=False)
        order.user_id = self.leaver
        self._create_activity(lead)
        self._create_activity(self.customer_1)
        records = (lead, order, self.customer_1)
        for record in records:
            record.message_unsubscribe(self.leaver.partner_id.ids)
        before = [self._followers(record) for record in records]
        plan = self._create_plan(self.customer_1)
        self._cut_over(plan)
        self._undo(plan)
        self.assertEqual([self._followers(record) for record in records], before)

    def test_dates_of_a_leads_assignment_stay(self):
        lead = self._create_lead("Open", self.customer_1)
        past = datetime(2025, 1, 1)
        self.env.flush_all()
        self.env.cr.execute(
            SQL("UPDATE crm_lead SET date_open = %s WHERE id = %s", past, lead.id)
        )
        self.env.invalidate_all()
        plan = self._create_plan(self.customer_1)
        self._cut_over(plan)
        self._undo(plan)
        self.assertEqual((lead.user_id, lead.date_open), (self.leaver, past))
