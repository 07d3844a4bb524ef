import hashlib
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.customer_continuity.models import continuity_touchpoint_release_later

from ..models.continuity_touchpoint_letter import FROZEN_FIELDS
from ..models.continuity_touchpoint_pdf import PDFS_WHILE_WAITING
from .common_letter import LetterCommon

PDF = b"%PDF-1.4 a letter"


@tagged("post_install", "-at_install")
class TestLetterTemplate(LetterCommon):
    """A letter consists of text and facts, in every language, for every user."""

    def test_only_facts(self):
        for values in (
            {"subject": "{{ object.partner_id.name }}"},
            {"subject": "{{ object.user_id.email }}"},
            {"subject": "{{ ctx.get('lang') }}"},
            {"subject": "{{ object.fact_customer "},
            {"subject": "{{ object.fact_answer }}"},
            {"email_to": "{{ object.partner_id.email }}"},
            {"lang": "{{ object.partner_id.lang }}"},
            {"body_html": '<p t-out="object.partner_id.name"/>'},
            {"body_html": '<t t-if="object.fact_customer">Hello</t>'},
            {"body_html": '<t t-foreach="[1]" t-as="x">Hello</t>'},
            {"body_html": '<t t-call="web.layout"/>'},
            {"body_html": '<a t-att-href="object.fact_portal_link">Page</a>'},
            {"body_html": '<a t-attf-href="#{object.fact_portal_link}">Page</a>'},
            {"body_html": '<t t-out="object.fact_customer"><b>?</b></t>'},
            {"body_html": '<p class="x" t-out="object.fact_customer"/>'},
            {"body_html": "<p>Dear {{ object.fact_customer }}</p>"},
            {"body_html": '<p t-out="env.user.name"/>'},
            {"body_html": "<p t-out=\"object['fact_customer']\"/>"},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self._create_template(**values)

    def test_only_facts_in_a_translation(self):
        with self.assertRaises(ValidationError):
            self.template.with_context(
                lang="ja_JP"
            ).subject = "{{ object.partner_id.name }}"
        with self.assertRaises(ValidationError):
            self.template.with_context(
                lang="ja_JP"
            ).body_html = '<t t-out="object.why"/>'
        with self.assertRaises(ValidationError):
            self.template._update_field_translations(
                "body_html", {"ja_JP": '<t t-out="object.why"/>'}
            )

    def test_a_translation_that_came_past_the_check_is_not_rendered(self):
        """Translation files are loaded without constraints."""
        self.customer_1.child_ids.lang = self.customer_1.lang = "ja_JP"
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mail_template SET body_html = jsonb_set(body_html, '{ja_JP}', %s) "
            "WHERE id = %s",
            ['"<p t-out=\\"object.why\\"/>"', self.template.id],
        )
        self.template.invalidate_recordset()
        self.mail.sudo().why = "Tier A"
        self.assertNotIn(self.mail.id, self.mail._render_letters())
        self.assertIn("more than text and facts", self._problems(self.mail))

    def test_no_reports(self):
        report = self.env["ir.actions.report"].search([], limit=1)
        with self.assertRaises(ValidationError):
            self._create_template(report_template_ids=[Command.set(report.ids)])

    def test_other_templates_are_left_alone(self):
        self.env["mail.template"].create(
            {
                "name": "Other",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "subject": "Dear {{ object.name }}",
                "body_html": '<t t-if="object.name">Hello</t>',
            }
        )

    def test_model_cannot_be_changed_into_a_letter(self):
        other = self.env["mail.template"].create(
            {
                "name": "Other",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "subject": "Dear {{ object.name }}",
            }
        )
        with self.assertRaises(ValidationError):
            other.model_id = self.env["ir.model"]._get_id("continuity.touchpoint")

    def test_shipped_letters_are_letters(self):
        letters = self.env["mail.template"].search(
            [("model", "=", "continuity.touchpoint")]
        )
        self.assertGreaterEqual(len(letters), 6)
        letters._check_letter()

    def test_no_fact_tells_the_tier(self):
        relationship = self._set_tier(self.customer_1, self.tier_a)
        relationship.sudo().write({"revenue": 1234567.0, "state": "silent"})
        self.tier_a.name = "Zanzibar"
        self.mail.sudo().write({"why": "Zanzibar 1234567"})
        allowed = self.env["continuity.touchpoint"].mail_allowed_qweb_expressions()
        self.assertTrue(all(name.startswith("object.fact_") for name in allowed))
        for lang in ("en_US", "ja_JP", "zh_CN"):
            touchpoint = self.mail.with_context(lang=lang)
            for name in touchpoint._letter_facts():
                text = str(touchpoint[name] or "")
                for secret in ("Zanzibar", "1234567", "1,234,567", "ilent"):
                    self.assertNotIn(secret, text, name)


