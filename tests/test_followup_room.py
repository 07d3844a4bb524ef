"""Free days, whom nobody may or can contact, and what waits after downtime."""

from datetime import date

from odoo.tests import tagged

from .common_followup import TODAY
from .test_followup_planning import TOMORROW, PlanningCommon


@tagged("post_install", "-at_install")
class TestFollowupRoom(PlanningCommon):
    # === room === #

    def test_limit_and_tiers(self):
        """Two a day: the A customer and the older of the C customers first."""
        self._create_rule("silence")
        self.company_a.continuity_followup_per_day = 2
        c = self._silent_customers(3, day="2026-09-02")
        a = self._silent_customers(1, tier=self.tier_a, day="2027-01-30")
        self._plan()
        days = {
            row.relationship_id: row.touchpoint_id.date_due for row in self._found()
        }
        self.assertEqual(days, {a: TODAY, c[0]: TODAY, c[1]: TOMORROW, c[2]: TOMORROW})
        self.assertEqual(self._found(relationship=c[2]).postponed_days, 1)

    def test_other_contacts_of_the_person_count(self):
        self._create_rule("silence")
        self.company_a.continuity_followup_per_day = 1
        self.env["continuity.touchpoint"]._plan(
            [
                {
                    "origin_model": "res.partner",
                    "origin_id": self.customer_2.id,
                    "occurrence": day,
                    "relationship_id": self.relationship_2.id,
                    "partner_id": self.customer_2.id,
                    "company_id": self.company_a.id,
                    "name": "Something else",
                    "channel_ids": self.channel_call.ids,
                    "user_id": self.user_sales_a.id,
                    "date_due": day,
                }
                for day in ("2027-02-20", "2027-03-02")  # overdue: counts today
            ]
        )
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        self.assertEqual(self._found().touchpoint_id.date_due, date(2027, 3, 3))

    def test_contacts_held_back_take_no_room(self):
        self._create_rule("silence")
        self.company_a.continuity_followup_per_day = 1
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        self._found().touchpoint_id._hold_back("Declined.")
        self._silent_customers(1)
        self._plan()
        self.assertEqual(self._found()[1].touchpoint_id.date_due, TODAY)

    def test_weekends_holidays_and_days_off(self):
        self._create_rule("silence")
        self._holiday("2027-03-01")
        self._holiday("2027-03-02", user=self.user_sales_a)
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._spoken_to(self.relationship_3, "2026-09-02")
        self._spoken_to(self.relationship_2, "2026-09-07")  # due on Saturday
        self._plan()
        self.assertEqual(
            {
                row.relationship_id: row.touchpoint_id.date_due
                for row in self._found()
                if row.touchpoint_id
            },
            {
                self.relationship_1: date(2027, 3, 3),
                self.relationship_3: date(2027, 3, 2),
            },
        )
        self.assertEqual(self._found(relationship=self.relationship_2).state, "waiting")
        self._plan_on(TOMORROW)
        self.assertEqual(
            self._found(relationship=self.relationship_2).touchpoint_id.date_due,
            date(2027, 3, 8),
        )

    def test_backlog_waits_in_order_of_tiers(self):
        """At installation: what does not fit into a week waits, listed."""
        self._create_rule("never")
        self.company_a.continuity_followup_per_day = 1
        self.customer_1.active = self.customer_2.active = False
        self._refresh(self.company_a)
        customers = self.env["res.partner"].browse()
        for index in range(8):
            customers |= self._create_customer(f"New {index}", self.user_sales_a)
        relationships = self.env["continuity.relationship"]._ensure(
            self.company_a, customers
        )
        important = relationships[-1]
        self._set(important, tier_id=self.tier_a.id)
        self._plan()
        rows = self._found().filtered(lambda r: r.relationship_id in relationships)
        planned = rows.filtered(lambda r: r.state == "planned")
        self.assertEqual(len(planned), 5)
        self.assertEqual((rows - planned).mapped("state"), ["waiting"] * 3)
        first = planned.sorted(lambda r: r.touchpoint_id.date_due)[0]
        self.assertEqual(first.relationship_id, important)
        # Each further working day takes one more, until nobody waits.
        for day in ("2027-03-08", "2027-03-09", "2027-03-10"):
            self._plan_on(day)
        self.assertEqual(set(rows.mapped("state")), {"planned"})

    # === held back === #

    def test_refusal_is_listed_and_tried_again(self):
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self.customer_1.continuity_no_courtesy = True
        self._plan()
        row = self._found()
        self.assertEqual(row.state, "held")
        self.assertEqual(row.reason, "Wants no courtesy contacts")
        self.assertFalse(row.touchpoint_id)
        self.customer_1.continuity_no_courtesy = False
        self._plan_on(TOMORROW)
        self.assertEqual(row.state, "planned")
        self.assertFalse(row.reason)
        self.assertEqual(row.touchpoint_id.date_due, TOMORROW)

    def test_contact_is_taken_back_when_it_is_refused(self):
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-04")  # due on the 3rd
        self._plan()
        row = self._found()
        touchpoint = row.touchpoint_id
        self.customer_1.continuity_no_courtesy = True
        self._plan_on(TOMORROW)
        self.assertEqual(touchpoint.state, "cancelled")
        self.assertEqual(row.state, "held")
        self.customer_1.continuity_no_courtesy = False
        self._plan_on("2027-03-03")
        self.assertEqual(row.state, "planned")
        self.assertNotEqual(row.touchpoint_id, touchpoint)

    def test_room_of_the_refused_goes_to_others(self):
        self._create_rule("silence")
        self.company_a.continuity_followup_per_day = 1
        rows = self._silent_customers(12)
        rows[:6].partner_id.continuity_no_courtesy = True
        self._plan()
        states = {row.relationship_id: row.state for row in self._found()}
        self.assertEqual([states[r] for r in rows[:6]], ["held"] * 6)
        self.assertEqual([states[r] for r in rows[6:]], ["planned"] * 5 + ["waiting"])

    def test_nobody_to_do_it(self):
        self._create_rule("silence")
        for relationship in self.relationships:
            self._spoken_to(relationship, "2026-09-02")
        self.customer_1.user_id = False
        self.customer_2.user_id = self.user_company_b
        self.customer_3.user_id = self._create_user("gone")
        self._archive_user(self.customer_3.user_id)
        self._plan()
        rows = self._found()
        self.assertEqual(rows.mapped("state"), ["held"] * 3)
        self.assertEqual(rows.mapped("held_by"), ["owner"] * 3)
        self.assertEqual(len(set(rows.mapped("reason"))), 3)
        self.customer_1.user_id = self.user_sales_b
        self._plan()
        self.assertEqual(rows.mapped("state"), ["planned", "held", "held"])
        self.assertEqual(rows[0].touchpoint_id.user_id, self.user_sales_b)

    # === downtime === #

    def test_downtime(self):
        """A week without a scheduler is caught up; what is too old is skipped."""
        self._create_rule("delivery", days=7)
        self._plan_on("2027-02-08")
        old = self._create_order(self.customer_1, 100, "2027-02-08")  # due on the 15th
        late = self._create_order(self.customer_2, 100, "2027-02-09")
        self._plan_on("2027-03-02")
        rows = {row.document: row for row in self._found()}
        self.assertEqual(rows[old.name].state, "skipped")
        self.assertIn("too late", rows[old.name].reason)
        self.assertEqual(rows[late.name].state, "planned")
        self.assertEqual(rows[late.name].postponed_days, 14)

    def test_downtime_of_months_loses_nobody(self):
        """Silence is never skipped, and what was missed is listed."""
        self._create_rule("silence")
        self._create_rule("delivery", days=7)
        self._plan_on("2026-09-01")
        self._create_order(self.customer_2, 100, "2026-11-01")
        self._spoken_to(self.relationship_1, "2026-01-01")
        self._plan()
        self.assertEqual(self._found(relationship=self.relationship_1).state, "planned")
        self.assertEqual(
            self._found(relationship=self.relationship_2).mapped("state"), ["skipped"]
        )
