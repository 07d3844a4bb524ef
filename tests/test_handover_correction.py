"""Customers who heard of a change that does not come about get a correcting word."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .test_handover_telling import TellingCommon


@tagged("post_install", "-at_install")
class TestHandoverCorrection(TellingCommon):
    def setUp(self):
        super().setUp()
        self.plan = self._approve(self._submit(self._told_plan()))
        self.line = self._line_of(self.plan, self.customers["ja_JP"])
        self.other = self._line_of(self.plan, self.customers["en_US"])
        self.told = self.line.touchpoint_ids
        self.told.sudo().write({"state": "done", "date_done": "2027-03-02 09:00:00"})

    def _dialog(self, action, user=None):
        return Form(
            self.env[action["res_model"]]
            .with_user(user or self.approver)
            .with_context(**action["context"])
        )

    def _word(self):
        return self.line.touchpoint_ids - self.told

    def test_dialog_names_who_has_heard(self):
        """Before anything moves; afterwards the person is told what to do, and the
        predecessor has it in their list."""
        lines = (self.line | self.other).with_user(self.approver)
        with self._dialog(lines.action_leave()) as form:
            text = " ".join(form.contacts_html.striptags().split())
            self.assertIn(f"need a correcting word {self.line.partner_id.name}", text)
            self.assertNotIn(self.other.partner_id.name, text)
            self.assertIn("are withdrawn: 1", text)
            form.reason = "They stay"
        self.assertEqual(lines.mapped("state"), ["open", "open"])
        result = form.record.action_apply()
        self.assertIn(self.line.partner_id.name, result["params"]["message"])
        self.assertEqual(lines.mapped("state"), ["left", "left"])
        self.assertEqual(self.plan.to_correct_ids, self.told)
        tasks = self.plan.activity_ids.filtered(lambda a: a.user_id == self.leaver)
        self.assertIn(self.line.partner_id.name, tasks.note)
        self.assertNotIn(self.other.partner_id.name, tasks.note)
        self.assertFalse(self._word(), "a person asks for it")

    def test_nobody_heard(self):
        with self._dialog(self.other.with_user(self.approver).action_leave()) as form:
            self.assertNotIn("correcting", form.contacts_html)
            form.reason = "They stay"
        result = form.record.action_apply()
        self.assertEqual(result["type"], "ir.actions.act_window_close")
        self.assertFalse(self.plan.to_correct_ids)
        with self.assertRaisesRegex(UserError, "told otherwise"):
            self.plan.with_user(self.leaver).action_correcting_word()

    def test_word_to_who_was_left_out(self):
        self.line.with_user(self.approver)._leave("They stay")
        with self.assertRaises(AccessError):
            self.plan.with_user(self.colleague).action_correcting_word()
        self.plan.with_user(self.leaver).action_correcting_word()
        word = self._word()
        self.assertEqual(word.state, "owed", "a person releases it")
        self.assertEqual(word._letter_problems()[word.id], [])
        self.assertIn("引き続き私が担当", word._render_letters()[word.id].body)
        self.plan.with_user(self.leaver).action_correcting_word()
        self.assertEqual(self._word(), word, "planned once")
        self.plan.with_user(self.approver)._cancel("All of it")
        self.assertEqual(word.state, "owed", "what was told is still to be put right")

    def test_plan_given_up(self):
        action = self.plan.with_user(self.approver).action_cancel()
        with self._dialog(action) as form:
            text = " ".join(form.contacts_html.striptags().split())
            self.assertIn(f"need a correcting word {self.line.partner_id.name}", text)
            form.reason = "No longer"
        form.record.action_apply()
        self.assertEqual(self.plan.state, "cancelled")
        self.assertEqual(self.plan.to_correct_ids, self.told)
        self.assertEqual(self.plan.activity_ids.user_id, self.leaver)
        self.assertIn(self.line.partner_id.name, self.plan.activity_ids.note)
        self.plan.with_user(self.leaver).action_correcting_word()
        self.assertEqual(self._word().state, "owed")

    def test_dialog_tells_who_decides(self):
        """Over RPC nobody asks it about plans of others."""
        wizard = self.env["continuity.reason.wizard"].with_user(self.colleague)
        for decision, records in (
            ("leave_line", self.line),
            ("cancel_plan", self.plan),
        ):
            asked = wizard.create(
                {"decision": decision, "res_ids": records.ids, "reason": "?"}
            )
            self.assertFalse(asked.contacts_html)

    def test_who_was_handed_on_since(self):
        """Nobody writes that they stay the contact of somebody else's customer."""
        self.line.with_user(self.approver)._leave("They go to somebody else")
        second = self._create_plan(
            line_ids=[
                (0, 0, self._line_values(self.line.partner_id)),
            ]
        )
        self._move_without_cut_over(second.line_ids)
        second.line_ids.sudo().moved_on = "2027-03-05 09:00:00"
        with self.assertRaisesRegex(UserError, "told otherwise"):
            self.plan.with_user(self.leaver).action_correcting_word()
