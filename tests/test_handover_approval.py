"""Who approves a plan, in which order, and what can be said no to."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_handover import HandoverCommon


class ApprovalCommon(HandoverCommon):
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


@tagged("post_install", "-at_install")
class TestHandoverApproval(ApprovalCommon):
    """Nobody hears of it before the leaver's manager has said yes (H1, I7)."""

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
