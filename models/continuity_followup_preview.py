from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.day_planner import Contact, place
from .continuity_followup_placing import Reason
from .continuity_followup_planning import HORIZON_DAYS
from .continuity_touchpoint import OPEN_STATES


class ContinuityFollowupOccurrence(models.Model):
    """What a rule would do, without doing it."""

    _inherit = "continuity.followup.occurrence"

    @api.model
    def _preview(self, rule, company, days, limit):
        """Return whom a rule would contact in the next days, and whom not.

        The same questions as in the planning, asked of this rule alone: contacts of
        other rules that would take the same free days are not known yet. Nothing is
        written.

        :param rule: ``continuity.followup.rule``, active or not
        :param company: ``res.company``
        :param int days: how far to look ahead
        :param int limit: greatest number of rows
        :return: values of ``continuity.followup.preview``
        :rtype: list[dict]
        """
        self = self.sudo()
        rule, company = rule.sudo(), company.sudo()
        self.env.flush_all()
        today = fields.Date.today()
        reasons = self._search_preview(rule, company, today, days, limit)
        users = self.env["res.users"].with_context(active_test=False)
        users = users.browse({reason.user_id for reason in reasons if reason.user_id})
        slots = self._free_slots(company, users, today, days)
        relationships = self.env["continuity.relationship"].browse(
            reason.relationship_id for reason in reasons
        )
        refusals = relationships._contact_refusals("followup")
        open_customers = self._search_open_customers(relationships)
        problems = {}
        for reason in reasons:
            user = users.browse(reason.user_id)
            problem = refusals.get(reason.relationship_id)
            if not user:
                problem = self.env._("Nobody looks after this customer.")
            elif not user.active or company not in user.company_ids:
                problem = self.env._("%s cannot make the contact.", user.name)
            elif self._can_join(reason, open_customers):
                problem = self.env._("Will be part of the contact already planned.")
            if problem:
                problems[reason.id] = problem
        placed = place(
            [
                Contact(reason, reason.user_id, reason.day, self._rank(reason))
                for reason in reasons
                if reason.id not in problems
            ],
            slots,
        )
        tiers = self.env["continuity.tier"]
        products = self.env["product.template"]
        values = []
        for reason in reasons:
            day = placed.get(reason)
            channels = rule._channels_for(tiers.browse(reason.tier_id))
            no_room = self.env._("No free day yet: waits for one.")
            values.append(
                {
                    "rule_id": rule.id,
                    "relationship_id": reason.relationship_id,
                    "partner_id": reason.partner_id,
                    "tier_id": reason.tier_id,
                    "user_id": reason.user_id,
                    "channel_id": channels[:1].id,
                    "date_due": reason.date_due,
                    "date_planned": day,
                    "why": rule._describe(
                        reason.since,
                        reason.date_due,
                        reason.document,
                        products.browse(reason.product_id),
                    ),
                    "refusal": problems.get(reason.id) or (not day and no_room),
                }
            )
        return values

    @api.model
    def _search_preview(self, rule, company, today, days, limit):
        """Return what a rule finds, and what it has found that nobody planned yet."""
        window = self._window(company, rule, today, days)
        return [
            Reason(*row)
            for row in self.env.execute_query(
                SQL(
                    """SELECT ROW_NUMBER() OVER (ORDER BY d.date_due, r.id), r.id,
                              r.partner_id, %(rule)s, r.tier_id, %(responsible)s,
                              GREATEST(d.date_due, %(today)s::date), d.since,
                              d.date_due, d.document, d.product_id, 0,
                              p.continuity_channel_id, %(standing)s,
                              COALESCE(t.sequence, 0)
                         FROM (SELECT relationship_id, since, date_due, document,
                                      product_id
                                 FROM (%(due)s) due
                                WHERE NOT EXISTS (
                                    SELECT FROM continuity_followup_occurrence o
                                     WHERE o.rule_id = %(rule)s AND o.key = due.key
                                       AND o.relationship_id = due.relationship_id)
                            UNION ALL
                               SELECT relationship_id, since, date_due, document,
                                      product_id
                                 FROM continuity_followup_occurrence
                                WHERE rule_id = %(rule)s AND company_id = %(company)s
                                  AND state IN ('waiting', 'held')) d
                         JOIN continuity_relationship r ON r.id = d.relationship_id
                         JOIN res_partner p ON p.id = r.partner_id
                    LEFT JOIN continuity_tier t ON t.id = r.tier_id
                     ORDER BY 1 LIMIT %(limit)s""",
                    rule=rule.id,
                    company=company.id,
                    responsible=SQL("%s", rule.user_id.id)
                    if rule.owner == "person"
                    else SQL("p.user_id"),
                    today=today,
                    standing=int(rule.trigger == "never"),
                    due=rule._due_sql(company, window),
                    limit=limit,
                )
            )
        ]

    @api.model
    def _search_open_customers(self, relationships):
        """Return the first day of the open contacts that can take further reasons, by
        relationship id, see :meth:`_merge_into_open`."""
        rows = self.search(
            [
                ("relationship_id", "in", relationships.ids),
                ("state", "=", "planned"),
                ("touchpoint_id.state", "in", OPEN_STATES),
                ("touchpoint_id.held_back", "=", False),
                ("touchpoint_id.frozen_on", "=", False),
            ]
        )
        return {
            relationship.id: min(together.touchpoint_id.mapped("date_show"))
            for relationship, together in rows.grouped("relationship_id").items()
        }

    @api.model
    def _can_join(self, reason, open_customers):
        """Tell whether a reason becomes part of a contact already planned."""
        day = open_customers.get(reason.relationship_id)
        return day and day <= reason.day + timedelta(days=HORIZON_DAYS - 1)
