"""Which customers hear of factoring from a person before anything is written to them.

Three things speak for it, each with its reason beside it: the contact policy of the
customer's tier begins with a talk, they have bought for many years, or they bring a
large share of revenue. Years and share are settings of the company.
"""

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import formatLang

PURPOSE = "factoring"


class ResCompany(models.Model):
    _inherit = "res.company"

    continuity_in_person_years = fields.Integer(
        string="Customer For (years)",
        default=5,
        required=True,
        groups="base.group_user",
    )
    continuity_in_person_share = fields.Integer(
        string="Share of Revenue (%)",
        default=5,
        required=True,
        groups="base.group_user",
    )

    @api.model
    def _continuity_limits(self):
        return super()._continuity_limits() | {
            "continuity_in_person_years": (1, self.env._("years")),
            "continuity_in_person_share": (1, self.env._("per cent")),
        }

    @api.constrains("continuity_in_person_years", "continuity_in_person_share")
    def _check_continuity_in_person(self):
        self._check_continuity_limits()


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    continuity_in_person_years = fields.Integer(
        related="company_id.continuity_in_person_years", readonly=False
    )
    continuity_in_person_share = fields.Integer(
        related="company_id.continuity_in_person_share", readonly=False
    )


class ContinuityFactoringDebtor(models.Model):
    _inherit = "continuity.factoring.debtor"

    @api.model
    def _find_in_person(self, partners, company):
        """Find what speaks for talking to customers first; an extension adds codes here
        and their sentences in :meth:`_in_person_sentence`.

        :param partners: ``res.partner``; contacts stand for their customer
        :param company: ``res.company``
        :return: commercial partner to a list of [code, value], as it can be stored
        :rtype: dict
        """
        company.ensure_one()
        # Tier and revenue decide, whoever drafts; the sentences name no amount.
        relationships = self.env["continuity.relationship"].sudo()
        customers = partners._continuity_customers()
        lines = relationships.search_fetch(
            [("company_id", "=", company.id), ("partner_id", "in", customers.ids)],
            ["partner_id", "tier_id", "first_purchase_date", "revenue"],
        )
        [[total]] = relationships._read_group(
            [("company_id", "=", company.id), ("revenue", ">", 0)],
            aggregates=["revenue:sum"],
        )
        talks = {tier: self._policy_begins_with_talk(tier) for tier in lines.tier_id}
        today = fields.Date.context_today(self)
        limits = company.sudo()
        share = limits.continuity_in_person_share
        found = {}
        for line in lines:
            reasons = []
            if talks.get(line.tier_id):
                reasons.append(["policy", line.tier_id.id])
            since = line.first_purchase_date
            years = relativedelta(today, since).years if since else 0
            if years >= limits.continuity_in_person_years:
                reasons.append(["years", years])
            if total and 100 * line.revenue >= share * total:
                reasons.append(["share", round(100 * line.revenue / total)])
            if reasons:
                found[line.partner_id.with_env(partners.env)] = reasons
        return found

    @api.model
    def _policy_begins_with_talk(self, tier):
        """Tell whether the contact policy of a tier asks for a talk before anything is
        written.

        :param tier: ``continuity.tier``
        :rtype: bool
        """
        steps = self.env["continuity.policy.step"].sudo()._steps_for(PURPOSE, tier)
        first = steps.filtered("required")[:1]
        return bool(first) and not any(first.channel_ids.mapped("written"))

    @api.model
    def _describe_in_person(self, found):
        """Say what was found, in the user's language.

        :param list found: [code, value] as :meth:`_find_in_person` gives them
        :rtype: list[str]
        """
        sentences = [self._in_person_sentence(code, value) for code, value in found]
        return [sentence for sentence in sentences if sentence]

    @api.model
    def _in_person_sentence(self, code, value):
        if code == "policy":
            # Their name is shown to colleagues only.
            tier = self.env["continuity.tier"].sudo().browse(value).exists()
            return self.env._(
                "Tier %s: the contact policy begins with a talk.", tier.name or "–"
            )
        if code == "years":
            return self.env._("Customer for %s years.", value)
        if code == "share":
            return self.env._(
                "Brings %s %% of revenue.", formatLang(self.env, value, digits=0)
            )
        return False
