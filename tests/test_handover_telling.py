"""How customers hear of a handover: letters and their preview, nothing too early."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_letter import LetterCommon
from .common_sending import SendingCommon

REASONS = {
    "en_US": "Our colleague moves to Nagoya.",
    "ja_JP": "名古屋支店へ異動いたします。",
    "zh_CN": "该同事调往名古屋分公司。",
}
INTERNAL = "She quarrelled with the board"


class TellingCommon(LetterCommon):
    """A plan with one customer per language, all told by mail, and one visit."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.successor.partner_id.write(
            {"function": "Key Accounts", "phone": "+81 52 1"}
        )
        cls.approver.partner_id.write({"function": "Head of Sales", "phone": "+81 3 9"})
        cls.customers = {}
        for lang in REASONS:
            customer = cls._create_customer(
                f"Buyer {lang}",
                cls.leaver,
                lang=lang,
                email=f"buyer@{lang.lower().replace('_', '')}.example.com",
                tz="Asia/Tokyo",
            )
            cls._set_tier(customer, cls.tier_c)
            cls.customers[lang] = customer
        cls._set_tier(cls.customer_1, cls.tier_a)

    @classmethod
    def _told_plan(cls, **values):
        """A draft of the leaver's with the visit and three customers to write to."""
        lines = [
            cls._line_values(
                cls.customer_1,
                mode="visit",
                date_visit="2027-03-10 09:00:00",
                contact_ids=[Command.set(cls.contact_1.ids)],
            )
        ]
        lines += [cls._line_values(c) for c in cls.customers.values()]
        plan = cls._create_plan(
            **{
                "internal_reason": INTERNAL,
                "customer_reason": REASONS["en_US"],
                "line_ids": [Command.create(line) for line in lines],
                **values,
            }
        )
        for lang, text in REASONS.items():
            plan.with_context(lang=lang).customer_reason = text
        return plan

    def _letters_of(self, plan, partner):
        line = self._line_of(plan, partner)
        return line.touchpoint_ids.filtered(lambda t: t._letter_medium())


