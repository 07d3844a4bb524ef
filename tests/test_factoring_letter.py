from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_factoring import FactoringCommon
from .common_factoring_letter import LAWS, REASONS, WORDS, FactoringLetterCommon

NOTICES = {"us_de": "_us", "gb": "_gb", "fr": "_fr", "de": "_de"}
NOTICES |= {"jp": "_jp", "cn": "_cn", "generic": ""}


@tagged("post_install", "-at_install")
class TestFactoringLetter(FactoringLetterCommon):
    # === Which letter, under which law === #

    def test_notice_follows_the_law(self):
        for law in LAWS:
            with self.subTest(law=law):
                self._set_law(law)
                self.assertEqual(
                    self.debtor._factoring_template("notice"),
                    self.env.ref(
                        f"customer_continuity.letter_factoring_notice{NOTICES[law]}"
                    ),
                )

    def test_law_of_contract_then_agreement_then_company(self):
        jurisdiction = self.env.ref
        self._set_law("jp")
        self.agreement.jurisdiction_id = jurisdiction(
            "customer_continuity.jurisdiction_gb"
        )
        self.assertEqual(self.debtor._governing_law().code, "JP")
        self.debtor._valid_reviews()[self.debtor.id].jurisdiction_id = False
        self.assertEqual(self.debtor._governing_law().code, "GB")
        self.agreement.jurisdiction_id = False
        self.company_a.country_id = self.env.ref("base.cn")
        self.assertEqual(self.debtor._governing_law().code, "CN")

    def test_occurrences(self):
        template = self.debtor._factoring_template
        names = {"courtesy": "courtesy", "update:2027-01-01": "update"}
        for occurrence, name in {**names, "release": "release"}.items():
            self.assertEqual(
                template(occurrence),
                self.env.ref(f"customer_continuity.letter_factoring_{name}"),
            )
        self.assertFalse(template("talk"))
        kinds = {t.continuity_notice for t in map(template, ("notice", "release"))}
        self.assertEqual(kinds, {"notice"}, "also to who wants no letters (I10)")
        kinds = {template(name).continuity_notice for name in names}
        self.assertEqual(kinds, {"courtesy"})

    # === What it says === #

    def test_notice_says_what_is_owed_and_where_to_pay(self):
        body = self._body(self._letter("notice"))
        for text in (
            self.invoice.name,
            "EUR 900.00",
            "Jul 15, 2026",
            "Factor AG",
            "HRB 1",
            "HRB 2",
            "DE02 1203 0000 0000 2020",
            "+49 30 555 0",
            self.debtor._reference(),
        ):
            self.assertIn(text, body)
        self.assertNotIn("fact_", body)

    def test_only_what_is_open_of_this_customer(self):
        other = self._bill(self.customer_2, 77, "2026-06-15", "2026-07-15")
        self._pay(self.invoice, 400, "2026-06-20")
        body = self._body(self._letter("notice"))
        self.assertIn("EUR 500.00", body)
        self.assertNotIn(other.name, body)

    def test_class_of_future_receivables_only_where_all_are_covered(self):
        self.assertIn("those that arise later", self._body(self._letter("notice")))
        self.agreement.sudo().covers = "invoices"
        body = self._body(self._letter("notice"))
        self.assertNotIn("those that arise later", body)
        self.assertIn("not listed below are not assigned", body)

    def test_courtesy_letter_names_no_account(self):
        letter = self._letter("courtesy")
        body = self._body(letter)
        self.assertEqual(self._problems(letter), "")
        self.assertNotIn("2020", body)
        self.assertIn("before any formal paper", body)
        self.debtor.sudo().told_on = "2026-06-05 09:00:00"
        self.env.invalidate_all()
        body = self._body(letter)
        self.assertIn("We told you of this on June 5, 2026", body)
        self.assertNotIn("before any formal paper", body)

    @freeze_time("2026-06-15 08:00:00")
    def test_closing_day(self):
        self.customer_1.with_company(self.company_a).continuity_closing_day = 20
        self._direct(self.agreement, day="2026-07-01")
        body = self._body(self._letter("notice"))
        self.assertIn("July 21, 2026 (invoices you close on August 20, 2026", body)
        # Invoices of periods closed before keep our account: no letter says otherwise.
        self.assertIn("Invoices dated before July 21, 2026 you pay to us", body)
        self._set_law("us_de")
        body = self._body(self._letter("notice"))
        self.assertNotIn("stop paying these receivables", body)
        self.assertIn("of that and later periods please stop paying to us", body)

    def test_late_notice_names_no_day_gone_by(self):
        self._direct(self.agreement, day="2026-06-20")
        with freeze_time("2026-06-15 08:00:00"):
            body = self._body(self._letter("notice"))
            self.assertIn("From June 20, 2026", body)
        with freeze_time("2026-07-02 08:00:00"):
            body = self._body(self._letter("notice"))
            self.assertIn("From July 2, 2026", body)
            self.assertIn("What you pay us before July 2, 2026 remains valid", body)

    def test_late_notice_of_who_closes_periods(self):
        self.customer_1.with_company(self.company_a).continuity_closing_day = 20
        self._direct(self.agreement, day="2026-07-01")
        with freeze_time("2026-08-10 08:00:00"):
            body = self._body(self._letter("notice"))
            self.assertIn("August 10, 2026 (invoices you close on August 20", body)
            self.assertIn("all you pay us before August 10, 2026, remains", body)
        with freeze_time("2026-08-25 08:00:00"):
            body = self._body(self._letter("notice"))
            self.assertIn("August 25, 2026 (invoices dated July 21, 2026 and", body)

    def test_again_and_after_a_merge_it_is_the_same_letter(self):
        self._set_law("jp")
        letter = self.debtor._factoring_template("notice")
        self.company_a.continuity_signatory_ids = self.user_sales_a
        for occurrence in ("notice:again", "notice/17"):
            self.assertEqual(self.debtor._factoring_template(occurrence), letter)
            touchpoint = self._letter(occurrence)
            self.assertEqual(touchpoint.signer_id, self.user_sales_a)

    def test_subject_names_nobody_to_pay(self):
        """Where to pay may be our collection account, or as before."""
        for name in NOTICES.values():
            ref = f"customer_continuity.letter_factoring_notice{name}"
            self.assertNotIn("pay", self.env.ref(ref).subject)

    def test_english_law_shows_no_date_of_assignment(self):
        self.agreement.sudo().contract_date = "2026-01-05"
        self._set_law("de")
        self.assertIn("January 5, 2026", self._body(self._letter("notice")))
        self._set_law("gb")
        body = self._body(self._letter("notice"))
        self.assertNotIn("January 5, 2026", body)
        self.assertIn("express notice", body)

    def test_germany_may_keep_paying_us(self):
        self._review(
            self.customer_1,
            result="debtor_may_pay",
            reason="Ban in clause 7",
            jurisdiction_id=self.env.ref("customer_continuity.jurisdiction_de").id,
        )
        body = self._body(self._letter("notice"))
        self.assertIn("you may also go on paying us", body)
        self.assertIn("HGB 354a", body)
        self.assertNotIn("nowhere else", body)
        self.assertIn("What you pay us remains valid", body)

    def test_notice_with_a_choice_does_not_contradict_itself(self):
        self._set_law("us_de")
        self.assertIn("From that day please stop", self._body(self._letter("notice")))
        self.agreement.sudo().customer_may_choose = True
        body = self._body(self._letter("notice"))
        self.assertIn("You may instead keep paying", body)
        self.assertIn("Unless you tell us so, please stop", body)
        self.assertNotIn("From that day please stop", body)
        self.debtor._choose_payment("new", "Told Ms. Roth on the telephone")
        body = self._body(self._letter("notice"))
        self.assertNotIn("You may instead", body)
        self.assertIn("From that day please stop", body)

    def test_notice_where_nothing_changes_orders_no_payment(self):
        self._set_law("us_de")
        self.assertIn("payable to Factor AG", self._body(self._letter("notice")))
        self._direct(self.agreement, kind="unchanged", day="2026-06-02")
        body = self._body(self._letter("notice"))
        for order in ("payable to Factor AG", "please stop", "nowhere else"):
            self.assertNotIn(order, body)
        self.assertIn("you keep paying them as before", body)

    def test_who_chose_to_pay_as_before(self):
        self.agreement.sudo().customer_may_choose = True
        self.assertIn("You may instead keep paying", self._body(self._letter("notice")))
        self.debtor._choose_payment("as_before", "Told Ms. Roth on the telephone")
        body = self._body(self._letter("notice"))
        self.assertNotIn("2020", body)
        self.assertIn("As before: the account on our invoices", body)

    def test_nothing_internal_is_said(self):
        self.agreement.sudo().internal_reason = "The bank cut our line"
        tier = self.env["continuity.tier"].search([], limit=1)
        tier.name = "Tier-Secret"
        self.debtor.sudo().tier_id = tier
        self.debtor.sudo().proposal_reason = "Pays 40 days late"
        for occurrence in ("courtesy", "notice", "update:2026-12-01", "release"):
            body = self._body(self._letter(occurrence))
            for secret in ("cut our line", "Tier-Secret", "40 days late"):
                self.assertNotIn(secret, body)

    def test_every_letter_in_three_languages(self):
        self._release_debtor()
        self.debtor.write({"state": "noticed", "released_from": "2026-09-01"})
        occurrences = ["courtesy", "update:2026-12-01", "release"]
        occurrences += [f"notice:{law}" for law in LAWS]
        self.agreement.sudo().write({"regime": "ordinary"})
        for lang in ("en_US", "ja_JP", "zh_CN"):
            self.customer_1.lang = lang
            for name in occurrences:
                occurrence, _sep, law = name.partition(":")
                if occurrence == "notice":
                    self._set_law(law)
                elif occurrence == "update":
                    occurrence = name
                self.debtor.state = "noticed"
                letter = self._letter(occurrence)
                if occurrence == "release":
                    self.debtor.state = "released"
                if letter.template_id._continuity_untranslated(lang):
                    continue  # the texts are added with the translations
                with (
                    self.subTest(lang=lang, letter=name),
                    patch.object(
                        self.env.registry["continuity.factoring.debtor"],
                        "_pays_as_before",
                        lambda debtor, day: False,
                    ),
                ):
                    self.assertEqual(self._problems(letter), "")
                    text = letter._render_letters()[letter.id]
                    self.assertNotIn("fact_", text.subject + text.body)
                    self.assertIn("+49 30 555 0", text.body)
                    if occurrence == "courtesy":
                        self.assertIn(REASONS[lang], text.body)
                    if name.startswith("update"):
                        self.assertIn(WORDS[lang], text.body)

    # === Regular word === #

    def test_update_words_are_approved_by_an_approver(self):
        letter = self._letter(f"update:{fields.Date.today()}")
        self.assertEqual(self._problems(letter), "")
        self.agreement.with_user(self.user_manager).update_words = "All is well now."
        self.assertFalse(self.agreement.update_approved_on)
        self.assertIn("Nobody has approved how things stand", self._problems(letter))
        self.assertNotIn("All is well", self._body(letter))
        with self.assertRaises(AccessError):
            self.agreement.with_user(self.accountant).action_approve_update()
        self.agreement.with_user(self.user_manager).action_approve_update()
        self.assertEqual(self.agreement.update_approved_by_id, self.user_manager)
        self.assertIn("All is well now.", self._body(letter))
        with self.assertRaises(UserError):
            self.agreement.with_user(self.user_manager).update_approved_by_id = False

    def test_another_translation_is_approved_again(self):
        agreement = self.agreement.with_user(self.user_manager)
        agreement.update_field_translations("update_words", {"ja_JP": "別の言葉です。"})
        self.assertFalse(self.agreement.update_approved_on)

    def test_update_words_are_written_by_who_carries_it_out(self):
        with self.assertRaises(AccessError):
            self.agreement.with_user(self.accountant).update_words = "Trust us"

    def test_update_words_of_the_time_before(self):
        self.agreement.sudo().update_approved_on = "2026-01-05 08:00:00"
        letter = self._letter("update:2026-12-01")
        self.assertIn("for the letter before", self._problems(letter))


