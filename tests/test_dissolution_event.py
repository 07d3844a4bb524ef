from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..models.continuity_touchpoint_portal_actions import AnswerError
from .common_dissolution import DissolutionCommon


class EventCommon(DissolutionCommon):
    """An event with all three customers, of whom customer 3 has not been told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._start()
        cls._tell(cls.line_1, cls.line_2)
        cls.customer_1.write({"email": "c1@example.com", "lang": "en_US"})
        cls.event = (
            cls.env["continuity.dissolution.event"]
            .with_user(cls.member)
            .create(
                {
                    "dissolution_id": cls.campaign.id,
                    "date": "2027-03-15 09:00:00",
                    "place": "https://meet.example.com/thanks",
                    "about": "Why we end, and who could serve you next.",
                    "guest_ids": [
                        Command.create({"line_id": line.id}) for line in cls.lines
                    ],
                }
            )
        )
        cls.guest_1, cls.guest_2, cls.guest_3 = cls.event.guest_ids.sorted("id")

    def setUp(self):
        super().setUp()
        self._dates(decision="2027-02-15")

    def _invite(self):
        action = self.event.with_user(self.member).action_invite()
        self.env.invalidate_all()
        return action

    def _after(self):
        return self._at(self.event.date + timedelta(hours=2))


@tagged("post_install", "-at_install")
class TestDissolutionEvent(EventCommon):
    """Guests are chosen, invited once told, and marked as having come (D8)."""

    def test_online_hosted_by_the_owner(self):
        self.assertTrue(self.event.online)
        self.assertEqual(self.event.host_id, self.author)

    def test_core_customers_are_proposed(self):
        self.event.guest_ids.sudo().unlink()
        self.event.with_user(self.member).action_propose_guests()
        self.event.with_user(self.member).action_propose_guests()
        self.assertEqual(self.event.guest_ids.line_id, self.line_1)

    def test_invited_by_touchpoints(self):
        self._invite()
        self.assertEqual(self.event.state, "invited")
        guest = self.guest_1.sudo()
        self.assertEqual(guest.meeting_id.date_planned, self.event.date)
        self.assertEqual(guest.meeting_id.channel_id, self.channel_video)
        self.assertEqual(guest.meeting_id.user_id, self.speaker)
        self.assertEqual(guest.meeting_id.attendee_ids, self.author)
        self.assertEqual(guest.invitation_id.channel_id, self.channel_email)
        self.assertEqual(guest.invitation_id.signer_id, self.author)
        self.assertTrue(guest.invitation_id.activity_id)
        # Without an address it goes by post.
        self.assertTrue(self.guest_2.sudo().invitation_id.channel_id.by_post)
        event = self.event.sudo().gathering_id.event_id
        self.assertEqual(event, guest.meeting_id.event_id)
        self.assertEqual(event, self.guest_2.sudo().meeting_id.event_id)
        self.assertFalse(event.partner_ids & self.lines.partner_id)

    def test_nobody_learns_of_it_by_an_invitation(self):
        action = self._invite()
        self.assertIn("Customer 3", action["params"]["message"])
        self.assertEqual(self.guest_3.attendance, "chosen")
        self.assertFalse(self.guest_3.sudo().meeting_id)
        self._tell(self.line_3)
        self.assertFalse(self._invite())
        self.assertEqual(self.guest_3.attendance, "invited")

    def test_nobody_told(self):
        self.lines.sudo().state = "planned"
        with self.assertRaisesRegex(UserError, "must not be how they learn"):
            self._invite()

    def test_invitation_waits_if_they_were_not_told_after_all(self):
        self._invite()
        letter = self.guest_1.sudo().invitation_id
        self.assertFalse(letter._letter_problems()[letter.id])
        self.line_1.sudo().state = "planned"
        self.assertIn(
            "has not been told", "\n".join(letter._letter_problems()[letter.id])
        )

    def test_everything_in_the_way_at_once(self):
        self.event.sudo().write({"date": "2027-02-01 09:00:00", "place": " "})
        self.campaign.sudo().state = "approved"
        with self.assertRaisesRegex(UserError, "(?s)runs.*ahead.*link"):
            self._invite()

    def test_who_prepares_it(self):
        for user in (self.speaker, self.user_company_b, self.stranger):
            with self.assertRaises(AccessError):
                self._rpc(user, self.event, "action_invite")
            with self.assertRaises(AccessError):
                self._rpc(user, self.event, "write", {"place": "https://evil.example"})
        self.event.with_user(self.approver).place = "https://meet.example.com/2"
        for name, value in (("state", "held"), ("gathering_id", False)):
            with self.assertRaises(AccessError):
                self._rpc(self.member, self.event, "write", {name: value})
        with self.assertRaises(AccessError):
            self._rpc(self.member, self.guest_1, "write", {"attendance": "attended"})

    def test_who_sees_it(self):
        events = self.env["continuity.dissolution.event"]
        for user, seen in (
            (self.member, True),
            (self.speaker, True),
            (self.user_manager, True),
            (self.stranger, False),
            (self.user_company_b, False),
        ):
            found = events.with_user(user).search([])
            self.assertEqual(bool(found), seen, user.name)
        guests = self.env["continuity.dissolution.guest"].with_user(self.speaker)
        self.assertEqual(guests.search([]).line_id, self.line_1 | self.line_2)

    def test_customer_of_another_campaign(self):
        other = self._create_campaign()
        line = self._add_customer(
            self.customer_1, self.tier_a, "settled", campaign=other
        )
        with self.assertRaisesRegex(ValidationError, "another campaign"):
            self.env["continuity.dissolution.guest"].with_user(self.author).create(
                {"event_id": self.event.id, "line_id": line.id}
            )

    # === WHO COMES === #

    def test_attendance(self):
        self._invite()
        self.guest_1.with_user(self.speaker).action_coming()
        with self.assertRaisesRegex(UserError, "not begun"):
            self.guest_1.with_user(self.member).action_attended()
        with self._after():
            guests = (self.guest_1 | self.guest_2).with_user(self.member)
            guests.action_attended()
            self.assertEqual(set(guests.mapped("attendance")), {"attended"})
            meetings = guests.sudo().meeting_id
            self.assertEqual(set(meetings.mapped("state")), {"done"})
            # 90 minutes, shared by three guests.
            self.assertEqual(meetings.attempt_ids.mapped("minutes"), [30, 30])
            # In the name of who was there, not of who keeps the list.
            self.assertEqual(meetings.attempt_ids.user_id, self.author)
            self.event.with_user(self.member).action_held()
        self.assertEqual(self.event.state, "held")
        self.assertEqual(self.event.attended_count, 2)

    def test_reported_like_any_meeting(self):
        self._invite()
        meeting = self.guest_1.sudo().meeting_id
        with self._after():
            meeting.with_user(self.speaker).log_attempt("held", date=self.event.date)
            self.assertEqual(self.guest_1.attendance, "attended")
            meeting.with_user(self.speaker).action_undo()
        self.assertEqual(self.guest_1.attendance, "invited")

    def test_who_did_not_come(self):
        self._invite()
        with self._after():
            with self.assertRaisesRegex(UserError, "guests who came"):
                self.event.with_user(self.member).action_held()
            self.guest_1.with_user(self.member).action_attended()
            self.event.with_user(self.member).action_held()
        self.assertEqual(self.guest_2.attendance, "absent")
        self.assertEqual(self.guest_2.sudo().meeting_id.state, "cancelled")

    def test_who_came_cannot_be_absent(self):
        self._invite()
        with self._after():
            self.guest_1.with_user(self.member).action_attended()
            with self.assertRaisesRegex(UserError, "came: take the report"):
                self.guest_1.with_user(self.member).action_absent()
        self.assertEqual(self.guest_1.attendance, "attended")

    def test_nobody_came_to_what_was_called_off(self):
        self._invite()
        self.event.with_user(self.member)._cancel("The hall is closed")
        with self._after():
            for action in ("action_attended", "action_absent"):
                with self.assertRaises(UserError):
                    getattr(self.guest_1.with_user(self.member), action)()

    def test_declined_and_came_all_the_same(self):
        self._invite()
        self.guest_1.with_user(self.speaker).action_declined()
        meeting = self.guest_1.sudo().meeting_id
        self.assertEqual(meeting.state, "cancelled")
        self.assertTrue(self.event.sudo().gathering_id.event_id.active)
        self.guest_1.with_user(self.speaker).action_coming()
        self.assertEqual(meeting.state, "owed")
        self.assertEqual(meeting.date_planned, self.event.date)
        self.guest_1.with_user(self.speaker).action_declined()
        with self._after():
            self.guest_1.with_user(self.member).action_attended()
        self.assertEqual(meeting.state, "done")

    def test_strangers_answer_for_nobody(self):
        self._invite()
        for user in (self.stranger, self.user_sales_b, self.user_company_b):
            for method in ("action_coming", "action_declined", "action_attended"):
                with self.assertRaises(AccessError):
                    self._rpc(user, self.guest_1, method)

    def test_speaking_to_a_guest_is_not_keeping_the_list(self):
        """Who speaks to a guest notes their answer; who came, the task force notes."""
        self._invite()
        with self._after():
            for method in ("action_attended", "action_absent"):
                with self.assertRaisesRegex(AccessError, "task force"):
                    self._rpc(self.speaker, self.guest_1, method)
        self.assertEqual(self.guest_1.attendance, "invited")

    # === CHANGES === #

    def test_moved(self):
        self._invite()
        self.event.with_user(self.member).write(
            {"date": "2027-03-16 10:00:00", "place": "https://meet.example.com/new"}
        )
        date = fields.Datetime.to_datetime("2027-03-16 10:00:00")
        meetings = (self.guest_1 | self.guest_2).sudo().meeting_id
        self.assertEqual(set(meetings.mapped("date_planned")), {date})
        calendar_event = self.event.sudo().gathering_id.event_id
        self.assertEqual(calendar_event.start, date)
        self.assertEqual(calendar_event.location, "https://meet.example.com/new")

    def test_moved_in_the_calendar(self):
        self._invite()
        date = fields.Datetime.to_datetime("2027-03-17 08:00:00")
        self.event.sudo().gathering_id.event_id.with_user(self.author).write(
            {"start": date, "stop": date + timedelta(hours=2)}
        )
        self.assertEqual(self.event.date, date)
        self.assertEqual(self.event.duration, 2)

    def test_called_off(self):
        self._invite()
        invitation = self.guest_1.sudo().invitation_id
        invitation.write({"state": "done", "date_done": fields.Datetime.now()})
        with self.assertRaisesRegex(UserError, "Say why"):
            self.event.with_user(self.member)._cancel(" ")
        self.event.with_user(self.member)._cancel("The owner is ill.")
        self.assertEqual(self.event.state, "cancelled")
        guests = self.guest_1 | self.guest_2
        self.assertEqual(set(guests.sudo().meeting_id.mapped("state")), {"cancelled"})
        self.assertEqual(self.guest_2.sudo().invitation_id.state, "cancelled")
        # Who had read it has to be told.
        todo = self.event.activity_ids
        self.assertEqual(todo.user_id, self.speaker)
        self.assertIn("Customer 1", todo.summary)

    def test_campaign_given_up(self):
        self._invite()
        self.campaign.with_user(self.approver)._cancel("Sold instead.")
        self.assertEqual(self.event.state, "cancelled")

    def test_invited_is_evidence(self):
        self._invite()
        for record in (self.event, self.guest_1):
            with self.assertRaises(UserError):
                self._rpc(self.author, record, "unlink")
        with self.assertRaisesRegex(UserError, "choose another one"):
            self._rpc(self.author, self.guest_1, "write", {"line_id": self.line_3.id})


@tagged("post_install", "-at_install")
class TestEventInvitation(EventCommon):
    """The letter that invites, and the page on which the guest answers."""

    def setUp(self):
        super().setUp()
        self._invite()
        self.letter = self.guest_1.sudo().invitation_id

    def _page(self, name):
        line = self.line_1.sudo().with_context(lang="en_US")
        return getattr(line, name)(self.letter, self.customer_1)

    def _form(self):
        """Return the form that asks whether the guest comes, if the page has it."""
        forms = self._page("_portal_forms")
        return next((f for f in forms if f["action"] == "dissolution_event"), None)

    def _answer(self, **form):
        return self.letter._portal_act("dissolution_event", self.customer_1, form)

    def test_letter(self):
        letter = self.letter._render_letters()[self.letter.id]
        for text in (
            "Manager",
            "March 15, 2027",
            "https://meet.example.com/thanks",
            "who could serve you next",
        ):
            self.assertIn(text, letter.body)
        self.assertNotIn("credit line", letter.body)

    def test_not_translated(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        problems = "\n".join(self.guest_1.sudo()._obstacles_to_invitation("zh_CN"))
        self.assertIn("“What It Is About” of the event is not translated", problems)

    def test_page(self):
        texts = [s.get("text", "") for s in self._page("_portal_sections")]
        self.assertIn("https://meet.example.com/thanks", "".join(texts))
        form = self._form()
        self.assertEqual([o["value"] for o in form["options"]], ["coming", "declined"])

    def test_answer(self):
        answer = self._answer(choice="declined", text="We are at a fair.")
        self.assertEqual(self.guest_1.attendance, "declined")
        self.assertEqual(answer.text, "We are at a fair.")
        self._answer(choice="coming")
        self.assertEqual(self.guest_1.attendance, "coming")
        form = self._form()
        self.assertIn("you will come", form["state"])

    def test_nothing_else_is_chosen(self):
        for choice in ("attended", "", "absent"):
            with self.assertRaises(AnswerError):
                self._answer(choice=choice)
        self.assertEqual(self.guest_1.attendance, "invited")

    def test_too_late(self):
        with self._after():
            self.assertFalse(self._form())
            with self.assertRaisesRegex(AnswerError, "over"):
                self._answer(choice="coming")

    def test_other_letters_do_not_ask(self):
        other = self._plan_touchpoint(
            self.customer_1,
            origin_model=self.line_1._name,
            origin_id=self.line_1.id,
            occurrence="tell:99",
        )
        line = self.line_1.sudo()
        self.assertFalse(line._guest_invited_by(other))
        self.assertNotIn("dissolution_event", line._portal_line_actions(other))
