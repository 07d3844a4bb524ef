from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_handover import HandoverCommon


class GateCommon(HandoverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls._create_plan(named_user_ids=[Command.set(cls.user_all.ids)])
        cls.plan.with_user(cls.leaver).action_submit()
        cls.plan.with_user(cls.approver).action_approve()
        cls.visit_line = cls.plan.line_ids.filtered(lambda x: x.mode == "visit")
        cls.info_line = cls.plan.line_ids - cls.visit_line
        cls.checks = cls.visit_line.check_ids
        cls.touchpoint = cls.visit_line.visit_touchpoint_id
        # All who could have an interest, and some who have none.
        cls.everybody = (
            cls.leaver
            | cls.successor
            | cls.approver
            | cls.user_manager
            | cls.user_all
            | cls.colleague
            | cls.user_company_b
            | cls.user_portal
        )

    def _refused(self, user, records, method, *args, **kwargs):
        """A call over RPC that has to fail and to leave the gate shut."""
        with (
            self.subTest(user=user.login, method=method, args=args),
            self.assertRaises(UserError),
        ):
            self._rpc(user, records, method, *args, **kwargs)
        self.assertFalse(self.visit_line.gate_open, (user.login, method, args))
        self.assertEqual(self.visit_line.state, "open")


@tagged("post_install", "-at_install")
class TestHandoverGate(GateCommon):
    """Show 4: the gate cannot be ticked open. Every call as a client makes it."""

    def test_control(self):
        """The way that is meant to work does, or the rest would prove nothing."""
        self.assertFalse(self.visit_line.gate_open)
        self._carry_out(self.visit_line)
        self.assertEqual(set(self.checks.mapped("state")), {"accepted"})
        self.assertTrue(self.visit_line.gate_open)
        self.assertFalse(self.visit_line.gate_message)
        self._carry_out(self.info_line)
        self.assertTrue(self.info_line.gate_open)

    def test_what_is_missing_is_said(self):
        line = self.visit_line
        message = line.with_user(self.leaver).gate_message
        self.assertIn("visit has not been held", message)
        for check in self.checks:
            self.assertIn(check.topic_id.name, message)
        self._carry_out(line)
        check = self.checks[2]
        check.sudo().state = "confirmed"
        self.assertIn(check.topic_id.name, line.gate_message)
        self.assertIn("accepted", line.gate_message)
        self.assertFalse(line.gate_open)

    # === items === #

    def test_state_of_an_item_is_not_written(self):
        check = self.checks[0]
        for user in self.everybody:
            for values in (
                {"state": "accepted"},
                {"state": "confirmed"},
                {"confirmed_on": "2027-03-01 05:00:00"},
                {"confirmed_by_id": user.id},
                {"touchpoint_id": self.touchpoint.id},
                {"accepted_by_id": self.successor.id},
                {"accepted_on": "2027-03-01 05:00:00"},
                {"line_id": self.info_line.id},
                {"topic_id": self.checks[1].topic_id.id},
                {"required": False},
                {"mode": "info"},
                {"visit_state": "held"},
                {"handover_id": self.plan.id},
                {"sequence": 1},
            ):
                self._refused(user, check, "write", values)
                self._refused(user, check, "web_save", values, specification={})
            self.assertEqual(check.state, "to_prepare")

    def test_items_are_not_created_or_deleted(self):
        topic = self.env["continuity.handover.topic"].create({"name": "Extra"})
        values = {
            "line_id": self.visit_line.id,
            "topic_id": topic.id,
            "state": "accepted",
        }
        for user in self.everybody:
            self._refused(user, self.checks.browse(), "create", [values])
            self._refused(
                user,
                self.checks.browse(),
                "create",
                [{"line_id": self.visit_line.id, "topic_id": topic.id}],
                context={"default_state": "accepted"},
            )
            self._refused(user, self.checks, "unlink")
        self.assertEqual(self.visit_line.check_ids, self.checks)

    def test_not_over_the_line_or_the_plan_either(self):
        other = self._running_plan(
            line_ids=[
                Command.create(
                    self._line_values(self._create_customer("Other", self.leaver))
                )
            ]
        )
        self._carry_out(other.line_ids)
        accepted = other.line_ids.check_ids[0]
        self.assertEqual(accepted.state, "accepted")
        check = self.checks[0]
        for user in self.everybody:
            for command in (
                Command.update(check.id, {"state": "accepted"}),
                Command.create({"topic_id": check.topic_id.id, "state": "accepted"}),
                Command.link(accepted.id),
                Command.unlink(check.id),
                Command.delete(check.id),
                Command.clear(),
                Command.set(accepted.ids),
            ):
                values = {"check_ids": [command]}
                self._refused(user, self.visit_line, "write", values)
                self._refused(
                    user,
                    self.plan,
                    "write",
                    {"line_ids": [Command.update(self.visit_line.id, values)]},
                )
        self.assertEqual(self.visit_line.check_ids, self.checks)
        self.assertEqual(set(self.checks.mapped("state")), {"to_prepare"})

    def test_confirmed_only_at_a_held_visit(self):
        self._prepare(self.checks)
        for user in self.everybody:
            self._refused(user, self.checks, "action_confirm")
        words = {"contact_id": self.contact_1.id, "customer_words": "All is right."}
        self._rpc(self.leaver, self.checks, "write", words)
        for user in self.everybody:
            self._refused(user, self.checks, "action_confirm")
            self._refused(user, self.checks, "action_accept")
        # A try is not a visit, nor is a visit that was given up.
        with self._after_visit(self.visit_line):
            self._hold_visit(self.visit_line, outcome="no_answer")
            for user in self.everybody:
                self._refused(user, self.checks, "action_confirm")
                self._refused(user, self.checks, "action_accept")
        self.assertEqual(set(self.checks.mapped("state")), {"prepared"})

    def test_confirmed_by_a_person_of_the_customer(self):
        self._prepare(self.checks)
        check = self.checks[0]
        stranger = self._create_customer("Stranger", is_company=False)
        with self._after_visit(self.visit_line):
            self._hold_visit(self.visit_line)
            self._rpc(self.leaver, check, "write", {"customer_words": "Fine."})
            self._refused(self.leaver, check, "action_confirm")
            for person in (
                self.leaver.partner_id,
                self.customer_2,
                stranger,
                self.company_a.partner_id,
            ):
                self._rpc(self.leaver, check, "write", {"contact_id": person.id})
                self._refused(self.leaver, check, "action_confirm")
            self._rpc(self.leaver, check, "write", {"contact_id": self.contact_1.id})
            for words in (False, "", "   "):
                self._rpc(self.leaver, check, "write", {"customer_words": words})
                self._refused(self.leaver, check, "action_confirm")
            self._rpc(self.leaver, check, "write", {"customer_words": "Fine."})
            self._rpc(self.leaver, check, "action_confirm")
        self.assertEqual(check.state, "confirmed")
        self.assertEqual(check.touchpoint_id, self.touchpoint)

    def test_confirmed_by_who_was_there(self):
        self._prepare(self.checks)
        with self._after_visit(self.visit_line):
            self._hold_visit(self.visit_line)
            words = {"contact_id": self.contact_1.id, "customer_words": "Right."}
            self._rpc(self.successor, self.checks, "write", words)
            for user in self.everybody - self.leaver - self.successor:
                self._refused(user, self.checks, "write", words)
                self._refused(user, self.checks, "action_confirm")
            # Who came along was there.
            self.touchpoint.sudo().attendee_ids += self.approver
            self._rpc(self.approver, self.checks[0], "action_confirm")
            self.assertEqual(self.checks[0].confirmed_by_id, self.approver)
            # The same words do for no second time.
            self._refused(self.leaver, self.checks[0], "action_confirm")

    def test_each_role_its_own_step(self):
        for user in self.everybody - self.leaver - self.approver - self.user_manager:
            self._refused(user, self.checks, "write", {"prepared_text": "x"})
            self._refused(user, self.checks, "action_prepare")
        self._refused(self.leaver, self.checks, "action_prepare")
        self._prepare(self.checks)
        with self._after_visit(self.visit_line):
            self._hold_visit(self.visit_line)
            for user in self.everybody:
                # Not before the customer has confirmed.
                self._refused(user, self.checks, "action_accept")
            self._confirm(self.checks)
        for user in self.everybody - self.successor:
            self._refused(user, self.checks, "action_accept")
            self._refused(user, self.checks, "write", {"question": "Why?"})
            self._refused(user, self.checks, "action_return")
        for name in ("prepared_text", "customer_words", "correction", "contact_id"):
            self._refused(self.leaver, self.checks, "write", {name: False})

    def test_one_missing_item_keeps_it_shut(self):
        line = self.visit_line
        *most, last = self.checks
        self._prepare(self.checks)
        with self._after_visit(line):
            self._hold_visit(line)
            self._confirm(self.checks)
        for check in most:
            self._accept(check)
            self.assertFalse(line.gate_open)
        self._refused(self.leaver, line, "action_cut_over")
        self._refused(self.leaver, self.plan, "action_cut_over_ready")
        self._accept(last)
        self.assertTrue(line.gate_open)

    def test_handed_back_shuts_it_again(self):
        line = self.info_line
        self._prepare(line.check_ids)
        check = line.check_ids[0]
        self._accept(line.check_ids - check)
        mine = check.with_user(self.successor)
        mine.question = "Really?"
        mine.action_return()
        self.assertFalse(line.gate_open)
        with self.assertRaises(UserError):
            self._accept(check)
        # What was accepted is accepted: no question afterwards.
        with self.assertRaises(UserError):
            (line.check_ids - check).with_user(self.successor).action_return()

    def test_changed_after_the_customer_confirmed(self):
        line = self.visit_line
        check = self.checks[0]
        self._prepare(self.checks)
        with self._after_visit(line):
            self._hold_visit(line)
            self._confirm(self.checks)
        mine = check.with_user(self.successor)
        mine.question = "Which number?"
        mine.action_return()
        theirs = check.with_user(self.leaver)
        # An answer alone leaves the customer's word as it is.
        theirs.answer = "The second one."
        theirs.action_prepare()
        self.assertEqual(check.state, "confirmed")
        mine.action_return()
        theirs.write({"answer": "Another one.", "prepared_text": "Something else."})
        theirs.action_prepare()
        self.assertEqual(check.state, "prepared")
        self._refused(self.successor, check, "action_accept")
        with self._after_visit(line):
            self._confirm(check)
        self._accept(check)

    def test_optional_items_do_not_hold_it(self):
        topic = self.checks[0].topic_id
        self._prepare(self.checks - self.checks[0])
        with self._after_visit(self.visit_line):
            self._hold_visit(self.visit_line)
            self._confirm(self.checks - self.checks[0])
        self._accept(self.checks - self.checks[0])
        for user in self.everybody - self.user_manager:
            self._refused(user, topic, "write", {"required": False})
            self._refused(user, topic, "write", {"active": False})
        topic.required = False
        self.env.invalidate_all()
        self.assertTrue(self.visit_line.gate_open)

    # === lines, contacts, plans === #

    def test_line_is_not_written_open(self):
        done = self._plan_touchpoint()
        done.with_user(self.leaver).log_attempt("held")
        for user in self.everybody:
            for values in (
                {"state": "moved"},
                {"state": "queued"},
                {"moved_on": "2027-03-01 05:00:00"},
                {"visit_state": "held"},
                {"visit_touchpoint_id": done.id},
                {"touchpoint_ids": [Command.link(done.id)]},
                {"override_reason": "Because."},
                {"override_by_id": self.approver.id},
                {"mode": "info"},
                {"successor_id": user.id},
                {"leaver_id": user.id},
                {"excluded": True},
                {"company_id": self.company_b.id},
                {"handover_id": self.plan.id, "mode": "info"},
                {"plan_state": "running", "mode": "info"},
                {"gate_open": True, "mode": "info"},
            ):
                self._refused(user, self.visit_line, "write", values)
                self._refused(
                    user,
                    self.plan,
                    "write",
                    {"line_ids": [Command.update(self.visit_line.id, values)]},
                )
        self.assertEqual(self.visit_line.mode, "visit")
        self.assertEqual(self.visit_line.visit_touchpoint_id, self.touchpoint)

    def test_contact_is_not_written_done(self):
        for user in self.everybody:
            for values in (
                {"state": "done"},
                {"date_done": "2027-03-01 05:00:00"},
                {"origin_id": self.info_line.id},
                {"attendee_ids": [Command.link(user.id)]},
                {"channel_ids": [Command.link(self.channel_email.id)]},
            ):
                self._refused(user, self.touchpoint, "write", values)
            self._refused(
                user,
                self.touchpoint.attempt_ids,
                "create",
                [
                    {
                        "touchpoint_id": self.touchpoint.id,
                        "outcome": "held",
                        "channel_id": self.channel_visit.id,
                        "user_id": self.leaver.id,
                    }
                ],
            )
        self.assertEqual(self.visit_line.visit_state, "planned")

    def test_visit_is_reported_by_who_was_there(self):
        """After it took place, as a visit, by those who take part."""
        with self._after_visit(self.visit_line):
            for user in self.everybody - self.leaver - self.successor:
                if user._is_continuity_manager_of(self.leaver):
                    continue
                self._refused(user, self.touchpoint, "log_attempt", "held")
            for values in (
                {"channel_id": self.channel_call.id},
                {"channel_id": self.channel_email.id},
                {"date": "2027-03-09 09:00:00"},
                {"date": "2026-12-24 09:00:00"},
                {"user_id": self.successor.id},
                {"touchpoint_id": self.touchpoint.id},
            ):
                self._refused(
                    self.leaver, self.touchpoint, "log_attempt", "held", **values
                )
        # Not before it took place either.
        self._refused(
            self.leaver,
            self.touchpoint,
            "log_attempt",
            "held",
            date="2027-03-02 09:00:00",
        )
        self.assertEqual(self.touchpoint.state, "owed")

    def test_private_methods(self):
        for records, methods in {
            self.visit_line: (
                "_cut_over",
                "_move",
                "_override_gate",
                "_leave",
                "_visit_failed",
                "_touchpoint_done",
                "_take_snapshot",
                "_create_checks",
            ),
            self.plan: ("_start", "_cancel", "_refuse", "_queue_cut_over"),
            self.checks: ("_apply_correction", "_check_role"),
        }.items():
            for method in methods:
                for user in (self.leaver, self.user_manager):
                    self._refused(user, records, method, "Because.")

    def test_shut_gate_moves_nobody(self):
        for user in self.everybody:
            self._refused(user, self.visit_line, "action_cut_over")
            self._refused(user, self.plan.line_ids, "action_cut_over")
            self._refused(user, self.plan, "action_cut_over_ready")
        self.assertEqual(self.customer_1.user_id, self.leaver)
        with self.assertRaisesRegex(UserError, "visit has not been held"):
            self.visit_line.with_user(self.leaver).action_cut_over()

    def test_colleague_moves_nothing_even_when_it_is_open(self):
        self._carry_out(self.info_line)
        self.assertTrue(self.info_line.gate_open)
        for user in (
            self.colleague,
            self.user_all,
            self.user_company_b,
            self.user_portal,
        ):
            for records, method in (
                (self.info_line, "action_cut_over"),
                (self.plan, "action_cut_over_ready"),
            ):
                with self.subTest(user=user.login), self.assertRaises(UserError):
                    self._rpc(user, records, method)
        self.assertEqual(self.customer_2.user_id, self.leaver)
        self._rpc(self.leaver, self.plan, "action_cut_over_ready")
        self.assertEqual(self.info_line.state, "moved")
        self.assertEqual(self.customer_2.user_id, self.successor)
        self.assertEqual(self.visit_line.state, "open")

    # === contexts and defaults === #

    def test_crafted_context(self):
        """No key of the caller's lifts a check (I13), where ours create records."""
        context = {
            "default_state": "accepted",
            "default_visit_state": "held",
            "default_override_reason": "Because.",
            "default_required": False,
            "default_mode": "info",
            "default_origin_id": 1,
            "default_outcome": "held",
            "default_accepted_on": "2027-03-01",
            "sudo": True,
            "uid": 1,
            "install_mode": True,
            "tracking_disable": True,
            "continuity_cutover": True,
        }
        plan = self._approve(
            self._submit(
                self._create_plan(
                    date_start="2027-03-08",
                    line_ids=[
                        Command.create(
                            self._line_values(
                                self._create_customer("Other", self.leaver),
                                mode="visit",
                                date_visit="2027-03-09 09:00:00",
                            )
                        )
                    ],
                )
            )
        )
        self._rpc(self.approver, plan, "action_start", context=context)
        line = plan.line_ids
        self.assertEqual(set(line.check_ids.mapped("state")), {"to_prepare"})
        self.assertEqual(line.visit_touchpoint_id.state, "owed")
        self.assertFalse(line.override_reason)
        self.assertFalse(line.gate_open)
        for user in self.everybody:
            for method in ("action_confirm", "action_accept"):
                self._refused(user, self.checks, method, context=context)
            self._refused(user, self.visit_line, "action_cut_over", context=context)
            self._refused(
                user, self.visit_line, "write", {"mode": "info"}, context=context
            )

    def test_saved_defaults(self):
        """A default the approver saved for themselves accepts no item."""
        defaults = self.env["ir.default"].with_user(self.approver)
        for model, name, value in (
            ("continuity.handover.check", "state", "accepted"),
            ("continuity.handover.check", "confirmed_on", "2027-03-01 05:00:00"),
            ("continuity.touchpoint", "state", "done"),
            ("continuity.touchpoint", "outcome", "held"),
        ):
            defaults.set(model, name, value, user_id=True)
        plan = self._running_plan(
            line_ids=[
                Command.create(
                    self._line_values(
                        self._create_customer("Other", self.leaver),
                        mode="visit",
                        date_visit="2027-03-09 09:00:00",
                    )
                )
            ]
        )
        self.assertEqual(set(plan.line_ids.check_ids.mapped("state")), {"to_prepare"})
        self.assertFalse(any(plan.line_ids.check_ids.mapped("confirmed_on")))
        self.assertEqual(plan.line_ids.visit_touchpoint_id.state, "owed")

    # === override === #

    def test_only_who_decides_overrules(self):
        for user in self.everybody - self.approver - self.user_manager:
            for decision in ("override_gate", "leave_line"):
                with self.subTest(user=user.login), self.assertRaises(UserError):
                    dialog = (
                        self.env["continuity.reason.wizard"]
                        .with_user(user)
                        .create(
                            {
                                "decision": decision,
                                "res_ids": self.visit_line.ids,
                                "reason": "I say so.",
                            }
                        )
                    )
                    dialog.action_apply()
                self.assertFalse(self.visit_line.gate_open)
                self.assertEqual(self.visit_line.state, "open")

    def test_overruled_with_a_reason_that_is_kept(self):
        dialog = (
            self.env["continuity.reason.wizard"]
            .with_user(self.approver)
            .create(
                {
                    "decision": "override_gate",
                    "res_ids": self.visit_line.ids,
                    "reason": " ",
                }
            )
        )
        with self.assertRaisesRegex(UserError, "Say why"):
            dialog.action_apply()
        dialog.reason = "The customer is away until summer."
        dialog.action_apply()
        line = self.visit_line
        self.assertTrue(line.gate_open)
        self.assertEqual(line.override_reason, "The customer is away until summer.")
        self.assertEqual(line.override_by_id, self.approver)
        self.assertEqual(str(line.override_on), "2027-03-01 06:00:00")
        self.assertIn("away until summer", self.plan.message_ids[0].body)
        self.assertEqual(self.plan.message_ids[0].author_id, self.approver.partner_id)
        # It opens this gate, not one of a plan that does not run.
        self.plan.sudo().state = "reported"
        self.assertFalse(line.gate_open)

    # === closed plans === #

    def test_closed_plan(self):
        self._prepare(self.checks)
        with self._after_visit(self.visit_line):
            self._hold_visit(self.visit_line)
            self._confirm(self.checks)
        for state in ("reported", "done", "cancelled", "refused", "draft", "approved"):
            self.plan.sudo().state = state
            for user in self.everybody:
                for method in ("action_accept", "action_confirm", "action_return"):
                    self._refused(user, self.checks, method)
                self._refused(user, self.checks, "write", {"question": "Why?"})
                self._refused(user, self.visit_line, "action_cut_over")
                self._refused(user, self.plan, "action_cut_over_ready")
                for decision in ("override_gate", "leave_line"):
                    with self.assertRaises(UserError):
                        self.env["continuity.reason.wizard"].with_user(user).create(
                            {
                                "decision": decision,
                                "res_ids": self.visit_line.ids,
                                "reason": "I say so.",
                            }
                        ).action_apply()
        self.assertEqual(set(self.checks.mapped("state")), {"confirmed"})

    def test_closed_line(self):
        line = self.info_line
        line.with_user(self.approver)._leave("Stays.")
        self.assertFalse(line.gate_open)
        for user in self.everybody:
            for method, args in (
                ("action_prepare", ()),
                ("action_accept", ()),
                ("write", ({"prepared_text": "x"},)),
            ):
                with self.assertRaises(UserError):
                    self._rpc(user, line.check_ids, method, *args)
            with self.assertRaises(UserError):
                self._rpc(user, line, "action_cut_over")
        with self.assertRaisesRegex(UserError, "closed already"):
            line.with_user(self.approver)._leave("Again.")


@tagged("post_install", "-at_install")
class TestEightyInAnHour(HandoverCommon):
    """H5: 80 people in a day is a failure the software must refuse to call a plan."""

    COUNT = 80

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = cls.env["res.partner"].create(
            [
                {"name": f"Buyer {n}", "is_company": True, "user_id": cls.leaver.id}
                for n in range(cls.COUNT)
            ]
        )
        # Two months: four visits a day, around lunch.
        cls.plan = cls._create_plan(
            date_end="2027-04-30",
            line_ids=[
                Command.create(
                    cls._line_values(
                        partner,
                        mode="visit",
                        contact_ids=[Command.set(partner.ids)],
                    )
                )
                for partner in cls.partners
            ],
        )

    def _begin(self):
        self.plan.with_user(self.leaver).action_suggest_dates()
        self._approve(self._submit(self.plan))
        return self.plan.line_ids

    def test_not_planned(self):
        self.plan.line_ids.with_user(self.leaver).date_visit = "2027-03-02 09:00:00"
        with self.assertRaisesRegex(
            UserError, "is not free at Tuesday, March 2, 2027 9:00.AM"
        ):
            self._submit(self.plan)
        # Nor one every minute, nor with a generous limit.
        self.plan.visits_per_day = 80
        for number, line in enumerate(self.plan.line_ids):
            line.date_visit = f"2027-03-02 09:{number % 60:02}:{number // 60:02}"
        with self.assertRaises(UserError) as caught:
            self._submit(self.plan)
        self.assertEqual(str(caught.exception).count("is not free at"), 1)
        self.assertIn(f"And {self.COUNT - 2} more like it", str(caught.exception))
        self.assertEqual(self.plan.state, "draft")

    def test_not_moved_into_an_hour_afterwards(self):
        lines = self._begin()
        before = lines.mapped("date_visit")
        for user in (self.leaver, self.successor, self.approver, self.user_manager):
            with self.assertRaises(UserError):
                self._rpc(user, lines, "write", {"date_visit": "2027-03-04 09:00:00"})
            # One by one no more than all together.
            with self.assertRaises(UserError):
                for line in lines:
                    self._rpc(
                        user, line, "write", {"date_visit": "2027-03-04 09:00:00"}
                    )
        self.assertEqual(lines.mapped("date_visit"), before)

    def test_not_reported_in_an_hour(self):
        lines = self._begin()
        visits = lines.visit_touchpoint_id
        with self._at("2027-03-31 18:00:00"):
            for date in ("2027-03-31 09:00:00", False):
                values = {"date": date} if date else {}
                for user in (self.leaver, self.successor, self.approver):
                    with self.assertRaisesRegex(UserError, "cannot have met"):
                        self._rpc(user, visits, "log_attempt", "held", **values)
            self.assertEqual(set(visits.mapped("state")), {"owed"})
            # One a minute: the first is believed, the others are not.
            believed = 0
            for number, visit in enumerate(visits):
                date = f"2027-03-31 {9 + number // 60:02}:{number % 60:02}:00"
                try:
                    with self.env.cr.savepoint():
                        self._rpc(self.leaver, visit, "log_attempt", "held", date=date)
                        believed += 1
                except UserError:
                    continue
        self.assertEqual(believed, 2, "9:00 and 10:00")
        self.assertEqual(
            self.plan.held_count, 2, "the gate of the others is shut as before"
        )

    def test_nor_by_naming_others(self):
        """The successor cannot be at two places, whoever reports."""
        lines = self._begin()
        first, second = lines[:2].visit_touchpoint_id
        with self._at("2027-03-31 18:00:00"):
            self._rpc(
                self.leaver, first, "log_attempt", "held", date="2027-03-31 09:00:00"
            )
            with self.assertRaisesRegex(UserError, "cannot have met"):
                self._rpc(
                    self.successor,
                    second,
                    "log_attempt",
                    "held",
                    date="2027-03-31 09:30:00",
                )

    def _count_queries(self, action):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        action()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_queries_do_not_grow_with_the_lines(self):
        """Drafting, dating and submitting a long plan, in customers of it."""
        self.plan.with_user(self.leaver).unlink()

        def draft(partners):
            return self._create_plan(
                date_end="2027-04-30",
                line_ids=[
                    Command.create(self._line_values(partner, mode="visit"))
                    for partner in partners
                ],
            )

        for method in ("create", "action_suggest_dates", "action_submit"):
            counts = []
            for partners in (self.partners[:10], self.partners):
                if method == "create":
                    count = self._count_queries(lambda p=partners: draft(p))
                else:
                    plan = draft(partners).with_user(self.leaver)
                    if method == "action_submit":
                        plan.action_suggest_dates()
                    count = self._count_queries(getattr(plan, method))
                counts.append(count)
            with self.subTest(method=method):
                self.assertLessEqual(counts[1], counts[0] + 20, counts)

    def test_suggested_dates_are_feasible(self):
        lines = self._begin()
        times = sorted(lines.mapped("date_visit"))
        for earlier, later in zip(times, times[1:], strict=False):
            self.assertGreaterEqual(later - earlier, timedelta(minutes=90))
        load = self.plan._visits_per_person_and_day()
        self.assertLessEqual(max(row["count"] for row in load), 5)


@tagged("post_install", "-at_install")
class TestGateOtherCompany(GateCommon):
    """Company walls (I8): nothing of this from the outside."""

    def test_all_records(self):
        for records in (
            self.plan,
            self.visit_line,
            self.checks,
            self.touchpoint,
            self.plan.approval_ids,
        ):
            with self.subTest(model=records._name):
                outside = records.with_user(self.user_company_b)
                self.assertFalse(outside.search([("id", "in", records.ids)]))
                with self.assertRaises(AccessError):
                    outside.read(["display_name"])
                # Also not for a manager of both who works in the other one.
                elsewhere = records.with_user(self.user_manager).with_context(
                    allowed_company_ids=self.company_b.ids
                )
                self.assertFalse(elsewhere.search([("id", "in", records.ids)]))
                with self.assertRaises(AccessError):
                    elsewhere.read(["display_name"])
