"""How customers hear of a dissolution: who speaks first, what a notice has to say."""

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common_notice import CLAIM, GUIDES, HANDLING, REASONS, NoticeCommon
from .common_sending import SendingCommon

ITEM = {
    "kind_label": "To deliver",
    "description": "S00042 Two pallets",
    "amount": "EUR 1,000.00",
    "date": "March 20, 2027",
}
LETTERS = ("met", "unfulfilled", "paying", "settled")
CREDITOR = ("creditor", "creditor_cn", "creditor_jp")


@tagged("post_install", "-at_install")
class TestDissolutionTelling(NoticeCommon):
    # === Who is told how === #

    def test_key_account_is_met_then_written_to(self):
        talk, letter = self._talk_of(self.key), self._letter_of(self.key)
        self.assertEqual(talk.user_id, self.leaver)
        self.assertTrue(all(talk.channel_ids.mapped("is_meeting")))
        self.assertIn(self.lead, talk.attendee_ids)
        self.assertEqual(
            letter.template_id,
            self.env.ref("customer_continuity.letter_dissolution_met"),
        )
        self.assertEqual(letter.cosigner_id, self.lead)

    def test_key_account_is_told_by_a_meeting_only(self):
        letter = self._letter_of(self.key)
        with self.assertRaisesRegex(UserError, "visit or a video meeting first"):
            letter.with_user(self.leaver).action_release()
        self.assertFalse(self.key.told_on)
        with self.assertRaisesRegex(UserError, "is owed by"):
            self._hold(self._talk_of(self.key), self.channel_call)
        self._hold(self._talk_of(self.key), outcome="no_answer")
        self.assertEqual(self.key.state, "planned")
        self._hold(self._talk_of(self.key), self.channel_video)
        self.assertEqual(self.key.state, "told")
        self.assertTrue(self.key.spoken_on)
        self.assertEqual(self._problems(letter), "")

    def test_talk_taken_back(self):
        talk = self._talk_of(self.key)
        self._hold(talk)
        talk.with_user(self.leaver).action_undo()
        self.assertEqual(self.key.state, "planned")
        self.assertFalse(self.key.told_on or self.key.spoken_on)

    def test_mail_and_call_on_the_same_day_both_required(self):
        call, letter = self._talk_of(self.focus), self._letter_of(self.focus)
        self.assertEqual(call.channel_id, self.channel_call)
        self.assertEqual(call.date_due, letter.date_due)
        self._hold(call)
        self.assertEqual(self.focus.state, "planned")
        letter.with_user(self.leaver).action_release()
        attempt = self._attempt(letter, "sent")
        letter._apply_attempts("sent", attempt.date)
        self.assertEqual(self.focus.state, "told")

    def test_small_customers_get_a_mass_mail(self):
        letter = self._letter_of(self.small)
        self.assertEqual(letter.channel_id, self.channel_mass_email)
        self.assertFalse(self._talk_of(self.small))
        self.assertEqual(self._problems(letter), "")

    def test_who_is_owed_something_is_spoken_to_first(self):
        letter = self._letter_of(self.owed)
        self.assertIn("somebody speaks to them", self._problems(letter))
        self._hold(self._talk_of(self.owed), outcome="message_left")
        self.assertIn("somebody speaks to them", self._problems(letter))
        self._hold(self._talk_of(self.owed))
        self.assertEqual(self._problems(letter), "")

    def test_one_talk_does_where_the_segment_asks_for_it_too(self):
        campaign = self._create_campaign()
        line = self._add("Both", "en_US", self.tier_b, "unfulfilled", campaign)
        self._start(campaign)
        self.assertEqual(len(self._talk_of(line)), 1)
        self.assertEqual(len(self._letter_of(line)), 1)

    def test_the_first_sentence_is_the_reason(self):
        for line in self.key | self.focus | self.owed:
            self.assertIn(
                self.campaign.customer_reason, self._talk_of(line).first_sentence
            )

    def test_nobody_else_calls_it_off(self):
        talk = self._talk_of(self.key).with_user(self.leaver)
        with self.assertRaisesRegex(UserError, "dissolution campaign"):
            talk._not_useful("Of no use")

    def test_planning_again_plans_nothing(self):
        before = self.key.touchpoint_ids
        self.key._plan_touchpoints()
        self.assertEqual(self.key.touchpoint_ids, before)

    def test_a_stranger_neither_reads_nor_releases(self):
        letter = self._letter_of(self.small)
        with self.assertRaises(AccessError):
            letter.with_user(self.user_company_b).action_release()
        with self.assertRaises(AccessError):
            self.small.with_user(self.user_company_b).read(["partner_id"])
        with self.assertRaises(AccessError):
            self.small.with_user(self.leaver).write({"told_on": "2027-03-01"})

    # === Creditors === #

    def test_creditor_notice_by_law(self):
        self._items([ITEM], prepaid="EUR 800.00")
        lines = {}
        for code, law in (("cn", "cn"), ("jp", "jp"), ("generic", "")):
            campaign = self._create_campaign(
                jurisdiction_id=self.env.ref(
                    f"customer_continuity.jurisdiction_{code}"
                ).id
            )
            lines[law] = self._add(
                f"Creditor {code}", "en_US", self.tier_c, "unfulfilled", campaign
            )
            self._start(campaign)
        for law, line in lines.items():
            notice = line.touchpoint_ids.filtered(lambda t: t.occurrence == "creditor")
            suffix = f"_{law}" if law else ""
            self.assertEqual(
                notice.template_id,
                self.env.ref(
                    f"customer_continuity.letter_dissolution_creditor{suffix}"
                ),
            )
            self.assertEqual(str(notice.date_due), "2027-03-06")
            # Its day is the law's: then it no longer waits for the talk.
            self.assertIn("somebody speaks to them", self._problems(notice))
            with self._at("2027-03-06 09:00:00"):
                self.assertNotIn("somebody speaks", self._problems(notice))

    def test_payments_barred_has_to_be_said_in_china(self):
        self._items([ITEM], prepaid="EUR 800.00")
        self.owed._plan_creditor_notices()
        notice = self.owed.touchpoint_ids.filtered(lambda t: t.occurrence == "creditor")
        self.assertIn("until when no creditor is paid", self._problems(notice))
        day = self.dates["claims_end"]
        model = self.env.registry["continuity.dissolution"]
        self._set(model, "_barred_until", lambda campaign: day)
        self.env.invalidate_all()
        self.assertNotIn("until when no creditor", self._problems(notice))

    # === The books change === #

    def test_contacts_follow_the_books(self):
        """A settled customer has an order again: spoken to first, another letter; and
        a credit makes them a creditor."""
        self.company_a.continuity_stop_quotations = False
        customer = self.small.partner_id
        self.assertFalse(self._talk_of(self.small))
        self._create_order(customer, 750, "2027-02-10")
        self._create_invoice(customer, 200, "2027-02-12", refund=True)
        self.env.flush_all()
        self.campaign._refresh_obligations()
        self.env.invalidate_all()
        self.assertEqual(self.small.segment, "unfulfilled")
        self.assertTrue(self._talk_of(self.small))
        letter = self._letter_of(self.small)
        self.assertEqual(
            letter.template_id,
            self.env.ref("customer_continuity.letter_dissolution_unfulfilled"),
        )
        notice = self.small.touchpoint_ids.filtered(
            lambda t: t.occurrence == "creditor"
        )
        self.assertEqual(
            notice.template_id,
            self.env.ref("customer_continuity.letter_dissolution_creditor_cn"),
        )
        before = self.small.touchpoint_ids
        self.campaign._refresh_obligations()
        self.env.invalidate_all()
        self.assertEqual(self.small.touchpoint_ids, before)

    def test_apology_is_repeated_in_writing(self):
        values = self.small._prepare_telling("apology", self.channel_call, 1)
        call = self.env["continuity.touchpoint"]._plan([values])
        self._hold(call)
        letter = self.small.touchpoint_ids.filtered(
            lambda t: t.occurrence == "apology:letter"
        )
        self.assertEqual(
            letter.template_id,
            self.env.ref("customer_continuity.letter_dissolution_apology"),
        )


