"""What an agreement takes in: which receivables, since when, and why not the others."""

import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import split_every

_logger = logging.getLogger(__name__)

OUT_STATES = ("out", "released")
# So many receivables are looked at together, in one transaction.
BATCH = 1000
CRON = "customer_continuity.cron_factoring_assign"


class ContinuityFactoring(models.Model):
    _inherit = "continuity.factoring"

    assignment_ids = fields.One2many(
        "continuity.factoring.assignment", "factoring_id", string="Assigned"
    )
    assignment_count = fields.Integer(compute="_compute_assignment_count")

    @api.depends("assignment_ids.state")
    def _compute_assignment_count(self):
        counts = dict(
            self.env["continuity.factoring.assignment"]._read_group(
                [("factoring_id", "in", self.ids), ("state", "=", "active")],
                ["factoring_id"],
                ["__count"],
            )
        )
        for agreement in self:
            agreement.assignment_count = counts.get(agreement._origin, 0)

    # === TAKING RECEIVABLES IN === #

    def _start(self):
        result = super()._start()
        self.sudo()._assign_soon()
        return result

    def _open_receivables(self, moves=None, after=0, limit=None):
        """Return the open receivables this agreement may be about, not yet assigned.

        :param moves: ``account.move`` to limit it to, or None
        :param int after: only those with a greater id
        :param int limit: no more than so many
        :return: by id
        :rtype: account.move.line
        """
        self.ensure_one()
        covered = Domain("factoring_id", "=", self.id) & Domain(
            "state", "not in", OUT_STATES
        )
        domain = Domain(
            [
                ("company_id", "=", self.company_id.id),
                ("parent_state", "=", "posted"),
                ("move_id.move_type", "=", "out_invoice"),
                ("account_id.account_type", "=", "asset_receivable"),
                ("reconciled", "=", False),
                ("balance", ">", 0),
            ]
        )
        if moves is not None:
            domain &= Domain("move_id", "in", moves.ids)
            covered &= Domain("partner_id", "in", moves.commercial_partner_id.ids)
        # All debtors of an agreement may be thousands: the database compares.
        debtors = self.env["continuity.factoring.debtor"].sudo()._search(covered)
        domain &= Domain(
            "partner_id.commercial_partner_id", "in", debtors.subselect("partner_id")
        )
        # Also those of agreements the user may not know: nothing is sold twice.
        taken = (
            self.env["continuity.factoring.assignment"]
            .sudo()
            ._search([("state", "=", "active"), ("move_line_id", "!=", False)])
        )
        domain &= Domain("id", "not in", taken.subselect("move_line_id"))
        if after:
            domain &= Domain("id", ">", after)
        # Receivables of the customers, whoever posts or activates.
        lines = self.env["account.move.line"].sudo()
        return lines.search(domain, order="id", limit=limit)

    def _debtors_of(self, customers):
        """Return the lines of this agreement that are about customers.

        :param customers: commercial partners
        :return: ``continuity.factoring.debtor`` by customer
        :rtype: dict
        """
        self.ensure_one()
        debtors = self.env["continuity.factoring.debtor"].search(
            [("factoring_id", "=", self.id), ("partner_id", "in", customers.ids)]
        )
        return debtors.grouped("partner_id")

    def _assign_all(self, moves=None):
        """Assign all receivables of the customers covered that may be assigned.

        :param moves: ``account.move`` to limit it to, or None
        :return: what was assigned
        :rtype: continuity.factoring.assignment
        """
        assigned = self.env["continuity.factoring.assignment"]
        for agreement in self.filtered(lambda a: a.covers == "customers"):
            found = agreement._open_receivables(moves)
            for lines in split_every(BATCH, found.ids, found.browse):
                assigned |= agreement._assign_batch(lines)
        return assigned

    def _assign_soon(self):
        """Assign at once what is no more than one batch; the scheduler begins with
        the rest within a minute."""
        for agreement in self.filtered(lambda a: a.covers == "customers"):
            found = agreement._open_receivables(limit=BATCH + 1)
            agreement._assign_batch(found[:BATCH])
            if len(found) > BATCH:
                # Whoever activates need not be who may start scheduled actions.
                self.env.ref(CRON).sudo()._trigger()

    def _assign_batch(self, lines):
        """Assign those of these receivables that may be; the others stay ours.

        :param lines: ``account.move.line``
        :rtype: continuity.factoring.assignment
        """
        today = fields.Date.context_today(self)
        refused = self._assignment_refusals(lines, today)
        return self._create_assignments(
            lines.filtered(lambda line: line not in refused), today
        )

    def _assignment_refusals(self, lines, day):
        """Say which receivables cannot be assigned under this agreement, and why.

        :param lines: ``account.move.line``
        :param date day: of the assignment
        :return: reason by receivable; of the others nothing
        :rtype: dict
        """
        self.ensure_one()
        agreement, refused = self.sudo(), {}
        if reason := agreement._assignment_obstacle(day):
            return dict.fromkeys(lines, reason)
        customers = lines.partner_id.commercial_partner_id
        debtors = agreement._debtors_of(customers)
        coverage = self.env["continuity.contract.review"]._coverage(
            customers, agreement.company_id, day
        )
        by_bill = lines.move_id._continuity_bill_reasons()
        active = set(lines._continuity_active_assignments().move_line_id)
        company, currencies = agreement.company_id, agreement.currency_ids
        for line in lines:
            customer, move = line.partner_id.commercial_partner_id, line.move_id
            debtor = debtors.get(customer)
            _review, allowed, contract = coverage.get(customer, (None, False, ""))
            if line.company_id != company:
                reason = self.env._("It belongs to another company.")
            elif (
                move.move_type != "out_invoice"
                or line.account_id.account_type != "asset_receivable"
                or line.balance <= 0
            ):
                reason = self.env._("Only what customers owe on invoices is assigned.")
            elif line.parent_state != "posted":
                reason = self.env._("Only posted invoices are assigned.")
            elif not debtor or debtor.state in OUT_STATES:
                reason = self.env._("This customer is not covered.")
            elif line.currency_id not in currencies:
                reason = self.env._(
                    "Invoices in %s are not part of the agreement.",
                    line.currency_id.name,
                )
            elif line.reconciled or line.amount_residual_currency <= 0:
                reason = self.env._("Nothing of it is open.")
            elif line in active:
                reason = self.env._("It is assigned already.")
            elif move.id in by_bill:
                reason = by_bill[move.id]
            elif not allowed:
                reason = contract
            else:
                continue
            refused[line] = reason
        return refused

    def _assignment_obstacle(self, day):
        """Return why nothing can be assigned under this agreement on a day; empty
        where it can.

        :param date day: of the assignment
        :rtype: str
        """
        self.ensure_one()
        if self.state != "running":
            return self.env._("The agreement is not running.")
        if day < self.date_start or (self.date_end and day > self.date_end):
            return self.env._("The agreement does not hold on that day.")
        return ""

    def _assign(self, lines, day=None, amounts=None):
        """Assign receivables under this agreement.

        :param lines: ``account.move.line``
        :param date day: of the assignment; today without
        :param dict amounts: by receivable, where only a part is assigned
        :rtype: continuity.factoring.assignment
        :raise UserError: naming each receivable that cannot be assigned and why
        """
        self.ensure_one()
        day = day or fields.Date.context_today(self)
        lines, amounts = lines.sudo(), amounts or {}
        refused = {
            line.move_id.display_name: reason
            for line, reason in self._assignment_refusals(lines, day).items()
        }
        for line in lines:
            part = amounts.get(line, line.amount_residual_currency)
            is_more = (
                line.currency_id.compare_amounts(part, line.amount_residual_currency)
                > 0
            )
            if is_more or line.currency_id.compare_amounts(part, 0) <= 0:
                refused.setdefault(
                    line.move_id.display_name,
                    self.env._("Assign what is open, or a part of it."),
                )
        if refused:
            raise UserError(
                "\n".join(f"{name}: {reason}" for name, reason in refused.items())
            )
        return self._create_assignments(lines, day, amounts)

    def _create_assignments(self, lines, day, amounts=None):
        """Create the assignments of receivables nothing speaks against.

        :param lines: ``account.move.line``, looked at by :meth:`_assignment_refusals`
        :param date day: of the assignment
        :param dict amounts: by receivable, where only a part is assigned
        :rtype: continuity.factoring.assignment
        """
        self.ensure_one()
        # What may be assigned was checked; the guard keeps others out.
        assignments = self.env["continuity.factoring.assignment"].sudo()
        if not lines:
            return assignments
        lines, amounts = lines.sudo(), amounts or {}
        debtors = self.sudo()._debtors_of(lines.partner_id.commercial_partner_id)
        matched = {line: max(line.matched_credit_ids.ids, default=0) for line in lines}
        vals_list = []
        for line in lines:
            debtor = debtors[line.partner_id.commercial_partner_id]
            vals_list.append(
                {
                    "factoring_id": self.id,
                    "debtor_id": debtor.id,
                    # Said outright: Odoo would work them out one by one.
                    "company_id": self.company_id.id,
                    "partner_id": debtor.partner_id.id,
                    "move_line_id": line.id,
                    "move_id": line.move_id.id,
                    "currency_id": line.currency_id.id,
                    "amount": amounts.get(line, line.amount_residual_currency),
                    "matched_before": matched[line],
                    "assigned_on": day,
                }
            )
        return assignments.create(vals_list)

    @api.model
    def _cron_assign(self):
        """Assign what may be assigned since somebody reviewed a contract, or since an
        agreement began, and look for customers who paid twice."""
        running = self.search([("state", "=", "running")])
        if running._assign_in_batches():
            running._run_each(lambda agreement: agreement._find_double_payments())

    def _assign_in_batches(self):
        """Assign all that may be assigned, each batch in a transaction of its own.

        :return: whether the time was enough for all
        :rtype: bool
        """
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=1)
        for agreement_id in self.filtered(lambda a: a.covers == "customers").ids:
            last_id = 0
            while True:
                # Locked again each time: each commit gives the lock back.
                agreement = self.browse(agreement_id)
                agreement = agreement.try_lock_for_update(allow_referencing=True)
                if not agreement:
                    break
                lines = agreement._open_receivables(after=last_id, limit=BATCH)
                if not lines:
                    break
                last_id = lines.ids[-1]
                agreement._assign_safely(lines)
                if not cron._commit_progress(1, remaining=1):
                    return False
        return True

    def _assign_safely(self, lines):
        """Assign a batch; a receivable that fails holds up no other (I11).

        :param lines: ``account.move.line``
        :raise Exception: what only a new transaction can resolve
        """
        try:
            with self.env.cr.savepoint():
                self._assign_batch(lines)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            half = len(lines) // 2
            if half:
                self._assign_safely(lines[:half])
                self._assign_safely(lines[half:])
                return
            _logger.warning("Receivable %s is not assigned", lines.id, exc_info=error)
            self._keep_error(error)

    # === SCREENS === #

    def action_view_assignments(self):
        """Open what is assigned under the agreement."""
        return self._open_own("customer_continuity.action_factoring_assignment")

    def action_view_turnovers(self):
        """Open the collections that are not ours."""
        return self._open_own("customer_continuity.action_factoring_turnover")

    def _open_own(self, xmlid):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["domain"] = [("factoring_id", "=", self.id)]
        return action

    def action_not_assigned(self):
        """Open the open invoices of the customers that are not assigned, each with
        the reason."""
        self.ensure_one()
        self._check_may_account()
        lines = self.sudo()._open_receivables()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Not Assigned"),
            "res_model": "account.move",
            "views": [
                (
                    self.env.ref("customer_continuity.view_move_not_assigned_list").id,
                    "list",
                ),
                (False, "form"),
            ],
            "domain": [("id", "in", lines.move_id.ids)],
            "context": {"continuity_factoring_id": self.id},
        }


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _continuity_active_assignments(self):
        """Return the active assignments of these receivables, to whichever factor.

        :rtype: continuity.factoring.assignment
        """
        # Also those of agreements the user may not know: nothing is sold twice.
        return (
            self.env["continuity.factoring.assignment"]
            .sudo()
            .search([("move_line_id", "in", self.ids), ("state", "=", "active")])
        )
