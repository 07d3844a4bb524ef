from odoo import Command, api, fields, models


class ContinuityFactoringTerms(models.AbstractModel):
    """What is agreed with the factor, and what it may not be: for the agreement and for
    whoever drafts one, which both have a ``company_id`` and a ``factor_id``."""

    _name = "continuity.factoring.terms"
    _description = "Terms of a Factoring Agreement"
    _inherit = ["continuity.reason.mixin"]

    kind = fields.Selection(
        [
            ("notified", "Notified: customers are told"),
            ("confidential", "Confidential: customers are not told"),
        ],
        required=True,
        default="notified",
    )
    recourse = fields.Selection(
        [
            ("full", "With recourse"),
            ("limited", "Limited recourse"),
            ("none", "Without recourse"),
        ],
        required=True,
        default="none",
        help="Whether the factor may come back to us when a customer does not pay.",
    )
    covers = fields.Selection(
        [
            ("customers", "All invoices of the customers listed"),
            ("invoices", "Single invoices, chosen one by one"),
        ],
        required=True,
        default="customers",
    )
    currency_ids = fields.Many2many(
        "res.currency",
        string="Currencies",
        default=lambda self: [Command.set(self.env.company.currency_id.ids)],
        help="Invoices in other currencies stay ours.",
    )
    date_start = fields.Date(
        string="Starts On", required=True, default=fields.Date.context_today
    )
    date_end = fields.Date(string="Until", help="Empty: until it is terminated.")
    jurisdiction_id = fields.Many2one(
        "continuity.jurisdiction",
        help="Whose law holds for customers whose contract names none.",
    )
    internal_reason = fields.Text(
        help="For the approvers and those who may see the agreement. Customers never "
        "see it."
    )
    customer_reason = fields.Text(
        help="Purpose and background in the words customers hear: positive and true."
    )
    customer_may_choose = fields.Boolean(
        string="Customers Choose Where to Pay",
        help="The agreement lets a customer pay as before. They choose once, on "
        "record, and their invoices follow.",
    )
    turnover_days = fields.Integer(
        string="Turned Over Within (days)",
        default=5,
        help="Collections on our own account go to the factor within so many working "
        "days.",
    )
    update_months = fields.Integer(
        string="Update Customers Every (months)",
        default=6,
        help="How often customers hear how things stand while factoring lasts; 0: not "
        "at all.",
    )
    contact_id = fields.Many2one(
        "res.users",
        string="Answers Questions",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        help="Whom customers ask about payments; named in every letter.",
    )
    named_user_ids = fields.Many2many(
        "res.users",
        string="May Also See",
        domain="[('share', '=', False)]",
        help="Colleagues who may see the agreement while it is confidential.",
    )

    @api.model
    def _term_names(self):
        """Return the names of the fields that are agreed.

        :rtype: list[str]
        """
        terms = self.env["continuity.factoring.terms"]._fields
        return [
            name
            for name, field in terms.items()
            if field.store and name not in models.MAGIC_COLUMNS
        ]

    def _prepare_terms(self):
        """Return the values that give another record the same terms.

        :rtype: dict
        """
        self.ensure_one()
        return {
            name: self._fields[name].convert_to_write(self[name], self)
            for name in self._term_names()
        }

    def _factor_errors(self):
        """Return what is wrong with the factor.

        :rtype: list[str]
        """
        self.ensure_one()
        if not self.factor_id:
            return [self.env._("Say who buys the receivables.")]
        if self.factor_id == self.company_id.sudo().partner_id:
            return [self.env._("A company cannot be its own factor: choose another.")]
        return []

    def _terms_errors(self):
        """Return what is missing in the terms, or cannot be.

        :rtype: list[str]
        """
        errors = self._factor_errors()
        if not self.currency_ids:
            errors.append(self.env._("Choose at least one currency."))
        if self.date_end and self.date_end < self.date_start:
            errors.append(
                self.env._(
                    "The agreement ends before it begins: correct one of the dates."
                )
            )
        if self.update_months < 0 or self.turnover_days < 0:
            errors.append(self.env._("Days and months are counted from zero."))
        if self.kind == "confidential":
            return errors
        if not (self.customer_reason or "").strip():
            errors.append(
                self.env._("Say what customers are told: purpose and background.")
            )
        if not self.contact_id:
            errors.append(self.env._("Name who answers customers' questions."))
        return errors
