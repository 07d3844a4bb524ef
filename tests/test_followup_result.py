"""What becomes of a contact: it came back, nobody made it, what was said."""

from unittest.mock import patch

from freezegun import freeze_time

from odoo.tests import tagged
from odoo.tools import format_date, mute_logger

from .test_followup_planning import PlanningCommon


@tagged("post_install", "-at_install")
class TestFollowupResult(PlanningCommon):
    # === a letter that came back === #

    def test_reopened(self):
        silence = self._create_rule("silence")
        anniversary = self._create_rule("anniversary")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._set(self.relationship_1, first_purchase_date="2020-03-05")
        self._plan()
        touchpoint = self._found(silence).touchpoint_id
        own = self.occurrences.browse(touchpoint.origin_id)
        other = (self._found(silence) | self._found(anniversary)) - own
        self._hold(touchpoint)
        self.assertEqual((own.state, other.state), ("done", "done"))
        touchpoint.write({"state": "tried", "date_done": False})
        touchpoint._notify_origin("_touchpoint_reopened")
        self.assertEqual((own.state, other.state), ("planned", "merged"))
        self.assertFalse(own.date_closed or other.date_closed)
        self._hold(touchpoint)
        self.assertEqual((own.state, other.state), ("done", "done"))

    # === escalation === #

    def test_escalation(self):
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        row = self._found()
        for day, escalated in (("2027-03-15", False), ("2027-03-16", True)):
            with self._at(day):
                self._run_cron("cron_followup_escalate")
            self.assertEqual(bool(row.escalated_on), escalated)
        self.assertEqual(row.escalated_to_id, self.user_leader)
        activity = self.env["mail.activity"].search(
            [
                ("res_model", "=", "res.partner"),
                ("res_id", "=", self.customer_1.id),
                ("user_id", "=", self.user_leader.id),
            ]
        )
        self.assertEqual(len(activity), 1)
        leaders = self.env(context={"lang": self.user_leader.lang})
        self.assertIn(format_date(leaders, row.planned_for), activity.summary)
        with self._at("2027-04-16"):
            self._run_cron("cron_followup_escalate")
        self.assertEqual(
            self.env["mail.activity"].search_count(
                [("user_id", "=", self.user_leader.id)]
            ),
            1,
            "once",
        )

    def test_escalation_by_the_night_of_the_company(self):
        self.company_a.resource_calendar_id.tz = "Asia/Tokyo"
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        row = self._found()
        row.planned_for = "2027-03-01"
        for time, escalated in (
            ("2027-03-15 17:30:00", False),
            ("2027-03-15 18:30:00", True),
        ):
            with freeze_time(time):
                self._run_cron("cron_followup_escalate")
            self.assertEqual(bool(row.escalated_on), escalated)
        self.assertEqual(str(row.escalated_on), "2027-03-16")
        row.escalated_on = False
        with freeze_time("2027-03-16 06:30:00"):
            self._run_cron("cron_followup_escalate")
        self.assertFalse(row.escalated_on, "once a day")

    def test_postponing_every_week_does_not_put_off_the_manager(self):
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        row = self._found()
        for day in ("2027-03-01", "2027-03-08", "2027-03-15"):
            with self._at(day):
                row.touchpoint_id.with_user(self.user_sales_a).action_postpone_week()
        self.assertEqual(str(row.touchpoint_id.date_due), "2027-03-22")
        with self._at("2027-03-16"):
            self._run_cron("cron_followup_escalate")
        self.assertEqual(row.escalated_to_id, self.user_leader)
        activity = self.env["mail.activity"].search(
            [("user_id", "=", self.user_leader.id)]
        )
        self.assertIn("since 03/01/2027", activity.summary)

    def test_nobody_to_escalate_to(self):
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._spoken_to(self.relationship_3, "2026-09-02")
        self._plan()
        model = self.registry["res.users"]
        find = model._continuity_manager

        def fail(user, company):
            if user == self.user_sales_a:
                raise ValueError("No such team.")
            return find(user, company)

        logger = "odoo.addons.customer_continuity.models.continuity_followup_escalation"
        with (
            self._at("2027-03-16"),
            patch.object(model, "_continuity_manager", fail),
            mute_logger(logger),
        ):
            self._run_cron("cron_followup_escalate")
        first = self._found(relationship=self.relationship_1)
        self.assertEqual(first.escalation_error, "No such team.")
        self.assertFalse(first.escalated_on)
        other = self._found(relationship=self.relationship_3)
        self.assertTrue(other.escalated_on or other.escalation_error)

    # === what came of it === #

    def _report(self, touchpoint, **values):
        self.env["continuity.report.contact"].with_user(touchpoint.user_id).create(
            {"touchpoint_id": touchpoint.id, "outcome": "held", **values}
        ).action_apply()

    def test_details_of_a_followup(self):
        self._create_rule("silence")
        self._spoken_to(self.relationship_1, "2026-09-02")
        self._plan()
        touchpoint = self._found().touchpoint_id
        self._report(
            touchpoint,
            proposal_made=True,
            referral_asked=True,
            lost_reason="price",
            lost_note="Pumps, from the neighbours",
        )
        self.assertRecordValues(
            touchpoint,
            [
                {
                    "state": "done",
                    "proposal_made": True,
                    "referral_asked": True,
                    "referral_received": False,
                    "lost_reason": "price",
                    "lost_note": "Pumps, from the neighbours",
                }
            ],
        )
        lost = self.occurrences._read_group(
            [("lost_reason", "!=", False)], ["lost_reason"], ["__count"]
        )
        self.assertEqual(lost, [("price", 1)])

    def test_problem_in_use_becomes_a_concern(self):
        self._create_rule("delivery", days=7)
        self._create_order(self.customer_1, 100, "2027-02-22")
        self._plan()
        touchpoint = self._found().touchpoint_id
        self._report(touchpoint, problem="The valve leaks.")
        concern = self.env["continuity.concern"].search(
            [("touchpoint_id", "=", touchpoint.id)]
        )
        self.assertEqual(concern.question, "The valve leaks.")
        self.assertEqual(concern.partner_id, self.customer_1)
