from datetime import date, timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_transfer import TransferCommon


@tagged("post_install", "-at_install")
class TestIntroduction(TransferCommon):
    """Customers and providers are introduced, and asked later how it goes (D8, D10)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._tell(cls.line_1, cls.line_2)
        cls.provider.interest = "Our owner holds a share of ten per cent."
        cls.event = (
            cls.env["continuity.dissolution.event"]
            .with_user(cls.member)
            .create(
                {
                    "dissolution_id": cls.campaign.id,
                    "date": "2027-03-02 09:00:00",
                    "place": "https://meet.example.com/thanks",
                    "guest_ids": [
                        Command.create({"line_id": line.id})
                        for line in (cls.line_1, cls.line_2)
                    ],
                }
            )
        )
        cls.guests = cls.event.guest_ids

    def _introduce(self, user=None, line=None, **values):
        line = line or self.line_1
        return line.with_user(user or self.speaker)._introduce(
            values.pop("provider", self.provider),
            values.pop("channel", self.channel_call),
            values.pop("note", "They will try it out."),
            **values,
        )

    def test_is_a_touchpoint_with_its_gist(self):
        introduction = self._introduce(minutes=20)
        touchpoint = introduction.sudo().touchpoint_id
        self.assertEqual(touchpoint.state, "done")
        self.assertEqual(touchpoint.origin_id, self.line_1.id)
        self.assertEqual(touchpoint.attempt_ids.note, "They will try it out.")
        self.assertEqual(touchpoint.attempt_ids.user_id, self.speaker)
        self.assertIn(touchpoint, self.line_1.sudo().touchpoint_ids)
        self.assertEqual(self.campaign._hours_figures()["total"], 20 / 60)
        self._introduce()
        self.assertEqual(len(self.line_1.introduction_ids), 2)

    def test_at_the_event(self):
        """Guests are introduced while the others are there."""
        self.event.with_user(self.member).action_invite()
        with self._at(self.event.date + timedelta(hours=2)):
            self.guests.with_user(self.member).action_attended()
            for guest in self.guests.with_user(self.member):
                action = guest.action_introduce()
                form = Form(
                    self.env["continuity.dissolution.introduce"]
                    .with_user(self.member)
                    .with_context(**action["context"])
                )
                form.provider_id = self.provider.with_user(self.member)
                form.channel_id = self.channel_video
                form.note = "Met at the event."
                form.save().action_apply()
        self.event.invalidate_recordset()
        self.assertEqual(self.event.introduction_count, 2)
        meetings = self.env["continuity.dissolution.introduction"].search(
            [("event_id", "=", self.event.id)]
        )
        self.assertEqual(set(meetings.mapped("date")), {self.event.date})

    def test_best_provider_is_proposed(self):
        action = self.line_1.with_user(self.speaker).action_introduce()
        self.assertEqual(action["context"]["default_provider_id"], self.provider.id)
        self.event.with_user(self.member).action_propose_providers()
        self.assertIn(self.provider, self.event.provider_ids)

    def test_who_introduces(self):
        for user in (self.stranger, self.user_sales_b, self.user_company_b):
            with self.assertRaises(AccessError):
                self._introduce(user)
        with self.assertRaises(AccessError):
            self._rpc(
                self.speaker,
                self.env["continuity.dissolution.introduction"],
                "create",
                [{"line_id": self.line_1.id, "provider_id": self.provider.id}],
            )

    def test_not_before_they_are_told(self):
        self.line_1.sudo().state = "planned"
        with self.assertRaisesRegex(UserError, "introduce nobody before"):
            self._introduce()
        self.line_1.sudo().state = "told"
        with self.assertRaisesRegex(UserError, "in a sentence"):
            self._introduce(note=" ")

    def test_taken_back(self):
        touchpoint = self._introduce().sudo().touchpoint_id
        touchpoint.with_user(self.speaker).action_undo()
        self.assertFalse(self.line_1.introduction_ids)

    def test_interest_is_disclosed_in_every_language(self):
        self.env["res.lang"]._activate_lang("ja_JP")
        self.event.provider_ids = [Command.set(self.provider.ids)]
        self.event.sudo().with_context(lang="ja_JP").name = "感謝の会"
        self.assertIn("please note: Our owner holds", self.event._providers_text())
        guest = self.guests[0].sudo()
        problems = "\n".join(guest._obstacles_to_invitation("ja_JP"))
        self.assertIn("“Interest of Ours” of Provider One is not translated", problems)
        self.provider.with_context(lang="ja_JP").interest = "当社の所有者が10%出資。"
        problems = "\n".join(guest._obstacles_to_invitation("ja_JP"))
        self.assertNotIn("Interest of Ours", problems)

    # === AFTERCARE OF TRANSFERRED CUSTOMERS === #

    def _serve(self, free_from):
        self.transfer.sudo().write(
            {"state": "running", "free_from": free_from, "free_until": "2027-06-01"}
        )

    def _contacts_with_provider(self):
        return self.env["continuity.touchpoint"].search(
            [
                ("origin_model", "=", "continuity.dissolution"),
                ("origin_id", "=", self.campaign.id),
            ],
            order="date_due",
        )

    def test_counts_from_the_transfer(self):
        """Customer 1 has gone already; the others are served until April."""
        self._dates(decision="2027-02-15", last_service="2027-04-30")
        self._serve("2027-02-22")
        self._run_cron("plan_aftercare")
        contacts = self.lines.touchpoint_ids.filtered(
            lambda t: t.purpose == "aftercare"
        )
        self.assertEqual(contacts.partner_id, self.customer_1)
        self.assertEqual(
            sorted(contacts.mapped("date_due")), [date(2027, 3, 24), date(2027, 5, 24)]
        )
        asked = self._contacts_with_provider()
        self.assertEqual(
            asked.mapped("date_due"), [date(2027, 3, 24), date(2027, 5, 24)]
        )
        self.assertEqual(asked.partner_id, self.provider.partner_id)
        self.assertEqual(asked[0].why, "Customer 1")
        # Who is known to us as a provider is no customer of the campaign.
        customers = self.campaign.customer_ids.partner_id
        self.assertNotIn(self.provider.partner_id, customers)

    def test_one_contact_for_many_customers(self):
        other = self.line_2.sudo()._propose_transfer(self.provider)
        other.sudo().write(
            {"state": "running", "free_from": "2027-02-24", "free_until": "2027-06-01"}
        )
        self._serve("2027-02-23")
        self._dates(decision="2027-02-15")
        self._run_cron("plan_aftercare")
        asked = self._contacts_with_provider()
        self.assertEqual(len(asked), 2)
        self.assertEqual(asked[0].why, "Customer 1, Customer 2")

    def test_what_the_provider_says_is_in_the_register(self):
        self._serve("2027-01-25")
        self._dates(decision="2027-02-15")
        self.campaign.sudo().aftercare_user_id = self.member
        self._run_cron("plan_aftercare")
        asked = self._contacts_with_provider()[0]
        asked.with_user(self.member).log_attempt("held", minutes=15)
        origins = self.campaign._register_origins()
        self.assertIn(
            asked,
            self.env["continuity.touchpoint"].search(
                self.campaign._register_domain(origins)
            ),
        )
        self.assertEqual(self.campaign._hours_figures()["total"], 0.25)
        self.assertEqual(fields.Date.to_date(asked.date_done), date(2027, 3, 1))
