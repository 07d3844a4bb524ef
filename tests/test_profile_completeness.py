"""What is missing in customers' profiles: on plans, in the wizard, by salesperson."""

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from .common_handover import HandoverCommon


@tagged("post_install", "-at_install")
class TestProfileCompleteness(HandoverCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.business, cls.equipment = (
            cls.env.ref(f"customer_continuity.profile_item_{name}")
            for name in ("business", "equipment")
        )
        items = Command.set((cls.business | cls.equipment).ids)
        (cls.company_a | cls.company_b).continuity_profile_item_ids = [items]
        cls.customer_1.write(
            {"continuity_business": "Optics", "continuity_equipment": "Two lathes"}
        )
        cls.customer_2.continuity_business = "Retail"

    def _report(self, user, domain=(), companies=None):
        return (
            self.env["continuity.profile.report"]
            .with_user(user)
            .with_context(allowed_company_ids=(companies or self.company_a).ids)
            .search(list(domain))
        )

    # === Plans === #

    def test_plan_names_what_is_missing(self):
        plan = self._create_plan()
        line = self._line_of(plan, self.customer_2)
        self.assertEqual(plan.incomplete_line_ids, line)
        self.assertEqual(line.missing_items, "Equipment they own")
        self.assertFalse(self._line_of(plan, self.customer_1).missing_items)
        lines = self.env["continuity.handover.line"].with_user(self.leaver)
        for value, found in ((True, line), (False, plan.line_ids - line)):
            self.assertEqual(
                lines.search(
                    [
                        ("profile_incomplete", "=", value),
                        ("handover_id", "=", plan.id),
                    ]
                ),
                found,
            )
        self.customer_2.continuity_equipment = "A press"
        plan.invalidate_recordset()
        line.invalidate_recordset()
        self.assertFalse(plan.incomplete_count)

    def test_required_share(self):
        """Half of it is enough where the company says so."""
        plan = self._create_plan()
        self.company_a.continuity_completeness_required = 50
        line = self._line_of(plan, self.customer_2)
        self.assertFalse(line.profile_incomplete)
        self.assertTrue(line.missing_items, "it is named all the same")
        lines = self.env["continuity.handover.line"].with_user(self.leaver)
        self.assertNotIn(line, lines.search([("profile_incomplete", "=", True)]))
        with self.assertRaises(ValidationError):
            self.company_a.continuity_completeness_required = 101

    def test_form_asks_for_the_required_items_alone(self):
        line = self._line_of(self._create_plan(), self.customer_2)
        self.leaver.group_ids += self.env.ref("base.group_partner_manager")
        action = line.with_user(self.leaver).action_complete_profile()
        self.assertEqual(action["res_id"], self.customer_2.id)
        partner = self.customer_2.with_user(self.leaver).with_company(self.company_a)
        view_id = action["views"][0][0]
        with Form(partner, view=view_id) as form:
            form.continuity_equipment = "A press"
            with self.assertRaises(AssertionError):
                form.continuity_problems = "Not asked for"
        self.assertEqual(self.customer_2.continuity_equipment, "A press")
        problems = self.env.ref("customer_continuity.profile_item_problems")
        self.company_a.continuity_profile_item_ids += problems
        arch = partner.get_view(view_id)["arch"]
        self.assertIn("continuity_problems", arch, "the setting changed")
        with self.assertRaises(AccessError):
            line.with_user(self.colleague).action_complete_profile()

    def test_wizard_preview(self):
        wizard = (
            self.env["continuity.handover.wizard"]
            .with_user(self.leaver)
            .with_company(self.company_a)
            .create(
                {
                    "company_id": self.company_a.id,
                    "leaver_ids": [Command.set(self.leaver.ids)],
                    "successor_id": self.successor.id,
                    "approver_id": self.approver.id,
                    "date_end": "2027-03-19",
                }
            )
        )
        wizard.action_what()
        wizard.action_preview()
        preview = str(wizard.summary_html)
        self.assertIn("Equipment they own", preview)
        self.assertIn(
            f"action_partner_profile/{self.customer_2.id}", preview, "one click away"
        )
        self.assertNotIn(f"action_partner_profile/{self.customer_1.id}", preview)

    # === Report === #

    def test_report_by_salesperson(self):
        self._relationship_rows()
        model = self.env["continuity.profile.report"].with_user(self.user_manager)
        [figures] = model.with_context(
            allowed_company_ids=self.company_a.ids
        )._read_group(
            [("owner_id", "=", self.leaver.id)],
            [],
            [
                "customers:count_distinct",
                "complete:count_distinct",
                "completeness:avg",
                "missing:sum",
            ],
        )
        self.assertEqual(figures, (2, 1, 75.0, 1))
        missing = self._report(self.user_manager, [("missing", "=", 1)]).filtered(
            lambda x: x.owner_id == self.leaver
        )
        self.assertEqual(missing.item_id, self.equipment)

    def _relationship_rows(self):
        for partner in (self.customer_1, self.customer_2, self.customer_3):
            self.env["continuity.relationship"]._ensure(self.company_a, partner)
        self.env["continuity.relationship"]._ensure(self.company_b, self.customer_1)

    def test_who_sees_whose(self):
        self._relationship_rows()
        own = self.customer_1 | self.customer_2
        everybody = own | self.customer_3
        for user, sees in (
            (self.leaver, own),
            (self.successor, self.customer_3),
            (self.approver, own),
            (self.colleague, own.browse()),
            (self.user_all, everybody),
            (self.user_manager, everybody),
        ):
            found = self._report(user).partner_id & everybody
            self.assertEqual(found, sees, user.name)
        with self.assertRaises(AccessError):
            self._report(self.user_portal)

    def test_company_walls(self):
        self._relationship_rows()
        rows = self._report(self.user_manager, companies=self.company_b)
        self.assertEqual(rows.company_id, self.company_b)
        self.company_b.continuity_profile_item_ids = False
        rows.invalidate_model()
        self.assertFalse(self._report(self.user_manager, companies=self.company_b))

    def test_a_long_plan_takes_few_queries(self):
        counts = []
        for size in (3, 300):
            plan = self._create_large_plan(size)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            lines = (
                self.env["continuity.handover.line"]
                .with_user(self.leaver)
                .search([("handover_id", "=", plan.id)])
            )
            lines.mapped("missing_items")
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 3, counts)
