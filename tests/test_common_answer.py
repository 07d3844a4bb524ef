from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, Form, tagged

from odoo.addons.customer_continuity.tools.text_similarity import (
    common_tokens,
    overlap,
    tokens,
)

from .common_concern import ConcernCommon

ENGLISH = "How do I stop the hydraulic pump leaking oil on the floor?"


@tagged("post_install", "-at_install")
class TestTextSimilarity(BaseCase):
    def _share(self, one, other):
        shared, possible = overlap(tokens(one), tokens(other))
        return shared / possible

    def test_words(self):
        self.assertEqual(tokens("The PUMP, the A4 of it"), {"the", "pump", "a4"})

    def test_japanese_without_spaces(self):
        alike = self._share(
            "ポンプから油が漏れています。", "油圧ポンプの油漏れはどう止めますか"
        )
        other = self._share("ポンプから油が漏れています。", "請求書の宛名を変更したい")
        self.assertGreater(alike, 0.3)
        self.assertEqual(other, 0)

    def test_chinese_without_spaces(self):
        alike = self._share("液压泵漏油怎么办？", "我们的液压泵一直漏油")
        other = self._share("液压泵漏油怎么办？", "发票抬头可以修改吗")
        self.assertGreater(alike, 0.4)
        self.assertEqual(other, 0)

    def test_full_width_and_case_are_alike(self):
        self.assertEqual(tokens("ＰＵＭＰ １２３"), tokens("pump 123"))

    def test_what_most_contain_tells_nothing(self):
        sets = [tokens(f"please help with thing{n}") for n in range(5)]
        self.assertEqual(common_tokens(sets), {"please", "help", "with"})
        self.assertFalse(common_tokens(sets[:3]))

    def test_nothing_to_compare(self):
        self.assertEqual(overlap(tokens(""), tokens(False)), (0, 0))


