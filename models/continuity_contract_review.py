from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_date

# How long a review is proposed to hold.
VALID_MONTHS = 12
# What is still entered after somebody has confirmed the review.
CONSENT_FIELDS = frozenset({"consent_on", "consent_attachment_ids"})
REVIEWER_GROUPS = (
    "customer_continuity.group_manager",
    "account.group_account_manager",
)


class ContinuityContractReview(models.Model):
    """What a contract with one customer says about assigning what they owe us.

    Without one that is valid a customer is neither covered by factoring nor told of
    it. A confirmed review is never edited: another contract, or a second thought, is
    another review, which replaces it the moment it is confirmed.

    ========  =================================================================
    state     means
    ========  =================================================================
    draft     being written; counts for nothing
    reviewed  somebody has put their name to the result
    expired   the day it was valid until has passed
    replaced  a later one of this customer has been confirmed
    ========  =================================================================
    """

    _name = "continuity.contract.review"
    _description = "Contract Review"
    _inherit = ["continuity.guarded.mixin", "continuity.owned.files.mixin"]
    _order = "reviewed_on desc nulls first, id desc"
    _rec_name = "partner_id"
    _check_company_auto = True

    _guarded_fields = frozenset({"reviewer_id", "reviewed_on", "replaced_by_id"})
    _file_fields = ("attachment_ids", "consent_attachment_ids")

    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    contract_name = fields.Char(
        string="Contract",
        help="Which contract, of which date: “Master agreement 2021”.",
    )
    no_contract = fields.Boolean(
        string="No Written Contract",
        help="Nothing was signed and no general terms agreed: the law alone decides.",
    )
    jurisdiction_id = fields.Many2one(
        "continuity.jurisdiction",
        string="Governing Law",
        compute="_compute_jurisdiction_id",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        ondelete="restrict",
        help="The law the contract is under. The law of the customer's country is "
        "proposed.",
    )
    ban_effect = fields.Text(related="jurisdiction_id.ban_effect")
    ban_source = fields.Char(related="jurisdiction_id.ban_source")
    assignment_clause = fields.Text(
        string="Assignment", help="What it says on assigning claims, word for word."
    )
    setoff_clause = fields.Text(
        string="Set-Off", help="What the customer may deduct from what they pay."
    )
    confidentiality_clause = fields.Text(
        string="Confidentiality",
        help="Whether a factor may be shown the contract, invoices and names.",
    )
    payment_clause = fields.Text(
        string="Payment", help="How and where they pay, closing and payment days."
    )
    attachment_ids = fields.Many2many(
        "ir.attachment", "continuity_contract_review_attachment_rel", string="Contracts"
    )
    result = fields.Selection(
        [
            ("free", "May be assigned"),
            ("consent", "Customer's consent needed"),
            ("debtor_may_pay", "Customer may keep paying us"),
            ("excluded", "Excluded"),
        ],
        index=True,
        copy=False,
    )
    reason = fields.Text(copy=False, help="Why this result: the clause and the law.")
    consent_on = fields.Date(string="Consent Given On", copy=False)
    consent_attachment_ids = fields.Many2many(
        "ir.attachment",
        "continuity_contract_review_consent_rel",
        string="Written Consent",
        copy=False,
    )
    reviewer_id = fields.Many2one(
        "res.users", readonly=True, copy=False, index=True, ondelete="restrict"
    )
    reviewed_on = fields.Date(readonly=True, copy=False)
    expires_on = fields.Date(
        string="Valid Until",
        copy=False,
        help="After this day the contract must be looked at again.",
    )
    replaced_by_id = fields.Many2one(
        "continuity.contract.review",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("reviewed", "Reviewed"),
            ("expired", "Expired"),
            ("replaced", "Replaced"),
        ],
        string="Status",
        compute="_compute_state",
        search="_search_state",
    )

    # === COMPUTE === #

    @api.depends("partner_id", "company_id")
    def _compute_jurisdiction_id(self):
        jurisdictions = self.env["continuity.jurisdiction"]
        for review in self:
            country = review.partner_id.country_id or review.company_id.country_id
            review.jurisdiction_id = jurisdictions._for_country(country)

    @api.depends("reviewed_on", "expires_on", "replaced_by_id")
    @api.depends_context("tz")
    def _compute_state(self):
        today = fields.Date.context_today(self)
        for review in self:
            if not review.reviewed_on:
                review.state = "draft"
            elif review.replaced_by_id:
                review.state = "replaced"
            elif review.expires_on < today:
                review.state = "expired"
            else:
                review.state = "reviewed"

    def _search_state(self, operator, value):
        if operator != "in":
            # Odoo asks again with the operators it derives from this one.
            return NotImplemented
        today = fields.Date.context_today(self)
        standing = Domain("reviewed_on", "!=", False) & Domain(
            "replaced_by_id", "=", False
        )
        domains = {
            "draft": Domain("reviewed_on", "=", False),
            "reviewed": standing & Domain("expires_on", ">=", today),
            "expired": standing & Domain("expires_on", "<", today),
            "replaced": Domain("replaced_by_id", "!=", False),
        }
        return Domain.OR(domains[state] for state in value if state in domains)

    # === CRUD === #

    def write(self, vals):
        if not self.env.su and not CONSENT_FIELDS.issuperset(vals):
            self._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        self._check_draft()

    def _check_draft(self):
        """Refuse to change what somebody has put their name to.

        :raise UserError: unless all are drafts
        """
        for review in self:
            if review.reviewed_on:
                raise UserError(
                    self.env._(
                        "The contract review of %(customer)s was confirmed on %(day)s "
                        "and stays as it is. Review the contract again instead.",
                        customer=review.partner_id.display_name,
                        day=format_date(self.env, review.reviewed_on),
                    )
                )

    # === ACTIONS === #

    def action_confirm(self):
        """Put one's name to the result; earlier reviews of the customer are replaced.

        :raise AccessError: unless a manager or an accounting administrator
        :raise UserError: for what is missing
        """
        self.check_access("write")
        if not any(self.env.user.has_group(group) for group in REVIEWER_GROUPS):
            raise AccessError(
                self.env._(
                    "Only a manager of Customer Continuity or an administrator of "
                    "accounting confirms what a contract allows."
                )
            )
        self._check_draft()
        for review in self:
            if not review.expires_on:
                review.expires_on = fields.Date.context_today(self) + relativedelta(
                    months=VALID_MONTHS
                )
            if missing := review._missing():
                raise UserError(
                    self.env._(
                        "%(customer)s cannot be confirmed yet:\n%(missing)s",
                        customer=review.partner_id.display_name,
                        missing="\n".join(f"• {text}" for text in missing),
                    )
                )
            # The user's rights and the contents have been checked above.
            review.sudo().write(
                {
                    "reviewer_id": self.env.uid,
                    "reviewed_on": fields.Date.context_today(self),
                }
            )
            review._standing(
                review.partner_id, review.company_id
            ).replaced_by_id = review

    def _missing(self):
        """Return what keeps a review from being confirmed.

        :return: sentences that tell what to do
        :rtype: list[str]
        """
        self.ensure_one()
        missing = []
        if not (
            self.no_contract
            or self.attachment_ids
            or (self.assignment_clause or "").strip()
        ):
            missing.append(
                self.env._(
                    "Copy the clause on assignment, attach the contract, or say that "
                    "there is no written contract."
                )
            )
        if not self.jurisdiction_id:
            missing.append(self.env._("Choose the law the contract is under."))
        if not self.result:
            missing.append(self.env._("Choose the result."))
        elif self.result != "free" and not (self.reason or "").strip():
            missing.append(self.env._("Give the reason for the result."))
        if self.expires_on < fields.Date.context_today(self):
            missing.append(self.env._("Enter a day to come until which it is valid."))
        return missing

    def _standing(self, partners, company):
        """Return the other confirmed reviews of customers that nothing has replaced.

        :param partners: ``res.partner``; contacts stand for their customer
        :param company: ``res.company``
        :rtype: continuity.contract.review
        """
        return (
            # What is replaced must not depend on what the user may read.
            self.sudo().search(
                [
                    ("company_id", "=", company.id),
                    (
                        "partner_id.commercial_partner_id",
                        "in",
                        partners._continuity_customers().ids,
                    ),
                    ("reviewed_on", "!=", False),
                    ("replaced_by_id", "=", False),
                    ("id", "not in", self.ids),
                ]
            )
        )

    def action_review_again(self):
        """Open a new draft with the clauses of this one."""
        self.ensure_one()
        draft = self.copy()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": draft.id,
            "view_mode": "form",
        }
