"""What remains for the predecessor, and what is to be done outside Odoo."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.customer_continuity.models.continuity_handover_brief import ANSWERS

from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestHandoverRemaining(HandoverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.demo_plans = cls.env["continuity.handover"].search([])

    def _remaining(self, user, *domain, **context):
        """What remains besides the briefs, which have a test of their own."""
        domain = domain or [("kind", "!=", "brief")]
        return (
            self.env["continuity.handover.remaining"]
            .with_user(user)
            .with_context(allowed_company_ids=user.company_ids.ids, **context)
            .search([("handover_id", "not in", self.demo_plans.ids), *domain])
        )

    def _kinds(self, user, partner):
        rows = self._remaining(user)
        return set(rows.filtered(lambda x: x.partner_id == partner).mapped("kind"))

    def test_work_appears_and_goes(self):
        """What is prepared, visited and answered is gone; what is handed back comes."""
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        self.assertEqual(
            self._kinds(self.leaver, self.customer_1), {"visit", "prepare"}
        )
        self.assertEqual(self._kinds(self.leaver, self.customer_2), {"prepare"})
        self._prepare(line.check_ids)
        self.assertEqual(self._kinds(self.leaver, self.customer_1), {"visit"})
        with self._after_visit(line):
            self._hold_visit(line)
            self.assertFalse(self._kinds(self.leaver, self.customer_1))
            check = line.check_ids[0].with_user(self.successor)
            check.question = "Who signs?"
            check.action_return()
            rows = self._remaining(self.leaver).filtered(
                lambda x: x.partner_id == self.customer_1
            )
            self.assertEqual(rows.kind, "answer")
            self.assertEqual(rows.what, "Questions to answer: 1")
            self.assertEqual(rows.action_open()["res_id"], check.id)

    def test_five_answers_of_the_brief(self):
        """Those missing are counted; with all five the row is gone."""
        line = self._line_of(self._running_plan(), self.customer_2)
        brief = self.env["continuity.handover.brief"].sudo()._ensure(line)
        domain = [("kind", "=", "brief"), ("line_id", "=", line.id)]
        row = self._remaining(self.leaver, *domain)
        self.assertEqual(row.what, "Answers missing in the brief: 5")
        brief.answer_buying, brief.answer_risk = "Speed", "  "
        row.invalidate_recordset()
        self.assertEqual(self._remaining(self.leaver, *domain).item_count, 4)
        brief.write(dict.fromkeys(ANSWERS, "Known"))
        self.assertFalse(self._remaining(self.leaver, *domain))
        self.assertFalse(self._remaining(self.colleague, *domain))

    def test_optional_items_do_not_count(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_2)
        self._prepare(line.check_ids[1:])
        line.check_ids[0].topic_id.required = False
        self.assertFalse(self._kinds(self.leaver, self.customer_2))

    def test_what_in_words(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        rows = self._remaining(self.leaver).filtered(lambda x: x.line_id == line)
        self.assertEqual(
            sorted(rows.mapped("what"))[0], f"Items to prepare: {len(line.check_ids)}"
        )
        self.assertIn("3/2/27", sorted(rows.mapped("what"))[1])
        with self._after_visit(line):
            rows.invalidate_recordset(["what"])
            self.assertIn("Report the visit", rows.mapped("what")[0] + rows[1].what)

    def test_by_value_and_days_left(self):
        """The most valuable customer comes first; days count to the last working day
        where it is sooner than the end of the period."""
        for partner, revenue in ((self.customer_1, 10), (self.customer_2, 500)):
            relationship = self.env["continuity.relationship"]._ensure(
                self.company_a, partner
            )
            relationship.revenue = revenue
        plan = self._running_plan(last_day="2027-03-12")
        rows = self._remaining(self.leaver)
        self.assertEqual(rows[0].partner_id, self.customer_2)
        self.assertEqual(rows.mapped("value"), [500, 10, 10])
        self.assertEqual(set(rows.mapped("days_left")), {11})
        self.assertEqual(rows[0].currency_id, self.company_a.currency_id)
        plan.last_day = False
        rows.invalidate_recordset()
        self.assertEqual(set(self._remaining(self.leaver).mapped("days_left")), {18})
        with self._at("2027-03-22 08:00:00"):
            rows.invalidate_recordset()
            late = self._remaining(self.leaver)
            self.assertEqual(set(late.mapped("days_left")), {-3})

    def test_who_sees_it(self):
        """The predecessor, the approver and managers; not the successor, a stranger
        or another company."""
        self._running_plan()
        for user in (self.leaver, self.approver, self.user_manager):
            self.assertEqual(len(self._remaining(user)), 3, user.name)
        for user in (
            self.successor,
            self.colleague,
            self.user_all,
            self.user_company_b,
        ):
            self.assertFalse(self._remaining(user), user.name)
        with self.assertRaises(AccessError):
            self._remaining(self.user_portal)
        rows = self._remaining(self.leaver)
        with self.assertRaises(AccessError):
            rows[0].with_user(self.colleague).action_open()

    def test_two_companies(self):
        self._running_plan()
        rows = self.env["continuity.handover.remaining"].with_user(self.user_manager)
        elsewhere = rows.with_context(allowed_company_ids=self.company_b.ids)
        self.assertFalse(elsewhere.search([]))

    def test_only_of_running_plans(self):
        plan = self._approve(self._submit(self._create_plan(date_start="2027-03-02")))
        self.assertEqual(plan.state, "approved")
        self.assertFalse(self._remaining(self.leaver))
        plan.with_user(self.approver).action_start()
        self.assertEqual(len(self._remaining(self.leaver)), 3)
        plan.line_ids[0].sudo().state = "left"
        self.assertLess(len(self._remaining(self.leaver)), 3)

    def test_groups_and_opens(self):
        plan = self._running_plan()
        model = self.env["continuity.handover.remaining"].with_user(self.leaver)
        groups = dict(
            model._read_group(
                [("handover_id", "=", plan.id), ("kind", "!=", "brief")],
                ["kind"],
                ["__count"],
            )
        )
        self.assertEqual(groups, {"prepare": 2, "visit": 1})
        action = self._remaining(self.leaver)[0].action_open()
        self.assertEqual(action["res_model"], "continuity.handover.line")

    def test_a_long_list_takes_few_queries(self):
        """300 lines are read with as many queries as three."""
        counts = []
        for size in (3, 300):
            plan = self._create_large_plan(size).sudo()
            plan.state = "running"
            plan.line_ids._create_checks()
            plan.line_ids._create_steps()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            data = (
                self.env["continuity.handover.remaining"]
                .with_user(self.leaver)
                .with_context(allowed_company_ids=self.company_a.ids)
                .search_read(
                    [("handover_id", "=", plan.id)],
                    ["what", "line_id", "value", "days_left", "successor_id"],
                )
            )
            counts.append(self.cr.sql_log_count - before)
            self.assertEqual(len(data), size)
        self.assertLessEqual(counts[1], counts[0] + 3, counts)


@tagged("post_install", "-at_install")
class TestHandoverSteps(HandoverCommon):
    """What is to be done outside Odoo."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wecom = cls.env.ref("customer_continuity.step_wecom")
        cls.cards = cls.env.ref("customer_continuity.step_cards")
        cls.env["continuity.handover.step"].search([]).active = False
        cls.chat = cls.env.ref("customer_continuity.channel_chat")

    def _step(self, **values):
        return self.env["continuity.handover.step"].create(
            {"name": "Supplier portal", "company_id": self.company_a.id, **values}
        )

    def test_shipped_examples_fit_few(self):
        """WeCom only where the customer prefers chat, cards only at a joint visit."""
        (self.wecom | self.cards).active = True
        self.customer_2.continuity_channel_id = self.chat
        plan = self._running_plan()
        steps = {line.partner_id: line.step_ids.step_id for line in plan.line_ids}
        self.assertEqual(steps[self.customer_1], self.cards)
        self.assertEqual(steps[self.customer_2], self.wecom)

    def test_country_company_and_mode(self):
        china, japan = self.env.ref("base.cn"), self.env.ref("base.jp")
        self.customer_1.country_id = china
        fitting = self._step(country_ids=[Command.set(china.ids)], mode="visit")
        everywhere = self._step(company_id=False)
        self._step(country_ids=[Command.set(japan.ids)])
        self._step(mode="info")
        self._step(company_id=self.company_b.id)
        self._step(active=False)
        line = self._line_of(self._running_plan(), self.customer_1)
        self.assertEqual(line.step_ids.step_id, fitting | everywhere)

    def test_who_does_it(self):
        """Each their own; the manager stands in; nobody writes the rest."""
        self._step(actor="leaver")
        line = self._line_of(self._running_plan(), self.customer_1)
        row = line.step_ids
        for user in (self.successor, self.colleague, self.user_company_b):
            with self.assertRaises(AccessError):
                self._rpc(user, row, "action_done")
        with self.assertRaises(AccessError):
            self._rpc(self.leaver, row, "write", {"state": "done"})
        with self.assertRaises(AccessError):
            self._rpc(
                self.leaver,
                row.browse(),
                "create",
                [{"line_id": line.id, "step_id": row.step_id.id}],
            )
        self._rpc(self.leaver, row, "write", {"remark": "Account of Ms. Li"})
        self._rpc(self.leaver, row, "action_done")
        self.assertEqual((row.state, row.done_by_id), ("done", self.leaver))
        self.assertTrue(row.done_on)
        self._rpc(self.approver, row, "action_reopen")
        self.assertEqual((row.state, row.done_by_id.id), ("open", False))

    def test_needless_needs_a_reason(self):
        self._step(actor="successor")
        row = self._line_of(self._running_plan(), self.customer_1).step_ids
        row = row.with_user(self.successor)
        with self.assertRaisesRegex(UserError, "why it does not apply"):
            row.action_needless()
        row.remark = "They have no portal"
        row.action_needless()
        self.assertEqual(row.state, "needless")

    def test_in_what_remains(self):
        self._step(actor="leaver")
        self._step(name="Later", actor="successor")
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_2)
        remaining = self.env["continuity.handover.remaining"].with_user(self.leaver)
        row = remaining.search([("line_id", "=", line.id), ("kind", "=", "step")])
        self.assertEqual(row.what, "Supplier portal")
        line.step_ids.filtered("may_do")
        line.step_ids[0].with_user(self.leaver).action_done()
        self.assertFalse(
            remaining.search([("line_id", "=", line.id), ("kind", "=", "step")])
        )

    def test_required_is_shown_and_does_not_block(self):
        self._step(required=True)
        self._step(name="Nice to have")
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_2)
        self._carry_out(line)
        self.assertTrue(line.gate_open)
        self.assertFalse(plan.step_message)
        line.with_user(self.successor).action_cut_over()
        self.assertEqual(line.state, "moved")
        self.assertEqual(line.step_message, "Supplier portal")
        self.assertEqual(plan.step_message, "Customer 2: Supplier portal")
        line.with_user(self.successor).action_sign_off()
        self.assertTrue(line.successor_signed_on)
        self._line_of(plan, self.customer_1).with_user(self.approver)._leave("Stays")
        plan.with_user(self.leaver).action_report_result()
        plan.with_user(self.approver).action_close()
        self.assertEqual(plan.state, "done")
        self.assertIn("Supplier portal", plan.message_ids[0].body)

    def test_undo_lists_what_was_done_outside(self):
        self._step(actor="leaver")
        self._step(name="Never done", actor="leaver")
        plan = self._running_plan()
        lines = plan.line_ids
        for line in lines:
            line.step_ids[0].with_user(self.leaver).action_done()
        self._move_without_cut_over(lines)
        plan.with_user(self.approver)._undo(lines, "A mistake")
        self.assertEqual(set(lines.mapped("state")), {"undone"})
        task = plan.activity_ids.filtered(lambda a: "outside Odoo" in a.summary)
        self.assertEqual(task.user_id, self.leaver)
        self.assertIn("2 customers", task.summary)
        self.assertIn("Customer 2: Supplier portal", task.note)
        self.assertNotIn("Never done", task.note)

    def test_gate(self):
        """What the company puts before the cut-over keeps the gate shut."""
        self._step(blocks_cutover=True)
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_2)
        self._carry_out(line)
        self.assertFalse(line.gate_open)
        self.assertIn("Supplier portal", line.gate_message)
        with self.assertRaisesRegex(UserError, "Supplier portal"):
            line.with_user(self.successor).action_cut_over()
        line.step_ids.with_user(self.leaver).action_done()
        self.assertTrue(line.gate_open)
        other = self._line_of(plan, self.customer_1)
        other.with_user(self.approver)._override_gate("It cannot wait")
        self.assertTrue(other.gate_open, "the manager overrules it")

    def test_rule_edited_later(self):
        step = self._step(actor="leaver")
        row = self._line_of(self._running_plan(), self.customer_2).step_ids
        step.write({"actor": "manager", "blocks_cutover": True})
        self.assertEqual((row.actor, row.blocks_cutover), ("leaver", False))

    def test_configuration_is_for_managers(self):
        step = self._step()
        with self.assertRaises(AccessError):
            step.with_user(self.leaver).name = "Mine"
        step.with_user(self.user_manager).name = "Ours"
        other = self._step(company_id=self.company_b.id)
        steps = self.env["continuity.handover.step"].with_user(self.leaver)
        self.assertNotIn(other, steps.search([]))

    def test_who_reads_them(self):
        self._step()
        plan = self._running_plan()
        for user, sees in (
            (self.leaver, True),
            (self.successor, True),
            (self.user_manager, True),
            (self.colleague, False),
            (self.user_company_b, False),
        ):
            rows = self.env["continuity.handover.line.step"].with_user(user)
            found = rows.search([("handover_id", "=", plan.id)])
            self.assertEqual(bool(found), sees, user.name)
