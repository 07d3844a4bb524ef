"""What a customer reads and decides on the page of a notice of dissolution."""

import base64

from lxml import html

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_notice import NoticeCommon
from .common_portal import PortalCommon

ITEM = {
    "kind_label": "To deliver",
    "description": "S00042 <b>Two</b> pallets",
    "amount": "EUR 1,000.00",
    "date": "March 20, 2027",
}
# The smallest PNG there is.
PIXEL = base64.b64encode(
    base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
        "awAAAABJRU5ErkJggg=="
    )
)


@tagged("post_install", "-at_install")
class TestDissolutionPortal(NoticeCommon, PortalCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.letter = cls._freeze_letter(cls._telling(cls, cls.small))
        cls.page = cls._issue(cls.letter)

    def _open(self, lang="en_US"):
        response = self.url_open(f"{self.page}?lang={lang}")
        self.assertEqual(response.status_code, 200)
        return html.fromstring(response.content)

    def _choices(self, page):
        return page.xpath(
            "//form[contains(@action, 'dissolution_choose')]//input/@value"
        )

    # === Read === #

    def test_open_items_days_and_people(self):
        self._items([ITEM])
        self.leaver.partner_id.continuity_wechat_qr = PIXEL
        page = self._open()
        text = page.text_content()
        for part in (
            "Open between us today",
            "S00042 <b>Two</b> pallets",
            "EUR 1,000.00",
            "June 30, 2027",
            "Data deleted on",
            "Download the CSV file",
            "Our bank details do not change",
            self.lead.name,
            self.leaver.name,
        ):
            self.assertIn(part, text)
        [source] = page.xpath("//img[contains(@class, 'o_continuity_qr')]/@src")
        self.assertTrue(source.startswith("data:image/png;base64,"))

    def test_nothing_internal(self):
        self.tier_c.name = "Tier-Secret"
        text = self._open().text_content()
        for word in ("Tier-Secret", "founder is tired", "S00001", "settled"):
            self.assertNotIn(word, text)

    def test_reading_changes_nothing(self):
        self.assertEqual(
            self.url_open(f"{self.page}/dissolution_choose").status_code, 200
        )
        self._open()
        self.assertFalse(self.small.choice)
        self.assertFalse(self._answers(self.letter))

    def test_every_control_has_a_name(self):
        self._items([ITEM], prepaid="EUR 800.00")
        page = self._open()
        self.assertEqual(len(page.xpath("//h1")), 1)
        ids = page.xpath("//main//@id")
        self.assertEqual(len(ids), len(set(ids)))
        for control in page.xpath("//main//input[@type!='hidden'] | //main//textarea"):
            labels = page.xpath("//label[@for=$id]", id=control.get("id") or "?")
            self.assertTrue(labels, control.attrib)

    def test_other_letters_have_no_such_forms(self):
        other = self._issue(self.touchpoint)
        page = html.fromstring(self.url_open(other).content)
        self.assertFalse(self._choices(page))
        response = self._press("dissolution_choose", other, choice="finish")
        self.assertEqual(response.status_code, 404)

    # === Decided === #

    def _choose(self, choice, **form):
        return self._press("dissolution_choose", self.page, choice=choice, **form)

    def test_promised_talk_is_planned(self):
        self._choose("terminate", text="We have another supplier.")
        self.env.invalidate_all()
        [answer] = self._answers(self.letter)
        call = answer.follow_up_id
        self.assertEqual(call.date_due, answer.deadline)
        self.assertEqual(call.user_id, self.leaver)
        self.assertIn("Terminate", call.why)
        self.assertIn("another supplier", call.why)
        # Another choice: the same talk, about the latest.
        self._choose("finish")
        self.env.invalidate_all()
        self.assertEqual(self._answers(self.letter).follow_up_id, call)
        self.assertIn("Finish", call.why)

    def test_same_choice_after_another_by_word_of_mouth(self):
        self._choose("finish")
        self.env.invalidate_all()
        self.small._record_choice("terminate", "Ms Chen")
        self._choose("finish")
        self.env.invalidate_all()
        self.assertEqual(self.small.choice, "finish")

    def test_choice(self):
        response = self._choose("transfer", text="To somebody near us, please.")
        self.assertEqual(response.status_code, 200)
        self.assertIn("We have noted your choice", response.text)
        self.env.invalidate_all()
        line = self.small
        self.assertEqual(line.choice, "transfer")
        self.assertEqual(line.choice_by, self.letter._letter_recipient().name)
        self.assertEqual(line.choice_note, "To somebody near us, please.")
        [answer] = self._answers(self.letter)
        self.assertEqual(answer.kind, "dissolution_choose")
        notified = self.env["mail.notification"].search(
            [
                ("res_partner_id", "=", self.leaver.partner_id.id),
                ("mail_message_id.res_id", "=", self.letter.id),
                ("mail_message_id.model", "=", "continuity.touchpoint"),
            ]
        )
        self.assertTrue(notified)
        self.assertIn("You chose", self._open().text_content())
        # Another day they think better of it: the latest word counts.
        self._choose("terminate")
        self.env.invalidate_all()
        self.assertEqual(line.choice, "terminate")

    def test_refund_only_for_who_paid(self):
        self.assertNotIn("refund", self._choices(self._open()))
        response = self._choose("refund")
        self.assertEqual(response.status_code, 422)
        self._items([ITEM], prepaid="EUR 800.00")
        model = self.env.registry["continuity.dissolution"]
        self._set(model, "_barred_until", lambda campaign: self.dates["claims_end"])
        page = self._open()
        self.assertIn("refund", self._choices(page))
        self.assertIn("April 11, 2027", page.text_content())
        self.assertEqual(self._choose("refund").status_code, 200)

    def test_nonsense_is_no_choice(self):
        for choice in ("", "told", "x" * 500, "<script>"):
            self.assertEqual(self._choose(choice).status_code, 422)
        self.assertEqual(
            self._press(
                "dissolution_choose", self.page, choice="finish", text="x" * 3000
            ).status_code,
            422,
        )
        self.env.invalidate_all()
        self.assertFalse(self.small.choice)

    def test_without_token_of_the_form(self):
        response = self._choose("finish", csrf_token="wrong")
        self.assertEqual(response.status_code, 400)
        self.env.invalidate_all()
        self.assertFalse(self.small.choice)

    def test_not_once_the_campaign_is_over(self):
        self.campaign.state = "done"
        page = self._open()
        self.assertFalse(self._choices(page))
        token = html.fromstring(self.url_open(self.page).content).xpath(
            "//input[@name='csrf_token']/@value"
        )[0]
        response = self._choose("finish", csrf_token=token)
        self.assertEqual(response.status_code, 422)

    def test_in_three_languages(self):
        for lang, day in (("ja_JP", "2027年6月30日"), ("zh_CN", "2027年6月30日")):
            page = self._open(lang)
            self.assertEqual(page.get("lang"), lang.replace("_", "-"))
            self.assertIn(day, page.text_content())

    def test_complaint_reaches_its_owner_and_escalates(self):
        response = self._press(
            "ask", self.page, kind="complaint", text="You promised until December!"
        )
        self.assertEqual(response.status_code, 200)
        concern = self.env["continuity.concern"].search(
            [("touchpoint_id", "=", self.letter.id)]
        )
        self.assertEqual(concern.kind, "complaint")
        self.assertTrue(concern.owner_id)
        self.assertTrue(concern.deadline)
        self.assertTrue(concern.escalate_on)
        moment = fields.Datetime.add(
            max(concern.escalate_on, concern.deadline), hours=1
        )
        with self._at(moment):
            self._run_cron("escalate_concerns")
        self.assertTrue(concern.escalated_on)
        self.assertNotEqual(concern.escalated_to_id, concern.owner_id)

    def test_lawyers_letter_needs_an_answer_on_file(self):
        concern = self.env["continuity.concern"]._raise_concern(
            touchpoint=self.letter, kind="legal", question="We sue you."
        )
        with self.assertRaises(UserError):
            concern.with_user(self.user_manager).action_close()

    # === Told to a colleague === #

    def test_choice_written_down(self):
        action = self.small.with_user(self.leaver).action_record_choice()
        wizard = self.env[action["res_model"]].with_user(self.leaver)
        form = Form(wizard.with_context(**action["context"]))
        form.choice = "finish"
        form.choice_by = "Ms Chen, by telephone"
        form.save().action_confirm()
        self.assertEqual(self.small.choice, "finish")
        self.assertEqual(self.small.choice_by, "Ms Chen, by telephone")

    def test_choice_by_a_stranger(self):
        for user in (self.colleague, self.user_company_b):
            with self.assertRaises(AccessError):
                self.small.with_user(user).action_record_choice()
        with self.assertRaises(AccessError):
            self.small.with_user(self.leaver).write({"choice": "finish"})
        # Neither made, nor confirmed by somebody else than who made it.
        wizards = self.env["continuity.dissolution.choice"]
        values = {
            "customer_id": self.small.id,
            "choice": "finish",
            "choice_by": "Nobody",
        }
        with self.assertRaises(AccessError):
            wizards.with_user(self.colleague).create(values)
        with self.assertRaises(AccessError):
            wizards.create(values).with_user(self.colleague).action_confirm()

    def test_signed_person_of_the_page(self):
        """The person the link was made for, not what was typed in."""
        person = self.env["res.partner"].create(
            {"name": "Ms Chen", "parent_id": self.small.partner_id.id}
        )
        self.letter.contact_ids = [Command.set(person.ids)]
        page = self._issue(self.letter, person)
        self._press("dissolution_choose", page, choice="finish", name="Somebody else")
        self.env.invalidate_all()
        self.assertEqual(self.small.choice_by, "Ms Chen")
