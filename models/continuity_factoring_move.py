"""What invoices say of their assignment, and what they refuse while it lasts."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .continuity_bill import FIELD_GROUPS
from .continuity_factoring_assignment import LIVE_STATES


class AccountMove(models.Model):
    _inherit = "account.move"

    # Only what the user may read of it: of a confidential agreement nothing.
    continuity_assignment_state = fields.Selection(
        [
            ("active", "Assigned"),
            ("disputed", "Assigned, Disputed"),
            ("settled", "Assigned, Settled"),
            ("bought_back", "Bought Back"),
            ("released", "Ours Again"),
        ],
        string="Factoring",
        compute="_compute_continuity_assignment",
        search="_search_continuity_assignment_state",
        groups=FIELD_GROUPS,
    )
    continuity_assignment_text = fields.Char(
        string="Assigned To",
        compute="_compute_continuity_assignment",
        groups=FIELD_GROUPS,
    )
    continuity_turnover_count = fields.Integer(
        string="Collections to Turn Over",
        compute="_compute_continuity_turnover_count",
        search="_search_continuity_turnover_count",
        groups=FIELD_GROUPS,
    )
    continuity_not_assigned_reason = fields.Char(
        string="Why Not Assigned",
        compute="_compute_continuity_not_assigned_reason",
        groups=FIELD_GROUPS,
    )

    @api.depends("state", "payment_state")
    @api.depends_context("uid", "lang")
    def _compute_continuity_assignment(self):
        assignments = self.env["continuity.factoring.assignment"]
        by_move = {}
        if assignments.has_access("read"):
            by_move = assignments.search(
                [("move_id", "in", self._origin.ids), ("state", "!=", "cancelled")],
                order="id",
            ).grouped("move_id")
        for move in self:
            found = by_move.get(move._origin, assignments)
            active = found.filtered(lambda a: a.state == "active")
            last = (active or found)[-1:]
            state = last.state
            if active.filtered("disputed"):
                state = "disputed"
            move.continuity_assignment_state = state
            move.continuity_assignment_text = (
                last.factoring_id.factor_id.display_name if last else False
            )

    def _search_continuity_assignment_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        domains = []
        for state in value:
            if not state:
                known = self._continuity_moves_of([("state", "!=", "cancelled")])
                domains.append(~known)
            elif state == "disputed":
                disputed = [("state", "=", "active"), ("disputed", "=", True)]
                domains.append(self._continuity_moves_of(disputed))
            else:
                domains.append(self._continuity_moves_of([("state", "=", state)]))
        return Domain.OR(domains)

    @api.model
    def _continuity_moves_of(
        self, domain, model="continuity.factoring.assignment", field="move_id"
    ):
        """Return the domain of the entries that records the user may read point to.

        :param domain: of the assignments, or of another ``model``
        :param str field: many2one that points to them
        :rtype: Domain
        """
        records = self.env[model]
        if not records.has_access("read"):
            return Domain.FALSE
        query = records._search(domain)
        column = records._field_to_sql(records._table, field, query)
        return Domain("id", "in", query.subselect(column))

    @api.depends_context("uid")
    def _compute_continuity_turnover_count(self):
        turnovers = self.env["continuity.factoring.turnover"]
        counts = dict.fromkeys(self._origin.ids, 0)
        if turnovers.has_access("read"):
            found = turnovers.search(
                [
                    ("state", "=", "due"),
                    "|",
                    ("move_id", "in", self._origin.ids),
                    ("payment_move_id", "in", self._origin.ids),
                ]
            )
            for turnover in found:
                for move in turnover.move_id | turnover.payment_move_id:
                    if move.id in counts:
                        counts[move.id] += 1
        for move in self:
            move.continuity_turnover_count = counts.get(move._origin.id, 0)

    def _search_continuity_turnover_count(self, operator, value):
        if operator != ">" or value:
            return NotImplemented
        due = [("state", "=", "due")], "continuity.factoring.turnover"
        return self._continuity_moves_of(*due) | self._continuity_moves_of(
            *due, "payment_move_id"
        )

    @api.depends_context("continuity_factoring_id", "uid", "lang")
    def _compute_continuity_not_assigned_reason(self):
        self.continuity_not_assigned_reason = False
        agreement = self.env["continuity.factoring"].browse(
            self.env.context.get("continuity_factoring_id")
        )
        # The reasons are those of contract reviews: salespeople do not read them.
        if not agreement or not agreement._may_account():
            return
        lines = self._origin._continuity_receivables()
        today = fields.Date.context_today(self)
        reasons = {}
        for line, reason in agreement._assignment_refusals(lines, today).items():
            reasons.setdefault(line.move_id.id, {})[reason] = True
        for move in self:
            found = reasons.get(move._origin.id, {})
            move.continuity_not_assigned_reason = " ".join(found)

    # === ASSIGNING === #

    def _post(self, soft=True):
        posted = super()._post(soft)
        invoices = posted.filtered(lambda move: move.move_type == "out_invoice")
        if invoices:
            # Whoever posts need not see the agreements.
            agreements = (
                self.env["continuity.factoring"]
                .sudo()
                .search(
                    [
                        ("state", "=", "running"),
                        ("covers", "=", "customers"),
                        ("company_id", "in", invoices.company_id.ids),
                    ]
                )
            )
            for agreement in agreements:
                agreement._assign_all(invoices)
        return posted

    def action_continuity_assign(self):
        """Assign the open receivables of invoices under the running agreement that
        covers their customer.

        :raise UserError: when there is none, or naming what cannot be assigned
        """
        agreements = self._continuity_running_agreements()
        agreements._check_may_account()
        left = self.browse(self.ids)
        for agreement in agreements:
            customers = agreement._covered_among(left.commercial_partner_id)
            covered = left.filtered(
                lambda move, agreement=agreement, customers=customers: (
                    move.company_id == agreement.company_id
                    and move.commercial_partner_id in customers
                )
            )
            left -= covered
            covered._continuity_assign_under(agreement)
        if left:
            raise UserError(
                self.env._(
                    "%s: no running agreement covers this customer.",
                    left[:1].display_name,
                )
            )

    def _continuity_running_agreements(self):
        """Return the running agreements of these companies that the user may read.

        :rtype: continuity.factoring
        """
        return self.env["continuity.factoring"].search(
            [("state", "=", "running"), ("company_id", "in", self.company_id.ids)]
        )

    def _continuity_agreements(self):
        """Return the running agreements the user may read that cover the customers of
        all these invoices.

        :rtype: continuity.factoring
        """
        customers = self.commercial_partner_id
        return self._continuity_running_agreements().filtered(
            lambda agreement: (
                agreement.company_id >= self.company_id
                and customers <= agreement._covered_among(customers)
            )
        )

    def _continuity_receivables(self):
        """Return what customers owe, or owed, on these invoices.

        :rtype: account.move.line
        """
        return self.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )

    def _continuity_open_receivables(self):
        return self._continuity_receivables().filtered(lambda x: not x.reconciled)

    def _continuity_assign_under(self, agreement):
        """Assign what is open of these invoices under an agreement.

        :raise UserError: naming the first one of which nothing is open
        """
        lines = self._continuity_open_receivables()
        if closed := self - lines.move_id:
            raise UserError(
                self.env._("Nothing of %s is open.", closed[:1].display_name)
            )
        agreement._assign(lines)

    # === WHAT IS REFUSED === #

    def button_draft(self):
        self._continuity_check_not_assigned()
        return super().button_draft()

    def _continuity_check_not_assigned(self):
        """Refuse to change invoices that were sold: the factor relies on them.

        :raise UserError: naming the first one, and what to do
        """
        # Also for who may not know of the agreement.
        assignment = (
            self.env["continuity.factoring.assignment"]
            .sudo()
            .search(
                [("move_id", "in", self.ids), ("state", "in", LIVE_STATES)], limit=1
            )
        )
        if not assignment:
            return
        visible = assignment.with_env(self.env).sudo(False)
        if visible.has_access("read") and assignment.state == "settled":
            raise UserError(
                self.env._(
                    "%(invoice)s was assigned to %(factor)s and is settled. Correct it "
                    "with a credit note.",
                    invoice=assignment.move_id.name,
                    factor=assignment.factoring_id.factor_id.name,
                )
            )
        if visible.has_access("read"):
            raise UserError(
                self.env._(
                    "%(invoice)s is assigned to %(factor)s. Correct it with a credit "
                    "note, or buy it back first.",
                    invoice=assignment.move_id.name,
                    factor=assignment.factoring_id.factor_id.name,
                )
            )
        raise UserError(
            self.env._(
                "%(invoice)s must stay as it is. Correct it with a credit note, or ask "
                "%(contact)s.",
                invoice=assignment.move_id.name,
                contact=assignment.factoring_id.contact_id.name,
            )
        )

    # === SCREENS === #

    def action_continuity_assignments(self):
        """Open the assignments of an invoice."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Assignments"),
            "res_model": "continuity.factoring.assignment",
            "view_mode": "list,form",
            "domain": [("move_id", "=", self.id)],
        }

    def action_continuity_turnovers(self):
        """Open what is to be turned over of an invoice or payment."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Collections"),
            "res_model": "continuity.factoring.turnover",
            "view_mode": "list",
            "domain": [
                "|",
                ("move_id", "=", self.id),
                ("payment_move_id", "=", self.id),
            ],
        }
