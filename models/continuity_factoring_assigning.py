"""What an agreement takes in: which receivables, since when, and why not the others."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import split_every

ACCOUNTANT_GROUPS = "account.group_account_user,account.group_account_manager"
OUT_STATES = ("out", "released")
# So many receivables are looked at together.
BATCH = 1000


class ContinuityFactoring(models.Model):
    _inherit = "continuity.factoring"
    # Each direction has two people and checks of its own.
    _editable_fields = frozenset({"direction_ids"})

    direction_ids = fields.One2many(
        "continuity.payment.direction", "factoring_id", string="Where Customers Pay"
    )
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

    # === ACCESS === #

    def _check_may_account(self):
        """Refuse work on assignments and accounts by people who do not do it.

        :raise AccessError: unless the agreement's contact, its author, an approver, a
            manager or an accountant who may read the agreement
        """
        for agreement in self:
            agreement.check_access("read")
            if not agreement._may_account():
                raise AccessError(
                    self.env._(
                        "The accounts of %s are kept by accountants and by those who "
                        "carry it out.",
                        agreement.name,
                    )
                )

    def _may_account(self):
        """Tell whether the user keeps the accounts of this agreement.

        :rtype: bool
        """
        self.ensure_one()
        user = self.env.user
        return self.has_access("read") and (
            user in self.contact_id | self.create_uid
            or user.has_groups(ACCOUNTANT_GROUPS)
            or self._may_manage()
        )

    # === WHERE CUSTOMERS PAY === #

    def _direction_on(self, debtor, day):
        """Return where a customer of the agreement is to pay on a day.

        The one place to ask; what customers were told counts, also while the account
        is being checked again.

        :param debtor: ``continuity.factoring.debtor`` of this agreement
        :param date day: of the invoice or payment
        :return: ``unchanged``, ``collection`` or ``factor``, and the
            ``res.partner.bank``, empty where nothing changed
        :rtype: tuple
        """
        direction = self._direction_valid(debtor, day)
        return direction.kind or "unchanged", direction.bank_account_id

    def _direction_valid(self, debtor, day):
        """Return the direction a customer of the agreement pays by on a day.

        :param debtor: ``continuity.factoring.debtor`` of this agreement
        :param date day: of the invoice or payment
        :return: empty where the customer pays as before
        :rtype: continuity.payment.direction
        """
        self.ensure_one()
        agreement, debtor = self.sudo(), debtor.sudo()
        none = agreement.direction_ids.browse()
        if agreement.kind == "confidential" or debtor._pays_as_before(day):
            return none
        direction = agreement.direction_ids.filtered(
            lambda d: d.was_confirmed and debtor._effective_from(d) <= day
        ).sorted(lambda d: (d.effective_from, d.id))[-1:]
        return none if direction.kind == "unchanged" else direction

    def _activation_errors(self):
        errors = super()._activation_errors()
        waiting = self.direction_ids.filtered(lambda d: d.state == "proposed")
        for direction in waiting:
            errors.append(
                self.env._(
                    "Nobody but who proposed it has confirmed where customers pay from "
                    "%s: a second person must.",
                    direction.effective_from,
                )
            )
        if self.kind == "notified" and not self.direction_ids:
            errors.append(self.env._("Say where customers are to pay."))
        for direction in self.direction_ids - waiting:
            account = direction.with_context(active_test=False).bank_account_id
            if account and not account.active:
                errors.append(
                    self.env._("The account %s is archived.", account.acc_number)
                )
        covered = self.debtor_ids.filtered(lambda d: d.state not in OUT_STATES)
        coverage = self.env["continuity.contract.review"]._coverage(
            covered.partner_id, self.company_id
        )
        for customer, (_review, allowed, reason) in coverage.items():
            if not allowed:
                errors.append(f"{customer.display_name}: {reason}")
        return errors

    # === TAKING RECEIVABLES IN === #

    def _start(self):
        result = super()._start()
        for agreement in self.sudo():
            agreement._assign_all()
        return result

    def _open_receivables(self, moves=None):
        """Return the open receivables this agreement may be about, not yet assigned.

        :param moves: ``account.move`` to limit it to, or None
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
        # Receivables of the customers, whoever posts or activates.
        lines = self.env["account.move.line"].sudo().search(domain, order="id")
        return lines - lines._continuity_active_assignments().move_line_id

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
        today = fields.Date.context_today(self)
        for agreement in self.filtered(lambda a: a.covers == "customers"):
            found = agreement._open_receivables(moves)
            for lines in split_every(BATCH, found.ids, found.browse):
                refused = agreement._assignment_refusals(lines, today)
                assigned |= agreement._assign(
                    lines.filtered(lambda line, refused=refused: line not in refused),
                    today,
                )
        return assigned

    def _assignment_refusals(self, lines, day):
        """Say which receivables cannot be assigned under this agreement, and why.

        :param lines: ``account.move.line``
        :param date day: of the assignment
        :return: reason by receivable; of the others nothing
        :rtype: dict
        """
        self.ensure_one()
        agreement, refused = self.sudo(), {}
        customers = lines.partner_id.commercial_partner_id
        debtors = agreement._debtors_of(customers)
        coverage = self.env["continuity.contract.review"]._coverage(
            customers, agreement.company_id, day
        )
        by_bill = lines.move_id._continuity_bill_reasons()
        active = lines._continuity_active_assignments().grouped("move_line_id")
        for line in lines:
            customer = line.partner_id.commercial_partner_id
            debtor = debtors.get(customer)
            _review, allowed, contract = coverage.get(customer, (None, False, ""))
            if agreement.state != "running":
                reason = self.env._("The agreement is not running.")
            elif day < agreement.date_start or (
                agreement.date_end and day > agreement.date_end
            ):
                reason = self.env._("The agreement does not hold on that day.")
            elif line.company_id != agreement.company_id:
                reason = self.env._("It belongs to another company.")
            elif (
                line.move_id.move_type != "out_invoice"
                or line.account_id.account_type != "asset_receivable"
                or line.balance <= 0
            ):
                reason = self.env._("Only what customers owe on invoices is assigned.")
            elif line.parent_state != "posted":
                reason = self.env._("Only posted invoices are assigned.")
            elif not debtor or debtor.state in OUT_STATES:
                reason = self.env._("This customer is not covered.")
            elif line.currency_id not in agreement.currency_ids:
                reason = self.env._(
                    "Invoices in %s are not part of the agreement.",
                    line.currency_id.name,
                )
            elif line.reconciled or line.amount_residual_currency <= 0:
                reason = self.env._("Nothing of it is open.")
            elif line in active:
                reason = self.env._("It is assigned already.")
            elif line.move_id.id in by_bill:
                reason = by_bill[line.move_id.id]
            elif not allowed:
                reason = contract
            else:
                continue
            refused[line] = reason
        return refused

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
        assignments = self.env["continuity.factoring.assignment"].sudo()
        if not lines:
            return assignments
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
        debtors = self.sudo()._debtors_of(lines.partner_id.commercial_partner_id)
        matched = {line: max(line.matched_credit_ids.ids, default=0) for line in lines}
        return assignments.create(
            [
                {
                    "factoring_id": self.id,
                    "debtor_id": debtors[line.partner_id.commercial_partner_id].id,
                    "move_line_id": line.id,
                    "move_id": line.move_id.id,
                    "currency_id": line.currency_id.id,
                    "amount": amounts.get(line, line.amount_residual_currency),
                    "matched_before": matched[line],
                    "assigned_on": day,
                }
                for line in lines
            ]
        )

    @api.model
    def _cron_assign(self):
        """Assign what may be assigned since somebody reviewed a contract, or since an
        agreement began, and look for customers who paid twice."""

        def work(agreement):
            agreement._assign_all()
            agreement._find_double_payments()

        self.search([("state", "=", "running")])._run_each(work)

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


