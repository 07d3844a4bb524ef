from odoo import Command, fields
from odoo.tests import HttpCase, tagged
from odoo.tools import SQL

from .common_oracle import ContinuityOracle

# Where a person's name stands for something other than who looks after a record.
OWN_MODELS = ("continuity.handover", "continuity.relationship")


@tagged("post_install", "-at_install")
class TestHandoverTour(ContinuityOracle, HttpCase):
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
        cls._own_a_customer()

    @classmethod
    def _own_a_customer(cls):
        """Give Marc one of the demo customers, with an invoice and a meeting to come:
        in the demo data nobody owns anybody."""
        cls.owned = cls.env.ref("base.res_partner_12")
        cls.owned_people = cls.owned.child_ids
        cls.colleagues_contact = cls.owned_people[-1]
        cls.moving_people = cls.owned_people - cls.colleagues_contact
        (cls.owned | cls.moving_people).user_id = cls.marc
        cls.colleagues_contact.user_id = cls.admin
        cls.draft_invoice = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": cls.owned.id,
                "invoice_user_id": cls.marc.id,
                "company_id": cls.company.id,
                "invoice_line_ids": [
                    Command.create({"name": "Shelf", "price_unit": 70.0})
                ],
            }
        )
        start = fields.Datetime.add(fields.Datetime.now(), days=90)
        cls.meeting, cls.past_meeting = (
            cls.env["calendar.event"]
            .with_context(no_mail_to_attendees=True, dont_notify=True)
            .create(
                [
                    {
                        "name": name,
                        "user_id": cls.marc.id,
                        "start": begin,
                        "stop": fields.Datetime.add(begin, hours=1),
                        "partner_ids": [
                            Command.set(
                                (
                                    cls.marc.partner_id
                                    | cls.admin.partner_id
                                    | cls.owned_people[0]
                                ).ids
                            )
                        ],
                    }
                    for name, begin in (
                        ("Next season", start),
                        ("Last season", fields.Datetime.subtract(start, days=180)),
                    )
                ]
            )
        )

    def test_handover_from_wizard_to_closed_plan(self):
        self._assert_tiers_agree()
        self.assertEqual(self._owner_in_relationship(), self.marc)
        self._tour("action_handover_wizard", "draft", "admin")
        plan = self.env["continuity.handover"].search(
            [("leaver_ids", "in", self.marc.ids)], limit=1
        )
        self.assertEqual(plan.state, "running")
        self.assertIn(self.acme, plan.line_ids.partner_id)
        self.assertIn(self.owned, plan.line_ids.partner_id)
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
        # The manager does not wait for the deals that hold some of them back.
        held = plan.line_ids.filtered(lambda line: line.tell_when == "hold")
        self.assertTrue(held, "the demo deals are about to close")
        held.with_user(self.admin).tell_when = "now"
        marcs = self._records_of(self.marc)

        # Visits of some hours ago were yesterday when this runs early in the day.
        begun = fields.Date.subtract(fields.Date.today(), days=3)
        plan.sudo().write({"announce_date": begun, "date_start": begun})
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
        self._assert_log_is_true(plan, marcs)
        self._assert_tiers_agree()
        self.assertEqual(self._owner_in_relationship(), self.sue)

    def _assert_tiers_agree(self):
        """Recompute all customers' tiers independently: both methods, both sources,
        two companies with two currencies."""
        companies = self.company | self.env.ref("customer_continuity.demo_company")
        self.assertEqual(len(companies.currency_id), 2)
        today = fields.Date.today()
        settings = [
            (c, c.continuity_tier_source, c.continuity_tier_method) for c in companies
        ]
        for company in companies:
            for source in ("order", "invoice"):
                for method in ("pareto", "threshold"):
                    company.continuity_tier_source = source
                    company.continuity_tier_method = method
                    with self.subTest(company=company.name, source=source, by=method):
                        customers = self._assert_agrees(company, today)
                        self.assertGreater(customers, 1)
        for company, source, method in settings:
            company.continuity_tier_source = source
            company.continuity_tier_method = method
            self.env["continuity.relationship"]._refresh(company)

    def _owner_in_relationship(self):
        """Return who looks after Marc's customer according to the relationship."""
        return (
            self.env["continuity.relationship"]
            .search(
                [
                    ("partner_id", "=", self.owned.id),
                    ("company_id", "=", self.company.id),
                ]
            )
            .owner_id
        )

    def _records_of(self, user):
        """Return every (model, field, id) in the database in which ``user`` stands,
        found column by column rather than by the movers."""
        found = set()
        self.env.flush_all()
        for name, model in self.env.registry.items():
            if not model._auto or model._abstract or model._transient:
                continue
            if name.startswith(OWN_MODELS):
                continue
            for field in filter(self._is_responsible, model._fields.values()):
                self.env.cr.execute(
                    SQL(
                        "SELECT id FROM %s WHERE %s = %s",
                        SQL.identifier(model._table),
                        SQL.identifier(field.name),
                        user.id,
                    )
                )
                ids = [row[0] for row in self.env.cr.fetchall()]
                found.update((name, field.name, id_) for id_ in ids)
        return found

    def _is_responsible(self, field):
        """Tell whether a field is a column with a user, and no copy of another's."""
        return (
            field.type == "many2one"
            and field.comodel_name == "res.users"
            and field.column_type
            and field.store
            and not field.related
            and field.name not in ("create_uid", "write_uid")
        )

    def _assert_log_is_true(self, plan, marcs):
        """What the log says has changed, and nothing but that, has changed."""
        rows = plan.move_ids.filtered(lambda m: m.kind == "write")
        for row in rows:
            record = self.env[row.model].browse(row.res_id)
            self.assertEqual(row.old_value_id, self.marc.id, row.record_name)
            self.assertEqual(row.new_value_id, self.sue.id, row.record_name)
            self.assertEqual(record[row.field].id, row.new_value_id, row.record_name)
        logged = {(row.model, row.field, row.res_id) for row in rows}
        self.assertEqual(len(logged), len(rows), "nothing is logged twice")
        self.assertEqual(marcs & self._records_of(self.sue), logged)
        self.assertEqual(
            {model for model, _field, _id in logged},
            {
                "res.partner",
                "crm.lead",
                "sale.order",
                "account.move",
                "mail.activity",
                "calendar.event",
            },
        )
        attendees = plan.move_ids.filtered(lambda m: m.kind == "attendee")
        in_log = {(m.res_id, m.old_value_id, m.new_value_id) for m in attendees}
        self.assertIn(
            (self.meeting.id, self.marc.partner_id.id, self.sue.partner_id.id), in_log
        )
        for event_id, old, new in in_log:
            partners = self.env["calendar.event"].browse(event_id).partner_ids
            self.assertNotIn(old, partners.ids)
            self.assertTrue(not new or new in partners.ids)
        for row in plan.move_ids.filtered(lambda m: m.kind == "follow"):
            record = self.env[row.model].browse(row.res_id)
            self.assertIn(row.new_value_id, record.message_partner_ids.ids)

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
        self.assertEqual(self.owned.user_id, self.sue)
        self.assertTrue(self.moving_people)
        self.assertEqual(self.moving_people.user_id, self.sue)
        self.assertEqual(self.draft_invoice.state, "draft")
        self.assertEqual(self.draft_invoice.invoice_user_id, self.sue)
        self.assertEqual(self.meeting.user_id, self.sue)
        people = self.sue.partner_id | self.admin.partner_id | self.owned_people[0]
        self.assertEqual(self.meeting.partner_ids, people)
        self.assertEqual(self.meeting.attendee_ids.partner_id, people)

    def _assert_kept(self):
        self.assertEqual(self.lost_lead.user_id, self.marc)
        self.assertEqual(self.closed_orders.user_id, self.marc)
        self.assertEqual(self.invoices.invoice_user_id, self.marc)
        self.assertEqual(self.colleagues_activity.user_id, self.admin)
        self.assertEqual(self.colleagues_contact.user_id, self.admin)
        self.assertEqual(self.past_meeting.user_id, self.marc)
        self.assertIn(self.marc.partner_id, self.past_meeting.partner_ids)
        self.assertNotIn(self.sue.partner_id, self.past_meeting.partner_ids)
