from contextlib import contextmanager
from datetime import datetime, timedelta

from psycopg2.errors import CheckViolation

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestHandoverApproval(HandoverCommon):
    """Nobody hears of it before the leaver's manager has said yes (H1, I7)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Begins later, so that an approved plan does not run at once.
        cls.later = {"date_start": "2027-03-02"}
        cls.plan = cls._create_plan(**cls.later)

    def _two_approvers(self, **values):
        return self._create_plan(
            approval_ids=[
                Command.create({"user_id": self.approver.id, "sequence": 1}),
                Command.create({"user_id": self.user_manager.id, "sequence": 2}),
            ],
            **self.later,
            **values,
        )

    def _activities(self, plan, user):
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", plan._name),
                ("res_id", "=", plan.id),
                ("user_id", "=", user.id),
            ]
        )

    def test_the_whole_life(self):
        plan = self.plan
        self.assertRegex(plan.name, r"^HO/2027/\d{4}$")
        self.assertEqual(plan.state, "draft")
        self._submit(plan)
        self.assertEqual(plan.state, "submitted")
        self.assertEqual(plan.submitted_by_id, self.leaver)
        self.assertEqual(str(plan.submitted_on), "2027-03-01 06:00:00")
        self.assertEqual(plan.next_approver_id, self.approver)
        self._approve(plan)
        self.assertEqual(plan.state, "approved")
        self.assertEqual(plan.approval_ids.decided_by_id, self.approver)
        self.assertEqual(str(plan.approval_ids.decided_on), "2027-03-01 06:00:00")
        self.assertFalse(plan.line_ids.touchpoint_ids, "nobody is contacted yet")
        self.assertFalse(plan.line_ids.check_ids)
        plan.with_user(self.approver).action_start()
        self.assertEqual(plan.state, "running")
        self._move_without_cut_over(plan.line_ids)
        plan.with_user(self.successor).action_report_result()
        self.assertEqual(plan.state, "reported")
        plan.with_user(self.approver).action_close()
        self.assertEqual(plan.state, "done")
        self.assertEqual(plan.closed_by_id, self.approver)

    def test_each_step_only_in_its_state(self):
        plan = self.plan
        steps = {
            "draft": ("action_approve", "action_start", "action_report_result"),
            "submitted": ("action_submit", "action_start", "action_close"),
            "approved": ("action_submit", "action_approve", "action_draft"),
            "running": ("action_start", "action_close", "action_draft"),
            "reported": ("action_report_result", "action_approve", "action_draft"),
            "done": ("action_close", "action_draft", "action_report_result"),
        }
        user = self.user_manager
        for state, methods in steps.items():
            plan.sudo().state = state
            for method in methods:
                with self.subTest(state=state, method=method):
                    with self.assertRaisesRegex(UserError, "possible only while"):
                        getattr(plan.with_user(user), method)()
                    self.assertEqual(plan.state, state)
        with self.assertRaisesRegex(UserError, "possible only while"):
            plan.with_user(user)._cancel("Too late.")

    def test_approvers_one_after_the_other(self):
        plan = self._submit(self._two_approvers())
        self.assertTrue(self._activities(plan, self.approver))
        self.assertFalse(self._activities(plan, self.user_manager))
        with self.assertRaisesRegex(AccessError, "waits for Leader"):
            self._approve(plan, self.user_manager)
        self._approve(plan)
        self.assertEqual(plan.state, "submitted")
        self.assertEqual(plan.next_approver_id, self.user_manager)
        self.assertFalse(self._activities(plan, self.approver))
        self.assertTrue(self._activities(plan, self.user_manager))
        with self.assertRaisesRegex(AccessError, "waits for Manager"):
            self._approve(plan)
        self._approve(plan, self.user_manager)
        self.assertEqual(plan.state, "approved")
        self.assertFalse(plan.activity_ids)

    def test_sequence_decides_not_the_order_of_entry(self):
        plan = self._create_plan(
            approval_ids=[
                Command.create({"user_id": self.user_manager.id, "sequence": 2}),
                Command.create({"user_id": self.approver.id, "sequence": 1}),
            ],
            **self.later,
        )
        self.env.invalidate_all()
        self._submit(plan)
        self.assertEqual(plan.next_approver_id, self.approver)
        self.assertEqual(plan.manager_id, self.approver)

    def test_deputy_approves_in_the_approvers_stead(self):
        plan = self._create_plan(
            approval_ids=[
                Command.create(
                    {"user_id": self.approver.id, "deputy_id": self.deputy.id}
                )
            ],
            **self.later,
        )
        self._submit(plan)
        self.assertTrue(self._activities(plan, self.deputy))
        self.assertTrue(plan.with_user(self.deputy).can_approve)
        self._approve(plan, self.deputy)
        self.assertEqual(plan.state, "approved")
        self.assertEqual(plan.approval_ids.decided_by_id, self.deputy)
        self.assertFalse(self._activities(plan, self.approver))

    def test_only_who_is_asked_approves(self):
        self._submit(self.plan)
        for user in (self.leaver, self.successor, self.user_manager, self.colleague):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._approve(self.plan, user)
        self.assertEqual(self.plan.state, "submitted")

    def test_nobody_approves_their_own_plan(self):
        """Neither as approver nor as deputy, also where the rows were forced in."""
        approval = self.plan.approval_ids
        for field in ("user_id", "deputy_id"):
            values = {"user_id": self.approver.id, "deputy_id": False}
            approval.sudo().write({**values, field: self.leaver.id})
            with self.assertRaisesRegex(UserError, "cannot approve what they drafted"):
                self._submit(self.plan)
        approval.sudo().write({"user_id": self.approver.id, "deputy_id": False})
        self._submit(self.plan)
        approval.sudo().user_id = self.leaver
        with self.assertRaisesRegex(UserError, "cannot approve what you drafted"):
            self._approve(self.plan, self.leaver)
        self.assertEqual(self.plan.state, "submitted")

    def test_unless_the_company_allows(self):
        self.company_a.continuity_allow_self_approval = True
        self.team.user_id = self.leaver
        self.plan.approval_ids.sudo().user_id = self.leaver
        self._submit(self.plan)
        self._approve(self.plan, self.leaver)
        self.assertEqual(self.plan.state, "approved")

    def test_one_of_several_leavers_approves_neither(self):
        self.team.member_ids = [Command.set((self.leaver | self.user_all).ids)]
        plan = self._create_plan(
            user=self.user_manager,
            leaver_ids=[Command.set((self.leaver | self.approver).ids)],
            **self.later,
        )
        with self.assertRaisesRegex(UserError, "Leader cannot approve what they"):
            self._submit(plan, self.user_manager)

    def test_manager_drafts_for_the_leaver_and_approves(self):
        """H1: the leaver, or the manager for them, drafts."""
        plan = self._create_plan(user=self.approver, **self.later)
        self._submit(plan, self.approver)
        self._approve(plan)
        self.assertEqual(plan.state, "approved")

    def test_only_managers_approve(self):
        """A friend of the leaver's is no approver, nor a deputy."""
        approval = self.plan.approval_ids
        approval.sudo().user_id = self.colleague
        with self.assertRaisesRegex(UserError, "Colleague .*manage"):
            self._submit(self.plan)
        approval.sudo().write(
            {"user_id": self.approver.id, "deputy_id": self.colleague.id}
        )
        with self.assertRaisesRegex(UserError, "Colleague .*manage"):
            self._submit(self.plan)
        # Leads a team, but not the leaver's.
        approval.sudo().write({"user_id": self.deputy.id, "deputy_id": False})
        with self.assertRaisesRegex(UserError, "Sales A"):
            self._submit(self.plan)
        approval.sudo().user_id = self.user_manager
        self._submit(self.plan)

    def test_approver_who_cannot(self):
        approval = self.plan.approval_ids
        approval.sudo().user_id = self.user_company_b
        with self.assertRaisesRegex(UserError, "cannot work in Continuity A"):
            self._submit(self.plan)
        self._archive_user(self.approver)
        approval.sudo().user_id = self.approver
        with self.assertRaisesRegex(UserError, "Leader can no longer log in"):
            self._submit(self.plan)
        approval.sudo().unlink()
        with self.assertRaisesRegex(UserError, "at least one approver"):
            self._submit(self.plan)

    def test_refused_with_a_reason(self):
        plan = self._submit(self._two_approvers())
        for reason in ("", "  ", None):
            with self.assertRaisesRegex(UserError, "Say why"):
                plan.with_user(self.approver)._refuse(reason)
        with self.assertRaises(AccessError):
            plan.with_user(self.user_manager)._refuse("Not my turn.")
        plan.with_user(self.approver)._refuse("Customer 1 needs more time.")
        self.assertEqual(plan.state, "refused")
        self.assertEqual(plan.refusal_reason, "Customer 1 needs more time.")
        self.assertEqual(plan.approval_ids.mapped("state"), ["refused", "waiting"])
        task = plan.activity_ids
        self.assertEqual(task.user_id, plan.submitted_by_id, "the author mends it")
        self.assertIn("Customer 1 needs more time.", task.note)
        with self.assertRaises(UserError):
            self._approve(plan)
        # Mended and submitted again, everybody is asked again.
        plan.with_user(self.leaver).action_draft()
        self.assertFalse(plan.refusal_reason)
        self.assertEqual(set(plan.approval_ids.mapped("state")), {"waiting"})
        self._submit(plan)
        self.assertEqual(plan.next_approver_id, self.approver)

    def test_refused_in_the_dialog(self):
        self._submit(self.plan)
        action = self.plan.with_user(self.approver).action_refuse()
        dialog = (
            self.env[action["res_model"]]
            .with_user(self.approver)
            .with_context(**action["context"])
            .create({"reason": "Too soon."})
        )
        dialog.action_apply()
        self.assertEqual(self.plan.state, "refused")
        self.assertEqual(self.plan.approval_ids.comment, "Too soon.")

    def test_taken_back_and_submitted_again(self):
        """An approval given to another text is none."""
        plan = self._submit(self._two_approvers())
        self._approve(plan)
        plan.with_user(self.leaver).action_draft()
        self.assertEqual(plan.state, "draft")
        self.assertEqual(set(plan.approval_ids.mapped("state")), {"waiting"})
        self.assertFalse(plan.approval_ids.decided_by_id)
        self.assertFalse(plan.activity_ids)
        plan.with_user(self.leaver).date_end = "2027-03-26"
        self._submit(plan)
        self.assertEqual(plan.next_approver_id, self.approver)

    # === frozen at submission (I7) === #

    def test_new_team_leader_does_not_change_a_submitted_plan(self):
        self._submit(self.plan)
        self.team.user_id = self.colleague
        self.assertEqual(self.plan.next_approver_id, self.approver)
        with self.assertRaises(AccessError):
            self._approve(self.plan, self.colleague)
        self._approve(self.plan)

    def test_approvers_cannot_be_edited_any_more(self):
        self._submit(self.plan)
        approval = self.plan.approval_ids
        other = self._create_plan(
            line_ids=[Command.create(self._line_values(self.customer_2))]
        )
        for user in (self.leaver, self.approver, self.user_manager):
            with self.subTest(user=user.login):
                for values in (
                    {"user_id": self.colleague.id},
                    {"deputy_id": self.colleague.id},
                    {"sequence": 99},
                    {"handover_id": other.id},
                ):
                    with self.assertRaises(UserError):
                        approval.with_user(user).write(values)
                with self.assertRaises(UserError):
                    approval.with_user(user).unlink()
                with self.assertRaises(UserError):
                    approval.with_user(user).create(
                        {
                            "handover_id": self.plan.id,
                            "user_id": self.colleague.id,
                            "sequence": 0,
                        }
                    )
                with self.assertRaises(UserError):
                    # From a draft of one's own into the submitted plan.
                    other.approval_ids.with_user(user).handover_id = self.plan
                with self.assertRaises(UserError):
                    self.plan.with_user(user).write(
                        {"approval_ids": [Command.link(other.approval_ids.id)]}
                    )
        self.assertEqual(self.plan.approval_ids, approval)

    def test_lines_stay_in_their_plan(self):
        """Nothing slips from a draft into a plan that was submitted or runs."""
        self._submit(self.plan)
        other = self._create_plan(
            line_ids=[
                Command.create(
                    self._line_values(self._create_customer("Extra", self.leaver))
                )
            ]
        )
        for state in ("submitted", "approved", "running"):
            self.plan.sudo().state = state
            for user in (self.leaver, self.approver, self.user_manager):
                with self.subTest(state=state, user=user.login):
                    with self.assertRaises(UserError):
                        other.line_ids.with_user(user).handover_id = self.plan
                    with self.assertRaises(UserError):
                        self.plan.with_user(user).write(
                            {"line_ids": [Command.link(other.line_ids.id)]}
                        )
        self.assertEqual(len(self.plan.line_ids), 2)

    def test_company_of_a_draft(self):
        """One of those the author works in; the customers as it knows them."""
        with self.assertRaises(AccessError):
            self.plan.with_user(self.leaver).company_id = self.company_b
        plan = self._create_plan(user=self.user_manager)
        plan.with_user(self.user_manager).with_context(
            allowed_company_ids=(self.company_a | self.company_b).ids
        ).company_id = self.company_b
        self.assertEqual(plan.line_ids.company_id, self.company_b)
        self.assertEqual(plan.line_ids.relationship_id.company_id, self.company_b)

    def test_decisions_are_not_typed_in(self):
        for values in (
            {"state": "approved"},
            {"decided_by_id": self.approver.id},
            {"decided_on": "2027-03-01 05:00:00"},
            {"comment": "Fine with me."},
        ):
            with self.assertRaises(AccessError):
                self.plan.approval_ids.with_user(self.leaver).write(values)
            with self.assertRaises(AccessError):
                self.plan.approval_ids.with_user(self.leaver).create(
                    {
                        "handover_id": self.plan.id,
                        "user_id": self.approver.id,
                        **values,
                    }
                )

    def test_context_approves_nothing(self):
        """I13: neither a key in the context nor a default saved by a user."""
        context = {
            "default_state": "approved",
            "default_confidential": False,
            "default_override_reason": "Because.",
            "default_visit_state": "held",
            "default_reader_ids": [Command.link(self.colleague.id)],
        }
        values = self._plan_values(reason="resignation", last_day="2027-03-31")
        [plan_id] = self._rpc(
            self.leaver,
            self.env["continuity.handover"],
            "create",
            [values],
            context=context,
        )
        plan = self.env["continuity.handover"].browse(plan_id)
        self.assertEqual(plan.state, "draft")
        self.assertTrue(plan.confidential)
        self.assertNotIn(self.colleague, plan.reader_ids)
        self.assertEqual(plan.approval_ids.state, "waiting")
        self.assertEqual(set(plan.line_ids.mapped("state")), {"open"})
        self.assertFalse(any(plan.line_ids.mapped("override_reason")))
        self.assertEqual(set(plan.line_ids.mapped("visit_state")), {"none"})

    def test_saved_default_approves_nothing(self):
        defaults = self.env["ir.default"].with_user(self.leaver)
        defaults.set("continuity.handover.approval", "state", "approved", user_id=True)
        defaults.set("continuity.handover.line", "override_reason", "x", user_id=True)
        defaults.set("continuity.handover", "state", "running", user_id=True)
        plan = self._create_plan(**self.later)
        self.assertEqual(plan.state, "draft")
        self.assertEqual(plan.approval_ids.state, "waiting")
        self.assertFalse(any(plan.line_ids.mapped("override_reason")))

    def test_submitted_plan_is_frozen(self):
        self._submit(self.plan)
        values = {
            "leaver_ids": [Command.link(self.user_all.id)],
            "reason": "promotion",
            "customer_reason": "Something else.",
            "internal_reason": "Something else.",
            "date_start": "2027-03-03",
            "date_end": "2027-04-30",
            "announce_date": "2027-03-05",
            "visits_per_day": 80,
            "named_user_ids": [Command.link(self.colleague.id)],
            "company_id": self.company_b.id,
            "support_end": "2028-01-01",
        }
        for user in (self.leaver, self.approver, self.user_manager):
            for name, value in values.items():
                with (
                    self.subTest(user=user.login, field=name),
                    self.assertRaises(UserError),
                ):
                    self.plan.with_user(user).write({name: value})
            with self.assertRaises(UserError):
                self.plan.with_user(user).write(
                    {"line_ids": [Command.delete(self.plan.line_ids[0].id)]}
                )
            with self.assertRaises(UserError):
                self.plan.with_user(user).write(
                    {"line_ids": [Command.create(self._line_values(self.customer_3))]}
                )
        self.assertEqual(len(self.plan.line_ids), 2)

    def test_state_is_not_typed_in(self):
        for user in (self.leaver, self.user_manager):
            for name, value in (
                ("state", "running"),
                ("name", "HO/1"),
                ("confidential", False),
                ("reader_ids", [Command.link(self.colleague.id)]),
                ("closed_by_id", user.id),
            ):
                with self.assertRaises(AccessError):
                    self._rpc(user, self.plan, "write", {name: value})

    def test_colleague_has_no_say(self):
        plan = self.plan.with_user(self.colleague)
        for method in ("action_submit", "action_draft", "action_start", "action_close"):
            with self.assertRaises(AccessError):
                getattr(plan, method)()
        with self.assertRaises(AccessError):
            plan._cancel("I do not like it.")

    def test_who_is_named_reads_only(self):
        plan = self._create_plan(
            named_user_ids=[Command.set(self.colleague.ids)], **self.later
        )
        mine = plan.with_user(self.colleague)
        self.assertEqual(mine.name, plan.name)
        for method in ("action_submit", "action_suggest_dates"):
            with self.assertRaises(AccessError):
                getattr(mine, method)()
        for values in (
            {"date_end": "2027-03-30"},
            {"line_ids": [Command.update(plan.line_ids[0].id, {"advice": "x"})]},
            {"report_note": "x"},
        ):
            with self.assertRaises(AccessError):
                mine.write(values)
        with self.assertRaises(AccessError):
            mine.line_ids[0].write({"mode": "info"})
        with self.assertRaises(AccessError):
            mine.line_ids[0].unlink()
        with self.assertRaises(AccessError):
            mine.approval_ids.write({"user_id": self.user_manager.id})
        with self.assertRaises(AccessError):
            mine.line_ids.create(
                {"handover_id": plan.id, **self._line_values(self.customer_3)}
            )
        with self.assertRaises(AccessError):
            mine.unlink()
        with self.assertRaises(AccessError):
            mine._cancel("I do not like it.")

    def test_drafted_by_the_leaver_or_their_manager(self):
        """Nobody gives away a colleague's customers, wizard or not."""
        for user in (self.colleague, self.successor, self.deputy, self.user_all):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._create_plan(user=user)
        mine = self._create_plan(
            user=self.successor,
            leaver_ids=[Command.set(self.successor.ids)],
            line_ids=[],
        )
        with self.assertRaises(AccessError):
            mine.with_user(self.successor).leaver_ids = self.leaver
        with self.assertRaises(AccessError):
            mine.with_user(self.successor).leaver_ids = [Command.link(self.leaver.id)]
        self._create_plan(user=self.approver)
        self._create_plan(user=self.user_manager)

    def test_lines_are_about_the_leavers(self):
        plan = self.plan.with_user(self.leaver)
        plan.line_ids[1].leaver_id = self.colleague
        with self.assertRaisesRegex(UserError, "Colleague"):
            plan.action_submit()

    def test_cancelled_with_a_reason(self):
        self._submit(self.plan)
        with self.assertRaisesRegex(UserError, "Say why"):
            self.plan.with_user(self.leaver)._cancel(" ")
        self.plan.with_user(self.leaver)._cancel("I stay after all.")
        self.assertEqual(self.plan.state, "cancelled")
        self.assertFalse(self.plan.activity_ids)
        self.assertIn("I stay after all.", self.plan.message_ids[0].body)

    def test_deleted_only_as_a_draft(self):
        for state in ("submitted", "approved", "running", "reported", "done"):
            self.plan.sudo().state = state
            with self.assertRaisesRegex(UserError, "evidence"):
                self.plan.with_user(self.leaver).unlink()
            with self.assertRaises(UserError):
                self.plan.line_ids.with_user(self.leaver).unlink()
        self.plan.sudo().state = "draft"
        self.plan.with_user(self.leaver).unlink()
        self.assertFalse(self.plan.exists())

    def test_duplicated(self):
        """A copy starts afresh: same people and customers, nothing decided."""
        plan = self._two_approvers()
        self._approve(self._submit(plan))
        copy = plan.with_user(self.leaver).copy()
        self.assertEqual(copy.state, "draft")
        self.assertNotEqual(copy.name, plan.name)
        self.assertEqual(copy.line_ids.partner_id, plan.line_ids.partner_id)
        self.assertTrue(all(line.relationship_id for line in copy.line_ids))
        self.assertEqual(copy.approval_ids.user_id, plan.approval_ids.user_id)
        self.assertEqual(set(copy.approval_ids.mapped("state")), {"waiting"})
        self.assertFalse(copy.submitted_by_id)

    def test_line_follows_its_customer(self):
        line = self._line_of(self.plan, self.customer_1)
        before = line.relationship_id
        self.assertEqual(before.partner_id, self.customer_1)
        line.with_user(self.leaver).partner_id = self.customer_2
        self.assertEqual(line.relationship_id.partner_id, self.customer_2)
        # A contact stands for its customer.
        line.with_user(self.leaver).partner_id = self.contact_1
        self.assertEqual(line.partner_id, self.customer_1)
        self.assertEqual(line.relationship_id, before)


