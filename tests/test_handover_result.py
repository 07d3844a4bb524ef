"""The result of a plan (H10): reported, signed off, closed."""

from datetime import datetime

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_handover_running import RunningCommon


@tagged("post_install", "-at_install")
class TestHandoverResult(RunningCommon):
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
