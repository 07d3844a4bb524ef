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

    def test_nobody_joins_the_task_force_by_themselves(self):
        """Its people see all customers, and its lead moves the dates."""
        self._start()
        other = self._create_campaign()
        member = self.campaign.member_ids
        values = {"dissolution_id": self.campaign.id, "role": "lead"}
        self.assertTrue(self.campaign.with_user(self.speaker).has_access("read"))
        for user in (self.speaker, self.member, self.stranger):
            for method, args in (
                ("create", [[{**values, "user_id": user.id}]]),
                ("write", [{"user_id": user.id}]),
                ("write", [{"dissolution_id": other.id}]),
                ("unlink", []),
            ):
                records = member.browse() if method == "create" else member
                with self.assertRaises(AccessError, msg=f"{user.name}: {method}"):
                    self._rpc(user, records, method, *args)
            with self.assertRaises(AccessError):
                self._rpc(
                    user,
                    member.browse(),
                    "create",
                    [{"role": "lead", "user_id": user.id}],
                    context={"default_dissolution_id": self.campaign.id},
                )
        values["user_id"] = self.stranger.id
        self._rpc(self.author, member.browse(), "create", [values])
        self.assertIn(self.stranger, self.campaign.member_ids.user_id)
