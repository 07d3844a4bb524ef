"""Which provider fits a customer of a dissolution, and the transfer to it."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.text_similarity import overlap, tokens
from .continuity_transfer import CURRENT_STATES

# What each fit counts; words in common count one each, up to the same.
FIT = 3


class ContinuityDissolutionCustomer(models.Model):
    _inherit = "continuity.dissolution.customer"

    transfer_ids = fields.One2many(
        "continuity.transfer", "customer_id", string="Transfers", readonly=True
    )
    transfer_id = fields.Many2one(
        "continuity.transfer",
        compute="_compute_transfer_id",
        compute_sudo=True,
        string="Transfer Under Way",
    )

    _guarded_fields = frozenset({"transfer_ids"})

    @api.depends("transfer_ids.state")
    def _compute_transfer_id(self):
        for line in self:
            line.transfer_id = line.transfer_ids.filtered(
                lambda t: t.state in CURRENT_STATES
            )[:1]

    # === MATCHING === #

    def _match_providers(self):
        """Rank the providers that fit one customer, with the reasons.

        A provider that cannot serve the customer's country, or has no place left, is
        not offered. Who fits better comes first; an interest of ours counts for
        nothing.

        :return: one dict per provider, best first: ``provider``
            (``continuity.provider``), ``score``, ``reasons`` (for colleagues) and
            ``customer_reasons`` (for letters and the customer's page: nothing of what
            we noted about the customer), in the language of the context
        :rtype: list[dict]
        """
        self.ensure_one()
        providers = self.env["continuity.provider"].sudo()
        providers = providers.search(providers._domain_offered(self.company_id))
        lang = self.env.context.get("lang")
        bought = self._bought_categories()
        tried = self.sudo().transfer_ids.filtered(
            lambda t: t.state in ("returned", "cancelled")
        )
        matches = []
        for provider in providers.with_context(lang=lang) - tried.provider_id:
            if provider._is_full() or provider.partner_id == self.partner_id:
                continue
            match = self._match_provider(provider, bought)
            if match:
                matches.append(match)
        return sorted(
            matches,
            key=lambda m: (-m["score"], m["provider"].sequence, m["provider"].id),
        )

    def _match_provider(self, provider, bought):
        """Say how well one provider fits, and why; None when it cannot serve them.

        :param provider: ``continuity.provider``, as superuser
        :param bought: ``product.category`` of what the customer bought
        :rtype: dict | None
        """
        partner = self.sudo().partner_id
        score, reasons, internal = 0, [], []
        country, countries = partner.country_id, provider.country_ids
        if countries and country and country not in countries:
            return None
        if country and country in countries:
            score += FIT
            reasons.append(self.env._("Serves customers in %s", country.name))
        industry = partner.industry_id
        if industry and industry in provider.industry_ids:
            score += FIT
            reasons.append(self.env._("Knows your industry: %s", industry.name))
        offered = bought.filtered(
            lambda c: any(
                str(category.id) in c.parent_path.split("/")
                for category in provider.categ_ids
            )
        )
        if offered:
            score += FIT
            names = ", ".join(offered[:3].mapped("name"))
            reasons.append(self.env._("Offers what you buy from us: %s", names))
        # The customer reads what the provider says of itself, never our notes.
        words = self._preference_tokens()
        for line in (provider.partner_words or "").splitlines():
            shared, _possible = overlap(words, tokens(line))
            if shared:
                score += min(shared, FIT)
                reasons.append(self.env._("Works with %s", line.strip()))
                internal.append(self.env._("Fits what is noted of their preferences"))
        places = provider.capacity and provider.free_places
        if places:
            internal.append(self.env._("%s places left", places))
        return {
            "provider": provider.sudo(self.env.su),
            "score": score,
            "reasons": reasons + list(dict.fromkeys(internal)),
            "customer_reasons": reasons,
        }

    def _preference_tokens(self):
        """Return the words of what is noted about the customer's preferences."""
        partner = self.sudo().partner_id
        return tokens(
            " ".join(
                filter(
                    None, [partner.continuity_preferences, partner.continuity_business]
                )
            )
        )

    def _bought_categories(self):
        """Return the categories of what the customer ordered from the company.

        :rtype: product.category
        """
        groups = (
            self.env["sale.order.line"]
            .sudo()
            ._read_group(
                [
                    ("order_id.partner_id", "child_of", self.sudo().partner_id.id),
                    ("company_id", "=", self.company_id.id),
                    ("state", "=", "sale"),
                    ("product_id", "!=", False),
                ],
                ["product_id"],
            )
        )
        products = self.env["product.product"].sudo().union(*(row[0] for row in groups))
        return products.categ_id

    # === TRANSFER === #

    def _propose_transfer(self, provider=None):
        """Begin the transfer to a provider; one under way to another is given up.

        Whoever calls it has checked who may.

        :param provider: ``continuity.provider``; without, the best match
        :return: the transfer, empty when no provider fits
        :rtype: continuity.transfer
        :raise UserError: when the provider does not fit, or data has left already
        """
        self.ensure_one()
        matches = self._match_providers()
        transfers = self.env["continuity.transfer"].sudo()
        if provider is None:
            chosen = matches[:1]
        else:
            chosen = [m for m in matches if m["provider"] == provider]
        if not chosen:
            if provider is None:
                return transfers.sudo(self.env.su)
            raise UserError(
                self.env._(
                    "%(provider)s cannot take on %(customer)s: choose another one.",
                    provider=provider.sudo().display_name,
                    customer=self.sudo().display_name,
                )
            )
        # Locked, so that two answers at the same moment make one transfer.
        line = self.sudo()
        line.lock_for_update(allow_referencing=True)
        line.invalidate_recordset(["transfer_ids"])
        current = line.transfer_id
        match = chosen[0]
        if current.provider_id == match["provider"]:
            return current.sudo(self.env.su)
        if current:
            current._check_state("proposed", "agreed")
            current.write(
                {
                    "state": "cancelled",
                    "cancel_reason": self.env._("Another provider was chosen."),
                }
            )
            # Before the next one: there is one at a time.
            current.flush_recordset()
        transfer = transfers.create(
            {
                "customer_id": self.id,
                "provider_id": match["provider"].id,
                "rank": matches.index(match) + 1,
                "reasons": "\n".join(match["reasons"]),
            }
        )
        return transfer.sudo(self.env.su)

    def _combine_into(self, target):
        # There is one under way at a time: that of the customer who stays.
        if target.sudo().transfer_id:
            for transfer in self.sudo().transfer_id:
                left = transfer.state in ("exported", "running")
                transfer.write(
                    {
                        "state": "done" if left else "cancelled",
                        "cancel_reason": self.env._(
                            "Merged with %s, whose own transfer is under way.",
                            target.display_name,
                        ),
                    }
                )
        return super()._combine_into(target)

    def _reopen(self):
        """Look after customers again who were closed."""
        self.sudo().filtered(lambda line: line.state == "closed").state = "told"

    def action_choose_provider(self):
        """Open the providers that fit, ranked, to choose one with the customer."""
        self.ensure_one()
        self._check_may_report()
        return self.env["continuity.provider.choice"]._open(self)
