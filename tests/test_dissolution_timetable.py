from datetime import date

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_timetable import TimetableCommon


@tagged("post_install", "-at_install")
class TestMilestones(TimetableCommon):
    def status_of(self, code):
        self.env.invalidate_all()
        return self._milestone(code).status

    def test_the_route_brings_its_events(self):
        codes = self.campaign.milestone_ids.mapped("code")
        self.assertIn("group_formed", codes)
        self.assertIn("claims_end", codes)
        self.assertNotIn("opposition_end", codes)

    def test_another_route_takes_out_what_has_no_day(self):
        campaign = self._create_campaign(
            timetable_id=self.env.ref("customer_continuity.timetable_fr").id
        )
        self.assertIn("liquidator_published", campaign.milestone_ids.mapped("code"))
        campaign._set_milestones({"group_formed": "2027-03-10"})
        campaign.timetable_id = self.env.ref("customer_continuity.timetable_us_de")
        codes = campaign.milestone_ids.mapped("code")
        self.assertNotIn("liquidator_published", codes)
        self.assertIn("body_ends", codes)
        self.assertIn("group_formed", codes, "what has a day stays")

    def test_bounds_name_article_and_certainty(self):
        milestone = self._milestone("group_formed")
        self.assertEqual(milestone.latest, date(2027, 3, 16))
        self.assertFalse(milestone.earliest)
        self.assertIn("03/16/2027", milestone.explanation)
        self.assertIn("15 days", milestone.explanation)
        self.assertIn("Company Law of China 232", milestone.explanation)
        self.assertIn("Statute read", milestone.explanation)
        self.assertIn("liable", milestone.explanation)

    def test_the_narrower_of_two_periods_counts(self):
        # 30 days after the notice, 45 after the announcement.
        self.assertEqual(self._milestone("claims_end").earliest, date(2027, 5, 6))

    def test_a_period_counts_from_what_happened(self):
        self._happened(cause="2027-02-25", decision="2027-02-25")
        self.assertEqual(self._milestone("group_formed").latest, date(2027, 3, 12))

    def test_on_track(self):
        self.assertEqual(
            set(self.campaign.milestone_ids.mapped("status")), {"on_track"}
        )

    def test_planned_outside_its_bounds_is_endangered(self):
        self._milestone("group_formed").date_planned = "2027-03-17"
        self.assertEqual(self.status_of("group_formed"), "endangered")
        self.assertIn("In danger: Liquidation", self.campaign.timetable_warning)
        self._milestone("group_formed").date_planned = "2027-03-16"
        self.assertEqual(self.status_of("group_formed"), "on_track")

    def test_too_early_is_endangered_too(self):
        self._milestone("claims_end").date_planned = "2027-05-05"
        self.assertEqual(self.status_of("claims_end"), "endangered")

    def test_a_planned_day_that_is_over(self):
        with freeze_time("2027-03-08 06:00:00"):
            self.assertEqual(self.status_of("group_formed"), "endangered")

    def test_no_day_shortly_before_the_last_one(self):
        self._milestone("group_formed").date_planned = False
        self.assertEqual(self.status_of("group_formed"), "on_track")
        with freeze_time("2027-03-09 06:00:00"):
            self.assertEqual(self.status_of("group_formed"), "endangered")

    def test_missed(self):
        with freeze_time("2027-03-16 06:00:00"):
            self.assertEqual(self.status_of("group_formed"), "endangered")
        with freeze_time("2027-03-17 06:00:00"):
            self.assertEqual(self.status_of("group_formed"), "missed")

    @freeze_time("2027-03-20 06:00:00")
    def test_done_in_time_or_late(self):
        self._happened(cause="2027-03-01", group_formed="2027-03-16")
        self.assertEqual(self.status_of("group_formed"), "done")
        self._happened(group_published="2027-03-20")
        self.assertEqual(self.status_of("group_published"), "done")
        self._happened(creditors_notified="2027-03-20")
        self._milestone("group_formed")._take_back("Typing error")
        self._happened(group_formed="2027-03-02")
        self.assertEqual(self.status_of("creditors_notified"), "missed")

    def test_without_delay_has_no_number_but_no_rest(self):
        self._take_route("jp", {"cause": "2027-03-01", "announcement": False})
        self.assertFalse(self._milestone("announcement").latest)
        self.assertEqual(self.status_of("announcement"), "endangered")
        self.assertIn("without delay", self._milestone("announcement").explanation)

    def test_own_bounds(self):
        self._milestone("last_service").date_planned = "2027-05-10"
        self.assertEqual(self._milestone("last_service").earliest, date(2027, 5, 11))
        self.assertEqual(self.status_of("last_service"), "endangered")
        self.assertIn("60 days", self._milestone("last_service").explanation)
        told = self._milestone("customers_told")
        self.assertEqual(told.earliest, date(2027, 3, 1))
        self.assertEqual(told.latest, date(2027, 3, 22))

    def test_proposals_keep_every_period_of_every_route(self):
        for timetable in self.env["continuity.timetable"].search([]):
            with self.subTest(timetable=timetable.code):
                campaign = self._create_campaign(timetable_id=timetable.id)
                campaign._set_milestones({"decision": "2027-03-01"})
                campaign.action_propose_dates()
                self.assertTrue(all(campaign.milestone_ids.mapped("date_planned")))
                wrong = campaign.milestone_ids.filtered(
                    lambda m: m.status != "on_track"
                )
                # The declaration of solvency comes before the decision.
                wrong = wrong.filtered(lambda m: m.code != "declaration")
                self.assertFalse(wrong.mapped("explanation"))

    def test_nothing_customers_need_ends_before_the_last_service(self):
        campaign = self._create_campaign(timetable_id=self.campaign.timetable_id.id)
        campaign._set_milestones(
            {"decision": "2027-03-01", "last_service": "2027-09-01"}
        )
        campaign.action_propose_dates()
        for code in ("last_invoice", "last_billing", "last_support", "export_until"):
            day = campaign._milestone(code).date_planned
            self.assertGreaterEqual(day, date(2027, 9, 1), code)
        self.assertGreaterEqual(
            campaign._milestone("data_deletion").date_planned,
            campaign._milestone("export_until").date_planned,
        )
        campaign._milestone("last_invoice").date_planned = "2027-08-31"
        milestone = campaign._milestone("last_invoice")
        self.assertEqual(milestone.status, "endangered")
        self.assertIn("as long as customers are served", milestone.explanation)

    def test_proposals_leave_days_alone(self):
        self._milestone("last_support").date_planned = False
        self._as(self.author).action_propose_dates()
        self.assertTrue(self._milestone("last_support").date_planned)
        self.assertEqual(self._milestone("claims_end").date_planned, date(2027, 5, 10))

    def test_in_the_form(self):
        with Form(self._as(self.author)) as form:
            with form.milestone_ids.edit(2) as milestone:
                code = milestone.event_id.code
                milestone.date_planned = "2027-03-04"
        self.assertEqual(self._milestone(code).date_planned, date(2027, 3, 4))


