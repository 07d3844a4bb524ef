"""Figures in Odoo's digest, and the managers' lists."""

from datetime import datetime

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..models.continuity_followup_trigger import Window
from .test_today import TodayCommon

FIGURES = ("contacts", "overdue", "silent", "concerns")


@tagged("post_install", "-at_install")
class TestDigest(TodayCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.digest = cls.env["digest.digest"].create(
            {
                "name": "Continuity",
                "company_id": cls.company_a.id,
                **{f"kpi_continuity_{name}": True for name in FIGURES},
            }
        )

    def _figures(self, user, company=None):
        company = company or self.company_a
        digest = (
            self.digest.with_context(
                start_datetime=datetime(2027, 2, 22),
                end_datetime=datetime(2027, 3, 2),
            )
            .with_user(user)
            .with_company(company)
        )
        digest.invalidate_recordset()
        return {name: digest[f"kpi_continuity_{name}_value"] for name in FIGURES}

    def test_figures(self):
        self._mine(self.later).log_attempt("held", date="2027-02-28 09:00:00")
        self._mine(self.late_c).log_attempt("no_answer", date="2027-02-28 09:00:00")
        self._set_tier(self.customer_1, self.tier_a).sudo().state = "silent"
        self.env["continuity.concern"]._raise_concern(
            touchpoint=self.today, question="Why?"
        )
        with self._at("2027-03-01 12:00:00"):
            figures = self._figures(self.user_all)
        self.assertEqual(figures["contacts"], 1)
        # late_a, over, today and theirs; late_c comes back later.
        self.assertEqual(figures["overdue"], 5)
        self.assertEqual(figures["silent"], 1)
        self.assertEqual(figures["concerns"], 1)

    def test_readers_see_their_own_only(self):
        self.assertLess(
            self._figures(self.leaver)["overdue"],
            self._figures(self.user_all)["overdue"],
        )

    def test_company_walls(self):
        customer = self._create_customer("Of B", company_id=self.company_b.id)
        self._plan_touchpoint(
            customer,
            occurrence="b",
            company_id=self.company_b.id,
            date_due="2027-02-01",
        )
        self.assertEqual(
            self._figures(self.user_manager)["overdue"],
            self._figures(self.user_all)["overdue"],
        )
        self.digest.company_id = self.company_b
        self.assertEqual(self._figures(self.user_manager, self.company_b)["overdue"], 1)
        # Odoo leaves the figure out of the mail of who may not know it.
        with self.assertRaises(AccessError):
            self._figures(self.user_all)

    def test_whose_business_it_is_not(self):
        clerk = self._create_user("clerk", "base.group_user")
        kpis = self.digest._compute_kpis(self.company_a, clerk)
        self.assertFalse(
            [kpi for kpi in kpis if kpi["kpi_name"].startswith("kpi_continuity")]
        )
        kpis = self.digest._compute_kpis(self.company_a, self.user_all)
        ours = [kpi for kpi in kpis if kpi["kpi_name"].startswith("kpi_continuity")]
        self.assertEqual(len(ours), len(FIGURES))
        for kpi in ours:
            xmlid = kpi["kpi_action"].split("?")[0]
            self.assertTrue(self.env.ref(xmlid), xmlid)


@tagged("post_install", "-at_install")
class TestManagersLists(TodayCommon):
    def test_overdue_by_person_and_tier(self):
        action = self.env.ref("customer_continuity.action_overdue")
        self.assertIn("pivot", action.view_mode)
        touchpoints = self.env["continuity.touchpoint"].with_user(self.user_all)
        rows = touchpoints._read_group(
            [
                ("state", "in", ("owed", "tried")),
                ("date_due", "<", "2027-03-01"),
                ("held_back", "=", False),
                ("company_id", "=", self.company_a.id),
            ],
            ["user_id", "tier_id"],
            ["__count"],
        )
        found = {(user, tier): count for user, tier, count in rows}
        self.assertEqual(found[self.leaver, self.tier_a], 2)
        self.assertEqual(found[self.leaver, self.tier_c], 1)

    def test_gone_quiet(self):
        for day in ("2026-06-01", "2026-07-01", "2026-08-01"):
            self._create_invoice(self.customer_1, 100, day)
            self._create_invoice(self.customer_2, 100, day)
        self._create_invoice(self.customer_2, 100, "2027-02-20")
        self._refresh()
        quiet = self._relationship(self.customer_1)
        lively = self._relationship(self.customer_2)
        self.assertTrue(quiet.gone_quiet)
        self.assertFalse(lively.gone_quiet)
        model = self.env["continuity.relationship"]
        found = model.search([("gone_quiet", "=", True)])
        self.assertIn(quiet, found)
        self.assertNotIn(lively, found)
        self.assertIn(lively, model.search([("gone_quiet", "=", False)]))
        # A talk is a sign of life, too.
        self._mine(self.today).log_attempt("held")
        self._refresh()
        quiet.invalidate_recordset()
        self.assertFalse(quiet.gone_quiet)

    def test_gone_quiet_as_the_rule_says(self):
        """From the very day the rule finds them, and not daily customers."""
        for day in ("2026-12-01", "2026-12-21", "2027-01-10"):
            self._create_invoice(self.customer_1, 100, day)
        for day in ("2027-01-01", "2027-01-04", "2027-01-07"):
            self._create_invoice(self.customer_2, 100, day)
        self._refresh()
        rhythm = self._relationship(self.customer_1)
        daily = self._relationship(self.customer_2)
        rule = self.env["continuity.followup.rule"].create(
            {"name": "Quiet", "trigger": "quiet", "company_id": self.company_a.id}
        )
        for day, found in (("2027-02-08", False), ("2027-02-09", True)):
            with self._at(f"{day} 06:00:00"):
                (rhythm | daily).invalidate_recordset(["gone_quiet"])
                due = self.env.execute_query(
                    rule._due_sql(
                        self.company_a,
                        Window(None, fields.Date.today(), fields.Date.today()),
                    )
                )
                ids = {row[0] for row in due}
                self.assertEqual((rhythm.gone_quiet, daily.gone_quiet), (found, False))
                self.assertEqual(rhythm.id in ids, found)
                self.assertNotIn(daily.id, ids)

    def test_bought_twice_is_no_rhythm(self):
        for day in ("2026-06-01", "2026-07-01"):
            self._create_invoice(self.customer_1, 100, day)
        self._refresh()
        self.assertFalse(self._relationship(self.customer_1).gone_quiet)

    def test_views(self):
        for name, view in (
            ("view_overdue_list", "list"),
            ("view_overdue_pivot", "pivot"),
            ("view_overdue_search", "search"),
        ):
            self.env["continuity.touchpoint"].with_user(self.user_leader).get_view(
                self.env.ref(f"customer_continuity.{name}").id, view
            )
