"""On the page of a notice: the provider a customer chooses, each consent for itself,
and the plan of the transfer."""

from lxml import html

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_notice import NoticeCommon
from .common_portal import PortalCommon

ITEM = {
    "kind_label": "Shipment under way",
    "description": "S00042 Two pallets",
    "tracking": "SF1234567890",
    "amount": "",
    "date": "March 20, 2027",
}


@tagged("post_install", "-at_install")
class TestDissolutionPortalTransfer(NoticeCommon, PortalCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.letter = cls._freeze_letter(cls._telling(cls, cls.small))
        cls.page = cls._issue(cls.letter)
        cls.provider = cls._create_provider(
            "Jia Logistics", interest="One of our shareholders holds 20 % of it."
        )
        cls.other = cls._create_provider("Yi Transport")
        cls.small._record_choice("transfer", "Ms Chen")

    @classmethod
    def _create_provider(cls, name, **values):
        partner = cls._create_customer(name, phone="+86 21 8888 0000")
        contact = cls.env["res.partner"].create(
            {
                "name": f"Contact of {name}",
                "parent_id": partner.id,
                "email": "contact@provider.example.com",
            }
        )
        return cls.env["continuity.provider"].create(
            {
                "partner_id": partner.id,
                "contact_id": contact.id,
                "offer": f"{name} takes over your freight.",
                "company_ids": [Command.set(cls.company_a.ids)],
                **values,
            }
        )

    def _open(self, lang="en_US"):
        response = self.url_open(f"{self.page}?lang={lang}")
        return html.fromstring(response.content)

    def _options(self, action, page=None):
        page = self._open() if page is None else page
        return page.xpath(f"//form[contains(@action, '/{action}?')]//input/@value")[1:]

    def _answer(self, action, choice):
        response = self._press(action, self.page, choice=choice)
        self.env.invalidate_all()
        return response

    def _choose_provider(self):
        response = self._answer("dissolution_provider", str(self.provider.id))
        self.assertEqual(response.status_code, 200)
        transfer = self.small.transfer_id
        self.assertEqual(transfer.provider_id, self.provider)
        return transfer

    # === The same again === #

    def test_yes_to_another_provider_is_an_answer_of_its_own(self):
        transfer = self._choose_provider()
        for _twice in range(2):
            self._answer("dissolution_consent_data", "given")
        self.assertEqual(transfer.data_consent, "given")
        self.assertEqual(len(transfer.consent_ids), 1)
        self._answer("dissolution_provider", str(self.other.id))
        other = self.small.transfer_id
        self.assertEqual(other.provider_id, self.other)
        self.assertEqual(other.data_consent, "none")
        self._answer("dissolution_consent_data", "given")
        self.env.invalidate_all()
        self.assertEqual(other.data_consent, "given")
        self.assertEqual(other.consent_ids.provider_id, self.other)

    def test_choice_after_a_colleague_wrote_another_one_down(self):
        self._answer("dissolution_choose", "finish")
        self.small._record_choice("transfer", "Ms Chen")
        self._answer("dissolution_choose", "finish")
        self.assertEqual(self.small.choice, "finish")

    # === In a browser, on a telephone === #

    def test_customer_decides_and_thinks_again(self):
        self._items([ITEM])
        letter = self._freeze_letter(self._letter_of(self.owed))
        self.browser_size = "400x800"
        self.start_tour(self._issue(letter), "continuity_portal_dissolution")
        self.env.invalidate_all()
        self.assertEqual(self.owed.choice, "transfer")
        transfer = self.owed.transfer_id
        self.assertEqual(transfer.provider_id, self.provider)
        self.assertEqual(transfer.contract_consent, "given")
        self.assertEqual(transfer.data_consent, "withdrawn")
        self.assertEqual(
            transfer.consent_ids.sorted("id").mapped(lambda c: (c.kind, c.answer)),
            [("contract", "given"), ("data", "given"), ("data", "withdrawn")],
        )
        complaint = self.env["continuity.concern"].search(
            [("touchpoint_id", "=", letter.id)]
        )
        self.assertEqual(complaint.kind, "complaint")
        self.assertTrue(complaint.owner_id)
        self.assertTrue(complaint.deadline)

    # === Provider === #

    def test_providers_with_our_interest(self):
        page = self._open()
        self.assertEqual(
            set(self._options("dissolution_provider", page)),
            {str(self.provider.id), str(self.other.id)},
        )
        text = page.text_content()
        self.assertIn("One of our shareholders holds 20 % of it.", text)
        self.assertIn("Jia Logistics takes over your freight.", text)

    def test_letters_disclose_it_too(self):
        letter = self._letter_of(self.focus)
        body = str(letter._render_letters()[letter.id].body)
        self.assertIn("Jia Logistics", body)
        self.assertIn("One of our shareholders holds 20 % of it.", body)

    def test_offer_in_another_language(self):
        self.focus.partner_id.lang = "zh_CN"
        letter = self._letter_of(self.focus)
        self.assertIn("What Jia Logistics offers is not", self._problems(letter))
        for provider, offer in (
            (self.provider, "承接货运。"),
            (self.other, "公路运输。"),
        ):
            provider.with_context(lang="zh_CN").write(
                {"offer": offer, "interest": "本公司股东持股20%。"}
            )
        self.env.invalidate_all()
        self.assertNotIn("offers is not", self._problems(letter))

    def test_choice_of_a_provider_is_no_consent(self):
        transfer = self._choose_provider()
        self.assertEqual(transfer.contract_consent, "none")
        self.assertEqual(transfer.data_consent, "none")

    def test_nobody_elses_provider(self):
        hidden = self._create_provider("Bing", company_ids=self.company_b.ids)
        for value in (str(hidden.id), "0", "", "x"):
            response = self._answer("dissolution_provider", value)
            self.assertEqual(response.status_code, 422)
        self.assertFalse(self.small.transfer_id)

    def test_not_for_who_chose_something_else(self):
        self.small._record_choice("finish", "Ms Chen")
        page = self._open()
        self.assertFalse(self._options("dissolution_provider", page))
        response = self._answer("dissolution_provider", str(self.provider.id))
        self.assertEqual(response.status_code, 422)
        self.assertFalse(self.small.transfer_id)

    def test_choosing_something_else_gives_the_transfer_up(self):
        transfer = self._choose_provider()
        self._answer("dissolution_choose", "terminate")
        self.assertEqual(transfer.state, "cancelled")

    # === Consent === #

    def test_default_texts_of_a_question_in_every_language(self):
        for name in ("data_purpose", "data_method"):
            texts = {
                self.provider.with_context(lang=lang)[name]
                for lang in ("en_US", "ja_JP", "zh_CN")
            }
            self.assertEqual(len(texts), 3, texts)
        own = self._create_provider("Ding", data_purpose="Freight, nothing else.")
        for lang in ("en_US", "ja_JP"):
            self.assertEqual(
                own.with_context(lang=lang).data_purpose, "Freight, nothing else."
            )

    def test_each_consent_for_itself(self):
        transfer = self._choose_provider()
        page = self._open()
        text = page.text_content()
        facts = transfer._consent_facts()
        for name in ("recipient", "contact", "purpose", "method", "categories"):
            self.assertIn(facts[name], text)
        for kind in transfer._consent_kinds():
            self.assertEqual(
                self._options(f"dissolution_consent_{kind}", page),
                ["given", "refused"],
            )
        response = self._answer("dissolution_consent_contract", "given")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(transfer.contract_consent, "given")
        self.assertEqual(transfer.data_consent, "none")
        self._answer("dissolution_consent_data", "refused")
        self.assertEqual(transfer.data_consent, "refused")
        consent = transfer.consent_ids[:1]
        self.assertEqual(consent.how, "portal")
        self.assertEqual(consent.answered_by, self.letter._letter_recipient().name)
        self.assertIn("fingerprint", consent.evidence)

    def test_same_answer_about_another_provider(self):
        """A yes about the second provider is no repetition of the first one."""
        self._choose_provider()
        self._answer("dissolution_consent_data", "given")
        self._answer("dissolution_provider", str(self.other.id))
        transfer = self.small.transfer_id
        self.assertEqual(transfer.provider_id, self.other)
        self.assertEqual(transfer.data_consent, "none")
        self._answer("dissolution_consent_data", "given")
        self.assertEqual(transfer.data_consent, "given")
        # Pressed twice, it is one answer.
        self._answer("dissolution_consent_data", "given")
        self.assertEqual(len(transfer.consent_ids), 1)

    def test_plan_approved_on_the_page(self):
        transfer = self._choose_provider()
        self.provider.price_after = "EUR 90 a month"
        page = self._open()
        self.assertIn("Transition plan: Services", page.text_content())
        self.assertEqual(
            self._options("dissolution_consent_plan", page), ["given", "refused"]
        )
        self.assertEqual(transfer.plan_consent, "none")
        self._answer("dissolution_consent_plan", "given")
        self.assertEqual(transfer.plan_consent, "given")
        self.assertEqual(transfer.data_consent, "none")
        report = self.env["ir.actions.report"]
        content, _type = report._render_qweb_html(
            "customer_continuity.report_dissolution_plan", self.small.ids
        )
        text = content.decode()
        self.assertIn(f"Approved by {self.letter._letter_recipient().name}", text)
        self.assertNotIn("Signature or company seal", text)

    def test_question_that_cannot_be_asked_is_not(self):
        self._choose_provider()
        self.provider.data_purpose = False
        self.assertFalse(self._options("dissolution_consent_data"))
        response = self._answer("dissolution_consent_data", "given")
        self.assertEqual(response.status_code, 422)
        self.assertEqual(self.small.transfer_id.data_consent, "none")

    def test_consent_withdrawn(self):
        transfer = self._choose_provider()
        self._answer("dissolution_consent_data", "given")
        self.assertEqual(
            self._options("dissolution_consent_data"), ["given", "withdrawn"]
        )
        self._answer("dissolution_consent_data", "withdrawn")
        self.assertEqual(transfer.data_consent, "withdrawn")

    def test_no_consent_without_a_question(self):
        response = self._answer("dissolution_consent_data", "given")
        self.assertEqual(response.status_code, 422)
        transfer = self._choose_provider()
        for choice in ("withdrawn", "none", "", "given "):
            response = self._answer("dissolution_consent_data", choice)
            self.assertEqual(response.status_code, 422, choice)
        response = self._answer("dissolution_consent_bank", "given")
        self.assertEqual(response.status_code, 422)
        self.assertFalse(transfer.consent_ids)

    def test_reading_gives_no_consent(self):
        transfer = self._choose_provider()
        url = f"{self.page}/dissolution_consent_data?choice=given"
        self.assertEqual(self.url_open(url).status_code, 200)
        self.env.invalidate_all()
        self.assertFalse(transfer.consent_ids)

    # === The plan === #

    def _plan_text(self, lang):
        line = self.small.with_user(self.leaver).with_context(lang=lang)
        parts = []
        for section in line._plan_sections():
            parts.append(section["title"])
            for row in [*section.get("pairs", ()), *section.get("rows", ())]:
                parts += [text or "" for text in row]
        return "\n".join(parts)

    def test_plan_says_what_it_has_to(self):
        transfer = self._choose_provider()
        self._items([ITEM])
        transfer.write({"free_from": "2027-05-01", "free_until": "2027-07-31"})
        self.provider.write(
            {"service_level": "Answer within a day", "price_after": "EUR 90 a month"}
        )
        text = self._plan_text("en_US")
        for part in (
            "Small",
            "Jia Logistics",
            "One of our shareholders",
            "Answer within a day",
            "from May 1, 2027 to July 31, 2027",
            "EUR 90 a month",
            "Not signed yet",
            "SF1234567890",
            "Way back",
            "June 1, 2027",
            "August 1, 2027",
            "No answer",
            transfer._consent_facts()["categories"],
        ):
            self.assertIn(part, text)

    def test_plan_tells_nothing_internal(self):
        self._choose_provider()
        self.tier_c.name = "Tier-Secret"
        self.small.partner_id.continuity_preferences = "Pays late"
        text = self._plan_text("en_US")
        for word in ("Tier-Secret", "Pays late", "founder is tired", "S00001"):
            self.assertNotIn(word, text)

    def test_plan_printed_in_the_customers_language(self):
        self._choose_provider()
        report = self.env["ir.actions.report"]
        for lang, day in (("en_US", "June 30, 2027"), ("ja_JP", "2027年6月30日")):
            self.small.partner_id.lang = lang
            content, _type = report._render_qweb_html(
                "customer_continuity.report_dissolution_plan", self.small.ids
            )
            self.assertIn(day, content.decode())

    def test_plan_without_a_transfer_or_rights(self):
        with self.assertRaisesRegex(UserError, "choose a provider"):
            self.small.with_user(self.leaver).action_print_plan()
        self._choose_provider()
        action = self.small.with_user(self.leaver).action_print_plan()
        self.assertEqual(action["type"], "ir.actions.report")
        with self.assertRaises(AccessError):
            self.small.with_user(self.user_company_b).action_print_plan()
        with self.assertRaises(AccessError):
            self.small.with_user(self.user_company_b)._plan_sections()
