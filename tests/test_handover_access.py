from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common_handover_access import MODELS, AccessCommon


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
