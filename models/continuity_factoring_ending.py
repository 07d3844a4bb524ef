"""What keeps an agreement, or a customer in it, from ending."""

from odoo import models
from odoo.exceptions import UserError


class ContinuityFactoring(models.Model):
    _inherit = "continuity.factoring"

    def _closing_errors(self):
        return super()._closing_errors() + self.sudo()._open_with_factor()

    def _cancel(self, reason):
        for agreement in self:
            agreement.check_access("read")
            # Whoever may not give it up is not told what is open.
            agreement._check_author()
            # Giving the agreement up ends nothing of what was sold.
            if errors := agreement.sudo()._open_with_factor():
                raise UserError("\n".join(errors))
        return super()._cancel(reason)

    def _open_with_factor(self):
        """Return what is still to be settled with the factor, and whom only the factor
        can tell to pay us again: neither reporting nor giving up ends that.

        :return: sentences that say what to do
        :rtype: list[str]
        """
        self.ensure_one()
        errors = []
        of_this = ("factoring_id", "=", self.id)
        assignments = self.env["continuity.factoring.assignment"]
        is_open = [of_this, ("state", "=", "active")]
        if count := assignments.search_count(is_open):
            first = assignments.search(is_open, order="id", limit=1)
            errors.append(
                self.env._(
                    "%(count)s receivables are assigned and open, the first on "
                    "%(invoice)s: wait, or buy them back.",
                    count=count,
                    invoice=first.move_id.display_name,
                )
            )
        due = self.env["continuity.factoring.turnover"].search_count(
            [of_this, ("state", "=", "due")]
        )
        if due:
            errors.append(
                self.env._(
                    "%s collections have not been turned over or given back.", due
                )
            )
        return errors


class ContinuityFactoringDebtor(models.Model):
    _inherit = "continuity.factoring.debtor"

    def _leave_out(self, reason):
        self._check_worked_on()
        # Whoever works on the agreement need not keep its accounts.
        assigned = (
            self.env["continuity.factoring.assignment"]
            .sudo()
            ._read_group(
                [("debtor_id", "in", self.ids), ("state", "=", "active")],
                ["debtor_id"],
                ["__count"],
            )
        )
        if assigned:
            raise UserError(
                "\n".join(
                    self.env._(
                        "%(customer)s: %(count)s receivables are assigned. Buy them "
                        "back, or mark them as assigned by mistake, first.",
                        customer=debtor.display_name,
                        count=count,
                    )
                    for debtor, count in assigned
                )
            )
        return super()._leave_out(reason)
