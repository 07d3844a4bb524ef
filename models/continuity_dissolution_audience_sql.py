"""Who is concerned by a dissolution, and how: one SELECT over the books (D3).

Segments
========

unfulfilled
    We owe them: something ordered is not delivered, money they paid in advance or a
    credit is not used up. They lose most, so they come first, whatever else is true.
    What counts as delivered where nobody enters deliveries, see
    ``continuity_obligation_assumed.py``; a draft of a credit note counts, too: somebody
    is about to owe it.
paying
    We owe them nothing, and they owe us or bought within the last months of the
    settings: they count on us going on.
settled
    Nothing is open, and their last purchase is longer ago.

Concerned are the customers who ever bought from the company, and everybody with
something open by the books, also when archived: nobody's money is forgotten because a
record was put away. A prospect who never bought has nothing to lose and is not listed.
"""

from dateutil.relativedelta import relativedelta

from odoo import models
from odoo.tools import SQL

from .continuity_obligation import FOUND_KINDS, OWED_KINDS

# Documents named per kind in the reason for a segment.
NAMED_DOCUMENTS = 5


class ContinuityDissolution(models.Model):
    _inherit = "continuity.dissolution"

    def _audience_sql(self):
        """Return the SELECT of everybody concerned, from what was collected.

        Columns: partner_id, relationship_id, tier_id, user_id, segment, segment_reason.

        :rtype: SQL
        """
        today = self._local_today()
        since = today - relativedelta(months=self.company_id.continuity_paying_months)
        return SQL(
            """
WITH open AS (
    SELECT partner_id,
           BOOL_OR(kind IN %(owed)s) AS owed,
           STRING_AGG(label || ': ' || names, E'\n' ORDER BY position) AS reason
      FROM (
            SELECT t.partner_id, l.kind, l.label, l.position,
                   ARRAY_TO_STRING(
                       (ARRAY_AGG(DISTINCT t.origin_name))[1:%(named)s], ', ')
                   || CASE WHEN COUNT(DISTINCT t.origin_name) > %(named)s
                           THEN ' … (' || COUNT(DISTINCT t.origin_name) || ')'
                           ELSE '' END AS names
              FROM continuity_found t
              JOIN (VALUES %(labels)s) l (position, kind, hint, label)
                ON l.kind = t.kind AND l.hint = COALESCE(t.hint, '')
          GROUP BY t.partner_id, l.kind, l.label, l.position
           ) kinds
  GROUP BY partner_id
)
SELECT r.partner_id, r.id AS relationship_id, r.tier_id,
       CASE WHEN u.id IS NOT NULL THEN u.id
            WHEN open.owed THEN %(user_unfulfilled)s
            WHEN open.partner_id IS NOT NULL OR r.last_purchase_date > %(since)s
                THEN %(user_paying)s
            ELSE %(user_settled)s END AS user_id,
       CASE WHEN open.owed THEN 'unfulfilled'
            WHEN open.partner_id IS NOT NULL OR r.last_purchase_date > %(since)s
                THEN 'paying'
            ELSE 'settled' END AS segment,
       COALESCE(open.reason,
                %(last_purchase)s || ': ' || r.last_purchase_date) AS segment_reason
  FROM continuity_relationship r
  JOIN res_partner p ON p.id = r.partner_id
  LEFT JOIN open ON open.partner_id = r.partner_id
  LEFT JOIN res_users u ON u.id = r.owner_id AND u.active
 WHERE r.company_id = %(company)s
   AND (open.partner_id IS NOT NULL OR (r.active AND r.purchase_count > 0))
   %(filters)s""",
            owed=OWED_KINDS,
            named=NAMED_DOCUMENTS,
            labels=SQL(", ").join(
                SQL("%s", (position, kind, hint or "", label))
                for position, (kind, hint, label) in enumerate(self._found_labels())
            ),
            since=since,
            last_purchase=self._author_env()._("Last purchase"),
            company=self.company_id.id,
            filters=self._audience_filters(),
            **{
                f"user_{segment}": SQL("%s::int", self._speaker(segment).id)
                for segment in ("unfulfilled", "paying", "settled")
            },
        )

    def _author_env(self):
        """Return the environment in the language of who drafted the campaign: what is
        internal is written in it."""
        author = self.create_uid or self.env.user
        return self.with_context(lang=author.lang).env

    def _found_labels(self):
        """Return (kind, hint, label) of what is found, most important first."""
        env = self._author_env()
        kinds = dict(
            env["continuity.obligation"]._fields["kind"]._description_selection(env)
        )
        hinted = {
            ("undelivered", "unrecorded"): env._("Not delivered (no delivery entered)"),
            ("credit", "draft"): env._("Draft of a credit note"),
            ("uninvoiced", "draft"): env._("Draft of an invoice"),
        }
        return [
            (kind, hint, kinds[kind] if hint is None else hinted[kind, hint])
            for kind in FOUND_KINDS
            for hint in (None, "draft", "unrecorded")
            if hint is None or (kind, hint) in hinted
        ]

    def _speaker(self, segment):
        """Return who speaks to customers of a segment that have no salesperson.

        :rtype: res.users
        """
        members = self.member_ids.filtered(lambda member: member.role == segment)
        return members.user_id[:1] or self._lead() or self.env.user

    def _audience_filters(self):
        """Return further conditions on the customer ``p`` and relationship ``r``.

        A team has the customers who bought from it and those of its members.

        :rtype: SQL
        """
        conditions = []
        if self.country_ids:
            conditions.append(
                SQL("AND p.country_id IN %s", tuple(self.country_ids.ids))
            )
        if self.team_ids:
            conditions.append(
                SQL(
                    """AND (r.owner_id IN (
                                SELECT user_id FROM crm_team_member
                                 WHERE active AND crm_team_id IN %(teams)s)
                         OR r.partner_id IN (
                                SELECT op.commercial_partner_id
                                  FROM sale_order o
                                  JOIN res_partner op ON op.id = o.partner_id
                                 WHERE o.company_id = %(company)s AND o.state = 'sale'
                                   AND o.team_id IN %(teams)s)
                         OR r.partner_id IN (
                                SELECT mp.commercial_partner_id
                                  FROM account_move m
                                  JOIN res_partner mp ON mp.id = m.partner_id
                                 WHERE m.company_id = %(company)s
                                   AND m.state = 'posted'
                                   AND m.move_type IN ('out_invoice', 'out_refund')
                                   AND m.team_id IN %(teams)s))""",
                    teams=tuple(self.team_ids.ids),
                    company=self.company_id.id,
                )
            )
        if self.categ_ids:
            conditions.append(
                SQL(
                    """AND (r.partner_id IN (
                                SELECT op.commercial_partner_id
                                  FROM sale_order_line l
                                  JOIN sale_order o ON o.id = l.order_id
                                  JOIN res_partner op ON op.id = o.partner_id
                                  JOIN product_product pp ON pp.id = l.product_id
                                  JOIN product_template pt ON pt.id = pp.product_tmpl_id
                                 WHERE o.company_id = %(company)s AND o.state = 'sale'
                                   AND pt.categ_id IN %(categories)s)
                         OR r.partner_id IN (
                                SELECT mp.commercial_partner_id
                                  FROM account_move_line il
                                  JOIN account_move m ON m.id = il.move_id
                                  JOIN res_partner mp ON mp.id = m.partner_id
                                  JOIN product_product pp ON pp.id = il.product_id
                                  JOIN product_template pt ON pt.id = pp.product_tmpl_id
                                 WHERE m.company_id = %(company)s
                                   AND m.state = 'posted'
                                   AND m.move_type IN ('out_invoice', 'out_refund')
                                   AND pt.categ_id IN %(categories)s))""",
                    categories=self.env["continuity.obligation"]._found_categories(
                        self
                    ),
                    company=self.company_id.id,
                )
            )
        return SQL(" ").join(conditions)
