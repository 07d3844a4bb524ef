"""Rotation (T8): a second pair of eyes for customers one person has looked after for
years. Successors are proposed by free capacity, and by what they share.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

# So many candidates are shown per customer.
MAX_CANDIDATES = 3
# What a shared trait is worth: with one more in common, somebody with so much more to
# do is still the first choice.
SHARED_BONUS = 0.15
# A tier without a cadence counts as one contact in half a year.
DEFAULT_CADENCE = 180
# What a visit costs beside an ordinary contact, and the days looked ahead.
VISIT_WEIGHT = 2
DAYS_AHEAD = 30


@dataclass
class Candidate:
    """Somebody who could take customers over, and how much they have to do.

    :param user: ``res.users``
    :param int customers: how many they look after
    :param float load: contacts a month that their customers' tiers ask for, and the
        visits planned for the next month, which weigh more
    :param int visits: visits planned for the next month
    """

    user: object
    customers: int = 0
    load: float = 0.0
    visits: int = 0
    traits: dict = field(default_factory=lambda: defaultdict(set))


class ContinuityRotation(models.TransientModel):
    """Propose new people for selected customers, and draft the plans: one for each
    person who has looked after them so far. Nothing moves."""

    _name = "continuity.rotation"
    _description = "Propose a Rotation"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    date_start = fields.Date(
        string="Period From", required=True, default=fields.Date.context_today
    )
    date_end = fields.Date(
        string="Period To",
        required=True,
        default=lambda self: fields.Date.add(fields.Date.context_today(self), days=60),
    )
    customer_reason = fields.Text(
        string="What Customers Are Told",
        help="The reason in the words customers hear: honest and specific.",
    )
    line_ids = fields.One2many("continuity.rotation.line", "rotation_id")
    skipped_text = fields.Text(readonly=True)

    @api.model
    def _open_for(self, relationships):
        """Return the action that proposes new people for some customers.

        :param relationships: ``continuity.relationship``
        :raise UserError: when nobody can be proposed for any of them
        """
        companies = relationships.company_id
        if len(companies) > 1:
            raise UserError(self.env._("Choose customers of one company at a time."))
        skipped = []
        chosen = relationships.browse()
        for relationship in relationships:
            reason = self._skip_reason(relationship)
            if reason:
                skipped.append(f"{relationship.display_name}: {reason}")
            else:
                chosen |= relationship
        if not chosen:
            raise UserError("\n".join(skipped[:10]))
        rotation = self.create(
            {
                "company_id": companies.id,
                "skipped_text": "\n".join(skipped),
                "line_ids": [
                    Command.create(values)
                    for values in self._propose(chosen, companies)
                ],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Propose a Rotation"),
            "res_model": self._name,
            "res_id": rotation.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    @api.model
    def _skip_reason(self, relationship):
        """Say why a customer cannot be rotated by this user, or return None."""
        owner = relationship.owner_id
        if not owner:
            return self.env._("has no salesperson")
        try:
            self.env["continuity.handover"]._check_may_draft_for(owner)
        except AccessError as error:
            return str(error)
        if relationship.handover_id:
            return self.env._("is being handed over already")
        return None

    # === WHO HAS TIME, AND WHAT THEY SHARE === #

    @api.model
    def _propose(self, relationships, company):
        """Return the values of the lines: for each customer, the most important first,
        whoever has most time, counting what was proposed before.

        :rtype: list[dict]
        """
        candidates = self._candidates(company)
        lines = []
        by_importance = relationships.sorted(
            lambda r: (r.tier_id.sequence, -r.revenue, r.id)
        )
        for relationship in by_importance:
            ranked = self._rank(relationship, candidates)
            values = {
                "relationship_id": relationship.id,
                "candidates_text": "\n".join(
                    self._describe(candidate, shared)
                    for candidate, shared in ranked[:MAX_CANDIDATES]
                ),
            }
            if ranked:
                best, shared = ranked[0]
                values["successor_id"] = best.user.id
                values["why"] = self._describe_fit(best, shared)
                best.customers += 1
                best.load += self._weight(relationship.tier_id)
            lines.append(values)
        return lines

    @api.model
    def _candidates(self, company):
        """Return who could take customers over in a company, with what they have to
        do; a handful of statements for any number of people.

        That is who sells there: members of a sales team, and whoever looks after
        customers already. Managers and administrators only seem to have time.

        :rtype: list[Candidate]
        """
        group = self.env.ref("sales_team.group_sale_salesman").sudo()
        plans = self.env["continuity.handover"]
        users = group.all_user_ids.filtered(
            lambda u: (
                u._is_continuity_colleague(company)
                and not plans._successor_problem(u, company)
            )
        )
        found = {user.id: Candidate(user) for user in users}
        self._add_customers(found, company)
        self._add_visits(found, company)
        for candidate in found.values():
            user = candidate.user
            candidate.traits["language"].add((user.lang or "")[:2])
            candidate.traits["team"].update(user.crm_team_ids.ids)
        return [
            candidate
            for candidate in found.values()
            if candidate.customers
            or (candidate.traits["team"] and candidate.user.company_id == company)
        ]

    @api.model
    def _add_customers(self, found, company):
        """Add the customers people look after: how many, how much work, of what
        kind."""
        relationships = self.env["continuity.relationship"].sudo()
        domain = Domain("owner_id", "in", list(found)) & Domain(
            "company_id", "=", company.id
        )
        for owner, tier, count in relationships._read_group(
            domain, ["owner_id", "tier_id"], ["__count"]
        ):
            candidate = found[owner.id]
            candidate.customers += count
            candidate.load += count * self._weight(tier)
        query = relationships._search(domain)
        alias = query.join(query.table, "partner_id", "res_partner", "id", "partner")
        names = ("industry_id", "country_id", "state_id")
        rows = self.env.execute_query(
            query.select(
                SQL("DISTINCT %s", SQL.identifier(query.table, "owner_id")),
                *(SQL.identifier(alias, name) for name in names),
            )
        )
        for owner_id, *values in rows:
            for name, value in zip(names, values, strict=True):
                found[owner_id].traits[name].add(value)

    @api.model
    def _add_visits(self, found, company):
        """Add the visits planned for the next month."""
        today = fields.Date.context_today(self)
        touchpoints = self.env["continuity.touchpoint"].sudo()
        for user, count in touchpoints._read_group(
            Domain(touchpoints._domain_open())
            & Domain("user_id", "in", list(found))
            & Domain("company_id", "=", company.id)
            & Domain("channel_ids.is_meeting", "=", True)
            & Domain("date_due", "<=", fields.Date.add(today, days=DAYS_AHEAD)),
            ["user_id"],
            ["__count"],
        ):
            found[user.id].visits = count
            found[user.id].load += count * VISIT_WEIGHT

    @api.model
    def _weight(self, tier):
        """Return how many contacts a month a customer of a tier asks for."""
        return DAYS_AHEAD / (tier.cadence_days or DEFAULT_CADENCE)

    @api.model
    def _rank(self, relationship, candidates):
        """Return pairs of candidate and what they share with a customer, the best
        first: little to do, each trait in common counting for some of it."""
        owner = relationship.owner_id
        rows = []
        for candidate in candidates:
            if candidate.user == owner:
                continue
            shared = self._shared(candidate, relationship)
            cost = (candidate.load + self._weight(relationship.tier_id)) * (
                1 - SHARED_BONUS * len(shared)
            )
            rows.append((cost, candidate.user.id, candidate, shared))
        rows.sort(key=lambda row: row[:2])
        return [(candidate, shared) for _cost, _id, candidate, shared in rows]

    @api.model
    def _shared(self, candidate, relationship):
        """Return what a candidate shares with a customer; extensions add to it.

        :return: words for people
        :rtype: list[str]
        """
        partner = relationship.partner_id.sudo()
        traits = candidate.traits
        labels = []
        if partner.industry_id.id in traits["industry_id"] - {None, False}:
            labels.append(self.env._("industry (%s)", partner.industry_id.display_name))
        if partner.lang and partner.lang[:2] in traits["language"]:
            labels.append(self.env._("language"))
        if partner.state_id.id in traits["state_id"] - {None, False}:
            labels.append(self.env._("region (%s)", partner.state_id.display_name))
        elif partner.country_id.id in traits["country_id"] - {None, False}:
            labels.append(self.env._("country (%s)", partner.country_id.display_name))
        if traits["team"] & set(relationship.owner_id.sudo().crm_team_ids.ids):
            labels.append(self.env._("sales team"))
        return labels

    @api.model
    def _describe(self, candidate, shared):
        """Name a candidate and say what speaks for them."""
        return f"{candidate.user.name}: {self._describe_fit(candidate, shared)}"

    @api.model
    def _describe_fit(self, candidate, shared):
        """Say what a candidate has to do, and what they share with the customer."""
        text = self.env._(
            "%(customers)s customers, %(load)s contacts a month, %(visits)s visits "
            "planned",
            customers=candidate.customers,
            load=round(candidate.load, 1),
            visits=candidate.visits,
        )
        if not shared:
            return text
        return self.env._(
            "%(text)s; in common: %(shared)s", text=text, shared=", ".join(shared)
        )

    # === THE PLANS === #

    def action_create_plans(self):
        """Draft one plan for each person who has looked after these customers so far.

        :raise AccessError: for people one neither is nor manages
        :raise UserError: when nobody is left to hand over
        """
        self.ensure_one()
        lines = self.line_ids.filtered("successor_id")
        if not lines:
            raise UserError(self.env._("Choose a successor for at least one customer."))
        self.company_id._continuity_check_chosen()
        owners = lines.relationship_id.sudo().owner_id
        plans = self.env["continuity.handover"]
        plans._check_may_draft_for(owners)
        proposals = {
            (values["leaver_id"], values.get("partner_id")): values
            for values in plans._propose_lines(owners, self.company_id)
        }
        for owner, owner_lines in lines.grouped(
            lambda line: line.relationship_id.owner_id
        ).items():
            plans |= self._create_plan(owner, owner_lines, proposals)
        return plans._get_records_action(name=self.env._("Handover Plans"))

    def _create_plan(self, owner, lines, proposals):
        """Draft the plan of one predecessor, as the wizard would."""
        wizard = self.env["continuity.handover.wizard"].create(
            {
                "company_id": self.company_id.id,
                "leaver_ids": [Command.set(owner.ids)],
                "reason": "transfer",
                "internal_reason": self.env._(
                    "Rotation: looked after by the same person for years."
                ),
                "customer_reason": self.customer_reason,
                "date_start": self.date_start,
                "date_end": self.date_end,
                "successor_mode": "each",
            }
        )
        commands = []
        for line in lines:
            values = proposals.get((owner.id, line.relationship_id.partner_id.id))
            if values and line.successor_id != owner:
                commands.append(
                    Command.create({**values, "successor_id": line.successor_id.id})
                )
        wizard.line_ids = commands
        return wizard._create_document()


class ContinuityRotationLine(models.TransientModel):
    """One customer, who looks after it, and who could."""

    _name = "continuity.rotation.line"
    _description = "Customer to Rotate"
    _inherit = ["continuity.readable.links.mixin"]

    rotation_id = fields.Many2one(
        "continuity.rotation", required=True, ondelete="cascade", index=True
    )
    relationship_id = fields.Many2one(
        "continuity.relationship", string="Customer", required=True, readonly=True
    )
    tier_id = fields.Many2one(related="relationship_id.tier_id", related_sudo=False)
    owner_id = fields.Many2one(related="relationship_id.owner_id", related_sudo=False)
    owner_since = fields.Date(related="relationship_id.owner_since", related_sudo=False)
    successor_id = fields.Many2one(
        "res.users", string="Proposed Successor", domain="[('share', '=', False)]"
    )
    why = fields.Char(readonly=True)
    candidates_text = fields.Text(string="Candidates", readonly=True)


class ContinuityRelationship(models.Model):
    _inherit = "continuity.relationship"

    def action_propose_rotation(self):
        """Propose new people for these customers.

        :raise UserError: when none of them can be rotated by this user
        """
        self.check_access("read")
        return self.env["continuity.rotation"]._open_for(self)