@tagged("post_install", "-at_install")
class TestHandoverTelling(TellingCommon):
    VARIANTS = {
        "transfer": {},
        "promotion": {},
        "reorganisation": {},
        "resignation": {"last_day": "2027-03-31"},
        "leave": {"return_date": "2027-09-01"},
    }
    CHANGE_DAY = {
        "en_US": ("March 19, 2027", "April 1, 2027"),
        "ja_JP": ("2027年3月19日", "2027年4月1日"),
        "zh_CN": ("2027年3月19日", "2027年4月1日"),
    }

    def _assert_letter(self, letter, lang, plan, gone=False):
        self.assertEqual(letter._letter_problems()[letter.id], [])
        text = letter._render_letters()[letter.id]
        self.assertEqual(text.lang, lang)
        body = str(text.body)
        for name in (
            self.successor.name,
            self.successor.partner_id.phone,
            self.successor.email,
            self.successor.partner_id.function,
            REASONS[lang],
        ):
            self.assertIn(name, body)
        change = self.CHANGE_DAY[lang][plan.reason == "resignation"]
        if not gone:
            self.assertIn(change, body)
        self.assertNotIn(INTERNAL, text.subject + body)
        self.assertNotIn(self.tier_c.name + " ", text.subject)
        self.assertNotIn("fact_", body)
        signatures = body.count("o_continuity_signature")
        by_manager = gone or plan.reason == "resignation"
        self.assertEqual(signatures, 1 if by_manager else 2)
        signature = body.split("o_continuity_signature", 1)[1]
        self.assertEqual(self.approver.name in signature, by_manager)
        self.assertEqual(self.leaver.name in signature, not by_manager)
        if lang == "ja_JP":
            self.assertIn("拝啓", body)
            self.assertIn("早春の候", body)
            self.assertIn("敬具", body)
            self.assertTrue("御中" in body or "様" in body)
        if lang == "zh_CN":
            self.assertNotIn("拝啓", body)
        # Translated, every word: nothing of the English original stays.
        for other, word in (("en_US", "Yours sincerely"), ("zh_CN", "此致")):
            self.assertEqual(word in body, other == lang)

    def test_wechat_of_the_successor_and_the_signers(self):
        self.successor.partner_id.sudo().continuity_wechat = "succ_5"
        self.leaver.partner_id.sudo().continuity_wechat = "leav_5"
        plan = self._told_plan(reason="transfer")
        letter = self._line_of(plan, self.customers["zh_CN"])._letters_to_come()
        body = letter._render_letters()[letter.id].body
        text, signatures = body.split("o_continuity_signature", 1)
        self.assertIn(f"邮箱 {self.successor.email} · 微信 succ_5。", text)
        self.assertIn("微信 leav_5", signatures)
        self.assertIn("微信 succ_5", signatures)

    def test_variants_in_three_languages(self):
        """Each says who, from when and how to reach them, in their language."""
        for reason, values in self.VARIANTS.items():
            plan = self._told_plan(reason=reason, **values)
            for lang, customer in self.customers.items():
                with self.subTest(reason=reason, lang=lang):
                    letter = self._line_of(plan, customer)._letters_to_come()
                    self.assertEqual(len(letter), 1)
                    self._assert_letter(letter, lang, plan)
                    body = letter._render_letters()[letter.id].body
                    if reason == "leave":
                        self.assertIn(
                            letter.with_context(lang=lang).fact_return_date, body
                        )

    def test_somebody_who_has_left(self):
        """The manager signs, and the successor does the telling."""
        plan = self._told_plan(reason="resignation", last_day="2027-03-31")
        self._archive_user(self.leaver)
        for lang, customer in self.customers.items():
            with self.subTest(lang=lang):
                letter = self._line_of(plan, customer)._letters_to_come()
                self.assertEqual(letter.user_id, self.successor)
                gone = self.env.ref("customer_continuity.letter_handover_gone")
                self.assertEqual(letter.template_id, gone)
                self._assert_letter(letter, lang, plan, gone=True)

    def test_who_leaves_before_everybody_was_told(self):
        """What they still owed is in nobody's list: the successor's it is."""
        plan = self._approve(self._submit(self._told_plan()))
        letter = self._letters_of(plan, self.customers["en_US"])
        done = self._letters_of(plan, self.customers["ja_JP"])
        done.sudo().write({"state": "done", "date_done": "2027-03-01 05:00:00"})
        for line in plan.line_ids:
            line.with_user(self.approver)._override_gate("For the test")
        plan.line_ids.with_user(self.leaver).action_cut_over()
        self.assertEqual(set(plan.line_ids.mapped("state")), {"moved"})
        self.assertEqual(letter.user_id, self.leaver)
        self._archive_user(self.leaver)
        self.assertEqual(letter.user_id, self.successor)
        self.assertEqual(
            letter.template_id, self.env.ref("customer_continuity.letter_handover_gone")
        )
        self.assertEqual(done.user_id, self.leaver, "history")
        with self._at("2027-03-09 09:00:00"):
            self._run_cron("show_touchpoints")
        self.assertEqual(letter.activity_id.user_id, self.successor)
        visit = self._line_of(plan, self.customer_1).visit_touchpoint_id
        self.assertEqual(visit.user_id, self.successor)

    def test_own_letter_of_plan_and_line(self):
        plan = self._told_plan()
        plan.with_user(self.leaver).letter_template_id = self.template
        line = self._line_of(plan, self.customers["en_US"])
        self.assertEqual(line._letters_to_come().template_id, self.template)
        other = self.env.ref("customer_continuity.letter_handover_promotion")
        line.with_user(self.leaver).letter_template_id = other
        self.assertEqual(line._letters_to_come().template_id, other)

    def test_reason_in_another_language(self):
        plan = self._told_plan()
        customer = self.customers["ja_JP"]
        plan.with_context(lang="ja_JP").customer_reason = REASONS["en_US"]
        letter = self._line_of(plan, customer)._letters_to_come()
        self.assertIn(
            "not translated into", "\n".join(letter._letter_problems()[letter.id])
        )
        for lang, text, untranslated in (
            ("ja_JP", "Akiko 田中 takes over", True),
            ("ja_JP", "田中（Akiko）が担当", False),
            ("zh_CN", "名古屋へ異動いたします", True),
            ("zh_CN", "调往名古屋", False),
            ("en_US", "名古屋へ異動いたします", True),
            ("en_US", "Akiko (田中) takes over", False),
        ):
            plan.with_context(lang=lang).customer_reason = text
            self.assertEqual(plan._is_reason_untranslated(lang), untranslated, text)

    def test_vague_words_are_flagged(self):
        plan = self._told_plan()
        plan.customer_reason = "Due to various circumstances our colleague leaves."
        word = self.env["continuity.wording"].create(
            {"name": "various circumstances", "lang": "en", "advice": "Say which."}
        )
        plan.invalidate_recordset(["reason_advice"])
        self.assertIn(word.name, plan.reason_advice)
        self.assertIn(word.advice, "\n".join(plan._submission_warnings()))

    # === Nothing too early === #

    def test_no_letter_before_the_announcement(self):
        plan = self._told_plan(announce_date="2027-03-08")
        self._approve(self._submit(plan))
        letter = self._letters_of(plan, self.customers["en_US"]).with_user(self.leaver)
        self.assertEqual(str(letter.date_show), "2027-03-08")
        with self.assertRaisesRegex(UserError, "announced inside on"):
            letter.action_release()
        with self._at("2027-03-08 09:00:00"):
            letter.action_release()
            self.assertEqual(letter.state, "released")

    # === Beside the visit === #

    def test_visit_without_letter_unless_asked(self):
        plan = self._approve(self._submit(self._told_plan()))
        line = self._line_of(plan, self.customer_1)
        self.assertFalse(self._letters_of(plan, self.customer_1))
        line.with_user(self.approver).introduce_in_writing = True
        letter = self._letters_of(plan, self.customer_1)
        self.assertEqual(letter.occurrence, "introduce")
        self.assertEqual(str(letter.date_due), "2027-03-03")
        self.assertIn("March 10, 2027", letter._render_letters()[letter.id].body)
        self.assertEqual(letter.cosigner_id, self.successor)
        line.with_user(self.approver).introduce_in_writing = False
        self.assertEqual(letter.state, "cancelled")

    def test_letter_after_the_visit_only_by_policy(self):
        for with_policy in (False, True):
            plan = self._approve(
                self._submit(
                    self._told_plan(
                        line_ids=[
                            Command.create(
                                self._line_values(
                                    self.customer_1,
                                    mode="visit",
                                    date_visit=f"2027-03-{10 + with_policy} 09:00:00",
                                )
                            )
                        ]
                    )
                )
            )
            line = self._line_of(plan, self.customer_1)
            if with_policy:
                self.env["continuity.policy.step"].create(
                    {
                        "purpose": "handover",
                        "tier_id": self.tier_a.id,
                        "sequence": 20,
                        "offset_days": 3,
                        "channel_ids": [
                            Command.set((self.channel_email | self.channel_letter).ids)
                        ],
                    }
                )
            with self._after_visit(line):
                self._hold_visit(line)
                visit = line.visit_touchpoint_id.with_user(self.leaver)
                if with_policy:
                    with self.assertRaisesRegex(UserError, "letter was planned"):
                        visit.action_undo()
            letters = self._letters_of(plan, self.customer_1)
            self.assertEqual(len(letters), with_policy)
            if with_policy:
                self.assertEqual(str(letters.date_due), "2027-03-14")
                self.assertEqual(letters._letter_problems()[letters.id], [])
                body = letters._render_letters()[letters.id].body
                self.assertIn("As we told you in person", body)
                self.assertNotIn("March 11", body, "the visit is over")
                other = self.env.ref("customer_continuity.letter_handover_promotion")
                line.with_user(self.approver).letter_template_id = other
                self.assertEqual(letters.template_id, other)
            plan.with_user(self.approver)._cancel("Next")

    def test_ticking_a_call_still_settles_it(self):
        """A letter is ready for when calls fail; it is no condition of the call."""
        self._set_tier(self.customer_2, self.tier_b)
        plan = self._running_plan()
        call = self._line_of(plan, self.customer_2).touchpoint_ids
        self.assertEqual(call.channel_id, self.channel_call)
        self.assertTrue(call.template_id)
        self.assertTrue(call._done_activity_settles())

    def test_who_cannot_be_mailed_is_called(self):
        self.customers["en_US"].email = False
        plan = self._told_plan()
        line = self._line_of(plan, self.customers["en_US"])
        ahead = line._letters_to_come()
        self.assertIn("no valid e-mail", ahead._letter_problems()[ahead.id][0])
        self._approve(self._submit(plan))
        self.assertEqual(line.touchpoint_ids.channel_id, self.channel_call)
        other = self._line_of(plan, self.customers["ja_JP"])
        self.assertEqual(other.touchpoint_ids.channel_id, self.channel_email)

    def test_nothing_to_tell_in_writing(self):
        """Letters without a reason could never be released: submission says so."""
        plan = self._told_plan()
        plan.customer_reason = " "
        visit = self._line_of(plan, self.customer_1)
        written = plan.line_ids - visit
        with self.assertRaisesRegex(UserError, "told by letter or mail"):
            self._submit(plan)
        self.assertEqual(plan.state, "draft")
        written.write({"mode": "visit"})
        self.assertFalse(plan._wording_errors(), "told in person")
        visit.introduce_in_writing = True
        self.assertIn(visit.display_name, plan._wording_errors()[0])
        visit.introduce_in_writing = False
        written.write({"mode": "info"})
        written.partner_id.email = False
        self.assertFalse(plan._wording_errors(), "called instead")

    def test_no_letter_after_the_visit_without_a_reason(self):
        plan = self._told_plan()
        plan.customer_reason = False
        (plan.line_ids - self._line_of(plan, self.customer_1)).write({"mode": "visit"})
        self.env["continuity.policy.step"].create(
            {
                "purpose": "handover",
                "tier_id": self.tier_a.id,
                "sequence": 20,
                "offset_days": 3,
                "channel_id": self.channel_email.id,
                "channel_ids": [Command.set(self.channel_email.ids)],
            }
        )
        self.assertIn("told by letter or mail", plan._wording_errors()[0])

    def _silent_plan(self):
        """A submitted plan in which everybody is visited and nothing is written."""
        plan = self._told_plan()
        plan.customer_reason = False
        plan.line_ids.write({"mode": "visit"})
        plan._suggest_dates()
        return self._submit(plan)

    def test_the_approver_meets_what_the_author_met(self):
        """Whoever makes a letter necessary after the submission is told so too."""
        plan = self._silent_plan()
        written = self._line_of(plan, self.customers["ja_JP"])
        changes = ({"mode": "info"}, {"introduce_in_writing": True})
        for vals in changes:
            line = written.with_user(self.approver)
            before = {name: line[name] for name in vals}
            line.write(vals)
            with self.assertRaisesRegex(UserError, "back to draft and fill in"):
                plan.with_user(self.approver).action_approve()
            self.assertEqual(plan.state, "submitted")
            line.write(before)
        self._approve(plan)
        self.assertEqual(plan.state, "running")

    def test_whom_the_approver_lets_in_is_told_something(self):
        plan = self._told_plan()
        plan.customer_reason = False
        plan.line_ids.write({"mode": "visit"})
        left_out = self._line_of(plan, self.customers["en_US"])
        left_out.write({"mode": "info", "excluded": True, "exclude_reason": "Small"})
        plan._suggest_dates()
        self._submit(plan)
        left_out.with_user(self.approver).excluded = False
        with self.assertRaisesRegex(UserError, left_out.display_name):
            plan.with_user(self.approver).action_approve()

    def test_no_introduction_in_writing_without_a_reason(self):
        plan = self._approve(self._silent_plan())
        line = self._line_of(plan, self.customer_1).with_user(self.approver)
        with self.assertRaisesRegex(UserError, "no reason customers could read"):
            line.introduce_in_writing = True
        self.assertFalse(line.introduce_in_writing)
        self.assertFalse(line.touchpoint_ids.filtered("template_id"))

    def test_correcting_word(self):
        plan = self._approve(self._submit(self._told_plan()))
        line = self._line_of(plan, self.customers["ja_JP"])
        letter = line.touchpoint_ids
        letter.sudo().write({"state": "done", "date_done": "2027-03-02 09:00:00"})
        self._move_without_cut_over(line)
        with self.assertRaisesRegex(UserError, "told otherwise"):
            plan.with_user(self.leaver).action_correcting_word()
        plan.with_user(self.approver)._undo(line, "A mistake")
        with self.assertRaises(AccessError):
            plan.with_user(self.colleague).action_correcting_word()
        plan.with_user(self.leaver).action_correcting_word()
        word = line.touchpoint_ids.filtered(lambda t: "correct" in t.occurrence)
        self.assertEqual(word._letter_problems()[word.id], [])
        self.assertIn("引き続き私が担当", word._render_letters()[word.id].body)
        plan.with_user(self.leaver).action_correcting_word()
        self.assertEqual(len(line.touchpoint_ids), 2, "planned once")