@tagged("post_install", "-at_install")
class TestHandoverErrors(HandoverCommon):
    """Everything that is wrong is said before submission, all at once."""

    def _assert_refused(self, plan, *messages):
        with self.assertRaises(UserError) as caught:
            self._submit(plan, plan.create_uid)
        for message in messages:
            self.assertRegex(str(caught.exception), message)
        self.assertEqual(plan.state, "draft")
        self.assertFalse(plan.activity_ids)

    @contextmanager
    def _refused_by_the_database(self, message):
        """A constraint refuses it, with a message clients get to read."""
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation) as caught:
            yield
        model = self.env["continuity.handover"]
        for name in (model._name, "continuity.handover.line"):
            if self.env[name]._table == caught.exception.diag.table_name:
                model = self.env[name]
        self.assertIn(message, model._sql_error_to_message(caught.exception))

    def test_all_at_once_in_a_stable_order(self):
        plan = self._create_plan(
            reason="resignation",
            last_day="2027-02-28",
            line_ids=[
                Command.create(self._line_values(self.customer_1, successor_id=False))
            ],
            approval_ids=[],
        )
        texts = []
        for _time in range(2):
            with self.assertRaises(UserError) as caught:
                self._submit(plan)
            texts.append(str(caught.exception))
        self.assertEqual(texts[0], texts[1])
        self.assertEqual(len(texts[0].split("\n")), 4, texts[0])
        self._assert_refused(
            plan,
            "at least one approver",
            "1 customers have no successor, first of all Customer 1",
            "last working day lies before",
            "goes on after the last working day",
        )

    def test_nobody_to_hand_over(self):
        self._assert_refused(self._create_plan(line_ids=[]), "add a customer")
        plan = self._create_plan()
        plan.line_ids.write({"excluded": True, "exclude_reason": "Stays with me."})
        self._assert_refused(plan, "add a customer")

    def test_left_out_needs_a_reason(self):
        plan = self._create_plan()
        self._line_of(plan, self.customer_2).excluded = True
        self._assert_refused(plan, "Customer 2 is left out: say why")
        self._line_of(plan, self.customer_2).exclude_reason = "Closed down."
        self._submit(plan)

    def test_successor_who_cannot(self):
        plan = self._create_plan()
        self._archive_user(self.successor)
        self._assert_refused(plan, "Sales B can no longer log in")
        self.successor.active = True
        self.successor.write(
            {
                "company_id": self.company_b.id,
                "company_ids": [Command.set(self.company_b.ids)],
            }
        )
        self._assert_refused(plan, "Sales B cannot work in Continuity A")
        plan.line_ids.successor_id = self._create_user("clerk", "base.group_user")
        self._assert_refused(plan, "Clerk has no access to Sales")
        plan.line_ids.successor_id = self.user_portal
        self._assert_refused(plan, "has no access to Sales")

    def test_successor_is_the_leaver(self):
        with self._refused_by_the_database("the same person"):
            self._create_plan(
                line_ids=[
                    Command.create(
                        self._line_values(self.customer_1, successor_id=self.leaver.id)
                    )
                ]
            )

    def test_customer_twice(self):
        plan = self._create_plan(
            line_ids=[
                Command.create(self._line_values(self.customer_1)),
                Command.create(
                    self._line_values(self.customer_1, successor_id=self.colleague.id)
                ),
            ]
        )
        self._assert_refused(plan, "Customer 1 .*twice")

    def test_customer_or_deal(self):
        lead = self.env["crm.lead"].create({"name": "New business"})
        with self._refused_by_the_database("not both"):
            self._create_plan(
                line_ids=[
                    Command.create(self._line_values(self.customer_1, lead_id=lead.id))
                ]
            )

    # === dates === #

    def test_period(self):
        with self._refused_by_the_database("ends before it begins"):
            self._create_plan(date_start="2027-03-20")

    def test_resignation(self):
        plan = self._create_plan(reason="resignation")
        self._assert_refused(plan, "Give the last working day")
        plan.last_day = "2027-03-18"
        self._assert_refused(plan, "goes on after the last working day")
        plan.last_day = "2027-03-19"
        self.assertEqual(str(plan.support_end), "2027-03-19")
        plan.support_end = "2027-03-20"
        self._assert_refused(plan, "Support cannot go on")
        plan.support_end = "2027-03-19"
        self._submit(plan)

    def test_last_day_before_the_period(self):
        for reason in ("transfer", "promotion", "reorganisation", "resignation"):
            plan = self._create_plan(reason=reason, last_day="2027-02-28")
            self._assert_refused(plan, "last working day lies before the period begins")

    def test_leave(self):
        plan = self._create_plan(reason="leave")
        self._assert_refused(plan, "Give the date of return")
        plan.return_date = "2027-03-01"
        self._assert_refused(plan, "return lies before the period begins")
        plan.return_date = "2027-09-01"
        self._submit(plan)

    def test_support_of_a_transfer(self):
        self.assertEqual(str(self._create_plan().support_end), "2027-04-18")

    def test_announced_after_the_period(self):
        plan = self._create_plan(announce_date="2027-03-20")
        self._assert_refused(plan, "announced inside only after the period")

    def test_no_visit_before_the_announcement(self):
        plan = self._create_plan(announce_date="2027-03-03")
        self._assert_refused(
            plan, "Customer 1: the visit on 03/02/2027 lies outside 03/03/2027"
        )
        line = self._line_of(plan, self.customer_1)
        line.date_visit = "2027-03-03 09:00:00"
        self._submit(plan)

    # === capacity (H5) === #

    def test_visit_outside_the_period(self):
        plan = self._create_plan()
        line = self._line_of(plan, self.customer_1)
        line.date_visit = "2027-03-22 09:00:00"
        self._assert_refused(plan, "03/22/2027 lies outside")
        line.date_visit = "2027-02-26 09:00:00"
        self._assert_refused(plan, "02/26/2027 lies outside")

    def test_visit_without_a_date(self):
        plan = self._create_plan()
        self._line_of(plan, self.customer_1).date_visit = False
        self._assert_refused(
            plan,
            "0 of 1 visits fit .* 1 have no date, first of all Customer 1",
            "more days, fewer visits .*, or another visitor",
        )

    def test_visit_outside_working_hours(self):
        plan = self._create_plan()
        line = self._line_of(plan, self.customer_1)
        for time in ("2027-03-06 09:00:00", "2027-03-02 05:00:00"):
            line.date_visit = time
            self._assert_refused(plan, "is not free at")
        # 18:00 in Tokyo is 9:00 here: hours are those of the company.
        self.company_a.resource_calendar_id.tz = "Asia/Tokyo"
        line.date_visit = "2027-03-02 09:00:00"
        self._assert_refused(plan, "is not free at Tuesday, March 2, 2027 6:00.PM")
        line.date_visit = "2027-03-02 01:00:00"
        self._submit(plan)

    def test_both_calendars_count(self):
        for number, user in enumerate((self.leaver, self.successor)):
            plan = self._create_plan(date_end="2027-03-30")
            line = self._line_of(plan, self.customer_1)
            line.date_visit = f"2027-03-{10 + number} 09:00:00"
            self.env["calendar.event"].create(
                {
                    "name": "Dentist",
                    "start": f"2027-03-{10 + number} 09:30:00",
                    "stop": f"2027-03-{10 + number} 10:30:00",
                    "user_id": user.id,
                    "partner_ids": [Command.set(user.partner_id.ids)],
                    "privacy": "private",
                }
            )
            self._assert_refused(plan, f"Customer 1: {user.name} is not free at")

    def test_whole_days_are_those_of_the_company(self):
        """Odoo stores them from 8 to 18 o'clock UTC, wherever they are spent."""
        self.company_a.resource_calendar_id.tz = "Asia/Tokyo"
        plan = self._create_plan()
        line = self._line_of(plan, self.customer_1)
        self.env["calendar.event"].create(
            {
                "name": "Fair",
                "allday": True,
                "start_date": "2027-03-02",
                "stop_date": "2027-03-03",
                "user_id": self.successor.id,
                "partner_ids": [Command.set(self.successor.partner_id.ids)],
            }
        )
        # 9:00 and 16:00 in Tokyo, on both days.
        for day in ("02", "03"):
            for time in ("00:00:00", "07:00:00"):
                line.date_visit = f"2027-03-{day} {time}"
                self._assert_refused(plan, f"is not free at .*March {int(day)}, 2027")
        line.date_visit = "2027-03-04 00:00:00"
        self._submit(plan)

    def test_own_working_hours_and_leave(self):
        """Who works mornings only, and is away on Wednesday."""
        calendar = self.env["resource.calendar"].create(
            {
                "name": "Mornings",
                "tz": "UTC",
                "company_id": self.company_a.id,
                "attendance_ids": [
                    Command.create(
                        {
                            "name": str(day),
                            "dayofweek": str(day),
                            "hour_from": 8,
                            "hour_to": 12,
                            "day_period": "morning",
                        }
                    )
                    for day in range(5)
                ],
            }
        )
        resource = self.env["resource.resource"].create(
            {
                "name": "Sales B",
                "user_id": self.successor.id,
                "company_id": self.company_a.id,
                "calendar_id": calendar.id,
            }
        )
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Away",
                "resource_id": resource.id,
                "calendar_id": calendar.id,
                "company_id": self.company_a.id,
                "date_from": "2027-03-03 00:00:00",
                "date_to": "2027-03-03 23:59:59",
            }
        )
        plan = self._create_plan()
        line = self._line_of(plan, self.customer_1)
        for time in ("2027-03-02 13:00:00", "2027-03-03 09:00:00"):
            line.date_visit = time
            self._assert_refused(plan, "Customer 1: Sales B is not free at")
        line.date_visit = "2027-03-04 09:00:00"
        self._submit(plan)

    def test_what_does_not_block(self):
        """Declined, free and archived meetings take nobody's time."""
        times = {"start": "2027-03-02 09:30:00", "stop": "2027-03-02 10:30:00"}
        people = {
            "user_id": self.user_manager.id,
            "partner_ids": [Command.set(self.leaver.partner_id.ids)],
        }
        events = self.env["calendar.event"].create(
            [
                {"name": "Declined", **times, **people},
                {"name": "Free", "show_as": "free", **times, **people},
                {"name": "Archived", "active": False, **times, **people},
            ]
        )
        events[0].attendee_ids.filtered(
            lambda a: a.partner_id == self.leaver.partner_id
        ).state = "declined"
        self._submit(self._create_plan())

    def test_the_managers_calendar_counts_where_they_come_along(self):
        self.env["calendar.event"].create(
            {
                "name": "Board",
                "start": "2027-03-02 08:00:00",
                "stop": "2027-03-02 17:00:00",
                "user_id": self.approver.id,
                "partner_ids": [Command.set(self.approver.partner_id.ids)],
            }
        )
        plan = self._create_plan()
        line = self._line_of(plan, self.customer_1)
        line.manager_attends = True
        self._assert_refused(plan, "Customer 1: Leader is not free at")
        line.manager_attends = False
        self._submit(plan)

    def test_absence_counts(self):
        """Public holidays of the company."""
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": self.company_a.resource_calendar_id.id,
                "company_id": self.company_a.id,
                "date_from": "2027-03-02 00:00:00",
                "date_to": "2027-03-02 23:59:59",
            }
        )
        self._assert_refused(
            self._create_plan(), "is not free at Tuesday, March 2, 2027 9:00.AM"
        )

    def test_two_visits_at_once(self):
        plan = self._create_plan()
        plan.line_ids.write({"mode": "visit", "date_visit": "2027-03-02 09:00:00"})
        self._assert_refused(plan, "Customer 2: Sales A is not free at")
        self._line_of(plan, self.customer_2).date_visit = "2027-03-02 10:29:00"
        self._assert_refused(plan, "Customer 2: Sales A is not free at")
        self._line_of(plan, self.customer_2).date_visit = "2027-03-02 10:30:00"
        self._submit(plan)

    def test_visits_per_day(self):
        plan = self._create_plan(visits_per_day=1)
        self._line_of(plan, self.customer_2).write(
            {"mode": "visit", "date_visit": "2027-03-02 14:00:00"}
        )
        self._assert_refused(
            plan, "Customer 2: .* 03/02/2027.*another day, fewer visits, or another"
        )

    def _plan_of_other_people(self, leaver, successor, times, **values):
        """A submitted plan with one visit at each time."""
        partners = [
            self._create_customer(f"Their Customer {number}", leaver)
            for number in range(len(times))
        ]
        plan = self._create_plan(
            user=self.user_manager,
            leaver_ids=[Command.set(leaver.ids)],
            approval_ids=[Command.create({"user_id": self.user_manager.id})],
            line_ids=[
                Command.create(
                    {
                        "leaver_id": leaver.id,
                        "successor_id": successor.id,
                        "partner_id": partner.id,
                        "mode": "visit",
                        "date_visit": time,
                    }
                )
                for partner, time in zip(partners, times, strict=True)
            ],
            **values,
        )
        return self._submit(plan, self.user_manager)

    def test_visits_of_other_plans_count(self):
        """Over all plans a person is in, as leaver or as successor (H5)."""
        for leaver, successor in (
            (self.leaver, self.colleague),
            (self.colleague, self.leaver),
            (self.colleague, self.successor),
            (self.successor, self.colleague),
        ):
            with self.subTest(leaver=leaver.login, successor=successor.login):
                other = self._plan_of_other_people(
                    leaver,
                    successor,
                    ["2027-03-02 13:00:00", "2027-03-02 14:30:00"],
                )
                plan = self._create_plan(visits_per_day=2)
                self._assert_refused(plan, "Customer 1: Sales [AB] .*03/02/2027")
                plan.visits_per_day = 3
                self._submit(plan)
                plan.with_user(self.leaver).action_draft()
                # Time, too: somebody else's visit lasts until 14:30 with travel.
                line = self._line_of(plan, self.customer_1)
                line.date_visit = "2027-03-02 14:00:00"
                self._assert_refused(plan, "Customer 1: Sales [AB] is not free at")
                other.with_user(self.user_manager)._cancel("For the next round.")
                self._submit(plan)
                plan.with_user(self.leaver)._cancel("For the next round.")

    def test_drafts_of_others_do_not_count(self):
        other = self._plan_of_other_people(
            self.leaver, self.colleague, ["2027-03-02 09:00:00"]
        )
        other.with_user(self.user_manager).action_draft()
        self._submit(self._create_plan())

    def test_dates_are_suggested_around_what_there_is(self):
        self._set_tier(self.customer_2, self.tier_a)
        other = self._plan_of_other_people(
            self.successor, self.colleague, ["2027-03-02 08:00:00"]
        )
        self.assertTrue(other)
        plan = self._create_plan(
            date_start="2027-03-02",
            line_ids=[
                Command.create(self._line_values(partner, mode="visit"))
                for partner in self.customer_1 | self.customer_2
            ],
        )
        self.env.invalidate_all()
        plan.with_user(self.leaver).action_suggest_dates()
        times = {line.partner_id: str(line.date_visit) for line in plan.line_ids}
        # The core customer first; 8:00 is taken by the successor's other visit.
        self.assertEqual(times[self.customer_2], "2027-03-02 09:30:00")
        self.assertEqual(times[self.customer_1], "2027-03-02 13:00:00")
        self._submit(plan)

    def test_no_dates_are_suggested_for_today(self):
        """It has begun, and the plan is still to be approved."""
        plan = self._create_plan(date_start="2027-03-01")
        line = self._line_of(plan, self.customer_1)
        line.date_visit = False
        plan.with_user(self.leaver).action_suggest_dates()
        self.assertEqual(str(line.date_visit), "2027-03-02 08:00:00")
        # Not when there is no other day either.
        line.date_visit = False
        plan.date_end = "2027-03-01"
        plan.with_user(self.leaver).action_suggest_dates()
        self.assertFalse(line.date_visit)

    def test_no_dates_are_suggested_in_the_past(self):
        plan = self._create_plan(date_start="2027-02-15", announce_date="2027-02-15")
        line = self._line_of(plan, self.customer_1)
        line.date_visit = False
        plan.with_user(self.leaver).action_suggest_dates()
        self.assertEqual(str(line.date_visit), "2027-03-02 08:00:00")
        self._submit(plan)

    def test_visit_whose_time_has_passed(self):
        """Neither at submission nor, when the plan lay for days, at approval."""
        plan = self._create_plan(date_start="2027-02-15", announce_date="2027-02-15")
        line = self._line_of(plan, self.customer_1)
        line.date_visit = "2027-02-26 09:00:00"
        self._assert_refused(
            plan,
            r"Customer 1: .* February 26, 2027 9:00.AM \(UTC\), has passed. Choose a",
        )
        line.date_visit = "2027-03-02 09:00:00"
        self._submit(plan)
        with self._at("2027-03-02 10:00:00"):
            with self.assertRaisesRegex(
                UserError, r"March 2, 2027 9:00.AM \(UTC\), has passed"
            ):
                self._approve(plan)
            line.with_user(self.approver).date_visit = "2027-03-03 09:00:00"
            self._approve(plan)

    def test_company_without_working_hours(self):
        self.company_a.resource_calendar_id = False
        plan = self._create_plan()
        line = self._line_of(plan, self.customer_1)
        line.date_visit = False
        plan.with_user(self.leaver).action_suggest_dates()
        self.assertFalse(line.date_visit)
        self._assert_refused(plan, "Continuity A has no working hours.*set them")
        line.date_visit = "2027-03-02 09:00:00"
        self._assert_refused(plan, "Continuity A has no working hours.*set them")
        # Nobody needs hours to hand information over.
        line.write({"mode": "info", "date_visit": False})
        self._submit(plan)

    def test_many_bad_dates_are_summed_up(self):
        """One sentence for each person and day, and no more than ten."""
        partners = self.env["res.partner"].create(
            [
                {"name": f"Buyer {n}", "is_company": True, "user_id": self.leaver.id}
                for n in range(30)
            ]
        )
        plan = self._create_plan(
            date_end="2027-04-30",
            line_ids=[
                Command.create(
                    self._line_values(
                        partner,
                        mode="visit",
                        # At night: two each on fifteen days.
                        date_visit=datetime(2027, 3, 2, 1) + timedelta(days=n // 2),
                    )
                )
                for n, partner in enumerate(partners)
            ],
        )
        errors = plan._capacity_errors(plan.line_ids)
        self.assertEqual(len(errors), 11)
        self.assertRegex(errors[0], "^Buyer 0: Sales A is not free .* 1 more like it")
        self.assertIn("5 more days", errors[-1])

    # === customers of other plans === #

    def test_customer_in_a_running_plan(self):
        first = self._running_plan()
        second = self._create_plan(
            line_ids=[Command.create(self._line_values(self.customer_2))]
        )
        self._assert_refused(
            second, f"Customer 2 is being handed over in {first.name} already"
        )
        line = self._line_of(first, self.customer_2)
        line.with_user(self.approver)._leave("Stays after all.")
        self._submit(second)

    def test_left_out_there_is_free_here(self):
        first = self._create_plan()
        self._line_of(first, self.customer_2).write(
            {"excluded": True, "exclude_reason": "In the next plan."}
        )
        self._approve(self._submit(first))
        self._submit(
            self._create_plan(
                line_ids=[Command.create(self._line_values(self.customer_2))]
            )
        )

    def test_the_later_of_two_is_stopped_at_approval(self):
        """Plans in confidence are not mentioned, so both could be submitted."""
        line_values = [Command.create(self._line_values(self.customer_2))]
        first, second = (
            self._submit(
                self._create_plan(
                    reason="resignation", last_day="2027-03-31", line_ids=line_values
                )
            )
            for _number in range(2)
        )
        self._approve(first)
        with self.assertRaisesRegex(UserError, f"in {first.name} already"):
            self._approve(second)
        self.assertEqual(second.state, "submitted")

    def test_warnings_do_not_stop(self):
        plan = self._create_plan(customer_reason=" ")
        self._line_of(plan, self.customer_1).contact_ids = False
        self.env["continuity.relationship"]._ensure(self.company_b, self.customer_2)
        warnings = "\n".join(plan._submission_warnings())
        self.assertIn("What customers are told is empty", warnings)
        self.assertIn("Customer 1: nobody is named to meet", warnings)
        self.assertIn("Customer 2 also works with Continuity B", warnings)
        self._submit(plan)


@tagged("post_install", "-at_install")
class TestHandoverOverrule(HandoverCommon):
    """The manager overrules line by line (H3), and it must still be feasible."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls._create_plan(date_start="2027-03-02")
        cls.plan.with_user(cls.leaver).action_submit()
        cls.visit = cls.plan.line_ids.filtered(lambda x: x.mode == "visit")
        cls.info = cls.plan.line_ids - cls.visit

    def test_while_submitted(self):
        self.info.with_user(self.approver).write(
            {
                "mode": "visit",
                "manager_attends": True,
                "date_visit": "2027-03-03 09:00:00",
                "advice": "Ask about the warehouse.",
                "successor_id": self.colleague.id,
                "contact_ids": [Command.set(self.customer_2.ids)],
            }
        )
        self.visit.with_user(self.approver).write(
            {"excluded": True, "exclude_reason": "I take it over myself."}
        )
        self._approve(self.plan)
        self.assertEqual(self.info.successor_id, self.colleague)
        self.assertEqual(self.info.advice, "Ask about the warehouse.")

    def test_over_the_form_of_the_plan(self):
        self.plan.with_user(self.approver).write(
            {"line_ids": [Command.update(self.info.id, {"advice": "Go and see them."})]}
        )
        self.assertEqual(self.info.advice, "Go and see them.")

    def test_not_by_others(self):
        for user in (self.leaver, self.successor, self.colleague):
            for values in (
                {"mode": "info"},
                {"advice": "x"},
                {"date_visit": "2027-03-04 09:00:00"},
                {"excluded": True},
            ):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    self.visit.with_user(user).write(values)

    def test_not_everything(self):
        for values in (
            {"partner_id": self.customer_3.id},
            {"leaver_id": self.colleague.id},
            {"handover_id": self._create_plan(line_ids=[]).id},
            {"proposal": {"reasons": [["focus", None]]}},
        ):
            with self.assertRaises(UserError):
                self.visit.with_user(self.approver).write(values)

    def test_not_any_more_once_approved(self):
        self._approve(self.plan)
        for values in (
            {"mode": "info"},
            {"successor_id": self.colleague.id},
            {"excluded": True},
        ):
            with self.assertRaisesRegex(UserError, "past that point"):
                self.visit.with_user(self.approver).write(values)
        self.visit.with_user(self.approver).advice = "Still to be said."
        with self.assertRaises(AccessError):
            self.visit.with_user(self.leaver).advice = "Not mine to say."
        self.visit.with_user(self.leaver).date_visit = "2027-03-05 09:00:00"

    def test_checked_again_at_approval(self):
        """What the manager changed, and what happened to calendars meanwhile."""
        self.info.with_user(self.approver).mode = "visit"
        with self.assertRaisesRegex(UserError, "1 of 2 visits fit"):
            self._approve(self.plan)
        self.info.with_user(self.approver).date_visit = "2027-03-02 09:30:00"
        with self.assertRaisesRegex(
            UserError, "is not free at Tuesday, March 2, 2027 9:30.AM"
        ):
            self._approve(self.plan)
        self.info.with_user(self.approver).date_visit = "2027-03-03 09:30:00"
        event = self.env["calendar.event"].create(
            {
                "name": "Fair",
                "start": "2027-03-03 08:00:00",
                "stop": "2027-03-03 18:00:00",
                "user_id": self.successor.id,
                "partner_ids": [Command.set(self.successor.partner_id.ids)],
            }
        )
        with self.assertRaisesRegex(UserError, "Customer 2: Sales B is not free"):
            self._approve(self.plan)
        self.assertEqual(self.plan.state, "submitted")
        event.unlink()
        self._approve(self.plan)

    def test_successor_gone_by_the_approval(self):
        self._archive_user(self.successor)
        with self.assertRaisesRegex(UserError, "Sales B can no longer log in"):
            self._approve(self.plan)

    def test_left_out_without_a_reason_stops_the_approval(self):
        self.info.with_user(self.approver).excluded = True
        with self.assertRaisesRegex(UserError, "say why"):
            self._approve(self.plan)


@tagged("post_install", "-at_install")
class TestHandoverRunning(HandoverCommon):
    """From the first day to the closed plan."""

    def _run_daily(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(
                "customer_continuity.cron_handover_daily"
            ).method_direct_trigger()
        self.env.invalidate_all()

    def _manager_activities(self, plan, text):
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", plan._name),
                ("res_id", "=", plan.id),
                ("user_id", "=", self.approver.id),
                ("summary", "ilike", text),
            ]
        )

    # === start === #

    def test_started_by_the_scheduler_on_the_first_day(self):
        plan = self._approve(self._submit(self._create_plan(date_start="2027-03-02")))
        self._run_daily()
        self.assertEqual(plan.state, "approved")
        with self._at("2027-03-02 01:00:00"):
            self._run_daily()
            self.assertEqual(plan.state, "running")
            self.assertEqual(len(plan.line_ids.check_ids), 10)
            touchpoints = plan.line_ids.touchpoint_ids
            self.assertEqual(len(touchpoints), 2)
            self._run_daily()
            self.assertEqual(plan.line_ids.touchpoint_ids, touchpoints)

    def test_started_at_once_when_its_day_has_come(self):
        self.assertEqual(self._running_plan().state, "running")

    def test_started_early_by_who_decides(self):
        plan = self._approve(self._submit(self._create_plan(date_start="2027-03-02")))
        for user in (self.leaver, self.successor):
            with self.assertRaises(AccessError):
                plan.with_user(user).action_start()
        plan.with_user(self.approver).action_start()
        self.assertEqual(plan.state, "running")

    def test_one_plan_that_fails_holds_up_no_other(self):
        first, broken, last = (
            self._approve(
                self._submit(
                    self._create_plan(
                        date_start="2027-03-02",
                        line_ids=[Command.create(self._line_values(customer))],
                    )
                )
            )
            for customer in (
                self.customer_1,
                self.customer_2,
                self._create_customer("Customer 4", self.leaver),
            )
        )
        start = self.registry["continuity.handover"]._start

        def fail(plans):
            if broken in plans:
                raise ValueError("No policy for this tier.")
            return start(plans)

        self.patch(self.registry["continuity.handover"], "_start", fail)
        with (
            self._at("2027-03-02 01:00:00"),
            mute_logger(
                "odoo.addons.customer_continuity.models.continuity_document_mixin"
            ),
        ):
            self._run_daily()
        self.assertEqual(
            (first.state, broken.state, last.state), ("running", "approved", "running")
        )
        self.assertIn("No policy for this tier.", broken.message_ids[0].body)

    def test_items_of_a_customer_and_of_a_deal(self):
        lead = self.env["crm.lead"].create(
            {"name": "New business", "type": "opportunity", "user_id": self.leaver.id}
        )
        plan = self._running_plan(
            line_ids=[
                Command.create(self._line_values(self.customer_1)),
                Command.create(
                    {
                        "leaver_id": self.leaver.id,
                        "successor_id": self.successor.id,
                        "lead_id": lead.id,
                    }
                ),
            ]
        )
        line = self._line_of(plan, self.customer_1)
        self.assertEqual(len(line.check_ids), 5)
        self.assertEqual(set(line.check_ids.mapped("state")), {"to_prepare"})
        deal = plan.line_ids - line
        self.assertEqual(
            deal.check_ids.topic_id, self.env.ref("customer_continuity.topic_deals")
        )
        self.assertFalse(deal.touchpoint_ids)
        self.assertEqual(deal.with_user(self.successor).display_name, "New business")

    def test_visit_stands_in_both_calendars(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        visit = line.visit_touchpoint_id
        self.assertEqual(line.visit_state, "planned")
        self.assertEqual(visit.user_id, self.leaver)
        self.assertEqual(visit.attendee_ids, self.successor)
        self.assertEqual(visit.contact_ids, self.contact_1)
        self.assertEqual(visit.channel_ids, self.channel_visit | self.channel_video)
        self.assertEqual(visit.activity_id.user_id, self.leaver)
        self.assertEqual(visit.event_id.start, line.date_visit)
        self.assertEqual(visit.event_id.stop, line.date_visit + timedelta(hours=1))
        self.assertEqual(
            visit.event_id.partner_ids, (self.leaver | self.successor).partner_id
        )
        self.assertEqual(str(visit.date_due), "2027-03-02")

    def test_manager_comes_along(self):
        plan = self._create_plan()
        line = self._line_of(plan, self.customer_1)
        line.manager_attends = True
        self._approve(self._submit(plan))
        visit = line.visit_touchpoint_id
        self.assertEqual(visit.attendee_ids, self.successor | self.approver)
        self.assertIn(self.approver.partner_id, visit.event_id.partner_ids)
        # Their decision also on the way.
        line.with_user(self.approver).manager_attends = False
        self.assertEqual(visit.attendee_ids, self.successor)
        self.assertNotIn(self.approver.partner_id, visit.event_id.partner_ids)
        line.with_user(self.approver).manager_attends = True
        self.assertIn(self.approver.partner_id, visit.event_id.partner_ids)

    def test_people_to_meet_may_change_on_the_way(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        other = self._create_customer(
            "Buyer", parent_id=self.customer_1.id, is_company=False
        )
        line.with_user(self.leaver).contact_ids = other
        self.assertEqual(line.visit_touchpoint_id.contact_ids, other)

    def test_visit_moved_on_the_way(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        line.with_user(self.successor).date_visit = "2027-03-02 09:30:00"
        visit = line.visit_touchpoint_id
        self.assertEqual(str(visit.event_id.start), "2027-03-02 09:30:00")
        line.with_user(self.successor).date_visit = "2027-03-09 09:00:00"
        self.assertEqual(str(visit.event_id.start), "2027-03-09 09:00:00")
        self.assertEqual(str(visit.activity_id.date_deadline), "2027-03-09")
        with self.assertRaises(AccessError):
            line.with_user(self.colleague).date_visit = "2027-03-10 09:00:00"
        for time in ("2027-03-22 09:00:00", "2027-03-07 09:00:00"):
            with self.assertRaises(UserError):
                line.with_user(self.leaver).date_visit = time
        self.assertEqual(str(visit.event_id.start), "2027-03-09 09:00:00")

    def test_information_by_the_policy_of_the_tier(self):
        self._set_tier(self.customer_1, self.tier_b)
        self._set_tier(self.customer_2, self.tier_c)
        core = self._create_customer("Core", self.leaver)
        self._set_tier(core, self.tier_a)
        plan = self._running_plan(
            line_ids=[
                Command.create(self._line_values(partner))
                for partner in (self.customer_1, self.customer_2, core)
            ]
        )
        calls = self._line_of(plan, self.customer_1).touchpoint_ids
        self.assertEqual(
            calls.channel_ids, self.channel_call, "no visit: decided against"
        )
        self.assertEqual(str(calls.date_due), "2027-03-01")
        self.assertEqual(calls.user_id, self.leaver)
        mails = self._line_of(plan, self.customer_2).touchpoint_ids
        self.assertIn(self.channel_email, mails.channel_ids)
        self.assertEqual(str(mails.date_due), "2027-03-08")
        # Core customers are visited; where that was decided against, telephone.
        call = self._line_of(plan, core).touchpoint_ids
        self.assertEqual(call.channel_ids, self.channel_call)
        self.assertTrue(calls.activity_id, "shown today")

    def test_nobody_is_told_before_the_announcement(self):
        """発令日: not even to arrange the visit (H1)."""
        plan = self._create_plan(announce_date="2027-03-04")
        self._line_of(plan, self.customer_1).date_visit = "2027-03-05 09:00:00"
        self._approve(self._submit(plan))
        self.assertEqual(plan.state, "running")
        touchpoints = plan.line_ids.touchpoint_ids
        self.assertEqual(len(touchpoints), 2)
        self.assertFalse(touchpoints.activity_id)
        self.assertEqual(
            {str(day) for day in touchpoints.mapped("date_show")}, {"2027-03-04"}
        )
        line = self._line_of(plan, self.customer_1)
        with self.assertRaisesRegex(UserError, "03/04/2027"):
            self._hold_visit(line, date="2027-03-01 05:00:00")
        with self.assertRaisesRegex(UserError, "03/04/2027"):
            line.with_user(self.leaver).date_visit = "2027-03-03 09:00:00"

    def test_visit_held_before_there_was_a_plan(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        with self.assertRaisesRegex(UserError, "03/01/2027"):
            self._hold_visit(line, date="2027-02-01 09:00:00")
        self.assertEqual(line.visit_state, "planned")

    # === items === #

    def _returned(self):
        """An item of customer 2 that the successor handed back on Friday, 15:00."""
        plan = self._running_plan(date_end="2027-03-31")
        check = self._line_of(plan, self.customer_2).check_ids[0]
        self._prepare(check)
        with self._at("2027-03-05 15:00:00"):
            mine = check.with_user(self.successor)
            with self.assertRaisesRegex(UserError, "write your question"):
                mine.action_return()
            mine.question = "Who signs?"
            mine.action_return()
        return plan, check

    def test_question_to_the_predecessor(self):
        plan, check = self._returned()
        self.assertEqual(check.state, "returned")
        activity = self.env["mail.activity"].search(
            [("res_model", "=", plan._name), ("user_id", "=", self.leaver.id)]
        )
        self.assertIn("Question on Customer 2", activity.summary)
        mine = check.with_user(self.leaver)
        with self.assertRaisesRegex(UserError, "Answer the question"):
            mine.action_prepare()
        mine.answer = "The managing director."
        mine.action_prepare()
        self.assertEqual(check.state, "prepared")
        self._accept(check)

    def test_unanswered_for_two_working_days(self):
        """Friday 15:00, a weekend: Tuesday 15:00 it goes to the manager, once."""
        plan, check = self._returned()
        for early in (
            "2027-03-08 23:00:00",
            "2027-03-09 02:30:00",
            "2027-03-09 14:59:00",
        ):
            with self._at(early):
                self._run_daily()
            self.assertFalse(check.escalated_on, early)
        self.assertFalse(self._manager_activities(plan, "two working days"))
        with self._at("2027-03-09 15:00:00"):
            self._run_daily()
        self.assertEqual(str(check.escalated_on), "2027-03-09")
        activity = self._manager_activities(plan, "two working days")
        self.assertEqual(len(activity), 1)
        self.assertIn("Customer 2", activity.summary)
        self.assertIn("Who signs?", activity.note)
        with self._at("2027-03-12 02:30:00"):
            self._run_daily()
        self.assertEqual(len(self._manager_activities(plan, "two working days")), 1)

    def test_public_holiday_is_no_working_day(self):
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": self.company_a.resource_calendar_id.id,
                "company_id": self.company_a.id,
                "date_from": "2027-03-08 00:00:00",
                "date_to": "2027-03-08 23:59:59",
            }
        )
        _plan, check = self._returned()
        with self._at("2027-03-09 16:00:00"):
            self._run_daily()
        self.assertFalse(check.escalated_on)
        with self._at("2027-03-10 16:00:00"):
            self._run_daily()
        self.assertTrue(check.escalated_on)

    def test_unanswered_without_working_hours(self):
        """Then every day counts, and the scheduler goes on."""
        _plan, check = self._returned()
        self.company_a.resource_calendar_id = False
        with self._at("2027-03-07 14:00:00"):
            self._run_daily()
        self.assertFalse(check.escalated_on)
        with self._at("2027-03-07 16:00:00"):
            self._run_daily()
        self.assertTrue(check.escalated_on)

    def test_answered_in_time(self):
        plan, check = self._returned()
        mine = check.with_user(self.leaver)
        mine.answer = "The managing director."
        mine.action_prepare()
        with self._at("2027-03-15 02:30:00"):
            self._run_daily()
        self.assertFalse(check.escalated_on)
        self.assertFalse(self._manager_activities(plan, "two working days"))

    def test_asked_again_is_brought_again(self):
        plan, check = self._returned()
        with self._at("2027-03-10 02:30:00"):
            self._run_daily()
            check.with_user(self.leaver).answer = "I do not know."
            check.with_user(self.leaver).action_prepare()
            check.with_user(self.successor).question = "Who does?"
            check.with_user(self.successor).action_return()
        self.assertFalse(check.escalated_on)
        self.assertFalse(check.answer)
        with self._at("2027-03-15 02:30:00"):
            self._run_daily()
        self.assertEqual(len(self._manager_activities(plan, "two working days")), 2)

    def test_manager_answers_for_a_leaver_who_is_gone(self):
        _plan, check = self._returned()
        mine = check.with_user(self.approver)
        mine.answer = "The managing director."
        mine.action_prepare()
        self.assertEqual(check.prepared_by_id, self.approver)

    def test_correction_changes_the_profile(self):
        """What the customer puts right reaches the profile and the chatter (H4)."""
        self.customer_1.continuity_business = "Makes nuts."
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        topic = self.env.ref("customer_continuity.topic_business")
        check = line.check_ids.filtered(lambda c: c.topic_id == topic)
        self._prepare(check)
        with self._after_visit(line):
            self._hold_visit(line)
            mine = check.with_user(self.leaver)
            mine.write(
                {
                    "contact_id": self.contact_1.id,
                    "customer_words": "Bolts, for ten years now.",
                    "correction": "Makes bolts.",
                }
            )
            mine.action_confirm()
        by = f"Put right by {self.contact_1.name} on 2027-03-02:\nMakes bolts."
        self.assertEqual(self.customer_1.continuity_business, f"{by}\n\nMakes nuts.")
        # The successor reads it too, and nothing is to be confirmed again.
        self.assertEqual(check.prepared_text, f"All about {topic.name}\n\n{by}")
        self.assertEqual(check.state, "confirmed")
        message = self.customer_1.message_ids[0]
        self.assertIn("Makes bolts.", message.body)
        self.assertIn("Makes nuts.", message.body)
        self.assertIn(self.contact_1.name, message.body)
        self.assertEqual(message.author_id, self.leaver.partner_id)
        self.assertTrue(message.subtype_id.internal)
        self.assertEqual(
            (check.touchpoint_id, check.confirmed_by_id, str(check.confirmed_on)),
            (line.visit_touchpoint_id, self.leaver, "2027-03-02 11:00:00"),
        )

    def test_correction_of_an_item_without_profile_field(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        check = line.check_ids.filtered(lambda c: not c.topic_id.profile_field_id)[0]
        self._prepare(check)
        with self._after_visit(line):
            self._hold_visit(line)
            check.with_user(self.leaver).correction = "The number has changed."
            self._confirm(check)
        self.assertIn("The number has changed.", self.customer_1.message_ids[0].body)
        self.assertIn("The number has changed.", check.prepared_text)

    def test_correction_is_added_once(self):
        """Also when the text was written anew and confirmed again."""
        self.customer_1.continuity_business = "Makes nuts."
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        topic = self.env.ref("customer_continuity.topic_business")
        check = line.check_ids.filtered(lambda c: c.topic_id == topic)
        self._prepare(check)
        with self._after_visit(line):
            self._hold_visit(line)
            check.with_user(self.leaver).correction = "Makes bolts."
            self._confirm(check)
            check.with_user(self.successor).question = "Since when?"
            check.with_user(self.successor).action_return()
            check.with_user(self.leaver).write(
                {"answer": "For ten years.", "prepared_text": "Makes bolts since 2017."}
            )
            check.with_user(self.leaver).action_prepare()
            self.assertEqual(check.state, "prepared")
            self._confirm(check)
        profile = self.customer_1.continuity_business
        self.assertEqual(profile.count("Makes bolts."), 1)
        self.assertIn("Makes nuts.", profile)

    # === visits that do not take place === #

    def test_failed_visit_becomes_information_only(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        event = line.visit_touchpoint_id.event_id
        self._prepare(line.check_ids)
        with self.assertRaisesRegex(UserError, "Say why"):
            line.with_user(self.leaver)._visit_failed("")
        with self.assertRaises(AccessError):
            line.with_user(self.colleague)._visit_failed("I say so.")
        line.with_user(self.leaver)._visit_failed("The customer is on holiday.")
        self.assertEqual(line.mode, "info")
        self.assertEqual(line.visit_state, "failed")
        self.assertEqual(line.visit_failed_reason, "The customer is on holiday.")
        self.assertIn("The customer is on holiday.", plan.message_ids[0].body)
        self.assertFalse(event.active)
        told = line.touchpoint_ids - line.visit_touchpoint_id
        self.assertEqual(told.state, "owed", "they are told all the same")
        with self.assertRaisesRegex(UserError, "No visit to"):
            line.with_user(self.leaver)._visit_failed("Again.")
        self._accept(line.check_ids)
        self.assertTrue(line.gate_open)

    def test_failed_in_the_dialog(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        action = line.with_user(self.successor).action_visit_failed()
        self.env[action["res_model"]].with_user(self.successor).with_context(
            **action["context"]
        ).create({"reason": "Snow."}).action_apply()
        self.assertEqual(line.visit_failed_reason, "Snow.")

    def test_nobody_answers_the_door(self):
        """A try is no failed visit: it is still owed."""
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        with self._after_visit(line):
            self._hold_visit(line, outcome="no_answer")
        self.assertEqual(line.visit_state, "planned")
        self.assertEqual(line.mode, "visit")

    # === deadline === #

    def test_stragglers_are_listed_once(self):
        plan = self._running_plan()
        self._move_without_cut_over(self._line_of(plan, self.customer_1))
        with self._at("2027-03-19 23:00:00"):
            self._run_daily()
        self.assertFalse(plan.stragglers_listed_on, "the last day is not over")
        for day in ("2027-03-20 02:00:00", "2027-03-21 02:00:00"):
            with self._at(day):
                self._run_daily()
        self.assertEqual(str(plan.stragglers_listed_on), "2027-03-20")
        activity = self._manager_activities(plan, "not handed over")
        self.assertEqual(len(activity), 1)
        self.assertIn("Customer 2", activity.note)
        self.assertNotIn("Customer 1", activity.note)
        line = self._line_of(plan, self.customer_2)
        self.assertEqual(line.state, "open", "nobody is moved or dropped silently")

    def test_nothing_left_is_not_listed(self):
        plan = self._running_plan()
        self._move_without_cut_over(plan.line_ids)
        with self._at("2027-03-22 02:00:00"):
            self._run_daily()
        self.assertFalse(self._manager_activities(plan, "not handed over"))

    # === result === #

    def test_not_reported_while_lines_are_open(self):
        plan = self._running_plan()
        with self.assertRaisesRegex(
            UserError, "2 customers are still open: .*Customer 1"
        ):
            plan.with_user(self.leaver).action_report_result()
        first, second = plan.line_ids
        self._move_without_cut_over(first)
        second.sudo().state = "queued"
        with self.assertRaisesRegex(UserError, "1 customers are still open"):
            plan.with_user(self.leaver).action_report_result()
        second.sudo().state = "open"
        second.with_user(self.approver)._leave("Wants nobody at all.")
        plan.with_user(self.leaver).action_report_result()
        self.assertEqual(plan.state, "reported")
        self.assertTrue(self._manager_activities(plan, "Close"))

    def test_who_reports(self):
        plan = self._running_plan()
        self._move_without_cut_over(plan.line_ids)
        with self.assertRaises(AccessError):
            plan.with_user(self.colleague).action_report_result()
        plan.with_user(self.approver).action_report_result()
        self.assertEqual(plan.state, "reported")

    def test_who_closes(self):
        plan = self._running_plan()
        self._move_without_cut_over(plan.line_ids)
        plan.with_user(self.leaver).action_report_result()
        for user in (self.leaver, self.successor, self.colleague):
            with self.assertRaises(AccessError):
                plan.with_user(user).action_close()
        plan.with_user(self.user_manager).action_close()
        self.assertEqual((plan.state, plan.closed_by_id), ("done", self.user_manager))
        self.assertFalse(plan.activity_ids)

    def test_a_leaver_who_is_manager_decides_nothing_of_their_own(self):
        """I7: not the gate, not the start, not the end of one's own plan."""
        self.leaver.group_ids += self.env.ref("customer_continuity.group_manager")
        plan = self._approve(self._submit(self._create_plan(date_start="2027-03-02")))
        with self.assertRaises(AccessError):
            plan.with_user(self.leaver).action_start()
        plan.with_user(self.approver).action_start()
        with self.assertRaises(AccessError):
            plan.line_ids.with_user(self.leaver)._override_gate("Trust me.")
        with self.assertRaises(AccessError):
            plan.line_ids.with_user(self.leaver)._leave("Mine.")
        self._move_without_cut_over(plan.line_ids)
        plan.with_user(self.leaver).action_report_result()
        with self.assertRaises(AccessError):
            plan.with_user(self.leaver).action_close()
        self.company_a.continuity_allow_self_approval = True
        plan.with_user(self.leaver).action_close()

    def test_remarks_until_it_is_closed(self):
        plan = self._running_plan()
        plan.with_user(self.leaver).report_note = "Went well."
        plan.with_user(self.approver).report_note = "Went very well."
        with self.assertRaises(AccessError):
            plan.with_user(self.colleague).report_note = "Did it?"
        plan.sudo().state = "done"
        with self.assertRaises(UserError):
            plan.with_user(self.leaver).report_note = "It did not."

    def test_signed_off_by_both(self):
        plan = self._running_plan()
        line = plan.line_ids[0]
        with self.assertRaisesRegex(UserError, "not handed over yet"):
            line.with_user(self.successor).action_sign_off()
        self._move_without_cut_over(line)
        for user in (self.approver, self.user_manager):
            with self.assertRaises(AccessError):
                line.with_user(user).action_sign_off()
        line.with_user(self.successor).action_sign_off()
        self.assertTrue(line.successor_signed_on)
        self.assertFalse(line.predecessor_signed_on)
        line.with_user(self.leaver).action_sign_off()
        self.assertTrue(line.predecessor_signed_on)

    # === cancelled on the way === #

    def test_cancelled_while_running(self):
        plan = self._running_plan()
        moved = self._line_of(plan, self.customer_2)
        touchpoints = self._line_of(plan, self.customer_1).touchpoint_ids
        moved.sudo().override_reason = "Tested elsewhere"
        moved.with_user(self.approver).action_cut_over()
        plan.with_user(self.approver)._cancel("The leaver stays.")
        self.assertEqual(plan.state, "cancelled")
        self.assertEqual(set(touchpoints.mapped("state")), {"cancelled"})
        self.assertFalse(touchpoints.activity_id.exists())
        self.assertEqual(moved.state, "moved")
        # They are still told, and their successor says hello.
        self.assertEqual(len(moved.touchpoint_ids), 2)
        self.assertEqual(set(moved.touchpoint_ids.mapped("state")), {"owed"})
        moved.with_user(self.successor)._record_reaction("welcomes")
        # What was carried out is evidence: neither drafted again nor deleted.
        with self.assertRaises(UserError):
            plan.with_user(self.approver).action_draft()
        with self.assertRaises(UserError):
            plan.with_user(self.leaver).unlink()
        copy = plan.with_user(self.leaver).copy()
        self._submit(copy)

    def test_result_and_load(self):
        plan = self._running_plan()
        load = plan._visits_per_person_and_day()
        self.assertEqual(
            [(str(row["day"]), row["user"], row["count"]) for row in load],
            [("2027-03-02", self.leaver, 1), ("2027-03-02", self.successor, 1)],
        )
        line = self._line_of(plan, self.customer_2)
        line.with_user(self.approver)._leave("Wants nobody at all.")
        html = plan.with_user(self.successor).result_html
        self.assertIn("Customer 1", html, "still open")
        self._line_of(plan, self.customer_1).with_user(self.approver)._leave("Gone.")
        plan.with_user(self.leaver).action_report_result()
        html = plan.with_user(self.successor).result_html
        self.assertIn("Customer 1", html)
        self.assertIn("Wants nobody at all.", html)

    def test_result_before_it_runs(self):
        plan = self._create_plan(date_start="2027-03-02")
        self.assertFalse(plan.result_html)
        self._approve(self._submit(plan))
        self.assertEqual(plan.state, "approved")
        self.assertFalse(plan.result_html)

    def _running_plan_of(self, prefix, count):
        partners = self.env["res.partner"].create(
            [
                {"name": f"{prefix} {n:03}", "is_company": True}
                | {"user_id": self.leaver.id}
                for n in range(count)
            ]
        )
        lines = [Command.create(self._line_values(partner)) for partner in partners]
        return self._running_plan(line_ids=lines)

    def _count_result_queries(self, plan):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.assertTrue(plan.result_html)
        return self.env.cr.sql_log_count - before

    def test_result_of_many_lines(self):
        """While it runs the first twenty, afterwards all; never a query each."""
        few, many = self._running_plan_of("Few", 5), self._running_plan_of("Many", 60)
        self._count_result_queries(few)  # templates are compiled once
        self.assertLessEqual(
            self._count_result_queries(many), self._count_result_queries(few) + 5
        )
        self.assertEqual(many.result_html.count("Many "), 20)
        self.assertIn("40 more", " ".join(many.result_html.split()))
        for plan in few | many:
            plan.line_ids.with_user(self.approver)._leave("Too many.")
            plan.with_user(self.leaver).action_report_result()
        self.assertLessEqual(
            self._count_result_queries(many), self._count_result_queries(few) + 5
        )
        self.assertEqual(many.result_html.count("Too many."), 60)

    def test_progress(self):
        plan = self._running_plan()
        self.assertEqual(
            (plan.line_count, plan.visit_count, plan.held_count, plan.open_count),
            (2, 1, 0, 2),
        )
        line = self._line_of(plan, self.customer_1)
        with self._after_visit(line):
            self._hold_visit(line)
        self._move_without_cut_over(line)
        self.assertEqual(
            (plan.held_count, plan.moved_count, plan.open_count, plan.progress),
            (1, 1, 1, 50),
        )

    def test_times(self):
        """Days are those of the company, not of the server."""
        self.company_a.resource_calendar_id.tz = "Asia/Tokyo"
        plan = self._create_plan()
        self.assertEqual(
            plan._local_date(datetime(2027, 3, 2, 16, 0)),
            fields.Date.to_date("2027-03-03"),
        )
        self.assertFalse(plan._local_date(False))
