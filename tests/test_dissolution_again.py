from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.continuity_touchpoint import OPEN_STATES
from .common_obligation import ObligationCommon


@tagged("post_install", "-at_install")
class TestDissolutionAgain(ObligationCommon):
    """What was called off and is owed again; campaigns that go back and on."""

    def _open(self, line):
        self.env.invalidate_all()
        return line.touchpoint_ids.filtered(lambda t: t.state in OPEN_STATES)

    def test_who_is_taken_back_in_is_told(self):
        self._start()
        planned = self._open(self.line_3)
        self.assertTrue(planned)
        line = self.line_3.with_user(self.author)
        line._leave_out("A sister company")
        self.assertFalse(self._open(self.line_3))
        line.action_take_back_in()
        self.assertEqual(self._open(self.line_3), planned, "the same, put back")
        self.assertFalse(any(planned.mapped("reason")))

    def test_what_was_tried_stays_tried(self):
        self._start()
        contact = self._open(self.line_2).filtered(
            lambda t: t.channel_id == self.channel_call
        )
        contact.with_user(contact.user_id).log_attempt("no_answer")
        line = self.line_2.with_user(self.author)
        line._leave_out("A sister company")
        line.action_take_back_in()
        self.env.invalidate_all()
        self.assertEqual(contact.state, "tried")
        self.assertEqual(len(contact.attempt_ids), 1)

    def test_the_apology_is_owed_again(self):
        self._start()
        line = self.line_2.with_user(self.author)
        line._learned_elsewhere("From the newspaper")
        line._leave_out("A sister company")
        line.action_take_back_in()
        self.assertIn("apology", self._open(self.line_2).mapped("occurrence"))

    def test_a_campaign_given_up_and_begun_again_tells_everybody(self):
        """Segments may have changed in the draft, and change back."""
        self._start()
        first = {line: self._open(line) for line in self.lines}
        self.campaign.with_user(self.author)._cancel("The buyer came back.")
        self.assertFalse(self._open(self.lines))
        self.campaign.with_user(self.author).action_draft()
        self._start()
        for line, contacts in first.items():
            self.assertEqual(self._open(line), contacts, line.display_name)

    def test_a_talk_called_off_by_the_books_is_planned_again(self):
        """Unfulfilled, then settled in a draft, then unfulfilled once more: the letter
        waits for a talk, so there must be one."""
        self._start()
        order = self._order(self.customer_3, (1, 0, 10))
        self.campaign._refresh_obligations()
        talks = self._open(self.line_3).filtered(lambda t: not t.channel_id.written)
        self.assertTrue(talks, "or this proves nothing")
        talks._cancel("As if the books had changed back")
        self.line_3.sudo().write({"segment": "settled"})
        self.campaign._refresh_obligations()
        self.assertEqual(self.line_3.segment, "unfulfilled")
        self.assertLessEqual(talks, self._open(self.line_3))
        self.assertTrue(order)

    def test_a_creditor_notice_called_off_is_owed_again(self):
        self._receive(self.customer_2, 30)
        self._start()
        self.campaign._refresh_obligations()
        notice = self._open(self.line_2).filtered(lambda t: t.occurrence == "creditor")
        self.assertTrue(notice)
        notice._cancel("Given up")
        self.campaign._refresh_obligations()
        self.assertIn(notice, self._open(self.line_2))

    # === Back and on === #

    def test_a_reported_campaign_is_carried_on(self):
        """A customer who pays in advance after the report would hold it up for ever."""
        self._start()
        self.campaign.sudo().state = "reported"
        row = self.env["continuity.obligation"].create(
            {
                "customer_id": self.line_2.id,
                "description": "Photos",
                "resolution": "export",
            }
        )
        with self.assertRaisesRegex(UserError, "1 obligations are open"):
            self.campaign.with_user(self.approver).action_close()
        with self.assertRaises(UserError):
            row.with_user(self.author)._decide("By mail")
        for user in (self.speaker, self.stranger):
            with self.assertRaises(AccessError):
                self._rpc(user, self.campaign, "action_resume")
        self._rpc(self.approver, self.campaign, "action_resume")
        self.assertEqual(self.campaign.state, "running")
        row.with_user(self.author)._decide("By mail")
        with self.assertRaises(UserError):
            self._rpc(self.approver, self.campaign, "action_resume")

    def test_a_campaign_that_had_begun_is_not_deleted(self):
        self._start()
        self.campaign.with_user(self.author)._cancel("The buyer came back.")
        with self.assertRaisesRegex(UserError, "evidence"):
            self._rpc(self.author, self.campaign, "unlink")
        draft = self._create_campaign()
        self._rpc(self.author, draft, "unlink")
        self.assertFalse(draft.exists())

    @mute_logger("odoo.sql_db")
    def test_no_campaign_without_notice(self):
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.campaign.with_user(self.author).min_notice_days = 0
            self.env.flush_all()
