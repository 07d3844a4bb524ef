from datetime import timedelta

from freezegun import freeze_time
from psycopg2.errors import CheckViolation, UniqueViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common_factor_choice import TODAY, FactorChoiceCommon


@tagged("post_install", "-at_install")
class TestFactorChoice(FactorChoiceCommon):
    def test_cost_at_own_figures(self):
        self.assertEqual(
            [self.first[f"cost_{name}"] for name in ("fee", "top_up", "interest")],
            [29_200, 0, 24_000],
        )
        self.assertEqual(
            [self.first[f"cost_{name}"] for name in ("setup", "invoices", "limits")],
            [1_500, 1_800, 1_400],
        )
        self.assertEqual(self.first.total_cost, 57_900)
        self.assertAlmostEqual(self.first.cost_percent, 1.59)
        self.assertEqual(self.second.cost_top_up, 10_950)
        self.assertEqual(self.second.total_cost, 51_700)
        self.assertEqual(self.first.advanced, 400_000)
        self.assertEqual(self.first.held_back, 100_000)

    def test_cost_follows_the_figures(self):
        self.choice.share = 50
        self.assertEqual(self.choice.assigned_volume, 1_825_000)
        # Customers whose limits are looked after are counted, not shared.
        self.assertEqual(self.first.total_cost, 14_600 + 12_000 + 1_500 + 900 + 1_400)
        self.choice.days_outstanding = 25
        self.assertEqual(self.first.cost_interest, 6_000)

    def test_score(self):
        # cost 40: 51,700 / 57,900; customers 20: 5 of 5; recourse 15: none;
        # notice 10: at any time; holdback 10: 20 of 50 %; minimum 5: none
        self.assertAlmostEqual(
            self.first.score, 51_700 / 57_900 * 40 + 20 + 15 + 10 + 6 + 5, 1
        )
        # customers: 2 of 1 to 5; notice: 6 of 12 months; holdback: 10 of 50 %;
        # minimum: half of what is assigned
        self.assertAlmostEqual(self.second.score, 40 + 5 + 0 + 5 + 8 + 2.5, 1)

    def test_weights_are_the_choices_own(self):
        criteria = self.choice.criterion_ids
        self.assertAlmostEqual(sum(criteria.mapped("weight_share")), 100)
        criteria.filtered(lambda c: c.kind != "cost").weight = 0
        self.assertEqual(self.second.score, 100)
        self.assertAlmostEqual(self.first.score, 51_700 / 57_900 * 100, 1)
        # A company that wants the factor bound turns the scale round.
        notice = criteria.filtered(lambda c: c.kind == "notice")
        (criteria - notice).weight = 0
        notice.write({"weight": 1, "zero_at": 0, "full_at": 12})
        self.assertEqual((self.first.score, self.second.score), (0, 50))

    def test_impossible_weights_and_scales(self):
        notice = self.choice.criterion_ids.filtered(lambda c: c.kind == "notice")
        with self.assertRaises(ValidationError):
            notice.full_at = notice.zero_at
        for error, values in (
            (CheckViolation, {"weight": -1}),
            (UniqueViolation, {"kind": "cost"}),
        ):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(error),
                self.cr.savepoint(),
            ):
                notice.write(values)
                notice.flush_recordset()
            self.env.invalidate_all()

    def test_impossible_offers(self):
        for values in (
            {"advance_rate": 90, "holdback_rate": 20},
            {"fee_rate": -1},
            {"interest_rate": 101},
            {"minimum_fee": -1},
            {"notice_months": -1},
        ):
            with (
                self.subTest(values=values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(CheckViolation),
                self.cr.savepoint(),
            ):
                self.first.write(values)
                self.first.flush_recordset()
            self.env.invalidate_all()

    def test_impossible_figures(self):
        for values in (
            {"share": 0},
            {"share": 100.1},
            {"volume": -1},
            {"days_outstanding": -0.1},
            {"invoice_count": -1},
            {"debtor_count": -1},
        ):
            with (
                self.subTest(values=values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(CheckViolation),
                self.cr.savepoint(),
            ):
                self.choice.write(values)
                self.choice.flush_recordset()
            self.env.invalidate_all()

    # === Which offers can be chosen === #

    def test_expired_offer(self):
        self.first.valid_until = TODAY
        self.assertFalse(self.first.problem)
        self.first.valid_until = TODAY - timedelta(days=1)
        self.assertIn("It expired on 06/29/2026.", self.first.problem)
        with self.assertRaisesRegex(UserError, "First Factor cannot be chosen"):
            self.decide(self.first)
        self.assertEqual(self.choice.state, "draft")

    def test_incomplete_offer_names_what_is_missing(self):
        for name, label in (
            ("fee_rate", None),
            ("recourse", "Recourse"),
            ("treatment", "Treatment of Our Customers"),
            ("advance_rate", "Advance (%)"),
            ("term", "Contract Term (Months)"),
            ("valid_until", "Valid Until"),
            ("document_ids", "Documents"),
        ):
            with self.subTest(field=name), self.cr.savepoint() as savepoint:
                self.first[name] = False
                if label:
                    self.assertEqual(
                        self.first.problem, f"It is incomplete; enter: {label}."
                    )
                    with self.assertRaisesRegex(UserError, "cannot be chosen"):
                        self.decide(self.first)
                else:
                    # Interest is a price, too.
                    self.assertFalse(self.first.problem)
                savepoint.rollback()
            self.env.invalidate_all()
        self.first.write({"fee_rate": 0, "interest_rate": 0})
        self.assertIn("Service Fee (%)", self.first.problem)

    def test_archived_factor(self):
        self.factor_1.active = False
        self.assertEqual(self.first.problem, "The factor has been archived.")

    def test_an_offer_that_cannot_be_chosen_sets_no_yardstick(self):
        self.second.valid_until = TODAY - timedelta(days=1)
        self.assertEqual(self.choice._cheapest(), 57_900)
        table = self.choice._comparison()
        self.assertEqual(table["offers"], self.first + self.second)
        self.assertEqual(table["best"], self.first)

    def test_nothing_to_decide_on_without_figures_or_weights(self):
        self.choice.days_outstanding = 0
        with self.assertRaisesRegex(UserError, "days sales outstanding"):
            self.decide(self.first)
        self.choice.days_outstanding = 50
        self.choice.criterion_ids.weight = 0
        with self.assertRaisesRegex(UserError, "a weight"):
            self.decide(self.first)

    # === The decision === #

    def test_decision_is_frozen_with_its_reason(self):
        self.decide(self.first, "  They are patient. ")
        choice = self.choice
        self.assertEqual(choice.state, "decided")
        self.assertEqual(choice.chosen_offer_id, self.first)
        self.assertEqual(choice.decision_reason, "They are patient.")
        self.assertEqual(choice.decided_by_id, self.user_manager)
        self.assertEqual(choice.decided_on, TODAY)
        score = self.first.score
        for change in (
            lambda: choice.write({"volume": 1}),
            lambda: choice.write(
                {"offer_ids": [Command.update(self.first.id, {"fee_rate": 1})]}
            ),
            lambda: self.second.write({"fee_rate": 0.1}),
            lambda: self.second.unlink(),
            lambda: choice.criterion_ids[0].write({"weight": 99}),
            lambda: choice.criterion_ids[0].unlink(),
            lambda: self._create_offer(self.factor_2),
            lambda: choice.action_take_books(),
            lambda: choice.unlink(),
            lambda: self.decide(self.second),
        ):
            with self.assertRaises(UserError):
                change()
        # Not even the app itself changes what was decided on.
        with self.assertRaises(UserError):
            self.second.sudo().fee_rate = 0.1
        self.assertEqual(choice.chosen_offer_id, self.first)
        # The offers expire, the decision stays as it was.
        with freeze_time("2027-01-01 09:00:00"):
            self.env.invalidate_all()
            self.assertFalse(self.first.problem)
            self.assertEqual(self.first.score, score)

    def test_offers_move_neither_into_nor_out_of_a_decision(self):
        other = self._create_choice(name="Other")
        stray = self._create_offer(self.factor_2, choice=other)
        self.decide(self.first)
        for offer, choice in ((stray, self.choice), (self.second, other)):
            with self.assertRaises(UserError):
                offer.choice_id = choice

    def test_documents_of_a_decision_stay(self):
        document = self.first.document_ids
        self.assertEqual(document.sudo().res_id, self.first.id)
        self.decide(self.first)
        with self.assertRaises(AccessError):
            document.with_user(self.user_manager).unlink()
        self.assertEqual(document.with_user(self.accountant).raw, b"%PDF")
        with self.assertRaises(AccessError):
            document.with_user(self.user_sales_a).read(["raw"])

    def test_others_files_are_not_taken_over(self):
        foreign = self.env["ir.attachment"].create({"name": "x", "raw": b"secret"})
        with self.assertRaises(AccessError):
            self.first.document_ids = foreign
        # Linked by the app, it still belongs to who uploaded it.
        self.first.sudo().document_ids = foreign
        self.first._own_files()
        self.assertFalse(foreign.res_id)

    def test_talk_about_a_decision_goes_on(self):
        self.decide(self.first)
        self.choice.message_post(body="Contract signed")
        self.choice.with_user(self.accountant).message_post(body="Seen")

    def test_think_again(self):
        self.decide(self.first)
        again = self.choice.copy()
        self.assertEqual(again.name, "2027 (copy)")
        self.assertEqual(again.state, "draft")
        self.assertFalse(again.chosen_offer_id or again.decision_reason)
        self.assertFalse(again.decided_by_id or again.decided_on)
        self.assertEqual(len(again.offer_ids), 2)
        self.assertEqual(
            again.criterion_ids.mapped("weight"),
            self.choice.criterion_ids.mapped("weight"),
        )
        document = again.offer_ids[0].document_ids
        self.assertEqual(document, self.first.document_ids)
        again.unlink()
        self.assertTrue(document.exists())

    def test_files_of_a_deleted_choice_go_unless_a_duplicate_uses_them(self):
        document = self.first.document_ids
        again = self.choice.copy()
        self.choice.unlink()
        self.assertEqual(document.sudo().res_id, again.offer_ids[0].id)
        again.unlink()
        self.assertFalse(document.exists())

    def test_decision_needs_a_reason(self):
        with self.assertRaisesRegex(UserError, "Say why"):
            self.decide(self.first, "   ")

    def test_decision_cannot_be_written(self):
        for values in (
            {"state": "decided"},
            {"chosen_offer_id": self.first.id},
            {"decided_on": TODAY},
            {"books_volume": 1},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                self.choice.write(values)
        crafted = self.choice.with_context(default_state="decided", force=True)
        self.assertEqual(crafted.create({"name": "Crafted"}).state, "draft")
        with self.assertRaises(AccessError):
            self.first.company_id = self.company_b

    # === Who === #

    def test_accountants_read(self):
        self.assertEqual(self.first.with_user(self.accountant).total_cost, 57_900)
        self.assertTrue(self.choice.with_user(self.accountant).comparison_html)
        self.assertFalse(self.choice.with_user(self.accountant).may_decide)
        self.assertFalse(self.first.with_user(self.accountant).may_decide)
        self.assertTrue(self.first.with_user(self.user_manager).may_decide)
        for change in (
            lambda: self.choice.with_user(self.accountant).write({"volume": 1}),
            lambda: self.first.with_user(self.accountant).write({"fee_rate": 1}),
            lambda: self.choice.with_user(self.accountant).copy(),
            lambda: self.decide(self.first, user=self.accountant),
            lambda: self.first.with_user(self.accountant)._choose("Mine"),
        ):
            with self.assertRaises(AccessError):
                change()

    def test_salespeople_portal_and_strangers_see_nothing(self):
        for user in (self.user_sales_a, self.user_all, self.user_portal):
            for record in (self.choice, self.first, self.choice.criterion_ids):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    record.with_user(user).read()
            with self.assertRaises(AccessError):
                self._create_choice(user=user)
            with self.assertRaises(AccessError):
                self.choice.browse().with_user(user)._own_dso(self.company_a, TODAY)
            with self.assertRaises(AccessError):
                self.decide(self.first, user=user)

    def test_company_wall(self):
        manager = self._create_user(
            "manager_b", "sales_team.group_sale_manager", companies=self.company_b
        )
        for record in (self.choice, self.first, self.choice.criterion_ids):
            with self.assertRaises(AccessError):
                record.with_user(manager).read()
        with self.assertRaisesRegex(AccessError, "cannot work in that company"):
            self.choice.browse().with_user(manager)._own_dso(self.company_a, TODAY)
        with self.assertRaises(AccessError):
            self._create_choice(user=manager)
        with self.assertRaises(UserError):
            self.choice.company_id = self.company_b
        with self.assertRaises(UserError):
            self.first.factor_id = self._create_customer(
                "Theirs", company_id=self.company_b.id
            )

    def test_menus(self):
        menus = [
            self.env.ref(f"customer_continuity.{name}")
            for name in ("menu_factor_choices", "menu_root")
        ]
        visible = self.env["ir.ui.menu"]
        for user, expected in (
            (self.user_manager, [True, True]),
            (self.accountant, [True, True]),
            (self.user_sales_a, [False, True]),
        ):
            ids = visible.with_user(user)._visible_menu_ids()
            self.assertEqual([menu.id in ids for menu in menus], expected)
        # Accountants get only what is theirs.
        root = self.env.ref("customer_continuity.menu_root")
        ids = visible.with_user(self.accountant)._visible_menu_ids()
        self.assertEqual(
            root.child_id.filtered(lambda menu: menu.id in ids),
            self.env.ref("customer_continuity.menu_factoring"),
        )

    # === On the screen and on paper === #

    def test_form(self):
        choices = self.env["continuity.factor.choice"].with_user(self.user_manager)
        with Form(choices.with_company(self.company_a)) as form:
            form.name = "Next year"
            form.volume = 1_000_000
            form.days_outstanding = 36.5
            with form.offer_ids.new() as offer:
                offer.factor_id = self.factor_1
                offer.fee_rate = 1
                offer.interest_rate = 5
                offer.advance_rate = 80
                # Before anything is saved.
                self.assertEqual(offer.total_cost, 10_000 + 4_000)
        self.assertEqual(form.record.offer_ids.total_cost, 14_000)
        self.assertEqual(len(form.record.criterion_ids), 6)

    def test_comparison_adds_up(self):
        table = self.choice._comparison()
        self.assertEqual(table["offers"], self.first + self.second)
        rows = {
            row["label"]: [cell["text"] for cell in row["cells"]]
            for section in table["sections"]
            for row in section["rows"]
        }
        self.assertIn("57,900.00", rows["All-in Cost per Year"][0])
        self.assertEqual(rows["In % of What Is Assigned"], ["1.59 %", "1.42 %"])
        self.assertEqual(rows["Service Fee (%)"], ["0.8 %", "0.5 %"])
        self.assertEqual(rows["Recourse"], ["None", "Full"])
        self.assertEqual(rows["All-in cost, weight 40 %"], ["89.3", "100.0"])
        self.assertIn("Most points", self.choice.comparison_html)

    def test_report(self):
        report = self.env["ir.actions.report"].with_user(self.accountant)
        name = "customer_continuity.report_factor_choice"
        html = report._render_qweb_html(name, self.choice.ids)[0].decode()
        self.assertIn("Nothing has been decided yet.", html)
        self.assertIn("paid after 50 days on average", html)
        self.decide(self.first)
        html = report._render_qweb_html(name, self.choice.ids)[0].decode()
        for text in ("57,900.00", "Speaks well to our customers.", "✓ Chosen"):
            self.assertIn(text, html)
        for user in (self.user_sales_a, self.user_company_b):
            with self.assertRaises(AccessError):
                report.with_user(user)._render_qweb_html(name, self.choice.ids)
