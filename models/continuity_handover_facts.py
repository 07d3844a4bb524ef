from odoo import models
from odoo.exceptions import AccessError
from odoo.tools import format_amount, format_date, html2plaintext

# Enough to start from; the predecessor knows which of it matters.
MAX_ENTRIES = 10


class ContinuityHandoverLine(models.Model):
    """What Odoo already knows of a customer, as a first draft of each item.

    The predecessor edits the drafts: only what they declare prepared counts.
    """

    _inherit = "continuity.handover.line"

    def action_fill_items(self):
        """Fill the empty items of open lines from Odoo.

        Reads with the rights of the user, so that nobody learns in a draft what
        they may not see elsewhere.

        :raise AccessError: unless the predecessor, an approver or a manager
        """
        for line in self:
            line.check_access("read")
            if not (line.is_leaver or line.may_manage):
                raise AccessError(
                    self.env._("The predecessor prepares the items of their customers.")
                )
            for check in line.check_ids:
                if check.state != "to_prepare" or check.prepared_text:
                    continue
                source = check.topic_id.source
                draft = source and getattr(line, f"_draft_{source}")()
                if draft:
                    check.prepared_text = draft

    def _draft_contacts(self):
        """List the people of the customer with telephone and mail."""
        partner = self.partner_id
        if not partner:
            lead = self.lead_id
            parts = (lead.contact_name, lead.partner_name, lead.phone, lead.email_from)
            return ", ".join(filter(None, parts))
        people = self.env["res.partner"].search(
            [("commercial_partner_id", "=", partner.id)], limit=MAX_ENTRIES
        )
        return "\n".join(
            ", ".join(filter(None, (p.name, p.function, p.phone, p.email)))
            for p in people
        )

    def _draft_profile(self):
        """Gather the customer's profile."""
        partner = self.partner_id
        names = (
            "continuity_business",
            "continuity_equipment",
            "continuity_decision_makers",
            "continuity_preferences",
        )
        labels = partner.fields_get(names, ["string"])
        return "\n".join(
            f"{labels[name]['string']}: {partner[name]}"
            for name in names
            if partner[name]
        )

    def _draft_purchases(self):
        """List the last confirmed orders with date, amount and reason."""
        orders = self.env["sale.order"].search(
            [
                ("partner_id.commercial_partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
                ("state", "=", "sale"),
            ],
            order="date_order desc",
            limit=MAX_ENTRIES,
        )
        return "\n".join(
            ", ".join(
                filter(
                    None,
                    (
                        format_date(self.env, order.date_order),
                        order.name,
                        format_amount(
                            self.env, order.amount_untaxed, order.currency_id
                        ),
                        order.continuity_purchase_reason,
                    ),
                )
            )
            for order in orders
        )

    def _draft_deals(self):
        """List the open deals with stage, amount and expected closing."""
        leads = self.lead_id or self.env["crm.lead"].search(
            [
                ("partner_id.commercial_partner_id", "=", self.partner_id.id),
                ("company_id", "in", [self.company_id.id, False]),
                ("won_status", "=", "pending"),
            ],
            order="date_deadline",
            limit=MAX_ENTRIES,
        )
        return "\n".join(
            ", ".join(
                filter(
                    None,
                    (
                        lead.name,
                        lead.stage_id.name,
                        format_amount(
                            self.env,
                            lead.expected_revenue,
                            lead.company_currency or self.company_id.currency_id,
                        ),
                        lead.date_deadline
                        and self.env._(
                            "closing %s", format_date(self.env, lead.date_deadline)
                        ),
                    ),
                )
            )
            for lead in leads
        )

    def _draft_interactions(self):
        """List the last messages from and notes about the customer."""
        people = self.env["res.partner"].search(
            [("commercial_partner_id", "=", self.partner_id.id)]
        )
        messages = self.env["mail.message"].search(
            [
                ("model", "=", "res.partner"),
                ("res_id", "in", people.ids),
                ("message_type", "in", ("email", "comment")),
            ],
            order="date desc",
            limit=MAX_ENTRIES,
        )
        return "\n".join(
            f"{format_date(self.env, message.date)} {message.author_id.name or ''}: "
            f"{html2plaintext(message.body)[:200]}"
            for message in messages
        )
