from datetime import datetime

from markupsafe import Markup

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools.misc import mute_logger

from ..models import continuity_handover_brief_line
from .common_handover import HandoverCommon

LOGGER = "odoo.addons.customer_continuity.models.continuity_handover_brief_line"


@tagged("post_install", "-at_install")
class TestHandoverBrief(HandoverCommon):
    """The brief: what is in it, frozen at approval, shown in the reader's words."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stage = cls.env["crm.stage"].create({"name": "Halfway", "sequence": 50})
        cls.contact_1.write(
            {
                "name": "Ms Sato",
                "function": "Buyer",
                "phone": "+81 3 1234",
                "continuity_channel_id": cls.channel_call.id,
            }
        )
        cls.customer_1.write(
            {
                "continuity_business": "Makes bolts.",
                "continuity_preferences": "Only their own broker.",
            }
        )

    @classmethod
    def _deal(cls, partner, user, **values):
        return cls.env["crm.lead"].create(
            {
                "name": "Second press",
                "type": "opportunity",
                "user_id": user.id,
                "partner_id": partner.id,
                "stage_id": cls.stage.id,
                "company_id": cls.company_a.id,
                "expected_revenue": 5000,
                "date_deadline": "2027-05-31",
                **values,
            }
        )

    @classmethod
    def _meeting(cls, user, partner, start, **values):
        return cls.env["calendar.event"].create(
            {
                "name": "About the press",
                "user_id": user.id,
                "partner_ids": [Command.set((user.partner_id | partner).ids)],
                "start": start,
                "stop": start.replace(" 10:", " 11:"),
                **values,
            }
        )

    def _sections(self, line, user=None, **context):
        """What a reader sees: section key to its rows, joined."""
        brief = line.with_user(user or self.leaver).with_context(**context).brief_id
        return {
            section["key"]: "\n".join(" | ".join(row) for row in section["rows"])
            for section in brief._shown_sections()
        }

    def _approved(self, **values):
        plan = self._running_plan(**values)
        return self._line_of(plan, self.customer_1)

    # === Content === #

    def test_people_and_profile(self):
        sections = self._sections(self._approved())
        self.assertIn("Ms Sato | Buyer | +81 3 1234", sections["contacts"])
        self.assertIn("Call", sections["contacts"])
        self.assertIn("Makes bolts.", sections["organisation"])
        self.assertIn("Only their own broker.", sections["profile"])

    def test_purchases_of_the_window(self):
        for amount, day in ((1200, "2026-11-02"), (300, "2026-12-02")):
            order = self._create_order(self.contact_1, amount, f"{day} 10:00:00")
            order.continuity_purchase_reason = f"Reason {amount}"
        self._create_order(self.customer_1, 777, "2025-11-02 10:00:00")
        self._create_order(self.customer_1, 888, "2026-11-02 10:00:00", confirm=False)
        text = self._sections(self._approved())["purchases"]
        self.assertIn("Continuity product | 2", text)
        self.assertIn("1,500.00", text)
        self.assertIn(f"12/02/2026 {order.name}: Reason 300", text)
        self.assertIn("Reason 1200", text)
        self.assertNotIn("777", text)
        self.assertNotIn("888", text)

    def test_variants_are_told_apart(self):
        """Also in the reader's language, and without what all of them have."""
        self.env["res.lang"]._activate_lang("ja_JP")
        size, colour = self.env["product.attribute"].create(
            [{"name": "Size"}, {"name": "Colour", "sequence": 1}]
        )
        values = self.env["product.attribute.value"].create(
            [
                {"name": "Large", "attribute_id": size.id},
                {"name": "Small", "attribute_id": size.id},
                {"name": "Blue", "attribute_id": colour.id},
            ]
        )
        values[0].with_context(lang="ja_JP").name = "大"
        template = self.env["product.template"].create(
            {
                "name": "Valve",
                "attribute_line_ids": [
                    Command.create(
                        {
                            "attribute_id": attribute.id,
                            "value_ids": [Command.set(some.ids)],
                        }
                    )
                    for attribute, some in values.grouped("attribute_id").items()
                ],
            }
        )
        for variant, amount in zip(
            template.product_variant_ids, (1200, 300), strict=True
        ):
            order = self._create_order(self.customer_1, amount, "2026-11-02 10:00:00")
            order.order_line.product_id = variant
            order.order_line.price_unit = amount
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "For customer 1",
                "company_id": self.company_a.id,
                "currency_id": self.euro.id,
                "item_ids": [
                    Command.create(
                        {
                            "applied_on": "0_product_variant",
                            "product_id": template.product_variant_ids[1].id,
                            "compute_price": "fixed",
                            "fixed_price": 42.0,
                        }
                    )
                ],
            }
        )
        self.customer_1.with_company(
            self.company_a
        ).specific_property_product_pricelist = pricelist
        line = self._approved()
        sections = self._sections(line)
        self.assertIn("Valve (Large) | 1", sections["purchases"])
        self.assertIn("Valve (Small) | 1", sections["purchases"])
        self.assertIn("Valve (Small) | 42.00", sections["prices"])
        self.assertIn("Valve (大)", self._sections(line, lang="ja_JP")["purchases"])

    def test_invoiced_without_an_order(self):
        """A company that works without orders has purchases too."""
        self._create_invoice(self.customer_1, 400, "2026-12-01")
        self._create_invoice(self.customer_1, 150, "2026-12-02", refund=True)
        text = self._sections(self._approved())["purchases"]
        self.assertIn("Goods | 250.00", text)

    def test_open_orders_and_what_was_delivered(self):
        order = self._create_order(self.customer_1, 50, "2027-02-01 10:00:00")
        order.order_line.write({"product_uom_qty": 10, "qty_delivered": 3})
        self.assertIn("3 / 10", self._sections(self._approved())["orders"])

    def test_open_and_overdue_invoices(self):
        late = self._create_invoice(self.customer_1, 400, "2027-01-01")
        late.invoice_date_due = "2027-02-19"
        early = self._create_invoice(self.customer_1, 100, "2027-02-27")
        early.invoice_date_due = "2027-03-31"
        self.env["continuity.relationship"]._refresh(self.company_a)
        sections = self._sections(self._approved())
        self.assertIn("02/19/2027 | 400.00\xa0€ | 10", sections["invoices"])
        self.assertIn("500.00\xa0€ | 400.00\xa0€", sections["figures"])

    def test_deals_with_their_next_step(self):
        deal = self._deal(self.customer_1, self.leaver)
        deal.activity_schedule(
            "mail.mail_activity_data_call",
            date_deadline=datetime(2027, 3, 9).date(),
            summary="Ask for the drawing",
            user_id=self.leaver.id,
        )
        text = self._sections(self._approved())["deals"]
        for words in ("Second press", "Halfway", "05/31/2027", "5,000"):
            self.assertIn(words, text)
        self.assertIn("Call: Ask for the drawing | 03/09/2027", text)

    def test_price_agreements(self):
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "For customer 1",
                "company_id": self.company_a.id,
                "currency_id": self.euro.id,
                "item_ids": [
                    Command.create(
                        {
                            "applied_on": "1_product",
                            "product_tmpl_id": self.product.product_tmpl_id.id,
                            "compute_price": "fixed",
                            "fixed_price": 42.0,
                            "min_quantity": 10,
                        }
                    )
                ],
            }
        )
        self.customer_1.with_company(
            self.company_a
        ).specific_property_product_pricelist = pricelist
        text = self._sections(self._approved())["prices"]
        self.assertIn("For customer 1 | Continuity product | 10 | 42.00\xa0€", text)

    def test_interactions_and_promises(self):
        self._meeting(self.leaver, self.contact_1, "2027-02-10 10:00:00")
        self._meeting(
            self.leaver, self.contact_1, "2027-03-20 10:00:00", name="Sign it"
        )
        touchpoint = self._plan_touchpoint()
        touchpoint.with_user(self.leaver).log_attempt(
            "held", date="2027-02-20 10:00:00", note="They want it in blue."
        )
        self.customer_1.with_context(tracking_disable=False).with_user(
            self.user_portal
        ).sudo().message_post(
            body=Markup("<p>Where is our <b>order</b>?</p>"),
            message_type="email",
            author_id=self.contact_1.id,
        )
        self.env["continuity.relationship"]._refresh(self.company_a)
        line = self._approved()
        sections = self._sections(line)
        for words in (
            "About the press",
            "They want it in blue.",
            "Where is our *order*?",
        ):
            self.assertIn(words, sections["interactions"])
        self.assertNotIn("Sign it", sections["interactions"])
        self.assertIn("Sign it", sections["promises"])
        # The same definition as that of the clock of silence.
        [last] = line.brief_id.content["interactions"]["rows"][:1]
        self.assertEqual(last["date"][:10], str(line.relationship_id.last_contact_date))

    def test_attempts_in_vain_are_no_interactions(self):
        touchpoint = self._plan_touchpoint()
        touchpoint.with_user(self.leaver).log_attempt("no_answer", note="In vain")
        mine = touchpoint.with_user(self.leaver)
        mine.log_attempt("held", note="Another customer, in fact")
        mine.action_undo()
        self.assertNotIn("interactions", self._sections(self._approved()))

    def test_a_visit_is_told_once(self):
        """Its attempt, its meeting and its ticked activity are one contact."""
        line = self._approved()
        line.with_user(self.approver).invite_customer = True
        meeting = line.visit_touchpoint_id.event_id
        self.assertIn(self.contact_1, meeting.partner_ids)
        with self._after_visit(line):
            self._hold_visit(line, note="They welcome it.")
            line.with_user(self.leaver).action_refresh_brief()
            text = self._sections(line)["interactions"]
        self.assertEqual(len(text.splitlines()), 1, text)
        self.assertIn("They welcome it.", text)

    def test_last_ten(self):
        for day in range(10, 25):
            self._meeting(
                self.leaver, self.contact_1, f"2027-02-{day} 10:00:00", name=f"No {day}"
            )
        text = self._sections(self._approved())["interactions"]
        self.assertEqual(len(text.splitlines()), 10)
        self.assertIn("No 24", text)
        self.assertNotIn("No 14", text)

    def test_concerns_open_or_recent(self):
        concerns = self.env["continuity.concern"].create(
            [
                {
                    "partner_id": self.customer_1.id,
                    "company_id": self.company_a.id,
                    "kind": "complaint",
                    "question": question,
                    "owner_id": self.leaver.id,
                }
                for question in ("It leaks.", "Long forgotten.")
            ]
        )
        concerns[1].sudo().write(
            {
                "state": "closed",
                "raised_on": "2025-01-01 10:00:00",
                "closed_on": "2025-01-02 10:00:00",
            }
        )
        text = self._sections(self._approved())["concerns"]
        self.assertIn("Complaint | It leaks.", text)
        self.assertNotIn("Long forgotten.", text)

    # === What is nobody's business === #

    def test_private_meetings(self):
        """Neither a colleague's nor the predecessor's, nor in a private calendar."""
        for user, values in (
            (self.colleague, {"privacy": "private"}),
            (self.leaver, {"privacy": "private"}),
            (self.successor, {}),
        ):
            self._meeting(
                user, self.contact_1, "2027-03-20 10:00:00", name="Secret", **values
            )
            self._meeting(
                user, self.contact_1, "2027-02-20 10:00:00", name="Secret", **values
            )
        settings = self.env["res.users.settings"]
        settings._find_or_create_for_user(self.successor).write(
            {"calendar_default_privacy": "private"}
        )
        line = self._approved()
        self.assertNotIn("Secret", str(line.brief_id.content))

    def test_other_companies(self):
        self._create_order(
            self.customer_1, 777, "2026-11-02 10:00:00", company=self.company_b
        )
        self._create_invoice(self.customer_1, 888, "2027-01-02", company=self.company_b)
        self._deal(
            self.customer_1,
            self.user_company_b,
            name="Deal of B",
            company_id=self.company_b.id,
        )
        self._create_customer(
            "Person of B", parent_id=self.customer_1.id, company_id=self.company_b.id
        ).is_company = False
        line = self._approved()
        content = str(line.brief_id.content)
        for words in ("777", "888", "Deal of B", "Person of B"):
            self.assertNotIn(words, content)

    def test_customer_of_a_colleague(self):
        """Only what is the predecessor's to hand over."""
        self._deal(self.customer_3, self.leaver, name="My deal")
        self._deal(self.customer_3, self.colleague, name="Their deal")
        order = self._create_order(self.customer_3, 777, "2026-11-02 10:00:00")
        order.user_id = self.colleague
        plan = self._running_plan(
            line_ids=[Command.create(self._line_values(self.customer_3))]
            if self.customer_3.user_id != self.successor
            else [
                Command.create(
                    self._line_values(self.customer_3, successor_id=self.user_all.id)
                )
            ]
        )
        content = str(plan.line_ids.sudo().brief_ids.content)
        self.assertIn("My deal", content)
        self.assertNotIn("Their deal", content)
        self.assertNotIn(order.name, content)

    def test_text_of_other_documents(self):
        """Mails of the same person on anything but business leave no words."""
        note = self.env["res.partner.category"].create({"name": "Anything"})
        self.env["mail.message"].create(
            {
                "model": note._name,
                "res_id": note.id,
                "message_type": "email",
                "author_id": self.contact_1.id,
                "body": "<p>Not for sales.</p>",
                "date": "2027-02-20 10:00:00",
            }
        )
        self.assertNotIn("Not for sales", str(self._approved().brief_id.content))

    # === Frozen, refreshed === #

    def test_built_at_approval(self):
        plan = self._submit(self._create_plan())
        line = self._line_of(plan, self.customer_1)
        self.assertFalse(line.sudo().brief_ids.built_on)
        self._approve(plan)
        for each in plan.line_ids:
            brief = each.sudo().brief_ids
            self.assertEqual(len(brief), 1)
            self.assertEqual(str(brief.built_on), "2027-03-01 06:00:00")
            self.assertEqual(brief.built_by_id, self.approver)

    def test_frozen_until_refreshed(self):
        line = self._approved()
        self.contact_1.name = "Mr Suzuki"
        self.assertNotIn("Suzuki", self._sections(line)["contacts"])
        with self._at("2027-03-02 08:00:00"):
            line.with_user(self.successor).action_refresh_brief()
        self.assertIn("Suzuki", self._sections(line)["contacts"])
        brief = line.sudo().brief_ids
        self.assertEqual(brief.built_by_id, self.successor)
        self.assertEqual(str(brief.built_on), "2027-03-02 08:00:00")

    def test_not_refreshed_after_the_cut_over(self):
        line = self._approved()
        self._move_without_cut_over(line)
        with self.assertRaises(UserError):
            line.with_user(self.successor).action_refresh_brief()

    def test_failure_does_not_stop_the_approval(self):
        """The others get their brief, the one that fails says why, and is left alone
        until somebody asks for it again."""
        plan = self._submit(self._create_plan())
        bad = self._line_of(plan, self.customer_2)
        model = type(self.env["continuity.handover.brief"])
        collect = model._collect

        def fail(self, lines, keys=None):
            if bad in lines.sudo(False).with_env(bad.env):
                self.env.cr.execute("SELECT 'Something is wrong'::int")
            return collect(self, lines, keys)

        self.patch(model, "_collect", fail)
        with mute_logger(LOGGER, "odoo.sql_db"):
            self._approve(plan)
            self.assertEqual(plan.state, "running")
            self._run_cron("handover_brief")
        good = self._line_of(plan, self.customer_1).sudo().brief_ids
        self.assertTrue(good.built_on)
        failed = bad.sudo().brief_ids
        self.assertFalse(failed.built_on)
        self.assertIn("Something is wrong", failed.build_error)
        self.assertNotIn(
            bad, self.env["continuity.handover.line"].search(good._domain_to_build())
        )

    def test_long_plan_is_left_to_the_scheduler(self):
        self.patch(continuity_handover_brief_line, "BRIEFS_WHILE_WAITING", 1)
        self.patch(continuity_handover_brief_line, "BRIEF_BATCH_SIZE", 1)
        plan = self._running_plan()
        self.assertFalse(any(plan.line_ids.sudo().brief_ids.mapped("built_on")))
        self._run_cron("handover_brief")
        briefs = plan.line_ids.sudo().brief_ids
        self.assertEqual(len(briefs.filtered("built_on")), 2)

    # === In the reader's words === #

    def test_each_reader_in_their_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self._create_order(self.customer_1, 1200, "2026-11-02 10:00:00")
        self.product.with_context(lang="fr_FR").name = "Produit"
        line = self._approved()
        french = self._sections(line, lang="fr_FR")["purchases"]
        self.assertIn("Produit", french)
        self.assertIn("02/11/2026", french)
        english = self._sections(line, lang="en_US")["purchases"]
        self.assertIn("Continuity product", english)
        self.assertIn("11/02/2026", english)

    def test_html_is_escaped(self):
        self.contact_1.name = "<script>alert(1)</script>"
        line = self._approved()
        html = line.with_user(self.leaver).brief_html
        self.assertNotIn("<script>", html)
        # What a phone shows instead of the head of the table.
        self.assertIn('title="Function"', html)
        self.assertIn("&lt;script&gt;", html)

    def test_report(self):
        plan = self._running_plan()
        action = plan.with_user(self.approver).action_print_briefs()
        self.assertEqual(
            set(action["context"]["active_ids"]),
            set(plan.line_ids.sudo().brief_ids.ids),
        )
        html, kind = (
            self.env["ir.actions.report"]
            .with_user(self.approver)
            ._render_qweb_html(action["report_name"], action["context"]["active_ids"])
        )
        self.assertEqual(kind, "html")
        for words in ("Customer 1", "Customer 2", "Ms Sato", "not answered yet"):
            self.assertIn(words, html.decode())

    # === Answers === #

    def test_answers(self):
        line = self._approved()
        self.assertEqual(line.with_user(self.leaver).brief_missing, 5)
        line.with_user(self.leaver).answer_risk = "Another late delivery."
        self.assertEqual(line.with_user(self.leaver).brief_missing, 4)
        brief = line.sudo().brief_ids
        self.assertEqual(brief.answered_by_id, self.leaver)
        html = line.with_user(self.successor).brief_html
        self.assertIn("Another late delivery.", html)
        self.assertEqual(html.count("Missing: not answered yet."), 4)
        line.with_user(self.approver).answer_advice = "Call before noon."
        self.assertEqual(brief.answered_by_id, self.approver)

    def test_answers_in_the_draft(self):
        plan = self._create_plan()
        line = self._line_of(plan, self.customer_1)
        line.with_user(self.leaver).answer_buying = "We deliver on Saturdays."
        self._approve(self._submit(plan))
        self.assertEqual(
            line.with_user(self.leaver).answer_buying, "We deliver on Saturdays."
        )

    def test_who_answers(self):
        line = self._approved()
        for user in (self.successor, self.colleague, self.user_company_b):
            with self.assertRaises(AccessError):
                self._rpc(user, line, "write", {"answer_risk": "x"})
        self._move_without_cut_over(line)
        with self.assertRaises(AccessError):
            self._rpc(self.leaver, line, "write", {"answer_risk": "x"})

    # === Cost === #

    def _heavy_documents(self, count):
        """Many documents without the cost of making each through the ORM."""
        self.env.flush_all()
        order = self._create_order(self.customer_1, 10, "2026-11-02 10:00:00")
        self.env.flush_all()
        for table, record in (
            ("sale_order", order),
            ("sale_order_line", order.order_line),
        ):
            self.env.cr.execute(
                """SELECT string_agg(quote_ident(column_name), ', ')
                     FROM information_schema.columns
                    WHERE table_name = %s AND column_name NOT IN ('id', 'name')""",
                [table],
            )
            [columns] = self.env.cr.fetchone()
            self.env.cr.execute(
                f"INSERT INTO {table} (name, {columns})"  # noqa: S608
                f" SELECT 'X' || n, {columns} FROM {table}, generate_series(1, %s) n"
                f" WHERE {table}.id = %s",
                [count, record.id],
            )
        self.env.invalidate_all()

    def test_statements_do_not_grow(self):
        """Neither with documents nor with customers."""
        line = self._approved()
        brief = self.env["continuity.handover.brief"]
        lines = line.handover_id.line_ids.sudo()

        def statements(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            brief._collect(records)
            return self.env.cr.sql_log_count - before

        statements(lines)
        few = statements(line.sudo())
        self.assertLessEqual(few, 20)
        self._heavy_documents(5000)
        self.assertEqual(statements(line.sudo()), few)
        self.assertEqual(statements(lines), few)
        self.assertLess(len(str(brief._collect(line)[line.id])), 20000)

    def test_opening_reads_one_row(self):
        line = self._approved()
        self._heavy_documents(500)
        line.with_user(self.successor).action_refresh_brief()
        mine = line.with_user(self.successor)
        self.env.invalidate_all()
        self.assertTrue(mine.brief_html)
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(13):
            self.assertTrue(mine.brief_html)
