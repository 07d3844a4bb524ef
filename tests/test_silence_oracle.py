"""The clock of silence against an independent calculation (F4, F5).

Mails of customers and ours, mass mails, calls that were answered and voicemails,
meetings held, cancelled, declined and still to come, done and archived activities, all
mixed at random over two years: every customer's last true contact and state must be
what plain Python makes of the same events.
"""

import random
from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from .common import ContinuityCommon

NOW = datetime(2027, 6, 15, 12)
CUSTOMERS, EVENTS = 40, 400


@tagged("post_install", "-at_install")
class TestSilenceOracle(ContinuityCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(NOW))
        cls.random = random.Random(20270615)
        cls.customers = cls.env["res.partner"].create(
            [
                {
                    "name": f"Customer {number}",
                    "is_company": True,
                    "user_id": cls.user_sales_a.id,
                }
                for number in range(CUSTOMERS)
            ]
        )
        cls.people = cls.env["res.partner"].create(
            [
                {"name": f"Contact of {customer.name}", "parent_id": customer.id}
                for customer in cls.customers
            ]
        )
        cls.relationships = cls.env["continuity.relationship"]._ensure(
            cls.company_a, cls.customers
        )
        cls.by_customer = {r.partner_id: r for r in cls.relationships}
        tiers = [cls.env.ref(f"customer_continuity.tier_{name}") for name in "abc"]
        for number, relationship in enumerate(cls.relationships):
            relationship.sudo().write(
                {"tier_id": tiers[number % 3].id, "tier_locked": True}
            )
        cls.channels = {
            name: cls.env.ref(f"customer_continuity.channel_{name}")
            for name in ("call", "voicemail", "mass_email", "card", "visit")
        }

    # Each makes one event with a customer at a time, and returns whether a person
    # reached a person.

    def _mail_of_the_customer(self, customer, moment):
        self._message(self._somebody(customer), "email", moment)
        return True

    def _mail_of_ours(self, customer, moment):
        self._message(self.user_sales_a.partner_id, "email_outgoing", moment, customer)
        return False

    def _mass_mail(self, customer, moment):
        self._message(customer, "email_outgoing", moment)
        return False

    def _out_of_office(self, customer, moment):
        self._message(self._somebody(customer), "out_of_office", moment)
        return False

    def _note_of_ours(self, customer, moment):
        self._message(self.user_sales_a.partner_id, "comment", moment, customer)
        return False

    def _message(self, author, message_type, moment, customer=None):
        self.env["mail.message"].create(
            {
                "model": "res.partner",
                "res_id": (customer or author).id,
                "author_id": author.id,
                "message_type": message_type,
                "date": moment,
                "record_company_id": self.company_a.id,
            }
        )

    def _answered_call(self, customer, moment):
        self._attempt(customer, "call", "held", moment)
        return True

    def _unanswered_call(self, customer, moment):
        outcome = self.random.choice(("no_answer", "message_left", "wrong_number"))
        self._attempt(customer, "call", outcome, moment)
        return False

    def _voicemail(self, customer, moment):
        self._attempt(customer, "voicemail", "held", moment)
        return False

    def _newsletter(self, customer, moment):
        self._attempt(customer, "mass_email", "held", moment)
        return False

    def _visit(self, customer, moment):
        self._attempt(customer, "visit", "held", moment)
        return True

    def _attempt(self, customer, channel, outcome, moment):
        relationship = self.by_customer[customer]
        channel = self.channels[channel]
        self.number = getattr(self, "number", 0) + 1
        touchpoint = self.env["continuity.touchpoint"]._plan(
            [
                {
                    "name": "Contact",
                    "relationship_id": relationship.id,
                    "partner_id": customer.id,
                    "company_id": self.company_a.id,
                    "origin_model": relationship._name,
                    "origin_id": relationship.id,
                    "occurrence": str(self.number),
                    "channel_ids": channel.ids,
                    "user_id": self.user_sales_a.id,
                    "date_due": moment.date(),
                }
            ]
        )
        self.env["continuity.touchpoint.attempt"].create(
            {
                "touchpoint_id": touchpoint.id,
                "channel_id": channel.id,
                "user_id": self.user_sales_a.id,
                "outcome": outcome,
                "date": moment,
            }
        )

    def _meeting(self, customer, moment, **values):
        return self.env["calendar.event"].create(
            {
                "name": "Meeting",
                "start": moment - timedelta(hours=1),
                "stop": moment,
                "user_id": self.user_sales_a.id,
                "partner_ids": [
                    Command.set(
                        (self._somebody(customer) | self.user_sales_a.partner_id).ids
                    )
                ],
                **values,
            }
        )

    def _meeting_held(self, customer, moment):
        self._meeting(customer, moment)
        return True

    def _meeting_cancelled(self, customer, moment):
        self._meeting(customer, moment, active=False)
        return False

    def _meeting_declined(self, customer, moment):
        attendees = self._meeting(customer, moment).attendee_ids
        attendees.filtered(
            lambda a: a.partner_id.commercial_partner_id == customer
        ).state = "declined"
        return False

    def _meeting_to_come(self, customer, moment):
        self._meeting(customer, NOW + (NOW - moment))
        return False

    def _call_done(self, customer, moment):
        self._activity(customer, "call", moment)
        return True

    def _to_do_done(self, customer, moment):
        self._activity(customer, "todo", moment)
        return False

    def _call_archived(self, customer, moment):
        self._activity(customer, "call", moment, done=False)
        return False

    def _activity(self, customer, kind, moment, done=True):
        activity = (
            self.env["mail.activity"]
            .with_context(mail_activity_quick_update=True)
            .create(
                {
                    "res_model_id": self.env["ir.model"]._get_id("res.partner"),
                    "res_id": customer.id,
                    "activity_type_id": self.env.ref(
                        f"mail.mail_activity_data_{kind}"
                    ).id,
                    "user_id": self.user_sales_a.id,
                    "date_deadline": moment.date(),
                }
            )
        )
        if not done:
            activity.action_archive()
            return
        messages, _next = activity.with_company(self.company_a)._action_done()
        messages.date = moment

    def _somebody(self, customer):
        """The customer, or the person who works there."""
        contact = self.people[self.customers.ids.index(customer.id)]
        return self.random.choice((customer, contact))

    def test_clock_of_silence(self):
        events = [
            self._mail_of_the_customer,
            self._mail_of_ours,
            self._mass_mail,
            self._out_of_office,
            self._note_of_ours,
            self._answered_call,
            self._unanswered_call,
            self._voicemail,
            self._newsletter,
            self._visit,
            self._meeting_held,
            self._meeting_cancelled,
            self._meeting_declined,
            self._meeting_to_come,
            self._call_done,
            self._to_do_done,
            self._call_archived,
        ]
        last = dict.fromkeys(self.customers)
        # The last customers get no event that counts: they stay silent, or unknown.
        for number in range(EVENTS):
            event = events[number % len(events)]
            customer = self.random.choice(self.customers)
            moment = NOW - timedelta(minutes=self.random.randrange(60, 730 * 24 * 60))
            if self.customers.ids.index(customer.id) >= CUSTOMERS - 5:
                event = self.random.choice((self._mass_mail, self._voicemail))
            if event(customer, moment):
                day = moment.date()
                last[customer] = max(last[customer] or day, day)
        self._refresh(self.company_a, today=NOW.date())
        states = set()
        for customer, day in last.items():
            relationship = self.by_customer[customer]
            with self.subTest(customer=customer.name, last_contact=day):
                self.assertEqual(relationship.last_contact_date, day or False)
                self.assertEqual(relationship.state, self._state(relationship, day))
            states.add(relationship.state)
        self.assertEqual(
            states, {"never", "on_track", "due", "overdue", "silent"}, "all occur"
        )

    def _state(self, relationship, day):
        """The state by the text of the help: cadence, a week of notice, twice."""
        if not day:
            return "never"
        cadence = {"A": 30, "B": 60, "C": 180}[relationship.tier_id.name]
        days = (NOW.date() - day).days
        if days >= 2 * cadence:
            return "silent"
        if days > cadence:
            return "overdue"
        return "due" if days >= cadence - 7 else "on_track"
