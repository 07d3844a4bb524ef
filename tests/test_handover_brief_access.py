from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common_handover_access import AccessCommon


@tagged("post_install", "-at_install")
class TestHandoverBriefAccess(AccessCommon, HttpCase):
    """Who reads a brief: those who take part, and who sees plan and customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stranger = cls._create_user("stranger", "sales_team.group_sale_salesman")
        cls.other_successor = cls._create_user(
            "other_successor", "sales_team.group_sale_salesman"
        )
        cls.team_mate = cls._create_user(
            "mate",
            "sales_team.group_sale_salesman",
            "customer_continuity.group_team",
        )
        cls.team.member_ids += cls.team_mate

    def _plan(self, **values):
        """``colleague`` and ``team_mate`` may see the plan; customer 2 goes to
        somebody else than customer 1."""
        plan = self._create_plan(
            named_user_ids=[Command.set((self.colleague | self.team_mate).ids)],
            approval_ids=[
                Command.create(
                    {"user_id": self.approver.id, "deputy_id": self.deputy.id}
                )
            ],
            **values,
        )
        line = self._line_of(plan, self.customer_2)
        line.with_user(self.leaver).successor_id = self.other_successor
        return plan

    def _brief(self, plan, partner=None):
        line = self._line_of(plan, partner or self.customer_1)
        return self.env["continuity.handover.brief"].sudo()._ensure(line.sudo())

    def _reads_brief(self, user, brief):
        self.env.invalidate_all()
        own = brief.with_user(user).sudo(False)
        self.assertEqual(own.search([("id", "=", brief.id)]), own, user.login)
        self.assertTrue(own.read(["content", "answer_risk"]), user.login)

    def _is_blind_to_brief(self, user, brief):
        if user._is_internal():
            user.group_ids += self.group_export
        self.env.invalidate_all()
        own = brief.with_user(user).sudo(False)
        with self.subTest(user=user.login):
            try:
                self.assertFalse(own.search([("id", "=", brief.id)]))
                self.assertFalse(own.search([("answer_risk", "ilike", "late")]))
            except AccessError:
                # No access to the model at all.
                self.assertFalse(own.browse().has_access("read"))
            for method, args in (
                ("read", (["content"],)),
                ("read", (["answer_risk"],)),
                ("web_read", ({"content": {}, "display_name": {}},)),
                ("export_data", (["content"],)),
                ("write", ({"answer_risk": "x"},)),
                ("unlink", ()),
            ):
                if method == "export_data" and not user._is_internal():
                    continue
                with self.assertRaises(AccessError, msg=method):
                    self._rpc(user, own, method, *args)
            with self.assertRaises(AccessError):
                self.env["ir.actions.report"].with_user(user)._render_qweb_html(
                    "customer_continuity.report_handover_brief", brief.ids
                )

    def _is_blind_through_line(self, user, brief):
        """The line may be read, its brief is empty."""
        self.env.invalidate_all()
        line = brief.line_id.with_user(user).sudo(False)
        [values] = self._rpc(
            user,
            line,
            "read",
            ["brief_id", "brief_html", "answer_risk", "brief_built_on", "brief_ids"],
        )
        values.pop("id")
        self.assertFalse(any(values.values()), values)
        found = line.search([("brief_ids.answer_risk", "ilike", "late")])
        self.assertFalse(found)

    def _answered(self, plan):
        brief = self._brief(plan)
        brief.answer_risk = "Another late delivery."
        return brief

    def test_running(self):
        plan = self._plan()
        brief = self._answered(plan)
        self._approve(self._submit(plan))
        for user in (
            self.leaver,
            self.successor,
            self.approver,
            self.deputy,
            self.user_manager,
            # Leads nobody here, but sees the customers of the team.
            self.team_mate,
        ):
            self._reads_brief(user, brief)
        for user in (
            self.colleague,
            self.other_successor,
            self.stranger,
            self.user_all,
            self.user_company_b,
            self.user_portal,
            self.env.ref("base.public_user"),
        ):
            self._is_blind_to_brief(user, brief)
        for user in (self.colleague, self.other_successor):
            self._is_blind_through_line(user, brief)

    def test_successor_only_from_the_approval_on(self):
        plan = self._plan()
        brief = self._answered(plan)
        self._is_blind_to_brief(self.successor, brief)
        self._is_blind_through_line(self.successor, brief)
        self._submit(plan)
        self._is_blind_to_brief(self.successor, brief)
        self._approve(plan)
        self._reads_brief(self.successor, brief)
        plan.with_user(self.approver)._cancel("Everybody stays")
        self._is_blind_to_brief(self.successor, brief)
        self._reads_brief(self.leaver, brief)

    def test_customer_that_stays_with_the_predecessor(self):
        plan = self._plan()
        brief = self._answered(plan)
        self._approve(self._submit(plan))
        brief.line_id.with_user(self.approver)._leave("They asked for it")
        self._is_blind_to_brief(self.successor, brief)

    def test_resignation_is_confidential(self):
        plan = self._plan(reason="resignation", last_day="2027-03-31")
        plan.sudo().named_user_ids = False
        brief = self._answered(plan)
        for user in (self.successor, self.user_manager, self.team_mate, self.user_all):
            self._is_blind_to_brief(user, brief)
        self._approve(self._submit(plan))
        self._reads_brief(self.successor, brief)
        self._reads_brief(self.user_manager, brief)

    def test_leaver_whose_access_ended(self):
        plan = self._plan(reason="resignation", last_day="2027-03-31")
        brief = self._answered(plan)
        self._approve(self._submit(plan))
        self._reads_brief(self.leaver, brief)
        self._move_without_cut_over(plan.line_ids)
        self.customer_1.user_id = self.successor
        with self._at("2027-04-01 06:00:00"):
            self._run_cron("end_support")
            self.assertNotIn(self.leaver, plan.reader_ids)
            self._is_blind_to_brief(self.leaver, brief)
            self._reads_brief(self.successor, brief)

    def test_company_wall(self):
        plan = self._plan()
        brief = self._answered(plan)
        self._approve(self._submit(plan))
        switched_off = brief.with_user(self.user_manager).sudo(False)
        switched_off = switched_off.with_context(allowed_company_ids=self.company_b.ids)
        self.assertFalse(switched_off.search([("id", "=", brief.id)]))
        with self.assertRaises(AccessError):
            switched_off.read(["content"])

    def test_nobody_writes_it_past_its_buttons(self):
        plan = self._plan()
        brief = self._answered(plan)
        self._approve(self._submit(plan))
        for user in (self.leaver, self.approver, self.user_manager):
            own = brief.with_user(user).sudo(False)
            for method, args in (
                ("write", ({"content": {}},)),
                ("write", ({"answer_risk": "x"},)),
                ("unlink", ()),
                ("copy", ()),
            ):
                with self.assertRaises(AccessError, msg=(user.login, method)):
                    self._rpc(user, own, method, *args)
            with self.assertRaises(AccessError):
                self._rpc(user, own.browse(), "create", {"line_id": brief.line_id.id})

    def test_refreshing_is_for_who_takes_part(self):
        plan = self._plan()
        brief = self._answered(plan)
        self._approve(self._submit(plan))
        for user in (
            self.colleague,
            self.team_mate,
            self.other_successor,
            self.stranger,
        ):
            with self.assertRaises(AccessError):
                brief.line_id.with_user(user).sudo(False).action_refresh_brief()

    @mute_logger("odoo.http")
    def test_report_route(self):
        plan = self._plan()
        brief = self._answered(plan)
        self._approve(self._submit(plan))
        url = f"/report/html/customer_continuity.report_handover_brief/{brief.id}"
        for user, visible in ((self.successor, True), (self.stranger, False)):
            user.password = f"{user.login}-secret"
            self.authenticate(user.login, user.password)
            response = self.url_open(url)
            self.assertEqual("late delivery" in response.text, visible, user.login)

    def test_printing_leaves_out_what_one_may_not_read(self):
        plan = self._plan()
        brief = self._answered(plan)
        self._approve(self._submit(plan))
        printing = self.env.ref("customer_continuity.action_server_print_briefs")
        context = {"active_model": plan._name, "active_ids": plan.ids}
        action = printing.with_user(self.successor).with_context(**context).run()
        self.assertEqual(action["context"]["active_ids"], brief.ids)
