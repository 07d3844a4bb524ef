"""Who hears of a resignation that has not been announced."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_handover_access import MODELS, AccessCommon


@tagged("post_install", "-at_install")
class TestConfidentialResignation(AccessCommon):
    """Until a resignation is approved, nobody but those who must know do (H1)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.named = cls._create_user("named", "sales_team.group_sale_salesman")
        # With everything the tests switch off: followers, tracking, logs.
        loud = cls.env(context={"lang": "en_US"})
        cls.plan = (
            cls.env["continuity.handover"]
            .with_env(loud(user=cls.leaver.id))
            .create(
                cls._plan_values(
                    reason="resignation",
                    last_day="2027-03-31",
                    internal_reason="Founds a company of their own.",
                    named_user_ids=[Command.set(cls.named.ids)],
                    approval_ids=[
                        Command.create(
                            {
                                "user_id": cls.approver.id,
                                "deputy_id": cls.deputy.id,
                            }
                        )
                    ],
                )
            )
        )
        cls.plan = cls.plan.with_env(loud)
        cls.env.flush_all()
        cls.env.cr.precommit.run()
        cls.insiders = cls.leaver | cls.approver | cls.deputy | cls.named
        cls.outsiders = (
            cls.successor
            | cls.colleague
            | cls.user_all
            | cls.user_manager
            | cls.user_leader_manager
            | cls.user_company_b
        )

    def _act(self, user):
        """The plan as a user works on it, with tracking and the rest."""
        return self.plan.with_user(user)

    def _assert_confidential(self):
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.assertTrue(self.plan.confidential)
        for user in self.insiders:
            self._reads(user, self.plan)
        for user in self.outsiders:
            self._is_blind(user, self.plan)

    def test_as_a_draft(self):
        self._assert_confidential()

    def test_submitted(self):
        self._act(self.leaver).action_submit()
        self._assert_confidential()

    def test_after_the_first_of_two(self):
        self.plan.approval_ids.sudo().sequence = 1
        self._act(self.leaver).approval_ids.create(
            {
                "handover_id": self.plan.id,
                "user_id": self.user_manager.id,
                "sequence": 2,
            }
        )
        self.insiders |= self.user_manager
        self.outsiders -= self.user_manager
        self._act(self.leaver).action_submit()
        self._act(self.approver).action_approve()
        self._assert_confidential()

    def test_refused(self):
        self._act(self.leaver).action_submit()
        self._act(self.approver)._refuse("Let us talk first.")
        self._assert_confidential()

    def test_cancelled(self):
        self._act(self.leaver).action_submit()
        self._act(self.leaver)._cancel("I stay.")
        self._assert_confidential()
        # Talking about it makes nobody a follower either.
        self._act(self.approver).message_post(body="Glad.", message_type="comment")
        self._act(self.leaver).message_subscribe(self.named.partner_id.ids)
        self._assert_confidential()

    def test_drafted_by_a_manager(self):
        """The author is an insider, and nobody else for being a manager, too."""
        plan = self._create_plan(
            user=self.user_manager, reason="resignation", last_day="2027-03-31"
        )
        self._reads(self.user_manager, plan)
        self._is_blind(self.user_leader_manager, plan)
        self._is_blind(self.successor, plan)

    def test_approved(self):
        """After that the successors see it, and the other managers."""
        self._act(self.leaver).action_submit()
        self._act(self.approver).action_approve()
        self.assertFalse(self.plan.confidential)
        seeing = self.successor | self.user_manager | self.user_leader_manager
        for user in self.insiders | seeing:
            self._reads(user, self.plan)
        for user in self.outsiders - seeing:
            self._is_blind(user, self.plan)

    def test_cancelled_after_it_was_approved(self):
        """What successors have seen and worked on stays in their sight."""
        self._act(self.leaver).action_submit()
        self._act(self.approver).action_approve()
        self._act(self.approver)._cancel("They stay after all.")
        self.assertFalse(self.plan.confidential)
        self._reads(self.successor, self.plan)
        self._is_blind(self.colleague, self.plan)

    def test_nobody_lets_themself_in(self):
        """By adding a row that makes them an approver or a successor."""
        for user in self.outsiders | self.named:
            rows = (
                (self.plan.approval_ids.browse(), {"user_id": user.id}),
                (
                    self.plan.approval_ids.browse(),
                    {"deputy_id": user.id, "user_id": self.approver.id},
                ),
                (
                    self.plan.line_ids.browse(),
                    self._line_values(self.customer_3, successor_id=user.id),
                ),
            )
            for model, values in rows:
                given = {**values, "handover_id": self.plan.id}
                context = {"default_handover_id": self.plan.id}
                for vals, keys in ((given, {}), (values, context)):
                    with (
                        self.subTest(user=user.login, values=vals),
                        self.assertRaises(AccessError),
                    ):
                        self._rpc(user, model, "create", [vals], context=keys)
            if user != self.named:
                self._is_blind(user, self.plan)

    def test_other_reasons_are_no_secret_of_managers(self):
        plan = self._create_plan()
        self.assertFalse(plan.confidential)
        self._reads(self.user_leader_manager, plan)
        self._reads(self.successor, plan)
        plan.with_user(self.leaver).write(
            {"reason": "resignation", "last_day": "2027-03-31"}
        )
        self.assertTrue(plan.confidential)
        self._is_blind(self.user_leader_manager, plan)
        self._is_blind(self.successor, plan)

    def test_calls_say_nothing(self):
        """Whatever an outsider calls answers as if the plan were not theirs."""
        self._act(self.leaver).action_submit()
        for user in self.outsiders:
            for method in (
                "action_submit",
                "action_approve",
                "action_draft",
                "action_start",
                "action_close",
                "action_report_result",
                "action_cut_over_ready",
                "action_suggest_dates",
            ):
                with self.subTest(user=user.login, method=method):
                    with self.assertRaises(AccessError) as caught:
                        self._rpc(user, self.plan, method)
                    self._assert_tells_nothing(str(caught.exception))
            for decision in ("refuse_plan", "cancel_plan"):
                dialog = (
                    self.env["continuity.reason.wizard"]
                    .with_user(user)
                    .create(
                        {
                            "decision": decision,
                            "res_ids": self.plan.ids,
                            "reason": "Because.",
                        }
                    )
                )
                with self.assertRaises(AccessError) as caught:
                    dialog.action_apply()
                self._assert_tells_nothing(str(caught.exception))
        self.assertEqual(self.plan.state, "submitted")

    def _assert_tells_nothing(self, message):
        for text in (self.plan.name, "Sales A", "Customer 1", "resign", "Founds"):
            self.assertNotIn(text, message)

    def test_other_plans_do_not_mention_it(self):
        """Neither the customers it holds, nor its name, nor its visits: what no longer
        fits is found when the later of the two is approved."""
        self._act(self.leaver).action_submit()
        plan = self._create_plan(
            user=self.user_leader_manager,
            line_ids=[Command.create(self._line_values(self.customer_1))],
        )
        self._submit(plan, self.user_leader_manager)
        self.assertEqual(plan.state, "submitted")
        plan = self._create_plan(
            user=self.user_leader_manager,
            visits_per_day=1,
            leaver_ids=[Command.set(self.colleague.ids)],
            approval_ids=[Command.create({"user_id": self.user_manager.id})],
            line_ids=[
                Command.create(
                    {
                        **self._line_values(
                            self._create_customer("Of a colleague", self.colleague),
                            mode="visit",
                        ),
                        "leaver_id": self.colleague.id,
                        "date_visit": "2027-03-02 09:00:00",
                    }
                )
            ],
        )
        self._submit(plan, self.user_leader_manager)
        self._approve(plan, self.user_manager)
        with self.assertRaises(UserError) as caught:
            self._approve(self.plan)
        self.assertIn("Sales B", str(caught.exception))

    def test_numbers_of_the_plan_are_no_oracle(self):
        """Searches over other models do not reach into it."""
        self._act(self.leaver).action_submit()
        self.env.flush_all()
        for user in self.outsiders:
            if user == self.user_company_b:
                continue
            for model, domain in (
                ("res.users", [("id", "in", self.leaver.ids)]),
                ("res.partner", [("id", "in", self.customer_1.ids)]),
            ):
                records = self.env[model].with_user(user).search(domain)
                for name, field in records._fields.items():
                    if not (field.store or field.search):
                        continue
                    # No way for a search from people or customers to plans.
                    self.assertNotIn(
                        field.comodel_name if field.relational else "", MODELS, name
                    )
            touchpoints = self.env["continuity.touchpoint"].with_user(user)
            self.assertFalse(
                touchpoints.search_count([("purpose", "=", "handover")]),
                "no contact is planned before the approval",
            )

    def test_customers_and_calendars_say_nothing(self):
        """No message on the customer, no meeting, no activity for the successor."""
        before = {
            model: self.env[model].search_count([])
            for model in ("calendar.event", "mail.activity")
        }
        messages = (self.customer_1 | self.customer_2).message_ids
        self._act(self.leaver).action_submit()
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.assertEqual(
            self.env["calendar.event"].search_count([]), before["calendar.event"]
        )
        activities = self.env["mail.activity"].search(
            [("res_model", "=", self.plan._name), ("res_id", "=", self.plan.id)]
        )
        self.assertEqual(activities.user_id, self.approver | self.deputy)
        self.assertEqual(
            self.env["mail.activity"].search_count([]),
            before["mail.activity"] + len(activities),
        )
        self.assertEqual((self.customer_1 | self.customer_2).message_ids, messages)

    def test_print(self):
        report = self.env["ir.actions.report"]
        name = "customer_continuity.report_handover_plan"
        html, _type = report.with_user(self.named)._render_qweb_html(
            name, self.plan.ids
        )
        self.assertIn(self.plan.name, html.decode())
        for user in self.outsiders | self.user_portal:
            self.env.invalidate_all()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                report.with_user(user)._render_qweb_html(name, self.plan.ids)

    def test_mail_reaches_insiders_only(self):
        known = self.env["mail.mail"].sudo().search([])
        self._act(self.leaver).action_submit()
        self._act(self.approver)._refuse("Let us talk first.")
        self.env.flush_all()
        self.env.cr.precommit.run()
        mails = self.env["mail.mail"].sudo().search([]) - known
        recipients = mails.recipient_ids | mails.mail_message_id.notified_partner_ids
        self.assertFalse(recipients - self.insiders.partner_id)

    def test_wizard_of_a_resignation(self):
        wizard = (
            self.env["continuity.handover.wizard"]
            .with_user(self.leaver)
            .create(
                {
                    "reason": "resignation",
                    "last_day": "2027-03-31",
                    "date_end": "2027-03-31",
                    "successor_id": self.successor.id,
                }
            )
        )
        wizard.action_what()
        self.env.flush_all()
        for user in self.outsiders:
            for records in (wizard, wizard.line_ids):
                mine = records.with_user(user)
                self.assertFalse(mine.search_count([("id", "in", records.ids)]))
                with self.assertRaises(AccessError):
                    mine.read(["create_uid"])