@tagged("post_install", "-at_install")
class TestHandoverLetterPreview(TellingCommon):
    """Letters can be read before the plan is approved; nothing comes into being."""

    def _preview(self, plan, user):
        action = plan.with_user(user).action_preview_letters()
        return self.env[action["res_model"]].with_user(user).browse(action["res_id"])

    def test_one_by_one_before_approval(self):
        plan = self._told_plan()
        before = self.env["continuity.touchpoint"].search_count([])
        mails = self.env["mail.mail"].search_count([])
        preview = self._preview(plan, self.leaver)
        self.assertEqual(preview.count, 3)
        seen = set()
        for _i in range(3):
            values = preview.web_read({"subject": {}, "body": {}, "partner_id": {}})[0]
            self.assertIn(self.successor.name, values["body"])
            seen.add(values["partner_id"])
            self.assertFalse(preview.problems)
            self.assertTrue(preview.ahead)
            self.assertFalse(preview.can_release)
            preview.action_next()
        self.assertEqual(seen, {c.id for c in self.customers.values()})
        for call in (
            preview.action_release_one,
            preview.action_release_all,
            preview.action_sample,
            preview.action_edit,
            preview.action_save_edit,
            preview.action_discard_edit,
        ):
            with self.assertRaisesRegex(UserError, "as it would be"):
                call()
        self.assertEqual(self.env["continuity.touchpoint"].search_count([]), before)
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)

    def test_one_letter_is_built_at_each_step(self):
        """However long the plan; a customer's second letter is not lost."""
        self.env["continuity.policy.step"].create(
            {
                "purpose": "handover",
                "tier_id": self.tier_c.id,
                "sequence": 20,
                "channel_ids": [Command.set(self.channel_email.ids)],
            }
        )
        preview = self._preview(self._told_plan(), self.leaver)
        self.assertEqual(preview.count, 6)
        built = []
        lines = self.registry["continuity.handover.line"]
        original = lines._letters_to_come

        def letters_to_come(records):
            built.append(records.ids)
            return original(records)

        self.patch(lines, "_letters_to_come", letters_to_come)
        seen = []
        for _step in range(6):
            preview.invalidate_recordset()
            values = preview.web_read({"body": {}, "partner_id": {}})[0]
            seen.append((values["partner_id"], preview.touchpoint_id.occurrence))
            preview.action_next()
        self.assertEqual(len(set(seen)), 6)
        self.assertEqual({len(ids) for ids in built}, {1})

    def test_other_lines_cannot_be_slipped_in(self):
        """The list of letters is no way around the lines that were checked."""
        plan = self._told_plan()
        other = self._told_plan()
        preview = self._preview(plan, self.leaver)
        preview.sudo().letter_line_ids = other.line_ids.ids
        preview.invalidate_recordset()
        with self.assertRaisesRegex(UserError, "open the letters again"):
            preview.web_read({"body": {}})

    def test_problems_are_listed(self):
        self.customers["en_US"].email = False
        plan = self._submit(self._told_plan())
        preview = self._preview(plan, self.approver)
        self.assertIn("no valid e-mail address", preview.problems)
        self.assertEqual(preview.ready_count, 0)

    def test_who_may_look(self):
        plan = self._told_plan(reason="resignation", last_day="2027-03-31")
        for user in (self.successor, self.colleague, self.user_company_b):
            with self.assertRaises(AccessError):
                plan.with_user(user).action_preview_letters()
            with self.assertRaises(AccessError):
                self.env["continuity.letter.preview"].with_user(user).create(
                    {"handover_line_ids": [Command.set(plan.line_ids.ids)]}
                )
        self._submit(plan)
        self.assertEqual(self._preview(plan, self.approver).count, 3)

    def test_real_letters_once_it_runs(self):
        plan = self._approve(self._submit(self._told_plan()))
        preview = self._preview(plan, self.leaver)
        self.assertEqual(preview.count, 3)
        self.assertFalse(preview.ahead)
        self.assertEqual(preview.ready_count, 3)

    def test_nobody_is_written_to(self):
        plan = self._told_plan()
        line = self._line_of(plan, self.customer_1).with_user(self.leaver)
        with self.assertRaisesRegex(UserError, "Nobody would get a letter"):
            line.action_preview_letters()
        line.introduce_in_writing = True
        line.action_preview_letters()