@tagged("post_install", "-at_install")
class TestDissolutionLetters(NoticeCommon):
    # === In three languages === #

    def _letters(self, lang):
        campaign = self._create_campaign()
        line = self._add(f"Buyer {lang}", lang, self.tier_c, "settled", campaign)
        self._start(campaign)
        return line, self._letter_of(line)

    def test_letters_in_three_languages(self):
        day = self.dates["claims_end"]
        model = self.env.registry["continuity.dissolution"]
        self._set(model, "_barred_until", lambda campaign: day)
        self.tier_c.name = "Tier-Secret"
        for lang in ("en_US", "ja_JP", "zh_CN"):
            line, letter = self._letters(lang)
            line.spoken_on = "2027-03-01 08:00:00"
            for code in (*LETTERS, *CREDITOR):
                template = self.env.ref(
                    f"customer_continuity.letter_dissolution_{code}"
                )
                if template._continuity_untranslated(lang):
                    continue  # the texts are added with the translations
                with self.subTest(lang=lang, letter=code):
                    contents = f"creditor:{code}" if code in CREDITOR else "tell:0"
                    prepaid = "" if code in ("paying", "settled") else "EUR 800.00"
                    self._items([ITEM], prepaid=prepaid)
                    letter.write({"template_id": template.id, "occurrence": contents})
                    text = letter._render_letters()[letter.id]
                    body = str(text.body)
                    self.assertEqual(letter._letter_problems()[letter.id], [])
                    self.assertNotIn("fact_", text.subject + body)
                    self.assertNotIn("founder is tired", body)
                    self.assertNotIn(self.tier_c.name, text.subject + body)
                    self.assertIn(ITEM["description"], body)
                    self.assertEqual("EUR 800.00" in body, bool(prepaid))
                    self.assertIn(line._reference(), body)
                    self.assertIn("+86 21 5555 0000", body)
                    if code in LETTERS:
                        for texts in (REASONS, HANDLING):
                            self.assertIn(texts[lang], body)
                        self.assertIn(GUIDES[lang].splitlines()[1], body)
                    else:
                        self.assertIn(CLAIM[lang], body)

    def test_creditor_notice_lists_what_we_owe_only(self):
        """A notice that says “you are owed” never lists an invoice of ours."""
        letter = self._letter_of(self.small)
        invoice = {**ITEM, "description": "INV/7", "owed_by": "customer"}
        self._items([{**ITEM, "owed_by": "us"}, invoice], prepaid="EUR 800.00")
        self.assertIn("INV/7", str(letter._render_letters()[letter.id].body))
        for code in CREDITOR:
            template = self.env.ref(f"customer_continuity.letter_dissolution_{code}")
            letter.write({"template_id": template.id, "occurrence": "creditor"})
            self.env.invalidate_all()
            body = str(letter._render_letters()[letter.id].body)
            self.assertIn(ITEM["description"], body)
            self.assertNotIn("INV/7", body)

    def test_no_bar_is_claimed_where_no_law_has_one(self):
        letter = self._letter_of(self.owed)
        model = self.env.registry["continuity.dissolution"]
        self._set(model, "_barred_until", lambda campaign: False)
        self.env.invalidate_all()
        body = str(letter._render_letters()[letter.id].body)
        self.assertNotIn("the law does not let us pay", body)
        self._set(model, "_barred_until", lambda campaign: self.dates["claims_end"])
        self.env.invalidate_all()
        body = str(letter._render_letters()[letter.id].body)
        self.assertIn("Up to and including April 10, 2027 the law", body)

    def test_words_in_another_language(self):
        campaign = self._create_campaign()
        campaign.with_context(lang="ja_JP").customer_reason = REASONS["en_US"]
        line = self._add("Kaisha", "ja_JP", self.tier_c, "settled", campaign)
        self._start(campaign)
        problems = self._problems(self._letter_of(line))
        self.assertIn("“What Customers Are Told” is not translated", problems)

    # === What a notice has to say === #

    def test_missing_content_is_named(self):
        letter = self._letter_of(self.small)
        template = letter.template_id
        template.body_html = str(template.body_html).replace(
            'object.fact_verification"', 'object.fact_company"'
        )
        self.assertIn("how to verify the letter", self._problems(letter))
        with self.assertRaisesRegex(UserError, "how to verify the letter"):
            letter.with_user(self.leaver).action_release()

    def test_own_words_are_checked_too(self):
        letter = self._letter_of(self.small)
        letter.with_user(self.leaver)._set_own_text("Bye", "<p>It is over.</p>")
        problems = self._problems(letter)
        for what in ("the reason", "a reference number", "how to complain"):
            self.assertIn(what, problems)

    def test_unchecked_letter_is_refused(self):
        letter = self._letter_of(self.small)
        letter.with_user(self.leaver)._set_letter(template_id=self.template)
        self.assertIn("not checked for what", self._problems(letter))

    def test_unknown_for_this_customer(self):
        letter = self._letter_of(self.small)
        self.campaign.data_deletion_date = False
        self.assertIn("Day on which", self._problems(letter))
        self.dates["data_deletion"] = fields.Date.to_date("2027-11-30")
        self.addCleanup(self.dates.pop, "data_deletion")
        self.env.invalidate_all()
        self.assertEqual(self._problems(letter), "")
        self.campaign.data_deletion_date = "2027-12-31"
        self.env.invalidate_all()
        self.assertEqual(self._problems(letter), "")
        day = self.dates["last_invoice"]
        self.dates["last_invoice"] = False
        self.addCleanup(self.dates.__setitem__, "last_invoice", day)
        self.env.invalidate_all()
        # China: the text in its place does not replace the day.
        self.assertIn("last day for invoices and red invoices", self._problems(letter))
        self.campaign.jurisdiction_id = self.env.ref(
            "customer_continuity.jurisdiction_jp"
        )
        self.assertEqual(self._problems(letter), "")

    def test_claims_only_for_who_paid_in_advance(self):
        letter = self._letter_of(self.small)
        self._items([], prepaid="")
        self.assertEqual(self._problems(letter), "")
        self._items([ITEM], prepaid="EUR 800.00")
        self.assertIn("how to claim", self._problems(letter))

    def test_requirements_are_the_managers(self):
        requirement = self.env.ref(
            "customer_continuity.requirement_dissolution_reference"
        )
        with self.assertRaises(AccessError):
            requirement.with_user(self.leaver).active = False
        with self.assertRaisesRegex(ValidationError, "is no fact"):
            requirement.with_user(self.user_manager).fact_names = "fact_nonsense"
        self.assertIn("Secondary source", requirement._source_note())

    # === Handed over by chat === #

    def test_pdf_by_chat(self):
        letter = self._letter_of(self.small)
        with self.assertRaisesRegex(UserError, "release it first"):
            letter.with_user(self.leaver).action_hand_over_by_chat()
        letter.with_user(self.leaver).action_release()
        self._set(
            self.env.registry["continuity.touchpoint"],
            "_render_pdf",
            lambda touchpoint: b"%PDF-1.4 test",
        )
        with self.assertRaises(AccessError):
            letter.with_user(self.colleague).action_hand_over_by_chat()
        action = letter.with_user(self.leaver).action_hand_over_by_chat()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        wizard = wizard.with_user(self.leaver)
        wizard.recipient = "Ms Chen, WeChat chen_88"
        wizard.action_confirm()
        attempt = letter.attempt_ids
        self.assertEqual(attempt.letter_hash, letter.letter_pdf_hash)
        self.assertEqual(attempt.recipient, "Ms Chen, WeChat chen_88")
        self.assertEqual(
            attempt.channel_id.get_external_id()[attempt.channel_id.id],
            "customer_continuity.channel_chat",
        )
        self.assertEqual(letter.state, "released", "the mail is still to go")
        with self.assertRaises(AccessError):
            wizard.with_user(self.colleague).read(["file"])
        with self.assertRaisesRegex(UserError, "not the PDF"):
            letter.with_user(self.leaver)._log_chat("0" * 64, "Somebody", "")


