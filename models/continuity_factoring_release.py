"""How a customer's receivables become ours again for good."""

from collections import Counter

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class ContinuityFactoringDebtor(models.Model):
    _inherit = "continuity.factoring.debtor"

    release_signed_on = fields.Date(
        string="Release Signed by the Factor On", readonly=True, copy=False
    )

    _guarded_fields = frozenset({"release_signed_on"})

    def action_release(self):
        """Ask for the release the factor signed."""
        self.factoring_id._check_may_account()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Release From Factoring"),
            "res_model": "continuity.factoring.release",
            "view_mode": "form",
            "target": "new",
            "context": {"default_debtor_ids": self.ids},
        }

    def _open_assignments(self):
        """Return what is assigned of these customers and open.

        :rtype: continuity.factoring.assignment
        """
        return self.env["continuity.factoring.assignment"].search(
            [("debtor_id", "in", self.ids), ("state", "=", "active")]
        )

    def _release_errors(self, signed_on, attachments, buy_back_reason):
        """Return what keeps customers from being released.

        :param date signed_on: when the factor signed, or False
        :param attachments: ``ir.attachment`` with the signed release
        :param str buy_back_reason: why what is still open is bought back
        :rtype: list[str]
        """
        errors = []
        today = fields.Date.context_today(self)
        turnovers = self.env["continuity.factoring.turnover"].sudo()
        due = Counter(
            turnover.assignment_id.debtor_id.id
            for turnover in turnovers.search(
                [("assignment_id.debtor_id", "in", self.ids), ("state", "=", "due")]
            )
        )
        for debtor in self.sudo():
            name = debtor.partner_id.display_name
            if debtor.state in ("out", "released"):
                errors.append(self.env._("%s: nothing is assigned.", name))
            if debtor.noticed_on and not (signed_on and attachments):
                errors.append(
                    self.env._(
                        "%s was told to pay the factor: only the factor can take that "
                        "back. Attach the release it signed, with the day.",
                        name,
                    )
                )
            if count := due[debtor.id]:
                errors.append(
                    self.env._(
                        "%(customer)s: %(count)s collections have not been turned "
                        "over or given back.",
                        customer=name,
                        count=count,
                    )
                )
        if signed_on and signed_on > today:
            errors.append(self.env._("The factor cannot have signed in the future."))
        if not (buy_back_reason or "").strip():
            errors += [
                self.env._(
                    "%(invoice)s is assigned and open with %(amount)s: wait until it "
                    "is paid, or buy it back.",
                    invoice=assignment.move_id.display_name,
                    amount=assignment.currency_id.format(assignment.open_amount),
                )
                for assignment in self._open_assignments()
            ]
        return errors

    def _release(self, effective_from, signed_on, attachments, buy_back_reason=""):
        """Release customers: from a day on they pay us again.

        :param date effective_from: the day the release holds from
        :param date signed_on: when the factor signed
        :param attachments: ``ir.attachment`` with the signed release
        :param str buy_back_reason: why what is still open is bought back; without it,
            nothing may be open
        :raise AccessError: unless manager, approver, contact or accountant
        :raise UserError: listing everything that stands in the way
        """
        self.factoring_id._check_may_account()
        attachments.check_access("read")
        if errors := self._release_errors(signed_on, attachments, buy_back_reason):
            raise UserError("\n".join(errors))
        if assignments := self._open_assignments():
            assignments._end("released", buy_back_reason)
            assignments._add_news(
                self.env._("Bought back with the release: %s", buy_back_reason)
            )
        # Who decides was checked above; the guard keeps others out.
        debtors = self.sudo()
        debtors.write(
            {
                "state": "released",
                # Drafts and open invoices follow.
                "released_from": effective_from,
                "release_signed_on": signed_on,
            }
        )
        for agreement, released in debtors.grouped("factoring_id").items():
            agreement._message_log(
                body=self.env._(
                    "Released: %(customers)s pay us again from %(day)s.",
                    customers=", ".join(released.partner_id.mapped("name")),
                    day=format_date(self.env, effective_from),
                )
            )
