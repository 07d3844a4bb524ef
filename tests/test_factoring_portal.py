"""What a customer reads of factoring on the page of a letter, and decides there."""

from lxml import html

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common_factoring_telling import TellingCommon
from .common_portal import PortalCommon


@tagged("post_install", "-at_install")
class TestFactoringPortal(TellingCommon, PortalCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agreement.sudo().write(
            {"customer_may_choose": True, "tell_from": fields.Date.today()}
        )
        cls.user_manager.partner_id.phone = "+49 30 7777"
        cls._bill(cls.customer_1, 900, "2026-06-15", "2026-07-15")
        cls._activate(cls.agreement)
        cls.letters = {}
        for occurrence in ("courtesy", "notice"):
            letter = cls._contact(cls.key, occurrence)
            letter.sudo().write(
                {
                    "letter_subject": "On factoring",
                    "letter_body": "<p>We sell receivables.</p>",
                    "letter_lang": "en_US",
                    "letter_hash": "f" * 64,
                    "signer_id": cls.user_sales_a.id,
                    "frozen_on": fields.Datetime.now(),
                    "released_on": fields.Datetime.now(),
                }
            )
            cls._deliver(letter)
            cls.letters[occurrence] = letter
        cls.pages = {name: cls._issue(x) for name, x in cls.letters.items()}

    def _text(self, name, lang="en_US"):
        response = self.url_open(f"{self.pages[name]}?lang={lang}")
        self.assertEqual(response.status_code, 200)
        text = html.fromstring(response.content).text_content()
        return " ".join(text.split())

    def _choose(self, choice, name="notice", **form):
        return self._press("factoring_choose", self.pages[name], choice=choice, **form)

    def _seen(self):
        self.env.invalidate_all()
        return self.key

    # === Read === #

    def test_notice_says_what_changes_where_to_pay_and_for_what(self):
        text = self._text("notice")
        for part in (
            "What changes",
            "What does not change",
            "Where to pay",
            "DE02 1203 0000 0000 2020",
            "Assigned invoices open today",
            "EUR 900.00",
            "Whom to ask",
            "+49 30 7777",
            "Is this genuine?",
        ):
            self.assertIn(part, text)

    def test_page_names_the_day_of_the_letter(self):
        self.letters["notice"].sudo().released_on = "2026-07-02 08:00:00"
        self.assertIn("From July 2, 2026 you pay", self._text("notice"))

    def test_account_stands_in_the_notice_alone(self):
        text = self._text("courtesy")
        self.assertIn("formal notice", text)
        self.assertNotIn("DE02 1203", text)
        self.assertNotIn("EUR 900.00", text)

    def test_account_that_is_checked_again_is_not_shown(self):
        self.factor_account.active = False
        self.factor_account.active = True
        text = self._text("notice")
        self.assertIn("call us before you pay", text)
        self.assertNotIn("DE02 1203", text)

    def test_account_one_person_entered_changes_nothing(self):
        other = self._create_account(self.factor, "DE02 3702 0500 0001 2024 00")
        self.env["continuity.payment.direction"].create(
            {
                "factoring_id": self.agreement.id,
                "kind": "factor",
                "effective_from": "2026-08-01",
                "bank_account_id": other.id,
            }
        )
        text = self._text("notice")
        self.assertIn("DE02 1203 0000 0000 2020", text)
        for part in ("3702", "August", "being checked"):
            self.assertNotIn(part, text)

    def test_nothing_internal(self):
        self.tier_a.name = "Tier-Secret"
        self.agreement.sudo().internal_reason = "The bank is nervous"
        self.key.proposal_reason = "Pays late"
        for name in self.pages:
            text = self._text(name)
            for word in ("Tier-Secret", "nervous", "Pays late"):
                self.assertNotIn(word, text)

    def test_reading_changes_nothing(self):
        for path in ("", "/acknowledge", "/factoring_choose"):
            self.assertEqual(
                self.url_open(self.pages["notice"] + path).status_code, 200
            )
        self.assertEqual(self._seen().state, "noticed")
        self.assertFalse(self.key.payment_choice or self.key.acknowledged_on)
        self.assertFalse(self._answers(self.letters["notice"]))

    # === Received === #

    def test_received_means_received_and_waives_nothing(self):
        self.assertIn("waive no defence", self._text("notice"))
        response = self._press("acknowledge", self.pages["notice"], name="Ms Contact")
        self.assertIn("waive no defence", " ".join(response.text.split()))
        before = self.key.noticed_on
        key = self._seen()
        self.assertEqual(key.state, "acknowledged")
        self.assertEqual(key.noticed_on, before)
        self.assertFalse(key.payment_choice)

    def test_received_courtesy_letter_is_no_acknowledged_notice(self):
        self._press("acknowledge", self.pages["courtesy"], name="Ms Contact")
        self.assertEqual(self._seen().state, "noticed")

    def test_other_letters_say_what_they_always_said(self):
        text = " ".join(self.url_open(self.link).text.split())
        self.assertIn("You agree to nothing", text)
        self.assertNotIn("waive no defence", text)

    # === Chosen === #

    def test_choice_once(self):
        response = self._choose("as_before", text="Our ERP takes months.")
        self.assertIn("We have noted where you pay", response.text)
        key = self._seen()
        self.assertEqual(key.payment_choice, "as_before")
        recipient = self.letters["notice"]._letter_recipient()
        self.assertEqual(key.payment_choice_by, recipient.name)
        self.assertIn("Our ERP takes months.", key.payment_choice_how)
        [answer] = self._answers(self.letters["notice"])
        self.assertEqual(answer.kind, "factoring_choose")
        text = self._text("notice")
        self.assertIn("You chose: As before", text)
        self.assertNotIn("This is our choice", text)
        self._choose("new")
        self.assertEqual(self._seen().payment_choice, "as_before")

    def test_no_choice_where_the_agreement_leaves_none(self):
        self.agreement.sudo().customer_may_choose = False
        self.assertNotIn("This is our choice", self._text("notice"))
        self._choose("as_before")
        self.assertFalse(self._seen().payment_choice)

    def test_what_is_no_choice(self):
        self._choose("factor's own")
        self.assertFalse(self._seen().payment_choice)

    # === Asked === #

    def test_question_gets_a_deadline_and_a_common_answer(self):
        answer = self.env.ref("customer_continuity.answer_factoring_before")
        answer.with_user(self.user_manager).action_approve()
        self._press(
            "ask",
            self.pages["notice"],
            kind="question",
            text="May we keep paying to the old account as before?",
        )
        concern = self.env["continuity.concern"].search(
            [("partner_id", "=", self.customer_1.id)], order="id desc", limit=1
        )
        self.assertTrue(concern.deadline)
        self.assertIn(answer, concern.offered_answer_ids)

    def test_shipped_answers_wait_for_a_manager(self):
        answers = self.env["continuity.common.answer"].search(
            [("topic_ids", "=", self.env.ref("customer_continuity.topic_factoring").id)]
        )
        self.assertEqual(len(answers), 8)
        self.assertFalse(answers.approved_by_id)

    # === Others === #

    def test_strangers_and_letters_of_others(self):
        self.assertEqual(self.url_open(f"{self.pages['notice']}x").status_code, 404)
        # The page of another letter offers none of it.
        response = self._press("factoring_choose", self.link, choice="as_before")
        self.assertEqual(response.status_code, 404)
        self.assertFalse(self._seen().payment_choice)
        with self.assertRaises(AccessError):
            self.key.with_user(self.user_portal).read(["payment_choice"])

    def test_confidential_agreements_have_no_page(self):
        self.agreement.sudo().kind = "confidential"
        line = self.key.sudo()
        notice = self.letters["notice"]
        self.assertFalse(line._portal_sections(notice, self.contact_1))
        self.assertFalse(line._portal_forms(notice, self.contact_1))
