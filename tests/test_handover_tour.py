from odoo import Command, fields
from odoo.tests import HttpCase, tagged


@tagged("post_install", "-at_install")
class TestHandoverTour(HttpCase):
    """The whole way on Odoo's own demo customers, as people would go it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls.env.ref("base.user_admin")
        cls.marc = cls.env.ref("base.user_demo")
        cls.company = cls.env.ref("base.main_company")
        cls.acme = cls.env["res.partner"].search(
            [("name", "=", "Acme Corporation")], limit=1
        )
        cls.sue = (
            cls.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": "Sue Successor",
                    "login": "sue",
                    "password": "sue-successor",
                    "company_id": cls.company.id,
                    "company_ids": [Command.set(cls.company.ids)],
                    "group_ids": [
                        Command.link(cls.env.ref("base.group_user").id),
                        Command.link(cls.env.ref("sales_team.group_sale_salesman").id),
                    ],
                }
            )
        )
        cls.acme.continuity_business = "Wholesale; 40 people in two warehouses"
        cls._close_some_business()

    @classmethod
    def _close_some_business(cls):
        """Make what must keep its old name: the demo data has none of it."""
        quotations = cls.env["sale.order"].search(
            [
                ("user_id", "=", cls.marc.id),
                ("state", "in", ("draft", "sent")),
                ("company_id", "=", cls.company.id),
                ("partner_id.commercial_partner_id", "!=", cls.acme.id),
            ],
            limit=2,
        )
        own = cls.env["sale.order"].create(
            {
                "partner_id": cls.acme.id,
                "user_id": cls.marc.id,
                "continuity_purchase_reason": "A second warehouse",
                "order_line": [
                    Command.create(
                        {
                            "product_id": cls.env["product.product"]
                            .create({"name": "Rack", "type": "service"})
                            .id,
                            "price_unit": 900.0,
                        }
                    )
                ],
            }
        )
        cls.closed_orders = quotations | own
        cls.closed_orders.action_confirm()
        for line in cls.closed_orders.order_line:
            line.qty_delivered = line.product_uom_qty
        cls.invoices = cls.closed_orders._create_invoices()
        cls.invoices.action_post()
        leads = cls.env["crm.lead"].search([("user_id", "=", cls.marc.id)])
        cls.lost_lead = leads.filtered(lambda x: x.partner_id)[0].copy(
            {"user_id": cls.marc.id}
        )
        cls.lost_lead.action_set_lost()
        cls.colleagues_activity = cls.acme.activity_schedule(
            "mail.mail_activity_data_call", user_id=cls.admin.id, summary="Not Marc's"
        )

    def test_handover_from_wizard_to_closed_plan(self):
        self.env["continuity.relationship"]._refresh(self.company)
        self._tour("action_handover_wizard", "draft", "admin")
        plan = self.env["continuity.handover"].search(
            [("leaver_ids", "in", self.marc.ids)], limit=1
        )
        self.assertEqual(plan.state, "running")
        self.assertIn(self.acme, plan.line_ids.partner_id)
        self.assertTrue(plan.line_ids.lead_id, "deals without a customer are lines")
        self.assertFalse(plan.move_ids, "nothing has moved yet")
        to_move = self._movable_records(plan)

        self._tour("action_handover_line", "visit", "demo")
        acme_line = plan.line_ids.filtered(lambda x: x.partner_id == self.acme)
        self.assertEqual(acme_line.visit_state, "held")
        self.assertEqual(
            acme_line.check_ids.mapped("state"),
            ["confirmed"] * len(acme_line.check_ids),
        )
        self.assertFalse(acme_line.visit_touchpoint_id.activity_id.active)
        self._tour("action_handover_line", "accept", "sue")
        self.assertTrue(acme_line.gate_open)

        for hours_ago, line in enumerate(plan.line_ids - acme_line, start=1):
            self.assertFalse(line.gate_open)
            self._go_the_way(line, hours_ago)
        self._tour("action_handover", "move", "admin")
        self.env.invalidate_all()
        plan.line_ids.with_user(self.sue).action_sign_off()
        plan.line_ids.with_user(self.marc).action_sign_off()
        self._tour("action_handover", "close", "admin")

        self.env.invalidate_all()
        self.assertEqual(plan.state, "done")
        self.assertEqual(plan.closed_by_id, self.admin)
        self._assert_moved(to_move)
        self._assert_kept()

    def _tour(self, action, name, login):
        self.start_tour(
            f"/odoo/action-customer_continuity.{action}",
            f"continuity_handover_{name}",
            login=login,
        )

    def _movable_records(self, plan):
        """Return what is open of Marc's with these customers, found record by
        record in plain Python rather than by the movers."""
        customers = plan.line_ids.partner_id
        leads = self.env["crm.lead"].search([("user_id", "=", self.marc.id)])
        leads = leads.filtered(
            lambda x: (
                x.won_status == "pending"
                and (
                    x.partner_id.commercial_partner_id in customers
                    or x in plan.line_ids.lead_id
                )
            )
        )
        orders = self.env["sale.order"].search(
            [
                ("user_id", "=", self.marc.id),
                ("state", "in", ("draft", "sent")),
                ("company_id", "=", self.company.id),
            ]
        )
        orders = orders.filtered(
            lambda x: x.partner_id.commercial_partner_id in customers
        )
        activities = self.env["mail.activity"].search(
            [
                ("user_id", "=", self.marc.id),
                ("res_model", "in", ("crm.lead", "sale.order")),
            ]
        )
        documents = {("crm.lead", x.id) for x in leads}
        documents |= {("sale.order", x.id) for x in orders}
        activities = activities.filtered(lambda x: (x.res_model, x.res_id) in documents)
        self.assertTrue(leads and orders and activities)
        return leads, orders, activities

    def _go_the_way(self, line, hours_ago):
        """Prepare, visit, confirm and accept one line through the public methods."""
        leaver_line = line.with_user(self.marc)
        leaver_line.action_fill_items()
        for check in leaver_line.check_ids:
            check.prepared_text = check.prepared_text or "Nothing else to know."
        leaver_line.action_prepare_items()
        if line.mode == "visit":
            leaver_line.visit_touchpoint_id.log_attempt(
                "held",
                date=fields.Datetime.subtract(
                    fields.Datetime.now(), hours=2 * hours_ago
                ),
                note="Met on site",
            )
            for check in leaver_line.check_ids:
                check.write(
                    {
                        "contact_id": line.partner_id.id,
                        "customer_words": "Correct as it stands",
                    }
                )
                check.action_confirm()
        line.with_user(self.sue).check_ids.action_accept()

    def _assert_moved(self, to_move):
        leads, orders, activities = to_move
        self.assertEqual(leads.user_id, self.sue)
        self.assertEqual(orders.user_id, self.sue)
        for activity in activities:
            self.assertEqual(activity.user_id, self.sue, activity.display_name)
        for record in [*leads, *orders]:
            self.assertIn(self.sue.partner_id, record.message_partner_ids)

    def _assert_kept(self):
        self.assertEqual(self.lost_lead.user_id, self.marc)
        self.assertEqual(self.closed_orders.user_id, self.marc)
        self.assertEqual(self.invoices.invoice_user_id, self.marc)
        self.assertEqual(self.colleagues_activity.user_id, self.admin)
