from datetime import date
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tests.common import mute_logger

from .common_dissolution import DissolutionCommon

# What a Chinese campaign looks like when everything is on time; today is 1 March 2027.
CHINA = {
    "cause": "2027-03-01",
    "decision": "2027-03-01",
    "group_formed": "2027-03-05",
    "new_sales_stop": "2027-03-05",
    "group_published": "2027-03-10",
    "creditors_notified": "2027-03-12",
    "customers_told": "2027-03-12",
    "announcement": "2027-03-22",
    "claims_end": "2027-05-10",
    "last_invoice": "2027-05-31",
    "last_billing": "2027-05-31",
    "last_service": "2027-05-31",
    "last_support": "2027-06-30",
    "export_until": "2027-06-30",
    "data_deletion": "2027-07-30",
    "liquidation_end": "2027-08-31",
    "deregistration": "2027-09-20",
}


class TimetableCommon(DissolutionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._take_route("cn_ordinary")

    @classmethod
    def _take_route(cls, code, days=None):
        timetable = cls.env.ref(f"customer_continuity.timetable_{code}")
        campaign = cls._as(cls.author)
        campaign.timetable_id = timetable
        campaign.jurisdiction_id = timetable.jurisdiction_id
        campaign._set_milestones(CHINA if days is None else days)
        return timetable

    @classmethod
    def _as(cls, user, records=None):
        """The campaign, or other records, in the hands of a user."""
        records = cls.campaign if records is None else records
        return records.with_user(user).with_context(
            allowed_company_ids=user.company_ids.ids
        )

    def _milestone(self, code, user=None):
        return self._as(user or self.author)._milestone(code)

    def _happened(self, user=None, **days):
        for code, day in days.items():
            self._milestone(code, user)._record_done(date.fromisoformat(day))

    def _submit_and_approve(self):
        self._as(self.author).action_submit()
        self._as(self.approver).action_approve()

    def _run(self):
        """Approved and decided: the campaign is running."""
        self._submit_and_approve()
        self._happened(decision="2027-03-01")
        self.assertEqual(self.campaign.state, "running")


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


@tagged("post_install", "-at_install")
class TestTimetableGates(TimetableCommon):
    def test_no_start_before_the_decision(self):
        self._submit_and_approve()
        self.assertEqual(self.campaign.state, "approved")
        self.assertFalse(self.lines.touchpoint_ids)
        with self.assertRaisesRegex(UserError, "decision"):
            self._as(self.approver).action_start()
        self.assertFalse(self.lines.touchpoint_ids)

    def test_an_approved_campaign_begins_with_its_decision(self):
        self._submit_and_approve()
        self._happened(user=self.member, decision="2027-03-01")
        self.assertEqual(self.campaign.state, "running")

    def test_a_decided_campaign_begins_with_its_approval(self):
        self._happened(decision="2027-02-26")
        self._submit_and_approve()
        self.assertEqual(self.campaign.state, "running")

    def test_no_letter_before_the_decision(self):
        channel = self.env.ref("customer_continuity.channel_email")
        touchpoint = self.env["continuity.touchpoint"]._plan(
            [
                self.line_2._prepare_touchpoint_values(
                    "early",
                    channel,
                    name="Early",
                    purpose="dissolution",
                    user_id=self.speaker.id,
                    date_due="2027-03-02",
                )
            ]
        )
        obstacles = self.line_2._letter_obstacles(touchpoint)
        self.assertIn("decision", " ".join(obstacles[touchpoint.id]))
        self._submit_and_approve()
        obstacles = self.line_2._letter_obstacles(touchpoint)
        self.assertIn("decision", " ".join(obstacles[touchpoint.id]))
        self._happened(decision="2027-03-01")
        obstacles = self.line_2._letter_obstacles(touchpoint).get(touchpoint.id, [])
        self.assertNotIn("decision", " ".join(obstacles))

    def test_nothing_becomes_public_before_the_decision(self):
        self._submit_and_approve()
        self._tell(self.line_1, self.line_2)
        with self.assertRaisesRegex(UserError, "Record the decision first"):
            self._happened(announcement="2027-03-01")

    def test_announcement_lists_who_has_not_heard(self):
        self._run()
        with self.assertRaisesRegex(UserError, "2 customers .*Customer 1.*Customer 2"):
            self._happened(announcement="2027-03-01")
        self.assertFalse(self._milestone("announcement").done_on)
        self._tell(self.line_1)
        with self.assertRaisesRegex(UserError, "1 customers .*Customer 2"):
            self._happened(announcement="2027-03-01")
        # Customer 3 is of the last tier.
        self._tell(self.line_2)
        self._happened(announcement="2027-03-01")
        self.assertFalse(self._milestone("announcement").unreached_reason)

    def test_only_who_decides_goes_on_with_a_reason(self):
        self._run()
        day = date(2027, 3, 1)
        with self.assertRaises(AccessError):
            self._milestone("announcement", self.member)._record_done(
                day, reason="The gazette prints today"
            )
        with self.assertRaisesRegex(UserError, "say why"):
            self._milestone("announcement")._record_done(day, reason="  ")
        self._milestone("announcement", self.approver)._record_done(
            day, reason="The gazette prints today"
        )
        milestone = self._milestone("announcement")
        self.assertEqual(milestone.unreached_reason, "The gazette prints today")

    def test_dialog_of_the_announcement(self):
        self._run()
        wizards = self.env["continuity.dissolution.milestone.done"]
        milestone = self._milestone("announcement")
        form = Form(
            self._as(self.author, wizards).with_context(
                default_milestone_id=milestone.id
            )
        )
        self.assertEqual(form.unreached_count, 2)
        self.assertIn("Customer 1", form.unreached_names)
        form.reason = "The gazette prints today"
        form.save().action_apply()
        self.assertTrue(milestone.done_on)

    def test_all_told_means_all(self):
        self._run()
        self._tell(self.line_1, self.line_2)
        with self.assertRaisesRegex(UserError, "1 customers have not been told"):
            self._happened(customers_told="2027-03-01")
        self._tell(self.line_3)
        self._happened(customers_told="2027-03-01")

    def test_too_few_days_before_the_last_service(self):
        self._milestone("last_service").date_planned = "2027-05-10"
        with self.assertRaisesRegex(UserError, "Only 59 days remain"):
            self._as(self.author).action_submit()
        self._milestone("last_service").date_planned = "2027-05-11"
        self._as(self.author).action_submit()

    def test_order_of_the_days(self):
        self._milestone("customers_told").date_planned = "2027-02-26"
        with self.assertRaisesRegex(UserError, "before the decision"):
            self._as(self.author).action_submit()
        self._milestone("customers_told").date_planned = "2027-03-23"
        with self.assertRaisesRegex(UserError, "before all customers are told"):
            self._as(self.author).action_submit()

    def test_route_and_days_are_needed(self):
        campaign = self._create_campaign()
        with self.assertRaisesRegex(UserError, "Choose the route(.|\n)*Last service"):
            campaign.with_user(self.author).action_submit()

    def test_red_warning_when_time_runs_out(self):
        self._run()
        self.assertFalse(self.campaign.timetable_warning)
        with freeze_time("2027-04-02 06:00:00"):
            self.env.invalidate_all()
            warning = self.campaign.timetable_warning
            self.assertIn("3 customers have not been told, and 59 days", warning)
            self._tell(self.line_1, self.line_2, self.line_3)
            self.env.invalidate_all()
            self.assertNotIn("not been told", self.campaign.timetable_warning or "")

    def test_simplified_route_needs_no_obligations(self):
        self._take_route("cn_simplified")
        self._set_open_obligations(2)
        with self.assertRaisesRegex(UserError, "2 obligations"):
            self._as(self.author).action_submit()
        self._set_open_obligations(0)
        self._run()
        self._tell(self.line_1, self.line_2)
        self._set_open_obligations(1)
        with self.assertRaisesRegex(UserError, "1 obligations"):
            self._happened(notice_published="2027-03-01")
        with self.assertRaisesRegex(UserError, "1 obligations"):
            self._happened(simplified_filing="2027-03-01")
        self._set_open_obligations(0)
        self._happened(notice_published="2027-03-01")

    def test_whatever_is_owed_closes_the_simplified_route(self):
        self._take_route("cn_simplified")
        obligations = self._as(self.author, self.env["continuity.obligation"])
        owed = obligations.create(
            {
                "customer_id": self.line_1.id,
                "kind": "data",
                "description": "Measurements since 2020",
            }
        )
        self.assertEqual(self.campaign._open_obligation_count(), 1)
        with self.assertRaisesRegex(UserError, "1 obligations"):
            self._as(self.author).action_submit()
        owed.sudo().state = "decided"
        self.assertEqual(self.campaign._open_obligation_count(), 1)
        owed.sudo().state = "settled"
        self._as(self.author).action_submit()

    def _set_open_obligations(self, count):
        patcher = patch.object(
            type(self.campaign), "_open_obligation_count", lambda campaign: count
        )
        patcher.start()
        self.addCleanup(patcher.stop)

    def test_ordinary_route_takes_obligations(self):
        self._set_open_obligations(2)
        self._as(self.author).action_submit()


@tagged("post_install", "-at_install")
class TestQuotationsInLiquidation(TimetableCommon):
    def quote(self, company=None, user=None):
        company = company or self.company_a
        orders = self.env["sale.order"].with_company(company)
        if user:
            orders = self._as(user, orders)
        return orders.create(
            {"partner_id": self.customer_1.id, "company_id": company.id}
        )

    def test_from_the_day_the_liquidation_begins(self):
        self._run()
        old = self.quote()
        self._happened(group_formed="2027-03-01")
        with self.assertRaisesRegex(UserError, "in liquidation since 03/01/2027"):
            self.quote()
        with self.assertRaisesRegex(UserError, "in liquidation"):
            self.quote(user=self.speaker)
        with self.assertRaisesRegex(UserError, "in liquidation"):
            old.copy()
        old.action_confirm()
        self.assertEqual(old.state, "sale")

    def test_a_campaign_in_confidence_shows_in_nothing(self):
        self._happened(group_formed="2027-03-01")
        self.assertTrue(self.quote())

    def test_other_companies_go_on(self):
        self._run()
        self._happened(group_formed="2027-03-01")
        self.assertTrue(self.quote(self.company_b))

    def test_a_quotation_does_not_move_in(self):
        self._run()
        self._happened(group_formed="2027-03-01")
        order = self.quote(self.company_b)
        order.company_id = self.company_b  # no move, nothing to refuse
        with self.assertRaisesRegex(UserError, "in liquidation"):
            order.company_id = self.company_a

    def test_company_setting(self):
        self._run()
        self._happened(group_formed="2027-03-01")
        self.company_a.continuity_stop_quotations = False
        self.assertTrue(self.quote())

    def test_a_branch_that_closes_stops_nothing(self):
        self._as(self.author).kind = "branch"
        self._run()
        self._happened(group_formed="2027-03-01")
        self.assertTrue(self.quote())


@tagged("post_install", "-at_install")
class TestApology(TimetableCommon):
    def test_call_on_the_next_working_day(self):
        self._run()
        with freeze_time("2027-03-05 06:00:00"):  # a Friday
            self._as(self.speaker, self.line_2)._learned_elsewhere("From a competitor")
        call = self.line_2.touchpoint_ids.filtered(lambda t: t.occurrence == "apology")
        self.assertEqual(call.date_due, date(2027, 3, 8))
        self.assertEqual(call.user_id, self.speaker)
        self.assertEqual(call.channel_ids[:1], self.channel_call)
        self.assertEqual(self.line_2.learned_on, date(2027, 3, 5))
        self.assertEqual(self.line_2.learned_how, "From a competitor")

    def test_public_holidays_are_no_working_days(self):
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": self.company_a.resource_calendar_id.id,
                "company_id": self.company_a.id,
                "date_from": "2027-03-02 00:00:00",
                "date_to": "2027-03-02 23:59:59",
            }
        )
        self._run()
        self._as(self.speaker, self.line_2)._learned_elsewhere("From a competitor")
        call = self.line_2.touchpoint_ids.filtered(lambda t: t.occurrence == "apology")
        self.assertEqual(call.date_due, date(2027, 3, 3))

    def test_not_before_the_campaign_runs(self):
        self._submit_and_approve()
        with self.assertRaisesRegex(UserError, "not begun"):
            self._as(self.author, self.line_2)._learned_elsewhere("Somehow")
        self.assertFalse(self.line_2.touchpoint_ids)

    def test_once_and_not_for_who_was_told(self):
        self._run()
        line = self._as(self.speaker, self.line_2)
        with self.assertRaisesRegex(UserError, "Say how"):
            line._learned_elsewhere("")
        line._learned_elsewhere("From a competitor")
        with self.assertRaisesRegex(UserError, "planned already"):
            line._learned_elsewhere("Again")
        self._tell(self.line_1)
        with self.assertRaisesRegex(UserError, "heard of it from us"):
            self._as(self.speaker, self.line_1)._learned_elsewhere("Somehow")

    def test_strangers_report_nothing(self):
        self._run()
        with self.assertRaises(AccessError):
            self._as(self.stranger, self.line_2)._learned_elsewhere("Somehow")
        with self.assertRaises(AccessError):
            self._rpc(self.author, self.line_2, "write", {"learned_how": "No"})


