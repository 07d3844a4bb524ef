"""Which evidence counts as a true contact, and which does not."""

from datetime import date, datetime

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from .common import ContinuityCommon

NOW = datetime(2024, 6, 15, 12)
TODAY = NOW.date()
THEN = datetime(2024, 5, 20, 9)


@tagged("post_install", "-at_install")
class TestLastContact(ContinuityCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.activity_type, cls.other_type = cls.env["mail.activity.type"].create(
            [{"name": "Ring up"}, {"name": "Paperwork"}]
        )
        cls.call, cls.voicemail = cls.env["continuity.channel"].create(
            [
                {
                    "name": "Ring up",
                    "true_contact": True,
                    "activity_type_id": cls.activity_type.id,
                    "done_activity_counts": True,
                },
                {"name": "Machine", "activity_type_id": cls.other_type.id},
            ]
        )

    def _last_contact(self, customer=None, company=None):
        self._refresh(company, today=TODAY)
        relationship = self._relationship(customer or self.customer_1, company)
        return relationship.last_contact_date

    def _assert_contact(self, day, customer=None, company=None):
        with freeze_time(NOW):
            self.assertEqual(self._last_contact(customer, company), day)

    # === Messages ===

    def _message(self, author, message_type="email", **values):
        return self.env["mail.message"].create(
            {
                "model": "res.partner",
                "res_id": self.customer_1.id,
                "author_id": author.id,
                "message_type": message_type,
                "date": THEN,
                "record_company_id": self.company_a.id,
                **values,
            }
        )

    def test_mail_of_the_customer(self):
        self._message(self.customer_1)
        self._assert_contact(THEN.date())

    def test_comment_of_a_contact(self):
        self._message(self.contact_1, "comment")
        self._assert_contact(THEN.date())

    def test_message_on_a_deal(self):
        lead = self.env["crm.lead"].create({"name": "Deal"})
        self._message(self.contact_1, model="crm.lead", res_id=lead.id)
        self._assert_contact(THEN.date())

    def test_messages_that_are_no_contact(self):
        for message_type in (
            "email_outgoing",  # mass mailing
            "notification",
            "auto_comment",
            "out_of_office",
            "user_notification",
        ):
            self._message(self.customer_1, message_type)
        # What we write ourselves is no word of theirs.
        self._message(self.user_sales_a.partner_id, "comment")
        self._message(self.user_sales_a.partner_id, "email")
        self._message(self.customer_1, date=datetime(2024, 6, 16, 0, 1))  # the future
        self._assert_contact(False)

    def test_colleague_among_the_contacts(self):
        """An employee whose address stands under the customer does not speak for
        them."""
        self.user_sales_b.partner_id.parent_id = self.customer_1
        self._message(self.user_sales_b.partner_id, "comment")
        self._assert_contact(False)

    def test_message_belongs_to_a_company(self):
        for company in (self.company_a, self.company_b):
            self._create_invoice(self.customer_1, 1, TODAY, company)
        self._message(self.customer_1, record_company_id=self.company_b.id)
        self._assert_contact(False)
        self._assert_contact(THEN.date(), company=self.company_b)
        # One without a company, such as a chat, was heard by both.
        self._message(self.customer_1, record_company_id=False, date="2024-05-21")
        self._assert_contact(date(2024, 5, 21))
        self._assert_contact(date(2024, 5, 21), company=self.company_b)

    # === Activities ===

    def _activity(self, record, activity_type=None):
        activities = self.env["mail.activity"].with_context(
            mail_activity_quick_update=True
        )
        return activities.create(
            {
                "res_model_id": self.env["ir.model"]._get_id(record._name),
                "res_id": record.id,
                "activity_type_id": (activity_type or self.activity_type).id,
                "user_id": self.user_sales_a.id,
                "date_deadline": TODAY,
            }
        )

    def _do(self, activity, day=THEN):
        """Mark an activity done, as a person of company A does, at a time."""
        with freeze_time(day):
            messages, _next = activity.with_company(self.company_a)._action_done(
                feedback="They are content"
            )
        messages.date = day

    def test_done_activities(self):
        company = {"company_id": self.company_a.id}
        lead = self.env["crm.lead"].create(
            {"name": "Deal", "partner_id": self.contact_1.id, **company}
        )
        records = [
            self.customer_1,
            self.contact_1,
            lead,
            self._create_order(self.customer_1, 1, TODAY),
            self._create_invoice(self.contact_1, 1, TODAY),
        ]
        for number, record in enumerate(records, start=1):
            with self.subTest(model=record._name):
                self._do(self._activity(record), datetime(2024, 4, number, 8))
                self._assert_contact(date(2024, 4, number))

    def test_activities_that_are_no_contact(self):
        self._activity(self.customer_1)  # planned
        self._activity(self.customer_1).unlink()  # cancelled
        # Archived, which sets the date it was done on as well.
        archived = self._activity(self.customer_1)
        archived.action_archive()
        self.assertTrue(archived.date_done)
        self._do(self._activity(self.customer_1, self.other_type))  # no contact type
        self._do(self._activity(self.customer_2))  # somebody else
        self._assert_contact(False)

    def test_activity_of_a_channel_that_does_not_count(self):
        self.call.done_activity_counts = False
        self._do(self._activity(self.customer_1))
        self._assert_contact(False)

    # === Meetings ===

    def _meeting(self, partners, stop=THEN, **values):
        user = values.pop("user", self.user_sales_a)
        return self.env["calendar.event"].create(
            {
                "name": "Visit",
                "start": stop.replace(hour=stop.hour - 1),
                "stop": stop,
                "user_id": user.id,
                "partner_ids": [Command.set((partners | user.partner_id).ids)],
                **values,
            }
        )

    def test_past_meeting(self):
        self._meeting(self.contact_1)
        self._assert_contact(THEN.date())

    def test_meetings_that_are_no_contact(self):
        self._meeting(self.customer_1, datetime(2024, 6, 15, 13))  # not over yet
        self._meeting(self.customer_1, datetime(2024, 6, 17, 13))  # next week
        self._meeting(self.customer_1, active=False)  # cancelled
        self._meeting(self.customer_1, privacy="private")  # nobody's business
        self._meeting(self.env["res.partner"])  # without them
        declined = self._meeting(self.contact_1)
        attendee = declined.attendee_ids.filtered(
            lambda a: a.partner_id == self.contact_1
        )
        attendee.state = "declined"
        self._assert_contact(False)

    def test_calendar_private_by_default(self):
        self.user_sales_a.sudo().res_users_settings_id or self.env[
            "res.users.settings"
        ]._find_or_create_for_user(self.user_sales_a)
        self.user_sales_a.res_users_settings_id.calendar_default_privacy = "private"
        meeting = self._meeting(self.customer_1)
        self._assert_contact(False)
        meeting.sudo().privacy = "public"
        self._assert_contact(THEN.date())

    def test_meeting_of_another_company(self):
        """A meeting counts where its organiser works."""
        for company in (self.company_a, self.company_b):
            self._create_invoice(self.customer_1, 1, TODAY, company)
        self._meeting(self.customer_1, user=self.user_company_b)
        self._assert_contact(False)
        self._assert_contact(THEN.date(), company=self.company_b)

    # === Touchpoints ===

    def _attempt(self, outcome, channel=None, company=None):
        company = company or self.company_a
        model = self.env["continuity.relationship"]
        relationship = model._ensure(company, self.customer_1)
        touchpoint = self.env["continuity.touchpoint"].create(
            {
                "name": "Ring them up",
                "relationship_id": relationship.id,
                "partner_id": self.customer_1.id,
                "company_id": company.id,
                "origin_model": relationship._name,
                "origin_id": relationship.id,
                "occurrence": f"{outcome} {channel and channel.name}",
                "channel_ids": [Command.set(self.call.ids)],
                "channel_id": self.call.id,
                "user_id": self.user_sales_a.id,
                "date_due": TODAY,
                "date_show": TODAY,
            }
        )
        return self.env["continuity.touchpoint.attempt"].create(
            {
                "touchpoint_id": touchpoint.id,
                "channel_id": (channel or self.call).id,
                "user_id": self.user_sales_a.id,
                "outcome": outcome,
                "date": THEN,
            }
        )

    def test_attempt(self):
        self._attempt("held")
        self._assert_contact(THEN.date())

    def test_attempts_that_are_no_contact(self):
        for outcome in ("no_answer", "message_left", "wrong_number", "refused"):
            self._attempt(outcome)
        self._attempt("held", self.voicemail)
        self._attempt("held", company=self.company_b)
        self._assert_contact(False)

    # === States ===

    def test_states(self):
        """C: every 180 days, a week of notice, silent after 360."""
        self._message(self.customer_1, date=datetime(2024, 1, 1, 8))
        relationship = self.env["continuity.relationship"]._ensure(
            self.company_a, self.customer_1
        )
        due = date(2024, 6, 29)
        for today, state in (
            (date(2024, 1, 1), "on_track"),
            (date(2024, 6, 21), "on_track"),
            (date(2024, 6, 22), "due"),
            (due, "due"),
            (date(2024, 6, 30), "overdue"),
            (date(2024, 12, 25), "overdue"),
            (date(2024, 12, 26), "silent"),
        ):
            with self.subTest(today=today), freeze_time(today):
                self._refresh(today=today)
                self.assertEqual(relationship.state, state)
                self.assertEqual(relationship.next_due_date, due)
        self._refresh(today=date(2023, 12, 31))
        self.assertEqual(relationship.state, "never")
        self.assertFalse(relationship.next_due_date)

    def test_latest_evidence_wins(self):
        self._message(self.customer_1)
        self._meeting(self.contact_1, datetime(2024, 6, 2, 10))
        self._attempt("held")
        self._assert_contact(date(2024, 6, 2))
