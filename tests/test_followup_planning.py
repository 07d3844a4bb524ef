"""From what rules find to contacts in people's days."""

from datetime import date, timedelta

from psycopg2 import IntegrityError

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_followup import TODAY, FollowupCommon

PLANNING = "odoo.addons.customer_continuity.models.continuity_followup_planning"
TOMORROW = TODAY + timedelta(days=1)


class PlanningCommon(FollowupCommon):
    def _silent_customers(self, number, user=None, tier=None, day="2026-09-01"):
        """Customers whose contact is due."""
        customers = self.env["res.partner"].browse()
        for index in range(number):
            customers |= self._create_customer(
                f"Silent {index}", user or self.user_sales_a
            )
        relationships = self.env["continuity.relationship"]._ensure(
            self.company_a, customers
        )
        for relationship in relationships:
            self._spoken_to(relationship, day, tier)
        return relationships

    def _run_cron(self, name="cron_followup_plan"):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(f"customer_continuity.{name}").method_direct_trigger()
        self.env.invalidate_all()

    def _open_silence(self):
        """Customer 1 has an open contact; return it and a rule that finds another
        reason on the next planning."""
        silence = self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        delivery = self._create_rule("delivery", days=7)
        self._create_order(self.customer_1, 100, "2027-02-22")
        return self._found(silence).touchpoint_id, delivery