@tagged("post_install", "-at_install")
class TestLetterTemplateRights(LetterCommon):
    """Who may write what reaches those who want no letters, and about what."""

    def test_notices_are_written_by_managers(self):
        values = {
            "name": "Everybody",
            "model_id": self.env["ir.model"]._get_id("continuity.touchpoint"),
            "subject": "Now",
            "body_html": "<p>Now</p>",
        }
        templates = self.env["mail.template"].with_user(self.leaver)
        with self.assertRaises(AccessError):
            templates.create({**values, "continuity_notice": "notice"})
        own = templates.create(values)
        with self.assertRaises(AccessError):
            own.continuity_notice = "notice"
        notice = self.env["mail.template"].with_user(self.user_manager)
        self.assertTrue(notice.create({**values, "continuity_notice": "notice"}))

    def test_no_link_in_a_subject(self):
        with self.assertRaises(ValidationError):
            self.template.subject = "See {{ object.fact_portal_link }}"

    def test_internal_records_have_no_templates(self):
        with self.assertRaises(ValidationError):
            self.env["mail.template"].create(
                {
                    "name": "Rank",
                    "model_id": self.env["ir.model"]._get_id("continuity.relationship"),
                    "subject": "{{ object.tier_id.name }}",
                }
            )
        with self.assertRaises(ValidationError):
            self.env["mail.template"].create(
                {
                    "name": "Order",
                    "model_id": self.env["ir.model"]._get_id("sale.order"),
                    "subject": "{{ object.env['continuity.touchpoint'] }}",
                }
            )


