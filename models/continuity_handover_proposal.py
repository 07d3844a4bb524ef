from collections import defaultdict

from odoo import Command, api, fields, models
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
        partners = self.env["res.partner"].browse(partner_ids)
        facts["unseen"] = self._find_unseen(partners, leavers, company)
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
        reasons, known = [], relationship
        if partner in facts["unseen"]:
            known = relationship.browse()
        else:
            reasons = self._reasons_to_meet(partner, relationship, facts)
        manager = bool(
            partner.continuity_focus_account or known.tier_id & facts["manager_tiers"]
        )
        people = facts["people"].get(partner_id, [])[:3] or [partner_id]
        mode = "visit" if reasons else "info"
        values = {
            "leaver_id": leaver.id,
            "partner_id": partner_id,
            "relationship_id": relationship.id,
            "tier_id": known.tier_id.id,
            "proposal": {"found": list(counts.items()), "reasons": reasons},
            "mode": mode,
            "manager_attends": mode == "visit" and manager,
            "contact_ids": [Command.set(people)],
        }
        rank = (
            mode != "visit",
            known.tier_id.sequence or 0,
            -known.revenue,
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
            "proposal": {"deal": True},
            "mode": "info",
        }
        return (True, float("inf"), 0, lead.id), values

    @api.model
    def _reasons_to_meet(self, partner, relationship, facts):
        """Return why a customer should be met in person; extensions add reasons,
        and their words in :meth:`_describe_reason`.

        :return: pairs of a code and what JSON can hold of it
        :rtype: list[list]
        """
        reasons = []
        tier = relationship.tier_id
        if tier & facts["visit_tiers"]:
            reasons.append(["tier", tier.id])
        if partner.continuity_focus_account:
            reasons.append(["focus", None])
        if self._is_formerly_large(relationship, facts):
            reasons.append(["formerly_large", None])
        if partner_deals := facts["deals"].get(partner.id):
            count, closing = partner_deals
            if closing:
                reasons.append(["closing", fields.Date.to_string(closing)])
            else:
                reasons.append(["deals", count])
        if count := facts["quotations"].get(partner.id):
            reasons.append(["quotations", count])
        if partner.continuity_dislikes_change:
            reasons.append(["dislikes_change", None])
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

    # === IN WORDS === #

    @api.model
    def _describe_mode(self, proposal):
        """Say why a visit, or information only, was proposed.

        :param dict proposal: see ``continuity.handover.proposed``
        :rtype: str
        """
        if not proposal:
            return ""
        if proposal.get("deal"):
            return self.env._("information only: no customer to visit yet")
        if not proposal["reasons"]:
            return self.env._("information only: no reason for a visit found")
        texts = [self._describe_reason(*reason) for reason in proposal["reasons"]]
        return self.env._("meet: %s", ", ".join(filter(None, texts)))

    @api.model
    def _describe_reason(self, code, value):
        """Put one reason of :meth:`_reasons_to_meet` into words.

        :rtype: str
        """
        match code:
            case "tier":
                tier = self.env["continuity.tier"].sudo().browse(value).exists()
                return self.env._("key account (tier %s)", tier.name or "?")
            case "focus":
                return self.env._("focus account")
            case "formerly_large":
                return self.env._("formerly large")
            case "closing":
                return self.env._("deal closing %s", format_date(self.env, value))
            case "deals":
                return self.env._("deals in progress: %s", value)
            case "quotations":
                return self.env._("open quotations: %s", value)
            case "dislikes_change":
                return self.env._("dislikes a change of contact")
        return ""

    @api.model
    def _describe_found(self, proposal):
        """Put into words how a customer was found, e.g. “Customers: 1, Open deals: 2”.

        :param dict proposal: see ``continuity.handover.proposed``
        :rtype: str
        """
        if proposal.get("deal"):
            return self.env._("deal without a customer")
        labels = {mover.key: mover.label for mover in self._get_movers()}
        return ", ".join(
            f"{labels.get(key, key)}: {count}"
            for key, count in proposal.get("found", ())
        )
