from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestHandoverAttacks(HandoverCommon):
    """What somebody tried who wanted data or customers they may not have."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.strangers_customer = cls._create_customer("Stranger's", cls.user_company_b)
        cls.colleagues_lead, cls.lead_b = cls.env["crm.lead"].create(
            [
                {
                    "name": "SECRET DEAL",
                    "type": "opportunity",
                    "user_id": cls.successor.id,
                    "company_id": cls.company_a.id,
                },
                {
                    "name": "SECRET DEAL OF B",
                    "type": "opportunity",
                    "user_id": cls.user_company_b.id,
                    "company_id": cls.company_b.id,
                },
            ]
        )

    def _draft(self, **line):
        return self._create_plan(
            line_ids=[
                Command.create(
                    {
                        "leaver_id": self.leaver.id,
                        "successor_id": self.successor.id,
                        **line,
                    }
                )
            ]
        )

    def test_no_mail_tells_of_a_submitted_resignation(self):
        """Any employee may read the notifications of mails, with their subject."""
        notifications = self.env["mail.notification"].sudo()
        before = notifications.search([])
        plan = self._create_plan(
            reason="resignation",
            last_day="2027-03-31",
            approval_ids=[
                Command.create(
                    {"user_id": self.approver.id, "deputy_id": self.deputy.id}
                ),
                Command.create({"user_id": self.user_manager.id}),
            ],
        )
        self._submit(plan)
        self._approve(plan)
        self.assertTrue(plan.activity_ids)
        new = notifications.search([]) - before
        self.assertFalse(
            new.filtered(lambda n: n.author_id == self.leaver.partner_id),
        )

    def test_no_tier_of_a_strangers_customer(self):
        for partner in (self.customer_3, self.strangers_customer):
            with self.subTest(partner=partner.name), self.assertRaises(AccessError):
                self._draft(partner_id=partner.id)
        plan = self._create_plan()
        line = self._line_of(plan, self.customer_1).with_user(self.leaver)
        with self.assertRaises(AccessError):
            line.partner_id = self.customer_3
        self.assertEqual(line.partner_id, self.customer_1)

    def test_no_relationship_across_companies(self):
        company_b_only = self._create_customer("Of B", self.user_company_b)
        company_b_only.company_id = self.company_b
        with self.assertRaises(AccessError):
            self._draft(partner_id=company_b_only.id)
        self.assertFalse(
            self.env["continuity.relationship"].search_count(
                [
                    ("partner_id", "=", company_b_only.id),
                    ("company_id", "=", self.company_a.id),
                ]
            )
        )

    def test_no_name_of_a_strangers_deal(self):
        for lead in (self.colleagues_lead, self.lead_b):
            with self.subTest(lead=lead.name), self.assertRaises(AccessError):
                self._draft(lead_id=lead.id)
        plan = self._create_plan()
        line = plan.line_ids[0].with_user(self.leaver)
        with self.assertRaises(AccessError):
            line.write({"partner_id": False, "lead_id": self.lead_b.id})

    def test_no_invitation_to_somebody_elses_customer(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1).with_user(self.successor)
        with self.assertRaises(ValidationError):
            line.write(
                {
                    "contact_ids": [Command.set(self.customer_3.ids)],
                    "invite_customer": True,
                }
            )

    def test_leaver_does_not_cancel_what_was_approved(self):
        plan = self._submit(self._create_plan())
        plan.with_user(self.leaver)._cancel("Second thoughts")
        self.assertEqual(plan.state, "cancelled")
        plan = self._running_plan()
        with self.assertRaises(AccessError):
            plan.with_user(self.leaver)._cancel("I keep them")
        plan.line_ids[0].sudo().state = "queued"
        plan.with_user(self.approver)._cancel("A better plan follows")
        self.assertEqual(plan.line_ids[0].state, "open")

    def test_nobody_takes_over_what_they_alone_approve(self):
        self.approver.group_ids += self.env.ref("sales_team.group_sale_salesman")
        plan = self._create_plan()
        plan.line_ids.with_user(self.leaver).successor_id = self.approver
        with self.assertRaisesRegex(UserError, "name a second approver"):
            self._submit(plan)
        plan.with_user(self.leaver).approval_ids = [
            Command.create({"user_id": self.user_manager.id})
        ]
        self._submit(plan)
        self.assertEqual(plan.state, "submitted")

    def test_nobody_gives_themself_what_they_alone_approve(self):
        self.approver.group_ids += self.env.ref("sales_team.group_sale_salesman")
        plan = self._submit(self._create_plan())
        plan.line_ids.with_user(self.approver).successor_id = self.approver
        with self.assertRaisesRegex(UserError, "name a second approver"):
            self._approve(plan)
        self.assertEqual(plan.state, "submitted")

    def test_no_reason_is_added_afterwards(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_2)
        self._move_without_cut_over(line)
        with self.assertRaisesRegex(UserError, "closed already"):
            line.with_user(self.approver)._override_gate("Invented later")
        self.assertFalse(line.override_reason)

    def test_question_is_text(self):
        plan = self._running_plan()
        check = self._line_of(plan, self.customer_2).check_ids[0]
        self._prepare(check)
        check.with_user(self.successor).question = '<a href="//evil">Log in</a>'
        check.with_user(self.successor).action_return()
        note = plan.activity_ids.filtered(lambda a: a.user_id == self.leaver).note
        self.assertIn("&lt;a", note)
        self.assertNotIn("<a", note)

    def test_settings_are_no_business_of_the_portal(self):
        with self.assertRaises(AccessError):
            self.company_a.with_user(self.user_portal).read(["continuity_tier_method"])

    def test_support_ends_on_a_cancelled_plan_too(self):
        plan = self._running_plan(support_end="2027-03-25")
        line = self._line_of(plan, self.customer_2)
        line.with_user(self.approver)._override_gate("Well known to both")
        line.with_user(self.approver).action_cut_over()
        self.assertEqual(line.state, "moved")
        self.customer_2.message_subscribe(partner_ids=self.leaver.partner_id.ids)
        plan.with_user(self.approver)._cancel("The rest stays")
        with self._at("2027-03-26 06:00:00"), self.enter_registry_test_mode():
            self.env.ref("customer_continuity.cron_end_support").method_direct_trigger()
        self.env.invalidate_all()
        self.assertNotIn(self.leaver.partner_id, self.customer_2.message_partner_ids)

    def test_log_opens(self):
        plan = self._running_plan()
        action = plan.with_user(self.approver).action_view_moves()
        self.assertEqual(action["res_model"], "continuity.handover.move")

    def test_tasks_in_the_language_of_who_has_them(self):
        self.env["res.lang"]._activate_lang("ja_JP")
        self.leaver.lang = "ja_JP"
        plan = self._running_plan()
        visit = self._line_of(plan, self.customer_1).visit_touchpoint_id
        self.assertIn("同行訪問", visit.name)


@tagged("post_install", "-at_install")
class TestTwoReportsAtOnce(HandoverCommon):
    """Two requests at the same moment see nothing of each other."""

    def test_reports_of_the_same_people_collide(self):
        visit = self._line_of(self._running_plan(), self.customer_1)
        touchpoint = visit.visit_touchpoint_id
        statements = []
        execute = type(self.env.cr).execute

        def spy(cursor, query, *args, **kwargs):
            statements.append(str(query))
            return execute(cursor, query, *args, **kwargs)

        self.patch(type(self.env.cr), "execute", spy)
        with self._after_visit(visit):
            self._hold_visit(visit)
        taken = [i for i, s in enumerate(statements) if "UPDATE res_users" in s]
        kept = [
            i
            for i, s in enumerate(statements)
            if 'INSERT INTO "continuity_touchpoint_attempt"' in s
        ]
        self.assertTrue(taken, "nothing makes two transactions collide")
        self.assertLess(taken[0], kept[0])
        self.assertEqual(touchpoint.state, "done")