@tagged("post_install", "-at_install")
class TestLetterText(LetterCommon):
    """Rendered once, in the customer's language, with the facts of that customer."""

    def test_rendered(self):
        letter = self.mail._render_letters()[self.mail.id]
        self.assertEqual(letter.subject, "How is Customer 1?")
        self.assertIn("Dear Jane Buyer,", letter.body)
        self.assertIn("/continuity/preview", letter.body)
        self.assertIn("Sales A", letter.body)
        self.assertIn("+49 30 1234", letter.body)

    def test_in_the_language_of_the_person(self):
        self.contact_1.write({"lang": "ja_JP", "function": "購買部長"})
        letter = self.mail._render_letters()[self.mail.id]
        self.assertEqual(letter.lang, "ja_JP")
        self.assertEqual(letter.subject, "Customer 1のその後")
        self.assertIn("その後いかがでしょうか。", letter.body)
        self.assertIn("Customer 1　購買部長　Jane Buyer様", letter.body)
        self.assertEqual(self._problems(self.mail), "")

    def test_contact_line_says_what_is_known(self):
        """Telephone, e-mail and WeChat in the letter's language, no empty label."""
        signer = self.mail._letter_signer().sudo()
        signer.write({"phone": "+49 30 5", "email": "a@example.com"})
        person = signer.partner_id
        lines = {
            "en_US": "Tel. +49 30 5 · E-mail a@example.com",
            "ja_JP": "電話 +49 30 5 · 電子メール a@example.com",
            "zh_CN": "电话 +49 30 5 · 邮箱 a@example.com",
        }
        wechats = {
            "en_US": "WeChat anna5",
            "ja_JP": "WeChat ID anna5",
            "zh_CN": "微信 anna5",
        }
        for lang, line in lines.items():
            for known, text in ((False, line), ("anna5", f"{line} · {wechats[lang]}")):
                person.continuity_wechat = known
                self.mail.invalidate_recordset()
                letter = self.mail.with_context(lang=lang)
                self.assertEqual(letter.fact_signer_contact, text)
        self.contact_1.lang = "zh_CN"
        self.assertIn("微信 anna5", self.mail._render_letters()[self.mail.id].body)
        person.write({"continuity_wechat": False, "phone": False})
        self.company_a.sudo().phone = False
        signer.email = False
        self.mail.invalidate_recordset()
        self.assertFalse(self.mail.fact_signer_contact)
        self.assertNotIn("微信", self.mail._render_letters()[self.mail.id].body)

    def test_everybody_enters_their_own_wechat(self):
        signer = self.mail._letter_signer()
        signer.with_user(signer).continuity_wechat = "anna5"
        self.assertEqual(signer.partner_id.sudo().continuity_wechat, "anna5")
        with self.assertRaises(AccessError):
            self.user_sales_b.with_user(signer).continuity_wechat = "else"

    def test_organisations_are_addressed_as_such(self):
        letter = self._plan_letter(self.customer_2)
        for lang, salutation in (
            ("ja_JP", "Customer 2　御中"),
            ("zh_CN", "Customer 2：您好！"),
            ("en_US", "Dear Sir or Madam,"),
        ):
            self.assertEqual(letter.with_context(lang=lang).fact_salutation, salutation)

    def test_facts_are_escaped_and_rendered_once(self):
        self.contact_1.name = '<img src=x onerror="x()"> {{ object.why }}'
        self.customer_1.name = "{{ object.why }}"
        letter = self.mail._render_letters()[self.mail.id]
        self.assertNotIn("<img", letter.body)
        self.assertIn("&lt;img", letter.body)
        self.assertEqual(letter.subject, "How is {{ object.why }}?")

    def test_facts_of_the_last_order(self):
        self._create_order(self.customer_1, 5, "2026-01-02 12:00:00")
        order = self._create_order(self.customer_1, 5, "2027-02-01 12:00:00")
        self._create_order(self.customer_1, 5, "2027-02-20 12:00:00", confirm=False)
        self._create_order(
            self.customer_1, 5, "2027-02-25 12:00:00", company=self.company_b
        )
        self.assertEqual(self.mail.fact_order, order.name)
        self.assertEqual(self.mail.fact_product, "Continuity product")
        self.assertEqual(
            self.mail.with_context(lang="ja_JP").fact_last_purchase, "2027年2月1日"
        )
        self.assertEqual(self.mail.fact_last_purchase, "February 1, 2027")

    def test_years_as_a_customer(self):
        relationship = self.mail.relationship_id.sudo()
        for day, text in (
            ("2026-03-02", False),
            ("2026-03-01", "one year"),
            ("2020-06-01", "6 years"),
        ):
            relationship.first_purchase_date = day
            self.assertEqual(self.mail.fact_years, text)

    def test_lines_tell_what_they_know(self):
        plan = self._running_plan()
        line = self._line_of(plan, self.customer_1)
        letter = self._plan_letter(
            self.customer_1, origin_model=line._name, origin_id=line.id
        )
        self.assertEqual(letter.fact_reason, plan.customer_reason)
        self.assertEqual(letter.fact_former_contact, self.leaver.name)

    def test_appointment_with_its_time_zone(self):
        """In the zone of whoever reads it, which is named."""
        self.mail.sudo().date_planned = "2027-03-04 09:00:00"
        for zone, time in (("Asia/Tokyo", "6:00"), ("Europe/Berlin", "10:00")):
            self.contact_1.tz = zone
            self.mail.invalidate_recordset()
            self.assertIn(time, self.mail.fact_appointment)
            self.assertIn(f"({zone})", self.mail.fact_appointment)

    def test_facts_are_read_in_batches(self):
        letters = self.mail | self.paper
        for number in range(20):
            customer = self._create_customer(
                f"Many {number}", self.leaver, email=f"m{number}@example.com"
            )
            self._create_order(customer, 1, "2027-02-01 12:00:00")
            letters |= self._plan_letter(customer)
        self.env.flush_all()

        def count(some):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some._letter_problems()
            return self.env.cr.sql_log_count - before

        count(letters)
        self.assertLessEqual(count(letters), count(letters[:4]) + 8)


