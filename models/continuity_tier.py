from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

THRESHOLD_FIELDS = ("cadence_days", "min_revenue", "min_years", "max_share")


class ContinuityTier(models.Model):
    """How much a customer matters: A, B, C …, from what they really bought.

    A customer is in the first tier, by sequence, whose conditions they meet; the
    last tier takes everybody else. Tiers are shared by all companies, their
    thresholds belong to one company each, in that company's currency.

    A tier is internal: it never reaches the customer (T5).
    """

    _name = "continuity.tier"
    _description = "Customer Tier"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(
        default=10, help="The first tier is the one of the most important customers."
    )
    active = fields.Boolean(default=True)
    color = fields.Integer(string="Color Index")
    cadence_days = fields.Integer(
        string="Contact Every (days)",
        company_dependent=True,
        help="A customer of this tier should have a true contact at least once in so "
        "many days.",
    )
    min_revenue = fields.Float(
        string="Revenue From",
        company_dependent=True,
        help="Least revenue in the period of the settings, without taxes, in the "
        "currency of this company. Used when tiers go by amount. The last tier has 0: "
        "it takes everybody else.",
    )
    min_years = fields.Integer(
        string="Customer For (years)",
        company_dependent=True,
        help="Least number of years since the first purchase; 0 if it does not "
        "matter. Used when tiers go by amount.",
    )
    max_share = fields.Float(
        string="Up to Share of Revenue (%)",
        company_dependent=True,
        help="Customers are ordered by revenue, the largest first. This tier takes "
        "those who together make up to this share of all revenue. Used when tiers go "
        "by share (Pareto). The last tier has 100.",
    )
    company_currency_id = fields.Many2one(
        "res.currency", compute="_compute_company_currency_id", string="Currency"
    )

    @api.depends_context("company")
    def _compute_company_currency_id(self):
        self.company_currency_id = self.env.company.currency_id

    # === CONSTRAINTS === #

    @api.constrains("sequence", "active", *THRESHOLD_FIELDS)
    def _check_thresholds(self):
        """Check the tiers as a whole in the current company, which is the one whose
        thresholds can be edited."""
        if errors := self._threshold_errors(self.env.company):
            raise ValidationError("\n".join(errors))

    def _check_thresholds_everywhere(self):
        """Check the tiers in every company, after a change that all of them share.

        :raise ValidationError: naming the company
        """
        self._check_thresholds()
        for company in self.env["res.company"].sudo().search([]) - self.env.company:
            if errors := self._threshold_errors(company):
                raise ValidationError(
                    self.env._(
                        "The tiers are shared, and in %(company)s they would no longer "
                        "fit:\n%(errors)s",
                        company=company.name,
                        errors="\n".join(errors),
                    )
                )

    @api.model
    def _threshold_errors(self, company):
        """Return everything wrong with the tiers of a company, in a stable order.

        Only the thresholds of the method the company uses are looked at.

        :param company: ``res.company``
        :return: sentences that say what to change, empty when all is well
        :rtype: list[str]
        """
        tiers = self.sudo().with_company(company).with_context(active_test=True)
        tiers = tiers.search([])
        if not tiers:
            return [
                self.env._("Keep at least one tier: every customer must be in one.")
            ]
        errors = tiers._cadence_errors()
        if company.continuity_tier_method == "pareto":
            return errors + tiers._share_errors()
        return errors + tiers._revenue_errors()

    def _cadence_errors(self):
        return [
            self.env._(
                "Tier %(tier)s: contact every %(days)s days is not possible. Enter 1 "
                "or more days.",
                tier=tier.name,
                days=tier.cadence_days,
            )
            for tier in self
            if tier.cadence_days <= 0
        ]

    def _revenue_errors(self):
        """Return what is wrong with the amounts and years, the first tier first."""
        *upper, last = self
        errors = []
        for tier in upper:
            if tier.min_revenue <= 0:
                errors.append(
                    self.env._(
                        "Tier %s: the revenue must be more than 0, only the last tier "
                        "has 0. Enter an amount, or move the tier to the end.",
                        tier.name,
                    )
                )
            if tier.min_years < 0:
                errors.append(
                    self.env._(
                        "Tier %s: the years as a customer cannot be negative. Enter 0 "
                        "if they do not matter.",
                        tier.name,
                    )
                )
        if last.min_revenue or last.min_years:
            errors.append(
                self.env._(
                    "Tier %s is the last one and must take every customer the others "
                    "leave: set its revenue and its years to 0.",
                    last.name,
                )
            )
        if errors:
            return errors
        for higher, lower in zip(upper, upper[1:], strict=False):
            reachable = lower.min_revenue < higher.min_revenue or (
                lower.min_revenue == higher.min_revenue
                and lower.min_years < higher.min_years
            )
            if not reachable:
                errors.append(
                    self.env._(
                        "No customer could ever be in tier %(lower)s: whoever reaches "
                        "its revenue of %(lower_revenue)s is in tier %(higher)s "
                        "already, from %(higher_revenue)s on. Lower the revenue of "
                        "%(lower)s or change the order of the tiers.",
                        lower=lower.name,
                        higher=higher.name,
                        lower_revenue=lower.min_revenue,
                        higher_revenue=higher.min_revenue,
                    )
                )
        return errors

    def _share_errors(self):
        """Return what is wrong with the shares, the first tier first."""
        *upper, last = self
        errors = [
            self.env._(
                "Tier %s: the share of revenue must lie between 0 and 100 %%, only the "
                "last tier has 100. Enter for example 80.",
                tier.name,
            )
            for tier in upper
            if not 0 < tier.max_share < 100
        ]
        if last.max_share != 100:
            errors.append(
                self.env._(
                    "Tier %s is the last one and must take every customer the others "
                    "leave: set its share to 100 %%.",
                    last.name,
                )
            )
        if errors:
            return errors
        return [
            self.env._(
                "No customer could ever be in tier %(lower)s: tier %(higher)s takes "
                "all up to a share of %(higher_share)s %%, and %(lower)s ends at "
                "%(lower_share)s %%. Raise the share of %(lower)s or change the order "
                "of the tiers.",
                lower=lower.name,
                higher=higher.name,
                lower_share=lower.max_share,
                higher_share=higher.max_share,
            )
            for higher, lower in zip(upper, upper[1:], strict=False)
            if lower.max_share <= higher.max_share
        ]

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Give a new tier the same thresholds in every company, to be changed there:
        a company without thresholds of its own could not be refreshed."""
        tiers = super().create(vals_list)
        others = self.env["res.company"].sudo().search([]) - self.env.company
        for company in others:
            for tier, vals in zip(tiers, vals_list, strict=True):
                thresholds = {k: vals[k] for k in THRESHOLD_FIELDS if k in vals}
                if thresholds:
                    tier.with_company(company).sudo()._write_thresholds(thresholds)
        return tiers

    def write(self, vals):
        result = super().write(vals)
        if {"sequence", "active"}.intersection(vals):
            self._check_thresholds_everywhere()
        return result

    def _write_thresholds(self, vals):
        """Write thresholds in the current company without checking them as a whole:
        they were checked in the company they come from."""
        for name, value in vals.items():
            self._fields[name].write(self, value)

    def _copy_thresholds(self, source, target):
        """Give a new company the thresholds of another.

        :param source: ``res.company`` the thresholds are read from
        :param target: ``res.company`` they are written for
        """
        for tier in self.with_context(active_test=False).sudo().search([]):
            values = tier.with_company(source).read(THRESHOLD_FIELDS, load=None)[0]
            values.pop("id")
            tier.with_company(target)._write_thresholds(values)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_unused(self):
        relationships = self.env["continuity.relationship"].sudo()
        relationships = relationships.with_context(active_test=False)
        for tier in self:
            if count := relationships.search_count([("tier_id", "=", tier.id)]):
                raise UserError(
                    self.env._(
                        "%(count)s customers are in tier %(tier)s. Archive it instead: "
                        "the next refresh moves them to the tiers that are left.",
                        count=count,
                        tier=tier.name,
                    )
                )

    def unlink(self):
        result = super().unlink()
        # What is left must still take every customer.
        self._check_thresholds_everywhere()
        return result

    # === REFRESH === #

    @api.model
    def _prepare_refresh_rows(self, company, archived=False):
        """Return the tiers of a company as the refresh needs them.

        :param company: ``res.company`` whose thresholds count
        :param bool archived: also those that are archived, which a lock may still
            hold customers in
        :return: list of dicts with id, cadence_days, min_revenue, min_years,
            max_share; first tier first
        """
        tiers = self.sudo().with_company(company)
        tiers = tiers.with_context(active_test=not archived).search([])
        return tiers.read(THRESHOLD_FIELDS, load=None)
