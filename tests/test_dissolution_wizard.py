from datetime import date

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_dissolution import DissolutionCommon


@tagged("post_install", "-at_install")
class TestDissolutionWizard(DissolutionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_a.country_id = cls.env.ref("base.cn")
        # Only customers with purchases are concerned.
        for partner, user in ((cls.customer_1, cls.speaker), (cls.customer_3, None)):
            order = (
                cls.env["sale.order"]
                .with_company(cls.company_a)
                .create(
                    {
                        "partner_id": partner.id,
                        "company_id": cls.company_a.id,
                        "user_id": user and user.id,
                        "order_line": [
                            Command.create(
                                {"product_id": cls.product.id, "product_uom_qty": 2}
                            )
                        ],
                    }
                )
            )
            order.action_confirm()

    def _wizards(self, user=None):
        user = user or self.author
        return (
            self.env["continuity.dissolution.wizard"]
            .with_user(user)
            .with_context(allowed_company_ids=[self.company_a.id])
        )

    def _first_step(self, **values):
        form = Form(self._wizards())
        form.customer_reason = "Our landlord ends the lease on 31 March."
        form.internal_reason = "The bank has cut the credit line."
        for name, value in values.items():
            setattr(form, name, value)
        return form.save()

    def _people(self, wizard):
        wizard.write({"approver_id": self.approver.id, "lead_id": self.member.id})

    def test_jurisdiction_and_route_follow_the_company(self):
        form = Form(self._wizards())
        self.assertEqual(form.jurisdiction_id.code, "CN")
        self.assertEqual(form.timetable_id.code, "cn_ordinary")
        form.jurisdiction_id = self.env.ref("customer_continuity.jurisdiction_jp")
        self.assertEqual(form.timetable_id.code, "jp")

    def test_from_reason_to_draft(self):
        wizard = self._first_step()
        wizard.action_next()
        self.assertEqual(wizard.step, "dates")
        days = {d.event_id.code: d for d in wizard.date_ids}
        self.assertEqual(days["decision"].date_planned, date(2027, 3, 1))
        self.assertEqual(days["group_formed"].latest, date(2027, 3, 16))
        self.assertIn("Company Law of China 232", days["group_formed"].explanation)
        self.assertEqual(set(wizard.date_ids.mapped("status")), {"on_track"})
        wizard.action_next()
        self._people(wizard)
        wizard.action_next()
        self.assertEqual(wizard.step, "preview")
        self.assertFalse(wizard.error_text)
        self.assertFalse(wizard.warning_text)
        self.assertIn("customers are concerned", wizard.summary_html)
        self.assertNotIn("built-in", wizard.summary_html)
        action = wizard.action_create_draft()
        campaign = self.env["continuity.dissolution"].browse(action["res_id"])
        self.assertEqual(campaign.state, "draft")
        self.assertEqual(campaign.timetable_id.code, "cn_ordinary")
        self.assertEqual(
            campaign._date_of("last_service"), days["last_service"].date_planned
        )
        self.assertEqual(campaign._lead(), self.member)
        self.assertEqual(
            campaign.customer_ids.partner_id, self.customer_1 | self.customer_3
        )
        self.assertFalse(campaign.customer_ids.touchpoint_ids)
        campaign.with_user(self.author).action_submit()

    def test_preview_counts_by_tier_and_segment(self):
        self._set_tier(self.customer_1, self.tier_a, self.company_a)
        wizard = self._first_step()
        campaign = wizard._draft()
        preview = wizard._prepare_preview(campaign)
        self.assertEqual(preview["total"], 2)
        row = next(r for r in preview["rows"] if r["tier"] == self.tier_a.name)
        # Two were ordered, and none delivered.
        self.assertEqual(row["cells"], [1, 0, 0])
        self.assertEqual(preview["labels"][0], "Unfulfilled")

    def test_a_day_moved_moves_the_bounds_of_others(self):
        wizard = self._first_step()
        wizard.action_next()
        with Form(wizard) as form:
            rows = [
                form.date_ids.edit(i).event_id.code for i in range(len(form.date_ids))
            ]
            with form.date_ids.edit(rows.index("cause")) as line:
                line.date_planned = "2027-02-01"
            self.assertIn("Missed: Liquidation group", form.dates_warning)
        formed = wizard.date_ids.filtered(lambda d: d.event_id.code == "group_formed")
        self.assertEqual(formed.latest, date(2027, 2, 16))
        self.assertEqual(formed.status, "missed")
        wizard.action_next()
        self._people(wizard)
        wizard.action_next()
        self.assertIn("Missed: Liquidation group", wizard.warning_text)

    def test_vague_reasons_are_flagged_with_a_better_example(self):
        form = Form(self._wizards())
        for text, example in (
            ("This is a strategic adjustment.", "losses"),
            ("因公司战略调整", "股东会"),
            ("戦略的見直しのため", "赤字"),
        ):
            with self.subTest(text=text):
                form.customer_reason = text
                self.assertIn(example, form.reason_advice)
        form.customer_reason = "Our landlord ends the lease on 31 March."
        self.assertFalse(form.reason_advice)

    def test_the_draft_flags_it_too(self):
        self.assertFalse(self.campaign.reason_advice)
        self.campaign.sudo().customer_reason = "Due to business restructuring."
        self.assertIn("restructuring", self.campaign.reason_advice)

    def test_first_step_names_what_is_missing(self):
        wizard = self._first_step(customer_reason=" ", kind="branch")
        with self.assertRaisesRegex(UserError, "the reason(.|\n)*which branch"):
            wizard.action_next()
        wizard.write({"kind": "product", "customer_reason": "No more spare parts."})
        with self.assertRaisesRegex(UserError, "which products"):
            wizard.action_next()
        wizard.categ_ids = self.env["product.category"].create({"name": "Lamps"})
        wizard.action_next()

    def test_last_step_lists_all_errors(self):
        wizard = self._first_step()
        wizard.action_next()
        last = wizard.date_ids.filtered(lambda d: d.event_id.code == "last_service")
        last.date_planned = "2027-03-20"
        wizard.action_next()
        wizard.action_next()
        self.assertIn("approver", wizard.error_text)
        self.assertIn("days remain between", wizard.error_text)
        with self.assertRaisesRegex(UserError, "approver"):
            wizard.action_create_draft()

    def test_simplified_route_with_open_orders(self):
        wizard = self._first_step(
            timetable_id=self.env.ref("customer_continuity.timetable_cn_simplified")
        )
        wizard.action_next()
        wizard.action_next()
        self._people(wizard)
        wizard.action_next()
        self.assertIn("2 obligations", wizard.error_text)

    def test_back_keeps_what_was_edited(self):
        wizard = self._first_step()
        wizard.action_next()
        day = wizard.date_ids.filtered(lambda d: d.event_id.code == "last_support")
        day.date_planned = "2027-12-31"
        wizard.action_back()
        wizard.action_next()
        self.assertEqual(day.date_planned, date(2027, 12, 31))
        wizard.action_propose_dates()
        day = wizard.date_ids.filtered(lambda d: d.event_id.code == "last_support")
        self.assertLess(day.date_planned, date(2027, 12, 31))

    def test_only_managers_draft(self):
        for user in (self.speaker, self.approver):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._wizards(user).create({"customer_reason": "No."})

    def test_nobody_previews_another_company(self):
        wizard = self._first_step()
        # The company is the client's choice.
        wizard.sudo().company_id = self.company_b
        for method in ("action_next", "action_create_draft"):
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(wizard, method)()
        wizard.sudo().step = "preview"
        with self.assertRaises(AccessError):
            wizard.read(["summary_html"])

    def test_what_is_typed_stays_with_who_typed_it(self):
        wizard = self._first_step()
        other = self._create_user("other_manager", "sales_team.group_sale_manager")
        with self.assertRaises(AccessError):
            wizard.with_user(other).read(["internal_reason"])