@tagged("post_install", "-at_install")
class TestLetterProblems(LetterCommon):
    """Everything that stands in the way of a release is said, all together."""

    def test_none(self):
        self.assertEqual(self._problems(self.mail), "")
        self.assertEqual(self._problems(self.paper), "")

    def test_empty_fact(self):
        self.mail.sudo().template_id = self._body_template(
            '<p>On <t t-out="object.fact_appointment"/></p>'
        )
        self.assertIn("Day and time of the appointment", self._problems(self.mail))
        self.mail.sudo().date_planned = "2027-03-04 09:00:00"
        self.assertEqual(self._problems(self.mail), "")

    def test_empty_fact_with_a_text_instead(self):
        self.mail.sudo().template_id = self._body_template(
            '<p>On <t t-out="object.fact_appointment">a day we agree</t></p>',
            subject="{{ object.fact_appointment ||| Soon }}",
        )
        self.assertEqual(self._problems(self.mail), "")
        letter = self.mail._render_letters()[self.mail.id]
        self.assertIn("On a day we agree", letter.body)
        self.assertEqual(letter.subject, "Soon")

    def test_empty_fact_in_the_subject(self):
        self.mail.sudo().template_id = self._create_template(
            subject="On {{ object.fact_appointment }}"
        )
        self.assertIn("Day and time of the appointment", self._problems(self.mail))

    def test_missing_translation(self):
        self.contact_1.lang = "zh_CN"
        self.assertIn("not translated into", self._problems(self.mail))
        self.assertIn("Chinese", self._problems(self.mail))

    def test_language_that_is_gone(self):
        self.env.cr.execute(
            "UPDATE res_partner SET lang = 'fr_FR' WHERE id = %s", [self.contact_1.id]
        )
        self.contact_1.invalidate_recordset()
        self.assertIn("not translated into fr_FR", self._problems(self.mail))

    def test_half_a_translation(self):
        self.contact_1.lang = "zh_CN"
        self.template.with_context(lang="zh_CN").subject = "您好,近况如何,请告知"
        self.assertIn("not translated into", self._problems(self.mail))
        self._translate_body("zh_CN", "最近如何？")
        self.assertEqual(self._problems(self.mail), "")

    def test_written_in_japanese_first(self):
        self.template = self._create_template(
            continuity_lang="ja_JP",
            subject="ご使用状況についてのお伺い",
            body_html="<p>その後いかがでしょうか。お聞かせください。</p>",
        )
        self.mail.sudo().template_id = self.template
        self.assertIn("not translated into", self._problems(self.mail))
        self.contact_1.lang = "ja_JP"
        self.assertEqual(self._problems(self.mail), "")

    def test_addresses(self):
        self.contact_1.email = "jane@"
        self.assertIn("no valid e-mail address", self._problems(self.mail))
        self.contact_1.email = "jane@buyer.example.com, joe@buyer.example.com"
        self.assertIn("no valid e-mail address", self._problems(self.mail))
        self.assertEqual(self._problems(self.paper), "")
        self.customer_1.street = False
        self.contact_1.street = False
        self.assertIn("no complete postal address", self._problems(self.paper))

    def test_signer(self):
        self.leaver.email = False
        self.assertIn("replies would be lost", self._problems(self.mail))
        self.mail.sudo().signer_id = self.user_company_b
        self.assertIn("does not work for", self._problems(self.mail))

    def test_courtesy_and_notices(self):
        """I10: who has opted out still gets what the law or a contract asks for."""
        self.customer_1.continuity_no_courtesy = True
        self.env["mail.blacklist"]._add("jane@buyer.example.com")
        problems = self._problems(self.mail)
        self.assertIn("no courtesy", problems)
        self.assertIn("opted out", problems)
        self.template.continuity_notice = "notice"
        self.assertEqual(self._problems(self.mail), "")

    def test_all_together(self):
        self.contact_1.write({"email": False, "lang": "zh_CN"})
        self.customer_1.write({"email": False, "continuity_no_courtesy": True})
        self.leaver.email = False
        self.assertEqual(len(self.mail._letter_problems()[self.mail.id]), 4)

    def test_no_letter(self):
        self.mail.sudo().template_id = False
        self.assertIn("Choose a letter", self._problems(self.mail))
        call = self._plan_touchpoint(self.customer_2, template_id=self.template.id)
        self.assertIn("by e-mail or on paper", self._problems(call))


