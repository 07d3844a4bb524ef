from collections import defaultdict

from odoo import Command, api, models
from odoo.tools import format_date


class ContinuityHandover(models.Model):
    """Who is met and why (H3): every proposal comes with its reasons."""

    _inherit = "continuity.handover"

    @api.model
    def _propose_lines(self, leavers, company):
        """Propose one line per customer of the leavers, and per deal of theirs that
        has no customer.

        Runs with the rights of the app: the caller has checked that the user is, or
        manages, the leavers.

        :param leavers: ``res.users``
        :param company: ``res.company`` whose relationships and records count
        :return: values for ``continuity.handover.wizard.line``, the customers to
            meet first, then by revenue
        :rtype: list[dict]
        """
        self = self.sudo()
        found, deals = self._find_customers(leavers, company)
        partner_ids = {pid for customers in found.values() for pid in customers}
        facts = self._collect_facts(partner_ids, company)
        proposals = []
        for leaver in leavers:
            for partner_id, counts in found.get(leaver.id, {}).items():
                proposals.append(
                    self._propose_customer(leaver, partner_id, counts, facts)
                )
            for lead in self.env["crm.lead"].browse(deals.get(leaver.id, [])):
                proposals.append(self._propose_deal(leaver, lead))
        return [values for _rank, values in sorted(proposals, key=lambda pair: pair[0])]

    @api.model
    def _collect_facts(self, partner_ids, company):
        """Read, in a few queries, what the proposals of all customers rest on."""
        partners = self.env["res.partner"].browse(partner_ids)
        relationships = self.env["continuity.relationship"]._ensure(company, partners)
        deals = {}
        for partner, count, closing in self.env["crm.lead"]._read_group(
            [
                ("partner_id.commercial_partner_id", "in", list(partner_ids)),
                ("type", "=", "opportunity"),
                ("won_status", "=", "pending"),
                ("company_id", "in", [company.id, False]),
            ],
            ["partner_id"],
            ["__count", "date_deadline:min"],
        ):
            customer_id = partner.commercial_partner_id.id
            known, earliest = deals.get(customer_id, (0, False))
            earliest = min(filter(None, (earliest, closing)), default=False)
            deals[customer_id] = (known + count, earliest)
        quotations = defaultdict(int)
        for partner, count in self.env["sale.order"]._read_group(
            [
                ("partner_id.commercial_partner_id", "in", list(partner_ids)),
                ("state", "in", ("draft", "sent")),
                ("company_id", "=", company.id),
            ],
            ["partner_id"],
            ["__count"],
        ):
            quotations[partner.commercial_partner_id.id] += count
        people = defaultdict(list)
        for contact in self.env["res.partner"].search(
            [
                ("commercial_partner_id", "in", list(partner_ids)),
                ("id", "not in", list(partner_ids)),
                ("type", "=", "contact"),
                ("is_company", "=", False),
            ],
            order="id",
        ):
            people[contact.commercial_partner_id.id].append(contact.id)
        steps = self.env["continuity.policy.step"].search(
            [("purpose", "=", "handover")]
        )
        visiting = steps.filtered(lambda s: all(s.channel_ids.mapped("is_meeting")))
        return {
            "company": company,
            "partners": {partner.id: partner for partner in partners},
            "relationships": {r.partner_id.id: r for r in relationships},
            "deals": deals,
            "quotations": quotations,
            "people": people,
            "visit_tiers": visiting.tier_id,
            "manager_tiers": visiting.filtered("manager_attends").tier_id,
        }

    @api.model
    def _propose_customer(self, leaver, partner_id, counts, facts):
        """Return rank and values of the line proposed for one customer."""
        partner = facts["partners"][partner_id]
        relationship = facts["relationships"].get(
            partner_id, self.env["continuity.relationship"]
        )
        reasons = self._reasons_to_meet(partner, relationship, facts)
        manager = bool(
            partner.continuity_focus_account
            or relationship.tier_id & facts["manager_tiers"]
        )
        people = facts["people"].get(partner_id, [])[:3] or [partner_id]
        mode = "visit" if reasons else "info"
        values = {
            "leaver_id": leaver.id,
            "partner_id": partner_id,
            "relationship_id": relationship.id,
            "tier_id": relationship.tier_id.id,
            "found_via": self._describe_counts(counts),
            "mode": mode,
            "mode_reason": self._describe_mode(reasons),
            "manager_attends": mode == "visit" and manager,
            "contact_ids": [Command.set(people)],
        }
        rank = (
            mode != "visit",
            relationship.tier_id.sequence or 0,
            -relationship.revenue,
            partner_id,
        )
        return rank, values

    @api.model
    def _propose_deal(self, leaver, lead):
        """Return rank and values of the line for a deal without a customer."""
        values = {
            "leaver_id": leaver.id,
            "lead_id": lead.id,
            "deal_name": lead.name,
            "found_via": self.env._("deal without a customer"),
            "mode": "info",
            "mode_reason": self.env._("information only: no customer to visit yet"),
        }
        return (True, float("inf"), 0, lead.id), values

    @api.model
    def _reasons_to_meet(self, partner, relationship, facts):
        """Return why a customer should be met in person; extensions add reasons.

        :rtype: list[str]
        """
        reasons = []
        tier = relationship.tier_id
        if tier & facts["visit_tiers"]:
            reasons.append(self.env._("key account (tier %s)", tier.name))
        if partner.continuity_focus_account:
            reasons.append(self.env._("focus account"))
        if self._is_formerly_large(relationship, facts):
            reasons.append(self.env._("formerly large"))
        if partner_deals := facts["deals"].get(partner.id):
            count, closing = partner_deals
            if closing:
                reasons.append(
                    self.env._("deal closing %s", format_date(self.env, closing))
                )
            else:
                reasons.append(self.env._("deals in progress: %s", count))
        if count := facts["quotations"].get(partner.id):
            reasons.append(self.env._("open quotations: %s", count))
        if partner.continuity_dislikes_change:
            reasons.append(self.env._("dislikes a change of contact"))
        return reasons

    @api.model
    def _is_formerly_large(self, relationship, facts):
        """Tell whether the best year of a customer reached a tier that is visited,
        while the last window no longer does."""
        if not relationship or relationship.tier_id & facts["visit_tiers"]:
            return False
        thresholds = [
            tier.with_company(facts["company"]).min_revenue
            for tier in facts["visit_tiers"]
        ]
        return any(0 < limit <= relationship.peak_revenue for limit in thresholds)

    @api.model
    def _describe_mode(self, reasons):
        if reasons:
            return self.env._("meet: %s", ", ".join(reasons))
        return self.env._("information only: no reason for a visit found")

    @api.model
    def _describe_counts(self, counts):
        """Put into words how a customer was found, e.g. “owner, 2 open deals”."""
        labels = {mover.key: mover.label for mover in self._get_movers()}
        return ", ".join(f"{labels[key]}: {count}" for key, count in counts.items())