@tagged("post_install", "-at_install")
class TestPaymentBar(TimetableCommon):
    def until(self):
        self.env.invalidate_all()
        return self.campaign._payments_barred_until()

    def test_nothing_is_barred_before_the_decision(self):
        self.assertFalse(self.until())
        self._submit_and_approve()
        self.assertFalse(self.until())
        self.assertEqual(self.campaign._payment_bar_message(), "")

    def test_china(self):
        self._run()
        # Claims are planned until 10 May, later than 45 days after the announcement.
        self.assertEqual(self.until(), date(2027, 5, 10))
        self._milestone("claims_end").date_planned = "2027-05-06"
        self.assertEqual(self.until(), date(2027, 5, 6))
        message = self.campaign._payment_bar_message()
        self.assertIn("05/06/2027", message)
        self.assertIn("235", message)

    def test_the_period_begins_with_the_announcement(self):
        self._run()
        self._milestone("announcement").date_planned = False
        self.assertEqual(self.until(), date.max)
        self.assertIn("not begun", self.campaign._payment_bar_message())
        self._milestone("announcement").date_planned = "2027-03-22"
        with freeze_time("2027-03-23 06:00:00"):
            self.assertEqual(self.until(), date.max, "planned, not done, and over")

    def test_a_period_without_its_event_bars_all_the_same(self):
        """Such as one that was added to the route after the campaign began."""
        self._run()
        self._milestone("announcement").sudo().unlink()
        self.assertEqual(self.until(), date.max)

    def test_over(self):
        self._run()
        self._tell(self.line_1, self.line_2)
        with freeze_time("2027-03-22 06:00:00"):
            self._happened(creditors_notified="2027-03-12", announcement="2027-03-22")
        self._milestone("claims_end").date_planned = "2027-05-06"
        with freeze_time("2027-05-06 06:00:00"):
            self.assertEqual(self.until(), date(2027, 5, 6))
        with freeze_time("2027-05-07 06:00:00"):
            self.assertFalse(self.until())

    def test_a_period_that_ends_on_a_day_off_goes_on(self):
        self._run()
        self._milestone("claims_end").date_planned = False
        # 45 days later is Sunday, 9 May.
        self._milestone("announcement").date_planned = "2027-03-25"
        self.assertEqual(self.until(), date(2027, 5, 10))

    def test_claims_said_to_end_early_lift_nothing(self):
        self._run()
        self._happened(claims_end="2027-03-01")
        self.assertEqual(self.until(), date(2027, 5, 6))

    def test_japan(self):
        self._take_route(
            "jp",
            {
                "announcement": "2027-03-31",
                "creditors_notified": "2027-03-31",
                "claims_end": False,
            },
        )
        self._run()
        # From the end of a month to the end of a month, which is a Monday.
        self.assertEqual(self.until(), date(2027, 5, 31))

    def test_routes_without_a_bar(self):
        self._take_route("gb_strike_off")
        self._run()
        self.assertFalse(self.until())