@tagged("post_install", "-at_install")
class TestLetterRelease(LetterCommon):
    """Released by a person, frozen as sent, and taken back while it is still here."""

    def _release(self, letters, user=None):
        with patch.object(type(letters), "_render_pdf", lambda self: PDF):
            return letters.with_user(user or self.leaver).action_release()

    def test_by_mail(self):
        self._release(self.mail)
        self.assertEqual(self.mail.state, "released")
        self.assertEqual(self.mail.letter_email, "jane@buyer.example.com")
        self.assertEqual(self.mail.letter_lang, "en_US")
        self.assertEqual(self.mail.released_by_id, self.leaver)
        self.assertEqual(self.mail.signer_id, self.leaver)
        self.assertEqual(self.mail.letter_medium, "mail")
        self.assertTrue(self.mail.frozen_on)
        self.assertFalse(self.mail.letter_pdf_id)

    def test_in_whose_name(self):
        """Nobody signs what is none of their business (attacked over RPC)."""
        portal = self.user_portal
        for signer in (self.user_sales_b, portal):
            with self.assertRaises(AccessError):
                self.mail.with_user(self.leaver)._set_letter(signer_id=signer)
        self.mail.with_user(self.leaver)._set_letter(signer_id=self.user_leader)
        self.mail.with_user(self.leaver)._set_letter(signer_id=self.leaver)
        self.assertEqual(self.mail.signer_id, self.leaver)

    def test_own_words_are_no_notice(self):
        """Else anybody could write anything to those who opted out (I10)."""
        self.template.continuity_notice = "notice"
        self.assertFalse(self.mail._is_courtesy())
        self.mail.with_user(self.leaver)._set_own_text("Buy now", False)
        self.assertTrue(self.mail._is_courtesy())

    def test_subject_is_no_secret_to_the_customer(self):
        self._release(self.mail)
        as_customer = self.mail.with_user(self.user_portal).sudo()
        self.assertEqual(as_customer.display_name, self.mail.letter_subject)

    def test_many_are_left_to_the_scheduler(self):
        """In the name of who released them; what cannot go says why."""
        self.mail_2 = self._plan_letter(self.customer_2)
        self.customer_2.email = False
        letters = self.mail | self.mail_2
        self.patch(continuity_touchpoint_release_later, "AT_ONCE", 1)
        action = self._release(letters)
        self.assertIn("2 letters", action["params"]["title"])
        self.assertEqual(set(letters.mapped("state")), {"owed"})
        cron = self.env.ref("customer_continuity.cron_letter_release")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self.mail.state, "released")
        self.assertEqual(self.mail.released_by_id, self.leaver)
        self.assertEqual(self.mail_2.state, "owed")
        self.assertIn("e-mail", self.mail_2.send_error)
        self.assertFalse(letters.release_for_id)

    def test_many_only_by_those_who_may(self):
        self.patch(continuity_touchpoint_release_later, "AT_ONCE", 0)
        with self.assertRaises(AccessError):
            self._release(self.mail, self.successor)
        self.assertFalse(self.mail.release_for_id)

    def test_with_the_customers_own_link(self):
        self._release(self.mail)
        self.assertNotIn("/continuity/preview", self.mail.letter_body)
        self.assertRegex(self.mail.letter_body, r'href="[^"]+/continuity/[\w-]+')

    def test_no_link_is_issued_where_none_is_written(self):
        self.mail.sudo().template_id = self._body_template("<p>Just a word</p>")
        with patch.object(
            type(self.mail), "_issue_portal_link", side_effect=AssertionError
        ):
            self._release(self.mail)

    def test_fingerprint_is_of_what_is_kept(self):
        self._release(self.mail)
        self.assertEqual(self.mail.letter_hash, self.mail._letter_fingerprint())
        self.assertEqual(len(self.mail.letter_hash), 64)
        for name, value in (
            ("letter_subject", "Other"),
            ("letter_body", "<p>Other</p>"),
            ("letter_email", "other@example.com"),
            ("letter_lang", "ja_JP"),
        ):
            kept = self.mail[name]
            self.mail.sudo()[name] = value
            self.assertNotEqual(self.mail.letter_hash, self.mail._letter_fingerprint())
            self.mail.sudo()[name] = kept
        self.assertEqual(self.mail.letter_hash, self.mail._letter_fingerprint())

    def test_enclosures_are_frozen_too(self):
        enclosure = self.env["ir.attachment"].create({"name": "a.txt", "raw": b"one"})
        self.template.attachment_ids = enclosure
        self._release(self.mail)
        self.template.attachment_ids.raw = b"two"
        self.assertEqual(self.mail.letter_attachment_ids.raw, b"one")
        self.assertEqual(self.mail.letter_hash, self.mail._letter_fingerprint())
        self.mail.letter_attachment_ids.sudo().raw = b"three"
        self.assertNotEqual(self.mail.letter_hash, self.mail._letter_fingerprint())

    def test_changes_come_too_late(self):
        self._release(self.mail)
        body = self.mail.letter_body
        self.template.body_html = "<p>Something else entirely</p>"
        self.contact_1.name = "Somebody Else"
        self.assertEqual(self.mail.letter_body, body)
        # Access rights alone would do today; the guard holds when somebody gives more.
        self.assertLessEqual(set(FROZEN_FIELDS), self.mail._all_guarded_fields())
        for name in ("letter_body", "letter_hash", "own_body", "signer_id"):
            with self.assertRaises(AccessError):
                self._rpc(self.user_manager, self.mail, "write", {name: False})

    def test_not_twice(self):
        self._release(self.mail)
        with self.assertRaisesRegex(UserError, "released already"):
            self._release(self.mail)

    def test_on_paper(self):
        self._release(self.paper)
        self.assertEqual(self.paper.state, "owed")
        self.assertEqual(self.paper.letter_pdf_id.raw, PDF)
        self.assertEqual(self.paper.letter_pdf_hash, hashlib.sha256(PDF).hexdigest())
        self.assertIn(
            "Customer 1\nJane Buyer\nMain Street 1", self.paper.letter_address
        )
        self.assertFalse(self.paper.letter_email)

    def test_posted(self):
        self._release(self.paper)
        self.paper.with_user(self.leaver).action_mark_posted()
        attempt = self.paper.attempt_ids
        self.assertEqual(attempt.outcome, "posted")
        self.assertEqual(attempt.letter_hash, self.paper.letter_pdf_hash)
        self.assertIn("Main Street 1", attempt.recipient)
        with self.assertRaises(UserError):
            self.paper.with_user(self.leaver).action_mark_posted()

    def test_posted_and_mailed(self):
        self.mail.with_user(self.leaver)._set_letter(letter_medium="both")
        self._release(self.mail)
        self.assertEqual(self.mail.state, "released")
        self.mail.with_user(self.leaver).action_mark_posted()
        self.assertEqual(self.mail.state, "released")
        self.assertEqual(self.mail.attempt_ids.outcome, "posted")

    def test_only_released_paper_is_posted(self):
        for letter in (self.paper, self.mail):
            with self.assertRaises(UserError):
                letter.with_user(self.leaver).action_mark_posted()
        self._release(self.mail)
        with self.assertRaises(UserError):
            self.mail.with_user(self.leaver).action_mark_posted()

    def test_who_may(self):
        for user in (self.colleague, self.successor, self.user_company_b):
            for method in (
                "action_release",
                "action_withdraw_letter",
                "action_mark_posted",
            ):
                with self.assertRaises(AccessError):
                    self._rpc(user, self.mail, method)
        self._release(self.mail, self.user_leader)
        self.assertEqual(self.mail.released_by_id, self.user_leader)

    def test_those_present_may_not(self):
        self.mail._set_people(self.successor, self.contact_1)
        with self.assertRaises(AccessError):
            self._rpc(self.successor, self.mail, "action_release")

    def test_portal_user_may_nothing(self):
        with self.assertRaises(AccessError):
            self._rpc(self.user_portal, self.mail, "action_release")

    def test_some_released_others_said(self):
        other = self._plan_letter(self.customer_2)
        self.customer_2.email = False
        action = self._release(self.mail | other)
        self.assertEqual(self.mail.state, "released")
        self.assertEqual(other.state, "owed")
        self.assertIn("Customer 2", action["params"]["message"])
        self.assertIn("no valid e-mail address", action["params"]["message"])

    def test_none_released(self):
        self.contact_1.write({"email": False, "lang": "zh_CN"})
        self.customer_1.email = False
        with self.assertRaises(UserError) as caught:
            self._release(self.mail)
        self.assertIn("no valid e-mail address", str(caught.exception))
        self.assertIn("not translated", str(caught.exception))
        self.assertFalse(self.mail.frozen_on)

    def test_taken_back(self):
        self._release(self.mail | self.paper)
        pdf = self.paper.letter_pdf_id
        for letter in (self.mail, self.paper):
            letter.with_user(self.leaver).action_withdraw_letter()
            self.assertEqual(letter.state, "owed")
            self.assertFalse(letter.frozen_on)
            self.assertFalse(letter.letter_body)
            self.assertEqual(letter.template_id, self.template)
        self.assertFalse(pdf.exists())
        self._release(self.mail)
        self.assertEqual(self.mail.state, "released")

    def test_not_taken_back_once_it_has_left(self):
        self._release(self.mail | self.paper)
        self.mail.sudo().state = "sending"
        self.paper.with_user(self.leaver).action_mark_posted()
        for letter in (self.mail, self.paper):
            with self.assertRaises(UserError):
                letter.with_user(self.leaver).action_withdraw_letter()

    def test_over_the_next_channel_it_is_another_letter(self):
        self._release(self.mail)
        fingerprint = self.mail.letter_hash
        attempt = self._attempt(self.mail, "bounced")
        self.mail._switch_channel("Bounced")
        self.assertFalse(self.mail.frozen_on)
        self.assertEqual(self.mail.state, "tried")
        self.assertEqual(attempt.letter_hash, fingerprint)
        self.assertEqual(attempt.recipient, "jane@buyer.example.com")

    def test_posted_letter_keeps_its_page_until_the_next(self):
        """In place of a talk: what the customer holds in their hands goes on working
        while the contact does."""
        call = self.env.ref("customer_continuity.channel_call")
        call.max_attempts = 1
        letter = self._plan_letter(
            self.customer_1,
            occurrence="ladder",
            channel_ids=call.ids,
            contact_ids=[Command.set(self.contact_1.ids)],
        )
        letter.with_user(self.leaver).log_attempt("no_answer")
        self.assertEqual(letter.channel_id, self.channel_letter)
        self._release(letter)
        text = letter.letter_body
        self.assertEqual(letter.portal_state, "valid")
        letter.with_user(self.leaver).action_mark_posted()
        self.assertEqual(letter.state, "tried")
        self.assertNotEqual(letter.channel_id, self.channel_letter)
        letter.invalidate_recordset()
        self.assertEqual(letter.portal_state, "valid")
        self.assertEqual(letter.letter_body, text)
        self.assertFalse(letter.may_withdraw_letter)
        self.assertTrue(letter.is_open_letter)
        # What is written next is another letter.
        letter.with_user(self.leaver)._set_letter(letter_medium="mail")
        self._release(letter)
        self.assertEqual(letter.state, "released")
        self.assertFalse(letter.letter_left or letter.posted_on)
        links = self.env["continuity.portal.token"].search(
            [("touchpoint_id", "=", letter.id)]
        )
        self.assertEqual(len(links.filtered("token_hash")), 1)

    def test_many_pdfs_are_left_to_the_scheduler(self):
        letters = self.paper
        for number in range(PDFS_WHILE_WAITING):
            letters |= self._plan_letter(
                self.customer_1,
                occurrence=f"paper {number}",
                channel_ids=self.channel_letter.ids,
            )
        self._release(letters)
        self.assertFalse(letters.letter_pdf_id)

        def render(touchpoint):
            if touchpoint == letters[1]:
                raise ValueError("No paper left")
            return PDF

        cron = self.env.ref("customer_continuity.cron_letter_pdf")
        with (
            patch.object(type(letters), "_render_pdf", render),
            self.enter_registry_test_mode(),
            self.assertLogs("odoo.addons.customer_continuity", "WARNING"),
        ):
            cron.method_direct_trigger()
        letters.invalidate_recordset()
        self.assertEqual(len(letters.letter_pdf_id), len(letters) - 1)
        self.assertEqual(letters[1].letter_pdf_error, "No paper left")

    def test_own_text(self):
        letter = self.mail.with_user(self.leaver)
        letter._set_own_text("Only you", '<p>By <t t-out="object.fact_signer"/></p>')
        self.assertEqual(self._problems(self.mail), "")
        self._release(self.mail)
        self.assertEqual(self.mail.letter_subject, "Only you")
        self.assertIn("By Sales A", self.mail.letter_body)

    def test_own_text_has_only_facts(self):
        letter = self.mail.with_user(self.leaver)
        for subject, body in (
            ("{{ object.why }}", "<p>x</p>"),
            ("x", '<p t-out="object.why"/>'),
        ):
            with self.assertRaises(UserError):
                letter._set_own_text(subject, body)

    def test_own_text_needs_no_translation(self):
        self.contact_1.lang = "zh_CN"
        self.mail.with_user(self.leaver)._set_own_text("您好", "<p>请告知。</p>")
        self.assertEqual(self._problems(self.mail), "")


