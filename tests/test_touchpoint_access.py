"""Who reads and writes touchpoints."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestTouchpointAccess(HandoverCommon):
    """Who sees what, and that nobody types in what methods record."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.touchpoint = cls._plan_touchpoint()
        cls.touchpoint.with_user(cls.leaver).log_attempt("no_answer")
        cls.attempt = cls.touchpoint.attempt_ids
        cls.user_b = cls.user_company_b
        cls.customer_b = cls._create_customer(
            "Customer B", cls.user_b, company_id=cls.company_b.id
        )
        cls.touchpoint_b = cls._plan_touchpoint(
            cls.customer_b, company_id=cls.company_b.id, user_id=cls.user_b.id
        )
        cls.touchpoint_b.with_user(cls.user_b).log_attempt("no_answer")

    def test_nobody_writes(self):
        """Not even managers: the ledger is evidence."""
        for user in (self.leaver, self.user_leader, self.user_all, self.user_manager):
            touchpoint = self.touchpoint.with_user(user)
            for values in ({"state": "done"}, {"name": "X"}, {"user_id": user.id}):
                with self.assertRaises(AccessError):
                    self._rpc(user, touchpoint, "write", values)
            with self.assertRaises(AccessError):
                self._rpc(user, touchpoint, "unlink")
            with self.assertRaises(AccessError):
                self._rpc(
                    user,
                    touchpoint.browse(),
                    "create",
                    [self._touchpoint_values(occurrence="mine")],
                )
            attempt = self.attempt.with_user(user)
            with self.assertRaises(AccessError):
                self._rpc(user, attempt, "write", {"outcome": "held"})
            with self.assertRaises(AccessError):
                self._rpc(user, attempt, "unlink")
            with self.assertRaises(AccessError):
                self._rpc(
                    user,
                    attempt.browse(),
                    "create",
                    [
                        {
                            "touchpoint_id": self.touchpoint.id,
                            "outcome": "held",
                            "channel_id": self.channel_call.id,
                            "user_id": user.id,
                        }
                    ],
                )

    def test_guarded_beyond_the_access_list(self):
        """A right given later to write touchpoints opens no gate."""
        group = self.env.ref("customer_continuity.group_user")
        self.env["ir.model.access"].create(
            {
                "name": "generous",
                "model_id": self.env["ir.model"]._get_id("continuity.touchpoint"),
                "group_id": group.id,
                "perm_read": True,
                "perm_write": True,
                "perm_create": True,
            }
        )
        touchpoint = self.touchpoint.with_user(self.leaver)
        touchpoint.duration = 2
        for name, value in {
            "state": "done",
            "origin_id": 1,
            "occurrence": "other",
            "relationship_id": self.touchpoint_b.relationship_id.id,
            "partner_id": self.customer_2.id,
            "company_id": self.company_b.id,
            "attempt_ids": [(0, 0, {"outcome": "held"})],
            "date_done": "2027-03-01 05:00:00",
            "done_by_id": self.leaver.id,
            "user_id": self.leaver.id,
            "attendee_ids": [(4, self.leaver.id)],
            "channel_ids": [(4, self.channel_email.id)],
        }.items():
            with self.assertRaisesRegex(AccessError, "cannot be set directly"):
                self._rpc(self.leaver, touchpoint, "write", {name: value})
        with self.assertRaisesRegex(AccessError, "cannot be set directly"):
            self._rpc(
                self.leaver,
                touchpoint.browse(),
                "create",
                [self._touchpoint_values(occurrence="mine", state="done")],
            )

    def test_private_methods_stay_private(self):
        for method in ("_apply_attempts", "_fail", "_cancel", "_plan", "_show"):
            with self.assertRaises(AccessError):
                self._rpc(self.leaver, self.touchpoint, method, "held")

    def test_who_sees_what(self):
        for user, sees in (
            (self.leaver, True),
            (self.user_leader, True),
            (self.user_all, True),
            (self.user_manager, True),
            (self.colleague, False),
            (self.successor, False),
            (self.user_b, False),
        ):
            with self.subTest(user=user.login):
                domain = [("id", "in", (self.touchpoint | self.touchpoint_b).ids)]
                model = self.env["continuity.touchpoint"].with_user(user)
                found = model.search(domain)
                self.assertEqual(self.touchpoint in found, sees)
                self.assertEqual(
                    self.touchpoint_b in found, user in (self.user_b, self.user_manager)
                )
                self.assertEqual(model.search_count(domain), len(found))
                attempts = self.env["continuity.touchpoint.attempt"].with_user(user)
                found = attempts.search([("touchpoint_id", "in", domain[0][2])])
                self.assertEqual(self.attempt in found, sees)

    def test_portal_and_public_see_nothing(self):
        for user in (self.user_portal, self.env.ref("base.public_user")):
            for model in ("continuity.touchpoint", "continuity.touchpoint.attempt"):
                with self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([])

    def test_present_and_new_owner_see_it(self):
        self.touchpoint.sudo().attendee_ids = self.successor
        self.assertTrue(self.touchpoint.with_user(self.successor).has_access("read"))
        self.customer_1.user_id = self.colleague
        self.assertTrue(self.touchpoint.with_user(self.colleague).has_access("read"))

    def test_company_left_out_of_the_switcher(self):
        """A manager of both companies sees the ones they switched on (I8)."""
        touchpoints = self.env["continuity.touchpoint"].with_user(self.user_manager)
        touchpoints = touchpoints.with_context(allowed_company_ids=self.company_a.ids)
        found = touchpoints.search(
            [("id", "in", (self.touchpoint | self.touchpoint_b).ids)]
        )
        self.assertEqual(found, self.touchpoint)

    def test_a_customer_with_contacts_made_cannot_be_deleted(self):
        self._plan_touchpoint(self.customer_2)
        with self.assertRaisesRegex(UserError, "archive"):
            self.customer_2.unlink()

    def test_reported_in_the_dialog(self):
        action = self.touchpoint.with_user(self.leaver).action_report()
        dialog = (
            self.env[action["res_model"]]
            .with_user(self.leaver)
            .with_context(**action["context"])
            .create({"outcome": "held", "note": "Fine."})
        )
        self.assertEqual(dialog.channel_id, self.channel_call)
        dialog.action_apply()
        self.assertEqual(self.touchpoint.state, "done")
        self.assertEqual(self.touchpoint.attempt_ids[0].note, "Fine.")

    def test_dialog_of_a_colleague(self):
        user = new_test_user(
            self.env,
            "outsider",
            "customer_continuity.group_user",
            company_id=self.company_a.id,
            company_ids=[(6, 0, self.company_a.ids)],
        )
        dialog = (
            self.env["continuity.report.contact"]
            .with_user(self.leaver)
            .create({"touchpoint_id": self.touchpoint.id, "outcome": "held"})
        )
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            dialog.with_user(user).read(["note"])
        with self.assertRaises(AccessError):
            dialog.with_user(user).action_apply()
