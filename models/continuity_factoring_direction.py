"""Who keeps the accounts of an agreement, and where its customers pay."""

from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_date

from .continuity_factoring_assigning import OUT_STATES

ACCOUNTANT_GROUPS = "account.group_account_user,account.group_account_manager"


class ContinuityFactoring(models.Model):
    _inherit = "continuity.factoring"
    # Each direction has two people and checks of its own.
    _editable_fields = frozenset({"direction_ids"})

    direction_ids = fields.One2many(
        "continuity.payment.direction", "factoring_id", string="Where Customers Pay"
    )
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
                    format_date(self.env, direction.effective_from),
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