@tagged("post_install", "-at_install")
class TestLetterPaper(LetterCommon):
    """The paper letter, made for real: window, text, three languages."""

    def test_html(self):
        self.paper.with_user(self.leaver).action_release()
        for lang, date in (("en_US", "March 1, 2027"), ("ja_JP", "2027年3月1日")):
            self.paper.sudo().letter_lang = lang
            html, _type = self.env["ir.actions.report"]._render_qweb_html(
                "customer_continuity.action_report_letter", self.paper.ids
            )
            text = html.decode()
            self.assertIn(date, text)
            self.assertIn("Main Street 1", text)
            self.assertIn("How is it going, we wonder?", text)
            self.assertIn("o_continuity_signature", text)

    def test_japanese_address(self):
        self.contact_1.write({"lang": "ja_JP", "function": "部長"})
        address = self.paper._letter_postal_address("ja_JP")
        self.assertTrue(address.endswith("Customer 1\n部長 Jane Buyer 様"), address)
        other = self._plan_letter(self.customer_2)
        self.assertIn("Customer 2 御中", other._letter_postal_address("ja_JP"))

    def test_chinese_address(self):
        china = self.env.ref("base.cn")
        self.customer_1.write({"country_id": china.id, "zip": "215000"})
        self.contact_1.write({"country_id": china.id, "zip": "215000"})
        address = self.paper._letter_postal_address("zh_CN")
        self.assertTrue(address.endswith("Customer 1\nJane Buyer"), address)
        self.assertIn(", 215000", address)
        self.company_a.country_id = china
        self.assertIn("\n215000\n", "\n" + self.paper._letter_postal_address("zh_CN"))

    def test_who_signs_in_the_order_of_the_language(self):
        names = [self.leaver.name, self.company_a.name]
        for lang, order in (("en_US", names), ("ja_JP", names[::-1])):
            letter = self.paper.with_context(lang=lang)
            self.assertEqual(
                str(letter._signature_lines(self.leaver.name, "", "+81")),
                "<br/>".join([*order, "+81"]),
            )

    def test_printed_together(self):
        with patch.object(type(self.paper), "_render_pdf", lambda self: PDF):
            self.paper.with_user(self.leaver).action_release()
        content, skipped = (
            (self.paper | self.mail).with_user(self.leaver)._print_letters()
        )
        self.assertEqual(content, PDF)
        self.assertEqual(skipped, self.mail)
        with self.assertRaises(UserError):
            self.mail.with_user(self.leaver)._print_letters()
