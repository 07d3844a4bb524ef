"""The successor's first contact after the cut-over, and its clock."""

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_handover import HandoverCommon

# A Thursday.
CUT_OVER = "2027-03-04 10:00:00"


@tagged("post_install", "-at_install")
class TestFirstContact(HandoverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Demo data have clocks of their own.
        cls.env["continuity.handover.line"].search([]).first_contact_due = False

    def _moved_line(self, tier=None, partner=None, **values):
        """A customer of a tier that was cut over on Thursday."""
        partner = partner or self.customer_2
        self._set_tier(partner, tier or self.tier_a)
        plan = self._running_plan(
            line_ids=[Command.create(self._line_values(partner))], **values
        )
        self._cut_over(plan.line_ids)
        return plan.line_ids

    def _cut_over(self, lines):
        lines.sudo().write({"override_reason": "Tested elsewhere"})
        with self._at(CUT_OVER):
            lines.with_user(self.approver).action_cut_over()
        self.assertEqual(set(lines.mapped("state")), {"moved"})

    def _to_dos(self, line, user=None):
        return (
            self.env["mail.activity"]
            .search(
                [
                    ("res_model", "=", "continuity.handover"),
                    ("res_id", "=", line.handover_id.id),
                    ("user_id", "=", (user or self.approver).id),
                ]
            )
            .filtered(lambda a: "First contact" in (a.summary or ""))
        )

    # === The clock ===

    def test_shipped_figures_and_new_companies(self):
        company = self._create_company("Continuity C", self.euro)
        for where in (self.company_a, company):
            tiers = (self.tier_a | self.tier_b | self.tier_c).with_company(where)
            self.assertEqual(tiers.mapped("first_contact_days"), [2, 5, 10])
        with self.assertRaises(ValidationError):
            self.tier_a.first_contact_days = -1

    def test_due_by_tier_and_company(self):
        """Thursday and two working days: Monday. B: the Thursday after."""
        self.tier_b.with_company(self.company_b).first_contact_days = 1
        self.assertEqual(str(self._moved_line().first_contact_due), "2027-03-08")
        line = self._moved_line(self.tier_b, self.customer_1)
        self.assertEqual(str(line.first_contact_due), "2027-03-11")
        self.assertEqual(line.first_contact_state, "open")

    def test_holidays_of_the_company(self):
        self._holiday("2027-03-08")
        self.assertEqual(str(self._moved_line().first_contact_due), "2027-03-09")

    def test_no_clock(self):
        self.tier_a.with_company(self.company_a).first_contact_days = 0
        line = self._moved_line()
        self.assertFalse(line.first_contact_due)
        self.assertFalse(line.first_contact_state)
        self.assertFalse(line.first_contact_touchpoint_id)

    def test_on_today_with_its_reason(self):
        line = self._moved_line()
        touchpoint = line.first_contact_touchpoint_id
        self.assertEqual(touchpoint.user_id, self.successor)
        self.assertEqual(touchpoint.channel_id, self.channel_call)
        self.assertIn(self.leaver.name, touchpoint.why)
        with self._at(CUT_OVER):
            model = self.env["continuity.touchpoint"].with_user(self.successor)
            today = model.search(model._domain_today(self.successor))
            self.assertIn(touchpoint, today)
            self.assertNotIn(touchpoint, model.search(model._domain_today(self.leaver)))

    def test_its_reason_in_the_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("ja_JP")
        touchpoint = self._moved_line().first_contact_touchpoint_id
        own = touchpoint.with_user(self.successor).with_context(lang="en_US")
        self.assertEqual(own.why_shown, touchpoint.why)
        manager = touchpoint.with_user(self.user_manager).with_context(lang="ja_JP")
        self.assertEqual(manager.why, touchpoint.why)
        self.assertIn(self.leaver.name, manager.why_shown)
        self.assertNotIn("Taken over", manager.why_shown)

    def test_preferred_channel_comes_first(self):
        chat = self.env.ref("customer_continuity.channel_chat")
        self.customer_2.continuity_channel_id = chat
        self.assertEqual(
            self._moved_line().first_contact_touchpoint_id.channel_id, chat
        )

    # === Had ===

    def test_in_time(self):
        line = self._moved_line()
        with self._at("2027-03-08 15:00:00"):
            touchpoint = line.first_contact_touchpoint_id.with_user(self.successor)
            touchpoint.log_attempt("no_answer")
            self.assertFalse(line.first_contact_on, "nobody answered")
            touchpoint.log_attempt("held")
        self.assertEqual(str(line.first_contact_on), "2027-03-08")
        self.assertEqual(line.first_contact_state, "in_time")

    def test_done_late(self):
        line = self._moved_line()
        with self._at("2027-03-10 15:00:00"):
            self.assertEqual(line.first_contact_state, "late")
            line.first_contact_touchpoint_id.with_user(self.successor).log_attempt(
                "held"
            )
        self.assertEqual(line.first_contact_state, "done_late")

    def test_in_another_way(self):
        """Another contact of the successor counts, and the planned one is withdrawn;
        one of the predecessor does not, nor one before the cut-over."""
        early = self._plan_touchpoint(self.customer_2, occurrence="early")
        early.user_id = self.successor
        with self._at("2027-03-03 10:00:00"):
            early.with_user(self.successor).log_attempt("held")
        line = self._moved_line()
        theirs = self._plan_touchpoint(self.customer_2, occurrence="theirs")
        theirs.attendee_ids = self.successor
        own = self._plan_touchpoint(self.customer_2, occurrence="own")
        own.user_id = self.successor
        with self._at("2027-03-05 08:00:00"):
            theirs.with_user(self.leaver).log_attempt("held")
            self._run_cron("first_contacts")
            self.assertFalse(line.first_contact_on, "the predecessor's call")
        with self._at("2027-03-05 09:00:00"):
            own.with_user(self.successor).log_attempt("held")
            self._run_cron("first_contacts")
        self.assertEqual(str(line.first_contact_on), "2027-03-05")
        self.assertEqual(line.first_contact_touchpoint_id.state, "cancelled")

    def test_a_meeting_counts_for_all_present(self):
        line = self._moved_line()
        visit = self._plan_touchpoint(
            self.customer_2, channel_ids=self.channel_visit.ids, occurrence="both"
        )
        visit.attendee_ids = self.successor
        with self._at("2027-03-05 12:00:00"):
            visit.with_user(self.leaver).log_attempt("held", date="2027-03-05 10:00:00")
            self._run_cron("first_contacts")
        self.assertTrue(line.first_contact_on)

    # === Late ===

    def test_late_goes_to_the_manager_once(self):
        line = self._moved_line()
        with self._at("2027-03-08 15:00:00"):
            self._run_cron("first_contacts")
            self.assertFalse(self._to_dos(line), "the day is not over")
        with self._at("2027-03-09 08:00:00"):
            self._run_cron("first_contacts")
            self._run_cron("first_contacts")
        self.assertEqual(len(self._to_dos(line)), 1)
        self.assertIn("Customer 2", self._to_dos(line).note)
        self.assertEqual(str(line.first_contact_escalated_on), "2027-03-09")
        with self._at("2027-03-09 08:00:00"):
            lines = self.env["continuity.handover.line"].with_user(self.approver)
            late = lines.search([("first_contact_state", "=", "late")])
            self.assertEqual(late, line)
            self.assertEqual(line.handover_id.first_contact_late_count, 1)
            groups = lines._read_group(
                [("id", "=", line.id)], ["first_contact_state"], ["__count"]
            )
            self.assertEqual(groups, [("late", 1)])
            self.assertIn(
                line, lines.search([("first_contact_state", "in", ("open", "late"))])
            )
            self.assertNotIn(
                line, lines.search([("first_contact_state", "not in", ["late"])])
            )

    def test_a_manager_who_left(self):
        line = self._moved_line()
        self.approver.sudo().active = False
        self.team.user_id = False
        self.other_team.user_id = self.deputy
        with self._at("2027-03-09 08:00:00"):
            self._run_cron("first_contacts")
        self.assertFalse(self._to_dos(line))
        self.assertEqual(len(self._to_dos(line, self.deputy)), 1)

    @mute_logger("odoo.addons.customer_continuity.models.continuity_document_mixin")
    def test_one_failure_holds_up_no_other(self):
        """A plan nobody manages keeps the reason; the next one goes on."""
        first = self._moved_line()
        second = self._moved_line(partner=self.customer_1)
        model = type(self.env["continuity.handover"])
        look = model._escalate_first_contacts

        def fail(plan, lines, today):
            if plan == first.handover_id:
                raise ValueError("Nobody is there")
            return look(plan, lines, today)

        self.patch(model, "_escalate_first_contacts", fail)
        with self._at("2027-03-09 08:00:00"):
            self._run_cron("first_contacts")
        self.assertTrue(second.first_contact_escalated_on)
        self.assertFalse(first.first_contact_escalated_on)
        self.assertIn("Nobody is there", first.handover_id.message_ids[0].body)

    # === Withdrawn ===

    def test_undo_withdraws_it(self):
        line = self._moved_line()
        touchpoint = line.first_contact_touchpoint_id
        plan = line.handover_id.with_user(self.approver)
        plan._undo(line, "Wrong customer")
        self.assertEqual(line.state, "undone")
        self.assertEqual(touchpoint.state, "cancelled")
        self.assertFalse(line.first_contact_due)
        with self._at("2027-03-12 08:00:00"):
            self._run_cron("first_contacts")
        self.assertFalse(self._to_dos(line))

    def _handed_on(self):
        """The customer goes on to a colleague the day after."""
        plan = self.env["continuity.handover"].create(
            self._plan_values(
                leaver_ids=[Command.set(self.successor.ids)],
                line_ids=[
                    Command.create(
                        self._line_values(
                            self.customer_2,
                            leaver_id=self.successor.id,
                            successor_id=self.colleague.id,
                        )
                    )
                ],
            )
        )
        plan.state = "running"
        plan.approval_ids.sudo().state = "approved"
        with self._at("2027-03-05 10:00:00"):
            plan.line_ids._cut_over()
        return plan

    def test_handed_on_before_it_came_about(self):
        line = self._moved_line()
        plan = self._handed_on()
        self.assertFalse(line.first_contact_due)
        self.assertEqual(line.first_contact_touchpoint_id.state, "cancelled")
        self.assertEqual(str(plan.line_ids.first_contact_due), "2027-03-09")

    def test_handed_on_and_back(self):
        """Whoever has the customer back owes the contact again: from that day."""
        line = self._moved_line()
        line.sudo().first_contact_escalated_on = "2027-03-05"
        plan = self._handed_on()
        with self._at("2027-03-11 10:00:00"):
            plan._start_undo(plan.line_ids, "undo", "Wrong person", False)
        self.assertEqual(plan.line_ids.state, "undone")
        self.assertFalse(line.first_contact_escalated_on)
        self.assertFalse(plan.line_ids.first_contact_due)
        # Thursday and two working days.
        self.assertEqual(str(line.first_contact_due), "2027-03-15")
        touchpoint = line.first_contact_touchpoint_id
        self.assertEqual(touchpoint.state, "owed")
        self.assertEqual(touchpoint.user_id, self.successor)
        with self.assertRaisesRegex(UserError, "says hello"):
            touchpoint.with_user(self.successor)._not_useful("Knows me")
        with self._at("2027-03-12 10:00:00"):
            touchpoint.with_user(self.successor).log_attempt("held")
        self.assertEqual(line.first_contact_state, "in_time")

    def test_handed_on_with_a_contact_and_back(self):
        line = self._moved_line()
        with self._at("2027-03-04 15:00:00"):
            line.first_contact_touchpoint_id.with_user(self.successor).log_attempt(
                "held"
            )
        due = line.first_contact_due
        plan = self._handed_on()
        with self._at("2027-03-11 10:00:00"):
            plan._start_undo(plan.line_ids, "undo", "Wrong person", False)
        self.assertEqual(line.first_contact_due, due)
        self.assertEqual(line.first_contact_touchpoint_id.state, "done")

    def test_is_not_called_off(self):
        touchpoint = self._moved_line().first_contact_touchpoint_id
        with self.assertRaisesRegex(UserError, "says hello"):
            touchpoint.with_user(self.successor)._not_useful("Knows me")

    # === Access ===

    def test_nobody_writes_the_clock(self):
        line = self._moved_line()
        for user in (self.leaver, self.successor, self.approver, self.user_manager):
            for name in ("first_contact_due", "first_contact_on"):
                with self.assertRaises(Exception) as caught:
                    self._rpc(user, line, "write", {name: "2027-03-01"})
                self.assertIsInstance(caught.exception, AccessError | UserError)

    def test_many_lines_take_few_queries(self):
        counts = []
        for size in (2, 40):
            plan = self._create_large_plan(size).sudo()
            plan.state = "running"
            # By ids, as the cut-over does.
            lines = plan.line_ids.browse(plan.line_ids.ids)
            lines.write({"state": "moved", "moved_on": CUT_OVER})
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            lines._plan_first_contacts()
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
            self.assertTrue(all(lines.mapped("first_contact_touchpoint_id")))
        self.assertLessEqual(counts[1], counts[0] + 5, counts)
