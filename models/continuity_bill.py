"""Invoices settled by bills or electronically recorded claims (手形, でんさい).

The claim is the bill then, and the bill is what could be sold: such invoices stay
out of ordinary assignment.
"""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

BILL_HELP = (
    "Bills of exchange and electronically recorded claims (手形, でんさい). Invoices "
    "settled this way stay out of factoring."
)
FIELD_GROUPS = (
    "customer_continuity.group_user,account.group_account_invoice,"
    "account.group_account_readonly"
)
# Whoever keeps books; salespeople and customers read journals and terms of payment.
BOOK_GROUPS = (
    "customer_continuity.group_manager,account.group_account_invoice,"
    "account.group_account_readonly"
)


class AccountJournal(models.Model):
    _inherit = "account.journal"

    continuity_is_bill = fields.Boolean(
        string="For Bills and Recorded Claims", groups=BOOK_GROUPS, help=BILL_HELP
    )


class AccountPaymentTerm(models.Model):
    _inherit = "account.payment.term"

    continuity_is_bill = fields.Boolean(
        string="Settled by Bill or Recorded Claim", groups=BOOK_GROUPS, help=BILL_HELP
    )


class ResPartner(models.Model):
    _inherit = "res.partner"

    continuity_pays_by_bill = fields.Boolean(
        string="Pays by Bill or Recorded Claim",
        company_dependent=True,
        groups=FIELD_GROUPS,
        help=BILL_HELP,
    )


class AccountMove(models.Model):
    _inherit = "account.move"

    continuity_by_bill = fields.Boolean(
        string="By Bill or Recorded Claim",
        compute="_compute_continuity_by_bill",
        search="_search_continuity_by_bill",
        groups=FIELD_GROUPS,
    )

    # Not on reconciliation: it would cost each payment something, for a field that is
    # read in lists and asked for by its method elsewhere.
    @api.depends(
        "invoice_payment_term_id",
        "preferred_payment_method_line_id",
        "commercial_partner_id",
    )
    def _compute_continuity_by_bill(self):
        reasons = self._continuity_bill_reasons()
        for move in self:
            move.continuity_by_bill = move._origin.id in reasons

    def _search_continuity_by_bill(self, operator, value):
        if operator != "in":
            # Odoo asks again with the operators it derives from this one.
            return NotImplemented
        settled = SQL("(%s)", self._continuity_bill_sql())
        # Flags salespeople do not read, of what stands on the invoices they do.
        partners = self.env["res.partner"].sudo()
        terms = self.env["account.payment.term"].sudo()
        journals = self.env["account.journal"].sudo()
        is_bill = [("continuity_is_bill", "=", True)]
        by_bill = Domain.OR(
            [
                Domain("invoice_payment_term_id", "in", terms._search(is_bill)),
                Domain(
                    "preferred_payment_method_line_id.journal_id",
                    "in",
                    journals._search(is_bill),
                ),
                Domain("id", "in", settled),
                *(
                    Domain("company_id", "=", company.id)
                    & Domain(
                        "commercial_partner_id",
                        "in",
                        partners.with_company(company)._search(
                            [("continuity_pays_by_bill", "=", True)]
                        ),
                    )
                    for company in self.env.companies
                ),
            ]
        )
        return Domain("move_type", "=", "out_invoice") & by_bill

    def _continuity_bill_sql(self):
        """Return the SELECT of all invoices of which something was settled by a bill.

        :rtype: SQL
        """
        self.env["account.journal"].flush_model(["continuity_is_bill"])
        self.env["account.partial.reconcile"].flush_model()
        self.env["account.move.line"].flush_model(
            ["journal_id", "move_id", "parent_state"]
        )
        return SQL(
            """SELECT l.move_id
                 FROM account_journal j
                 JOIN account_move_line c ON c.journal_id = j.id
                 JOIN account_partial_reconcile r ON r.credit_move_id = c.id
                 JOIN account_move_line l ON l.id = r.debit_move_id
                WHERE j.continuity_is_bill AND c.parent_state = 'posted'"""
        )

    def _continuity_bill_reasons(self):
        """Tell which customer invoices stay out of assignment because they are, or will
        be, settled by a bill or a recorded claim.

        :return: id of the invoice to the reason, in the user's language
        :rtype: dict
        """
        # Flags on journals and customers, whoever looks at the invoice.
        invoices = self._origin.sudo().filtered(lambda m: m.move_type == "out_invoice")
        if not invoices:
            return {}
        settled = {
            row[0]
            for row in self.env.execute_query(
                SQL(
                    "SELECT s.move_id FROM (%s) s WHERE s.move_id IN %s",
                    self._continuity_bill_sql(),
                    tuple(invoices.ids),
                )
            )
        }
        terms = invoices.invoice_payment_term_id.filtered("continuity_is_bill")
        methods = invoices.preferred_payment_method_line_id.filtered(
            "journal_id.continuity_is_bill"
        )
        flagged = {
            (company, customer)
            for company, moves in invoices.grouped("company_id").items()
            for customer in moves.commercial_partner_id.with_company(company)
            if customer.continuity_pays_by_bill
        }
        if not (settled or terms or methods or flagged):
            return {}
        reasons = {}
        for move in invoices:
            if move.id in settled:
                reasons[move.id] = self.env._("Settled by a bill or a recorded claim.")
            elif move.invoice_payment_term_id in terms:
                reasons[move.id] = self.env._(
                    "Payable by a bill or a recorded claim: %s.",
                    move.invoice_payment_term_id.display_name,
                )
            elif move.preferred_payment_method_line_id in methods:
                reasons[move.id] = self.env._(
                    "Payable by a bill or a recorded claim: %s.",
                    move.preferred_payment_method_line_id.display_name,
                )
            elif (move.company_id, move.commercial_partner_id) in flagged:
                reasons[move.id] = self.env._(
                    "This customer pays by bills or recorded claims."
                )
        return reasons