@tagged("post_install", "-at_install")
class TestFollowupPlanning(PlanningCommon):
    # === one contact each, for ever === #

    def test_touchpoint(self):
        rule = self._create_rule(
            "silence", subject="Keep in touch", opening="How are you?"
        )
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        row = self._found()
        self.assertEqual(row.state, "planned")
        touchpoint = row.touchpoint_id
        self.assertRecordValues(
            touchpoint,
            [
                {
                    "name": "Keep in touch",
                    "opening": "How are you?",
                    "origin_model": "continuity.followup.occurrence",
                    "origin_id": row.id,
                    "partner_id": self.customer_1.id,
                    "relationship_id": self.relationship_1.id,
                    "company_id": self.company_a.id,
                    "user_id": self.user_sales_a.id,
                    "purpose": "followup",
                    "date_due": TODAY,
                    "date_show": TODAY,
                    "state": "owed",
                    "why": row.why,
                    "channel_id": self.channel_call.id,
                }
            ],
        )
        steps = self.env["continuity.policy.step"]._steps_for("followup", self.tier_c)
        self.assertEqual(touchpoint.channel_ids, steps.channel_ids)
        self.assertFalse(touchpoint.activity_id, "made on the day by the kernel")
        self.assertEqual(row.rule_id, rule)

    def test_planned_once(self):
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        for _run in range(3):
            self._plan()
        self._plan_on(TOMORROW)
        self.assertEqual(len(self._found()), 1)
        self.assertEqual(
            self.env["continuity.touchpoint"].search_count(
                [("relationship_id", "=", self.relationship_1.id)]
            ),
            1,
        )

    def test_index_refuses_a_second_one(self):
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        row = self._found()
        names = ("rule_id", "relationship_id", "company_id", "key", "date_due")
        values = row.read(names, load=None)[0]
        values.pop("id")
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.occurrences.create(values)

    def test_reason_in_the_language_of_the_responsible(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.user_sales_a.lang = "fr_FR"
        rule = self._create_rule("silence", subject="Keep in touch")
        rule.with_context(lang="fr_FR").subject = "Garder le contact"
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        touchpoint = self._found().touchpoint_id
        self.assertEqual(touchpoint.name, "Garder le contact")
        self.assertIn("02/09/2026", touchpoint.why)

    def test_channel_of_the_rule_and_the_one_the_customer_prefers(self):
        rule = self._create_rule("silence", channel_ids=self.channel_card.ids)
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        self.assertEqual(self._found().touchpoint_id.channel_ids, self.channel_card)
        rule.channel_ids = False
        self.customer_2.continuity_channel_id = self.env.ref(
            "customer_continuity.channel_email"
        )
        self._spoken_to(self.relationship_2, "2026-09-02")
        self._plan()
        touchpoint = self._found(relationship=self.relationship_2).touchpoint_id
        self.assertEqual(touchpoint.channel_id, self.customer_2.continuity_channel_id)

    # === several reasons === #

    def test_reasons_of_one_week_are_one_contact(self):
        silence = self._create_rule("silence")
        anniversary = self._create_rule("anniversary")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._set(self.relationship_1, first_purchase_date="2020-03-07")
        self._plan()
        first, second = self._found(silence), self._found(anniversary)
        self.assertEqual((first.state, second.state), ("planned", "merged"))
        self.assertEqual(first.touchpoint_id, second.touchpoint_id)
        self.assertEqual(first.touchpoint_id.why, f"{first.why}; {second.why}")
        self.assertEqual(first.touchpoint_id.date_due, TODAY)
        self._hold(first.touchpoint_id)
        self.assertEqual((first.state, second.state), ("done", "done"))

    def test_reason_a_week_later_is_another_contact(self):
        self._create_rule("silence")
        anniversary = self._create_rule("anniversary")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._set(self.relationship_1, first_purchase_date="2020-03-08")
        self._plan()
        self.assertFalse(self._found(anniversary))
        self._hold(self._found().touchpoint_id)
        self._set(self.relationship_1, first_purchase_date="2020-03-08")
        self._plan_on(TOMORROW)
        self.assertEqual(self._found(anniversary).state, "planned")

    def test_open_contact_takes_new_reasons(self):
        """No second contact while one is open; its reasons grow."""
        silence = self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        touchpoint = self._found(silence).touchpoint_id
        delivery = self._create_rule("delivery", days=7)
        self._create_order(self.customer_1, 100, "2027-02-22")
        self._plan()
        self.assertEqual(self._found(delivery).state, "merged")
        self.assertEqual(self._found(delivery).touchpoint_id, touchpoint)
        self.assertIn("days after delivery", touchpoint.why)

    def test_contact_held_back_takes_no_new_reasons(self):
        touchpoint, rule = self._open_silence()
        touchpoint._hold_back("Declined.")
        preview = self.occurrences._preview(rule, self.company_a, 7, 10)
        self.assertFalse(preview[0]["refusal"])
        self._plan()
        self.assertEqual(self._found(rule).state, "planned")
        self.assertNotEqual(self._found(rule).touchpoint_id, touchpoint)

    def test_letter_already_written_takes_no_new_reasons(self):
        touchpoint, rule = self._open_silence()
        touchpoint.frozen_on = TODAY
        self._plan()
        self.assertEqual(self._found(rule).state, "planned")

    def test_released_letter_takes_no_new_reasons(self):
        touchpoint, rule = self._open_silence()
        touchpoint.state = "released"
        self._plan()
        self.assertEqual(self._found(rule).state, "planned")

    def test_contact_far_off_takes_no_new_reasons(self):
        touchpoint, rule = self._open_silence()
        touchpoint.write({"date_due": "2027-03-08", "date_show": "2027-03-08"})
        preview = self.occurrences._preview(rule, self.company_a, 7, 10)
        self.assertFalse(preview[0]["refusal"])
        self._plan()
        self.assertEqual(self._found(rule).state, "planned")
        self.assertNotEqual(self._found(rule).touchpoint_id, touchpoint)

    def test_contact_within_the_week_takes_new_reasons(self):
        touchpoint, rule = self._open_silence()
        touchpoint.write({"date_due": "2027-03-07", "date_show": "2027-03-07"})
        preview = self.occurrences._preview(rule, self.company_a, 7, 10)
        self.assertIn("already planned", preview[0]["refusal"])
        self._plan()
        self.assertEqual(self._found(rule).touchpoint_id, touchpoint)

    # === what happens meanwhile === #

    def test_contact_in_between(self):
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-04")  # due on the 3rd
        self._plan()
        row = self._found()
        self._spoken_to(self.relationship_1, TODAY)
        self._plan_on(TOMORROW)
        self.assertEqual(row.state, "skipped")
        self.assertIn("2027-03-01", row.reason)
        self.assertEqual(row.touchpoint_id.state, "cancelled")
        self.assertEqual(row.touchpoint_id.reason, row.reason)

    def test_contact_in_between_leaves_the_other_reasons(self):
        silence = self._create_rule("silence")
        anniversary = self._create_rule("anniversary")
        self._spoken_to(self.relationship_1, "2026-09-04")
        self._set(self.relationship_1, first_purchase_date="2020-03-05")
        self._plan()
        self._spoken_to(self.relationship_1, TODAY)
        self._plan_on(TOMORROW)
        self.assertEqual(self._found(silence).state, "skipped")
        self.assertEqual(self._found(anniversary).state, "merged")
        touchpoint = self._found(anniversary).touchpoint_id
        self.assertEqual(touchpoint.state, "owed")
        self.assertEqual(touchpoint.why, self._found(anniversary).why)

    def test_order_cancelled_in_between(self):
        self._create_rule("delivery", days=7)
        order = self._create_order(self.customer_1, 100, "2027-02-24")
        self._plan()
        order._action_cancel()
        self._plan_on(TOMORROW)
        self.assertEqual(self._found().state, "skipped")
        self.assertEqual(self._found().touchpoint_id.state, "cancelled")

    def test_tried_in_vain_comes_again_after_a_cadence(self):
        """As long as nobody is reached the duty stands."""
        rule = self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2027-01-30", self.tier_a)
        self._plan()
        self._found().touchpoint_id._fail("Nobody answers.")
        self.assertEqual(self._found().state, "failed")
        self.assertEqual(self._found().reason, "Nobody answers.")
        self._plan_on("2027-03-24")
        self.assertEqual(len(self._found(rule)), 1)
        self._plan_on("2027-03-25")
        again = self._found(rule)[1]
        self.assertEqual(again.key, "since:2027-01-30#1")
        self.assertEqual(again.date_due, date(2027, 3, 31))
        self.assertEqual(again.state, "planned")

    def test_not_useful(self):
        """Cancelled by a person: closed with their reason, not at once found again."""
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        self._found().touchpoint_id._cancel("Not useful now.")
        self._plan_on(TOMORROW)
        self.assertEqual(self._found().state, "skipped")
        self.assertEqual(self._found().reason, "Not useful now.")

    def test_rule_archived(self):
        rule = self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self.customer_1.continuity_no_courtesy = True
        self._plan()
        rule.active = False
        self._plan()
        self.assertEqual(self._found().state, "skipped")
        self.assertIn("archived", self._found().reason)

    def test_customer_archived(self):
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        self.customer_1.active = False
        self._refresh(self.company_a)
        self._plan()
        row = self._found()
        self.assertEqual(row.state, "skipped")
        self.assertEqual(row.touchpoint_id.state, "cancelled")

    def test_customers_merged(self):
        """What both had is kept, and the contacts with it."""
        rule = self._create_rule("never")
        self._plan()
        rows = self._found(rule)
        self.env["base.partner.merge.automatic.wizard"].create(
            {"dst_partner_id": self.customer_1.id}
        )._merge((self.customer_1 | self.customer_2).ids, self.customer_1)
        self.assertEqual(len(rows.exists()), 3)
        both = self._found(rule, self._relationship(self.customer_1))
        self.assertEqual(len(both), 2)
        self.assertEqual(both.partner_id, self.customer_1)
        self._plan()

    def test_companies(self):
        """Each company finds its own customers, with its own limit and people."""
        self._create_rule("never", company_id=False)
        customer = self._create_customer(
            "Of B", self.user_company_b, company_id=self.company_b.id
        )
        self.env["continuity.relationship"]._ensure(self.company_b, customer)
        self._plan(company=self.company_b)
        row = self.occurrences.search([("partner_id", "=", customer.id)])
        self.assertEqual(row.company_id, self.company_b)
        self.assertEqual(row.touchpoint_id.company_id, self.company_b)
        self.assertFalse(self._found(), "company A has not been planned")

    def test_delivery_put_off_is_found_again(self):
        self._create_rule("delivery", days=7)
        order = self._create_order(self.customer_1, 100, "2027-02-24")
        self._plan()
        order.commitment_date = "2027-05-03"
        self._plan_on(TOMORROW)
        self.assertEqual(self._found().state, "skipped")
        self._plan_on("2027-05-10")
        self.assertEqual(self._found().mapped("state"), ["skipped", "planned"])
        self.assertEqual(self._found()[1].date_due, date(2027, 5, 10))