@tagged("post_install", "-at_install")
class TestFactoringLetterNumber(FactoringCommon):
    def test_numbers_are_grouped(self):
        from ..models.continuity_factoring_letter_text import grouped_number

        for typed, shown in (
            ("DE02120300000000202051", "DE02 1203 0000 0000 2020 51"),
            ("6222-0210-0100-1234-567", "6222 0210 0100 1234 567"),
            ("1234567", "1234567"),
            ("", ""),
        ):
            self.assertEqual(grouped_number(typed), shown)

    def test_own_account_is_none_of_the_agreement_s(self):
        agreement = self._create_agreement()
        collection = self._create_account(
            self.company_a.partner_id, "DE02 2005 0550 1015 8717 00"
        )
        collection.allow_out_payment = self.own_account.allow_out_payment
        self.env["continuity.payment.direction"].create(
            {
                "factoring_id": agreement.id,
                "kind": "collection",
                "bank_account_id": self.own_account.id,
            }
        ).write({"state": "confirmed", "was_confirmed": True})
        debtor = agreement.debtor_ids[:1]
        self.assertNotEqual(debtor._own_account(), self.own_account)
        self.assertTrue(debtor._own_account() & self.company_a.partner_id.bank_ids)

    def test_own_account_is_the_one_invoices_name(self):
        agreement = self._create_agreement()
        debtor = agreement.debtor_ids[:1]
        account = self._create_account(
            self.company_a.partner_id, "DE02 3002 0900 0106 5310 65"
        )
        journal = self.env["account.journal"].create(
            {
                "name": "Second bank",
                "code": "BNK9",
                "type": "bank",
                "company_id": self.company_a.id,
                "bank_account_id": account.id,
            }
        )
        self.assertNotEqual(debtor._own_account(), account)
        customer = debtor.partner_id.with_company(self.company_a)
        customer.property_inbound_payment_method_line_id = (
            journal.inbound_payment_method_line_ids[:1]
        )
        self.assertEqual(debtor._own_account(), account)