@tagged("post_install", "-at_install")
class TestRecording(TimetableCommon):
    def test_nothing_is_recorded_ahead(self):
        with self.assertRaisesRegex(UserError, "not come yet"):
            self._happened(decision="2027-03-02")

    def test_recorded_once(self):
        self._happened(decision="2027-03-01")
        with self.assertRaisesRegex(UserError, "recorded already"):
            self._happened(decision="2027-02-28")
        milestone = self._milestone("decision")
        self.assertEqual(milestone.done_on, date(2027, 3, 1))
        self.assertEqual(milestone.done_by_id, self.author)

    def test_who_records(self):
        with self.assertRaises(AccessError):
            self._happened(user=self.stranger, decision="2027-03-01")
        with self.assertRaises(AccessError):
            self._happened(user=self.user_company_b, decision="2027-03-01")
        self._happened(user=self.member, decision="2027-03-01")

    def test_named_readers_only_read(self):
        self._as(self.author).named_user_ids = self.stranger
        self.assertTrue(self._milestone("decision", self.stranger).latest is not None)
        with self.assertRaises(AccessError):
            self._happened(user=self.stranger, decision="2027-03-01")
        with self.assertRaises(AccessError):
            self._milestone("decision", self.stranger).date_planned = "2027-03-05"

    def test_frozen_while_it_waits_for_approval(self):
        self._as(self.author).action_submit()
        with self.assertRaisesRegex(UserError, "Submitted"):
            self._happened(decision="2027-03-01")
        with self.assertRaisesRegex(UserError, "Submitted"):
            self._milestone("last_service").date_planned = "2027-06-30"

    def test_nobody_writes_what_happened(self):
        milestone = self._milestone("decision")
        for values in (
            {"done_on": "2027-03-01"},
            {"unreached_reason": "Hush"},
            {"warned_status": "missed"},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                self._rpc(self.author, milestone, "write", values)
        with self.assertRaises(AccessError):
            self._rpc(
                self.author,
                self.campaign,
                "write",
                {
                    "milestone_ids": [
                        Command.update(milestone.id, {"done_on": "2027-03-01"})
                    ]
                },
            )
        with self.assertRaises(AccessError):
            milestone.event_id = self._milestone("cause").event_id

    def test_context_records_nothing(self):
        event = self.env.ref("customer_continuity.event_strike_off")
        milestone = (
            self._as(self.author)
            .env["continuity.dissolution.milestone"]
            .with_context(default_done_on="2027-03-01")
            .create({"dissolution_id": self.campaign.id, "event_id": event.id})
        )
        self.assertFalse(milestone.done_on)

    def test_moved_days_are_kept_in_the_chatter(self):
        self._submit_and_approve()
        self._milestone("last_service").date_planned = "2027-06-15"
        message = self.campaign.message_ids[0].body
        self.assertIn("05/31/2027", message)
        self.assertIn("06/15/2027", message)

    def test_what_happened_keeps_its_planned_day(self):
        self._happened(cause="2027-03-01")
        with self.assertRaisesRegex(UserError, "has happened"):
            self._milestone("cause").date_planned = "2027-02-01"

    def test_only_drafts_lose_milestones(self):
        event = self.env["continuity.timetable.event"].search(
            [("code", "in", ("strike_off", "application"))]
        )
        other, another = self._as(
            self.author, self.env["continuity.dissolution.milestone"]
        ).create(
            [{"dissolution_id": self.campaign.id, "event_id": e.id} for e in event]
        )
        other.unlink()
        self._submit_and_approve()
        with self.assertRaisesRegex(UserError, "Approved|Running"):
            another.unlink()

    def test_nobody_takes_out_what_gates_ask_for(self):
        for code in ("announcement", "group_formed", "customers_told"):
            with self.assertRaisesRegex(UserError, "belongs to the route"):
                self._rpc(self.author, self._milestone(code), "unlink")
            with self.assertRaisesRegex(UserError, "belongs to the route"):
                self._rpc(
                    self.author,
                    self.campaign,
                    "write",
                    {"milestone_ids": [Command.delete(self._milestone(code).id)]},
                )

    def test_take_back(self):
        self._happened(cause="2027-03-01")
        with self.assertRaisesRegex(UserError, "Say what"):
            self._milestone("cause")._take_back(" ")
        with self.assertRaises(AccessError):
            self._milestone("cause", self.member)._take_back("Wrong day")
        self._milestone("cause")._take_back("Wrong day")
        self.assertFalse(self._milestone("cause").done_on)
        self.assertIn("Wrong day", self.campaign.message_ids[0].body)

    def test_a_decision_that_began_a_campaign_stays(self):
        self._run()
        with self.assertRaisesRegex(UserError, "give the campaign up"):
            self._milestone("decision")._take_back("They think again")

    def test_company_wall_and_confidence(self):
        for user in (self.user_company_b, self.stranger, self.speaker):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._milestone("decision").with_user(user).read(["date_planned"])
        self._submit_and_approve()
        # Whoever speaks to a customer sees the dates once it is approved.
        self._as(self.speaker, self._milestone("decision")).read(["date_planned"])
        with self.assertRaises(AccessError):
            self._as(self.stranger, self._milestone("decision")).read(["note"])

    def test_dialog(self):
        action = self._milestone("cause").action_record_done()
        form = Form(
            self._as(self.author)
            .env["continuity.dissolution.milestone.done"]
            .with_context(**action["context"])
        )
        self.assertEqual(form.done_on, date(2027, 3, 1))
        form.note = "Resolution 7"
        form.save().action_apply()
        self.assertEqual(self._milestone("cause").note, "Resolution 7")

    def test_dialog_of_a_stranger_tells_nothing(self):
        wizards = self._as(
            self.stranger, self.env["continuity.dissolution.milestone.done"]
        )
        with self.assertRaises(AccessError):
            wizards.create({"milestone_id": self._milestone("announcement").id})
