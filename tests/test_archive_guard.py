from odoo import SUPERUSER_ID, Command
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tests import Form, tagged

from .common_handover import HandoverCommon

RELEASE = "Left the company overnight"


class GuardCommon(HandoverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_settings = cls._create_user("settings", "base.group_system")
        cls.user_rights = cls._create_user("rights", "base.group_erp_manager")
        # Archives users and is a manager of the addon.
        cls.user_both = cls._create_user(
            "both", "base.group_system", "sales_team.group_sale_manager"
        )
        cls.idle = cls._create_user("idle", "sales_team.group_sale_salesman")

    def _stopped(self, user, method, *args, records=None, context=None):
        """Assert that a client is stopped, and return the error."""
        records = self.leaver if records is None else records
        with self.assertRaises(Exception) as caught:
            self._rpc(user, records, method, *args, context=context)
        self.assertIsInstance(caught.exception, RedirectWarning | UserError)
        self.assertIn("still look after customers", str(caught.exception))
        self.env.invalidate_all()
        self.assertTrue(all(records.mapped("active")))
        return caught.exception

    def _schedule(self, record, user, **values):
        return record.activity_schedule(
            "mail.mail_activity_data_call", user_id=user.id, **values
        )

    def _release(self, user, records, reason=RELEASE):
        action = self._rpc(user, records, "action_archive_with_reason")
        wizard = (
            self.env[action["res_model"]]
            .with_user(user)
            .with_context(**action["context"])
            .create({"reason": reason})
        )
        return wizard.action_apply()


@tagged("post_install", "-at_install")
class TestArchiveGuard(GuardCommon):
    """Who still looks after customers is not archived by accident."""

    def test_every_way_is_stopped(self):
        for name, args in (
            ("action_archive", ()),
            ("toggle_active", ()),
            ("write", ({"active": False},)),
            ("web_save", ({"active": False}, {"id": {}})),
            ("unlink", ()),
        ):
            if not hasattr(self.leaver, name):
                continue
            with self.subTest(way=name):
                error = self._stopped(self.user_settings, name, *args)
                self.assertIn("Sales A: Customers and contacts: 3", str(error))

    def test_form_is_stopped(self):
        with self.assertRaises(RedirectWarning):
            self.leaver.with_user(self.user_settings).active = False

    def test_departure_is_stopped(self):
        """*Employees* archives with the button's method, with whatever rights."""
        with self.assertRaises(RedirectWarning):
            self.leaver.sudo().action_archive()

    def test_no_context_lifts_it(self):
        for context in (
            {"active_test": False, "install_mode": True, "module": "x"},
            {"continuity_released": True, "default_continuity_released": True},
            {"no_check": True, "tracking_disable": True},
        ):
            with self.subTest(context=context):
                self._stopped(self.user_settings, "action_archive", context=context)

    def test_who_may_not_archive_learns_nothing(self):
        for user in (self.user_portal, self.colleague, self.user_manager):
            for name, args in (
                ("write", ({"active": False},)),
                ("action_archive", ()),
                ("unlink", ()),
            ):
                with self.subTest(user=user.login, way=name):
                    with self.assertRaises(AccessError) as caught:
                        self._rpc(user, self.leaver, name, *args)
                    self.assertNotIn("Customers and contacts", str(caught.exception))

    def test_bulk_names_those_concerned(self):
        users = self.leaver | self.idle | self.successor
        error = self._stopped(self.user_settings, "action_archive", records=users)
        self.assertIn("Sales A", str(error))
        self.assertIn("Sales B", str(error))
        self.assertNotIn("Idle", str(error))

    def test_nothing_left_is_archived_as_ever(self):
        self._rpc(self.user_settings, self.idle, "action_archive")
        self.assertFalse(self.idle.active)
        self._rpc(self.user_settings, self.idle, "action_unarchive")
        self.assertTrue(self.idle.active)

    def test_write_of_nothing_left_is_archived_as_ever(self):
        self._rpc(self.user_settings, self.idle, "write", {"active": False})
        self.assertFalse(self.idle.active)

    def test_portal_users_are_not_concerned(self):
        self.customer_3.user_id = self.user_portal
        self._rpc(self.user_settings, self.user_portal, "action_archive")
        self.assertFalse(self.user_portal.active)

    def test_archived_customers_do_not_stop(self):
        customer = self._create_customer("Gone", self.idle)
        customer.active = False
        self._rpc(self.user_settings, self.idle, "action_archive")
        self.assertFalse(self.idle.active)

    def test_colleagues_and_own_companies_are_no_customers(self):
        self.colleague.partner_id.user_id = self.idle
        self.company_b.partner_id.user_id = self.idle
        self._rpc(self.user_settings, self.idle, "action_archive")
        self.assertFalse(self.idle.active)

    def test_other_companys_customers_stop(self):
        partner = self._create_customer(
            "Customer of B", self.idle, company_id=self.company_b.id
        )
        error = self._stopped(self.user_settings, "action_archive", records=self.idle)
        self.assertIn("Idle: Customers and contacts: 1", str(error))
        self.assertNotIn(partner.name, str(error), "counted, not named")

    def test_open_deals_stop(self):
        lead = self.env["crm.lead"].create(
            {"name": "Deal", "type": "opportunity", "user_id": self.idle.id}
        )
        error = self._stopped(self.user_settings, "action_archive", records=self.idle)
        self.assertIn("Idle: Open deals: 1", str(error))
        lead.action_set_lost()
        self._rpc(self.user_settings, self.idle, "action_archive")
        self.assertFalse(self.idle.active)

    def test_open_activities_on_customers_stop(self):
        self._schedule(self.customer_1, self.idle)
        error = self._stopped(self.user_settings, "action_archive", records=self.idle)
        self.assertIn("Idle: Planned activities: 1", str(error))

    def test_other_activities_do_not_stop(self):
        self._schedule(self.product.product_tmpl_id, self.idle)
        self._rpc(self.user_settings, self.idle, "action_archive")
        self.assertFalse(self.idle.active)

    def test_successor_of_a_running_plan_stops(self):
        self.customer_3.user_id = False
        plan = self._running_plan()
        error = self._stopped(
            self.user_settings, "action_archive", records=self.successor
        )
        self.assertIn("Sales B: Handover plans in progress: 1", str(error))
        self.assertNotIn(plan.name, str(error))

    def test_confidential_plan_is_not_given_away(self):
        self._submit(
            self._create_plan(
                reason="resignation", last_day="2027-03-31", support_end="2027-03-31"
            )
        )
        error = self._stopped(self.user_settings, "action_archive")
        self.assertNotIn("plans", str(error))
        error = self._stopped(self.user_settings, "action_archive")
        self.assertIn("Customers and contacts: 3", str(error))

    def test_few_queries_for_many(self):
        users = self.env["res.users"].create(
            [
                {"name": f"Extra {n}", "login": f"continuity_extra_{n}"}
                for n in range(50)
            ]
        )
        self.env.flush_all()
        self.env.invalidate_all()
        users._check_nothing_left_behind()
        self.env.invalidate_all()
        with self.assertQueryCount(4):
            users._check_nothing_left_behind()


@tagged("post_install", "-at_install")
class TestArchiveGuardWaysOn(GuardCommon):
    """The handover wizard filled in, or a stored reason."""

    def test_link_opens_the_wizard_filled_in(self):
        error = self._stopped(self.user_both, "action_archive")
        _message, action_id, label, context = error.args
        self.assertEqual(label, "Hand Over Customers")
        action = self.env["ir.actions.act_window"].browse(action_id)
        self.assertEqual(action.res_model, "continuity.handover.wizard")
        form = Form(
            self.env["continuity.handover.wizard"]
            .with_user(self.user_both)
            .with_context(**context)
        )
        self.assertEqual(form.leaver_ids[:], self.leaver)
        self.assertEqual(form.reason, "resignation")
        self.assertEqual(form.approver_id, self.approver)
        form.successor_id = self.successor
        wizard = form.save()
        wizard.action_what()
        self.assertEqual(wizard.line_ids.partner_id, self.customer_1 | self.customer_2)

    def test_settings_manager_is_led_to_the_reason(self):
        error = self._stopped(self.user_settings, "action_archive")
        _message, action, label = error.args[:3]
        self.assertEqual(label, "Archive With a Reason")
        self.assertEqual(action["res_model"], "continuity.reason.wizard")

    def test_who_can_neither_gets_words(self):
        error = self._stopped(self.user_rights, "action_archive")
        self.assertIsInstance(error, UserError)
        self.assertNotIsInstance(error, RedirectWarning)

    def test_wizard_of_another_company(self):
        partner = self._create_customer("Customer of B", self.user_company_b)
        self.assertTrue(partner)
        context = (
            self.user_company_b.with_user(self.user_manager)
            .with_context(allowed_company_ids=self.user_manager.company_ids.ids)
            ._prepare_handover_context()
        )
        self.assertEqual(context["default_company_id"], self.company_b.id)

    def test_reason_is_stored(self):
        self._release(self.user_settings, self.leaver)
        self.assertFalse(self.leaver.active)
        self.assertEqual(self.leaver.continuity_release_reason, RELEASE)
        self.assertEqual(self.leaver.continuity_release_by_id, self.user_settings)
        self.assertEqual(self.customer_1.user_id, self.leaver, "nothing is dropped")

    def test_manager_who_cannot_archive_leaves_the_reason(self):
        self._release(self.user_manager, self.leaver)
        self.assertTrue(self.leaver.active)
        self.assertEqual(self.leaver.continuity_release_by_id, self.user_manager)
        self._rpc(self.user_both, self.leaver, "action_archive")
        self.assertFalse(self.leaver.active)

    def test_reason_is_for_now(self):
        self._release(self.user_manager, self.leaver)
        with self._at("2027-04-15 06:00:00"):
            self._stopped(self.user_settings, "action_archive")

    def test_reason_ends_with_reactivation(self):
        self._release(self.user_settings, self.leaver)
        self._rpc(self.user_settings, self.leaver, "action_unarchive")
        self.assertTrue(self.leaver.active)
        self.assertFalse(self.leaver.continuity_released)
        self.assertEqual(self.leaver.continuity_release_reason, RELEASE, "evidence")
        self._stopped(self.user_settings, "action_archive")

    def test_without_a_reason(self):
        with self.assertRaises(UserError):
            self.leaver.with_user(self.user_settings)._archive_with_reason(" ")
        self.assertTrue(self.leaver.active)

    def test_others_cannot_release(self):
        for user in (
            self.leaver,
            self.colleague,
            self.approver,
            self.user_all,
            self.user_rights,
            self.user_portal,
        ):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    self._release(user, self.successor)
                self.assertFalse(self.successor.sudo().continuity_released)

    def test_nobody_releases_themself(self):
        with self.assertRaises(UserError):
            self._release(self.user_manager, self.user_manager)

    def test_reason_cannot_be_written(self):
        values = {
            "continuity_released": True,
            "continuity_release_reason": "Because",
            "continuity_release_on": "2027-03-01 06:00:00",
        }
        for user in (self.user_settings, self.user_both, self.user_rights):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._rpc(user, self.leaver, "write", values)
        with self.assertRaises(AccessError):
            self._rpc(
                self.user_settings,
                self.env["res.users"],
                "create",
                {"name": "X", "login": "continuity_x", **values},
            )
        for context in ({"default_continuity_released": True},):
            ids = self._rpc(
                self.user_settings,
                self.env["res.users"],
                "create",
                [{"name": "Y", "login": "continuity_y"}],
                context=context,
            )
            self.assertFalse(self.env["res.users"].browse(ids).continuity_released)

    def test_reason_is_not_for_everybody(self):
        self._release(self.user_manager, self.leaver)
        for user in (self.leaver, self.colleague):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._rpc(user, self.leaver, "read", ["continuity_release_reason"])


@tagged("post_install", "-at_install")
class TestArchivedActivities(GuardCommon):
    """Odoo deletes the open activities of who is archived; ours survive."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.activity = cls.customer_1.activity_schedule(
            "mail.mail_activity_data_call", user_id=cls.leaver.id, summary="Call back"
        )
        cls.leaver._release(RELEASE, SUPERUSER_ID)
        cls.env.flush_all()

    def _assert_kept(self):
        self.assertTrue(self.activity.exists())
        self.assertTrue(self.activity.active)
        self.assertEqual(self.activity.user_id, self.leaver)
        orphaned = self.env.ref("customer_continuity.action_orphaned_activities")
        listed = (
            self.env["mail.activity"]
            .with_user(self.user_manager)
            .search([("user_id.active", "=", False)])
        )
        self.assertIn("user_id.active", orphaned.domain)
        self.assertIn(self.activity, listed)

    def test_archived_by_button(self):
        todo = self.env["mail.activity"].create(
            {"summary": "To do", "user_id": self.leaver.id, "res_model_id": False}
        )
        self._rpc(self.user_both, self.leaver, "action_archive")
        self.assertFalse(self.leaver.active)
        self._assert_kept()
        self.assertEqual(todo.user_id, self.leaver)

    def test_archived_by_write(self):
        self._rpc(self.user_settings, self.leaver, "write", {"active": False})
        self._assert_kept()

    def test_touchpoints_do_not_notice(self):
        touchpoint = self._plan_touchpoint(self.customer_2)
        touchpoint._show()
        self.assertEqual(touchpoint.activity_id.user_id, self.leaver)
        self._rpc(self.user_both, self.leaver, "action_archive")
        self.assertEqual(touchpoint.state, "owed")
        self.assertEqual(touchpoint.activity_id.user_id, self.leaver)

    def test_colleagues_keep_theirs(self):
        other = self._schedule(self.customer_1, self.colleague)
        self._rpc(self.user_both, self.leaver, "action_archive")
        self.assertEqual(other.user_id, self.colleague)

    def test_who_sells_nothing_loses_theirs_as_ever(self):
        clerk = self._create_user("clerk", "base.group_user")
        elsewhere = self._schedule(self.product.product_tmpl_id, clerk)
        on_customer = self._schedule(self.customer_1, clerk)
        clerk._release(RELEASE, SUPERUSER_ID)
        self._rpc(self.user_settings, clerk, "action_archive")
        self.assertFalse(elsewhere.exists())
        self.assertEqual(on_customer.user_id, clerk)

    def test_deleted_user_leaves_them_open(self):
        temp = self._create_user("temp", "sales_team.group_sale_salesman")
        activity = self._schedule(self.customer_1, temp)
        temp._release(RELEASE, SUPERUSER_ID)
        temp.write({"group_ids": [Command.set([self.env.ref("base.group_user").id])]})
        self._rpc(self.user_settings, temp, "unlink")
        self.assertFalse(temp.exists())
        self.assertTrue(activity.exists())
        self.assertFalse(activity.user_id)
