from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common_dissolution import DissolutionCommon


@tagged("post_install", "-at_install")
class TestDissolutionHours(DissolutionCommon):
    """All hours of a dissolution, and the share that went to customers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._start()

    def _work(self, user, **values):
        values = {"dissolution_id": self.campaign.id, "minutes": 60, **values}
        return self.env["continuity.dissolution.work"].with_user(user).create(values)

    def _contact(self, line, minutes, user=None, occurrence="tell:1"):
        touchpoint = self.env["continuity.touchpoint"]._plan(
            [
                line._prepare_touchpoint_values(
                    occurrence,
                    self.channel_call,
                    name="Tell them",
                    purpose="dissolution",
                    user_id=line.user_id.id,
                    date_due=date(2027, 3, 1),
                )
            ]
        )
        touchpoint.with_user(user or line.user_id).log_attempt(
            "held", minutes=minutes, date="2027-03-01 05:00:00"
        )
        return touchpoint

    def test_share_of_the_whole(self):
        """90 + 30 minutes of contacts and 60 recorded for a tier B customer, against
        two hours at the tax office."""
        self._contact(self.line_1, 90)
        self._contact(self.line_3, 30)
        self._work(self.member, kind="customers", line_id=self.line_2.id)
        self._work(self.member, kind="finance", minutes=120)
        figures = self.campaign._hours_figures()
        self.assertEqual(figures["total"], 5)
        self.assertEqual(figures["customers"], 3)
        self.assertEqual(figures["share"], 60)
        by_tier = {row["tier"]: row for row in figures["tiers"]}
        self.assertEqual(by_tier["A"]["hours"], 1.5)
        self.assertEqual(by_tier["A"]["each"], 1.5)
        self.assertEqual(by_tier["B"]["hours"], 1)
        self.assertEqual(by_tier["C"]["share"], 10)
        self.assertEqual(
            figures["kinds"], [("Customers", 3, 60), ("Finance and taxes", 2, 40)]
        )
        self.assertEqual(self.campaign.hours_total, 5)
        self.assertEqual(self.campaign.hours_share, 60)

    def test_taken_back_counts_for_nothing(self):
        touchpoint = self._contact(self.line_1, 90)
        touchpoint.with_user(self.speaker).action_undo()
        self.assertEqual(self.campaign._hours_figures()["total"], 0)

    def test_answers_to_questions_count(self):
        asked = self._contact(self.line_1, 10)
        concern = self.env["continuity.concern"]._raise_concern(
            touchpoint=asked, kind="question", question="Who repairs it?"
        )
        concern.sudo().answer = "<p>Our successor does.</p>"
        concern.with_user(self.speaker)._answered_in_person(
            self.channel_call, {"minutes": 20, "date": "2027-03-01 05:30:00"}
        )
        self.assertEqual(self.campaign._hours_figures()["total"], 0.5)

    def test_day_of_the_company(self):
        self.company_a.resource_calendar_id.tz = "Asia/Shanghai"
        with self._at("2027-03-02 20:00:00"):
            touchpoint = self._contact(self.line_1, 10)
            touchpoint.attempt_ids.sudo().date = "2027-03-02 18:00:00"
            self.env.flush_all()
            row = self.env["continuity.dissolution.hours"].search(
                [("dissolution_id", "=", self.campaign.id)]
            )
        self.assertEqual(row.date, date(2027, 3, 3))

    def test_other_campaigns_stay_apart(self):
        other = self._create_campaign()
        line = self._add_customer(
            self.customer_1, self.tier_a, "settled", campaign=other
        )
        self._contact(line, 60)
        self.assertFalse(self.campaign._hours_figures()["total"])
        self.assertEqual(other._hours_figures()["total"], 1)
        with self.assertRaisesRegex(ValidationError, "another campaign"):
            self._work(self.author, kind="customers", line_id=line.id)

    def test_everybody_records_their_own(self):
        self.assertEqual(self._work(self.member).user_id, self.member)
        self._work(self.speaker)
        with self.assertRaisesRegex(AccessError, "their own hours"):
            self._work(self.member, user_id=self.speaker.id)
        with self.assertRaises(AccessError):
            self._work(self.speaker, user_id=self.member.id)
        self._work(self.approver, user_id=self.member.id)
        with self.assertRaises(AccessError):
            self._work(self.stranger)
        with self.assertRaises(AccessError):
            self._work(self.user_company_b)
        mine = self._work(self.speaker)
        with self.assertRaises(AccessError):
            self._rpc(self.user_sales_b, mine, "write", {"minutes": 1})
        with self.assertRaises(AccessError):
            self._rpc(self.speaker, mine, "write", {"user_id": self.member.id})
        with self.assertRaises(AccessError):
            self._rpc(self.user_sales_b, mine, "unlink")

    def test_sensible_times(self):
        with self.assertRaisesRegex(ValidationError, "future"):
            self._work(self.member, date="2027-03-02")
        for minutes in (0, -5, 1441):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(Exception),  # noqa: B017
                self.env.cr.savepoint(),
            ):
                self._work(self.member, minutes=minutes)
        with self.assertRaisesRegex(ValidationError, "spent on customers"):
            self._work(self.member, kind="legal", line_id=self.line_1.id)

    def test_closed_takes_no_more(self):
        work = self._work(self.member)
        self.campaign.sudo().state = "done"
        with self.assertRaisesRegex(UserError, "no more hours"):
            self._work(self.member)
        for method, args in (("write", [{"minutes": 30}]), ("unlink", [])):
            with self.assertRaisesRegex(UserError, "no more hours"):
                self._rpc(self.member, work, method, *args)

    def test_typed_as_hours(self):
        form = Form(self.env["continuity.dissolution.work"].with_user(self.member))
        form.dissolution_id = self.campaign.with_user(self.member)
        form.hours = 1.75
        work = form.save()
        self.assertEqual(work.minutes, 105)
        work.hours = 0.5
        self.assertEqual(work.minutes, 30)

    def test_who_reads_them(self):
        self._contact(self.line_1, 90)
        self._work(self.member, kind="legal")
        self.env.flush_all()
        hours = self.env["continuity.dissolution.hours"]
        for user, count in (
            (self.member, 2),
            (self.approver, 2),
            (self.user_manager, 2),
            (self.speaker, 1),
            (self.stranger, 0),
            (self.user_company_b, 0),
        ):
            self.assertEqual(hours.with_user(user).search_count([]), count, user.name)
        with self.assertRaises(AccessError):
            hours.with_user(self.user_portal).search_count([])