@tagged("post_install", "-at_install")
class TestLetterChangedSinceRelease(NoticeCommon, SendingCommon):
    """An order delivered meanwhile: the letter that says otherwise does not leave."""

    def _released(self):
        letter = self._letter_of(self.small)
        self._items([ITEM], fingerprint="before")
        letter.with_user(self.leaver).action_release()
        self.assertEqual(letter.state, "released")
        self.assertIn("Two pallets", letter.letter_body)
        return letter

    def test_unchanged_leaves_as_released(self):
        letter = self._released()
        fingerprint = letter.letter_hash
        self._run()
        self.assertEqual(letter.state, "done")
        self.assertEqual(letter.letter_hash, fingerprint)
        self.assertFalse(letter.letter_updated_on)

    def test_written_again(self):
        letter = self._released()
        fingerprint = letter.letter_hash
        links = self.env["continuity.portal.token"].search(
            [("touchpoint_id", "=", letter.id)]
        )
        self._items([], fingerprint="delivered")
        self._run()
        self.assertEqual(letter.state, "done")
        self.assertNotIn("Two pallets", letter.letter_body)
        self.assertNotEqual(letter.letter_hash, fingerprint)
        self.assertEqual(letter.released_by_id, self.leaver)
        self.assertTrue(letter.letter_updated_on)
        self.assertFalse(any(link._is_valid() for link in links))
        [mail] = self.sink.messages
        self.assertNotIn("Two pallets", str(mail))

    def test_own_words_are_held(self):
        letter = self._letter_of(self.small)
        body = letter.template_id.body_html.replace(
            "<p>As far", "<p>Dear friend, as far"
        )
        self._items([ITEM], fingerprint="before")
        letter.with_user(self.leaver)._set_own_text(False, body)
        letter.with_user(self.leaver).action_release()
        self._items([], fingerprint="delivered")
        self._run()
        self.assertEqual(letter.state, "owed")
        self.assertIn("has changed since its release", letter.send_error)
        self.assertFalse(self.sink.messages)

    def test_held_with_what_is_missing_now(self):
        letter = self._released()
        self._items([ITEM], fingerprint="prepaid", prepaid="EUR 800.00")
        self._run()
        self.assertEqual(letter.state, "owed")
        self.assertIn("how to claim", letter.send_error)
        self.assertFalse(self.sink.messages)

    def test_order_delivered_meanwhile(self):
        """With real documents: listed at the release, delivered before it leaves."""
        self.company_a.continuity_stop_quotations = False
        order = self._create_order(self.small.partner_id, 750, "2027-02-10")
        self.env.invalidate_all()
        letter = self._letter_of(self.small)
        letter.with_user(self.leaver).action_release()
        self.assertIn(order.name, letter.letter_body)
        order.order_line.qty_delivered = 1
        self._create_invoice_of(order)
        self._run()
        self.assertEqual(letter.state, "done")
        self.assertTrue(letter.letter_updated_on)
        self.assertNotIn("Not delivered", letter.letter_body)

    def _create_invoice_of(self, order):
        invoice = order._create_invoices()
        invoice.invoice_date = "2027-03-01"
        invoice.action_post()

    def test_paper_says_what_is_true_when_it_is_printed(self):
        letter = self._letter_of(self.small)
        letter.letter_medium = "paper"
        letter.partner_id.write({"street": "Main Street 1", "city": "Berlin"})
        self._set(
            self.env.registry["continuity.touchpoint"],
            "_render_pdf",
            lambda touchpoint: b"%PDF-1.4 " + str(touchpoint.letter_body).encode(),
        )
        self._items([ITEM], fingerprint="before")
        letter.with_user(self.leaver).action_release()
        self._items([], fingerprint="delivered")
        with self.assertRaisesRegex(UserError, "has changed since it was released"):
            letter.with_user(self.leaver).action_mark_posted()
        content, skipped = letter.with_user(self.leaver)._print_letters()
        self.assertFalse(skipped)
        self.assertNotIn(b"Two pallets", content)
        letter.with_user(self.leaver).action_mark_posted()
        self.assertEqual(letter.state, "done")
