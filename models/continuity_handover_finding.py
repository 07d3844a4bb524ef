"""Which customers a leaver has, and how much of what will move: a few statements for
any number of customers.
"""

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL


class ContinuityHandover(models.Model):
    _inherit = "continuity.handover"

    @api.model
    def _find_customers(self, leavers, company):
        """Find whom the leavers work with in a company: the customers they own and
        those reached only through their open records, and deals without a customer.

        Contacts count as their customer (commercial partner). Colleagues, and the
        company itself, are no customers. The number of statements does not depend
        on the number of customers. Runs with the rights of the app: the caller
        checks whose customers the user may see.

        :param leavers: ``res.users``
        :param company: ``res.company``; its records, and those shared by all
        :return: two dicts: ``{leaver_id: {partner_id: {mover_key: count}}}``, the
            keys in the order of :meth:`_get_movers`, and
            ``{leaver_id: [ids of open crm.lead without a partner]}``
        :rtype: tuple[dict, dict]
        """
        self.env.flush_all()
        customers = {leaver.id: {} for leaver in leavers}
        deals = {leaver.id: [] for leaver in leavers}
        for mover in self._get_movers():
            for leaver_id, partner_id, count in self._count_by_customer(
                mover, leavers, company
            ):
                customers[leaver_id].setdefault(partner_id, {})[mover.key] = count
            if mover.model == "crm.lead":
                for lead in self._find_deals(mover, leavers, company):
                    deals[lead[mover.user_field].id].append(lead.id)
        return customers, deals

    @api.model
    def _count_by_customer(self, mover, leavers, company):
        """Return (leaver id, customer id, number of the leaver's records)."""
        domain = Domain(mover.user_field, "in", leavers.ids) & mover.find_domain
        routes = [
            self._sql_customers(mover, query, contact, company)
            for query, contact, _lead in self._mover_routes(mover, company, domain)
            if contact is not None
        ]
        if not routes:
            return []
        return self.env.execute_query(
            SQL(
                """SELECT user_id, partner_id, COUNT(DISTINCT counted)
                     FROM (%s) found
                 GROUP BY user_id, partner_id
                 ORDER BY partner_id""",
                SQL(" UNION ALL ").join(routes),
            )
        )

    @api.model
    def _find_deals(self, mover, leavers, company):
        """Return the leavers' open deals that have no customer yet."""
        domain = Domain.AND(
            [
                mover.domain,
                mover.find_domain,
                self._domain_of_company(mover.company_path, company),
                Domain(mover.user_field, "in", leavers.ids),
                Domain("partner_id", "=", False),
            ]
        )
        model = self.env[mover.model].sudo().with_context(active_test=False)
        return model.search_fetch(domain, [mover.user_field], order="id")

    @api.model
    def _sql_customers(self, mover, query, contact, company):
        """Return the SELECT of who works with which customer along one route."""
        query.add_join(
            "JOIN", "contact", "res_partner", SQL("contact.id = %s", contact)
        )
        query.add_where(
            SQL("contact.commercial_partner_id <> %s", company.partner_id.id)
        )
        query.add_where(
            SQL(
                """NOT EXISTS (SELECT FROM res_users colleague
                                WHERE colleague.partner_id = contact.id
                                  AND NOT colleague.share)"""
            )
        )
        return query.select(
            SQL("%s AS user_id", SQL.identifier(query.table, mover.user_field)),
            SQL("contact.commercial_partner_id AS partner_id"),
            SQL("%s AS counted", self._sql_counted(mover, query)),
        )

    def _count_records(self):
        """Count what the cut-over of this plan would move, as things are now.

        Also for a plan in memory (``new``), for the preview. A series of meetings
        counts as one; excluded lines do not count.

        :return: pairs of mover and count, without those that move nothing
        :rtype: list[tuple[Mover, int]]
        """
        self.ensure_one()
        lines = self.line_ids.filtered(lambda line: not line.excluded)
        rows = [
            (
                number,
                line.leaver_id._origin.id,
                line.partner_id._origin.id or None,
                line.lead_id._origin.id or None,
            )
            for number, line in enumerate(lines)
        ]
        counts = []
        self.env.flush_all()
        for mover in self._get_movers():
            matching = self._sql_matching(mover, rows, self.company_id)
            if matching is None:
                continue
            [[count]] = self.env.execute_query(
                SQL("%s SELECT COUNT(DISTINCT counted) FROM matching", matching)
            )
            if count:
                counts.append((mover, count))
        return counts

    @api.model
    def _sql_matching(self, mover, rows, company):
        """Return a WITH clause whose last part, ``matching``, holds the records of a
        mover that belong to given lines: columns ref, res_id, counted. A record of
        two lines, such as a meeting with two customers, belongs to the first.

        :param Mover mover: what is looked for
        :param list rows: tuples (ref, leaver_id, partner_id or None, lead_id or None)
        :param company: ``res.company``
        :return: None when no line can have such records
        :rtype: SQL | None
        """
        has_partners = any(row[2] for row in rows)
        has_leads = any(row[3] for row in rows)
        domain = Domain(mover.user_field, "in", list({row[1] for row in rows}))
        routes = []
        for query, contact, lead in self._mover_routes(mover, company, domain):
            if not (has_leads if contact is None else has_partners):
                continue
            user = SQL.identifier(query.table, mover.user_field)
            if contact is None:
                condition = SQL("line.lead_id = %s AND line.user_id = %s", lead, user)
                query.add_join("JOIN", "line", "given", condition)
            else:
                condition = SQL(
                    "line.contact_id = %s AND line.user_id = %s", contact, user
                )
                query.add_join("JOIN", "line", "reached", condition)
            routes.append(
                query.select(
                    SQL("line.ref"),
                    SQL("%s AS res_id", SQL.identifier(query.table, "id")),
                    SQL("%s AS counted", self._sql_counted(mover, query)),
                )
            )
        if not routes:
            return None
        refs, leavers, partners, leads = (
            list(column) for column in zip(*rows, strict=True)
        )
        return SQL(
            """
            WITH given AS (
                SELECT *
                  FROM unnest(%(refs)s::int[], %(leavers)s::int[],
                              %(partners)s::int[], %(leads)s::int[])
                    AS t (ref, user_id, partner_id, lead_id)
            ), reached AS (
                SELECT given.ref, given.user_id, contact.id AS contact_id
                  FROM given
                  JOIN res_partner contact
                    ON contact.commercial_partner_id = given.partner_id
                 WHERE NOT EXISTS (SELECT FROM res_users colleague
                                    WHERE colleague.partner_id = contact.id
                                      AND NOT colleague.share)
                 UNION
                -- Also when it became the contact of another customer meanwhile.
                SELECT ref, user_id, partner_id FROM given WHERE partner_id IS NOT NULL
            ), matching AS (
                SELECT DISTINCT ON (res_id) ref, res_id, counted
                  FROM (%(routes)s) route
              ORDER BY res_id, ref
            )""",
            refs=refs,
            leavers=leavers,
            partners=partners,
            leads=leads,
            routes=SQL(" UNION ALL ").join(routes),
        )
