from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_handover import HandoverCommon

MODELS = (
    "continuity.handover",
    "continuity.handover.line",
    "continuity.handover.check",
    "continuity.handover.approval",
    "continuity.handover.move",
)


class AccessCommon(HandoverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.group_export = cls.env.ref("base.group_allow_export")
        cls.user_leader_manager = cls._create_user(
            "chief", "sales_team.group_sale_manager"
        )

    @classmethod
    def _records(cls, plan):
        """All records of a plan, by model."""
        return {
            "continuity.handover": plan,
            "continuity.handover.line": plan.line_ids,
            "continuity.handover.check": plan.line_ids.check_ids,
            "continuity.handover.approval": plan.approval_ids,
            "continuity.handover.move": plan.move_ids,
        }

    @classmethod
    def _log_a_move(cls, plan):
        cls.env["continuity.handover.move"].sudo().create(
            {
                "handover_id": plan.id,
                "line_id": plan.line_ids[0].id,
                "kind": "write",
                "model": "res.partner",
                "res_id": cls.customer_1.id,
                "field": "user_id",
                "old_value_id": cls.leaver.id,
                "new_value_id": cls.successor.id,
            }
        )

    def _let_export(self, user):
        # Each change of somebody's groups empties all caches.
        if self.group_export not in user.group_ids:
            user.group_ids += self.group_export

    def _reads(self, user, plan):
        """Assert that a user reads the whole of a plan, in every way."""
        self._let_export(user)
        for model, records in self._records(plan).items():
            with self.subTest(user=user.login, model=model):
                mine = self.env[model].with_user(user)
                domain = [("id", "in", records.ids)]
                self.assertEqual(mine.search(domain), records)
                self.assertEqual(mine.search_count(domain), len(records))
                [[count]] = mine._read_group(domain, aggregates=["__count"])
                self.assertEqual(count, len(records))
                own = records.with_user(user)
                self.assertEqual(len(own.read()), len(records))
                self.assertEqual(len(own.mapped("display_name")), len(records))
                if model.endswith(".line") and self._takes_no_list(user, plan):
                    with self.assertRaises(AccessError):
                        own.export_data(["id", "display_name"])
                    continue
                exported = own.export_data(["id", "display_name"])["datas"]
                self.assertEqual(len(exported), len(records))

    def _takes_no_list(self, user, plan):
        """Tell whether somebody leaves by this plan, and exports no customers."""
        plan = plan.sudo()
        leaves = plan.reason == "resignation" and user in plan.leaver_ids
        return leaves and plan.state in ("submitted", "approved", "running")

    def _is_blind(self, user, plan):
        """Assert that a user learns nothing of a plan in any way."""
        self._let_export(user)
        for model, records in self._records(plan).items():
            if not records:
                continue
            with self.subTest(user=user.login, model=model):
                self._is_blind_to(user, records)
        with self.subTest(user=user.login, model="mail"):
            self._has_no_mail_of(user, plan)

    def _is_blind_to(self, user, records):
        self.env.invalidate_all()
        model = self.env[records._name].with_user(user)
        domain = [("id", "in", records.ids)]
        self.assertFalse(model.search(domain))
        self.assertEqual(model.search_count(domain), 0)
        [[count]] = model._read_group(domain, aggregates=["__count"])
        self.assertEqual(count, 0)
        groups = model.web_read_group(domain, ["create_uid"], ["__count"])
        self.assertFalse(groups["length"])
        [total] = model.formatted_read_group(domain, [], ["__count"])
        self.assertEqual(total["__count"], 0)
        if model._rec_names_search or model._rec_name:
            self.assertFalse(model.name_search("", domain))
            for name in records.mapped("display_name"):
                found = {id_ for id_, _name in model.name_search(name, limit=None)}
                self.assertFalse(found.intersection(records.ids))
        own = records.with_user(user)
        for method, args in (
            ("read", (["id"],)),
            ("read", (["display_name"],)),
            ("web_read", ({"display_name": {}},)),
            ("export_data", (["display_name"],)),
            ("write", ({},)),
            ("write", ({"create_uid": user.id},)),
            ("unlink", ()),
            ("copy", ()),
        ):
            with self.assertRaises(AccessError, msg=(method, args)) as caught:
                self._rpc(user, own, method, *args)
            for name in records.mapped("display_name"):
                if name:
                    self.assertNotIn(name, str(caught.exception))
        for operation in ("read", "write", "unlink"):
            self.assertFalse(own.has_access(operation), operation)
        # Nor by asking another way: through what points there.
        for field in own._fields.values():
            if field.type == "one2many" and field.comodel_name in MODELS:
                with self.assertRaises(AccessError):
                    own.mapped(field.name)

    def _has_no_mail_of(self, user, plan):
        thread = [("model", "=", plan._name), ("res_id", "in", plan.ids)]
        documents = [("res_model", "=", plan._name), ("res_id", "in", plan.ids)]
        # Odoo lets every user read who follows what, so it must be nobody.
        if plan.confidential or plan.state == "draft":
            self.assertFalse(plan.sudo().message_follower_ids)
        for model, domain in (
            ("mail.message", thread),
            ("mail.activity", documents),
            ("ir.attachment", documents),
            ("mail.notification", [("mail_message_id", "in", plan.message_ids.ids)]),
        ):
            records = self.env[model].with_user(user)
            try:
                found = records.search_count(domain)
            except AccessError:
                continue
            self.assertFalse(found, model)
        partner = user.partner_id
        self.assertNotIn(partner, plan.message_partner_ids)
        messages = plan.sudo().message_ids
        self.assertNotIn(partner, messages.notified_partner_ids)


@tagged("post_install", "-at_install")
class TestHandoverAccess(AccessCommon):
    """Who reads, writes, creates and deletes what, in each state."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls._create_plan(
            date_start="2027-03-02",
            named_user_ids=[Command.set(cls.colleague.ids)],
            approval_ids=[
                Command.create({"user_id": cls.approver.id, "deputy_id": cls.deputy.id})
            ],
        )
        cls.customer_of_b = cls._create_customer("Customer of B", cls.user_company_b)
        cls.plan_b = (
            cls.env["continuity.handover"]
            .with_user(cls.user_company_b)
            .with_company(cls.company_b)
            .create(
                cls._plan_values(
                    company_id=cls.company_b.id,
                    leaver_ids=[Command.set(cls.user_company_b.ids)],
                    approval_ids=[Command.create({"user_id": cls.user_manager.id})],
                    line_ids=[
                        Command.create(
                            {
                                "leaver_id": cls.user_company_b.id,
                                "successor_id": cls.user_manager.id,
                                "partner_id": cls.customer_of_b.id,
                            }
                        )
                    ],
                )
            )
            .with_env(cls.env)
        )
        cls.participants = (
            cls.leaver | cls.successor | cls.approver | cls.deputy | cls.colleague
        )
        cls.managers = cls.user_manager | cls.user_leader_manager
        cls.outsiders = (
            cls.user_all
            | cls._create_user("outsider", "sales_team.group_sale_salesman")
            | cls._create_user(
                "team_mate",
                "sales_team.group_sale_salesman",
                "customer_continuity.group_team",
            )
            | cls.user_company_b
        )
        cls.team.member_ids += cls.outsiders[2]

    def test_read_in_every_state(self):
        """A salesperson sees the plans they are part of, managers all of them."""
        self._submit(self.plan)
        self._approve(self.plan)
        self.plan.with_user(self.approver).action_start()
        self._log_a_move(self.plan)
        self.assertTrue(all(self._records(self.plan).values()))
        for user in self.participants | self.managers:
            self._reads(user, self.plan)
        for user in self.outsiders:
            self._is_blind(user, self.plan)

    def test_read_as_a_draft(self):
        for user in self.participants | self.managers:
            self._reads(user, self.plan)
        for user in self.outsiders:
            self._is_blind(user, self.plan)

    def test_successor_of_one_line_reads_the_plan(self):
        """Participants read the plan as a whole: it is one piece of work."""
        line = self._line_of(self.plan, self.customer_2)
        outsider = self.outsiders[1]
        line.with_user(self.leaver).successor_id = outsider
        self._reads(outsider, self.plan)
        line.with_user(self.leaver).successor_id = self.successor
        self._is_blind(outsider, self.plan)

    def test_company_wall(self):
        """Nobody sees plans of companies they have no access to, or left out (I8)."""
        self._reads(self.user_company_b, self.plan_b)
        self._reads(self.user_manager, self.plan_b)
        for user in self.participants | self.user_leader_manager | self.user_all:
            self._is_blind(user, self.plan_b)
        # Also who is named in it without access to the company.
        self.plan_b.sudo().named_user_ids = self.leaver
        self._is_blind(self.leaver, self.plan_b)
        for model, records in self._records(self.plan_b).items():
            switched_off = (
                self.env[model]
                .with_user(self.user_manager)
                .with_context(allowed_company_ids=self.company_a.ids)
            )
            self.assertFalse(switched_off.search([("id", "in", records.ids)]))

    def test_portal_and_public(self):
        for user in (self.user_portal, self.env.ref("base.public_user")):
            for model in (
                *MODELS,
                "continuity.handover.topic",
                "continuity.handover.wizard",
                "continuity.handover.wizard.line",
                "continuity.reason.wizard",
                "continuity.report.contact",
                "continuity.touchpoint",
                "continuity.touchpoint.attempt",
                "continuity.relationship",
                "continuity.channel",
                "continuity.policy.step",
            ):
                for operation in ("read", "write", "create", "unlink"):
                    with self.subTest(user=user.login, model=model, op=operation):
                        self.assertFalse(
                            self.env[model].with_user(user).has_access(operation)
                        )
                        with self.assertRaises(AccessError):
                            self.env[model].with_user(user).check_access(operation)
                with self.assertRaises(AccessError):
                    self.env[model].with_user(user).search_count([])

    def test_user_without_the_app(self):
        clerk = self._create_user("clerk", "base.group_user")
        self.plan.sudo().named_user_ids += clerk
        for model in MODELS:
            with self.assertRaises(AccessError):
                self.env[model].with_user(clerk).search_count([])

    def test_log_is_read_only(self):
        self._log_a_move(self.plan)
        move = self.plan.move_ids
        for user in self.participants | self.managers | self.outsiders:
            for method, args in (
                ("write", ({"new_value_id": user.id},)),
                ("unlink", ()),
                ("copy", ()),
            ):
                with self.assertRaises(AccessError):
                    self._rpc(user, move, method, *args)
            with self.assertRaises(AccessError):
                self._rpc(
                    user,
                    move.browse(),
                    "create",
                    [
                        {
                            "handover_id": self.plan.id,
                            "kind": "write",
                            "model": "res.partner",
                            "res_id": self.customer_1.id,
                            "field": "user_id",
                        }
                    ],
                )

    def test_write_a_draft(self):
        """Leaver, author, approvers and managers; the others only read."""
        line, approval = self.plan.line_ids[0], self.plan.approval_ids
        writers = self.leaver | self.approver | self.deputy | self.managers
        for user in writers:
            with self.subTest(user=user.login):
                self.plan.with_user(user).internal_reason = f"By {user.name}"
                line.with_user(user).advice = f"By {user.name}"
                approval.with_user(user).sequence = 20 + user.id
        for user in self.successor | self.colleague | self.outsiders:
            for records, values in (
                (self.plan, {"internal_reason": "x"}),
                (line, {"advice": "x"}),
                (approval, {"sequence": 1}),
                (approval, {"user_id": user.id}),
            ):
                with (
                    self.subTest(user=user.login, model=records._name),
                    self.assertRaises(AccessError),
                ):
                    self._rpc(user, records, "write", values)

    def test_create_and_delete_parts_of_a_draft(self):
        for user in self.successor | self.colleague | self.outsiders:
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    self._rpc(
                        user,
                        self.plan.line_ids.browse(),
                        "create",
                        [
                            {
                                "handover_id": self.plan.id,
                                **self._line_values(self.customer_3),
                            }
                        ],
                    )
                with self.assertRaises(AccessError):
                    self._rpc(
                        user,
                        self.plan.approval_ids.browse(),
                        "create",
                        [{"handover_id": self.plan.id, "user_id": user.id}],
                    )
                for records in (
                    self.plan.line_ids,
                    self.plan.approval_ids,
                    self.plan,
                ):
                    with self.assertRaises(AccessError, msg=records._name):
                        self._rpc(user, records, "unlink")
        self.assertEqual(len(self.plan.line_ids), 2)
        for user in self.approver | self.deputy:
            with self.assertRaises(AccessError):
                self._rpc(user, self.plan, "unlink")
        self._rpc(self.leaver, self.plan.line_ids[0], "unlink")
        self._rpc(self.leaver, self.plan, "unlink")
        self.assertFalse(self.plan.exists())

    def test_touchpoints_of_a_plan(self):
        self._approve(self._submit(self.plan))
        self.plan.with_user(self.approver).action_start()
        touchpoints = self.plan.line_ids.touchpoint_ids
        # Those who take part, and who sees the customers anyway.
        for user in (
            self.leaver
            | self.successor
            | self.approver
            | self.managers
            | self.user_all
            | self.outsiders[2]
        ):
            found = touchpoints.with_user(user).search([("id", "in", touchpoints.ids)])
            self.assertEqual(found, touchpoints, user.login)
        for user in self.outsiders[1] | self.user_company_b:
            self.assertFalse(
                touchpoints.with_user(user).search([("id", "in", touchpoints.ids)])
            )
            with self.assertRaises(AccessError):
                touchpoints.with_user(user).read(["name"])

    def test_whoever_reads_the_plan_opens_its_form(self):
        """No field of the form raises for a participant who sees little else."""
        lead = self.env["crm.lead"].create(
            {
                "name": "A deal",
                "type": "opportunity",
                "user_id": self.leaver.id,
                "company_id": self.company_a.id,
            }
        )
        self.plan.with_user(self.leaver).write(
            {
                "line_ids": [
                    Command.create(
                        {
                            "leaver_id": self.leaver.id,
                            "successor_id": self.successor.id,
                            "lead_id": lead.id,
                        }
                    )
                ]
            }
        )
        self._approve(self._submit(self.plan))
        self.plan.with_user(self.approver).action_start()
        for user in self.participants | self.managers:
            for records in (
                self.plan,
                self.plan.line_ids,
                self.plan.line_ids.check_ids,
            ):
                with self.subTest(user=user.login, model=records._name):
                    self.env.invalidate_all()
                    view = (
                        self.env[records._name]
                        .with_user(user)
                        .get_views([(False, "form"), (False, "list")])
                    )
                    self._web_read(records.with_user(user), view)

    def _web_read(self, records, views):
        names = views["models"][records._name]["fields"]
        specification = {}
        for name in names:
            field = records._fields[name]
            if not records._has_field_access(field, "read"):
                continue
            specification[name] = {}
            if field.relational:
                specification[name] = {"fields": {"display_name": {}}}
        self.assertEqual(len(records.web_read(specification)), len(records))


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
