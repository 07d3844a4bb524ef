from datetime import timedelta

from odoo import fields, models

from .continuity_dissolution_aftercare import SERVED_ELSEWHERE


class ContinuityDissolutionCustomer(models.Model):
    """Those who serve a customer now are asked as well how it goes (D10): one contact
    per provider and week, for all customers whose day falls into it."""

    _inherit = "continuity.dissolution.customer"

    def _plan_aftercare(self):
        touchpoints = super()._plan_aftercare()
        values = []
        for campaign, lines in self.grouped("dissolution_id").items():
            values += campaign._prepare_provider_aftercare(lines)
        asked = self.env["continuity.touchpoint"]._plan(values)
        today = fields.Date.context_today(self)
        asked.filtered(lambda t: t.date_show <= today)._show()
        return touchpoints | asked


class ContinuityDissolution(models.Model):
    _inherit = "continuity.dissolution"

    def _prepare_provider_aftercare(self, lines):
        """Return the contacts in which providers are asked how these customers do.

        :param lines: ``continuity.dissolution.customer`` of this campaign
        :rtype: list[dict]
        """
        self.ensure_one()
        transfers = lines.sudo().transfer_ids.filtered(
            lambda t: t.state in SERVED_ELSEWHERE and t.free_from
        )
        weeks = {}
        for transfer in transfers:
            steps = self.env["continuity.policy.step"]._steps_for(
                "aftercare",
                transfer.customer_id.tier_id,
                transfer.customer_id.segment,
            )
            for days in set(steps.mapped("offset_days")):
                due = transfer.free_from + timedelta(days=days)
                key = (transfer.provider_id, days, tuple(due.isocalendar()[:2]))
                customers = weeks.setdefault(key, [])
                customers.append((due, transfer.partner_id.display_name))
        return [
            self._prepare_provider_contact(*key, sorted(customers))
            for key, customers in weeks.items()
        ]

    def _prepare_provider_contact(self, provider, days, week, customers):
        """Return one contact with a provider, worded for who makes it.

        :param provider: ``continuity.provider``
        :param int days: days since it began to serve the customers
        :param tuple week: year and week of the contact
        :param list customers: tuples (day, name)
        :rtype: dict
        """
        user = self.aftercare_user_id or self.owner_id or self.create_uid
        self = self.with_context(lang=user.lang)
        partner = provider.partner_id.commercial_partner_id
        relationship = self.env["continuity.relationship"]._ensure(
            self.company_id, partner
        )
        channels = self.env["continuity.channel"].union(
            *(
                self.env.ref(f"customer_continuity.channel_{name}")
                for name in ("call", "video", "email")
            )
        )
        return {
            "origin_model": self._name,
            "origin_id": self.id,
            "occurrence": f"aftercare:{provider.id}:{days}:{week[0]}-{week[1]}",
            "relationship_id": relationship.id,
            "partner_id": partner.id,
            "company_id": self.company_id.id,
            "name": self.env._(
                "Ask %(provider)s how our customers are, %(days)s days on",
                provider=provider.display_name,
                days=days,
            ),
            "purpose": "aftercare",
            "channel_ids": channels.ids,
            "contact_ids": [fields.Command.set(provider.contact_id.ids)],
            "user_id": user.id,
            "why": ", ".join(name for _day, name in customers),
            "date_due": self.company_id._continuity_working_day(user, customers[0][0]),
        }