class ContinuityFactoringDebtor(models.Model):
    _inherit = "continuity.factoring.debtor"

    released_from = fields.Date(
        string="Pays Us Again From",
        readonly=True,
        copy=False,
        help="The day the factor's release holds from.",
    )

    _guarded_fields = frozenset({"released_from"})

    def _pays_as_before(self, day):
        """Hook: tell whether this customer pays as before on a day; extensions add
        what the customer chose.

        :param date day: of the invoice or payment
        :rtype: bool
        """
        self.ensure_one()
        return bool(self.released_from and self.released_from <= day)

    def _may_keep_paying_us(self, day):
        """Tell whether the law lets this customer pay us although it was told to pay
        the factor (Germany, HGB 354a).

        :param date day: of the payment; an extension may ask for it
        :rtype: bool
        """
        self.ensure_one()
        customer = self.partner_id.commercial_partner_id
        # A review expires, the clause in the contract does not.
        reviews = self.env["continuity.contract.review"]._standing(
            customer, self.company_id
        )
        last = reviews.sorted(lambda review: (review.reviewed_on, review.id))[-1:]
        return last.result == "debtor_may_pay"

    def _noticed_day(self):
        """Return the day the notice left, by the company's clock; False without."""
        self.ensure_one()
        return self.factoring_id._local_date(self.noticed_on)


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
