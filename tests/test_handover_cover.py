"""Temporary cover: out, and back by itself on the day of return."""

from datetime import date, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_cutover import NOW
from .test_handover_undo import UndoCase

MEANWHILE = NOW + timedelta(days=5)
RETURN = "2026-04-01"


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestHandoverCover(UndoCase):
    """The leaver is on leave until the first of April; the successor covers."""

    def _leave(self, *customers, **values):
        """A leave whose customers are with who covers."""
        plan = self._create_plan(
            *customers or (self.customer_1,),
            **{"reason": "leave", "return_date": RETURN, **values},
        )
        self._cut_over(plan)
        self.assertEqual(plan.cover_state, "away")
        return plan

    def _run_cron(self, day=RETURN):
        self.env.flush_all()
        with freeze_time(f"{day} 06:00:00"), self.enter_registry_test_mode():
            for name in ("return", "undo"):
                cron = self.env.ref(f"customer_continuity.cron_{name}")
                cron.method_direct_trigger()
        self.env.invalidate_all()

    def test_returns_by_itself(self):
        """On the day, not before; quietly, and once."""
        lead = self._create_lead("Open", self.customer_1)
        plan = self._leave()
        self.assertEqual(lead.user_id, self.successor)
        self._run_cron("2026-03-31")
        self.assertEqual(lead.user_id, self.successor, "the last day of the leave")
        messages = self.env["mail.message"].search([])
        self._run_cron()
        self.assertEqual(self.customer_1.user_id, self.leaver)
        self.assertEqual(lead.user_id, self.leaver)
        self.assertEqual(plan.line_ids.state, "undone")
        self.assertEqual(plan.cover_state, "returned")
        self.assertEqual(plan.undo_ids.kind, "return")
        new = self.env["mail.message"].search([]) - messages
        digests = new.filtered(lambda m: m.message_type == "user_notification")
        self.assertEqual(digests.partner_ids, (self.leaver | self.successor).partner_id)
        self.assertEqual(len(digests), 2)
        self.assertEqual((new - digests).res_id, plan.id, "a note on the plan")
        self.assertFalse(plan.activity_ids, "nobody has to be told otherwise")
        self._run_cron("2026-04-02")
        self.assertEqual(self.env["mail.message"].search([]) - messages, new)

    def test_what_came_in_meanwhile(self):
        """New deals, quotations, activities, meetings and concerns go to who returns;
        what was won stays, what others changed stays and is listed, what the
        successor had before is theirs. One digest says all of it."""
        before = self._create_lead("Successor's own", self.customer_1, self.successor)
        covered, given = (
            self._create_lead(name, self.customer_1) for name in ("Covered", "Given")
        )
        relationship = self.env["continuity.relationship"]._ensure(
            self.company_a, self.customer_1
        )
        plan = self._leave(self.customer_1, self.customer_2)
        with freeze_time(MEANWHILE):
            lead, won = (
                self._create_lead(name, self.customer_1, self.successor)
                for name in ("New", "Won")
            )
            won.action_set_won()
            order = self._create_order(self.customer_1, 1, "2026-03-15", confirm=False)
            order.user_id = self.successor
            activity = self._create_activity(lead, self.successor)
            meeting = self._create_meeting(
                "New",
                [self.customer_1],
                MEANWHILE + timedelta(days=60),
                self.successor,
            )
            concern = self.env["continuity.concern"]._raise_concern(
                relationship=relationship, question="When will it arrive?"
            )
            elsewhere = self._create_lead("Other", self.customer_3, self.successor)
            given.with_user(self.user_all).user_id = self.colleague
            self.env["mail.message"].create(
                {
                    "model": "res.partner",
                    "res_id": self.customer_1.id,
                    "author_id": self.contact_1.id,
                    "message_type": "email",
                    "body": "Hello",
                    "date": MEANWHILE,
                }
            )
            self.env.flush_all()
        self.assertEqual(concern.owner_id, self.successor)
        messages = self.env["mail.message"].search([])
        unchanged = [before, won, given, elsewhere]
        with self._assert_changes({}, unchanged):
            self._run_cron()
        for record in (covered, lead, order, activity, meeting):
            self.assertEqual(record.user_id, self.leaver, record)
        self.assertEqual(concern.owner_id, self.leaver)
        self.assertIn(self.leaver.partner_id, lead.message_partner_ids)
        self.assertIn(self.leaver.partner_id, meeting.partner_ids)
        self.assertNotIn(self.successor.partner_id, meeting.partner_ids)
        self.assertEqual(
            {(x.model, x.move_id.res_id) for x in plan.leftover_ids},
            {("crm.lead", given.id)},
        )
        digest = (self.env["mail.message"].search([]) - messages).filtered(
            lambda m: m.partner_ids == self.leaver.partner_id
        )
        self.assertEqual(len(digest), 1)
        text = " ".join(digest.body.striptags().split())
        for part in (
            "The leave is over.",
            "Customer 1, Customer 2",
            "Open deals: 1",
            "Messages from these customers: 1",
            "Given: given to All by All",
        ):
            self.assertIn(part, text)

    def test_archived_by_then(self):
        """Nothing goes to somebody who cannot log in: the manager is asked, once, and
        may make it lasting."""
        plan = self._leave(approver=self.user_leader)
        self._lock_out(self.leaver)
        self._run_cron()
        self._run_cron("2026-04-02")
        self.assertEqual(self.customer_1.user_id, self.successor)
        self.assertEqual(plan.cover_state, "blocked")
        self.assertIn("can no longer log in", plan.return_problem)
        [activity] = plan.activity_ids
        self.assertEqual(activity.user_id, self.user_leader)
        plan.with_user(self.user_leader)._make_lasting("She has resigned")
        self.assertEqual(plan.cover_state, "lasting")
        self.assertFalse(plan.return_problem)
        self._run_cron("2026-04-03")
        self.assertEqual(plan.line_ids.state, "moved")

    def test_two_on_leave_one_gone(self):
        """One who has left holds up nobody else's return."""
        other = self._create_user("sales_c", "sales_team.group_sale_salesman")
        theirs = self._create_customer("Theirs", other)
        plan = self._create_plan(
            self.customer_1, reason="leave", return_date=RETURN, leaver=self.leaver
        )
        plan.write(
            {
                "leaver_ids": [Command.link(other.id)],
                "line_ids": [
                    Command.create(
                        {
                            "partner_id": theirs.id,
                            "leaver_id": other.id,
                            "successor_id": self.successor.id,
                        }
                    )
                ],
            }
        )
        self._cut_over(plan)
        self._lock_out(other)
        self._run_cron()
        self.assertEqual(self.customer_1.user_id, self.leaver)
        self.assertEqual(theirs.user_id, self.successor)
        self.assertEqual(plan.cover_state, "blocked")

    def test_not_handed_over_by_then(self):
        """What was still open stays where it is; nothing moves after the return."""
        plan = self._leave()
        plan.write(
            {
                "line_ids": [
                    Command.create(
                        {
                            "partner_id": self.customer_2.id,
                            "leaver_id": self.leaver.id,
                            "successor_id": self.successor.id,
                            "state": state,
                        }
                    )
                    for state in ("open", "queued")
                ]
            }
        )
        self._run_cron()
        self.assertEqual(plan.line_ids.mapped("state"), ["undone", "left", "left"])
        self.assertIn("Back from leave", plan.line_ids[1].left_reason)

    # === Forward, later, never ===

    def test_forward_and_later(self):
        plan = self._leave(approver=self.user_leader)
        own = plan.with_user(self.user_leader)
        action = own.action_change_return()
        wizard = own.env[action["res_model"]].with_context(**action["context"])
        with Form(wizard) as form:
            form.return_date = "2026-05-01"
            form.reason = "The baby is late"
        form.record.action_apply()
        self.assertEqual(plan.return_date, date(2026, 5, 1))
        self.assertIn("The baby is late", plan.message_ids[0].body)
        self._run_cron()
        self.assertEqual(plan.line_ids.state, "moved")
        own._change_return(date(2026, 4, 15), "Earlier after all")
        self._run_cron("2026-04-15")
        self.assertEqual(plan.line_ids.state, "undone")
        with self.assertRaisesRegex(UserError, "back already"):
            own._change_return(date(2026, 6, 1), "Again")

    def test_now(self):
        plan = self._leave(approver=self.user_leader)
        own = plan.with_user(self.user_leader)
        wizard = own.env["continuity.handover.return"].create(
            {"handover_id": plan.id, "decision": "now", "reason": "Back already"}
        )
        wizard.action_apply()
        self.assertEqual(plan.line_ids.state, "undone")
        self.assertEqual(self.customer_1.user_id, self.leaver)

    def test_lasting(self):
        """Cancelled with a reason, it is a handover like any other: it does not
        return, and can still be undone."""
        plan = self._leave(approver=self.user_leader)
        own = plan.with_user(self.user_leader)
        with self.assertRaisesRegex(UserError, "Say why"):
            own._make_lasting(" ")
        own._make_lasting("Moves to Nagoya")
        self.assertEqual(plan.lasting_by_id, self.user_leader)
        self._run_cron()
        self.assertEqual(plan.line_ids.state, "moved")
        with self.assertRaisesRegex(UserError, "lasting"):
            own._change_return(date(2026, 6, 1), "Again")
        self._undo(plan, user=self.user_leader)
        self.assertEqual(self.customer_1.user_id, self.leaver)

    def test_who_may(self):
        plan = self._leave(approver=self.user_leader)
        for user in (self.leaver, self.successor, self.colleague, self.user_company_b):
            own = plan.with_user(user)
            for call in (
                own.action_change_return,
                lambda own=own: own._change_return(date(2026, 3, 11), "Mine"),
                lambda own=own: own._make_lasting("Mine"),
            ):
                with self.assertRaises(AccessError):
                    call()
        with self.assertRaisesRegex(UserError, "is frozen"):
            plan.with_user(self.leaver).write({"return_date": "2026-03-11"})
        transfer = self._create_plan(self.customer_2)
        with self.assertRaisesRegex(UserError, "no temporary leave"):
            transfer.with_user(self.user_manager)._make_lasting("Why not")

    def test_other_companys_records_stay(self):
        """What came in meanwhile in another company is not this plan's business."""
        self.successor.sudo().company_ids |= self.company_b
        plan = self._leave()
        with freeze_time(MEANWHILE):
            lead_b = self._create_lead(
                "Of B", self.customer_1, self.successor, self.company_b, team_id=False
            )
        with self._assert_changes({}, [lead_b]):
            self._run_cron()
        self.assertEqual(plan.line_ids.state, "undone")
