"""What the refresh reads: purchases, customers, true contacts, profiles."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .continuity_touchpoint import REACHING_OUTCOMES


class ContinuityRelationship(models.Model):
    _inherit = "continuity.relationship"

    # === PURCHASES === #

    def _refresh_sql_purchases(self, company, today, scope):
        """Return what customers bought, as the company's settings say.

        Columns: partner_id (the commercial partner), day, amount (company currency,
        without taxes, negative for credit notes), purchases (1, or 0 for a credit
        note).

        :param SQL scope: a further condition on the partner ``p``
        """
        if company.continuity_tier_source == "order":
            return SQL(
                """
    SELECT p.commercial_partner_id AS partner_id,
           o.date_order::date AS day,
           CASE WHEN o.currency_id = %(currency)s THEN o.amount_untaxed
                ELSE o.amount_untaxed / o.currency_rate::numeric
            END AS amount,
           1 AS purchases
      FROM sale_order o
      JOIN res_partner p ON p.id = o.partner_id
     WHERE o.company_id = %(company)s
       AND o.state = 'sale'
       AND o.date_order < %(tomorrow)s
       AND %(usable)s %(scope)s""",
                currency=company.currency_id.id,
                company=company.id,
                tomorrow=today + timedelta(days=1),
                usable=self._refresh_sql_usable_rate(company),
                scope=scope,
            )
        return SQL(
            """
    SELECT p.commercial_partner_id AS partner_id,
           m.invoice_date AS day,
           m.amount_untaxed_signed AS amount,
           (m.move_type = 'out_invoice')::int AS purchases
      FROM account_move m
      JOIN res_partner p ON p.id = m.partner_id
     WHERE m.company_id = %(company)s
       AND m.state = 'posted'
       AND m.move_type IN ('out_invoice', 'out_refund')
       AND m.invoice_date <= %(today)s %(scope)s""",
            company=company.id,
            today=today,
            scope=scope,
        )

    def _refresh_sql_usable_rate(self, company):
        """Return the condition that the order ``o`` can be converted.

        Odoo takes 1 where a currency has no rate at all; counting a foreign amount
        one to one would be silently wrong.
        """
        return SQL(
            """(o.currency_id = %(currency)s
                OR (COALESCE(o.currency_rate, 0) > 0 AND o.currency_id IN (
                        SELECT currency_id FROM res_currency_rate
                         WHERE company_id IS NULL OR company_id = %(root)s)))""",
            currency=company.currency_id.id,
            root=company.root_id.id,
        )

    def _refresh_skipped(self, company, today, partners=None):
        """Return sentences on what was not counted, empty when all was.

        :param partners: commercial partners to limit it to, or None
        """
        if company.continuity_tier_source != "order":
            return []
        rows = self.env.execute_query(
            SQL(
                """SELECT c.name, COUNT(*),
                          (ARRAY_AGG(o.name ORDER BY o.date_order DESC))[1:5]
                     FROM sale_order o
                     JOIN res_partner p ON p.id = o.partner_id
                LEFT JOIN res_currency c ON c.id = o.currency_id
                    WHERE o.company_id = %s AND o.state = 'sale'
                      AND o.date_order < %s AND NOT %s %s
                 GROUP BY c.name ORDER BY c.name""",
                company.id,
                today + timedelta(days=1),
                self._refresh_sql_usable_rate(company),
                self._refresh_sql_scope(partners),
            )
        )
        return [
            self.env._(
                "%(count)s confirmed orders in %(currency)s were not counted because "
                "there is no exchange rate for %(currency)s: %(orders)s. Enter a rate "
                "and set it on the orders.",
                count=count,
                currency=currency,
                orders=", ".join(names) + (" …" if count > len(names) else ""),
            )
            for currency, count, names in rows
        ]

    # === CUSTOMERS === #

    def _refresh_sql_pairs(self, company, scope):
        """Return the customers the company has a relationship with.

        These are the customers with an invoice, an order, a lead or a touchpoint of
        the company. A customer somebody owns but no company has dealt with belongs
        to its own company, or, when shared, to the owner's default company. A row
        that exists stays, with its lock and its chatter.

        Column: partner_id (a commercial partner).

        :param SQL scope: a further condition on the partner ``p``
        """
        own = SQL("= %s", company.id)
        other = SQL("<> %s", company.id)
        elsewhere = SQL()
        if self.env["res.company"].search_count([], limit=2) > 1:
            elsewhere = SQL(
                "AND NOT EXISTS (SELECT FROM (%s) x WHERE x.partner_id = p.id)",
                self._refresh_sql_dealings(other, scope),
            )
        return SQL(
            """
    SELECT partner_id FROM (%(dealings)s) dealing WHERE partner_id <> %(self)s
     UNION
    SELECT r.partner_id
      FROM continuity_relationship r JOIN res_partner p ON p.id = r.partner_id
     WHERE r.company_id = %(company)s %(scope)s
     UNION
    SELECT p.id
      FROM res_partner p JOIN res_users u ON u.id = p.user_id
     WHERE p.commercial_partner_id = p.id AND p.active AND p.id <> %(self)s
       AND COALESCE(p.company_id, u.company_id) = %(company)s
       AND %(external)s %(scope)s %(elsewhere)s""",
            dealings=self._refresh_sql_dealings(own, scope),
            company=company.id,
            self=company.partner_id.id,
            elsewhere=elsewhere,
            external=self._refresh_sql_external(),
            scope=scope,
        )

    def _refresh_sql_external(self, partner=None):
        """Return the condition that a partner is no colleague.

        What colleagues write is no word of a customer, also when their address
        stands among the customer's contacts.

        :param SQL partner: column with its id; that of ``p`` without
        """
        return SQL(
            "NOT EXISTS (SELECT FROM res_users c"
            " WHERE c.partner_id = %s AND NOT c.share)",
            partner or SQL("p.id"),
        )

    def _refresh_sql_dealings(self, company_condition, scope):
        """Return the customers a company has dealt with, possibly several times.

        :param SQL company_condition: what follows the column with the company
        :param SQL scope: a further condition on the partner ``p``
        """
        # Inside the DISTINCT, which the planner does not look into: for one customer
        # nobody reads all documents.
        few = SQL()
        if scope:
            few = SQL(
                "AND partner_id IN (SELECT p.id FROM res_partner p WHERE TRUE %s)",
                scope,
            )
        return SQL(
            """
    SELECT p.commercial_partner_id AS partner_id
      FROM (SELECT DISTINCT partner_id FROM account_move
             WHERE company_id %(company)s AND state <> 'cancel'
               AND move_type IN ('out_invoice', 'out_refund') %(few)s) d
      JOIN res_partner p ON p.id = d.partner_id WHERE TRUE %(scope)s
     UNION ALL
    SELECT p.commercial_partner_id
      FROM (SELECT DISTINCT partner_id FROM sale_order
             WHERE company_id %(company)s AND state <> 'cancel' %(few)s) d
      JOIN res_partner p ON p.id = d.partner_id WHERE TRUE %(scope)s
     UNION ALL
    SELECT p.commercial_partner_id
      FROM crm_lead l
      JOIN res_partner p ON p.id = l.partner_id
 LEFT JOIN res_users u ON u.id = l.user_id
     WHERE COALESCE(l.company_id, u.company_id) %(company)s %(scope)s
     UNION ALL
    SELECT p.commercial_partner_id
      FROM continuity_touchpoint t JOIN res_partner p ON p.id = t.partner_id
     WHERE t.company_id %(company)s %(scope)s""",
            company=company_condition,
            few=few,
            scope=scope,
        )

    # === CONTACTS === #

    def _refresh_sql_contacts(self, company, today, scope):
        """Return the evidence of true contacts, one SELECT for each kind.

        Columns: partner_id (the commercial partner), day. Extensions add theirs.

        What belongs to no company, such as a meeting or a chat, counts for every
        company its organiser works in, or, without one, for all.

        :param SQL scope: a further condition on the partner ``p``
        :rtype: list[SQL]
        """
        tomorrow = today + timedelta(days=1)
        params = {
            "company": company.id,
            "tomorrow": tomorrow,
            "now": min(fields.Datetime.now(), fields.Datetime.to_datetime(tomorrow)),
            "scope": scope,
            "external": self._refresh_sql_external(),
            "true_attempt": self._refresh_sql_true_attempt(),
        }
        written = SQL(
            """
    SELECT p.commercial_partner_id AS partner_id, MAX(m.date)::date AS day
      FROM mail_message m
      JOIN res_partner p ON p.id = m.author_id
     WHERE m.message_type IN ('email', 'comment')
       AND m.date < %(tomorrow)s
       AND (m.record_company_id = %(company)s OR m.record_company_id IS NULL)
       AND %(external)s %(scope)s
  GROUP BY p.commercial_partner_id""",
            **params,
        )
        met = SQL(
            """
    SELECT p.commercial_partner_id, MAX(e.stop)::date
      FROM calendar_event e
      JOIN calendar_attendee a ON a.event_id = e.id
      JOIN res_partner p ON p.id = a.partner_id
 LEFT JOIN res_users_settings s ON s.user_id = e.user_id
 LEFT JOIN crm_lead l ON l.id = e.opportunity_id
     WHERE e.active AND e.stop < %(now)s
       AND a.state IS DISTINCT FROM 'declined'
       AND COALESCE(e.privacy, s.calendar_default_privacy) IS DISTINCT FROM 'private'
       AND (l.company_id IS NULL OR l.company_id = %(company)s)
       AND (e.user_id IS NULL OR EXISTS (
               SELECT FROM res_company_users_rel cu
                WHERE cu.user_id = e.user_id AND cu.cid = %(company)s))
       AND %(external)s %(scope)s
  GROUP BY p.commercial_partner_id""",
            **params,
        )
        attempted = SQL(
            """
    SELECT p.commercial_partner_id, MAX(a.date)::date
      FROM continuity_touchpoint_attempt a
      JOIN continuity_channel c ON c.id = a.channel_id
      JOIN continuity_touchpoint t ON t.id = a.touchpoint_id
      JOIN res_partner p ON p.id = t.partner_id
     WHERE a.date < %(tomorrow)s
       AND t.company_id = %(company)s %(scope)s
       AND %(true_attempt)s
  GROUP BY p.commercial_partner_id""",
            **params,
        )
        return [written, met, attempted, *self._refresh_sql_activities(params)]

    @api.model
    def _refresh_sql_true_attempt(self):
        """Return the condition that an attempt ``a`` over a channel ``c`` was a true
        contact with the customer."""
        return SQL(
            """c.true_contact AND a.outcome IN %s
       AND a.withdrawn IS NOT TRUE
       AND (a.outcome = 'held' OR c.written)
       -- A letter in place of a talk is no talk.
       AND a.stopgap IS NOT TRUE
       -- What came back was no contact.
       AND (a.outcome <> 'sent' OR NOT EXISTS (
               SELECT FROM continuity_touchpoint_attempt b
                WHERE b.touchpoint_id = a.touchpoint_id
                  AND b.channel_id = a.channel_id
                  AND b.outcome = 'bounced' AND b.id > a.id))""",
            REACHING_OUTCOMES,
        )

    def _refresh_sql_activities(self, params):
        """Return the done activities of contact types, one SELECT for each model.

        An activity counts by the message that doing it leaves: the activity itself
        is archived in the same way when somebody merely archives it, and its date
        is set then too.
        """
        channels = self.env["continuity.channel"].search(
            [("done_activity_counts", "=", True), ("true_contact", "=", True)]
        )
        activity_types = channels.activity_type_id
        if not activity_types:
            return []
        return [
            SQL(
                """
    SELECT p.commercial_partner_id, MAX(m.date)::date
      FROM mail_message m
      JOIN %(table)s d ON d.id = m.res_id
      JOIN res_partner p ON p.id = %(column)s
     WHERE m.model = %(model)s
       AND m.mail_activity_type_id IN %(types)s
       AND m.subtype_id = %(subtype)s
       AND m.date < %(tomorrow)s
       AND (m.record_company_id = %(company)s OR m.record_company_id IS NULL) %(scope)s
  GROUP BY p.commercial_partner_id""",
                model=model,
                table=SQL.identifier(self.env[model]._table),
                column=SQL.identifier("d", column),
                types=tuple(activity_types.ids),
                subtype=self.env["ir.model.data"]._xmlid_to_res_id(
                    "mail.mt_activities", raise_if_not_found=True
                ),
                **params,
            )
            for model, column in self._refresh_activity_models().items()
        ]

    @api.model
    def _refresh_activity_models(self):
        """Return the models on which a done activity is a contact with a customer.

        :return: dict of model name to the column with the partner
        """
        return {
            "res.partner": "id",
            "crm.lead": "partner_id",
            "sale.order": "partner_id",
            "account.move": "partner_id",
            "continuity.relationship": "partner_id",
        }

    # === PROFILES === #

    def _refresh_sql_completeness(self, company):
        """Return the share of the required profile items that ``p`` fills, in %."""
        names = company.continuity_profile_item_ids._partner_field_names()
        if not names:
            return SQL("100")
        filled = [
            SQL(
                "(%s)::int",
                self._refresh_sql_filled(self.env["res.partner"]._fields[n]),
            )
            for n in names
        ]
        return SQL(
            "ROUND(100.0 * (%s) / %s)::int", SQL(" + ").join(filled), len(filled)
        )

    def _refresh_sql_filled(self, field):
        """Return the condition that a field of the partner ``p`` is filled in."""
        column = SQL.identifier("p", field.name)
        if field.type == "html":
            # An editor leaves empty paragraphs behind.
            column = SQL("regexp_replace(%s, '<[^>]*>|&nbsp;', '', 'g')", column)
        if field.type in ("html", "text", "char") and not field.translate:
            return SQL(r"COALESCE(%s, '') ~ '\S'", column)
        if field.type == "integer":
            return SQL("COALESCE(%s, 0) <> 0", column)
        return SQL("%s IS NOT NULL", column)
