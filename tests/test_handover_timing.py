"""When customers are told: proposals, holds, and how they end (H6)."""

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestHandoverTiming(HandoverCommon):
    """The plan runs from 1 to 19 March; customer 1 is visited on the 2nd."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.stage"].search([]).write({"sequence": 1})
        cls.early, cls.middle, cls.late = cls.env["crm.stage"].create(
            [{"name": f"S{n}", "sequence": 50 + n} for n in range(3)]
        )
        cls.company_a.continuity_hold_after = 2
        cls.company_a.continuity_hold_before = 14

    def _deal(self, partner, closing, **values):
        return self.env["crm.lead"].create(
            {
                "name": "Deal",
                "type": "opportunity",
                "partner_id": partner.id,
                "user_id": self.leaver.id,
                "company_id": self.company_a.id,
                "stage_id": self.early.id,
                "date_deadline": closing,
                "team_id": False,
                **values,
            }
        )

    def _propose(self, partner=None, **values):
        plan = self._create_plan(**values)
        return plan._propose_timing((partner or self.customer_2).ids)[
            (partner or self.customer_2).id
        ]

    def _held_plan(self, closing="2027-03-09", **values):
        """A running plan in which both customers wait for a deal of customer 2."""
        self._deal(self.customer_2, closing)
        plan = self._create_plan(**values)
        plan.with_user(self.leaver).action_propose_timing()
        return self._approve(self._submit(plan))

    def _daily(self, day):
        with self._at(f"{day} 07:00:00"):
            self._run_cron("handover_daily")

    # === The proposal === #

    def test_nothing_to_wait_for(self):
        timing = self._propose()
        self.assertEqual(timing["tell_when"], "now")
        self.assertFalse(timing["hold_until"])

    def test_deal_in_its_last_steps(self):
        deal = self._deal(self.customer_2, "2027-03-09")
        timing = self._propose()
        self.assertEqual(timing["tell_when"], "hold")
        self.assertEqual(str(timing["hold_until"]), "2027-03-11")
        deal.date_deadline = "2027-03-16"
        self.assertEqual(self._propose()["tell_when"], "now", "more than 14 days")
        for values in ({"stage_id": self.late.id}, {"probability": 80}):
            deal.write({"stage_id": self.early.id, "probability": 10, **values})
            self.assertEqual(self._propose()["tell_when"], "hold", values)

    def test_never_beyond_the_last_joint_day(self):
        self._deal(self.customer_2, "2027-03-14")
        for values, limit in (
            ({"last_day": "2027-03-14"}, "2027-03-14"),
            ({"date_end": "2027-03-15"}, "2027-03-15"),
        ):
            with self.subTest(limit=limit):
                timing = self._propose(**values)
                self.assertEqual(str(timing["hold_until"]), limit)
                text = self.env["continuity.handover"]._describe_timing(
                    timing["timing"]
                )
                self.assertIn("cut to", text)
        timing = self._propose(last_day="2027-03-12")
        self.assertEqual(timing["tell_when"], "now", "it could not be waited for")
        text = self.env["continuity.handover"]._describe_timing(timing["timing"])
        self.assertIn("decision only on 03/14/2027", text)

    def test_proposal_moves_visits_of_a_draft(self):
        self._deal(self.customer_1, "2027-03-09")
        plan = self._create_plan()
        line = self._line_of(plan, self.customer_1)
        plan.with_user(self.leaver).action_propose_timing()
        self.assertGreaterEqual(str(line.date_visit), "2027-03-11")
        self._submit(plan)

    def test_quotation_and_other_reasons(self):
        order = self._create_order(self.customer_2, 10, "2027-02-20", confirm=False)
        order.write({"state": "sent", "validity_date": "2027-03-08"})
        timing = self._propose()
        self.assertEqual(str(timing["hold_until"]), "2027-03-10")
        relationship = self.env["continuity.relationship"]._ensure(
            self.company_a, self.customer_2
        )
        self.env["continuity.concern"]._raise_concern(
            relationship=relationship, question="It is broken", kind="complaint"
        )
        timing = self._propose()
        self.assertEqual(timing["tell_when"], "now", "a complaint needs both people")
        text = self.env["continuity.handover"]._describe_timing(timing["timing"])
        self.assertIn("open complaints: 1", text)

    def test_overdue_and_renewal_are_named(self):
        invoice = self._create_invoice(self.customer_2, 10, "2027-01-01", post=False)
        invoice.invoice_date_due = "2027-02-01"
        invoice.action_post()
        self.assertLess(invoice.invoice_date_due, fields.Date.today())
        self.assertEqual(invoice.payment_state, "not_paid")
        self.env["continuity.relationship"]._ensure(
            self.company_a, self.customer_2
        ).sudo().write({"last_purchase_date": "2027-02-10", "reorder_interval": 30})
        timing = self._propose()
        text = self.env["continuity.handover"]._describe_timing(timing["timing"])
        self.assertIn("overdue invoices: 1", text)
        self.assertIn("next order due 03/12/2027", text)

    def test_product_to_be_replaced_is_named(self):
        """By the last time it was bought, in this company, of products with a cycle."""
        product, other = self.env["product.product"].create(
            [{"name": "Filter"}, {"name": "Pump"}]
        )
        product.product_tmpl_id.continuity_cycle_months = 6
        for item, day in (
            (product, "2026-09-12"),
            (product, "2026-03-12"),
            (other, "2026-09-14"),
        ):
            order = self._create_order(self.customer_2, 10, day)
            order.order_line.product_id = item
            order.date_order = f"{day} 09:00:00"
        timing = self._propose()
        text = self.env["continuity.handover"]._describe_timing(timing["timing"])
        self.assertIn("product to be replaced 03/12/2027", text)
        self.assertEqual(text.count("replaced"), 1)
        order = self._create_order(self.customer_2, 10, "2027-02-12")
        order.order_line.product_id = product
        order.date_order = "2027-02-12 09:00:00"
        text = self.env["continuity.handover"]._describe_timing(
            self._propose()["timing"]
        )
        self.assertNotIn("replaced", text, "bought anew")

    def test_printed_plan_shows_the_hold(self):
        plan = self._held_plan()
        html, _type = self.env["ir.actions.report"]._render_qweb_html(
            "customer_continuity.report_handover_plan", plan.ids
        )
        text = " ".join(html.decode().split())
        self.assertIn("On hold: told from", text)
        self.assertIn("deal closing", text)
        self.assertEqual(text.count("On hold: told from"), 1, "of the held one")

    def test_other_companys_deal_does_not_count(self):
        self._deal(
            self.customer_2, "2027-03-09", company_id=self.company_b.id, user_id=False
        )
        self.assertEqual(self._propose()["tell_when"], "now")

    def test_reason_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("ja_JP")
        self._deal(self.customer_2, "2027-03-09")
        plan = self._create_plan()
        plan.action_propose_timing()
        line = self._line_of(plan, self.customer_2)
        self.assertIn("03/09/2027", line.timing_reason)
        self.assertIn("2027/03/09", line.with_context(lang="ja_JP").timing_reason)

    def test_wizard_proposes_and_keeps_it(self):
        self._deal(self.customer_2, "2027-03-09")
        wizard = (
            self.env["continuity.handover.wizard"]
            .with_user(self.leaver)
            .with_company(self.company_a)
            .create(
                {
                    "date_start": "2027-03-01",
                    "date_end": "2027-03-19",
                    "successor_id": self.successor.id,
                    "approver_id": self.approver.id,
                    "customer_reason": "Our colleague moves.",
                }
            )
        )
        wizard.action_what()
        line = wizard.line_ids.filtered(lambda x: x.partner_id == self.customer_2)
        self.assertEqual(str(line.hold_until), "2027-03-11")
        self.assertGreaterEqual(str(line.date_visit), "2027-03-11", "a deal: a visit")
        action = wizard.action_create_draft()
        plan = self.env["continuity.handover"].browse(action["res_id"])
        held = self._line_of(plan, self.customer_2)
        self.assertEqual(held.tell_when, "hold")
        self.assertEqual(str(held.hold_until), "2027-03-11")
        self.assertIn("deal closing", held.timing_reason)

    # === Who decides === #

    def test_leaver_drafts_manager_overrules(self):
        plan = self._create_plan()
        line = self._line_of(plan, self.customer_2)
        with self.assertRaises(AccessError):
            line.with_user(self.colleague).tell_when = "hold"
        line.with_user(self.leaver).write(
            {"tell_when": "hold", "hold_until": "2027-03-10"}
        )
        self._submit(plan)
        with self.assertRaises(AccessError):
            line.with_user(self.leaver).hold_until = "2027-03-12"
        line.with_user(self.approver).hold_until = "2027-03-12"
        self._approve(plan)
        self.assertEqual(str(line.touchpoint_ids.date_show), "2027-03-12")
        with self.assertRaises(AccessError):
            line.with_user(self.successor).tell_when = "now"
        line.with_user(self.approver).tell_when = "now"
        self.assertFalse(line.hold_until)
        self.assertEqual(str(line.touchpoint_ids.date_show), "2027-03-01")
        self.assertTrue(line.touchpoint_ids.activity_id)
        with self.assertRaisesRegex(UserError, "last day both can visit"):
            line.with_user(self.approver).write(
                {"tell_when": "hold", "hold_until": "2027-04-10"}
            )
        with self.assertRaises(UserError):
            line.with_user(self.approver).hold_ended_on = "2027-03-01"

    def test_submission(self):
        plan = self._create_plan()
        line = self._line_of(plan, self.customer_2)
        line.tell_when = "hold"
        with self.assertRaisesRegex(UserError, "say until when"):
            self._submit(plan)
        line.hold_until = "2027-03-30"
        with self.assertRaisesRegex(UserError, "last day both can visit"):
            self._submit(plan)
        line.hold_until = "2027-03-10"
        visit = self._line_of(plan, self.customer_1)
        visit.write({"tell_when": "hold", "hold_until": "2027-03-04"})
        with self.assertRaisesRegex(UserError, "is on hold"):
            self._submit(plan)
        visit.date_visit = False
        plan.with_user(self.leaver).action_suggest_dates()
        self.assertGreaterEqual(str(visit.date_visit), "2027-03-04")
        self._submit(plan)

    # === The hold === #

    def test_nothing_is_shown_before_the_day(self):
        plan = self._held_plan()
        touchpoint = self._line_of(plan, self.customer_2).touchpoint_ids
        self.assertEqual(str(touchpoint.date_show), "2027-03-11")
        for day, shown in (("2027-03-10", False), ("2027-03-11", True)):
            self._daily(day)
            self.assertEqual(bool(touchpoint.activity_id), shown, day)
        line = self._line_of(plan, self.customer_2)
        self.assertEqual(str(line.hold_ended_on), "2027-03-11")

    def test_ends_when_the_deal_is_decided(self):
        for won in (True, False):
            with self.subTest(won=won):
                plan = self._held_plan()
                line = self._line_of(plan, self.customer_2)
                deal = self.env["crm.lead"].search(
                    [
                        ("partner_id", "=", self.customer_2.id),
                        ("won_status", "=", "pending"),
                    ]
                )
                with self._at("2027-03-03 09:00:00"):
                    if won:
                        deal.action_set_won()
                    else:
                        deal.action_set_lost()
                self._daily("2027-03-04")
                self.assertEqual(str(line.hold_until), "2027-03-05")
                self.assertFalse(line.touchpoint_ids.activity_id)
                self._daily("2027-03-05")
                self.assertTrue(line.touchpoint_ids.activity_id)
                plan.with_user(self.approver)._cancel("Next")
                deal.unlink()

    def test_moves_with_the_expected_closing(self):
        plan = self._held_plan()
        line = self._line_of(plan, self.customer_2)
        deal = self.env["crm.lead"].search([("partner_id", "=", self.customer_2.id)])
        deal.date_deadline = "2027-03-13"
        self._daily("2027-03-02")
        self.assertEqual(str(line.hold_until), "2027-03-15")
        self.assertEqual(str(line.touchpoint_ids.date_show), "2027-03-15")
        deal.date_deadline = "2027-03-16"
        self._daily("2027-03-03")
        self.assertEqual(str(line.hold_until), "2027-03-18")
        deal.date_deadline = "2027-03-18"
        self._daily("2027-03-04")
        self.assertEqual(str(line.hold_until), "2027-03-19", "the last joint day")
        self.assertIn("cut to", line.timing_reason)
        # By hand it stays as it is.
        line.with_user(self.approver).hold_until = "2027-03-12"
        self._daily("2027-03-05")
        self.assertEqual(str(line.hold_until), "2027-03-12")
        self.assertIn("decided by hand", line.timing_reason)

    def test_by_hand_is_no_proposal(self):
        """No list says “now” beside a day somebody chose."""
        plan = self._create_plan()
        plan.with_user(self.leaver).action_propose_timing()
        line = self._line_of(plan, self.customer_2)
        self.assertIn("now, with both people", line.timing_reason)
        line.with_user(self.leaver).write(
            {"tell_when": "hold", "hold_until": "2027-03-10"}
        )
        self.assertNotIn("now", line.timing_reason.replace("known", ""))
        self.assertIn("decided by hand", line.timing_reason)
        line.with_user(self.leaver).tell_when = "now"
        self.assertIn("now, with both people", line.timing_reason)

    def test_visit_moves_behind_the_hold(self):
        plan = self._create_plan()
        line = self._line_of(plan, self.customer_1)
        self._approve(self._submit(plan))
        self.assertTrue(line.visit_touchpoint_id.event_id)
        line.with_user(self.approver).write(
            {"tell_when": "hold", "hold_until": "2027-03-08"}
        )
        self.assertGreaterEqual(str(line.date_visit), "2027-03-08")
        visit = line.visit_touchpoint_id
        self.assertFalse(visit.event_id, "not in the calendar before the day")
        self.assertFalse(visit.activity_id)
        self._daily("2027-03-08")
        self.assertEqual(visit.event_id.start, line.date_visit)

    def test_no_letter_during_the_hold(self):
        self._set_tier(self.customer_2, self.tier_c)
        self.customer_2.write({"lang": "en_US", "email": "c2@example.com"})
        self.successor.partner_id.phone = "+1"
        plan = self._held_plan()
        letter = self._line_of(plan, self.customer_2).touchpoint_ids
        letter = letter.with_user(self.leaver)
        with self.assertRaisesRegex(UserError, "On hold"):
            letter.action_release()
        with self._at("2027-03-11 09:00:00"):
            letter.action_release()
            self.assertEqual(letter.state, "released")

    def test_no_approval_with_a_hold_without_end(self):
        """The approver may change holds of a submitted plan; the daily work of a plan
        with one that never ends would fail each day."""
        for values, message in (
            ({"hold_until": False}, "say until when"),
            ({"hold_until": "2027-03-30"}, "last day both can visit"),
        ):
            plan = self._submit(self._create_plan())
            line = self._line_of(plan, self.customer_2).with_user(self.approver)
            line.write({"tell_when": "hold", **values})
            with self.assertRaisesRegex(UserError, message):
                self._approve(plan)
            line.excluded = True
            line.exclude_reason = "Later"
            self._approve(plan)
            plan.with_user(self.approver)._cancel("Next")

    def test_no_cut_over_during_the_hold(self):
        """The deal is closed by the predecessor, and nobody calls before the day."""
        plan = self._held_plan()
        line = self._line_of(plan, self.customer_2)
        self._carry_out(line)
        with self.assertRaisesRegex(UserError, "On hold"):
            line.with_user(self.leaver).action_cut_over()
        with self._at("2027-03-11 09:00:00"):
            self.assertTrue(line.gate_open)
        line.with_user(self.approver)._override_gate("They know it already")
        line.with_user(self.leaver).action_cut_over()
        self.assertEqual(line.state, "moved")
        first = line.first_contact_touchpoint_id
        self.assertEqual(str(first.date_show), "2027-03-11")
        self.assertGreater(str(first.date_due), "2027-03-11")
        self.assertTrue(line._is_held(plan.date_start), "no letter any earlier")
        for day, shown in (("2027-03-10", False), ("2027-03-11", True)):
            with self._at(f"{day} 07:00:00"):
                self._run_cron("show_touchpoints")
            self.assertEqual(
                set(line.touchpoint_ids.mapped("activity_id.active")),
                {shown} if shown else set(),
                day,
            )

    def test_filter_on_hold(self):
        plan = self._held_plan()
        view = self.env.ref("customer_continuity.view_handover_line_search_telling")
        self.assertIn("on_hold", view.arch)
        held = plan.line_ids.filtered(lambda x: x._is_held(plan.date_start))
        self.assertEqual(held.partner_id, self.customer_2)

    def test_many_in_one_run(self):
        """Queries do not grow with the customers that stay on hold."""
        partners = self.env["res.partner"].create(
            [
                {"name": f"H{n}", "is_company": True, "user_id": self.leaver.id}
                for n in range(30)
            ]
        )
        for partner in partners:
            self._deal(partner, "2027-03-09")
        plan = self._create_plan(
            line_ids=[Command.create(self._line_values(p)) for p in partners]
        )
        plan.action_propose_timing()
        self._approve(self._submit(plan))
        today = plan.date_start
        counts = []
        for lines in (plan.line_ids[:5], plan.line_ids):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            plan._follow_deals(lines, today)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 3)

    def test_many_end_in_one_run(self):
        """Ending holds costs a few queries for each customer, not dozens."""
        partners = self.env["res.partner"].create(
            [
                {"name": f"H{n}", "is_company": True, "user_id": self.leaver.id}
                for n in range(40)
            ]
        )
        plan = self._create_plan(
            line_ids=[
                Command.create(
                    self._line_values(p, tell_when="hold", hold_until="2027-03-05")
                )
                for p in partners
            ]
        )
        self._approve(self._submit(plan))
        self.env.flush_all()
        self.env.invalidate_all()
        with self._at("2027-03-05 07:00:00"):
            before = self.env.cr.sql_log_count
            plan.sudo()._review_holds(fields.Date.today())
            self.env.flush_all()
            count = self.env.cr.sql_log_count - before
        self.assertTrue(all(plan.line_ids.touchpoint_ids.mapped("activity_id")))
        self.assertLess(count / len(partners), 15)


@tagged("post_install", "-at_install")
class TestHandoverReaction(HandoverCommon):
    def _report(self, plan, partner, reaction, words=False):
        line = self._line_of(plan, partner)
        touchpoint = line.touchpoint_ids.with_user(self.leaver)
        form = Form(
            self.env["continuity.report.contact"]
            .with_user(self.leaver)
            .with_context(default_touchpoint_id=touchpoint.id)
        )
        form.outcome = "held"
        form.reaction = reaction
        if words:
            form.reaction_words = words
        form.save().action_apply()
        return line

    def test_asked_in_the_report(self):
        plan = self._running_plan()
        line = self._report(plan, self.customer_2, "welcomes", "Fine with us")
        self.assertEqual(line.reaction, "welcomes")
        self.assertEqual(line.reaction_words, "Fine with us")
        self.assertEqual(line.reaction_by_id, self.leaver)
        self.assertFalse(plan.activity_ids)

    def test_uneasy_and_refuses_are_brought_to_people(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_2)
        line.with_user(self.leaver)._record_reaction("uneasy", "Not again")
        self.assertEqual(plan.activity_ids.user_id, self.successor)
        line.with_user(self.leaver)._record_reaction("uneasy", "Not again!")
        self.assertEqual(len(plan.activity_ids), 1, "told once")
        line.with_user(self.successor)._record_reaction("refuses", "Anybody but them")
        tasks = plan.activity_ids.filtered(lambda a: a.user_id == self.approver)
        self.assertIn("refuses", tasks.summary)

    def test_who_may_note_it(self):
        plan = self._running_plan(named_user_ids=[Command.set(self.user_all.ids)])
        line = self._line_of(plan, self.customer_2)
        for user in (self.colleague, self.user_company_b, self.user_portal):
            with self.assertRaises(AccessError):
                line.with_user(user)._record_reaction("welcomes")
            with self.assertRaises(AccessError):
                self.env["continuity.handover.reaction"].with_user(user).create(
                    {"line_id": line.id, "reaction": "welcomes"}
                )
        # Who may see the plan has no part in it yet.
        line.with_user(self.user_all).check_access("read")
        with self.assertRaises(AccessError):
            line.with_user(self.user_all)._record_reaction("welcomes")
        with self.assertRaises(UserError):
            self._rpc(self.leaver, line, "write", {"reaction": "welcomes"})
        self._move_without_cut_over(line)
        line.with_user(self.successor)._record_reaction("welcomes")
        self.assertEqual(line.reaction, "welcomes")
        draft = self._create_plan()
        with self.assertRaises(UserError):
            self._line_of(draft, self.customer_1).with_user(
                self.leaver
            )._record_reaction("welcomes")

    def _another(self, line, successor, user=None, reason="The customer asked for it"):
        return (
            self.env["continuity.handover.successor"]
            .with_user(user or self.approver)
            .create(
                {
                    "line_id": line.id,
                    "successor_id": successor.id,
                    "reason": reason,
                }
            )
            .action_apply()
        )

    def test_another_successor_before_the_cut_over(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_2)
        self._prepare(line.check_ids)
        self._accept(line.check_ids)
        self.assertTrue(line.gate_open)
        line.with_user(self.leaver)._record_reaction("refuses")
        for user in (self.leaver, self.successor):
            with self.assertRaises(AccessError):
                self._another(line, self.colleague, user)
        with self.assertRaisesRegex(UserError, "cannot work in"):
            self._another(line, self.user_company_b)
        self._another(line, self.colleague)
        self.assertEqual(line.successor_id, self.colleague)
        self.assertEqual(set(line.check_ids.mapped("state")), {"prepared"})
        self.assertFalse(line.gate_open, "accepted anew")
        self.assertFalse(line.reaction)
        touchpoint = line.touchpoint_ids
        self.assertEqual(touchpoint.attendee_ids, self.colleague)
        self.assertIn(self.colleague.name, touchpoint.name)
        self.assertEqual(touchpoint.activity_id.summary, touchpoint.name)
        self.assertIn(self.colleague, plan.reader_ids)
        self._accept(line.check_ids, self.colleague)
        self.assertTrue(line.gate_open)

    def test_released_letter_is_taken_back(self):
        self._set_tier(self.customer_2, self.tier_c)
        self.customer_2.write({"lang": "en_US", "email": "c2@example.com"})
        for user in (self.successor, self.colleague):
            user.partner_id.phone = "+1"
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_2)
        letter = line.touchpoint_ids
        letter.with_user(self.leaver).action_release()
        self.assertEqual(letter.state, "released")
        self._another(line, self.colleague)
        self.assertEqual(letter.state, "owed")
        self.assertEqual(letter.cosigner_id, self.colleague)
        body = letter._render_letters()[letter.id].body
        self.assertIn(self.colleague.name, body)
        self.assertNotIn(self.successor.name, body)

    def test_who_was_told_already_is_told_again(self):
        plan = self._running_plan()
        line = self._report(plan, self.customer_2, "refuses")
        told = line.touchpoint_ids
        self.assertEqual(told.state, "done")
        self._another(line, self.colleague)
        again = line.touchpoint_ids - told
        self.assertIn(self.colleague.name, again.name)
        self.assertEqual(again.cosigner_id, self.colleague)
        self.assertTrue(again.activity_id)

    def test_third_successor_after_the_second_was_not_told(self):
        """Nobody calls in the name of somebody who does not take over either."""
        plan = self._running_plan()
        line = self._report(plan, self.customer_2, "refuses")
        told = line.touchpoint_ids
        self._another(line, self.colleague)
        self._another(line, self.user_manager)
        again = line.touchpoint_ids - told
        self.assertEqual(len(again), 1)
        self.assertIn(self.user_manager.name, again.name)
        self.assertEqual(again.attendee_ids, self.user_manager)
        self.assertEqual(again.activity_id.summary, again.name)
        self._another(line, self.successor)
        self.assertIn(self.successor.name, again.name, "told of the second, or none")

    def test_visit_with_another_successor(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        self.env["calendar.event"].create(
            {
                "name": "Busy",
                "start": line.date_visit,
                "stop": fields.Datetime.add(line.date_visit, hours=1),
                "user_id": self.colleague.id,
                "partner_ids": [Command.set(self.colleague.partner_id.ids)],
            }
        )
        before = line.date_visit
        self._another(line, self.colleague)
        visit = line.visit_touchpoint_id
        self.assertEqual(visit.attendee_ids, self.colleague)
        self.assertNotEqual(line.date_visit, before, "at a time both are free")
        self.assertEqual(visit.date_planned, line.date_visit)

    def test_after_the_cut_over_a_new_plan(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_2)
        self._carry_out(line)
        line.with_user(self.leaver).action_cut_over()
        self.assertEqual(line.state, "moved")
        action = self._another(line, self.colleague, user=self.user_manager)
        self.assertEqual(action["res_model"], "continuity.handover.wizard")
        wizard = (
            self.env["continuity.handover.wizard"]
            .with_user(self.user_manager)
            .with_context(**action["context"])
            .with_company(self.company_a)
            .create({"customer_reason": "At your request."})
        )
        wizard.approver_id = self.user_manager
        self.assertEqual(wizard.leaver_ids, self.successor)
        wizard.action_what()
        self.assertEqual(wizard.line_ids.partner_id, self.customer_2)
        self.assertEqual(wizard.line_ids.successor_id, self.colleague)
