from odoo.exceptions import ValidationError
from odoo.http import request

from odoo.addons.account_payment.controllers.portal import PortalAccount


class ContinuityPortalAccount(PortalAccount):
    """Paying online brings the money to us: invoices whose customer was told to pay
    elsewhere are left out of it."""

    def _get_overdue_invoice_count(self):
        # Where nothing can be paid online, nothing offers it.
        moves = request.env["account.move"]
        if not moves.has_access("read"):
            return 0
        return moves.search_count(
            [
                *self._get_overdue_invoices_domain(),
                ("continuity_direction_id", "=", False),
            ]
        )

    def _overdue_invoices_get_page_view_values(self, overdue_invoices, **kwargs):
        payable = overdue_invoices.filtered(lambda m: not m.continuity_direction_id)
        return super()._overdue_invoices_get_page_view_values(payable, **kwargs)

    def _process_transaction(
        self, partner_id, currency_id, invoice_ids, payment_reference, **kwargs
    ):
        # The caller has checked that they may be seen; only the direction is read.
        invoices = request.env["account.move"].sudo().browse(invoice_ids)
        payable = invoices.filtered(lambda m: not m.continuity_direction_id)
        if invoices and not payable:
            raise ValidationError(invoices[0]._continuity_no_online_payment())
        return super()._process_transaction(
            partner_id, currency_id, payable.ids, payment_reference, **kwargs
        )
