from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_dissolution import DissolutionCommon


@tagged("post_install", "-at_install")
class TestDissolutionAuthor(DissolutionCommon):
    """Who writes a campaign: its author, its approvers and managers."""

    def test_reading_a_draft_is_not_writing_it(self):
        self.campaign.named_user_ids = [Command.set(self.stranger.ids)]
        for user in (self.stranger, self.member):
            self.assertTrue(self.campaign.with_user(user).has_access("read"))
            for name in ("internal_reason", "comeback_offer"):
                with self.assertRaisesRegex(AccessError, "authors and approvers"):
                    self._rpc(user, self.campaign, "write", {name: "Mine"})
            with self.assertRaisesRegex(AccessError, "authors and approvers"):
                self._rpc(user, self.campaign, "action_submit")

    def test_approver_who_submits_does_not_approve(self):
        """The approver may submit what a colleague drafted, and is then its author."""
        with self.assertRaisesRegex(UserError, "cannot approve what they drafted"):
            self._rpc(self.approver, self.campaign, "action_submit")
