import base64

from odoo import Command
from odoo.tests import HttpCase, tagged

LIST = """Customer,Predecessor,Successor
Nobody Ltd,demo,sue
Marc's Customer,demo,nobody

Marc's Customer,demo,demo
"""


@tagged("post_install", "-at_install")
class TestUserAuditTour(HttpCase):
    """Guard, audit and list, as people would go through them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls.env.ref("base.user_admin")
        cls.marc = cls.env.ref("base.user_demo")
        company = cls.env.ref("base.main_company")
        sales = cls.env.ref("sales_team.group_sale_salesman")
        cls.admin.group_ids += cls.env.ref("sales_team.group_sale_manager")
        cls.marc.group_ids += sales
        cls.sue = (
            cls.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": "Sue Successor",
                    "login": "sue",
                    "company_id": company.id,
                    "company_ids": [Command.set(company.ids)],
                    "group_ids": [Command.link(sales.id)],
                }
            )
        )
        cls.customer = cls.env["res.partner"].create(
            {"name": "Marc's Customer", "is_company": True, "user_id": cls.marc.id}
        )
        cls.env["crm.lead"].create(
            [
                {
                    "name": "A deal",
                    "type": "opportunity",
                    "partner_id": cls.customer.id,
                    "user_id": cls.marc.id,
                }
                for _number in range(2)
            ]
        )[1].action_set_won()
        cls.team = cls.env["crm.team"].create(
            {"name": "Marc's Team", "user_id": cls.marc.id}
        )

    def test_guard(self):
        self.start_tour(
            f"/odoo/action-base.action_res_users/{self.marc.id}",
            "continuity_archive_guard",
            login="admin",
        )
        self.assertTrue(self.marc.active)

    def test_audit(self):
        self.start_tour(
            "/odoo/action-customer_continuity.action_user_audit",
            "continuity_user_audit",
            login="admin",
        )
        self.assertEqual(self.team.user_id, self.sue)
        log = self.env["continuity.reassignment"].search([], limit=1)
        self.assertIn(self.team.id, log.res_ids)

    def test_list(self):
        wizard = (
            self.env["continuity.handover.wizard"]
            .with_user(self.admin)
            .create(
                {
                    "leaver_ids": [Command.set(self.marc.ids)],
                    "successor_mode": "list",
                    "approver_id": self.admin.id,
                    "list_filename": "list.csv",
                    "list_file": base64.b64encode(LIST.encode()),
                }
            )
        )
        wizard.action_what()
        self.start_tour(
            f"/odoo/continuity.handover.wizard/{wizard.id}",
            "continuity_assignment_list",
            login="admin",
        )
        self.assertFalse(wizard.line_ids)
