"""What nobody changes any more once a plan is submitted (I7), and who writes drafts."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_handover_approval import ApprovalCommon


@tagged("post_install", "-at_install")
class TestHandoverFrozen(ApprovalCommon):
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