@tagged("post_install", "-at_install")
class TestHandoverMails(TellingCommon, SendingCommon):
    """A whole plan against a real mail server: the digest and released letters leave,
    and nothing else."""

    COUNT = 300

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # What the database has to mail besides is no business of these tests.
        cls.env["mail.mail"].sudo().search([]).unlink()

    def _send_everything(self):
        """Let Odoo's mail queue and the lanes send what they have."""
        with self._really_sending():
            self.env["mail.mail"].sudo().search([("state", "=", "outgoing")]).send()
        self._run()

    def test_nothing_before_the_announcement(self):
        plan = self._told_plan(announce_date="2027-03-08")
        self._approve(self._submit(plan))
        letter = self._letters_of(plan, self.customers["en_US"]).with_user(self.leaver)
        with self._at("2027-03-08 09:00:00"):
            letter.action_release()
        with self._at("2027-03-07 20:00:00"):
            self._send_everything()
            self.assertFalse(self.sink.recipients())
        with self._at("2027-03-08 09:30:00"):
            self._send_everything()
        self.assertEqual(self.sink.recipients(), ["buyer@enus.example.com"])

    def test_whole_life(self):
        """Meetings, activities, deals, orders and invoices of the customers change
        hands, come back and are looked after by the schedulers: no customer hears of
        any of it by Odoo's own mails."""
        partners = self.env["res.partner"].create(
            [
                {
                    "name": f"Customer {number}",
                    "is_company": True,
                    "user_id": self.leaver.id,
                    "email": f"c{number}@example.com",
                    "lang": "en_US",
                }
                for number in range(4)
            ]
        )
        for partner in partners:
            self._set_tier(partner, self.tier_c)
            order = self._create_order(partner, 10, "2027-02-20", confirm=False)
            order.write({"state": "sent", "user_id": self.leaver.id})
            invoice = self._create_invoice(partner, 10, "2027-02-20", post=False)
            invoice.invoice_user_id = self.leaver
            for record in (partner, order, invoice):
                record.message_subscribe(partner_ids=partner.ids)
                record.activity_schedule(
                    "mail.mail_activity_data_todo", user_id=self.leaver.id
                )
            lead = self.env["crm.lead"].create(
                {
                    "name": "Deal",
                    "type": "opportunity",
                    "partner_id": partner.id,
                    "user_id": self.leaver.id,
                    "company_id": self.company_a.id,
                }
            )
            lead.message_subscribe(partner_ids=partner.ids)
            self.env["calendar.event"].with_context(no_mail_to_attendees=True).create(
                {
                    "name": "Review",
                    "start": "2027-04-10 09:00:00",
                    "stop": "2027-04-10 10:00:00",
                    "user_id": self.leaver.id,
                    "partner_ids": [
                        Command.set((self.leaver.partner_id | partner).ids)
                    ],
                    "opportunity_id": lead.id,
                }
            )
        self._send_everything()
        self.sink.reset()
        plan = self._told_plan(
            line_ids=[
                Command.create(self._line_values(p, mode=mode, **more))
                for p, mode, more in zip(
                    partners,
                    ("info", "info", "info", "visit"),
                    (
                        {"tell_when": "hold", "hold_until": "2027-03-05"},
                        {},
                        {},
                        {"date_visit": "2027-03-10 09:00:00"},
                    ),
                    strict=True,
                )
            ]
        )
        self._approve(self._submit(plan))
        line = self._line_of(plan, partners[3])
        line.with_user(self.approver).date_visit = "2027-03-11 09:00:00"
        line.with_user(self.approver)._replace_successor(self.colleague, "Asked for")
        for day in ("2027-03-02", "2027-03-05"):
            with self._at(f"{day} 09:00:00"):
                for name in ("handover_daily", "show_touchpoints", "first_contacts"):
                    self._run_cron(name)
        for each in plan.line_ids:
            each.with_user(self.approver)._override_gate("For the test")
        with self._at("2027-03-05 09:30:00"):
            plan.line_ids.with_user(self.leaver).action_cut_over()
            self.assertEqual(set(plan.line_ids.mapped("state")), {"moved"})
        late = self._create_order(partners[1], 10, "2027-03-05", confirm=False)
        late.user_id = self.leaver
        self.company_a.continuity_stragglers = "move"
        with self._at("2027-03-08 09:00:00"):
            for name in ("stragglers", "first_contacts", "show_touchpoints"):
                self._run_cron(name)
            self.assertEqual(late.user_id, self.successor)
            plan.with_user(self.approver)._undo(plan.line_ids[:2], "A mistake")
            self.assertEqual(set(plan.line_ids[:2].mapped("state")), {"undone"})
            self._send_everything()
        self.assertFalse(set(self.sink.recipients()) & set(partners.mapped("email")))
        digests = sorted(
            (message["Subject"].split(":")[0], message["To"].split(" <")[0])
            for message in self.sink.parsed()
        )
        self.assertEqual(
            digests,
            [
                ("Customers brought back", "Colleague"),
                ("Customers brought back", "Sales A"),
                ("Customers brought back", "Sales B"),
                ("Customers handed over to you", "Colleague"),
                ("Customers handed over to you", "Sales B"),
                ("Still landing on the predecessor", "Sales B"),
            ],
        )

    def test_300_customers(self):
        """Show 6."""
        partners = self.env["res.partner"].create(
            [
                {
                    "name": f"Customer {number}",
                    "is_company": True,
                    "user_id": self.leaver.id,
                    "email": f"c{number}@example.com",
                    "lang": "en_US",
                }
                for number in range(self.COUNT)
            ]
        )
        relationships = self.env["continuity.relationship"]._ensure(
            self.company_a, partners
        )
        relationships.sudo().write({"tier_id": self.tier_c.id, "tier_locked": True})
        self.env["crm.lead"].create(
            [
                {
                    "name": "Deal",
                    "type": "opportunity",
                    "partner_id": partner.id,
                    "user_id": self.leaver.id,
                    "company_id": self.company_a.id,
                }
                for partner in partners[:50]
            ]
        )
        self._send_everything()
        self.sink.reset()
        plan = self._told_plan(
            line_ids=[Command.create(self._line_values(p)) for p in partners]
        )
        self._approve(self._submit(plan))
        self._run_cron("show_touchpoints")
        self._send_everything()
        self.assertFalse(self.sink.recipients(), "planned and approved: no mail")
        approved = plan.line_ids[:7].touchpoint_ids
        approved.with_user(self.leaver).action_release()
        for line in plan.line_ids:
            line.with_user(self.approver)._override_gate("For the test")
        plan.line_ids.with_user(self.leaver).action_cut_over()
        self._run_cron("cut_over")
        self.assertEqual(set(plan.line_ids.mapped("state")), {"moved"})
        self._send_everything()
        to_customers = sorted(
            a for a in self.sink.recipients() if a.endswith("@example.com")
        )
        self.assertEqual(to_customers, sorted(approved.partner_id.mapped("email")))
        others = [a for a in self.sink.recipients() if not a.endswith("@example.com")]
        self.assertEqual(others, [self.successor.email], "one digest")