@tagged("post_install", "-at_install")
class TestTimetableWatch(TimetableCommon):
    def watch(self):
        self.env.invalidate_all()
        self._run_cron("watch_timetables")

    def to_dos(self):
        return self.campaign.activity_ids.filtered(
            lambda a: a.user_id == self.member
        ).mapped("summary")

    def test_lead_hears_of_each_danger_once(self):
        self._run()
        self._happened(cause="2027-03-01")
        with freeze_time("2027-03-08 06:00:00"):
            self.watch()
            first = self.to_dos()
            self.watch()
        self.assertEqual(
            [s for s in first if "Liquidation group formed" in s],
            ["In danger: Liquidation group formed, or liquidator appointed"],
        )
        self.assertEqual(self.to_dos(), first)
        with freeze_time("2027-03-17 06:00:00"):
            self.watch()
        self.assertIn(
            "Missed: Liquidation group formed, or liquidator appointed", self.to_dos()
        )
        note = self.campaign.activity_ids.filtered(
            lambda a: a.summary.startswith("Missed: Liquidation group formed")
        ).note
        self.assertIn("Company Law of China 232", note)

    def test_out_of_danger_and_in_again(self):
        self._run()
        milestone = self._milestone("last_support")
        milestone.date_planned = "2027-03-02"
        with freeze_time("2027-03-03 06:00:00"):
            self.watch()
            self.assertEqual(milestone.warned_status, "endangered")
            milestone.date_planned = "2027-06-30"
            self.watch()
        self.assertFalse(milestone.warned_status)

    def test_the_last_one_told_is_recorded(self):
        self._run()
        self._tell(self.line_1, self.line_2)
        self.watch()
        self.assertFalse(self._milestone("customers_told").done_on)
        self._tell(self.line_3)
        self.watch()
        self.assertEqual(self._milestone("customers_told").done_on, date(2027, 3, 1))

    def test_drafts_are_left_alone(self):
        with freeze_time("2027-04-08 06:00:00"):
            self.watch()
        self.assertFalse(self.to_dos())

    @mute_logger("odoo.addons.customer_continuity.models.continuity_document_mixin")
    def test_one_campaign_that_fails_holds_up_no_other(self):
        other = self._create_campaign(kind="product")
        other.sudo().state = "running"
        self._run()
        broken = type(self.campaign)._report_dangers

        def _report_dangers(campaign):
            if campaign == other:
                raise ValueError("No")
            return broken(campaign)

        self.patch(type(self.campaign), "_report_dangers", _report_dangers)
        with freeze_time("2027-03-17 06:00:00"):
            self.watch()
        self.assertTrue(self.to_dos())
        self.assertIn("could not go on", other.message_ids[0].body)
