"""The second person who reads what the factor signed before customers are released."""

from odoo import Command, fields, models
from odoo.exceptions import AccessError, UserError


class ContinuityFactoringDebtor(models.Model):
    """Customers who were told to pay the factor pay us again because of a paper. One
    person enters it, another one reads it and confirms; until then nothing changes.
    Of customers who were told nothing, one person is enough.
    """

    _inherit = "continuity.factoring.debtor"

    release_entered_by_id = fields.Many2one(
        "res.users",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    release_entered_from = fields.Date(
        string="Release Holds From", readonly=True, copy=False
    )
    release_buy_back_reason = fields.Text(
        string="Why the Rest Is Bought Back", readonly=True, copy=False
    )
    release_activity_id = fields.Many2one(
        "mail.activity",
        string="To-Do on the Release",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )

    _guarded_fields = frozenset(
        {
            "release_entered_by_id",
            "release_entered_from",
            "release_buy_back_reason",
            "release_activity_id",
        }
    )

    def _enter_release(self, effective_from, signed_on, attachments, buy_back_reason):
        """Keep a release until a second person has read it; who was told nothing is
        released at once. Parameters and errors as of :meth:`_release`."""
        self.factoring_id._check_may_account()
        attachments.check_access("read")
        errors = self._release_errors(signed_on, attachments, buy_back_reason)
        if errors:
            raise UserError("\n".join(errors))
        told = self.filtered("noticed_on")
        if unaware := self - told:
            unaware._release(effective_from, signed_on, attachments, buy_back_reason)
        # Who enters it was checked above; the guard keeps others out.
        waiting = told.sudo()
        waiting._end_release_reminder()
        waiting._keep_release_paper(attachments)
        waiting.write(
            {
                "release_entered_by_id": self.env.uid,
                "release_entered_from": effective_from,
                "release_signed_on": signed_on,
                "release_buy_back_reason": buy_back_reason,
            }
        )
        for agreement, lines in waiting.grouped("factoring_id").items():
            lines.release_activity_id = agreement._remind_second_person(
                len(lines), effective_from
            )

    def action_confirm_release(self):
        """Release customers as the second person, who has read the paper.

        :raise AccessError: unless manager, approver, contact or accountant, and for
            who entered it
        :raise UserError: when there is none, or listing what stands in the way
        """
        waiting = self._waiting_release()
        if self.env.user in waiting.release_entered_by_id:
            raise AccessError(
                self.env._(
                    "You entered this release: somebody else must read the paper the "
                    "factor signed, and confirm."
                )
            )
        entries = waiting.grouped(
            lambda line: (
                line.release_entered_from,
                line.release_signed_on,
                line.release_buy_back_reason,
            )
        )
        for (effective_from, signed_on, reason), lines in entries.items():
            papers = lines.sudo().release_attachment_ids.with_env(self.env)
            lines._release(effective_from, signed_on, papers, reason)
        waiting.sudo()._forget_entry()

    def action_drop_release(self):
        """Take back a release that was entered by mistake, or is not what it should be.

        :raise AccessError: unless manager, approver, contact or accountant
        :raise UserError: when there is none
        """
        waiting = self._waiting_release()
        for agreement, lines in waiting.sudo().grouped("factoring_id").items():
            agreement._message_log(
                body=self.env._(
                    "The release of %s that somebody had entered is dropped.",
                    ", ".join(lines.partner_id.mapped("name")),
                ),
                author_id=self.env.user.partner_id.id,
            )
        # Who drops it was checked above; the guard keeps others out.
        waiting.sudo()._drop_entry()

    def _waiting_release(self):
        """Return those of these customers whose release waits for a second person.

        :raise AccessError: unless manager, approver, contact or accountant
        :raise UserError: when there are none
        """
        self.factoring_id._check_may_account()
        waiting = self.filtered("release_entered_by_id")
        if not waiting:
            raise UserError(
                self.env._("No release waits for a second person: enter it first.")
            )
        return waiting

    def _fold_into(self, target):
        """What was signed for one of them is not signed for both: it is dropped."""
        (self | target).filtered("release_entered_by_id")._drop_entry()
        return super()._fold_into(target)

    def _drop_entry(self):
        self.write(
            {"release_signed_on": False, "release_attachment_ids": [Command.clear()]}
        )
        self._forget_entry()

    def _forget_entry(self):
        self._end_release_reminder()
        self.write(
            {
                "release_entered_by_id": False,
                "release_entered_from": False,
                "release_buy_back_reason": False,
            }
        )

    def _end_release_reminder(self):
        """Mark to-dos as done that no other customer waits for."""
        activities = self.release_activity_id
        self.release_activity_id = False
        still = self.search([("release_activity_id", "in", activities.ids)])
        (activities - still.release_activity_id).filtered("active").action_feedback()


class ContinuityFactoring(models.Model):
    _inherit = "continuity.factoring"

    def _remind_second_person(self, count, effective_from):
        """Give somebody else than the user the to-do to read a release. What is posted
        before they confirm is still assigned.

        :param int count: customers it is about
        :param date effective_from: the day it holds from
        :rtype: mail.activity
        """
        self.ensure_one()
        agreement = self.sudo()
        people = agreement.contact_id | agreement.approval_ids.user_id
        return agreement._remind(
            (people - self.env.user)[:1],
            lambda env: env._(
                "Read what the factor signed, and confirm the release of %s customers",
                count,
            ),
            deadline=max(effective_from, self._local_today()),
        )
