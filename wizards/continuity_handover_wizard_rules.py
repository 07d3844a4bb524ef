"""Reorganisation by rules: “tier A in Bavaria → Tanaka”, the first that fits wins."""

from odoo import api, fields, models
from odoo.exceptions import UserError

# So many customers without a rule are named; more are counted.
MAX_NAMED = 10


class ContinuityHandoverWizard(models.TransientModel):
    _inherit = "continuity.handover.wizard"

    successor_mode = fields.Selection(
        selection_add=[("rules", "By rules: tier, team, region, industry")],
        ondelete={"rules": "set default"},
    )
    rule_ids = fields.One2many(
        "continuity.handover.wizard.rule", "wizard_id", string="Rules"
    )
    rules_text = fields.Text(
        readonly=True, help="How many customers each rule takes, and who is left."
    )

    def _who_errors(self, plan):
        errors = super()._who_errors(plan)
        if self.successor_mode == "rules":
            errors += self._rule_errors()
        return errors

    def _rule_errors(self):
        """Return what is wrong with the rules.

        :rtype: list[str]
        """
        if not self.rule_ids:
            return [self.env._("Add a rule: which customers go to whom.")]
        errors = []
        for successor in self.rule_ids.successor_id:
            problem = self.env["continuity.handover"]._successor_problem(
                successor, self.company_id
            )
            if problem:
                errors.append(problem)
        if any(not rule.successor_id for rule in self.rule_ids):
            errors.append(self.env._("Name a successor in every rule."))
        return errors

    def _get_proposals(self):
        proposals = super()._get_proposals()
        if self.successor_mode == "rules":
            self._count_rules(proposals)
        return proposals

    def _propose_successor(self, values):
        if self.successor_mode != "rules":
            return super()._propose_successor(values)
        return self._matching_rule(values).successor_id

    def _matching_rule(self, values):
        """Return the first rule that fits a proposed line, or none."""
        facts = self._facts_for_rules(values)
        for rule in self.rule_ids.sorted("sequence"):
            if rule._matches(facts):
                return rule
        return self.env["continuity.handover.wizard.rule"]

    @api.model
    def _facts_for_rules(self, values):
        """Return what rules can ask of a proposed line; extensions add theirs along
        with a field of the rule of the same name.

        :rtype: dict
        """
        partner = self.env["res.partner"].sudo().browse(values.get("partner_id") or ())
        lead = self.env["crm.lead"].sudo().browse(values.get("lead_id") or ())
        leaver = self.env["res.users"].sudo().browse(values["leaver_id"])
        return {
            "leaver_id": leaver.id,
            "tier_id": values.get("tier_id") or False,
            "team_id": leaver.sale_team_id.id,
            "country_id": (partner or lead).country_id.id,
            "state_id": (partner or lead).state_id.id,
            "industry_id": partner.industry_id.id,
        }

    def _count_rules(self, proposals):
        """Note what each rule takes and what no rule takes."""
        self.rule_ids.count = 0
        without = []
        for values in proposals:
            rule = self._matching_rule(values)
            if not rule:
                without.append(values)
            elif rule.successor_id.id == values["leaver_id"]:
                rule.count += 1
                without.append(values)
            else:
                rule.count += 1
        self.rules_text = self._describe_without(without)

    def _describe_without(self, without):
        """Say which customers no rule gives to anybody else."""
        if not without:
            return self.env._("Every customer is taken by a rule.")
        partners = self.env["res.partner"].sudo()
        names = [
            partners.browse(values["partner_id"]).display_name
            if values.get("partner_id")
            else values.get("deal_name") or ""
            for values in without[:MAX_NAMED]
        ]
        if len(without) > MAX_NAMED:
            names.append("…")
        return self.env._(
            "No rule gives %(count)s customers to somebody else: %(names)s. Add a rule "
            "without conditions at the end, or choose their successors one by one.",
            count=len(without),
            names=", ".join(names),
        )

    def action_count_rules(self):
        """Count what each rule takes, without going on.

        :raise AccessError: for people one neither is nor manages
        :raise UserError: listing all that is wrong with the rules
        """
        self.ensure_one()
        self._check_may_draft()
        if errors := self._rule_errors():
            raise UserError("\n".join(errors))
        self._get_proposals()
        return self._reopen()


class ContinuityHandoverWizardRule(models.TransientModel):
    """Which customers go to whom. Empty conditions fit everybody; rules are applied in
    their order, and the first that fits decides."""

    _name = "continuity.handover.wizard.rule"
    _description = "Rule for Successors"
    _order = "sequence, id"

    wizard_id = fields.Many2one(
        "continuity.handover.wizard", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    leaver_id = fields.Many2one("res.users", string="Predecessor")
    tier_id = fields.Many2one("continuity.tier")
    team_id = fields.Many2one("crm.team", string="Predecessor's Team")
    country_id = fields.Many2one("res.country")
    state_id = fields.Many2one("res.country.state")
    industry_id = fields.Many2one("res.partner.industry")
    successor_id = fields.Many2one("res.users", domain="[('share', '=', False)]")
    count = fields.Integer(
        string="Customers", readonly=True, help="As counted last; rules above first."
    )

    def _matches(self, facts):
        """Tell whether all conditions of a rule fit.

        :param dict facts: see ``_facts_for_rules``
        :rtype: bool
        """
        self.ensure_one()
        return all(not self[name] or self[name].id == facts[name] for name in facts)