@tagged("post_install", "-at_install")
class TestCommonAnswer(ConcernCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact_1.lang = "en_US"
        cls.pump = cls._common_answer(ENGLISH)
        cls.bill = cls._common_answer("Can the name on the invoice be changed?")
        cls.concern = cls._raise(question="Our hydraulic pump leaks oil on the floor")

    def _offered(self, concern=None, user=None):
        concern = (concern or self.concern).with_user(user or self.owner)
        concern.invalidate_recordset(["offered_answer_ids"])
        return concern.offered_answer_ids.with_env(self.env)

    def test_similar_question_is_offered_with_the_reason(self):
        self.assertEqual(self._offered(), self.pump)
        answer = self.pump.with_user(self.owner)
        answer = answer.with_context(continuity_concern_id=self.concern.id)
        self.assertEqual(answer.similarity, "5 of 7 words alike")
        shown = self.concern.with_user(self.owner).web_read(
            {"offered_answer_ids": {"fields": {"similarity": {}}}}
        )[0]["offered_answer_ids"]
        self.assertEqual([x["similarity"] for x in shown], ["5 of 7 words alike"])

    def test_the_most_alike_first(self):
        exact = self._common_answer("Our hydraulic pump leaks oil on the floor!")
        self.assertEqual(self._offered()[0], exact)

    def test_not_before_a_manager_approved(self):
        values = {"name": ENGLISH, "question": ENGLISH, "answer": "<p>x</p>"}
        proposed = (
            self.env["continuity.common.answer"].with_user(self.owner).create(values)
        )
        self.assertNotIn(proposed.with_env(self.env), self._offered())
        with self.assertRaises(AccessError):
            proposed.action_approve()
        proposed.with_user(self.user_manager).action_approve()
        self.assertEqual(proposed.sudo().approved_by_id, self.user_manager)
        self.assertIn(proposed.with_env(self.env), self._offered())

    def test_changed_words_need_approval_again(self):
        values = {"name": ENGLISH, "question": ENGLISH, "answer": "<p>x</p>"}
        mine = self.env["continuity.common.answer"].with_user(self.owner).create(values)
        mine.with_user(self.user_manager).action_approve()
        mine.answer = "<p>y</p>"
        self.assertEqual(mine.state, "proposed")
        mine.with_user(self.user_manager).action_approve()
        mine.with_user(self.user_manager).answer = "<p>z</p>"
        self.assertEqual(mine.state, "approved")

    def test_translated_words_need_approval_again(self):
        self.env["res.lang"]._activate_lang("ja_JP")
        values = {"name": ENGLISH, "question": ENGLISH, "answer": "<p>x</p>"}
        mine = self.env["continuity.common.answer"].with_user(self.owner).create(values)
        mine.with_user(self.user_manager).action_approve()
        words = {"ja_JP": "何でも無料です"}
        self._rpc(self.owner, mine, "update_field_translations", "question", words)
        self.assertEqual(mine.state, "proposed")
        mine.with_user(self.user_manager).action_approve()
        self._rpc(
            self.user_manager, mine, "update_field_translations", "question", words
        )
        self.assertEqual(mine.state, "approved")

    def test_nobody_rewrites_a_colleagues(self):
        with self.assertRaises(AccessError):
            self.pump.with_user(self.owner).answer = "<p>Mine</p>"
        for name, value in (("state", "approved"), ("used_count", 99)):
            with self.assertRaises(AccessError):
                self._rpc(self.user_manager, self.pump, "write", {name: value})

    def test_company_wall(self):
        shared = self._common_answer(ENGLISH, company_id=False)
        theirs = self._common_answer(ENGLISH, company_id=self.company_b.id)
        self.assertIn(shared, self._offered())
        self.assertNotIn(theirs, self._offered())
        with self.assertRaises(AccessError):
            theirs.with_user(self.owner).read(["answer"])

    def test_archived_is_not_offered(self):
        self.pump.active = False
        self.assertFalse(self._offered())

    def test_only_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("ja_JP")
        question = "ポンプから油が漏れています"
        japanese = self.env["continuity.common.answer"].with_context(lang="ja_JP")
        japanese = japanese.create(
            {
                "name": "油漏れ",
                "question": "油圧ポンプから油が漏れたときは",
                "answer": "<p>電源を切ってください。</p>",
                "company_id": self.company_a.id,
            }
        )
        japanese.action_approve()
        self.contact_1.lang = "ja_JP"
        concern = self._raise(question=question)
        self.assertEqual(self._offered(concern), japanese.with_env(self.env))
        concern.with_user(self.owner).use_answer(japanese.id)
        self.assertIn("電源", concern.answer)
        # An English customer does not get what only looks like an English text.
        self.assertNotIn(
            japanese, self._offered(self._raise(question=question, contact=None))
        )

    def test_translated_answers_go_out_translated(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        french = self.pump.with_context(lang="fr_FR")
        french.question = "Comment arrêter la pompe hydraulique qui fuit ?"
        self.contact_1.lang = "fr_FR"
        concern = self._raise(question="La pompe hydraulique fuit")
        self.assertFalse(self._offered(concern), "the answer is not translated yet")
        french.answer = "<p>Arrêtez-la.</p>"
        self.assertEqual(self._offered(concern), self.pump)
        concern.with_user(self.owner).use_answer(self.pump.id)
        self.assertIn("Arrêtez-la", concern.answer)

    def test_used_once_per_concern(self):
        answer = self.pump.with_user(self.owner)
        answer = answer.with_context(continuity_concern_id=self.concern.id)
        answer.action_use()
        answer.action_use()
        self.assertEqual(self.pump.used_count, 1)
        self.assertEqual(self.concern.common_answer_id, self.pump)
        self.assertIn("Turn it off.", self.concern.answer)
        self.assertEqual(self.concern.state, "in_progress")

    def test_only_who_handles_the_concern_uses_it(self):
        with self.assertRaises(AccessError):
            self.concern.with_user(self.user_all).use_answer(self.pump.id)
        with self.assertRaises(AccessError):
            self.concern.with_user(self.user_sales_b).use_answer(self.pump.id)

    def test_unapproved_is_not_used(self):
        self.pump.sudo().state = "proposed"
        with self.assertRaisesRegex(UserError, "not approved"):
            self.concern.with_user(self.owner).use_answer(self.pump.id)

    def test_stranger_learns_nothing_through_similarity(self):
        answer = self.pump.with_user(self.user_sales_b)
        answer = answer.with_context(continuity_concern_id=self.concern.id)
        self.assertFalse(answer.similarity)

    def test_saved_from_a_concern(self):
        concern = self.concern.with_user(self.owner)
        with self.assertRaisesRegex(UserError, "Write the answer"):
            concern.action_save_as_common_answer()
        concern.answer = "<p>Close the valve.</p>"
        action = concern.action_save_as_common_answer()
        form = Form(
            self.env[action["res_model"]]
            .with_user(self.owner)
            .with_context(**action["context"])
        )
        answer = form.save()
        self.assertEqual(answer.question, self.concern.question)
        self.assertIn("Close the valve.", answer.answer)
        self.assertEqual(answer.state, "proposed")

    def test_one_query_however_many_answers(self):
        for number in range(20):
            self._common_answer(f"Quite another matter number {number} of ours")
        model = self.env["continuity.common.answer"]
        self.env.flush_all()
        model._offers(self.concern)
        with self.assertQueryCount(1):
            model._offers(self.concern)
